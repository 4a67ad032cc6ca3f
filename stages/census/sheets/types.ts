import type { Table } from "../../../platform/tables/index.ts"
import type { Issue } from "../survey/index.ts"
import type { SheetColumn } from "./fields.ts"
import type { KnownKind } from "./kinds.ts"

/** Rows of one table that are of one kind. */
export type TakenSheet = {
  table: Table
  known: KnownKind
  kind_id: string
  columns: SheetColumn[]
  /** Row of the file in which the header stood; 0 where the format has its own names. */
  header_row: number
  /** Indices of the rows of this kind. */
  at: Uint32Array
  /** Rows whose cell says no kind that is known, with what it says; on the first sheet of a table only. */
  odd_kinds: { row: number; value: string }[]
}

/** A sheet with what people corrected, and the number under which issues name it. */
export type Sheet = TakenSheet & {
  index: number
  upload: number
  /** Corrected cells by row and field. */
  corrected: Map<number, Map<string, string>>
  /** Rows that count no more: deleted, or replaced by a later upload. */
  dropped: Set<number>
}

/** What is said of a sheet in a report; like a table of a survey, of the kind `sheet:<kind>`. */
export type SheetTable = {
  file: string
  name: string
  upload: number
  kind: `sheet:${string}`
  class_code: string
  header_row: number
  columns: SheetColumn[]
  rows: number
}

export type Sheets = {
  sheets: Sheet[]
  issues: Issue[]
  /** Rows that count. */
  rows: number
}
