import { bytesText, numberText, Section, ShortList } from "../../kit/index.ts"
import { exactText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"
import { Gauge, Spark } from "./gauge.tsx"
import { bytesEach, msText } from "./parts.ts"
import type { Operate } from "./types.ts"

export function Queues({ queues }: { queues: NonNullable<Operate["queues"]> }) {
  const { t } = useWords()
  return (
    <Section title={t("debug.queues")} note={t("debug.queues_note")}>
      {queues.map((q) => (
        <Gauge
          key={q.name}
          name={t(`debug.queue.${q.name}`, { defaultValue: q.name })}
          value={q.value}
          limit={q.limit}
          said={
            q.unit === "B"
              ? `${bytesText(q.value)} / ${bytesText(q.limit)}`
              : `${numberText(q.value, 0)} / ${numberText(q.limit, 0)} ${t(`debug.unit.${q.unit}`, { defaultValue: q.unit })}`
          }
        />
      ))}
    </Section>
  )
}

export function Disk({ store }: { store: NonNullable<Operate["store"]> }) {
  const { t } = useWords()
  const days = store.disk_days_left
  return (
    <Section
      title={t("debug.disk")}
      note={
        days === null ? t("debug.disk_steady") : t("debug.days_left", { days: numberText(days, days < 10 ? 1 : 0) })
      }
    >
      <Gauge
        name={t("debug.disk_used")}
        value={store.bytes}
        limit={store.budget_bytes}
        said={`${bytesText(store.bytes)} / ${bytesText(store.budget_bytes)}`}
      />
      <div className="f12 i3">{t("debug.disk_free", { free: bytesText(store.free_bytes) })}</div>
    </Section>
  )
}

export function Doors({ doors, rates }: { doors: NonNullable<Operate["doors"]>; rates: Record<string, number[]> }) {
  const { t } = useWords()
  const rate = (door: string, name: string) => rates[`${door}.${name}`]?.at(-1) ?? 0
  return (
    <Section title={t("debug.doors")}>
      <ShortList
        label={t("debug.doors")}
        rows={doors}
        idOf={(d) => d.name}
        columns={[
          { id: "name", title: t("monitoring.door"), width: "1fr", cell: (d) => d.name },
          {
            id: "clients",
            title: t("debug.connections"),
            width: "80px",
            right: true,
            cell: (d) => numberText(d.clients, 0),
          },
          {
            id: "messages",
            title: t("debug.messages"),
            width: "80px",
            right: true,
            cell: (d) => numberText(rate(d.name, "messages"), 0),
          },
          {
            id: "bytes",
            title: t("debug.bytes"),
            width: "80px",
            right: true,
            cell: (d) => bytesText(Math.round(rate(d.name, "bytes"))),
          },
          {
            id: "held",
            title: t("debug.waiting"),
            width: "140px",
            right: true,
            cell: (d) => `${numberText(d.held, 0)} · ${bytesText(d.held_bytes)}`,
          },
          {
            id: "limited",
            title: t("debug.limited"),
            width: "70px",
            right: true,
            cell: (d) => (d.limited_clients > 0 ? <b>{d.limited_clients}</b> : 0),
          },
        ]}
      />
      {doors.map((door) => {
        const refused = Object.entries(door).filter(
          ([name, value]) => name.startsWith("refused_") && typeof value === "number" && value > 0,
        )
        return refused.length === 0 ? null : (
          <div key={door.name} className="f12 i2" style={{ marginTop: 6 }}>
            {t("debug.refused_since", { door: door.name })}
            {refused
              .map(([name, value]) => `${t(`debug.refusal.${name.slice(8)}`, { defaultValue: name })} ${value}`)
              .join(" · ")}
          </div>
        )
      })}
    </Section>
  )
}

export function Shards({ shards }: { shards: NonNullable<Operate["shards"]> }) {
  const { t } = useWords()
  return (
    <Section title={t("debug.shards")} note={t("debug.shards_note")}>
      <ShortList
        label={t("debug.shards")}
        rows={shards.map((s, i) => ({ ...s, i }))}
        idOf={(s) => s.i}
        columns={[
          { id: "shard", title: "#", width: "36px", cell: (s) => s.i + 1 },
          { id: "batch", title: t("debug.batch"), width: "1fr", right: true, cell: (s) => numberText(s.batch, 0) },
          {
            id: "behind",
            title: t("debug.behind"),
            width: "110px",
            right: true,
            cell: (s) => numberText(s.outstanding, 0),
          },
          {
            id: "lag",
            title: t("debug.lag"),
            width: "110px",
            right: true,
            cell: (s) => msText(s.lag_ms),
          },
        ]}
      />
    </Section>
  )
}

export function Store({ store }: { store: NonNullable<Operate["store"]> }) {
  const { t } = useWords()
  const rows: [string, string][] = [
    ["rows_live", numberText(store.rows_live, 0)],
    ["rows_total", numberText(store.rows_total, 0)],
    ["samples_total", numberText(store.samples_total, 0)],
    ["bytes_per_reading", numberText(bytesEach(store.readings_bytes, store.readings_sealed), 2)],
    ["bytes_per_sample", numberText(bytesEach(store.waves_bytes, store.samples_sealed), 2)],
  ]
  return (
    <Section title={t("debug.store")}>
      <div className="daynums tight">
        {rows.map(([id, value]) => (
          <div key={id}>
            <div className="i3 f12 el">{t(`debug.stored.${id}`)}</div>
            <span className="num" style={{ fontSize: 18 }}>
              {value}
            </span>
          </div>
        ))}
      </div>
      {store.damage.length === 0 ? (
        <div className="f12 i3">{t("debug.no_damage")}</div>
      ) : (
        store.damage.map((d) => (
          <div key={d.path} className="f12" style={{ padding: "6px 0", borderTop: "1px solid var(--line)" }}>
            <b className="m">{d.path}</b>
            <div className="i2">
              {t("debug.damage", {
                rows: numberText(d.rows, 0),
                first: d.first_batch,
                last: d.last_batch,
                from: exactText(d.from),
                to: exactText(d.to),
              })}
            </div>
            <div className="i3">
              {d.reason} → <span className="m">{d.moved_to}</span>
            </div>
          </div>
        ))
      )}
    </Section>
  )
}

export function History({ history }: { history: NonNullable<Operate["history"]> }) {
  const { t } = useWords()
  const time = history.time ?? []
  const minutes = time.length > 1 ? ((time.at(-1) ?? 0) - (time[0] ?? 0)) / 60_000 : 0
  return (
    <Section title={t("debug.history")} note={t("debug.history_note", { minutes: numberText(minutes, 0) })}>
      <div className="histories">
        {Object.entries(history)
          .filter(([name]) => name !== "time")
          .map(([name, values]) => {
            const said = (v: number | null) =>
              name.endsWith("_bytes") ? bytesText(v ?? 0) : /_ms(_|$)/.test(name) ? msText(v) : numberText(v)
            return (
              <div key={name}>
                <div className="row f12">
                  <span className="i3 el">{t(`debug.past.${name}`, { defaultValue: name })}</span>
                  <span className="sp" />
                  <b>{said(values.findLast((v) => v !== null) ?? null)}</b>
                </div>
                <Spark values={values} width={220} height={34} />
                <div className="f11 i3">
                  {t("debug.highest", { value: said(Math.max(0, ...values.filter((v): v is number => v !== null))) })}
                </div>
              </div>
            )
          })}
      </div>
    </Section>
  )
}

export function Rules({ rules }: { rules: Operate["rules"] }) {
  const { t } = useWords()
  const names = useNames()
  const most = Math.max(1, ...rules.map((r) => r.ms))
  return (
    <Section title={t("debug.rules")} note={t("debug.rules_note")}>
      <ShortList
        label={t("debug.rules")}
        rows={[...rules].sort((a, b) => b.ms - a.ms)}
        idOf={(r) => r.rule}
        columns={[
          {
            id: "name",
            title: t("list.name"),
            width: "1.2fr",
            cell: (r) => (r.trouble ? <b>{names.rule(r.rule)}</b> : names.rule(r.rule)),
          },
          { id: "rule", title: t("analysis.rule"), width: "1fr", cell: (r) => <span className="m i3">{r.rule}</span> },
          {
            id: "subjects",
            title: t("analysis.subjects"),
            width: "70px",
            right: true,
            cell: (r) => numberText(r.subjects, 0),
          },
          { id: "steps", title: t("debug.steps"), width: "90px", right: true, cell: (r) => numberText(r.steps, 0) },
          {
            id: "ms",
            title: t("debug.cpu"),
            width: "150px",
            cell: (r) => (
              <span className="row g6">
                <span className="gbar calm" style={{ flex: 1 }}>
                  <i style={{ width: `${(r.ms / most) * 100}%` }} />
                </span>
                <span style={{ width: 66, textAlign: "right" }}>{numberText(r.ms, 0)} ms</span>
              </span>
            ),
          },
          {
            id: "each",
            title: t("debug.each"),
            width: "76px",
            right: true,
            cell: (r) => (r.steps ? `${numberText((1000 * r.ms) / r.steps, 1)} µs` : "—"),
          },
        ]}
      />
    </Section>
  )
}
