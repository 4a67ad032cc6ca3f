/** Chooses the writer of a format. */
import { rm } from "node:fs/promises"
import { ProblemError, problem } from "../../../model/index.ts"
import { writeDxf } from "./dxf.ts"
import { writeShapefiles } from "./shp.ts"
import { writeGeoPackage } from "./store.ts"
import { writeCsv, writeGeoJson } from "./texts.ts"
import { createLosses, type ExportFormat, type ExportOptions, type ExportReport, type ExportTable } from "./types.ts"
import { writeXlsx } from "./xlsx.ts"

/** Endings of the files that the formats make; shapefiles come as an archive. */
export const export_endings: Record<ExportFormat, string> = {
  csv: "csv",
  xlsx: "xlsx",
  geojson: "geojson",
  gpkg: "gpkg",
  shp: "zip",
  dxf: "dxf",
}

/**
 * Writes tables into one file, row by row as they come; CSV and GeoJSON take one table. An interrupted or failed
 * writing leaves no file behind.
 * @throws ProblemError (export-too-large, export-tables) and what `rows` or the signal throws
 */
export async function writeTables(
  format: ExportFormat,
  path: string,
  tables: readonly ExportTable[],
  options: ExportOptions = {},
): Promise<ExportReport> {
  const losses = createLosses()
  const [first] = tables
  if (!first || (tables.length > 1 && (format === "csv" || format === "geojson")))
    throw new ProblemError(
      problem(
        "export-tables",
        400,
        `${format} 每个文件只能有一张表，现有 ${tables.length} 张；请逐张导出，或改用 GeoPackage、XLSX`,
        `A ${format} file takes one table, not ${tables.length}; export them one by one, or choose GeoPackage or XLSX`,
        { field: "format", value: format },
      ),
    )
  try {
    const { rows, bytes } = await run(format, path, tables, first, options, losses)
    return { rows, bytes, problems: losses.list() }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

function run(
  format: ExportFormat,
  path: string,
  tables: readonly ExportTable[],
  first: ExportTable,
  options: ExportOptions,
  losses: ReturnType<typeof createLosses>,
) {
  switch (format) {
    case "csv":
      return writeCsv(path, first, options)
    case "geojson":
      return writeGeoJson(path, first, options)
    case "xlsx":
      return writeXlsx(path, tables, options, losses)
    case "gpkg":
      return writeGeoPackage(path, tables, options)
    case "shp":
      return writeShapefiles(path, tables, options, losses)
    case "dxf":
      return writeDxf(path, tables, options, losses)
  }
}

/** Writes one table; see `writeTables`. */
export const writeTable = (
  format: ExportFormat,
  path: string,
  columns: ExportTable["columns"],
  rows: ExportTable["rows"],
  options: ExportOptions & { name?: string; with_geometry?: boolean } = {},
): Promise<ExportReport> =>
  writeTables(
    format,
    path,
    [{ name: options.name ?? "data", columns, rows, with_geometry: options.with_geometry ?? true }],
    options,
  )
