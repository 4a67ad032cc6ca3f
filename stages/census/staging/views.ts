import Type, { type Static } from "typebox"
import { Id, Json, Nullable, ProblemView, Time, Words } from "../../../platform/http/views.ts"

const Count = Type.Integer({ minimum: 0 })

/** How well things were measured, metres; null where nobody said. */
export const AccuracyView = Type.Object({
  position_m: Nullable(Type.Number({ minimum: 0, maximum: 1000 })),
  depth_m: Nullable(Type.Number({ minimum: 0, maximum: 1000 })),
})
/** A coordinate system: an EPSG number, "gcj-02", "bd-09", or parameters; swapped where column x holds the east. */
export const SystemView = Type.Object({ definition: Json, swapped: Type.Boolean() })

/** One line of the list of deliveries. */
export const DeliveryRow = Type.Object({
  id: Id,
  name: Type.String(),
  source: Type.String(),
  status: Type.String(),
  complete: Type.Boolean(),
  created_at: Time,
  created_name: Type.String(),
  checked_at: Nullable(Time),
  /** Rows of the last check; null before the first. */
  rows: Nullable(Count),
  publishable: Nullable(Count),
  issues: Nullable(Count),
})
export type DeliveryRow = Static<typeof DeliveryRow>

export const ProgressView = Type.Object({
  phase: Type.String(),
  rows: Count,
  /** 0 where it is not known yet. */
  rows_total: Count,
  rate_per_s: Nullable(Type.Number()),
  seconds_left: Nullable(Type.Number()),
})
export const FileView = Type.Object({
  upload: Count,
  file_name: Type.String(),
  hash: Type.String(),
  bytes: Count,
  uploaded_at: Time,
  uploaded_name: Type.String(),
})
/** Issues of one rule: how many there are, by state, how many have a proposal, and whether they keep rows back. */
export const RuleCount = Type.Object({
  rule: Type.String(),
  name: Words,
  /** What the rule asks. */
  says: Words,
  blocks: Type.Boolean(),
  open: Count,
  fixed: Count,
  accepted: Count,
  fixes: Count,
})

/** GET /api/census/deliveries/:id */
export const DeliveryView = Type.Object({
  id: Id,
  name: Type.String(),
  source: Type.String(),
  status: Type.String(),
  complete: Type.Boolean(),
  valid_from: Nullable(Time),
  accuracy: Nullable(AccuracyView),
  owner_id: Nullable(Id),
  created_at: Time,
  created_name: Type.String(),
  checked_at: Nullable(Time),
  /** Something was put right since the last check. */
  stale: Type.Boolean(),
  system: Nullable(SystemView),
  proposals: Type.Array(Json),
  files: Type.Array(FileView),
  rows: Nullable(Count),
  publishable: Nullable(Count),
  /** Issues of the last check by rule. */
  counts: Type.Record(Type.String(), Count),
  /** The same with states; empty while a check runs. */
  rules: Type.Array(RuleCount),
  issues_left_out: Count,
  /** Tables with the column words and the fields they were taken for. */
  tables: Type.Array(Json),
  /** What is not used, each with the reason. */
  others: Type.Array(Json),
  leftovers: Type.Array(Json),
  progress: Nullable(ProgressView),
  problem: Nullable(ProblemView),
  /** The change sets made of it, newest first. */
  change_sets: Type.Array(Json),
  /** A published delivery of the same files. */
  same_as: Nullable(Type.Object({ id: Id, name: Type.String(), published_at: Time })),
})
export type DeliveryView = Static<typeof DeliveryView>

export const IssueView = Type.Object({
  id: Id,
  rule: Type.String(),
  file: Type.String(),
  table: Type.String(),
  row: Count,
  key: Type.String(),
  field: Type.String(),
  value: Type.String(),
  words: Words,
  lon: Nullable(Type.Number()),
  lat: Nullable(Type.Number()),
  fix: Nullable(Type.Object({ field: Type.String(), value: Type.String(), words: Words })),
  state: Type.String(),
})
export type IssueView = Static<typeof IssueView>

export const CorrectionView = Type.Object({
  id: Id,
  file: Type.String(),
  name: Type.String(),
  row: Count,
  field: Type.String(),
  value: Type.String(),
})
export const ExceptionView = Type.Object({
  id: Id,
  rule: Type.String(),
  file: Type.String(),
  name: Type.String(),
  key: Type.String(),
  reason: Type.String(),
})
