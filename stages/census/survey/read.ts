/** From tables of files to a survey: what each table is, its columns' meaning, its cells' values, how lines join points. */
import type { SurveyField } from "../../../model/index.ts"
import type { Table } from "../../../platform/tables/index.ts"
import { codeTable, type OwnCode } from "./code-table.ts"
import { readClass } from "./codes.ts"
import { type Builder, builder } from "./columns.ts"
import { fieldsOf, type Kind } from "./fields.ts"
import { type Header, type Recognised, recognise } from "./header.ts"
import { headerIssues } from "./header-issues.ts"
import { classOfNumber, joinEnds } from "./join.ts"
import { placePoints } from "./place.ts"
import { withoutReplaced } from "./replace.ts"
import { geometryCells } from "./shapes.ts"
import { cellText } from "./text.ts"
import type { Correction, Issue, ReadOptions, Survey, SurveyReading, SurveyTable } from "./types.ts"
import { other_why } from "./words.ts"

/** Tables of one delivery; more are refused, as their index is kept in 16 bits for each row. */
const tables_max = 10_000
/** Field of a correction that takes the row out of the delivery. */
export const delete_field = "$delete"
/** Field of a correction that exchanges a point's X and Y. */
export const swap_field = "$swap-xy"

type Seen = Extract<Recognised, { what: "survey" }>

/**
 * Reads the tables of a delivery. Rows of later uploads replace rows of the same class, kind and key of earlier ones;
 * corrections count as if the file had said so. Tables that are none of a survey come back in `others` with the reason.
 * Throws nothing for bad input: what is wrong with a header is an issue, what is wrong with a cell is for the checks.
 */
export function readSurvey(tables: Iterable<Table>, options: ReadOptions = {}): SurveyReading {
  const { choices = [], corrections = [], system = null } = options
  const upload = (file: string): number =>
    typeof options.upload === "number" ? options.upload : (options.upload?.get(file) ?? 0)
  const built: Record<Kind, Builder> = { point: builder(), line: builder() }
  const survey_tables: SurveyTable[] = []
  const own: OwnCode[] = []
  const issues: Issue[] = []
  const others: SurveyReading["others"] = []
  const deleted: Record<Kind, Set<number>> = { point: new Set(), line: new Set() }
  const byTable = groupCorrections(corrections)

  for (const table of tables) {
    const seen = recognise(table, choices)
    if (seen.what === "codes") {
      own.push(...ownCodes(table, seen))
      others.push({ file: table.file, name: table.name, why: { zh: "编码表，已采用", en: "Code table, in use" } })
      continue
    }
    if (seen.what === "other" || survey_tables.length >= tables_max) {
      const why =
        seen.what === "other"
          ? other_why[seen.reason]
          : { zh: `表多于 ${tables_max} 个`, en: `More than ${tables_max} tables` }
      others.push({ file: table.file, name: table.name, why })
      continue
    }
    const index = survey_tables.length
    const at = dataRows(table, seen.header)
    survey_tables.push({
      file: table.file,
      name: table.name,
      upload: upload(table.file),
      kind: seen.kind,
      class_code: seen.class_code,
      header_row: seen.header.row,
      columns: seen.columns,
      rows: at.length,
    })
    issues.push(...headerIssues(index, survey_tables[index]!, seen, table, at))
    const first = fillTable(built[seen.kind], index, table, seen, at)
    correct(built[seen.kind], first, table, at, seen.kind, byTable.get(tableKey(table.file, table.name)) ?? [], (row) =>
      deleted[seen.kind].add(row),
    )
  }

  const points = built.point.done() as Survey["points"]
  const lines = built.line.done() as Survey["lines"]
  classes(points, survey_tables, (i) => points.text.exp_no?.[i] ?? "")
  classes(lines, survey_tables, (i) => lines.text.from_no?.[i] ?? "")
  const kept = withoutReplaced(survey_tables, points, lines, deleted)
  const survey: Survey = {
    tables: survey_tables,
    points: kept.points,
    lines: kept.lines,
    ...joinEnds(kept.points, kept.lines),
    ...placePoints(kept.points, system),
    codes: codeTable(own),
  }
  return { survey, issues, others }
}

