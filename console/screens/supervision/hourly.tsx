import type { DayView } from "../../api.ts"
import { minuteText } from "../../time.ts"
import { useWords } from "../../words/index.ts"

/** Alarms per hour against what a seat can bear: 1 in 10 min is acceptable, 2 are the most (ISA-18.2). */
const limits = [6, 12]
const width = 480
const height = 130

export function Hourly({ hours, now }: { hours: DayView["hourly"]; now: number }) {
  const { t } = useWords()
  const high = Math.max(limits[1]! + 1, ...hours.map((h) => h.alarms))
  const step = width / Math.max(1, hours.length)
  const y = (n: number) => height - (n / high) * (height - 14)
  return (
    <div style={{ padding: "10px 16px" }}>
      <b>{t("supervision.load")}</b> <span className="i3 f12">{t("supervision.load_note")}</span>
      <svg
        viewBox={`0 0 ${width + 60} ${height + 20}`}
        style={{ width: "100%", maxWidth: 640, marginTop: 6 }}
        role="img"
        aria-label={t("supervision.load")}
      >
        {limits.map((limit, i) => (
          <g key={limit}>
            <path
              d={`M0 ${y(limit)}H${width}`}
              stroke="var(--ink-2)"
              strokeDasharray={i ? "1 2" : "4 3"}
              strokeWidth="1"
            />
            <text x={width + 4} y={y(limit) + 4} className="pt">
              {limit} {t(i ? "supervision.most" : "supervision.acceptable")}
            </text>
          </g>
        ))}
        {hours.map((hour, i) => (
          <g key={hour.start}>
            <rect
              x={i * step + 1}
              y={y(hour.alarms)}
              width={Math.max(1, step - 2)}
              height={height - y(hour.alarms)}
              fill="var(--ink-2)"
            >
              <title>{`${minuteText(hour.start)} · ${hour.alarms}`}</title>
            </rect>
            {hour.alarms > 0 ? (
              <text x={i * step + step / 2} y={y(hour.alarms) - 3} className="pt k" textAnchor="middle">
                {hour.alarms}
              </text>
            ) : null}
            {i % 4 === 0 ? (
              <text x={i * step} y={height + 15} className="pt">
                {minuteText(hour.start)}
              </text>
            ) : null}
          </g>
        ))}
        <path d={`M0 ${height + 0.5}H${width}`} stroke="var(--line-2)" />
        {hours[0] && now > hours[0].start && now < hours[0].start + 86_400_000 ? (
          <path
            d={`M${((now - hours[0].start) / 86_400_000) * width} 4V${height}`}
            stroke="var(--ink)"
            strokeWidth="1.5"
          />
        ) : null}
      </svg>
    </div>
  )
}
