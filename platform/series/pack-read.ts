import { closeSync, openSync, readSync } from "node:fs"
import { type BlockBatch, blockBatch } from "../../model/index.ts"
import { frame_header_bytes, frameIndexBytes, record_header_bytes } from "./frames.ts"
import { setSlot, slotOf, slots } from "./slots.ts"

/** Frames of a file, by place. */
export type FrameList = { at: Float64Array; bytes: Int32Array; blocks: Int32Array; batch: Float64Array }

/** Records of about this many bytes are in memory at once. */
const group_bytes = 8 << 20
/** Records nearer to each other than this are read at once; what lies between is read in vain. */
const gap_bytes = 4096
const read_bytes = 1 << 20

/** Every record of the file: its point, place and length, and the batch that brought it; in order of place. */
type Index = { n: number; point: Int32Array; place: Float64Array; bytes: Int32Array; batch: Float64Array }

/**
 * Hands over the blocks of one point after the other: a batch of blocks, valid until the next, its rows by
 * (start, sequence), and the number of the commit of row i as batchOf[rows[i]]. Reads the file in groups of points, so that memory does not grow with the file.
 */
export function eachPoint(
  path: string,
  frames: FrameList,
  take: (b: BlockBatch, order: number[], batchOf: Float64Array, rows: Int32Array) => void,
): void {
  const handle = openSync(path, "r")
  let b = blockBatch(256)
  try {
    const index = readIndexes(handle, frames)
    const { order, first } = byPoint(index)
    const spot = new Int32Array(index.n)
    for (let p = 0; p + 1 < first.length; ) {
      let end = p
      let bytes = 0
      for (; end + 1 < first.length && (end === p || bytes < group_bytes); end++)
        for (let k = first[end]!; k < first[end + 1]!; k++) bytes += index.bytes[order[k]!]!
      const buffer = readGroup(handle, index, order.slice(first[p]!, first[end]!).sort(), spot)
      for (; p < end; p++) {
        const rows = order.subarray(first[p]!, first[p + 1]!)
        if (rows.length > b.point.length) b = blockBatch(rows.length * 2)
        fillBlocks(b, index, rows, buffer, spot)
        take(b, inOrder(b), index.batch, rows)
      }
    }
  } finally {
    closeSync(handle)
  }
}

/** Fills the batch with the given records; their samples stay in the buffer they were read into. */
function fillBlocks(b: BlockBatch, index: Index, rows: Int32Array, buffer: Uint8Array, spot: Int32Array): void {
  const f64 = new Float64Array(buffer.buffer)
  const i32 = new Int32Array(buffer.buffer)
  b.n = rows.length
  b.data = buffer
  b.bytes = buffer.length
  for (let i = 0; i < rows.length; i++) {
    const k = rows[i]!
    const at = spot[k]!
    const d = at >> 3
    b.point[i] = index.point[k]!
    b.start[i] = f64[d]!
    b.rate_hz[i] = f64[d + 1]!
    b.scale[i] = f64[d + 2]!
    b.offset[i] = f64[d + 3]!
    b.arrived[i] = f64[d + 4]!
    b.sequence[i] = i32[2 * d + 10]!
    b.count[i] = i32[2 * d + 11]!
    b.encoding[i] = buffer[at + 48]!
    b.quality[i] = buffer[at + 49]!
    b.at[i] = at + record_header_bytes
  }
}

function readFully(handle: number, into: Uint8Array, offset: number, bytes: number, place: number): void {
  for (let done = 0; done < bytes; ) {
    const n = readSync(handle, into, offset + done, bytes - done, place + done)
    if (n === 0) throw new Error(`the file of frames ends at ${place + done}`)
    done += n
  }
}

function readIndexes(handle: number, frames: FrameList): Index {
  const total = frames.blocks.reduce((n, blocks) => n + blocks, 0)
  const index: Index = {
    n: total,
    point: new Int32Array(total),
    place: new Float64Array(total),
    bytes: new Int32Array(total),
    batch: new Float64Array(total),
  }
  let k = 0
  for (let f = 0; f < frames.at.length; f++) {
    const blocks = frames.blocks[f]!
    const head = new Uint8Array(frameIndexBytes(blocks))
    readFully(handle, head, 0, head.length, frames.at[f]!)
    const i32 = new Int32Array(head.buffer)
    const points = frame_header_bytes / 4
    const places = points + (((blocks * 4 + 7) & ~7) >> 2)
    for (let i = 0; i < blocks; i++, k++) {
      const place = i32[places + i]!
      const next = i + 1 < blocks ? i32[places + i + 1]! : frames.bytes[f]!
      index.point[k] = i32[points + i]!
      index.place[k] = frames.at[f]! + place
      index.bytes[k] = next - place
      index.batch[k] = frames.batch[f]!
    }
  }
  return index
}

/** Rows of the index by point (a counting sort, so rows of a point stay in order of place), and where each begins. */
function byPoint(index: Index): { order: Int32Array; first: Int32Array } {
  const points = new Set<number>()
  for (let k = 0; k < index.n; k++) points.add(index.point[k]!)
  const sorted = Int32Array.from(points).sort()
  const rank = slots()
  for (const [r, point] of sorted.entries()) setSlot(rank, point, r)
  const first = new Int32Array(sorted.length + 1)
  for (let k = 0; k < index.n; k++) first[slotOf(rank, index.point[k]!) + 1]!++
  for (let r = 0; r < sorted.length; r++) first[r + 1]! += first[r]!
  const next = first.slice()
  const order = new Int32Array(index.n)
  for (let k = 0; k < index.n; k++) order[next[slotOf(rank, index.point[k]!)]!++] = k
  return { order, first }
}

/** Reads the given records (ascending), neighbours together; says in `spot` where each begins in what it returns. */
function readGroup(handle: number, index: Index, rows: Int32Array, spot: Int32Array): Uint8Array {
  const pieces: { place: number; bytes: number }[] = []
  let size = 0
  for (const k of rows) {
    const place = index.place[k]!
    const last = pieces[pieces.length - 1]
    const gap = last ? place - last.place - last.bytes : 0
    if (last && gap <= gap_bytes && last.bytes < read_bytes) {
      last.bytes += gap + index.bytes[k]!
      size += gap + index.bytes[k]!
    } else {
      pieces.push({ place, bytes: index.bytes[k]! })
      size += index.bytes[k]!
    }
    spot[k] = size - index.bytes[k]!
  }
  // Frames, records and gaps are multiples of 8 bytes, so that every record begins at one here too.
  const buffer = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    readFully(handle, buffer, at, piece.bytes, piece.place)
    at += piece.bytes
  }
  return buffer
}

/** Rows by (start, sequence); they mostly are in order already. */
function inOrder(b: BlockBatch): number[] {
  const order = Array.from({ length: b.n }, (_, i) => i)
  for (let i = 1; i < b.n; i++) {
    const late = b.start[i]! < b.start[i - 1]! || (b.start[i] === b.start[i - 1] && b.sequence[i]! < b.sequence[i - 1]!)
    if (late) return order.sort((x, y) => b.start[x]! - b.start[y]! || b.sequence[x]! - b.sequence[y]!)
  }
  return order
}
