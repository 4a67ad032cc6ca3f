import { type RawBuilder, sql } from "kysely"
import type { Scope } from "../../model/index.ts"

/**
 * The condition under which a row may be seen: any of the scopes covers it.
 * Columns are trusted SQL given by our own stores; `areas` is an expression that yields bigint[].
 */
export function scopeWhere(
  scopes: readonly Scope[],
  columns: { owner: string; lifeline: string; areas: string },
): RawBuilder<boolean> {
  if (scopes.length === 0) return sql<boolean>`false`
  const parts = scopes.map((s) => {
    const conditions: RawBuilder<unknown>[] = []
    if (s.organisations !== "all") conditions.push(sql`${sql.raw(columns.owner)} = any(${s.organisations}::bigint[])`)
    if (s.lifelines !== "all") conditions.push(sql`${sql.raw(columns.lifeline)} = any(${s.lifelines}::text[])`)
    if (s.areas !== "all") conditions.push(sql`${sql.raw(columns.areas)} && ${s.areas}::bigint[]`)
    return conditions.length === 0 ? sql`true` : sql`(${sql.join(conditions, sql` and `)})`
  })
  return sql<boolean>`(${sql.join(parts, sql` or `)})`
}

/** Area ids of an asset, as an SQL expression over the asset's id column. */
export const areasOfAsset = (column: string) =>
  `(select coalesce(array_agg(m.area_id), '{}') from census_area_asset m where m.asset_id = ${column})`

/**
 * Sort order from a query's `sort` ("-raised_at"); only the listed columns are accepted. `tie` is a unique column, so that
 * pages neither repeat nor skip rows.
 */
export function orderBy(
  sort: string | undefined,
  columns: Record<string, string>,
  fallback: string,
  tie: string,
): RawBuilder<unknown> {
  const name = sort?.replace(/^-/, "") ?? ""
  const column = columns[name]
  const order = column === undefined ? fallback : `${column} ${sort!.startsWith("-") ? "desc" : "asc"} nulls last`
  return sql.raw(`${order}, ${tie}`)
}
