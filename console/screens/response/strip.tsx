import type { OrderRow } from "../../api.ts"
import { clockLeft } from "../../kit/index.ts"
import { durationText, exactText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { columns, positionOf, stayIn } from "./orders.ts"

const first_x = 11
const line_y = 15

/** The track of one order: done states with the time they took, the running clock as a card, what is to come hollow. */
export function Strip({ order, now, step }: { order: OrderRow; now: number; step: number }) {
  const { t, pick } = useWords()
  const at = positionOf(order)
  const last = columns.length - 1
  const x = (i: number) => first_x + i * step
  const card = at <= last
  return (
    <svg className="strip" width={step * columns.length} height="42" aria-hidden="true">
      <path d={`M${x(0)} ${line_y}H${x(last)}`} stroke="var(--line-2)" strokeWidth="2" />
      <path d={`M${x(0)} ${line_y}H${x(Math.min(at, last))}`} stroke="var(--ink-2)" strokeWidth="2" />
      {columns.map((state, i) => {
        if (i === at) return null
        if (i > at)
          return (
            <circle
              key={state}
              cx={x(i)}
              cy={line_y}
              r="3.5"
              fill="var(--bg-panel)"
              stroke="var(--line-2)"
              strokeWidth="1.5"
            />
          )
        const stay = stayIn(order, state)
        const took = stay?.took_ms ?? null
        const late = took !== null && stay?.limit_ms != null && took > stay.limit_ms
        return (
          <g key={state}>
            <circle cx={x(i)} cy={line_y} r="4" fill="var(--ink-2)" />
            <text className={`pt ${late ? "late" : ""}`} x={x(i) - 5} y="34">
              {took === null ? "" : durationText(took)}
            </text>
          </g>
        )
      })}
      {card ? (
        <Card
          order={order}
          now={now}
          left={x(at) - first_x}
          width={step - 4}
          suspended={t("response.mark.suspended")}
        />
      ) : null}
      {order.clock ? (
        <title>
          {pick(order.clock.name)} {exactText(order.clock.ends_at)}
        </title>
      ) : null}
    </svg>
  )
}

function Card({
  order,
  now,
  left,
  width,
  suspended,
}: {
  order: OrderRow
  now: number
  left: number
  width: number
  suspended: string
}) {
  const clock = order.clock && !order.suspended ? clockLeft(order.clock, now) : null
  const over = clock?.over ?? false
  const text = order.suspended ? suspended : (clock?.text ?? "—")
  const bar = width - 14
  return (
    <g transform={`translate(${left} 0)`}>
      <rect
        x="0"
        y="1"
        width={width}
        height="40"
        rx="3"
        fill={over ? "var(--lv1-wash)" : "var(--bg-raised)"}
        stroke={over ? "var(--lv1)" : "var(--line-3)"}
        strokeWidth={over ? 1.5 : 1}
        strokeDasharray={order.suspended ? "3 3" : undefined}
      />
      <circle cx={first_x} cy={line_y} r="4.5" fill="var(--bg-panel)" stroke="var(--ink)" strokeWidth="2" />
      <text
        x="21"
        y="20"
        className="left"
        style={{ fontSize: text.length > 7 ? 12.5 : 14, fill: over ? "var(--lv1-ink)" : "var(--ink)" }}
      >
        {text}
      </text>
      <rect x="7" y="32" width={bar} height="3" rx="1.5" fill="var(--line)" />
      {clock ? (
        <rect
          x="7"
          y="32"
          width={over ? bar : bar * clock.share}
          height="3"
          rx="1.5"
          fill={over ? "var(--lv1)" : "var(--ink-2)"}
        />
      ) : null}
    </g>
  )
}
