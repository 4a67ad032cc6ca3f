import type { Curve } from "./contract.ts"

/** One reading as decimation sees it. */
type Spot = { time: number; sequence: number; value: number; quality: number }

/** First, min, max and last of each bucket of event time; readings may come in any order. */
export type Decimator = {
  point: number
  from: number
  width: number
  max_rows: number
  /** All readings, until there are more than max_rows. */
  raw: Spot[] | null
  buckets: (Bucket | undefined)[]
}
type Bucket = { first: Spot; min: Spot; max: Spot; last: Spot }

/**
 * Starts min/max decimation of one point over from ≤ time < to. Up to `max_rows` readings come back as they are;
 * beyond that the range is cut into max_rows / 4 equal buckets and each gives its first, lowest, highest and last.
 */
export function decimator(point: number, from: number, to: number, max_rows: number): Decimator {
  const buckets = Math.max(1, Math.floor(max_rows / 4))
  return { point, from, width: (to - from) / buckets, max_rows, raw: [], buckets: Array.from({ length: buckets }) }
}

const before = (time: number, sequence: number, spot: Spot): boolean =>
  time < spot.time || (time === spot.time && sequence < spot.sequence)

/** Takes one reading. */
export function takeSpot(d: Decimator, time: number, sequence: number, value: number, quality: number): void {
  if (!d.raw) {
    bucketSpot(d, time, sequence, value, quality)
    return
  }
  d.raw.push({ time, sequence, value, quality })
  if (d.raw.length <= d.max_rows) return
  for (const s of d.raw) bucketSpot(d, s.time, s.sequence, s.value, s.quality)
  d.raw = null
}

/** Makes an object only of a reading that takes a place, since most of a long range take none. */
function bucketSpot(d: Decimator, time: number, sequence: number, value: number, quality: number): void {
  const at = Math.min(d.buckets.length - 1, Math.floor((time - d.from) / d.width))
  const b = d.buckets[at]
  if (!b) {
    const spot = { time, sequence, value, quality }
    d.buckets[at] = { first: spot, min: spot, max: spot, last: spot }
    return
  }
  const first = before(time, sequence, b.first)
  const last = !before(time, sequence, b.last)
  const min = value < b.min.value || (value === b.min.value && before(time, sequence, b.min))
  const max = value > b.max.value || (value === b.max.value && before(time, sequence, b.max))
  if (!(first || last || min || max)) return
  const spot = { time, sequence, value, quality }
  if (first) b.first = spot
  if (last) b.last = spot
  if (min) b.min = spot
  if (max) b.max = spot
}

/** The curve, by event time and sequence. */
export function curveOf(d: Decimator): Curve {
  const spots = d.raw ?? d.buckets.flatMap((b) => (b ? [...new Set([b.first, b.min, b.max, b.last])] : []))
  spots.sort((a, b) => a.time - b.time || a.sequence - b.sequence)
  return {
    point: d.point,
    time: Float64Array.from(spots, (s) => s.time),
    value: Float64Array.from(spots, (s) => s.value),
    quality: Uint8Array.from(spots, (s) => s.quality),
    decimated: d.raw === null,
  }
}
