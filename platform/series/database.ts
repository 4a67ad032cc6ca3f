import { mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { ProblemError } from "../../model/index.ts"
import { reading_columns, readReadings, rowsOf } from "./columns.ts"
import { type LatestTable, latestTable, takeAll } from "./latest.ts"
import { badArgument, damaged, diskFull, newerVersion, problemOf, unwritable } from "./problems.ts"
import type { Counters, SeriesOptions } from "./protocol.ts"
import { emptySegment, quoted, type Segment, segmentTables } from "./segments.ts"

/** Number of the folder's format; raised when an older program could no longer read it. */
export const schema_version = 1

/** The open store: one DuckDB file, a writer, a sealer and a few readers, and what is kept in memory. */
export type Store = {
  options: Required<SeriesOptions>
  instance: DuckDBInstance
  writer: DuckDBConnection
  sealer: DuckDBConnection
  readers: DuckDBConnection[]
  /** In batch order; the last one is live and takes the commits. */
  segments: Segment[]
  /** Replaced by sealed ones and to be dropped once no query reads them. */
  retired: Segment[]
  /** Highest (time, sequence) of each point: only readings at or below it can be known already. */
  marks: LatestTable
  last_batch: number
  last_tick: number | null
  bytes: number
  /** Segment ids are handed out here alone: commits and seals make segments at the same time. */
  last_id: number
}

/** An id that no segment, table or folder has had. */
export const nextId = (store: Store): number => ++store.last_id

/** Queries that run at once; each holds a thread of the process's pool while it runs. */
const reader_count = 2

export const live = (store: Store): Segment => store.segments[store.segments.length - 1]!
export const sealedFolder = (store: Store): string => join(store.options.folder, "sealed")
export const databaseFile = (options: SeriesOptions): string => join(options.folder, "series.duckdb")

/**
 * Opens or makes the store; clears what an interrupted seal left behind. `acknowledged` drops later batches: after a
 * fatal error a batch can be durable although its commit was refused, and nobody has been told of it.
 */
export async function openStore(options: Required<SeriesOptions>, acknowledged?: number): Promise<Store> {
  const folder = resolve(options.folder)
  const settings = { ...options, folder }
  prepareFolder(settings)
  let instance: DuckDBInstance | null = null
  try {
    instance = await DuckDBInstance.create(databaseFile(settings), {
      memory_limit: `${settings.memory_limit_mb}MB`,
      threads: String(settings.threads),
      checkpoint_threshold: "64MB",
      temp_directory: join(folder, "tmp"),
      preserve_insertion_order: "false",
      autoinstall_known_extensions: "false",
    })
    // Only now is the folder ours: another process would hold the lock of the file.
    rmSync(join(folder, "tmp"), { recursive: true, force: true })
    mkdirSync(join(folder, "tmp"))
    const connect = () => (instance as DuckDBInstance).connect()
    const store: Store = {
      options: settings,
      instance,
      writer: await connect(),
      sealer: await connect(),
      readers: [],
      segments: [],
      retired: [],
      marks: latestTable(),
      last_batch: 0,
      last_tick: null,
      bytes: 0,
      last_id: 0,
    }
    for (let i = 0; i < reader_count; i++) store.readers.push(await connect())
    await prepareTables(store)
    if (acknowledged !== undefined) await dropAfter(store, acknowledged)
    await loadSegments(store)
    await loadMarks(store)
    measureBytes(store)
    return store
  } catch (error) {
    instance?.closeSync()
    const known = problemOf(error)
    throw known ? new ProblemError(known) : error
  }
}

/** Waits for running queries, then closes connections and file; every later call on the store fails. */
export async function closeStore(store: Store): Promise<void> {
  // A connection that is out belongs to a query, which ends by itself or by its time limit.
  while (store.readers.length < reader_count) await sleep(5)
  for (const connection of [store.writer, store.sealer, ...store.readers]) connection.closeSync()
  store.instance.closeSync()
}

function prepareFolder(options: Required<SeriesOptions>): void {
  if (/[*?[\]]/.test(options.folder))
    throw badArgument("folder", options.folder, "路径不能含 * ? [ ]", "the path must not contain * ? [ or ]")
  try {
    mkdirSync(join(options.folder, "sealed"), { recursive: true })
    const probe = join(options.folder, `probe-${process.pid}`)
    writeFileSync(probe, "")
    rmSync(probe)
  } catch (error) {
    const known = problemOf(error)
    throw new ProblemError(known ?? unwritable(options.folder, error instanceof Error ? error.message : String(error)))
  }
}

async function prepareTables(store: Store): Promise<void> {
  const { writer } = store
  await writer.run("CREATE TABLE IF NOT EXISTS meta (key VARCHAR, value VARCHAR)")
  const [found] = await rowsOf(writer, "SELECT value FROM meta WHERE key = 'schema'")
  if (found && Number(found.value) > schema_version)
    throw new ProblemError(newerVersion(Number(found.value), schema_version))
  await writer.run(`BEGIN;
    CREATE TABLE IF NOT EXISTS segment (id INTEGER, state VARCHAR, opened BIGINT, folder VARCHAR, first_batch BIGINT,
      last_batch BIGINT, row_count BIGINT, min_time BIGINT, max_time BIGINT, last_tick BIGINT, bytes BIGINT);
    CREATE TABLE IF NOT EXISTS mark (point INTEGER, time BIGINT, sequence INTEGER, value DOUBLE, quality UTINYINT,
      arrived BIGINT);
    CREATE TEMP TABLE IF NOT EXISTS probe (i INTEGER, point INTEGER, time BIGINT, sequence INTEGER);
    ${found ? "" : `INSERT INTO meta VALUES ('schema', '${schema_version}');`}
    COMMIT`)
}

/** Reads the catalogue, counts what is live, and removes folders and tables that the catalogue does not name. */
async function loadSegments(store: Store): Promise<void> {
  const rows = await rowsOf(store.writer, "SELECT * FROM segment ORDER BY id")
  const segments: Segment[] = []
  for (const row of rows) {
    const segment = emptySegment(Number(row.id), Number(row.opened))
    segments.push(segment)
    store.last_id = Math.max(store.last_id, segment.id)
    if (row.state === "live") await countLive(store, segment)
    else {
      segment.state = "sealed"
      segment.folder = String(row.folder)
      segment.first_batch = Number(row.first_batch)
      segment.last_batch = Number(row.last_batch)
      segment.rows = Number(row.row_count)
      if (segment.rows > 0) {
        segment.min_time = Number(row.min_time)
        segment.max_time = Number(row.max_time)
      }
      segment.last_tick = row.last_tick === null ? null : Number(row.last_tick)
      segment.bytes = Number(row.bytes)
    }
  }
  store.segments = segments.sort((a, b) => a.first_batch - b.first_batch || a.id - b.id)
  checkWhole(store.segments)
  await removeLeftovers(store)
  for (const segment of store.segments) {
    if (segment.last_batch > store.last_batch) store.last_batch = segment.last_batch
    if (segment.last_tick !== null) store.last_tick = segment.last_tick
  }
  const last = store.segments[store.segments.length - 1]
  if (last?.state !== "live") await addLiveSegment(store)
}

async function dropAfter(store: Store, batch: number): Promise<void> {
  const rows = await rowsOf(store.writer, "SELECT id FROM segment WHERE state = 'live'")
  await transaction(store.writer, async () => {
    for (const row of rows) {
      const tables = segmentTables(Number(row.id))
      await store.writer.run(`DELETE FROM ${tables.readings} WHERE batch > ${batch}`)
      await store.writer.run(`DELETE FROM ${tables.batches} WHERE number > ${batch}`)
    }
  })
}

async function countLive(store: Store, segment: Segment): Promise<void> {
  const tables = segmentTables(segment.id)
  const [batches] = await rowsOf(
    store.writer,
    `SELECT min(number) AS first, max(number) AS last FROM ${tables.batches}`,
  )
  const [readings] = await rowsOf(
    store.writer,
    `SELECT count(*) AS n, min(time) AS min_time, max(time) AS max_time FROM ${tables.readings}`,
  )
  const [tick] = await rowsOf(
    store.writer,
    `SELECT ticks FROM ${tables.batches} WHERE ticks IS NOT NULL ORDER BY number DESC LIMIT 1`,
  )
  segment.first_batch = Number(batches?.first ?? Number.MAX_SAFE_INTEGER)
  segment.last_batch = Number(batches?.last ?? 0)
  segment.rows = Number(readings?.n ?? 0)
  segment.min_time = segment.rows > 0 ? Number(readings?.min_time) : Number.POSITIVE_INFINITY
  segment.max_time = segment.rows > 0 ? Number(readings?.max_time) : Number.NEGATIVE_INFINITY
  if (tick) segment.last_tick = (JSON.parse(String(tick.ticks)) as [number, number][]).at(-1)![1]
}

/** Batches run without holes and each is in one segment; refuses before anything is cleaned where that is not so. */
function checkWhole(segments: readonly Segment[]): void {
  let expected = 1
  for (const segment of segments) {
    if (segment.last_batch === 0) continue
    if (segment.first_batch !== expected) throw new ProblemError(damaged(expected, segment.first_batch))
    expected = segment.last_batch + 1
  }
}

/** A kill between the steps of a seal leaves an unnamed folder or a table that is no longer named; both are copies. */
async function removeLeftovers(store: Store): Promise<void> {
  const folders = new Set(store.segments.map((s) => s.folder))
  for (const name of readdirSync(sealedFolder(store)))
    if (!folders.has(name)) rmSync(join(sealedFolder(store), name), { recursive: true, force: true })
  const wanted = new Set(
    store.segments.filter((s) => s.state === "live").flatMap((s) => Object.values(segmentTables(s.id))),
  )
  const tables = await rowsOf(store.writer, "SELECT table_name AS name FROM duckdb_tables() WHERE NOT temporary")
  for (const { name } of tables)
    if (/^(live|batch)_\d+$/.test(String(name)) && !wanted.has(String(name)))
      await store.writer.run(`DROP TABLE ${String(name)}`)
}

/** Makes the live segment that takes the next commits, in one transaction. Only the commit queue may call it. */
export async function addLiveSegment(store: Store): Promise<void> {
  const id = nextId(store)
  const opened = Date.now()
  const tables = segmentTables(id)
  await transaction(store.writer, async () => {
    await store.writer.run(`CREATE TABLE ${tables.readings} (point INTEGER, time BIGINT, sequence INTEGER, value DOUBLE,
      quality UTINYINT, arrived BIGINT, batch BIGINT, position INTEGER)`)
    await store.writer.run(`CREATE TABLE ${tables.batches} (number BIGINT, count INTEGER, ticks VARCHAR)`)
    await store.writer.run(`INSERT INTO segment (id, state, opened) VALUES (${id}, 'live', ${opened})`)
  })
  store.segments.push(emptySegment(id, opened))
}

/** The marks: those of all sealed readings are kept in a table, those of the live ones are read again. */
async function loadMarks(store: Store): Promise<void> {
  takeAll(store.marks, await readReadings(await store.writer.stream(`SELECT ${reading_columns} FROM mark`)))
  for (const segment of store.segments) {
    if (segment.state !== "live" || segment.rows === 0) continue
    const sql = newestOf(`SELECT * FROM ${segmentTables(segment.id).readings}`)
    takeAll(store.marks, await readReadings(await store.writer.stream(`SELECT ${reading_columns} FROM (${sql})`)))
  }
}

/** The newest reading of each point of a source by (time, sequence). */
export const newestOf = (source: string): string =>
  `SELECT point, r."time" AS "time", r.sequence AS sequence, r.value AS value, r.quality AS quality, r.arrived AS arrived
   FROM (SELECT point, max({'time': "time", 'sequence': sequence, 'value': value, 'quality': quality,
     'arrived': arrived}) AS r FROM (${source}) GROUP BY point)`

/** Runs `work` in a transaction; whatever it throws, nothing of it stays. */
export async function transaction(connection: DuckDBConnection, work: () => Promise<void>): Promise<void> {
  await connection.run("BEGIN")
  try {
    await work()
    await connection.run("COMMIT")
  } catch (error) {
    await connection.run("ROLLBACK").catch((second: unknown) => {
      // A failed COMMIT has already ended the transaction; the first error is the one that says why.
      void second
    })
    throw error
  }
}

/** Refuses before the engine is asked while the disk has too little room for a commit and a checkpoint. */
export function requireSpace(store: Store): void {
  const disk = statfsSync(store.options.folder)
  const free_mb = Math.floor((disk.bavail * disk.bsize) / 1048576)
  if (free_mb < store.options.free_reserve_mb) throw new ProblemError(diskFull(free_mb))
}

export const counters = (store: Store): Counters => {
  const sum = (of: (s: Segment) => number) => store.segments.reduce((total, s) => total + of(s), 0)
  return {
    rows_live: sum((s) => (s.state === "live" ? s.rows : 0)),
    rows_total: sum((s) => s.rows),
    bytes: store.bytes + sum((s) => s.bytes),
  }
}

/** Measures DuckDB's own files; sealed folders carry their size in the catalogue. */
export function measureBytes(store: Store): void {
  const file = databaseFile(store.options)
  store.bytes = [file, `${file}.wal`].reduce((n, f) => n + (statSync(f, { throwIfNoEntry: false })?.size ?? 0), 0)
}

export const inSealed = (store: Store, segment: Segment, file: string): string =>
  quoted(join(sealedFolder(store), segment.folder, file))
