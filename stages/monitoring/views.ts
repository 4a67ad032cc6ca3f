import Type, { type Static } from "typebox"
import { Id, Json, LonLat, Nullable, Time, Words } from "../../platform/http/views.ts"

export const LatestView = Type.Object({
  point: Id,
  time: Time,
  value: Type.Number(),
  quality: Type.Array(Type.String()),
  arrived: Time,
  /** True when older than three expected intervals. */
  stale: Type.Boolean(),
})
export type LatestView = Static<typeof LatestView>

export const PointRow = Type.Object({
  id: Id,
  device_id: Id,
  device_code: Type.String(),
  device_name: Type.String(),
  lifeline: Type.String(),
  indicator: Type.String(),
  indicator_name: Words,
  unit: Type.String(),
  decimals: Type.Integer(),
  interval_ms: Type.Integer(),
  value_kind: Type.String(),
  asset_id: Nullable(Id),
  asset_code: Nullable(Type.String()),
  area: Nullable(Type.String()),
  place: Words,
  lon_lat: Nullable(LonLat),
  latest: Nullable(LatestView),
})
export type PointRow = Static<typeof PointRow>

export const DeviceRow = Type.Object({
  id: Id,
  code: Type.String(),
  name: Type.String(),
  lifeline: Type.String(),
  kind: Type.String(),
  gateway: Nullable(Type.String()),
  owner: Nullable(Words),
  state: Type.Union([Type.Literal("never_heard"), Type.Literal("online"), Type.Literal("silent")]),
  state_since: Nullable(Time),
  last_time: Nullable(Time),
  place: Words,
  lon_lat: Nullable(LonLat),
  simulated: Type.Boolean(),
  points: Type.Integer(),
})
export type DeviceRow = Static<typeof DeviceRow>

export const DeviceView = Type.Object({
  ...DeviceRow.properties,
  point_list: Type.Array(PointRow),
  history: Type.Array(Json),
})
export type DeviceView = Static<typeof DeviceView>

/** A curve decimated by min/max; null values mark gaps longer than three intervals. */
export const CurveView = Type.Object({
  point: Id,
  unit: Type.String(),
  time: Type.Array(Time),
  value: Type.Array(Nullable(Type.Number())),
  quality: Type.Array(Type.Integer()),
  decimated: Type.Boolean(),
})
export type CurveView = Static<typeof CurveView>

export const QuarantineRow = Type.Object({
  id: Id,
  arrived_at: Time,
  door: Type.String(),
  client: Type.String(),
  topic: Type.String(),
  code: Type.String(),
  words: Words,
  field: Nullable(Type.String()),
  value: Nullable(Type.String()),
  payload: Type.String(),
})
export type QuarantineRow = Static<typeof QuarantineRow>

export const ArrivalsView = Type.Array(Type.Object({ start: Time, count: Type.Integer() }))
