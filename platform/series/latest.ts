import { appendReading, type ReadingBatch, readingBatch } from "../../model/index.ts"
import type { Latest } from "./contract.ts"

/** The newest reading of each point by (event time, sequence), in columns; `slot` finds a point's row. */
export type LatestTable = { slot: Map<number, number>; rows: ReadingBatch }

export const latestTable = (): LatestTable => ({ slot: new Map(), rows: readingBatch(256) })

/** True where (time, sequence) comes after what is known of the point. */
export function isNewer(table: LatestTable, point: number, time: number, sequence: number): boolean {
  const at = table.slot.get(point)
  if (at === undefined) return true
  const known = table.rows.time[at]!
  return time > known || (time === known && sequence > table.rows.sequence[at]!)
}

/** Takes row `i` of the batch where it is newer than what is known of its point. */
export function takeLatest(table: LatestTable, batch: ReadingBatch, i: number): void {
  const point = batch.point[i]!
  const time = batch.time[i]!
  const sequence = batch.sequence[i]!
  if (!isNewer(table, point, time, sequence)) return
  const at = table.slot.get(point)
  if (at === undefined) {
    table.slot.set(point, table.rows.n)
    table.rows = appendReading(table.rows, point, time, sequence, batch.value[i]!, batch.quality[i]!, batch.arrived[i]!)
    return
  }
  const rows = table.rows
  rows.time[at] = time
  rows.sequence[at] = sequence
  rows.value[at] = batch.value[i]!
  rows.quality[at] = batch.quality[i]!
  rows.arrived[at] = batch.arrived[i]!
}

/** Takes all rows of a batch. */
export function takeAll(table: LatestTable, batch: ReadingBatch): void {
  for (let i = 0; i < batch.n; i++) takeLatest(table, batch, i)
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
