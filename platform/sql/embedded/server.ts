import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type Account, databaseAccount, openWay, servesCluster } from "./account.ts"
import { findEngine, layOutEngine } from "./engine.ts"

const START_LIMIT_MS = 120_000 // Recovery after a crash may have to replay max_wal_size.
const STOP_LIMIT_MS = 2_000
const RESTARTS_MAX = 5
const SOCKET_PATH_BYTES_MAX = 100
const PORT = 5432 // Only names the socket; nothing listens on the network.

export type EmbeddedOptions = {
  /** The data folder; the database lives in its `postgres` folder. */
  folder: string
  /** False switches fsync off, for tests on data that may be lost. */
  durable?: boolean
  say?: (sentence: string) => void
  /** Called when the server ended by itself and could not be started again. */
  onLost?: (sentence: string) => void
}

export type EmbeddedServer = {
  socket: string
  port: number
  user: string
  pid(): number
  stop(): Promise<void>
  times_ms: { initdb: number; start: number }
}

/**
 * Starts PostgreSQL for `folder`, making the cluster when there is none. One caller owns a folder (platform/lock):
 * a server that a killed process left behind is stopped first. If it ends by itself it is started again.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { folder, durable = true, say = () => {}, onLost = say } = options
  const home = prepareHome(folder)
  const { cluster, engine, account } = home
  const began = performance.now()
  if (!existsSync(cluster)) await createCluster(engine, cluster, account, durable)
  checkVersion(cluster, engine)
  const initialised = performance.now()
  await stopLeftBehind(cluster, say)
  const socket = socketFolder(home.home, account)
  let child = await launch({ ...home, socket: socket.path, durable })
  const started = performance.now()

  let stopping = false
  let restarts = 0
  let restarting: Promise<void> = Promise.resolve()
  const watch = () => {
    child.once("exit", (code, signal) => {
      if (stopping) return
      const how = `The database ended by itself (${signal ?? `code ${code}`})`
      if (++restarts > RESTARTS_MAX) return onLost(`${how} ${restarts} times; it is not started again.`)
      say(`${how}; it is started again.`)
      restarting = restart().catch((error) => onLost(`${how} and did not start again: ${String(error)}`))
    })
  }
  const restart = async () => {
    await sleep(100 * restarts)
    if (stopping) return
    child = await launch({ ...home, socket: socket.path, durable })
    watch()
  }
  watch()

  const stop = async () => {
    stopping = true
    await restarting
    await endProcess(child)
    if (socket.temporary) rmSync(socket.path, { recursive: true, force: true })
  }
  const times_ms = { initdb: initialised - began, start: started - initialised }
  return { socket: socket.path, port: PORT, user: "mingmai", pid: () => child.pid ?? 0, stop, times_ms }
}

type Home = { home: string; cluster: string; engine: string; account: Account | null; log: string }

function prepareHome(folder: string): Home {
  const found = findEngine()
  if (!found)
    throw new Error(
      `npm has no embedded PostgreSQL for ${process.platform}-${process.arch}; set database_url to a PostgreSQL 15 or newer.`,
    )
  // As root another account has to walk through; it cannot list, and what is secret has rights of its own.
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700
  mkdirSync(folder, { recursive: true, mode })
  const real = realpathSync(folder)
  const home = join(real, "postgres")
  mkdirSync(home, { recursive: true, mode })
  mkdirSync(join(real, "log"), { recursive: true, mode: 0o700 })
  const cluster = join(home, "cluster")
  const account = databaseAccount(cluster)
  openWay(real, account)
  openWay(home, account)
  return { home, cluster, engine: layOutEngine(found, home), account, log: join(real, "log", "postgres.log") }
}

async function createCluster(engine: string, cluster: string, account: Account | null, durable: boolean) {
  const part = `${cluster}.part`
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { mode: 0o700 })
  if (account) chownSync(part, account.uid, account.gid)
  const locale = ["--encoding=UTF8", "--locale=C", "--no-instructions"]
  const trust = ["--username=mingmai", "--auth-local=trust", "--auth-host=reject"]
  const words = ["-D", part, ...locale, ...trust, ...(durable ? [] : ["--no-sync"])]
  const child = spawn(join(engine, "bin", "initdb"), words, {
    ...spawnAs(account),
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4000)
    })
  const [code] = await once(child, "close")
  if (code !== 0) throw new Error(`The database could not be created (initdb code ${code}): ${said.trim()}`)
  renameSync(part, cluster) // A cluster that has its final name is whole.
}

function checkVersion(cluster: string, engine: string) {
  const made = readFileSync(join(cluster, "PG_VERSION"), "utf8").trim()
  const ours = /engine-(\d+)/.exec(basename(engine))?.[1]
  if (made !== ours)
    throw new Error(
      `The database in ${cluster} was made by PostgreSQL ${made}, and this program has ${ours}. Back up with the version that made it, then restore here.`,
    )
}

/** Clean environment: PG* variables of the caller must not reach the server. */
function spawnAs(account: Account | null) {
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" }
  return { cwd: "/", env, detached: true, ...(account && { uid: account.uid, gid: account.gid }) }
}

