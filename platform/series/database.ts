import { statfsSync, statSync } from "node:fs"
import { join } from "node:path"
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { ProblemError } from "../../model/index.ts"
import type { Damage } from "./contract.ts"
import type { LatestTable } from "./latest.ts"
import type { MinuteCounts } from "./minute-counts.ts"
import { diskFull } from "./problems.ts"
import type { Counters, SeriesOptions } from "./protocol.ts"
import type { RollupFile } from "./rollup-kinds.ts"
import { emptySegment, quoted, type Segment, segmentTables } from "./segments.ts"
import type { Tip } from "./tip.ts"
import type { WaveMarks } from "./wave-marks.ts"
import type { WaveSegment } from "./wave-segments.ts"

/** Number of the folder's format; raised when an older program could no longer read it. */
export const schema_version = 2

/** The open store: one DuckDB file, a writer, a sealer and a few readers, and what is kept in memory. */
export type Store = {
  options: Required<SeriesOptions>
  instance: DuckDBInstance
  writer: DuckDBConnection
  sealer: DuckDBConnection
  /** For packed waveforms and roll-ups, whose transactions go on beside those of the sealer. */
  keeper: DuckDBConnection
  readers: DuckDBConnection[]
  /** In batch order; the last one is live and takes the commits. */
  segments: Segment[]
  /** Replaced by sealed ones and to be dropped once no query reads them. */
  retired: Segment[]
  /** Highest (time, sequence) of each point: only readings at or below it can be known already. */
  marks: LatestTable
  /** Waveforms in batch order; the last one is live and takes the commits. */
  waves: WaveSegment[]
  retired_waves: WaveSegment[]
  rollups: RollupFile[]
  retired_rollups: RollupFile[]
  /** Highest (start, sequence) of each waveform point. */
  wave_marks: WaveMarks
  damage: Damage[]
  tip: Tip
  /** Readings per minute of event time over all points, sealed and live. */
  counts: MinuteCounts
  last_batch: number
  last_tick: number | null
  bytes: number
  free_bytes: number
  /** Segment ids are handed out here alone: commits and seals make segments at the same time. */
  last_id: number
}

/** An id that no segment, table or folder has had. */
export const nextId = (store: Store): number => ++store.last_id

export const live = (store: Store): Segment => store.segments[store.segments.length - 1]!
export const liveWave = (store: Store): WaveSegment => store.waves[store.waves.length - 1]!
export const sealedFolder = (store: Store): string => join(store.options.folder, "sealed")
export const databaseFile = (options: SeriesOptions): string => join(options.folder, "series.duckdb")

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

/** Refuses before the engine is asked while disk or budget have too little room for a commit and a checkpoint. */
export function requireSpace(store: Store): void {
  const disk = statfsSync(store.options.folder)
  store.free_bytes = disk.bavail * disk.bsize
  const { budget_bytes, free_reserve_mb } = store.options
  const left = budget_bytes > 0 ? Math.min(store.free_bytes, budget_bytes - usedBytes(store)) : store.free_bytes
  if (left < free_reserve_mb * 1048576) throw new ProblemError(diskFull(Math.max(0, Math.floor(left / 1048576))))
}

export const counters = (store: Store): Counters => {
  const sum = (of: (s: Segment) => number) => store.segments.reduce((total, s) => total + of(s), 0)
  const waves = (of: (s: WaveSegment) => number) => store.waves.reduce((total, s) => total + of(s), 0)
  const rollups = (kinds: RollupFile["kind"][]) =>
    store.rollups.reduce((total, f) => total + (kinds.includes(f.kind) ? f.bytes : 0), 0)
  return {
    rows_live: sum((s) => (s.state === "live" ? s.rows : 0)),
    rows_total: sum((s) => s.rows),
    blocks_live: waves((s) => (s.state === "live" ? s.blocks : 0)),
    samples_total: waves((s) => s.samples),
    bytes: usedBytes(store),
    readings_bytes: sum((s) => s.bytes) + rollups(["hours", "quarters", "counts"]),
    waves_bytes: waves((s) => (s.state === "packed" ? s.bytes : 0)) + rollups(["wave_minutes", "wave_hours"]),
    readings_sealed: sum((s) => (s.state === "sealed" ? s.rows : 0)),
    samples_sealed: waves((s) => (s.state === "packed" ? s.samples : 0)),
    free_bytes: store.free_bytes,
    budget_bytes: store.options.budget_bytes || usedBytes(store) + store.free_bytes,
  }
}

/** Bytes of everything the store keeps on disk. */
export const usedBytes = (store: Store): number =>
  store.bytes + [...store.segments, ...store.waves, ...store.rollups].reduce((total, s) => total + s.bytes, 0)

/** Measures DuckDB's own files and the room on the disk; sealed folders carry their size in the catalogue. */
export function measureBytes(store: Store): void {
  const disk = statfsSync(store.options.folder)
  store.free_bytes = disk.bavail * disk.bsize
  const file = databaseFile(store.options)
  store.bytes = [file, `${file}.wal`].reduce((n, f) => n + (statSync(f, { throwIfNoEntry: false })?.size ?? 0), 0)
}

export const inSealed = (store: Store, segment: Segment, file: string): string =>
  quoted(join(sealedFolder(store), segment.folder, file))
