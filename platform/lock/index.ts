import { randomBytes } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fail, ok, problem, type Result } from "../../model/index.ts"
import { isAlive, markOf, type ProcessMark } from "./process.ts"

/** What instance.json says about the process that serves a data folder; readable by its owner only. */
export type Instance = ProcessMark & {
  /** Where it answers; empty while it starts. */
  http_url: string
  /** Lets commands on this machine in; new at every start. */
  token: string
}

export type Ownership = {
  token: string
  /** Says where the instance answers, once it does. */
  announce(http_url: string): void
  release(): void
}

const SQLITE_BUSY = 5

/**
 * Makes this process the only owner of a data folder. The lock is the kernel's (a POSIX lock on mingmai.lock, held by
 * an open SQLite transaction), so it ends with the process however that ends, and two starts at once cannot both have
 * it; instance.json only says who holds it. A second owner is refused with the number and address of the first.
 */
export function ownFolder(folder: string): Result<Ownership> {
  const path = resolve(folder)
  mkdirSync(path, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const lock = new DatabaseSync(join(path, "mingmai.lock"))
  try {
    lock.exec("begin exclusive")
  } catch (error) {
    lock.close()
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error
    return fail(taken(path))
  }
  const mark = markOf(process.pid) ?? { pid: process.pid, start_ticks: null, boot: null }
  const token = randomBytes(32).toString("base64url")
  const write = (http_url: string) => writeInstance(path, { ...mark, http_url, token })
  write("")
  const release = () => {
    if (!lock.isOpen) return
    rmSync(instanceFile(path), { force: true })
    lock.close()
  }
  return ok({ token, announce: write, release })
}

function taken(path: string) {
  const holder = readInstance(path)
  const [zh, en] = holder
    ? [
        `进程 ${holder.pid}${holder.http_url && `（${holder.http_url}）`}`,
        `process ${holder.pid}${holder.http_url && ` (${holder.http_url})`}`,
      ]
    : ["另一个进程", "another process"]
  return problem(
    "data-folder-taken",
    409,
    `数据目录 ${path} 正由${zh}使用：请先停止它，或用 --data-dir 另选目录`,
    `The data folder ${path} is in use by ${en}: stop it first, or choose another with --data-dir.`,
    { field: "data_dir", value: path },
  )
}

const instanceFile = (folder: string) => join(folder, "instance.json")

/** The running instance of a data folder; null when none runs, whatever file a killed one left. */
export function readInstance(folder: string): Instance | null {
  const path = instanceFile(resolve(folder))
  if (!existsSync(path)) return null
  try {
    const instance = JSON.parse(readFileSync(path, "utf8")) as Instance
    return isAlive(instance) ? instance : null
  } catch (error) {
    // Another account's file, or one removed meanwhile: then nobody is there for us.
    if (["EACCES", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) return null
    throw error
  }
}

function writeInstance(folder: string, instance: Instance): void {
  const path = instanceFile(folder)
  rmSync(`${path}.part`, { force: true })
  writeFileSync(`${path}.part`, `${JSON.stringify(instance)}\n`, { mode: 0o600, flag: "wx" })
  chmodSync(`${path}.part`, 0o600)
  renameSync(`${path}.part`, path)
}
