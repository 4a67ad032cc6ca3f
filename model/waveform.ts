/** How the samples of a block are kept: little-endian int16 with scale and offset, or float32. */
export const sampleEncoding = { int16: 0, float32: 1 } as const

/** Bytes of one sample by encoding. */
export const sampleBytes = [2, 4] as const

/**
 * Waveform blocks in columns, one row per block: `n` rows are valid in every column. A block is an unbroken run of
 * samples of one point. Sample k of block i stands at start[i] + k × 1000 / rate_hz[i] (UTC milliseconds) and has the
 * value raw × scale[i] + offset[i] in the point's canonical unit. Its key is (point, start, sequence).
 */
export type BlockBatch = {
  n: number
  point: Int32Array
  start: Float64Array
  sequence: Int32Array
  rate_hz: Float64Array
  /** Samples in the block. */
  count: Int32Array
  encoding: Uint8Array
  scale: Float64Array
  offset: Float64Array
  quality: Uint8Array
  arrived: Float64Array
  /** Where the block's samples begin in `data`. */
  at: Int32Array
  /** Raw samples of all blocks, end to end; `bytes` of it are used. */
  data: Uint8Array
  bytes: number
}

/** An empty batch with room for `capacity` blocks and `bytes` of samples. */
export const blockBatch = (capacity = 0, bytes = 0): BlockBatch => ({
  n: 0,
  point: new Int32Array(capacity),
  start: new Float64Array(capacity),
  sequence: new Int32Array(capacity),
  rate_hz: new Float64Array(capacity),
  count: new Int32Array(capacity),
  encoding: new Uint8Array(capacity),
  scale: new Float64Array(capacity),
  offset: new Float64Array(capacity),
  quality: new Uint8Array(capacity),
  arrived: new Float64Array(capacity),
  at: new Int32Array(capacity),
  data: new Uint8Array(bytes),
  bytes: 0,
})

/** One block to append: what it is and its raw samples as little-endian bytes. */
export type Block = {
  point: number
  start: number
  sequence: number
  rate_hz: number
  count: number
  encoding: number
  scale: number
  offset: number
  quality: number
  arrived: number
  data: Uint8Array
}

/** Appends one block, copying its samples; returns the batch, grown to double where it was full. */
export function appendBlock(batch: BlockBatch, block: Block): BlockBatch {
  const b = roomForBlocks(batch, 1, block.data.length)
  const i = b.n++
  b.point[i] = block.point
  b.start[i] = block.start
  b.sequence[i] = block.sequence
  b.rate_hz[i] = block.rate_hz
  b.count[i] = block.count
  b.encoding[i] = block.encoding
  b.scale[i] = block.scale
  b.offset[i] = block.offset
  b.quality[i] = block.quality
  b.arrived[i] = block.arrived
  b.at[i] = b.bytes
  b.data.set(block.data, b.bytes)
  b.bytes += block.data.length
  return b
}

/** Appends all blocks of another batch, columns at a time; returns the batch, grown where it was full. */
export function appendBlocks(batch: BlockBatch, more: BlockBatch): BlockBatch {
  const b = roomForBlocks(batch, more.n, more.bytes)
  const rows = b.n + more.n
  for (const name of blockColumns) b[name].set(more[name].subarray(0, more.n), b.n)
  for (let i = b.n; i < rows; i++) b.at[i] = b.at[i]! + b.bytes
  b.data.set(more.data.subarray(0, more.bytes), b.bytes)
  b.bytes += more.bytes
  b.n = rows
  return b
}

/** The columns that have one entry a block. */
export const blockColumns = [
  "point",
  "start",
  "sequence",
  "rate_hz",
  "count",
  "encoding",
  "scale",
  "offset",
  "quality",
  "arrived",
  "at",
] as const

/** The batch, or a copy with room for `blocks` and `bytes` more. */
export function roomForBlocks(batch: BlockBatch, blocks: number, bytes: number): BlockBatch {
  let b = batch
  if (b.n + blocks > b.point.length) {
    b = { ...blockBatch(Math.max(64, b.n + blocks, b.point.length * 2)), n: b.n, data: b.data, bytes: b.bytes }
    for (const name of blockColumns) b[name].set(batch[name].subarray(0, batch.n))
  }
  if (b.bytes + bytes > b.data.length) {
    const data = new Uint8Array(Math.max(4096, b.data.length * 2, b.bytes + bytes))
    data.set(b.data.subarray(0, b.bytes))
    b.data = data
  }
  return b
}

/** Appends row `i` of another batch; returns the batch, grown where it was full. */
export function takeBlock(into: BlockBatch, from: BlockBatch, i: number): BlockBatch {
  const raw = rawSamples(from, i)
  const b = roomForBlocks(into, 1, raw.length)
  const k = b.n++
  for (const name of blockColumns) b[name][k] = from[name][i]!
  b.at[k] = b.bytes
  b.data.set(raw, b.bytes)
  b.bytes += raw.length
  return b
}

/** A copy whose columns and data are exactly as long as what is used, in buffers of their own. */
export function trimBlocks(batch: BlockBatch): BlockBatch {
  const next = { ...blockBatch(batch.n), n: batch.n, data: batch.data.slice(0, batch.bytes), bytes: batch.bytes }
  for (const name of blockColumns) next[name].set(batch[name].subarray(0, batch.n))
  return next
}

/** The buffers of a trimmed batch, to hand over to another thread instead of copying. */
export const blockBuffers = (b: BlockBatch): ArrayBuffer[] =>
  [...blockColumns.map((name) => b[name].buffer), b.data.buffer] as ArrayBuffer[]

/** The raw bytes of block `i`, a view. */
export const rawSamples = (b: BlockBatch, i: number): Uint8Array =>
  b.data.subarray(b.at[i]!, b.at[i]! + b.count[i]! * sampleBytes[b.encoding[i] as 0 | 1])

/** Time just after the last sample of block `i`, UTC ms. */
export const blockEnd = (b: BlockBatch, i: number): number => b.start[i]! + (b.count[i]! * 1000) / b.rate_hz[i]!

/**
 * Values of block `i` in the canonical unit, written to `into` from `from` on (made when not given). Bytes are read as
 * little-endian whatever their alignment.
 */
export function samplesOf(b: BlockBatch, i: number, into?: Float32Array, from = 0): Float32Array {
  const n = b.count[i]!
  const out = into ?? new Float32Array(n)
  const { scale, offset } = { scale: b.scale[i]!, offset: b.offset[i]! }
  const at = b.at[i]!
  const data = b.data
  if (b.encoding[i] === sampleEncoding.int16) {
    for (let k = 0, p = at; k < n; k++, p += 2)
      out[from + k] = (((data[p]! | (data[p + 1]! << 8)) << 16) >> 16) * scale + offset
  } else {
    const view = new DataView(data.buffer, data.byteOffset + at, n * 4)
    for (let k = 0; k < n; k++) out[from + k] = view.getFloat32(k * 4, true) * scale + offset
  }
  return out
}
