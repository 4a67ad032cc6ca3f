import { resolve } from "node:path"
import { Worker } from "node:worker_threads"
import {
  type BlockBatch,
  blockBatch,
  blockBuffers,
  ProblemError,
  type ReadingBatch,
  readingBuffers,
  type Tick,
  trimBlocks,
} from "../../model/index.ts"
import { workerCalls } from "./calls.ts"
import type { ClickHouseOptions, ClickHouseSeries } from "./clickhouse/index.ts"
import type { Commit, Damage, Latest, Series } from "./contract.ts"
import { viewBlocks } from "./frames.ts"
import { latestRow, latestTable, takeAll } from "./latest.ts"
import { badArgument, inUse } from "./problems.ts"
import { type Counters, copyRows, type SeriesOptions, type Snapshot, viewRows } from "./protocol.ts"
import { slotOf } from "./slots.ts"

export type { ClickHouseOptions, ClickHouseSeries } from "./clickhouse/index.ts"
export type * from "./contract.ts"
export type { SeriesOptions } from "./protocol.ts"

/** Opens the reading store in a ClickHouse server; its client is loaded only where it is used. */
export const openClickHouse = async (options: ClickHouseOptions): Promise<ClickHouseSeries> =>
  await (await import("./clickhouse/index.ts")).openClickHouse(options)

const most_rows_a_commit = 1_000_000
const most_ticks_a_commit = 100_000
const most_blocks_a_commit = 200_000
const most_block_bytes_a_commit = 64 << 20
const most_samples_an_answer = 4_000_000
const most_points = 100_000
const most_rows_a_point = 200_000
const most_rows_an_answer = 4_000_000
const since_rows = 600_000
const commits_kept = 1000

/** Folders open in this process: the engine's file lock only keeps other processes out. */
const open_folders = new Set<string>()

/**
 * Opens the reading store in `folder` (made when missing): DuckDB in one worker thread, see README.md.
 * Throws ProblemError where the folder is of a newer version, in use by another process or cannot be written.
 */
