/** Pairs of lines that cross in plan or run side by side, with what is between their walls. */
import Flatbush from "flatbush"
import { type Context, type Ends, line_flag, sizeM } from "./context.ts"

/** Two lines within this angle run side by side, degrees; only where they do so for this long, metres. */
const parallel_deg = 15
const beside_m = 2
/** Lines of one class that cross this near to an end of one are joined there, not crossing, metres. */
const joint_m = 0.05

export type CloseLines = {
  a: number
  b: number
  /** Free height between both where they cross (0 or less: they meet); NaN where a height is unknown; null where they only run side by side. */
  vertical_m: number | null
  /** Free width between their walls in plan; 0 where they cross. */
  horizontal_m: number
  at: [number, number]
}

export function closeLines(
  c: Context,
  { start }: Ends,
  /** Points where a line was meant to go on: no dead ends. */
  goes_on: ReadonlySet<number>,
  horizontal_m_max: number,
  visit: (pair: CloseLines) => void,
): void {
  const dead_end: DeadEnd = (p) => start[p + 1]! - start[p]! === 1 && !goes_on.has(p)
  const { lines } = c.survey
  const usable: number[] = []
  for (let i = 0; i < lines.count; i++) {
    const [a, b] = [c.end_point[2 * i]!, c.end_point[2 * i + 1]!]
    if (c.line_flags[i]! & (line_flag.void | line_flag.length) || a < 0 || b < 0) continue
    if (Number.isFinite(c.north[a]! + c.north[b]! + c.east[a]! + c.east[b]!)) usable.push(i)
  }
  if (usable.length < 2) return
  const half = Float64Array.from(usable, (i) => sizeM(c.section(i)).half_width)
  const index = new Flatbush(usable.length)
  const box = (i: number, grow: number) => {
    const [a, b] = [c.end_point[2 * i]!, c.end_point[2 * i + 1]!]
    return [
      Math.min(c.north[a]!, c.north[b]!) - grow,
      Math.min(c.east[a]!, c.east[b]!) - grow,
      Math.max(c.north[a]!, c.north[b]!) + grow,
      Math.max(c.east[a]!, c.east[b]!) + grow,
    ] as const
  }
  usable.forEach((i, k) => {
    index.add(...box(i, half[k]!))
  })
  index.finish()
  usable.forEach((i, k) => {
    index.search(...box(i, half[k]! + horizontal_m_max), (m) => {
      if (m > k) {
        const pair = compare(c, i, usable[m]!, half[k]! + half[m]!, horizontal_m_max, dead_end)
        if (pair) visit(pair)
      }
      return false
    })
  })
}

function compare(c: Context, a: number, b: number, walls: number, reach: number, dead_end: DeadEnd): CloseLines | null {
  const [a0, a1, b0, b1] = [c.end_point[2 * a]!, c.end_point[2 * a + 1]!, c.end_point[2 * b]!, c.end_point[2 * b + 1]!]
  if (a0 === b0 || a0 === b1 || a1 === b0 || a1 === b1) return null
  const { north: n, east: e } = c
  const [ax, ay, ux, uy] = [n[a0]!, e[a0]!, n[a1]! - n[a0]!, e[a1]! - e[a0]!]
  const [bx, by, vx, vy] = [n[b0]!, e[b0]!, n[b1]! - n[b0]!, e[b1]! - e[b0]!]
  const [la, lb] = [Math.hypot(ux, uy), Math.hypot(vx, vy)]
  if (la === 0 || lb === 0) return null
  const cross = ux * vy - uy * vx
  const [dx, dy] = [bx - ax, by - ay]
  if (cross !== 0) {
    const [s, t] = [(dx * vy - dy * vx) / cross, (dx * uy - dy * ux) / cross]
    const joint = c.survey.lines.class_code[a] === c.survey.lines.class_code[b] ? joint_m : 0
    const [js, jt] = [joint / la, joint / lb]
    if (s > js && s < 1 - js && t > jt && t < 1 - jt) {
      const [low_a, high_a] = reachOf(c, a, s)
      const [low_b, high_b] = reachOf(c, b, t)
      return {
        a,
        b,
        vertical_m: Math.max(low_a - high_b, low_b - high_a),
        horizontal_m: 0,
        at: [ax + s * ux, ay + s * uy],
      }
    }
  }
  if (Math.abs(cross) > Math.sin((parallel_deg * Math.PI) / 180) * la * lb)
    return besideEnd(c, a, b, walls, reach, dead_end) ?? besideEnd(c, b, a, walls, reach, dead_end)
  // Along a: where b's ends fall, and how far off the line they are there.
  const along = (x: number, y: number) => ((x - ax) * ux + (y - ay) * uy) / la
  const across = (x: number, y: number) => ((x - ax) * uy - (y - ay) * ux) / la
  const [p, q] = [along(bx, by), along(bx + vx, by + vy)]
  const [from, to] = [Math.max(0, Math.min(p, q)), Math.min(la, Math.max(p, q))]
  if (to - from < beside_m || p === q) return null
  const [op, oq] = [across(bx, by), across(bx + vx, by + vy)]
  const off = (x: number) => op + ((oq - op) * (x - p)) / (q - p)
  const nearest = Math.min(Math.abs(off(from)), Math.abs(off(to)))
  const horizontal_m = off(from) * off(to) < 0 ? 0 : nearest - walls
  if (horizontal_m >= reach) return null
  const middle = (from + to) / 2 / la
  return { a, b, vertical_m: null, horizontal_m: Math.max(0, horizontal_m), at: [ax + middle * ux, ay + middle * uy] }
}

type DeadEnd = (point: number) => boolean

/**
 * Where a line ends beside another. An end at which it goes on is let be: what follows may cross the other at a proper
 * height, and is looked at for itself.
 */
function besideEnd(
  c: Context,
  ending: number,
  other: number,
  walls: number,
  reach: number,
  dead_end: DeadEnd,
): CloseLines | null {
  const { north: n, east: e } = c
  const [b0, b1] = [c.end_point[2 * other]!, c.end_point[2 * other + 1]!]
  const [ux, uy] = [n[b1]! - n[b0]!, e[b1]! - e[b0]!]
  const squared = ux * ux + uy * uy
  for (const p of [c.end_point[2 * ending]!, c.end_point[2 * ending + 1]!]) {
    if (!dead_end(p)) continue
    const share = Math.min(1, Math.max(0, ((n[p]! - n[b0]!) * ux + (e[p]! - e[b0]!) * uy) / squared))
    const horizontal_m = Math.hypot(n[p]! - n[b0]! - share * ux, e[p]! - e[b0]! - share * uy) - walls
    if (horizontal_m < reach && share > 0 && share < 1)
      return { a: ending, b: other, vertical_m: null, horizontal_m: Math.max(0, horizontal_m), at: [n[p]!, e[p]!] }
  }
  return null
}

/** Lowest and highest of a pipe at a share of its length. Heights are of the invert for gravity lines, else of the top. */
export function reachOf(c: Context, i: number, share: number): [low: number, high: number] {
  if (c.height_doubted[2 * i] || c.height_doubted[2 * i + 1]) return [Number.NaN, Number.NaN]
  const at = (end: number): number => {
    const known = c.elevation[2 * i + end]!
    return Number.isNaN(known) ? c.ground[c.end_point[2 * i + end]!]! - c.depth[2 * i + end]! : known
  }
  const level = at(0) + share * (at(1) - at(0))
  const { height } = sizeM(c.section(i))
  return c.gravity[i] ? [level, level + height] : [level - height, level]
}
