import { sql } from "kysely"
import type { ImportedCity } from "../../lifelines/contract.ts"
import type { DeviceState, LonLat, Problem, Scope, ValueKind, Words } from "../../model/index.ts"
import type { Db, Tx } from "../../platform/sql/index.ts"
import { areasOfAsset, orderBy, scopeWhere } from "../../platform/sql/scope.ts"

export type DeviceRecord = {
  id: number
  code: string
  name: string
  lifeline: string
  kind: string
  asset_id: number | null
  gateway_id: number | null
  owner_id: number | null
  credential_hash: string | null
  simulated: boolean
  state: DeviceState
  state_since: number | null
  last_time: number | null
  area_ids: number[]
}

export type PointRow = {
  id: number
  device_id: number
  indicator: string
  unit: string
  interval_ms: number
  value_kind: ValueKind
  asset_id: number | null
  asset_code: string | null
  area_code: string | null
  lon: number | null
  lat: number | null
}

const areas = areasOfAsset("d.asset_id")
const scope = (scopes: readonly Scope[]) => scopeWhere(scopes, { owner: "d.owner_id", lifeline: "d.lifeline", areas })

/** Rows that are read at once: a large city is taken in without ever standing in memory twice. */
const rows_a_page = 20_000

/** Pages of rows in order of their ids. */
async function* pages<Row extends { id: number }>(page: (after: number) => Promise<Row[]>): AsyncGenerator<Row[]> {
  for (let after = 0; ; ) {
    const rows = await page(after)
    if (rows.length > 0) yield rows
    if (rows.length < rows_a_page) return
    after = rows.at(-1)!.id
  }
}

export const loadDevices = (db: Db): AsyncGenerator<DeviceRecord[]> =>
  pages(
    async (after) =>
      (
        await sql<DeviceRecord>`select d.id, d.code, d.name, d.lifeline, d.kind, d.asset_id, d.gateway_id, d.owner_id,
          d.credential_hash, d.simulated, d.state, d.state_since, d.last_time, ${sql.raw(areas)} as area_ids
          from monitoring_device d where d.id > ${after} order by d.id limit ${rows_a_page}`.execute(db)
      ).rows,
  )

export const loadPoints = (db: Db): AsyncGenerator<PointRow[]> =>
  pages(
    async (after) =>
      (
        await sql<PointRow>`select p.id, p.device_id, p.indicator, p.unit, p.interval_ms, p.value_kind, d.asset_id,
          a.code as asset_code, a.lon, a.lat,
          (select c.code from census_area_asset m join census_area c on c.id = m.area_id and c.kind = 'metered_area'
            where m.asset_id = d.asset_id order by c.id limit 1) as area_code
        from monitoring_point p join monitoring_device d on d.id = p.device_id
        left join census_asset_now a on a.id = d.asset_id
        where p.id > ${after} order by p.id limit ${rows_a_page}`.execute(db)
      ).rows,
  )

export type AreaRecord = {
  id: number
  code: string
  name: string
  lifeline: string
  pipe_length_m: number
  meters: { point_id: number; role: "meter" | "tank"; sign: 1 | -1; ground_area_m2: number | null }[]
}

export const loadAreas = async (db: Db) =>
  (
    await sql<AreaRecord>`select a.id, a.code, a.name, a.lifeline, a.pipe_length_m,
        coalesce((select jsonb_agg(jsonb_build_object('point_id', m.point_id, 'role', m.role, 'sign', m.sign, 'ground_area_m2', m.ground_area_m2)
          order by m.point_id) from monitoring_area_meter m where m.area_id = a.id), '[]') as meters
      from census_area a where a.kind = 'metered_area' and a.lifeline is not null order by a.id`.execute(db)
  ).rows

const devices_a_statement = 5000

