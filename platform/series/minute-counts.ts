import type { DuckDBConnection } from "@duckdb/node-api"
import { chunksOf } from "./columns.ts"

/** Readings per minute of event time over all points, in memory: one small array for each day that has any. */
export type MinuteCounts = Map<number, Float64Array>

const minute_ms = 60_000
const minutes_a_day = 1440

/** Adds `n` readings (or takes them away) to the minute of `time`. */
export function countMinute(counts: MinuteCounts, time: number, n: number): void {
  const minute = Math.floor(time / minute_ms)
  const day = Math.floor(minute / minutes_a_day)
  let found = counts.get(day)
  if (!found) {
    found = new Float64Array(minutes_a_day)
    counts.set(day, found)
  }
  found[minute - day * minutes_a_day]! += n
}

/** Adds the rows (start, count) of a query. */
export async function countRows(
  counts: MinuteCounts,
  connection: DuckDBConnection,
  source: string,
  sign: 1 | -1 = 1,
): Promise<void> {
  const result = await connection.stream(`SELECT start::DOUBLE, count::DOUBLE FROM ${source}`)
  for await (const chunk of chunksOf(result)) {
    const start = chunk.column<Float64Array>(0)
    const count = chunk.column<Float64Array>(1)
    for (let i = 0; i < chunk.n; i++) countMinute(counts, start[i]!, sign * count[i]!)
  }
}

/** Readings of from ≤ time < to in `buckets` equal parts; a minute counts where it begins. */
export function countBuckets(counts: MinuteCounts, from: number, to: number, buckets: number): Float64Array {
  const out = new Float64Array(buckets)
  const day_ms = minute_ms * minutes_a_day
  for (const [day, minutes] of counts) {
    if ((day + 1) * day_ms <= from || day * day_ms >= to) continue
    for (let m = 0; m < minutes_a_day; m++) {
      const n = minutes[m]!
      const start = day * day_ms + m * minute_ms
      if (n === 0 || start + minute_ms <= from || start >= to) continue
      const at = Math.floor((Math.max(0, start - from) * buckets) / (to - from))
      out[Math.min(buckets - 1, at)]! += n
    }
  }
  return out
}

/** A query that counts the readings of a source per minute: start, count. */
export const minutesOf = (source: string): string =>
  `(SELECT time - ((time % ${minute_ms}) + ${minute_ms}) % ${minute_ms} AS start, count(*)::INTEGER AS count
    FROM (${source}) GROUP BY ALL ORDER BY ALL)`
