/** All SQL of the open interfaces. Everything is asked under the caller's scopes; pages go by id. */
import { type RawBuilder, sql } from "kysely"
import type { LonLat, Problem, Scope } from "../../../model/index.ts"
import { type Db, json } from "../../../platform/sql/index.ts"
import { areasOfAsset, scopeWhere } from "../../../platform/sql/scope.ts"
import type { FeatureRow } from "./collections.ts"
import type { AttributeFilter, Span, Window } from "./parameters.ts"

/** What rows are asked for. */
export type Selection = {
  lifeline: string
  kind: string
  scopes: readonly Scope[]
  windows: readonly Window[] | null
  span: Span | null
  code: string | null
  name: string | null
  attributes: readonly AttributeFilter[]
  /** Closed ring that the geometry must meet. */
  ring?: readonly LonLat[]
  /** Code of an area that the asset must belong to. */
  area?: string
}

const seen = (scopes: readonly Scope[]) =>
  scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: areasOfAsset("a.id") })

/** Counts change with every batch and with nothing else: a key under which answers about the whole may be kept. */
export async function batchKey(db: Db): Promise<string> {
  const { rows } = await sql<{ n: number; last: number }>`
    select count(*) as n, coalesce(max(id), 0) as last from census_batch`.execute(db)
  return `${rows[0]!.n}:${rows[0]!.last}`
}

export type Extent = {
  lifeline: string
  kind: string
  /** Assets that are there now; the extent is of all their versions, the past ones included. */
  count: number
  box: Window
  valid_from: number
  /** Null where something is still valid. */
  valid_to: number | null
}

export async function extents(db: Db, scopes: readonly Scope[]): Promise<Extent[]> {
  const { rows } = await sql<Omit<Extent, "box"> & { west: number; south: number; east: number; north: number }>`
    select a.lifeline, a.kind, count(*) filter (where v.valid_to is null) as count,
           min((v.extent[1])[0]) as west, min((v.extent[1])[1]) as south,
           max((v.extent[0])[0]) as east, max((v.extent[0])[1]) as north,
           min(v.valid_from) as valid_from,
           case when bool_or(v.valid_to is null) then null else max(v.valid_to) end as valid_to
    from census_asset a join census_asset_version v on v.asset_id = a.id
    where ${seen(scopes)} group by a.lifeline, a.kind`.execute(db)
  return rows.map(({ west, south, east, north, ...row }) => ({ ...row, box: [west, south, east, north] }))
}

/** Now, or the versions that were true at some moment of the span. A version that ended as it began never was. */
function inTime(span: Span | null): RawBuilder<unknown> {
  if (span === null) return sql`v.valid_to is null`
  const { from, to } = span
  return sql`(${to}::bigint is null or v.valid_from <= ${to}::bigint)
    and (v.valid_to is null or v.valid_to > greatest(v.valid_from, ${from}::bigint))`
}

/**
 * Shapes as the engine's own, in hundred-thousandths of a degree: it takes what differs by a millionth for equal, products
 * of differences too, which in degrees would be metres.
 */
const scale = sql`point(100000, 0)`
const pathText = (coordinates: string) =>
  sql.raw(`replace(replace(replace(${coordinates}, '[[', '[('), '], [', '),('), ']]', ')]')::path`)
const asPath = (coordinates: string) => sql`(${pathText(coordinates)} * ${scale})`
const asPolygon = (ring: string) => sql`polygon(pclose(${pathText(ring)}) * ${scale})`
const scaled = (polygon: RawBuilder<unknown>) => sql`polygon(path(${polygon}) * ${scale})`

/**
 * Geometry meets the window: by its box where that decides, else by the very geometry. `indexed` false keeps the planner
 * from the index of boxes: it takes every window for a small one.
 */
function inWindow([west, south, east, north]: Window, indexed: boolean): RawBuilder<unknown> {
  const box = sql`box(point(${west}, ${south}), point(${east}, ${north}))`
  const near = indexed ? sql`v.extent && ${box}` : sql`(v.extent && ${box}) is true`
  const area = scaled(sql`polygon(${box})`)
  const exact = sql`case v.geometry->>'type'
    when 'LineString' then ${asPath("(v.geometry->>'coordinates')")} ?# path(${area})
    when 'Polygon' then ${asPolygon("(v.geometry->'coordinates'->>0)")} && ${area}
      and not exists (select 1 from jsonb_array_elements_text(v.geometry->'coordinates') with ordinality as hole(ring, n)
        where hole.n > 1 and ${asPolygon("hole.ring")} @> ${area})
    else true end`
  return sql`(${near} and (v.extent <@ ${box} or ${exact}))`
}

