import { sql } from "kysely"
import type { Scope, Severity, Words } from "../../model/index.ts"
import { type Db, json } from "../../platform/sql/index.ts"
import { areasOfAsset, scopeWhere } from "../../platform/sql/scope.ts"
import { isOpen } from "../warning/index.ts"
import type { DayAlarm, DayOrder } from "./day.ts"
import type { PlannedPoint } from "./presence.ts"
import type { DayView } from "./views.ts"

export type Scopes = { alarms: Scope[]; warnings: Scope[]; orders: Scope[]; devices: Scope[] }

const alarmAreas = `(array_remove(array[a.area_id], null) || ${areasOfAsset("a.asset_id")})`
const seesAlarm = (scopes: Scope[]) =>
  scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: alarmAreas })
const seesWarning = (scopes: Scope[]) =>
  scopeWhere(scopes, { owner: "w.owner_id", lifeline: "w.lifeline", areas: alarmAreas })
const seesOrder = (scopes: Scope[]) =>
  scopeWhere(scopes, { owner: "o.owner_id", lifeline: "o.lifeline", areas: alarmAreas })
const seesDevice = (scopes: Scope[]) =>
  scopeWhere(scopes, { owner: "d.owner_id", lifeline: "d.lifeline", areas: areasOfAsset("d.asset_id") })

export type NowCounts = {
  by_severity: number[]
  verdicts: number
  to_approve: number
  orders: number
  running: number
  overdue: number
  next_ends_at: number | null
  shift_alarms: number
  verdict_ms_median: number | null
  judged_on_time: number
  judged_due: number
}

/** The city's state in one query. */
export async function nowCounts(db: Db, scopes: Scopes, now: number, shift_from: number): Promise<NowCounts> {
  const { rows } = await sql<NowCounts>`
    with alarm as (
      select a.*, ${isOpen} as is_open
      from warning_alarm a left join warning_incident i on i.id = a.incident_id
      where (${isOpen} or a.raised_at >= ${shift_from}) and ${seesAlarm(scopes.alarms)}),
    warning as (
      select w.state, w.due_at from warning_warning w join warning_alarm a on a.id = w.alarm_id
      where w.state = 'submitted' and ${seesWarning(scopes.warnings)}),
    work as (
      select o.clock_ends_at, o.suspended_at from response_order o join warning_alarm a on a.id = o.alarm_id
      where o.state <> 'closed' and ${seesOrder(scopes.orders)}),
    clock as (
      select verdict_due_at as ends_at from alarm where verdict = 'open'
      union all select due_at from warning where due_at is not null
      union all select clock_ends_at from work where clock_ends_at is not null and suspended_at is null),
    shift as (select * from alarm where raised_at >= ${shift_from})
    select
      (select array[count(*) filter (where severity = 1), count(*) filter (where severity = 2),
        count(*) filter (where severity = 3), count(*) filter (where severity = 4)] from alarm where is_open) as by_severity,
      (select count(*) from alarm where verdict = 'open') as verdicts,
      (select count(*) from warning) as to_approve,
      (select count(*) from work) as orders,
      (select count(*) from clock) as running,
      (select count(*) from clock where ends_at < ${now}) as overdue,
      (select min(ends_at) from clock where ends_at >= ${now}) as next_ends_at,
      (select count(*) from shift) as shift_alarms,
      (select round(percentile_cont(0.5) within group (order by verdict_at - raised_at))::bigint from shift
        where verdict_at is not null) as verdict_ms_median,
      (select count(*) from shift where verdict_at <= verdict_due_at) as judged_on_time,
      (select count(*) from shift where verdict_at is not null or verdict_due_at < ${now}) as judged_due`.execute(db)
  return rows[0]!
}

export type TimelineEvent = {
  kind: string
  id: number
  severity: Severity
  time: number
  until: number | null
  title: Words
}

