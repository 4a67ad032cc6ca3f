/**
 * A run of consecutive batches: live (two DuckDB tables) or sealed (a folder of Parquet files).
 * Every reading is in exactly one segment.
 */
export type Segment = {
  id: number
  state: "live" | "sealed"
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
  readers: 0,
})

export const segmentTables = (id: number) => ({ readings: `live_${id}`, batches: `batch_${id}` })

/** A text literal of SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Runs `work` while none of the segments' tables and files may go away. */
export async function pinned<T>(segments: readonly Segment[], work: () => Promise<T>): Promise<T> {
  for (const s of segments) s.readers++
  try {
    return await work()
  } finally {
    for (const s of segments) s.readers--
  }
}

/** The segments that can hold readings with from ≤ time < to. */
export const overlapping = (segments: readonly Segment[], from: number, to: number): Segment[] =>
  segments.filter((s) => s.rows > 0 && s.min_time < to && s.max_time >= from)
