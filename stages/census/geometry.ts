/** Plain geometry in WGS 84 degrees, measured in metres on a local plane; good to 0.1 % within a city. */
import type { Geometry, LonLat } from "../../model/index.ts"

export type Box = [west: number, south: number, east: number, north: number]

/** Metres per degree of latitude (mean sphere of 6,371,008.8 m, IUGG). */
export const degree_m = 111_195.08

export const positionsOf = (geometry: Geometry): LonLat[] =>
  geometry.type === "Point"
    ? [geometry.coordinates]
    : geometry.type === "LineString"
      ? geometry.coordinates
      : geometry.coordinates.flat()

export function boxOf(geometry: Geometry): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lon, lat] of positionsOf(geometry)) {
    box[0] = Math.min(box[0], lon)
    box[1] = Math.min(box[1], lat)
    box[2] = Math.max(box[2], lon)
    box[3] = Math.max(box[3], lat)
  }
  return box
}

/** The box of everything within `reach_m` of a place. */
export function boxAround([lon, lat]: LonLat, reach_m: number): Box {
  const dy = reach_m / degree_m
  const dx = dy / Math.max(0.01, Math.cos((lat * Math.PI) / 180))
  return [lon - dx, lat - dy, lon + dx, lat + dy]
}

/** Local plane around `origin`: degrees to metres east and north. */
function plane(origin: LonLat): (p: LonLat) => [number, number] {
  const kx = degree_m * Math.cos((origin[1] * Math.PI) / 180)
  return (p) => [(p[0] - origin[0]) * kx, (p[1] - origin[1]) * degree_m]
}

export function distanceM(a: LonLat, b: LonLat): number {
  const middle: LonLat = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
  const [ax, ay] = plane(middle)(a)
  const [bx, by] = plane(middle)(b)
  return Math.hypot(ax - bx, ay - by)
}

/** Length of a line in metres; null for points and areas. */
export function lengthM(geometry: Geometry): number | null {
  if (geometry.type !== "LineString") return null
  return geometry.coordinates.reduce((sum, p, i, all) => (i === 0 ? 0 : sum + distanceM(all[i - 1]!, p)), 0)
}

/** Where a label or a flag stands: the point, the place half way along a line, the middle of an area's box. */
export function middleOf(geometry: Geometry): LonLat {
  if (geometry.type === "Point") return geometry.coordinates
  if (geometry.type === "Polygon") {
    const [west, south, east, north] = boxOf(geometry)
    return [(west + east) / 2, (south + north) / 2]
  }
  const line = geometry.coordinates
  let left = (lengthM(geometry) ?? 0) / 2
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!]
    const step = distanceM(a, b)
    if (step >= left && step > 0) {
      const share = left / step
      return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
    }
    left -= step
  }
  return line.at(-1)!
}

/** Metres from a place to the nearest part of a geometry; 0 inside an area. */
export function distanceToM(place: LonLat, geometry: Geometry): number {
  const flat = plane(place)
  if (geometry.type === "Point") return Math.hypot(...flat(geometry.coordinates))
  const lines = geometry.type === "LineString" ? [geometry.coordinates] : geometry.coordinates
  const rings = lines.map((line) => line.map(flat))
  if (geometry.type === "Polygon" && rings.filter(holdsOrigin).length % 2 === 1) return 0
  return Math.min(...rings.map(fromOrigin))
}

function fromOrigin(line: [number, number][]): number {
  let nearest = line.length === 1 ? Math.hypot(...line[0]!) : Infinity
  for (let i = 1; i < line.length; i++) {
    const [ax, ay] = line[i - 1]!
    const [dx, dy] = [line[i]![0] - ax, line[i]![1] - ay]
    const squared = dx * dx + dy * dy
    const t = squared === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / squared))
    nearest = Math.min(nearest, Math.hypot(ax + t * dx, ay + t * dy))
  }
  return nearest
}

/** Even-odd rule: a ray from the origin to the east crosses the ring an odd number of times. */
function holdsOrigin(ring: [number, number][]): boolean {
  let inside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i]!
    const [xj, yj] = ring[j]!
    if (yi > 0 !== yj > 0 && (xj - xi) * (-yi / (yj - yi)) + xi > 0) inside = !inside
  }
  return inside
}
