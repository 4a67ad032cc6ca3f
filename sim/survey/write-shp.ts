/** Tables as Shapefiles (.shp, .shx, .dbf, .prj) after the ESRI Shapefile Technical Description (1998) and dBase III. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs"
import { encodeGbk } from "./gbk.ts"
import { dateText, type Style } from "./styles.ts"
import type { Field } from "./tables.ts"
import { extra, type NamedTable, type Placed } from "./write-xlsx.ts"

type DbfField = { name: Buffer; type: "C" | "N"; width: number; decimals: number }

/** Writes `base`.shp and its companions; texts are GBK, and .cpg says so only where the style has one. */
export function writeShapefile(base: string, table: NamedTable, style: Style, wkt: string, placed: Placed): void {
  const fields = dbfFields(table)
  const dbf = sink(`${base}.dbf`)
  const [shp, shx] = [sink(`${base}.shp`), sink(`${base}.shx`)]
  const record_bytes = 1 + fields.reduce((sum, f) => sum + f.width, 0)
  dbf.write(dbfHeader(fields, table.rows, record_bytes))
  shp.write(Buffer.alloc(100))
  shx.write(Buffer.alloc(100))
  const box = [Infinity, Infinity, -Infinity, -Infinity]
  let record = 0
  for (const { cells, index, shape } of table.read()) {
    record++
    const content = shapeContent(table.of, shape)
    const head = Buffer.alloc(8)
    head.writeInt32BE(record, 0)
    head.writeInt32BE(content.length / 2, 4)
    const pointer = Buffer.alloc(8)
    pointer.writeInt32BE(shp.size() / 2, 0)
    pointer.writeInt32BE(content.length / 2, 4)
    shx.write(pointer)
    shp.write(head)
    shp.write(content)
    if (content.length > 4)
      shape.forEach((v, n) => {
        box[n % 2] = Math.min(box[n % 2]!, v)
        box[2 + (n % 2)] = Math.max(box[2 + (n % 2)]!, v)
      })
    const texts = cells.map((cell, f) => dbfText(style, table.fields[f]!, fields[f]!, cell, record))
    dbf.write(dbfRecord(fields, [...texts, ...extra(table, record % 5 === 0 ? "补测" : "")], record_bytes))
    placed(table, index, record)
  }
  dbf.write(Buffer.from([0x1a]))
  const type = table.of === "point" ? 1 : 3
  for (const file of [shp, shx]) file.finish(shapeHeader(type, file.size(), box))
  dbf.finish(null)
  writeFileSync(`${base}.prj`, wkt)
  if (style.cpg) writeFileSync(`${base}.cpg`, "GBK")
}

/** Number columns in which somebody typed words are text columns. */
function dbfFields(table: NamedTable): DbfField[] {
  const typed = new Set<number>()
  for (const { cells } of table.read())
    for (const [f, cell] of cells.entries())
      if (typeof table.fields[f]!.as === "number" && typeof cell === "string") typed.add(f)
  return table.header.map((word, f) => {
    const field = table.fields[f]
    const number = field && typeof field.as === "number" && !typed.has(f)
    const decimals = number ? (field.as as number) : 0
    return { name: encodeGbk(word).subarray(0, 10), type: number ? "N" : "C", width: field?.width ?? 20, decimals }
  })
}

function dbfHeader(fields: DbfField[], rows: number, record_bytes: number): Buffer {
  const head = Buffer.alloc(32 + 32 * fields.length + 1)
  head[0] = 0x03
  head.set([124, 1, 15], 1)
  head.writeUInt32LE(rows, 4)
  head.writeUInt16LE(head.length, 8)
  head.writeUInt16LE(record_bytes, 10)
  fields.forEach((field, n) => {
    const at = 32 + 32 * n
    field.name.copy(head, at)
    head.write(field.type, at + 11, "latin1")
    head[at + 16] = field.width
    head[at + 17] = field.decimals
  })
  head[head.length - 1] = 0x0d
  return head
}

function dbfText(style: Style, field: Field, to: DbfField, cell: string | number | null, row: number): string {
  if (cell === null) return ""
  if (field.as === "date") return dateText(style, String(cell), row)
  if (typeof cell === "number" && typeof field.as === "number")
    return cell.toFixed(to.type === "N" ? to.decimals : field.as)
  return String(cell)
}

function dbfRecord(fields: DbfField[], texts: string[], record_bytes: number): Buffer {
  const record = Buffer.alloc(record_bytes, 0x20)
  let at = 1
  fields.forEach((field, n) => {
    const bytes = encodeGbk(texts[n] ?? "")
    if (bytes.length > field.width) throw new Error(`"${texts[n]}" does not fit into ${field.width} bytes`)
    bytes.copy(record, field.type === "N" ? at + field.width - bytes.length : at)
    at += field.width
  })
  return record
}

function shapeContent(of: "point" | "line", shape: number[]): Buffer {
  if (shape.some(Number.isNaN)) return Buffer.alloc(4)
  if (of === "point") {
    const content = Buffer.alloc(20)
    content.writeInt32LE(1, 0)
    content.writeDoubleLE(shape[0]!, 4)
    content.writeDoubleLE(shape[1]!, 12)
    return content
  }
  const content = Buffer.alloc(80)
  const [x1, y1, x2, y2] = shape as [number, number, number, number]
  content.writeInt32LE(3, 0)
  doubles(content, 4, [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)])
  content.writeInt32LE(1, 36)
  content.writeInt32LE(2, 40)
  content.writeInt32LE(0, 44)
  doubles(content, 48, shape)
  return content
}

function doubles(into: Buffer, at: number, values: number[]): void {
  for (const [n, value] of values.entries()) into.writeDoubleLE(value, at + 8 * n)
}

function shapeHeader(type: number, bytes: number, box: number[]): Buffer {
  const head = Buffer.alloc(100)
  head.writeInt32BE(9994, 0)
  head.writeInt32BE(bytes / 2, 24)
  head.writeInt32LE(1000, 28)
  head.writeInt32LE(type, 32)
  doubles(
    head,
    36,
    box.map((v) => (Number.isFinite(v) ? v : 0)),
  )
  return head
}

/** A file written in large pieces, whose beginning can be set at the end. */
function sink(file: string) {
  const handle = openSync(file, "w")
  let [held, held_bytes, total] = [[] as Buffer[], 0, 0]
  const flush = () => {
    if (held.length > 0) writeSync(handle, Buffer.concat(held))
    held = []
    held_bytes = 0
  }
  return {
    size: () => total,
    write(bytes: Buffer) {
      held.push(bytes)
      held_bytes += bytes.length
      total += bytes.length
      if (held_bytes > 1 << 20) flush()
    },
    finish(head: Buffer | null) {
      flush()
      if (head) writeSync(handle, head, 0, head.length, 0)
      closeSync(handle)
    },
  }
}
