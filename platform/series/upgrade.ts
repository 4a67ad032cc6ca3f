import { rowsOf } from "./columns.ts"
import { type Store, schema_version, transaction } from "./database.ts"
import { rollupInsert } from "./rollup-files.ts"
import type { RollupFile } from "./rollup-kinds.ts"
import { writeRollups } from "./seal.ts"
import { readingsOf } from "./sources.ts"

/**
 * Brings a folder of format 1 to this one: roll-ups of its sealed readings, which lay beside them, are written apart.
 * The readings stay as they are and are rewritten when they are merged. Safe to be stopped at any instant: the
 * transaction that names the new files also raises the version.
 */
export async function upgrade(store: Store): Promise<void> {
  const [found] = await rowsOf(store.writer, "SELECT value FROM meta WHERE key = 'schema'")
  if (Number(found?.value) >= schema_version) return
  const files: RollupFile[] = []
  for (const segment of store.segments)
    if (segment.state === "sealed" && segment.rows > 0)
      files.push(
        ...(await writeRollups(store, store.writer, readingsOf(store, [segment], "point, time, value, quality"))),
      )
  await transaction(store.writer, async () => {
    for (const file of files) await store.writer.run(rollupInsert(file))
    await store.writer.run(`UPDATE meta SET value = '${schema_version}' WHERE key = 'schema'`)
  })
  store.rollups.push(...files)
}
