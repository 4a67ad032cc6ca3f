import Type, { type Static } from "typebox"
import { Id, Json, LonLat, Nullable, Time, Words } from "../../platform/http/views.ts"

/** One line of the city's four-colour risk list; band 1 is 重大 (red) … 4 低 (blue). */
export const RiskRow = Type.Object({
  asset_id: Id,
  lifeline: Type.String(),
  kind: Type.String(),
  code: Nullable(Type.String()),
  name: Words,
  place: Words,
  owner: Nullable(Words),
  rule: Type.String(),
  rule_version: Type.Integer(),
  score: Type.Number(),
  likelihood: Type.Number(),
  consequence: Type.Number(),
  band: Type.Integer({ minimum: 1, maximum: 4 }),
  /** Share of the factor weights whose input is known, 0…1. */
  known: Type.Number(),
  length_m: Nullable(Type.Number()),
  lon_lat: LonLat,
  assessed_at: Time,
})
export type RiskRow = Static<typeof RiskRow>

export const RiskView = Type.Object({
  ...RiskRow.properties,
  factors: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Words,
      side: Type.String(),
      weight: Type.Number(),
      mark: Nullable(Type.Number()),
      points: Nullable(Type.Number()),
      input: Json,
      words: Words,
    }),
  ),
  source: Words,
})
export type RiskView = Static<typeof RiskView>

export const RiskSummary = Type.Object({
  bands: Type.Array(Type.Object({ band: Type.Integer(), name: Words, count: Type.Integer(), length_m: Type.Number() })),
  /** 5 × 5 counts: likelihood (row, 0 lowest) × consequence (column). */
  matrix: Type.Array(Type.Array(Type.Integer())),
  assessed_at: Nullable(Time),
})
export type RiskSummary = Static<typeof RiskSummary>
