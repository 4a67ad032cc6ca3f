import Type, { type Static } from "typebox"
import { Id, Json, Nullable, Time } from "../../../platform/http/views.ts"

const Count = Type.Integer({ minimum: 0 })
const Text = Nullable(Type.String())

export const ChangeSetView = Type.Object({
  id: Id,
  delivery_id: Id,
  delivery_name: Type.String(),
  status: Type.String(),
  source: Type.String(),
  counts: Type.Object({
    added: Count,
    changed: Count,
    ended: Count,
    unchanged: Count,
    held: Count,
    kept: Count,
  }),
  submitted_at: Time,
  submitted_by: Nullable(Id),
  submitted_name: Type.String(),
  decided_at: Nullable(Time),
  decided_name: Text,
  reason: Text,
  published_at: Nullable(Time),
  valid_from: Nullable(Time),
  batch_ids: Type.Array(Id),
  undone_at: Nullable(Time),
  undone_name: Text,
  undo_reason: Text,
  undo_batch_ids: Type.Array(Id),
})
export type ChangeSetView = Static<typeof ChangeSetView>

export const ChangeView = Type.Object({
  id: Id,
  action: Type.String(),
  lifeline: Type.String(),
  kind: Type.String(),
  code: Text,
  source_id: Type.String(),
  asset_id: Nullable(Id),
  lon: Type.Number(),
  lat: Type.Number(),
  /** Name, geometry and attributes on each side; null where there is none. */
  before: Json,
  after: Json,
  /** Names of what differs: "geometry", "name" or an attribute. */
  fields: Type.Array(Type.String()),
})
export type ChangeView = Static<typeof ChangeView>

export const SpanView = Type.Object({
  attribute: Type.String(),
  value: Json,
  source: Type.String(),
  file: Type.String(),
  batch_id: Id,
  by: Type.String(),
  accuracy: Json,
  valid_from: Time,
  valid_to: Nullable(Time),
  recorded_at: Time,
})
