import { culprits } from "./blame.ts"
import type { CloseLines } from "./close-lines.ts"
import { type Context, line_flag, lineKey } from "./context.ts"

/** Lines that cross in plan at the same height. */
export function crossing(c: Context, close: readonly CloseLines[]): void {
  const hits = close.filter((pair) => pair.vertical_m !== null && pair.vertical_m <= 0)
  for (const [i, k] of culprits(
    hits.map(({ a, b }) => [a, b] as const),
    (row) => yields(c, row),
  )) {
    const { a, b, at } = hits[k]!
    const other = a === i ? b : a
    c.line_flags[i]! |= line_flag.length
    const issue = c.sayLine("crossing", i, "from_elevation_m", {
      zh: `与 ${lineKey(c, other)}（第 ${c.survey.lines.row[other]} 行）在同一高度交叉`,
      en: `Crosses ${lineKey(c, other)} (row ${c.survey.lines.row[other]}) at the same height`,
    })
    issue.at = at
  }
}

/** Of two lines in conflict the trade moves the one under pressure, then the smaller. */
export function yields(c: Context, i: number): number {
  const section = c.section(i)
  const size = section ? ("diameter_mm" in section ? section.diameter_mm : section.height_mm) : 0
  return (c.gravity[i] ? 0 : 100_000) - size
}
