import Type, { type Static } from "typebox"
import { Id, Json, Nullable, Severity, Time, Words } from "../../platform/http/views.ts"

export const FindingView = Type.Object({
  id: Id,
  rule: Type.String(),
  rule_version: Type.Integer(),
  lifeline: Type.String(),
  subject: Type.String(),
  cause: Type.String(),
  phase: Type.String(),
  severity: Severity,
  time: Time,
  since: Time,
  title: Words,
  value: Nullable(Type.Object({ amount: Type.Number(), unit: Type.String() })),
  place: Json, // Place
  because: Json, // Because
})
export type FindingView = Static<typeof FindingView>

export const RuleRow = Type.Object({
  rule: Type.String(),
  version: Type.Integer(),
  lifeline: Type.String(),
  name: Words,
  kind: Type.Union([Type.Literal("detector"), Type.Literal("threshold")]),
  subjects: Type.Integer(),
  /** Readings that came behind what it had looked at: stored and marked, not looked at again. */
  late: Type.Integer(),
  /** Switched off after failing; says why. */
  trouble: Nullable(Type.String()),
  source: Nullable(Words),
})
export type RuleRow = Static<typeof RuleRow>
