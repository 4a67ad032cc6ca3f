/** Which rows of a survey may be published: none of its open issues blocks, and a line's ends are such rows too. */
import { type RuleId, rules } from "../checks/index.ts"
import type { Issue, Survey } from "../survey/index.ts"

export type GoodRows = {
  publishable: number
  /** False for a row that waits. */
  isGood(table: number, row: number): boolean
}

const keyOf = (table: number, row: number) => table * 2 ** 32 + row
const blocks = (rule: RuleId): boolean => rules[rule].blocks

/** An issue of a whole table that blocks keeps all its rows back; one of no table keeps none. */
export function goodRows(survey: Survey, issues: readonly Issue[]): GoodRows {
  const bad = new Set<number>()
  const bad_tables = new Set<number>()
  for (const issue of issues) {
    if (issue.table < 0 || !blocks(issue.rule)) continue
    if (issue.row === 0) bad_tables.add(issue.table)
    else bad.add(keyOf(issue.table, issue.row))
  }
  const isBad = (table: number, row: number) => bad_tables.has(table) || bad.has(keyOf(table, row))
  const { points, lines, from, to } = survey
  let publishable = 0
  const bad_points = new Uint8Array(points.count)
  for (let i = 0; i < points.count; i++) {
    if (isBad(points.table[i]!, points.row[i]!)) bad_points[i] = 1
    else publishable++
  }
  for (let i = 0; i < lines.count; i++) {
    const [a, b] = [from[i]!, to[i]!]
    const ends_good = a >= 0 && b >= 0 && bad_points[a] === 0 && bad_points[b] === 0
    if (!ends_good) bad.add(keyOf(lines.table[i]!, lines.row[i]!))
    if (!isBad(lines.table[i]!, lines.row[i]!)) publishable++
  }
  return { publishable, isGood: (table, row) => !isBad(table, row) }
}
