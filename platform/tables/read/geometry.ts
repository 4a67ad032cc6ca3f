/** Geometries of files as tables keep them: single points, lines and areas. */
import type { TableGeometry } from "../contract.ts"
import type { TableBuilder } from "./builder.ts"

/** Any geometry of GeoJSON, unchecked. */
export type AnyGeometry = { type?: unknown; coordinates?: unknown; geometries?: unknown }

const isPosition = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length >= 2 && value.every((n) => typeof n === "number" && Number.isFinite(n))
const isLine = (value: unknown): value is number[][] => Array.isArray(value) && value.every(isPosition)
const isArea = (value: unknown): value is number[][][] =>
  Array.isArray(value) && value.length > 0 && value.every(isLine)

/** Parts of a geometry as single ones; null where it is none. Lines whose parts join end to start become one line. */
export function partsOf(geometry: AnyGeometry, depth = 0): TableGeometry[] | null {
  const { type, coordinates } = geometry
  const many = Array.isArray(coordinates) ? (coordinates as unknown[]) : []
  switch (type) {
    case "Point":
      if (many.length === 0) return []
      return isPosition(coordinates) ? [{ type, coordinates }] : null
    case "LineString":
      if (many.length === 0) return []
      return isLine(coordinates) && coordinates.length >= 2 ? [{ type, coordinates }] : null
    case "Polygon":
      if (many.length === 0) return []
      return isArea(coordinates) ? [{ type, coordinates }] : null
    case "MultiPoint":
      return many.every(isPosition) ? many.map((c) => ({ type: "Point", coordinates: c as number[] })) : null
    case "MultiLineString":
      return many.every((c) => isLine(c) && c.length >= 2) ? joinLines(many as number[][][]) : null
    case "MultiPolygon":
      return many.every(isArea) ? many.map((c) => ({ type: "Polygon", coordinates: c as number[][][] })) : null
    case "GeometryCollection": {
      if (!Array.isArray(geometry.geometries) || depth > 3) return null
      const parts = geometry.geometries.map((g) => partsOf((g ?? {}) as AnyGeometry, depth + 1))
      return parts.every((p) => p !== null) ? parts.flat() : null
    }
    default:
      return null
  }
}

/** Parts of a line, joined where one begins at the end of the one before. */
export function joinLines(parts: number[][][]): TableGeometry[] {
  const lines: number[][][] = []
  for (const part of parts) {
    const last = lines.at(-1)
    const end = last?.at(-1)
    if (last && end?.every((n, i) => n === part[0]![i])) last.push(...part.slice(1))
    else lines.push([...part])
  }
  return lines.map((coordinates) => ({ type: "LineString", coordinates }))
}

/** Ends a row with its geometry; one of several parts becomes as many rows of the same number, and is reported. */
export function endWithParts(builder: TableBuilder, row: number, parts: TableGeometry[] | null, said: string): void {
  if (parts === null)
    builder.problem(row, "geometry", said, {
      zh: "几何无效或不支持，该行只保留属性；请更正几何后重新导入该行",
      en: "The geometry is invalid or of a kind that is not read; only the attributes are kept; correct it and bring the row in again",
    })
  const [first = null, ...others] = parts ?? []
  const kept = builder.end(row, first)
  if (!kept || others.length === 0) return
  for (const part of others) builder.repeat(row, part)
  builder.problem(row, "geometry", String(others.length + 1), {
    zh: `该要素由 ${others.length + 1} 个部分组成，已拆为 ${others.length + 1} 行`,
    en: `The feature has ${others.length + 1} separate parts and became ${others.length + 1} rows`,
  })
}

/** Rings of a shapefile's area: clockwise ones are outlines, the others holes of the outline before that holds them. */
export function areasOf(rings: number[][][]): TableGeometry[] {
  const areas: number[][][][] = []
  const holes: number[][][] = []
  for (const ring of rings) {
    if (signedArea(ring) <= 0) areas.push([ring])
    else holes.push(ring)
  }
  // A file that turns its rings the other way has holes only: they are its outlines.
  if (areas.length === 0) return holes.map((ring) => ({ type: "Polygon", coordinates: [ring] }))
  for (const hole of holes) {
    const home = areas.length === 1 ? areas[0] : areas.find((area) => inside(hole[0]!, area[0]!))
    ;(home ?? areas[0]!).push(hole)
  }
  return areas.map((coordinates) => ({ type: "Polygon", coordinates }))
}

/** Twice the area; negative where the ring turns clockwise. */
function signedArea(ring: number[][]): number {
  let sum = 0
  const [x0 = 0, y0 = 0] = ring[0] ?? []
  for (let i = 0; i + 1 < ring.length; i++) {
    const [x1 = 0, y1 = 0] = ring[i]!
    const [x2 = 0, y2 = 0] = ring[i + 1]!
    sum += (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
  }
  return sum
}

function inside([x = 0, y = 0]: number[], ring: number[][]): boolean {
  let odd = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi = 0, yi = 0] = ring[i]!
    const [xj = 0, yj = 0] = ring[j]!
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd
  }
  return odd
}
