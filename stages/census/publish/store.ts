/** SQL that writes a change set into the census and takes it back, by whole tables. */
import { sql } from "kysely"
import { json, type Tx } from "../../../platform/sql/index.ts"
import type { ChangeSet, Conflict } from "../changes/types.ts"

/** One publication at a time, and none beside an import of the same source; the locks end with the transaction. */
export async function lockPublishing(tx: Tx, set: ChangeSet): Promise<string[]> {
  await sql`set local statement_timeout = 0`.execute(tx)
  await sql`select pg_advisory_xact_lock(hashtext('census publish'))`.execute(tx)
  const { rows } = await sql<{ lifeline: string }>`
    select distinct lifeline from census_change where change_set_id = ${set.id} order by lifeline`.execute(tx)
  for (const { lifeline } of rows)
    await sql`select pg_advisory_xact_lock(hashtext(${`census ${lifeline} ${set.source}`}))`.execute(tx)
  return rows.map((row) => row.lifeline)
}

const joined_newest = (source: string) => sql`census_change c
  left join census_asset a on a.lifeline = c.lifeline and a.source = ${source} and a.source_id = c.source_id
  left join lateral (select v.version, v.valid_to is not null as ended, v.batch_id from census_asset_version v
    where v.asset_id = a.id order by v.version desc limit 1) v on true`

/** Assets that are no longer as the change set found them; at most `limit`. */
export async function movedSince(tx: Tx, set: ChangeSet, limit: number): Promise<Conflict[]> {
  const { rows } = await sql<Conflict>`
    select c.lifeline, c.source_id, a.id as asset_id, v.version from ${joined_newest(set.source)}
    where c.change_set_id = ${set.id} and (a.id is distinct from c.asset_id or v.version is distinct from c.base_version
      or v.ended is distinct from c.base_ended)
    order by c.id limit ${limit}`.execute(tx)
  return rows
}

export type Publication = {
  batches: { lifeline: string; batch_id: number }[]
  valid_from: number
  recorded_at: number
}

/** Tables that a change of many rows has made another size than the planner knows. */
async function analyse(tx: Tx, set: ChangeSet, table: "census_asset" | "census_asset_version"): Promise<void> {
  const { added, changed, ended } = set.counts
  if (added + changed + ended >= analyse_rows_min) await sql.raw(`analyze ${table} ${planned[table]}`).execute(tx)
}
const planned = {
  census_asset: "(id, lifeline, source, source_id)",
  census_asset_version: "(asset_id, version, batch_id, valid_to)",
}
const analyse_rows_min = 5_000

/** One batch for each lifeline that the set touches. */
export async function insertBatches(
  tx: Tx,
  b: { set_id: number; content_hash: string; file_name: string; imported_at: number; imported_by: string },
): Promise<Publication["batches"]> {
  const { rows } = await sql<{ lifeline: string; batch_id: number }>`
    insert into census_batch (lifeline, file_name, file_hash, origin, imported_at, imported_by, assets, devices, problems)
    select c.lifeline, ${b.file_name}, ${b.content_hash}, null, ${b.imported_at}, ${b.imported_by}, count(*), 0, '[]'
    from census_change c where c.change_set_id = ${b.set_id} group by c.lifeline order by c.lifeline
    returning lifeline, id as batch_id`.execute(tx)
  return rows
}

const batchOf = (batches: Publication["batches"]) =>
  sql`jsonb_to_recordset(${json(batches)}) as b(lifeline text, batch_id bigint)`

/** Writes the change set into the census: ends what it replaces, adds assets, adds versions. */
export async function publish(tx: Tx, set: ChangeSet, p: Publication): Promise<void> {
  // A version never ends before it began, even where the delivery tells of an earlier day.
  await sql`
    update census_asset_version v set valid_to = greatest(${p.valid_from}, v.valid_from) from census_change c
    where c.change_set_id = ${set.id} and c.action <> 'add' and v.asset_id = c.asset_id and v.valid_to is null`.execute(
    tx,
  )
  await sql`
    update census_asset a set kind = c.kind, code = c.code, owner_id = c.owner_id from census_change c
    where c.change_set_id = ${set.id} and c.action <> 'end' and a.id = c.asset_id
      and (a.kind, a.code, a.owner_id) is distinct from (c.kind, c.code, c.owner_id)`.execute(tx)
  await sql`
    insert into census_asset (lifeline, kind, code, source, source_id, batch_id, owner_id)
    select c.lifeline, c.kind, c.code, ${set.source}, c.source_id, b.batch_id, c.owner_id
    from census_change c join ${batchOf(p.batches)} on b.lifeline = c.lifeline
    where c.change_set_id = ${set.id} and c.action = 'add' and c.asset_id is null order by c.id`.execute(tx)
  await analyse(tx, set, "census_asset")
  await sql`
    insert into census_asset_version (asset_id, version, batch_id, name, geometry, extent, lon, lat, length_m, attributes,
                                      original, schematic, valid_from, recorded_at)
    select a.id, coalesce(c.base_version, 0) + 1, b.batch_id, c.name, c.geometry, c.extent, c.lon, c.lat, c.length_m,
           c.attributes, c.original, false, greatest(${p.valid_from}, v.valid_to), ${p.recorded_at}
    from census_change c join ${batchOf(p.batches)} on b.lifeline = c.lifeline
    join census_asset a on a.lifeline = c.lifeline and a.source = ${set.source} and a.source_id = c.source_id
    left join census_asset_version v on v.asset_id = c.asset_id and v.version = c.base_version
    where c.change_set_id = ${set.id} and c.action <> 'end' order by c.id`.execute(tx)
  await analyse(tx, set, "census_asset_version")
}

