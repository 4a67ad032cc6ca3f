import { type Context, type Ends, line_flag, lineText } from "./context.ts"
import { called, isStraight } from "./kinds.ts"

/** Rounding of sections, square millimetres of a side squared. */
const tolerance = 1.001

/** The only pipe that leaves a node is smaller in section than the largest that comes in. */
export function diameterShrinks(c: Context, { start, ends }: Ends, flow: Int8Array): void {
  const { points } = c.survey
  for (let p = 0; p < points.count; p++) {
    if (start[p + 1]! - start[p]! < 2) continue
    const out: number[] = []
    const incoming: number[] = []
    let open = false
    for (let k = start[p]!; k < start[p + 1]!; k++) {
      const e = ends[k]!
      const i = e >> 1
      if (!c.gravity[i] || !flow[i] || c.line_flags[i]! & line_flag.make) open = true
      else if ((e & 1 ? -1 : 1) * flow[i]! > 0) out.push(i)
      else incoming.push(i)
    }
    if (open || out.length !== 1 || incoming.length === 0 || isStraight(called(c, p))) continue
    const leaving = area(c, out[0]!)
    const largest = incoming.reduce((best, i) => (area(c, i) > area(c, best) ? i : best))
    if (!(leaving * tolerance < area(c, largest))) continue
    const [small, large] = [lineText(c, out[0]!, "section"), lineText(c, largest, "section")]
    c.sayLine("diameter-shrinks", out[0]!, "section", {
      zh: `断面 ${small} 小于上游 ${lineText(c, largest, "from_no")}-${lineText(c, largest, "to_no")} 的 ${large}`,
      en: `Section ${small} is smaller than ${large} upstream (${lineText(c, largest, "from_no")}-${lineText(c, largest, "to_no")})`,
    })
  }
}

/** Area of a section in mm²; NaN where unknown. */
function area(c: Context, line: number): number {
  const section = c.section(line)
  if (!section) return Number.NaN
  return "diameter_mm" in section ? (Math.PI / 4) * section.diameter_mm ** 2 : section.width_mm * section.height_mm
}
