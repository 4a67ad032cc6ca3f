import type { CityView, ImportedCity } from "../../lifelines/contract.ts"
import {
  type Dimension,
  everything,
  type LonLat,
  type Problem,
  type ReadingBatch,
  scopesFor,
} from "../../model/index.ts"
import type { App, Cluster } from "../../platform/app.ts"
import type { Caller } from "../../platform/http/index.ts"
import type { Commit, Latest } from "../../platform/series/index.ts"
import { type Tx, transaction } from "../../platform/sql/index.ts"
import { every, sleep } from "../../platform/timers/index.ts"
import { type Census, distanceM } from "../census/index.ts"
import { openAdoption } from "./adoption/index.ts"
import { installAdoptionRoutes } from "./adoption/routes.ts"
import { windowsOf } from "./check.ts"
import { newDelivery, type UnknownValue } from "./doors/delivery.ts"
import { type Directory, directoryData } from "./doors/directory.ts"
import { installHttpDoor } from "./doors/http.ts"
import { type Door, type DoorOptions, openDoor } from "./doors/mqtt.ts"
import { openOutside } from "./doors/outside.ts"
import { refusals } from "./doors/refusals.ts"
import { hearAll, hearing, stateChanges } from "./hearing.ts"
import { createIntake, type Intake } from "./intake.ts"
import { createLogIntake } from "./log-intake.ts"
import { installReadback } from "./readback/index.ts"
import { cityView, loadRegistry, type PointRecord, type Registry } from "./registry.ts"
import { installRoutes } from "./routes.ts"
import * as store from "./store.ts"
import { latestView } from "./views-of.ts"

export { hashSecret } from "./credentials.ts"
export { message_bytes_max } from "./decode.ts"
export { openPartitions, type Partitions } from "./partitions.ts"
export type { PointRecord, Registry } from "./registry.ts"
export { setCredential as setGatewaySecret } from "./store.ts"

/** Messages, and their bytes, that the embedded broker holds without acknowledgement at most. */
export const held_max = 50_000
export const held_bytes_max = 64 * 1024 * 1024

/** Devices that change their state at once and are told one by one at most. */
const told_one_by_one_max = 100
/** Changes of states that wait to be written while readings go on. */
const saves_waiting_max = 3

export type Neighbour = { point: PointRecord; distance_m: number }

export type Monitoring = {
  registry(): Registry
  /** Devices and points as doors look them up. */
  directory(): Directory
  reload(): Promise<void>
  /** Called after devices were adopted, when the registry knows their points. */
  onAdopted(listener: () => Promise<void>): void
  adopted(): Promise<void>
  /** After a credential changed: doors in other threads learn it. */
  tellDoors(): Promise<void>
  /** Takes readings that the platform made of others (peaks of waveforms …); resolves when they are durable. */
  takeDerived(readings: ReadingBatch): Promise<void>
  cityView(): CityView
  intake: Intake
  /** Called for each commit, in order; a returned promise slows the doors down. */
  onCommit(listener: (commit: Commit) => Promise<void> | void): void
  latest(points: readonly number[]): Latest[]
  /** Latest values of a dimension at assets, in each indicator's unit; of several points of an asset the newest. */
  latestAt(asset_ids: readonly number[], dimension: Dimension): Map<number, { value: number; time: number }>
  /** Points of the same indicator nearest to a place, nearest first, without `except`. */
  neighbours(lon_lat: LonLat, lifeline: string, indicator: string, except: number | null, limit: number): Neighbour[]
  /** Latest readings as views, for live viewers. */
  latestViews(points: readonly number[]): ReturnType<typeof latestView>[]
  /** Which of these points a caller may see. */
  visible(points: number[], caller: Caller): Promise<number[]>
  /** Takes the latest readings from the series anew, after history was written past the doors. */
  relearn(): Promise<void>
  register(tx: Tx, imported: ImportedCity, given: Registration): Promise<void>
  /** Removes what was refused before a wall time, and exports that nobody fetches any more. */
  forgetOld(before: number): Promise<void>
  openDoor(): Promise<Door>
  door(): Door | null
  devices(): { online: number; total: number }
  arriving(): number[]
  late(): { numerator: number; denominator: number }
  close(): Promise<void>
}

