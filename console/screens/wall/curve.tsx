import { useMemo } from "react"
import type { Because } from "../../../model/index.ts"
import { useAlarm, useCurves } from "../../api.ts"
import { numberText } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"

const width = 1136
const height = 236
const end_px = 40
const grain_ms = 60_000
const window_ms = 90 * 60_000

/** The curve that raised the most urgent alarm, with its limits; in px at 3840 × 2160. */
export function WallCurve({ alarm_id, now }: { alarm_id: number; now: number }) {
  const { t } = useWords()
  const view = useAlarm(alarm_id).data
  const because = view?.finding.because as Because | undefined
  const point = because?.readings[0]?.point ?? null
  const to = Math.ceil(now / grain_ms) * grain_ms
  const from = to - window_ms
  const curve = useCurves(point === null ? [] : [point], from, to, 300).data?.[0]
  const drawn = useMemo(() => {
    const known = curve?.value.flatMap((v, i) => (v === null ? [] : [{ t: curve.time[i]!, v }])) ?? []
    if (known.length < 2) return null
    const high = Math.max(...known.map((k) => k.v))
    const floor = Math.min(...known.map((k) => k.v))
    // Limits far above the curve would press it flat; the nearest ones are shown.
    const reach = Math.max(high - floor, Math.abs(high) * 0.05, 1e-6) * 3
    const limits = (because?.limits ?? [])
      .filter((l) => l.value < high + reach && l.value > floor - reach)
      .sort((a, b) => b.value - a.value)
    const values = [high, floor, ...limits.map((l) => l.value)]
    const low = Math.min(...values)
    const room = Math.max(...values) - low || 1
    const x = (time: number) => ((time - from) / (to - from)) * (width - end_px)
    const y = (v: number) => height - 18 - ((v - low) / room) * (height - 46)
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
    const last = known.at(-1)!
    let above = Number.NEGATIVE_INFINITY
    const rows = limits.map((l) => {
      const at = y(l.value)
      // A name stands on the side of its line that the curve did not come from, and never on another name.
      const text = Math.max(known[0]!.v > l.value ? at + 50 : at - 14, above + 52, 40)
      above = text
      return { ...l, y: at, text }
    })
    return { path, rows, x: x(last.t), y: y(last.v) }
  }, [curve, because, from, to])
  if (!drawn) return null
  return (
    <svg className="wcurve" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {drawn.rows.map((l) => (
        <path key={`${l.severity}${l.value}`} className={`th th${l.severity}`} d={`M0 ${l.y}H${width - 20}`} />
      ))}
      <path className="ln" d={drawn.path} />
      <circle cx={drawn.x} cy={drawn.y} r="16" fill="var(--plot)" />
      {drawn.rows.map((l) => (
        <text key={`${l.severity}${l.value}t`} className={`wsc c${l.severity}`} x="0" y={l.text}>
          {t(`level.${l.severity}`)} {numberText(l.value)}
        </text>
      ))}
    </svg>
  )
}
