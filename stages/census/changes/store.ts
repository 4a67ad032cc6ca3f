/** SQL of change sets: building, publishing and undoing them by whole tables, never row by row. */
import { sql } from "kysely"
import type { Attributes, Scope } from "../../../model/index.ts"
import type { Bulk, CopyCell, Db, Tx } from "../../../platform/sql/index.ts"
import { areasOfAsset, orderBy, scopeWhere } from "../../../platform/sql/scope.ts"
import type { ChangeAction, ChangeCounts, ChangeRow, ChangeSet } from "./types.ts"

/** Columns of a wanted asset, in the order in which `buildChanges` copies them. */
const wanted_columns = `lifeline text not null, kind text not null, source_id text not null, code text, name text, owner text,
  geometry jsonb not null, attributes jsonb not null, original jsonb, extent box not null, lon float8 not null,
  lat float8 not null, length_m float8, held boolean not null`
const wanted_names = [
  "lifeline",
  "kind",
  "source_id",
  "code",
  "name",
  "owner",
  "geometry",
  "attributes",
  "original",
  "extent",
  "lon",
  "lat",
  "length_m",
  "held",
]

export type BuildInput = {
  delivery_id: number
  source: string
  content_hash: string
  complete: boolean
  owner_id: number | null
  submitted_at: number
  submitted_by: number | null
  submitted_name: string
}
export type Built =
  | { ok: true; id: number; counts: ChangeCounts; empty: boolean }
  | { ok: false; twice: { lifeline: string; source_id: string; n: number } }

/**
 * Makes the change set of a delivery: what of the wanted assets is new or different from the newest version under the
 * same source, and, where the delivery is complete, what is gone. An earlier set that waits is replaced.
 * `placeless`: rows that should be assets but have no place; while there are any, nothing can be known to be gone.
 */
export async function buildChanges(
  on: Bulk,
  input: BuildInput,
  wanted: Iterable<readonly CopyCell[]>,
  placeless: () => number,
): Promise<Built> {
  await on.query(`create temp table wanted (${wanted_columns}) on commit drop`)
  await on.copy("wanted", wanted_names, wanted)
  await on.query("analyze wanted (lifeline, source_id, owner, held)")
  const twice = await on.query<{ lifeline: string; source_id: string; n: number }>(`
    select lifeline, source_id, count(*) as n from wanted where not held group by lifeline, source_id
    having count(*) > 1 limit 1`)
  if (twice.rows[0]) return { ok: false, twice: twice.rows[0] }
  // Assets name their owner by code, or as people write it.
  await on.query(
    `create temp table owners on commit drop as
      select w.owner, (select o.id from access_organisation o
        where o.code = w.owner or o.name->>'zh' = w.owner or o.name->>'en' = w.owner order by o.id limit 1) as id
      from (select distinct owner from wanted where owner is not null) w`,
  )
  await on.query(
    `create temp table known on commit drop as
      select distinct on (a.id) a.id, a.lifeline, a.source_id, a.kind, a.code, a.owner_id, v.version,
             v.valid_to is not null as ended, v.name, v.geometry, v.attributes, v.schematic, v.extent, v.lon, v.lat,
             jsonb_build_object('kind', a.kind, 'code', a.code, 'owner_id', a.owner_id) as base
      from census_asset a join census_asset_version v on v.asset_id = a.id
      where a.source = $1 and a.lifeline in (select distinct lifeline from wanted)
      order by a.id, v.version desc`,
    [input.source],
  )
  await on.query("analyze known (lifeline, source_id, ended)")
  await on.query(`update census_change_set set status = 'replaced' where delivery_id = $1 and status = 'proposed'`, [
    input.delivery_id,
  ])
  const made = await on.query<{ id: number }>(
    `insert into census_change_set (delivery_id, status, source, content_hash, counts, submitted_at, submitted_by, submitted_name)
     values ($1, 'proposed', $2, $3, '{}', $4, $5, $6) returning id`,
    [input.delivery_id, input.source, input.content_hash, input.submitted_at, input.submitted_by, input.submitted_name],
  )
  const { id } = made.rows[0]!
  // An owner that is known by name stands in the asset; what nobody knows stays an attribute.
  const taken = await on.query<{ action: ChangeAction; n: number }>(
    `with full_rows as (
      select w.*, coalesce(o.id, $2::bigint) as owner_id,
             case when w.owner is not null and o.id is null then w.attributes || jsonb_build_object('owner', w.owner)
                  else w.attributes end as all_attributes
      from wanted w left join owners o on o.owner = w.owner where not w.held),
     written as (
      insert into census_change (change_set_id, action, lifeline, kind, code, source_id, name, owner_id, geometry, attributes,
        original, extent, lon, lat, length_m, asset_id, base_version, base_ended, base)
      select $1, case when k.id is null or k.ended then 'add' else 'change' end, w.lifeline, w.kind, w.code, w.source_id, w.name,
             w.owner_id, w.geometry, w.all_attributes, w.original, w.extent, w.lon, w.lat, w.length_m, k.id, k.version, k.ended, k.base
      from full_rows w left join known k on k.lifeline = w.lifeline and k.source_id = w.source_id
      where k.id is null or k.ended or k.schematic or k.kind <> w.kind or k.code is distinct from w.code
         or k.name is distinct from w.name or k.owner_id is distinct from w.owner_id
         or k.geometry <> w.geometry or k.attributes <> w.all_attributes
      returning action)
     select action, count(*) as n from written group by action`,
    [id, input.owner_id],
  )
  const total = await on.query<{ held: number; good: number }>(
    "select count(*) filter (where held) as held, count(*) filter (where not held) as good from wanted",
  )
  const gone = input.complete ? await endMissing(on, id, placeless() === 0) : { ended: 0, kept: 0 }
  const of = (action: ChangeAction) => taken.rows.find((row) => row.action === action)?.n ?? 0
  const { held, good } = total.rows[0]!
  const [added, changed] = [of("add"), of("change")]
  const counts = { added, changed, unchanged: good - added - changed, held, ...gone }
  const empty = added + changed + gone.ended === 0
  // The plans of publishing rest on how many rows there are, which nobody would know for a while.
  if (!empty)
    await on.query("analyze census_change (change_set_id, action, lifeline, source_id, asset_id, base_version)")
  await on.query("update census_change_set set counts = $2::jsonb, status = $3 where id = $1", [
    id,
    JSON.stringify(counts),
    empty ? "empty" : "proposed",
  ])
  return { ok: true, id, counts, empty }
}

