/** SQL of the quality score: one pass over what is true now, and the assets that lower it. */
import { sql } from "kysely"
import type { Lifeline } from "../../../lifelines/contract.ts"
import type { AssetKind, Attributes, Scope } from "../../../model/index.ts"
import { type Db, getMeta, setMeta, type Tx, transaction } from "../../../platform/sql/index.ts"
import { areasOfAsset, scopeWhere } from "../../../platform/sql/scope.ts"
import { endsOf, type Group, type Measure, type QualitySettings, type Sum } from "./score.ts"

const settings_key = "census_quality"
export const readSettings = (db: Db) => getMeta<QualitySettings>(db, settings_key)
export const writeSettings = (tx: Tx, settings: QualitySettings) => setMeta(tx, settings_key, settings)

const day_ms = 86_400_000
const year_days = 365.2425

/** Rows of published deliveries about which something is open still. */
const open_rows = sql`
  select distinct b.batch_id, i.file, i.table_name, i.row
  from census_change_set s join census_issue i on i.delivery_id = s.delivery_id and i.state = 'open' and i.row > 0
  cross join lateral unnest(s.batch_ids) as b(batch_id) where s.status = 'published'`

/** Changes whenever open issues of published deliveries do. */
export async function openIssuesMark(db: Db): Promise<string> {
  const { rows } = await sql<{ n: number; last: number }>`
    select count(*) as n, coalesce(max(i.id), 0) as last from census_issue i
    where i.state = 'open' and i.delivery_id in (select delivery_id from census_change_set where status = 'published')`.execute(
    db,
  )
  return `${rows[0]!.n} ${rows[0]!.last}`
}

/** Marks of an asset `a` of a kind in its version `v`: what it has, and out of what. */
function marks(kind: AssetKind | undefined, settings: QualitySettings, now: number) {
  const attributes = kind?.attributes ?? []
  const weight = (required: boolean | undefined) => (required ? settings.required_weight : 1)
  const filled =
    attributes.length === 0
      ? sql`0::float8`
      : sql`(${sql.join(
          attributes.map(
            ({ id, required }) =>
              sql`case when v.attributes->>${id}::text <> '' then ${weight(required)}::float8 else 0 end`,
          ),
          sql` + `,
        )})`
  const fillable = sql`${attributes.reduce((sum, { required }) => sum + weight(required), 0)}::float8`
  const ends = kind ? endsOf(kind).length : 0
  const position = sql`case when jsonb_typeof(v.original->'accuracy'->'position_m') = 'number'
    then (v.original->'accuracy'->>'position_m')::float8 end`
  const accurate = sql`case ${sql.join(
    settings.accuracy.map(
      ({ position_m_max, mark }) => sql`when ${position} <= ${position_m_max}::float8 then ${mark}::float8`,
    ),
    sql` `,
  )} else 0::float8 end`
  // A year alone counts as its middle, so that nothing is older for being less exact.
  const surveyed = sql`case when v.attributes->>'surveyed_on' ~ '^(18|19|20)[0-9]{2}(-(0[1-9]|1[0-2]))?' then
    left(v.attributes->>'surveyed_on', 4)::float8 + coalesce((substring(v.attributes->>'surveyed_on' from '^[0-9]{4}-([0-9]{2})')::float8 - 0.5) / 12, 0.5) end`
  const this_year = 1970 + now / day_ms / year_days
  const age_years = sql`coalesce(${this_year}::float8 - ${surveyed}, (${now}::float8 - v.valid_from) / ${day_ms * year_days}::float8)`
  const { years_fresh, years_stale } = settings
  const fresh = sql`least(1, greatest(0, (${years_stale}::float8 - ${age_years}) / ${years_stale - years_fresh}::float8))`
  return { filled, fillable, ends, accurate, fresh, position, age_years }
}

type GroupSql = {
  lifeline: string
  kind: string
  owner_id: number | null
  area_ids: number[]
  assets: number
} & Record<`${Measure}_${"n" | "d" | "low"}`, number>

