import { join } from "node:path"
import { inSealed, type Store, sealedFolder } from "./database.ts"
import { sealedLast, sealedSource, sealedWithBatch } from "./readings-file.ts"
import { type Segment, segmentTables } from "./segments.ts"

/** A query over the readings of the given segments, wherever they are; from ≤ time < to where a range is given. */
export function readingsOf(
  store: Store,
  segments: readonly Segment[],
  columns: string,
  range?: { from: number; to: number },
): string {
  const within = range ? ` WHERE time >= ${range.from} AND time < ${range.to}` : ""
  const parts = segments
    .filter((s) => s.state === "live")
    .map((s) => `SELECT ${columns} FROM ${segmentTables(s.id).readings}${within}`)
  const first = segments.filter((s) => s.state === "sealed" && s.format === 1)
  if (first.length > 0) parts.push(`SELECT ${columns} FROM ${filesOf(store, first, "readings")}${within}`)
  const second = segments.filter((s) => s.state === "sealed" && s.format === 2)
  if (second.length > 0) {
    const files = second.map((s) => join(sealedFolder(store), s.folder, "readings.parquet"))
    parts.push(`SELECT ${columns} FROM ${sealedSource(files, range)}${within}`)
  }
  return united(parts)
}

/** The last reading of each point with from ≤ time < to, perhaps among earlier ones. */
export function lastOf(
  store: Store,
  segments: readonly Segment[],
  points: string,
  range: { from: number; to: number },
): string {
  const names = "point, time, sequence, value, quality, arrived"
  const second = segments.filter((s) => s.state === "sealed" && s.format === 2)
  const others = segments.filter((s) => !second.includes(s))
  const parts: string[] = []
  if (others.length > 0) parts.push(`SELECT * FROM (${readingsOf(store, others, names, range)}) WHERE ${points}`)
  const files = second.map((s) => join(sealedFolder(store), s.folder, "readings.parquet"))
  if (files.length > 0) parts.push(sealedLast(files, points, range))
  return united(parts)
}

const columns_with_batch = "point, time, sequence, value, quality, arrived, batch, position"

/** Readings with their batch and position; only batches first … last where they are given. */
export function readingsWithBatch(
  store: Store,
  segments: readonly Segment[],
  range?: { first: number; last: number },
): string {
  const within = range ? ` WHERE batch BETWEEN ${range.first} AND ${range.last}` : ""
  return united(
    segments.map((s) => {
      if (s.state === "live") return `SELECT ${columns_with_batch} FROM ${segmentTables(s.id).readings}${within}`
      if (s.format === 1) return `SELECT ${columns_with_batch} FROM ${filesOf(store, [s], "readings")}${within}`
      return `SELECT ${columns_with_batch} FROM ${sealedWithBatch(join(sealedFolder(store), s.folder), range)}`
    }),
  )
}

/** A query over the batch rows (number, count, ticks) of the given segments. */
export const batchesOf = (store: Store, segments: readonly Segment[]): string =>
  united(
    segments.map((s) =>
      s.state === "live"
        ? `SELECT number, count, ticks FROM ${segmentTables(s.id).batches}`
        : `SELECT number, count, ticks FROM ${filesOf(store, [s], "batches")}`,
    ),
  )

/** The latest arrival in each batch of the given segments that has readings: number, arrived. */
export const arrivalsOf = (store: Store, segments: readonly Segment[]): string =>
  united(
    segments.map((s) => {
      if (s.state === "sealed" && s.format === 2)
        return `SELECT number, arrived FROM ${filesOf(store, [s], "batches")} WHERE arrived IS NOT NULL`
      const source = s.state === "live" ? segmentTables(s.id).readings : filesOf(store, [s], "readings")
      return `SELECT batch AS number, max(arrived) AS arrived FROM ${source} GROUP BY batch`
    }),
  )

const filesOf = (store: Store, segments: readonly Segment[], what: string): string =>
  `read_parquet([${segments.map((s) => inSealed(store, s, `${what}.parquet`)).join(", ")}])`

function united(parts: readonly string[]): string {
  if (parts.length === 0) throw new Error("a query needs at least one segment")
  return parts.join(" UNION ALL ")
}
