import { Kysely, PostgresDialect } from "kysely"
import pg from "pg"
import { startEmbedded } from "./embedded/server.ts"
import type { Db } from "./transaction.ts"
import { readType } from "./types.ts"

const VERSION_MIN = 150_000
const STATEMENT_LIMIT_MS = 60_000
const CONNECT_LIMIT_MS = 10_000
const POOL_END_LIMIT_MS = 500

export type SqlOptions = {
  /** The data folder. */
  folder: string
  /** An outside PostgreSQL 15+; empty or absent means the embedded one. */
  database_url?: string
  /** The most connections of this process, default 10. */
  connections?: number
  /** False switches fsync of the embedded server off: for tests only. */
  durable?: boolean
  /** Told in sentences what happens to the server. */
  say?: (sentence: string) => void
  /** Called when the embedded server is gone for good; the process should end. */
  onLost?: (sentence: string) => void
}

export type Sql = {
  db: Db
  pool: pg.Pool
  /** How another client reaches the same database; carries the password of an outside server, so it is never logged. */
  connection: pg.ClientConfig
  embedded: boolean
  /** As the server says it, for example "15.18". */
  version: string
  /** How long the embedded server took; zero for an outside one. */
  times_ms: { initdb: number; start: number }
  close(): Promise<void>
}

/**
 * Opens the database: the embedded PostgreSQL of the data folder, or the server at `database_url`.
 * Throws with a sentence when it cannot. Tables are made by `migrate`.
 */
export async function openSql(options: SqlOptions): Promise<Sql> {
  if (options.database_url) return openServer(options, options.database_url)
  const server = await startEmbedded(options)
  const connection = { host: server.socket, port: server.port, user: server.user, database: "mingmai" }
  try {
    const sql = await connect(connection, options, true)
    const close = async () => {
      await sql.close()
      await server.stop()
    }
    return { ...sql, times_ms: server.times_ms, close }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function openServer(options: SqlOptions, url: string): Promise<Sql> {
  try {
    return await connect({ connectionString: url }, options, false)
  } catch (error) {
    const { hostname, port, pathname } = new URL(url)
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The database at ${hostname}:${port || 5432}${pathname} cannot be used: ${reason}`, {
      cause: error,
    })
  }
}

/** Opens a pool on a database that is known to run. */
export async function connect(connection: pg.ClientConfig, options: SqlOptions, embedded: boolean): Promise<Sql> {
  if (embedded) await makeDatabase(connection)
  const pool = new pg.Pool({
    ...connection,
    max: options.connections ?? 10,
    types: { getTypeParser: readType as typeof pg.types.getTypeParser },
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    statement_timeout: STATEMENT_LIMIT_MS,
    idle_in_transaction_session_timeout: STATEMENT_LIMIT_MS,
    allowExitOnIdle: true,
  })
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on("error", (error) => options.say?.(`A connection to the database broke: ${error.message}`))
  // A connection that breaks while a query uses it fails that query; heard by nobody else it would end the process.
  pool.on("connect", (client) => client.on("error", () => {}))
  const db: Db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  const close = () => endPool(pool)
  try {
    return {
      db,
      pool,
      connection,
      embedded,
      version: await checkServer(pool),
      times_ms: { initdb: 0, start: 0 },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function makeDatabase(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...connection, database: "postgres" })
  await client.connect()
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [connection.database])
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(connection.database ?? "")}`)
  } finally {
    await client.end()
  }
}

async function checkServer(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query(
    "select current_setting('server_version_num')::int as number, split_part(current_setting('server_version'), ' ', 1) as version, current_setting('server_encoding') as encoding",
  )
  const { number, version, encoding } = rows[0] as { number: number; version: string; encoding: string }
  if (number < VERSION_MIN) throw new Error(`it is PostgreSQL ${version}; 15 or newer is needed.`)
  if (encoding !== "UTF8") throw new Error(`its encoding is ${encoding}; create the database with UTF8.`)
  return version
}

/** Ends the pool, not waiting for ever for a connection that somebody still holds. */
async function endPool(pool: pg.Pool): Promise<void> {
  if (pool.ended || pool.ending) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, POOL_END_LIMIT_MS)
  await Promise.race([pool.end(), promise])
  clearTimeout(timer)
}
