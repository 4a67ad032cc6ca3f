import { useMemo } from "react"
import type { Because } from "../../../model/index.ts"
import { useAlarm, useCurves } from "../../api.ts"
import { numberText } from "../../kit/index.ts"
import { minuteText } from "../../time.ts"
import { useWords } from "../../words/index.ts"

const width = 92
const height = 44
const lead_ms = 30 * 60_000
const grain_ms = 60_000

/** The measured value since half an hour before the order, its threshold, and the moment handling began. */
export function Spark({
  point,
  alarm_id,
  from,
  now,
  mark,
}: {
  point: number
  alarm_id: number
  from: number
  now: number
  mark: number | null
}) {
  const { t } = useWords()
  const start = Math.floor((from - lead_ms) / grain_ms) * grain_ms
  const end = Math.ceil((now + 1) / grain_ms) * grain_ms
  const curve = useCurves([point], start, end, 160).data?.[0]
  const because = useAlarm(alarm_id).data?.finding.because as Because | undefined
  const limit = because?.readings[0]?.point === point ? because.limits?.[0] : undefined
  const drawn = useMemo(() => {
    const known = curve?.value.flatMap((v, i) => (v === null ? [] : [{ t: curve.time[i]!, v }])) ?? []
    if (known.length < 2) return null
    const all = [...known.map((k) => k.v), ...(limit ? [limit.value] : [])]
    const low = Math.min(...all)
    const room = Math.max(...all) - low || 1
    const x = (time: number) => ((time - start) / (end - start)) * width
    const y = (v: number) => height - 3 - ((v - low) / room) * (height - 6)
    let pen = "M"
    const path = curve!.value
      .map((v, i) => {
        if (v === null) {
          pen = "M"
          return ""
        }
        const step = `${pen}${x(curve!.time[i]!).toFixed(1)} ${y(v).toFixed(1)}`
        pen = "L"
        return step
      })
      .join("")
    const peak = known.reduce((a, b) => (b.v > a.v ? b : a))
    return { path, x, y, peak }
  }, [curve, limit, start, end])
  if (!drawn) return <span className="f11 i3">{t("response.no_curve")}</span>
  return (
    <>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" style={{ flex: "none" }}>
        {limit ? <path className={`th th${limit.severity}`} d={`M0 ${drawn.y(limit.value)}H${width}`} /> : null}
        <path className="ln" d={drawn.path} />
        {mark !== null && mark > start ? (
          <path className="cur" d={`M${drawn.x(mark)} 0V${height}`} strokeDasharray="2 2" />
        ) : null}
      </svg>
      <span className="f11 i3 nw1" style={{ lineHeight: "15px" }} title={minuteText(drawn.peak.t)}>
        {t("response.peak", { value: numberText(drawn.peak.v) })}
        <br />
        {limit
          ? t("response.limit_value", { value: numberText(limit.value) })
          : `${minuteText(start)} – ${minuteText(end)}`}
      </span>
    </>
  )
}
