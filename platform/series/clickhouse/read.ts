import type { ReadingBatch, Tick } from "../../../model/index.ts"
import { appendReading, type BlockBatch, blockBatch, readingBatch } from "../../../model/index.ts"
import type { Curve, Latest, Rollup, RollupStep } from "../contract.ts"
import { viewBlocks } from "../frames.ts"
import { badArgument } from "../problems.ts"
import { viewRows } from "../protocol.ts"
import { limits } from "./check.ts"
import { readBlocks } from "./decide.ts"
import { rows } from "./server.ts"
import { type Store, visible } from "./store.ts"

export const step_ms: Record<RollupStep, number> = {
  "1min": 60_000,
  "15min": 900_000,
  "1h": 3_600_000,
  "1d": 86_400_000,
}

/** The start of the step in which `time` lies, also before 1970. */
export const floorTo = (time: string, width_ms: number): string =>
  `${time} - ((${time} % ${width_ms}) + ${width_ms}) % ${width_ms}`

const among = (points: readonly number[]): string => `point IN (${points.join(", ")})`

/** The last reading of each point at or before a time, as argMax per point in the server. */
export async function at(
  store: Store,
  points: readonly number[],
  time: number,
  look_back_ms: number,
): Promise<Latest[]> {
  const out: Latest[] = []
  if (points.length === 0) return out
  await rows(
    store.server,
    `SELECT point, n.1, n.2, n.3, n.4, n.5 FROM (
       SELECT point, argMax(tuple(time, sequence, value, quality, arrived), tuple(time, sequence)) AS n FROM readings
       WHERE ${among(points)} AND time >= ${time - look_back_ms} AND time <= ${time} AND ${await visible(store)}
       GROUP BY point) ORDER BY point`,
    ["i32", "i64", "i32", "f64", "u8", "i64"],
    ([point, at_time, sequence, value, quality, arrived]) => {
      out.push({ point, time: at_time, sequence, value, quality, arrived })
    },
  )
  return out
}

type Spot = [time: number, sequence: number, value: number, quality: number]

/**
 * Readings as they are, up to max_rows a point; beyond that the range is cut into max_rows / 4 equal buckets of event
 * time and each gives its first, lowest, highest and last reading, chosen in the server.
 */
export async function history(
  store: Store,
  points: readonly number[],
  from: number,
  to: number,
  max_rows: number,
): Promise<Curve[]> {
  if (points.length === 0) return []
  const where = (some: readonly number[]) => `${among(some)} AND time >= ${from} AND time < ${to} AND ${seen}`
  const seen = await visible(store)
  const counts = new Map<number, number>()
  await rows(
    store.server,
    `SELECT point, toInt64(count()) FROM readings WHERE ${where(points)} GROUP BY point`,
    ["i32", "i64"],
    ([point, n]) => {
      counts.set(point, n)
    },
  )
  const found = new Map<number, Spot[]>([...counts.keys()].map((p) => [p, []]))
  const few = [...counts].flatMap(([p, n]) => (n <= max_rows ? [p] : []))
  const many = [...counts].flatMap(([p, n]) => (n > max_rows ? [p] : []))
  if (few.length > 0)
    await rows(
      store.server,
      `SELECT point, time, sequence, value, quality FROM readings WHERE ${where(few)}`,
      ["i32", "i64", "i32", "f64", "u8"],
      ([point, time, sequence, value, quality]) => {
        found.get(point)!.push([time, sequence, value, quality])
      },
    )
  if (many.length > 0) await decimated(store, where(many), from, to, Math.max(1, Math.floor(max_rows / 4)), found)
  return points.map((point) => curveOf(point, found.get(point) ?? [], (counts.get(point) ?? 0) > max_rows))
}