async function endMissing(on: Bulk, id: number, sure: boolean): Promise<{ ended: number; kept: number }> {
  const missing =
    "from known k where not k.ended and not exists (select from wanted w where w.lifeline = k.lifeline and w.source_id = k.source_id)"
  if (!sure) {
    const { rows } = await on.query<{ n: number }>(`select count(*) as n ${missing}`)
    return { ended: 0, kept: rows[0]!.n }
  }
  const { count } = await on.query(
    `insert into census_change (change_set_id, action, lifeline, kind, code, source_id, name, owner_id, extent, lon, lat,
       asset_id, base_version, base_ended, base)
     select $1, 'end', k.lifeline, k.kind, k.code, k.source_id, k.name, k.owner_id, k.extent, k.lon, k.lat, k.id, k.version, false, k.base
     ${missing}`,
    [id],
  )
  return { ended: count, kept: 0 }
}

const set_columns =
  sql.raw(`s.id, s.delivery_id, d.name as delivery_name, d.organisation_id, s.status, s.source, s.content_hash,
  s.counts, s.submitted_at, s.submitted_by, s.submitted_name, s.decided_at, s.decided_by, s.decided_name, s.reason,
  s.published_at, s.valid_from, s.batch_ids, s.undone_at, s.undone_name, s.undo_reason, s.undo_batch_ids,
  d.valid_from as delivery_valid_from`)

/** Who may see everything sees every delivery, everybody else those of their own organisation. */
export type Seen = { all: true } | { all: false; organisation_id: number | null }

export const seenBy = (scopes: readonly Scope[], organisation_id: number | null): Seen =>
  scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")
    ? { all: true }
    : { all: false, organisation_id }

const seenSet = (seen: Seen) => (seen.all ? sql`true` : sql`d.organisation_id = ${seen.organisation_id}`)

export async function findChangeSet(db: Db, id: number, seen: Seen): Promise<ChangeSet | undefined> {
  const { rows } = await sql<ChangeSet>`
    select ${set_columns} from census_change_set s join census_delivery d on d.id = s.delivery_id
    where s.id = ${id} and ${seenSet(seen)}`.execute(db)
  return rows[0]
}

/** The set and its delivery, held until the transaction ends; fails at once (55P03) where somebody else holds them. */
export async function lockChangeSet(tx: Tx, id: number, seen: Seen): Promise<ChangeSet | undefined> {
  const { rows } = await sql<ChangeSet>`
    select ${set_columns} from census_change_set s join census_delivery d on d.id = s.delivery_id
    where s.id = ${id} and ${seenSet(seen)} for update nowait`.execute(tx)
  return rows[0]
}

export async function changeSetsOf(db: Db, delivery_id: number): Promise<ChangeSet[]> {
  const { rows } = await sql<ChangeSet>`
    select ${set_columns} from census_change_set s join census_delivery d on d.id = s.delivery_id
    where s.delivery_id = ${delivery_id} order by s.id desc limit 100`.execute(db)
  return rows
}

