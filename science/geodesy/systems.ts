/**
 * Coordinate systems. Longitudes and latitudes are those of CGCS2000, taken as WGS 84 (they differ by centimetres, less
 * than a pipeline survey's error). Heights are not touched: they stay in the datum of the survey, normally 1985 (EPSG 5737).
 */
import type { LonLat, Words } from "../../model/index.ts"
import { knownCodes } from "./codes.ts"
import { ellipsoids, fromGeocentric, radians, toGeocentric } from "./ellipsoids.ts"
import { bd09, gcj02 } from "./map-services.ts"
import { type Plane, transverseMercator } from "./transverse-mercator.ts"
import type { BursaWolf, Similarity, SystemDefinition, TransverseMercator } from "./types.ts"

export type CoordinateSystem = {
  /** "EPSG:4527", "GCJ-02", or made of the definition; the same for the same definition. */
  id: string
  name: Words
  /** What makes this system again; plain data. */
  definition: SystemDefinition
  /** Degrees: north is the latitude and east the longitude. Metres: a plane. */
  unit: "degrees" | "metres"
  /** Older datums lie 50–150 m beside CGCS2000 by a shift that is each region's own: fit one from control points. */
  needs_control_points: boolean
  toLonLat(north: number, east: number): LonLat
  fromLonLat(lon_lat: LonLat): [north: number, east: number]
  /** Many at a time; NaN stays NaN. */
  toLonLats(north: Float64Array, east: Float64Array): { lon: Float64Array; lat: Float64Array }
  fromLonLats(lon: Float64Array, lat: Float64Array): { north: Float64Array; east: Float64Array }
}

/** Makes the system of a definition; throws a RangeError that names the field, its value and what to write. */
export function coordinateSystem(definition: SystemDefinition): CoordinateSystem {
  if (typeof definition === "number") return systemOfCode(definition)
  if (definition === "gcj-02" || definition === "bd-09") return shiftedDegrees(definition)
  if (typeof definition !== "object" || definition === null)
    throw new RangeError(`coordinate system ${JSON.stringify(definition)} is unknown; give an EPSG code or parameters`)
  if ("similarity" in definition) return ownGrid(definition, definition.base, definition.similarity)
  if ("bursa_wolf" in definition) return ownDatum(definition, definition.plane, definition.bursa_wolf)
  return ownPlane(definition)
}

/** Codes that `coordinateSystem` takes, with names. */
export const knownSystems = (): { epsg: number; name: Words }[] =>
  [...knownCodes].map(([epsg, { name }]) => ({ epsg, name }))

function systemOfCode(epsg: number): CoordinateSystem {
  const code = knownCodes.get(epsg)
  if (!code)
    throw new RangeError(`EPSG:${epsg} is not among the known systems; give its central meridian and false easting`)
  const { name, plane, ellipsoid } = code
  const needs_control_points = ellipsoid === "xian80" || ellipsoid === "beijing54"
  const head = { id: `EPSG:${epsg}`, name, definition: epsg, needs_control_points }
  if (plane === "degrees") return made({ ...head, unit: "degrees" }, asIs)
  if (plane === "web-mercator") return made({ ...head, unit: "metres" }, webMercator)
  return made({ ...head, unit: "metres" }, transverseMercator(plane))
}

function ownPlane(plane: TransverseMercator): CoordinateSystem {
  const { central_meridian_deg, false_easting_m = 500_000, false_northing_m = 0, scale = 1 } = plane
  checkPlane(plane)
  return made(
    {
      id: idOf(plane),
      name: {
        zh: `高斯-克吕格投影 中央经线${central_meridian_deg}° 东偏${false_easting_m} m 北偏${false_northing_m} m${scale === 1 ? "" : ` 比例${scale}`}`,
        en: `Transverse Mercator, central meridian ${central_meridian_deg}°, false easting ${false_easting_m} m, false northing ${false_northing_m} m${scale === 1 ? "" : `, scale ${scale}`}`,
      },
      definition: plane,
      unit: "metres",
      needs_control_points: plane.ellipsoid === "xian80" || plane.ellipsoid === "beijing54",
    },
    transverseMercator(plane),
  )
}

