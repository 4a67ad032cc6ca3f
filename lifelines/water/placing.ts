/** Places a network's local coordinates on earth. */
import type { LonLat } from "../../model/index.ts"

/** Mean earth radius in metres (IUGG R1). */
const earth_radius_m = 6_371_008.8

/**
 * A function from local metres (x east, y north) to WGS 84 on a plane that touches the earth at `origin`
 * (equirectangular projection; within 10 km of the origin the error is below 0.1 %). The middle of the box around all
 * points lies at the origin.
 */
export function placing(
  points: readonly { x: number; y: number }[],
  origin: LonLat,
  unit_m: number,
): (x: number, y: number) => LonLat {
  let [x_min, x_max, y_min, y_max] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { x, y } of points)
    if (Number.isFinite(x) && Number.isFinite(y)) {
      x_min = Math.min(x_min, x)
      x_max = Math.max(x_max, x)
      y_min = Math.min(y_min, y)
      y_max = Math.max(y_max, y)
    }
  const x0 = Number.isFinite(x_min) ? (x_min + x_max) / 2 : 0
  const y0 = Number.isFinite(y_min) ? (y_min + y_max) / 2 : 0
  const degrees_per_unit = (unit_m * 180) / (Math.PI * earth_radius_m)
  const narrowing = Math.cos((origin[1] * Math.PI) / 180)
  const round = (v: number): number => Math.round(v * 1e7) / 1e7
  return (x, y) => [
    round(origin[0] + ((x - x0) * degrees_per_unit) / narrowing),
    round(origin[1] + (y - y0) * degrees_per_unit),
  ]
}
