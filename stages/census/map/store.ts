/** SQL of the map: all assets for the index in memory, those of the past, and views for desktop GIS. */
import type { Readable } from "node:stream"
import { sql } from "kysely"
import type pg from "pg"
// @ts-expect-error The package brings no types; what is used of it is typed by `CopyTo`.
import copyStreams from "pg-copy-streams"
import type { Scope } from "../../../model/index.ts"
import type { Db, Sql, Tx } from "../../../platform/sql/index.ts"
import { areasOfAsset, scopeWhere } from "../../../platform/sql/scope.ts"
import type { CensusAsset } from "../city-index.ts"
import type { Box } from "../geometry.ts"

type CopyTo = { to(text: string): Readable & pg.Submittable }

const assets_max = 5_000_000

/**
 * Sends current assets in the form that `rowReader` takes, in rising order of id: every one, or those of `ids` that there
 * are. One connection is busy meanwhile.
 */
export async function streamAssets(
  pool: Sql["pool"],
  take: (chunk: Buffer) => void,
  ids?: readonly number[],
): Promise<void> {
  // Numbers only: COPY takes no parameters.
  const list = ids?.map((id) => BigInt(id)).join() ?? ""
  const of = (column: string) => (ids ? `and ${column} = any('{${list}}'::bigint[])` : "")
  const text = `copy (
    select a.id, a.lifeline, a.kind, a.code, v.name, a.owner_id, v.lon, v.lat, v.length_m,
           case jsonb_typeof(v.attributes->'diameter_mm') when 'number' then v.attributes->>'diameter_mm' end,
           m.area_ids, v.geometry->>'type', v.geometry->>'coordinates'
    from census_asset a join census_asset_version v on v.asset_id = a.id and v.valid_to is null
    left join (select asset_id, array_agg(area_id order by area_id) as area_ids from census_area_asset
               where true ${of("asset_id")} group by asset_id) m on m.asset_id = a.id
    where true ${of("a.id")} order by a.id limit ${assets_max}) to stdout`
  const client = await pool.connect()
  let broken: Error | boolean = true
  try {
    for await (const chunk of client.query((copyStreams as CopyTo).to(text))) take(chunk as Buffer)
    broken = false
  } finally {
    client.release(broken)
  }
}

/**
 * Assets that batches touched: those with a version of theirs, and those of the published or undone change sets behind
 * them, which also end or relabel assets without a version of their own.
 */
export async function assetsOfBatches(db: Db, batch_ids: readonly number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select asset_id as id from census_asset_version where batch_id = any(${batch_ids}::bigint[])
    union
    select a.id from census_change_set s join census_change c on c.change_set_id = s.id
    join census_asset a on a.lifeline = c.lifeline and a.source = s.source and a.source_id = c.source_id
    where s.batch_ids && ${batch_ids}::bigint[] or s.undo_batch_ids && ${batch_ids}::bigint[]
    limit ${assets_max}`.execute(db)
  return rows.map((row) => row.id)
}

export type PastAsset = Omit<CensusAsset, "lon_lat" | "length_m" | "area_ids">

/** Assets as they were at `at` (city time, UTC ms) in a box, as far as the scopes reach; lines only, where `lines`. */
export async function pastAssets(
  db: Db,
  scopes: readonly Scope[],
  [west, south, east, north]: Box,
  at: number,
  { lines, limit }: { lines: boolean; limit: number },
): Promise<PastAsset[]> {
  const seen = scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: areasOfAsset("a.id") })
  const { rows } = await sql<PastAsset>`
    select a.id, a.lifeline, a.kind, a.code, v.name, a.owner_id, v.geometry,
           case jsonb_typeof(v.attributes->'diameter_mm') when 'number' then (v.attributes->>'diameter_mm')::float8 end as dn_mm
    from census_asset_version v join census_asset a on a.id = v.asset_id
    where v.extent && box(point(${west}::float8, ${south}::float8), point(${east}::float8, ${north}::float8))
      and v.valid_from <= ${at} and (v.valid_to is null or v.valid_to > ${at})
      and (not ${lines} or v.geometry->>'type' <> 'Point') and ${seen}
    limit ${limit}`.execute(db)
  return rows
}

/** How the assets look to a desktop GIS: one view for each shape, as QGIS wants it. */
const gis_shapes = { point: "Point", line: "LineString", area: "Polygon" } as const

/**
 * Where the database has PostGIS, makes read-only views `gis.point`, `gis.line` and `gis.area` of what is now, with real
 * geometry (EPSG:4326). Returns whether they are there. A migration that changes the census' tables drops the schema
 * `gis` first.
 */
export async function makeGisViews(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ schema: string }>`
    select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'postgis'`.execute(tx)
  if (!rows[0]) return false
  const postgis = sql.id(rows[0].schema)
  await sql`select pg_advisory_xact_lock(hashtext('census gis'))`.execute(tx)
  await sql`create schema if not exists gis`.execute(tx)
  for (const [view, type] of Object.entries(gis_shapes))
    await sql`
      create or replace view gis.${sql.id(view)} as
      select a.id, a.lifeline, a.kind, a.code, v.name, o.code as owner, v.length_m,
             case jsonb_typeof(v.attributes->'diameter_mm') when 'number' then (v.attributes->>'diameter_mm')::float8 end as dn_mm,
             v.attributes, to_timestamp(v.valid_from / 1000.0) as valid_from, v.batch_id, v.schematic,
             ${postgis}.st_setsrid(${postgis}.st_geomfromgeojson(v.geometry), 4326)::${postgis}.geometry(${sql.raw(type)}, 4326) as geometry
      from public.census_asset a
      join public.census_asset_version v on v.asset_id = a.id and v.valid_to is null
      left join public.access_organisation o on o.id = a.owner_id
      where v.geometry->>'type' = ${sql.lit(type)}`.execute(tx)
  return true
}
