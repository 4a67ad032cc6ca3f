import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { ProblemError } from "../../model/index.ts"
import type { Manifest, Part, WavePart } from "./backup.ts"
import { reading_columns, readReadings, rowsOf } from "./columns.ts"
import { loadCounts } from "./counts.ts"
import {
  addLiveSegment,
  live,
  liveWave,
  newestOf,
  nextId,
  type Store,
  schema_version,
  sealedFolder,
  transaction,
} from "./database.ts"
import { copyPath, readSum, syncPath } from "./files.ts"
import { takeAll } from "./latest.ts"
import { badArgument, newerVersion } from "./problems.ts"
import { rollupInsert } from "./rollup-files.ts"
import { type RollupFile, rollupName, rollupsFolder } from "./rollup-kinds.ts"
import { segmentInsert, writeRollups } from "./seal.ts"
import { emptySegment, type Segment, segmentTables } from "./segments.ts"
import { readingsOf } from "./sources.ts"
import { writeTip } from "./tip.ts"
import { raiseMark } from "./wave-marks.ts"
import { minutesFromRuns, saveMarks, waveInsert } from "./wave-pack.ts"
import { packedSource } from "./wave-packed.ts"
import { liveWaves, type WaveSegment, wavePath, wavesFolder } from "./wave-segments.ts"

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
  for (const part of parts) if (part.state === "sealed") await copyPart(store, source, part)
  await syncPath(sealedFolder(store))
  const waves: WaveSegment[] = []
  for (const part of manifest.waves ?? []) waves.push(await copyWave(store, source, part))
  await syncPath(wavesFolder(store.options.folder))
  const rollups = await rollupsFor(store, source, manifest, parts, waves)
  const empty = live(store)
  const empty_wave = liveWave(store)
  await raiseMarksFrom(store, waves)
  await transaction(store.writer, async () => {
    const { writer } = store
    for (const s of parts)
      await writer.run(s.state === "gone" ? segmentInsert(s).replace("'sealed'", "'gone'") : segmentInsert(s))
    for (const s of waves) await writer.run(waveInsert(s))
    for (const file of rollups) await writer.run(rollupInsert(file))
    await saveMarks(store, writer)
    await writer.run(`DELETE FROM segment WHERE id = ${empty.id}`)
    const tables = segmentTables(empty.id)
    await writer.run(`DROP TABLE ${tables.readings}`)
    await writer.run(`DROP TABLE ${tables.batches}`)
    const sealed = parts.filter((s) => s.state === "sealed")
    if (sealed.length > 0)
      await writer.run(
        `CREATE OR REPLACE TABLE mark AS ${newestOf(readingsOf(store, sealed, "point, time, sequence, value, quality, arrived"))}`,
      )
  })
  store.segments = parts
  store.waves = [...waves, empty_wave]
  store.rollups = rollups
  await addLiveSegment(store)
  store.last_batch = manifest.batch
  writeTip(store.tip, store.last_batch)
  for (const s of parts) store.last_tick = s.last_tick ?? store.last_tick
  takeAll(store.marks, await readReadings(await store.writer.stream(`SELECT ${reading_columns} FROM mark`)))
  await loadCounts(store)
  return { rows: manifest.rows, batch: manifest.batch }
}

/** Roll-ups as they were saved, or made again from what was restored. */
async function rollupsFor(
  store: Store,
  source: string,
  manifest: Manifest,
  parts: readonly Segment[],
  waves: readonly WaveSegment[],
): Promise<RollupFile[]> {
  if (manifest.rollups) {
    const files: RollupFile[] = []
    for (const saved of manifest.rollups) {
      const id = nextId(store)
      const file = { ...saved, id, readers: 0, file: rollupName(saved.kind, id) }
      const target = join(rollupsFolder(store.options.folder), file.file)
      await copyPath(join(source, "rollups", saved.file), target)
      await checkCopy(target, saved)
      files.push(file)
    }
    await syncPath(rollupsFolder(store.options.folder))
    return files
  }
  const files: RollupFile[] = []
  for (const s of parts)
    if (s.state === "sealed" && s.rows > 0)
      files.push(...(await writeRollups(store, store.writer, readingsOf(store, [s], "point, time, value, quality"))))
  if (waves.length > 0) files.push(...(await minutesFromRuns(store, store.writer, packedSource(store, waves))))
  return files
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
  state: part.state ?? "sealed",
  format: part.format ?? 1,
  sums: part.sums ?? null,
  min_time: part.min_time ?? Number.POSITIVE_INFINITY,
  max_time: part.max_time ?? Number.NEGATIVE_INFINITY,
})

async function copyPart(store: Store, source: string, part: Segment): Promise<void> {
  const target = join(sealedFolder(store), part.folder)
  await copyPath(join(source, part.folder), target, readdirSync(join(source, part.folder)))
  for (const [name, written] of Object.entries(part.sums ?? {})) await checkCopy(join(target, name), written)
  const [count] = await rowsOf(store.writer, `SELECT count(*) AS n FROM (${readingsOf(store, [part], "point")})`)
  if (Number(count?.n) !== part.rows)
    throw badArgument(
      "folder",
      part.folder,
      `应有 ${part.rows} 行，实有 ${count?.n} 行`,
      `has ${count?.n} readings where the manifest says ${part.rows}`,
    )
}

async function copyWave(store: Store, source: string, part: WavePart): Promise<WaveSegment> {
  const id = nextId(store)
  const segment: WaveSegment = { ...liveWaves(id, 0), ...part, state: "packed", file: `${id}-${part.file}` }
  const target = wavePath(store.options.folder, segment)
  await copyPath(join(source, "waves", part.file), target)
  await checkCopy(target, part)
  return segment
}

/** Refuses a copy that is not what was written. */
async function checkCopy(path: string, written: { bytes: number; crc: number }): Promise<void> {
  const found = await readSum(path)
  if (found?.bytes !== written.bytes || found.crc !== written.crc)
    throw badArgument("folder", path, "备份文件已损坏", "is a damaged file of the backup")
}

async function raiseMarksFrom(store: Store, waves: readonly WaveSegment[]): Promise<void> {
  if (waves.length === 0) return
  const rows = await rowsOf(
    store.writer,
    `SELECT point, max(start + round((count - 1) // block_count * block_count * 1000 / rate_hz)) AS start,
       max(sequence + sequence_step * ((count - 1) // block_count)) AS sequence FROM ${packedSource(store, waves)} GROUP BY ALL`,
  )
  for (const row of rows) raiseMark(store.wave_marks, Number(row.point), Number(row.start), Number(row.sequence))
}
