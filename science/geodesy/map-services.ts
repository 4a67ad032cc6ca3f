/**
 * Degrees as Chinese map services shift them. The formulas are nobody's publication; these are the ones that open
 * libraries agree on (gcoord, MIT), written for many points at a time. Outside of the shifted region nothing moves.
 */
import { radians } from "./ellipsoids.ts"
import type { Plane } from "./transverse-mercator.ts"

/** Krassowsky's ellipsoid, as the formulas have it. */
const a_m = 6378245
const e2 = 0.006693421622965823
const { sin, cos, sqrt, abs, PI } = Math

const isShifted = (lon: number, lat: number): boolean =>
  lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271

/** Writes how far GCJ-02 lies from a place, degrees east and north. */
function gcjShift(lon: number, lat: number, out: Float64Array): void {
  out[0] = 0
  out[1] = 0
  if (!isShifted(lon, lat)) return
  const x = lon - 105
  const y = lat - 35
  const wave = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3
  const root = sqrt(abs(x))
  const north_m =
    -100 +
    2 * x +
    3 * y +
    0.2 * y * y +
    0.1 * x * y +
    0.2 * root +
    wave +
    ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3 +
    ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3
  const east_m =
    300 +
    x +
    2 * y +
    0.1 * x * x +
    0.1 * x * y +
    0.1 * root +
    wave +
    ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3 +
    ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3
  const s = sin(lat * radians)
  const w = 1 - e2 * s * s
  const w_root = sqrt(w)
  out[0] = east_m / ((a_m / w_root) * cos(lat * radians) * radians)
  out[1] = north_m / (((a_m * (1 - e2)) / (w * w_root)) * radians)
}

/** Writes how far BD-09 lies from GCJ-02. */
function bdShift(lon: number, lat: number, out: Float64Array): void {
  out[0] = 0
  out[1] = 0
  if (!isShifted(lon, lat)) return
  const per_degree = 3000 * radians
  const z = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * per_degree)
  const theta = Math.atan2(lat, lon) + 0.000003 * cos(lon * per_degree)
  out[0] = z * cos(theta) + 0.0065 - lon
  out[1] = z * sin(theta) + 0.006 - lat
}

/** Finds what a shift brings to (lon, lat). Each round leaves a fiftieth or less of the error; it never runs on. */
function unshift(shift: typeof gcjShift, lon: number, lat: number, out: Float64Array): void {
  let x = lon
  let y = lat
  for (let round = 0; round < 8; round++) {
    shift(x, y, out)
    const moved = abs(lon - out[0]! - x) + abs(lat - out[1]! - y)
    x = lon - out[0]!
    y = lat - out[1]!
    // A ten-billionth of a degree is a hundredth of a millimetre; the next round would move less than a fiftieth of it.
    if (!(moved > 5e-9)) break
  }
  out[0] = x
  out[1] = y
}

export const gcj02: Plane = {
  forward(lon, lat, out) {
    gcjShift(lon, lat, out)
    const east = lon + out[0]!
    out[0] = lat + out[1]!
    out[1] = east
  },
  inverse: (north, east, out) => unshift(gcjShift, east, north, out),
}

export const bd09: Plane = {
  forward(lon, lat, out) {
    gcjShift(lon, lat, out)
    const x = lon + out[0]!
    const y = lat + out[1]!
    bdShift(x, y, out)
    const east = x + out[0]!
    out[0] = y + out[1]!
    out[1] = east
  },
  inverse(north, east, out) {
    unshift(bdShift, east, north, out)
    unshift(gcjShift, out[0]!, out[1]!, out)
  },
}
