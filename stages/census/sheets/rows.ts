/** Reading a sheet's rows: corrected cells first, then the file's. */
import { cellText, says_nothing } from "../survey/text.ts"
import { readNumber } from "../survey/values.ts"
import { type SheetField, sheetFields } from "./fields.ts"
import type { Sheet, TakenSheet } from "./types.ts"
import { type Read, readValue } from "./values.ts"

export type SheetRows = {
  fields: { field: SheetField; factor: number }[]
  has(field: string): boolean
  /** Cells of the row with this index in its table. */
  text(i: number, field: string): string
  number(i: number, field: string): number | null
  value(i: number, at: { field: SheetField; factor: number }): Read
  /** Row as a person sees it. */
  row(i: number): number
  code(i: number): string
  /** Cells that were taken for no field, by column name. */
  unknown(i: number): Record<string, string | number | boolean>
}

/** Rows that only show how a template is filled in begin their code so. */
const example = /^(?:示例|例[:：]|example)/i
export const isExample = (code: string): boolean => example.test(code)

const opened = new WeakMap<TakenSheet, SheetRows>()
export function rowsOf(sheet: TakenSheet & Partial<Pick<Sheet, "corrected">>): SheetRows {
  const known = opened.get(sheet)
  if (known) return known
  const { table, columns } = sheet
  const column_of = new Map<string, number>()
  columns.forEach(({ field }, c) => {
    if (field !== null) column_of.set(field, c)
  })
  const { corrected } = sheet
  const text = (i: number, field: string): string => {
    const mended = corrected?.get(table.rows[i]!)?.get(field)
    if (mended !== undefined) return mended
    const column = column_of.get(field)
    return column === undefined ? "" : cellText(table.cells[column]![i])
  }
  const corrected_fields = new Set([...(corrected?.values() ?? [])].flatMap((cells) => [...cells.keys()]))
  const fields = sheetFields(sheet.known)
    .filter(({ part }) => part === "attribute" || part === "survey")
    .filter(({ id }) => column_of.has(id) || corrected_fields.has(id))
    .map((field) => ({ field, factor: columns[column_of.get(field.id) ?? -1]?.factor ?? 1 }))
  const rows: SheetRows = {
    fields,
    text,
    has: (field) => column_of.has(field) || corrected_fields.has(field),
    number(i, field) {
      const cell = text(i, field)
      return cell === "" ? null : readNumber(cell)
    },
    value(i, { field, factor }) {
      // What a person wrote is in the field's own unit.
      const mended = corrected?.get(table.rows[i]!)?.has(field.id)
      return readValue(field, text(i, field.id), mended ? 1 : factor)
    },
    row: (i) => table.rows[i]!,
    code(i) {
      const said = text(i, "code")
      return says_nothing(said) ? "" : said
    },
    unknown(i) {
      const found: Record<string, string | number | boolean> = {}
      columns.forEach(({ field, column }, c) => {
        const cell = table.cells[c]![i]
        if (field === null && column !== "" && cell !== null && cell !== undefined && cell !== "") found[column] = cell
      })
      return found
    },
  }
  opened.set(sheet, rows)
  return rows
}
