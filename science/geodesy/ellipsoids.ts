/** Ellipsoids and geocentric coordinates. */
import type { EllipsoidName } from "./types.ts"

export type Ellipsoid = { a_m: number; inverse_flattening: number; e2: number; n: number }

const ellipsoid = (a_m: number, inverse_flattening: number): Ellipsoid => {
  const f = 1 / inverse_flattening
  return { a_m, inverse_flattening, e2: f * (2 - f), n: f / (2 - f) }
}

/** Semi-major axes and flattenings as in the EPSG registry: 1024, 7030, 7049 (IAG 1975), 7024 (Krassowsky 1940). */
export const ellipsoids: Record<EllipsoidName, Ellipsoid> = {
  cgcs2000: ellipsoid(6378137, 298.257222101),
  wgs84: ellipsoid(6378137, 298.257223563),
  xian80: ellipsoid(6378140, 298.257),
  beijing54: ellipsoid(6378245, 298.3),
}

export const radians = Math.PI / 180

/** Degrees and ellipsoidal height to geocentric metres. */
export function toGeocentric({ a_m, e2 }: Ellipsoid, lon: number, lat: number, h_m = 0): [number, number, number] {
  const sin = Math.sin(lat * radians)
  const cos = Math.cos(lat * radians)
  const n = a_m / Math.sqrt(1 - e2 * sin * sin)
  return [
    (n + h_m) * cos * Math.cos(lon * radians),
    (n + h_m) * cos * Math.sin(lon * radians),
    (n * (1 - e2) + h_m) * sin,
  ]
}

/** Geocentric metres to degrees and ellipsoidal height, by B. R. Bowring's iteration (1976), below 1e-9 m near the ground. */
export function fromGeocentric({ a_m, e2 }: Ellipsoid, x: number, y: number, z: number): [number, number, number] {
  const p = Math.hypot(x, y)
  const b_m = a_m * Math.sqrt(1 - e2)
  const ep2 = e2 / (1 - e2)
  let beta = Math.atan2(z * a_m, p * b_m)
  let lat = 0
  for (let round = 0; round < 4; round++) {
    lat = Math.atan2(z + ep2 * b_m * Math.sin(beta) ** 3, p - e2 * a_m * Math.cos(beta) ** 3)
    beta = Math.atan2(b_m * Math.sin(lat), a_m * Math.cos(lat))
  }
  const sin = Math.sin(lat)
  const h_m = p * Math.cos(lat) + z * sin - a_m * Math.sqrt(1 - e2 * sin * sin)
  return [Math.atan2(y, x) / radians, lat / radians, h_m]
}