type Paged = { limit: number; offset: number }
export async function listChangeSets(
  db: Db,
  seen: Seen,
  filter: { status?: string; sort?: string },
  { limit, offset }: Paged,
): Promise<{ rows: ChangeSet[]; total: number }> {
  const where = sql`${seenSet(seen)} and (${filter.status ?? null}::text is null or s.status = ${filter.status ?? null})`
  const order = orderBy(filter.sort, { id: "s.id", submitted_at: "s.submitted_at" }, "s.id desc", "s.id")
  const { rows } = await sql<ChangeSet>`
    select ${set_columns} from census_change_set s join census_delivery d on d.id = s.delivery_id
    where ${where} order by ${order} limit ${limit + 1} offset ${offset}`.execute(db)
  const count = await sql<{ total: number }>`
    select count(*) as total from census_change_set s join census_delivery d on d.id = s.delivery_id where ${where}`.execute(
    db,
  )
  return { rows, total: count.rows[0]!.total }
}

const side = (alias: string) =>
  `jsonb_build_object('name', ${alias}.name, 'geometry', ${alias}.geometry, 'attributes', ${alias}.attributes)`
const row_columns = sql.raw(`c.id, c.action, c.lifeline, c.kind, c.code, c.source_id, c.asset_id, c.lon, c.lat,
  case when c.action <> 'add' then ${side("v")} end as before, case when c.action <> 'end' then ${side("c")} end as after`)
const with_before = sql.raw(
  "census_change c left join census_asset_version v on v.asset_id = c.asset_id and v.version = c.base_version",
)

export type ChangeFilter = {
  action?: string | undefined
  lifeline?: string | undefined
  kind?: string | undefined
  q?: string | undefined
}
const changeWhere = (set_id: number, f: ChangeFilter) => sql`c.change_set_id = ${set_id}
  and (${f.action ?? null}::text is null or c.action = ${f.action ?? null})
  and (${f.lifeline ?? null}::text is null or c.lifeline = ${f.lifeline ?? null})
  and (${f.kind ?? null}::text is null or c.kind = ${f.kind ?? null})
  and (${f.q ?? null}::text is null or strpos(c.source_id, ${f.q ?? ""}) > 0 or strpos(c.code, ${f.q ?? ""}) > 0)`

export async function listChanges(
  db: Db,
  set_id: number,
  filter: ChangeFilter,
  { limit, offset }: Paged,
): Promise<{ rows: ChangeRow[]; total: number }> {
  const where = changeWhere(set_id, filter)
  const { rows } = await sql<ChangeRow>`
    select ${row_columns} from ${with_before} where ${where} order by c.id limit ${limit + 1} offset ${offset}`.execute(
    db,
  )
  const count = await sql<{ total: number }>`select count(*) as total from census_change c where ${where}`.execute(db)
  return { rows, total: count.rows[0]!.total }
}

/** Longer things than this, degrees, may be missed at the edge of a box. */
const reach_deg = 0.1

/** Changes inside a box in degrees; one more than `limit`, which says that there are more. */
export async function changesWithin(
  db: Db,
  set_id: number,
  [west, south, east, north]: readonly [number, number, number, number],
  filter: ChangeFilter,
  limit: number,
): Promise<ChangeRow[]> {
  const { rows } = await sql<ChangeRow>`
    select ${row_columns} from ${with_before}
    where ${changeWhere(set_id, filter)} and c.lon between ${west - reach_deg} and ${east + reach_deg}
      and c.extent && box(point(${west}, ${south}), point(${east}, ${north}))
    order by c.id limit ${limit + 1}`.execute(db)
  return rows
}

export type VersionRow = {
  version: number
  name: string | null
  attributes: Attributes
  original: { accuracy?: { position_m: number | null; depth_m: number | null } | null; file?: string } | null
  valid_from: number
  valid_to: number | null
  recorded_at: number
  source: string
  file: string
  batch_id: number
  by: string
}
const versions_max = 10_000

/** Versions of an asset in their order; empty where it is not there or may not be seen. */
export async function versionsOf(db: Db, scopes: readonly Scope[], asset_id: number): Promise<VersionRow[]> {
  const seen = scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: areasOfAsset("a.id") })
  const { rows } = await sql<VersionRow>`
    select v.version, v.name, v.attributes, v.original, v.valid_from, v.valid_to, v.recorded_at, a.source,
           b.file_name as file, b.id as batch_id, b.imported_by as by
    from census_asset a join census_asset_version v on v.asset_id = a.id join census_batch b on b.id = v.batch_id
    where a.id = ${asset_id} and ${seen} order by v.version limit ${versions_max}`.execute(db)
  return rows
}
