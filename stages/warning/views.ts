import Type, { type Static } from "typebox"
import { Id, Json, LonLat, Nullable, Severity, Time, Words } from "../../platform/http/views.ts"
import { FindingView } from "../analysis/views.ts"

/** Whose turn it is and until when; the list is sorted by this. */
export const ClockView = Type.Object({
  /** What is due: verdict, approve, accept, arrive, handle, report, recheck, close. */
  due: Type.String(),
  name: Words,
  starts_at: Time,
  ends_at: Time,
})
export type ClockView = Static<typeof ClockView>

export const AlarmRow = Type.Object({
  id: Id,
  rule: Type.String(),
  lifeline: Type.String(),
  severity: Severity,
  title: Words,
  value: Nullable(Type.Object({ amount: Type.Number(), unit: Type.String() })),
  /** +1 rising, −1 falling, 0 steady or unknown: of the subject's first point over the last 15 minutes. */
  trend: Type.Integer(),
  place: Words,
  code: Nullable(Type.String()),
  lon_lat: Nullable(LonLat),
  owner: Nullable(Words),
  condition: Type.Union([Type.Literal("raised"), Type.Literal("cleared")]),
  raised_at: Time,
  cleared_at: Nullable(Time),
  acknowledged_at: Nullable(Time),
  acknowledged_by: Nullable(Type.String()),
  verdict: Type.String(),
  reason: Nullable(Type.String()),
  incident_id: Nullable(Id),
  warning_id: Nullable(Id),
  order_id: Nullable(Id),
  /** verdict | warning | order | done: who has it. */
  stage: Type.Union([Type.Literal("verdict"), Type.Literal("warning"), Type.Literal("order"), Type.Literal("done")]),
  clock: Nullable(ClockView),
  /** Alarms grouped under this one (same area, same time window). */
  group_size: Type.Integer(),
  group_head_id: Nullable(Id),
})
export type AlarmRow = Static<typeof AlarmRow>

export const HistoryRow = Type.Object({
  time: Time,
  actor: Type.String(),
  action: Type.String(),
  words: Words,
  detail: Json,
})
export type HistoryRow = Static<typeof HistoryRow>

/** GET /api/warning/alarms/:id: everything the inspector shows. */
export const AlarmView = Type.Object({
  ...AlarmRow.properties,
  rule_version: Type.Integer(),
  rule_name: Words,
  subject: Type.String(),
  cause: Type.String(),
  asset_id: Nullable(Id),
  area: Nullable(Type.String()),
  finding: FindingView, // the latest finding: because.inputs, readings, reasons, limits
  findings: Type.Integer(),
  /** Points to draw beside the subject: nearest of the same indicator, with distance. */
  neighbours: Type.Array(
    Type.Object({
      point: Id,
      device_code: Type.String(),
      name: Type.String(),
      lon_lat: Nullable(LonLat),
      distance_m: Type.Number(),
      unit: Type.String(),
      value: Nullable(Type.Number()),
      trend: Type.Integer(),
    }),
  ),
  /** Pipes near the place, nearest first. */
  suspects: Type.Array(
    Type.Object({
      asset_id: Id,
      code: Nullable(Type.String()),
      name: Words,
      detail: Words,
      distance_m: Type.Number(),
      lon_lat: LonLat,
    }),
  ),
  device: Nullable(Type.Object({ id: Id, code: Type.String(), state: Type.String(), last_time: Nullable(Time) })),
  history: Type.Array(HistoryRow),
  members: Type.Array(Type.Object({ id: Id, title: Words, severity: Severity, raised_at: Time })),
  steps: Type.Array(Words), // playbook steps of this severity
  /** Actions this person may take now. */
  actions: Type.Array(Type.String()),
  undo_until: Nullable(Time),
})
export type AlarmView = Static<typeof AlarmView>

export const WarningRow = Type.Object({
  id: Id,
  code: Type.String(),
  state: Type.String(),
  severity: Severity,
  lifeline: Type.String(),
  title: Type.String(),
  place: Words,
  lon_lat: Nullable(LonLat),
  incident_id: Id,
  drafted_by: Type.String(),
  drafted_at: Time,
  issued_at: Nullable(Time),
  lifted_at: Nullable(Time),
  version: Type.Integer(),
  clock: Nullable(ClockView),
})
export type WarningRow = Static<typeof WarningRow>

/** What a draft or revision holds; the text is what receivers read. */
export const WarningContent = Type.Object({
  severity: Severity,
  title: Type.String({ minLength: 1, maxLength: 80 }),
  text: Type.String({ minLength: 1, maxLength: 1000 }),
  measures: Type.String({ maxLength: 1000 }),
  /** Radius around the place, metres. */
  radius_m: Type.Integer({ minimum: 0, maximum: 5000 }),
  owner_id: Id,
})
export type WarningContent = Static<typeof WarningContent>

export const WarningView = Type.Object({
  ...WarningRow.properties,
  content: WarningContent,
  owner: Words,
  alarms: Type.Array(AlarmRow),
  versions: Type.Array(
    Type.Object({
      version: Type.Integer(),
      action: Type.String(),
      signed_by: Type.String(),
      signed_at: Time,
      content: WarningContent,
      note: Nullable(Type.String()),
    }),
  ),
  orders: Type.Array(Type.Object({ id: Id, code: Type.String(), state: Type.String() })),
  history: Type.Array(HistoryRow),
  actions: Type.Array(Type.String()),
})
export type WarningView = Static<typeof WarningView>

/** The chain from readings to closure; npm run why prints the same. */
export const WhyView = Type.Object({
  warning: WarningRow,
  lines: Type.Array(
    Type.Object({
      depth: Type.Integer(),
      kind: Type.String(),
      time: Nullable(Time),
      words: Words,
      detail: Json,
      link: Nullable(Type.String()),
    }),
  ),
})
export type WhyView = Static<typeof WhyView>