export type Registration = {
  lifeline: string
  batch_id: number | null
  simulated: boolean
  gateway: { code: string; name: string; credential_hash: string } | null
  asset_ids: Map<string, number>
  area_ids: Map<string, number>
  owner_of(asset_id: number | null): number | null
}

/** The sensing stage: devices and points, doors, the road of a reading up to its commit, and silence. */
export async function installMonitoring(
  app: App,
  census: Census,
  options: { clock_credential_hash: string },
): Promise<Monitoring> {
  const { sql, series, clock, settings, cluster } = app
  let registry = await loadRegistry(sql.db, app.lifelines)
  const listeners: ((commit: Commit) => Promise<void> | void)[] = []
  const adopters: (() => Promise<void>)[] = []
  let heard = hearing(registry, series.latest())
  let door: Door | null = null
  let closing = false
  let checked_at = Number.NEGATIVE_INFINITY
  let saving: Promise<void> = Promise.resolve()
  let saves_waiting = 0
  const adoption = await openAdoption(app)

  const road = {
    windows: windowsOf(settings),
    registry: () => registry,
    quarantine: async (entries: store.QuarantineEntry[]) => {
      if (entries.length === 0) return
      await store.insertQuarantine(sql.db, entries)
      tellAll("quarantine")
    },
    adopt: async (values: UnknownValue[]) => {
      const left_over = await adoption.keep(values)
      if (left_over.length > 0) await store.insertQuarantine(sql.db, left_over)
      if (values.length > 0) tellAll("quarantine")
    },
    trouble: (what: string, p: Problem | null) => (p ? app.troubles.raise(what, p.title) : app.troubles.clear(what)),
    retry: (ms: number) => sleep(ms),
  }
  async function committed(commit: Commit) {
    hearAll(heard, commit.readings, commit.blocks)
    const last = commit.ticks.at(-1)
    if (last && clock.mode !== "real") clock.advance(last.time)
    for (const listener of listeners) await listener(commit)
    await checkSilence()
  }
  const intake = cluster ? inCluster(cluster) : onOneMachine()

  function onOneMachine(): Intake {
    const now = () => (clock.now() === 0 ? null : clock.now())
    return createIntake({ ...road, series, now, wall: clock.wall, ticks_itself: clock.mode === "real", committed })
  }
  function inCluster({ take, follow }: Cluster): Intake {
    const into_log = createLogIntake({ ...road, take, now: clock.now, failed: app.failed })
    follow(async (commit) => {
      await committed(commit)
      into_log.heard(commit)
    })
    return into_log
  }

  const tellAll = (kind: "quarantine" | "device") =>
    app.events.tell({ kind, id: 0, owner_id: null, lifeline: null, area_ids: [], action: "add" })

  /** Looks for devices that fell silent or came back, once per minute of city time. */
  async function checkSilence() {
    const now = clock.now()
    if (now === 0 || now - checked_at < 60_000) return
    checked_at = now
    const changes = stateChanges(heard, registry, now, clock.wall())
    for (const c of changes) {
      const d = registry.device_by_id.get(c.id)
      if (!d) continue
      d.state = c.state
      d.state_since = c.at
      d.last_time = c.last_time
    }
    if (changes.length === 0 || !(cluster?.leads ?? true)) return
    saves_waiting++
    saving = saving.then(() => saveStates(changes)).finally(() => saves_waiting--)
    // A city on real time goes on with its readings meanwhile; a replay is years ahead before a database can write.
    if (clock.mode !== "real" || saves_waiting > saves_waiting_max) await saving
  }

  /** Writes changed states, for as long as it takes, and tells of them. */
  async function saveStates(changes: store.StateChange[]) {
    while (!closing) {
      try {
        await transaction(sql.db, (tx) => store.saveStates(tx, changes))
        break
      } catch (error) {
        app.failed("device-states", error)
        await sleep(1000)
      }
    }
    // When thousands fall silent or come back at once, one word is enough for everybody to look again.
    if (changes.length > told_one_by_one_max) return tellAll("device")
    for (const c of changes) {
      const d = registry.device_by_id.get(c.id)
      if (!d) continue
      const { id, owner_id, lifeline, area_ids } = d
      app.events.tell({ kind: "device", id, owner_id, lifeline, area_ids, action: c.state })
    }
  }

  // Readings per second, one number per 5 s of wall time, for the top line.
  const arriving: number[] = Array.from({ length: 24 }, () => 0)
  let counted = 0
  const loops = [
    ...(cluster ? [] : [every(settings.commit_interval_ms, () => intake.commit(), "commit", app.failed)]),
    every(
      5000,
      () => {
        arriving.push((intake.counts.readings - counted) / 5)
        arriving.shift()
        counted = intake.counts.readings
      },
      "arriving",
      app.failed,
    ),
    ...(clock.mode === "real" && !cluster ? [every(1000, () => intake.tick(clock.now()), "tick", app.failed)] : []),
  ]

  /** A door whose thread died is opened again on its port: senders keep what was not acknowledged. */
  async function reopenDoor(onRefused: DoorOptions["onRefused"], error: Error) {
    app.failed("door", error)
    const port = Number(new URL(door?.url ?? "mqtt://x:0").port)
    door = null
    while (!closing && !door) {
      await sleep(1000)
      try {
        door = await embeddedDoor(onRefused, port)
        app.troubles.clear("mqtt")
      } catch (again) {
        app.troubles.raise("mqtt", {
          zh: `MQTT 服务已停止，正在重开：${(again as Error).message}`,
          en: `The MQTT door has stopped and is being opened again: ${(again as Error).message}`,
        })
      }
    }
  }

  const embeddedDoor = (onRefused: DoorOptions["onRefused"], port = settings.mqtt_port) =>
    openDoor({
      host: settings.mqtt_host,
      port,
      tls: app.tls,
      packet_bytes_max: 1024 * 1024,
      held_max,
      held_bytes_max,
      messages_per_s: settings.device_messages_per_s,
      workers: settings.door_workers,
      directory: directoryData(registry.devices.values(), registry.points_of),
      ticks_allowed: clock.mode !== "real",
      clock_credential_hash: options.clock_credential_hash,
      take: intake.take,
      onRefused,
      onLost: (error) => void reopenDoor(onRefused, error),
    })

  const face: Monitoring = {
    registry: () => registry,
    directory: () => ({ device: (code) => registry.devices.get(code), points: (code) => registry.points_of.get(code) }),
    async reload() {
      registry = await loadRegistry(sql.db, app.lifelines)
      heard = hearing(registry, series.latest())
      checked_at = Number.NEGATIVE_INFINITY
      intake.relearn()
      await adoption.relearn()
      await face.tellDoors()
    },
    tellDoors: async () => door?.update(directoryData(registry.devices.values(), registry.points_of)),
    async takeDerived(readings) {
      if (readings.n > 0) await intake.take({ ...newDelivery("derived", 0), readings })
    },
    cityView: () => cityView(registry, clock.mode),
    intake,
    onAdopted: (listener) => void adopters.push(listener),
    async adopted() {
      await face.reload()
      for (const listener of adopters) await listener()
      await app.events.stale("city")
    },
    onCommit: (listener) => void listeners.push(listener),
    latest: (points) => series.latestOf(points),
    latestAt(asset_ids, dimension) {
      const wanted = new Set(asset_ids)
      const asset_of = new Map<number, number>()
      for (const { id, asset_id, spec } of registry.points.values())
        if (asset_id !== null && spec.dimension === dimension && wanted.has(asset_id)) asset_of.set(id, asset_id)
      const newest = new Map<number, { value: number; time: number }>()
      for (const { point, value, time } of series.latestOf([...asset_of.keys()])) {
        const asset_id = asset_of.get(point)!
        if (time > (newest.get(asset_id)?.time ?? 0)) newest.set(asset_id, { value, time })
      }
      return newest
    },
    neighbours(lon_lat, lifeline, indicator, except, limit) {
      const found: Neighbour[] = []
      for (const point of registry.points.values()) {
        if (
          point.id === except ||
          point.device.lifeline !== lifeline ||
          point.indicator !== indicator ||
          point.lon === null ||
          point.lat === null
        )
          continue
        found.push({ point, distance_m: distanceM(lon_lat, [point.lon, point.lat]) })
      }
      return found.sort((a, b) => a.distance_m - b.distance_m).slice(0, limit)
    },
    latestViews: (points) =>
      face
        .latest(points)
        .flatMap((l) =>
          registry.points.has(l.point) ? [latestView(l, registry.points.get(l.point)!, clock.now())] : [],
        ),
    async visible(points, caller) {
      const scopes = caller.kind === "command" ? [everything] : scopesFor(caller.grants, "readings.read")
      return (await store.visiblePoints(sql.db, scopes, { ids: points }, points.length, 0)).ids
    },
    relearn: () => face.reload(),
    async register(tx, imported, given) {
      const gateway_id = given.gateway
        ? await store.upsertGateway(
            tx,
            given.gateway.code,
            given.gateway.name,
            given.lifeline,
            given.gateway.credential_hash,
            given.batch_id,
            given.simulated,
          )
        : null
      const point_ids = await store.upsertDevices(tx, imported.devices, { ...given, gateway_id })
      for (const area of imported.areas) {
        const area_id = given.area_ids.get(area.code)
        if (area_id === undefined) continue
        const meters = [
          ...area.meters.map((m) => ({
            point_id: point_ids.get(`${m.device_code}/${m.indicator}`)!,
            role: "meter" as const,
            sign: m.sign,
            ground_area_m2: null,
          })),
          ...area.tanks.map((t) => ({
            point_id: point_ids.get(`${t.device_code}/${t.indicator}`)!,
            role: "tank" as const,
            sign: 1,
            ground_area_m2: t.area_m2,
          })),
        ]
        await store.setMeters(tx, area_id, meters)
      }
    },
    async forgetOld(before) {
      await store.deleteQuarantine(sql.db, before)
      await exports.forget()
    },
    async openDoor() {
      const onRefused = (what: string, client: string, topic: string) =>
        intake.refuse({
          door: "mqtt",
          client,
          topic,
          payload: Buffer.alloc(0),
          problem: refusals[what as keyof typeof refusals] ?? refusals.protocol,
        })
      door = settings.mqtt_url
        ? await openOutside(app, { directory: face.directory, take: intake.take })
        : await embeddedDoor(onRefused)
      return door
    },
    door: () => door,
    devices() {
      let online = 0
      let total = 0
      for (const d of registry.devices.values()) {
        if ((registry.points_of.get(d.code)?.size ?? 0) === 0) continue
        total++
        if (d.state === "online") online++
      }
      return { online, total }
    },
    arriving: () => arriving,
    late: () => ({ numerator: intake.counts.late, denominator: intake.counts.readings }),
    async close() {
      closing = true
      await door?.close()
      await exports.close()
      for (const loop of loops) await loop.stop()
      await intake.commit()
      await saving
    },
  }
  installRoutes(app, census, face)
  installAdoptionRoutes(app, face, adoption)
  installHttpDoor(app.http, {
    db: sql.db,
    take: intake.take,
    directory: face.directory,
    place_of: (code) => registry.devices.get(code),
    now: () => clock.now() || clock.wall(),
    wall: clock.wall,
    messages_per_s: settings.device_messages_per_s,
    pending: intake.pending,
    refusedCredential: (client, topic) =>
      intake.refuse({ door: "http", client, topic, payload: Buffer.alloc(0), problem: refusals.credential }),
  })
  const exports = await installReadback(app, face)
  return face
}
