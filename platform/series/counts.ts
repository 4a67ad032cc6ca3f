import type { Store } from "./database.ts"
import { countRows, minutesOf } from "./minute-counts.ts"
import { rollupSource } from "./rollup-files.ts"
import { segmentTables } from "./segments.ts"

/** Fills the counts per minute: those of sealed readings stand in files, live ones are counted. */
export async function loadCounts(store: Store): Promise<void> {
  store.counts = new Map()
  const files = store.rollups.filter((f) => f.kind === "counts")
  if (files.length > 0) await countRows(store.counts, store.writer, rollupSource(store, files))
  for (const segment of store.segments)
    if (segment.state === "live" && segment.rows > 0)
      await countRows(store.counts, store.writer, minutesOf(`SELECT time FROM ${segmentTables(segment.id).readings}`))
}
