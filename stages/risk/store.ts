/** All SQL of the risk register. */
import { sql } from "kysely"
import type { Attributes, Scope, Words } from "../../model/index.ts"
import { type Db, json, type Tx } from "../../platform/sql/index.ts"
import { areasOfAsset, orderBy, scopeWhere } from "../../platform/sql/scope.ts"
import type { FactorRow, Score } from "./score.ts"

const chunk_rows = 1_000
export type AssetAttributes = { id: number; lifeline: string; kind: string; attributes: Attributes }

/** The next current assets of the given "lifeline/kind" keys after an id, in order of id. */
export async function nextAssets(db: Db, kinds: string[], after: number, limit: number): Promise<AssetAttributes[]> {
  const { rows } = await sql<AssetAttributes>`
    select id, lifeline, kind, attributes from census_asset_now
    where id > ${after} and lifeline || '/' || kind = any(${kinds}::text[]) order by id limit ${limit}`.execute(db)
  return rows
}

/** Those of `asset_ids` that are there now and have a kind with rules. */
export async function assetsAmong(db: Db, kinds: string[], asset_ids: readonly number[]): Promise<AssetAttributes[]> {
  const { rows } = await sql<AssetAttributes>`
    select id, lifeline, kind, attributes from census_asset_now
    where id = any(${asset_ids}::bigint[]) and lifeline || '/' || kind = any(${kinds}::text[])`.execute(db)
  return rows
}

/** Removes every score, or those of some assets. */
export async function clearScores(tx: Tx, asset_ids: readonly number[] | null): Promise<void> {
  if (asset_ids === null) await sql`delete from risk_score`.execute(tx)
  else await sql`delete from risk_score where asset_id = any(${asset_ids}::bigint[])`.execute(tx)
}

export async function insertScores(
  tx: Tx,
  scores: (Score & { asset_id: number })[],
  assessed_at: number,
): Promise<void> {
  for (let i = 0; i < scores.length; i += chunk_rows)
    await sql`
      insert into risk_score (asset_id, rule, rule_version, score, likelihood, consequence, band, known, factors, assessed_at)
      select r.asset_id, r.rule, r.rule_version, r.score, r.likelihood, r.consequence, r.band, r.known, r.factors, ${assessed_at}
      from jsonb_to_recordset(${json(scores.slice(i, i + chunk_rows))}) as r(
        asset_id bigint, rule text, rule_version integer, score float8, likelihood float8, consequence float8, band integer,
        known float8, factors jsonb)`.execute(tx)
}

export type Banded = { asset_id: number; band: number; score: number }

export async function allBands(db: Db): Promise<Banded[]> {
  const { rows } = await sql<Banded>`select asset_id, band, score from risk_score`.execute(db)
  return rows
}

export type RiskFilter = {
  lifeline?: string
  band?: number
  likelihood?: number
  consequence?: number
  q?: string
  sort?: string
}

/** Cell of the 5 × 5 matrix: 0 to 4. */
const cell = (column: string) => `least(4, floor(s.${column} / 2))::int`
const seen = (scopes: readonly Scope[]) =>
  scopeWhere(scopes, { owner: "n.owner_id", lifeline: "n.lifeline", areas: areasOfAsset("n.id") })
const pattern = (q: string): string => `%${q.replaceAll(/[\\%_]/g, (c) => `\\${c}`)}%`

function where(scopes: readonly Scope[], filter: RiskFilter) {
  const { lifeline = null, band = null, likelihood = null, consequence = null, q } = filter
  return sql`${seen(scopes)}
    and (${lifeline}::text is null or n.lifeline = ${lifeline})
    and (${band}::int is null or s.band = ${band})
    and (${likelihood}::int is null or ${sql.raw(cell("likelihood"))} = ${likelihood})
    and (${consequence}::int is null or ${sql.raw(cell("consequence"))} = ${consequence})
    and (${q ?? null}::text is null or n.code ilike ${pattern(q ?? "")} or n.name ilike ${pattern(q ?? "")})`
}

export type RiskSql = {
  asset_id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  owner: Words | null
  rule: string
  rule_version: number
  score: number
  likelihood: number
  consequence: number
  band: number
  known: number
  length_m: number | null
  lon: number
  lat: number
  assessed_at: number
}
const columns =
  sql.raw(`s.asset_id, n.lifeline, n.kind, n.code, n.name, o.name as owner, s.rule, s.rule_version, s.score,
  s.likelihood, s.consequence, s.band, s.known, n.length_m, n.lon, n.lat, s.assessed_at`)
const from = sql.raw(`from risk_score s join census_asset_now n on n.id = s.asset_id
  left join access_organisation o on o.id = n.owner_id`)

/** Worst first unless sorted otherwise; one row more than `limit`. */
export async function listRisks(
  db: Db,
  scopes: readonly Scope[],
  filter: RiskFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: RiskSql[]; total: number }> {
  const sorted = Object.fromEntries(
    ["score", "likelihood", "consequence", "band", "known", "assessed_at"].map((name) => [name, `s.${name}`]),
  )
  const order = orderBy(
    filter.sort,
    { ...sorted, code: "n.code", length_m: "n.length_m" },
    "s.score desc",
    "s.asset_id",
  )
  const { rows } = await sql<RiskSql>`
    select ${columns} ${from} where ${where(scopes, filter)}
    order by ${order} limit ${limit + 1} offset ${offset}`.execute(db)
  const count = await sql<{ total: number }>`
    select count(*) as total ${from} where ${where(scopes, filter)}`.execute(db)
  return { rows, total: count.rows[0]!.total }
}

export async function riskDetail(
  db: Db,
  scopes: readonly Scope[],
  asset_id: number,
): Promise<(RiskSql & { factors: FactorRow[] }) | undefined> {
  const { rows } = await sql<RiskSql & { factors: FactorRow[] }>`
    select ${columns}, s.factors ${from} where s.asset_id = ${asset_id} and ${seen(scopes)}`.execute(db)
  return rows[0]
}

export type RiskCounts = {
  bands: { band: number; count: number; length_m: number }[]
  cells: { likelihood: number; consequence: number; count: number }[]
  assessed_at: number | null
}

export async function countRisks(db: Db, scopes: readonly Scope[], lifeline?: string): Promise<RiskCounts> {
  const condition = where(scopes, lifeline === undefined ? {} : { lifeline })
  const bands = await sql<RiskCounts["bands"][number]>`
    select s.band, count(*) as count, coalesce(sum(n.length_m), 0) as length_m ${from} where ${condition} group by s.band`.execute(
    db,
  )
  const cells = await sql<RiskCounts["cells"][number]>`
    select ${sql.raw(cell("likelihood"))} as likelihood, ${sql.raw(cell("consequence"))} as consequence, count(*) as count
    ${from} where ${condition} group by 1, 2`.execute(db)
  const newest = await sql<{ at: number | null }>`
    select max(s.assessed_at) as at ${from} where ${condition}`.execute(db)
  return { bands: bands.rows, cells: cells.rows, assessed_at: newest.rows[0]?.at ?? null }
}
