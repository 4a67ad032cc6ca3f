import { useEffect, useRef, useState } from "react"
import { useGet } from "../../api.ts"
import { Notice, numberText, ScreenHead, Section, ShortList, Shown } from "../../kit/index.ts"
import { durationText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"

type Operate = {
  numbers: Record<string, number>
  rules: { rule: string; subjects: number; ms: number; steps: number; trouble: string | null }[]
  troubles: { what: string; words: { zh: string; en: string }; since: number }[]
}
const every_ms = 2_000
const kept = 120

/** Rates, queues and lag of the running machine; counters are shown per second of wall time. */
export default function Debug() {
  const { t, pick } = useWords()
  const names = useNames()
  const query = useGet<Operate>("operate", "/api/operate", {}, { every_ms })
  const rates = useRates(query.data?.numbers)
  return (
    <main className="main supervise">
      <section className="panel br">
        <ScreenHead title={t("debug.title")} note={t("debug.note")} />
        <div className="scroll">
          <Shown query={query}>
            {(data) => (
              <>
                <div className="daynums">
                  {Object.entries(data.numbers).map(([name, value]) => {
                    const counter =
                      name.endsWith("_total") && name !== "mingmai_rows_total" && name !== "mingmai_devices_total"
                    const rate = rates[name]
                    return (
                      <div key={name} title={name}>
                        <div className="i3 f12 el">
                          {t(`debug.number.${short(name)}`, { defaultValue: short(name) })}
                        </div>
                        <span className="num" style={{ fontSize: 20 }}>
                          {valueText(name, value)}
                        </span>
                        <div className="row g6 nd">
                          {counter ? `${numberText(rate?.at(-1) ?? 0, 1)} /s` : "\u00a0"}
                          {counter && rate && rate.length > 2 ? <Spark values={rate} /> : null}
                        </div>
                      </div>
                    )
                  })}
                </div>
                <Section title={t("debug.rules")} note={t("debug.rules_note")}>
                  <ShortList
                    label={t("debug.rules")}
                    rows={data.rules}
                    idOf={(r) => r.rule}
                    columns={[
                      { id: "name", title: t("list.name"), width: "1fr", cell: (r) => names.rule(r.rule) },
                      {
                        id: "rule",
                        title: t("analysis.rule"),
                        width: "1fr",
                        cell: (r) => <span className="m i3">{r.rule}</span>,
                      },
                      {
                        id: "subjects",
                        title: t("analysis.subjects"),
                        width: "80px",
                        right: true,
                        cell: (r) => r.subjects,
                      },
                      {
                        id: "steps",
                        title: t("debug.steps"),
                        width: "90px",
                        right: true,
                        cell: (r) => numberText(r.steps, 0),
                      },
                      {
                        id: "ms",
                        title: t("debug.cpu"),
                        width: "90px",
                        right: true,
                        cell: (r) => `${numberText(r.ms, 0)} ms`,
                      },
                      {
                        id: "each",
                        title: t("debug.each"),
                        width: "90px",
                        right: true,
                        cell: (r) => (r.steps ? `${numberText((1000 * r.ms) / r.steps, 1)} µs` : "—"),
                      },
                    ]}
                  />
                </Section>
              </>
            )}
          </Shown>
        </div>
      </section>
      <aside className="panel">
        <div className="ph">
          <h2>{t("debug.troubles")}</h2>
        </div>
        {query.data && query.data.troubles.length === 0 ? (
          <Notice icon="check" title={t("debug.no_troubles")} text={t("debug.no_troubles_text")} />
        ) : null}
        {query.data?.troubles.map((trouble) => (
          <div key={trouble.what} className="sec">
            <b className="m">{trouble.what}</b>
            <div className="i2 f12">{pick(trouble.words)}</div>
          </div>
        ))}
        <div className="sec f12">
          <a className="lk" href="/metrics" target="_blank" rel="noreferrer">
            /metrics
          </a>{" "}
          <a className="lk" href="/healthz" target="_blank" rel="noreferrer">
            /healthz
          </a>
        </div>
      </aside>
    </main>
  )
}

const short = (name: string): string => name.replace(/^(mingmai|process)_/, "")
function valueText(name: string, value: number): string {
  if (name.endsWith("_bytes")) return `${numberText(value / 1_048_576, 1)} MB`
  if (name.endsWith("up_seconds")) return durationText(value * 1000)
  if (name.endsWith("city_time_seconds")) return new Date(value * 1000).toISOString().slice(11, 19)
  if (/_ms_/.test(name)) return `${numberText(value, 1)} ms`
  return numberText(value, 0)
}

/** Change per second of each number, from one answer to the next. */
function useRates(numbers: Record<string, number> | undefined): Record<string, number[]> {
  const last = useRef<{ at: number; numbers: Record<string, number> } | null>(null)
  const [rates, setRates] = useState<Record<string, number[]>>({})
  useEffect(() => {
    if (!numbers) return
    const now = { at: Date.now(), numbers }
    const before = last.current
    last.current = now
    if (!before || now.at - before.at < 500) return
    const seconds = (now.at - before.at) / 1000
    setRates((old) =>
      Object.fromEntries(
        Object.entries(numbers).map(([name, value]) => [
          name,
          [...(old[name] ?? []), Math.max(0, (value - (before.numbers[name] ?? value)) / seconds)].slice(-kept),
        ]),
      ),
    )
  }, [numbers])
  return rates
}

function Spark({ values }: { values: number[] }) {
  const high = Math.max(1e-9, ...values)
  const d = values
    .map(
      (v, i) => `${i ? "L" : "M"}${((i / (values.length - 1)) * 80).toFixed(1)} ${(13 - (v / high) * 12).toFixed(1)}`,
    )
    .join("")
  return (
    <svg width="80" height="14" aria-hidden="true">
      <path d={d} fill="none" stroke="var(--ink-2)" />
    </svg>
  )
}
