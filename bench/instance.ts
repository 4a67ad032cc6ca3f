/** Whole instances for measurements: started from an empty folder, asked by the machine's own command line, and ended. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { cpus, tmpdir, totalmem } from "node:os"
import { join } from "node:path"
import { readInstance } from "../platform/lock/index.ts"
import { type Api, apiOf } from "../scripts/instance.ts"

export const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`

export type Instance = {
  api: Api
  url: string
  headers: Record<string, string>
  pid: number
  /** Wall time from the start of the process until its address answered, ms. */
  answered_ms: number
  stop(): Promise<void>
}

export const temporaryFolder = () => mkdtempSync(join(tmpdir(), "mingmai-bench-"))
export const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

/** A free port below those that outgoing connections take. */
export async function freePort(): Promise<number> {
  for (let port = 20_000 + Math.floor(Math.random() * 10_000); ; port++) {
    const free = await new Promise<boolean>((done) => {
      const server = createServer()
      server.once("error", () => done(false))
      server.listen(port, "127.0.0.1", () => server.close(() => done(true)))
    })
    if (free) return port
  }
}

/** Starts main.ts on a folder and returns when its address answers. */
export async function startInstance(folder: string, mode: "demo" | "replay" | "real"): Promise<Instance> {
  const [http, mqtt] = [await freePort(), await freePort()]
  const flags = [
    "--data-dir",
    folder,
    "--mode",
    mode,
    "--http-port",
    String(http),
    "--mqtt-port",
    String(mqtt),
    "--log-level",
    "error",
  ]
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MINGMAI_")))
  env.UV_THREADPOOL_SIZE = "8" // As \`npm start\` has it.
  const began = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, "../main.ts"), ...flags], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  })
  const url = `http://127.0.0.1:${http}`
  await answering(url, child)
  const answered_ms = Math.round(performance.now() - began)
  const token = await tokenOf(folder)
  return {
    api: apiOf(url, token),
    url,
    headers: { authorization: `Bearer ${token}` },
    pid: child.pid!,
    answered_ms,
    async stop() {
      const ended = new Promise<void>((done) => child.once("exit", () => done()))
      child.kill("SIGTERM")
      await ended
    },
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const start_ms_max = 120_000
  for (const end = performance.now() + start_ms_max; performance.now() < end; await pause(20)) {
    const answer = await fetch(`${url}/healthz`).catch(() => null)
    if (answer?.ok) return
    if (child.exitCode !== null) throw new Error(`The instance ended with code ${child.exitCode}.`)
  }
  child.kill("SIGKILL")
  throw new Error(`The instance did not answer within ${start_ms_max / 1000} s.`)
}

/** The address is announced when the doors are open too. */
async function tokenOf(folder: string): Promise<string> {
  for (let i = 0; i < 500; i++) {
    const instance = readInstance(folder)
    if (instance?.http_url) return instance.token
    await pause(20)
  }
  throw new Error("The instance did not announce itself.")
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

/** Median and 99th percentile, to a hundredth. */
export function percentiles(values: readonly number[]): { p50: number; p99: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (q: number) => Number((sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(2))
  return { p50: at(0.5), p99: at(0.99) }
}
