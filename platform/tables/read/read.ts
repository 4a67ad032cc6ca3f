/** Finds the reader of a file, whatever it is packed in. */
import { createReadStream, createWriteStream } from "node:fs"
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, extname, join } from "node:path"
import { Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGunzip } from "node:zlib"
import { type ReadOptions, read_limits, type Table, type TableFormat } from "../contract.ts"
import { createBuilder, type Source } from "./builder.ts"
import { readCsv } from "./csv.ts"
import { readDxf } from "./dxf.ts"
import { readGeoJson } from "./geojson.ts"
import { readMdb } from "./mdb.ts"
import { readOsm } from "./osm.ts"
import { missing, tooLarge, unknownFormat, unreadable } from "./refuse.ts"
import { readDbf, readShapefile } from "./shp.ts"
import { readGeoPackage } from "./store.ts"
import { headOf } from "./text.ts"
import { readXlsx } from "./xlsx.ts"
import { openZip } from "./zip.ts"

const formats: Record<string, TableFormat | "zip"> = {
  csv: "csv",
  txt: "csv",
  tsv: "csv",
  xlsx: "xlsx",
  xlsm: "xlsx",
  mdb: "mdb",
  accdb: "mdb",
  shp: "shp",
  dbf: "shp",
  gpkg: "gpkg",
  geojson: "geojson",
  json: "geojson",
  geojsonl: "geojson",
  geojsons: "geojson",
  ndjson: "geojson",
  dxf: "dxf",
  osm: "osm",
  pbf: "osm",
  zip: "zip",
}
/** Formats of the trade that are not read, with what to do instead. */
const refused: Record<string, { zh: string; en: string }> = {
  xls: { zh: "旧版 XLS 不支持，请另存为 XLSX", en: "old XLS is not read; save it as XLSX" },
  et: { zh: "WPS 的 ET 不支持，请另存为 XLSX", en: "ET of WPS is not read; save it as XLSX" },
  ods: { zh: "ODS 不支持，请另存为 XLSX", en: "ODS is not read; save it as XLSX" },
  xlsb: { zh: "XLSB 不支持，请另存为 XLSX", en: "XLSB is not read; save it as XLSX" },
  dwg: { zh: "DWG 不支持，请另存为 DXF", en: "DWG is not read; save it as DXF" },
  kml: { zh: "KML 不支持，请转为 GeoJSON", en: "KML is not read; convert it to GeoJSON" },
  kmz: { zh: "KMZ 不支持，请转为 GeoJSON", en: "KMZ is not read; convert it to GeoJSON" },
  rar: { zh: "RAR 不支持，请打包为 ZIP", en: "RAR is not read; pack it as ZIP" },
  "7z": { zh: "7Z 不支持，请打包为 ZIP", en: "7Z is not read; pack it as ZIP" },
}
const folder_files_max = 10_000
const folder_depth_max = 6

/** The ending that says the format; that of the packing is left out. */
const ending = (name: string) => extname(name.replace(/\.gz$/i, "")).slice(1).toLowerCase()
const stemOf = (name: string) =>
  basename(name)
    .replace(/\.gz$/i, "")
    .replace(/(\.osm)?\.[^.]+$/i, "")

/** The format that a file's name says, with or without .gz; null where no reader takes it. */
export const formatOf = (file_name: string): TableFormat | "zip" | null => formats[ending(file_name)] ?? null

/**
 * Reads a file, a folder or an archive into tables, one after the other. Memory: one table at a time, and what its
 * format needs to be read as a stream. Temporary files lie in the system's folder and are gone at the end.
 * @param file_name its name within the delivery, for people and for finding the format
 * @throws ProblemError (file-missing, file-format-unknown, file-unreadable, file-too-large) naming file and remedy;
 * AbortError where `options.signal` says so
 */