/** What happened or lasted in [from, to), at most `limit` of each kind, the worst first to stay. */
export async function timelineEvents(
  db: Db,
  scopes: Scopes,
  from: number,
  to: number,
  limit: number,
): Promise<TimelineEvent[]> {
  const { rows } = await sql<TimelineEvent>`
    (select 'alarm' as kind, a.id, a.severity, a.raised_at as time, a.cleared_at as until, a.title
      from warning_alarm a where a.raised_at < ${to} and coalesce(a.cleared_at, ${to}) >= ${from} and ${seesAlarm(scopes.alarms)}
      order by a.severity, a.raised_at desc limit ${limit})
    union all
    (select 'warning', w.id, w.severity, w.issued_at, coalesce(w.lifted_at, case when w.state = 'expired' then w.expires_at end),
        jsonb_build_object('zh', w.content->>'title', 'en', w.content->>'title')
      from warning_warning w join warning_alarm a on a.id = w.alarm_id
      where w.issued_at < ${to} and coalesce(w.lifted_at, ${to}) >= ${from} and ${seesWarning(scopes.warnings)}
      order by w.severity, w.issued_at desc limit ${limit})
    union all
    (select 'order', o.id, o.severity, o.assigned_at, o.closed_at, jsonb_build_object('zh', o.title, 'en', o.title)
      from response_order o join warning_alarm a on a.id = o.alarm_id
      where o.assigned_at < ${to} and coalesce(o.closed_at, ${to}) >= ${from} and ${seesOrder(scopes.orders)}
      order by o.severity, o.assigned_at desc limit ${limit})
    order by time, kind, id`.execute(db)
  return rows
}

export async function plannedPoints(db: Db, scopes: Scope[]): Promise<PlannedPoint[]> {
  const { rows } = await sql<PlannedPoint>`select p.id, p.device_id, p.interval_ms
    from monitoring_point p join monitoring_device d on d.id = p.device_id
    where p.interval_ms > 0 and ${seesDevice(scopes)} order by p.id limit ${points_max}`.execute(db)
  return rows
}
export const points_max = 200_000

export async function dayAlarms(db: Db, scopes: Scope[], from: number, to: number): Promise<DayAlarm[]> {
  const { rows } = await sql<DayAlarm>`
    select a.severity, a.lifeline, a.raised_at, a.verdict, a.verdict_at, a.verdict_due_at from warning_alarm a
    where a.raised_at >= ${from} and a.raised_at < ${to} and ${seesAlarm(scopes)} order by a.raised_at limit ${rows_max}`.execute(
    db,
  )
  return rows
}
export const rows_max = 100_000

export async function dayWarnings(db: Db, scopes: Scope[], from: number, to: number) {
  const { rows } = await sql<{ issued: number; lifted: number }>`
    select count(*) filter (where w.issued_at >= ${from} and w.issued_at < ${to})::int as issued,
      count(*) filter (where w.lifted_at >= ${from} and w.lifted_at < ${to})::int as lifted
    from warning_warning w join warning_alarm a on a.id = w.alarm_id where ${seesWarning(scopes)}`.execute(db)
  return rows[0]!
}

export type DayOrderRow = DayOrder & {
  code: string
  warning_code: string
  title: string
  severity: Severity
  state: string
  assigned_at: number
  place: Words
}

export async function dayOrders(db: Db, scopes: Scope[], from: number, to: number): Promise<DayOrderRow[]> {
  const { rows } = await sql<DayOrderRow>`
    select o.owner_id, g.name as owner, o.closed_at, o.limits, o.code, w.code as warning_code, o.title, o.severity, o.state,
      o.assigned_at, a.place as place,
      (select coalesce(jsonb_agg(jsonb_build_object('action', e.action, 'city_time', e.city_time, 'limit_ms', e.limit_ms,
        'minutes', (e.detail->>'minutes')::int) order by e.id), '[]') from response_event e where e.order_id = o.id) as events
    from response_order o join warning_warning w on w.id = o.warning_id join warning_alarm a on a.id = o.alarm_id
    join access_organisation g on g.id = o.owner_id
    where o.assigned_at >= ${from} and o.assigned_at < ${to} and ${seesOrder(scopes)}
    order by o.assigned_at, o.id limit ${rows_max}`.execute(db)
  return rows
}