/** A short folder for the socket; the path of a Unix socket is limited by the kernel. */
function socketFolder(home: string, account: Account | null): { path: string; temporary: boolean } {
  const fits = (path: string) => Buffer.byteLength(`${path}/.s.PGSQL.${PORT}`) < SOCKET_PATH_BYTES_MAX
  let path = join(home, "socket")
  const temporary = !fits(path)
  if (temporary) {
    const parent = [tmpdir(), "/tmp"].find((at) => fits(join(at, "mingmai-XXXXXX")) && existsSync(at)) ?? "/tmp"
    path = mkdtempSync(join(realpathSync(parent), "mingmai-"))
  } else mkdirSync(path, { recursive: true })
  chmodSync(path, 0o700)
  if (account) chownSync(path, account.uid, account.gid)
  return { path, temporary }
}

const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find(
  // The one of BusyBox knows no --pdeathsig. Where there is none, the next start finds and stops what was left behind.
  (path) => existsSync(path) && basename(realpathSync(path)) === "setpriv",
)

async function launch(at: Home & { socket: string; durable: boolean }): Promise<ChildProcess> {
  const deadline = performance.now() + START_LIMIT_MS
  for (;;) {
    // The folder is ours and no server runs: a socket's lock is left over, and its number may be another program's now.
    for (const name of [`.s.PGSQL.${PORT}`, `.s.PGSQL.${PORT}.lock`]) rmSync(join(at.socket, name), { force: true })
    const before = existsSync(at.log) ? statSync(at.log).size : 0
    const child = spawnPostgres(at)
    const failure = await ready(child, at.cluster, deadline)
    if (failure === null) return child
    const said = readFileSync(at.log, "utf8").slice(before).trim().slice(-2000)
    // Workers of a server that was killed hold its memory for some moments.
    const passing = /shared memory block .* is still in use/.test(said)
    if (!passing || performance.now() > deadline) throw new Error(`The database did not start: ${failure}\n${said}`)
    await sleep(200)
  }
}

function spawnPostgres({
  engine,
  cluster,
  socket,
  durable,
  account,
  log,
}: Home & { socket: string; durable: boolean }) {
  const configuration = {
    listen_addresses: "",
    unix_socket_directories: socket,
    unix_socket_permissions: "0700",
    port: PORT,
    max_connections: 30,
    shared_buffers: "32MB",
    max_wal_size: "256MB",
    jit: "off",
    max_parallel_workers_per_gather: 0,
    huge_pages: "off",
    fsync: durable ? "on" : "off",
    synchronous_commit: durable ? "on" : "off",
    full_page_writes: durable ? "on" : "off",
    timezone: "UTC",
    log_timezone: "UTC",
    log_min_messages: "warning",
  }
  const words = ["-D", cluster, ...Object.entries(configuration).flatMap(([key, value]) => ["-c", `${key}=${value}`])]
  const postgres = join(engine, "bin", "postgres")
  if (existsSync(log) && statSync(log).size > 10_000_000) renameSync(log, `${log}.1`)
  const output = openSync(log, "a", 0o600)
  const spawnOptions = { ...spawnAs(account), stdio: ["ignore", output, output] as ("ignore" | number)[] }
  const child = setpriv
    ? spawn(setpriv, ["--pdeathsig", "INT", "--", postgres, ...words], spawnOptions)
    : spawn(postgres, words, spawnOptions)
  closeSync(output)
  child.unref()
  return child
}

/** Waits until the server says in postmaster.pid that it is ready; gives the reason when it will not be. */
async function ready(child: ChildProcess, cluster: string, deadline: number): Promise<string | null> {
  let failure: string | null = null
  child.once("error", (error) => {
    failure = String(error)
  })
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) failure ??= `code ${child.exitCode ?? child.signalCode}`
    if (failure !== null) return failure
    const lines = postmasterLines(cluster)
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === "ready") return null
    await sleep(5)
  }
  child.kill("SIGQUIT")
  return `not ready within ${START_LIMIT_MS / 1000} s`
}

function postmasterLines(cluster: string): string[] {
  const path = join(cluster, "postmaster.pid")
  try {
    return readFileSync(path, "utf8").split("\n")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []
    throw error
  }
}

/** Stops the server of a process that was killed, and clears a stale postmaster.pid whose number was given away again. */
async function stopLeftBehind(cluster: string, say: (sentence: string) => void): Promise<void> {
  const pid = Number(postmasterLines(cluster)[0])
  if (!(pid > 0)) return
  if (servesCluster(pid, cluster)) say(`Stopping the database (process ${pid}) that an earlier run left behind.`)
  for (const [signal, limit_ms] of [
    ["SIGINT", 10_000],
    ["SIGQUIT", 5_000],
    ["SIGKILL", 2_000],
  ] as const) {
    const deadline = performance.now() + limit_ms
    if (servesCluster(pid, cluster)) killQuietly(pid, signal)
    while (servesCluster(pid, cluster) && performance.now() < deadline) await sleep(10)
  }
  if (servesCluster(pid, cluster)) throw new Error(`The database process ${pid} of an earlier run cannot be stopped.`)
  rmSync(join(cluster, "postmaster.pid"), { force: true })
}

/** Fast shutdown; a server that takes longer is stopped at once, which loses nothing and costs recovery at the next start. */
async function endProcess(child: ChildProcess): Promise<void> {
  const ended = () => child.exitCode !== null || child.signalCode !== null
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (ended()) return
    child.kill(signal)
    const deadline = performance.now() + STOP_LIMIT_MS
    while (!ended() && performance.now() < deadline) await sleep(5)
  }
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}
