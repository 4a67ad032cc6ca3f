import { type CityDetail, type CityRow, type LifelineView, useGet, useLifelines } from "../../api.ts"
import { useKeys } from "../../frame/index.ts"
import {
  Ago,
  Icon,
  type Level,
  LevelShape,
  Notice,
  numberText,
  ScreenHead,
  Segment,
  Shown,
  shareText,
} from "../../kit/index.ts"
import { exactText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"

type Order = "urgent" | "online" | "link"
const late_ms = 15 * 60_000

/** Cities of a province as rows, by what is open; one opened in its place. The province looks on, it dispatches nothing. */
export function Province() {
  const { t, pick } = useWords()
  const [search, setUrl] = useUrl()
  const lifelines = useLifelines().data ?? []
  const cities = useGet<CityRow[]>("city-row", "/api/federation/cities", {}, { every_ms: 10_000 })
  const order: Order = ["online", "link"].includes(search.order ?? "") ? (search.order as Order) : "urgent"
  const rows = [...(cities.data ?? [])].sort(by[order])
  const open = search.city
  const toggle = (code: string) => setUrl({ city: open === code ? undefined : code }, { replace: true })
  const move = (step: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, rows.findIndex((c) => c.code === open) + step))]
    if (next) setUrl({ city: next.code }, { replace: true })
  }
  useKeys({ ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: () => setUrl({ city: undefined }) })
  const total = (level: number) => rows.reduce((n, c) => n + (c.warnings[level - 1] ?? 0), 0)
  const sum = (of: (c: CityRow) => number) => rows.reduce((n, c) => n + of(c), 0)
  return (
    <main className="main one">
      <section className="panel">
        <ScreenHead title={t("province.title", { count: rows.length })} note={t("province.note")}>
          <Segment<Order>
            label={t("duty.order")}
            value={order}
            onChange={(value) => setUrl({ order: value === "urgent" ? undefined : value }, { replace: true })}
            options={(["urgent", "online", "link"] as const).map((value) => ({
              value,
              words: t(`province.by.${value}`),
            }))}
          />
        </ScreenHead>
        <Shown query={cities}>
          {() =>
            rows.length === 0 ? (
              <Notice icon="province" title={t("province.none")} text={t("province.none_text")} />
            ) : (
              <div className="scroll">
                <div className="daynums">
                  <div style={{ gridColumn: "span 2" }}>
                    <div className="i3 f12">{t("province.in_force")}</div>
                    <div className="row g12">
                      {([1, 2, 3, 4] as Level[]).map((level) => (
                        <span key={level} className="row g4">
                          <LevelShape level={level} state="seen" />
                          <span className="num">{total(level)}</span>
                        </span>
                      ))}
                    </div>
                    <div className="nd">&nbsp;</div>
                  </div>
                  <div>
                    <div className="i3 f12">{t("top.online")}</div>
                    <span className="num">
                      {shareText(
                        sum((c) => c.devices.online),
                        sum((c) => c.devices.total),
                      )}
                    </span>
                    <div className="nd">{`${numberText(
                      sum((c) => c.devices.online),
                      0,
                    )} / ${numberText(
                      sum((c) => c.devices.total),
                      0,
                    )}`}</div>
                  </div>
                  <div>
                    <div className="i3 f12">{t("province.open_orders")}</div>
                    <span className="num">
                      {numberText(
                        sum((c) => c.orders.open),
                        0,
                      )}
                    </span>
                    <div className="nd">{t("top.overdue", { count: sum((c) => c.orders.overdue) })}</div>
                  </div>
                  <div>
                    <div className="i3 f12">{t("province.heard")}</div>
                    <span className="num">{rows.filter((c) => !isLate(c)).length}</span>
                    <div className="nd">/ {rows.length}</div>
                  </div>
                </div>
                <table className="t t2 cities">
                  <thead>
                    <tr>
                      <th>{t("province.city")}</th>
                      {lifelines.map((l) => (
                        <th key={l.id} className="c">
                          {pick(l.name)}
                        </th>
                      ))}
                      <th>{t("province.in_force")}</th>
                      <th className="r">{t("top.online")}</th>
                      <th className="r">{t("province.open_orders")}</th>
                      <th className="r">{t("province.overdue")}</th>
                      <th>{t("province.link")}</th>
                      <th className="r">{t("province.synced")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {rows.map((c) => (
                      <City
                        key={c.code}
                        city={c}
                        lifelines={lifelines}
                        open={open === c.code}
                        onToggle={() => toggle(c.code)}
                      />
                    ))}
                  </tbody>
                </table>
              </div>
            )
          }
        </Shown>
      </section>
    </main>
  )
}

const isLate = (c: CityRow): boolean => c.last_received_at === null || Date.now() - c.last_received_at > late_ms
const weight = (c: CityRow): number => c.warnings.reduce((n, count, i) => n + count * 10 ** (3 - i), 0)
const by: Record<Order, (a: CityRow, b: CityRow) => number> = {
  urgent: (a, b) => weight(b) - weight(a) || b.orders.overdue - a.orders.overdue,
  online: (a, b) => a.devices.online / Math.max(1, a.devices.total) - b.devices.online / Math.max(1, b.devices.total),
  link: (a, b) => (a.last_received_at ?? 0) - (b.last_received_at ?? 0),
}
const assetsOf = (c: CityRow, lifeline: string): number =>
  Object.values(((c.assets ?? {}) as Record<string, Record<string, number>>)[lifeline] ?? {}).reduce((n, k) => n + k, 0)

