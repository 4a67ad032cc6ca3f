import { appendBlock, type BlockBatch, blockBatch, type ReadingBatch } from "../../../model/index.ts"
import type { BlockConflict, Conflict } from "../contract.ts"
import { sameSamples } from "../frames.ts"
import { isNewer, latestTable, takeLatest } from "../latest.ts"
import { slotOf } from "../slots.ts"
import { raiseMark, waveMarks } from "../wave-marks.ts"
import { rows } from "./server.ts"
import { type Store, visible } from "./store.ts"

/** What a row is: taken, a resend, or a conflict. */
export const fates = { taken: 0, duplicate: 1, conflict: 2 } as const
/** A look-up names so many keys at most, which keeps it below the server's 256 KB a query; more are asked in parts. */
const keys_a_query = 3000

/**
 * Decides over the readings of several commits, laid end to end. A row above its point's newest must be new; only the
 * others are compared with what stands, in the server and earlier in the group.
 */
export async function decideReadings(
  store: Store,
  batches: readonly ReadingBatch[],
): Promise<{ fate: Uint8Array; conflicts: Conflict[][] }> {
  const fate = new Uint8Array(batches.reduce((n, b) => n + b.n, 0))
  const conflicts: Conflict[][] = batches.map(() => [])
  const here = latestTable()
  const keys: string[] = []
  const points = new Set<number>()
  for (const b of batches)
    for (let i = 0; i < b.n; i++) {
      const [point, time, sequence] = [b.point[i]!, b.time[i]!, b.sequence[i]!]
      if (isNewer(store.marks, point, time, sequence) && takeLatest(here, b, i)) continue
      points.add(point)
      if (slotOf(store.marks.slot, point) >= 0) keys.push(`(${point},${time},${sequence})`)
    }
  if (points.size === 0) return { fate, conflicts }
  const standing = await standingValues(store, keys)
  let row = 0
  for (const [k, b] of batches.entries())
    for (let i = 0; i < b.n; i++, row++) {
      if (!points.has(b.point[i]!)) continue
      const key = `(${b.point[i]},${b.time[i]},${b.sequence[i]})`
      const known = standing.get(key)
      if (known === undefined) standing.set(key, b.value[i]!)
      else if (known === b.value[i]!) fate[row] = fates.duplicate
      else {
        fate[row] = fates.conflict
        conflicts[k]!.push({
          point: b.point[i]!,
          time: b.time[i]!,
          sequence: b.sequence[i]!,
          value: b.value[i]!,
          standing: known,
        })
      }
    }
  return { fate, conflicts }
}

/** Values that stand in the server under the keys, written "(point,time,sequence)". */
async function standingValues(store: Store, keys: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const seen = keys.length > 0 ? await visible(store) : ""
  for (let at = 0; at < keys.length; at += keys_a_query) {
    const part = keys.slice(at, at + keys_a_query)
    await rows(
      store.server,
      `SELECT point, time, sequence, value FROM readings WHERE ${among(part, "time")} AND ${seen}`,
      ["i32", "i64", "i32", "f64"],
      ([point, time, sequence, value]) => {
        found.set(`(${point},${time},${sequence})`, value)
      },
    )
  }
  return found
}

/** Keys as a condition that also says the range of points and times, which the server's index knows how to use. */
function among(keys: readonly string[], time: string): string {
  const points = new Set<number>()
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const key of keys) {
    const [point, at] = key.slice(1, -1).split(",", 2).map(Number) as [number, number]
    points.add(point)
    if (at < low) low = at
    if (at > high) high = at
  }
  return `point IN (${[...points].join(", ")}) AND ${time} >= ${low} AND ${time} <= ${high}
    AND (point, ${time}, sequence) IN (${keys.join(", ")})`
}

/** The same for blocks, whose samples are compared byte by byte. */
export async function decideBlocks(
  store: Store,
  batches: readonly BlockBatch[],
): Promise<{ fate: Uint8Array; conflicts: BlockConflict[][] }> {
  const fate = new Uint8Array(batches.reduce((n, b) => n + b.n, 0))
  const conflicts: BlockConflict[][] = batches.map(() => [])
  const here = waveMarks()
  const keys: string[] = []
  const points = new Set<number>()
  const marks = store.wave_marks
  for (const b of batches)
    for (let i = 0; i < b.n; i++) {
      const [point, start, sequence] = [b.point[i]!, b.start[i]!, b.sequence[i]!]
      const at = slotOf(marks.slot, point)
      const above = at < 0 || start > marks.start[at]! || (start === marks.start[at]! && sequence > marks.sequence[at]!)
      if (above && raiseMark(here, point, start, sequence)) continue
      points.add(point)
      if (at >= 0) keys.push(`(${point},${start},${sequence})`)
    }
  if (points.size === 0) return { fate, conflicts }
  const known = new Map<string, [BlockBatch, number]>()
  const standing = await standingBlocks(store, keys)
  for (let i = 0; i < standing.n; i++) known.set(keyOf(standing, i), [standing, i])
  let row = 0
  for (const [k, b] of batches.entries())
    for (let i = 0; i < b.n; i++, row++) {
      if (!points.has(b.point[i]!)) continue
      const first = known.get(keyOf(b, i))
      if (!first) known.set(keyOf(b, i), [b, i])
      else if (sameSamples(b, i, first[0], first[1])) fate[row] = fates.duplicate
      else {
        fate[row] = fates.conflict
        conflicts[k]!.push({ point: b.point[i]!, start: b.start[i]!, sequence: b.sequence[i]!, count: b.count[i]! })
      }
    }
  return { fate, conflicts }
}

const keyOf = (b: BlockBatch, i: number) => `(${b.point[i]},${b.start[i]},${b.sequence[i]})`

async function standingBlocks(store: Store, keys: readonly string[]): Promise<BlockBatch> {
  let found = blockBatch()
  const seen = keys.length > 0 ? await visible(store) : ""
  for (let at = 0; at < keys.length; at += keys_a_query) {
    const part = keys.slice(at, at + keys_a_query)
    found = await readBlocks(store, `${among(part, "start")} AND ${seen}`, "", found)
  }
  return found
}

/** Whole blocks of a condition, appended to a batch. `each` hears the batch number of every one. */
export async function readBlocks(
  store: Store,
  where: string,
  order: string,
  into: BlockBatch,
  each?: (batch: number) => void,
): Promise<BlockBatch> {
  let blocks = into
  await rows(
    store.server,
    `SELECT point, start, sequence, rate_hz, count, encoding, scale, offset, quality, arrived, data, batch FROM waves
     WHERE ${where} ${order}`,
    ["i32", "i64", "i32", "f64", "u32", "u8", "f64", "f64", "u8", "i64", "bytes", "i64"],
    ([point, start, sequence, rate_hz, count, encoding, scale, offset, flags, arrived, data, batch]) => {
      blocks = appendBlock(blocks, {
        point,
        start,
        sequence,
        rate_hz,
        count,
        encoding,
        scale,
        offset,
        quality: flags,
        arrived,
        data,
      })
      each?.(batch)
    },
  )
  return blocks
}
