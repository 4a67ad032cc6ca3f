import {
  type BlockBatch,
  blockBatch,
  type ReadingBatch,
  rawSamples,
  readingBatch,
  samplesOf,
  type Tick,
  takeBlock,
} from "../../../model/index.ts"
import type { BlockConflict, Commit, Conflict } from "../contract.ts"
import { setRow, takeLatest } from "../latest.ts"
import { raiseMark } from "../wave-marks.ts"
import { checkCommit } from "./check.ts"
import { decideBlocks, decideReadings, fates } from "./decide.ts"
import {
  putBytes,
  putF32,
  putF64,
  putI32,
  putI64,
  putLength,
  putText,
  putU8,
  putU32,
  rowWriter,
  written,
} from "./rowbinary.ts"
import { insert } from "./server.ts"
import { beginEpoch, type Store } from "./store.ts"
import { always, never } from "./tables.ts"

export type Ask = { readings: ReadingBatch; ticks: Tick[]; blocks: BlockBatch }

const minute_ms = 60_000

/**
 * Commits several asks with one insert a table, each with a number of its own; the last insert, into `batches`, makes
 * them exist together. Where any insert fails or its answer is lost, the epoch is cut after what stands, so that
 * nothing of the failed group can come to count later under numbers given to others, and all asks are refused.
 */
export async function commitGroup(store: Store, asks: readonly Ask[]): Promise<(Commit | Error)[]> {
  const refused = asks.map((ask) => checkCommit(ask.readings, ask.ticks, ask.blocks))
  const good = asks.filter((_, k) => refused[k] === null)
  const done = good.length > 0 ? await writeGroup(store, good) : []
  let next = 0
  return refused.map((error) => error ?? done[next++]!)
}

async function writeGroup(store: Store, asks: readonly Ask[]): Promise<Commit[]> {
  if (store.broken) await beginEpoch(store)
  const readings = await decideReadings(
    store,
    asks.map((a) => a.readings),
  )
  const blocks = await decideBlocks(
    store,
    asks.map((a) => a.blocks),
  )
  let [row, block] = [0, 0]
  const done = asks.map((ask, k): Commit => {
    const fate = readings.fate.subarray(row, row + ask.readings.n)
    const block_fate = blocks.fate.subarray(block, block + ask.blocks.n)
    row += ask.readings.n
    block += ask.blocks.n
    const fresh = keepReadings(ask.readings, fate)
    const fresh_blocks = keepBlocks(ask.blocks, block_fate)
    const conflicts: Conflict[] = readings.conflicts[k]!
    const block_conflicts: BlockConflict[] = blocks.conflicts[k]!
    const dropped = ask.readings.n - fresh.n + ask.blocks.n - fresh_blocks.n
    return {
      batch: store.last_batch + 1 + k,
      readings: fresh,
      ticks: placeTicks(ask.ticks, fate),
      blocks: fresh_blocks,
      duplicates: dropped - conflicts.length - block_conflicts.length,
      conflicts,
      block_conflicts,
    }
  })
  try {
    await write(store, done)
  } catch (error) {
    store.broken = true
    throw error
  }
  for (const commit of done) takeIn(store, commit)
  return done
}

/** Three inserts at most; the one into `batches` is last. */
async function write(store: Store, done: readonly Commit[]): Promise<void> {
  const { server, epoch } = store
  const rows = done.reduce((n, c) => n + c.readings.n, 0)
  const bytes = done.reduce((n, c) => n + c.blocks.bytes + c.blocks.n * 120, 0)
  const inserts: Promise<void>[] = []
  if (rows > 0) {
    const w = rowWriter(rows * 49)
    for (const c of done) putReadings(w, c.readings, epoch, c.batch)
    const columns = "point, time, sequence, value, quality, arrived, epoch, batch, position"
    inserts.push(insert(server, "readings", columns, written(w)))
  }
  if (bytes > 0) {
    const w = rowWriter(bytes)
    for (const c of done) putBlocks(w, c.blocks, epoch, c.batch)
    const columns = `point, start, sequence, finish, rate_hz, count, encoding, scale, offset, quality, arrived, low, high,
      squares, data, epoch, batch, position`
    inserts.push(insert(server, "waves", columns, written(w)))
  }
  for (const one of await Promise.allSettled(inserts)) if (one.status === "rejected") throw one.reason
  const w = rowWriter(done.length * 200)
  let { last_tick, rows_total, samples_total } = store
  for (const c of done) {
    last_tick = c.ticks.at(-1)?.time ?? last_tick
    rows_total += c.readings.n
    samples_total += samplesIn(c.blocks)
    putBatch(w, c, { epoch, last_tick, rows_total, samples_total })
  }
  const columns = `epoch, batch, rows, blocks, ticks, last_tick, rows_total, samples_total, min_time, max_time, min_start,
    max_start, minutes, counts`
  await insert(server, "batches", columns, written(w))
}