async function decimated(
  store: Store,
  where: string,
  from: number,
  to: number,
  buckets: number,
  found: Map<number, Spot[]>,
): Promise<void> {
  const width = (to - from) / buckets
  const reading = "tuple(time, sequence, value, quality)"
  const spot = ["i64", "i32", "f64", "u8"] as const
  const four = [1, 2, 3, 4].flatMap((k) => [1, 2, 3, 4].map((part) => `s${k}.${part}`))
  await rows(
    store.server,
    `SELECT point, ${four.join(", ")} FROM (
       SELECT point, least(${buckets - 1}, floor((time - ${from}) / ${width})) AS bucket,
         argMin(${reading}, tuple(time, sequence)) AS s1, argMin(${reading}, tuple(value, time, sequence)) AS s2,
         argMin(${reading}, tuple(-value, time, sequence)) AS s3, argMax(${reading}, tuple(time, sequence)) AS s4
       FROM readings WHERE ${where} GROUP BY point, bucket)`,
    ["i32", ...spot, ...spot, ...spot, ...spot],
    (row) => {
      const spots = found.get(row[0])!
      for (let k = 1; k < 17; k += 4) spots.push([row[k]!, row[k + 1]!, row[k + 2]!, row[k + 3]!] as Spot)
    },
  )
}

/** By event time and sequence; a reading that is first and lowest at once comes once. */
function curveOf(point: number, spots: Spot[], is_decimated: boolean): Curve {
  spots.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const own = spots.filter((s, i) => i === 0 || s[0] !== spots[i - 1]![0] || s[1] !== spots[i - 1]![1])
  return {
    point,
    time: Float64Array.from(own, (s) => s[0]),
    value: Float64Array.from(own, (s) => s[2]),
    quality: Uint8Array.from(own, (s) => s[3]),
    decimated: is_decimated,
  }
}

/** Sums over readings, and over what was kept of forgotten days; whole UTC steps. */
export async function rollup(
  store: Store,
  points: readonly number[],
  from: number,
  to: number,
  step: RollupStep,
): Promise<Rollup[]> {
  const width = step_ms[step]
  const first = Math.floor(from / width) * width
  const last = Math.ceil(to / width) * width
  if ((points.length * (last - first)) / width > limits.rollups_an_answer)
    throw badArgument(
      "points",
      points.length,
      "测点数乘以时段数过大，请缩小范围",
      "too many points for so long a time; ask for less",
    )
  const out: Rollup[] = []
  if (points.length === 0) return out
  const range = (time: string) => `${among(points)} AND ${time} >= ${first} AND ${time} < ${last}`
  await rows(
    store.server,
    `SELECT point, at, min(low), max(high), sum(total), toInt64(sum(n)), groupBitOr(flags) FROM (
       SELECT point, ${floorTo("time", width)} AS at, min(value) AS low, max(value) AS high, sum(value) AS total,
         toInt64(count()) AS n, groupBitOr(quality) AS flags
       FROM readings WHERE ${range("time")} AND ${await visible(store)} GROUP BY point, at
       UNION ALL SELECT point, ${floorTo("start", width)} AS at, min AS low, max AS high, sum AS total, count AS n,
         quality AS flags
       FROM rollups WHERE ${range("start")} AND (day, attempt) IN (SELECT day, attempt FROM forgotten))
     GROUP BY point, at ORDER BY point, at`,
    ["i32", "i64", "f64", "f64", "f64", "i64", "u8"],
    ([point, start, min, max, sum, count, quality]) => {
      out.push({ point, start, min, max, mean: sum / count, count, quality })
    },
  )
  return out
}

const minute_ms = 60_000

/**
 * Readings per bucket over all points: from the minute counts kept with each batch where buckets are whole minutes,
 * else from the readings themselves.
 */
export async function arrivals(store: Store, from: number, to: number, buckets: number) {
  const out = Array.from({ length: buckets }, (_, i) => ({
    start: from + Math.floor(((to - from) * i) / buckets),
    count: 0,
  }))
  const seen = await visible(store)
  let first = from
  await rows(
    store.server,
    "SELECT max(day), toInt64(count()) FROM forgotten WHERE done = 2",
    ["i64", "i64"],
    ([day, n]) => {
      if (n > 0) first = Math.max(from, (day + 1) * step_ms["1d"])
    },
  )
  const bucket = (time: string) => `toInt64(floor((${time} - ${from}) * ${buckets} / ${to - from}))`
  const whole = from % minute_ms === 0 && ((to - from) / buckets) % minute_ms === 0
  const source = whole
    ? `SELECT ${bucket("minute")} AS b, toInt64(sum(n)) FROM (SELECT minutes, counts FROM batches
         WHERE ${seen} AND max_time >= ${from} AND min_time < ${to})
       ARRAY JOIN minutes AS minute, counts AS n WHERE minute >= ${first} AND minute < ${to} GROUP BY b`
    : `SELECT ${bucket("time")} AS b, toInt64(count()) FROM readings
       WHERE time >= ${from} AND time < ${to} AND ${seen} GROUP BY b`
  await rows(store.server, source, ["i64", "i64"], ([b, n]) => {
    out[b]!.count += n
  })
  return out
}

