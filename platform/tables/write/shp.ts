/** Writer of shapefiles: a zip with .shp, .shx, .dbf, .prj and .cpg for each kind of geometry. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ProblemError, problem } from "../../../model/index.ts"
import type { Cell, TableGeometry } from "../contract.ts"
import { encodeGbk } from "./gbk.ts"
import { openSink, openZipWriter, type Sink, type ZipWriter } from "./sink.ts"
import { counted, wound } from "./texts.ts"
import { type ExportColumn, type ExportOptions, type ExportTable, type Losses, titleOf, wgs84 } from "./types.ts"

type Kind = TableGeometry["type"] | "none"
/** Codes of the ESRI Shapefile Technical Description (1998); with heights 10 more. */
const codes = { Point: 1, LineString: 3, Polygon: 5, none: 0 } as const
const suffixes = { Point: "point", LineString: "line", Polygon: "area", none: "table" } as const
/** What programs read: lengths are kept in signed 32-bit numbers of 16-bit words, many stop at 2 GiB. */
const bytes_max = 2 ** 31 - 1

type Encode = (text: string) => Uint8Array
type Field = { column: ExportColumn; name: Uint8Array; type: string; bytes: number; decimals: number }

/** Writes tables as shapefiles in one archive. Texts and numbers that do not fit are cut or emptied and counted. */
export async function writeShapefiles(
  path: string,
  tables: readonly ExportTable[],
  options: ExportOptions,
  losses: Losses,
): Promise<{ rows: number; bytes: number }> {
  const folder = await mkdtemp(join(tmpdir(), "mingmai-shp-"))
  const zip = await openZipWriter(path, path)
  const lost = () => losses.note("GBK 中没有的字符已写作「?」", 'characters that GBK has not were written as "?"')
  const gbk = (options.encoding ?? "gbk") === "gbk"
  const encode: Encode = gbk ? (text) => encodeGbk(text, lost) : (text) => Buffer.from(text)
  let rows = 0
  try {
    const taken = new Set<string>()
    for (const table of tables) {
      const parts = new Map<Kind, Part>()
      try {
        for await (const row of counted(table, options)) {
          const kind: Kind = row.geometry?.type ?? (table.with_geometry ? ([...parts.keys()][0] ?? "none") : "none")
          let part = parts.get(kind)
          if (!part) {
            const has_z = firstOf(row.geometry).length > 2
            part = await openPart(
              join(folder, `${taken.size}-${suffixes[kind]}`),
              kind,
              has_z,
              fieldsOf(table.columns, encode, losses),
              gbk,
            )
            parts.set(kind, part)
          }
          await part.add(row.geometry, row.properties, encode, losses)
          rows++
        }
        if (parts.size === 0)
          parts.set(
            "none",
            await openPart(
              join(folder, `${taken.size}-none`),
              "none",
              false,
              fieldsOf(table.columns, encode, losses),
              gbk,
            ),
          )
        for (const [kind, part] of parts) {
          await part.end()
          const base = table.name.replace(/[\\/:*?"<>|]/g, "_") || "table"
          let name = parts.size > 1 ? `${base}_${suffixes[kind]}` : base
          for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${base}_${n}`
          taken.add(name.toLowerCase())
          await addPart(zip, part, name, kind, options, gbk)
        }
      } finally {
        for (const part of parts.values()) await part.close()
      }
    }
    return { rows, bytes: await zip.end() }
  } finally {
    await zip.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function addPart(
  zip: ZipWriter,
  part: Part,
  name: string,
  kind: Kind,
  options: ExportOptions,
  gbk: boolean,
): Promise<void> {
  if (kind !== "none") {
    await zip.addFile(`${name}.shp`, `${part.path}.shp`)
    await zip.addFile(`${name}.shx`, `${part.path}.shx`)
    await zip.add(`${name}.prj`, [Buffer.from((options.crs ?? wgs84).wkt)])
  }
  await zip.addFile(`${name}.dbf`, `${part.path}.dbf`)
  await zip.add(`${name}.cpg`, [Buffer.from(gbk ? "GBK" : "UTF-8")])
}

const firstOf = (g: TableGeometry | null): number[] =>
  g === null
    ? []
    : g.type === "Point"
      ? g.coordinates
      : g.type === "LineString"
        ? (g.coordinates[0] ?? [])
        : (g.coordinates[0]?.[0] ?? [])

/** Columns as dBase has them: names of ten bytes, whole characters, each once. */
function fieldsOf(columns: readonly ExportColumn[], encode: Encode, losses: Losses): Field[] {
  const taken = new Set<string>()
  const cut = (text: string, bytes: number) => {
    let short = text
    while (encode(short).length > bytes) short = [...short].slice(0, -1).join("")
    return short
  }
  return columns.slice(0, 255).map((column) => {
    const title = titleOf(column)
    let name = cut(title, 10)
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${cut(title, 10 - `_${n}`.length)}_${n}`
    if (name !== title) losses.note("列名超过 10 个字节，已截短", "names of columns longer than ten bytes were cut")
    taken.add(name.toLowerCase())
    const base = { column, name: encode(name) }
    switch (column.type) {
      case "number":
        return { ...base, type: "N", bytes: 20, decimals: 6 }
      case "integer":
        return { ...base, type: "N", bytes: 12, decimals: 0 }
      case "boolean":
        return { ...base, type: "L", bytes: 1, decimals: 0 }
      case "date":
        return { ...base, type: "D", bytes: 8, decimals: 0 }
      case "text":
        return { ...base, type: "C", bytes: Math.max(1, Math.min(254, column.bytes ?? 80)), decimals: 0 }
      default:
        throw new Error(`assertion failed: a column is of no kind: ${column.type satisfies never}`)
    }
  })
}

type Part = {
  path: string
  add(
    geometry: TableGeometry | null,
    properties: Record<string, Cell | undefined>,
    encode: Encode,
    losses: Losses,
  ): Promise<void>
  end(): Promise<void>
  close(): Promise<void>
}

async function openPart(path: string, kind: Kind, has_z: boolean, fields: Field[], gbk: boolean): Promise<Part> {
  const sinks: Sink[] = []
  const openOne = async (end: string) => {
    const sink = await openSink(`${path}.${end}`)
    sinks.push(sink)
    return sink
  }
  const dbf = await openOne("dbf")
  const shp = await openOne("shp")
  const shx = await openOne("shx")
  const type = codes[kind] + (has_z && kind !== "none" ? 10 : 0)
  const record = Buffer.alloc(1 + fields.reduce((n, f) => n + f.bytes, 0))
  const box = [Infinity, Infinity, -Infinity, -Infinity, Infinity, -Infinity]
  let count = 0
  let at = 100
  await shp.write(Buffer.alloc(100))
  await shx.write(Buffer.alloc(100))
  await dbf.write(dbfHeader(fields, record.length, gbk))
  return {
    path,
    async add(geometry, properties, encode, losses) {
      count++
      fillRecord(record, fields, properties, encode, losses)
      await dbf.write(record)
      if (kind === "none") return
      const content = contentOf(geometry, type, has_z, box)
      const head = Buffer.alloc(8)
      head.writeInt32BE(count, 0)
      head.writeInt32BE(content.length / 2, 4)
      await shp.write(head)
      await shp.write(content)
      head.writeInt32BE(at / 2, 0)
      await shx.write(head)
      at += 8 + content.length
      if (at > bytes_max || count * record.length > bytes_max)
        throw new ProblemError(
          problem(
            "export-too-large",
            413,
            "Shapefile 不能超过 2 GiB；请缩小范围，或导出为 GeoPackage",
            "A shapefile cannot grow past 2 GiB; choose a smaller part, or GeoPackage",
          ),
        )
    },
    async end() {
      await dbf.write(Buffer.from([0x1a]))
      for (const sink of sinks) await sink.end()
      const records = Buffer.alloc(4)
      records.writeUInt32LE(count, 0)
      await dbf.patch(4, records)
      await shp.patch(0, mainHeader(type, at, box))
      await shx.patch(0, mainHeader(type, 100 + count * 8, box))
    },
    async close() {
      for (const sink of sinks) await sink.close()
    },
  }
}

function mainHeader(type: number, bytes: number, box: number[]): Buffer {
  const head = Buffer.alloc(100)
  head.writeInt32BE(9994, 0)
  head.writeInt32BE(bytes / 2, 24)
  head.writeInt32LE(1000, 28)
  head.writeInt32LE(type, 32)
  const [x0, y0, x1, y1, z0, z1] = box.map((n) => (Number.isFinite(n) ? n : 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (const [i, n] of [x0, y0, x1, y1, z0, z1].entries()) head.writeDoubleLE(n, 36 + i * 8)
  return head
}

function dbfHeader(fields: Field[], record_bytes: number, gbk: boolean): Buffer {
  const head = Buffer.alloc(33 + fields.length * 32)
  head[0] = 3
  // Years since 1900, month, day of the last change: the first that says nothing of when this was made.
  head[1] = 126
  head[2] = 1
  head[3] = 1
  head.writeUInt16LE(head.length, 8)
  head.writeUInt16LE(record_bytes, 10)
  head[29] = gbk ? 0x4d : 0
  for (const [i, field] of fields.entries()) {
    const at = 32 + i * 32
    head.set(field.name.subarray(0, 10), at)
    head[at + 11] = field.type.charCodeAt(0)
    head[at + 16] = field.bytes
    head[at + 17] = field.decimals
  }
  head[head.length - 1] = 0x0d
  return head
}

function fillRecord(
  record: Buffer,
  fields: Field[],
  properties: Record<string, Cell | undefined>,
  encode: Encode,
  losses: Losses,
): void {
  record.fill(0x20)
  let at = 1
  for (const field of fields) {
    const value = properties[field.column.name]
    if (value !== null && value !== undefined && value !== "") {
      const bytes = valueBytes(value, field, encode)
      if (bytes.length <= field.bytes) record.set(bytes, field.type === "N" ? at + field.bytes - bytes.length : at)
      else if (field.type === "C") {
        losses.note("文字超过字段长度，已截短", "texts longer than their column were cut")
        record.set(cutBytes(String(value), field.bytes, encode), at)
      } else losses.note("数值超出字段宽度，已留空", "numbers wider than their column were left empty")
    }
    at += field.bytes
  }
}

function valueBytes(value: Cell, field: Field, encode: Encode): Uint8Array {
  if (field.type === "L") return Buffer.from(value ? "T" : "F")
  if (field.type === "D") return Buffer.from(String(value).slice(0, 10).replaceAll("-", ""))
  if (field.type === "N") {
    const number = Number(value)
    if (!Number.isFinite(number)) return new Uint8Array(255)
    if (Math.abs(number) >= 1e21) return new Uint8Array(255)
    // Large numbers give up decimals, which their precision does not reach, before they give up.
    let decimals = field.decimals
    while (decimals > 0 && number.toFixed(decimals).length > field.bytes) decimals--
    return Buffer.from(number.toFixed(decimals))
  }
  return encode(String(value))
}

function cutBytes(text: string, bytes: number, encode: Encode): Uint8Array {
  const pieces: Uint8Array[] = []
  let used = 0
  for (const character of text) {
    const piece = encode(character)
    if (used + piece.length > bytes) break
    pieces.push(piece)
    used += piece.length
  }
  return Buffer.concat(pieces)
}

/** One record's shape; widens the box of the file. */
function contentOf(geometry: TableGeometry | null, type: number, has_z: boolean, box: number[]): Buffer {
  if (!geometry) return Buffer.alloc(4)
  const lines =
    geometry.type === "Point"
      ? [[geometry.coordinates]]
      : geometry.type === "LineString"
        ? [geometry.coordinates]
        : (wound(geometry, true) as { coordinates: number[][][] }).coordinates
  const points = lines.flat()
  const own = [Infinity, Infinity, -Infinity, -Infinity, Infinity, -Infinity]
  for (const [x = 0, y = 0, z = 0] of points)
    for (const b of [own, box]) {
      b[0] = Math.min(b[0]!, x)
      b[1] = Math.min(b[1]!, y)
      b[2] = Math.max(b[2]!, x)
      b[3] = Math.max(b[3]!, y)
      if (!has_z) continue
      b[4] = Math.min(b[4]!, z)
      b[5] = Math.max(b[5]!, z)
    }
  if (geometry.type === "Point") {
    const bytes = Buffer.alloc(has_z ? 36 : 20)
    bytes.writeInt32LE(type, 0)
    for (const [i, n] of geometry.coordinates.slice(0, has_z ? 3 : 2).entries()) bytes.writeDoubleLE(n, 4 + i * 8)
    return bytes
  }
  const bytes = Buffer.alloc(44 + lines.length * 4 + points.length * 16 + (has_z ? 32 + points.length * 16 : 0))
  bytes.writeInt32LE(type, 0)
  for (let i = 0; i < 4; i++) bytes.writeDoubleLE(own[i]!, 4 + i * 8)
  bytes.writeInt32LE(lines.length, 36)
  bytes.writeInt32LE(points.length, 40)
  let start = 0
  for (const [i, line] of lines.entries()) {
    bytes.writeInt32LE(start, 44 + i * 4)
    start += line.length
  }
  let at = 44 + lines.length * 4
  for (const [x = 0, y = 0] of points) {
    at = bytes.writeDoubleLE(x, at)
    at = bytes.writeDoubleLE(y, at)
  }
  if (has_z) {
    at = bytes.writeDoubleLE(own[4]!, at)
    at = bytes.writeDoubleLE(own[5]!, at)
    for (const [, , z = 0] of points) at = bytes.writeDoubleLE(z, at)
    // Measures: a number below -1e38 says that there are none.
    for (let i = 0; i < points.length + 2; i++) at = bytes.writeDoubleLE(-1e39, at)
  }
  return bytes
}
