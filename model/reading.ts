/** Quality flags of a reading; several may be set. Flags never delete a reading. */
export const quality = {
  good: 0,
  device: 1, // the device said so
  range: 2, // outside the indicator's range
  rate: 4, // changed faster than the indicator can
  stuck: 8, // the same value longer than plausible
  late: 16, // arrived after its lateness window
  future: 32, // stamped after the city clock, within tolerance
  maintenance: 64,
  simulated: 128,
} as const

export type QualityName = keyof typeof quality

/** The names of the flags set in a quality byte. */
export const qualityNames = (flags: number): QualityName[] =>
  (Object.keys(quality) as QualityName[]).filter((name) => (flags & quality[name]) !== 0)

/**
 * Readings in columns, one row per reading: `n` rows are valid in every column.
 * time and arrived are UTC milliseconds; value is in the point's canonical unit.
 */
export type ReadingBatch = {
  n: number
  point: Int32Array
  time: Float64Array
  sequence: Int32Array
  value: Float64Array
  quality: Uint8Array
  arrived: Float64Array
}

/** A clock tick at its place in a batch: `at` readings stood before it. */
export type Tick = { at: number; time: number }

/** An empty batch with room for `capacity` readings. */
export function readingBatch(capacity: number): ReadingBatch {
  return {
    n: 0,
    point: new Int32Array(capacity),
    time: new Float64Array(capacity),
    sequence: new Int32Array(capacity),
    value: new Float64Array(capacity),
    quality: new Uint8Array(capacity),
    arrived: new Float64Array(capacity),
  }
}

/** Appends one reading; returns the batch, grown to double where it was full. */
export function appendReading(
  batch: ReadingBatch,
  point: number,
  time: number,
  sequence: number,
  value: number,
  flags: number,
  arrived: number,
): ReadingBatch {
  const b = batch.n < batch.point.length ? batch : grown(batch)
  const i = b.n++
  b.point[i] = point
  b.time[i] = time
  b.sequence[i] = sequence
  b.value[i] = value
  b.quality[i] = flags
  b.arrived[i] = arrived
  return b
}

function grown(batch: ReadingBatch): ReadingBatch {
  const next = readingBatch(Math.max(256, batch.point.length * 2))
  next.n = batch.n
  next.point.set(batch.point)
  next.time.set(batch.time)
  next.sequence.set(batch.sequence)
  next.value.set(batch.value)
  next.quality.set(batch.quality)
  next.arrived.set(batch.arrived)
  return next
}

/** A copy whose columns are exactly as long as what is used, in buffers of their own. */
export const trimReadings = (b: ReadingBatch): ReadingBatch => ({
  n: b.n,
  point: b.point.slice(0, b.n),
  time: b.time.slice(0, b.n),
  sequence: b.sequence.slice(0, b.n),
  value: b.value.slice(0, b.n),
  quality: b.quality.slice(0, b.n),
  arrived: b.arrived.slice(0, b.n),
})

/** The buffers of a trimmed batch, to hand over to another thread instead of copying. */
export const readingBuffers = (b: ReadingBatch): ArrayBuffer[] =>
  [b.point, b.time, b.sequence, b.value, b.quality, b.arrived].map((column) => column.buffer as ArrayBuffer)
