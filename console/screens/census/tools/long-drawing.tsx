import { classColour, font, type Tokens } from "../../../theme/index.ts"
import type { Long } from "./ask.ts"
import { ticks } from "./cross-layout.ts"

type Node = Long["nodes"][number]
export type LongWords = {
  node(n: Node): string
  size(p: Long["pipes"][number]): string
  rows: { chainage: string; ground: string; invert: string; depth: string; size: string; slope: string }
  height: string
  surface: string
  no_heights: string
}
export type LongDrawingProps = {
  long: Long
  class_code: string
  tokens: Tokens
  width: number
  height: number
  /** The part shown, metres along the run. */
  from_m: number
  to_m: number
  words: LongWords
  title?: string
  hover: number | null
  onHover?(pipe: number | null): void
}

const margin = { left: 104, right: 34, top: 30 }
const row_px = 21
const sheet_rows = 6

/** K0+420.5 */
export const chainageText = (m: number): string => {
  const km = Math.floor(m / 1000)
  const rest = m - km * 1000
  return `K${km}+${rest.toFixed(rest % 1 ? 1 : 0).padStart(rest % 1 ? 5 : 3, "0")}`
}

/** Inverts at a node: of the pipe that comes, and of the one that goes where it lies otherwise. */
export function invertsAt(long: Long, node: number): { in: number | null; out: number | null } {
  const before = long.pipes.find((p) => p.to_chainage_m === long.nodes[node]!.chainage_m)
  const after = long.pipes.find((p) => p.from_chainage_m === long.nodes[node]!.chainage_m)
  return { in: before?.to_invert_m ?? null, out: after?.from_invert_m ?? null }
}
const same_m = 0.005

/** The long section with its sheet: ground, pipe band, manholes, water; it also stands alone on paper. */
export function LongDrawing(props: LongDrawingProps) {
  const { long, class_code, tokens: t, width, height, from_m, to_m, words, hover, onHover, title } = props
  const colour = classColour(t, class_code)
  const top = margin.top + (title ? 24 : 0)
  const bottom = height - sheet_rows * row_px - 6
  const X = (m: number) => margin.left + ((m - from_m) / (to_m - from_m)) * (width - margin.left - margin.right)
  const heights = [
    ...long.nodes.flatMap((n) => [n.ground_m, n.bottom_m, n.water_m]),
    ...long.pipes.flatMap((p) => [p.from_top_m, p.to_top_m, p.from_invert_m, p.to_invert_m]),
  ].filter((h): h is number => h !== null)
  const [high, low] = heights.length ? [Math.max(...heights) + 0.3, Math.min(...heights) - 0.4] : [1, 0]
  const Y = (m: number) => top + ((high - m) / (high - low)) * (bottom - top)
  const shown = (m: number) => m >= from_m - 1e-9 && m <= to_m + 1e-9
  const ground = long.nodes.filter((n) => n.ground_m !== null).map((n) => `${X(n.chainage_m)} ${Y(n.ground_m!)}`)
  const clip = `long-${Math.round(width)}`
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      fontFamily={font}
      fontSize="11"
      role="img"
      aria-label={title ?? words.height}
      data-drawing="long"
    >
      <rect width={width} height={height} fill={t.bg_panel} />
      <clipPath id={clip}>
        <rect x={margin.left} y={0} width={width - margin.left - margin.right} height={height} />
      </clipPath>
      {title ? (
        <text x={14} y={20} fontSize="14" fontWeight="700" fill={t.ink}>
          {title}
        </text>
      ) : null}
      {heights.length ? (
        ticks(low, high, Math.min(8, (bottom - top) / 32)).map((m) => (
          <g key={m}>
            <path d={`M${margin.left} ${Y(m)}H${width - margin.right}`} stroke={t.line} />
            <text x={margin.left - 8} y={Y(m) + 4} textAnchor="end" fill={t.ink_3}>
              {m}
            </text>
          </g>
        ))
      ) : (
        <text x={width / 2} y={(top + bottom) / 2} textAnchor="middle" fontSize="13" fontWeight="700" fill={t.ink}>
          {words.no_heights}
        </text>
      )}
      <text x={margin.left - 8} y={top - 12} textAnchor="end" fill={t.ink_3}>
        {words.height}
      </text>
      <g clipPath={`url(#${clip})`}>
        {ground.length > 1 ? (
          <>
            <path
              d={`M${ground.join("L")}L${X(long.length_m)} ${bottom}L${X(0)} ${bottom}Z`}
              fill={t.m_land}
              opacity="0.8"
            />
            <path d={`M${ground.join("L")}`} fill="none" stroke={t.ink} strokeWidth="1.6" />
          </>
        ) : null}
        {long.pipes.map((p, i) => (
          <Band
            key={p.asset_id}
            pipe={p}
            x0={X(p.from_chainage_m)}
            x1={X(p.to_chainage_m)}
            Y={Y}
            top={top}
            bottom={bottom}
            colour={colour}
            t={t}
            on={hover === i}
            back={(p.slope_permille ?? 0) < 0}
            onHover={(on) => onHover?.(on ? i : null)}
          />
        ))}
        <Water long={long} X={X} Y={Y} t={t} word={words.surface} />
        {long.nodes.map((n, i) => (
          <Manhole key={n.chainage_m} node={n} inverts={invertsAt(long, i)} x={X(n.chainage_m)} Y={Y} t={t} />
        ))}
        <Names long={long} X={X} Y={Y} top={top} words={words} shown={shown} t={t} />
      </g>
      <Sheet {...props} X={X} shown={shown} y={bottom + 6} />
    </svg>
  )
}

