import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type { DuckDBConnection } from "@duckdb/node-api"
import { rowsOf } from "./columns.ts"
import { addLiveSegment, live, newestOf, nextId, type Store, sealedFolder, transaction } from "./database.ts"
import { hour_ms, partials } from "./rollup.ts"
import { pinned, quoted, type Segment, segmentTables } from "./segments.ts"
import { batchesOf, readingsOf } from "./sources.ts"

/** A live table younger than this waits even when asked to seal, so that a quiet city makes few files. */
const few_rows = 100_000
/** This many neighbouring sealed segments of like size become one. */
export const merge_count = 8
/** Segments grow no further than this by merging. */
const most_merged_rows = 50_000_000

const parquet = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, PARQUET_VERSION V2)"

/** Writes readings, batch rows and hours of the segments (batches ≤ `batch`) as three Parquet files into a new folder. */
export async function writeSegment(
  store: Store,
  connection: DuckDBConnection,
  segments: readonly Segment[],
  folder: string,
  batch: number,
): Promise<{ rows: number; bytes: number }> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const file = (name: string) => quoted(join(folder, name))
  const source = `SELECT point, time, sequence, value, quality, arrived, batch, position
    FROM (${readingsOf(store, segments, "*")}) WHERE batch <= ${batch}`
  await connection.run(`COPY (${source} ORDER BY point, time, sequence) TO ${file("readings.parquet")} ${parquet}`)
  await connection.run(
    `COPY (SELECT * FROM (${batchesOf(store, segments)}) WHERE number <= ${batch} ORDER BY number)
     TO ${file("batches.parquet")} ${parquet}`,
  )
  const written = `SELECT point, time, value, quality FROM read_parquet(${file("readings.parquet")})`
  await connection.run(
    `COPY (${partials(written, hour_ms)} ORDER BY point, start) TO ${file("hours.parquet")} ${parquet}`,
  )
  let bytes = 0
  for (const name of readdirSync(folder)) {
    bytes += statSync(join(folder, name)).size
    syncPath(join(folder, name))
  }
  syncPath(folder)
  const [count] = await rowsOf(connection, `SELECT count(*) AS n FROM read_parquet(${file("readings.parquet")})`)
  return { rows: Number(count?.n ?? 0), bytes }
}

