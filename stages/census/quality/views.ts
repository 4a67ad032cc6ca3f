import Type, { type Static } from "typebox"
import { Id, LonLat, Nullable, Time, Words } from "../../../platform/http/views.ts"
import { type Measure, measures } from "./score.ts"

export const MeasureName = Type.Unsafe<Measure>(Type.Union(measures.map((id) => Type.Literal(id))))
const ScoreView = Type.Object({
  /** 0 to 100; null where there is nothing to measure. */
  score: Nullable(Type.Number()),
  numerator: Type.Number(),
  denominator: Type.Number(),
  /** Assets below the full mark: what the drill-down lists. */
  low: Type.Integer(),
})
const GroupView = Type.Object({
  /** What to ask the drill-down with. */
  area_id: Type.Optional(Nullable(Id)),
  owner_id: Type.Optional(Nullable(Id)),
  lifeline: Type.Optional(Type.String()),
  kind: Type.Optional(Type.String()),
  name: Words,
  assets: Type.Integer(),
  total: Nullable(Type.Number()),
  measures: Type.Object({
    completeness: ScoreView,
    consistency: ScoreView,
    accuracy: ScoreView,
    freshness: ScoreView,
  }),
})
export const SettingsView = Type.Object({
  weights: Type.Object({
    completeness: Type.Number({ minimum: 0, maximum: 1 }),
    consistency: Type.Number({ minimum: 0, maximum: 1 }),
    accuracy: Type.Number({ minimum: 0, maximum: 1 }),
    freshness: Type.Number({ minimum: 0, maximum: 1 }),
  }),
  required_weight: Type.Number({ minimum: 1, maximum: 100 }),
  accuracy: Type.Array(
    Type.Object({
      class: Type.String({ minLength: 1, maxLength: 10 }),
      position_m_max: Type.Number({ exclusiveMinimum: 0, maximum: 1000 }),
      mark: Type.Number({ minimum: 0, maximum: 1 }),
    }),
    { minItems: 1, maxItems: 10 },
  ),
  years_fresh: Type.Number({ minimum: 0, maximum: 100 }),
  years_stale: Type.Number({ minimum: 0, maximum: 200 }),
})
/** GET /api/census/quality */
export const QualityView = Type.Object({
  by: Type.String(),
  computed_at: Time,
  all: GroupView,
  groups: Type.Array(GroupView),
  settings: SettingsView,
  /** True while nobody changed the weights and limits. */
  settings_are_defaults: Type.Boolean(),
})
export type QualityView = Static<typeof QualityView>
export type GroupView = Static<typeof GroupView>

/** An asset that lowers a measure, with why. */
export const LowAssetView = Type.Object({
  asset_id: Id,
  lifeline: Type.String(),
  kind: Type.String(),
  code: Nullable(Type.String()),
  name: Nullable(Type.String()),
  owner_id: Nullable(Id),
  lon_lat: LonLat,
  place: Words,
  why: Type.Array(Words),
  /** Row of the delivery it came from. */
  file: Nullable(Type.String()),
  table: Nullable(Type.String()),
  row: Nullable(Type.Integer()),
})
export type LowAssetView = Static<typeof LowAssetView>