/** Assets that were changed again after the set was published; at most `limit`. */
export async function touchedSince(tx: Tx, set: ChangeSet, limit: number): Promise<Conflict[]> {
  const { rows } = await sql<Conflict>`
    select c.lifeline, c.source_id, a.id as asset_id, v.version from ${joined_newest(set.source)}
    where c.change_set_id = ${set.id} and case when c.action = 'end' then v.version is distinct from c.base_version or not v.ended
      else v.version is distinct from coalesce(c.base_version, 0) + 1 or v.ended end
    order by c.id limit ${limit}`.execute(tx)
  return rows
}

/** Takes a published set back: ends what it wrote and writes the versions before it anew. */
export async function undo(tx: Tx, set: ChangeSet, p: Publication): Promise<void> {
  await sql`
    update census_asset_version v set valid_to = greatest(${p.valid_from}, v.valid_from)
    from census_change c join census_asset a on a.lifeline = c.lifeline and a.source = ${set.source} and a.source_id = c.source_id
    where c.change_set_id = ${set.id} and c.action <> 'end' and v.asset_id = a.id and v.valid_to is null`.execute(tx)
  await sql`
    update census_asset a set kind = c.base->>'kind', code = c.base->>'code', owner_id = (c.base->>'owner_id')::bigint
    from census_change c where c.change_set_id = ${set.id} and c.action = 'change' and a.id = c.asset_id
      and (a.kind, a.code, a.owner_id) is distinct from (c.base->>'kind', c.base->>'code', (c.base->>'owner_id')::bigint)`.execute(
    tx,
  )
  await sql`
    insert into census_asset_version (asset_id, version, batch_id, name, geometry, extent, lon, lat, length_m, attributes,
                                      original, schematic, valid_from, recorded_at)
    select v.asset_id, n.version + 1, b.batch_id, v.name, v.geometry, v.extent, v.lon, v.lat, v.length_m, v.attributes,
           v.original, v.schematic, greatest(${p.valid_from}, n.valid_to), ${p.recorded_at}
    from census_change c join ${batchOf(p.batches)} on b.lifeline = c.lifeline
    join census_asset_version v on v.asset_id = c.asset_id and v.version = c.base_version
    join census_asset_version n on n.asset_id = c.asset_id
      and n.version = case when c.action = 'change' then c.base_version + 1 else c.base_version end
    where c.change_set_id = ${set.id} and c.action <> 'add' order by c.id`.execute(tx)
}

export async function setDecided(
  tx: Tx,
  id: number,
  d: {
    status: "published" | "rejected" | "withdrawn"
    at: number
    by: number | null
    name: string
    reason: string | null
  },
): Promise<void> {
  await sql`
    update census_change_set set status = ${d.status}, decided_at = ${d.at}, decided_by = ${d.by}, decided_name = ${d.name},
           reason = ${d.reason} where id = ${id}`.execute(tx)
}

export async function setPublished(tx: Tx, id: number, p: Publication): Promise<void> {
  await sql`
    update census_change_set set published_at = ${p.recorded_at}, valid_from = ${p.valid_from},
           batch_ids = ${p.batches.map((b) => b.batch_id)}::bigint[] where id = ${id}`.execute(tx)
}

export async function setUndone(
  tx: Tx,
  id: number,
  u: { at: number; name: string; reason: string; batch_ids: number[] },
): Promise<void> {
  await sql`
    update census_change_set set status = 'undone', undone_at = ${u.at}, undone_name = ${u.name}, undo_reason = ${u.reason},
           undo_batch_ids = ${u.batch_ids}::bigint[] where id = ${id}`.execute(tx)
}

/** Status of the delivery that the set was made of. */
export async function setDeliveryStatus(tx: Tx, delivery_id: number, status: "checked" | "published"): Promise<void> {
  await sql`update census_delivery set status = ${status} where id = ${delivery_id}`.execute(tx)
}

/** A delivery of which a further change set is on its way keeps saying so. */
export async function setDeliveryUndone(tx: Tx, delivery_id: number): Promise<void> {
  await sql`
    update census_delivery set status = 'undone'
    where id = ${delivery_id} and status not in ('submitted', 'checking')`.execute(tx)
}
