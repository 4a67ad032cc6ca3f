import { sql } from "kysely"
import type {
  AlarmVerdict,
  Attributes,
  Finding,
  LonLat,
  Place,
  Scope,
  Severity,
  WarningState,
  Words,
} from "../../model/index.ts"
import { type Db, json, type Tx } from "../../platform/sql/index.ts"
import { areasOfAsset, orderBy, scopeWhere } from "../../platform/sql/scope.ts"

// ---- alarms -------------------------------------------------------------------------------------------------------

export type AlarmRecord = {
  id: number
  rule: string
  rule_version: number
  lifeline: string
  subject: string
  cause: string
  severity: Severity
  title: Words
  value: { amount: number; unit: string } | null
  place: Words
  code: string | null
  lon: number | null
  lat: number | null
  asset_id: number | null
  area_id: number | null
  owner_id: number | null
  owner: Words | null
  point_id: number | null
  condition: "raised" | "cleared"
  since: number
  raised_at: number
  cleared_at: number | null
  acknowledged_at: number | null
  acknowledged_by: string | null
  verdict: AlarmVerdict
  reason: string | null
  verdict_note: string | null
  verdict_at: number | null
  verdict_by: string | null
  verdict_due_at: number
  escalated_at: number | null
  incident_id: number | null
  group_head_id: number | null
  group_size: number
  area_ids: number[]
  warning_id: number | null
  warning_state: WarningState | null
  warning_drafted_at: number | null
  warning_due_at: number | null
  order_id: number | null
  order_state: string | null
  order_clock: string | null
  order_clock_starts_at: number | null
  order_clock_ends_at: number | null
}

/** Areas an alarm belongs to: its own, and those of its asset. */
const alarmAreas = `(case when a.area_id is null then ${areasOfAsset("a.asset_id")} else array_append(${areasOfAsset("a.asset_id")}, a.area_id) end)`
const alarmScope = (scopes: readonly Scope[]) =>
  scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: alarmAreas })

const alarms = sql`
  select a.id, a.rule, a.rule_version, a.lifeline, a.subject, a.cause, a.severity, a.title, a.value, a.place, a.code, a.lon, a.lat,
    a.asset_id, a.area_id, a.owner_id, o.name as owner, a.point_id, a.condition, a.since, a.raised_at, a.cleared_at,
    a.acknowledged_at, a.acknowledged_by, a.verdict, a.reason, a.verdict_note, a.verdict_at, a.verdict_by, a.verdict_due_at,
    a.escalated_at, a.incident_id, a.group_head_id, ${sql.raw(alarmAreas)} as area_ids,
    (select 1 + count(*)::int from warning_alarm g where g.group_head_id = a.id) as group_size,
    w.id as warning_id, w.state as warning_state, w.drafted_at as warning_drafted_at, w.due_at as warning_due_at,
    r.id as order_id, r.state as order_state, r.clock as order_clock, r.clock_starts_at as order_clock_starts_at, r.clock_ends_at as order_clock_ends_at
  from warning_alarm a
  left join access_organisation o on o.id = a.owner_id
  left join lateral (select * from warning_warning w where w.incident_id = a.incident_id order by w.id desc limit 1) w on true
  left join lateral (select * from response_order r where r.incident_id = a.incident_id order by r.id desc limit 1) r on true`

/**
 * Open: somebody still has to do something, or the condition stands. For queries that call the alarm `a` and its
 * incident, joined left, `i`; the one place that says so.
 */
export const isOpen = sql<boolean>`(a.verdict = 'open' or (a.verdict = 'real' and ((i.id is not null and i.closed_at is null) or a.condition = 'raised')))`
/** What stood at time t, for looking back. */
const standsAt = (t: number) => sql`(a.raised_at <= ${t} and (a.cleared_at is null or a.cleared_at > ${t}))`
const clockEnd = `(case when a.verdict = 'open' then a.verdict_due_at else coalesce(r.clock_ends_at, w.due_at, a.verdict_due_at) end)`

export type AlarmFilter = {
  q?: string
  state?: string
  severity?: number
  lifeline?: string
  at?: number
  sort?: string
  heads_only?: boolean
  incident_id?: number
}

