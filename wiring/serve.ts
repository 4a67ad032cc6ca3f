import { join } from "node:path"
import type { Problem } from "../model/index.ts"
import { createAccess } from "../platform/access/index.ts"
import { installAccessRoutes } from "../platform/access/routes.ts"
import { insertAudit } from "../platform/access/store.ts"
import type { App, Cluster } from "../platform/app.ts"
import { cityClock, clockLooksWrong } from "../platform/clock/index.ts"
import { createEvents, type PeerEvents } from "../platform/events/index.ts"
import { openFiles } from "../platform/files/index.ts"
import { serveConsole } from "../platform/http/console.ts"
import { createHttp } from "../platform/http/index.ts"
import { installLive } from "../platform/http/live.ts"
import { describeApi, serveDescription } from "../platform/http/openapi.ts"
import { loadLifelines } from "../platform/lifelines/index.ts"
import { newToken } from "../platform/random/index.ts"
import { openClickHouse, openSeries, type Series } from "../platform/series/index.ts"
import { getMeta, setMeta } from "../platform/sql/index.ts"
import { every } from "../platform/timers/index.ts"
import { createTroubles, type PeerTroubles } from "../platform/troubles.ts"
import { type Demo, demoAccounts, seedDemo, startDemo } from "../sim/index.ts"
import { installBackupRoute } from "./backup.ts"
import { type CensusDesk, installCensusDesk } from "./census.ts"
import { installCityRoutes } from "./city.ts"
import type { Joined } from "./cluster.ts"
import { clickhouse_database, closeAll, type Ground, listen, type Opened } from "./ground.ts"
import { installImportRoute } from "./import.ts"
import { installOperateRoutes } from "./operate.ts"
import { retention } from "./retention.ts"
import { sayTroubles } from "./shared-troubles.ts"
import { installStages, type Stages } from "./stages.ts"
import { staleness } from "./staleness.ts"
import { startWatch } from "./watch.ts"

export type Running = {
  app: App
  stages: Stages
  url: string
  accounts: ReturnType<typeof demoAccounts>
  setup_link: string | null
  close(): Promise<void>
}

/** A process among others of a deployment, and whether it leads: then it has the detectors and no doors for devices. */
export type Place = { joined: Joined; leads: boolean }

/** Brings the city up on its ground: stages, doors, pages, and the demo city where it is one. */
export async function openCity(ground: Ground, version: string, place: Place | null, opened: Opened): Promise<Running> {
  const { settings, log, sql, mode, tls, quiet, failed } = ground
  const folder = settings.data_dir
  const joined = place?.joined
  const { series, cluster, gaps } = await openReadings(ground, place, opened)

  const clock = cityClock({ mode, start: series.lastTick() ?? 0, speed: settings.demo_speed })
  const events = createEvents((error) => failed("event", error), joined?.peers.say)
  const tell_trouble = () =>
    events.tell({ kind: "trouble", id: 0, owner_id: null, lifeline: null, area_ids: [], action: "change" })
  const troubles = createTroubles(clock.wall, tell_trouble)
  gaps((p) => troubles.raise(p.code, p.title))
  const access = createAccess({ sql, wall: clock.wall, command_token: ground.command_token })
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
    cluster,
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
  if (joined) opened.push(hearPeers(app, stages, joined, { events, troubles }))
  const demo_city = mode === "demo" && settings.level === "city"
  if (demo_city && !(await getMeta(sql.db, "demo_seed"))) await seedDemo(app, stages, ground.say)
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
  const desk = installCensusDesk(app, stages)
  opened.push(() => desk.close())
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
  if (!(await serveConsole(http, join(import.meta.dirname, "../console/dist"), settings.wmts_url))) {
    troubles.raise("console", {
      zh: "网页未构建，请运行 npm run prepare；监测照常运行",
      en: "The console is not built: run npm run prepare. Monitoring runs on",
    })
  }

  const upkeep = every(3_600_000, () => keepHouse(app, stages, desk), "upkeep", failed)
  opened.push(() => upkeep.stop())
  // Readings wait at the commit until the detectors have caught up; the pages are there meanwhile.
  const caught_up =
    cluster?.leads === false ? Promise.resolve() : stages.analysis.start().catch((error) => failed("detectors", error))
  const url = await listen(http, ground)
  if (settings.level === "city" && !cluster?.leads) {
    const door = await stages.monitoring.openDoor()
    if (demo_city && !quiet) {
      demo = await startDemo(app, stages, { mqtt_url: door.url, clock_secret })
      const running = demo
      opened.push(() => running.close())
    }
  }
  ground.announce(url)
  if (quiet) await caught_up
  const setup_link =
    !demo_city && !quiet && (await access.isEmpty())
      ? `${url}/setup#${await access.makeLink(sql.db, null, "setup")}`
      : null
  return { app, stages, url, accounts, setup_link, close: () => closeAll(opened) }
}

/** The embedded store, or ClickHouse as its one writer, or, among other processes, as a reader. */
async function openReadings(
  ground: Ground,
  place: Place | null,
  opened: Opened,
): Promise<{ series: Series; cluster: Cluster | null; gaps(listener: (p: Problem) => void): void }> {
  const { settings } = ground
  // What one machine does not use is not loaded either.
  if (place) return await (await import("./cluster.ts")).openCluster(ground, place.joined, place.leads, opened)
  const series = settings.clickhouse_url
    ? await openClickHouse({ url: settings.clickhouse_url, database: clickhouse_database })
    : await openSeries({
        folder: join(settings.data_dir, "series"),
        memory_limit_mb: settings.memory_limit_mb,
        budget_bytes: settings.disk_budget_gb * 1024 ** 3,
      })
  opened.push(() => series.close())
  return { series, cluster: null, gaps: () => {} }
}

/** What other processes changed is read anew here; what they tell is told on to the viewers of this one. */
function hearPeers(
  app: App,
  stages: Stages,
  { peers }: Joined,
  { events, troubles }: { events: PeerEvents; troubles: PeerTroubles },
) {
  const refresh = staleness(async (what) => {
    if (what.has("city")) {
      await stages.census.reload()
      await stages.risk.reload()
    }
    await stages.monitoring.reload()
    if (what.has("city")) await stages.analysis.reload()
  }, app.failed)
  const silence = peers.begin({ heard: events.heard, stale: refresh.stale, troubles: troubles.heard })
  const saying = sayTroubles(peers, troubles, app.failed)
  return async () => {
    silence()
    await saying.stop()
    await refresh.close()
  }
}

/** Once an hour: readings into Parquet, what retention no longer keeps away, risk scores that age, old refused messages. */
async function keepHouse(app: App, stages: Stages, desk: CensusDesk) {
  const { clock, series, settings } = app
  if (!app.cluster) {
    await series.seal(clock.wall())
    if (clock.now() > 0) await series.forget(retention(settings, clock.now()))
  }
  if (app.cluster?.leads === false) await stages.risk.reload()
  else await stages.risk.assess()
  await stages.monitoring.forgetOld(clock.wall() - settings.quarantine_keep_days * 86_400_000)
  await desk.forget()
}

async function closeStages(s: Stages) {
  await s.points.close()
  await s.monitoring.close()
  await s.analysis.close()
  await s.warnings.close()
  await s.response.close()
  await s.federation.close()
}
