import { appendReading, type ReadingBatch, readingBatch } from "../../model/index.ts"
import type { Latest } from "./contract.ts"
import { type Slots, setSlot, slotOf, slots } from "./slots.ts"

/** The newest reading of each point by (event time, sequence), in columns; `slot` finds a point's row. */
export type LatestTable = { slot: Slots; rows: ReadingBatch }

export const latestTable = (): LatestTable => ({ slot: slots(), rows: readingBatch(256) })

/** True where (time, sequence) comes after what is known of the point. */
export function isNewer(table: LatestTable, point: number, time: number, sequence: number): boolean {
  const at = slotOf(table.slot, point)
  if (at < 0) return true
  const known = table.rows.time[at]!
  return time > known || (time === known && sequence > table.rows.sequence[at]!)
}

/** Takes row `i` of the batch where it is newer than what is known of its point; true where it was. */
export function takeLatest(table: LatestTable, batch: ReadingBatch, i: number): boolean {
  const point = batch.point[i]!
  const time = batch.time[i]!
  const sequence = batch.sequence[i]!
  const at = slotOf(table.slot, point)
  if (at < 0) {
    setSlot(table.slot, point, table.rows.n)
    table.rows = appendReading(table.rows, point, time, sequence, batch.value[i]!, batch.quality[i]!, batch.arrived[i]!)
    return true
  }
  const rows = table.rows
  const known = rows.time[at]!
  if (time < known || (time === known && sequence <= rows.sequence[at]!)) return false
  setRow(rows, at, batch, i)
  return true
}

/** Takes all rows of a batch. */
export function takeAll(table: LatestTable, batch: ReadingBatch): void {
  for (let i = 0; i < batch.n; i++) takeLatest(table, batch, i)
}

/** Overwrites row `at` with row `i` of another batch of the same point. */
export function setRow(rows: ReadingBatch, at: number, batch: ReadingBatch, i: number): void {
  rows.time[at] = batch.time[i]!
  rows.sequence[at] = batch.sequence[i]!
  rows.value[at] = batch.value[i]!
  rows.quality[at] = batch.quality[i]!
  rows.arrived[at] = batch.arrived[i]!
}

/** Row `i` of a batch as a Latest. */
export const latestRow = (b: ReadingBatch, i: number): Latest => ({
  point: b.point[i]!,
  time: b.time[i]!,
  sequence: b.sequence[i]!,
  value: b.value[i]!,
  quality: b.quality[i]!,
  arrived: b.arrived[i]!,
})