export async function listAlarms(db: Db, scopes: readonly Scope[], filter: AlarmFilter, limit: number, offset: number) {
  const like = `%${filter.q ?? ""}%`
  const stateful = filter.at !== undefined ? standsAt(filter.at) : filter.state === "all" ? sql`true` : isOpen
  const where = sql`${alarmScope(scopes)} and ${stateful}
    and (a.title->>'zh' ilike ${like} or a.title->>'en' ilike ${like} or a.place->>'zh' ilike ${like} or a.place->>'en' ilike ${like} or coalesce(a.code, '') ilike ${like})
    and (${filter.severity ?? null}::int is null or a.severity = ${filter.severity ?? null})
    and (${filter.lifeline ?? null}::text is null or a.lifeline = ${filter.lifeline ?? null})
    and (${filter.incident_id ?? null}::bigint is null or a.incident_id = ${filter.incident_id ?? null})`
  const order = orderBy(
    filter.sort,
    {
      raised_at: "a.raised_at",
      severity: "a.severity",
      title: "a.title->>'zh'",
      lifeline: "a.lifeline",
      clock: clockEnd,
    },
    `${clockEnd} asc, a.severity asc`,
    "a.id",
  )
  const incident = sql`left join warning_incident i on i.id = a.incident_id`
  const { rows } =
    await sql<AlarmRecord>`${alarms} ${incident} where ${where} order by ${order} limit ${limit + 1} offset ${offset}`.execute(
      db,
    )
  const total = await sql<{
    n: number
  }>`select count(*)::int n from warning_alarm a ${incident} where ${where}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}

export const alarmById = async (db: Db, id: number): Promise<AlarmRecord | undefined> =>
  (await sql<AlarmRecord>`${alarms} where a.id = ${id}`.execute(db)).rows[0]

/** Locks an alarm for the length of the transaction and reads it. */
export async function lockAlarm(tx: Tx, id: number) {
  await sql`select id from warning_alarm where id = ${id} for update`.execute(tx)
  return alarmById(tx, id)
}

/** The alarms that stand under a group's head, as far as the caller may see them: a group can join several owners. */
/** Attributes of some current assets, by id. */
export async function attributesOf(db: Db, ids: readonly number[]): Promise<Map<number, Attributes>> {
  const { rows } = await sql<{
    id: number
    attributes: Attributes
  }>`select id, attributes from census_asset_now where id = any(${ids}::bigint[])`.execute(db)
  return new Map(rows.map((r) => [r.id, r.attributes]))
}

export const groupMembers = async (db: Db, scopes: readonly Scope[], id: number) =>
  (
    await sql<{
      id: number
      title: Words
      severity: Severity
      raised_at: number
    }>`select a.id, a.title, a.severity, a.raised_at from warning_alarm a
      where a.group_head_id = ${id} and ${alarmScope(scopes)} order by a.raised_at limit 50`.execute(db)
  ).rows

export type Located = {
  asset_id: number | null
  area_id: number | null
  owner_id: number | null
  code: string | null
  lon: number | null
  lat: number | null
}

/** Where a finding's place lies in the census, and whose it is: of the device that said it, else of the asset, else of most of the area. */
export async function locate(tx: Tx, lifeline: string, place: Place, point_id: number | null): Promise<Located> {
  const { rows } = await sql<Located>`
    select s.id as asset_id, c.id as area_id,
      coalesce((select d.owner_id from monitoring_point p join monitoring_device d on d.id = p.device_id where p.id = ${point_id}),
        s.owner_id, (select x.owner_id from census_area_asset m join census_asset x on x.id = m.asset_id
        where m.area_id = c.id and x.owner_id is not null group by x.owner_id order by count(*) desc limit 1)) as owner_id,
      coalesce(s.code, c.code) as code, coalesce(${place.lon_lat?.[0] ?? null}::float8, s.lon, c.lon) as lon,
      coalesce(${place.lon_lat?.[1] ?? null}::float8, s.lat, c.lat) as lat
    from (select 1) one
    left join census_asset_now s on s.lifeline = ${lifeline} and s.code = ${place.asset_code ?? null}
    left join census_area c on c.code = ${place.area_code ?? null} limit 1`.execute(tx)
  return rows[0]!
}

/** Inserts an alarm unless one stands for (rule, subject, cause); returns the id of a new one, else null. */
export async function insertAlarm(
  tx: Tx,
  finding: Finding,
  place: Words,
  at: Located,
  verdict_due_at: number,
  group_head_id: number | null,
): Promise<number | null> {
  const f = finding
  const { rows } = await sql<{
    id: number
  }>`insert into warning_alarm (rule, rule_version, lifeline, subject, cause, severity, title, value, place, code, lon, lat,
      asset_id, area_id, owner_id, point_id, condition, since, raised_at, verdict_due_at, group_head_id)
    values (${f.rule}, ${f.rule_version}, ${f.lifeline}, ${f.subject}, ${f.cause}, ${f.severity}, ${json(f.title)}, ${json(f.value)}, ${json(place)}, ${at.code},
      ${at.lon}, ${at.lat}, ${at.asset_id}, ${at.area_id}, ${at.owner_id}, ${f.because.readings[0]?.point ?? null}, 'raised', ${f.since}, ${f.time}, ${verdict_due_at}, ${group_head_id})
    on conflict (rule, subject, cause) where condition = 'raised' do nothing returning id`.execute(tx)
  return rows[0]?.id ?? null
}

export const standingAlarm = async (tx: Tx, f: Finding) =>
  (
    await sql<{
      id: number
      severity: Severity
      verdict_due_at: number
      owner_id: number | null
    }>`select id, severity, verdict_due_at, owner_id from warning_alarm
      where rule = ${f.rule} and subject = ${f.subject} and cause = ${f.cause} and condition = 'raised' for update`.execute(
      tx,
    )
  ).rows[0]

export const updateAlarm = (tx: Tx, id: number, f: Finding, verdict_due_at: number) =>
  sql`update warning_alarm set severity = ${f.severity}, title = ${json(f.title)}, value = ${json(f.value)}, verdict_due_at = least(verdict_due_at, ${verdict_due_at}::bigint)
    where id = ${id}`.execute(tx)

export const clearAlarm = (tx: Tx, id: number, time: number) =>
  sql`update warning_alarm set condition = 'cleared', cleared_at = ${time} where id = ${id} and condition = 'raised'`.execute(
    tx,
  )

/** The alarm another one joins: same area or within reach, same time window, itself a head. */
export async function groupHead(tx: Tx, at: Located, from: number, degrees: number): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`select a.id from warning_alarm a
    where a.group_head_id is null and a.condition = 'raised' and a.verdict in ('open', 'real') and a.raised_at >= ${from}
      and ((a.area_id is not null and a.area_id = ${at.area_id})
        or (${at.lon}::float8 is not null and abs(a.lon - ${at.lon}::float8) < ${degrees} and abs(a.lat - ${at.lat}::float8) < ${degrees}))
    order by a.raised_at limit 1`.execute(tx)
  return rows[0]?.id ?? null
}

export const acknowledge = (tx: Tx, id: number, at: number, by: string) =>
  sql`update warning_alarm set acknowledged_at = coalesce(acknowledged_at, ${at}::bigint), acknowledged_by = coalesce(acknowledged_by, ${by}) where id = ${id}`.execute(
    tx,
  )

export const setVerdict = (
  tx: Tx,
  id: number,
  v: {
    verdict: AlarmVerdict
    reason: string | null
    note: string | null
    at: number | null
    by: string | null
    incident_id: number | null
  },
) =>
  sql`update warning_alarm set verdict = ${v.verdict}, reason = ${v.reason}, verdict_note = ${v.note}, verdict_at = ${v.at}, verdict_by = ${v.by}, incident_id = ${v.incident_id}
    where id = ${id}`.execute(tx)

export const insertAlarmHistory = (
  tx: Tx,
  alarm_id: number,
  city_time: number,
  wall_time: number,
  actor: string,
  action: string,
  detail: unknown,
) =>
  sql`insert into warning_alarm_history (alarm_id, city_time, wall_time, actor, action, detail)
    values (${alarm_id}, ${city_time}, ${wall_time}, ${actor}, ${action}, ${json(detail)})`.execute(tx)

export const alarmHistory = async (db: Db, alarm_id: number) =>
  (
    await sql<{
      city_time: number
      actor: string
      action: string
      detail: Record<string, unknown>
    }>`select city_time, actor, action, detail
      from warning_alarm_history where alarm_id = ${alarm_id} order by id limit 500`.execute(db)
  ).rows

/**
 * Gives verdicts to what was raised and cleared before `before`, the past of an invented city: real where a fault of that
 * lifeline overlaps it, a known change of demand where none does.
 */
export async function settlePast(
  tx: Tx,
  before: number,
  by: string,
  faults: readonly { lifeline: string; from: number; to: number }[],
) {
  const spans = JSON.stringify(faults)
  await sql`update warning_alarm a set verdict = case when f.found then 'real' else 'false_alarm' end,
      reason = case when f.found then null else 'known-demand' end,
      verdict_at = a.raised_at + 180000, verdict_by = ${by}, acknowledged_at = a.raised_at + 60000, acknowledged_by = ${by}
    from (select b.id, exists (select 1 from jsonb_to_recordset(${spans}::jsonb) as s(lifeline text, "from" bigint, "to" bigint)
        where s.lifeline = b.lifeline and s."from" <= b.raised_at and s."to" >= b.raised_at) as found from warning_alarm b) f
    where f.id = a.id and a.verdict = 'open' and a.raised_at < ${before} and a.condition = 'cleared'`.execute(tx)
}

/** Alarms whose verdict is overdue and not yet escalated; marks them. */
export const escalateAlarms = async (tx: Tx, now: number) =>
  (
    await sql<{ id: number; owner_id: number | null; lifeline: string }>`update warning_alarm set escalated_at = ${now}
      where verdict = 'open' and escalated_at is null and verdict_due_at <= ${now} returning id, owner_id, lifeline`.execute(
      tx,
    )
  ).rows

// ---- incidents ----------------------------------------------------------------------------------------------------

/** The next number of the day for a kind of code (YJ-20261118-007); serialised by an advisory lock. */
export async function nextCode(
  tx: Tx,
  prefix: string,
  table: "warning_incident" | "warning_warning" | "response_order",
): Promise<string> {
  await sql`select pg_advisory_xact_lock(hashtext(${prefix}))`.execute(tx)
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int n from ${sql.raw(table)} where code like ${`${prefix}-%`}`.execute(tx)
  return `${prefix}-${String(rows[0]!.n + 1).padStart(3, "0")}`
}

