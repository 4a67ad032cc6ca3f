import type { DayView } from "../../api.ts"
import { Notice, shareText } from "../../kit/index.ts"
import { durationText } from "../../time.ts"
import { useWords } from "../../words/index.ts"

type Owner = DayView["owners"][number]
const width_px = 320
const drawn_max = 30
const bins = 24

/** Owners by their orders on time: one thin line per order, thick over the limit, ▲ the median, the limit dashed. */
export function Owners({ owners }: { owners: Owner[] }) {
  const { t, pick } = useWords()
  const rows = [...owners].sort((a, b) => share(a) - share(b) || b.orders - a.orders)
  const longest = Math.max(1, ...owners.map((o) => Math.max(o.limit_ms * 1.6, ...o.times_ms)))
  const x = (ms: number) => Math.min(width_px - 2, (ms / longest) * width_px)
  return (
    <section style={{ padding: "10px 16px" }}>
      <b>{t("supervision.owners")}</b> <span className="i3 f12">{t("supervision.owners_note")}</span>
      {rows.length === 0 ? (
        <Notice icon="response" title={t("supervision.no_owners")} />
      ) : (
        <table className="t flush t2" style={{ marginTop: 4 }}>
          <thead>
            <tr>
              <th>{t("supervision.owner")}</th>
              <th className="r">{t("duty.on_time")}</th>
              <th />
              <th>{t("supervision.times")}</th>
              <th className="r">{t("supervision.median")}</th>
              <th className="r">{t("supervision.limit")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((owner) => {
              const median = medianOf(owner.times_ms)
              const { numerator, denominator } = owner.on_time
              return (
                <tr key={owner.id}>
                  <td>{pick(owner.name)}</td>
                  <td className="r b">
                    {shareText(numerator, denominator, 0)}
                    {denominator > 0 && numerator < denominator ? " ▼" : ""}
                  </td>
                  <td className="i3">{`${numerator} / ${denominator}`}</td>
                  <td>
                    <svg width={width_px} height="26" role="img" aria-label={t("supervision.times")}>
                      <path d={`M0 18.5H${width_px}`} stroke="var(--line-2)" />
                      {owner.times_ms.length <= drawn_max
                        ? owner.times_ms.map((ms, i) => (
                            <path
                              // biome-ignore lint/suspicious/noArrayIndexKey: times of one day in their order
                              key={i}
                              d={`M${x(ms)} 5V18`}
                              stroke="var(--ink-2)"
                              strokeWidth={ms > owner.limit_ms ? 3 : 1}
                            />
                          ))
                        : binned(owner.times_ms, longest).map((count, i, all) => (
                            <rect
                              // biome-ignore lint/suspicious/noArrayIndexKey: bins in their order
                              key={i}
                              x={(i * width_px) / bins}
                              y={18 - (count / Math.max(...all)) * 14}
                              width={width_px / bins - 1}
                              height={(count / Math.max(...all)) * 14}
                              fill="var(--ink-3)"
                            />
                          ))}
                      {owner.limit_ms ? (
                        <path d={`M${x(owner.limit_ms)} 2V22`} stroke="var(--ink)" strokeDasharray="2 2" />
                      ) : null}
                      {median === null ? null : (
                        <path d={`M${x(median)} 19l4 6h-8z`} fill="var(--ink)">
                          <title>{durationText(median)}</title>
                        </path>
                      )}
                    </svg>
                  </td>
                  <td className="r">{median === null ? "—" : durationText(median)}</td>
                  <td className="r i3">{owner.limit_ms ? durationText(owner.limit_ms) : "—"}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </section>
  )
}

const share = (o: Owner): number => (o.on_time.denominator ? o.on_time.numerator / o.on_time.denominator : 2)
function medianOf(times: number[]): number | null {
  if (times.length === 0) return null
  const sorted = [...times].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
function binned(times: number[], longest: number): number[] {
  const counts = Array.from({ length: bins }, () => 0)
  for (const ms of times) counts[Math.min(bins - 1, Math.floor((ms / longest) * bins))]!++
  return counts
}
