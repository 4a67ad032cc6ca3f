import { crc32 } from "node:zlib"
import { type BlockBatch, blockBatch, blockColumns, roomForBlocks, sampleBytes } from "../../model/index.ts"

/**
 * A frame holds the waveform blocks of one commit, as they came, in a segment's `.frames` file. Little-endian; every
 * part begins at a multiple of 8 bytes.
 *
 * frame:  "MMF1" | blocks u32 | frame bytes u32 | crc32 u32 of all that follows | batch f64 |
 *         points i32 × blocks | places u32 × blocks (of each record, from the frame's begin) | records
 * record: start f64 | rate_hz f64 | scale f64 | offset f64 | arrived f64 | sequence i32 | count i32 | encoding u8 |
 *         quality u8 | 6 × 0 | samples
 */
export const frame_magic = 0x31464d4d
export const frame_header_bytes = 24
export const record_header_bytes = 56

const padded = (n: number): number => (n + 7) & ~7
const indexBytes = (blocks: number): number => padded(blocks * 4)

/** Makes the frame of a batch of blocks. */
export function encodeFrame(b: BlockBatch, batch: number): Uint8Array {
  const index = indexBytes(b.n)
  let size = frame_header_bytes + 2 * index
  for (let i = 0; i < b.n; i++) size += record_header_bytes + padded(b.count[i]! * sampleBytes[b.encoding[i] as 0 | 1])
  const bytes = new Uint8Array(size)
  const f64 = new Float64Array(bytes.buffer)
  const i32 = new Int32Array(bytes.buffer)
  i32[0] = frame_magic
  i32[1] = b.n
  i32[2] = size
  f64[2] = batch
  i32.set(b.point.subarray(0, b.n), frame_header_bytes / 4)
  const places = (frame_header_bytes + index) / 4
  let at = frame_header_bytes + 2 * index
  for (let i = 0; i < b.n; i++) {
    i32[places + i] = at
    const d = at / 8
    f64[d] = b.start[i]!
    f64[d + 1] = b.rate_hz[i]!
    f64[d + 2] = b.scale[i]!
    f64[d + 3] = b.offset[i]!
    f64[d + 4] = b.arrived[i]!
    i32[at / 4 + 10] = b.sequence[i]!
    i32[at / 4 + 11] = b.count[i]!
    bytes[at + 48] = b.encoding[i]!
    bytes[at + 49] = b.quality[i]!
    const length = b.count[i]! * sampleBytes[b.encoding[i] as 0 | 1]
    bytes.set(b.data.subarray(b.at[i]!, b.at[i]! + length), at + record_header_bytes)
    at += record_header_bytes + padded(length)
  }
  i32[3] = crc32(bytes.subarray(16)) | 0
  return bytes
}

/** A frame's own checksum and length agree with its bytes. */
export function frameIsWhole(bytes: Uint8Array): boolean {
  if (bytes.length < frame_header_bytes) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return (
    view.getUint32(0, true) === frame_magic &&
    view.getUint32(8, true) === bytes.length &&
    view.getUint32(12, true) === crc32(bytes.subarray(16))
  )
}

/** Bytes at the begin of a frame that say which points it holds and where: enough for `findInFrame`. */
export const frameIndexBytes = (blocks: number): number => frame_header_bytes + 2 * indexBytes(blocks)

/** Rows of a point among the first `blocks` of a frame's index, and where their records begin. */
export function placesOf(index: Uint8Array, blocks: number, wanted: (point: number) => boolean): [number, number][] {
  const i32 = new Int32Array(index.buffer, index.byteOffset, index.length >> 2)
  const points = frame_header_bytes / 4
  const places = points + indexBytes(blocks) / 4
  const found: [number, number][] = []
  for (let i = 0; i < blocks; i++) if (wanted(i32[points + i]!)) found.push([i32[points + i]!, i32[places + i]!])
  return found
}

/** Appends the record that begins at `at` to the batch; returns the batch, grown where it was full. */
export function takeRecord(into: BlockBatch, point: number, bytes: Uint8Array, at: number): BlockBatch {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const count = view.getInt32(44, true)
  const encoding = bytes[at + 48]! as 0 | 1
  const length = count * sampleBytes[encoding]
  const b = roomForBlocks(into, 1, length)
  const i = b.n++
  b.point[i] = point
  b.start[i] = view.getFloat64(0, true)
  b.rate_hz[i] = view.getFloat64(8, true)
  b.scale[i] = view.getFloat64(16, true)
  b.offset[i] = view.getFloat64(24, true)
  b.arrived[i] = view.getFloat64(32, true)
  b.sequence[i] = view.getInt32(40, true)
  b.count[i] = count
  b.encoding[i] = encoding
  b.quality[i] = bytes[at + 49]!
  b.at[i] = b.bytes
  b.data.set(bytes.subarray(at + record_header_bytes, at + record_header_bytes + length), b.bytes)
  b.bytes += length
  return b
}

/** Bytes of the record that begins at `at`, header and padding included. */
export const recordBytes = (count: number, encoding: number): number =>
  record_header_bytes + padded(count * sampleBytes[encoding as 0 | 1])

/** All blocks of a frame, appended to `into`, as they were committed. */
export function decodeFrame(bytes: Uint8Array, into: BlockBatch = blockBatch()): BlockBatch {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const n = view.getUint32(4, true)
  const places = frame_header_bytes + indexBytes(n)
  let b = roomForBlocks(into, n, bytes.length)
  for (let i = 0; i < n; i++)
    b = takeRecord(b, view.getInt32(frame_header_bytes + 4 * i, true), bytes, view.getUint32(places + 4 * i, true))
  return b
}

/** Rows from..to as views; samples stay in the shared `data`. */
export const viewBlocks = (b: BlockBatch, from: number, to: number): BlockBatch => {
  const view: BlockBatch = { ...b, n: to - from }
  for (const name of blockColumns) Object.assign(view, { [name]: b[name].subarray(from, to) })
  return view
}

/** Compares the samples of two blocks and what gives them their values. */
export function sameSamples(a: BlockBatch, i: number, b: BlockBatch, k: number): boolean {
  if (a.count[i] !== b.count[k] || a.encoding[i] !== b.encoding[k] || a.rate_hz[i] !== b.rate_hz[k]) return false
  if (a.scale[i] !== b.scale[k] || a.offset[i] !== b.offset[k]) return false
  const length = a.count[i]! * sampleBytes[a.encoding[i] as 0 | 1]
  const one = a.data.subarray(a.at[i]!, a.at[i]! + length)
  const two = b.data.subarray(b.at[k]!, b.at[k]! + length)
  return Buffer.compare(one, two) === 0
}
