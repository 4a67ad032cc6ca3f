/** Tables as CSV files, in GBK or in UTF-8 with a byte order mark. */
import { closeSync, openSync, writeSync } from "node:fs"
import { encodeGbk } from "./gbk.ts"
import { dateText, numberCell, type Style, unitOf } from "./styles.ts"
import type { Field } from "./tables.ts"
import { extra, type NamedTable, type Placed } from "./write-xlsx.ts"

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

/** A text file written in pieces of some hundred kilobytes. */
export function textFile(file: string, encoding: "gbk" | "utf8" | "utf8bom") {
  const handle = openSync(file, "w")
  if (encoding === "utf8bom") writeSync(handle, "\ufeff")
  let held: string[] = []
  const flush = () => {
    const text = held.join("")
    if (held.length > 0) writeSync(handle, encoding === "gbk" ? encodeGbk(text) : Buffer.from(text, "utf8"))
    held = []
  }
  return {
    line(text: string) {
      held.push(text, "\r\n")
      if (held.length >= 8192) flush()
    },
    close() {
      flush()
      closeSync(handle)
    },
  }
}

/** A table's file, to which rows can be appended from several networks. */
export function csvTable(file: string, table: NamedTable, style: Style, encoding: "gbk" | "utf8" | "utf8bom") {
  const out = textFile(file, encoding)
  let row = 0
  const add = (cells: string[]) => {
    row++
    out.line(cells.map(quoted).join(","))
  }
  const rest = table.header.slice(1).map(() => "")
  for (const title of style.titles) add([title, ...rest])
  add(table.header)
  const header_row = row
  if (style.unit_row) add([...table.fields.map((f) => unitOf(f)), ...extra(table, "")])
  let n = 0
  return {
    header_row,
    append(from: NamedTable, placed: Placed | null) {
      for (const { cells, index } of from.read()) {
        const texts = cells.map((cell, f) => csvText(style, table.fields[f]!, cell, n))
        add([...texts, ...extra(table, n % 5 === 0 ? "补测" : "")])
        placed?.(from, index, row)
        n++
      }
    },
    close() {
      for (let blank = 0; blank < style.blank_rows; blank++) add(["", ...rest])
      out.close()
    },
  }
}

/** Writes one table. Returns the line its header stands in. */
export function writeCsv(file: string, table: NamedTable, style: Style, placed: Placed): number {
  const out = csvTable(file, table, style, style.csv)
  out.append(table, placed)
  out.close()
  return out.header_row
}

function csvText(style: Style, field: Field, cell: string | number | null, row: number): string {
  if (cell === null) return ""
  if (field.as === "date") return dateText(style, String(cell), row)
  if (typeof cell !== "number" || typeof field.as !== "number") return String(cell)
  const written = numberCell(style, cell, field.as, row)
  return typeof written === "number" ? written.toFixed(field.as) : written
}
