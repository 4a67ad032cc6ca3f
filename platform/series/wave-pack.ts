import { renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import type { DuckDBConnection } from "@duckdb/node-api"
import { appendMarks } from "./columns.ts"
import { nextId, type Store, transaction } from "./database.ts"
import { syncPath } from "./files.ts"
import type { FrameList } from "./pack-read.ts"
import type { PackCall, PackReply } from "./packer.ts"
import { pinned } from "./pins.ts"
import { mergeRollups, rollupFrom, rollupInsert, writeRollup } from "./rollup-files.ts"
import type { RollupFile } from "./rollup-kinds.ts"
import { quoted } from "./segments.ts"
import { closeFrames, type Frame, liveWaves, type WaveSegment, wavePath, wavesFolder } from "./wave-segments.ts"

/** The packing thread; started when there is something to pack. */
export type Packer = { ask(call: Unnumbered): Promise<PackReply>; close(): Promise<void> }
type Unnumbered = PackCall extends infer C ? (C extends PackCall ? Omit<C, "id"> : never) : never

export function packer(): Packer {
  let worker: Worker | null = null
  let next = 1
  const waiting = new Map<number, { resolve: (reply: PackReply) => void; reject: (error: Error) => void }>()
  const start = (): Worker => {
    const started = new Worker(new URL("./packer.ts", import.meta.url), { execArgv: [], name: "packer" })
    started.on("message", (reply: PackReply) => {
      const asker = waiting.get(reply.id)
      waiting.delete(reply.id)
      if (reply.error === null) asker?.resolve(reply)
      else asker?.reject(new Error(reply.error))
    })
    const end = (error: Error) => {
      if (worker === started) worker = null
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    }
    started.on("error", end)
    started.on("exit", () => end(new Error("the packing thread has ended")))
    return started
  }
  return {
    ask: (call) => {
      worker ??= start()
      const id = next++
      const to = worker
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        to.postMessage({ id, ...call } as PackCall)
      })
    },
    close: async () => {
      await worker?.terminate()
    },
  }
}

/** What the packing thread's engine may keep in memory. */
export const pack_memory_mb = 192
/** This many neighbouring packed files of like size become one … */
const merge_count = 8
/** … of no more than this, nor of more than a day: retention removes whole files. */
const most_merged_bytes = 512 << 20
const most_merged_ms = 86_400_000
const smallest_bytes = 2 << 20

/** True where the live file of frames should give way to a new one. */
export function waveIsDue(store: Store, segment: WaveSegment, now: number): boolean {
  if (segment.blocks === 0) return false
  if (now === Number.POSITIVE_INFINITY) return true
  return segment.bytes >= store.options.wave_bytes || now - segment.opened >= store.options.wave_ms
}

/**
 * Packs every file of frames that takes no more commits, then merges. Order, so that a kill at any instant neither
 * loses nor doubles: files written under tmp/ and synced → renamed to where they belong → one transaction says "packed"
 * → queries go over → the frames are removed when the last query on them has ended. Opening removes files that the
 * catalogue does not name.
 */
export async function packFinished(store: Store, packing: Packer): Promise<void> {
  for (const segment of store.waves.slice(0, -1)) if (segment.state === "live") await packOne(store, packing, segment)
  for (let run = mergeableWaves(store); run; run = mergeableWaves(store)) await mergeWaves(store, packing, run)
  await mergeRollups(store, store.keeper, ["wave_minutes", "wave_hours"])
  dropRetiredWaves(store)
}

async function packOne(store: Store, packing: Packer, segment: WaveSegment): Promise<void> {
  if (segment.blocks === 0) {
    // Nothing is left where every frame was damaged.
    await store.keeper.run(`DELETE FROM wave WHERE id = ${segment.id}`)
    store.waves.splice(store.waves.indexOf(segment), 1)
    store.retired_waves.push(segment)
    return
  }
  const out = join(store.options.folder, "tmp", `pack-${segment.id}`)
  const reply = await pinned([segment], () =>
    packing.ask({
      op: "pack",
      path: wavePath(store.options.folder, segment),
      frames: frameList(segment.frames),
      out,
      memory_limit_mb: pack_memory_mb,
    }),
  )
  if (reply.blocks !== segment.blocks || reply.samples !== segment.samples)
    throw new Error(
      `packing ${segment.file} gave ${reply.blocks} blocks where ${segment.blocks} were expected; the frames stay`,
    )
  const packed = packedFrom([segment], segment.id, reply.waves!)
  const rollups = [
    await rollupFrom(store, store.keeper, "wave_minutes", join(out, "minutes.parquet"), reply.minutes!),
    await rollupFrom(store, store.keeper, "wave_hours", join(out, "hours.parquet"), reply.hours!),
  ]
  await moveIn(store, out, packed)
  await transaction(store.keeper, async () => {
    await catalogueWaves(store, [segment], packed)
    await store.keeper.run(`DELETE FROM frame WHERE wave = ${segment.id}`)
    for (const file of rollups) if (file) await store.keeper.run(rollupInsert(file))
    await saveMarks(store, store.keeper)
  })
  replaceWaves(store, [segment], packed)
  store.rollups.push(...rollups.filter((file) => file !== null))
}

/** Frames as the packing thread takes them. */
export const frameList = (frames: readonly Frame[]): FrameList => ({
  at: Float64Array.from(frames, (f) => f.at),
  bytes: Int32Array.from(frames, (f) => f.bytes),
  blocks: Int32Array.from(frames, (f) => f.blocks),
  batch: Float64Array.from(frames, (f) => f.batch),
})

