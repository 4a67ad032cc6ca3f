import { readFileSync } from "node:fs"
import { type Problem, ProblemError, problem } from "../model/index.ts"
import type { ClockMode } from "../platform/clock/index.ts"
import type { Http } from "../platform/http/index.ts"
import { ownFolder } from "../platform/lock/index.ts"
import { type Log, openLog } from "../platform/log/index.ts"
import { getMeta, migrate, openSql, type Sql, setMeta } from "../platform/sql/index.ts"
import type { Settings } from "../settings.ts"
import { refuseHalfRestored } from "./restore.ts"

/** The database in ClickHouse that holds an instance's readings. */
export const clickhouse_database = "mingmai"

/** What every process stands on, whatever its role: its data folder, its log and the database. */
export type Ground = {
  settings: Settings
  /** For commands: doors on free ports, no living demo, nothing on the screen. */
  quiet: boolean
  say: ((sentence: string) => void) | null
  log: Log
  sql: Sql
  mode: ClockMode
  tls: { cert: string; key: string } | null
  command_token: string
  announce(url: string): void
  failed(name: string, error: unknown): void
  /** Ends the process: what watches over it starts it again. */
  lost(sentence: string): void
}

/** What is closed at the end, in the opposite order of opening. */
export type Opened = (() => Promise<void> | void)[]

export async function closeAll(opened: Opened): Promise<void> {
  for (const end of opened.splice(0).reverse()) await end()
}

/** Owns the data folder and opens log and database. Throws ProblemError with a sentence where it cannot. */
export async function openGround(
  settings: Settings,
  options: { quiet: boolean; say: Ground["say"] },
  opened: Opened,
): Promise<Ground> {
  const folder = settings.data_dir
  const owned = ownFolder(folder)
  if (!owned.ok) throw new ProblemError(owned.problem)
  opened.push(() => owned.value.release())
  const half = refuseHalfRestored(folder)
  if (half) throw new ProblemError(half)
  const { log, close: closeLog } = openLog({
    folder,
    level: settings.log_level,
    screen: options.quiet ? null : screenOf(settings.log_level),
  })
  opened.push(closeLog)
  const lost = (sentence: string) =>
    queueMicrotask(() => {
      // Uncaught on purpose: without this the process is of no use, and what watches over it starts it again.
      throw new Error(sentence)
    })
  const sql = await openSql({
    folder,
    database_url: settings.database_url,
    connections: settings.database_connections,
    say: (s) => log.info(s),
    onLost: lost,
  }).catch((error: Error) => {
    log.error({ err: error }, "the database cannot be opened")
    throw new ProblemError(problem("database-failed", 500, `数据库无法使用：${error.message}`, error.message))
  })
  opened.push(() => sql.close())
  await migrate(sql)
  const mode =
    (await getMeta<ClockMode>(sql.db, "clock_mode")) ??
    (settings.level === "province" && settings.origins.mode === "default" ? "real" : settings.mode)
  if (settings.role !== "all" && mode !== "real") throw new ProblemError(simulated(settings.role, mode))
  await setMeta(sql.db, "clock_mode", mode)
  const tls =
    settings.tls_cert && settings.tls_key
      ? { cert: readFileSync(settings.tls_cert, "utf8"), key: readFileSync(settings.tls_key, "utf8") }
      : null
  return {
    settings,
    ...options,
    log,
    sql,
    mode,
    tls,
    command_token: owned.value.token,
    announce: owned.value.announce,
    failed: (name, error) => log.error({ err: error, name }, `${name} failed`),
    lost,
  }
}

/** Begins to answer and says where. */
export async function listen(http: Http, { settings, quiet }: Pick<Ground, "settings" | "quiet">): Promise<string> {
  try {
    await http.server.listen({ host: settings.http_host, port: quiet ? 0 : settings.http_port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") throw new ProblemError(portBusy(settings.http_port))
    throw error
  }
  const { port } = http.server.server.address() as { port: number }
  const host = settings.http_host === "0.0.0.0" || settings.http_host === "::" ? "localhost" : settings.http_host
  return `${settings.tls_cert ? "https" : "http"}://${host}:${port}`
}

const portBusy = (port: number): Problem =>
  problem(
    "port-busy",
    500,
    `端口 ${port} 已被占用，请换一个：--http-port <端口>（0 为任意空闲端口）`,
    `Port ${port} is in use; choose another with --http-port <port> (0 for any free one)`,
    { field: "http_port", value: port },
  )

const simulated = (role: string, mode: string): Problem =>
  problem(
    "cluster-mode",
    409,
    `role 为 ${role} 时只能用真实时间，而时钟方式是 ${mode}；演示与回放请用 role=all，多机部署请用 --mode real 新建数据库`,
    `The role ${role} runs on real time only, and the clock is ${mode}; use role=all for demo and replay, or begin a new database with --mode real`,
    { field: "mode", value: mode },
  )

/** The terminal shows what needs a person; everything is in the log file. */
const screenOf = (level: string) => ({
  write(line: string) {
    if (level === "debug" || / (warn|error|fatal) /.test(line.slice(0, 20))) process.stderr.write(line)
  },
})