export async function* readTables(path: string, file_name: string, options: ReadOptions = {}): AsyncGenerator<Table> {
  const source: Source = { path, file: file_name, options, limits: { ...read_limits, ...options.limits } }
  options.signal?.throwIfAborted()
  try {
    yield* readAny(source, 0)
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason
    if (error instanceof Error && "problem" in error) throw error
    // A parser that stumbles over bytes that cannot be: the file is damaged, and the cause goes along for the log.
    const why = error instanceof Error ? error.message : String(error)
    const refusal = unreadable(
      file_name,
      `内容已损坏（${why}）；请重新导出或重新上传`,
      `its content is damaged (${why}); export or upload it again`,
    )
    refusal.cause = error
    throw refusal
  }
}

async function* readAny(source: Source, depth: number): AsyncGenerator<Table> {
  const { path, file, limits } = source
  const info = await stat(path).catch(() => null)
  if (!info) throw missing(file, "请重新上传", "upload it again")
  if (info.isDirectory()) {
    yield* readMembers(source, await filesOf(path, file), depth)
    return
  }
  if (info.size > limits.bytes_max)
    throw tooLarge(
      file,
      `${info.size} 字节，上限 ${limits.bytes_max}；请拆分`,
      `${info.size} bytes, the limit is ${limits.bytes_max}; split it`,
    )
  if (info.size === 0) throw unreadable(file, "文件为空；请重新导出", "it is empty; export it again")
  if (/\.gz$/i.test(file) && !source.unpacked) {
    yield* withFolder(async function* (folder) {
      const target = join(folder, `unpacked.${ending(file).replace(/[^a-z0-9]/g, "")}`)
      await unpack(createReadStream(path), target, source, createGunzip())
      yield* readAny({ ...source, path: target, unpacked: true }, depth + 1)
    })
    return
  }
  const refusal = refused[ending(file)]
  if (refusal) throw unknownFormat(file, refusal.zh, refusal.en)
  const format = formatOf(file)
  if (!format)
    throw unknownFormat(
      file,
      "可读取 CSV、XLSX、MDB、Shapefile、GeoPackage、GeoJSON、DXF、OSM 及其 ZIP 包",
      "CSV, XLSX, MDB, Shapefile, GeoPackage, GeoJSON, DXF and OSM are read, and ZIP archives of them",
    )
  if (format === "zip") yield* readArchive(source, depth)
  else yield* readFormat(source, format)
}

async function* readFormat(source: Source, format: TableFormat): AsyncGenerator<Table> {
  const { path, file } = source
  const name = stemOf(file)
  const head = await headOf(path, 16)
  if (head.subarray(0, 4).toString("hex") === "d0cf11e0")
    throw unknownFormat(
      file,
      "是旧版 XLS 或加密的 Office 文件；请去掉密码并另存为 XLSX",
      "it is an old XLS or an encrypted Office file; take the password off and save it as XLSX",
    )
  const zipped = head.subarray(0, 2).toString("latin1") === "PK"
  if (zipped !== (format === "xlsx"))
    throw unreadable(
      file,
      zipped
        ? "扩展名与内容不符（内容是 XLSX 或 ZIP）；请改正扩展名"
        : "不是 XLSX（可能是改了扩展名的 CSV 或网页）；请另存为 XLSX",
      zipped
        ? "its ending does not fit its content (XLSX or ZIP); correct the ending"
        : "it is no XLSX (perhaps CSV or a web page with another ending); save it as XLSX",
    )
  switch (format) {
    case "csv":
      return yield* readCsv(source, name)
    case "xlsx":
      return yield* readXlsx(source)
    case "mdb":
      return yield* readMdb(source)
    case "shp":
      return yield* ending(file) === "dbf" ? readDbf(source, name) : readShapefile(source, name)
    case "gpkg":
      return yield* readGeoPackage(source)
    case "geojson":
      return yield* readGeoJson(source, name)
    case "dxf":
      return yield* readDxf(source)
    case "osm":
      return yield* readOsm(source, ending(file) === "pbf")
  }
}

type Member = { name: string; path: string }