type Batch = { batch: number; readings: ReadingBatch; ticks: Tick[]; blocks: BlockBatch }
const since_rows = 200_000
const since_batches = 4096
const since_samples = 8_000_000

/** The next batches of this writer after one; about 200,000 readings at a time, at least one batch where there is one. */
export async function nextBatches(store: Store, after: number): Promise<Batch[]> {
  const seen = `epoch IN (${store.epochs.join(", ")}) AND ${await visible(store)}`
  type Head = { batch: number; rows: number; blocks: number; ticks: Tick[]; range: [number, number, number, number] }
  const heads: Head[] = []
  let [row_count, samples_from, full] = [0, -1, false]
  await rows(
    store.server,
    `SELECT batch, rows, blocks, ticks, samples_total, min_time, max_time, min_start, max_start FROM batches
     WHERE ${seen} AND batch > ${after} ORDER BY batch LIMIT ${since_batches}`,
    ["i64", "u32", "u32", "bytes", "i64", "i64", "i64", "i64", "i64"],
    ([batch, n, blocks, ticks, samples, ...range]) => {
      if (samples_from < 0) samples_from = samples
      full ||= heads.length > 0 && (row_count + n > since_rows || samples - samples_from > since_samples)
      if (full) return
      row_count += n
      heads.push({ batch, rows: n, blocks, ticks: ticksOf(ticks.toString()), range: range as Head["range"] })
    },
  )
  const last = heads.at(-1)
  if (!last) return []
  const these = `${seen} AND batch > ${after} AND batch <= ${last.batch}`
  const low = (k: 0 | 2) => heads.reduce((n, h) => Math.min(n, h.range[k]), Number.MAX_SAFE_INTEGER)
  const high = (k: 1 | 3) => heads.reduce((n, h) => Math.max(n, h.range[k]), -Number.MAX_SAFE_INTEGER)
  let readings = readingBatch(row_count)
  const rows_of = new Map<number, number>()
  if (row_count > 0)
    await rows(
      store.server,
      `SELECT point, time, sequence, value, quality, arrived, batch FROM readings
       WHERE ${these} AND time >= ${low(0)} AND time <= ${high(1)} ORDER BY batch, position`,
      ["i32", "i64", "i32", "f64", "u8", "i64", "i64"],
      ([point, time, sequence, value, quality, arrived, batch]) => {
        readings = appendReading(readings, point, time, sequence, value, quality, arrived)
        rows_of.set(batch, (rows_of.get(batch) ?? 0) + 1)
      },
    )
  const blocks_of = new Map<number, number>()
  let blocks = blockBatch()
  if (heads.some((h) => h.blocks > 0))
    blocks = await readBlocks(
      store,
      `${these} AND start >= ${low(2)} AND start <= ${high(3)}`,
      "ORDER BY batch, position",
      blocks,
      (batch) => blocks_of.set(batch, (blocks_of.get(batch) ?? 0) + 1),
    )
  return cutUp(heads, readings, rows_of, blocks, blocks_of)
}

/** Rows of a forgotten day are gone from their batch: what is there says where each batch ends. */
function cutUp(
  heads: readonly { batch: number; ticks: Tick[] }[],
  readings: ReadingBatch,
  rows_of: Map<number, number>,
  blocks: BlockBatch,
  blocks_of: Map<number, number>,
): Batch[] {
  let [row, block] = [0, 0]
  return heads.map((h) => {
    const end = row + (rows_of.get(h.batch) ?? 0)
    const block_end = block + (blocks_of.get(h.batch) ?? 0)
    const batch = {
      batch: h.batch,
      readings: viewRows(readings, row, end),
      ticks: h.ticks,
      blocks: viewBlocks(blocks, block, block_end),
    }
    row = end
    block = block_end
    return batch
  })
}

export const ticksOf = (text: string): Tick[] =>
  text === "" ? [] : (JSON.parse(text) as [number, number][]).map(([at_row, time]) => ({ at: at_row, time }))
