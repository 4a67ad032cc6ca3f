/** Issues of sheets, shaped as those of surveys. */
import type { LonLat, Words } from "../../../model/index.ts"
import type { RuleId } from "../checks/index.ts"
import type { Issue } from "../survey/index.ts"
import { rowsOf } from "./rows.ts"
import type { Sheet } from "./types.ts"

export type Say = (
  rule: RuleId,
  sheet: Sheet,
  /** Index in the table; null where it is about the whole table. */
  i: number | null,
  field: string,
  value: unknown,
  words: Words,
  more?: { fix?: Issue["fix"]; lon_lat?: LonLat | null },
) => void

/** What people accept a row under: its code, or the number of its row. */
export const keyOf = (sheet: Sheet, i: number): string => rowsOf(sheet).code(i) || `#${rowsOf(sheet).row(i)}`

export const sayTo =
  (issues: Issue[]): Say =>
  (rule, sheet, i, field, value, words, more = {}) => {
    issues.push({
      rule,
      table: sheet.index,
      file: sheet.table.file,
      table_name: sheet.table.name,
      row: i === null ? 0 : rowsOf(sheet).row(i),
      key: i === null ? "" : keyOf(sheet, i),
      field,
      value: value === null || value === undefined ? "" : String(value).slice(0, 200),
      words,
      at: null,
      ...(more.lon_lat && { lon_lat: more.lon_lat }),
      fix: more.fix ?? null,
    })
  }
