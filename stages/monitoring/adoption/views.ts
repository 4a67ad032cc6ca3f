import Type, { type Static } from "typebox"
import { Id } from "../../../platform/http/views.ts"

const Code = Type.String({ minLength: 1, maxLength: 100 })

/** A device that speaks and is not registered. */
export const UnknownRow = Type.Object({
  device: Type.String(),
  client: Type.String(),
  door: Type.String(),
  first_seen: Type.Number(),
  last_seen: Type.Number(),
  /** True where the device is registered and only these indicators are not. */
  registered: Type.Boolean(),
  indicators: Type.Array(
    Type.Object({
      indicator: Type.String(),
      unit: Type.Union([Type.String(), Type.Null()]),
      count: Type.Number(),
      last_time: Type.Number(),
      last_value: Type.Number(),
    }),
  ),
})
export type UnknownRow = Static<typeof UnknownRow>

/** How a device is taken in: what it is, and which of the names it uses is which indicator. */
export const AdoptBody = Type.Object({
  lifeline: Type.String(),
  kind: Type.Optional(Type.String({ maxLength: 100 })),
  name: Type.Optional(Type.String({ maxLength: 200 })),
  asset_id: Type.Optional(Id),
  interval_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
  indicators: Type.Array(Type.Object({ from: Code, to: Code, unit: Type.Optional(Type.String({ maxLength: 20 })) }), {
    minItems: 1,
    maxItems: 100,
  }),
})
export type AdoptBody = Static<typeof AdoptBody>

export const AdoptedView = Type.Object({ device_id: Type.Number(), readings: Type.Number(), refused: Type.Number() })
