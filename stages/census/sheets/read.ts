/** From sheets to rows that count, and what is wrong with their cells. */
import { codeProblem } from "../codes/index.ts"
import type { Correction, Issue, ReadOptions } from "../survey/index.ts"
import { delete_field, swap_field } from "../survey/read.ts"
import { clean } from "../survey/text.ts"
import { sheetFields } from "./fields.ts"
import { isExample, rowsOf } from "./rows.ts"
import { type Say, sayTo } from "./say.ts"
import type { Sheet, Sheets, SheetTable, TakenSheet } from "./types.ts"
import { takes } from "./values.ts"

/**
 * Opens sheets with what people corrected, drops what counts no more (deleted rows, examples of templates, rows that a
 * later upload replaces by kind and code), and checks cells against what the kinds declare. `base` is the first number
 * under which issues name a sheet: behind the tables of the survey.
 */
export function readSheets(
  taken: readonly TakenSheet[],
  options: Pick<ReadOptions, "upload" | "corrections"> & { base: number },
): Sheets {
  const { corrections = [], upload = 0, base } = options
  const sheets = taken.map((one, n): Sheet => {
    const { corrected, deleted } = correctionsOf(one, corrections)
    const number = typeof upload === "number" ? upload : (upload.get(one.table.file) ?? 0)
    return { ...one, index: base + n, upload: number, corrected, dropped: deleted }
  })
  const issues: Issue[] = []
  const say = sayTo(issues)
  for (const sheet of sheets) dropExamples(sheet)
  duplicates(sheets, say)
  for (const sheet of sheets) {
    headers(sheet, say)
    kinds(sheet, say)
    cells(sheet, say)
  }
  const rows = sheets.reduce((n, sheet) => n + rowsThatCount(sheet), 0)
  return { sheets, issues, rows }
}

/** Indices of the rows of a sheet that count. */
export function* countingRows(sheet: Sheet): Generator<number> {
  for (const i of sheet.at) if (!sheet.dropped.has(i)) yield i
}
const rowsThatCount = (sheet: Sheet): number => sheet.at.length - sheet.dropped.size

export const sheetTable = ({ table, upload, kind_id, header_row, columns, at, dropped }: Sheet): SheetTable => ({
  file: table.file,
  name: table.name,
  upload,
  kind: `sheet:${kind_id}`,
  class_code: "",
  header_row,
  columns,
  rows: at.length - dropped.size,
})

function correctionsOf({ table, at }: TakenSheet, corrections: readonly Correction[]) {
  const corrected: Sheet["corrected"] = new Map()
  const deleted = new Set<number>()
  const mine = corrections.filter((one) => one.file === table.file && one.name === table.name)
  if (mine.length === 0) return { corrected, deleted }
  const index_of = new Map(Array.from(at, (i) => [table.rows[i]!, i]))
  for (const { row, field, value } of mine) {
    const i = index_of.get(row)
    if (i === undefined) continue
    if (field === delete_field) deleted.add(i)
    else {
      const cells = corrected.get(row) ?? new Map<string, string>()
      cells.set(field, clean(value))
      corrected.set(row, cells)
    }
  }
  return { corrected, deleted }
}

/** True where a person exchanged the two coordinates of a row. */
export const isSwapped = (sheet: Sheet, i: number): boolean =>
  sheet.corrected.get(sheet.table.rows[i]!)?.has(swap_field) ?? false

function dropExamples(sheet: Sheet): void {
  const rows = rowsOf(sheet)
  for (const i of sheet.at) if (isExample(rows.code(i))) sheet.dropped.add(i)
}

/** One thing of a kind has a code once; a later upload replaces what an earlier one said of it. */
function duplicates(sheets: readonly Sheet[], say: Say): void {
  type Seen = { sheet: Sheet; i: number; row: number }
  const seen = new Map<string, Seen>()
  for (const sheet of [...sheets].sort((a, b) => a.upload - b.upload)) {
    const rows = rowsOf(sheet)
    for (const i of sheet.at) {
      const code = rows.code(i)
      if (code === "" || sheet.dropped.has(i)) continue
      const key = `${sheet.kind_id}\n${code}`
      const before = seen.get(key)
      const mine = { sheet, i, row: rows.row(i) }
      // Parts of one feature are rows of the same number.
      if (!before || (before.sheet === sheet && before.row === mine.row)) seen.set(key, mine)
      else if (before.sheet.upload < sheet.upload) {
        dropAlike(before, rowsOf(before.sheet))
        seen.set(key, mine)
      } else
        say("duplicate-number", sheet, i, "code", code, {
          zh: `编号 ${code} 已在“${before.sheet.table.name}”第 ${before.row} 行用过；请改正编号，或删去重复的一行`,
          en: `The code ${code} stands in row ${before.row} of "${before.sheet.table.name}" already; correct one or delete the row`,
        })
    }
  }
  function dropAlike({ sheet, i, row }: Seen, rows: ReturnType<typeof rowsOf>): void {
    sheet.dropped.add(i)
    for (let other = i - 1; other >= 0 && rows.row(other) === row; other--) sheet.dropped.add(other)
  }
}