/** An open incident the alarm belongs to: that of its group, or of the same area within the window. */
export async function openIncident(tx: Tx, alarm: AlarmRecord, from: number): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`select i.id from warning_incident i
    where i.closed_at is null and i.id in (
      select a.incident_id from warning_alarm a where a.incident_id is not null and a.id <> ${alarm.id} and a.raised_at >= ${from}
        and (a.id = ${alarm.group_head_id} or a.group_head_id = coalesce(${alarm.group_head_id}::bigint, ${alarm.id}::bigint)))
    order by i.id desc limit 1`.execute(tx)
  return rows[0]?.id ?? null
}

export async function insertIncident(tx: Tx, code: string, alarm: AlarmRecord, opened_at: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`insert into warning_incident (code, lifeline, area_id, title, opened_at)
    values (${code}, ${alarm.lifeline}, ${alarm.area_id}, ${json(alarm.title)}, ${opened_at}) returning id`.execute(tx)
  return rows[0]!.id
}

/** Removes an incident that gathered nothing (an undone verdict). */
export const deleteEmptyIncident = (tx: Tx, id: number) =>
  sql`delete from warning_incident i where i.id = ${id} and not exists (select 1 from warning_alarm a where a.incident_id = i.id)
    and not exists (select 1 from warning_warning w where w.incident_id = i.id)`.execute(tx)

