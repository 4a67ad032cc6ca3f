import Type, { type Static } from "typebox"
import { Id, Nullable, Time, Words } from "../../../platform/http/views.ts"

const Part = Type.Union(["region", "major", "middle", "minor", "serial"].map((id) => Type.Literal(id as "region")))
export const SplitParts = Type.Array(Type.Object({ id: Part, digits: Type.Integer({ minimum: 1, maximum: 9 }) }), {
  minItems: 2,
  maxItems: 5,
})
export const SplitView = Type.Object({
  id: Type.String(),
  name: Words,
  parts: SplitParts,
  /** Where it comes from; the city's own say so. */
  source: Words,
})
export type SplitView = Static<typeof SplitView>

export const CodeView = Type.Object({
  code: Type.String(),
  split: Type.String(),
  asset_id: Nullable(Id),
  state: Type.Union([Type.Literal("used"), Type.Literal("retired")]),
  made_at: Time,
  made_name: Type.String(),
})
export const StepView = Type.Object({
  id: Id,
  action: Type.Union([Type.Literal("merge"), Type.Literal("split"), Type.Literal("replace")]),
  code: Type.String(),
  from_code: Type.String(),
  reason: Type.String(),
  made_at: Time,
  made_name: Type.String(),
})
/** GET /api/census/codes/:code — a code with the steps that led to it and away from it. */
export const LineageView = Type.Object({
  ...CodeView.properties,
  before: Type.Array(StepView),
  after: Type.Array(StepView),
})
/** GET /api/census/codes/check */
export const CheckView = Type.Object({
  code: Type.String(),
  ok: Type.Boolean(),
  words: Nullable(Words),
  /** Digits by part, for each split that fits the length; the parts of a feature code for 8 digits. */
  parts: Type.Array(
    Type.Object({
      split: Type.String(),
      parts: Type.Record(Type.String(), Type.String()),
      /** The minor class is the city's own, none of the standard's. */
      own_minor: Type.Boolean(),
    }),
  ),
})
export type CheckView = Static<typeof CheckView>
