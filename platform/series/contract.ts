import type { ReadingBatch, Tick } from "../../model/index.ts"

/** A reading refused at commit because another value stands under its key; the first stands. */
export type Conflict = { point: number; time: number; sequence: number; value: number; standing: number }

/** What was made durable: `readings` are the rows that were new, in arrival order; ticks stand at their place among them. */
export type Commit = {
  batch: number
  readings: ReadingBatch
  ticks: Tick[]
  duplicates: number
  conflicts: Conflict[]
}

export type Latest = { point: number; time: number; sequence: number; value: number; quality: number; arrived: number }

/** One bucket of min/max decimation: at most four readings that keep first, min, max and last. */
export type Curve = { point: number; time: Float64Array; value: Float64Array; quality: Uint8Array; decimated: boolean }

export type RollupStep = "15min" | "1h" | "1d"
export type Rollup = {
  point: number
  start: number
  min: number
  max: number
  mean: number
  count: number
  quality: number
}

/**
 * Where readings live. One engine owns the data folder; a second engine fits by passing series.conformance.ts.
 * Everything is keyed by (point, event time, sequence); times are UTC ms.
 */
export type Series = {
  /** Makes a batch and its ticks durable (fsync) and gives it the next number. Identical resends are dropped, conflicts returned. */
  commit(batch: ReadingBatch, ticks: Tick[]): Promise<Commit>
  /** Number of the last committed batch; 0 when empty. */
  lastBatch(): number
  /** Time of the last committed tick, or null. */
  lastTick(): number | null
  /** Committed batches with number > `batch`, in order, as they were committed. */
  since(batch: number): AsyncIterable<{ batch: number; readings: ReadingBatch; ticks: Tick[] }>
  /** Latest reading by event time of each point that has one. In memory. */
  latest(): Latest[]
  /** The last reading of each point at or before `time`, not older than `time − look_back_ms`. */
  at(points: readonly number[], time: number, look_back_ms: number): Promise<Latest[]>
  /** Readings with from ≤ time < to, decimated so that at most about `max_rows` a point come back and no peak is lost. */
  history(points: readonly number[], from: number, to: number, max_rows: number): Promise<Curve[]>
  rollup(points: readonly number[], from: number, to: number, step: RollupStep): Promise<Rollup[]>
  /** Readings per bucket of city time over all points, for the time bar. */
  arrivals(from: number, to: number, buckets: number): Promise<{ start: number; count: number }[]>
  /** Seals full hours into Parquet and removes them from the live table; safe at any time. */
  seal(now: number): Promise<{ hours: number; rows: number }>
  /** Writes all readings and ticks of batches ≤ `batch` into an empty folder as Parquet. */
  backup(folder: string, batch: number): Promise<{ rows: number }>
  /** Fills an empty store from such a folder. */
  restore(folder: string): Promise<{ rows: number; batch: number }>
  stats(): { rows_live: number; rows_total: number; commit_ms_p50: number; commit_ms_p99: number; bytes: number }
  close(): Promise<void>
}