/** Closes an incident when all its work orders are closed. */
export const closeIncident = (tx: Tx, id: number, at: number) =>
  sql`update warning_incident set closed_at = ${at} where id = ${id} and closed_at is null
    and not exists (select 1 from response_order r where r.incident_id = ${id} and r.state <> 'closed')`.execute(tx)

// ---- warnings -----------------------------------------------------------------------------------------------------

export type Content = {
  severity: Severity
  title: string
  text: string
  measures: string
  radius_m: number
  owner_id: number
}

export type WarningRecord = {
  id: number
  code: string
  incident_id: number
  alarm_id: number
  state: WarningState
  severity: Severity
  lifeline: string
  content: Content
  owner_id: number
  owner: Words
  version: number
  drafted_by: string
  drafted_by_id: number | null
  submitted_by_id: number | null
  /** Who wrote the content as it is: the drafter, or who revised it last. */
  written_by_id: number | null
  drafted_at: number
  submitted_at: number | null
  issued_at: number | null
  lifted_at: number | null
  expires_at: number | null
  due_at: number | null
  escalated_at: number | null
  place: Words
  lon: number | null
  lat: number | null
  area_ids: number[]
}

const warnings = sql`
  select w.id, w.code, w.incident_id, w.alarm_id, w.state, w.severity, w.lifeline, w.content, w.owner_id, o.name as owner, w.version, w.drafted_by,
    w.drafted_by_id, w.submitted_by_id, (select v.signed_by_id from warning_version v where v.warning_id = w.id and v.action in ('draft', 'revise') order by v.version desc limit 1) as written_by_id, w.drafted_at, w.submitted_at, w.issued_at, w.lifted_at, w.expires_at, w.due_at, w.escalated_at,
    a.place, a.lon, a.lat, ${sql.raw(alarmAreas)} as area_ids
  from warning_warning w join warning_alarm a on a.id = w.alarm_id join access_organisation o on o.id = w.owner_id`