/** Registers devices with their points, many a statement; a known code is updated, its credential kept. */
export async function upsertDevices(
  tx: Tx,
  devices: ImportedCity["devices"],
  given: {
    lifeline: string
    batch_id: number | null
    simulated: boolean
    gateway_id: number | null
    asset_ids: Map<string, number>
    owner_of(asset_id: number | null): number | null
  },
): Promise<Map<string, number>> {
  const point_ids = new Map<string, number>()
  // The last of a code or of an indicator stands, as it would one by one.
  const by_code = [...new Map(devices.map((d) => [d.code, d])).values()]
  for (let from = 0; from < by_code.length; from += devices_a_statement) {
    const part = by_code.slice(from, from + devices_a_statement)
    const rows = part.map((d) => {
      const asset_id = d.asset_code ? (given.asset_ids.get(d.asset_code) ?? null) : null
      return { code: d.code, name: d.name, kind: d.kind, asset_id, owner_id: given.owner_of(asset_id) }
    })
    const { rows: known } = await sql<{ id: number; code: string }>`
      insert into monitoring_device (code, name, lifeline, kind, asset_id, gateway_id, owner_id, batch_id, simulated)
      select code, name, ${given.lifeline}, kind, asset_id, ${given.gateway_id}, owner_id, ${given.batch_id}, ${given.simulated}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(code text, name text, kind text, asset_id bigint, owner_id bigint)
      on conflict (code) do update set name = excluded.name, kind = excluded.kind, asset_id = excluded.asset_id, gateway_id = excluded.gateway_id,
        owner_id = excluded.owner_id, batch_id = excluded.batch_id
      returning id, code`.execute(tx)
    const id_of = new Map(known.map((d) => [d.code, d.id]))
    const code_of = new Map(known.map((d) => [d.id, d.code]))
    const points = part.flatMap((d) =>
      [...new Map(d.points.map((p) => [p.indicator, p])).values()].map((p) => ({
        device_id: id_of.get(d.code)!,
        ...p,
      })),
    )
    const { rows: made } = await sql<{ id: number; device_id: number; indicator: string }>`
      insert into monitoring_point (device_id, indicator, unit, interval_ms, value_kind)
      select device_id, indicator, unit, interval_ms, value_kind from jsonb_to_recordset(${JSON.stringify(points)}::jsonb)
        as p(device_id bigint, indicator text, unit text, interval_ms bigint, value_kind text)
      on conflict (device_id, indicator) do update set interval_ms = excluded.interval_ms, value_kind = excluded.value_kind
      returning id, device_id, indicator`.execute(tx)
    for (const p of made) point_ids.set(`${code_of.get(p.device_id)}/${p.indicator}`, p.id)
  }
  return point_ids
}

export async function upsertGateway(
  tx: Tx,
  code: string,
  name: string,
  lifeline: string,
  credential_hash: string,
  batch_id: number | null,
  simulated: boolean,
): Promise<number> {
  const { rows } = await sql<{
    id: number
  }>`insert into monitoring_device (code, name, lifeline, kind, batch_id, credential_hash, simulated)
    values (${code}, ${name}, ${lifeline}, 'gateway', ${batch_id}, ${credential_hash}, ${simulated})
    on conflict (code) do update set credential_hash = excluded.credential_hash returning id`.execute(tx)
  return rows[0]!.id
}

export async function setMeters(
  tx: Tx,
  area_id: number,
  meters: { point_id: number; role: "meter" | "tank"; sign: number; ground_area_m2: number | null }[],
) {
  await sql`delete from monitoring_area_meter where area_id = ${area_id}`.execute(tx)
  for (const m of meters) {
    await sql`insert into monitoring_area_meter (area_id, point_id, role, sign, ground_area_m2)
      values (${area_id}, ${m.point_id}, ${m.role}, ${m.sign}, ${m.ground_area_m2})`.execute(tx)
  }
}

export const setCredential = (tx: Tx, device_id: number, hash: string) =>
  sql`update monitoring_device set credential_hash = ${hash} where id = ${device_id}`.execute(tx)

/** A device that fell silent or came back: `at` in city time. */
export type StateChange = { id: number; state: DeviceState; at: number; last_time: number | null; wall: number }

const changes_a_statement = 10_000

