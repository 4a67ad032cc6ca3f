import { classColour, font, type Tokens } from "../../../theme/index.ts"
import type { Clearance, Cross, Crossing } from "./ask.ts"
import { Below, Strip } from "./cross-gaps.tsx"
import { crossLayout, type Shape, spread, ticks } from "./cross-layout.ts"

export type CrossWords = {
  name(c: Crossing): string
  size(c: Crossing): string
  depth(c: Crossing): string
  below(c: Clearance): string
  height: string
  deep: string
  no_ground: string
  metres: string
}
export type CrossDrawingProps = {
  cross: Cross
  tokens: Tokens
  width: number
  height: number
  /** Heights drawn as large as lengths; else as large as the room allows. */
  true_scale: boolean
  words: CrossWords
  title?: string
  hover: number | null
  onHover?(index: number | null): void
}

const margin = { left: 46, right: 54, top: 26 }
const label_px = 96
const label_room = 62
const strip_room = 42

/** The cross section: ground, pipes to scale, depths, gaps; an SVG that also stands alone on paper. */
export function CrossDrawing(props: CrossDrawingProps) {
  const { cross, tokens: t, width, height, true_scale, words, hover, onHover, title } = props
  const layout = crossLayout(cross)
  const top = margin.top + (title ? 24 : 0)
  const bottom = height - label_room - strip_room
  const per_m = (width - margin.left - margin.right) / cross.length_m
  const tall = layout.high - layout.low + 0.9
  const fit_m = (bottom - top) / tall
  const high_m = true_scale ? Math.min(per_m, fit_m) : Math.max(fit_m, Math.min(per_m, fit_m))
  const x_m = true_scale ? high_m : per_m
  const left = margin.left + (width - margin.left - margin.right - x_m * cross.length_m) / 2
  const X = (m: number) => left + m * x_m
  const Y = (m: number) => top + (layout.high + 0.35 - m) * high_m
  const low = layout.high + 0.35 - (bottom - top) / high_m
  const [west, east] = [X(0), X(cross.length_m)]
  const ground = layout.ground_points.map((g) => `${X(g.offset_m).toFixed(1)} ${Y(g.height).toFixed(1)}`)
  const places = spread(
    layout.shapes.map((s) => X(s.crossing.offset_m)),
    label_px,
    4,
    width - 4,
  )
  const bad = cross.clearances.filter((c) => c.verdict === "below")
  const strip_y = bottom + 16
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      fontFamily={font}
      fontSize="11"
      role="img"
      aria-label={title ?? words.height}
      data-drawing="cross"
    >
      <rect width={width} height={height} fill={t.bg_panel} />
      {title ? (
        <text x={margin.left} y={20} fontSize="14" fontWeight="700" fill={t.ink}>
          {title}
        </text>
      ) : null}
      <path d={`M${ground.join("L")}L${east} ${bottom}L${west} ${bottom}Z`} fill={t.m_land} />
      {ticks(low, layout.high, Math.min(8, (bottom - top) / 36)).map((m) => (
        <g key={m}>
          <path d={`M${west} ${Y(m)}H${east}`} stroke={t.line_2} strokeDasharray="1 4" />
          <path d={`M${west - 5} ${Y(m)}H${west}`} stroke={t.line_3} />
          <text x={west - 8} y={Y(m) + 4} textAnchor="end" fill={t.ink_3}>
            {layout.datum ? m : Math.abs(m)}
          </text>
        </g>
      ))}
      <text x={west - 8} y={top - 10} textAnchor="end" fill={t.ink_3}>
        {layout.datum ? words.height : words.deep}
      </text>
      <DepthScale right={east} ground={layout.ground(cross.length_m).height} low={low} Y={Y} t={t} word={words.deep} />
      <path
        d={`M${ground.join("L")}`}
        fill="none"
        stroke={t.ink}
        strokeWidth="2"
        {...dash(!layout.ground_points.every((g) => g.known))}
      />
      {layout.ground_points.some((g) => !g.known) ? (
        <text x={west + 6} y={top - 10} fill={t.ink_2}>
          {words.no_ground}
        </text>
      ) : null}
      {["A", "A′"].map((word, i) => (
        <text
          key={word}
          x={i ? east - 10 : west + 10}
          y={Y(layout.ground(i ? cross.length_m : 0).height) - 8}
          textAnchor="middle"
          fontSize="13"
          fontWeight="700"
          fill={t.ink}
        >
          {word}
        </text>
      ))}
      {cross.manholes.map((m) => {
        const head = Y(m.ground_m ?? layout.ground(m.offset_m).height)
        const foot = m.bottom_m === null ? head + Math.min(40, bottom - head) : Y(m.bottom_m)
        const half = Math.max(4, 0.35 * x_m)
        return (
          <g key={m.asset_id} stroke={t.ink_2} fill={t.bg_raised} {...dash(m.bottom_m === null)}>
            <rect x={X(m.offset_m) - half} y={head} width={2 * half} height={Math.max(2, foot - head)} />
            <path d={`M${X(m.offset_m) - half} ${head}h${2 * half}`} strokeWidth="3" />
          </g>
        )
      })}
      {layout.shapes.map((shape, i) => (
        <Leader
          key={`${shape.crossing.asset_id}-${shape.crossing.offset_m}`}
          from={[X(shape.crossing.offset_m), Y(shape.bottom) + 2]}
          strip={strip_y + 5}
          to={[places?.[i] ?? X(shape.crossing.offset_m), bottom + strip_room]}
          on={hover === i}
          t={t}
        />
      ))}
      <Strip cross={cross} shapes={layout.shapes} X={X} y={strip_y} t={t} />
      {bad.map((c) => (
        <Below
          key={`${c.a}-${c.b}`}
          c={c}
          shapes={layout.shapes}
          X={X}
          Y={Y}
          y={strip_y}
          width={width}
          t={t}
          text={words.below(c)}
        />
      ))}
      {largestFirst(layout.shapes).map((shape) => (
        <Pipe
          key={`${shape.crossing.asset_id}-${shape.crossing.offset_m}`}
          shape={shape}
          x={X(shape.crossing.offset_m)}
          Y={Y}
          per_m={high_m}
          t={t}
          on={hover === shape.index}
          words={words}
          onHover={onHover}
        />
      ))}
      {layout.shapes.map((shape, i) => (
        <Label
          key={`${shape.crossing.asset_id}-${shape.crossing.offset_m}`}
          shape={shape}
          x={places?.[i] ?? X(shape.crossing.offset_m)}
          y={bottom + strip_room + 12}
          short={!places}
          words={words}
          on={hover === i}
          t={t}
        />
      ))}
    </svg>
  )
}
/** A small pipe at the place of a large one lies on top of it. */
const largestFirst = (shapes: Shape[]): Shape[] => [...shapes].sort((a, b) => b.width_m - a.width_m)
const dash = (yes: boolean) => (yes ? { strokeDasharray: "5 4" } : {})