export async function openSeries(options: SeriesOptions): Promise<Series> {
  const settings: Required<SeriesOptions> = {
    folder: resolve(options.folder),
    memory_limit_mb: options.memory_limit_mb ?? 256,
    threads: options.threads ?? 1,
    seal_rows: options.seal_rows ?? 1_000_000,
    free_reserve_mb: options.free_reserve_mb ?? 64,
    query_timeout_ms: options.query_timeout_ms ?? 20_000,
    budget_bytes: options.budget_bytes ?? 0,
    wave_ms: options.wave_ms ?? 60_000,
    wave_bytes: options.wave_bytes ?? 256 << 20,
  }
  if (open_folders.has(settings.folder)) throw new ProblemError(inUse())
  open_folders.add(settings.folder)
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { execArgv: [], name: "series" })
  const calls = workerCalls(
    worker,
    (snapshot) => take(snapshot),
    (found, now) => {
      damage = found
      counters = now
    },
  )
  let last_batch = 0
  let last_tick: number | null = null
  let newest = latestTable()
  let counters: Counters = no_counters
  let damage: Damage[] = []
  const commit_ms: number[] = []
  let commit_count = 0

  function take(snapshot: Snapshot): void {
    last_batch = snapshot.last_batch
    last_tick = snapshot.last_tick
    counters = snapshot.counters
    damage = snapshot.damage
    newest = latestTable()
    takeAll(newest, snapshot.latest)
  }

  async function commit(batch: ReadingBatch, ticks: Tick[], waves: BlockBatch = blockBatch()): Promise<Commit> {
    atMost("readings", batch.n, most_rows_a_commit)
    atMost("ticks", ticks.length, most_ticks_a_commit)
    atMost("blocks", waves.n, most_blocks_a_commit)
    atMost("blocks.bytes", waves.bytes, most_block_bytes_a_commit)
    const started = performance.now()
    const readings = copyRows(batch, 0, batch.n)
    // Parquet's dictionaries hold one zero; adding 0 makes a minus zero that one from the start.
    for (let i = 0; i < readings.n; i++) readings.value[i] = readings.value[i]! + 0
    const blocks = trimBlocks(waves)
    const buffers = [...readingBuffers(readings), ...blockBuffers(blocks)]
    const { counters: now, ...done } = await calls.ask("commit", { readings, ticks, blocks }, buffers)
    counters = now
    last_batch = done.batch
    const tick = done.ticks[done.ticks.length - 1]
    if (tick) last_tick = tick.time
    takeAll(newest, done.readings)
    commit_ms[commit_count++ % commits_kept] = performance.now() - started
    return done
  }

  async function* since(batch: number): ReturnType<Series["since"]> & AsyncGenerator {
    for (let after = batch; after < last_batch; ) {
      const found = await calls.ask("since", { batch: after, max_rows: since_rows })
      if (!found) return
      let [row, block] = [0, 0]
      for (let i = 0; i < found.batch.length; i++) {
        const end = row + found.count[i]!
        const last_block = block + found.block_count[i]!
        yield {
          batch: found.batch[i]!,
          readings: viewRows(found.readings, row, end),
          ticks: found.ticks[i]!,
          blocks: viewBlocks(found.blocks, block, last_block),
        }
        row = end
        block = last_block
      }
      after = found.batch[found.batch.length - 1]!
    }
  }

  const series: Series = {
    commit,
    since,
    lastBatch: () => last_batch,
    lastTick: () => last_tick,
    latest: () => Array.from({ length: newest.rows.n }, (_, i): Latest => latestRow(newest.rows, i)),
    latestOf: (points) => {
      const rows = points.map((point) => slotOf(newest.slot, point)).filter((row) => row >= 0)
      return rows.map((row) => latestRow(newest.rows, row))
    },
    at: async (points, time, look_back_ms) => {
      checkPoints(points)
      checkTime("time", time)
      checkTime("look_back_ms", look_back_ms)
      return await calls.ask("at", { points: [...points], time, look_back_ms })
    },
    history: async (points, from, to, max_rows) => {
      checkPoints(points)
      checkRange(from, to)
      atMost("max_rows", max_rows, most_rows_a_point)
      if (!(max_rows >= 4)) throw badArgument("max_rows", max_rows, "至少为 4", "must be 4 or more")
      atMost("points × max_rows", points.length * max_rows, most_rows_an_answer)
      return await calls.ask("history", { points: [...points], from, to, max_rows: Math.floor(max_rows) })
    },
    rollup: async (points, from, to, step) => {
      checkPoints(points)
      checkRange(from, to)
      return await calls.ask("rollup", { points: [...points], from, to, step })
    },
    wave: async (point, from, to, max_samples) => {
      checkPoints([point])
      checkRange(from, to)
      atMost("max_samples", max_samples, most_samples_an_answer)
      if (!(max_samples >= 1)) throw badArgument("max_samples", max_samples, "至少为 1", "must be 1 or more")
      return await calls.ask("wave", { point, from, to, max_samples: Math.floor(max_samples) })
    },
    forget: async (what) => {
      for (const [field, instant] of Object.entries(what))
        if (Number.isNaN(instant)) throw badArgument(field, "NaN", "必须是时刻", "must be an instant")
      const { counters: next, ...done } = await calls.ask("forget", what)
      counters = next
      return done
    },
    damage: () => damage,
    arrivals: async (from, to, buckets) => {
      checkRange(from, to)
      if (!Number.isInteger(buckets) || buckets < 1 || buckets > 10_000)
        throw badArgument("buckets", buckets, "必须在 1 与 10000 之间", "must be from 1 to 10,000")
      return await calls.ask("arrivals", { from, to, buckets })
    },
    seal: async (now) => {
      const { counters: next, ...done } = await calls.ask("seal", { now })
      counters = next
      return done
    },
    backup: (folder, batch) => calls.ask("backup", { folder, batch }),
    restore: async (folder) => {
      const { snapshot, ...done } = await calls.ask("restore", { folder })
      take(snapshot)
      return done
    },
    stats: () => ({ ...counters, ...percentiles(commit_ms) }),
    close: () => calls.close().finally(() => open_folders.delete(settings.folder)),
  }
  try {
    take(await calls.ask("open", settings))
  } catch (error) {
    open_folders.delete(settings.folder)
    await worker.terminate()
    throw error
  }
  return series
}

const no_counters: Counters = {
  rows_live: 0,
  rows_total: 0,
  blocks_live: 0,
  samples_total: 0,
  bytes: 0,
  readings_bytes: 0,
  waves_bytes: 0,
  readings_sealed: 0,
  samples_sealed: 0,
  free_bytes: 0,
  budget_bytes: 0,
}

function percentiles(values: readonly number[]): { commit_ms_p50: number; commit_ms_p99: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const p = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
  return { commit_ms_p50: p(0.5), commit_ms_p99: p(0.99) }
}

function atMost(field: string, value: number, most: number): void {
  if (!(value <= most)) throw badArgument(field, value, `不能超过 ${most}`, `must not be more than ${most}`)
}

function checkTime(field: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw badArgument(field, value, "必须是整数毫秒", "must be whole milliseconds")
}

function checkRange(from: number, to: number): void {
  checkTime("from", from)
  checkTime("to", to)
  if (to <= from) throw badArgument("to", to, `必须晚于 from（${from}）`, `must be later than from (${from})`)
}

function checkPoints(points: readonly number[]): void {
  atMost("points", points.length, most_points)
  for (const [i, point] of points.entries())
    if (!Number.isInteger(point) || Math.abs(point) > 0x7fffffff)
      throw badArgument(`points[${i}]`, point, "必须是测点整数编号", "must be the whole number of a point")
}
