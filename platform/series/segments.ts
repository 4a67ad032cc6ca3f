import type { WrittenFile } from "./files.ts"

/**
 * A run of consecutive batches: live (two DuckDB tables), sealed (a folder of Parquet files), or gone (forgotten or
 * damaged: only the numbers of its batches are left, so that a hole that nobody knows of cannot be taken for it).
 * Every reading is in exactly one segment.
 */
export type Segment = {
  id: number
  state: "live" | "sealed" | "gone"
  /** Name under `sealed/`; empty while live. */
  folder: string
  opened: number
  first_batch: number
  last_batch: number
  rows: number
  /** Range of event time, to leave out segments that a query cannot need; crossed while empty. */
  min_time: number
  max_time: number
  last_tick: number | null
  bytes: number
  /** Form of the sealed files: 1 as the first version wrote them, 2 as readings-file.ts does. */
  format: 1 | 2
  /** Size and CRC-32 of each sealed file by name; null where they were not kept. */
  sums: Record<string, WrittenFile> | null
  /** Queries that are reading it; while there are any, its tables and files stay. */
  readers: number
}

export const emptySegment = (id: number, opened: number): Segment => ({
  id,
  state: "live",
  folder: "",
  opened,
  first_batch: Number.MAX_SAFE_INTEGER,
  last_batch: 0,
  rows: 0,
  min_time: Number.POSITIVE_INFINITY,
  max_time: Number.NEGATIVE_INFINITY,
  last_tick: null,
  bytes: 0,
  format: 2,
  sums: null,
  readers: 0,
})

/** What is left of a segment whose readings are forgotten or broken. */
export const goneSegment = (s: Segment): Segment => ({
  ...emptySegment(s.id, s.opened),
  state: "gone",
  first_batch: s.first_batch,
  last_batch: s.last_batch,
  last_tick: s.last_tick,
})

export const segmentTables = (id: number) => ({ readings: `live_${id}`, batches: `batch_${id}` })

/** A text literal of SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** The segments that can hold readings with from ≤ time < to. */
export const overlapping = (segments: readonly Segment[], from: number, to: number): Segment[] =>
  segments.filter((s) => s.rows > 0 && s.min_time < to && s.max_time >= from)
