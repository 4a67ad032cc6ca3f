/** Readings of one point that a subject has not consumed yet: sorted by time, the first of equal times wins. */
import type { Column } from "../../lifelines/contract.ts"

export type Buffer = {
  head: number
  n: number
  time: Float64Array
  value: Float64Array
  quality: Uint8Array
  batch: Float64Array
  /** False where a reading came out of order and the next consumer must sort. */
  sorted: boolean
}

/** Room of the first reading's array; most points of a large city wait with one or two. */
const capacity_start = 4
const no_times = new Float64Array(0)
const no_flags = new Uint8Array(0)

export const newBuffer = (): Buffer => ({
  head: 0,
  n: 0,
  time: no_times,
  value: no_times,
  quality: no_flags,
  batch: no_times,
  sorted: true,
})

/** Appends one reading of batch number `batch`. */
export function put(b: Buffer, time: number, value: number, quality: number, batch: number): void {
  if (b.n === b.time.length) makeRoom(b)
  if (b.n > b.head && time <= b.time[b.n - 1]!) b.sorted = false
  const i = b.n++
  b.time[i] = time
  b.value[i] = value
  b.quality[i] = quality
  b.batch[i] = batch
}

function makeRoom(b: Buffer): void {
  const kept = b.n - b.head
  const size = Math.max(capacity_start, kept * 2 > b.time.length ? b.time.length * 2 : b.time.length)
  const moved = <T extends Float64Array | Uint8Array>(from: T, to: T): T => {
    to.set(from.subarray(b.head, b.n))
    return to
  }
  b.time = moved(b.time, new Float64Array(size))
  b.value = moved(b.value, new Float64Array(size))
  b.quality = moved(b.quality, new Uint8Array(size))
  b.batch = moved(b.batch, new Float64Array(size))
  b.head = 0
  b.n = kept
}

/** Sorts by time, stable in arrival, and drops later readings of a time that is already there. */
export function tidy(b: Buffer): void {
  if (b.sorted) return
  const order = Array.from({ length: b.n - b.head }, (_, i) => b.head + i)
  order.sort((i, j) => b.time[i]! - b.time[j]! || i - j)
  const kept = order.filter((i, at) => at === 0 || b.time[i] !== b.time[order[at - 1]!])
  const time = kept.map((i) => b.time[i]!)
  const value = kept.map((i) => b.value[i]!)
  const quality = kept.map((i) => b.quality[i]!)
  const batch = kept.map((i) => b.batch[i]!)
  b.time.set(time, b.head)
  b.value.set(value, b.head)
  b.quality.set(quality, b.head)
  b.batch.set(batch, b.head)
  b.n = b.head + kept.length
  b.sorted = true
}

/** Time of the earliest reading; Infinity when empty. */
export function firstTime(b: Buffer): number {
  if (b.head === b.n) return Number.POSITIVE_INFINITY
  tidy(b)
  return b.time[b.head]!
}

/** Takes the readings with time < to out of the buffer; null for none. The column is valid until the next put. */
export function take(b: Buffer, to: number): Column | null {
  if (b.head === b.n) return null
  tidy(b)
  let end = b.head
  while (end < b.n && b.time[end]! < to) end++
  if (end === b.head) return null
  const column: Column = {
    time: b.time.subarray(b.head, end),
    value: b.value.subarray(b.head, end),
    quality: b.quality.subarray(b.head, end),
  }
  b.head = end
  return column
}

/** Smallest batch number among the readings still held; Infinity when empty. */
export function oldestBatch(b: Buffer): number {
  let oldest = Number.POSITIVE_INFINITY
  for (let i = b.head; i < b.n; i++) oldest = Math.min(oldest, b.batch[i]!)
  return oldest
}
