import { randomBytes } from "node:crypto"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql as raw } from "kysely"
import pg from "pg"
import { afterAll, beforeAll, describe, it } from "vitest"
import { migrate } from "./migrate.ts"
import { migrations } from "./migrations/index.ts"
import { connect, openSql, type Sql } from "./open.ts"

/** The variable that names a PostgreSQL 15+ on which `withSql` runs every suite a second time. */
const SERVER_VARIABLE = "TEST_DATABASE_URL"
const TEMPLATE = "mingmai" // The embedded server's own database, migrated once and then only copied.
const MEMORY = "/dev/shm"
const MEMORY_BYTES_MIN = 2_000_000_000
const FOLDER_PREFIX = "mingmai-test-sql-"

type Shared = { server: Promise<Sql>; queue: Promise<unknown>; count: number }
// On globalThis, because test files that share a process still load modules of their own.
const shelf = globalThis as { [key: symbol]: Shared | undefined }
const slot = Symbol.for("mingmai.test-sql")

export type TemporarySql = { sql: Sql; close(): Promise<void> }

/**
 * A migrated database of its own on an embedded server that the test process shares (fsync off).
 * `empty: true` gives one without tables.
 */
export async function temporarySql(options: { empty?: boolean } = {}): Promise<TemporarySql> {
  shelf[slot] ??= { server: startShared(), queue: Promise.resolve(), count: 0 }
  const shared = shelf[slot]
  const server = await shared.server
  const name = `t${++shared.count}`
  const template = options.empty ? "template0" : TEMPLATE
  // One copy at a time: PostgreSQL lets nobody else use a template while it is copied.
  const made = shared.queue.then(() =>
    onMaintenance(server, `create database ${name} template ${template} strategy file_copy`),
  )
  // Who asked for this copy hears of the failure by `made`; the next copy goes on.
  shared.queue = made.catch(() => {})
  await made
  const sql = await connect({ ...server.connection, database: name }, { folder: "" }, false)
  const close = async () => {
    await sql.close()
    await onMaintenance(server, `drop database if exists ${name} with (force)`)
  }
  return { sql: { ...sql, embedded: true }, close }
}

async function startShared(): Promise<Sql> {
  removeAbandoned()
  const folder = mkdtempSync(join(testFolder(), `${FOLDER_PREFIX}${process.pid}-`))
  const server = await openSql({ folder, durable: false })
  await migrate(server)
  await server.pool.end() // A template must have no connections.
  // The test runner ends its processes by SIGTERM; nothing asynchronous runs in these two handlers.
  process.once("exit", () => {
    endNow(join(folder, "postgres", "cluster", "postmaster.pid"))
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  process.once("SIGTERM", () => process.exit())
  return server
}

/** Stops the server without waiting for it in the event loop; it removes its pid file when it has cleaned up. */
function endNow(pidFile: string): void {
  if (!existsSync(pidFile)) return
  process.kill(Number(readFileSync(pidFile, "utf8").split("\n")[0]), "SIGQUIT")
  const nobodyWakesThis = new Int32Array(new SharedArrayBuffer(4))
  for (let i = 0; i < 100 && existsSync(pidFile); i++) Atomics.wait(nobodyWakesThis, 0, 0, 10)
}

/** In memory where there is room: PostgreSQL makes hundreds of files a database, which disks take their time for. */
function testFolder(): string {
  const { bavail, bsize } = existsSync(MEMORY) ? statfsSync(MEMORY) : { bavail: 0, bsize: 0 }
  return bavail * bsize > MEMORY_BYTES_MIN ? MEMORY : tmpdir()
}

/** Removes folders of test processes that were killed; their server has ended with them. */
function removeAbandoned(): void {
  for (const name of readdirSync(testFolder()).filter((entry) => entry.startsWith(FOLDER_PREFIX))) {
    const pid = Number(name.slice(FOLDER_PREFIX.length).split("-")[0])
    if (!alive(pid)) rmSync(join(testFolder(), name), { recursive: true, force: true })
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

async function onMaintenance(server: { connection: pg.ClientConfig }, statement: string): Promise<void> {
  const client = new pg.Client({ ...server.connection, database: "postgres" })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A migrated database of its own on the server that TEST_DATABASE_URL names; it is dropped at the end. */
async function temporaryServerSql(url: string): Promise<TemporarySql> {
  const name = `mingmai_test_${randomBytes(6).toString("hex")}`
  const connection = { connectionString: url }
  const admin = new pg.Client(connection)
  await admin.connect()
  await admin.query(`create database ${name} encoding 'UTF8' locale 'C' template template0`)
  const own = new URL(url)
  own.pathname = `/${name}`
  const sql = await openSql({ folder: "", database_url: own.href })
  await migrate(sql)
  const close = async () => {
    await sql.close()
    await admin.query(`drop database ${name} with (force)`)
    await admin.end()
  }
  return { sql, close }
}

export type SqlSuite = {
  /** The database of the suite; only inside tests and hooks. */
  sql: () => Sql
  it: (name: string, test: () => Promise<void> | void) => void
}

/**
 * Runs a suite on the embedded database and, when TEST_DATABASE_URL names one, on that server too, each in a fresh
 * migrated database. Without a server one skipped line says how many tests did not run there.
 */
export function withSql(name: string, suite: (kit: SqlSuite) => void): void {
  const url = process.env[SERVER_VARIABLE]
  let tests = 0
  const run = (make: () => Promise<TemporarySql>) => {
    let at: TemporarySql | undefined
    beforeAll(async () => {
      at = await make()
    }, 60_000)
    afterAll(async () => {
      await at?.close()
    })
    const sql = () => {
      if (!at) throw new Error("The database is there only inside tests and hooks.")
      return at.sql
    }
    const counted: SqlSuite["it"] = (title, test) => {
      tests++
      it(title, test)
    }
    suite({ sql, it: counted })
  }
  describe(`${name} (embedded)`, () => run(() => temporarySql()))
  if (url) describe(`${name} (server)`, () => run(() => temporaryServerSql(url)))
  else
    describe(`${name} (server)`, () => {
      it.skip(`${tests} tests did not run: ${SERVER_VARIABLE} names no server`, () => {})
    })
}

/** Everything that the schema consists of, as sorted lines; two databases with the same lines have the same schema. */
export async function catalogue({ db }: Pick<Sql, "db">): Promise<string[]> {
  const { rows } = await raw<{ line: string }>`
    select format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) as line
      from information_schema.columns where table_schema = 'public'
    union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      from pg_constraint where connamespace = 'public'::regnamespace
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select format('trigger %s', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
    union all select format('view %s %s', viewname, definition) from pg_views where schemaname = 'public'
    union all select format('routine %s', pg_get_functiondef(oid)) from pg_proc
      where pronamespace = 'public'::regnamespace and prokind = 'f'
    union all select format('sequence %s %s', sequencename, data_type) from pg_sequences where schemaname = 'public'
    union all select format('type %s %s', typname, typtype) from pg_type
      where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
    union all select format('extension %s', extname) from pg_extension
    order by line`.execute(db)
  return rows.map((row) => row.line)
}

/** The number of the newest migration. */
export const newest = migrations.length