/** Geometry meets the area within a ring, its border included. */
function inRing(ring: readonly LonLat[], indexed: boolean): RawBuilder<unknown> {
  const polygon = sql`${`(${ring.map(([lon, lat]) => `(${lon},${lat})`).join()})`}::polygon`
  const area = scaled(polygon)
  const near = indexed ? sql`v.extent && box(${polygon})` : sql`(v.extent && box(${polygon})) is true`
  const begin = sql`point((v.geometry->'coordinates'->0->>0)::float8, (v.geometry->'coordinates'->0->>1)::float8)`
  return sql`(${near} and case v.geometry->>'type'
    when 'LineString' then ${asPath("(v.geometry->>'coordinates')")} ?# path(${area}) or ${area} @> (${begin} * ${scale})
    when 'Polygon' then ${asPolygon("(v.geometry->'coordinates'->>0)")} && ${area}
    else ${area} @> (point(v.lon, v.lat) * ${scale}) end)`
}

const assetMatches = (ask: Selection): RawBuilder<unknown> =>
  sql`a.lifeline = ${ask.lifeline} and a.kind = ${ask.kind} and ${seen(ask.scopes)}
    and (${ask.code}::text is null or a.code = ${ask.code})
    and (${ask.area ?? null}::text is null or exists (
      select 1 from census_area_asset m join census_area r on r.id = m.area_id
      where m.asset_id = a.id and r.code = ${ask.area ?? null}))`

function versionMatches(ask: Selection, indexed: boolean): RawBuilder<unknown> {
  const conditions: RawBuilder<unknown>[] = [inTime(ask.span)]
  if (ask.name !== null) conditions.push(sql`v.name = ${ask.name}`)
  for (const { id, value } of ask.attributes)
    conditions.push(
      typeof value === "string" ? sql`v.attributes->>${id} = ${value}` : sql`v.attributes @> ${json({ [id]: value })}`,
    )
  if (ask.windows !== null) {
    const windows = ask.windows.map((window) => inWindow(window, indexed))
    conditions.push(sql`(${sql.join(windows, sql` or `)})`)
  }
  if (ask.ring !== undefined) conditions.push(inRing(ask.ring, indexed))
  return sql.join(conditions, sql` and `)
}

/** How many assets match. Of the versions of one asset at most one is true at an instant. */
export async function countFeatures(db: Db, ask: Selection): Promise<number> {
  const { span } = ask
  const single = span === null || (span.from !== null && span.from === span.to)
  const { rows } = single
    ? await sql<{ n: number }>`
        select count(*) as n from census_asset a join census_asset_version v on v.asset_id = a.id
        where ${assetMatches(ask)} and ${versionMatches(ask, true)}`.execute(db)
    : await sql<{ n: number }>`
        select count(*) as n from census_asset a where ${assetMatches(ask)} and exists (
          select 1 from census_asset_version v where v.asset_id = a.id and ${versionMatches(ask, true)})`.execute(db)
  return rows[0]!.n
}

const columns = sql`a.id, v.version, a.code, v.name, o.name->>'zh' as owner, v.geometry::text as geometry, v.length_m,
  v.schematic, v.valid_from, v.valid_to, v.attributes`

/** Where more than one asset in so many matches, walking along the ids fills a page sooner than any index. */
const dense_share = 1 / 20

/**
 * Up to `rows_max` assets with an id above `after`, in the order of ids, each once: in its newest version that matches.
 * `share` of the collection matches, about. A page of many is filled by walking along the ids, in a time that follows
 * from its size alone; the few of a rare condition are found together and put in order.
 */
export async function features(
  db: Db,
  ask: Selection,
  { after, rows_max, share }: { after: number; rows_max: number; share: number },
): Promise<FeatureRow[]> {
  const walk = sql<FeatureRow>`
    select ${columns} from census_asset a
    cross join lateral (
      select * from census_asset_version v where v.asset_id = a.id and ${versionMatches(ask, false)}
      order by v.version desc limit 1) v
    left join access_organisation o on o.id = a.owner_id
    where a.id > ${after} and ${assetMatches(ask)} order by a.id limit ${rows_max}`
  const gather = sql<FeatureRow>`
    select distinct on (a.id) ${columns}
    from census_asset a join census_asset_version v on v.asset_id = a.id
    left join access_organisation o on o.id = a.owner_id
    where a.id > ${after} and ${assetMatches(ask)} and ${versionMatches(ask, true)}
    order by a.id, v.version desc limit ${rows_max}`
  const { rows } = await (share >= dense_share ? walk : gather).execute(db)
  return rows
}

