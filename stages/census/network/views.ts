/** Answers of the network questions. */
import Type from "typebox"
import { Id, Json, LonLat, Nullable } from "../../../platform/http/views.ts"

const Seen = {
  /** Assets the caller may see; `hidden` counts those of others. */
  asset_ids: Type.Array(Id),
  length_m: Type.Number(),
  by_kind: Type.Record(Type.String(), Type.Integer()),
  hidden: Type.Integer(),
}
const Drawing = {
  /** FeatureCollection; properties id, lifeline, kind, code, role. */
  geojson: Json,
  /** Features beyond the limit of one answer. */
  not_drawn: Type.Integer(),
}
export const TraceView = Type.Object({
  asset_id: Id,
  lifeline: Type.String(),
  direction: Type.String(),
  /** False in pressure networks, where up and down mean the same. */
  directed: Type.Boolean(),
  ...Seen,
  ...Drawing,
})
export const ComponentView = Type.Object({
  asset_id: Id,
  lifeline: Type.String(),
  /** How many separate parts the whole network has. */
  components: Type.Integer(),
  ...Seen,
  ...Drawing,
})
export const PathView = Type.Object({ from: Id, to: Id, lifeline: Type.String(), ...Seen, ...Drawing })

export const Valve = Type.Object({
  asset_id: Id,
  code: Nullable(Type.String()),
  name: Nullable(Type.String()),
  kind: Type.String(),
  owner_id: Nullable(Type.Integer()),
  dn_mm: Nullable(Type.Number()),
  lon_lat: LonLat,
})
export const IsolationView = Type.Object({
  asset_id: Id,
  lifeline: Type.String(),
  /** Nearest first. */
  close: Type.Array(Valve),
  keep_closed: Type.Array(Valve),
  /** Valves that cannot be operated and made the part larger. */
  failed: Type.Array(Valve),
  second_ring: Type.Array(Valve),
  /** Valves of owners the caller may not see: the isolation needs them too. */
  hidden_valves: Type.Integer(),
  isolated: Type.Object(Seen),
  cut_off: Type.Object(Seen),
  dead_ends: Type.Object(Seen),
  sources_inside: Type.Array(Id),
  affected: Type.Object({ customers: Type.Integer(), hydrants: Type.Integer(), people: Type.Number() }),
  ...Drawing,
})
