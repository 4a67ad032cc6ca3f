/** Where the points lie in the delivery's plane. */
import type { Survey, SurveySystem } from "./types.ts"

/** Metres per degree of latitude (mean sphere of 6,371,008.8 m, IUGG). */
const degree_m = 111_195.08

/** True where most coordinates are degrees of latitude and longitude. */
export function inDegrees(x: Float64Array | undefined, y: Float64Array | undefined): boolean {
  if (!x || !y) return false
  let [degrees, known] = [0, 0]
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [Math.abs(x[i]!), Math.abs(y[i]!)]
    if (Number.isNaN(a + b) || a + b === 0) continue
    known++
    if (Math.min(a, b) <= 90 && Math.max(a, b) <= 180 && Math.min(a, b) >= 3 && Math.max(a, b) >= 60) degrees++
  }
  return known > 0 && degrees * 2 > known
}

/**
 * Metres north and east of each point; NaN where it has none. Without a system the values are metres already, or, where
 * most are degrees, they are laid on a plane about the first of them: good to 0.1 % within a city.
 */
export function placePoints(points: Survey["points"], system: SurveySystem | null): Pick<Survey, "north_m" | "east_m"> {
  const { x, y } = points.number
  const north_m = new Float64Array(points.count).fill(Number.NaN)
  const east_m = new Float64Array(points.count).fill(Number.NaN)
  if (!x || !y) return { north_m, east_m }
  const to = system ? (a: number, b: number) => system.toPlane(a, b) : inDegrees(x, y) ? localPlane(x, y) : null
  for (let i = 0; i < points.count; i++) {
    if (Number.isNaN(x[i]!) || Number.isNaN(y[i]!)) continue
    const [north, east] = to ? tried(to, x[i]!, y[i]!) : [x[i]!, y[i]!]
    if (!Number.isFinite(north) || !Number.isFinite(east)) continue
    north_m[i] = north
    east_m[i] = east
  }
  return { north_m, east_m }
}

function tried(to: (x: number, y: number) => [number, number], x: number, y: number): [number, number] {
  try {
    return to(x, y)
  } catch {
    // A projection refuses coordinates outside its reach; the row has no place then, and a check says so.
    return [Number.NaN, Number.NaN]
  }
}

function localPlane(x: Float64Array, y: Float64Array): (a: number, b: number) => [number, number] {
  const first = x.findIndex((value, i) => Number.isFinite(value) && Number.isFinite(y[i]))
  const [lat0, lon0] = [x[first] ?? 0, y[first] ?? 0]
  const kx = degree_m * Math.cos((Math.min(Math.abs(lat0), Math.abs(lon0)) * Math.PI) / 180)
  return (a, b) => [(a - lat0) * degree_m, (b - lon0) * kx]
}
