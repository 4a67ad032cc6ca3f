/** Rows of later uploads take the place of earlier rows of the same class, kind and key; deleted rows leave. */

import { majorClass } from "./codes.ts"
import { keepRows } from "./columns.ts"
import type { Survey, SurveyTable } from "./types.ts"

type Deleted = { point: ReadonlySet<number>; line: ReadonlySet<number> }

export function withoutReplaced(
  tables: readonly SurveyTable[],
  points: Survey["points"],
  lines: Survey["lines"],
  deleted: Deleted,
): Pick<Survey, "points" | "lines"> {
  const several = new Set(tables.map((table) => table.upload)).size > 1
  const keep = (
    columns: Survey["points"] | Survey["lines"],
    gone: ReadonlySet<number>,
    key: (i: number) => string,
  ): Uint8Array => {
    const kept = new Uint8Array(columns.count).fill(1)
    for (const i of gone) kept[i] = 0
    if (!several) return kept
    const upload = (i: number) => tables[columns.table[i]!]!.upload
    const newest = new Map<string, number>()
    for (let i = 0; i < columns.count; i++) {
      const k = key(i)
      if (k !== "") newest.set(k, Math.max(newest.get(k) ?? 0, upload(i)))
    }
    for (let i = 0; i < columns.count; i++) {
      const k = key(i)
      if (k !== "" && newest.get(k)! > upload(i)) kept[i] = 0
    }
    return kept
  }
  const of = (columns: Survey["points"] | Survey["lines"], i: number, key: string) =>
    `${majorClass(columns.class_code[i]!)}\n${key}`
  const point_key = (i: number): string => {
    const number = points.text.exp_no?.[i] ?? ""
    return number === "" ? "" : of(points, i, number)
  }
  const line_key = (i: number): string => {
    const [a, b] = [lines.text.from_no?.[i] ?? "", lines.text.to_no?.[i] ?? ""]
    return a === "" || b === "" ? "" : of(lines, i, a < b ? `${a}\n${b}` : `${b}\n${a}`)
  }
  return {
    points: keepRows(points, keep(points, deleted.point, point_key)),
    lines: keepRows(lines, keep(lines, deleted.line, line_key)),
  }
}
