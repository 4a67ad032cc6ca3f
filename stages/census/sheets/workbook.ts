/** Workbooks for people to fill in: a header, lists behind cells, and notes on a sheet of their own. */
import ExcelJS from "exceljs"
import type { Language, TemplateColumn } from "./template-columns.ts"

/** Rows to which lists and limits reach. */
const rows_prepared = 2_000
const words = {
  zh: {
    notes: "填写说明",
    choices: "选项",
    head: ["列", "字段", "必填", "可填内容", "示例"],
    required: "必填",
    wrong: "取值不符",
  },
  en: {
    notes: "Notes",
    choices: "Choices",
    head: ["Column", "Field", "Required", "What it takes", "Example"],
    required: "required",
    wrong: "This value does not fit",
  },
} as const

export type Form = {
  name: string
  columns: TemplateColumn[]
  /** Below the header stand the ids of the columns, and a row that shows how it is done. */
  with_ids: boolean
}

/** The bytes of a workbook with a sheet for each form, the notes, and the lists. */
export async function formWorkbook(
  forms: readonly Form[],
  notes: readonly string[],
  language: Language,
): Promise<Buffer> {
  const say = words[language]
  const book = new ExcelJS.Workbook()
  // The same template has the same bytes.
  book.created = book.modified = new Date(Date.UTC(2026, 0, 1))
  const lists = new Map<string, string>()
  const sheets = forms.map((form) =>
    book.addWorksheet(form.name, { views: [{ state: "frozen", ySplit: form.with_ids ? 2 : 1 }] }),
  )
  const about = book.addWorksheet(say.notes)
  const options = book.addWorksheet(say.choices, { state: "veryHidden" })
  const listOf = (choices: readonly string[]): string => {
    const key = choices.join("\n")
    const known = lists.get(key)
    if (known !== undefined) return known
    const column = options.getColumn(lists.size + 1)
    column.values = [...choices]
    const letter = column.letter
    const range = `'${say.choices}'!$${letter}$1:$${letter}$${choices.length}`
    lists.set(key, range)
    return range
  }
  forms.forEach(({ columns, with_ids }, f) => {
    const sheet = sheets[f]!
    sheet.addRow(columns.map(({ title }) => title)).font = { bold: true }
    if (with_ids) {
      sheet.addRow(columns.map(({ id }) => id)).font = { color: { argb: "FF888888" }, size: 9 }
      const example = sheet.addRow(columns.map((column) => column.example))
      example.font = { italic: true, color: { argb: "FF888888" } }
    }
    const first = with_ids ? 3 : 2
    columns.forEach((column, c) => {
      const { title, required, choices, takes } = column
      sheet.getColumn(c + 1).width = Math.min(40, Math.max(10, [...title].length * 2))
      const head = sheet.getCell(1, c + 1)
      head.note = `${column.id}\n${takes}${required ? `\n${say.required}` : ""}`
      if (required) head.fill = { type: "pattern", pattern: "solid", fgColor: { argb: "FFFFE7B3" } }
      const validation = validationOf(column, choices.length > 0 ? listOf(choices) : null, say.wrong)
      if (validation)
        for (let row = first; row < first + rows_prepared; row++) sheet.getCell(row, c + 1).dataValidation = validation
    })
    for (const note of f === 0 ? notes : []) about.addRow([note])
    about.addRow([])
    about.addRow([forms[f]!.name]).font = { bold: true }
    about.addRow([...say.head]).font = { bold: true }
    for (const { title, id, required, takes, example } of columns)
      about.addRow([title, id, required ? say.required : "", takes, example])
  })
  for (const [c, width] of [36, 20, 8, 80, 30].entries()) about.getColumn(c + 1).width = width
  return Buffer.from(await book.xlsx.writeBuffer())
}

function validationOf(column: TemplateColumn, list: string | null, error: string): ExcelJS.DataValidation | null {
  const common = { allowBlank: true, showErrorMessage: true, errorTitle: error, error: column.takes.slice(0, 250) }
  if (list !== null) return { ...common, type: "list", formulae: [list] }
  if (column.type !== "number" && column.type !== "integer") return null
  const { min, max } = column
  if (min === undefined && max === undefined) return null
  // An attribute may be out of range in truth: the platform says so, and the sheet only warns.
  const type = column.type === "integer" ? ("whole" as const) : ("decimal" as const)
  const warns = { ...common, errorStyle: "warning", type }
  if (min !== undefined && max !== undefined) return { ...warns, operator: "between", formulae: [min, max] }
  return min !== undefined
    ? { ...warns, operator: "greaterThanOrEqual", formulae: [min] }
    : { ...warns, operator: "lessThanOrEqual", formulae: [max!] }
}
