/**
 * Transverse Mercator by L. Krüger's series in the third flattening to the fourth order, with the formulas of
 * C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers", J. Geodesy 85 (2011), eqs. 7–11 and 35–36.
 * Within 6° of the central meridian the terms left out stay below a micrometre.
 */
import { ellipsoids, radians } from "./ellipsoids.ts"
import type { TransverseMercator } from "./types.ts"

/** Both write their two numbers into `out`: [lon, lat] in degrees, [north, east] in metres. */
export type Plane = {
  forward(lon: number, lat: number, out: Float64Array): void
  inverse(north: number, east: number, out: Float64Array): void
}

/** Functions of one plane; missing parameters are those of a 3° zone without number on CGCS2000. */
export function transverseMercator(definition: TransverseMercator): Plane {
  const { a_m, e2, n } = ellipsoids[definition.ellipsoid ?? "cgcs2000"]
  const { false_easting_m = 500_000, false_northing_m = 0, scale = 1, latitude_origin_deg = 0 } = definition
  const e = Math.sqrt(e2)
  const meridian = definition.central_meridian_deg
  const radius = (scale * a_m * (1 + n ** 2 / 4 + n ** 4 / 64)) / (1 + n)
  const alpha = [
    n / 2 - (2 / 3) * n ** 2 + (5 / 16) * n ** 3 + (41 / 180) * n ** 4,
    (13 / 48) * n ** 2 - (3 / 5) * n ** 3 + (557 / 1440) * n ** 4,
    (61 / 240) * n ** 3 - (103 / 140) * n ** 4,
    (49561 / 161280) * n ** 4,
  ]
  const beta = [
    n / 2 - (2 / 3) * n ** 2 + (37 / 96) * n ** 3 - n ** 4 / 360,
    n ** 2 / 48 + n ** 3 / 15 - (437 / 1440) * n ** 4,
    (17 / 480) * n ** 3 - (37 / 840) * n ** 4,
    (4397 / 161280) * n ** 4,
  ]
  /** Σ c_j · sin 2jζ of a complex ζ = xi + i·eta; the multiples of the angle by addition, not by more sines. */
  let sum_xi = 0
  let sum_eta = 0
  const series = (c: readonly number[], xi: number, eta: number): void => {
    const s = Math.sin(2 * xi)
    const co = Math.cos(2 * xi)
    const up = Math.exp(2 * eta)
    const sh = (up - 1 / up) / 2
    const ch = (up + 1 / up) / 2
    let sj = s
    let cj = co
    let shj = sh
    let chj = ch
    sum_xi = 0
    sum_eta = 0
    for (let j = 0; j < 4; j++) {
      sum_xi += c[j]! * sj * chj
      sum_eta += c[j]! * cj * shj
      const next = sj * co + cj * s
      cj = cj * co - sj * s
      sj = next
      const more = shj * ch + chj * sh
      chj = chj * ch + shj * sh
      shj = more
    }
  }
  const forwardAngles = (lon: number, lat: number, out: Float64Array): void => {
    const tau = Math.tan(lat * radians)
    const root = Math.sqrt(1 + tau * tau)
    const sigma = Math.sinh(e * Math.atanh((e * tau) / root))
    const conformal = tau * Math.sqrt(1 + sigma * sigma) - sigma * root
    const lambda = (lon - meridian) * radians
    const cos = Math.cos(lambda)
    const xi = Math.atan2(conformal, cos)
    const eta = Math.asinh(Math.sin(lambda) / Math.sqrt(conformal * conformal + cos * cos))
    series(alpha, xi, eta)
    out[0] = xi + sum_xi
    out[1] = eta + sum_eta
  }
  const origin = new Float64Array(2)
  forwardAngles(meridian, latitude_origin_deg, origin)
  const north0 = false_northing_m - radius * origin[0]!
  return {
    forward(lon, lat, out) {
      forwardAngles(lon, lat, out)
      out[0] = north0 + radius * out[0]!
      out[1] = false_easting_m + radius * out[1]!
    },
    inverse(north, east, out) {
      const xi = (north - north0) / radius
      const eta = (east - false_easting_m) / radius
      series(beta, xi, eta)
      const xi1 = xi - sum_xi
      const eta1 = eta - sum_eta
      const sh = Math.sinh(eta1)
      const cos = Math.cos(xi1)
      const conformal = Math.sin(xi1) / Math.sqrt(sh * sh + cos * cos)
      // Newton's method for the tangent of the latitude; the second step is already below rounding.
      let tau = conformal / (1 - e2)
      for (let round = 0; round < 3; round++) {
        const root = Math.sqrt(1 + tau * tau)
        const sigma = Math.sinh(e * Math.atanh((e * tau) / root))
        const here = tau * Math.sqrt(1 + sigma * sigma) - sigma * root
        tau += (((conformal - here) / Math.sqrt(1 + here * here)) * (1 + (1 - e2) * tau * tau)) / ((1 - e2) * root)
      }
      out[0] = meridian + Math.atan2(sh, cos) / radians
      out[1] = Math.atan(tau) / radians
    },
  }
}
