/** SQL of codes: splits, codes given once, and where they came from. */
import { sql } from "kysely"
import type { Scope, Words } from "../../../model/index.ts"
import { type Db, json, type Tx } from "../../../platform/sql/index.ts"
import { areasOfAsset, scopeWhere } from "../../../platform/sql/scope.ts"
import type { CodePart, CodeSplit } from "./splits.ts"

export type CodeRow = {
  code: string
  split: string
  asset_id: number | null
  state: "used" | "retired"
  made_at: number
  made_name: string
}
export type LineageRow = {
  id: number
  action: "merge" | "split" | "replace"
  code: string
  from_code: string
  reason: string
  made_at: number
  made_name: string
}
export type By = { at: number; name: string }

/** Splits of the city's own, over the built-in ones of the same id. */
export async function ownSplits(db: Db): Promise<{ id: string; name: Words; parts: CodePart[] }[]> {
  const { rows } = await sql<{ id: string; name: Words; parts: CodePart[] }>`
    select id, name, parts from census_code_split order by id`.execute(db)
  return rows
}

export async function putSplit(tx: Tx, split: Omit<CodeSplit, "source">, by: By): Promise<void> {
  await sql`
    insert into census_code_split (id, name, parts, made_at, made_name)
    values (${split.id}, ${json(split.name)}, ${json(split.parts)}, ${by.at}, ${by.name})
    on conflict (id) do update set name = excluded.name, parts = excluded.parts, made_at = excluded.made_at,
      made_name = excluded.made_name`.execute(tx)
}

export async function splitIsUsed(db: Db, id: string): Promise<boolean> {
  const { rows } = await sql`select 1 from census_code where split = ${id} limit 1`.execute(db)
  return rows.length > 0
}

/**
 * Gives codes with the next serials of a prefix, one for each asset in order, of serials up to `serial_max`; null where
 * there is no room. Others who ask for the same prefix wait until this transaction ends. What deliveries brought along
 * counts as given.
 */
export async function giveCodes(
  tx: Tx,
  given: { split: string; prefix: string; digits: number; serial_max: number; asset_ids: readonly (number | null)[] },
  by: By,
): Promise<string[] | null> {
  const { split, prefix, digits, serial_max, asset_ids } = given
  await sql`select pg_advisory_xact_lock(hashtextextended(${`code ${prefix}`}, 0))`.execute(tx)
  const pattern = `^${prefix}[0-9]{${digits}}$`
  const { rows } = await sql<{ last: number }>`
    select coalesce(max(substr(code, ${prefix.length + 1}::int)::int), 0) as last from (
      select code from census_code where code ~ ${pattern}
      union all
      select attributes->>'component_code' from census_asset_version
      where attributes ? 'component_code' and attributes->>'component_code' like ${`${prefix}%`}
        and attributes->>'component_code' ~ ${pattern}) as c`.execute(tx)
  const { last } = rows[0]!
  if (last + asset_ids.length > serial_max) return null
  const made = asset_ids.map((asset_id, i) => {
    const serial = last + 1 + i
    return { code: prefix + String(serial).padStart(digits, "0"), serial, asset_id }
  })
  await sql`
    insert into census_code (code, split, prefix, serial, asset_id, made_at, made_name)
    select r.code, ${split}, ${prefix}, r.serial, r.asset_id, ${by.at}::bigint, ${by.name}
    from jsonb_to_recordset(${json(made)}) as r(code text, serial int, asset_id bigint)`.execute(tx)
  return made.map(({ code }) => code)
}

/** Codes and what they are, in no order; held until the transaction ends. */
export async function lockCodes(tx: Tx, codes: readonly string[]): Promise<(CodeRow & { prefix: string })[]> {
  const { rows } = await sql<CodeRow & { prefix: string }>`
    select code, split, prefix, asset_id, state, made_at, made_name from census_code
    where code = any(${codes}::text[]) order by code for update`.execute(tx)
  return rows
}

