import type { Rollup, RollupStep } from "./contract.ts"
import type { Store } from "./database.ts"
import { countBuckets } from "./minute-counts.ts"
import { pinned } from "./pins.ts"
import { badArgument } from "./problems.ts"
import { pointFilter, type Reader, rowChunks } from "./reader.ts"
import { rollupSource, rollupsOf } from "./rollup-files.ts"
import type { RollupFile } from "./rollup-kinds.ts"
import { overlapping, type Segment } from "./segments.ts"
import { readingsOf } from "./sources.ts"

export const hour_ms = 3_600_000
export const step_ms: Record<RollupStep, number> = {
  "1min": 60_000,
  "15min": 900_000,
  "1h": hour_ms,
  "1d": 24 * hour_ms,
}

/** More rows than this are not handed out at once. */
const most_rows = 1_000_000

/**
 * Partial roll-ups of a source of readings, one row for each point and step. They add up: every reading is in exactly
 * one segment, so the roll-up of an hour is the sum of its partials, and late readings need no correction.
 */
export const partials = (source: string, width_ms: number): string =>
  `SELECT point, time - ((time % ${width_ms}) + ${width_ms}) % ${width_ms} AS start, min(value) AS min,
     max(value) AS max, sum(value) AS sum, count(*) AS count, bit_or(quality) AS quality
   FROM (${source}) GROUP BY ALL`

/**
 * Roll-ups of the steps whose start lies from (from rounded down to the step) to before `to`, in UTC steps. Hours and
 * days come from the hours kept beside sealed readings plus the live readings; quarters of an hour from the readings.
 */
export async function rollup(
  store: Store,
  reader: Reader,
  args: { points: number[]; from: number; to: number; step: RollupStep },
): Promise<Rollup[]> {
  const width = step_ms[args.step]
  const from = Math.floor(args.from / width) * width
  const to = Math.ceil(args.to / width) * width
  if ((args.points.length * (to - from)) / width > most_rows)
    throw badArgument(
      "points",
      args.points.length,
      "测点数乘以时段数过大，请缩小范围",
      "too many points for so long a time; ask for less",
    )
  const segments = overlapping(store.segments, from, to)
  const files = args.step === "1min" ? [] : rollupsOf(store, args.step === "15min" ? "quarters" : "hours", from, to)
  if (segments.length + files.length === 0 || args.points.length === 0) return []
  const where = `WHERE ${pointFilter(args.points)}`
  const wanted = new Set(args.points)
  return await pinned([...segments, ...files], async () => {
    const source = partialsOf(store, segments, files, width, where, from, to)
    const sql = `SELECT point, start::DOUBLE, min, max, sum, count::DOUBLE, quality FROM (
      SELECT point, start - ((start % ${width}) + ${width}) % ${width} AS start, min(min) AS min, max(max) AS max,
        sum(sum) AS sum, sum(count) AS count, bit_or(quality) AS quality FROM (${source}) GROUP BY ALL)
      ORDER BY point, start`
    const out: Rollup[] = []
    for await (const chunk of rowChunks(reader, await reader.connection.stream(sql))) {
      const point = chunk.column<Int32Array>(0)
      const [start, min, max, sum, count] = [1, 2, 3, 4, 5].map((i) => chunk.column<Float64Array>(i)) as Float64Array[]
      const quality = chunk.column<Uint8Array>(6)
      for (let i = 0; i < chunk.n; i++) {
        if (!wanted.has(point[i]!)) continue
        const n = count![i]!
        out.push({
          point: point[i]!,
          start: start![i]!,
          min: min![i]!,
          max: max![i]!,
          mean: sum![i]! / n,
          count: n,
          quality: quality[i]!,
        })
      }
    }
    return out
  })
}

function partialsOf(
  store: Store,
  segments: Segment[],
  files: RollupFile[],
  width: number,
  where: string,
  from: number,
  to: number,
): string {
  const read = width % hour_ms === 0 ? segments.filter((s) => s.state === "live") : segments
  const parts: string[] = []
  if (files.length > 0)
    parts.push(`SELECT * FROM ${rollupSource(store, files)} ${where} AND start >= ${from} AND start < ${to}`)
  if (read.length > 0) {
    const source = readingsOf(store, read, "point, time, value, quality", { from, to })
    parts.push(partials(`SELECT * FROM (${source}) ${where}`, Math.min(width, hour_ms)))
  }
  return parts.length > 0
    ? parts.join(" UNION ALL ")
    : `SELECT 0 AS point, 0 AS start, 0.0 AS min, 0.0 AS max, 0.0 AS sum,
    0 AS count, 0::UTINYINT AS quality WHERE false`
}

/** Buckets shorter than this are counted from the readings themselves. */
const fine_ms = 60_000

/** Readings per bucket of event time over all points; `buckets` equal parts of from ≤ time < to, empty ones included. */
export async function arrivals(
  store: Store,
  reader: Reader,
  args: { from: number; to: number; buckets: number },
): Promise<{ start: number; count: number }[]> {
  const { from, to, buckets } = args
  const out = Array.from({ length: buckets }, (_, i) => ({
    start: from + Math.floor(((to - from) * i) / buckets),
    count: 0,
  }))
  // A bucket of some minutes or more is counted from the minutes in memory; only short ranges look at the readings.
  if ((to - from) / buckets >= fine_ms) {
    for (const [i, n] of countBuckets(store.counts, from, to, buckets).entries()) out[i]!.count = n
    return out
  }
  const segments = overlapping(store.segments, from, to)
  if (segments.length === 0) return out
  return await pinned(segments, async () => {
    const sql = `SELECT ((time - ${from}) * ${buckets} // ${to - from})::INTEGER AS bucket, count(*)::DOUBLE
      FROM (${readingsOf(store, segments, "time", { from, to })}) GROUP BY 1`
    for await (const chunk of rowChunks(reader, await reader.connection.stream(sql))) {
      const bucket = chunk.column<Int32Array>(0)
      const count = chunk.column<Float64Array>(1)
      for (let i = 0; i < chunk.n; i++) out[bucket[i]!]!.count += count[i]!
    }
    return out
  })
}
