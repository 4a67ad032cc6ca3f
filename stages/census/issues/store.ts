/** SQL of issues and of what people decided about them: corrections, accepted proposals, accepted exceptions. */
import { sql } from "kysely"
import type { Bulk, CopyCell, Db, Tx } from "../../../platform/sql/index.ts"
import { orderBy } from "../../../platform/sql/scope.ts"
import type { IssueRow, IssueState } from "../staging/types.ts"
import type { AcceptedException, Correction } from "../survey/index.ts"

type Paged = { limit: number; offset: number }

export async function correctionsOf(db: Db, delivery_id: number): Promise<(Correction & { id: number })[]> {
  const { rows } = await sql<Correction & { id: number }>`
    select id, file, table_name as name, row, field, value from census_correction
    where delivery_id = ${delivery_id} order by id`.execute(db)
  return rows
}

export async function countCorrections(db: Db, delivery_id: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from census_correction where delivery_id = ${delivery_id}`.execute(db)
  return rows[0]!.n
}

export async function putCorrection(tx: Tx, delivery_id: number, c: Correction, at: number, by: string): Promise<void> {
  await sql`
    insert into census_correction (delivery_id, file, table_name, row, field, value, made_at, made_name)
    values (${delivery_id}, ${c.file}, ${c.name}, ${c.row}, ${c.field}, ${c.value}, ${at}, ${by})
    on conflict (delivery_id, file, table_name, row, field) do update
      set value = excluded.value, made_at = excluded.made_at, made_name = excluded.made_name`.execute(tx)
}

export async function removeCorrection(tx: Tx, delivery_id: number, id: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from census_correction where delivery_id = ${delivery_id} and id = ${id}`.execute(tx)
  return numAffectedRows === 1n
}

/** Takes the proposed value of open issues, of one or of a whole rule, as corrections; how many there were. */
export async function acceptFixes(
  tx: Tx,
  delivery_id: number,
  which: { issue_id?: number | undefined; rule?: string | undefined },
  at: number,
  by: string,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with taken as (
      update census_issue set state = 'fixed'
      where delivery_id = ${delivery_id} and state = 'open' and fix is not null and row > 0
        and (${which.issue_id ?? null}::bigint is null or id = ${which.issue_id ?? null})
        and (${which.rule ?? null}::text is null or rule = ${which.rule ?? null})
      returning id, file, table_name, row, fix),
    written as (
      insert into census_correction (delivery_id, file, table_name, row, field, value, made_at, made_name)
      select distinct on (file, table_name, row, fix->>'field')
             ${delivery_id}::bigint, file, table_name, row, fix->>'field', fix->>'value', ${at}::bigint, ${by}::text
      from taken order by file, table_name, row, fix->>'field', id
      on conflict (delivery_id, file, table_name, row, field) do update
        set value = excluded.value, made_at = excluded.made_at, made_name = excluded.made_name)
    select count(*) as n from taken`.execute(tx)
  return rows[0]!.n
}

export async function exceptionsOf(db: Db, delivery_id: number): Promise<(AcceptedException & { id: number })[]> {
  const { rows } = await sql<AcceptedException & { id: number }>`
    select id, rule, file, table_name as name, key, reason from census_exception
    where delivery_id = ${delivery_id} order by id`.execute(db)
  return rows
}

/** Marks open issues as being really so; how many there were. */
export async function acceptExceptions(
  tx: Tx,
  delivery_id: number,
  issue_ids: readonly number[],
  reason: string,
  at: number,
  by: string,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    with taken as (
      update census_issue set state = 'accepted'
      where delivery_id = ${delivery_id} and state = 'open' and id = any(${issue_ids}::bigint[])
      returning rule, file, table_name, key),
    written as (
      insert into census_exception (delivery_id, rule, file, table_name, key, reason, made_at, made_name)
      select distinct ${delivery_id}::bigint, rule, file, table_name, key, ${reason}::text, ${at}::bigint, ${by}::text from taken
      on conflict (delivery_id, rule, file, table_name, key) do update set reason = excluded.reason)
    select count(*) as n from taken`.execute(tx)
  return rows[0]!.n
}

