/** Whole programs for tests: started, waited for, killed and looked after. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type Instance, readInstance } from "../platform/lock/index.ts"

export const root = join(import.meta.dirname, "..")
const started = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of started) child.kill("SIGKILL")
})

export type Program = {
  child: ChildProcess
  pid: number
  /** Everything it printed so far. */
  said(): string
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>
}

export type ProgramOptions = { cwd?: string; env?: Record<string, string>; script?: string; before?: string[] }

/** Runs a program of the repository (main.ts unless another is named) with a clean set of settings. */
export function run(words: string[], options: ProgramOptions = {}): Program {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("MINGMAI_")))
  const line = [...(options.before ?? []), process.execPath, join(root, options.script ?? "main.ts"), ...words]
  const child = spawn(line[0]!, line.slice(1), {
    cwd: options.cwd ?? root,
    env: { ...env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  started.add(child)
  let text = ""
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-20_000)
    })
  const ended = once(child, "close").then(([code, signal]) => {
    started.delete(child)
    return (signal ?? code) as number | NodeJS.Signals
  })
  return { child, pid: child.pid ?? 0, said: () => text, ended }
}

/** Waits until `condition` gives something; an error with `sentence` after `ms`. */
export async function until<T>(
  condition: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  ms: number,
  sentence: string | (() => string),
): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const found = await condition()
    if (found) return found
    if (performance.now() > end) throw new Error(typeof sentence === "string" ? sentence : sentence())
    await sleep(20)
  }
}

/** The instance that a program made of `folder`, once it answers. */
export const serving = (program: Program, folder: string, ms = 60_000): Promise<Instance> =>
  until(
    () => {
      if (program.child.exitCode !== null) throw new Error(`the program ended: ${program.said()}`)
      const instance = readInstance(folder)
      return instance?.pid === program.pid && instance.http_url !== "" && instance
    },
    ms,
    () => `the program does not answer: ${program.said()}`,
  )

/** A folder of its own through which the database's account may walk where the tests run as root. */
export function temporaryHome(name: string): string {
  const home = mkdtempSync(join(tmpdir(), `mingmai-${name}-`))
  chmodSync(home, 0o711)
  return home
}

const port_max = 32_000

/** A free port below those that the kernel gives to outgoing connections. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * (port_max - 20_000))
    const server = createServer()
    const free = await new Promise<boolean>((done) => {
      server.once("error", () => done(false))
      server.listen(port, "127.0.0.1", () => done(true))
    })
    if (!free) continue
    server.close()
    await once(server, "close")
    return port
  }
  throw new Error("no free port found")
}

/** Processes that work in or for `folder`: their command line names it, or their program lies in it. */
export function processesOf(folder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8")
        return words !== "" && (words.includes(folder) || readlinkSync(`/proc/${pid}/exe`).startsWith(folder))
      } catch {
        return false // It ended while it was looked at, or is not ours to look at.
      }
    })
}

/** The embedded database's main process; null when none is noted. */
export function postmasterOf(folder: string): number | null {
  const path = join(folder, "postgres", "cluster", "postmaster.pid")
  if (!existsSync(path)) return null
  const pid = Number(readFileSync(path, "utf8").split("\n")[0])
  return pid > 0 ? pid : null
}
