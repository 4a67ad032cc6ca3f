import { createHash } from "node:crypto"
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGunzip } from "node:zlib"
import { fail, ok, type Problem, ProblemError, problem, type Result } from "../model/index.ts"
import { listTar, openFiles, type TarPlace } from "../platform/files/index.ts"
import { ownFolder, readInstance } from "../platform/lock/index.ts"
import { openSeries } from "../platform/series/index.ts"
import { fillTables, isEmptyDatabase, migrate, migrations, openSql, type Sql } from "../platform/sql/index.ts"
import type { Settings } from "../settings.ts"
import { format_version, type Manifest } from "./backup.ts"

export type Checked = { file: string; manifest: Manifest; places: Map<string, TarPlace> }

const part = "restore-part"
const manifest_bytes_max = 512 * 1024 * 1024
/** What may stand in the folder beforehand: settings that a person put there, and what file systems make. */
const allowed_before = ["mingmai.json", "lost+found", part]
/** Who was signed in then is signed out, and a one-time link of then opens nothing now. */
const left_empty = ["access_session", "access_link"]
const member_name =
  /^(tables\/[a-z0-9_]+\.copy\.gz|readings\/manifest\.json|readings\/([\w-]+\/){1,3}[\w-]+(\.[\w-]+)*\.parquet|files\/[0-9a-f]{64})$/

/** Reads a backup through and checks every member against the manifest; nothing is written. */
export async function checkBackup(file: string): Promise<Result<Checked>> {
  if (!existsSync(file)) return fail(unusable(file, "文件不存在", "there is no such file"))
  const listed = await listTar(file)
  if (!listed) return fail(unusable(file, "文件不完整或已损坏", "it is cut off or damaged"))
  const places = new Map(listed.map((p) => [p.name, p]))
  const [manifest_at, proof_at] = [places.get("manifest.json"), places.get("manifest.sha256")]
  if (!manifest_at || !proof_at || manifest_at.bytes > manifest_bytes_max)
    return fail(unusable(file, "其中没有清单 manifest.json", "it has no manifest.json"))
  const text = await textOf(file, manifest_at)
  if (!(await textOf(file, proof_at)).startsWith(createHash("sha256").update(text).digest("hex")))
    return fail(
      unusable(file, "清单与其校验值不符，文件已损坏", "its manifest does not match its checksum, so it is damaged"),
    )
  const manifest = JSON.parse(text) as Manifest
  if (manifest.format !== "mingmai-backup") return fail(unusable(file, "不是命脉的备份", "it is no backup of Mingmai"))
  if (manifest.format_version > format_version || manifest.schema > migrations.length)
    return fail(newer(file, manifest))
  const wanted = Object.keys(manifest.members)
  const strange = wanted.find((name) => !member_name.test(name))
  if (strange !== undefined)
    return fail(unusable(file, `其中有不认识的 ${strange}`, `it holds ${strange}, which no backup has`))
  if (wanted.length + 2 !== listed.length)
    return fail(unusable(file, "内容与清单不符", "what is in it is not what its manifest lists"))
  for (const name of wanted) {
    const place = places.get(name)
    const said = manifest.members[name]!
    if (place?.bytes === said.bytes && (await hashOf(file, place)) === said.sha256) continue
    return fail(
      unusable(
        file,
        `${name} 与清单中的校验值不符，文件已损坏`,
        `${name} does not match its checksum, so it is damaged`,
      ),
    )
  }
  return ok({ file, manifest, places })
}

/**
 * Brings a backup back into an empty or absent data folder (and an empty outside database where one is set). Throws
 * ProblemError with a sentence where it cannot; the folder is then as empty as before. `start` refuses a folder in
 * which a restore was cut off.
 */
export async function restoreBackup(settings: Settings, file: string): Promise<Manifest> {
  const checked = await checkBackup(file)
  if (!checked.ok) throw new ProblemError(checked.problem)
  const folder = settings.data_dir
  refuseUsed(folder)
  const owned = ownFolder(folder)
  if (!owned.ok) throw new ProblemError(owned.problem)
  let done = false
  try {
    clear(folder, [...allowed_before.filter((name) => name !== part), ...lock_files])
    mkdirSync(join(folder, part), { mode: 0o700 })
    await fill(settings, checked.value)
    done = true
  } finally {
    if (done) rmSync(join(folder, part), { recursive: true, force: true })
    else clear(folder, [...allowed_before.filter((name) => name !== part), ...lock_files])
    owned.value.release()
  }
  return checked.value.manifest
}

const lock_files = ["mingmai.lock", "instance.json"]

/** Refuses a folder in which a restore was cut off: it holds half a city. */
export function refuseHalfRestored(folder: string): Problem | null {
  if (!existsSync(join(folder, part))) return null
  return problem(
    "restore-unfinished",
    409,
    `数据目录 ${folder} 的恢复没有完成，请再运行一次 npm run restore`,
    `The restore into ${folder} did not finish; run npm run restore again`,
    { field: "data_dir", value: folder },
  )
}