/** Sums of everything that is true now, by lifeline, kind, owner and areas; one statement for each kind there is. */
export async function groupSums(
  db: Db,
  lifelines: readonly Lifeline[],
  settings: QualitySettings,
  now: number,
): Promise<Group[]> {
  return await transaction(db, async (tx) => {
    // Room to hash the codes of a lifeline; and compiling a statement costs more than it saves.
    await sql`set local work_mem = '192MB'`.execute(tx)
    await sql`set local jit = off`.execute(tx)
    const { rows: kinds } = await sql<{ lifeline: string; kind: string }>`
      select lifeline, kind from census_asset group by lifeline, kind order by lifeline, kind`.execute(tx)
    const groups: Group[] = []
    for (const { lifeline, kind } of kinds) {
      const declared = lifelines.find(({ id }) => id === lifeline)?.assets.find((one) => one.kind === kind)
      groups.push(...(await sumsOfKind(tx, { lifeline, kind, declared }, settings, now)))
    }
    return groups
  })
}

async function sumsOfKind(
  tx: Tx,
  of: { lifeline: string; kind: string; declared: AssetKind | undefined },
  settings: QualitySettings,
  now: number,
): Promise<Group[]> {
  const { filled, fillable, ends, accurate, fresh } = marks(of.declared, settings, now)
  const codes = sql`select distinct a.code from census_asset a
    join census_asset_version v on v.asset_id = a.id and v.valid_to is null
    where a.lifeline = ${of.lifeline} and a.code is not null`
  const joined =
    ends > 0
      ? sql`left join codes f on f.code = v.attributes->>'from_node' left join codes t on t.code = v.attributes->>'to_node'`
      : sql``
  const ended = ends > 0 ? sql`least(${ends}::int, (f.code is not null)::int + (t.code is not null)::int)` : sql`0`
  const { rows } = await sql<GroupSql>`
    with open_rows as materialized (${open_rows}), codes as (${codes}),
    marked as (
      select a.lifeline, a.kind, a.owner_id, coalesce(m.area_ids, '{}') as area_ids,
             ${filled} as completeness_n, ${fillable} as completeness_d,
             ((a.code is not null)::int + (o.row is null)::int + ${ended})::float8 as consistency_n,
             2 + ${ends}::float8 as consistency_d, ${accurate} as accuracy_n, ${fresh} as freshness_n
      from census_asset a join census_asset_version v on v.asset_id = a.id and v.valid_to is null
      left join (select asset_id, array_agg(area_id order by area_id) as area_ids from census_area_asset group by asset_id) m
        on m.asset_id = a.id
      ${joined}
      left join open_rows o on o.batch_id = v.batch_id and o.file = v.original->>'file'
        and o.table_name = v.original->>'table' and o.row::text = v.original->>'row'
      where a.lifeline = ${of.lifeline} and a.kind = ${of.kind}
      -- Else each mark would be worked out anew for each sum.
      offset 0)
    select lifeline, kind, owner_id, area_ids, count(*) as assets,
           sum(completeness_n) as completeness_n, sum(completeness_d) as completeness_d,
           count(*) filter (where completeness_n < completeness_d) as completeness_low,
           sum(consistency_n) as consistency_n, sum(consistency_d) as consistency_d,
           count(*) filter (where consistency_n < consistency_d) as consistency_low,
           sum(accuracy_n) as accuracy_n, count(*)::float8 as accuracy_d, count(*) filter (where accuracy_n < 1) as accuracy_low,
           sum(freshness_n) as freshness_n, count(*)::float8 as freshness_d, count(*) filter (where freshness_n < 1) as freshness_low
    from marked group by lifeline, kind, owner_id, area_ids`.execute(tx)
  const sum = (row: GroupSql, id: Measure): Sum => ({
    numerator: Number(row[`${id}_n`]),
    denominator: Number(row[`${id}_d`]),
    low: Number(row[`${id}_low`]),
  })
  return rows.map((row) => ({
    lifeline: row.lifeline,
    kind: row.kind,
    owner_id: row.owner_id,
    area_ids: row.area_ids,
    assets: Number(row.assets),
    sums: {
      completeness: sum(row, "completeness"),
      consistency: sum(row, "consistency"),
      accuracy: sum(row, "accuracy"),
      freshness: sum(row, "freshness"),
    },
  }))
}

