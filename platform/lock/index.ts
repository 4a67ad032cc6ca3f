import { randomBytes } from "node:crypto"
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
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
/** SQLite's READONLY, IOERR, FULL and CANTOPEN. */
const unwritable_codes = [8, 10, 13, 14]

/**
 * Makes this process the only owner of a data folder. The lock is the kernel's (a POSIX lock on mingmai.lock, held by
 * an open SQLite transaction), so it ends with the process however that ends, and two starts at once cannot both have
 * it; instance.json only says who holds it. A second owner is refused with the number and address of the first.
 */
export function ownFolder(folder: string): Result<Ownership> {
  const path = resolve(folder)
  const lock = openLock(path)
  if (!lock) return fail(unwritable(path))
  try {
    lock.exec("begin exclusive")
  } catch (error) {
    lock.close()
    const { errcode } = error as { errcode?: number }
    if (errcode === SQLITE_BUSY) return fail(taken(path))
    if (unwritable_codes.includes(errcode ?? -1)) return fail(unwritable(path))
    throw error
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

/** The file of the lock, open; null when the folder cannot be made or written. */
function openLock(path: string): DatabaseSync | null {
  try {
    mkdirSync(path, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    accessSync(path, constants.W_OK | constants.X_OK)
    return new DatabaseSync(join(path, "mingmai.lock"))
  } catch (error) {
    const { code, errcode } = error as { code?: string; errcode?: number }
    if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOSPC"].includes(code ?? "")) return null
    if (unwritable_codes.includes(errcode ?? -1)) return null
    throw error
  }
}

const unwritable = (path: string) =>
  problem(
    "data-folder-unwritable",
    409,
    `数据目录 ${path} 无法写入：请检查权限和磁盘空间，或用 --data-dir 另选目录`,
    `The data folder ${path} cannot be written: check its rights and the room on its disk, or choose another with --data-dir.`,
    { field: "data_dir", value: path },
  )

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
