import { appendReading, type BlockBatch, type ReadingBatch, readingBatch, type Tick } from "../../model/index.ts"
import { appendProbes, appendReadings, chunksOf } from "./columns.ts"
import type { BlockConflict, Conflict } from "./contract.ts"
import { counters, live, liveWave, measureBytes, requireSpace, type Store, transaction } from "./database.ts"
import { encodeFrame } from "./frames.ts"
import { setRow, takeLatest } from "./latest.ts"
import { countMinute } from "./minute-counts.ts"
import { pinned } from "./pins.ts"
import { badArgument } from "./problems.ts"
import type { CommitReply } from "./protocol.ts"
import { overlapping, segmentTables } from "./segments.ts"
import { setSlot, slotOf } from "./slots.ts"
import { readingsOf } from "./sources.ts"
import { writeTip } from "./tip.ts"
import { checkBlocks, decideBlocks, rangeOf } from "./wave-commit.ts"
import { undoMarks, waveUndo } from "./wave-marks.ts"
import { type Frame, openFrames, syncFrames, takeFrame, trimFrames, writeFrame } from "./wave-segments.ts"

/** What a row is: taken, a resend, or a conflict. */
const taken = 0
const duplicate = 1
const conflict = 2

export type Ask = { readings: ReadingBatch; ticks: Tick[]; blocks: BlockBatch }
type Kept = {
  number: number
  fresh: ReadingBatch
  placed: Tick[]
  blocks: BlockBatch
  duplicates: number
  conflicts: Conflict[]
  block_conflicts: BlockConflict[]
}

/** Marks as they were before a group of commits, so that a refused transaction leaves no trace. */
type Undo = { rows: number; at: number[]; old: ReadingBatch }

/**
 * Makes commits durable in one transaction, each with a number and a row of its own: decides what is new, writes it,
 * and answers each. A commit with a bad argument is refused alone; where the disk or the engine refuses, all are.
 */
export async function commitGroup(store: Store, asks: readonly Ask[]): Promise<(CommitReply | Error)[]> {
  const bad = asks.map((ask) => refusalOf(ask))
  const good = asks.filter((_, k) => bad[k] === null)
  const done = good.length > 0 ? await writeGroup(store, good) : []
  let next = 0
  return bad.map((error) => error ?? replyOf(store, done[next++]!))
}

const replyOf = (store: Store, kept: Kept): CommitReply => ({
  batch: kept.number,
  readings: kept.fresh,
  ticks: kept.placed,
  blocks: kept.blocks,
  duplicates: kept.duplicates,
  conflicts: kept.conflicts,
  block_conflicts: kept.block_conflicts,
  counters: counters(store),
})

async function writeGroup(store: Store, asks: readonly Ask[]): Promise<Kept[]> {
  requireSpace(store)
  const segment = live(store)
  const tables = segmentTables(segment.id)
  const waves = liveWave(store)
  const undo: Undo = { rows: store.marks.rows.n, at: [], old: readingBatch(0) }
  const wave_undo = waveUndo(store.wave_marks)
  const frames: Frame[] = []
  const done: Kept[] = []
  try {
    await transaction(store.writer, async () => {
      for (const ask of asks) {
        const number = store.last_batch + done.length + 1
        const kept = await keepNew(store, ask, number, frames, undo, wave_undo)
        await appendReadings(store.writer, tables.readings, kept.fresh, number)
        const text = kept.placed.length === 0 ? "NULL" : `'${JSON.stringify(kept.placed.map((t) => [t.at, t.time]))}'`
        await store.writer.run(`INSERT INTO ${tables.batches} VALUES (${number}, ${kept.fresh.n}, ${text})`)
        if (kept.blocks.n > 0) {
          const last = frames[frames.length - 1]
          const bytes = encodeFrame(kept.blocks, number)
          const at = last ? last.at + last.bytes : waves.bytes
          openFrames(store.options.folder, waves)
          writeFrame(waves, at, bytes)
          frames.push({ batch: number, at, bytes: bytes.length, blocks: kept.blocks.n, ...rangeOf(kept.blocks) })
        }
        done.push(kept)
      }
      if (frames.length === 0) return
      const rows = frames.map(
        (f) => `(${waves.id}, ${f.batch}, ${f.at}, ${f.bytes}, ${f.blocks}, ${f.samples}, ${f.from}, ${f.to})`,
      )
      const synced = syncFrames(waves)
      await Promise.all([synced, store.writer.run(`INSERT INTO frame VALUES ${rows.join(", ")}`)])
    })
  } catch (error) {
    undoLatest(store, undo)
    undoMarks(store.wave_marks, wave_undo)
    trimFrames(waves)
    throw error
  }
  for (const frame of frames) takeFrame(waves, frame, Date.now())
  for (const kept of done) takeIn(store, kept)
  writeTip(store.tip, store.last_batch)
  return done
}