function DepthScale({
  right,
  ground,
  low,
  Y,
  t,
  word,
}: {
  right: number
  ground: number
  low: number
  Y(m: number): number
  t: Tokens
  word: string
}) {
  const deep = ground - low
  return (
    <g fill={t.ink_3}>
      <path d={`M${right} ${Y(ground)}V${Y(low)}`} stroke={t.line_3} />
      {ticks(0, deep, Math.min(8, (Y(low) - Y(ground)) / 36)).map((d) => (
        <g key={d}>
          <path d={`M${right} ${Y(ground - d)}h5`} stroke={t.line_3} />
          <text x={right + 8} y={Y(ground - d) + 4}>
            {d}
          </text>
        </g>
      ))}
      <text x={right + 8} y={Y(ground) - 12}>
        {word}
      </text>
    </g>
  )
}

/** Straight down to the strip, then to the label. */
function Leader({
  from,
  strip,
  to,
  on,
  t,
}: {
  from: [number, number]
  strip: number
  to: [number, number]
  on: boolean
  t: Tokens
}) {
  return (
    <path
      d={`M${from[0]} ${from[1]}V${strip}L${to[0]} ${to[1]}`}
      stroke={on ? t.ink : t.line_3}
      strokeWidth={on ? 1.4 : 0.7}
      fill="none"
    />
  )
}

