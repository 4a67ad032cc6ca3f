import { type ReadingBatch, readingBatch, type Tick } from "../../model/index.ts"
import { appendProbes, appendReadings, chunksOf } from "./columns.ts"
import type { Conflict } from "./contract.ts"
import { counters, live, measureBytes, requireSpace, type Store, transaction } from "./database.ts"
import { isNewer, type LatestTable, latestTable, takeAll, takeLatest } from "./latest.ts"
import { badArgument } from "./problems.ts"
import type { CommitReply } from "./protocol.ts"
import { overlapping, pinned, segmentTables } from "./segments.ts"
import { readingsOf } from "./sources.ts"

/** What a row is: taken, a resend, or a conflict. */
const taken = 0
const duplicate = 1
const conflict = 2

/** Makes one batch durable: decides which readings are new, and writes them with the batch's row in one transaction. */
export async function commitBatch(store: Store, readings: ReadingBatch, ticks: Tick[]): Promise<CommitReply> {
  check(readings, ticks)
  requireSpace(store)
  const { fate, conflicts } = await decide(store, readings)
  const fresh = conflicts.length === 0 && !fate.includes(duplicate) ? readings : keep(readings, fate)
  const placed = place(ticks, fate)
  const number = store.last_batch + 1
  const segment = live(store)
  const tables = segmentTables(segment.id)
  const text = placed.length === 0 ? "NULL" : `'${JSON.stringify(placed.map((t) => [t.at, t.time]))}'`
  await transaction(store.writer, async () => {
    await appendReadings(store.writer, tables.readings, fresh, number)
    await store.writer.run(`INSERT INTO ${tables.batches} VALUES (${number}, ${fresh.n}, ${text})`)
  })
  store.last_batch = number
  segment.first_batch = Math.min(segment.first_batch, number)
  segment.last_batch = number
  segment.rows += fresh.n
  for (let i = 0; i < fresh.n; i++) {
    const time = fresh.time[i]!
    if (time < segment.min_time) segment.min_time = time
    if (time > segment.max_time) segment.max_time = time
  }
  const last = placed[placed.length - 1]
  if (last) store.last_tick = segment.last_tick = last.time
  takeAll(store.marks, fresh)
  if (number % 64 === 0) measureBytes(store)
  const duplicates = readings.n - fresh.n - conflicts.length
  return { batch: number, readings: fresh, ticks: placed, duplicates, conflicts, counters: counters(store) }
}

function check(b: ReadingBatch, ticks: Tick[]): void {
  for (let i = 0; i < b.n; i++) {
    if (!Number.isSafeInteger(b.time[i]!))
      throw badArgument(`readings.time[${i}]`, b.time[i], "必须是整数毫秒", "must be whole UTC milliseconds")
    if (!Number.isSafeInteger(b.arrived[i]!))
      throw badArgument(`readings.arrived[${i}]`, b.arrived[i], "必须是整数毫秒", "must be whole UTC milliseconds")
    if (Number.isNaN(b.value[i]!)) throw badArgument(`readings.value[${i}]`, "NaN", "必须是数值", "must be a number")
  }
  let before = 0
  for (const [i, tick] of ticks.entries()) {
    if (!Number.isInteger(tick.at) || tick.at < before || tick.at > b.n)
      throw badArgument(
        `ticks[${i}].at`,
        tick.at,
        `必须在 ${before} 与 ${b.n} 之间`,
        `must be from ${before} to ${b.n}`,
      )
    if (!Number.isSafeInteger(tick.time))
      throw badArgument(`ticks[${i}].time`, tick.time, "必须是整数毫秒", "must be whole UTC milliseconds")
    before = tick.at
  }
}