/** Makes a file's content, or a folder's list of names, durable. */
export function syncPath(path: string): void {
  const handle = openSync(path, "r")
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** True where the live segment should give way to a new one: it is full, or an hour old and worth a file. */
export function isDue(store: Store, segment: Segment, now: number): boolean {
  if (segment.rows >= store.options.seal_rows) return true
  if (segment.last_batch === 0) return false
  if (now === Number.POSITIVE_INFINITY) return true
  return now - segment.opened >= hour_ms && segment.rows >= Math.min(few_rows, store.options.seal_rows)
}

/** Gives the commits a new live segment; only the commit queue may call it. */
export async function rotate(store: Store, now: number): Promise<void> {
  if (isDue(store, live(store), now)) await addLiveSegment(store)
}

/**
 * Seals every live segment that takes no more commits. Order, so that a kill at any instant neither loses nor doubles:
 * files written under tmp/ and synced → renamed into sealed/ → one transaction says "sealed" → queries go over → the
 * table is dropped when the last query on it has ended. Opening removes folders and tables that the catalogue lacks.
 */
export async function sealFinished(store: Store): Promise<{ hours: number; rows: number }> {
  const sealed = { hours: 0, rows: 0 }
  for (const segment of store.segments.slice(0, -1)) {
    if (segment.state !== "live") continue
    await replaceBySealed(store, [segment])
    sealed.hours++
    sealed.rows += segment.rows
  }
  for (let run = mergeable(store); run; run = mergeable(store)) await replaceBySealed(store, run)
  await dropRetired(store)
  return sealed
}

async function replaceBySealed(store: Store, old: Segment[]): Promise<void> {
  const first = old[0]!
  const last = old[old.length - 1]!
  const id = old.length === 1 ? first.id : nextId(store)
  const next: Segment = {
    ...last,
    id,
    state: "sealed",
    folder: `${String(first.first_batch).padStart(12, "0")}-${String(last.last_batch).padStart(12, "0")}-${id}`,
    first_batch: first.first_batch,
    rows: old.reduce((n, s) => n + s.rows, 0),
    min_time: old.reduce((t, s) => Math.min(t, s.min_time), Number.POSITIVE_INFINITY),
    max_time: old.reduce((t, s) => Math.max(t, s.max_time), Number.NEGATIVE_INFINITY),
    last_tick: old.reduce<number | null>((t, s) => s.last_tick ?? t, null),
    readers: 0,
  }
  const writing = join(store.options.folder, "tmp", next.folder)
  const written = await pinned(old, () => writeSegment(store, store.sealer, old, writing, last.last_batch)).catch(
    (error: unknown) => {
      // A half-written folder must not keep the room that a full disk lacks.
      rmSync(writing, { recursive: true, force: true })
      throw error
    },
  )
  if (written.rows !== next.rows)
    throw new Error(`sealing wrote ${written.rows} rows where ${next.rows} were expected; the live table stays`)
  next.bytes = written.bytes
  // A folder left by a seal that failed after this step is no longer wanted: the catalogue does not name it.
  rmSync(join(sealedFolder(store), next.folder), { recursive: true, force: true })
  renameSync(writing, join(sealedFolder(store), next.folder))
  syncPath(sealedFolder(store))
  await transaction(store.sealer, () => catalogue(store, old, next))
  const at = store.segments.indexOf(first)
  store.segments.splice(at, old.length, next)
  store.retired.push(...old)
}

async function catalogue(store: Store, old: Segment[], next: Segment): Promise<void> {
  const { sealer } = store
  await sealer.run(`DELETE FROM segment WHERE id IN (${old.map((s) => s.id).join(", ")})`)
  const [min, max] = next.rows > 0 ? [next.min_time, next.max_time] : ["NULL", "NULL"]
  await sealer.run(`INSERT INTO segment VALUES (${next.id}, 'sealed', ${next.opened}, ${quoted(next.folder)},
    ${next.first_batch}, ${next.last_batch}, ${next.rows}, ${min}, ${max}, ${next.last_tick ?? "NULL"}, ${next.bytes})`)
  if (old.every((s) => s.state === "sealed")) return
  const live_rows = readingsOf(store, old, "point, time, sequence, value, quality, arrived")
  await sealer.run(`CREATE OR REPLACE TABLE mark AS ${newestOf(`SELECT * FROM mark UNION ALL ${live_rows}`)}`)
}

/** Drops what was replaced and is read no more; the rest waits for the next seal, or for the next opening. */
async function dropRetired(store: Store): Promise<void> {
  for (const segment of store.retired.filter((s) => s.readers === 0)) {
    store.retired.splice(store.retired.indexOf(segment), 1)
    if (segment.state === "sealed") {
      rmSync(join(sealedFolder(store), segment.folder), { recursive: true, force: true })
      continue
    }
    const tables = segmentTables(segment.id)
    await transaction(store.sealer, async () => {
      await store.sealer.run(`DROP TABLE ${tables.readings}`)
      await store.sealer.run(`DROP TABLE ${tables.batches}`)
    })
  }
}

/** The oldest run of neighbouring sealed segments of one size class that is long enough to merge. */
export function mergeable(store: Store): Segment[] | null {
  const smallest = Math.min(few_rows, store.options.seal_rows)
  const level = (s: Segment) => Math.floor(Math.log(Math.max(1, s.rows / smallest)) / Math.log(merge_count) + 1e-9)
  let run: Segment[] = []
  for (const segment of store.segments) {
    const fits = segment.state === "sealed" && segment.rows < most_merged_rows / merge_count
    if (!fits) run = []
    else if (run.length > 0 && level(run[0]!) === level(segment)) run.push(segment)
    else run = [segment]
    if (run.length === merge_count) return run
  }
  return null
}