/** One asset in its newest version, ended or not; undefined where it is not there or may not be seen. */
export async function featureById(
  db: Db,
  of: { lifeline: string; kind: string },
  scopes: readonly Scope[],
  id: number,
): Promise<FeatureRow | undefined> {
  const { rows } = await sql<FeatureRow>`
    select ${columns} from census_asset a join census_asset_version v on v.asset_id = a.id
    left join access_organisation o on o.id = a.owner_id
    where a.id = ${id} and a.lifeline = ${of.lifeline} and a.kind = ${of.kind} and ${seen(scopes)}
    order by v.version desc limit 1`.execute(db)
  return rows[0]
}

export type ExportState = "queued" | "running" | "done" | "failed" | "cancelled"
export type ExportRecord = {
  id: number
  asked_by_name: string
  reason: string
  request: unknown
  state: ExportState
  progress: number
  rows: number
  bytes: number
  file_name: string | null
  /** What could not be written as it was, counted by kind. */
  losses: { count: number; zh: string; en: string }[]
  problem: Pick<Problem, "code" | "title"> | null
  created_at: number
  started_at: number | null
  ended_at: number | null
}
const export_columns = sql.raw(
  "id, asked_by_name, reason, request, state, progress, rows, bytes, file_name, losses, problem, created_at, started_at, ended_at",
)

export async function insertExport(
  db: Db,
  e: { asked_by: number | null; asked_by_name: string; reason: string; request: unknown; created_at: number },
): Promise<ExportRecord> {
  const { rows } = await sql<ExportRecord>`
    insert into census_export (asked_by, asked_by_name, reason, request, state, created_at)
    values (${e.asked_by}, ${e.asked_by_name}, ${e.reason}, ${json(e.request)}, 'queued', ${e.created_at})
    returning ${export_columns}`.execute(db)
  return rows[0]!
}

export async function saveExport(db: Db, e: ExportRecord): Promise<void> {
  await sql`update census_export set state = ${e.state}, progress = ${e.progress}, rows = ${e.rows}, bytes = ${e.bytes},
    file_name = ${e.file_name}, losses = ${json(e.losses)}, problem = ${e.problem === null ? null : json(e.problem)},
    started_at = ${e.started_at}, ended_at = ${e.ended_at} where id = ${e.id}`.execute(db)
}

export const findExport = async (db: Db, id: number): Promise<ExportRecord | undefined> =>
  (await sql<ExportRecord>`select ${export_columns} from census_export where id = ${id}`.execute(db)).rows[0]

export async function listExports(db: Db, asked_by_name: string, limit: number, offset: number) {
  const { rows } = await sql<ExportRecord>`
    select ${export_columns} from census_export where asked_by_name = ${asked_by_name}
    order by id desc limit ${limit + 1} offset ${offset}`.execute(db)
  const count = await sql<{ n: number }>`
    select count(*) as n from census_export where asked_by_name = ${asked_by_name}`.execute(db)
  return { rows, total: count.rows[0]!.n }
}

/** Exports that were under way when their process ended. */
export const interruptedExports = async (db: Db, asked_before: number): Promise<ExportRecord[]> =>
  (
    await sql<ExportRecord>`select ${export_columns} from census_export
      where state in ('queued', 'running') and created_at < ${asked_before} order by id`.execute(db)
  ).rows

/** Exports that ended before `before`. */
export const oldExports = async (db: Db, before: number): Promise<ExportRecord[]> =>
  (
    await sql<ExportRecord>`
      select ${export_columns} from census_export where ended_at < ${before} order by id limit 500`.execute(db)
  ).rows

/** Names and bytes of the files that belong to exports that are done. */
export const keptFiles = async (db: Db): Promise<{ file_name: string; bytes: number }[]> =>
  (
    await sql<{ file_name: string; bytes: number }>`
      select file_name, bytes from census_export where state = 'done' and file_name is not null`.execute(db)
  ).rows

export const deleteExport = (db: Db, id: number) => sql`delete from census_export where id = ${id}`.execute(db)