/** Readings above their point's mark are new; only the others are compared with what stands, in the store and here. */
async function decide(store: Store, b: ReadingBatch): Promise<{ fate: Uint8Array; conflicts: Conflict[] }> {
  const fate = new Uint8Array(b.n)
  const conflicts: Conflict[] = []
  const doubtful = belowMark(store.marks, b)
  if (doubtful.length === 0) return { fate, conflicts }
  const standing = await lookUp(store, b, doubtful)
  const points = new Set(Array.from(doubtful, (i) => b.point[i]!))
  const here = new Map<string, number>()
  for (let i = 0; i < b.n; i++) {
    if (!points.has(b.point[i]!)) continue
    const key = `${b.point[i]} ${b.time[i]} ${b.sequence[i]}`
    const known = standing.get(i) ?? here.get(key)
    if (known === undefined) here.set(key, b.value[i]!)
    else if (known === b.value[i]!) fate[i] = duplicate
    else {
      fate[i] = conflict
      conflicts.push(conflictAt(b, i, known))
    }
  }
  return { fate, conflicts }
}

const conflictAt = (b: ReadingBatch, i: number, standing: number): Conflict => ({
  point: b.point[i]!,
  time: b.time[i]!,
  sequence: b.sequence[i]!,
  value: b.value[i]!,
  standing,
})

/** Rows at or below the mark as it stands when their turn comes within the batch. */
function belowMark(marks: LatestTable, b: ReadingBatch): Int32Array {
  const here = latestTable()
  const rows: number[] = []
  for (let i = 0; i < b.n; i++) {
    const point = b.point[i]!
    const time = b.time[i]!
    const sequence = b.sequence[i]!
    if (isNewer(here, point, time, sequence) && isNewer(marks, point, time, sequence)) takeLatest(here, b, i)
    else rows.push(i)
  }
  return Int32Array.from(rows)
}

/** Values that stand in the store under the keys of the given rows, by row. */
async function lookUp(store: Store, b: ReadingBatch, rows: Int32Array): Promise<Map<number, number>> {
  const range = { from: Infinity, to: -Infinity, low: Infinity, high: -Infinity }
  for (const i of rows) {
    range.from = Math.min(range.from, b.time[i]!)
    range.to = Math.max(range.to, b.time[i]!)
    range.low = Math.min(range.low, b.point[i]!)
    range.high = Math.max(range.high, b.point[i]!)
  }
  const found = new Map<number, number>()
  const segments = overlapping(store.segments, range.from, range.to + 1)
  if (segments.length === 0) return found
  await pinned(segments, async () => {
    await store.writer.run("DELETE FROM probe")
    await appendProbes(store.writer, b, rows)
    const result = await store.writer.stream(
      `SELECT p.i, r.value FROM (${readingsOf(store, segments, "point, time, sequence, value")}) r
       JOIN probe p ON r.point = p.point AND r.time = p.time AND r.sequence = p.sequence
       WHERE r.time BETWEEN ${range.from} AND ${range.to} AND r.point BETWEEN ${range.low} AND ${range.high}`,
    )
    for await (const chunk of chunksOf(result)) {
      const at = chunk.column<Int32Array>(0)
      const value = chunk.column<Float64Array>(1)
      for (let k = 0; k < chunk.n; k++) found.set(at[k]!, value[k]!)
    }
  })
  return found
}

function keep(b: ReadingBatch, fate: Uint8Array): ReadingBatch {
  const out = readingBatch(b.n)
  for (let i = 0; i < b.n; i++) {
    if (fate[i] !== taken) continue
    const k = out.n++
    out.point[k] = b.point[i]!
    out.time[k] = b.time[i]!
    out.sequence[k] = b.sequence[i]!
    out.value[k] = b.value[i]!
    out.quality[k] = b.quality[i]!
    out.arrived[k] = b.arrived[i]!
  }
  return out
}

/** Ticks at their place among the rows that were kept. */
function place(ticks: Tick[], fate: Uint8Array): Tick[] {
  if (ticks.length === 0) return []
  let kept = 0
  let i = 0
  return ticks.map((tick) => {
    for (; i < tick.at; i++) if (fate[i] === taken) kept++
    return { at: kept, time: tick.time }
  })
}
