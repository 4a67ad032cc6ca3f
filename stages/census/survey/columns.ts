/** Rows of one kind gathered in columns that grow: texts are shared where they repeat, numbers are typed arrays. */
import type { SurveyField } from "../../../model/index.ts"
import type { Cell } from "../../../platform/tables/index.ts"
import { cellText } from "./text.ts"
import type { SurveyColumns } from "./types.ts"
import { isEmpty, readDate, readNumber } from "./values.ts"

/** Past this many different texts in one column of one table, sharing costs more than it saves. */
const shared_texts_max = 4000
/** Cells that are no numbers, kept to be reported; the rest are counted by the first ones. */
export const odd_max = 1_000_000

export type Builder = {
  /** Adds rows of a table, empty yet; returns the index of the first. */
  grow(table: number, rows: Uint32Array): number
  /** Fills a field of rows `first…` from cells at `at`. */
  fill(field: SurveyField, first: number, cells: readonly Cell[], at: Uint32Array): void
  /** Sets one cell as if it had been written so. */
  set(field: SurveyField, index: number, written: string): void
  /** Exchanges the numbers of two fields in one row. */
  swap(a: string, b: string, index: number): void
  done(): SurveyColumns<string>
}

export function builder(): Builder {
  let room = 1024
  let [table_of, row_of] = [new Uint16Array(room), new Uint32Array(room)]
  const numbers = new Map<string, Float64Array>()
  const texts = new Map<string, string[]>()
  const odd: SurveyColumns<string>["odd"] = []
  const class_code: string[] = []
  let count = 0

  const wider = (old: Float64Array): Float64Array => {
    const next = new Float64Array(room).fill(Number.NaN)
    next.set(old.subarray(0, count))
    return next
  }
  const numbersOf = (id: string): Float64Array => {
    let column = numbers.get(id)
    if (!column) {
      column = new Float64Array(room).fill(Number.NaN)
      numbers.set(id, column)
    }
    return column
  }
  const textsOf = (id: string): string[] => {
    let column = texts.get(id)
    if (!column) {
      column = []
      texts.set(id, column)
    }
    while (column.length < count) column.push("")
    return column
  }
  const number = (field: SurveyField, cell: Cell | undefined, index: number): number => {
    if (typeof cell === "number") return cell
    if (cell === null || cell === undefined) return Number.NaN
    const text = cellText(cell)
    if (isEmpty(text)) return Number.NaN
    const value = readNumber(text, field.unit)
    if (value !== null && Number.isFinite(value)) return value
    if (odd.length < odd_max) odd.push({ index, field: field.id, value: text })
    return Number.NaN
  }
  const text = (field: SurveyField, cell: Cell | undefined): string => {
    const plain = cellText(cell)
    return field.type === "date" ? (readDate(plain) ?? plain) : plain
  }

  return {
    grow(table, rows) {
      const first = count
      if (count + rows.length > room) {
        room = Math.max(room * 2, count + rows.length)
        const [tables, numbers_of_rows] = [new Uint16Array(room), new Uint32Array(room)]
        tables.set(table_of)
        numbers_of_rows.set(row_of)
        table_of = tables
        row_of = numbers_of_rows
        for (const [id, column] of numbers) numbers.set(id, wider(column))
      }
      table_of.fill(table, first, first + rows.length)
      row_of.set(rows, first)
      count += rows.length
      for (let i = first; i < count; i++) class_code.push("")
      return first
    },
    fill(field, first, cells, at) {
      if (field.type === "number") {
        const column = numbersOf(field.id)
        for (let i = 0; i < at.length; i++) column[first + i] = number(field, cells[at[i]!], first + i)
        return
      }
      const column = textsOf(field.id)
      const seen = new Map<Cell, string>()
      for (let i = 0; i < at.length; i++) {
        const cell = cells[at[i]!] ?? null
        let value = seen.get(cell)
        if (value === undefined) {
          value = text(field, cell)
          if (seen.size < shared_texts_max) seen.set(cell, value)
        }
        column[first + i] = value
      }
    },
    set(field, index, written) {
      for (let i = odd.length - 1; i >= 0; i--)
        if (odd[i]!.index === index && odd[i]!.field === field.id) odd.splice(i, 1)
      if (field.type === "number") numbersOf(field.id)[index] = number(field, written, index)
      else textsOf(field.id)[index] = text(field, written)
    },
    swap(a, b, index) {
      const [one, other] = [numbersOf(a), numbersOf(b)]
      const kept = one[index]!
      one[index] = other[index]!
      other[index] = kept
    },
    done: () => ({
      count,
      table: table_of.slice(0, count),
      row: row_of.slice(0, count),
      class_code,
      text: Object.fromEntries([...texts.keys()].map((id) => [id, textsOf(id)])),
      number: Object.fromEntries([...numbers].map(([id, column]) => [id, column.slice(0, count)])),
      odd,
    }),
  }
}

/** The rows of `keep`, in their order; arrays are new. */
export function keepRows<F extends string>(columns: SurveyColumns<F>, keep: Uint8Array): SurveyColumns<F> {
  const at: number[] = []
  const moved = new Int32Array(columns.count).fill(-1)
  for (let i = 0; i < columns.count; i++) if (keep[i]) moved[i] = at.push(i) - 1
  if (at.length === columns.count) return columns
  const pick = <T>(list: readonly T[]): T[] => at.map((i) => list[i]!)
  return {
    count: at.length,
    table: Uint16Array.from(at, (i) => columns.table[i]!),
    row: Uint32Array.from(at, (i) => columns.row[i]!),
    class_code: pick(columns.class_code),
    text: mapValues(columns.text as Record<string, string[]>, pick) as SurveyColumns<F>["text"],
    number: mapValues(columns.number as Record<string, Float64Array>, (list) =>
      Float64Array.from(at, (i) => list[i]!),
    ) as SurveyColumns<F>["number"],
    odd: columns.odd.filter((cell) => keep[cell.index]).map((cell) => ({ ...cell, index: moved[cell.index]! })),
  }
}
const mapValues = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
