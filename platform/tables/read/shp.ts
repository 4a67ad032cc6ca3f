/** Shapefiles: geometry (.shp) with attributes (.dbf), encoding (.cpg) and coordinate system (.prj) beside it. */
import { readdir, readFile } from "node:fs/promises"
import { basename, dirname, extname, join } from "node:path"
import type { Table, TableGeometry } from "../contract.ts"
import { createBuilder, type Source, type TableBuilder } from "./builder.ts"
import { type Cursor, openCursor } from "./cursor.ts"
import { type Dbf, isBinary, openDbf } from "./dbf.ts"
import { areasOf, endWithParts, joinLines } from "./geometry.ts"
import { missing, unreadable } from "./refuse.ts"

/** Longest record that is believed, bytes: an outline of four million corners. */
const record_bytes_max = 64 * 1024 ** 2

/** Files of one shapefile by their ending in lower case, whatever case they have on disk. */
export async function siblingsOf(path: string): Promise<Map<string, string>> {
  const stem = basename(path, extname(path)).toLowerCase()
  const found = new Map<string, string>()
  for (const name of await readdir(dirname(path)))
    if (basename(name, extname(name)).toLowerCase() === stem)
      found.set(extname(name).slice(1).toLowerCase(), join(dirname(path), name))
  return found
}

/**
 * Reads one shapefile. What is whole is kept: a file that ends too early gives the records before the break and a
 * problem with the number of the first one that is missing. Deleted records are left out.
 */
export async function* readShapefile(source: Source, name: string): AsyncGenerator<Table> {
  const { file } = source
  const siblings = await siblingsOf(source.path)
  const shp = siblings.get("shp")
  if (!shp)
    throw missing(
      file,
      "缺少 .shp 主文件；请把同名的 .shp、.dbf、.prj 一起上传",
      "the .shp is missing; upload .shp, .dbf and .prj of the same name together",
    )
  const dbf_path = siblings.get("dbf")
  const cpg = siblings.get("cpg") ?? siblings.get("cst") ?? null
  const dbf = dbf_path ? await openDbf(dbf_path, cpg, source) : null
  const cursor = await openCursor(shp)
  try {
    const prj = siblings.get("prj")
    const wkt = prj
      ? (await readFile(prj))
          .subarray(0, 65_536)
          .toString("utf8")
          .replace(/^\ufeff/, "")
          .trim()
      : ""
    const builder = createBuilder(source, {
      name,
      format: "shp",
      columns: dbf ? dbf.fields.map((f) => f.name) : [],
      with_geometry: true,
      crs: wkt ? { wkt } : null,
      keep_blank: true,
    })
    if (!dbf)
      builder.problem(null, ".dbf", name, {
        zh: "缺少同名的 .dbf，只读到几何；请补上后重新导入",
        en: "The .dbf of the same name is missing; only geometry was read; add it and bring the file in again",
      })
    if (dbf) noteTable(builder, dbf)
    await records(builder, source, cursor, dbf)
    yield builder.finish()
  } finally {
    await cursor.close()
    await dbf?.cursor.close()
  }
}

/** Reads a dBase table that comes without geometry. */
export async function* readDbf(source: Source, name: string): AsyncGenerator<Table> {
  const siblings = await siblingsOf(source.path)
  const dbf = await openDbf(source.path, siblings.get("cpg") ?? null, source)
  try {
    const builder = createBuilder(source, { name, format: "shp", columns: dbf.fields.map((f) => f.name) })
    noteTable(builder, dbf)
    for (let i = 0; i < dbf.records; i++) {
      if (i % 1000 === 0) source.options.signal?.throwIfAborted()
      const record = dbf.cursor.ready(dbf.record_bytes) ?? (await dbf.cursor.peek(dbf.record_bytes))
      if (record.length < dbf.record_bytes) {
        noteCut(builder, i, dbf.records, ".dbf")
        break
      }
      dbf.cursor.skip(dbf.record_bytes)
      if (dbf.isDeleted(record)) continue
      for (const [c, value] of dbf.values(record).entries()) builder.set(c, value)
      builder.end(i + 1)
    }
    yield builder.finish()
  } finally {
    await dbf.cursor.close()
  }
}

function noteTable(builder: TableBuilder, dbf: Dbf): void {
  if (dbf.encoding_doubt)
    builder.problem(null, "encoding", dbf.encoding_doubt, {
      zh: `声明的编码是 ${dbf.encoding_doubt}，但内容是 ${dbf.encoding}，已按后者读取；请核对文字`,
      en: `Its encoding is said to be ${dbf.encoding_doubt}, but its texts are ${dbf.encoding} and were read so; check them`,
    })
  for (const field of dbf.fields)
    if (isBinary(field))
      builder.problem(null, field.name, field.type, {
        zh: "备注（MEMO）字段的内容在另一个文件中，未读取；请改为文本字段后导出",
        en: "The content of a memo field lies in another file and was not read; export it as a text field",
      })
}

