import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import type { DuckDBConnection } from "@duckdb/node-api"
import { rowsOf } from "./columns.ts"
import { type Store, schema_version, sealedFolder } from "./database.ts"
import { copyPath, finishFile, syncPath, type WrittenFile } from "./files.ts"
import { pinned } from "./pins.ts"
import { badArgument } from "./problems.ts"
import { rollupInto, rollupPath } from "./rollup-files.ts"
import type { RollupFile } from "./rollup-kinds.ts"
import { folderName, rollupQueries, writeSegment } from "./seal.ts"
import { quoted, type Segment } from "./segments.ts"
import { readingsWithBatch } from "./sources.ts"
import { frameList, type Packer, pack_memory_mb } from "./wave-pack.ts"
import { type WaveSegment, wavePath } from "./wave-segments.ts"

export type Part = Pick<Segment, "folder" | "first_batch" | "last_batch" | "rows" | "last_tick" | "bytes"> & {
  state?: "sealed" | "gone"
  min_time: number | null
  max_time: number | null
  format?: 1 | 2
  sums?: Record<string, WrittenFile> | null
}
export type WavePart = Pick<
  WaveSegment,
  "file" | "first_batch" | "last_batch" | "blocks" | "samples" | "min_time" | "max_time" | "bytes" | "crc"
>
export type SavedRollup = Omit<RollupFile, "id" | "readers">
export type Manifest = {
  schema: number
  batch: number
  rows: number
  parts: Part[]
  waves?: WavePart[]
  /** Null where sealed files held batches after `batch`: then restoring makes them again. */
  rollups?: SavedRollup[] | null
}

/**
 * Copies sealed folders and packed files as they are and writes the rest up to `batch` as one more of each; the manifest
 * comes last, so a folder without one is an unfinished backup. Commits go on meanwhile; must run while nothing is sealed
 * or packed.
 */
export async function backup(store: Store, packing: Packer, folder: string, batch: number): Promise<{ rows: number }> {
  const target = resolve(folder)
  mkdirSync(target, { recursive: true })
  if (readdirSync(target).length > 0)
    throw badArgument("folder", folder, "备份目录必须为空", "the backup folder must be empty")
  const connection = await store.instance.connect()
  const last = Math.min(batch, store.last_batch)
  const segments = store.segments.filter((s) => s.first_batch <= last)
  const waves = store.waves.filter((s) => s.blocks > 0 && s.first_batch <= last)
  const sealed = [...segments, ...waves].filter((s) => s.state !== "live")
  const rollups = sealed.every((s) => s.last_batch <= last) ? [...store.rollups] : null
  const copying = pinned([...segments, ...waves, ...(rollups ?? [])], async () => {
    mkdirSync(join(target, "rollups"))
    mkdirSync(join(target, "waves"))
    const saved: SavedRollup[] = []
    const parts = await backupReadings(store, connection, segments, target, last, saved)
    const wave_parts = await backupWaves(store, packing, connection, waves, target, last, saved)
    for (const { id: _, readers: __, ...file } of rollups ?? []) {
      await copyPath(rollupPath(store, file), join(target, "rollups", file.file))
      saved.push(file)
    }
    await syncPath(join(target, "rollups"))
    await syncPath(join(target, "waves"))
    return { parts, waves: wave_parts, rollups: rollups ? saved : null }
  })
  const done = await copying.finally(() => connection.closeSync())
  const rows = done.parts.reduce((n, p) => n + p.rows, 0)
  const manifest: Manifest = { schema: schema_version, batch: last, rows, ...done }
  writeFileSync(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`, { flush: true })
  await syncPath(target)
  return { rows }
}

async function backupReadings(
  store: Store,
  connection: DuckDBConnection,
  segments: Segment[],
  target: string,
  last: number,
  saved: SavedRollup[],
): Promise<Part[]> {
  const parts: Part[] = []
  const rest: Segment[] = []
  for (const segment of segments) {
    if (segment.state === "gone") parts.push({ ...partOf(segment), state: "gone" })
    else if (segment.state === "sealed" && segment.last_batch <= last) {
      const from = join(sealedFolder(store), segment.folder)
      await copyPath(from, join(target, segment.folder), readdirSync(from))
      parts.push(partOf(segment))
    } else rest.push(segment)
  }
  if (rest.length === 0) return parts
  parts.push(await writeRest(store, connection, rest, target, last))
  const source = `SELECT * FROM (${readingsWithBatch(store, rest)}) WHERE batch <= ${last}`
  for (const [kind, query] of rollupQueries(source)) {
    const file = await rollupInto(connection, kind, query, join(target, "rollups"), `${kind}-rest.parquet`)
    if (file) saved.push(file)
  }
  return parts
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
  format: s.format,
  sums: s.sums,
})

async function writeRest(
  store: Store,
  connection: DuckDBConnection,
  rest: Segment[],
  target: string,
  last: number,
): Promise<Part> {
  const first = rest[0]!.first_batch
  const folder = folderName(first, last, 0)
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
    format: 2,
    sums: written.sums,
  }
}

async function backupWaves(
  store: Store,
  packing: Packer,
  connection: DuckDBConnection,
  waves: WaveSegment[],
  target: string,
  last: number,
  saved: SavedRollup[],
): Promise<WavePart[]> {
  const parts: WavePart[] = []
  for (const segment of waves) {
    const path = (name: string) => join(target, "waves", name)
    if (segment.state === "packed" && segment.last_batch <= last) {
      await copyPath(wavePath(store.options.folder, segment), path(segment.file))
      parts.push(wavePartOf(segment))
    } else if (segment.state === "packed") {
      const source = quoted(wavePath(store.options.folder, segment))
      await connection.run(`COPY (SELECT * REPLACE (least(last_batch, ${last}) AS last_batch) FROM read_parquet(${source})
        WHERE first_batch <= ${last} ORDER BY point, start) TO ${quoted(path(segment.file))}
        (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048, PARQUET_VERSION V2)`)
      parts.push({ ...wavePartOf(segment), last_batch: last, ...finishFile(path(segment.file)) })
    } else {
      const frames = segment.frames.filter((f) => f.batch <= last)
      const out = join(target, "waves", `pack-${segment.id}`)
      const name = `${segment.file}.parquet`
      const from = wavePath(store.options.folder, segment)
      const memory = pack_memory_mb
      const reply = await packing.ask({
        op: "pack",
        path: from,
        frames: frameList(frames),
        out,
        memory_limit_mb: memory,
      })
      renameSync(join(out, "waves.parquet"), path(name))
      for (const kind of ["wave_minutes", "wave_hours"] as const) {
        const made = `read_parquet(${quoted(join(out, kind === "wave_minutes" ? "minutes.parquet" : "hours.parquet"))})`
        const query = `SELECT * FROM ${made}`
        const file = await rollupInto(connection, kind, query, join(target, "rollups"), `${kind}-${segment.id}.parquet`)
        if (file) saved.push(file)
      }
      rmSync(out, { recursive: true })
      const part = { ...wavePartOf(segment), file: name, last_batch: Math.min(last, segment.last_batch) }
      parts.push({ ...part, blocks: reply.blocks, samples: reply.samples, ...reply.waves! })
    }
  }
  return parts
}

const wavePartOf = (s: WaveSegment): WavePart => ({
  file: s.file,
  first_batch: s.first_batch,
  last_batch: s.last_batch,
  blocks: s.blocks,
  samples: s.samples,
  min_time: s.min_time,
  max_time: s.max_time,
  bytes: s.bytes,
  crc: s.crc,
})