function putReadings(w: ReturnType<typeof rowWriter>, b: ReadingBatch, epoch: number, batch: number): void {
  for (let i = 0; i < b.n; i++) {
    putI32(w, b.point[i]!)
    putI64(w, b.time[i]!)
    putI32(w, b.sequence[i]!)
    putF64(w, b.value[i]!)
    putU8(w, b.quality[i]!)
    putI64(w, b.arrived[i]!)
    putU32(w, epoch)
    putI64(w, batch)
    putU32(w, i)
  }
}

function putBlocks(w: ReturnType<typeof rowWriter>, b: BlockBatch, epoch: number, batch: number): void {
  for (let i = 0; i < b.n; i++) {
    const values = samplesOf(b, i)
    let [low, high, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
    for (const v of values) {
      if (v < low) low = v
      if (v > high) high = v
      squares += v * v
    }
    putI32(w, b.point[i]!)
    putI64(w, b.start[i]!)
    putI32(w, b.sequence[i]!)
    putF64(w, b.start[i]! + (b.count[i]! * 1000) / b.rate_hz[i]!)
    putF64(w, b.rate_hz[i]!)
    putU32(w, b.count[i]!)
    putU8(w, b.encoding[i]!)
    putF64(w, b.scale[i]!)
    putF64(w, b.offset[i]!)
    putU8(w, b.quality[i]!)
    putI64(w, b.arrived[i]!)
    putF32(w, low)
    putF32(w, high)
    putF64(w, squares)
    putBytes(w, rawSamples(b, i))
    putU32(w, epoch)
    putI64(w, batch)
    putU32(w, i)
  }
}

type Totals = { epoch: number; last_tick: number | null; rows_total: number; samples_total: number }

function putBatch(w: ReturnType<typeof rowWriter>, c: Commit, t: Totals): void {
  let [low, high] = [always, never]
  const minutes = new Map<number, number>()
  for (let i = 0; i < c.readings.n; i++) {
    const time = c.readings.time[i]!
    if (time < low) low = time
    if (time > high) high = time
    const minute = Math.floor(time / minute_ms) * minute_ms
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1)
  }
  let [first, last] = [always, never]
  for (let i = 0; i < c.blocks.n; i++) {
    first = Math.min(first, c.blocks.start[i]!)
    last = Math.max(last, c.blocks.start[i]!)
  }
  putU32(w, t.epoch)
  putI64(w, c.batch)
  putU32(w, c.readings.n)
  putU32(w, c.blocks.n)
  putText(w, c.ticks.length === 0 ? "" : JSON.stringify(c.ticks.map((tick) => [tick.at, tick.time])))
  putI64(w, t.last_tick ?? never)
  putI64(w, t.rows_total)
  putI64(w, t.samples_total)
  for (const n of [low, high, first, last]) putI64(w, n)
  putLength(w, minutes.size)
  for (const minute of minutes.keys()) putI64(w, minute)
  putLength(w, minutes.size)
  for (const count of minutes.values()) putU32(w, count)
}

function takeIn(store: Store, c: Commit): void {
  store.last_batch = c.batch
  store.rows_total += c.readings.n
  store.samples_total += samplesIn(c.blocks)
  store.marks_rows += c.readings.n + c.blocks.n
  store.last_tick = c.ticks.at(-1)?.time ?? store.last_tick
  for (let i = 0; i < c.readings.n; i++) takeLatest(store.marks, c.readings, i)
  for (let i = 0; i < c.blocks.n; i++)
    raiseMark(store.wave_marks, c.blocks.point[i]!, c.blocks.start[i]!, c.blocks.sequence[i]!)
}

export function samplesIn(b: BlockBatch): number {
  let n = 0
  for (let i = 0; i < b.n; i++) n += b.count[i]!
  return n
}

/** Copies of the rows that are new; a minus zero becomes zero. */
function keepReadings(b: ReadingBatch, fate: Uint8Array): ReadingBatch {
  const out = readingBatch(b.n)
  for (let i = 0; i < b.n; i++) {
    if (fate[i] !== fates.taken) continue
    const k = out.n++
    out.point[k] = b.point[i]!
    setRow(out, k, b, i)
    out.value[k] = b.value[i]! + 0
  }
  return out
}

function keepBlocks(b: BlockBatch, fate: Uint8Array): BlockBatch {
  let out = blockBatch(b.n, b.bytes)
  for (let i = 0; i < b.n; i++) if (fate[i] === fates.taken) out = takeBlock(out, b, i)
  return out
}

/** Ticks at their place among the readings that were kept. */
function placeTicks(ticks: readonly Tick[], fate: Uint8Array): Tick[] {
  let [kept, i] = [0, 0]
  return ticks.map((tick) => {
    for (; i < tick.at; i++) if (fate[i] === fates.taken) kept++
    return { at: kept, time: tick.time }
  })
}
