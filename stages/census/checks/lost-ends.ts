/**
 * Ends of lines that name no point, a missing point or the wrong one: which point was meant? Its ground is depth plus
 * pipe height of the end, it lies within a line's length, and its other lines come in at the same height. Topology then
 * counts the line where it was meant, so that one wrong number is not said again by four other rules.
 */
import Flatbush from "flatbush"
import { type Context, type Ends, endsOf, line_flag, lineText, planLength, point_flag } from "./context.ts"
import { branches, called } from "./kinds.ts"

/** How closely heights of the meant point must fit: they are given to a centimetre. */
const fit_m = 0.021

export type LostEnds = {
  /** Ends whose number is in no point table, by point that was meant; -1 where none is found. */
  missing: Map<number, number>
  /** Numbers that are missing, as nodes of the network: ends by class and number. */
  groups: Map<string, number[]>
}

export function findLostEnds(c: Context): LostEnds {
  const { lines } = c.survey
  const groups = new Map<string, number[]>()
  const single: number[] = []
  for (let e = 0; e < c.end_point.length; e++) {
    const i = e >> 1
    const number = lineText(c, i, e & 1 ? "to_no" : "from_no")
    if (number === "") single.push(e)
    else if (c.end_point[e]! < 0) {
      const key = `${c.major_of_line[i]} ${number}`
      groups.set(key, [...(groups.get(key) ?? []), e])
    } else if (!(e & 1) && c.end_point[e] === c.end_point[e + 1])
      single.push(fitsGround(c, e + 1, c.end_point[e]!) && !fitsGround(c, e, c.end_point[e]!) ? e : e + 1)
  }
  const long: number[] = []
  for (let i = 0; i < lines.count; i++) {
    if ((c.line_flags[i]! & line_flag.void) === 0 && planLength(c, i) > c.settings.line_m_max)
      for (const e of [2 * i, 2 * i + 1]) if (!fitsGround(c, e, c.end_point[e]!)) long.push(e)
  }
  const missing = new Map<number, number>()
  if (groups.size + single.length + long.length === 0) return { missing, groups }
  const search = finder(c)
  for (const ends of groups.values()) {
    const votes = new Map<number, number>()
    for (const e of ends) for (const p of search(e)) votes.set(p, (votes.get(p) ?? 0) + 1)
    const best = [...votes].sort((a, b) => b[1] - a[1])[0]
    const p = best && (best[1] === ends.length || best[1] > 1) ? best[0] : -1
    for (const e of ends) {
      missing.set(e, p)
      if (p >= 0) c.meant_point[e] = p
    }
  }
  for (const e of [...single, ...long]) {
    const p = search(e)[0]
    if (p !== undefined) c.meant_point[e] = p
    else if (c.line_flags[e >> 1]! & line_flag.void) c.meant_point[e] = -1
  }
  return { missing, groups }
}

/** False only where ground, depth and height are known and disagree. */
function fitsGround(c: Context, end: number, point: number): boolean {
  return !(Math.abs(c.ground[point]! - c.depth[end]! - c.elevation[end]!) > c.settings.ground_tolerance_m)
}

/** Points that an end may mean, best first. */
function finder(c: Context): (end: number) => number[] {
  const ends = endsOf(c, c.end_point)
  const placed: number[] = []
  for (let p = 0; p < c.survey.points.count; p++) if (Number.isFinite(c.north[p]! + c.east[p]!)) placed.push(p)
  if (placed.length === 0) return () => []
  const index = new Flatbush(placed.length)
  for (const p of placed) index.add(c.north[p]!, c.east[p]!)
  index.finish()
  return (end) => {
    const known = c.end_point[end ^ 1]!
    if (known < 0 || Number.isNaN(c.north[known]! + c.east[known]!)) return []
    const reach = c.settings.line_m_max
    const [n, e] = [c.north[known]!, c.east[known]!]
    const beside = neighbours(c, ends, known)
    const found: { p: number; score: number }[] = []
    for (const k of index.search(n - reach, e - reach, n + reach, e + reach)) {
      const p = placed[k]!
      const away = Math.hypot(c.north[p]! - n, c.east[p]! - e)
      if (
        p === known ||
        p === c.end_point[end] ||
        away > reach ||
        beside.has(p) ||
        c.major_of_point[p] !== c.major_of_line[end >> 1]
      )
        continue
      const score = misfit(c, ends, end, p)
      if (score !== null) found.push({ p, score: score + away / 1000 })
    }
    return found.sort((a, b) => a.score - b.score).map(({ p }) => p)
  }
}

function neighbours(c: Context, { start, ends }: Ends, point: number): Set<number> {
  const found = new Set<number>()
  for (let k = start[point]!; k < start[point + 1]!; k++) found.add(c.end_point[ends[k]! ^ 1]!)
  return found
}

/** Null where the point cannot be meant; lower is likelier. */
function misfit(c: Context, { start, ends }: Ends, end: number, p: number): number | null {
  const ground_off = Math.abs(c.ground[p]! - c.depth[end]! - c.elevation[end]!)
  if (ground_off > fit_m) return null
  const degree = start[p + 1]! - start[p]!
  const orphan = degree === 0 || (c.point_flags[p]! & point_flag.number) !== 0
  if (orphan) return 0
  let level = false
  for (let k = start[p]!; k < start[p + 1]!; k++)
    level ||= Math.abs(c.elevation[ends[k]!]! - c.elevation[end]!) <= fit_m
  if (!level || Number.isNaN(ground_off)) return null
  return branches(called(c, p)) > degree ? 1 : degree === 1 ? 2 : 3
}