export type AlarmLine = {
  id: number
  title: Words
  place: Words
  severity: Severity
  lifeline: string
  raised_at: number
  cleared_at: number | null
  verdict: string
  verdict_at: number | null
  value: { amount: number; unit: string } | null
}
/** Alarms of a day for the report, worst first, at most `limit`. */
export async function reportAlarms(db: Db, from: number, to: number, limit: number): Promise<AlarmLine[]> {
  const { rows } = await sql<AlarmLine>`
    select id, title, place as place, severity, lifeline, raised_at, cleared_at, verdict, verdict_at, value
    from warning_alarm where raised_at >= ${from} and raised_at < ${to} order by severity, raised_at limit ${limit}`.execute(
    db,
  )
  return rows
}

export type WarningLine = {
  code: string
  title: string
  place: Words
  severity: Severity
  state: string
  raised_at: number
  verdict_at: number | null
  drafted_at: number
  submitted_at: number | null
  issued_at: number | null
  lifted_at: number | null
  signed_by: string | null
}
/** Warnings drafted, issued or lifted in the day, with the times of their chain. */
export async function reportWarnings(db: Db, from: number, to: number, limit: number): Promise<WarningLine[]> {
  const { rows } = await sql<WarningLine>`
    select w.code, w.content->>'title' as title, a.place as place, w.severity, w.state, a.raised_at, a.verdict_at,
      w.drafted_at, w.submitted_at, w.issued_at, w.lifted_at,
      (select v.signed_by from warning_version v where v.warning_id = w.id and v.action = 'issue' order by v.version limit 1) as signed_by
    from warning_warning w join warning_alarm a on a.id = w.alarm_id
    where (w.drafted_at >= ${from} and w.drafted_at < ${to}) or (w.issued_at >= ${from} and w.issued_at < ${to})
      or (w.lifted_at >= ${from} and w.lifted_at < ${to}) order by w.severity, w.drafted_at limit ${limit}`.execute(db)
  return rows
}

export type DeviceLine = {
  code: string
  name: string
  lifeline: string
  kind: string
  owner: Words | null
  last_time: number | null
}
export async function deviceLines(db: Db, ids: readonly number[], limit: number): Promise<DeviceLine[]> {
  const { rows } = await sql<DeviceLine>`select d.code, d.name, d.lifeline, d.kind, g.name as owner, d.last_time
    from monitoring_device d left join access_organisation g on g.id = d.owner_id
    where d.id = any(${ids}::bigint[]) order by d.lifeline, d.code limit ${limit}`.execute(db)
  return rows
}

export type StoredReport = {
  id: number
  date: string
  made_at: number
  made_by: string
  pdf_hash: string
  pdf_bytes: number
  xlsx_hash: string
  xlsx_bytes: number
}
export async function insertReport(tx: Db, r: Omit<StoredReport, "id"> & { numbers: DayView }): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into supervision_report (date, made_at, made_by, numbers, pdf_hash, pdf_bytes, xlsx_hash, xlsx_bytes)
    values (${r.date}, ${r.made_at}, ${r.made_by}, ${json(r.numbers)}, ${r.pdf_hash}, ${r.pdf_bytes}, ${r.xlsx_hash}, ${r.xlsx_bytes})
    returning id`.execute(tx)
  return rows[0]!.id
}

const reports = sql`select id, date, made_at, made_by, pdf_hash, pdf_bytes, xlsx_hash, xlsx_bytes from supervision_report
  where pdf_hash is not null and xlsx_hash is not null`
export async function listReports(db: Db, limit: number): Promise<StoredReport[]> {
  return (await sql<StoredReport>`${reports} order by id desc limit ${limit}`.execute(db)).rows
}
export async function reportById(db: Db, id: number): Promise<StoredReport | undefined> {
  return (await sql<StoredReport>`${reports} and id = ${id}`.execute(db)).rows[0]
}

/** Severity of the worst open alarm of each point that has one. */
export async function openPointSeverities(db: Db): Promise<Map<number, number>> {
  const { rows } = await sql<{ point_id: number; severity: number }>`
    select point_id, min(severity) as severity from warning_alarm
    where condition = 'raised' and point_id is not null group by point_id`.execute(db)
  return new Map(rows.map((r) => [r.point_id, r.severity]))
}
