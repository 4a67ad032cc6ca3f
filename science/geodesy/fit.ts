/** A city's own grid from control points: parameters by least squares, with what is left over at each point. */
import type { LonLat } from "../../model/index.ts"
import { ellipsoids, radians, toGeocentric } from "./ellipsoids.ts"
import { leastSquares, type Observation } from "./least-squares.ts"
import { bursaWolf, type CoordinateSystem, coordinateSystem } from "./systems.ts"
import { transverseMercator } from "./transverse-mercator.ts"
import type { BursaWolf, Similarity, SystemDefinition, TransverseMercator } from "./types.ts"

/** A point known in both: metres of the city's grid, and its place on earth (CGCS2000 degrees). */
export type ControlPoint = { name: string; north_m: number; east_m: number; lon_lat: LonLat }

/** What is left over at a point, known minus fitted, in metres to the north and east. */
export type FitPoint = { name: string; north_m: number; east_m: number; length_m: number; without_m: number | null }

export type FitReport = {
  definition: SystemDefinition
  system: CoordinateSystem
  points: FitPoint[]
  /** Root of the mean square length of what is left over, m; 0 where there are no more points than needed. */
  rms_m: number
  /** The point with most left over. */
  largest: { index: number; length_m: number }
  /** A point that looks like a gross error: without it the others agree best, and it lies far off from what they say. */
  suspect: { index: number; off_m: number; rms_without_m: number } | null
  /** Points beyond those that the parameters need; 0 means that nothing checks the fit. */
  redundant: number
}

const points_max = 2000
/** A point is suspect this many times farther off than the others' spread, and by more than a survey's error. Defaults of ours. */
const suspect_times = 5
const suspect_m_min = 0.05

/** Four parameters (shift, rotation, scale) onto the plane of `base`. At least 2 points; 3 check each other, 4 find a bad one. */
export function fitSimilarity(
  points: readonly ControlPoint[],
  base: SystemDefinition,
): FitReport & { parameters: Similarity } {
  checkPoints(points, 2)
  const system = coordinateSystem(base)
  const targets = points.map((p) => system.fromLonLat(p.lon_lat))
  // Around the middle of both, so that numbers stay small: north' = t + a·north − b·east, east' = u + b·north + a·east.
  const [north0, east0] = [mean(points.map((p) => p.north_m)), mean(points.map((p) => p.east_m))]
  const [north1, east1] = [mean(targets.map((t) => t[0])), mean(targets.map((t) => t[1]))]
  const observations = points.map((p, i): Observation => {
    const n = p.north_m - north0
    const e = p.east_m - east0
    return [
      { row: [1, 0, n, -e], value: targets[i]![0] - north1 - n },
      { row: [0, 1, e, n], value: targets[i]![1] - east1 - e },
    ]
  })
  const parametersOf = ([t, u, da, b]: number[]): Similarity => {
    const a = 1 + da!
    return {
      shift_north_m: north1 + t! - a * north0 + b! * east0,
      shift_east_m: east1 + u! - b! * north0 - a * east0,
      rotation_rad: Math.atan2(b!, a),
      scale_ppm: (Math.hypot(a, b!) - 1) * 1e6,
    }
  }
  const definitionOf = (x: number[]): SystemDefinition => ({ base, similarity: parametersOf(x) })
  const plane = (x: number[], i: number): [number, number] => {
    const { shift_north_m, shift_east_m, rotation_rad, scale_ppm } = parametersOf(x)
    const a = (1 + scale_ppm * 1e-6) * Math.cos(rotation_rad)
    const b = (1 + scale_ppm * 1e-6) * Math.sin(rotation_rad)
    const { north_m, east_m } = points[i]!
    const [north, east] = targets[i]!
    return [north - (shift_north_m + a * north_m - b * east_m), east - (shift_east_m + b * north_m + a * east_m)]
  }
  const { x, report } = reportOf(points, observations, 4, 2, plane)
  const definition = definitionOf(x)
  return { ...report, definition, system: coordinateSystem(definition), parameters: parametersOf(x) }
}

/**
 * Seven parameters between the ellipsoid of `plane` and CGCS2000 (Bursa–Wolf, position vector). At least 3 points; heights
 * are taken as 0 on both ellipsoids and stay untouched. Over a single city shift and rotation can hardly be told apart:
 * judge by what is left over, not by the parameters.
 */
