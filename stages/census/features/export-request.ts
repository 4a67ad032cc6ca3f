/** What an export of the census is asked for: which features, as they were when, in which form and for what reason. */
import Type from "typebox"
import { type LonLat, ProblemError, problem, type Scope } from "../../../model/index.ts"
import { LonLat as LonLatView, Time } from "../../../platform/http/views.ts"
import type { ExportFormat } from "../../../platform/tables/index.ts"
import { type CoordinateSystem, coordinateSystem } from "../../../science/index.ts"
import { type Collection, visibleCollections } from "./collections.ts"
import type { Selection } from "./store.ts"

export const export_formats = ["gpkg", "shp", "dxf", "xlsx", "geojson", "csv"] as const satisfies ExportFormat[]
const ring_points_max = 1_000

export const ExportRequest = Type.Object({
  lifelines: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 100 })),
  kinds: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 500 })),
  /** West, south, east, north in degrees. */
  bbox: Type.Optional(Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()])),
  /** A ring of longitude and latitude; it is closed where it is not. */
  polygon: Type.Optional(Type.Array(LonLatView, { minItems: 3, maxItems: ring_points_max })),
  /** Code of an area or district. */
  area: Type.Optional(Type.String({ maxLength: 100 })),
  /** As it was then, UTC ms; as it is now without it. */
  at: Type.Optional(Time),
  format: Type.Union(export_formats.map((format) => Type.Literal(format))),
  /** EPSG code: 4326 (WGS 84), 4490, or a 3° zone of CGCS2000, 4513–4554. */
  crs: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  reason: Type.String({ minLength: 1, maxLength: 500 }),
})

export type ExportAsk = {
  lifelines?: string[]
  kinds?: string[]
  bbox?: [number, number, number, number]
  polygon?: LonLat[]
  area?: string
  at?: number
  format: ExportFormat
  crs?: number
  reason: string
}

const refuse = (field: string, value: unknown, zh: string, en: string): never => {
  throw new ProblemError(problem("bad-export", 400, zh, en, { field, value }))
}

/** Checks what the schema cannot say. */
export function checkAsk(ask: ExportAsk): void {
  for (const field of ["reason", "area"] as const)
    if (ask[field]?.includes("\0"))
      refuse(field, ask[field], `${field} 不能含有空字符`, `The ${field} must not hold a null character`)
  if (ask.reason.trim().length < 2) refuse("reason", ask.reason, "请写明导出的用途", "Say what the export is for")
  if ([ask.bbox, ask.polygon, ask.area].filter((part) => part !== undefined).length > 1)
    refuse("bbox", ask.bbox, "bbox、polygon、area 只能给一个", "Give only one of bbox, polygon and area")
  if (ask.bbox && !(ask.bbox[0] <= ask.bbox[2] && ask.bbox[1] <= ask.bbox[3]))
    refuse("bbox", ask.bbox, "bbox 应为西、南、东、北", "The bbox is west, south, east, north")
  if (ask.format === "geojson" && ask.crs !== undefined && ask.crs !== 4326)
    refuse(
      "crs",
      ask.crs,
      "GeoJSON 只能用 WGS 84（EPSG:4326）；其他坐标系请选 GeoPackage、Shapefile 或 DXF",
      "GeoJSON is WGS 84 (EPSG:4326) only; choose GeoPackage, Shapefile or DXF for other systems",
    )
  gridOf(ask.crs)
}

/** The collections that are asked for, of those that the scopes let see. */
export function collectionsAsked(all: readonly Collection[], ask: ExportAsk, scopes: readonly Scope[]): Collection[] {
  const known = new Set(all.flatMap((c) => [c.lifeline, c.kind, c.id]))
  for (const [field, names] of [
    ["lifelines", ask.lifelines],
    ["kinds", ask.kinds],
  ] as const)
    for (const name of names ?? [])
      if (!known.has(name)) refuse(field, name, `没有「${name}」这一类`, `There is no ${name}`)
  return visibleCollections(all, scopes).filter(
    (c) =>
      (ask.lifelines === undefined || ask.lifelines.includes(c.lifeline)) &&
      (ask.kinds === undefined || ask.kinds.includes(c.kind) || ask.kinds.includes(c.id)),
  )
}

export function selectionOf(ask: ExportAsk, { lifeline, kind }: Collection, scopes: readonly Scope[]): Selection {
  const ring = ask.polygon && closed(ask.polygon)
  return {
    lifeline,
    kind,
    scopes,
    code: null,
    name: null,
    attributes: [],
    windows: ask.bbox === undefined ? null : [ask.bbox],
    span: ask.at === undefined ? null : { from: ask.at, to: ask.at },
    ...(ring && { ring }),
    ...(ask.area !== undefined && { area: ask.area }),
  }
}

function closed(ring: LonLat[]): LonLat[] {
  const [first, last] = [ring[0]!, ring.at(-1)!]
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first]
}

export type Grid = { epsg: number; name: string; wkt: string; system: CoordinateSystem | null }

const sphere = (name: string, datum: string, flattening: string, epsg: number) =>
  `GEOGCS["${name}",DATUM["${datum}",SPHEROID["${name}",6378137,${flattening}]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","${epsg}"]]`
const cgcs2000 = sphere("China Geodetic Coordinate System 2000", "China_2000", "298.257222101", 4490)

/**
 * The system of a file's coordinates; a null `system` leaves degrees as they are. Zones by the EPSG registry: 4513–4533
 * are the 3° zones 25–45 with the zone's number in the easting, 4534–4554 the same without.
 */
export function gridOf(epsg = 4326): Grid {
  if (epsg === 4326)
    return { epsg, name: "WGS 84", wkt: sphere("WGS 84", "WGS_1984", "298.257223563", 4326), system: null }
  if (epsg === 4490) return { epsg, name: "CGCS2000", wkt: cgcs2000, system: null }
  if (epsg < 4513 || epsg > 4554)
    refuse(
      "crs",
      epsg,
      `不能导出到 EPSG:${epsg}；可用 4326（WGS 84）、4490（CGCS2000 经纬度）、4513–4554（CGCS2000 三度带）`,
      `Cannot export in EPSG:${epsg}; use 4326 (WGS 84), 4490 (CGCS2000 degrees) or 4513–4554 (3° zones of CGCS2000)`,
    )
  const numbered = epsg <= 4533
  const zone = 25 + (epsg - (numbered ? 4513 : 4534))
  const name = `CGCS2000 / 3-degree Gauss-Kruger ${numbered ? `zone ${zone}` : `CM ${zone * 3}E`}`
  const easting = (numbered ? zone * 1_000_000 : 0) + 500_000
  const wkt = `PROJCS["${name}",${cgcs2000},PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",${zone * 3}],PARAMETER["scale_factor",1],PARAMETER["false_easting",${easting}],PARAMETER["false_northing",0],UNIT["metre",1],AUTHORITY["EPSG","${epsg}"]]`
  return { epsg, name, wkt, system: coordinateSystem(epsg) }
}
