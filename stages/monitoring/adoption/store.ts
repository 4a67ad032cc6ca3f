import { sql } from "kysely"
import type { Db } from "../../../platform/sql/index.ts"
import type { UnknownValue } from "../doors/delivery.ts"

/** Values of one indicator that are kept from the first on. */
export const values_kept = 100

export type UnknownKey = { device: string; indicator: string }
export type UnknownIndicator = UnknownKey & {
  unit: string | null
  client: string
  door: string
  first_seen: number
  last_seen: number
  count: number
  last_time: number
  last_value: number
}

export const loadKeys = async (db: Db): Promise<UnknownKey[]> =>
  (await sql<UnknownKey>`select device, indicator from monitoring_unknown`.execute(db)).rows

/** PostgreSQL's text holds no NUL and no half of a surrogate pair. */
export const clean = (text: string) => text.replaceAll("\0", "�").toWellFormed()

/** Adds values, those of one indicator together, with clean names; the first `values_kept` are kept whole, of the others the last. */
export async function addValues(db: Db, groups: UnknownValue[][], wall: number): Promise<void> {
  const rows = groups.map((values) => {
    const last = values.at(-1)!
    const kept = values.slice(0, values_kept).map(({ time, sequence, value, unit, flags }) => ({
      time,
      sequence,
      value,
      unit: unit && clean(unit),
      flags,
    }))
    return sql`(${last.device}, ${last.indicator}, ${last.unit && clean(last.unit)}, ${clean(last.client)}, ${last.door},
      ${wall}::bigint, ${wall}::bigint, ${values.length}::bigint, ${last.time}::bigint, ${last.value}::double precision, ${JSON.stringify(kept)}::jsonb)`
  })
  await sql`insert into monitoring_unknown as u (device, indicator, unit, client, door, first_seen, last_seen, count, last_time, last_value, readings)
    values ${sql.join(rows)} on conflict (device, indicator) do update set last_seen = excluded.last_seen, unit = excluded.unit,
      client = excluded.client, door = excluded.door, count = u.count + excluded.count, last_time = excluded.last_time,
      last_value = excluded.last_value,
      readings = case when jsonb_array_length(u.readings) < ${values_kept} then u.readings || excluded.readings else u.readings end`.execute(
    db,
  )
}

/** Unknown devices, those heard last first, each with its indicators. */
export async function listUnknown(db: Db, q: string, limit: number, offset: number) {
  const where = sql`device ilike ${`%${q}%`} or client ilike ${`%${q}%`}`
  const { rows } = await sql<{ device: string; indicators: UnknownIndicator[]; total: number }>`
    select device, jsonb_agg(to_jsonb(u) - 'readings' order by indicator) as indicators, (count(*) over ())::int as total
    from monitoring_unknown u where ${where} group by device order by max(last_seen) desc, device
    limit ${limit + 1} offset ${offset}`.execute(db)
  return { rows, total: rows[0]?.total ?? 0 }
}

export const valuesOf = async (db: Db, device: string) =>
  (
    await sql<UnknownIndicator & { readings: Pick<UnknownValue, "time" | "sequence" | "value" | "unit" | "flags">[] }>`
      select * from monitoring_unknown where device = ${device} order by indicator`.execute(db)
  ).rows

export async function forget(db: Db, device: string): Promise<void> {
  await sql`delete from monitoring_unknown where device = ${device}`.execute(db)
}

/** Registers a device with its points; a device that is known gets the points it lacks. */
export async function registerDevice(
  db: Db,
  device: {
    code: string
    name: string
    lifeline: string
    kind: string
    asset_id: number | null
    gateway_id: number | null
    owner_id: number | null
  },
  points: { indicator: string; unit: string; interval_ms: number }[],
): Promise<number> {
  const { rows } = await sql<{
    id: number
  }>`insert into monitoring_device (code, name, lifeline, kind, asset_id, gateway_id, owner_id)
    values (${device.code}, ${device.name}, ${device.lifeline}, ${device.kind}, ${device.asset_id}, ${device.gateway_id}, ${device.owner_id})
    on conflict (code) do update set name = monitoring_device.name returning id`.execute(db)
  const id = rows[0]!.id
  for (const p of points)
    await sql`insert into monitoring_point (device_id, indicator, unit, interval_ms, value_kind)
      values (${id}, ${p.indicator}, ${p.unit}, ${p.interval_ms}, 'instant') on conflict do nothing`.execute(db)
  return id
}

export const ownerOfAsset = async (db: Db, asset_id: number) =>
  (await sql<{ owner_id: number | null }>`select owner_id from census_asset_now where id = ${asset_id}`.execute(db))
    .rows[0]
