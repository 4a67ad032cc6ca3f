/** XLSX workbooks (ECMA-376), sheet by sheet, read as a stream. */
import type { Cell, Table } from "../contract.ts"
import { createBuilder, type Source, type TableBuilder } from "./builder.ts"
import { unreadable } from "./refuse.ts"
import { ownText, readWorkbook, readXml, type Workbook } from "./xlsx-parts.ts"
import { attribute, unescapeXml } from "./xml.ts"
import { openZip } from "./zip.ts"

/**
 * Reads every sheet of a workbook, hidden ones marked. Numbers stay numbers, cells styled as dates become YYYY-MM-DD
 * (with a time where they have one), formulas give the value that was saved with them. A cell merged over several rows
 * says its text in each of them, as a reader sees it; one merged over several columns says it once.
 */
export async function* readXlsx(source: Source): AsyncGenerator<Table> {
  const archive = await openZip(source)
  try {
    const book = await readWorkbook(archive, source)
    for (const sheet of book.sheets) {
      const member = archive.members.find((m) => m.name.toLowerCase() === sheet.path.toLowerCase())
      if (!member) {
        if (/chartsheets|dialogsheets|macrosheets/i.test(sheet.path)) continue
        throw unreadable(
          source.file,
          `缺少工作表「${sheet.name}」的数据；请重新保存`,
          `the data of sheet "${sheet.name}" is missing; save it again`,
        )
      }
      if (/chartsheets|dialogsheets|macrosheets/i.test(sheet.path)) continue
      const builder = createBuilder(source, { name: sheet.name, format: "xlsx", hidden: sheet.hidden })
      const merges: string[] = []
      await readXml(await member.stream(), source, sheetEvents(builder, book, merges))
      const table = builder.finish()
      fillMerged(table, merges)
      yield table
    }
  } finally {
    archive.close()
  }
}

function sheetEvents(builder: TableBuilder, book: Workbook, merges: string[]) {
  let row = 0
  let column = -1
  let type = ""
  let style = 0
  let value = ""
  let inside: "" | "v" | "t" = ""
  let phonetic = false
  let in_rows = false
  let formula = false
  const intern = createIntern()
  const endCell = () => {
    if (value === "") {
      if (formula && type !== "str")
        builder.problem(row, columnName(column), "=", {
          zh: "公式没有保存计算结果，单元格留空；请用表格软件打开并保存一次",
          en: "The formula was saved without its result, the cell is left empty; open the file in a spreadsheet program and save it once",
        })
      return
    }
    builder.set(column, cellOf(value, type, style))
  }
  const cellOf = (raw: string, kind: string, xf: number): Cell => {
    switch (kind) {
      case "s": {
        const text = book.shared[Number(raw)]
        if (text === undefined) {
          builder.problem(row, columnName(column), raw, {
            zh: "引用了不存在的共享文本，单元格留空；请重新保存工作簿",
            en: "Refers to a shared text that is not there; the cell is left empty; save the workbook again",
          })
          return null
        }
        return text === "" ? null : text
      }
      case "str":
      case "inlineStr":
        return intern(unescapeXml(raw))
      case "b":
        return raw === "1" || raw === "true"
      case "e":
        builder.problem(row, columnName(column), raw, {
          zh: "单元格是公式错误；请更正后重新导入该行",
          en: "The cell is an error of a formula; correct it and bring the row in again",
        })
        return intern(raw)
      case "d":
        return raw.replace(/T00:00:00(\.0+)?Z?$/, "").replace("T", " ")
      default: {
        const number = Number(raw)
        if (Number.isNaN(number)) return intern(unescapeXml(raw))
        return book.date_styles[xf] ? dateText(number, book.date1904) : number
      }
    }
  }
  return {
    open(name: string, attributes: string) {
      switch (name) {
        case "f":
          formula = true
          break
        case "c": {
          formula = false
          const at = reference(attributes)
          column = at >= 0 ? at : column + 1
          type = attribute(attributes, "t") ?? ""
          style = Number(attribute(attributes, "s") ?? 0)
          value = ""
          break
        }
        case "v":
          inside = "v"
          break
        case "t":
          inside = phonetic ? "" : "t"
          break
        case "rPh":
          phonetic = true
          break
        case "row": {
          const said = Number(attribute(attributes, "r"))
          row = said > row ? said : row + 1
          column = -1
          break
        }
        case "sheetData":
          in_rows = true
          break
        case "mergeCell":
          if (merges.length < merges_max) merges.push(attribute(attributes, "ref") ?? "")
          break
      }
    },
    close(name: string) {
      switch (name) {
        case "v":
        case "t":
          inside = ""
          break
        case "rPh":
          phonetic = false
          break
        case "c":
          endCell()
          break
        case "row":
          if (in_rows) builder.end(row)
          break
        case "sheetData":
          in_rows = false
          break
      }
    },
    text(text: string) {
      if (inside !== "") value = value === "" ? text : value + text
    },
  }
}

