import { withoutCoarseGaps } from "../kit/curve-data.ts"

/**
 * Values of one point in time order, whatever their source: readings have low = mid = high, buckets of a roll-up or an
 * envelope have the lowest, the mean and the highest. A mid that is not a number is a gap from there on.
 */
export type Strip = {
  time: Float64Array
  low: Float64Array
  mid: Float64Array
  high: Float64Array
  quality: Uint8Array
  /** Length of a bucket, ms; 0 for readings and samples. */
  step_ms: number
  /** Values further apart than this are not joined where two strips meet, ms. */
  gap_ms: number
  /** False for an envelope: its buckets have no mean, mid is only the middle of the band. */
  has_mean: boolean
  /** Changes at a steady rate (waveform samples), for exact times between them; 0 otherwise. */
  rate_hz: number
}

export const emptyStrip: Strip = {
  time: new Float64Array(0),
  low: new Float64Array(0),
  mid: new Float64Array(0),
  high: new Float64Array(0),
  quality: new Uint8Array(0),
  step_ms: 0,
  gap_ms: 0,
  has_mean: true,
  rate_hz: 0,
}

const gap_intervals = 3.1

/** Readings of a curve; gaps are the server's nulls, without those of a history that was kept more coarsely. */
export function stripOfCurve(
  curve: { time: readonly number[]; value: readonly (number | null)[]; quality: readonly number[] },
  interval_ms: number,
): Strip {
  const flags = new Map(curve.time.map((t, i) => [t, curve.quality[i] ?? 0]))
  const { time, value } = withoutCoarseGaps([...curve.time], [...curve.value])
  const mid = Float64Array.from(value, (v) => v ?? Number.NaN)
  return {
    time: Float64Array.from(time),
    low: mid,
    mid,
    high: mid,
    quality: Uint8Array.from(time, (t) => flags.get(t) ?? 0),
    step_ms: 0,
    gap_ms: gap_intervals * Math.max(interval_ms, usualDistance(time)),
    has_mean: true,
    rate_hz: 0,
  }
}

/** Buckets with their lowest, mean and highest; a bucket that is not there is a gap. */
export function stripOfBuckets(
  b: {
    start: ArrayLike<number>
    min: ArrayLike<number>
    max: ArrayLike<number>
    mean: ArrayLike<number> | null
    quality: ArrayLike<number>
  },
  step_ms: number,
  interval_ms: number,
): Strip {
  const gap_ms = gap_intervals * Math.max(step_ms, interval_ms) * 0.5
  const rows: [number, number, number, number, number][] = []
  for (let i = 0; i < b.start.length; i++) {
    const time = b.start[i]!
    const before = rows.at(-1)
    if (before && time - before[0] > gap_ms) rows.push([before[0] + step_ms, Number.NaN, Number.NaN, Number.NaN, 0])
    const [low, high] = [b.min[i]!, b.max[i]!]
    rows.push([time, low, b.mean ? b.mean[i]! : (low + high) / 2, high, b.quality[i] ?? 0])
  }
  return {
    time: Float64Array.from(rows, (r) => r[0]),
    low: Float64Array.from(rows, (r) => r[1]),
    mid: Float64Array.from(rows, (r) => r[2]),
    high: Float64Array.from(rows, (r) => r[3]),
    quality: Uint8Array.from(rows, (r) => r[4]),
    step_ms,
    gap_ms,
    has_mean: b.mean !== null,
    rate_hz: 0,
  }
}

/** Unbroken runs of samples, one after the other, with a gap between two runs that do not meet. */
export function stripOfRuns(
  runs: readonly { start: number; rate_hz: number; values: ArrayLike<number>; quality: number }[],
): Strip {
  const time: number[] = []
  const mid: number[] = []
  const quality: number[] = []
  for (const run of runs) {
    const step = 1000 / run.rate_hz
    const last = time.at(-1)
    if (last !== undefined && run.start - last > 1.5 * step) {
      time.push(last + step)
      mid.push(Number.NaN)
      quality.push(0)
    }
    for (let i = 0; i < run.values.length; i++) {
      time.push(run.start + i * step)
      mid.push(run.values[i]!)
      quality.push(run.quality)
    }
  }
  const rate_hz = runs[0]?.rate_hz ?? 0
  const values = Float64Array.from(mid)
  return {
    time: Float64Array.from(time),
    low: values,
    mid: values,
    high: values,
    quality: Uint8Array.from(quality),
    step_ms: 0,
    gap_ms: rate_hz > 0 ? 1500 / rate_hz : 0,
    has_mean: true,
    rate_hz,
  }
}

/** Middle distance between values, ms; 0 where there are too few. */
function usualDistance(time: readonly number[]): number {
  if (time.length < 4) return 0
  const apart: number[] = []
  for (let i = 1; i < time.length; i++) apart.push(time[i]! - time[i - 1]!)
  apart.sort((a, b) => a - b)
  return apart[apart.length >> 1]!
}

/** Index of the first time > `time`. */
export function after(times: ArrayLike<number>, time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! <= time) low = middle + 1
    else high = middle
  }
  return low
}