function refuseUsed(folder: string) {
  if (!existsSync(folder) || existsSync(join(folder, part))) return
  const running = readInstance(folder)
  if (running)
    throw new ProblemError(
      problem(
        "data-folder-taken",
        409,
        `数据目录 ${folder} 正由进程 ${running.pid} 使用：请先停止它，再恢复到一个空目录`,
        `The data folder ${folder} is in use by process ${running.pid}: stop it first, and restore into an empty folder`,
        { field: "data_dir", value: folder },
      ),
    )
  const found = readdirSync(folder).find((name) => ![...allowed_before, ...lock_files].includes(name))
  if (found)
    throw new ProblemError(
      problem(
        "data-folder-used",
        409,
        `数据目录 ${folder} 不是空的（有 ${found}）：恢复不会覆盖任何内容，请用 --data-dir 指定一个空目录`,
        `The data folder ${folder} is not empty (it has ${found}): a restore overwrites nothing, name an empty one with --data-dir`,
        { field: "data_dir", value: folder },
      ),
    )
}

async function fill(settings: Settings, checked: Checked) {
  const { data_dir: folder } = settings
  const sql = await openSql({ folder, database_url: settings.database_url, connections: settings.database_connections })
  try {
    if (!(await isEmptyDatabase(sql)))
      throw new ProblemError(
        problem(
          "database-used",
          409,
          "database_url 所指的数据库不是空的，请新建一个空数据库再恢复",
          "The database at database_url is not empty; create an empty one and restore into that",
          { field: "database_url" },
        ),
      )
    await fillDatabase(sql, checked)
  } finally {
    await sql.close()
  }
  await fillReadings(settings, checked)
  const files = openFiles(join(folder, "files"))
  for (const [name, place] of checked.places) {
    if (!name.startsWith("files/")) continue
    const put = await files.put(streamOf(checked.file, place), place.bytes)
    if (!put.ok) throw new ProblemError(put.problem)
    if (put.value.hash !== name.slice("files/".length))
      throw new ProblemError(
        unusable(checked.file, `${name} 的内容与名称不符`, `${name} has not the content of its name`),
      )
  }
}

async function fillDatabase(sql: Sql, { file, manifest, places }: Checked) {
  await migrate(sql, manifest.schema)
  try {
    const rows = (table: string) => streamOf(file, places.get(`tables/${table}.copy.gz`)!).pipe(createGunzip())
    const counts = await fillTables(sql, manifest.tables, rows, left_empty)
    const wrong = manifest.tables.find((t) => !left_empty.includes(t.name) && counts.get(t.name) !== t.rows)
    if (wrong)
      throw new ProblemError(
        unusable(
          file,
          `${wrong.name} 应有 ${wrong.rows} 行，实有 ${counts.get(wrong.name)} 行`,
          `${wrong.name} has ${counts.get(wrong.name)} rows where the manifest says ${wrong.rows}`,
        ),
      )
    await migrate(sql)
  } catch (error) {
    await migrate(sql, 0)
    throw error
  }
}

async function fillReadings(settings: Settings, { file, places }: Checked) {
  // The backup of an instance whose readings are in a ClickHouse server has none.
  if (![...places.keys()].some((name) => name.startsWith("readings/"))) return
  const folder = join(settings.data_dir, part)
  for (const [name, place] of places) {
    if (!name.startsWith("readings/")) continue
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    await pipeline(streamOf(file, place), createWriteStream(join(folder, name)))
  }
  const series = await openSeries({
    folder: join(settings.data_dir, "series"),
    memory_limit_mb: settings.memory_limit_mb,
  })
  try {
    await series.restore(join(folder, "readings"))
  } finally {
    await series.close()
  }
}

function clear(folder: string, kept: string[]) {
  for (const name of readdirSync(folder))
    if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 })
}

/** The stream of one member. */
const streamOf = (file: string, { at, bytes }: TarPlace): Readable =>
  bytes === 0 ? Readable.from([]) : createReadStream(file, { start: at, end: at + bytes - 1 })

async function hashOf(file: string, place: TarPlace): Promise<string> {
  const hash = createHash("sha256")
  for await (const chunk of streamOf(file, place)) hash.update(chunk as Buffer)
  return hash.digest("hex")
}

async function textOf(file: string, place: TarPlace): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of streamOf(file, place)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("utf8")
}

const unusable = (file: string, zh: string, en: string): Problem =>
  problem("backup-unusable", 400, `备份 ${file} 不能使用：${zh}`, `The backup ${file} cannot be used: ${en}`, {
    field: "file",
    value: file,
  })

const newer = (file: string, m: Manifest): Problem =>
  problem(
    "backup-newer",
    409,
    `备份 ${file} 由较新的程序 ${m.version} 写成（结构 ${m.schema}，本程序只到 ${migrations.length}）：请换用那个版本或更新的程序`,
    `The backup ${file} was written by a newer program, ${m.version} (schema ${m.schema}, this one knows ${migrations.length}): use that version or a later one`,
    { field: "file", value: file },
  )
