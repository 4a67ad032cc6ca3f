/** SQL of the underground view: lines and points in a box with what tells their size and height. */
import { sql } from "kysely"
import type { Attributes, Geometry, Scope } from "../../../model/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import { areasOfAsset, scopeWhere } from "../../../platform/sql/scope.ts"

export type Buried = {
  id: number
  lifeline: string
  kind: string
  code: string | null
  geometry: Geometry
  attributes: Attributes
}

/** Attributes that tell where and how large something is. */
const told = [
  "diameter_mm",
  "width_mm",
  "height_mm",
  "depth_m",
  "from_depth_m",
  "to_depth_m",
  "from_elevation_m",
  "to_elevation_m",
  "from_node",
  "to_node",
  "ground_m",
  "well_depth_m",
  "cover",
]
const pairs = sql.raw(told.map((name) => `'${name}', v.attributes->'${name}'`).join(", "))

/**
 * At most `limit` lines, or points, of these lifelines whose boxes meet `box`, those nearest to its middle; one more says
 * that there are more. `at` is a city time in UTC ms for what was true then, null for now.
 */
export async function buriedInBox(
  db: Db,
  scopes: readonly Scope[],
  options: {
    box: readonly [number, number, number, number]
    lifelines: readonly string[]
    shape: "LineString" | "Point"
    at: number | null
    limit: number
  },
): Promise<Buried[]> {
  const { box, lifelines, shape, at, limit } = options
  const [west, south, east, north] = box
  const seen = scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: areasOfAsset("a.id") })
  const true_then =
    at === null ? sql`v.valid_to is null` : sql`v.valid_from <= ${at} and (v.valid_to is null or v.valid_to > ${at})`
  const { rows } = await sql<Buried>`
    select a.id, a.lifeline, a.kind, a.code, v.geometry, jsonb_strip_nulls(jsonb_build_object(${pairs})) as attributes
    from census_asset_version v join census_asset a on a.id = v.asset_id
    where v.extent && box(point(${west}::float8, ${south}::float8), point(${east}::float8, ${north}::float8))
      and ${true_then} and a.lifeline = any(${lifelines as string[]}::text[])
      and v.geometry->>'type' = ${shape} and ${seen}
    order by (v.lon - ${(west + east) / 2}::float8) ^ 2 + (v.lat - ${(south + north) / 2}::float8) ^ 2, a.id
    limit ${limit + 1}`.execute(db)
  return rows
}
