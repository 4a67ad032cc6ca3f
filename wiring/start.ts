import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Problem } from "../model/index.ts"
import { ProblemError, problem } from "../model/index.ts"
import { createAccess } from "../platform/access/index.ts"
import { installAccessRoutes } from "../platform/access/routes.ts"
import { insertAudit } from "../platform/access/store.ts"
import type { App } from "../platform/app.ts"
import { type ClockMode, cityClock, clockLooksWrong } from "../platform/clock/index.ts"
import { createEvents } from "../platform/events/index.ts"
import { openFiles } from "../platform/files/index.ts"
import { serveConsole } from "../platform/http/console.ts"
import { createHttp } from "../platform/http/index.ts"
import { installLive } from "../platform/http/live.ts"
import { describeApi, serveDescription } from "../platform/http/openapi.ts"
import { loadLifelines } from "../platform/lifelines/index.ts"
import { ownFolder } from "../platform/lock/index.ts"
import { openLog } from "../platform/log/index.ts"
import { newToken } from "../platform/random/index.ts"
import { openSeries } from "../platform/series/index.ts"
import { getMeta, migrate, openSql, setMeta } from "../platform/sql/index.ts"
import { every } from "../platform/timers/index.ts"
import { createTroubles } from "../platform/troubles.ts"
import type { Settings } from "../settings.ts"
import { type Demo, demoAccounts, seedDemo, startDemo } from "../sim/index.ts"
import { installBackupRoute } from "./backup.ts"
import { installCityRoutes } from "./city.ts"
import { installImportRoute } from "./import.ts"
import { installOperateRoutes } from "./operate.ts"
import { refuseHalfRestored } from "./restore.ts"
import { installStages, type Stages } from "./stages.ts"
import { startWatch } from "./watch.ts"

export const version = (
  JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as { version: string }
).version

export type Running = {
  app: App
  stages: Stages
  url: string
  accounts: ReturnType<typeof demoAccounts>
  setup_link: string | null
  close(): Promise<void>
}

/** What start says on the way, one sentence each; null keeps it quiet. */
export type Say = ((sentence: string) => void) | null

/**
 * Opens a data folder and brings the whole city up: databases, stages, doors, pages, and the demo city where it is one.
 * Throws ProblemError with a sentence where it cannot. `quiet` is for commands: doors on free ports, no living demo.
 */
