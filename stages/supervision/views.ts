import Type, { type Static } from "typebox"
import { Id, Nullable, Severity, Time, Words } from "../../platform/http/views.ts"

/** GET /api/supervision/now: the city's state in one line. */
export const NowView = Type.Object({
  city_time: Time,
  wall_time: Time,
  clock: Type.Object({ mode: Type.String(), speed: Type.Number(), paused: Type.Boolean() }),
  /** Open alarms (raised or without verdict) by severity, index 0 is level 1. */
  alarms: Type.Array(Type.Integer()),
  clocks: Type.Object({ running: Type.Integer(), next_ends_at: Nullable(Time), overdue: Type.Integer() }),
  /** Readings per second of wall time, newest last, one number per 5 s. */
  arriving: Type.Array(Type.Number()),
  devices: Type.Object({ online: Type.Integer(), total: Type.Integer() }),
  province: Nullable(Type.Object({ state: Type.String(), last_ok_at: Nullable(Time), waiting: Type.Integer() })),
  /** Counts for the rail: analysis (verdicts due), warning (to approve), response (open orders). */
  badges: Type.Object({ analysis: Type.Integer(), warning: Type.Integer(), response: Type.Integer() }),
  /** Functions switched off with the reason (a font, a worker, a detector). */
  troubles: Type.Array(Type.Object({ what: Type.String(), words: Words, since: Time })),
  shift: Type.Object({
    alarms: Type.Integer(),
    verdict_ms_median: Nullable(Type.Integer()),
    on_time: Type.Object({ numerator: Type.Integer(), denominator: Type.Integer() }),
  }),
  late: Type.Object({ numerator: Type.Integer(), denominator: Type.Integer() }),
})
export type NowView = Static<typeof NowView>

/** One number of the day, always beside its fraction or count. */
export const DayNumber = Type.Object({
  id: Type.String(),
  name: Words,
  unit: Type.String(), // "%", "min", "1"
  value: Nullable(Type.Number()),
  numerator: Nullable(Type.Number()),
  denominator: Nullable(Type.Number()),
  target: Nullable(Type.Number()),
  off_target: Type.Boolean(),
  says: Words, // how it is counted
})
export type DayNumber = Static<typeof DayNumber>
export const DayView = Type.Object({
  date: Type.String(), // YYYY-MM-DD in the city's zone
  from: Time,
  to: Time,
  numbers: Type.Array(DayNumber),
  owners: Type.Array(
    Type.Object({
      id: Id,
      name: Words,
      orders: Type.Integer(),
      on_time: Type.Object({ numerator: Type.Integer(), denominator: Type.Integer() }),
      times_ms: Type.Array(Type.Integer()),
      limit_ms: Type.Integer(),
    }),
  ),
  alarms_by_lifeline: Type.Array(
    Type.Object({
      lifeline: Type.String(),
      name: Words,
      by_severity: Type.Array(Type.Integer()),
      dismissed: Type.Integer(),
    }),
  ),
  hourly: Type.Array(Type.Object({ start: Time, alarms: Type.Integer() })),
})
export type DayView = Static<typeof DayView>

export const ReportRow = Type.Object({
  id: Id,
  date: Type.String(),
  made_at: Time,
  made_by: Type.String(),
  pdf: Type.Object({ hash: Type.String(), bytes: Type.Integer(), url: Type.String() }),
  xlsx: Type.Object({ hash: Type.String(), bytes: Type.Integer(), url: Type.String() }),
})
export type ReportRow = Static<typeof ReportRow>

/** GET /api/supervision/timeline: events for the time bar. */
export const TimelineView = Type.Object({
  events: Type.Array(
    Type.Object({ kind: Type.String(), id: Id, severity: Severity, time: Time, until: Nullable(Time), title: Words }),
  ),
  arrivals: Type.Array(Type.Object({ start: Time, count: Type.Integer() })),
  gaps: Type.Array(Type.Object({ from: Time, to: Time })),
})
export type TimelineView = Static<typeof TimelineView>
