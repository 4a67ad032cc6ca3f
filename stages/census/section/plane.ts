/** A local plane in metres east and north of a place, for lengths that a surveyor would accept. */
import type { LonLat } from "../../../model/index.ts"

export type XY = [east_m: number, north_m: number]
export type Plane = { to(place: LonLat): XY; from(at: XY): LonLat }

/** WGS 84: semi-major axis, m, and first eccentricity squared (NIMA TR8350.2). */
const a_m = 6_378_137
const e2 = 6.694_379_990_14e-3

/**
 * Degrees to metres with the ellipsoid's radii of curvature at `origin` (meridian M, prime vertical N); within 5 km of it
 * lengths are good to about 0.1 %, most of that at the rim.
 */
export function planeAt(origin: LonLat): Plane {
  const rad = Math.PI / 180
  const sin = Math.sin(origin[1] * rad)
  const w = Math.sqrt(1 - e2 * sin * sin)
  const ky = ((a_m * (1 - e2)) / w ** 3) * rad
  const kx = (a_m / w) * Math.cos(origin[1] * rad) * rad
  return {
    to: (p) => [(p[0] - origin[0]) * kx, (p[1] - origin[1]) * ky],
    from: ([x, y]) => [origin[0] + x / kx, origin[1] + y / ky],
  }
}

export const lengthOf = (line: readonly XY[]): number =>
  line.reduce((sum, p, i) => (i === 0 ? 0 : sum + Math.hypot(p[0] - line[i - 1]![0], p[1] - line[i - 1]![1])), 0)

/** Nearest place on a line: how far along it, how far beside it, both m; left of its direction is positive `side`. */
export function alongLine(line: readonly XY[], at: XY): { along_m: number; distance_m: number; side: 1 | -1 } {
  let best = { along_m: 0, distance_m: Infinity, side: 1 as 1 | -1 }
  let passed = 0
  for (let i = 1; i < line.length; i++) {
    const [ax, ay] = line[i - 1]!
    const [dx, dy] = [line[i]![0] - ax, line[i]![1] - ay]
    const length = Math.hypot(dx, dy)
    const [px, py] = [at[0] - ax, at[1] - ay]
    const t = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / (length * length)))
    const distance_m = Math.hypot(px - t * dx, py - t * dy)
    if (distance_m < best.distance_m)
      best = { along_m: passed + t * length, distance_m, side: dx * py - dy * px >= 0 ? 1 : -1 }
    passed += length
  }
  return best
}
