/** Tables as sheets of a workbook, row by row. */
import ExcelJS from "exceljs"
import { sleep } from "../../platform/timers/index.ts"
import { dateText, numberCell, type Style, unitOf } from "./styles.ts"
import type { DeliveryTable, Field } from "./tables.ts"

export type NamedTable = DeliveryTable & { name: string; header: string[] }
/** Told where each row of the network came to stand, as a person counts. */
export type Placed = (table: NamedTable, index: number, row: number) => void

/** Writes a workbook with a sheet per table and, last, the delivery's code table. Returns header rows by sheet. */
export async function writeWorkbook(
  file: string,
  tables: NamedTable[],
  codes: string[][] | null,
  style: Style,
  placed: Placed,
): Promise<Map<string, number>> {
  const book = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: file, useSharedStrings: false, useStyles: true })
  book.created = book.modified = new Date(Date.UTC(2024, 0, 15))
  const headers = new Map<string, number>()
  for (const table of tables) {
    const sheet = book.addWorksheet(table.name)
    let row = 0
    const add = (cells: unknown[]) => {
      row++
      sheet.addRow(cells).commit()
    }
    for (const title of style.titles) {
      row++
      sheet.addRow([title])
      sheet.mergeCells(row, 1, row, table.header.length)
      sheet.getRow(row).commit()
    }
    add(table.header)
    headers.set(table.name, row)
    if (style.unit_row) add([...table.fields.map((f) => unitOf(f)), ...extra(table, "")])
    let n = 0
    for (const { cells, index } of table.read()) {
      add([
        ...cells.map((cell, f) => sheetCell(style, table.fields[f]!, cell, n)),
        ...extra(table, n % 5 === 0 ? "补测" : null),
      ])
      placed(table, index, row)
      // Now and then the disk may take what is written, so that a large delivery does not stay in memory.
      if (++n % 1000 === 0) await sleep(0)
    }
    for (let blank = 0; blank < style.blank_rows; blank++) add(blank % 2 ? [" ", "", null] : [""])
    sheet.commit()
    await sleep(0)
  }
  if (codes) {
    const sheet = book.addWorksheet("编码表")
    for (const cells of [["要素编码", "要素名称", "管线类别"], ...codes]) sheet.addRow(cells).commit()
    sheet.commit()
  }
  await book.commit()
  return headers
}

/** The cells of a column that a header fault adds. */
export const extra = <T>(table: DeliveryTable, value: T): T[] => (table.header_fault ? [value] : [])

function sheetCell(style: Style, field: Field, cell: string | number | null, row: number): unknown {
  if (cell === null) return null
  if (field.as === "date" && typeof cell === "string")
    return style.dates[row % style.dates.length] === "cell" ? new Date(`${cell}T00:00:00Z`) : dateText(style, cell, row)
  if (typeof cell === "number" && typeof field.as === "number") return numberCell(style, cell, field.as, row)
  return cell
}