export async function retire(
  tx: Tx,
  given: { action: LineageRow["action"]; from: readonly string[]; to: readonly string[]; reason: string },
  by: By,
): Promise<void> {
  await sql`update census_code set state = 'retired' where code = any(${given.from}::text[])`.execute(tx)
  await sql`
    insert into census_code_lineage (action, code, from_code, reason, made_at, made_name)
    select ${given.action}, t.code, f.code, ${given.reason}, ${by.at}::bigint, ${by.name}
    from unnest(${given.to}::text[]) as t(code), unnest(${given.from}::text[]) as f(code)`.execute(tx)
}

const seen = (scopes: readonly Scope[]) =>
  scopeWhere(scopes, { owner: "a.owner_id", lifeline: "a.lifeline", areas: areasOfAsset("a.id") })

/** Of these assets those that the caller sees, with the code in use that they have already. */
export async function assetsToCode(
  db: Db,
  scopes: readonly Scope[],
  asset_ids: readonly number[],
): Promise<{ id: number; code: string | null }[]> {
  const { rows } = await sql<{ id: number; code: string | null }>`
    select a.id, (select min(c.code) from census_code c where c.asset_id = a.id and c.state = 'used') as code
    from census_asset a where a.id = any(${asset_ids}::bigint[]) and ${seen(scopes)}`.execute(db)
  return rows
}

const code_columns = sql.raw("c.code, c.split, c.asset_id, c.state, c.made_at, c.made_name")
/** A code without an asset is everybody's; one with an asset is seen by who sees the asset. */
const seenCode = (scopes: readonly Scope[]) =>
  sql`(c.asset_id is null or exists (select from census_asset a where a.id = c.asset_id and ${seen(scopes)}))`

export async function listCodes(
  db: Db,
  scopes: readonly Scope[],
  filter: { q?: string; asset_id?: number; state?: string },
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: CodeRow[]; total: number }> {
  const where = sql`${seenCode(scopes)}
    and (${filter.q ?? null}::text is null or starts_with(c.code, ${filter.q ?? ""}))
    and (${filter.asset_id ?? null}::bigint is null or c.asset_id = ${filter.asset_id ?? null})
    and (${filter.state ?? null}::text is null or c.state = ${filter.state ?? null})`
  const { rows } = await sql<CodeRow>`
    select ${code_columns} from census_code c where ${where} order by c.code limit ${limit + 1} offset ${offset}`.execute(
    db,
  )
  const count = await sql<{ total: number }>`select count(*) as total from census_code c where ${where}`.execute(db)
  return { rows, total: count.rows[0]!.total }
}

export async function findCode(db: Db, scopes: readonly Scope[], code: string): Promise<CodeRow | undefined> {
  const { rows } = await sql<CodeRow>`
    select ${code_columns} from census_code c where c.code = ${code} and ${seenCode(scopes)}`.execute(db)
  return rows[0]
}

const lineage_max = 500
/** All steps that led to a code, and all that led away from it. */
export async function lineageOf(db: Db, code: string): Promise<{ before: LineageRow[]; after: LineageRow[] }> {
  const steps = sql.raw("l.id, l.action, l.code, l.from_code, l.reason, l.made_at, l.made_name")
  const before = await sql<LineageRow>`
    with recursive up as (
      select ${steps} from census_code_lineage l where l.code = ${code}
      union
      select ${steps} from census_code_lineage l join up on l.code = up.from_code)
    select * from up order by id limit ${lineage_max}`.execute(db)
  const after = await sql<LineageRow>`
    with recursive down as (
      select ${steps} from census_code_lineage l where l.from_code = ${code}
      union
      select ${steps} from census_code_lineage l join down on l.from_code = down.code)
    select * from down order by id limit ${lineage_max}`.execute(db)
  return { before: before.rows, after: after.rows }
}