const planeFields: { field: keyof TransverseMercator; min: number; max: number }[] = [
  { field: "central_meridian_deg", min: -180, max: 180 },
  { field: "false_easting_m", min: -1e8, max: 1e8 },
  { field: "false_northing_m", min: -1e8, max: 1e8 },
  { field: "scale", min: 0.9, max: 1.1 },
  { field: "latitude_origin_deg", min: -89, max: 89 },
]
function checkPlane(plane: TransverseMercator): void {
  for (const { field, min, max } of planeFields) {
    const value = plane[field]
    if (value === undefined && field !== "central_meridian_deg") continue
    if (typeof value !== "number" || !(value >= min && value <= max))
      throw new RangeError(`${field} ${value} must be a number from ${min} to ${max}`)
  }
  if (plane.ellipsoid !== undefined && !Object.hasOwn(ellipsoids, plane.ellipsoid))
    throw new RangeError(`ellipsoid ${plane.ellipsoid} is unknown; give ${Object.keys(ellipsoids).join(", ")}`)
}

/** Stable text of a definition: keys in a fixed order. */
const idOf = (value: unknown): string =>
  JSON.stringify(value, (_, v) =>
    v !== null && typeof v === "object" && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  )

const asIs: Plane = {
  forward(lon, lat, out) {
    out[0] = lat
    out[1] = lon
  },
  inverse(north, east, out) {
    out[0] = east
    out[1] = north
  },
}

const sphere_m = 6378137
const webMercator: Plane = {
  forward(lon, lat, out) {
    out[0] = sphere_m * Math.asinh(Math.tan(lat * radians))
    out[1] = sphere_m * lon * radians
  },
  inverse(north, east, out) {
    out[0] = east / sphere_m / radians
    out[1] = Math.atan(Math.sinh(north / sphere_m)) / radians
  },
}

function shiftedDegrees(definition: "gcj-02" | "bd-09"): CoordinateSystem {
  const name =
    definition === "gcj-02"
      ? { zh: "GCJ-02 经纬度（高德、腾讯）", en: "GCJ-02 degrees (AMap, Tencent)" }
      : { zh: "BD-09 经纬度（百度）", en: "BD-09 degrees (Baidu)" }
  const head = { id: definition.toUpperCase(), name, definition, unit: "degrees", needs_control_points: false } as const
  return made(head, definition === "gcj-02" ? gcj02 : bd09)
}

/** A city's own grid by four parameters. */
function ownGrid(definition: SystemDefinition, base_definition: SystemDefinition, s: Similarity): CoordinateSystem {
  const base = coordinateSystem(base_definition)
  const scale = 1 + s.scale_ppm * 1e-6
  for (const [field, value] of Object.entries(s))
    if (!Number.isFinite(value)) throw new RangeError(`${field} ${value} must be a number`)
  if (!(scale > 0)) throw new RangeError(`scale_ppm ${s.scale_ppm} must be above −1000000`)
  const a = scale * Math.cos(s.rotation_rad)
  const b = scale * Math.sin(s.rotation_rad)
  return made(
    {
      id: idOf(definition),
      name: { zh: `城市独立坐标系（四参数，${base.name.zh}）`, en: `City grid by four parameters on ${base.name.en}` },
      definition,
      unit: "metres",
      needs_control_points: false,
    },
    {
      forward(lon, lat, out) {
        const [north, east] = base.fromLonLat([lon, lat])
        const n = north - s.shift_north_m
        const e = east - s.shift_east_m
        out[0] = (a * n + b * e) / (scale * scale)
        out[1] = (a * e - b * n) / (scale * scale)
      },
      inverse(north, east, out) {
        const [lon, lat] = base.toLonLat(s.shift_north_m + a * north - b * east, s.shift_east_m + b * north + a * east)
        out[0] = lon
        out[1] = lat
      },
    },
  )
}