export type Filter = { lifeline?: string; kind?: string; owner_id?: number | null; area_id?: number | null }
export type LowRow = {
  id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  owner_id: number | null
  attributes: Attributes
  lon: number
  lat: number
  position_m: number | null
  age_years: number
  has_from: boolean
  has_to: boolean
  open_rules: string[]
  file: string | null
  table_name: string | null
  row: number | null
}

/** Assets of a kind that lower a measure, in the order of their ids: `limit` of them behind `offset`. */
export async function lowAssets(
  db: Db,
  scopes: readonly Scope[],
  filter: Omit<Filter, "lifeline" | "kind"> & { lifeline: string; kind: string; measure: Measure },
  declared: AssetKind | undefined,
  settings: QualitySettings,
  now: number,
  { limit, offset }: { limit: number; offset: number },
): Promise<LowRow[]> {
  const { filled, fillable, ends, accurate, fresh, position, age_years } = marks(declared, settings, now)
  const end = (
    id: string,
  ) => sql`exists (select from census_asset e join census_asset_version w on w.asset_id = e.id and w.valid_to is null
    where e.lifeline = a.lifeline and e.code = v.attributes->>${id}::text)`
  const rules = sql`(select coalesce(array_agg(distinct i.rule), '{}') from census_change_set s
    join census_issue i on i.delivery_id = s.delivery_id and i.state = 'open' and i.file = v.original->>'file'
      and i.table_name = v.original->>'table' and i.row > 0 and i.row::text = v.original->>'row'
    where s.status = 'published' and v.batch_id = any(s.batch_ids))`
  const low = {
    completeness: sql`${filled} < ${fillable}`,
    consistency: sql`(a.code is null or ${rules} <> '{}' or (${ends}::int > 0 and not (${end("from_node")} and ${end("to_node")})))`,
    accuracy: sql`${accurate} < 1`,
    freshness: sql`${fresh} < 1`,
  }[filter.measure]
  const where = [
    scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: areasOfAsset("a.id") }),
    low,
    sql`a.lifeline = ${filter.lifeline}`,
    sql`a.kind = ${filter.kind}`,
    ...(filter.owner_id === undefined ? [] : [sql`a.owner_id is not distinct from ${filter.owner_id}::bigint`]),
    ...(filter.area_id === undefined
      ? []
      : filter.area_id === null
        ? [sql`not exists (select from census_area_asset m where m.asset_id = a.id)`]
        : [sql`exists (select from census_area_asset m where m.asset_id = a.id and m.area_id = ${filter.area_id})`]),
  ]
  const { rows } = await sql<LowRow>`
    select a.id, a.lifeline, a.kind, a.code, v.name, a.owner_id, v.attributes, v.lon, v.lat, ${position} as position_m,
           ${age_years} as age_years, ${end("from_node")} as has_from, ${end("to_node")} as has_to, ${rules} as open_rules,
           v.original->>'file' as file, v.original->>'table' as table_name, (v.original->>'row')::int as row
    from census_asset a join census_asset_version v on v.asset_id = a.id and v.valid_to is null
    where ${sql.join(where, sql` and `)} order by a.id limit ${limit} offset ${offset}`.execute(db)
  return rows
}

/** Names of areas and owners by id. */
export async function namesOf(
  db: Db,
): Promise<{ areas: Map<number, string>; owners: Map<number, { zh: string; en: string }> }> {
  const areas = await sql<{ id: number; name: string }>`select id, name from census_area`.execute(db)
  const owners = await sql<{ id: number; name: { zh: string; en: string } }>`
    select id, name from access_organisation`.execute(db)
  return {
    areas: new Map(areas.rows.map(({ id, name }) => [id, name])),
    owners: new Map(owners.rows.map(({ id, name }) => [id, name])),
  }
}
