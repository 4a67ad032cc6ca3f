import { createHash } from "node:crypto"
import { createReadStream, createWriteStream, mkdirSync, readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { Readable, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"
import Type from "typebox"
import { ProblemError, problem, require } from "../model/index.ts"
import type { App } from "../platform/app.ts"
import { type TarMember, writeTar } from "../platform/files/index.ts"
import { forbidden } from "../platform/http/index.ts"
import { readSnapshot, type TableShape } from "../platform/sql/index.ts"

/** What a backup says about itself, in manifest.json; manifest.sha256 after it proves the file whole. */
export type Manifest = {
  format: "mingmai-backup"
  format_version: number
  /** Of the program that wrote it. */
  version: string
  schema: number
  clock_mode: string
  /** Readings up to this batch number are in it. */
  batch: number
  city_time: number
  wall_time: number
  /** In an order in which none refers to a later one. */
  tables: (TableShape & { rows: number })[]
  readings: number
  members: Record<string, { bytes: number; sha256: string }>
}
type Facts = Omit<Manifest, "members">

export const format_version = 1
const part = "backup-part"
const newline = 10

/**
 * Puts the whole city as it is at one moment into one tar: tables, readings, files, manifest. The tables are read from
 * one snapshot and the batch number is taken after it, so nothing in them knows a reading that is not in the backup;
 * what detectors had not yet concluded from the readings they conclude again, once, after a restore. Readings and
 * tables are written to disk in the data folder first, so that slow readers of the stream hold nothing up.
 */
export async function makeBackup(app: App, version: string): Promise<{ facts: Facts; stream: Readable }> {
  const folder = join(app.settings.data_dir, part)
  const discard = () => rmSync(folder, { recursive: true, force: true })
  discard()
  mkdirSync(join(folder, "tables"), { recursive: true, mode: 0o700 })
  try {
    const facts = await writeParts(app, version, folder)
    const stream = Readable.from(writeTar(membersOf(app, folder, facts), facts.wall_time), { objectMode: false })
    stream.on("close", discard)
    return { facts, stream }
  } catch (error) {
    discard()
    throw error
  }
}

async function writeParts(app: App, version: string, folder: string): Promise<Facts> {
  const { clock, series } = app
  const facts = await readSnapshot(app.sql, async (snapshot): Promise<Facts> => {
    const at = {
      batch: series.lastBatch(),
      city_time: Math.max(clock.now(), series.lastTick() ?? 0),
      wall_time: clock.wall(),
    }
    const tables: Facts["tables"] = []
    for (const table of snapshot.tables) {
      const count = rowCounter()
      const path = join(folder, "tables", `${table.name}.copy.gz`)
      await pipeline(
        snapshot.rows(table),
        count.through,
        createGzip({ level: 4 }),
        createWriteStream(path, { mode: 0o600 }),
      )
      tables.push({ ...table, rows: count.rows() })
    }
    return {
      format: "mingmai-backup",
      format_version,
      version,
      schema: snapshot.schema,
      clock_mode: clock.mode,
      ...at,
      tables,
      readings: 0,
    }
  })
  // A ClickHouse server is backed up by its own means.
  if (app.settings.clickhouse_url) return facts
  const { rows } = await series.backup(join(folder, "readings"), facts.batch)
  return { ...facts, readings: rows }
}

/** In COPY's text format each row ends with the only newlines there are. */
function rowCounter() {
  let rows = 0
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let i = chunk.indexOf(newline); i >= 0; i = chunk.indexOf(newline, i + 1)) rows++
      done(null, chunk)
    },
  })
  return { through, rows: () => rows }
}

async function* membersOf(app: App, folder: string, facts: Facts): AsyncGenerator<TarMember> {
  const members: Manifest["members"] = {}
  const hashed = (name: string, bytes: number, open: () => AsyncIterable<Uint8Array>): TarMember => ({
    name,
    bytes,
    async *content() {
      const hash = createHash("sha256")
      for await (const chunk of open()) {
        hash.update(chunk)
        yield chunk
      }
      members[name] = { bytes, sha256: hash.digest("hex") }
    },
  })
  for (const top of ["tables", "readings"])
    for (const name of filesUnder(join(folder, top)))
      yield hashed(`${top}/${name}`, statSync(join(folder, top, name)).size, () =>
        createReadStream(join(folder, top, name)),
      )
  for await (const { hash, bytes } of app.files.list()) {
    const file = await app.files.stream(hash)
    if (file) yield hashed(`files/${hash}`, bytes, () => file.content)
  }
  const manifest = Buffer.from(`${JSON.stringify({ ...facts, members } satisfies Manifest, null, 1)}\n`)
  yield { name: "manifest.json", bytes: manifest.length, content: () => [manifest] }
  const proof = Buffer.from(`${createHash("sha256").update(manifest).digest("hex")}  manifest.json\n`)
  yield { name: "manifest.sha256", bytes: proof.length, content: () => [proof] }
}

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((e) => e.isFile())
    .map((e) =>
      join(e.parentPath, e.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort()
}

/** The backup of a running instance, as one stream; only this machine's command line may ask for it. */
export function installBackupRoute(app: App, version: string) {
  let busy = false
  app.http.route({
    method: "POST",
    url: "/api/operate/backup",
    permission: "settings.write",
    summary: "The whole city as one tar of one moment (this machine's command line only)",
    body: Type.Object({}),
    async handler({ caller, reply }) {
      require(caller.kind === "command", forbidden("command"))
      require(!busy, problem(
        "backup-running",
        409,
        "已有一个备份正在进行，请等它结束",
        "Another backup is under way; wait for it to end",
      ))
      busy = true
      const done = () => {
        busy = false
      }
      try {
        const { facts, stream } = await makeBackup(app, version)
        stream.on("close", done)
        await app.audit(app.sql.db, caller, "backup", `batch:${facts.batch}`, {
          tables: facts.tables.length,
          readings: facts.readings,
        })
        reply.header("content-type", "application/x-tar")
        return stream
      } catch (error) {
        done()
        if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw new ProblemError(noRoom(app.settings.data_dir))
        throw error
      }
    },
  })
}

const noRoom = (folder: string) =>
  problem(
    "disk-full",
    507,
    `数据目录 ${folder} 所在的磁盘放不下备份的中间文件，请先腾出空间`,
    `The disk of ${folder} has no room for the backup while it is made; free some space first`,
    { field: "data_dir", value: folder },
  )
