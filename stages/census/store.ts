/** All SQL of the census. Lists and views take the caller's scopes; the import writes inside its caller's transaction. */
import { sql } from "kysely"
import type { ImportedCity } from "../../lifelines/contract.ts"
import type { Attributes, Geometry, LonLat, Scope, Words } from "../../model/index.ts"
import { type Db, json, type Tx } from "../../platform/sql/index.ts"
import { areasOfAsset, orderBy, scopeWhere } from "../../platform/sql/scope.ts"
import type { CensusArea } from "./city-index.ts"
import type { KnownAsset, Wanted } from "./difference.ts"
import type { Feature } from "./places.ts"

/** Rows in one insert. */
const chunk_rows = 1_000
/** Assets of one source. */
const assets_max = 5_000_000

const chunks = <T>(rows: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(rows.length / chunk_rows) }, (_, i) =>
    rows.slice(i * chunk_rows, (i + 1) * chunk_rows),
  )

/** One import of a source at a time; the lock ends with the transaction. */
export async function lockSource(tx: Tx, lifeline: string, source: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`census ${lifeline} ${source}`}))`.execute(tx)
}

export async function organisationIds(db: Db): Promise<Map<string, number>> {
  const { rows } = await sql<{ code: string; id: number }>`select code, id from access_organisation`.execute(db)
  return new Map(rows.map((row) => [row.code, row.id]))
}

/** The newest version of every asset of a source, ended ones included. */
export async function assetsOfSource(db: Db, lifeline: string, source: string): Promise<KnownAsset[]> {
  const { rows } = await sql<KnownAsset>`
    select distinct on (a.id) a.id, a.source_id, a.kind, a.code, a.owner_id, v.version, v.valid_to is not null as ended,
           v.name, v.geometry, v.attributes, v.schematic
    from census_asset a join census_asset_version v on v.asset_id = a.id
    where a.lifeline = ${lifeline} and a.source = ${source}
    order by a.id, v.version desc limit ${assets_max}`.execute(db)
  return rows
}

export type BatchInsert = {
  lifeline: string
  file_name: string
  file_hash: string
  origin: LonLat | null
  imported_at: number
  imported_by: string
  assets: number
  devices: number
  problems: unknown[]
}

export async function insertBatch(tx: Tx, batch: BatchInsert): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into census_batch (lifeline, file_name, file_hash, origin, imported_at, imported_by, assets, devices, problems)
    values (${batch.lifeline}, ${batch.file_name}, ${batch.file_hash}, ${batch.origin === null ? null : json(batch.origin)}, ${batch.imported_at},
            ${batch.imported_by}, ${batch.assets}, ${batch.devices}, ${json(batch.problems)})
    returning id`.execute(tx)
  return rows[0]!.id
}

