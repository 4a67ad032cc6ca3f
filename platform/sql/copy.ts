import { Readable, type Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type pg from "pg"
// @ts-expect-error The package brings no types; what is used of it is typed below.
import copyStreams from "pg-copy-streams"
import { assert } from "../../model/index.ts"
import type { Sql } from "./open.ts"

const streams = copyStreams as {
  to(text: string): Readable & pg.Submittable
  from(text: string): Writable & pg.Submittable
}

/** A sequence behind an identity column, and where it stands. */
export type SequenceState = { column: string; last: number; called: boolean }
/** A table as a copy needs it. */
export type TableShape = { name: string; columns: string[]; sequences: SequenceState[] }

/** The database as it was at one moment, while `readSnapshot` runs. */
export type Snapshot = {
  /** Number of the newest migration in it. */
  schema: number
  /** Every table but the list of migrations, each after those it refers to. */
  tables: TableShape[]
  /** A table's rows in the text format of COPY, one line a row; the next one may be asked for when this has ended. */
  rows(table: TableShape): Readable
}

/** Runs `read` on one repeatable-read snapshot of the whole database; writers go on meanwhile. */
export async function readSnapshot<T>(sql: Sql, read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  return onClient(sql, async (client) => {
    await begin(client, "begin transaction isolation level repeatable read read only")
    const { rows } = await client.query<{ number: number }>("select max(number)::int as number from schema_migration")
    const tables = await tablesOf(client)
    return read({
      schema: rows[0]?.number ?? 0,
      tables,
      rows: (table) => client.query(streams.to(`copy ${named(client, table)} to stdout`)),
    })
  })
}

/** True when the database holds nothing of ours yet, so that a backup may be restored into it. */
export async function isEmptyDatabase(sql: Sql): Promise<boolean> {
  const found = await sql.pool.query<{ name: string | null }>("select to_regclass('schema_migration')::text as name")
  if (found.rows[0]?.name == null) return true
  const { rows } = await sql.pool.query<{ n: number }>("select count(*)::int as n from schema_migration")
  return rows[0]!.n === 0
}

/**
 * Fills the migrated, otherwise empty database from `rows`, all of it or nothing, and sets the sequences of identity
 * columns to where they stood. `tables` come in the order of a snapshot; those in `left_empty` get no rows. Returns the
 * rows of each table.
 */
export async function fillTables(
  sql: Sql,
  tables: readonly TableShape[],
  rows: (table: string) => Readable,
  left_empty: readonly string[] = [],
): Promise<Map<string, number>> {
  return onClient(sql, async (client) => {
    await begin(client, "begin")
    const known = await tablesOf(client)
    const [wanted, there] = [tables, known].map((list) =>
      list
        .map((t) => t.name)
        .sort()
        .join(" "),
    )
    assert(wanted === there, `the backup has the tables of its schema: it has ${wanted}, the schema ${there}`)
    // Whatever a migration wrote by itself is in the backup too.
    await client.query(`truncate ${known.map((t) => client.escapeIdentifier(t.name)).join(", ")}`)
    const counts = new Map<string, number>()
    for (const table of tables) {
      if (!left_empty.includes(table.name))
        await pipeline(rows(table.name), client.query(streams.from(`copy ${named(client, table)} from stdin`)))
      const name = client.escapeIdentifier(table.name)
      const { rows: found } = await client.query<{ n: number }>(`select count(*)::int as n from ${name}`)
      counts.set(table.name, found[0]!.n)
      for (const s of table.sequences)
        await client.query("select setval(pg_get_serial_sequence($1, $2), $3, $4)", [name, s.column, s.last, s.called])
    }
    return counts
  })
}

export type CopyCell = string | number | boolean | null

/** A transaction that takes rows by COPY; its statements may take as long as they need. */
export type Bulk = {
  /** Process of the server behind the connection: what another connection cancels. */
  server_pid: number
  query<R>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; count: number }>
  /** Writes rows as they come, without holding them; returns how many there were. */
  copy(table: string, columns: readonly string[], rows: Iterable<readonly CopyCell[]>): Promise<number>
}

