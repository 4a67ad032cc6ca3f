import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { DuckDBConnection } from "@duckdb/node-api"
import { rowsOf } from "./columns.ts"
import { addLiveSegment, live, newestOf, nextId, type Store, sealedFolder, transaction } from "./database.ts"
import { finishFile, syncPath, type WrittenFile } from "./files.ts"
import { minutesOf } from "./minute-counts.ts"
import { pinned } from "./pins.ts"
import { readings_parquet, sealedReadings } from "./readings-file.ts"
import { hour_ms, partials } from "./rollup.ts"
import { mergeRollups, rollupFrom, rollupInsert, writeRollup } from "./rollup-files.ts"
import type { RollupFile } from "./rollup-kinds.ts"
import { quoted, type Segment, segmentTables } from "./segments.ts"
import { arrivalsOf, batchesOf, readingsOf, readingsWithBatch } from "./sources.ts"

/** A live table younger than this waits even when asked to seal, so that a quiet city makes few files. */
const few_rows = 100_000
/** This many neighbouring sealed segments of like size become one … */
export const merge_count = 8
/** … of no more than so many readings, nor of more than some days: retention removes whole segments. */
const most_merged_rows = 80_000_000
const most_merged_ms = 7 * 86_400_000

export type WrittenSegment = { rows: number; bytes: number; sums: Record<string, WrittenFile> }

/** Writes readings and batch rows of the segments (batches ≤ `batch`) as Parquet files into a new folder. */
export async function writeSegment(
  store: Store,
  connection: DuckDBConnection,
  segments: readonly Segment[],
  folder: string,
  batch: number,
): Promise<WrittenSegment> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const file = (name: string) => quoted(join(folder, name))
  const batches = `SELECT * FROM (${batchesOf(store, segments)}) WHERE number <= ${batch}`
  await connection.run(
    `COPY (SELECT b.number, b.count, b.ticks, a.arrived FROM (${batches}) b
       LEFT JOIN (${arrivalsOf(store, segments)}) a ON a.number = b.number ORDER BY b.number)
     TO ${file("batches.parquet")} ${readings_parquet}`,
  )
  const written = `SELECT number, arrived FROM read_parquet(${file("batches.parquet")})`
  const source = `SELECT * FROM (${readingsWithBatch(store, segments)}) WHERE batch <= ${batch}`
  const positions = await hasTicksInside(connection, batches)
  await connection.run(
    `COPY (${sealedReadings(source, written, positions)}) TO ${file("readings.parquet")} ${readings_parquet}`,
  )
  const sums: Record<string, WrittenFile> = {}
  for (const name of readdirSync(folder)) sums[name] = await finishFile(join(folder, name))
  await syncPath(folder)
  const [count] = await rowsOf(connection, `SELECT count(*) AS n FROM read_parquet(${file("readings.parquet")})`)
  return { rows: Number(count?.n ?? 0), bytes: Object.values(sums).reduce((n, f) => n + f.bytes, 0), sums }
}

/** True where a tick stands among the readings of a batch: then their positions are kept. */
async function hasTicksInside(connection: DuckDBConnection, batches: string): Promise<boolean> {
  const rows = await rowsOf(connection, `SELECT count, ticks FROM (${batches}) WHERE ticks IS NOT NULL AND count > 1`)
  return rows.some((r) =>
    (JSON.parse(String(r.ticks)) as [number, number][]).some(([at]) => at > 0 && at < Number(r.count)),
  )
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
  await mergeRollups(store, store.sealer, ["hours", "quarters", "counts"])
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
    format: 2,
    folder: folderName(first.first_batch, last.last_batch, id),
    first_batch: first.first_batch,
    rows: old.reduce((n, s) => n + s.rows, 0),
    min_time: old.reduce((t, s) => Math.min(t, s.min_time), Number.POSITIVE_INFINITY),
    max_time: old.reduce((t, s) => Math.max(t, s.max_time), Number.NEGATIVE_INFINITY),
    last_tick: old.reduce<number | null>((t, s) => s.last_tick ?? t, null),
    readers: 0,
  }
  const writing = join(store.options.folder, "tmp", next.folder)
  const { written, rollups } = await pinned(old, () => writeAll(store, old, next, writing)).catch((error: unknown) => {
    // A half-written folder must not keep the room that a full disk lacks.
    rmSync(writing, { recursive: true, force: true })
    throw error
  })
  if (written.rows !== next.rows)
    throw new Error(`sealing wrote ${written.rows} rows where ${next.rows} were expected; the live table stays`)
  next.bytes = written.bytes
  next.sums = written.sums
  // A folder left by a seal that failed after this step is no longer wanted: the catalogue does not name it.
  rmSync(join(sealedFolder(store), next.folder), { recursive: true, force: true })
  renameSync(writing, join(sealedFolder(store), next.folder))
  await syncPath(sealedFolder(store))
  await transaction(store.sealer, async () => {
    await catalogue(store, old, next)
    for (const file of rollups) await store.sealer.run(rollupInsert(file))
  })
  const at = store.segments.indexOf(first)
  store.segments.splice(at, old.length, next)
  store.rollups.push(...rollups)
  store.retired.push(...old)
}