/** Ids of new assets by source id. */
export async function insertAssets(
  tx: Tx,
  lifeline: string,
  source: string,
  batch_id: number,
  assets: readonly Wanted[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  for (const chunk of chunks(assets)) {
    const values = chunk.map(({ kind, code, source_id, owner_id }) => ({ kind, code, source_id, owner_id }))
    const { rows } = await sql<{ id: number; source_id: string }>`
      insert into census_asset (lifeline, kind, code, source, source_id, batch_id, owner_id)
      select ${lifeline}, r.kind, r.code, ${source}, r.source_id, ${batch_id}, r.owner_id
      from jsonb_to_recordset(${json(values)}) as r(kind text, code text, source_id text, owner_id bigint)
      returning id, source_id`.execute(tx)
    for (const row of rows) ids.set(row.source_id, row.id)
  }
  return ids
}

export async function relabel(
  tx: Tx,
  assets: { id: number; kind: string; code: string; owner_id: number | null }[],
): Promise<void> {
  for (const chunk of chunks(assets))
    await sql`
      update census_asset a set kind = r.kind, code = r.code, owner_id = r.owner_id
      from jsonb_to_recordset(${json(chunk)}) as r(id bigint, kind text, code text, owner_id bigint)
      where a.id = r.id`.execute(tx)
}

export async function endVersions(tx: Tx, asset_ids: number[], valid_to: number): Promise<void> {
  await sql`
    update census_asset_version set valid_to = ${valid_to}
    where asset_id = any(${asset_ids}::bigint[]) and valid_to is null`.execute(tx)
}

export type VersionRow = {
  asset_id: number
  version: number
  name: string | null
  geometry: Geometry
  west: number
  south: number
  east: number
  north: number
  lon: number
  lat: number
  length_m: number | null
  attributes: Attributes
  original: unknown
  schematic: boolean
}

export async function insertVersions(
  tx: Tx,
  batch_id: number,
  valid_from: number,
  recorded_at: number,
  versions: readonly VersionRow[],
): Promise<void> {
  for (const chunk of chunks(versions))
    await sql`
      insert into census_asset_version (asset_id, version, batch_id, name, geometry, extent, lon, lat, length_m, attributes,
                                        original, schematic, valid_from, recorded_at)
      select r.asset_id, r.version, ${batch_id}, r.name, r.geometry, box(point(r.west, r.south), point(r.east, r.north)),
             r.lon, r.lat, r.length_m, r.attributes, r.original, r.schematic, ${valid_from}, ${recorded_at}
      from jsonb_to_recordset(${json(chunk)}) as r(
        asset_id bigint, version integer, name text, geometry jsonb, west float8, south float8, east float8, north float8,
        lon float8, lat float8, length_m float8, attributes jsonb, original jsonb, schematic boolean)`.execute(tx)
}

/** Those of the area codes that another source, or another lifeline, already uses. */
export async function areasOfOthers(db: Db, lifeline: string, source: string, codes: string[]): Promise<string[]> {
  const { rows } = await sql<{ code: string }>`
    select r.code from census_area r where r.code = any(${codes}::text[]) and (r.lifeline is distinct from ${lifeline} or exists (
      select 1 from census_area_asset m join census_asset a on a.id = m.asset_id
      where m.area_id = r.id and a.source <> ${source}))
    order by r.code`.execute(db)
  return rows.map((row) => row.code)
}

/**
 * Areas of an import with their members; ids by code. Areas that the source no longer has lose their members of this
 * source and their length, and stay as names that old alarms refer to.
 */
export async function writeAreas(
  tx: Tx,
  lifeline: string,
  source: string,
  batch_id: number,
  areas: ImportedCity["areas"],
  asset_ids: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  const codes = areas.map((area) => area.code)
  await sql`
    update census_area r set pipe_length_m = 0 where r.lifeline = ${lifeline} and r.code <> all(${codes}::text[]) and exists (
      select 1 from census_area_asset m join census_asset a on a.id = m.asset_id
      where m.area_id = r.id and a.source = ${source})`.execute(tx)
  await sql`
    delete from census_area_asset m using census_asset a
    where a.id = m.asset_id and a.lifeline = ${lifeline} and a.source = ${source}`.execute(tx)
  const values = areas.map(({ code, name, pipe_length_m }) => ({ code, name, pipe_length_m }))
  const { rows } = await sql<{ id: number; code: string }>`
    insert into census_area (code, name, kind, lifeline, pipe_length_m, batch_id)
    select r.code, r.name, 'metered_area', ${lifeline}, r.pipe_length_m, ${batch_id}
    from jsonb_to_recordset(${json(values)}) as r(code text, name text, pipe_length_m float8)
    on conflict (code) do update set name = excluded.name, pipe_length_m = excluded.pipe_length_m, batch_id = excluded.batch_id
    returning id, code`.execute(tx)
  const ids = new Map(rows.map((row) => [row.code, row.id]))
  const members = areas.flatMap((area) =>
    area.asset_codes.flatMap((code) => {
      const asset_id = asset_ids.get(code)
      return asset_id === undefined ? [] : [{ area_id: ids.get(area.code)!, asset_id }]
    }),
  )
  for (const chunk of chunks(members))
    await sql`
      insert into census_area_asset (area_id, asset_id)
      select r.area_id, r.asset_id from jsonb_to_recordset(${json(chunk)}) as r(area_id bigint, asset_id bigint)
      on conflict do nothing`.execute(tx)
  await sql`
    update census_area r set lon = m.lon, lat = m.lat from (
      select m.area_id, avg(n.lon) as lon, avg(n.lat) as lat
      from census_area_asset m join census_asset_now n on n.id = m.asset_id group by m.area_id) m
    where m.area_id = r.id and r.id = any(${[...ids.values()]}::bigint[])`.execute(tx)
  return ids
}

export async function replaceBaseMap(tx: Tx, layers: Record<string, Feature[]>): Promise<void> {
  await sql`delete from census_base_map`.execute(tx)
  for (const [layer, features] of Object.entries(layers))
    await sql`insert into census_base_map (layer, features) values (${layer}, ${json(features)})`.execute(tx)
}

/** Names of the base map's layers, and a text that is another one whenever a layer was written. */
export async function baseLayerNames(db: Db): Promise<{ names: string[]; version: string }> {
  const { rows } = await sql<{ layer: string; version: string }>`
    select layer, xmin::text || ctid::text as version from census_base_map order by layer`.execute(db)
  return {
    names: rows.map((row) => row.layer),
    version: rows.map((row) => `${row.layer} ${row.version}`).join(),
  }
}

export async function baseLayers(db: Db, names: readonly string[]): Promise<Record<string, Feature[]>> {
  const { rows } = await sql<{ layer: string; features: Feature[] }>`
    select layer, features from census_base_map where layer = any(${names}::text[]) order by layer`.execute(db)
  return Object.fromEntries(rows.map((row) => [row.layer, row.features]))
}

type AreaSql = Omit<CensusArea, "lon_lat"> & { lon: number | null; lat: number | null }
const areaOf = ({ lon, lat, ...area }: AreaSql): CensusArea => ({
  ...area,
  lon_lat: lon === null || lat === null ? null : [lon, lat],
})

export async function allAreas(db: Db): Promise<CensusArea[]> {
  const { rows } = await sql<AreaSql>`
    select id, code, name, kind, lifeline, pipe_length_m, lon, lat from census_area order by code`.execute(db)
  return rows.map(areaOf)
}

/** Scope of an asset row `n`. */
const seenAsset = (scopes: readonly Scope[]) =>
  scopeWhere(scopes, { owner: "n.owner_id", lifeline: "n.lifeline", areas: areasOfAsset("n.id") })

/** A text search pattern with the wildcards of the searched text taken literally. */
const pattern = (q: string): string => `%${q.replaceAll(/[\\%_]/g, (c) => `\\${c}`)}%`
const area_name = `(select min(r.name) from census_area r join census_area_asset m on m.area_id = r.id where m.asset_id = n.id)`

export type AssetSql = {
  id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  owner: Words | null
  area: string | null
  lon: number
  lat: number
}
export type AssetFilter = { lifeline?: string; kind?: string; area?: string; q?: string; sort?: string }
type Paged = { limit: number; offset: number }

/** One row more than `limit`, which says that there is a next page. */
export async function listAssets(
  db: Db,
  scopes: readonly Scope[],
  filter: AssetFilter,
  { limit, offset }: Paged,
): Promise<{ rows: AssetSql[]; total: number }> {
  const where = sql`${seenAsset(scopes)}
    and (${filter.lifeline ?? null}::text is null or n.lifeline = ${filter.lifeline ?? null})
    and (${filter.kind ?? null}::text is null or n.kind = ${filter.kind ?? null})
    and (${filter.area ?? null}::text is null or exists (
      select 1 from census_area_asset m join census_area r on r.id = m.area_id
      where m.asset_id = n.id and (r.code = ${filter.area ?? null} or r.id::text = ${filter.area ?? null})))
    and (${filter.q ?? null}::text is null or n.code ilike ${pattern(filter.q ?? "")} or n.name ilike ${pattern(filter.q ?? "")})`
  const order = orderBy(
    filter.sort,
    { id: "n.id", code: "n.code", name: 'n.name collate "zh-x-icu"', kind: "n.kind", lifeline: "n.lifeline" },
    "n.lifeline, n.kind, n.code",
    "n.id",
  )
  const { rows } = await sql<AssetSql>`
    select n.id, n.lifeline, n.kind, n.code, n.name, o.name as owner, ${sql.raw(area_name)} as area, n.lon, n.lat
    from census_asset_now n left join access_organisation o on o.id = n.owner_id
    where ${where} order by ${order} limit ${limit + 1} offset ${offset}`.execute(db)
  const count = await sql<{ total: number }>`select count(*) as total from census_asset_now n where ${where}`.execute(
    db,
  )
  return { rows, total: count.rows[0]!.total }
}

export type AssetDetail = AssetSql & {
  geometry: Geometry
  attributes: Attributes
  schematic: boolean
  source_id: string
  batch_id: number
  file: string
  versions: { version: number; valid_from: number; valid_to: number | null; recorded_at: number }[]
  points: { id: number; indicator: string; unit: string; device_code: string }[]
  alarms: { id: number; title: Words; severity: number; raised_at: number; condition: string }[]
  risk: { score: number; band: number } | null
}
const detail_max = 200

/** A current asset with what hangs on it, or undefined where it is not there or may not be seen. */
export async function assetDetail(db: Db, scopes: readonly Scope[], id: number): Promise<AssetDetail | undefined> {
  const { rows } = await sql<AssetDetail>`
    select n.id, n.lifeline, n.kind, n.code, n.name, o.name as owner, ${sql.raw(area_name)} as area, n.lon, n.lat,
           n.geometry, n.attributes, n.schematic, n.source_id, n.batch_id, b.file_name as file,
      (select jsonb_agg(x) from (
        select version, valid_from, valid_to, recorded_at from census_asset_version
        where asset_id = n.id order by version desc limit ${detail_max}) x) as versions,
      coalesce((select jsonb_agg(x) from (
        select p.id, p.indicator, p.unit, d.code as device_code
        from monitoring_point p join monitoring_device d on d.id = p.device_id
        where d.asset_id = n.id order by d.code, p.indicator limit ${detail_max}) x), '[]') as points,
      coalesce((select jsonb_agg(x) from (
        select id, title, severity, raised_at, condition from warning_alarm
        where asset_id = n.id order by raised_at desc, id desc limit ${detail_max}) x), '[]') as alarms,
      (select jsonb_build_object('score', score, 'band', band) from risk_score where asset_id = n.id) as risk
    from census_asset_now n join census_batch b on b.id = n.batch_id
    left join access_organisation o on o.id = n.owner_id
    where n.id = ${id} and ${seenAsset(scopes)}`.execute(db)
  return rows[0]
}

const seesAll = (scopes: readonly Scope[]) =>
  scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")

/** Areas with a visible asset; who may see everything also sees areas that are empty. */
export async function listAreas(db: Db, scopes: readonly Scope[]): Promise<CensusArea[]> {
  const seen = scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: "array[r.id]" })
  const { rows } = await sql<AreaSql>`
    select r.id, r.code, r.name, r.kind, r.lifeline, r.pipe_length_m, r.lon, r.lat from census_area r
    where ${seesAll(scopes)} or exists (
      select 1 from census_area_asset m join census_asset a on a.id = m.asset_id where m.area_id = r.id and ${seen})
    order by r.code`.execute(db)
  return rows.map(areaOf)
}

