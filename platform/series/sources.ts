import { inSealed, type Store } from "./database.ts"
import { type Segment, segmentTables } from "./segments.ts"

/** A query over the readings of the given segments, wherever they are. */
export const readingsOf = (store: Store, segments: readonly Segment[], columns: string): string =>
  union(store, segments, columns, "readings")

/** A query over the batch rows (number, count, ticks) of the given segments. */
export const batchesOf = (store: Store, segments: readonly Segment[]): string =>
  union(store, segments, "number, count, ticks", "batches")

/** A query over the partial hours (point, start, min, max, sum, count, quality) of sealed segments. */
export const hoursOf = (store: Store, segments: readonly Segment[]): string => filesOf(store, segments, "*", "hours")

function union(store: Store, segments: readonly Segment[], columns: string, what: "readings" | "batches"): string {
  const parts = segments
    .filter((s) => s.state === "live")
    .map((s) => `SELECT ${columns} FROM ${segmentTables(s.id)[what]}`)
  const sealed = segments.filter((s) => s.state === "sealed")
  if (sealed.length > 0) parts.push(filesOf(store, sealed, columns, what))
  if (parts.length === 0) throw new Error("a query needs at least one segment")
  return parts.join(" UNION ALL ")
}

const filesOf = (store: Store, segments: readonly Segment[], columns: string, what: string): string =>
  `SELECT ${columns} FROM read_parquet([${segments.map((s) => inSealed(store, s, `${what}.parquet`)).join(", ")}])`