export function fitBursaWolf(
  points: readonly ControlPoint[],
  plane: TransverseMercator,
): FitReport & { parameters: BursaWolf } {
  checkPoints(points, 3)
  const local = transverseMercator(plane)
  const from = ellipsoids[plane.ellipsoid ?? "cgcs2000"]
  const out = new Float64Array(2)
  const sources = points.map((p) => {
    local.inverse(p.north_m, p.east_m, out)
    return toGeocentric(from, out[0]!, out[1]!)
  })
  const targets = points.map((p) => toGeocentric(ellipsoids.cgcs2000, p.lon_lat[0], p.lon_lat[1]))
  const middle = [0, 1, 2].map((k) => mean(sources.map((s) => s[k]!)))
  // Metres at the edge of the network per unit, so that all seven columns have a like size.
  const size = Math.max(1, ...sources.map((s) => Math.hypot(...s.map((v, k) => v - middle[k]!))))
  const observations = sources.map((s, i): Observation => {
    const [x, y, z] = s.map((v, k) => (v - middle[k]!) / size) as [number, number, number]
    const [dx, dy, dz] = targets[i]!.map((v, k) => v - s[k]!) as [number, number, number]
    return [
      { row: [1, 0, 0, 0, z, -y, x], value: dx },
      { row: [0, 1, 0, -z, 0, x, y], value: dy },
      { row: [0, 0, 1, y, -x, 0, z], value: dz },
    ]
  })
  const parametersOf = (found: number[]): BursaWolf => {
    const [tx, ty, tz, wx, wy, wz, m] = found.map((v, k) => (k < 3 ? v : v / size)) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const [x, y, z] = middle as [number, number, number]
    const toArcsec = 3600 / radians / (1 + m)
    return {
      tx_m: tx - (m * x + wy * z - wz * y),
      ty_m: ty - (m * y + wz * x - wx * z),
      tz_m: tz - (m * z + wx * y - wy * x),
      rx_arcsec: wx * toArcsec,
      ry_arcsec: wy * toArcsec,
      rz_arcsec: wz * toArcsec,
      scale_ppm: m * 1e6,
    }
  }
  const left = (found: number[], i: number): [number, number] => {
    const moved = bursaWolf(parametersOf(found))(sources[i]!)
    const d = targets[i]!.map((v, k) => v - moved[k]!) as [number, number, number]
    const [lon, lat] = points[i]!.lon_lat.map((v) => v * radians) as [number, number]
    const toPole = -Math.sin(lat) * (Math.cos(lon) * d[0] + Math.sin(lon) * d[1]) + Math.cos(lat) * d[2]
    return [toPole, -Math.sin(lon) * d[0] + Math.cos(lon) * d[1]]
  }
  const { x, report } = reportOf(points, observations, 7, 3, left)
  const parameters = parametersOf(x)
  const definition: SystemDefinition = { plane, bursa_wolf: parameters }
  return { ...report, definition, system: coordinateSystem(definition), parameters }
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length

function checkPoints(points: readonly ControlPoint[], least: number): void {
  if (points.length < least) throw new RangeError(`${points.length} control points; give at least ${least}`)
  if (points.length > points_max)
    throw new RangeError(`${points.length} control points; give at most ${points_max}, spread over the city`)
  for (const p of points)
    for (const [field, value] of [
      ["north", p.north_m],
      ["east", p.east_m],
      ["longitude", p.lon_lat[0]],
      ["latitude", p.lon_lat[1]],
    ] as const)
      if (!Number.isFinite(value)) throw new RangeError(`control point ${p.name}: ${field} ${value} must be a number`)
}

type Left = (parameters: number[], index: number) => [north_m: number, east_m: number]

/** Fits, then fits again without each point. `each_m` of a point alone says less: a gross error pulls the fit to itself. */
function reportOf(
  points: readonly ControlPoint[],
  observations: readonly Observation[],
  parameters: number,
  points_needed: number,
  left: Left,
): { x: number[]; report: Omit<FitReport, "definition" | "system"> } {
  const solve = leastSquares(observations, parameters)
  const x = solve(null)
  if (!x)
    throw new RangeError("the control points lie at one place or on a line; choose points spread over the whole city")
  const rmsOf = (lengths: number[]): number => Math.sqrt(mean(lengths.map((l) => l * l)))
  const lengths = points.map((_, i) => Math.hypot(...left(x, i)))
  let suspect: FitReport["suspect"] = null
  const fitted = points.map((point, index): FitPoint => {
    const [north_m, east_m] = left(x, index)
    const others = points.length - 1 > points_needed ? solve(index) : null
    const without_m = others && Math.hypot(...left(others, index))
    if (others && without_m !== null && without_m > suspect_m_min) {
      const rms_without_m = rmsOf(points.flatMap((_, i) => (i === index ? [] : [Math.hypot(...left(others, i))])))
      if (without_m > suspect_times * rms_without_m && rms_without_m < (suspect?.rms_without_m ?? Infinity))
        suspect = { index, off_m: without_m, rms_without_m }
    }
    return { name: point.name, north_m, east_m, length_m: lengths[index]!, without_m }
  })
  const index = lengths.reduce((best, l, i) => (l > lengths[best]! ? i : best), 0)
  return {
    x,
    report: {
      points: fitted,
      rms_m: rmsOf(lengths),
      largest: { index, length_m: lengths[index]! },
      suspect,
      redundant: points.length - points_needed,
    },
  }
}