/** Decides what of a commit is new; marks are raised at once and taken back where the transaction fails. */
async function keepNew(
  store: Store,
  ask: Ask,
  number: number,
  frames: readonly Frame[],
  undo: Undo,
  wave_undo: ReturnType<typeof waveUndo>,
): Promise<Kept> {
  const { readings } = ask
  const { fate, conflicts } = await decide(store, readings, undo)
  const fresh = fate ? keep(readings, fate) : readings
  const blocks = await decideBlocks(store, ask.blocks, frames, wave_undo)
  return {
    number,
    fresh,
    placed: fate ? place(ask.ticks, fate) : ask.ticks,
    blocks: blocks.fresh,
    duplicates: readings.n - fresh.n - conflicts.length + blocks.duplicates,
    conflicts,
    block_conflicts: blocks.conflicts,
  }
}

function takeIn(store: Store, kept: Kept): void {
  const segment = live(store)
  store.last_batch = kept.number
  segment.first_batch = Math.min(segment.first_batch, kept.number)
  segment.last_batch = kept.number
  segment.rows += kept.fresh.n
  for (let i = 0; i < kept.fresh.n; i++) {
    const time = kept.fresh.time[i]!
    countMinute(store.counts, time, 1)
    if (time < segment.min_time) segment.min_time = time
    if (time > segment.max_time) segment.max_time = time
  }
  const last = kept.placed[kept.placed.length - 1]
  if (last) store.last_tick = segment.last_tick = last.time
  if (kept.number % 64 === 0) measureBytes(store)
}

function undoLatest(store: Store, undo: Undo): void {
  const { rows, slot } = store.marks
  for (let k = undo.at.length - 1; k >= 0; k--) setRow(rows, undo.at[k]!, undo.old, k)
  for (let at = undo.rows; at < rows.n; at++) setSlot(slot, rows.point[at]!, -1)
  rows.n = undo.rows
}

function refusalOf(ask: Ask): Error | null {
  try {
    check(ask.readings, ask.ticks)
    checkBlocks(ask.blocks)
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
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

/**
 * Readings above their point's mark are new; only the others are compared with what stands, in the store and here.
 * `fate` is null where all are new.
 */
async function decide(
  store: Store,
  b: ReadingBatch,
  undo: Undo,
): Promise<{ fate: Uint8Array | null; conflicts: Conflict[] }> {
  const conflicts: Conflict[] = []
  const doubtful = belowMark(store, b, undo)
  if (doubtful.length === 0) return { fate: null, conflicts }
  const fate = new Uint8Array(b.n)
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

/** Rows at or below the mark as it stands when their turn comes; the others raise it. */
function belowMark(store: Store, b: ReadingBatch, undo: Undo): Int32Array {
  const { marks } = store
  const below: number[] = []
  for (let i = 0; i < b.n; i++) {
    const at = slotOf(marks.slot, b.point[i]!)
    if (at >= 0 && at < undo.rows) {
      const time = b.time[i]!
      const known = marks.rows.time[at]!
      if (time < known || (time === known && b.sequence[i]! <= marks.rows.sequence[at]!)) {
        below.push(i)
        continue
      }
      undo.at.push(at)
      undo.old = appendRow(undo.old, marks.rows, at)
    }
    if (!takeLatest(marks, b, i)) below.push(i)
  }
  return Int32Array.from(below)
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
  // The live segment is always asked: rows of the same group of commits stand there before its range is known.
  const segments = overlapping(store.segments.slice(0, -1), range.from, range.to + 1)
  segments.push(live(store))
  await pinned(segments, async () => {
    await store.writer.run("DELETE FROM probe")
    await appendProbes(store.writer, b, rows)
    const result = await store.writer.stream(
      `SELECT p.i, r.value FROM (${readingsOf(store, segments, "point, time, sequence, value", { from: range.from, to: range.to + 1 })}) r
       JOIN probe p ON r.point = p.point AND r.time = p.time AND r.sequence = p.sequence
       WHERE r.point BETWEEN ${range.low} AND ${range.high}`,
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
  let out = readingBatch(b.n)
  for (let i = 0; i < b.n; i++) if (fate[i] === taken) out = appendRow(out, b, i)
  return out
}

const appendRow = (into: ReadingBatch, b: ReadingBatch, i: number): ReadingBatch =>
  appendReading(into, b.point[i]!, b.time[i]!, b.sequence[i]!, b.value[i]!, b.quality[i]!, b.arrived[i]!)

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