function noteCut(builder: TableBuilder, done: number, expected: number | null, what: string): void {
  builder.problem(done + 1, what, String(done), {
    zh: `文件在第 ${done + 1} 条记录处中断${expected === null ? "" : `（应有 ${expected} 条）`}，只读到前 ${done} 条；请重新导出或重新上传`,
    en: `The file breaks off at record ${done + 1}${expected === null ? "" : ` of ${expected}`}; the first ${done} were read; export or upload it again`,
  })
}

async function records(builder: TableBuilder, source: Source, shp: Cursor, dbf: Dbf | null): Promise<void> {
  const head = await shp.peek(100)
  if (head.length < 100 || head.readInt32BE(0) !== 9994)
    throw unreadable(
      source.file,
      "不是 Shapefile（文件头无效）；请重新导出",
      "it is no shapefile (its header is invalid); export it again",
    )
  const said_bytes = head.readInt32BE(24) * 2
  shp.skip(100)
  const bytes = Math.min(shp.size, Math.max(said_bytes, 100))
  if (said_bytes > shp.size)
    builder.problem(null, ".shp", String(shp.size), {
      zh: `文件只有 ${shp.size} 字节，文件头声明 ${said_bytes} 字节，已被截断；请重新导出或重新上传`,
      en: `The file has ${shp.size} bytes where its header says ${said_bytes}: it was cut short; export or upload it again`,
    })
  let number = 0
  while (shp.position() + 8 <= bytes) {
    if (number % 1000 === 0) source.options.signal?.throwIfAborted()
    const header = shp.ready(8) ?? (await shp.peek(8))
    const length = header.readInt32BE(4) * 2
    if (length < 4 || length > record_bytes_max || shp.position() + 8 + length > shp.size) {
      noteCut(builder, number, dbf?.records ?? null, ".shp")
      return
    }
    shp.skip(8)
    const content = shp.ready(length) ?? (await shp.peek(length))
    let row = null as Buffer | null
    if (dbf) {
      row = dbf.cursor.ready(dbf.record_bytes) ?? (await dbf.cursor.peek(dbf.record_bytes))
      if (row.length < dbf.record_bytes) {
        noteCut(builder, number, dbf.records, ".dbf")
        return
      }
      dbf.cursor.skip(dbf.record_bytes)
    }
    shp.skip(length)
    number++
    if (row && dbf?.isDeleted(row)) continue
    if (dbf && row) for (const [c, value] of dbf.values(row).entries()) builder.set(c, value)
    endWithParts(builder, number, shapeOf(content), `type ${content.readInt32LE(0)}`)
  }
  if (shp.position() < bytes || (dbf && number < dbf.records)) noteCut(builder, number, dbf?.records ?? null, ".shp")
}

/** One record's shape (ESRI Shapefile Technical Description, 1998); null where it is invalid. Measures are left out. */
export function shapeOf(b: Buffer): TableGeometry[] | null {
  const type = b.readInt32LE(0)
  const kind = type % 10
  const has_z = type > 10 && type < 20
  if (type === 0) return []
  const position = (x: number, y: number, z: number | null) => (z === null || Number.isNaN(z) ? [x, y] : [x, y, z])
  if (kind === 1) {
    if (b.length < (has_z ? 28 : 20)) return null
    const at = position(b.readDoubleLE(4), b.readDoubleLE(12), has_z ? b.readDoubleLE(20) : null)
    return at.every(Number.isFinite) ? [{ type: "Point", coordinates: at }] : null
  }
  if (kind === 8) {
    if (b.length < 40) return null
    const n = b.readInt32LE(36)
    const points = positions(b, 40, n, has_z)
    return points === null ? null : points.map((coordinates) => ({ type: "Point", coordinates }))
  }
  if ((kind !== 3 && kind !== 5) || b.length < 44) return null
  const parts = b.readInt32LE(36)
  const n = b.readInt32LE(40)
  if (parts < 0 || parts > n || b.length < 44 + parts * 4) return null
  const points = positions(b, 44 + parts * 4, n, has_z)
  if (!points) return null
  const pieces: number[][][] = []
  for (let i = 0; i < parts; i++) {
    const from = b.readInt32LE(44 + i * 4)
    const to = i + 1 < parts ? b.readInt32LE(48 + i * 4) : n
    if (from < 0 || to > n || to < from) return null
    if (to - from >= 2) pieces.push(points.slice(from, to))
  }
  if (pieces.length === 0) return n === 0 ? [] : null
  return kind === 3 ? joinLines(pieces) : areasOf(pieces)
}

/** Points of a record, heights with them where the type has heights: they follow all points and their range. */
function positions(b: Buffer, at: number, n: number, has_z: boolean): number[][] | null {
  const heights = at + n * 16 + 16
  if (n < 0 || b.length < at + n * 16 || (has_z && b.length < heights + n * 8)) return null
  const points: number[][] = []
  for (let i = 0; i < n; i++) {
    const x = b.readDoubleLE(at + i * 16)
    const y = b.readDoubleLE(at + i * 16 + 8)
    if (!Number.isFinite(x) || !Number.isFinite(y)) return null
    const z = has_z ? b.readDoubleLE(heights + i * 8) : Number.NaN
    points.push(Number.isFinite(z) ? [x, y, z] : [x, y])
  }
  return points
}
