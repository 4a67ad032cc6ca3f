import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib"
import {
  type BlockBatch,
  blockBatch,
  type ReadingBatch,
  rawSamples,
  readingBatch,
  sampleBytes,
  type Tick,
} from "../../model/index.ts"

/** Readings, ticks at their place among them, and waveform blocks: what travels through the log. */
export type Part = { readings: ReadingBatch; ticks: Tick[]; blocks: BlockBatch }

/** Where a committed part belongs: the batch of its partition, and which of the messages of that batch it is. */
export type Place = { partition: number; batch: number; index: number; of: number }

/**
 * A message of the log, version 1, little-endian:
 * magic u8 = 0xb7 | version (7 bits) and zstd (1 bit) u8 | partition u16 | index u16 | of u16 | batch f64 | readings u32 | ticks u32 | blocks u32 |
 * sample_bytes u32 | body. The body has the columns one after the other, the widest first, then the samples.
 */
const magic = 0xb7
const version = 1
const header_bytes = 32
const flag_zstd = 0x80
const zstd_above_bytes = 512
/** No message unpacks to more, whatever it says. */
const most_body_bytes = 64 << 20

const reading_bytes = 33
const tick_bytes = 12
const block_bytes = 54
const no_place: Place = { partition: 0, batch: 0, index: 0, of: 1 }

/** Bytes that a part takes in the log before it is compressed. */
export const partBytes = (p: Part): number =>
  header_bytes + p.readings.n * reading_bytes + p.ticks.length * tick_bytes + p.blocks.n * block_bytes + p.blocks.bytes

/** Wide columns of readings and blocks in their order on the wire. */
const reading_wide = ["time", "value", "arrived"] as const
const reading_narrow = ["point", "sequence"] as const
const block_wide = ["start", "rate_hz", "scale", "offset", "arrived"] as const
const block_narrow = ["point", "sequence", "count"] as const

export function encodePart(part: Part, place: Place = no_place, compress = true): Buffer {
  const { readings: r, ticks, blocks: b } = part
  const sample_bytes = samplesBytes(b)
  const body = Buffer.allocUnsafe(r.n * reading_bytes + ticks.length * tick_bytes + b.n * block_bytes + sample_bytes)
  let at = 0
  const put = (column: Float64Array | Int32Array | Uint8Array, n: number) => {
    const bytes = n * column.BYTES_PER_ELEMENT
    body.set(new Uint8Array(column.buffer, column.byteOffset, bytes), at)
    at += bytes
  }
  for (const name of reading_wide) put(r[name], r.n)
  put(
    Float64Array.from(ticks, (t) => t.time),
    ticks.length,
  )
  for (const name of block_wide) put(b[name], b.n)
  for (const name of reading_narrow) put(r[name], r.n)
  put(
    Int32Array.from(ticks, (t) => t.at),
    ticks.length,
  )
  for (const name of block_narrow) put(b[name], b.n)
  put(r.quality, r.n)
  put(b.quality, b.n)
  put(b.encoding, b.n)
  for (let i = 0; i < b.n; i++) {
    const raw = rawSamples(b, i)
    body.set(raw, at)
    at += raw.length
  }
  const zstd = compress && body.length > zstd_above_bytes
  const head = Buffer.alloc(header_bytes)
  head[0] = magic
  head[1] = version | (zstd ? flag_zstd : 0)
  head.writeUInt16LE(place.partition, 2)
  head.writeUInt16LE(place.index, 4)
  head.writeUInt16LE(place.of, 6)
  head.writeDoubleLE(place.batch, 8)
  head.writeUInt32LE(r.n, 16)
  head.writeUInt32LE(ticks.length, 20)
  head.writeUInt32LE(b.n, 24)
  head.writeUInt32LE(sample_bytes, 28)
  const packed = zstd ? zstdCompressSync(body, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }) : body
  return Buffer.concat([head, packed])
}