type Pipe = Long["pipes"][number]
function Band({
  pipe: p,
  x0,
  x1,
  Y,
  top,
  bottom,
  colour,
  t,
  on,
  back,
  onHover,
}: {
  pipe: Pipe
  x0: number
  x1: number
  Y(m: number): number
  top: number
  bottom: number
  colour: string
  t: Tokens
  on: boolean
  back: boolean
  onHover(on: boolean): void
}) {
  const known = p.from_invert_m !== null && p.to_invert_m !== null
  const line = { stroke: back ? t.lv1_ink : colour, strokeWidth: on ? 3 : 1.8 }
  // Of unknown size the invert alone is drawn.
  const upper = p.from_top_m !== null && p.to_top_m !== null ? ([Y(p.from_top_m), Y(p.to_top_m)] as const) : null
  const lower = known ? ([Y(p.from_invert_m!), Y(p.to_invert_m!)] as const) : null
  return (
    <g data-pipe={p.asset_id} onPointerEnter={() => onHover(true)} onPointerLeave={() => onHover(false)}>
      <rect
        x={x0}
        y={top}
        width={Math.max(1, x1 - x0)}
        height={bottom - top}
        fill={on ? t.bg_sel : "transparent"}
        opacity="0.5"
      />
      {upper && lower ? (
        <path d={`M${x0} ${upper[0]}L${x1} ${upper[1]}L${x1} ${lower[1]}L${x0} ${lower[0]}Z`} fill={t.bg_raised} />
      ) : null}
      {upper ? <path d={`M${x0} ${upper[0]}L${x1} ${upper[1]}`} {...line} /> : null}
      {lower ? <path d={`M${x0} ${lower[0]}L${x1} ${lower[1]}`} {...line} /> : null}
      {!upper && !lower ? <path d={`M${x0} ${bottom - 8}H${x1}`} {...line} strokeDasharray="5 4" /> : null}
    </g>
  )
}

function Manhole({
  node: n,
  inverts,
  x,
  Y,
  t,
}: {
  node: Node
  inverts: { in: number | null; out: number | null }
  x: number
  Y(m: number): number
  t: Tokens
}) {
  const foot = n.bottom_m ?? Math.min(inverts.in ?? Number.POSITIVE_INFINITY, inverts.out ?? Number.POSITIVE_INFINITY)
  if (n.ground_m === null || !Number.isFinite(foot)) return null
  return (
    <g stroke={t.ink_2} fill={t.bg_raised}>
      <rect
        x={x - 5}
        y={Y(n.ground_m)}
        width={10}
        height={Math.max(2, Y(foot) - Y(n.ground_m))}
        strokeDasharray={n.bottom_m === null ? "3 3" : undefined}
      />
      <path d={`M${x - 7} ${Y(n.ground_m)}h14`} strokeWidth="3" stroke={t.ink} />
    </g>
  )
}

/** Water where a level is measured now; between two of them a thin line, which is drawn and not known. */
function Water({
  long,
  X,
  Y,
  t,
  word,
}: {
  long: Long
  X(m: number): number
  Y(m: number): number
  t: Tokens
  word: string
}) {
  const wet = long.nodes.filter((n) => n.water_m !== null)
  return (
    <g>
      {wet.length > 1 ? (
        <path
          d={`M${wet.map((n) => `${X(n.chainage_m)} ${Y(n.water_m!)}`).join("L")}`}
          fill="none"
          stroke={t.p_JS}
          strokeDasharray="4 3"
        />
      ) : null}
      {wet.map((n) => (
        <g key={n.chainage_m}>
          <path
            d={`M${X(n.chainage_m) - 9} ${Y(n.water_m!)}h18m-13 -6h8l-4 6z`}
            stroke={t.p_JS}
            strokeWidth="1.6"
            fill={t.p_JS}
          />
          <text x={X(n.chainage_m) + 12} y={Y(n.water_m!) + 4} fill={t.ink} fontWeight="700">
            {`${word} ${n.water_m!.toFixed(2)}`}
          </text>
        </g>
      ))}
    </g>
  )
}

