/** A rule that most rows of a table break is not that delivery's practice: its rows are not called wrong one by one. */
import type { Survey } from "../survey/types.ts"

/** Tables in which more than half of at least so many rows break a rule. */
const rows_min = 8

export function habit(
  columns: Survey["points"] | Survey["lines"],
  asked: (i: number) => boolean,
  breaks: (i: number) => boolean,
): Set<number> {
  const counts = new Map<number, { asked: number; broken: number }>()
  for (let i = 0; i < columns.count; i++) {
    if (!asked(i)) continue
    const table = columns.table[i]!
    let count = counts.get(table)
    if (!count) {
      count = { asked: 0, broken: 0 }
      counts.set(table, count)
    }
    count.asked++
    if (breaks(i)) count.broken++
  }
  return new Set([...counts].filter(([, n]) => n.asked >= rows_min && n.broken * 2 > n.asked).map(([table]) => table))
}