export async function listWarnings(
  db: Db,
  scopes: readonly Scope[],
  filter: { q?: string; state?: string; sort?: string },
  limit: number,
  offset: number,
) {
  const like = `%${filter.q ?? ""}%`
  const where = sql`${scopeWhere(scopes, { owner: "w.owner_id", lifeline: "w.lifeline", areas: alarmAreas })}
    and (w.code ilike ${like} or w.content->>'title' ilike ${like}) and (${filter.state ?? null}::text is null or w.state = ${filter.state ?? null})`
  const order = orderBy(
    filter.sort,
    { drafted_at: "w.drafted_at", issued_at: "w.issued_at", severity: "w.severity", code: "w.code" },
    "w.drafted_at desc",
    "w.id desc",
  )
  const { rows } =
    await sql<WarningRecord>`${warnings} where ${where} order by ${order} limit ${limit + 1} offset ${offset}`.execute(
      db,
    )
  const total = await sql<{
    n: number
  }>`select count(*)::int n from warning_warning w join warning_alarm a on a.id = w.alarm_id where ${where}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}

export const warningById = async (db: Db, id: number): Promise<WarningRecord | undefined> =>
  (await sql<WarningRecord>`${warnings} where w.id = ${id}`.execute(db)).rows[0]

export async function lockWarning(tx: Tx, id: number) {
  await sql`select id from warning_warning where id = ${id} for update`.execute(tx)
  return warningById(tx, id)
}

export async function insertWarning(
  tx: Tx,
  w: {
    code: string
    incident_id: number
    alarm_id: number
    lifeline: string
    content: Content
    drafted_by: string
    drafted_by_id: number | null
    drafted_at: number
  },
): Promise<number> {
  const { rows } = await sql<{
    id: number
  }>`insert into warning_warning (code, incident_id, alarm_id, state, severity, lifeline, content, owner_id, version, drafted_by, drafted_by_id, drafted_at)
    values (${w.code}, ${w.incident_id}, ${w.alarm_id}, 'draft', ${w.content.severity}, ${w.lifeline}, ${json(w.content)}, ${w.content.owner_id}, 0, ${w.drafted_by}, ${w.drafted_by_id}, ${w.drafted_at})
    returning id`.execute(tx)
  return rows[0]!.id
}

export const saveWarning = (
  tx: Tx,
  w: Pick<
    WarningRecord,
    | "id"
    | "state"
    | "content"
    | "version"
    | "submitted_at"
    | "submitted_by_id"
    | "issued_at"
    | "lifted_at"
    | "expires_at"
    | "due_at"
  >,
) =>
  sql`update warning_warning set state = ${w.state}, content = ${json(w.content)}, severity = ${w.content.severity}, owner_id = ${w.content.owner_id}, version = ${w.version},
    submitted_at = ${w.submitted_at}, submitted_by_id = ${w.submitted_by_id}, issued_at = ${w.issued_at}, lifted_at = ${w.lifted_at}, expires_at = ${w.expires_at}, due_at = ${w.due_at}
    where id = ${w.id}`.execute(tx)

export const insertVersion = (
  tx: Tx,
  v: {
    warning_id: number
    version: number
    action: string
    content: Content
    signed_by_id: number | null
    signed_by: string
    city_time: number
    wall_time: number
    note: string | null
  },
) =>
  sql`insert into warning_version (warning_id, version, action, content, signed_by_id, signed_by, city_time, wall_time, note)
    values (${v.warning_id}, ${v.version}, ${v.action}, ${json(v.content)}, ${v.signed_by_id}, ${v.signed_by}, ${v.city_time}, ${v.wall_time}, ${v.note})`.execute(
    tx,
  )

export const listVersions = async (db: Db, warning_id: number) =>
  (
    await sql<{
      version: number
      action: string
      content: Content
      signed_by: string
      city_time: number
      note: string | null
    }>`select version, action, content, signed_by, city_time, note
      from warning_version where warning_id = ${warning_id} order by version limit 500`.execute(db)
  ).rows

export const ordersOfWarning = async (db: Db, warning_id: number) =>
  (
    await sql<{
      id: number
      code: string
      state: string
    }>`select id, code, state from response_order where warning_id = ${warning_id} order by id limit 50`.execute(db)
  ).rows

export const orderEventsOfWarning = async (db: Db, warning_id: number) =>
  (
    await sql<{
      order_code: string
      order_id: number
      action: string
      to_state: string | null
      actor: string
      city_time: number
      note: string | null
      limit_ms: number | null
    }>`
      select r.code as order_code, r.id as order_id, e.action, e.to_state, e.actor, e.city_time, e.note, e.limit_ms
      from response_event e join response_order r on r.id = e.order_id where r.warning_id = ${warning_id} order by e.id limit 500`.execute(
      db,
    )
  ).rows

export const photosOfWarning = async (db: Db, warning_id: number) =>
  (
    await sql<{
      hash: string
      taken_by: string
      city_time: number
    }>`select p.hash, p.taken_by, p.city_time from response_photo p join response_order r on r.id = p.order_id
    where r.warning_id = ${warning_id} order by p.city_time limit 100`.execute(db)
  ).rows

export const organisation = async (db: Db, id: number) =>
  (await sql<{ id: number; name: Words }>`select id, name from access_organisation where id = ${id}`.execute(db))
    .rows[0]

/** An organisation that would be told about a lifeline: the owner of most of its assets. */
export const likelyOwner = async (db: Db, lifeline: string) =>
  (
    await sql<{ id: number; name: Words }>`select o.id, o.name from access_organisation o
      left join census_asset a on a.owner_id = o.id and a.lifeline = ${lifeline} where o.kind = 'owner' group by o.id order by count(a.id) desc, o.id limit 1`.execute(
      db,
    )
  ).rows[0]

/** Warnings past their approval clock; marks them escalated. */
export const escalateWarnings = async (tx: Tx, now: number) =>
  (
    await sql<{
      id: number
      owner_id: number | null
      lifeline: string
    }>`update warning_warning set escalated_at = ${now}
      where state = 'submitted' and escalated_at is null and due_at <= ${now} returning id, owner_id, lifeline`.execute(
      tx,
    )
  ).rows

export const expiredWarnings = async (db: Db, now: number) =>
  (
    await sql<{
      id: number
    }>`select id from warning_warning where state = 'issued' and expires_at <= ${now} limit 100`.execute(db)
  ).rows

export const lonLatOf = (row: { lon: number | null; lat: number | null }): LonLat | null =>
  row.lon === null || row.lat === null ? null : [row.lon, row.lat]
