import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import type { DuckDBConnection } from "@duckdb/node-api"
import { ProblemError } from "../../model/index.ts"
import { reading_columns, readReadings, rowsOf } from "./columns.ts"
import {
  addLiveSegment,
  live,
  newestOf,
  nextId,
  type Store,
  schema_version,
  sealedFolder,
  transaction,
} from "./database.ts"
import { takeAll } from "./latest.ts"
import { badArgument, newerVersion } from "./problems.ts"
import { syncPath, writeSegment } from "./seal.ts"
import { emptySegment, pinned, quoted, type Segment, segmentTables } from "./segments.ts"

type Part = Pick<Segment, "folder" | "first_batch" | "last_batch" | "rows" | "last_tick" | "bytes"> & {
  min_time: number | null
  max_time: number | null
}
type Manifest = { schema: number; batch: number; rows: number; parts: Part[] }

/**
 * Copies sealed folders as they are and writes the rest up to `batch` as one more; the manifest comes last, so a
 * folder without one is an unfinished backup. Commits go on meanwhile.
 */
export async function backup(store: Store, folder: string, batch: number): Promise<{ rows: number }> {
  const target = resolve(folder)
  mkdirSync(target, { recursive: true })
  if (readdirSync(target).length > 0)
    throw badArgument("folder", folder, "备份目录必须为空", "the backup folder must be empty")
  const connection = await store.instance.connect()
  const last = Math.min(batch, store.last_batch)
  const segments = store.segments.filter((s) => s.first_batch <= last)
  const parts: Part[] = []
  const copying = pinned(segments, async () => {
    const whole = segments.filter((s) => s.state === "sealed" && s.last_batch <= last)
    for (const segment of whole) {
      cpSync(join(sealedFolder(store), segment.folder), join(target, segment.folder), { recursive: true })
      for (const name of readdirSync(join(target, segment.folder))) syncPath(join(target, segment.folder, name))
      syncPath(join(target, segment.folder))
      parts.push(partOf(segment))
    }
    const rest = segments.filter((s) => !whole.includes(s))
    if (rest.length > 0) parts.push(await writeRest(store, connection, rest, target, last))
  })
  await copying.finally(() => connection.closeSync())
  const rows = parts.reduce((n, p) => n + p.rows, 0)
  const manifest: Manifest = { schema: schema_version, batch: last, rows, parts }
  writeFileSync(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`, { flush: true })
  syncPath(target)
  return { rows }
}

const partOf = (s: Segment): Part => ({
  folder: s.folder,
  first_batch: s.first_batch,
  last_batch: s.last_batch,
  rows: s.rows,
  min_time: s.rows > 0 ? s.min_time : null,
  max_time: s.rows > 0 ? s.max_time : null,
  last_tick: s.last_tick,
  bytes: s.bytes,
})

async function writeRest(
  store: Store,
  connection: DuckDBConnection,
  rest: Segment[],
  target: string,
  last: number,
): Promise<Part> {
  const first = rest[0]!.first_batch
  const folder = `${String(first).padStart(12, "0")}-${String(last).padStart(12, "0")}-0`
  const written = await writeSegment(store, connection, rest, join(target, folder), last)
  const file = (name: string) => quoted(join(target, folder, name))
  const [range] = await rowsOf(
    connection,
    `SELECT min(time) AS low, max(time) AS high FROM read_parquet(${file("readings.parquet")})`,
  )
  const [tick] = await rowsOf(
    connection,
    `SELECT ticks FROM read_parquet(${file("batches.parquet")}) WHERE ticks IS NOT NULL ORDER BY number DESC LIMIT 1`,
  )
  return {
    folder,
    first_batch: first,
    last_batch: last,
    rows: written.rows,
    min_time: (range?.low ?? null) as number | null,
    max_time: (range?.high ?? null) as number | null,
    last_tick: tick ? (JSON.parse(String(tick.ticks)) as [number, number][]).at(-1)![1] : null,
    bytes: written.bytes,
  }
}

/** Fills an empty store from a backup folder, in one transaction of the catalogue; only the commit queue may call it. */
export async function restore(store: Store, folder: string): Promise<{ rows: number; batch: number }> {
  if (store.last_batch > 0)
    throw badArgument(
      "folder",
      store.options.folder,
      "恢复的目标必须是空的读数库",
      "only an empty store can be restored",
    )
  const source = resolve(folder)
  const manifest = readManifest(source)
  const parts = manifest.parts.map((part) => sealedFrom(part, nextId(store)))
  for (const part of parts) await copyPart(store, source, part)
  syncPath(sealedFolder(store))
  const empty = live(store)
  await transaction(store.writer, async () => {
    const { writer } = store
    for (const s of parts) {
      const [min, max] = s.rows > 0 ? [s.min_time, s.max_time] : ["NULL", "NULL"]
      await writer.run(`INSERT INTO segment VALUES (${s.id}, 'sealed', 0, ${quoted(s.folder)}, ${s.first_batch},
        ${s.last_batch}, ${s.rows}, ${min}, ${max}, ${s.last_tick ?? "NULL"}, ${s.bytes})`)
    }
    await writer.run(`DELETE FROM segment WHERE id = ${empty.id}`)
    const tables = segmentTables(empty.id)
    await writer.run(`DROP TABLE ${tables.readings}`)
    await writer.run(`DROP TABLE ${tables.batches}`)
    const files = parts.map((s) => quoted(join(sealedFolder(store), s.folder, "readings.parquet")))
    if (files.length > 0)
      await writer.run(
        `CREATE OR REPLACE TABLE mark AS ${newestOf(`SELECT * FROM read_parquet([${files.join(", ")}])`)}`,
      )
  })
  store.segments = parts
  await addLiveSegment(store)
  store.last_batch = manifest.batch
  for (const s of parts) store.last_tick = s.last_tick ?? store.last_tick
  takeAll(store.marks, await readReadings(await store.writer.stream(`SELECT ${reading_columns} FROM mark`)))
  return { rows: manifest.rows, batch: manifest.batch }
}

function readManifest(source: string): Manifest {
  const path = join(source, "manifest.json")
  if (!existsSync(path))
    throw badArgument(
      "folder",
      source,
      "不是完整的读数备份（缺少 manifest.json）",
      "is not a finished backup of readings (no manifest.json)",
    )
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest
  if (manifest.schema > schema_version) throw new ProblemError(newerVersion(manifest.schema, schema_version))
  return manifest
}

const sealedFrom = (part: Part, id: number): Segment => ({
  ...emptySegment(id, 0),
  ...part,
  state: "sealed",
  min_time: part.min_time ?? Number.POSITIVE_INFINITY,
  max_time: part.max_time ?? Number.NEGATIVE_INFINITY,
})

async function copyPart(store: Store, source: string, part: Segment): Promise<void> {
  const target = join(sealedFolder(store), part.folder)
  cpSync(join(source, part.folder), target, { recursive: true })
  for (const name of readdirSync(target)) syncPath(join(target, name))
  syncPath(target)
  const [count] = await rowsOf(
    store.writer,
    `SELECT count(*) AS n FROM read_parquet(${quoted(join(target, "readings.parquet"))})`,
  )
  if (Number(count?.n) !== part.rows)
    throw badArgument(
      "folder",
      part.folder,
      `应有 ${part.rows} 行，实有 ${count?.n} 行`,
      `has ${count?.n} readings where the manifest says ${part.rows}`,
    )
}