/** A grid on another datum by seven parameters; points are taken on the ellipsoid, heights are not touched. */
function ownDatum(definition: SystemDefinition, plane: TransverseMercator, shift: BursaWolf): CoordinateSystem {
  checkPlane(plane)
  for (const [field, value] of Object.entries(shift))
    if (!Number.isFinite(value)) throw new RangeError(`${field} ${value} must be a number`)
  const from = ellipsoids[plane.ellipsoid ?? "cgcs2000"]
  const local = transverseMercator(plane)
  const move = bursaWolf(shift)
  const inverse = (north: number, east: number, out: Float64Array): void => {
    local.inverse(north, east, out)
    const [lon, lat] = fromGeocentric(ellipsoids.cgcs2000, ...move(toGeocentric(from, out[0]!, out[1]!)))
    out[0] = lon
    out[1] = lat
  }
  return made(
    {
      id: idOf(definition),
      name: {
        zh: `城市独立坐标系（七参数，中央经线${plane.central_meridian_deg}°）`,
        en: `City grid by seven parameters, central meridian ${plane.central_meridian_deg}°`,
      },
      definition,
      unit: "metres",
      needs_control_points: false,
    },
    {
      inverse,
      forward(lon, lat, out) {
        // The height that the shift makes is dropped, so the way back is found by correcting what the way there gives.
        let guess_lon = lon
        let guess_lat = lat
        const back = new Float64Array(2)
        for (let round = 0; round < 5; round++) {
          local.forward(guess_lon, guess_lat, out)
          inverse(out[0]!, out[1]!, back)
          guess_lon += lon - back[0]!
          guess_lat += lat - back[1]!
        }
        local.forward(guess_lon, guess_lat, out)
      },
    },
  )
}

const arcsec = Math.PI / 180 / 3600
/** Geocentric coordinates through seven parameters. */
export function bursaWolf(p: BursaWolf): (xyz: [number, number, number]) => [number, number, number] {
  const m = 1 + p.scale_ppm * 1e-6
  const rx = p.rx_arcsec * arcsec
  const ry = p.ry_arcsec * arcsec
  const rz = p.rz_arcsec * arcsec
  return ([x, y, z]) => [
    p.tx_m + m * (x - rz * y + ry * z),
    p.ty_m + m * (rz * x + y - rx * z),
    p.tz_m + m * (-ry * x + rx * y + z),
  ]
}

type Head = Omit<CoordinateSystem, "toLonLat" | "fromLonLat" | "toLonLats" | "fromLonLats">
function made(head: Head, { forward, inverse }: Plane): CoordinateSystem {
  const many = (first: Float64Array, second: Float64Array, use: Plane["inverse"]): [Float64Array, Float64Array] => {
    if (first.length !== second.length)
      throw new RangeError(`${first.length} and ${second.length} coordinates; give two for each point`)
    const out = new Float64Array(2)
    const a = new Float64Array(first.length)
    const b = new Float64Array(first.length)
    for (let i = 0; i < first.length; i++) {
      use(first[i]!, second[i]!, out)
      a[i] = out[0]!
      b[i] = out[1]!
    }
    return [a, b]
  }
  const one = (first: number, second: number, use: Plane["inverse"]): [number, number] => {
    const out = new Float64Array(2)
    use(first, second, out)
    return [out[0]!, out[1]!]
  }
  return {
    ...head,
    toLonLat: (north, east) => one(north, east, inverse),
    fromLonLat: ([lon, lat]) => one(lon, lat, forward),
    toLonLats(north, east) {
      const [lon, lat] = many(north, east, inverse)
      return { lon, lat }
    },
    fromLonLats(lon, lat) {
      const [north, east] = many(lon, lat, forward)
      return { north, east }
    },
  }
}