export async function removeException(tx: Tx, delivery_id: number, id: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from census_exception where delivery_id = ${delivery_id} and id = ${id}`.execute(tx)
  return numAffectedRows === 1n
}

export type IssueFilter = {
  rule?: string | undefined
  table?: string | undefined
  file?: string | undefined
  state?: IssueState | undefined
  q?: string | undefined
  sort?: string | undefined
}
const issue_columns = sql.raw(
  "i.id, i.rule, i.file, i.table_name, i.row, i.key, i.field, i.value, i.words, i.lon, i.lat, i.fix, i.state",
)
const issueWhere = (delivery_id: number, f: IssueFilter) => sql`i.delivery_id = ${delivery_id}
  and (${f.rule ?? null}::text is null or i.rule = ${f.rule ?? null})
  and (${f.table ?? null}::text is null or i.table_name = ${f.table ?? null})
  and (${f.file ?? null}::text is null or i.file = ${f.file ?? null})
  and (${f.state ?? null}::text is null or i.state = ${f.state ?? null})
  and (${f.q ?? null}::text is null or strpos(i.key, ${f.q ?? ""}) > 0 or strpos(i.value, ${f.q ?? ""}) > 0)`

export async function listIssues(
  db: Db,
  delivery_id: number,
  filter: IssueFilter,
  { limit, offset }: Paged,
): Promise<{ rows: IssueRow[]; total: number }> {
  const where = issueWhere(delivery_id, filter)
  const order = orderBy(
    filter.sort,
    {
      rule: "i.rule",
      file: "i.file",
      table: "i.table_name",
      row: "i.row",
      key: "i.key",
      field: "i.field",
      state: "i.state",
    },
    "i.id",
    "i.id",
  )
  const { rows } = await sql<IssueRow>`
    select ${issue_columns} from census_issue i where ${where} order by ${order} limit ${limit + 1} offset ${offset}`.execute(
    db,
  )
  const count = await sql<{ total: number }>`select count(*) as total from census_issue i where ${where}`.execute(db)
  return { rows, total: count.rows[0]!.total }
}

/** Issues after one of them, in their order, for reading all of them in pieces. */
export async function issuesAfter(db: Db, delivery_id: number, after: number, limit: number): Promise<IssueRow[]> {
  const { rows } = await sql<IssueRow>`
    select ${issue_columns} from census_issue i where i.delivery_id = ${delivery_id} and i.id > ${after}
    order by i.id limit ${limit}`.execute(db)
  return rows
}

/** Issues with a place inside a box in degrees, open ones first; one more than `limit`, which says that there are more. */
export async function issuesWithin(
  db: Db,
  delivery_id: number,
  [west, south, east, north]: readonly [number, number, number, number],
  filter: IssueFilter,
  limit: number,
): Promise<IssueRow[]> {
  const { rows } = await sql<IssueRow>`
    select ${issue_columns} from census_issue i
    where ${issueWhere(delivery_id, filter)} and i.lon between ${west} and ${east} and i.lat between ${south} and ${north}
    order by i.state = 'open' desc, i.id limit ${limit + 1}`.execute(db)
  return rows
}

/** Issues by rule and state. */
export async function issueCounts(
  db: Db,
  delivery_id: number,
): Promise<{ rule: string; state: IssueState; n: number; fixes: number }[]> {
  const { rows } = await sql<{ rule: string; state: IssueState; n: number; fixes: number }>`
    select rule, state, count(*) as n, count(fix) as fixes from census_issue where delivery_id = ${delivery_id}
    group by rule, state order by rule, state`.execute(db)
  return rows
}

/** What the worker found, in its own transaction: issues of the last check make way for these. */
export async function writeIssues(on: Bulk, delivery_id: number, rows: Iterable<readonly CopyCell[]>): Promise<number> {
  await on.query("delete from census_issue where delivery_id = $1", [delivery_id])
  return on.copy(
    "census_issue",
    ["delivery_id", "rule", "file", "table_name", "row", "key", "field", "value", "words", "lon", "lat", "fix"],
    rows,
  )
}
