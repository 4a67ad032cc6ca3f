import { type Context, line_flag, point_flag } from "./context.ts"
import type { LostEnds } from "./lost-ends.ts"

/** A group is cut off only from a network that is several times its size. */
const main_times = 2

/** Small groups of points that join nothing else of their class; said once, of the first of their points. */
export function connectivity(
  c: Context,
  lost: LostEnds,
  explained: { joins: [number, number][]; short_tees: Set<number> },
): void {
  const { points, lines } = c.survey
  const parent = Int32Array.from({ length: points.count }, (_, p) => p)
  const find = (p: number): number => {
    let root = p
    while (parent[root] !== root) root = parent[root]!
    for (let at = p; parent[at] !== root; ) {
      const next = parent[at]!
      parent[at] = root
      at = next
    }
    return root
  }
  const join = (a: number, b: number): void => {
    if (a >= 0 && b >= 0) parent[Math.max(find(a), find(b))] = Math.min(find(a), find(b))
  }
  const doubted = new Set<number>()
  for (let i = 0; i < lines.count; i++) {
    const [a, b] = [c.meant_point[2 * i]!, c.meant_point[2 * i + 1]!]
    join(a, b)
    // An end that nobody knows leaves open what its line joins: the group is not called cut off.
    if ((a < 0 || b < 0) && c.line_flags[i]! & line_flag.void) doubted.add(Math.max(a, b))
    for (const e of [2 * i, 2 * i + 1])
      if (c.meant_point[e] !== c.end_point[e] && c.end_point[e]! >= 0) doubted.add(c.end_point[e]!)
  }
  for (const ends of lost.groups.values()) {
    const near = ends.map((e) => c.meant_point[e ^ 1]!).filter((p) => p >= 0)
    for (const p of near) join(near[0]!, p)
    if (ends.some((e) => c.meant_point[e]! < 0)) for (const p of near) doubted.add(p)
  }
  for (const [a, b] of explained.joins) join(a, b)
  const size = new Uint32Array(points.count)
  const used = new Uint8Array(points.count)
  for (const p of c.meant_point) if (p >= 0) used[p] = 1
  const largest = new Map<string, number>()
  const open = new Set<number>()
  for (let p = 0; p < points.count; p++) if (used[p]) size[find(p)]!++
  for (const p of doubted) if (p >= 0) open.add(find(p))
  for (let p = 0; p < points.count; p++)
    if (find(p) === p && size[p]! > 0)
      largest.set(points.class_code[p]!, Math.max(largest.get(points.class_code[p]!) ?? 0, size[p]!))
  const near_short_tee = teesByCell(c, explained.short_tees)
  for (let p = 0; p < points.count; p++) {
    if (!used[p] || find(p) !== p || size[p]! < 2 || size[p]! >= c.settings.group_points_min) continue
    if (
      largest.get(points.class_code[p]!)! < main_times * size[p]! ||
      open.has(p) ||
      c.point_flags[p]! & point_flag.number
    )
      continue
    if (near_short_tee(p)) continue
    c.sayPoint("connectivity", p, "exp_no", {
      zh: `含此点的 ${size[p]} 个管点与该类管线的主网断开`,
      en: `A group of ${size[p]} points with this one is cut off from its network`,
    })
  }
}

/** Short tees by cells of a line's length. */
function teesByCell(c: Context, tees: ReadonlySet<number>): (p: number) => boolean {
  const reach = c.settings.line_m_max
  const cells = new Map<string, number[]>()
  const cell = (p: number, dn: number, de: number) =>
    `${Math.floor(c.north[p]! / reach) + dn} ${Math.floor(c.east[p]! / reach) + de} ${c.major_of_point[p]}`
  for (const tee of tees) {
    const key = cell(tee, 0, 0)
    const list = cells.get(key)
    if (list) list.push(tee)
    else cells.set(key, [tee])
  }
  /** A tee that lacks a line, within a line's length of the group, is the same gap seen from the other side. */
  return (p) =>
    [-1, 0, 1].some((dn) =>
      [-1, 0, 1].some((de) =>
        (cells.get(cell(p, dn, de)) ?? []).some(
          (tee) => Math.hypot(c.north[tee]! - c.north[p]!, c.east[tee]! - c.east[p]!) <= reach,
        ),
      ),
    )
}
