import { Worker } from "node:worker_threads"
import { everything, type Grant } from "../model/index.ts"
import { seedPeople } from "../platform/access/index.ts"
import type { App } from "../platform/app.ts"
import { getMeta, setMeta, transaction } from "../platform/sql/index.ts"
import { sleep } from "../platform/timers/index.ts"
import type { Settings } from "../settings.ts"
import { dateOf, dayBounds } from "../stages/supervision/index.ts"
import { settlePast } from "../stages/warning/index.ts"
import { refresh, takeFile, takeImported } from "../wiring/import.ts"
import type { Stages } from "../wiring/stages.ts"
import { appendBridgePast, bridgeImport } from "./bridge.ts"
import { makeDemand } from "./demand.ts"
import { activeFaults, type Fault } from "./faults.ts"
import { makeHistory } from "./history.ts"
import type { FromLive, LiveData, ToLive } from "./live.ts"
import { openHydraulics } from "./physics.ts"
import { makeTown, organisations, people, type TownPerson } from "./town/index.ts"

/** Public, and therefore good for nothing but a demo on 127.0.0.1. */
export const demo_password = "mingmai-demo"
const day_ms = 86_400_000

export type Demo = { step(ms: number): void; close(): Promise<void> }

/** The accounts of the demo city, for the sign-in page and the terminal. */
export const demoAccounts = (_settings: Settings) =>
  people.map((p) => ({ login: p.login, password: demo_password, name: p.name, role: p.role }))

const grantOf = (p: TownPerson): Grant => ({
  role: p.role,
  // "own organisation" is filled in when the person is made.
  scope:
    p.role === "owner_dispatcher" || p.role === "field_crew"
      ? { ...everything, organisations: [] }
      : { ...everything, lifelines: p.lifelines },
})

/** Invents the city of the seed and gives it its past: census, people, readings of weeks, the incidents that are over. */
export async function seedDemo(app: App, stages: Stages, say: ((sentence: string) => void) | null): Promise<void> {
  const { settings, sql, clock, series } = app
  say?.(
    settings.language === "zh"
      ? "正在生成演示城市（只有第一次需要）…"
      : "Inventing the demo city (only the first time) …",
  )
  const town = makeTown(settings.demo_seed)
  await seedPeople(
    sql,
    clock.wall(),
    organisations,
    people.map((p) => ({
      login: p.login,
      name: p.name,
      organisation_code: p.organisation,
      password: demo_password,
      grants: [grantOf(p)],
    })),
  )
  const by = "演示"
  await takeFile(app, stages, {
    file_name: "town.inp",
    text: town.water.inp,
    companion: town.water.companion,
    origin: town.origin,
    by,
    simulated: true,
  })
  await takeFile(app, stages, {
    file_name: "town.geojson",
    text: town.gas.geojson,
    companion: { devices: town.devices },
    by,
    simulated: true,
  })
  const bridges = bridgeImport(town)
  const bridge = app.lifelines.find((l) => l.id === "bridge")
  if (bridges && bridge)
    await takeImported(app, stages, {
      lifeline: bridge,
      imported: bridges,
      file_name: "town-bridges.json",
      text: JSON.stringify(bridges.assets),
      by,
      simulated: true,
    })
  await transaction(sql.db, (tx) => stages.census.setBaseMap(tx, town.basemap))
  await refresh(app, stages)

  const to_ms = clock.wall() - (clock.wall() % 1000)
  const faults = await giveHistory(app, stages, to_ms - settings.demo_days * day_ms, to_ms)
  clock.advance(to_ms)
  await stages.analysis.start()
  await stages.analysis.settled()
  await transaction(sql.db, (tx) =>
    settlePast(
      tx,
      to_ms,
      "值守员一号",
      faults.map((f) => ({ lifeline: f.lifeline, from: f.starts_ms, to: f.ends_ms ?? to_ms })),
    ),
  )
  await setMeta(sql.db, "demo_faults", faults)
  await setMeta(sql.db, "demo_born", to_ms)
  await setMeta(sql.db, "city_name", town.name)
  await setMeta(sql.db, "demo_seed", settings.demo_seed)

  async function giveHistory(a: App, s: Stages, from_ms: number, until_ms: number): Promise<Fault[]> {
    if (a.settings.demo_days === 0) return []
    const hydraulics = await openHydraulics(town.water.inp, makeDemand(town, a.settings.demo_seed).group)
    const { points_of } = s.monitoring.registry()
    const history = makeHistory(town, hydraulics, {
      from_ms,
      to_ms: until_ms,
      seed: a.settings.demo_seed,
      // Yesterday and today are as dense as live, so that the numbers of the day are those of a city that runs.
      dense_from_ms: dayBounds(dateOf(until_ms - day_ms, a.settings.time_zone), a.settings.time_zone).from,
      pointId: (p) => points_of.get(p.device)?.get(p.indicator)?.id ?? null,
    })
    let before = from_ms
    for (const day of history.batches) {
      const time = day.time[day.n - 1] ?? until_ms
      const batch = appendBridgePast(day, before, time, (device, i) => points_of.get(device)?.get(i)?.id ?? null)
      before = time
      await series.commit(batch, [{ at: batch.n, time }])
    }
    hydraulics.close()
    await s.monitoring.relearn()
    return history.faults
  }
}

