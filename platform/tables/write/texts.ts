/** Writers of CSV and GeoJSON. */

import { csvCell } from "../../http/index.ts"
import type { Cell, TableGeometry } from "../contract.ts"
import { openSink } from "./sink.ts"
import type { ExportOptions, ExportRow, ExportTable } from "./types.ts"
import { titleOf } from "./types.ts"

/** Rows one by one, counted and interruptible. */
export async function* counted(table: ExportTable, options: ExportOptions): AsyncGenerator<ExportRow> {
  let count = 0
  for await (const row of table.rows) {
    if (++count % 1000 === 0) {
      options.signal?.throwIfAborted()
      options.progress?.(count)
    }
    yield row
  }
  options.progress?.(count)
}

/** A geometry as well-known text. */
export function wktOf(geometry: TableGeometry): string {
  const position = (p: number[]) => p.join(" ")
  const line = (l: number[][]) => `(${l.map(position).join(", ")})`
  const z = (p: number[] | undefined) => (p && p.length > 2 ? " Z" : "")
  switch (geometry.type) {
    case "Point":
      return `POINT${z(geometry.coordinates)} (${position(geometry.coordinates)})`
    case "LineString":
      return `LINESTRING${z(geometry.coordinates[0])} ${line(geometry.coordinates)}`
    case "Polygon":
      return `POLYGON${z(geometry.coordinates[0]?.[0])} (${geometry.coordinates.map(line).join(", ")})`
  }
}

/** CSV with a byte order mark; cells that a spreadsheet would run as formulas are made harmless. Geometry is WKT. */
export async function writeCsv(
  path: string,
  table: ExportTable,
  options: ExportOptions,
): Promise<{ rows: number; bytes: number }> {
  const sink = await openSink(path)
  try {
    let rows = 0
    const head = [...table.columns.map(titleOf), ...(table.with_geometry ? ["geometry"] : [])]
    await sink.write(`\ufeff${head.map((name) => csvCell(name, "")).join(",")}\r\n`)
    for await (const { geometry, properties } of counted(table, options)) {
      const cells = table.columns.map((column) => csvCell(properties[column.name], ""))
      if (table.with_geometry) cells.push(geometry ? `"${wktOf(geometry)}"` : "")
      rows++
      await sink.write(`${cells.join(",")}\r\n`)
    }
    return { rows, bytes: await sink.end() }
  } finally {
    await sink.close()
  }
}

/** A feature collection (RFC 7946): WGS 84, outlines counterclockwise. */
export async function writeGeoJson(
  path: string,
  table: ExportTable,
  options: ExportOptions,
): Promise<{ rows: number; bytes: number }> {
  const sink = await openSink(path)
  try {
    let rows = 0
    await sink.write(`{"type":"FeatureCollection","name":${JSON.stringify(table.name)},"features":[`)
    for await (const { geometry, properties } of counted(table, options)) {
      const out: Record<string, Cell> = {}
      for (const column of table.columns) out[titleOf(column)] = properties[column.name] ?? null
      const feature = JSON.stringify({ type: "Feature", properties: out, geometry: geometry && wound(geometry, false) })
      await sink.write(`${rows > 0 ? "," : ""}\n${feature}`)
      rows++
    }
    await sink.write("\n]}\n")
    return { rows, bytes: await sink.end() }
  } finally {
    await sink.close()
  }
}

/** An area whose outline turns as asked and whose holes turn the other way; other geometries as they are. */
export function wound(geometry: TableGeometry, clockwise: boolean): TableGeometry {
  if (geometry.type !== "Polygon") return geometry
  const coordinates = geometry.coordinates.map((ring, i) => {
    let sum = 0
    for (let k = 0; k + 1 < ring.length; k++)
      sum += (ring[k + 1]![0]! - ring[k]![0]!) * (ring[k + 1]![1]! + ring[k]![1]!)
    return sum > 0 === ((i === 0) === clockwise) ? ring : [...ring].reverse()
  })
  return { type: "Polygon", coordinates }
}