/** Indices of the rows that say something. */
function dataRows(table: Table, header: Header): Uint32Array {
  const total = table.rows.length
  const filled = new Uint8Array(total)
  for (const column of table.cells)
    for (let i = header.first; i < total; i++)
      if (!filled[i]) {
        const cell = column[i]
        if (cell !== null && cell !== undefined && (typeof cell !== "string" || cellText(cell) !== "")) filled[i] = 1
      }
  if (table.geometry) for (let i = header.first; i < total; i++) if (table.geometry[i]) filled[i] = 1
  const at: number[] = []
  for (let i = header.first; i < total; i++) if (filled[i]) at.push(i)
  return Uint32Array.from(at)
}

function fillTable(to: Builder, index: number, table: Table, seen: Seen, at: Uint32Array): number {
  const first = to.grow(
    index,
    Uint32Array.from(at, (i) => table.rows[i]!),
  )
  const mapped = new Set<string>()
  seen.columns.forEach((column, i) => {
    const field = column.field === null ? undefined : fieldsOf(seen.kind).find(({ id }) => id === column.field)
    if (!field) return
    mapped.add(field.id)
    to.fill(field, first, table.cells[i] ?? [], at)
  })
  for (const [id, cells] of geometryCells(seen.kind, table)) {
    const field = mapped.has(id) ? undefined : fieldsOf(seen.kind).find((known) => known.id === id)
    if (field) to.fill(field, first, cells, at)
  }
  return first
}

const tableKey = (file: string, name: string): string => `${file}\n${name}`
function groupCorrections(corrections: readonly Correction[]): Map<string, Correction[]> {
  const by = new Map<string, Correction[]>()
  for (const correction of corrections) {
    const key = tableKey(correction.file, correction.name)
    const list = by.get(key)
    if (list) list.push(correction)
    else by.set(key, [correction])
  }
  return by
}

function correct(
  to: Builder,
  first: number,
  table: Table,
  at: Uint32Array,
  kind: Kind,
  corrections: readonly Correction[],
  remove: (index: number) => void,
): void {
  if (corrections.length === 0) return
  const index_of = new Map(Array.from(at, (i, n) => [table.rows[i]!, first + n]))
  const fields = new Map<string, SurveyField>(fieldsOf(kind).map((field) => [field.id, field]))
  for (const { row, field, value } of corrections) {
    const index = index_of.get(row)
    if (index === undefined) continue
    if (field === delete_field) remove(index)
    else if (field === swap_field) to.swap("x", "y", index)
    else if (fields.has(field)) to.set(fields.get(field)!, index, value)
  }
}

/** Each row's class: as it says, or its table's, or as its number begins. */
function classes(
  columns: Survey["points"] | Survey["lines"],
  tables: SurveyTable[],
  number: (i: number) => string,
): void {
  const written = columns.text.class_code
  const read = new Map<string, string>()
  for (let i = 0; i < columns.count; i++) {
    const said = written?.[i] ?? ""
    let code = said === "" ? "" : read.get(said)
    if (code === undefined) {
      code = readClass(said)
      read.set(said, code)
    }
    columns.class_code[i] = code || tables[columns.table[i]!]!.class_code || classOfNumber(number(i))
  }
}

function ownCodes(table: Table, seen: Extract<Recognised, { what: "codes" }>): OwnCode[] {
  const rows: OwnCode[] = []
  for (let i = seen.header.first; i < table.rows.length; i++)
    rows.push({
      code: cellText(table.cells[seen.code]?.[i]),
      name: cellText(table.cells[seen.name]?.[i]),
      class_code: readClass(cellText(table.cells[seen.class_code]?.[i])),
    })
  return rows
}
