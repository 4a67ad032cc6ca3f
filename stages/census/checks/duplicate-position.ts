import { type Context, type Ends, endsOf, point_flag } from "./context.ts"

/** Written to the millimetre, equal places are equal numbers; this takes up what a change of system adds. */
const same_m = 0.0005

/** Two points of a class at one place and height. The one that fits its lines worse is said; else the later row. */
export function duplicatePosition(c: Context): void {
  const { points } = c.survey
  const order = Array.from({ length: points.count }, (_, i) => i).filter(
    (i) => Number.isFinite(c.north[i]! + c.east[i]!) && (c.point_flags[i]! & point_flag.number) === 0,
  )
  const cells = Uint32Array.from(order)
  cells.sort((a, b) => c.north[a]! - c.north[b]! || c.east[a]! - c.east[b]! || a - b)
  let ends: Ends | null = null
  for (let k = 0; k < cells.length; k++) {
    const a = cells[k]!
    for (let m = k + 1; m < cells.length && c.north[cells[m]!]! - c.north[a]! <= same_m; m++) {
      const b = cells[m]!
      if (Math.abs(c.east[a]! - c.east[b]!) > same_m || c.major_of_point[a] !== c.major_of_point[b]) continue
      if (Math.abs(c.ground[a]! - c.ground[b]!) > same_m) continue
      if (points.class_code[a] !== points.class_code[b]) continue
      if ((c.point_flags[a]! | c.point_flags[b]!) & point_flag.place) continue
      ends ??= endsOf(c, c.end_point)
      say(c, ends, ...worse(c, ends, a, b))
    }
  }
}

function worse(c: Context, ends: Ends, a: number, b: number): [blamed: number, other: number] {
  const misfit = (p: number) => {
    const own = ends.ends.subarray(ends.start[p]!, ends.start[p + 1]!)
    if (own.length === 0) return 1
    let off = 0
    for (const e of own) {
      const ground = Math.abs(c.ground[p]! - c.depth[e]! - c.elevation[e]!) > c.settings.ground_tolerance_m
      const other = c.end_point[e ^ 1]!
      const long =
        other >= 0 && Math.hypot(c.north[p]! - c.north[other]!, c.east[p]! - c.east[other]!) > c.settings.line_m_max
      if (ground || long) off++
    }
    return off / own.length
  }
  const [bad_a, bad_b] = [misfit(a), misfit(b)]
  if (bad_a !== bad_b) return bad_a > bad_b ? [a, b] : [b, a]
  return a > b ? [a, b] : [b, a]
}

function say(c: Context, { start, ends }: Ends, blamed: number, other: number): void {
  // Both are one node: what joins either joins the other.
  for (let k = start[blamed]!; k < start[blamed + 1]!; k++) c.meant_point[ends[k]!] = other
  const { points } = c.survey
  const number = points.text.exp_no?.[other] ?? ""
  c.point_flags[blamed]! |= point_flag.place | point_flag.ground
  c.sayPoint("duplicate-position", blamed, "x", {
    zh: `与第 ${points.row[other]} 行 ${number} 的 X、Y 和地面高程相同`,
    en: `Same X, Y and ground height as ${number} in row ${points.row[other]}`,
  })
  c.north[blamed] = c.east[blamed] = c.ground[blamed] = Number.NaN
}