export const folderName = (first: number, last: number, id: number): string =>
  `${String(first).padStart(12, "0")}-${String(last).padStart(12, "0")}-${id}`

/** Files of the segment, and, where it was live, its hours and minute counts: roll-ups of sealed ones are there already. */
async function writeAll(
  store: Store,
  old: Segment[],
  next: Segment,
  folder: string,
): Promise<{ written: WrittenSegment; rollups: RollupFile[] }> {
  const written = await writeSegment(store, store.sealer, old, folder, next.last_batch)
  if (old.every((s) => s.state === "sealed") || next.rows === 0) return { written, rollups: [] }
  return {
    written,
    rollups: await writeRollups(store, store.sealer, readingsOf(store, old, "point, time, value, quality")),
  }
}

/** What is rolled up of readings when they are sealed. */
export const rollupQueries = (source: string): ["hours" | "counts", string][] => [
  ["hours", partials(source, hour_ms)],
  ["counts", `SELECT * FROM ${minutesOf(source)}`],
]

/** Writes hours and minute counts of a source of readings. */
export async function writeRollups(store: Store, connection: DuckDBConnection, source: string): Promise<RollupFile[]> {
  const files: RollupFile[] = []
  for (const [kind, query] of rollupQueries(source)) {
    const path = join(store.options.folder, "tmp", `${kind}-${nextId(store)}`)
    const file = await rollupFrom(store, connection, kind, path, await writeRollup(connection, kind, query, path))
    if (file) files.push(file)
  }
  return files
}

/** The catalogue's row of a sealed segment. */
export const segmentInsert = (s: Segment): string => {
  const [min, max] = s.rows > 0 ? [s.min_time, s.max_time] : ["NULL", "NULL"]
  return `INSERT INTO segment (id, state, opened, folder, first_batch, last_batch, row_count, min_time, max_time,
    last_tick, bytes, format, sums) VALUES (${s.id}, 'sealed', ${s.opened}, ${quoted(s.folder)}, ${s.first_batch},
    ${s.last_batch}, ${s.rows}, ${min}, ${max}, ${s.last_tick ?? "NULL"}, ${s.bytes}, ${s.format},
    ${s.sums ? quoted(JSON.stringify(s.sums)) : "NULL"})`
}

async function catalogue(store: Store, old: Segment[], next: Segment): Promise<void> {
  const { sealer } = store
  await sealer.run(`DELETE FROM segment WHERE id IN (${old.map((s) => s.id).join(", ")})`)
  await sealer.run(segmentInsert(next))
  if (old.every((s) => s.state === "sealed")) return
  const live_rows = readingsOf(store, old, "point, time, sequence, value, quality, arrived")
  await sealer.run(`CREATE OR REPLACE TABLE mark AS ${newestOf(`SELECT * FROM mark UNION ALL ${live_rows}`)}`)
}

/** Drops what was replaced and is read no more; the rest waits for the next seal, or for the next opening. */
export async function dropRetired(store: Store): Promise<void> {
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
    const first = run[0]
    // An old reading may widen a range to the past; the newest says when a segment may be forgotten.
    const near = first && (segment.rows === 0 || segment.max_time - first.max_time <= most_merged_ms)
    if (!fits) run = []
    else if (first && near && level(first) === level(segment)) run.push(segment)
    else run = [segment]
    if (run.length === merge_count) return run
  }
  return null
}
