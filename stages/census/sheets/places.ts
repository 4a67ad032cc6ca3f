/** Where a row lies: its geometry in the file, a WKT cell, or columns of coordinates. */
import type { Geometry, LonLat } from "../../../model/index.ts"
import type { TableGeometry } from "../../../platform/tables/index.ts"
import { type CoordinateSystem, coordinateSystem, fromWkt } from "../../../science/index.ts"
import type { SurveySystem } from "../survey/index.ts"
import type { TakenSheet } from "./types.ts"
import { readWkt } from "./wkt.ts"

/** East and north of a file, or longitude and latitude, to longitude and latitude; null where nobody knows the system. */
export type Placing = ((east: number, north: number) => LonLat) | null

export type PlacedRow =
  | { geometry: Geometry }
  | { why: "none" | "no-system" | "shape" | "outside" | "short"; said: string }

type Cells = { text(field: string): string; number(field: string): number | null }

/**
 * How a sheet's own numbers become places: by the system its file names; else by the one chosen for the delivery; else,
 * where they are degrees, as they are.
 */
export function placingOf(sheet: TakenSheet, chosen: SurveySystem | null, degrees: boolean): Placing {
  const named = namedSystem(sheet.table.crs)
  if (named) return (east, north) => named.toLonLat(north, east)
  if (chosen) return (east, north) => chosen.toLonLat(...chosen.toPlane(north, east))
  return degrees ? (lon, lat) => [lon, lat] : null
}

function namedSystem(crs: TakenSheet["table"]["crs"]): CoordinateSystem | null {
  if (crs === null) return null
  if ("wkt" in crs) return fromWkt(crs.wkt)
  try {
    return coordinateSystem(crs.epsg)
  } catch (error) {
    // A system that is not known here is chosen by a person.
    if (error instanceof RangeError) return null
    throw error
  }
}

/** True where all of a sheet's positions lie within degrees; looks at so many rows at most. */
const looked_at = 20_000
export function inDegrees(sheet: TakenSheet, cellsOf: (i: number) => Cells): boolean {
  for (const i of sheet.at.subarray(0, looked_at)) {
    const shape = shapeOf(sheet, i, cellsOf(i))
    if (!shape || "degrees" in shape) continue
    for (const [x = 0, y = 0] of positions(shape.geometry)) if (Math.abs(x) > 180 || Math.abs(y) > 90) return false
  }
  return true
}

const positions = (geometry: TableGeometry): number[][] =>
  geometry.type === "Point"
    ? [geometry.coordinates]
    : geometry.type === "LineString"
      ? geometry.coordinates
      : geometry.coordinates.flat()

/** Geometry as the file gives it: east before north. `degrees` where columns say longitude and latitude. */
function shapeOf(
  sheet: TakenSheet,
  i: number,
  cells: Cells,
): { geometry: TableGeometry } | { degrees: TableGeometry } | null {
  const given = sheet.table.geometry?.[i]
  if (given) return { geometry: given }
  const written = cells.text("wkt")
  if (written !== "") {
    const geometry = readWkt(written)
    if (geometry) return { geometry }
  }
  const pair = (a: string, b: string): [number, number] | null => {
    const [x, y] = [cells.number(a), cells.number(b)]
    return x === null || y === null ? null : [x, y]
  }
  if (sheet.known.kind.geometry === "point") {
    const lon_lat = pair("lon", "lat")
    if (lon_lat) return { degrees: { type: "Point", coordinates: lon_lat } }
    const xy = pair("x", "y")
    if (!xy) return null
    // Surveys call the north X; degrees are written as GIS does, longitude first.
    const [x, y] = xy
    const degrees = Math.abs(x) <= 180 && Math.abs(y) <= 90
    return { geometry: { type: "Point", coordinates: degrees ? [x, y] : [y, x] } }
  }
  const [from, to] = [pair("from_lon", "from_lat"), pair("to_lon", "to_lat")]
  if (from && to && sheet.known.kind.geometry === "line")
    return { degrees: { type: "LineString", coordinates: [from, to] } }
  return null
}

const wanted = { point: "Point", line: "LineString", area: "Polygon" } as const

