/** Which tables are sheets of a kind of asset, and which are left for the survey. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import type { Table } from "../../../platform/tables/index.ts"
import { recognise, stem } from "../survey/header.ts"
import { cellText, clean } from "../survey/text.ts"
import { mapSheetColumns, type SheetChoices, type SheetColumn, saysKind } from "./fields.ts"
import { type Kinds, type KnownKind, kindId, kindsOf } from "./kinds.ts"
import type { TakenSheet } from "./types.ts"

/** Titles and remarks may stand above the header; further down it is no header any more. */
const header_rows_max = 30
/** Kinds that one table may mix. */
const kinds_max = 200
const odd_max = 10_000

/**
 * Takes sheets out of the tables of a delivery. A table is one where a person said so (a choice of the kind "table" with
 * the table's name as its column), where a column says the kind of each row, or where it or its file is called like a
 * kind and its columns fit that kind at least as well as a survey's. The others come back in `rest`, in their order.
 */
export function takeSheets(
  tables: readonly Table[],
  lifelines: readonly Lifeline[],
  choices: SheetChoices,
): { taken: TakenSheet[]; rest: Table[] } {
  const kinds = kindsOf(lifelines)
  const taken: TakenSheet[] = []
  const rest: Table[] = []
  for (const table of tables) {
    const found = table.hidden || table.rows.length === 0 ? null : sheetsOf(table, kinds, choices)
    if (found) taken.push(...found)
    else rest.push(table)
  }
  return { taken, rest }
}

function sheetsOf(table: Table, kinds: Kinds, choices: SheetChoices): TakenSheet[] | null {
  const chosen = choices.find(
    (choice) => choice.kind === "table" && [table.name, stem(table.file)].some((name) => same(choice.column, name)),
  )
  if (chosen) {
    const known = chosen.field === null ? undefined : kinds.byId(chosen.field)
    return known ? [oneKind(table, known, kinds, choices)] : null
  }
  const mixed = byColumn(table, kinds, choices)
  if (mixed) return mixed
  const known = kinds.named(table.name) ?? kinds.named(stem(table.file))
  if (!known) return null
  const sheet = oneKind(table, known, kinds, choices)
  const fits = sheet.columns.filter((column) => column.field !== null).length
  if (fits === 0) return null
  const survey = recognise(table, choices)
  const fits_survey = survey.what === "survey" ? survey.columns.filter((column) => column.field !== null).length : 0
  return fits >= fits_survey ? [sheet] : null
}

const same = (a: string, b: string): boolean => clean(a).toLowerCase() === clean(b).toLowerCase()

function oneKind(table: Table, known: KnownKind, kinds: Kinds, choices: SheetChoices): TakenSheet {
  const kind_id = kindId(known, kinds)
  const header = headerOf(table, known, kind_id, choices)
  return {
    table,
    known,
    kind_id,
    columns: header.columns,
    header_row: header.row,
    at: filledRows(table, header.first),
    odd_kinds: [],
  }
}

/** A table in which a column says the kind of each row. */
function byColumn(table: Table, kinds: Kinds, choices: SheetChoices): TakenSheet[] | null {
  for (const { names, first, row } of headersOf(table)) {
    const column = names.findIndex(saysKind)
    if (column < 0) continue
    const rows = new Map<KnownKind, number[]>()
    const odd: TakenSheet["odd_kinds"] = []
    const known = new Map<string, KnownKind | null>()
    for (const i of filledRows(table, first)) {
      const said = cellText(table.cells[column]?.[i])
      let kind = known.get(said)
      if (kind === undefined) {
        kind = kinds.byId(said) ?? kinds.named(said)
        known.set(said, kind)
      }
      if (kind) {
        const there = rows.get(kind)
        if (there) there.push(i)
        else if (rows.size < kinds_max) rows.set(kind, [i])
      } else if (!isHint(said) && odd.length < odd_max) odd.push({ row: table.rows[i]!, value: said })
    }
    if (rows.size === 0) continue
    return [...rows].map(([kind, at], n) => {
      const kind_id = kindId(kind, kinds)
      const columns = mapSheetColumns(kind, kind_id, names, choices, table.format === "shp")
      const skip = hintRows(table, first, columns, kind, kind_id)
      const kept = Uint32Array.from(at.filter((i) => i >= skip))
      return { table, known: kind, kind_id, columns, header_row: row, at: kept, odd_kinds: n === 0 ? odd : [] }
    })
  }
  return null
}
/** The ids under a template's header name the column, not a kind. */
const isHint = (said: string): boolean => saysKind(said)

type Header = { names: string[]; first: number; row: number }
function headersOf(table: Table): Header[] {
  if (table.columns) return [{ names: table.columns, first: 0, row: 0 }]
  const last = Math.min(header_rows_max, table.rows.length)
  return Array.from({ length: last }, (_, row) => ({
    names: table.cells.map((column) => cellText(column[row])),
    first: row + 1,
    row: table.rows[row]!,
  })).filter(({ names }) => names.filter((name) => name !== "").length >= 2)
}

function headerOf(table: Table, known: KnownKind, kind_id: string, choices: SheetChoices) {
  let best: { columns: SheetColumn[]; first: number; row: number; fits: number } | null = null
  for (const { names, first, row } of headersOf(table)) {
    const columns = mapSheetColumns(known, kind_id, names, choices, table.format === "shp")
    const fits = columns.filter((column) => column.field !== null).length
    if (!best || fits > best.fits) best = { columns, first, row, fits }
  }
  if (!best) return { columns: [], first: table.rows.length, row: 0 }
  return { ...best, first: table.columns ? 0 : hintRows(table, best.first, best.columns, known, kind_id) }
}

const unit_word = /^[([（]?\s*(?:m|mm|cm|km|米|毫米|°|度|个|年|t|kv|mpa|kpa|m2|m3|单位|-|—)\s*[)\]）]?$/i

/** The first row below a header that is none of ids or units under it. */
function hintRows(table: Table, first: number, columns: SheetColumn[], known: KnownKind, kind_id: string): number {
  let row = first
  for (; row < Math.min(first + 2, table.rows.length); row++) {
    const cells = table.cells.map((column) => cellText(column[row]))
    const filled = cells.filter((cell) => cell !== "")
    if (filled.length === 0) break
    const ids = mapSheetColumns(known, kind_id, cells, [], false)
    const says_ids = ids.every((id, i) => cells[i] === "" || (id.field !== null && id.field === columns[i]?.field))
    if (!says_ids && !filled.every((cell) => unit_word.test(cell))) break
  }
  return row
}

/** Indices of the rows that say something. */
function filledRows(table: Table, first: number): Uint32Array {
  const total = table.rows.length
  const filled = new Uint8Array(total)
  for (const column of table.cells)
    for (let i = first; i < total; i++) if (!filled[i] && cellText(column[i]) !== "") filled[i] = 1
  if (table.geometry) for (let i = first; i < total; i++) if (table.geometry[i]) filled[i] = 1
  let count = 0
  const at = new Uint32Array(total)
  for (let i = first; i < total; i++) if (filled[i]) at[count++] = i
  return at.slice(0, count)
}