/** Minutes and hours made from runs alone, where those that were written with them are lost: to the minute of their start. */
export async function minutesFromRuns(store: Store, connection: DuckDBConnection, runs: string): Promise<RollupFile[]> {
  const files: RollupFile[] = []
  for (const [kind, width] of [
    ["wave_minutes", 60_000],
    ["wave_hours", 3_600_000],
  ] as const) {
    const path = join(store.options.folder, "tmp", `${kind}-${nextId(store)}`)
    const source = `SELECT point, start - start % ${width} AS start, min(min) AS min, max(max) AS max,
      sum(rms::DOUBLE * rms * count) AS squares, sum(count)::INTEGER AS count, bit_or(quality) AS quality
      FROM ${runs} GROUP BY ALL`
    const file = await rollupFrom(store, connection, kind, path, await writeRollup(connection, kind, source, path))
    if (file) files.push(file)
  }
  return files
}

async function moveIn(store: Store, out: string, packed: WaveSegment): Promise<void> {
  renameSync(join(out, "waves.parquet"), wavePath(store.options.folder, packed))
  rmSync(out, { recursive: true, force: true })
  await syncPath(wavesFolder(store.options.folder))
}

function packedFrom(old: readonly WaveSegment[], id: number, written: { bytes: number; crc: number }): WaveSegment {
  const sum = (of: (s: WaveSegment) => number) => old.reduce((n, s) => n + of(s), 0)
  const first = old[0]!.first_batch
  const last = old[old.length - 1]!.last_batch
  return {
    ...liveWaves(id, old[0]!.opened),
    state: "packed",
    file: `${String(first).padStart(12, "0")}-${String(last).padStart(12, "0")}-${id}.parquet`,
    first_batch: first,
    last_batch: last,
    blocks: sum((s) => s.blocks),
    samples: sum((s) => s.samples),
    min_time: old.reduce((t, s) => Math.min(t, s.min_time), Number.POSITIVE_INFINITY),
    max_time: old.reduce((t, s) => Math.max(t, s.max_time), Number.NEGATIVE_INFINITY),
    ...written,
  }
}

async function catalogueWaves(store: Store, old: readonly WaveSegment[], next: WaveSegment): Promise<void> {
  await store.keeper.run(`DELETE FROM wave WHERE id IN (${old.map((s) => s.id).join(", ")})`)
  await store.keeper.run(waveInsert(next))
}

/** The catalogue's row of a packed file. */
export const waveInsert = (s: WaveSegment): string =>
  `INSERT INTO wave VALUES (${s.id}, 'packed', ${s.opened}, ${quoted(s.file)}, ${s.first_batch}, ${s.last_batch},
    ${s.blocks}, ${s.samples}, ${s.min_time}, ${s.max_time}, ${s.bytes}, ${s.crc})`

/** Marks may stand above what is packed: they are of blocks that are committed, or of none, which is only looked up. */
export async function saveMarks(store: Store, connection: DuckDBConnection): Promise<void> {
  await connection.run("CREATE OR REPLACE TABLE wave_mark (point INTEGER, start DOUBLE, sequence INTEGER)")
  await appendMarks(connection, store.wave_marks)
}

function replaceWaves(store: Store, old: readonly WaveSegment[], next: WaveSegment): void {
  store.waves.splice(store.waves.indexOf(old[0]!), old.length, next)
  store.retired_waves.push(...old)
}

/** The oldest run of neighbouring packed files of one size class that is long enough to merge. */
function mergeableWaves(store: Store): WaveSegment[] | null {
  const level = (s: WaveSegment) =>
    Math.floor(Math.log(Math.max(1, s.bytes / smallest_bytes)) / Math.log(merge_count) + 1e-9)
  let run: WaveSegment[] = []
  for (const segment of store.waves) {
    const fits = segment.state === "packed" && segment.bytes < most_merged_bytes / 2
    const first = run[0]
    const near = first && Math.abs(segment.max_time - first.max_time) <= most_merged_ms
    if (!fits) run = []
    else if (first && near && level(first) === level(segment)) run.push(segment)
    else run = [segment]
    const bytes = run.reduce((n, s) => n + s.bytes, 0)
    if (run.length === merge_count || (run.length > 1 && bytes > most_merged_bytes * 0.75)) return run
  }
  return null
}

async function mergeWaves(store: Store, packing: Packer, run: WaveSegment[]): Promise<void> {
  const id = nextId(store)
  const out = join(store.options.folder, "tmp", `pack-${id}`)
  const paths = run.map((s) => wavePath(store.options.folder, s))
  const reply = await pinned(run, () => packing.ask({ op: "merge", paths, out, memory_limit_mb: pack_memory_mb }))
  const packed = packedFrom(run, id, reply.waves!)
  await moveIn(store, out, packed)
  await transaction(store.keeper, () => catalogueWaves(store, run, packed))
  replaceWaves(store, run, packed)
}

/** Removes files that were replaced and are read no more. */
export function dropRetiredWaves(store: Store): void {
  for (const segment of store.retired_waves.filter((s) => s.readers === 0)) {
    store.retired_waves.splice(store.retired_waves.indexOf(segment), 1)
    closeFrames(segment)
    rmSync(wavePath(store.options.folder, segment), { force: true })
  }
}