function City({
  city,
  lifelines,
  open,
  onToggle,
}: {
  city: CityRow
  lifelines: LifelineView[]
  open: boolean
  onToggle(): void
}) {
  const { t, pick } = useWords()
  const late = isLate(city)
  return (
    <>
      <tr className={open ? "sel" : ""} onClick={onToggle} style={{ cursor: "pointer" }}>
        <td>
          <button type="button" className="plain" aria-expanded={open}>
            <Icon name={open ? "down" : "right"} />
            <b>{pick(city.name)}</b>
            {city.simulated ? <span className="chip dash">{t("monitoring.simulated")}</span> : null}
          </button>
        </td>
        {lifelines.map((l) => {
          const count = assetsOf(city, l.id)
          return (
            <td key={l.id} className={`c ${count ? "" : "i3"}`}>
              {count ? numberText(count, 0) : "—"}
            </td>
          )
        })}
        <td>
          <span className="row g8">
            {([1, 2, 3, 4] as Level[]).map((level) =>
              city.warnings[level - 1] ? (
                <span key={level} className="row g4">
                  <LevelShape level={level} state="seen" size="s" />
                  {city.warnings[level - 1]}
                </span>
              ) : (
                <span key={level} className="i3">
                  ·
                </span>
              ),
            )}
          </span>
        </td>
        <td className="r">
          <b>{shareText(city.devices.online, city.devices.total)}</b>{" "}
          <span className="i3">{`${city.devices.online} / ${city.devices.total}`}</span>
        </td>
        <td className="r">{city.orders.open}</td>
        <td className="r">{city.orders.overdue ? <b className="c1">{city.orders.overdue}</b> : "0"}</td>
        <td>
          <span className="row g6">
            <Icon name={late ? "warning" : "check"} />
            {late ? <b>{t("province.broken")}</b> : t("province.through")}
          </span>
        </td>
        <td className="r" title={city.last_received_at === null ? undefined : exactText(city.last_received_at)}>
          {city.last_received_at === null ? "—" : <Ago time={city.last_received_at} now={Date.now()} />}
        </td>
      </tr>
      {open ? (
        <tr>
          <td
            colSpan={lifelines.length + 7}
            style={{ background: "var(--bg-sunken)", padding: "10px 32px", whiteSpace: "normal" }}
          >
            <Opened code={city.code} />
          </td>
        </tr>
      ) : null}
    </>
  )
}

type Sent = Record<string, unknown>
const text = (row: Sent, ...names: string[]): string => {
  for (const name of names) {
    const value = row[name]
    if (typeof value === "string" || typeof value === "number") return String(value)
  }
  return ""
}

function Opened({ code }: { code: string }) {
  const { t, pick } = useWords()
  const detail = useGet<CityDetail>("city-row", `/api/federation/cities/${code}`, {}, { keep: false })
  const words = (value: unknown): string =>
    value && typeof value === "object" && "zh" in value
      ? pick(value as { zh: string; en: string })
      : String(value ?? "")
  return (
    <Shown query={detail}>
      {(c) => (
        <div className="thirds">
          <div>
            <b>{t("province.warnings")}</b>
            {(c.warning_list as Sent[]).length === 0 ? <div className="i3">{t("province.nothing")}</div> : null}
            {(c.warning_list as Sent[]).slice(0, 8).map((w) => (
              <div key={text(w, "code", "id")} className="row g6 bb" style={{ padding: "3px 0" }}>
                <LevelShape level={(Number(w.severity) || 4) as Level} state="seen" size="s" />
                <span className="el">{words(w.title)}</span>
                <span className="sp" />
                <span className="i3 nw1">
                  {t(`warning_state.${text(w, "state")}`, { defaultValue: text(w, "state") })}
                </span>
              </div>
            ))}
          </div>
          <div>
            <b>{t("province.orders")}</b>
            {(c.order_list as Sent[]).length === 0 ? <div className="i3">{t("province.nothing")}</div> : null}
            {(c.order_list as Sent[]).slice(0, 8).map((o) => (
              <div key={text(o, "code", "id")} className="row g6 bb" style={{ padding: "3px 0" }}>
                <span className="m">{text(o, "code")}</span>
                <span className="el i2">{words(o.owner)}</span>
                <span className="sp" />
                <span className="i3 nw1">
                  {t(`order_state.${text(o, "state")}`, { defaultValue: text(o, "state") })}
                </span>
              </div>
            ))}
          </div>
          <div>
            <b>{t("province.exchange")}</b>
            <dl className="kv" style={{ margin: 0 }}>
              <dt>{t("province.sequence")}</dt>
              <dd>{numberText(c.sequence, 0)}</dd>
              <dt>{t("province.city_time")}</dt>
              <dd>{c.city_time === null ? "—" : exactText(c.city_time)}</dd>
              <dt>{t("province.days")}</dt>
              <dd>{(c.days as unknown[]).length}</dd>
              <dt>{t("province.closed")}</dt>
              <dd>{numberText(c.orders.closed, 0)}</dd>
            </dl>
          </div>
        </div>
      )}
    </Shown>
  )
}
