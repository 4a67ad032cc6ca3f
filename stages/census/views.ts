import Type, { type Static } from "typebox"
import { Geometry, Id, Json, LonLat, Nullable, Time, Words } from "../../platform/http/views.ts"

/** GET /api/city: what the console needs before anybody signs in (accounts only in demo mode on 127.0.0.1). */
export const CityView = Type.Object({
  name: Words,
  code: Type.String(),
  level: Type.Union([Type.Literal("city"), Type.Literal("province")]),
  clock_mode: Type.Union([Type.Literal("real"), Type.Literal("demo"), Type.Literal("replay")]),
  time_zone: Type.String(),
  version: Type.String(),
  /** [west, south, east, north] of the census; null when empty. */
  bounds: Nullable(Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()])),
  /** Where the map starts: the densest part. */
  center: Nullable(LonLat),
  base_map: Type.Boolean(),
  /** Online tiles below the city's own map, with {z} {x} {y}; null where the city uses none. */
  wmts_url: Nullable(Type.String()),
  demo_accounts: Type.Array(
    Type.Object({ login: Type.String(), password: Type.String(), name: Type.String(), role: Type.String() }),
  ),
  setup_needed: Type.Boolean(),
})
export type CityView = Static<typeof CityView>

/** GET /api/lifelines: the declarations the console derives layers, legends, units and forms from. */
export const LifelineView = Type.Object({
  id: Type.String(),
  name: Words,
  class_code: Type.String(),
  symbol: Type.String(),
  maturity: Type.String(),
  assets: Type.Array(
    Type.Object({
      kind: Type.String(),
      name: Words,
      geometry: Type.String(),
      symbol: Type.String(),
      attributes: Type.Array(Json), // AttributeDeclaration
    }),
  ),
  indicators: Type.Array(Json), // Indicator
  thresholds: Type.Array(Json), // Threshold
  report: Type.Object({
    found: Type.Array(Type.Object({ id: Type.String(), name: Words })),
    done: Type.Array(Type.Object({ id: Type.String(), name: Words })),
  }),
  rules: Type.Array(Type.Object({ rule: Type.String(), version: Type.Integer(), name: Words })),
})
export type LifelineView = Static<typeof LifelineView>

export const AssetRow = Type.Object({
  id: Id,
  lifeline: Type.String(),
  kind: Type.String(),
  code: Nullable(Type.String()),
  name: Nullable(Type.String()),
  owner: Nullable(Words),
  area: Nullable(Type.String()),
  place: Words,
  lon_lat: LonLat,
})
export type AssetRow = Static<typeof AssetRow>

export const AssetView = Type.Object({
  ...AssetRow.properties,
  geometry: Geometry,
  schematic: Type.Boolean(),
  source: Type.Object({ file: Type.String(), source_id: Type.String(), batch_id: Id }),
  attributes: Type.Array(Type.Object({ id: Type.String(), name: Words, value: Json, unit: Nullable(Type.String()) })),
  versions: Type.Array(
    Type.Object({ version: Type.Integer(), valid_from: Time, valid_to: Nullable(Time), recorded_at: Time }),
  ),
  points: Type.Array(
    Type.Object({ id: Id, indicator: Type.String(), unit: Type.String(), device_code: Type.String() }),
  ),
  alarms: Type.Array(
    Type.Object({ id: Id, title: Words, severity: Type.Integer(), raised_at: Time, condition: Type.String() }),
  ),
  risk: Nullable(Type.Object({ score: Type.Number(), band: Type.Integer() })),
})
export type AssetView = Static<typeof AssetView>

export const AreaRow = Type.Object({
  id: Id,
  code: Type.String(),
  name: Type.String(),
  kind: Type.String(),
  lifeline: Nullable(Type.String()),
  pipe_length_m: Type.Number(),
  lon_lat: Nullable(LonLat),
})
export type AreaRow = Static<typeof AreaRow>

export const BatchRow = Type.Object({
  id: Id,
  file_name: Type.String(),
  lifeline: Type.String(),
  imported_at: Time,
  assets: Type.Integer(),
  devices: Type.Integer(),
  problems: Type.Array(Json),
})
export type BatchRow = Static<typeof BatchRow>
