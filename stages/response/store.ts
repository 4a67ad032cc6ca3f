import { sql } from "kysely"
import {
  type OrderClock,
  type OrderState,
  orderTransitions,
  type Scope,
  type Severity,
  type Words,
} from "../../model/index.ts"
import { type Db, json, type Tx } from "../../platform/sql/index.ts"
import { areasOfAsset, orderBy, scopeWhere } from "../../platform/sql/scope.ts"

export type OrderRecord = {
  id: number
  code: string
  warning_id: number
  warning_code: string
  warning_text: string
  measures: string
  incident_id: number
  alarm_id: number
  owner_id: number
  owner: Words
  severity: Severity
  lifeline: string
  title: string
  state: OrderState
  clock: OrderClock | null
  clock_starts_at: number | null
  clock_ends_at: number | null
  suspended_at: number | null
  escalated_at: number | null
  limits: Record<OrderClock, number>
  marks: string[]
  assigned_at: number
  closed_at: number | null
  place: Words
  lon: number | null
  lat: number | null
  point_id: number | null
  condition: "raised" | "cleared"
  cleared_at: number | null
  area_ids: number[]
  track: { state: OrderState; entered_at: number; limit_ms: number | null }[]
}

const orderAreas = `(case when a.area_id is null then ${areasOfAsset("a.asset_id")} else array_append(${areasOfAsset("a.asset_id")}, a.area_id) end)`

const orders = sql`
  select r.id, r.code, r.warning_id, w.code as warning_code, w.content->>'text' as warning_text, w.content->>'measures' as measures,
    r.incident_id, r.alarm_id, r.owner_id, o.name as owner, r.severity, r.lifeline, r.title, r.state, r.clock, r.clock_starts_at, r.clock_ends_at,
    r.suspended_at, r.escalated_at, r.limits, r.marks, r.assigned_at, r.closed_at, a.place, a.lon, a.lat, a.point_id, a.condition, a.cleared_at,
    ${sql.raw(orderAreas)} as area_ids,
    coalesce((select jsonb_agg(jsonb_build_object('state', e.to_state, 'entered_at', e.city_time, 'limit_ms', e.limit_ms) order by e.id)
      from response_event e where e.order_id = r.id and e.to_state is not null), '[]') as track
  from response_order r join warning_warning w on w.id = r.warning_id join access_organisation o on o.id = r.owner_id
  join warning_alarm a on a.id = r.alarm_id`

export const orderById = async (db: Db, id: number): Promise<OrderRecord | undefined> =>
  (await sql<OrderRecord>`${orders} where r.id = ${id}`.execute(db)).rows[0]

export async function lockOrder(tx: Tx, id: number) {
  await sql`select id from response_order where id = ${id} for update`.execute(tx)
  return orderById(tx, id)
}

const scope = (scopes: readonly Scope[]) =>
  scopeWhere(scopes, { owner: "r.owner_id", lifeline: "r.lifeline", areas: orderAreas })