/** Runs `work` in one transaction on a connection of its own: all of it or nothing. */
export async function bulk<T>(sql: Sql, work: (bulk: Bulk) => Promise<T>): Promise<T> {
  return onClient(sql, async (client) => {
    await begin(client, "begin")
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid")
    return work({
      server_pid: rows[0]!.pid,
      async query<R>(text: string, values: readonly unknown[] = []) {
        const done = await client.query(text, [...values])
        return { rows: done.rows as R[], count: done.rowCount ?? 0 }
      },
      async copy(table, columns, from) {
        let n = 0
        const target = named(client, { name: table, columns: [...columns], sequences: [] })
        await pipeline(
          Readable.from(
            chunked(from, () => n++),
            { objectMode: false, highWaterMark: copy_chunk_chars },
          ),
          client.query(streams.from(`copy ${target} from stdin`)),
        )
        return n
      },
    })
  })
}

const copy_chunk_chars = 64 * 1024

/** Rows in the text format of COPY, gathered into pieces of about 64 K characters. */
function* chunked(rows: Iterable<readonly CopyCell[]>, count: () => void): Generator<string> {
  let text = ""
  for (const row of rows) {
    count()
    for (let i = 0; i < row.length; i++) text += (i === 0 ? "" : "\t") + copyCell(row[i]!)
    text += "\n"
    if (text.length < copy_chunk_chars) continue
    yield text
    text = ""
  }
  if (text !== "") yield text
}

/** One cell in the text format of COPY. A NUL cannot be stored by PostgreSQL and is left out. */
function copyCell(value: CopyCell): string {
  if (value === null) return "\\N"
  if (typeof value !== "string") return String(value)
  return /[\\\t\n\r\0]/.test(value) ? value.replace(/[\\\t\n\r\0]/g, (c) => copy_escapes[c]!) : value
}
const copy_escapes: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "" }

async function onClient<T>(sql: Sql, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await sql.pool.connect()
  let failed: Error | undefined
  try {
    const done = await use(client)
    await client.query("commit")
    return done
  } catch (error) {
    // A connection whose COPY broke off is in no state to be used again; closing it rolls back.
    failed = error as Error
    throw error
  } finally {
    client.release(failed)
  }
}

async function begin(client: pg.PoolClient, statement: string): Promise<void> {
  await client.query(statement)
  await client.query("set local statement_timeout = 0")
  await client.query("set local idle_in_transaction_session_timeout = 0")
}

const named = (client: pg.PoolClient, table: TableShape) =>
  `${client.escapeIdentifier(table.name)} (${table.columns.map((c) => client.escapeIdentifier(c)).join(", ")})`

async function tablesOf(client: pg.PoolClient): Promise<TableShape[]> {
  const { rows: columns } = await client.query<{ name: string; columns: string[]; identities: string[] }>(`
    select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns,
           coalesce(array_agg(a.attname::text) filter (where a.attidentity <> ''), '{}') as identities
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> 'schema_migration'
       and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
     group by c.oid, c.relname order by c.relname`)
  const { rows: references } = await client.query<{ name: string; target: string }>(`
    select distinct r.relname::text as name, t.relname::text as target
      from pg_constraint k join pg_class r on r.oid = k.conrelid join pg_class t on t.oid = k.confrelid
     where k.contype = 'f' and k.conrelid <> k.confrelid and k.connamespace = 'public'::regnamespace`)
  const tables: TableShape[] = []
  for (const { name, columns: list, identities } of columns) {
    const sequences: SequenceState[] = []
    for (const column of identities) sequences.push(await sequenceOf(client, name, column))
    tables.push({ name, columns: list, sequences })
  }
  return afterTheirTargets(tables, references)
}

async function sequenceOf(client: pg.PoolClient, table: string, column: string): Promise<SequenceState> {
  const found = await client.query<{ name: string }>("select pg_get_serial_sequence($1, $2) as name", [
    client.escapeIdentifier(table),
    column,
  ])
  const { rows } = await client.query<{ last: number; called: boolean }>(
    `select last_value as last, is_called as called from ${found.rows[0]!.name}`,
  )
  return { column, ...rows[0]! }
}

/** Tables in such an order that none refers to a later one; a reference to itself is no matter to one COPY. */
function afterTheirTargets(tables: TableShape[], references: { name: string; target: string }[]): TableShape[] {
  const done = new Set<string>()
  const ordered: TableShape[] = []
  while (ordered.length < tables.length) {
    const next = tables.filter(
      (t) => !done.has(t.name) && references.every((r) => r.name !== t.name || done.has(r.target)),
    )
    assert(next.length > 0, "no two tables refer to each other")
    for (const table of next) {
      done.add(table.name)
      ordered.push(table)
    }
  }
  return ordered
}
