/** What every reader of files makes: tables in columns, as they stand in the file, with nothing guessed. */
import type { Words } from "../../model/index.ts"

export type Cell = string | number | boolean | null

/** Geometry in the file's own coordinates and order of axes: degrees or metres, as `crs` says where the file says it. */
export type TableGeometry =
  | { type: "Point"; coordinates: number[] }
  | { type: "LineString"; coordinates: number[][] }
  | { type: "Polygon"; coordinates: number[][][] }

export type TableFormat = "csv" | "xlsx" | "mdb" | "shp" | "gpkg" | "geojson" | "dxf" | "osm"

export type Table = {
  /** Name of the file within the delivery, with its folder where it has one. */
  file: string
  /** Sheet, layer or table; the file's stem where the format knows one table only. */
  name: string
  format: TableFormat
  /** Names of the columns where the format has them; null for sheets and CSV, whose header is among the first rows. */
  columns: string[] | null
  /** Column by column; every one has `rows.length` cells. Texts are as written, trimmed of nothing; dates are YYYY-MM-DD. */
  cells: Cell[][]
  /** The sheet is hidden in its workbook: often a list behind drop-down cells. */
  hidden?: boolean
  /** Number of each row as a person sees it in the file (a sheet's or a text's first line is 1; a record's first is 1). */
  rows: Uint32Array
  /** One of each row, null where the row has none; the whole is null where the format has no geometry. */
  geometry: (TableGeometry | null)[] | null
  /** What the file says of its coordinate system: an EPSG number, or WKT, or null where it is silent. */
  crs: { epsg: number } | { wkt: string } | null
  /** What could not be read and was left out; the rest of the table stands. */
  problems: TableProblem[]
}

export type TableProblem = { row: number | null; field: string; value: string; words: Words }

/** What a reading of files may cost; past a limit the file is refused with a sentence, never cut silently. */
export type ReadLimits = {
  bytes_max: number
  /** Unpacked size of compressed members, bytes: what a zip bomb would exceed. */
  unpacked_bytes_max: number
  rows_max: number
  columns_max: number
  cell_chars_max: number
}
export const read_limits: ReadLimits = {
  bytes_max: 4 * 1024 ** 3,
  unpacked_bytes_max: 4 * 1024 ** 3,
  rows_max: 5_000_000,
  columns_max: 500,
  cell_chars_max: 32_767,
}

/** How a file is to be read. */
export type ReadOptions = {
  /** Encoding of texts as a person says it ("GBK", "UTF-8", …); sniffed where missing. */
  encoding?: string
  limits?: Partial<ReadLimits>
  /** Rows read of this file so far; called now and then. */
  progress?(rows: number): void
  signal?: AbortSignal
}
