import { renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { DuckDBConnection } from "@duckdb/node-api"
import { rowsOf } from "./columns.ts"
import { nextId, type Store, transaction } from "./database.ts"
import { finishFile, syncPath, type WrittenFile } from "./files.ts"
import { pinned } from "./pins.ts"
import { plainHours, readings_parquet, sealedHours } from "./readings-file.ts"
import { type RollupFile, type RollupKind, rollupName, rollupsFolder } from "./rollup-kinds.ts"
import { quoted } from "./segments.ts"

/** How partial rows of a kind are added up: columns to group by, and sums. */
export const sums: Record<RollupKind, string> = {
  hours: `point, start, min(min) AS min, max(max) AS max, sum(sum) AS sum, sum(count)::BIGINT AS count,
    bit_or(quality) AS quality`,
  quarters: `point, start, min(min) AS min, max(max) AS max, sum(sum) AS sum, sum(count)::BIGINT AS count,
    bit_or(quality) AS quality`,
  counts: "start, sum(count)::BIGINT AS count",
  wave_minutes: `point, start, min(min) AS min, max(max) AS max, sum(squares) AS squares, sum(count)::INTEGER AS count,
    bit_or(quality) AS quality`,
  wave_hours: `point, start, min(min) AS min, max(max) AS max, sum(squares) AS squares, sum(count)::INTEGER AS count,
    bit_or(quality) AS quality`,
}

export const rollupPath = (store: Store, file: { file: string }): string =>
  join(rollupsFolder(store.options.folder), file.file)
export const rollupInsert = (f: RollupFile): string =>
  `INSERT INTO rollup VALUES (${f.id}, '${f.kind}', ${quoted(f.file)}, ${f.rows}, ${f.min_time}, ${f.max_time},
    ${f.bytes}, ${f.crc})`

/** Reads the catalogue's rows of roll-ups. */
export async function loadRollups(store: Store): Promise<void> {
  store.rollups = (await rowsOf(store.writer, "SELECT * FROM rollup ORDER BY min_time, id")).map((row) => ({
    id: Number(row.id),
    kind: row.kind as RollupKind,
    file: String(row.file),
    rows: Number(row.row_count),
    min_time: Number(row.min_time),
    max_time: Number(row.max_time),
    bytes: Number(row.bytes),
    crc: Number(row.crc),
    readers: 0,
  }))
  for (const file of store.rollups) store.last_id = Math.max(store.last_id, file.id)
}

/** Files of a kind that can hold starts with from ≤ start < to. */
export const rollupsOf = (store: Store, kind: RollupKind, from: number, to: number): RollupFile[] =>
  store.rollups.filter((f) => f.kind === kind && f.min_time < to && f.max_time >= from)

/** A query over the given files, as plain columns. */
export function rollupSource(store: Store, files: readonly RollupFile[]): string {
  const source = `read_parquet([${files.map((f) => quoted(rollupPath(store, f))).join(", ")}])`
  const kind = files[0]?.kind
  return kind === "hours" || kind === "quarters" ? `(${plainHours(source)})` : source
}

/** Writes a roll-up: `source` has plain columns, one row for each point and start. */
export async function writeRollup(
  connection: DuckDBConnection,
  kind: RollupKind,
  source: string,
  path: string,
): Promise<WrittenFile> {
  const query = kind === "hours" || kind === "quarters" ? sealedHours(source) : `SELECT * FROM (${source}) ORDER BY ALL`
  await connection.run(`COPY (${query}) TO ${quoted(path)} ${readings_parquet}`)
  return await finishFile(path)
}

/** First and last start of a file just written, and its rows. */
export async function rollupRange(
  connection: DuckDBConnection,
  path: string,
): Promise<{ rows: number; min_time: number; max_time: number }> {
  const [row] = await rowsOf(
    connection,
    `SELECT count(*) AS n, min(start) AS low, max(start) AS high FROM read_parquet(${quoted(path)})`,
  )
  return { rows: Number(row?.n ?? 0), min_time: Number(row?.low ?? 0), max_time: Number(row?.high ?? 0) }
}

/** Moves a written roll-up to where it belongs, with a number of its own; null and removed where it has no rows. */
export async function rollupFrom(
  store: Store,
  connection: DuckDBConnection,
  kind: RollupKind,
  path: string,
  written: WrittenFile,
): Promise<RollupFile | null> {
  const range = await rollupRange(connection, path)
  if (range.rows === 0) {
    rmSync(path)
    return null
  }
  const id = nextId(store)
  const file: RollupFile = { id, kind, file: rollupName(kind, id), ...range, ...written, readers: 0 }
  renameSync(path, rollupPath(store, file))
  await syncPath(rollupsFolder(store.options.folder))
  return file
}

/** Writes a roll-up into a folder that is not the store's; null and removed where it has no rows. */
export async function rollupInto(
  connection: DuckDBConnection,
  kind: RollupKind,
  source: string,
  folder: string,
  file: string,
): Promise<Omit<RollupFile, "id" | "readers"> | null> {
  const path = join(folder, file)
  const written = await writeRollup(connection, kind, source, path)
  const range = await rollupRange(connection, path)
  if (range.rows > 0) return { kind, file, ...range, ...written }
  rmSync(path)
  return null
}

/** This many files of a kind of like size become one … */
const merge_count = 8
/** … of no more than so many rows, nor of more than a quarter of a year: retention removes whole files. */
const most_merged_rows = 40_000_000
const most_merged_ms = 92 * 86_400_000
const few_rows = 10_000

/** Merges files of the given kinds where there are many of like size. */
export async function mergeRollups(
  store: Store,
  connection: DuckDBConnection,
  kinds: readonly RollupKind[],
): Promise<void> {
  for (const kind of kinds)
    for (let run = mergeable(store, kind); run; run = mergeable(store, kind)) await mergeRun(store, connection, run)
  dropRollups(store)
}

function mergeable(store: Store, kind: RollupKind): RollupFile[] | null {
  const level = (f: RollupFile) => Math.floor(Math.log(Math.max(1, f.rows / few_rows)) / Math.log(merge_count) + 1e-9)
  const by_level = new Map<number, RollupFile[]>()
  for (const file of store.rollups) {
    if (file.kind !== kind || file.rows > most_merged_rows / merge_count) continue
    const run = by_level.get(level(file)) ?? []
    const first = run[0]
    if (first && Math.abs(file.max_time - first.max_time) > most_merged_ms) run.length = 0
    run.push(file)
    if (run.length === merge_count) return run
    by_level.set(level(file), run)
  }
  return null
}

async function mergeRun(store: Store, connection: DuckDBConnection, run: RollupFile[]): Promise<void> {
  const { kind } = run[0]!
  const path = join(store.options.folder, "tmp", `merge-${kind}-${nextId(store)}`)
  const group = kind === "counts" ? "start" : "point, start"
  const source = `SELECT ${sums[kind]} FROM ${rollupSource(store, run)} GROUP BY ${group}`
  const next = await pinned(run, async () => {
    const written = await writeRollup(connection, kind, source, path)
    return await rollupFrom(store, connection, kind, path, written)
  })
  await transaction(connection, async () => {
    await connection.run(`DELETE FROM rollup WHERE id IN (${run.map((f) => f.id).join(", ")})`)
    if (next) await connection.run(rollupInsert(next))
  })
  store.rollups = store.rollups.filter((f) => !run.includes(f))
  if (next) store.rollups.push(next)
  store.retired_rollups.push(...run)
}

/** Removes the file of a roll-up that the catalogue no longer names, once nothing reads it. */
export function dropRollups(store: Store): void {
  for (const file of store.retired_rollups.filter((f) => f.readers === 0)) {
    store.retired_rollups.splice(store.retired_rollups.indexOf(file), 1)
    rmSync(rollupPath(store, file), { force: true })
  }
}
