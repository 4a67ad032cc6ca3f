/** What is written into files for others. */
import type { Cell, TableGeometry } from "../contract.ts"

export type ExportFormat = "csv" | "xlsx" | "geojson" | "gpkg" | "shp" | "dxf"

export type ExportColumn = {
  /** Key in a row's properties and, without a title, the column's name in the file. */
  name: string
  /** The column's name in the file. */
  title?: string
  type: "text" | "number" | "integer" | "boolean" | "date"
  /** Room for a text in a shapefile, bytes; 80 by default, 254 at most. */
  bytes?: number
}

export type ExportRow = { geometry: TableGeometry | null; properties: Record<string, Cell | undefined> }

export type ExportTable = {
  /** Name of the layer or sheet. */
  name: string
  columns: readonly ExportColumn[]
  rows: AsyncIterable<ExportRow> | Iterable<ExportRow>
  /** Whether rows have geometry; where they have none the file gets no place for it. */
  with_geometry: boolean
  /** The one type that all rows have, where it is known: a layer to be filled in needs it before it has rows. */
  geometry_type?: TableGeometry["type"]
}

export type ExportOptions = {
  /** Coordinate system of the geometries as they are given; WGS 84 degrees by default. GeoJSON takes WGS 84 only. */
  crs?: { epsg: number; name: string; wkt: string }
  /** Texts of shapefiles; GBK is what Chinese desktop programs expect. */
  encoding?: "utf-8" | "gbk"
  /** Layer of a row in a drawing, with its colour as #rrggbb; the table's name in white by default. */
  layerOf?(row: ExportRow, table: string): { name: string; color: string }
  /** A text beside a thing in a drawing, its height in units of the drawing. */
  labelOf?(row: ExportRow): { text: string; height: number } | null
  signal?: AbortSignal
  progress?(rows: number): void
}

/** What could not be written as it was. */
export type ExportReport = { rows: number; bytes: number; problems: { count: number; zh: string; en: string }[] }

/** Counts what was lost on the way, one entry for each kind. */
export type Losses = { note(zh: string, en: string): void; list(): ExportReport["problems"] }

export function createLosses(): Losses {
  const kinds = new Map<string, { count: number; zh: string; en: string }>()
  return {
    note(zh, en) {
      const kind = kinds.get(en)
      if (kind) kind.count++
      else kinds.set(en, { count: 1, zh, en })
    },
    list: () => [...kinds.values()],
  }
}

/** Degrees of WGS 84 as a well-known text (EPSG:4326). */
export const wgs84 = {
  epsg: 4326,
  name: "WGS 84",
  wkt: 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]',
}

export const titleOf = (column: ExportColumn): string => column.title ?? column.name