function samplesBytes(b: BlockBatch): number {
  let bytes = 0
  for (let i = 0; i < b.n; i++) bytes += b.count[i]! * sampleBytes[b.encoding[i] as 0 | 1]
  return bytes
}

/** A message that this program cannot read. `newer` where a later version of it wrote the message. */
export class UnreadableMessage extends Error {
  newer: boolean
  constructor(reason: string, newer = false) {
    super(reason)
    this.newer = newer
  }
}

/** Reads a message; throws UnreadableMessage where it is not one, is cut off, or says more than it has. */
export function decodePart(message: Uint8Array): Part & { place: Place } {
  const data = Buffer.from(message.buffer, message.byteOffset, message.length)
  if (data.length < header_bytes) throw new UnreadableMessage(`${data.length} bytes are no message of the log`)
  if (data[0] !== magic) throw new UnreadableMessage(`a message that begins with ${data[0]} is none of the log`)
  const found = data[1]! & ~flag_zstd
  if (found !== version) throw new UnreadableMessage(`version ${found} is not known`, found > version)
  const [readings, ticks, blocks, sample_bytes] = [16, 20, 24, 28].map((p) => data.readUInt32LE(p)) as [
    number,
    number,
    number,
    number,
  ]
  const size = readings * reading_bytes + ticks * tick_bytes + blocks * block_bytes + sample_bytes
  if (size > most_body_bytes) throw new UnreadableMessage(`a body of ${size} bytes is more than a message may have`)
  const body = unpack(data, size)
  const place = {
    partition: data.readUInt16LE(2),
    index: data.readUInt16LE(4),
    of: data.readUInt16LE(6),
    batch: data.readDoubleLE(8),
  }
  return { ...read(body, readings, ticks, blocks, sample_bytes), place }
}

function unpack(data: Buffer, size: number): Buffer {
  const packed = data.subarray(header_bytes)
  if ((data[1]! & flag_zstd) === 0) {
    if (packed.length !== size) throw new UnreadableMessage(`a body of ${packed.length} bytes should have ${size}`)
    return packed
  }
  let body: Buffer
  try {
    body = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, size) })
  } catch (error) {
    throw new UnreadableMessage(`the body cannot be unpacked: ${String(error)}`)
  }
  if (body.length !== size) throw new UnreadableMessage(`a body of ${body.length} bytes should have ${size}`)
  return body
}

function read(body: Buffer, n: number, ticks: number, blocks: number, sample_bytes: number): Part {
  let at = 0
  const copy = <T extends Float64Array | Int32Array | Uint8Array>(column: T): T => {
    new Uint8Array(column.buffer).set(body.subarray(at, at + column.byteLength))
    at += column.byteLength
    return column
  }
  const r = { ...readingBatch(0), n }
  const b = { ...blockBatch(), n: blocks }
  for (const name of reading_wide) r[name] = copy(new Float64Array(n))
  const tick_time = copy(new Float64Array(ticks))
  for (const name of block_wide) b[name] = copy(new Float64Array(blocks))
  for (const name of reading_narrow) r[name] = copy(new Int32Array(n))
  const tick_at = copy(new Int32Array(ticks))
  for (const name of block_narrow) b[name] = copy(new Int32Array(blocks))
  r.quality = copy(new Uint8Array(n))
  b.quality = copy(new Uint8Array(blocks))
  b.encoding = copy(new Uint8Array(blocks))
  b.at = new Int32Array(blocks)
  b.data = copy(new Uint8Array(sample_bytes))
  for (let i = 0; i < blocks; i++) {
    if (b.encoding[i]! > 1 || b.count[i]! < 0) throw new UnreadableMessage(`block ${i} has no known encoding`)
    b.at[i] = b.bytes
    b.bytes += b.count[i]! * sampleBytes[b.encoding[i] as 0 | 1]
  }
  if (b.bytes !== sample_bytes) throw new UnreadableMessage("the samples do not fit the blocks")
  return { readings: r, ticks: Array.from(tick_time, (time, i) => ({ at: tick_at[i]!, time })), blocks: b }
}
