import { classColour, type Tokens } from "../../../theme/index.ts"
import type { Clearance, Cross } from "./ask.ts"
import { judged, type Shape } from "./cross-layout.ts"

/** Pipes and the gaps between them, seen from above: one bar each, the free distance between. */
export function Strip({
  cross,
  shapes,
  X,
  y,
  t,
}: {
  cross: Cross
  shapes: Shape[]
  X(m: number): number
  y: number
  t: Tokens
}) {
  const half = (s: Shape) => s.width_m / 2
  return (
    <g fill={t.ink_2}>
      <path d={`M${X(0)} ${y}H${X(cross.length_m)}`} stroke={t.line_3} strokeWidth="0.8" />
      {shapes.map((s) => {
        const wide = Math.max(3, X(s.crossing.offset_m + half(s)) - X(s.crossing.offset_m - half(s)))
        return (
          <rect
            key={s.index}
            x={X(s.crossing.offset_m) - wide / 2}
            y={y - 3.5}
            width={wide}
            height={7}
            fill={classColour(t, s.crossing.class_code)}
          />
        )
      })}
      {cross.clearances
        .filter((c) => c.b === c.a + 1 && c.verdict !== "below")
        .map((c) => {
          const [a, b] = [X(shapes[c.a]!.crossing.offset_m), X(shapes[c.b]!.crossing.offset_m)]
          return b - a < 40 ? null : (
            <text key={c.a} x={(a + b) / 2} y={y - 5} textAnchor="middle">
              {c.horizontal_m.toFixed(2)}
            </text>
          )
        })}
    </g>
  )
}

/** A gap under its rule: dimension lines from both pipes, and what it is against what it should be. */
export function Below({
  c,
  shapes,
  X,
  Y,
  y,
  width,
  t,
  text,
}: {
  c: Clearance
  shapes: Shape[]
  X(m: number): number
  Y(m: number): number
  y: number
  width: number
  t: Tokens
  text: string
}) {
  const [a, b] = [shapes[c.a]!, shapes[c.b]!]
  const [xa, xb] = [X(a.crossing.offset_m), X(b.crossing.offset_m)]
  const room = text.length * 8.6 + 12
  const middle = Math.min(width - room / 2 - 4, Math.max(room / 2 + 4, (xa + xb) / 2))
  const across = judged(c)?.how === "horizontal"
  const [ya, yb] = [Y((a.top + a.bottom) / 2), Y((b.top + b.bottom) / 2)]
  const word_y = Math.min(ya, yb) - 34
  return (
    <g data-below={`${c.a}-${c.b}`}>
      <g stroke={t.lv1_ink} strokeWidth="1.4" fill="none">
        {across ? <path strokeDasharray="2 3" d={`M${xa} ${ya}V${y}M${xb} ${yb}V${y}`} /> : null}
        {across ? (
          <path d={`M${xa} ${y}H${xb}M${xa} ${y - 5}v10M${xb} ${y - 5}v10`} strokeWidth="2" />
        ) : (
          <path d={`M${xa} ${ya}L${xb} ${yb}`} strokeWidth="2" />
        )}
        <path d={`M${middle} ${word_y + 11}L${(xa + xb) / 2} ${Math.min(ya, yb) - 4}`} />
      </g>
      <rect x={middle - room / 2} y={word_y - 11} width={room} height={22} rx="2" fill={t.lv1_ink} />
      <text x={middle} y={word_y + 4} textAnchor="middle" fontSize="12" fontWeight="700" fill={t.bg_panel}>
        {text}
      </text>
    </g>
  )
}