export async function listOrders(
  db: Db,
  scopes: readonly Scope[],
  filter: { q?: string; state?: string; sort?: string; organisation_id?: number | null },
  limit: number,
  offset: number,
) {
  const like = `%${filter.q ?? ""}%`
  const state =
    filter.state === "closed"
      ? sql`r.state = 'closed'`
      : filter.state === "returned"
        ? sql`r.marks ? 'returned' and r.state <> 'closed'`
        : filter.state === "mine"
          ? sql`r.state <> 'closed' and r.owner_id = ${filter.organisation_id ?? null}`
          : filter.state === "all"
            ? sql`true`
            : sql`r.state <> 'closed'`
  const where = sql`${scope(scopes)} and ${state} and (r.code ilike ${like} or r.title ilike ${like} or a.place->>'zh' ilike ${like} or a.place->>'en' ilike ${like})`
  const order = orderBy(
    filter.sort,
    { clock: "r.clock_ends_at", severity: "r.severity", assigned_at: "r.assigned_at", code: "r.code" },
    filter.state === "closed" ? "r.closed_at desc" : "r.clock_ends_at asc nulls last",
    "r.id",
  )
  const { rows } =
    await sql<OrderRecord>`${orders} where ${where} order by ${order} limit ${limit + 1} offset ${offset}`.execute(db)
  const total = await sql<{
    n: number
  }>`select count(*)::int n from response_order r join warning_alarm a on a.id = r.alarm_id where ${where}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}

/** Orders for the summary line: open ones, and those closed or assigned since `from`. */
export const recentOrders = async (db: Db, scopes: readonly Scope[], from: number) =>
  (
    await sql<OrderRecord>`${orders} where ${scope(scopes)} and (r.state <> 'closed' or r.closed_at >= ${from} or r.assigned_at >= ${from}) order by r.id desc limit 2000`.execute(
      db,
    )
  ).rows

export async function insertOrder(
  tx: Tx,
  o: {
    code: string
    warning_id: number
    incident_id: number
    alarm_id: number
    owner_id: number
    severity: Severity
    lifeline: string
    title: string
    limits: Record<OrderClock, number>
    at: number
  },
): Promise<number> {
  const { rows } = await sql<{
    id: number
  }>`insert into response_order (code, warning_id, incident_id, alarm_id, owner_id, severity, lifeline, title, state, clock, clock_starts_at, clock_ends_at, limits, assigned_at)
    values (${o.code}, ${o.warning_id}, ${o.incident_id}, ${o.alarm_id}, ${o.owner_id}, ${o.severity}, ${o.lifeline}, ${o.title}, 'assigned', 'accept', ${o.at}, ${o.at + o.limits.accept}, ${json(o.limits)}, ${o.at})
    returning id`.execute(tx)
  return rows[0]!.id
}

export const saveOrder = (
  tx: Tx,
  o: Pick<
    OrderRecord,
    | "id"
    | "state"
    | "owner_id"
    | "clock"
    | "clock_starts_at"
    | "clock_ends_at"
    | "suspended_at"
    | "escalated_at"
    | "marks"
    | "closed_at"
  >,
) =>
  sql`update response_order set state = ${o.state}, owner_id = ${o.owner_id}, clock = ${o.clock}, clock_starts_at = ${o.clock_starts_at}, clock_ends_at = ${o.clock_ends_at},
    suspended_at = ${o.suspended_at}, escalated_at = ${o.escalated_at}, marks = ${json(o.marks)}, closed_at = ${o.closed_at} where id = ${o.id}`.execute(
    tx,
  )

export const insertEvent = (
  tx: Tx,
  e: {
    order_id: number
    action: string
    from_state: string | null
    to_state: string | null
    limit_ms: number | null
    actor_id: number | null
    actor: string
    city_time: number
    wall_time: number
    note: string | null
    detail: unknown
  },
) =>
  sql`insert into response_event (order_id, action, from_state, to_state, limit_ms, actor_id, actor, city_time, wall_time, note, detail)
    values (${e.order_id}, ${e.action}, ${e.from_state}, ${e.to_state}, ${e.limit_ms}, ${e.actor_id}, ${e.actor}, ${e.city_time}, ${e.wall_time}, ${e.note}, ${json(e.detail)})`.execute(
    tx,
  )

export const listEvents = async (db: Db, order_id: number) =>
  (
    await sql<{
      action: string
      to_state: string | null
      actor: string
      city_time: number
      note: string | null
      detail: unknown
    }>`select action, to_state, actor, city_time, note, detail
    from response_event where order_id = ${order_id} order by id limit 500`.execute(db)
  ).rows

export type PhotoRecord = {
  hash: string
  type: string
  width: number
  height: number
  caption: string | null
  taken_by: string
  city_time: number
}
export const insertPhoto = (tx: Tx, order_id: number, p: PhotoRecord, wall_time: number) =>
  sql`insert into response_photo (order_id, hash, type, width, height, caption, taken_by, city_time, wall_time)
    values (${order_id}, ${p.hash}, ${p.type}, ${p.width}, ${p.height}, ${p.caption}, ${p.taken_by}, ${p.city_time}, ${wall_time}) on conflict do nothing`.execute(
    tx,
  )
export const listPhotos = async (db: Db, order_id: number) =>
  (
    await sql<PhotoRecord>`select hash, type, width, height, caption, taken_by, city_time from response_photo where order_id = ${order_id} order by city_time limit 200`.execute(
      db,
    )
  ).rows

/** The orders a photo belongs to, to check who may see it. */
export const ordersOfPhoto = async (db: Db, hash: string) =>
  (
    await sql<{
      id: number
      type: string
      owner_id: number
      lifeline: string
      area_ids: number[]
    }>`select r.id, p.type, r.owner_id, r.lifeline, ${sql.raw(orderAreas)} as area_ids
    from response_photo p join response_order r on r.id = p.order_id join warning_alarm a on a.id = r.alarm_id where p.hash = ${hash}`.execute(
      db,
    )
  ).rows

/** The states in which the table lets an order escalate. */
const escalating: readonly string[] = orderTransitions.escalate.from

export const overdueOrders = async (tx: Tx, now: number) =>
  (
    await sql<{
      id: number
    }>`select id from response_order where state = any(${escalating}::text[]) and escalated_at is null and suspended_at is null and clock_ends_at <= ${now} order by id limit 200 for update skip locked`.execute(
      tx,
    )
  ).rows

export const ownerKind = async (db: Db, id: number) =>
  (await sql<{ kind: string }>`select kind from access_organisation where id = ${id}`.execute(db)).rows[0]?.kind