function Names({
  long,
  X,
  Y,
  top,
  words,
  shown,
  t,
}: {
  long: Long
  X(m: number): number
  Y(m: number): number
  top: number
  words: LongWords
  shown(m: number): boolean
  t: Tokens
}) {
  const free = freeOf(
    long.nodes.map((n) => X(n.chainage_m)),
    62,
  )
  return long.nodes.map((n, i) =>
    shown(n.chainage_m) && free[i] ? (
      <text
        key={n.chainage_m}
        x={X(n.chainage_m)}
        y={n.ground_m === null ? top - 6 : Y(n.ground_m) - 8}
        textAnchor={i === 0 ? "start" : i === long.nodes.length - 1 ? "end" : "middle"}
        fill={t.ink_2}
      >
        {words.node(n)}
      </text>
    ) : null,
  )
}

/** Which places have room for a text of so many pixels, from left to right. */
function freeOf(places: readonly number[], room: number): boolean[] {
  let last = Number.NEGATIVE_INFINITY
  return places.map((x) => {
    const free = x - last >= room
    if (free) last = x
    return free
  })
}

/** The rows beneath, as on a drawing sheet. */
function Sheet({
  long,
  tokens: t,
  width,
  from_m,
  to_m,
  words,
  hover,
  X,
  shown,
  y,
}: LongDrawingProps & { X(m: number): number; shown(m: number): boolean; y: number }) {
  const free = freeOf(
    long.nodes.map((n) => X(n.chainage_m)),
    58,
  )
  const names = [
    words.rows.chainage,
    words.rows.ground,
    words.rows.invert,
    words.rows.depth,
    words.rows.size,
    words.rows.slope,
  ]
  const text_y = (row: number) => y + row * row_px + 15
  const num = (v: number | null) => (v === null ? "?" : v.toFixed(2))
  return (
    <g>
      {names.map((name, row) => (
        <g key={name}>
          <path d={`M10 ${y + row * row_px}H${width - 10}`} stroke={t.line} />
          <text x={14} y={text_y(row)} fill={t.ink_3}>
            {name}
          </text>
        </g>
      ))}
      {long.nodes.map((n, i) => {
        if (!shown(n.chainage_m) || !free[i]) return null
        const inverts = invertsAt(long, i)
        const invert = inverts.out ?? inverts.in
        const drop = inverts.in !== null && inverts.out !== null && Math.abs(inverts.in - inverts.out) > same_m
        const x = X(n.chainage_m)
        const at = { x, textAnchor: "middle" as const, fill: t.ink_2 }
        return (
          <g key={n.chainage_m}>
            <text {...at} y={text_y(0)}>
              {chainageText(n.chainage_m)}
            </text>
            <text {...at} y={text_y(1)}>
              {num(n.ground_m)}
            </text>
            <text {...at} y={text_y(2)} fontWeight={drop ? "700" : "400"}>
              {drop ? `${num(inverts.in)}/${num(inverts.out)}` : num(invert)}
            </text>
            <text {...at} y={text_y(3)}>
              {n.ground_m !== null && invert !== null ? num(n.ground_m - invert) : "?"}
            </text>
          </g>
        )
      })}
      {long.pipes.map((p, i) => {
        const [a, b] = [Math.max(from_m, p.from_chainage_m), Math.min(to_m, p.to_chainage_m)]
        if (b <= a || X(b) - X(a) < 44) return null
        const back = (p.slope_permille ?? 0) < 0
        return (
          <g
            key={p.asset_id}
            textAnchor="middle"
            fill={hover === i ? t.ink : t.ink_2}
            fontWeight={hover === i ? "700" : "400"}
          >
            <text x={(X(a) + X(b)) / 2} y={text_y(4)}>
              {words.size(p)}
            </text>
            <text x={(X(a) + X(b)) / 2} y={text_y(5)} {...(back ? { fill: t.lv1_ink, fontWeight: "700" } : {})}>
              {p.slope_permille === null ? "?" : `${p.slope_permille.toFixed(1).replace("-", "−")} ‰`}
            </text>
          </g>
        )
      })}
    </g>
  )
}