/** Writes changed states and, for all devices given, the time last heard of. */
export async function saveStates(tx: Tx, changes: StateChange[]) {
  for (let from = 0; from < changes.length; from += changes_a_statement)
    await saveSomeStates(tx, changes.slice(from, from + changes_a_statement))
}

async function saveSomeStates(tx: Tx, changes: StateChange[]) {
  const rows = JSON.stringify(changes)
  await sql`update monitoring_device d set state = c.state, state_since = c.at, last_time = c.last_time
    from jsonb_to_recordset(${rows}::jsonb) as c(id bigint, state text, at bigint, last_time bigint) where d.id = c.id`.execute(
    tx,
  )
  await sql`insert into monitoring_device_event (device_id, state, city_time, wall_time)
    select c.id, c.state, c.at, c.wall from jsonb_to_recordset(${rows}::jsonb) as c(id bigint, state text, at bigint, wall bigint)`.execute(
    tx,
  )
}

export type QuarantineEntry = {
  arrived_at: number
  door: string
  client: string
  topic: string
  problem: Problem
  payload: Uint8Array
}

/** One statement takes 65,535 parameters; an entry has nine. */
const entries_a_statement = 1000
const payload_bytes_max = 65_536

/** Writes refused messages; whatever letters a device sent, the rows can be written. */
export async function insertQuarantine(db: Db, entries: QuarantineEntry[]) {
  for (let from = 0; from < entries.length; from += entries_a_statement) {
    const rows = entries.slice(from, from + entries_a_statement).map((e) => {
      const { code, title, field, value } = e.problem
      const shown =
        value === undefined ? null : clean(typeof value === "object" ? JSON.stringify(value) : String(value))
      return sql`(${e.arrived_at}, ${e.door}, ${clean(e.client)}, ${clean(e.topic)}, ${code}, ${JSON.stringify({ zh: clean(title.zh), en: clean(title.en) })}::jsonb,
        ${field === undefined ? null : clean(field)}, ${shown}, ${Buffer.from(e.payload.subarray(0, payload_bytes_max))})`
    })
    await sql`insert into monitoring_quarantine (arrived_at, door, client, topic, code, words, field, value, payload) values ${sql.join(rows)}`.execute(
      db,
    )
  }
}

/** PostgreSQL's text holds no NUL and its JSON no half of a surrogate pair; long texts are cut. */
const clean = (text: string) => text.slice(0, 500).replaceAll("\0", "�").toWellFormed()

