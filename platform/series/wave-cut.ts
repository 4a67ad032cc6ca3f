import { type BlockBatch, samplesOf } from "../../model/index.ts"
import type { Wave, WaveRun } from "./contract.ts"

/** Samples first ≤ k < last of block `row`, and the time of the first. */
export type Cut = { row: number; first: number; last: number; time: number }

/** The samples of block `i` with from ≤ time < to: indexes first ≤ k < last, and the time of the first. */
function cutOf(b: BlockBatch, i: number, from: number, to: number): Cut | null {
  const step = 1000 / b.rate_hz[i]!
  const start = b.start[i]!
  // Rounding in the division may miss by one sample; the two loops settle it.
  let first = Math.max(0, Math.floor((from - start) / step) - 1)
  while (first < b.count[i]! && start + first * step < from) first++
  let last = Math.min(b.count[i]!, Math.max(first, Math.floor((to - start) / step) + 2))
  while (last > first && start + (last - 1) * step >= to) last--
  return last > first ? { row: i, first, last, time: start + first * step } : null
}

/** What of the blocks of one point lies in from ≤ time < to, by time and sequence. */
export function cutsOf(b: BlockBatch, from: number, to: number): Cut[] {
  const cuts: Cut[] = []
  for (let i = 0; i < b.n; i++) {
    const cut = cutOf(b, i, from, to)
    if (cut) cuts.push(cut)
  }
  return cuts.sort((x, y) => x.time - y.time || b.sequence[x.row]! - b.sequence[y.row]!)
}

/** Cuts blocks of one point to a range: runs of samples, or an envelope where they are more than `max_samples`. */
export function waveOf(b: BlockBatch, args: { point: number; from: number; to: number; max_samples: number }): Wave {
  const cuts = cutsOf(b, args.from, args.to)
  const total = cuts.reduce((n, c) => n + c.last - c.first, 0)
  if (total <= args.max_samples) return { point: args.point, kind: "samples", runs: runsOf(b, cuts) }
  const e = envelope(args.from, (args.to - args.from) / args.max_samples, args.max_samples)
  takeSamples(e, b, cuts)
  return envelopeWave(args.point, e)
}

/** Joins neighbouring pieces to unbroken runs of one rate and quality. */
function runsOf(b: BlockBatch, cuts: readonly Cut[]): WaveRun[] {
  const runs: WaveRun[] = []
  let pieces: Cut[] = []
  let next = Number.NaN
  const flush = () => {
    const first = pieces[0]
    if (!first) return
    const values = new Float32Array(pieces.reduce((n, p) => n + p.last - p.first, 0))
    let at = 0
    for (const p of pieces) {
      values.set(samplesOf(b, p.row).subarray(p.first, p.last), at)
      at += p.last - p.first
    }
    runs.push({ start: first.time, rate_hz: b.rate_hz[first.row]!, values, quality: b.quality[first.row]! })
    pieces = []
  }
  for (const cut of cuts) {
    const last = pieces[pieces.length - 1]
    const rate = b.rate_hz[cut.row]!
    // A device rounds the start of a block to milliseconds; half a sample is the most that can still be a neighbour.
    const tolerance = Math.min(1, 500 / rate)
    const joins =
      last &&
      b.rate_hz[last.row] === rate &&
      b.quality[last.row] === b.quality[cut.row] &&
      Math.abs(cut.time - next) <= tolerance
    if (!joins) flush()
    pieces.push(cut)
    next = cut.time + ((cut.last - cut.first) * 1000) / rate
  }
  flush()
  return runs
}

/** Buckets of equal width, and what is known of the samples in each. */
export type Envelope = {
  from: number
  step_ms: number
  min: Float32Array
  max: Float32Array
  squares: Float64Array
  count: Float64Array
  quality: Uint8Array
}

export const envelope = (from: number, step_ms: number, buckets: number): Envelope => ({
  from,
  step_ms,
  min: new Float32Array(buckets).fill(Number.POSITIVE_INFINITY),
  max: new Float32Array(buckets).fill(Number.NEGATIVE_INFINITY),
  squares: new Float64Array(buckets),
  count: new Float64Array(buckets),
  quality: new Uint8Array(buckets),
})

/** Takes samples into the buckets of their times. */
export function takeSamples(e: Envelope, b: BlockBatch, cuts: readonly Cut[]): void {
  const last = e.count.length - 1
  for (const cut of cuts) {
    const values = samplesOf(b, cut.row)
    const step = 1000 / b.rate_hz[cut.row]!
    for (let k = cut.first; k < cut.last; k++) {
      const at = Math.min(last, Math.floor((b.start[cut.row]! + k * step - e.from) / e.step_ms))
      const v = values[k]!
      if (v < e.min[at]!) e.min[at] = v
      if (v > e.max[at]!) e.max[at] = v
      e.squares[at]! += v * v
      e.count[at]!++
      e.quality[at]! |= b.quality[cut.row]!
    }
  }
}

/** Takes what is known of many samples into the bucket of `start`. */
export function takeSums(
  e: Envelope,
  start: number,
  min: number,
  max: number,
  squares: number,
  count: number,
  quality: number,
): void {
  const at = Math.floor((start - e.from) / e.step_ms)
  if (at < 0 || at >= e.count.length) return
  if (min < e.min[at]!) e.min[at] = min
  if (max > e.max[at]!) e.max[at] = max
  e.squares[at]! += squares
  e.count[at]! += count
  e.quality[at]! |= quality
}

/** The buckets that have samples. RMS is about zero: √(Σv² / n). */
export function envelopeWave(point: number, e: Envelope): Wave {
  const kept = Int32Array.from(e.count.keys()).filter((k) => e.count[k]! > 0)
  return {
    point,
    kind: "envelope",
    step_ms: e.step_ms,
    time: Float64Array.from(kept, (k) => e.from + k * e.step_ms),
    min: Float32Array.from(kept, (k) => e.min[k]!),
    max: Float32Array.from(kept, (k) => e.max[k]!),
    rms: Float32Array.from(kept, (k) => Math.sqrt(e.squares[k]! / e.count[k]!)),
    quality: Uint8Array.from(kept, (k) => e.quality[k]!),
  }
}
