import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { DuckDBInstance } from "@duckdb/node-api"
import { ProblemError } from "../../model/index.ts"
import { reading_columns, readReadings, rowsOf } from "./columns.ts"
import { loadCounts } from "./counts.ts"
import { checkSizes, damageSchema, loadDamage, noteDamage } from "./damage.ts"
import {
  addLiveSegment,
  databaseFile,
  measureBytes,
  newestOf,
  type Store,
  schema_version,
  sealedFolder,
  transaction,
} from "./database.ts"
import { latestTable, takeAll } from "./latest.ts"
import { badArgument, damaged, damagedFile, newerVersion, problemOf, unwritable } from "./problems.ts"
import type { SeriesOptions } from "./protocol.ts"
import { loadRollups } from "./rollup-files.ts"
import { rollupSchema, rollupsFolder } from "./rollup-kinds.ts"
import { emptySegment, type Segment, segmentTables } from "./segments.ts"
import { closeTip, openTip } from "./tip.ts"
import { upgrade } from "./upgrade.ts"
import { loadWaves } from "./wave-catalogue.ts"
import { waveMarks } from "./wave-marks.ts"
import { closeFrames, wavesFolder } from "./wave-segments.ts"

/** Queries that run at once; each holds a thread of the process's pool while it runs. */
const reader_count = 2

/**
 * Opens or makes the store; clears what an interrupted seal left behind. `acknowledged` drops later batches: after a
 * fatal error a batch can be durable although its commit was refused, and nobody has been told of it.
 */
export async function openStore(options: Required<SeriesOptions>, acknowledged?: number): Promise<Store> {
  const folder = resolve(options.folder)
  const settings = { ...options, folder }
  prepareFolder(settings)
  let instance: DuckDBInstance | null = null
  let stage: "engine" | "folder" = "engine"
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
      keeper: await connect(),
      readers: [],
      segments: [],
      retired: [],
      marks: latestTable(),
      waves: [],
      retired_waves: [],
      rollups: [],
      retired_rollups: [],
      wave_marks: waveMarks(),
      damage: [],
      tip: openTip(folder),
      counts: new Map(),
      last_batch: 0,
      last_tick: null,
      bytes: 0,
      free_bytes: 0,
      last_id: 0,
    }
    for (let i = 0; i < reader_count; i++) store.readers.push(await connect())
    await store.writer.run("SET GLOBAL parquet_metadata_cache = true")
    await prepareTables(store)
    if (acknowledged !== undefined) await dropAfter(store, acknowledged)
    await loadDamage(store)
    await loadSegments(store)
    await loadMarks(store)
    stage = "folder"
    await nameLostBatches(store)
    await loadRollups(store)
    await loadWaves(store)
    await checkSizes(store)
    await upgrade(store)
    await loadCounts(store)
    measureBytes(store)
    return store
  } catch (error) {
    instance?.closeSync()
    const known = problemOf(error)
    if (known) throw new ProblemError(known)
    // Whatever else the engine says of a file that it was given whole is about what is in it.
    if (stage === "engine") throw new ProblemError(damagedFile("series.duckdb", String(error)))
    throw error
  }
}

/** Waits for running queries, then closes connections and file; every later call on the store fails. */
export async function closeStore(store: Store): Promise<void> {
  // A connection that is out belongs to a query, which ends by itself or by its time limit.
  while (store.readers.length < reader_count) await sleep(5)
  for (const segment of [...store.waves, ...store.retired_waves]) closeFrames(segment)
  for (const connection of [store.writer, store.sealer, store.keeper, ...store.readers]) connection.closeSync()
  store.instance.closeSync()
  closeTip(store.tip)
}

function prepareFolder(options: Required<SeriesOptions>): void {
  if (/[*?[\]]/.test(options.folder))
    throw badArgument("folder", options.folder, "路径不能含 * ? [ ]", "the path must not contain * ? [ or ]")
  try {
    mkdirSync(join(options.folder, "sealed"), { recursive: true })
    mkdirSync(wavesFolder(options.folder), { recursive: true })
    mkdirSync(rollupsFolder(options.folder), { recursive: true })
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
    ALTER TABLE segment ADD COLUMN IF NOT EXISTS format INTEGER;
    ALTER TABLE segment ADD COLUMN IF NOT EXISTS sums VARCHAR;
    CREATE TABLE IF NOT EXISTS mark (point INTEGER, time BIGINT, sequence INTEGER, value DOUBLE, quality UTINYINT,
      arrived BIGINT);
    CREATE TABLE IF NOT EXISTS wave (id INTEGER, state VARCHAR, opened BIGINT, file VARCHAR, first_batch BIGINT,
      last_batch BIGINT, blocks BIGINT, samples BIGINT, min_time DOUBLE, max_time DOUBLE, bytes BIGINT, crc BIGINT);
    CREATE TABLE IF NOT EXISTS frame (wave INTEGER, batch BIGINT, place BIGINT, bytes INTEGER, blocks INTEGER,
      samples BIGINT, low DOUBLE, high DOUBLE);
    CREATE TABLE IF NOT EXISTS wave_mark (point INTEGER, start DOUBLE, sequence INTEGER);
    ${rollupSchema}
    ${damageSchema}
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
      segment.state = row.state === "gone" ? "gone" : "sealed"
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
      segment.format = row.format === null ? 1 : (Number(row.format) as 1 | 2)
      segment.sums = row.sums === null ? null : (JSON.parse(String(row.sums)) as Segment["sums"])
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
    await store.writer.run(`DELETE FROM frame WHERE batch > ${batch}`)
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

/** Batches that were acknowledged and are not here: the database or its log was cut short. Their numbers stay taken. */
async function nameLostBatches(store: Store): Promise<void> {
  const { tip } = store
  if (tip.batch <= store.last_batch) return
  const first = store.last_batch + 1
  const id = ++store.last_id
  const lost = { ...emptySegment(id, 0), state: "gone" as const, first_batch: first, last_batch: tip.batch }
  await transaction(store.writer, async () => {
    await store.writer.run(`INSERT INTO segment (id, state, opened, folder, first_batch, last_batch, row_count, bytes)
      VALUES (${id}, 'gone', 0, '', ${first}, ${tip.batch}, 0, 0)`)
    await noteDamage(store, {
      path: "series.duckdb.wal",
      moved_to: "",
      first_batch: first,
      last_batch: tip.batch,
      rows: 0,
      from: Number.NaN,
      to: Number.NaN,
      reason: "batches that were acknowledged are not in the database; it or its log was cut short",
    })
  })
  store.segments.push(lost)
  store.last_batch = tip.batch
  await addLiveSegment(store)
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

/** The marks: those of all sealed readings are kept in a table, those of the live ones are read again. */
async function loadMarks(store: Store): Promise<void> {
  takeAll(store.marks, await readReadings(await store.writer.stream(`SELECT ${reading_columns} FROM mark`)))
  for (const segment of store.segments) {
    if (segment.state !== "live" || segment.rows === 0) continue
    const sql = newestOf(`SELECT * FROM ${segmentTables(segment.id).readings}`)
    takeAll(store.marks, await readReadings(await store.writer.stream(`SELECT ${reading_columns} FROM (${sql})`)))
  }
}
