import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { rowsOf } from "./columns.ts"
import type { Damage } from "./contract.ts"
import { type Store, sealedFolder, transaction } from "./database.ts"
import { readSum, type WrittenFile } from "./files.ts"
import { rollupPath } from "./rollup-files.ts"
import { goneSegment, quoted } from "./segments.ts"
import { wavePath } from "./wave-segments.ts"

export const damageSchema = `CREATE TABLE IF NOT EXISTS damage (path VARCHAR, moved_to VARCHAR, first_batch BIGINT,
  last_batch BIGINT, row_count BIGINT, low DOUBLE, high DOUBLE, reason VARCHAR);`

/** A sealed file as the catalogue knows it, and what goes where it proves broken. */
type Checked = {
  path: string
  /** What is moved away: the file, or the folder that is nothing without it. */
  whole: string
  written: WrittenFile | null
  covers: Pick<Damage, "first_batch" | "last_batch" | "rows" | "from" | "to">
  remove(): Promise<void>
}

/** What was found before stays known: the hole is still there. */
export async function loadDamage(store: Store): Promise<void> {
  for (const row of await rowsOf(store.writer, "SELECT * FROM damage"))
    store.damage.push({
      path: String(row.path),
      moved_to: String(row.moved_to),
      first_batch: Number(row.first_batch),
      last_batch: Number(row.last_batch),
      rows: Number(row.row_count),
      from: row.low === null ? Number.NaN : Number(row.low),
      to: row.high === null ? Number.NaN : Number(row.high),
      reason: String(row.reason),
    })
}

/** Sets aside every sealed file that is missing or has another size than was written. Cheap: done at each opening. */
export async function checkSizes(store: Store): Promise<void> {
  for (const file of sealedFiles(store)) {
    const size = statSync(file.path, { throwIfNoEntry: false })?.size
    if (size === undefined) await setAside(store, file, "the file is missing")
    else if (file.written && size !== file.written.bytes)
      await setAside(store, file, `the file has ${size} bytes, ${file.written.bytes} were written`)
  }
}

/** Milliseconds between two megabytes, so that reading all files at leisure costs little. */
const pause_ms = 20

/**
 * Reads every sealed file and compares its checksum, at leisure; calls `found` after each that was set aside. Ends early
 * when `stopped` says so. `inTurn` runs what changes the catalogue while nothing is sealed or packed.
 */
export async function checkSums(
  store: Store,
  stopped: () => boolean,
  inTurn: (work: () => Promise<void>) => Promise<void>,
  found: () => void,
): Promise<void> {
  for (const file of sealedFiles(store)) {
    if (stopped()) return
    if (!file.written || !existsSync(file.path)) continue
    const crc = await crcOf(file.path, stopped)
    if (crc === null || crc === file.written.crc || stopped()) continue
    await inTurn(async () => {
      if (!sealedFiles(store).some((f) => f.path === file.path)) return
      await setAside(store, file, "the checksum of the file is wrong")
      found()
    })
  }
}

/** The sealed files that an error names and whose bytes are not those that were written; they are set aside. */
export async function setAsideNamed(store: Store, message: string): Promise<boolean> {
  let any = false
  for (const file of sealedFiles(store)) {
    if (!message.includes(file.path) && !message.includes(file.whole)) continue
    const crc = existsSync(file.path) ? await crcOf(file.path, () => false) : null
    if (file.written && crc === file.written.crc) continue
    await setAside(store, file, `the file cannot be read: ${message.slice(0, 200)}`)
    any = true
  }
  return any
}

async function crcOf(path: string, stopped: () => boolean): Promise<number | null> {
  const sum = await readSum(path, async () => {
    await sleep(pause_ms)
    return !stopped()
  })
  return sum?.crc ?? null
}

function sealedFiles(store: Store): Checked[] {
  const files: Checked[] = []
  for (const s of store.segments) {
    if (s.state !== "sealed") continue
    const whole = join(sealedFolder(store), s.folder)
    const covers = {
      first_batch: s.first_batch,
      last_batch: s.last_batch,
      rows: s.rows,
      from: s.min_time,
      to: s.max_time,
    }
    const remove = async () => {
      await store.writer.run(
        `UPDATE segment SET state = 'gone', folder = '', row_count = 0, bytes = 0 WHERE id = ${s.id}`,
      )
      store.segments = store.segments.map((other) => (other === s ? goneSegment(s) : other))
    }
    for (const name of ["readings.parquet", "batches.parquet"])
      files.push({ path: join(whole, name), whole, written: s.sums?.[name] ?? null, covers, remove })
  }
  for (const s of store.waves) {
    if (s.state !== "packed") continue
    const path = wavePath(store.options.folder, s)
    const covers = {
      first_batch: s.first_batch,
      last_batch: s.last_batch,
      rows: s.blocks,
      from: s.min_time,
      to: s.max_time,
    }
    const remove = async () => {
      await store.writer.run(`DELETE FROM wave WHERE id = ${s.id}`)
      store.waves = store.waves.filter((other) => other !== s)
    }
    files.push({ path, whole: path, written: { bytes: s.bytes, crc: s.crc }, covers, remove })
  }
  for (const f of store.rollups) {
    const path = rollupPath(store, f)
    const covers = { first_batch: 0, last_batch: 0, rows: f.rows, from: f.min_time, to: f.max_time }
    const remove = async () => {
      await store.writer.run(`DELETE FROM rollup WHERE id = ${f.id}`)
      store.rollups = store.rollups.filter((other) => other !== f)
    }
    files.push({ path, whole: path, written: { bytes: f.bytes, crc: f.crc }, covers, remove })
  }
  return files
}

/** Moves what is broken to `damaged/` and notes the hole; the catalogue first, so that a kill leaves nothing half done. */
async function setAside(store: Store, file: Checked, reason: string): Promise<void> {
  const path = relative(store.options.folder, file.path)
  const moved_to = freeName(store.options.folder, relative(store.options.folder, file.whole))
  // The other file of the same folder may have gone with it.
  if (!sealedFiles(store).some((f) => f.path === file.path)) return
  const damage: Damage = { path, moved_to, ...file.covers, reason }
  await transaction(store.writer, async () => {
    await file.remove()
    await noteDamage(store, damage)
  })
  if (existsSync(file.whole)) {
    mkdirSync(dirname(join(store.options.folder, moved_to)), { recursive: true })
    renameSync(file.whole, join(store.options.folder, moved_to))
  }
}

/** Writes a hole down and remembers it. */
export async function noteDamage(store: Store, d: Damage): Promise<void> {
  const time = (t: number) => (Number.isFinite(t) ? t : "NULL")
  await store.writer.run(`INSERT INTO damage VALUES (${quoted(d.path)}, ${quoted(d.moved_to)}, ${d.first_batch},
    ${d.last_batch}, ${d.rows}, ${time(d.from)}, ${time(d.to)}, ${quoted(d.reason)})`)
  store.damage.push(d)
}

/** A name under `damaged/` that is not taken. */
export function freeName(folder: string, path: string): string {
  const flat = path.replaceAll("/", "-")
  const taken = existsSync(join(folder, "damaged")) ? readdirSync(join(folder, "damaged")) : []
  for (let k = 0; ; k++) {
    const name = k === 0 ? flat : `${flat}.${k}`
    if (!taken.includes(name)) return join("damaged", name)
  }
}