export type BatchSql = {
  id: number
  file_name: string
  lifeline: string
  imported_at: number
  assets: number
  devices: number
  problems: unknown[]
}
const batches_max = 500

/** Newest first; problems quote the file, so only who may see the whole lifeline reads them. */
export type NetworkFile = { lifeline: string; file_name: string; file_hash: string }

/** The newest file taken in under a source that `scopes` may see whole; undefined where there is none. */
export async function networkFile(
  db: Db,
  scopes: readonly Scope[],
  batch_id: number,
): Promise<NetworkFile | undefined> {
  const whole = scopes.filter((s) => s.organisations === "all" && s.areas === "all")
  const reads = scopeWhere(whole, { owner: "null::bigint", lifeline: "b.lifeline", areas: "'{}'::bigint[]" })
  const { rows } = await sql<NetworkFile>`
    select b.lifeline, b.file_name, b.file_hash from census_batch b where b.id = ${batch_id} and ${reads}`.execute(db)
  return rows[0]
}

export async function listBatches(db: Db, scopes: readonly Scope[]): Promise<BatchSql[]> {
  const whole = scopes.filter((s) => s.organisations === "all" && s.areas === "all")
  const reads = scopeWhere(whole, { owner: "null::bigint", lifeline: "b.lifeline", areas: "'{}'::bigint[]" })
  const seen = scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: areasOfAsset("a.id") })
  const { rows } = await sql<BatchSql>`
    select b.id, b.file_name, b.lifeline, b.imported_at, b.assets, b.devices,
           case when ${reads} then b.problems else '[]' end as problems
    from census_batch b
    where ${reads} or exists (
      select 1 from census_asset_version v join census_asset a on a.id = v.asset_id where v.batch_id = b.id and ${seen})
    order by b.id desc limit ${batches_max}`.execute(db)
  return rows
}
