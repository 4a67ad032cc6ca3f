import Flatbush from "flatbush"
import { type Context, type Ends, line_flag, point_flag, pointKey, shown } from "./context.ts"

/** Heights this far apart are two pipes one above the other, metres. */
const level_m = 0.5

/** Ends of lines that stop just short of another node, or of another line, of their class. Returns what they would join. */
export function nearMiss(c: Context, meant: Ends): [number, number][] {
  const { points } = c.survey
  const { snap_m } = c.settings
  const joins: [number, number][] = []
  const degree = (p: number) => meant.start[p + 1]! - meant.start[p]!
  const placed: number[] = []
  let loose = 0
  for (let p = 0; p < points.count; p++)
    if (
      degree(p) > 0 &&
      Number.isFinite(c.north[p]! + c.east[p]!) &&
      (c.point_flags[p]! & (point_flag.place | point_flag.number)) === 0
    ) {
      placed.push(p)
      if (degree(p) === 1) loose++
    }
  if (loose === 0) return joins
  const index = new Flatbush(placed.length)
  for (const p of placed) index.add(c.north[p]!, c.east[p]!)
  index.finish()
  const done = new Set<number>()
  for (const p of placed) {
    if (degree(p) !== 1 || done.has(p)) continue
    const e = meant.ends[meant.start[p]!]!
    const i = e >> 1
    if (c.end_point[e] !== p || c.line_flags[i]! & line_flag.length) continue
    const beside = c.meant_point[e ^ 1]!
    let best = -1
    let best_m = snap_m
    for (const k of index.search(
      c.north[p]! - snap_m,
      c.east[p]! - snap_m,
      c.north[p]! + snap_m,
      c.east[p]! + snap_m,
    )) {
      const q = placed[k]!
      const away = Math.hypot(c.north[q]! - c.north[p]!, c.east[q]! - c.east[p]!)
      if (
        q === p ||
        q === beside ||
        away > best_m ||
        c.major_of_point[q] !== c.major_of_point[p] ||
        points.class_code[q] !== points.class_code[p]
      )
        continue
      if (Math.abs(levelAt(c, meant, q) - levelAt(c, meant, p)) > level_m || joined(c, meant, beside, q)) continue
      best = q
      best_m = away
    }
    if (best < 0 || (best > p && !done.has(best) && loosePair(c, meant, best))) continue
    done.add(p).add(best)
    joins.push([p, best])
    const field = e & 1 ? "to_no" : "from_no"
    const value = pointKey(c, best)
    c.sayLine(
      "near-miss",
      i,
      field,
      {
        zh: `端点 ${pointKey(c, p)} 距管点 ${value} 仅 ${best_m.toFixed(2)} m 而未连接`,
        en: `End ${pointKey(c, p)} stops ${best_m.toFixed(2)} m short of point ${value}`,
      },
      { field, value, words: { zh: `连接到 ${value}`, en: `Join it to ${value}` } },
      shown(best_m),
    )
  }
  return joins
}

/** Of two loose ends the later row is said: what was there before stands. */
const loosePair = (c: Context, meant: Ends, q: number): boolean => {
  if (meant.start[q + 1]! - meant.start[q]! !== 1) return false
  const e = meant.ends[meant.start[q]!]!
  return c.end_point[e] === q && (c.line_flags[e >> 1]! & line_flag.length) === 0
}

const levelAt = (c: Context, meant: Ends, p: number): number => c.elevation[meant.ends[meant.start[p]!]!]!

/** True where a line joins both points already. */
function joined(c: Context, meant: Ends, a: number, b: number): boolean {
  if (a < 0) return false
  for (let k = meant.start[b]!; k < meant.start[b + 1]!; k++)
    if (c.meant_point[meant.ends[k]! ^ 1] === a) return meant.start[b + 1]! - meant.start[b]! === 1
  return false
}