export async function start(settings: Settings, options: { quiet?: boolean; say?: Say } = {}): Promise<Running> {
  if (settings.expose && settings.mode === "demo") throw new ProblemError(demoExposed)
  const opened: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    return await open(settings, options, opened, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function open(
  settings: Settings,
  options: { quiet?: boolean; say?: Say },
  opened: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Running> {
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
  const failed = (name: string, error: unknown) => log.error({ err: error, name }, `${name} failed`)

  const lost = (sentence: string) =>
    queueMicrotask(() => {
      // Uncaught on purpose: without its database the process ends, and what watches over it starts it again.
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
  await setMeta(sql.db, "clock_mode", mode)
  const series = await openSeries({
    folder: join(folder, "series"),
    memory_limit_mb: settings.memory_limit_mb,
    budget_bytes: settings.disk_budget_gb * 1024 ** 3,
  })
  opened.push(() => series.close())

  const clock = cityClock({ mode, start: series.lastTick() ?? 0, speed: settings.demo_speed })
  const events = createEvents((error) => failed("event", error))
  const tell_trouble = () =>
    events.tell({ kind: "trouble", id: 0, owner_id: null, lifeline: null, area_ids: [], action: "change" })
  const troubles = createTroubles(clock.wall, tell_trouble)
  const access = createAccess({ sql, wall: clock.wall, command_token: owned.value.token })
  const tls =
    settings.tls_cert && settings.tls_key
      ? { cert: readFileSync(settings.tls_cert, "utf8"), key: readFileSync(settings.tls_key, "utf8") }
      : null
  const http = createHttp({
    identify: access.identify,
    trust_proxy: settings.trusted_proxy !== "",
    onError: (error) => failed("request", error),
    tls,
  })
  opened.push(() => http.server.close())
  const app: App = {
    settings,
    log,
    clock,
    sql,
    files: openFiles(join(folder, "files")),
    series,
    lifelines: await loadLifelines(settings.lifelines_extra),
    events,
    troubles,
    http,
    tls,
    failed,
    audit: async (db, caller, action, object, detail) => {
      await insertAudit(db, {
        wall_time: clock.wall(),
        city_time: clock.now(),
        actor_id: caller.id,
        actor: caller.name || caller.login,
        action,
        object,
        detail,
        address: caller.address,
      })
    },
  }
  const wrong_clock = clockLooksWrong(clock.wall(), await getMeta<number>(sql.db, "last_wall"))
  if (wrong_clock) troubles.raise("machine-clock", wrong_clock)
  await setMeta(sql.db, "last_wall", clock.wall())

  await describeApi(http, version)
  const clock_secret = newToken()
  const stages = await installStages(app, clock_secret)
  opened.push(() => closeStages(stages))
  const demo_city = mode === "demo" && settings.level === "city"
  if (demo_city && !(await getMeta(sql.db, "demo_seed"))) await seedDemo(app, stages, options.say ?? null)
  let demo: Demo | null = null
  const accounts = demo_city ? demoAccounts(settings) : []
  installAccessRoutes(app, access)
  installCityRoutes(app, access, stages, {
    version,
    clock_secret,
    demo_accounts: accounts,
    step: (ms) => demo?.step(ms),
  })
  installImportRoute(app, stages)
  installBackupRoute(app, version)
  const live = installLive(http, {
    clock,
    events,
    visible: (points, caller) => stages.monitoring.visible(points, caller),
    latest: (points) => stages.monitoring.latestViews(points),
    follow: stages.points.follow,
    every: (ms, fn, name) => every(ms, fn, name, failed),
  })
  opened.push(() => live.close())
  const watch = startWatch(app, stages)
  opened.push(() => watch.stop())
  installOperateRoutes(app, stages, { version, viewers: live.viewers, watch })
  serveDescription(http)
  if (!(await serveConsole(http, join(import.meta.dirname, "../console/dist")))) {
    troubles.raise("console", {
      zh: "网页未构建，请运行 npm run prepare；监测照常运行",
      en: "The console is not built: run npm run prepare. Monitoring runs on",
    })
  }

  const upkeep = every(3_600_000, () => keepHouse(app, stages), "upkeep", failed)
  opened.push(() => upkeep.stop())
  // Readings wait at the commit until the detectors have caught up; the pages are there meanwhile.
  const caught_up = stages.analysis.start().catch((error) => failed("detectors", error))
  await listen(http.server, settings, options.quiet ?? false)
  const url = addressOf(http.server, settings)
  if (settings.level === "city") {
    const door = await stages.monitoring.openDoor()
    if (demo_city && !options.quiet) {
      demo = await startDemo(app, stages, { mqtt_url: door.url, clock_secret })
      const running = demo
      opened.push(() => running.close())
    }
  }
  owned.value.announce(url)
  if (options.quiet) await caught_up
  const setup_link =
    !demo_city && !options.quiet && (await access.isEmpty())
      ? `${url}/setup#${await access.makeLink(sql.db, null, "setup")}`
      : null
  return { app, stages, url, accounts, setup_link, close }
}

/** Once an hour: readings into Parquet, what retention no longer keeps away, risk scores that age, old refused messages. */
async function keepHouse(app: App, stages: Stages) {
  const { keep_readings_days, keep_waveforms_days, keep_rollups_days } = app.settings
  await app.series.seal(app.clock.wall())
  const before = (days: number) => app.clock.now() - days * 86_400_000
  if (app.clock.now() > 0)
    await app.series.forget({
      readings_before: before(keep_readings_days),
      waves_before: before(keep_waveforms_days),
      rollups_before: before(keep_rollups_days),
    })
  await stages.risk.assess()
  await stages.monitoring.forgetOld(app.clock.wall() - app.settings.quarantine_keep_days * 86_400_000)
}

async function closeStages(s: Stages) {
  await s.points.close()
  await s.monitoring.close()
  await s.analysis.close()
  await s.warnings.close()
  await s.response.close()
  await s.federation.close()
}

async function listen(server: { listen(o: object): Promise<string> }, settings: Settings, quiet: boolean) {
  try {
    await server.listen({ host: settings.http_host, port: quiet ? 0 : settings.http_port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") throw new ProblemError(portBusy(settings.http_port))
    throw error
  }
}

function addressOf(server: { server: { address(): unknown } }, settings: Settings): string {
  const { port } = server.server.address() as { port: number }
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

const demoExposed = problem(
  "demo-exposed",
  500,
  "演示模式使用公开口令，只能在本机（127.0.0.1）运行；请去掉 --expose 或用 --mode real 新建数据目录",
  "Demo mode has public passwords and runs on 127.0.0.1 only; drop --expose, or make a data folder with --mode real",
)

/** The terminal shows what needs a person; everything is in the log file. */
const screenOf = (level: string) => ({
  write(line: string) {
    if (level === "debug" || / (warn|error|fatal) /.test(line.slice(0, 20))) process.stderr.write(line)
  },
})