/** Brings the devices of the demo city to life; a work order that reports mends what it was about. */
export async function startDemo(
  app: App,
  stages: Stages,
  door: { mqtt_url: string; clock_secret: string },
): Promise<Demo> {
  const { sql, clock, events, troubles } = app
  let faults = (await getMeta<Fault[]>(sql.db, "demo_faults")) ?? []
  const seed = (await getMeta<number>(sql.db, "demo_seed")) ?? app.settings.demo_seed
  const born_ms = (await getMeta<number>(sql.db, "demo_born")) ?? clock.now()
  const data: LiveData = { seed, ...door, from_ms: clock.now(), speed: clock.speed(), faults, born_ms }
  const worker = new Worker(new URL("./live.ts", import.meta.url), { workerData: data, execArgv: [] })
  const tell = (message: ToLive) => worker.postMessage(message)
  let ended!: () => void
  const exit = new Promise<void>((done) => {
    ended = done
  })
  worker.on("message", (message: FromLive) => {
    if (message.kind === "ready") troubles.clear("demo")
    if (message.kind === "trouble")
      troubles.raise("demo", {
        zh: `演示设备暂时断开：${message.message}`,
        en: `The demo devices are cut off: ${message.message}`,
      })
    if (message.kind !== "faults") return
    faults = message.faults
    setMeta(sql.db, "demo_faults", faults).catch((error) => app.failed("demo", error))
  })
  worker.on("error", (error) => {
    app.failed("demo", error)
    troubles.raise("demo", {
      zh: `演示设备已停止：${error.message}`,
      en: `The demo devices have stopped: ${error.message}`,
    })
  })
  worker.on("exit", () => ended())

  let state = `${clock.paused()}/${clock.speed()}`
  const unsubscribe = clock.subscribe(() => {
    const next = `${clock.paused()}/${clock.speed()}`
    if (next === state) return
    state = next
    tell({ kind: clock.paused() ? "pause" : "resume" })
    tell({ kind: "speed", speed: clock.speed() })
  })
  const unhear = events.hear((change) => {
    if (change.kind !== "order" || change.action !== "report") return
    repair(change.id).catch((error) => app.failed("demo", error))
  })
  /** The crew reports the repair: the fault nearest to the order's place is mended. */
  async function repair(order_id: number) {
    const at = await stages.response.place(order_id)
    if (!at) return
    const open = activeFaults(faults, clock.now() + day_ms, ["pipe_burst", "pipe_leak", "methane_leak"]).filter(
      (f) => f.lifeline === at.lifeline && f.ends_ms === null,
    )
    const far = (f: Fault) => (at.lon_lat ? Math.hypot(f.lon_lat[0] - at.lon_lat[0], f.lon_lat[1] - at.lon_lat[1]) : 0)
    const nearest = open.sort((a, b) => far(a) - far(b))[0]
    if (nearest) tell({ kind: "mend", id: nearest.id, at_ms: clock.now() })
  }
  return {
    step: (ms) => tell({ kind: "step", ms }),
    async close() {
      unsubscribe()
      unhear()
      tell({ kind: "stop" })
      await Promise.race([exit, sleep(1500)])
      await worker.terminate()
    },
  }
}
