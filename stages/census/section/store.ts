/** SQL of sections and excavation checks: what lies in a box, with attributes, as the caller may see it. */
import { sql } from "kysely"
import type { LonLat, Scope } from "../../../model/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import { areasOfAsset, scopeWhere } from "../../../platform/sql/scope.ts"
import type { SectionAsset } from "./cross.ts"

type Box = readonly [west: number, south: number, east: number, north: number]

const seen = (scopes: readonly Scope[]) =>
  scopeWhere(scopes, { owner: "n.owner_id", lifeline: "n.lifeline", areas: areasOfAsset("n.id") })

/** Ground at the end of a line, from the nearest point asset of that name (numbers repeat between deliveries). */
const endGround = (name: string) =>
  sql.raw(`(select (w.attributes->>'ground_m')::float8 from census_asset_now w
    where w.lifeline = n.lifeline and w.code = n.attributes->>'${name}' and jsonb_typeof(w.attributes->'ground_m') = 'number'
    order by (w.lon - n.lon) ^ 2 + (w.lat - n.lat) ^ 2, w.id limit 1)`)

const columns = () => sql`
  n.id, n.lifeline, n.kind, n.code, n.name, n.owner_id, o.name as owner, n.geometry, n.attributes,
  ${endGround("from_node")} as from_ground_m, ${endGround("to_node")} as to_ground_m`

/** Assets whose box meets `box`, by id; one more than `limit` says that there are more. */
export async function assetsInBox(db: Db, scopes: readonly Scope[], box: Box, limit: number): Promise<SectionAsset[]> {
  const { rows } = await sql<SectionAsset>`
    select ${columns()}
    from census_asset_now n left join access_organisation o on o.id = n.owner_id
    where n.extent && box(point(${box[0]}::float8, ${box[1]}::float8), point(${box[2]}::float8, ${box[3]}::float8))
      and ${seen(scopes)}
    order by n.id limit ${limit + 1}`.execute(db)
  return rows
}

export async function assetsById(db: Db, scopes: readonly Scope[], ids: readonly number[]): Promise<SectionAsset[]> {
  const { rows } = await sql<SectionAsset>`
    select ${columns()}
    from census_asset_now n left join access_organisation o on o.id = n.owner_id
    where n.id = any(${ids}::bigint[]) and ${seen(scopes)}`.execute(db)
  return rows
}

/** Points that carry a ground height in a box. */
export async function groundPoints(
  db: Db,
  scopes: readonly Scope[],
  box: Box,
  limit: number,
): Promise<{ lon: number; lat: number; ground_m: number }[]> {
  const { rows } = await sql<{ lon: number; lat: number; ground_m: number }>`
    select n.lon, n.lat, (n.attributes->>'ground_m')::float8 as ground_m from census_asset_now n
    where n.extent && box(point(${box[0]}::float8, ${box[1]}::float8), point(${box[2]}::float8, ${box[3]}::float8))
      and n.geometry->>'type' = 'Point' and jsonb_typeof(n.attributes->'ground_m') = 'number' and ${seen(scopes)}
    order by n.id limit ${limit}`.execute(db)
  return rows
}

export const lonLatBox = (line: readonly LonLat[], reach_m: number): Box => {
  const lons = line.map((p) => p[0])
  const lats = line.map((p) => p[1])
  const dy = reach_m / 110_000
  const dx = dy / Math.max(0.01, Math.cos((Math.max(...lats.map(Math.abs)) * Math.PI) / 180))
  return [Math.min(...lons) - dx, Math.min(...lats) - dy, Math.max(...lons) + dx, Math.max(...lats) + dy]
}
