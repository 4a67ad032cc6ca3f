import Type, { type Static, type TSchema } from "typebox"
import { Nullable, Severity, Time, Words } from "../../platform/http/views.ts"

/**
 * Bodies of the four kinds of envelopes, version 1. A newer city may send more fields, which are kept; what stands here
 * must be there. No readings and no pipe geometry are ever among them.
 */
const Count = Type.Integer({ minimum: 0 })
const Code = Type.String({ minLength: 1, maxLength: 40 })

export const SummaryBody = Type.Object({
  code: Type.Literal("city"),
  /** { lifeline: { kind: count } } */
  assets: Type.Record(Type.String(), Type.Record(Type.String(), Count)),
  devices: Type.Object({ online: Count, total: Count }),
  devices_by_lifeline: Type.Record(Type.String(), Type.Object({ online: Count, total: Count })),
  /** Open alarms by severity, index 0 is level 1. */
  alarms: Type.Array(Count, { minItems: 4, maxItems: 4 }),
  alarms_by_lifeline: Type.Record(Type.String(), Type.Array(Count, { minItems: 4, maxItems: 4 })),
})
export type SummaryBody = Static<typeof SummaryBody>

export const WarningBody = Type.Object({
  code: Code,
  state: Type.Union(["issued", "lifted", "expired"].map((s) => Type.Literal(s))),
  severity: Severity,
  lifeline: Type.String({ maxLength: 40 }),
  title: Type.String({ maxLength: 200 }),
  text: Type.String({ maxLength: 4000 }),
  place: Nullable(Words),
  issued_at: Nullable(Time),
  lifted_at: Nullable(Time),
  version: Type.Integer({ minimum: 1 }),
})

export const OrderBody = Type.Object({
  code: Code,
  warning_code: Code,
  owner: Words,
  state: Type.String({ maxLength: 20 }),
  severity: Severity,
  lifeline: Type.String({ maxLength: 40 }),
  times: Type.Record(Type.String(), Time),
  overdue: Type.Boolean(),
  closed_at: Nullable(Time),
})

export const DayBody = Type.Object({
  /** The date. */
  code: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" }),
  from: Time,
  to: Time,
  /** Raw numerators and denominators by id, so that a province computes rates over many cities itself. */
  numbers: Type.Record(
    Type.String(),
    Type.Object({
      value: Nullable(Type.Number()),
      numerator: Nullable(Type.Number()),
      denominator: Nullable(Type.Number()),
    }),
  ),
})
export type DayBody = Static<typeof DayBody>

export const bodies: Record<string, TSchema> = {
  summary: SummaryBody,
  warning: WarningBody,
  order: OrderBody,
  day: DayBody,
}