/** A row's geometry in longitude and latitude, without repeated positions, areas closed. */
export function placeRow(sheet: TakenSheet, i: number, cells: Cells, placing: Placing, swapped: boolean): PlacedRow {
  const shape = shapeOf(sheet, i, cells)
  if (!shape) return { why: "none", said: cells.text("wkt").slice(0, 80) }
  const given = "degrees" in shape ? shape.degrees : shape.geometry
  const geometry = sheet.known.kind.geometry === "point" && given.type === "Polygon" ? centroidOf(given) : given
  if (geometry.type !== wanted[sheet.known.kind.geometry]) return { why: "shape", said: geometry.type }
  if (!("degrees" in shape) && !placing) return { why: "no-system", said: "" }
  const outside: number[][] = []
  const at = (position: number[]): LonLat => {
    const [x = Number.NaN, y = Number.NaN] = swapped ? [position[1], position[0]] : position
    const [lon, lat] = "degrees" in shape ? [x, y] : placing!(x, y)
    if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 85)) outside.push([x, y])
    return [round9(lon), round9(lat)]
  }
  const placed = placedAs(geometry, at)
  if (outside.length > 0) return { why: "outside", said: outside[0]!.join(" ") }
  return placed ? { geometry: placed } : { why: "short", said: "" }
}

/** True where two numbers are a place the other way round only. */
export function isSwappable(said: string): boolean {
  const [a = Number.NaN, b = Number.NaN] = said.split(" ").map(Number)
  return Math.abs(a) <= 85 && Math.abs(b) > 85 && Math.abs(b) <= 180
}

/** What is drawn as an area and known as a point lies at the centroid of its outline (areas of the shoelace formula). */
function centroidOf({ coordinates }: TableGeometry & { type: "Polygon" }): TableGeometry {
  const ring = coordinates[0] ?? []
  const [ox = 0, oy = 0] = ring[0] ?? []
  let [area, x, y] = [0, 0, 0]
  for (let i = 0; i + 1 < ring.length; i++) {
    const [ax, ay] = [ring[i]![0]! - ox, ring[i]![1]! - oy]
    const [bx, by] = [ring[i + 1]![0]! - ox, ring[i + 1]![1]! - oy]
    const cross = ax * by - bx * ay
    area += cross
    x += (ax + bx) * cross
    y += (ay + by) * cross
  }
  return { type: "Point", coordinates: area === 0 ? [ox, oy] : [ox + x / (3 * area), oy + y / (3 * area)] }
}

/** To 0.1 mm, which is past what any survey knows. */
const round9 = (degrees: number): number => Math.round(degrees * 1e9) / 1e9

function placedAs(geometry: TableGeometry, at: (position: number[]) => LonLat): Geometry | null {
  if (geometry.type === "Point") return { type: "Point", coordinates: at(geometry.coordinates) }
  if (geometry.type === "LineString") {
    const coordinates = withoutRepeats(geometry.coordinates.map(at))
    return coordinates.length < 2 ? null : { type: "LineString", coordinates }
  }
  const rings = geometry.coordinates.map((ring) => {
    const line = withoutRepeats(ring.map(at))
    const [first, last] = [line[0], line.at(-1)]
    if (first && last && (first[0] !== last[0] || first[1] !== last[1])) line.push([...first])
    return line
  })
  return rings.length === 0 || rings.some((ring) => ring.length < 4) ? null : { type: "Polygon", coordinates: rings }
}

const withoutRepeats = (line: LonLat[]): LonLat[] =>
  line.filter((p, i) => i === 0 || p[0] !== line[i - 1]![0] || p[1] !== line[i - 1]![1])

/** Numbers of the sheets whose system nobody named, in the order of a survey's fields: x the north, y the east. */
export function numbersOf(sheet: TakenSheet, cellsOf: (i: number) => Cells, limit: number): [x: number, y: number][] {
  if (namedSystem(sheet.table.crs)) return []
  const found: [number, number][] = []
  for (const i of sheet.at) {
    if (found.length >= limit) break
    const shape = shapeOf(sheet, i, cellsOf(i))
    if (!shape || "degrees" in shape) continue
    const [east, north] = positions(shape.geometry)[0] ?? []
    if (east !== undefined && north !== undefined) found.push([north, east])
  }
  return found
}
