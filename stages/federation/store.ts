import { sql } from "kysely"
import type { Words } from "../../model/index.ts"
import { type Db, json } from "../../platform/sql/index.ts"
import { isOpen } from "../warning/index.ts"

export type CityRecord = {
  id: number
  code: string
  name: Words
  key_hash: string
  simulated: boolean
  sequence: number
  last_received_at: number | null
  city_time: number | null
  summary: Record<string, unknown>
}

const cities = sql`select id, code, name, key_hash, simulated, sequence, last_received_at, city_time, summary from federation_city`

export const listCities = async (db: Db): Promise<CityRecord[]> =>
  (await sql<CityRecord>`${cities} order by code limit ${cities_max}`.execute(db)).rows
export const cities_max = 1000

export const cityByCode = async (db: Db, code: string): Promise<CityRecord | undefined> =>
  (await sql<CityRecord>`${cities} where code = ${code}`.execute(db)).rows[0]

/** Locks the city's row, so that two pushes of one city apply one after the other. */
export const lockCity = async (db: Db, code: string): Promise<CityRecord | undefined> =>
  (await sql<CityRecord>`${cities} where code = ${code} for update`.execute(db)).rows[0]

/** Registers a city or gives a known one a new key; what it sent before stays. */
export async function putCity(db: Db, city: { code: string; name: Words; key_hash: string }): Promise<number> {
  const { rows } = await sql<{ id: number }>`insert into federation_city (code, name, key_hash)
    values (${city.code}, ${json(city.name)}, ${city.key_hash})
    on conflict (code) do update set name = excluded.name, key_hash = excluded.key_hash returning id`.execute(db)
  return rows[0]!.id
}

export const noteReceived = (
  db: Db,
  id: number,
  c: { sequence: number; at: number; city_time: number | null; simulated: boolean | null },
) =>
  sql`update federation_city set sequence = ${c.sequence}, last_received_at = ${c.at},
    city_time = coalesce(${c.city_time}, city_time), simulated = coalesce(${c.simulated}, simulated) where id = ${id}`.execute(
    db,
  )

export const setSummary = (db: Db, id: number, summary: unknown) =>
  sql`update federation_city set summary = ${json(summary)} where id = ${id}`.execute(db)

export const putRecord = (
  db: Db,
  city_id: number,
  r: { kind: string; object_id: string; city_time: number; body: unknown },
) =>
  sql`insert into federation_record (city_id, kind, object_id, city_time, body)
    values (${city_id}, ${r.kind}, ${r.object_id}, ${r.city_time}, ${json(r.body)})
    on conflict (city_id, kind, object_id) do update set city_time = excluded.city_time, body = excluded.body`.execute(
    db,
  )

export const deleteRecords = (db: Db, city_id: number) =>
  sql`delete from federation_record where city_id = ${city_id}`.execute(db)

/** Keeps the newest records of each kind that a city has; open ones are the newest or still wanted, so they stay. */
export const pruneRecords = (db: Db, city_id: number, keep: number) =>
  sql`delete from federation_record r using (
      select kind, object_id, row_number() over (partition by kind order by city_time desc) as place
      from federation_record where city_id = ${city_id}
        and coalesce(body->>'state', '') not in ('issued', 'assigned', 'accepted', 'arrived', 'handling', 'reported', 'rechecked')) old
    where r.city_id = ${city_id} and r.kind = old.kind and r.object_id = old.object_id and old.place > ${keep}`.execute(
    db,
  )

export type RecordRow = {
  city_id: number
  kind: string
  object_id: string
  city_time: number
  body: Record<string, unknown>
}
export const recordsOf = async (db: Db, city_id: number, kind: string, limit: number): Promise<RecordRow[]> =>
  (
    await sql<RecordRow>`select city_id, kind, object_id, city_time, body from federation_record
      where city_id = ${city_id} and kind = ${kind} order by city_time desc, object_id desc limit ${limit}`.execute(db)
  ).rows

export type Tally = {
  city_id: number
  warnings: number[]
  orders_open: number
  orders_overdue: number
  orders_closed: number
}
/** Warnings in force by severity and orders of every city, of the lifelines that may be seen; the city's own time says what is overdue. */
export async function tallies(db: Db, lifelines: "all" | string[]): Promise<Tally[]> {
  const seen = lifelines === "all" ? sql`true` : sql`r.body->>'lifeline' = any(${lifelines}::text[])`
  const inForce = sql`r.kind = 'warning' and r.body->>'state' = 'issued'`
  const of = (s: number) => sql`count(*) filter (where ${inForce} and (r.body->>'severity')::int = ${s})`
  const { rows } = await sql<Tally>`
    select r.city_id, array[${of(1)}, ${of(2)}, ${of(3)}, ${of(4)}] as warnings,
      count(*) filter (where r.kind = 'order' and r.body->>'state' <> 'closed') as orders_open,
      count(*) filter (where r.kind = 'order' and r.body->>'state' <> 'closed'
        and (r.body->>'overdue' = 'true' or (r.body->>'clock_ends_at')::bigint < c.city_time)) as orders_overdue,
      count(*) filter (where r.kind = 'order' and r.body->>'state' = 'closed') as orders_closed
    from federation_record r join federation_city c on c.id = r.city_id where ${seen} group by r.city_id`.execute(db)
  return rows
}

/** City side: what there is to report, counted: assets by lifeline and kind, devices, open alarms by severity. */
export async function citySummary(db: Db) {
  const assets = await sql<{ lifeline: string; kind: string; n: number }>`
    select lifeline, kind, count(*) as n from census_asset_now group by 1, 2 order by 1, 2`.execute(db)
  const devices = await sql<{ lifeline: string; online: number; total: number }>`
    select lifeline, count(*) filter (where state = 'online') as online, count(*) as total
    from monitoring_device group by 1 order by 1`.execute(db)
  const alarms = await sql<{ lifeline: string; severity: number; n: number }>`
    select a.lifeline, a.severity, count(*) as n from warning_alarm a left join warning_incident i on i.id = a.incident_id
    where ${isOpen}
    group by 1, 2 order by 1, 2`.execute(db)
  return { assets: assets.rows, devices: devices.rows, alarms: alarms.rows }
}
