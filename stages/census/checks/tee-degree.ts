import { type Context, type Ends, point_flag } from "./context.ts"
import { branches, called } from "./kinds.ts"

/** A tee joins three lines, a cross four. Returns the points that join too few, for rules that see the other side. */
export function teeDegree(c: Context, meant: Ends): Set<number> {
  const { points, lines } = c.survey
  const short = new Set<number>()
  if (lines.count === 0) return short
  const with_lines = new Set(c.major_of_line)
  for (let p = 0; p < points.count; p++) {
    if (c.point_flags[p]! & (point_flag.feature | point_flag.number)) continue
    const name = called(c, p)
    const wanted = branches(name)
    const degree = meant.start[p + 1]! - meant.start[p]!
    if (wanted === 0 || degree === wanted || degree === 0 || !with_lines.has(c.major_of_point[p]!)) continue
    if (degree < wanted) short.add(p)
    c.sayPoint("tee-degree", p, "feature", {
      zh: `“${name.trim()}”应连接 ${wanted} 条管线，实际 ${degree} 条`,
      en: `"${name.trim()}" should join ${wanted} lines but joins ${degree}`,
    })
  }
  return short
}
