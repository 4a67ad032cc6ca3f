import Type, { type Static } from "typebox"
import { Id, LonLat, Nullable, Severity, Time, Words } from "../../platform/http/views.ts"
import { ClockView, HistoryRow } from "../warning/views.ts"

export const OrderRow = Type.Object({
  id: Id,
  code: Type.String(),
  warning_id: Id,
  warning_code: Type.String(),
  incident_id: Id,
  severity: Severity,
  lifeline: Type.String(),
  title: Type.String(),
  place: Words,
  lon_lat: Nullable(LonLat),
  owner: Words,
  owner_id: Id,
  state: Type.String(),
  /** Entered states in order with the time each took; the last is the current one. */
  track: Type.Array(
    Type.Object({
      state: Type.String(),
      entered_at: Time,
      took_ms: Nullable(Type.Integer()),
      limit_ms: Nullable(Type.Integer()),
    }),
  ),
  clock: Nullable(ClockView),
  overdue: Type.Boolean(),
  suspended: Type.Boolean(),
  marks: Type.Array(Type.String()), // urged, extended, returned, escalated, suspended
  assigned_at: Time,
  closed_at: Nullable(Time),
})
export type OrderRow = Static<typeof OrderRow>

export const PhotoView = Type.Object({
  hash: Type.String(),
  caption: Nullable(Type.String()),
  taken_by: Type.String(),
  city_time: Time,
  width: Type.Integer(),
  height: Type.Integer(),
  url: Type.String(),
})
export type PhotoView = Static<typeof PhotoView>

export const OrderView = Type.Object({
  ...OrderRow.properties,
  warning_text: Type.String(),
  measures: Type.String(),
  alarm_id: Id,
  steps: Type.Array(Words),
  photos: Type.Array(PhotoView),
  history: Type.Array(HistoryRow),
  /** The value that raised the alarm, now: recheck needs `normal_count` of `normal_needed` consecutive normal readings. */
  measured: Nullable(
    Type.Object({
      point: Id,
      name: Type.String(),
      unit: Type.String(),
      value: Nullable(Type.Number()),
      time: Nullable(Time),
      normal_count: Type.Integer(),
      normal_needed: Type.Integer(),
      condition: Type.String(),
    }),
  ),
  actions: Type.Array(Type.String()),
})
export type OrderView = Static<typeof OrderView>

/** Body of POST /api/response/orders/:id/:action. */
export const OrderActionBody = Type.Object({
  note: Type.Optional(Type.String({ maxLength: 1000 })),
  minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440 })),
  owner_id: Type.Optional(Id),
  /** Idempotency: the state the person saw. */
  from: Type.Optional(Type.String()),
})
export type OrderActionBody = Static<typeof OrderActionBody>

export const OrderSummary = Type.Object({
  overdue: Type.Integer(),
  due_30min: Type.Integer(),
  open: Type.Integer(),
  closed_today: Type.Integer(),
  on_time: Type.Object({ numerator: Type.Integer(), denominator: Type.Integer() }),
  returned: Type.Object({ numerator: Type.Integer(), denominator: Type.Integer() }),
  arrive_ms_median: Nullable(Type.Integer()),
  by_state: Type.Array(
    Type.Object({ state: Type.String(), count: Type.Integer(), limit_ms: Nullable(Type.Integer()) }),
  ),
})
export type OrderSummary = Static<typeof OrderSummary>
