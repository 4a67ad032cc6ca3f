import { useMutation } from "@tanstack/react-query"
import { type ApiError, can, client, type DayView, post, type ReportRow, useGet, useMe } from "../../api.ts"
import { say } from "../../frame/index.ts"
import { Ago, Button, Icon, type Level, LevelShape, Notice, numberText, ScreenHead, Shown } from "../../kit/index.ts"
import { dateText, exactText, useCityNow } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { Hourly } from "./hourly.tsx"
import { Link } from "./link.tsx"
import { Owners } from "./owners.tsx"

const day_ms = 86_400_000

/** The leader's morning: rates with their fractions, owners with every order drawn, alarm load, the daily report. */
export function City() {
  const { t, pick } = useWords()
  const [search, setUrl] = useUrl()
  const now = useCityNow()
  const today = dateText(now)
  const date = /^\d{4}-\d{2}-\d{2}$/.test(search.date ?? "") ? search.date! : today
  const day = useGet<DayView>("day", "/api/supervision/day", { date }, { every_ms: 30_000 })
  const shift = (days: number) => {
    const next = new Date(Date.parse(`${date}T12:00:00Z`) + days * day_ms).toISOString().slice(0, 10)
    if (next <= today) setUrl({ date: next === today ? undefined : next }, { replace: true })
  }
  return (
    <main className="main supervise">
      <section className="panel br">
        <ScreenHead
          title={date === today ? t("supervision.today") : date}
          note={
            day.data
              ? `${exactText(day.data.from).slice(0, 16)} – ${exactText(day.data.to).slice(5, 16)} · ${t("supervision.same")}`
              : ""
          }
        >
          <Button
            icon
            kind="ghost"
            aria-label={t("supervision.earlier")}
            title={t("supervision.earlier")}
            onClick={() => shift(-1)}
          >
            <Icon name="back" />
          </Button>
          <span className="field">
            <input
              type="date"
              aria-label={t("supervision.date")}
              value={date}
              max={today}
              onChange={(event) => setUrl({ date: event.target.value || undefined }, { replace: true })}
            />
          </span>
          <Button
            icon
            kind="ghost"
            disabled={date === today}
            aria-label={t("supervision.later")}
            title={t("supervision.later")}
            onClick={() => shift(1)}
          >
            <Icon name="forward" />
          </Button>
        </ScreenHead>
        <div className="scroll">
          <Shown query={day}>
            {(view) => (
              <>
                <div className="daynums">
                  {view.numbers.map((n) => (
                    <div key={n.id} title={pick(n.says)}>
                      <div className="i3 f12 el">{pick(n.name)}</div>
                      <div className="row" style={{ alignItems: "baseline", gap: 4 }}>
                        <span className="num">{numberText(n.value, n.unit === "%" ? 1 : undefined)}</span>
                        <span className="i2 f12">{n.unit === "1" || n.value === null ? "" : n.unit}</span>
                        <span className="sp" />
                        {n.target === null ? null : (
                          <span className={`f12 nw1 ${n.off_target ? "b" : "i3"}`}>
                            {lower_is_better.has(n.id) ? "≤" : "≥"} {numberText(n.target)} {n.off_target ? "▼" : ""}
                          </span>
                        )}
                      </div>
                      <div className="nd">
                        {n.denominator === null
                          ? "\u00a0"
                          : n.numerator === null
                            ? t("supervision.of", { count: n.denominator })
                            : `${numberText(n.numerator, 0)} / ${numberText(n.denominator, 0)}`}
                      </div>
                    </div>
                  ))}
                </div>
                <Owners owners={view.owners} />
                <div className="halves bt">
                  <Hourly hours={view.hourly} now={now} />
                  <ByLifeline day={view} />
                </div>
              </>
            )}
          </Shown>
        </div>
      </section>
      <Side date={date} />
    </main>
  )
}
const lower_is_better = new Set(["false_alarms", "false_alarm", "false_alarm_rate", "returned", "overdue"])

function ByLifeline({ day }: { day: DayView }) {
  const { t, pick } = useWords()
  return (
    <div style={{ padding: "10px 16px" }}>
      <b>{t("supervision.by_lifeline")}</b>
      <table className="t flush" style={{ marginTop: 4 }}>
        <thead>
          <tr>
            <th>{t("list.lifeline")}</th>
            {([1, 2, 3, 4] as Level[]).map((level) => (
              <th key={level} className="r">
                <span style={{ display: "inline-block" }}>
                  <LevelShape level={level} size="s" />
                </span>
              </th>
            ))}
            <th className="r">{t("supervision.dismissed")}</th>
          </tr>
        </thead>
        <tbody>
          {day.alarms_by_lifeline.map((row) => (
            <tr key={row.lifeline}>
              <td>{pick(row.name)}</td>
              {row.by_severity.map((count, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the four levels in their order
                <td key={i} className={`r ${count ? "" : "i3"}`}>
                  {count}
                </td>
              ))}
              <td className="r i2">{row.dismissed}</td>
            </tr>
          ))}
          {day.alarms_by_lifeline.length === 0 ? (
            <tr>
              <td colSpan={6} className="i3">
                {t("supervision.no_alarms")}
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  )
}

/** Daily reports and the link to the province. */
function Side({ date }: { date: string }) {
  const { t, pick, language } = useWords()
  const me = useMe().data
  const reports = useGet<ReportRow[]>("report", can(me, "reports.read") ? "/api/supervision/reports" : null)
  const make = useMutation<ReportRow, ApiError>({
    mutationFn: () => post<ReportRow>("/api/supervision/reports", { date, language }),
    onSuccess: () => {
      say(t("supervision.made", { date }))
      void client.invalidateQueries({ queryKey: ["report"] })
    },
    onError: (error) => say(pick(error.problem.words)),
  })
  return (
    <aside className="panel">
      <div className="ph">
        <h2>{t("supervision.reports")}</h2>
        <span className="sp" />
        <span className="i3 f12">{t("supervision.formats")}</span>
      </div>
      <div className="scroll">
        <Shown query={reports}>
          {(rows) =>
            rows.length === 0 ? (
              <Notice icon="file" title={t("supervision.no_reports")} text={t("supervision.no_reports_text")} />
            ) : (
              <div>
                {rows.map((r) => (
                  <div key={r.id} className="row g8 bb" style={{ padding: "7px 16px" }}>
                    <Icon name="file" />
                    <span>
                      <b>{r.date}</b>
                      <div className="i3 f12">
                        {r.made_by} · <Ago time={r.made_at} />
                      </div>
                    </span>
                    <span className="sp" />
                    <a className="btn" href={r.pdf.url} download>
                      PDF <span className="i3 f11">{sizeText(r.pdf.bytes)}</span>
                    </a>
                    <a className="btn" href={r.xlsx.url} download>
                      XLSX <span className="i3 f11">{sizeText(r.xlsx.bytes)}</span>
                    </a>
                  </div>
                ))}
              </div>
            )
          }
        </Shown>
        <Link />
      </div>
      <div className="act">
        <Button kind="primary" large disabled={make.isPending} onClick={() => make.mutate()} style={{ width: "100%" }}>
          {make.isPending ? t("supervision.making") : t("supervision.make", { date })}
        </Button>
        <div className="f11 i3" style={{ marginTop: 5 }}>
          {t("supervision.make_note")}
        </div>
      </div>
    </aside>
  )
}

const sizeText = (bytes: number): string =>
  bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`