type PipeProps = {
  shape: Shape
  x: number
  Y(m: number): number
  per_m: number
  t: Tokens
  on: boolean
  words: CrossWords
  onHover: CrossDrawingProps["onHover"]
}
function Pipe({ shape, x, Y, per_m, t, on, words, onHover }: PipeProps) {
  const { crossing: c } = shape
  const colour = classColour(t, c.class_code)
  const [y0, y1] = [Y(shape.top), Y(shape.bottom)]
  const tall = Math.max(7, y1 - y0)
  // A circle stays round in a stretched drawing: sizes are to the vertical scale.
  const wide = shape.box ? Math.max(7, shape.width_m * per_m) : tall
  const middle = (y0 + y1) / 2
  const line = {
    stroke: colour,
    strokeWidth: on ? 3.4 : 2.2,
    fill: shape.deep_unknown ? "none" : t.bg_raised,
    ...(shape.deep_unknown || shape.size_unknown ? { strokeDasharray: "3 2.5" } : {}),
  }
  return (
    <g
      data-crossing={shape.index}
      onPointerEnter={() => onHover?.(shape.index)}
      onPointerLeave={() => onHover?.(null)}
      style={onHover ? { cursor: "pointer" } : undefined}
    >
      {on ? (
        <circle cx={x} cy={middle} r={Math.max(tall, wide) / 2 + 6} fill="none" stroke={t.ink} strokeWidth="1.4" />
      ) : null}
      <circle cx={x} cy={middle} r={Math.max(tall, wide) / 2 + 6} fill="transparent" />
      {shape.box ? (
        <rect x={x - wide / 2} y={middle - tall / 2} width={wide} height={tall} {...line} />
      ) : (
        <circle cx={x} cy={middle} r={tall / 2} {...line} />
      )}
      {shape.deep_unknown ? (
        <text x={x} y={middle + 4} textAnchor="middle" fontWeight="700" fill={t.ink}>
          ?
        </text>
      ) : null}
      <title>{`${words.name(c)} ${words.size(c)} · ${words.depth(c)}`}</title>
    </g>
  )
}

function Label({
  shape,
  x,
  y,
  short,
  words,
  on,
  t,
}: {
  shape: Shape
  x: number
  y: number
  short: boolean
  words: CrossWords
  on: boolean
  t: Tokens
}) {
  const { crossing: c } = shape
  if (short)
    return (
      <text
        x={x}
        y={y + (shape.index % 2) * 13}
        textAnchor="middle"
        fontWeight={on ? "700" : "400"}
        fill={on ? t.ink : t.ink_2}
      >
        {shape.index + 1}
      </text>
    )
  return (
    <text x={x} y={y} textAnchor="middle" fill={t.ink_3}>
      <tspan fill={classColour(t, c.class_code)} fontWeight="700">
        {c.class_code}
      </tspan>
      <tspan fill={t.ink} fontSize="12" fontWeight={on ? "700" : "500"}>
        {` ${words.size(c)}`}
      </tspan>
      <tspan x={x} dy="15">
        {cut(c.code ?? words.name(c), 15)}
      </tspan>
      <tspan x={x} dy="15" {...(shape.deep_unknown ? { fill: t.ink, fontWeight: "700" } : {})}>
        {words.depth(c)}
      </tspan>
    </text>
  )
}
const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
