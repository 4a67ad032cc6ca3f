import type { BlockBatch, Problem, ReadingBatch, Tick } from "../../model/index.ts"
import type { Commit, Curve, Damage, Forget, Latest, Rollup, RollupStep, SeriesStats, Wave } from "./contract.ts"

/** Settings of a reading store; only the folder is required. */
export type SeriesOptions = {
  /** Folder of its own; made when missing. */
  folder: string
  /** What DuckDB may keep in memory, MB (default 256). */
  memory_limit_mb?: number
  /** Threads of DuckDB (default 1; a second one makes long queries faster and every commit dearer). */
  threads?: number
  /** A live table of this many readings is sealed into Parquet by itself (default 1,000,000). */
  seal_rows?: number
  /** Commits are refused while the disk has less than this free, MB (default 64). */
  free_reserve_mb?: number
  /** A query that takes longer is interrupted, ms (default 20,000). */
  query_timeout_ms?: number
  /** The most the store may use on its disk, bytes; 0 (default) is the whole disk. Commits beyond it are refused. */
  budget_bytes?: number
  /** A file of live waveform frames gives way to the next after this time (default 60,000 ms) … */
  wave_ms?: number
  /** … or when it is this large (default 256 MiB), and is packed into Parquet. */
  wave_bytes?: number
}

export type Counters = Omit<SeriesStats, "commit_ms_p50" | "commit_ms_p99">

/** What the main thread holds in memory; sent at open and whenever the engine had to be opened again. */
export type Snapshot = {
  last_batch: number
  last_tick: number | null
  latest: ReadingBatch
  counters: Counters
  damage: Damage[]
}

export type CommitReply = Commit & { counters: Counters }

/** Consecutive batches with their rows, and with their blocks, laid end to end. */
export type SinceReply = {
  batch: Float64Array
  count: Int32Array
  ticks: Tick[][]
  readings: ReadingBatch
  block_count: Int32Array
  blocks: BlockBatch
}

/** Every call into the worker: its arguments and its reply. */
export type Calls = {
  open: { args: Required<SeriesOptions>; reply: Snapshot }
  commit: { args: { readings: ReadingBatch; ticks: Tick[]; blocks: BlockBatch }; reply: CommitReply }
  since: { args: { batch: number; max_rows: number }; reply: SinceReply | null }
  at: { args: { points: number[]; time: number; look_back_ms: number }; reply: Latest[] }
  history: { args: { points: number[]; from: number; to: number; max_rows: number }; reply: Curve[] }
  rollup: { args: { points: number[]; from: number; to: number; step: RollupStep }; reply: Rollup[] }
  wave: { args: { point: number; from: number; to: number; max_samples: number }; reply: Wave }
  forget: { args: Forget; reply: { rows: number; samples: number; bytes: number; counters: Counters } }
  arrivals: { args: { from: number; to: number; buckets: number }; reply: { start: number; count: number }[] }
  seal: { args: { now: number }; reply: { hours: number; rows: number; counters: Counters } }
  backup: { args: { folder: string; batch: number }; reply: { rows: number } }
  restore: { args: { folder: string }; reply: { rows: number; batch: number; snapshot: Snapshot } }
  close: { args: Record<string, never>; reply: null }
}

export type Call = { [K in keyof Calls]: { id: number; op: K; args: Calls[K]["args"] } }[keyof Calls]
/** Replies; and, unasked, what was found damaged since the store was opened. */
export type Reply =
  | { id: 0; ok: true; damage: Damage[]; counters: Counters }
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; problem: Problem | null; message: string; snapshot: Snapshot | null }

/** The rows from..to of a batch in buffers of their own. */
export const copyRows = (b: ReadingBatch, from: number, to: number): ReadingBatch => ({
  n: to - from,
  point: b.point.slice(from, to),
  time: b.time.slice(from, to),
  sequence: b.sequence.slice(from, to),
  value: b.value.slice(from, to),
  quality: b.quality.slice(from, to),
  arrived: b.arrived.slice(from, to),
})

/** The same rows as views on the same buffers. */
export const viewRows = (b: ReadingBatch, from: number, to: number): ReadingBatch => ({
  n: to - from,
  point: b.point.subarray(from, to),
  time: b.time.subarray(from, to),
  sequence: b.sequence.subarray(from, to),
  value: b.value.subarray(from, to),
  quality: b.quality.subarray(from, to),
  arrived: b.arrived.subarray(from, to),
})
