import { type Context, line_flag, planLength, shown } from "./context.ts"

/** Length in space of each line against the set range. A point moved onto its neighbour is said of the short line only. */
export function length(c: Context): void {
  const { lines, points } = c.survey
  const { line_m_min, line_m_max } = c.settings
  const long: [line: number, metres: number][] = []
  const cramped = new Uint8Array(points.count)
  for (let i = 0; i < lines.count; i++) {
    if (c.line_flags[i]! & line_flag.void) continue
    const plan = planLength(c, i)
    if (Number.isNaN(plan)) continue
    const rise = c.elevation[2 * i]! - c.elevation[2 * i + 1]!
    const metres =
      Number.isNaN(rise) || c.height_doubted[2 * i] || c.height_doubted[2 * i + 1] ? plan : Math.hypot(plan, rise)
    if (metres > line_m_max) long.push([i, metres])
    else if (metres < line_m_min) {
      c.line_flags[i]! |= line_flag.length
      cramped[c.end_point[2 * i]!] = cramped[c.end_point[2 * i + 1]!] = 1
      c.sayLine(
        "length",
        i,
        "to_no",
        {
          zh: `管段长 ${shown(metres)} m，小于 ${line_m_min} m`,
          en: `Length ${shown(metres)} m is less than ${line_m_min} m`,
        },
        null,
        shown(metres),
      )
    }
  }
  for (const [i, metres] of long) {
    c.line_flags[i]! |= line_flag.length
    if (cramped[c.end_point[2 * i]!] || cramped[c.end_point[2 * i + 1]!]) continue
    c.sayLine(
      "length",
      i,
      "to_no",
      {
        zh: `管段长 ${shown(metres)} m，大于 ${line_m_max} m`,
        en: `Length ${shown(metres)} m is more than ${line_m_max} m`,
      },
      null,
      shown(metres),
    )
  }
}
