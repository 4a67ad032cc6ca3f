import { useTimeline } from "../../api.ts"
import { levelShapes } from "../../kit/index.ts"
import { minuteOfDay, minuteText } from "../../time.ts"
import { useWords } from "../../words/index.ts"

const width = 1940
const day_ms = 86_400_000
const grain_ms = 60_000
const tick_ms = 6 * 3_600_000
const shapes_apart_px = 58

/** The last 24 hours: arriving data as bars, alarms as shapes, now at the right end. */
export function WallStrip({ now }: { now: number }) {
  const { t } = useWords()
  const to = Math.ceil(now / grain_ms) * grain_ms
  const from = to - day_ms
  const timeline = useTimeline(from, to).data
  const x = (time: number) => ((time - from) / day_ms) * (width - 10)
  const arrivals = timeline?.arrivals ?? []
  const most = Math.max(1, ...arrivals.map((a) => a.count))
  const bar = arrivals.length > 1 ? Math.max(2, ((width - 10) / arrivals.length) * 0.76) : 10
  let last = Number.POSITIVE_INFINITY
  const events = [...(timeline?.events ?? [])]
    .filter((e) => e.kind === "alarm" && e.time >= from)
    .sort((a, b) => b.time - a.time || a.severity - b.severity)
    .filter((e) => {
      const at = x(e.time)
      if (last - at < shapes_apart_px) return false
      last = at
      return true
    })
  const minute = minuteOfDay(from)
  const first = from + ((360 - (minute % 360)) % 360 || 360) * 60_000
  const ticks = Array.from({ length: 4 }, (_, i) => first + i * tick_ms).filter(
    (at) => at < to - 2.2 * 3_600_000 && at > from + 0.9 * 3_600_000,
  )
  return (
    <svg className="wstrip" viewBox={`0 0 ${width} 262`} aria-hidden="true">
      {arrivals.map((a) => (
        <rect
          key={a.start}
          x={x(a.start)}
          y={190 - (a.count / most) * 78}
          width={bar}
          height={(a.count / most) * 78}
          fill="var(--ink-4)"
          opacity=".6"
        />
      ))}
      {ticks.map((at) => (
        <g key={at}>
          <path d={`M${x(at)} 190v14`} stroke="var(--line-3)" strokeWidth="3" />
          <text className="wsc" x={x(at)} y="248" textAnchor="middle">
            {minuteText(at)}
          </text>
        </g>
      ))}
      {events.map((e) => (
        <g
          key={`${e.kind}${e.id}`}
          className={`L${e.severity} lvm`}
          transform={`translate(${Math.max(0, Math.min(width - 64, x(e.time) - 24))} 20) scale(2.7)`}
        >
          <path className="sh" d={levelShapes[e.severity].d} />
          <text x="9" y={levelShapes[e.severity].text_y}>
            {e.severity}
          </text>
        </g>
      ))}
      <path d={`M${width - 5} 4V204`} stroke="var(--ink)" strokeWidth="6" />
      <text className="wsc k" x={width} y="248" textAnchor="end">
        {t("wall.now")}
      </text>
    </svg>
  )
}