/** What was refused, newest first. Whoever sees a part of the city sees what its devices and gateways sent. */
export async function listQuarantine(
  db: Db,
  scopes: readonly Scope[],
  q: string,
  code: string | undefined,
  limit: number,
  offset: number,
) {
  const like = `%${q}%`
  const whole = scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")
  const where = sql`(client ilike ${like} or topic ilike ${like} or code ilike ${like}) and (${code ?? null}::text is null or code = ${code ?? null})
    and (${whole} or exists (select from monitoring_device d where d.code = client and ${scope(scopes)}))`
  const { rows } = await sql<{
    id: number
    arrived_at: number
    door: string
    client: string
    topic: string
    code: string
    words: Words
    field: string | null
    value: string | null
    payload: Buffer
  }>`
    select id, arrived_at, door, client, topic, code, words, field, value, substring(payload for 400) as payload
    from monitoring_quarantine where ${where} order by id desc limit ${limit + 1} offset ${offset}`.execute(db)
  const total = await sql<{ n: number }>`select count(*)::int n from monitoring_quarantine where ${where}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}

export async function deleteQuarantine(db: Db, before: number) {
  await sql`delete from monitoring_quarantine where arrived_at < ${before}`.execute(db)
}

export const countQuarantine = async (db: Db) =>
  (
    await sql<{
      code: string
      n: number
    }>`select code, count(*)::int n from monitoring_quarantine group by code`.execute(db)
  ).rows

export type DeviceListRow = DeviceRecord & {
  gateway: string | null
  owner: Words | null
  lon: number | null
  lat: number | null
  points: number
  asset_name: string | null
}

export async function listDevices(
  db: Db,
  scopes: readonly Scope[],
  filter: { q?: string; lifeline?: string; state?: string; id?: number; sort?: string },
  limit: number,
  offset: number,
) {
  const like = `%${filter.q ?? ""}%`
  const where = sql`${scope(scopes)} and (d.code ilike ${like} or d.name ilike ${like})
    and (${filter.lifeline ?? null}::text is null or d.lifeline = ${filter.lifeline ?? null})
    and (${filter.state ?? null}::text is null or d.state = ${filter.state ?? null})
    and (${filter.id ?? null}::bigint is null or d.id = ${filter.id ?? null})`
  const order = orderBy(
    filter.sort,
    { code: "d.code", state: "d.state", state_since: "d.state_since", lifeline: "d.lifeline" },
    "(d.state = 'silent') desc, d.code",
    "d.id",
  )
  const { rows } =
    await sql<DeviceListRow>`select d.id, d.code, d.name, d.lifeline, d.kind, d.asset_id, d.gateway_id, d.owner_id, d.simulated, d.state,
      d.state_since, d.last_time, g.code as gateway, o.name as owner, a.lon, a.lat, a.name as asset_name, null as credential_hash, '{}'::bigint[] as area_ids,
      (select count(*)::int from monitoring_point p where p.device_id = d.id) as points
    from monitoring_device d left join monitoring_device g on g.id = d.gateway_id left join access_organisation o on o.id = d.owner_id
    left join census_asset_now a on a.id = d.asset_id
    where ${where} order by ${order} limit ${limit + 1} offset ${offset}`.execute(db)
  const total = await sql<{ n: number }>`select count(*)::int n from monitoring_device d where ${where}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}

export const deviceEvents = async (db: Db, device_id: number) =>
  (
    await sql<{
      state: string
      city_time: number
      wall_time: number
    }>`select state, city_time, wall_time from monitoring_device_event
      where device_id = ${device_id} order by id desc limit 100`.execute(db)
  ).rows

/** Point ids that a person may see, narrowed by filters; the registry has the rest. */
export async function visiblePoints(
  db: Db,
  scopes: readonly Scope[],
  filter: {
    q?: string
    lifeline?: string
    indicator?: string
    area?: string
    asset_id?: number
    device_id?: number
    ids?: number[]
  },
  limit: number,
  offset: number,
) {
  const like = `%${filter.q ?? ""}%`
  const where = sql`${scope(scopes)} and (d.code ilike ${like} or d.name ilike ${like})
    and (${filter.lifeline ?? null}::text is null or d.lifeline = ${filter.lifeline ?? null})
    and (${filter.indicator ?? null}::text is null or p.indicator = ${filter.indicator ?? null})
    and (${filter.asset_id ?? null}::bigint is null or d.asset_id = ${filter.asset_id ?? null})
    and (${filter.device_id ?? null}::bigint is null or d.id = ${filter.device_id ?? null})
    and (${filter.ids ?? null}::integer[] is null or p.id = any(${filter.ids ?? null}::integer[]))
    and (${filter.area ?? null}::text is null or exists (select 1 from census_area_asset m join census_area c on c.id = m.area_id
      where m.asset_id = d.asset_id and c.code = ${filter.area ?? null}))`
  const { rows } = await sql<{
    id: number
  }>`select p.id from monitoring_point p join monitoring_device d on d.id = p.device_id
    where ${where} order by d.lifeline, p.indicator, d.code limit ${limit + 1} offset ${offset}`.execute(db)
  const total = await sql<{
    n: number
  }>`select count(*)::int n from monitoring_point p join monitoring_device d on d.id = p.device_id where ${where}`.execute(
    db,
  )
  return { ids: rows.map((r) => r.id), total: total.rows[0]!.n }
}

export const lonLat = (row: { lon: number | null; lat: number | null }): LonLat | null =>
  row.lon === null || row.lat === null ? null : [row.lon, row.lat]