/** Reads the data files among those of a folder or an archive; formats that must be converted first become a problem. */
async function* readMembers(source: Source, members: Member[], depth: number): AsyncGenerator<Table> {
  const names = new Set(members.map((m) => m.name.toLowerCase()))
  let read = 0
  for (const member of members.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const within: Source = { ...source, path: member.path, file: member.name, unpacked: false }
    const refusal = refused[ending(member.name)]
    if (refusal) {
      read++
      const builder = createBuilder(within, { name: stemOf(member.name), format: "csv" })
      builder.problem(null, "file", member.name, refusal)
      yield builder.finish()
      continue
    }
    const format = formatOf(member.name)
    const belongs_to_shape =
      ending(member.name) === "dbf" && names.has(member.name.toLowerCase().replace(/dbf$/, "shp"))
    if (!format || belongs_to_shape || (format === "zip" && depth > 0)) continue
    read++
    yield* readAny(within, depth + 1)
  }
  if (read === 0)
    throw unknownFormat(
      source.file,
      "其中没有可读取的文件（CSV、XLSX、MDB、Shapefile、GeoPackage、GeoJSON、DXF、OSM）",
      "it holds no file that is read (CSV, XLSX, MDB, Shapefile, GeoPackage, GeoJSON, DXF, OSM)",
    )
}

async function filesOf(folder: string, name: string, depth = 0): Promise<Member[]> {
  const found: Member[] = []
  if (depth > folder_depth_max) return found
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const full = name ? `${name}/${entry.name}` : entry.name
    if (entry.isDirectory()) found.push(...(await filesOf(path, full, depth + 1)))
    else if (entry.isFile() && !entry.name.startsWith(".")) found.push({ name: full, path })
    if (found.length > folder_files_max)
      throw tooLarge(name, `文件超过 ${folder_files_max} 个`, `more than ${folder_files_max} files`)
  }
  return found
}

/** Unpacks the data files of an archive into a folder of its own, under names of ours, and reads them there. */
async function* readArchive(source: Source, depth: number): AsyncGenerator<Table> {
  const archive = await openZip(source)
  try {
    yield* withFolder(async function* (folder) {
      const members: Member[] = []
      const stems = new Map<string, string>()
      for (const member of archive.members) {
        if (/(^|\/)(__MACOSX|\.)/.test(member.name)) continue
        const end = ending(member.name)
        if (!isWanted(member.name)) continue
        const stem = member.name.slice(0, member.name.length - end.length).toLowerCase()
        const mine = stems.get(stem) ?? `m${stems.size}`
        stems.set(stem, mine)
        const place = join(folder, mine)
        await mkdir(place, { recursive: true })
        const path = join(place, `${mine}.${end.replace(/[^a-z0-9]/g, "")}`)
        if (refused[end] === undefined) await unpack(await member.stream(), path, source)
        members.push({ name: `${source.file}/${member.name}`, path })
      }
      yield* readMembers(source, members, depth)
    })
  } finally {
    archive.close()
  }
}

const isWanted = (name: string): boolean =>
  formatOf(name) !== null || refused[ending(name)] !== undefined || /^(shx|prj|cpg|cst)$/.test(ending(name))

async function* withFolder<T>(work: (folder: string) => AsyncGenerator<T>): AsyncGenerator<T> {
  const folder = await mkdtemp(join(tmpdir(), "mingmai-tables-"))
  try {
    yield* work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Writes a packed stream to disk, counting what comes out of it. */
async function unpack(from: NodeJS.ReadableStream, to: string, source: Source, unpacker?: Transform): Promise<void> {
  const { limits, file, options } = source
  let bytes = 0
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length
      done(
        bytes > limits.unpacked_bytes_max
          ? tooLarge(
              file,
              `解压后超过 ${limits.unpacked_bytes_max} 字节，疑似压缩炸弹；请拆分`,
              `it unpacks to more than ${limits.unpacked_bytes_max} bytes, as a zip bomb does; split it`,
            )
          : null,
        chunk,
      )
    },
  })
  const steps = [from, ...(unpacker ? [unpacker] : []), counter, createWriteStream(to)] as const
  try {
    await pipeline(
      steps as unknown as [NodeJS.ReadableStream, NodeJS.WritableStream],
      options.signal ? { signal: options.signal } : {},
    )
  } catch (error) {
    if (options.signal?.aborted || (error instanceof Error && "problem" in error)) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw unreadable(
      file,
      `压缩数据不完整或已损坏（${why}）；请重新导出或重新上传`,
      `its packed data is cut short or damaged (${why}); export or upload it again`,
    )
  }
}