const merges_max = 200_000

/** The column of `r="AB12"`, counted from 0; -1 where the cell does not say. */
function reference(attributes: string): number {
  const at = attributes.indexOf('r="')
  if (at < 0 || (at > 0 && attributes.charCodeAt(at - 1) > 32)) {
    const said = attribute(attributes, "r")
    return said === null ? -1 : columnOf(said)
  }
  let column = 0
  for (let i = at + 3; ; i++) {
    const code = attributes.charCodeAt(i)
    if (code < 65 || code > 90) break
    column = column * 26 + code - 64
  }
  return column - 1
}

const columnOf = (ref: string): number =>
  [...(/^[A-Z]+/i.exec(ref)?.[0] ?? "")].reduce((n, c) => n * 26 + c.toUpperCase().charCodeAt(0) - 64, 0) - 1

/** The letters of a column counted from 0, as spreadsheets show them. */
export function columnName(column: number): string {
  let name = ""
  for (let n = column + 1; n > 0; n = Math.floor((n - 1) / 26)) name = String.fromCharCode(65 + ((n - 1) % 26)) + name
  return name
}

const day_ms = 86_400_000

/** A serial number of days as a date: the first of March 1900 is 61, since spreadsheets count a 29 February 1900. */
export function dateText(serial: number, date1904: boolean): Cell {
  const days = date1904 ? serial + 1462 : serial
  if (!(days >= 0 && days < 2_958_466)) return serial
  const whole = Math.floor(days + 1e-9)
  const seconds = Math.round((days - whole) * 86_400)
  const shown = whole < 61 ? whole + 1 : whole
  const at = new Date(Date.UTC(1899, 11, 30) + shown * day_ms + Math.max(0, seconds) * 1000).toISOString()
  if (days < 1) return at.slice(11, 19)
  return seconds > 0 ? `${at.slice(0, 10)} ${at.slice(11, 19)}` : at.slice(0, 10)
}

/** Writes the text of a cell that is merged over rows into each of them, in its first column. */
function fillMerged(table: Table, merges: string[]): void {
  let left = 5_000_000
  for (const ref of merges) {
    const match = /^\$?([A-Z]{1,3})\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})$/i.exec(ref)
    if (!match) continue
    const cells = table.cells[columnOf(match[1]!)]
    const first = Number(match[2])
    const last = Number(match[3])
    if (!cells || last <= first) continue
    let at = lowerBound(table.rows, first)
    if (table.rows[at] !== first) continue
    const value = cells[at] ?? null
    for (at++; at < table.rows.length && table.rows[at]! <= last && left > 0; at++, left--) cells[at] ??= value
  }
}

function lowerBound(sorted: Uint32Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const mid = (low + high) >> 1
    if (sorted[mid]! < value) low = mid + 1
    else high = mid
  }
  return low
}

/** Keeps what is said often once, and cuts texts free of the document they came in. */
function createIntern(): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const mine = ownText(text)
    if (known.size > 10_000) known.clear()
    if (mine.length < 64) known.set(mine, mine)
    return mine
  }
}
