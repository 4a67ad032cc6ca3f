import { type Context, point_flag, pointText } from "./context.ts"

/**
 * A number that stands more than once in its class. The row that fits the lines of that number best (their depth and
 * height give its ground) keeps it, else the first; the others are said. Lines then join the row that keeps it.
 */
export function duplicateNumber(c: Context): void {
  const { points } = c.survey
  const numbers = points.text.exp_no
  if (!numbers) return
  const first = new Map<string, Map<string, number>>()
  const groups = new Map<number, number[]>()
  for (let i = 0; i < points.count; i++) {
    if (numbers[i] === "") continue
    const major = c.major_of_point[i]!
    let seen = first.get(major)
    if (!seen) {
      seen = new Map()
      first.set(major, seen)
    }
    const before = seen.get(numbers[i]!)
    if (before === undefined) seen.set(numbers[i]!, i)
    else groups.set(before, [...(groups.get(before) ?? [before]), i])
  }
  if (groups.size === 0) return
  const ends = new Map<number, number[]>()
  for (let e = 0; e < c.end_point.length; e++) {
    const p = c.end_point[e]!
    if (groups.has(p)) ends.set(p, [...(ends.get(p) ?? []), e])
  }
  for (const [before, rows] of groups) {
    const joined = ends.get(before) ?? []
    const matches = (row: number) =>
      joined.filter((e) => {
        const other = c.end_point[e ^ 1]!
        const far = other < 0 ? 0 : Math.hypot(c.north[row]! - c.north[other]!, c.east[row]! - c.east[other]!)
        const off = Math.abs(c.ground[row]! - c.depth[e]! - c.elevation[e]!)
        return !(off > c.settings.ground_tolerance_m) && !(far > c.settings.line_m_max)
      }).length
    const keeper = rows.reduce((best, row) => (matches(row) > matches(best) ? row : best), before)
    if (keeper !== before) for (const e of joined) c.end_point[e] = c.meant_point[e] = keeper
    for (const row of rows) {
      if (row === keeper) continue
      c.point_flags[row]! |= point_flag.number
      const number = numbers[row]!
      const at = points.row[keeper]!
      const map_no = pointText(c, row, "map_no")
      const fix =
        map_no !== "" && map_no !== number
          ? {
              field: "exp_no",
              value: map_no,
              words: { zh: `改为图上点号 ${map_no}`, en: `Use the number on the map, ${map_no}` },
            }
          : null
      c.sayPoint(
        "duplicate-number",
        row,
        "exp_no",
        { zh: `点号 ${number} 已在第 ${at} 行`, en: `Number ${number} stands in row ${at} already` },
        fix,
      )
    }
  }
}
