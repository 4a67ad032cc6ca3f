import type { BlockBatch, ReadingBatch, Tick } from "../../model/index.ts"

/** A reading refused at commit because another value stands under its key; the first stands. */
export type Conflict = { point: number; time: number; sequence: number; value: number; standing: number }

/** A waveform block refused at commit because other samples stand under its key (point, start, sequence). */
export type BlockConflict = { point: number; start: number; sequence: number; count: number }

/**
 * What was made durable: `readings` and `blocks` are the rows that were new, in arrival order; ticks stand at their
 * place among the readings.
 */
export type Commit = {
  batch: number
  readings: ReadingBatch
  ticks: Tick[]
  blocks: BlockBatch
  duplicates: number
  conflicts: Conflict[]
  block_conflicts: BlockConflict[]
}

export type Latest = { point: number; time: number; sequence: number; value: number; quality: number; arrived: number }

/** One bucket of min/max decimation: at most four readings that keep first, min, max and last. */
export type Curve = { point: number; time: Float64Array; value: Float64Array; quality: Uint8Array; decimated: boolean }

export type RollupStep = "1min" | "15min" | "1h" | "1d"
export type Rollup = {
  point: number
  start: number
  min: number
  max: number
  mean: number
  count: number
  quality: number
}

/** An unbroken run of samples of one point; values in the canonical unit. */
export type WaveRun = { start: number; rate_hz: number; values: Float32Array; quality: number }

/**
 * A waveform between two times: the samples themselves as runs, or, where they are more than was asked for, an
 * envelope: bucket k begins at time[k] and has the lowest and highest sample and the RMS about zero. Buckets without
 * samples are absent.
 */
export type Wave =
  | { point: number; kind: "samples"; runs: WaveRun[] }
  | {
      point: number
      kind: "envelope"
      step_ms: number
      time: Float64Array
      min: Float32Array
      max: Float32Array
      rms: Float32Array
      /** Union of the quality flags of the bucket. */
      quality: Uint8Array
    }

/** What may be forgotten: data whose event time (and segment) is wholly before the instant, UTC ms. -Infinity keeps. */
export type Forget = { readings_before: number; waves_before: number; rollups_before: number }

/** Something found broken at opening and set aside, never silently: which batches and times it covered. */
export type Damage = {
  /** File or folder, relative to the store's folder, and where it was moved. */
  path: string
  moved_to: string
  first_batch: number
  last_batch: number
  rows: number
  from: number
  to: number
  reason: string
}

export type SeriesStats = {
  rows_live: number
  rows_total: number
  blocks_live: number
  samples_total: number
  commit_ms_p50: number
  commit_ms_p99: number
  /** Bytes on disk: all; of sealed readings with their roll-ups; of packed waveforms with theirs. */
  bytes: number
  readings_bytes: number
  waves_bytes: number
  /** Rows and samples that those bytes hold. */
  readings_sealed: number
  samples_sealed: number
  /** Free bytes on the store's disk, and the most the store may use (disk budget, or what is there). */
  free_bytes: number
  budget_bytes: number
}

/**
 * Where readings and waveforms live. One engine owns the data folder; a second engine fits by passing
 * series.conformance.ts. Readings are keyed by (point, event time, sequence), blocks by (point, start, sequence);
 * times are UTC ms.
 */
export type Series = {
  /**
   * Makes a batch, its ticks and its waveform blocks durable (fsync) in one transaction and gives it the next number.
   * Identical resends are dropped, conflicts returned. Calls may overlap; they are done in order, and those that wait
   * are written together (group commit) with one number each.
   */
  commit(batch: ReadingBatch, ticks: Tick[], blocks?: BlockBatch): Promise<Commit>
  /** Number of the last committed batch; 0 when empty. */
  lastBatch(): number
  /** Time of the last committed tick, or null. */
  lastTick(): number | null
  /**
   * Committed batches with number > `batch`, in order. Readings of a batch come as they were committed, or, once sealed,
   * by point and time between two ticks; their arrival is kept to 0.1 s then. Blocks of batches that were packed
   * meanwhile may come with a later batch of the same pack, and again where part of the pack is before `batch`:
   * a taker of blocks skips samples that it has had.
   */
  since(batch: number): AsyncIterable<{ batch: number; readings: ReadingBatch; ticks: Tick[]; blocks: BlockBatch }>
  /** Latest reading by event time of each point that has one. In memory. */
  latest(): Latest[]
  /** The same for the given points; points without a reading are left out. In memory. */
  latestOf(points: readonly number[]): Latest[]
  /** The last reading of each point at or before `time`, not older than `time − look_back_ms`. */
  at(points: readonly number[], time: number, look_back_ms: number): Promise<Latest[]>
  /** Readings with from ≤ time < to, decimated so that at most about `max_rows` a point come back and no peak is lost. */
  history(points: readonly number[], from: number, to: number, max_rows: number): Promise<Curve[]>
  rollup(points: readonly number[], from: number, to: number, step: RollupStep): Promise<Rollup[]>
  /** Samples with from ≤ time < to of a waveform point: raw up to `max_samples`, else an envelope of about that many. */
  wave(point: number, from: number, to: number, max_samples: number): Promise<Wave>
  /** Readings per bucket of city time over all points, for the time bar. From minute counts. */
  arrivals(from: number, to: number, buckets: number): Promise<{ start: number; count: number }[]>
  /** Seals what is due into Parquet and packs waveforms; safe at any time. */
  seal(now: number): Promise<{ hours: number; rows: number }>
  /** Removes what retention no longer keeps; roll-ups of forgotten readings stay until their own time. */
  forget(what: Forget): Promise<{ rows: number; samples: number; bytes: number }>
  /** What was found broken when the store was opened. */
  damage(): Damage[]
  /** Writes all readings, ticks and blocks of batches ≤ `batch` into an empty folder as Parquet. */
  backup(folder: string, batch: number): Promise<{ rows: number }>
  /** Fills an empty store from such a folder. */
  restore(folder: string): Promise<{ rows: number; batch: number }>
  stats(): SeriesStats
  close(): Promise<void>
}
