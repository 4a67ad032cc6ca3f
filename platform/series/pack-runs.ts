import { type BlockBatch, sampleBytes, sampleEncoding } from "../../model/index.ts"
import { type PackedSamples, packFloat32, packInt16 } from "./pack-codec.ts"

/** A run is no longer than this, nor has it more samples. */
const most_run_ms = 60_000
const most_run_samples = 1 << 18

/**
 * Neighbouring blocks of one point that are alike: the same rate, scale, offset, encoding and quality, one after the
 * other without a gap, each of `block_count` samples (the last may have fewer), their sequence rising by
 * `sequence_step`. So each block's key can be told from the run.
 */
export type Run = {
  point: number
  start: number
  rate_hz: number
  scale: number
  offset: number
  encoding: number
  quality: number
  sequence: number
  sequence_step: number
  block_count: number
  count: number
  /** Largest time from the end of a block to its arrival, ms. */
  arrived_lag: number
  first_batch: number
  last_batch: number
  /** Rows of the batch that it was made of. */
  rows: number[]
}

/** Start of the sample `n` of a run, as its block's start was rounded: whole UTC milliseconds. */
export const startAt = (run: { start: number; rate_hz: number }, n: number): number =>
  Math.round(run.start + (n * 1000) / run.rate_hz)

/** Joins the blocks of one point to runs. `order` has the rows by (start, sequence); row i came with batchOf[rows[i]]. */
export function runsOfPoint(
  b: BlockBatch,
  order: readonly number[],
  batchOf: ArrayLike<number>,
  rows: ArrayLike<number>,
): Run[] {
  const runs: Run[] = []
  let run: Run | null = null
  for (const i of order) {
    const batch = batchOf[rows[i]!]!
    const lag = Math.round(b.arrived[i]! - (b.start[i]! + (b.count[i]! * 1000) / b.rate_hz[i]!))
    if (run && joins(run, b, i)) {
      run.sequence_step = b.sequence[i]! - b.sequence[run.rows[run.rows.length - 1]!]!
      run.count += b.count[i]!
      run.rows.push(i)
      if (lag > run.arrived_lag) run.arrived_lag = lag
      if (batch < run.first_batch) run.first_batch = batch
      if (batch > run.last_batch) run.last_batch = batch
      continue
    }
    run = {
      point: b.point[i]!,
      start: b.start[i]!,
      rate_hz: b.rate_hz[i]!,
      scale: b.scale[i]!,
      offset: b.offset[i]!,
      encoding: b.encoding[i]!,
      quality: b.quality[i]!,
      sequence: b.sequence[i]!,
      sequence_step: 0,
      block_count: b.count[i]!,
      count: b.count[i]!,
      arrived_lag: lag,
      first_batch: batch,
      last_batch: batch,
      rows: [i],
    }
    runs.push(run)
  }
  return runs
}

function joins(run: Run, b: BlockBatch, i: number): boolean {
  const last = run.rows[run.rows.length - 1]!
  const step = b.sequence[i]! - b.sequence[last]!
  return (
    b.rate_hz[i] === run.rate_hz &&
    b.scale[i] === run.scale &&
    b.offset[i] === run.offset &&
    b.encoding[i] === run.encoding &&
    b.quality[i] === run.quality &&
    b.count[last] === run.block_count &&
    b.count[i]! <= run.block_count &&
    (step === 0 || step === 1) &&
    (run.rows.length === 1 || step === run.sequence_step) &&
    b.start[i] === startAt(run, run.count) &&
    ((run.count + b.count[i]!) * 1000) / run.rate_hz <= most_run_ms &&
    run.count + b.count[i]! <= most_run_samples
  )
}

/** The raw samples of a run, end to end. */
export function rawOfRun(b: BlockBatch, run: Run): Uint8Array {
  const size = sampleBytes[run.encoding as 0 | 1]
  const out = new Uint8Array(run.count * size)
  let at = 0
  for (const i of run.rows) {
    const bytes = b.count[i]! * size
    out.set(b.data.subarray(b.at[i]!, b.at[i]! + bytes), at)
    at += bytes
  }
  return out
}

export const packRaw = (raw: Uint8Array, encoding: number): PackedSamples =>
  encoding === sampleEncoding.int16 ? packInt16(new Int16Array(raw.buffer)) : packFloat32(raw)

/** One minute of event time of a run: lowest and highest value, sum of squares, all in the canonical unit. */
export type Minute = { start: number; min: number; max: number; squares: number; count: number }

export const minute_ms = 60_000

/** Statistics of a run by minute of event time; `raw` as rawOfRun gives it. */
export function minutesOfRun(run: Run, raw: Uint8Array): Minute[] {
  const samples = run.encoding === sampleEncoding.int16 ? new Int16Array(raw.buffer) : new Float32Array(raw.buffer)
  const out: Minute[] = []
  for (let from = 0; from < run.count; ) {
    const time = run.start + (from * 1000) / run.rate_hz
    const start = Math.floor(time / minute_ms) * minute_ms
    const left = Math.ceil(((start + minute_ms - run.start) * run.rate_hz) / 1000)
    const to = Math.min(run.count, Math.max(from + 1, left))
    out.push({ start, count: to - from, ...statsOf(samples, from, to, run.scale, run.offset) })
    from = to
  }
  return out
}

/** Sums over raw samples and turns them into values once: Σ(s·r + o)² = s²Σr² + 2soΣr + no². */
function statsOf(
  samples: Int16Array | Float32Array,
  from: number,
  to: number,
  scale: number,
  offset: number,
): { min: number; max: number; squares: number } {
  let [low, high, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (let k = from; k < to; k++) {
    const r = samples[k]!
    if (r < low) low = r
    if (r > high) high = r
    sum += r
    squares += r * r
  }
  const a = low * scale + offset
  const b = high * scale + offset
  const total = scale * scale * squares + 2 * scale * offset * sum + (to - from) * offset * offset
  return { min: Math.min(a, b), max: Math.max(a, b), squares: Math.max(0, total) }
}