function headers(sheet: Sheet, say: Say): void {
  const fields = new Map(sheetFields(sheet.known).map((field) => [field.id, field]))
  for (const { column, field, wrong_unit } of sheet.columns)
    if (wrong_unit !== null && field !== null) {
      const { name, unit } = fields.get(field)!
      say("header", sheet, null, field, column, {
        zh: `列“${column}”的单位 ${wrong_unit} 不能换算为${name.zh}的单位 ${unit}；请改正列名`,
        en: `The unit ${wrong_unit} of the column "${column}" cannot become the ${unit} of ${name.en}; correct the name`,
      })
    }
  if (!rowsOf(sheet).has("code") && rowsThatCount(sheet) > 0)
    say("identity", sheet, null, "code", "", {
      zh: "没有编号列：设施按位置识别，位置改变后会当作另一处设施；如有编号请指定该列",
      en: "No column of codes: things are known by their place, and one that moves will be another; choose the column if there is one",
    })
}

function kinds(sheet: Sheet, say: Say): void {
  const { table, odd_kinds } = sheet
  if (odd_kinds.length === 0) return
  const index_of = new Map(Array.from(table.rows, (row, i) => [row, i]))
  for (const { row, value } of odd_kinds)
    say("kind", sheet, index_of.get(row) ?? null, "kind", value, {
      zh: value === "" ? "没有填写种类，该行未采用" : `没有种类“${value}”，该行未采用；请改正，或安装声明它的专项`,
      en:
        value === ""
          ? "The kind is not filled in; the row is not used"
          : `There is no kind "${value}"; the row is not used: correct it, or install the lifeline that declares it`,
    })
}

function cells(sheet: Sheet, say: Say): void {
  const rows = rowsOf(sheet)
  const { kind } = sheet.known
  const is_line = kind.geometry === "line"
  // A length that nobody wrote is measured along the line.
  const needed = sheetFields(sheet.known).filter(({ required, id }) => required && !(is_line && id === "length_m"))
  for (const i of countingRows(sheet)) {
    if (rows.has("code") && rows.code(i) === "")
      say("required", sheet, i, "code", "", { zh: "“编号”为空", en: '"Code" is empty' })
    const component = rows.text(i, "component_code")
    const wrong = component === "" ? null : codeProblem(component)
    if (wrong) say("component-code", sheet, i, "component_code", component, wrong)
    for (const at of rows.fields) {
      const { field } = at
      const read = rows.value(i, at)
      if (read.ok) continue
      const { name, id } = field
      const can = takes(field)
      const words = {
        numeric: {
          zh: `“${name.zh}”应为${can.zh}，而写着“${read.value}”`,
          en: `"${name.en}" should be ${can.en} but says "${read.value}"`,
        },
        range: {
          zh: `“${name.zh}” ${read.value} 不在范围内：${can.zh}`,
          en: `"${name.en}" ${read.value} is out of range: ${can.en}`,
        },
        choice: {
          zh: `“${name.zh}”的“${read.value}”不在选项中（${can.zh}）`,
          en: `"${read.value}" is none of the choices of "${name.en}": ${can.en}`,
        },
      }[read.rule]
      const fix =
        read.near === null
          ? null
          : { field: id, value: read.near, words: { zh: `改为 ${read.near}`, en: `Make it ${read.near}` } }
      say(read.rule, sheet, i, id, rows.text(i, id), words, { fix })
    }
    for (const field of needed) {
      const at = rows.fields.find((one) => one.field === field)
      const read = at ? rows.value(i, at) : null
      if (read === null || (read.ok && read.value === null))
        say("required", sheet, i, field.id, "", { zh: `“${field.name.zh}”为空`, en: `"${field.name.en}" is empty` })
    }
  }
}
