import Type, { type Static } from "typebox"
import { Id, Json, Nullable, Time, Words } from "../../platform/http/views.ts"

export const envelopeKinds = ["summary", "warning", "order", "day"] as const
/** What a city pushes; applied once and in order. */
export const Envelope = Type.Object({
  city: Type.String({ maxLength: 40 }),
  sequence: Type.Integer({ minimum: 1 }),
  id: Type.String({ maxLength: 64 }),
  kind: Type.Union(envelopeKinds.map((k) => Type.Literal(k))),
  version: Type.Literal(1),
  city_time: Time,
  sent_at: Time,
  simulated: Type.Boolean(),
  body: Json,
})
export type Envelope = Static<typeof Envelope>

/** City side: the link to the province. */
export const LinkView = Type.Object({
  configured: Type.Boolean(),
  url: Nullable(Type.String()),
  state: Type.Union([Type.Literal("off"), Type.Literal("ok"), Type.Literal("waiting"), Type.Literal("refused")]),
  last_ok_at: Nullable(Time),
  waiting: Type.Integer(),
  last_problem: Nullable(Type.String()),
})
export type LinkView = Static<typeof LinkView>

/** Province side: one line per city. */
export const CityRow = Type.Object({
  id: Id,
  code: Type.String(),
  name: Words,
  simulated: Type.Boolean(),
  last_received_at: Nullable(Time),
  city_time: Nullable(Time),
  sequence: Type.Integer(),
  assets: Json, // { lifeline: { kind: count, … } }
  devices: Type.Object({ online: Type.Integer(), total: Type.Integer() }),
  warnings: Type.Array(Type.Integer()), // issued and not lifted, by severity
  orders: Type.Object({ open: Type.Integer(), overdue: Type.Integer(), closed: Type.Integer() }),
})
export type CityRow = Static<typeof CityRow>

export const CityDetail = Type.Object({
  ...CityRow.properties,
  warning_list: Type.Array(Json),
  order_list: Type.Array(Json),
  days: Type.Array(Json),
})
export type CityDetail = Static<typeof CityDetail>
