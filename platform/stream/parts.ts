import {
  appendBlock,
  type BlockBatch,
  blockBatch,
  type ReadingBatch,
  rawSamples,
  readingBatch,
} from "../../model/index.ts"
import { type Part, partBytes } from "./codec.ts"

export const emptyPart = (rows = 0): Part => ({ readings: readingBatch(rows), ticks: [], blocks: blockBatch() })
export const isEmpty = (p: Part): boolean => p.readings.n === 0 && p.ticks.length === 0 && p.blocks.n === 0

/** The partition of a point; fixed for the life of a deployment. */
export const partitionOf = (point: number, partitions: number): number =>
  ((point % partitions) + partitions) % partitions

function copyReading(into: ReadingBatch, from: ReadingBatch, i: number): void {
  const k = into.n++
  into.point[k] = from.point[i]!
  into.time[k] = from.time[i]!
  into.sequence[k] = from.sequence[i]!
  into.value[k] = from.value[i]!
  into.quality[k] = from.quality[i]!
  into.arrived[k] = from.arrived[i]!
}

const copyBlock = (into: BlockBatch, from: BlockBatch, i: number): BlockBatch =>
  appendBlock(into, {
    point: from.point[i]!,
    start: from.start[i]!,
    sequence: from.sequence[i]!,
    rate_hz: from.rate_hz[i]!,
    count: from.count[i]!,
    encoding: from.encoding[i]!,
    scale: from.scale[i]!,
    offset: from.offset[i]!,
    quality: from.quality[i]!,
    arrived: from.arrived[i]!,
    data: rawSamples(from, i),
  })

/** Deals a part to the partitions of its points; each partition gets every tick, at its place among its own readings. */
export function dealt(part: Part, partitions: number): Part[] {
  const { readings: r, blocks: b, ticks } = part
  const rows = new Int32Array(partitions)
  for (let i = 0; i < r.n; i++) rows[partitionOf(r.point[i]!, partitions)]!++
  const parts = Array.from(rows, (n) => emptyPart(n))
  let t = 0
  for (let i = 0; i <= r.n; i++) {
    for (; t < ticks.length && ticks[t]!.at <= i; t++)
      for (const p of parts) p.ticks.push({ at: p.readings.n, time: ticks[t]!.time })
    if (i < r.n) copyReading(parts[partitionOf(r.point[i]!, partitions)]!.readings, r, i)
  }
  for (let i = 0; i < b.n; i++) {
    const p = parts[partitionOf(b.point[i]!, partitions)]!
    p.blocks = copyBlock(p.blocks, b, i)
  }
  return parts
}

/** Parts laid end to end. */
export function joined(parts: readonly Part[]): Part {
  if (parts.length === 1) return parts[0]!
  const out = emptyPart(parts.reduce((n, p) => n + p.readings.n, 0))
  for (const p of parts) {
    const at = out.readings.n
    for (const name of ["point", "time", "sequence", "value", "quality", "arrived"] as const)
      out.readings[name].set(p.readings[name].subarray(0, p.readings.n), at)
    out.readings.n += p.readings.n
    for (const tick of p.ticks) out.ticks.push({ at: at + tick.at, time: tick.time })
    for (let i = 0; i < p.blocks.n; i++) out.blocks = copyBlock(out.blocks, p.blocks, i)
  }
  return out
}

/** Cuts a part so that no piece is larger than `most_bytes`, in order; the same part is always cut the same way. */
export function cut(part: Part, most_bytes: number): Part[] {
  if (partBytes(part) <= most_bytes) return [part]
  const pieces: Part[] = []
  let piece = emptyPart()
  let bytes = partBytes(piece)
  const room = (more: number) => {
    if (bytes + more > most_bytes && !isEmpty(piece)) {
      pieces.push(piece)
      piece = emptyPart()
      bytes = partBytes(piece)
    }
    bytes += more
  }
  let t = 0
  const { readings: r, ticks, blocks: b } = part
  for (let i = 0; i <= r.n; i++) {
    for (; t < ticks.length && ticks[t]!.at <= i; t++) {
      room(12)
      piece.ticks.push({ at: piece.readings.n, time: ticks[t]!.time })
    }
    if (i === r.n) break
    room(33)
    piece.readings = ensureRoom(piece.readings)
    copyReading(piece.readings, r, i)
  }
  for (let i = 0; i < b.n; i++) {
    room(54 + rawSamples(b, i).length)
    piece.blocks = copyBlock(piece.blocks, b, i)
  }
  if (!isEmpty(piece)) pieces.push(piece)
  return pieces
}

function ensureRoom(b: ReadingBatch): ReadingBatch {
  if (b.n < b.point.length) return b
  const next = readingBatch(Math.max(256, b.point.length * 2))
  next.n = b.n
  for (const name of ["point", "time", "sequence", "value", "quality", "arrived"] as const)
    next[name].set(b[name].subarray(0, b.n))
  return next
}
