import type { CityView, ImportedCity } from "../../lifelines/contract.ts"
import { everything, type LonLat, problem, scopesFor } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import type { Caller } from "../../platform/http/index.ts"
import { type MqttDoor, type MqttSession, openBroker, openSubscriber } from "../../platform/mqtt/index.ts"
import type { Commit, Latest } from "../../platform/series/index.ts"
import { type Tx, transaction } from "../../platform/sql/index.ts"
import { every, sleep } from "../../platform/timers/index.ts"
import { type Census, distanceM } from "../census/index.ts"
import { sameSecret } from "./credentials.ts"
import { createIntake, type Intake } from "./intake.ts"
import { cityView, loadRegistry, type PointRecord, type Registry } from "./registry.ts"
import { installRoutes } from "./routes.ts"
import { deviceState, silent_after_ms } from "./silence.ts"
import * as store from "./store.ts"
import { latestView } from "./views-of.ts"

export { hashSecret } from "./credentials.ts"
export { message_bytes_max } from "./decode.ts"
export type { PointRecord, Registry } from "./registry.ts"
export { setCredential as setGatewaySecret } from "./store.ts"

export type Neighbour = { point: PointRecord; distance_m: number }

export type Monitoring = {
  registry(): Registry
  reload(): Promise<void>
  cityView(): CityView
  intake: Intake
  /** Called for each commit, in order; a returned promise slows the doors down. */
  onCommit(listener: (commit: Commit) => Promise<void> | void): void
  latest(points: readonly number[]): Latest[]
  /** Points of the same indicator nearest to a place, nearest first, without `except`. */
  neighbours(lon_lat: LonLat, lifeline: string, indicator: string, except: number | null, limit: number): Neighbour[]
  /** Latest readings as views, for live viewers. */
  latestViews(points: readonly number[]): ReturnType<typeof latestView>[]
  /** Which of these points a caller may see. */
  visible(points: number[], caller: Caller): Promise<number[]>
  /** Takes the latest readings from the series anew, after history was written past the doors. */
  relearn(): Promise<void>
  register(tx: Tx, imported: ImportedCity, given: Registration): Promise<void>
  /** Removes what was refused before a wall time. */
  forgetQuarantine(before: number): Promise<void>
  openDoor(): Promise<MqttDoor>
  door(): MqttDoor | null
  devices(): { online: number; total: number }
  arriving(): number[]
  late(): { numerator: number; denominator: number }
  close(): Promise<void>
}

export type Registration = {
  lifeline: string
  batch_id: number
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
  const { sql, series, clock, settings } = app
  let registry = await loadRegistry(sql.db, app.lifelines)
  const listeners: ((commit: Commit) => Promise<void> | void)[] = []
  const latest_by_point = new Map<number, Latest>(series.latest().map((l) => [l.point, l]))
  const heard = new Map<number, number>()
  for (const l of latest_by_point.values()) noteHeard(l.point, l.time)
  let door: MqttDoor | null = null
  let checked_at = Number.NEGATIVE_INFINITY

  function noteHeard(point_id: number, time: number) {
    const device = registry.points.get(point_id)?.device
    if (device && time > (heard.get(device.id) ?? 0)) heard.set(device.id, time)
  }

  const intake = createIntake({
    series,
    now: () => (clock.now() === 0 ? null : clock.now()),
    wall: clock.wall,
    ticks_allowed: clock.mode !== "real",
    registry: () => registry,
    quarantine: async (entries) => {
      if (entries.length === 0) return
      await store.insertQuarantine(sql.db, entries)
      app.events.tell({ kind: "quarantine", id: 0, owner_id: null, lifeline: null, area_ids: [], action: "add" })
    },
    tellError: (topic, payload) => door?.publish(topic, payload),
    committed: async (commit) => {
      const { readings } = commit
      for (let i = 0; i < readings.n; i++) {
        const point = readings.point[i]!
        const time = readings.time[i]!
        const known = latest_by_point.get(point)
        if (!known || time > known.time) {
          latest_by_point.set(point, {
            point,
            time,
            sequence: readings.sequence[i]!,
            value: readings.value[i]!,
            quality: readings.quality[i]!,
            arrived: readings.arrived[i]!,
          })
          noteHeard(point, time)
        }
      }
      const last = commit.ticks.at(-1)
      if (last && clock.mode !== "real") clock.advance(last.time)
      for (const listener of listeners) await listener(commit)
      await checkSilence()
    },
    trouble: (what, p) => (p ? app.troubles.raise(what, p.title) : app.troubles.clear(what)),
    retry: (ms) => sleep(ms),
  })

  /** Looks for devices that fell silent or came back, once per minute of city time. */
  async function checkSilence() {
    const now = clock.now()
    if (now === 0 || now - checked_at < 60_000) return
    const changes: Parameters<typeof store.saveStates>[1] = []
    const rhythms = rhythmsOf(registry, heard)
    for (const d of registry.devices.values()) {
      const rhythm = rhythms.get(d.id)
      if (!rhythm) continue
      const { interval_ms: interval, last } = rhythm
      const next = deviceState(d.state, last, interval, now)
      if (next === null) continue
      // Silence began when the reading that did not come was due, not when somebody looked.
      const at = next === "silent" && last !== null ? last + silent_after_ms(interval) : now
      changes.push({ id: d.id, state: next, at, last_time: last, wall: clock.wall() })
    }
    if (changes.length > 0) await transaction(sql.db, (tx) => store.saveStates(tx, changes))
    // Only now: a change that could not be written is found again when the commit is told again.
    checked_at = now
    for (const c of changes) {
      const d = registry.device_by_id.get(c.id)
      if (!d) continue
      d.state = c.state
      d.state_since = c.at
      d.last_time = c.last_time
      app.events.tell({
        kind: "device",
        id: d.id,
        owner_id: d.owner_id,
        lifeline: d.lifeline,
        area_ids: d.area_ids,
        action: c.state,
      })
    }
  }

  async function authenticate(username: string, password: string): Promise<MqttSession | null> {
    if (username === "clock" && sameSecret(password, options.clock_credential_hash)) {
      return { name: "clock", mayPublish: () => true, maySubscribe: (t) => t.startsWith("v1/") }
    }
    const device = registry.devices.get(username)
    if (!device?.credential_hash || !sameSecret(password, device.credential_hash)) return null
    const own = [`v1/devices/${device.code}/readings`, `v1/gateways/${device.code}/readings`]
    const errors = [`v1/devices/${device.code}/errors`, `v1/gateways/${device.code}/errors`]
    return { name: device.code, mayPublish: (t) => own.includes(t), maySubscribe: (t) => errors.includes(t) }
  }

  // Readings per second, one number per 5 s of wall time, for the top line.
  const arriving: number[] = Array.from({ length: 24 }, () => 0)
  let counted = 0
  const loops = [
    every(settings.commit_interval_ms, () => intake.commit(), "commit", app.failed),
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
    ...(clock.mode === "real" ? [every(1000, () => intake.tick(clock.now()), "tick", app.failed)] : []),
  ]

  const face: Monitoring = {
    registry: () => registry,
    async reload() {
      registry = await loadRegistry(sql.db, app.lifelines)
      heard.clear()
      for (const l of latest_by_point.values()) noteHeard(l.point, l.time)
      checked_at = Number.NEGATIVE_INFINITY
    },
    cityView: () => cityView(registry, clock.mode),
    intake,
    onCommit: (listener) => void listeners.push(listener),
    latest: (points) => points.flatMap((p) => latest_by_point.get(p) ?? []),
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
    async relearn() {
      for (const l of series.latest()) latest_by_point.set(l.point, l)
      await face.reload()
    },
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
    forgetQuarantine: (before) => store.deleteQuarantine(sql.db, before),
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
        ? await openSubscriber({
            url: settings.mqtt_url,
            client_id: `mingmai-${settings.city_code}`,
            onMessage: intake.accept,
            onState: (state, reason) =>
              state === "connected"
                ? app.troubles.clear("mqtt")
                : app.troubles.raise("mqtt", {
                    zh: `外部 MQTT 服务连接中断，正在重连：${reason}`,
                    en: `The outside MQTT broker is lost, reconnecting: ${reason}`,
                  }),
          })
        : await openBroker({
            host: settings.mqtt_host,
            port: settings.mqtt_port,
            tls: app.tls,
            packet_bytes_max: 1024 * 1024,
            held_max: 50_000,
            authenticate,
            onMessage: intake.accept,
            onRefused,
          })
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
      await door?.close()
      for (const loop of loops) await loop.stop()
      await intake.commit()
    },
  }
  installRoutes(app, census, face)
  return face
}

const refusals = {
  credential: problem(
    "bad-credential",
    401,
    "账号或口令不对，连接被拒绝；请核对设备凭据",
    "Wrong user name or password; check the device's credential",
  ),
  "too-large": problem(
    "too-large",
    413,
    "报文超过 1 MiB，连接已断开；请分批发送",
    "The packet is over 1 MiB, the connection was ended; send it in parts",
  ),
  topic: problem("wrong-topic", 403, "没有订阅该主题的权限", "You may not subscribe to this topic"),
  protocol: problem("bad-protocol", 400, "不是有效的 MQTT 3.1.1 连接", "Not a valid MQTT 3.1.1 connection"),
}

/** How often each device should speak and when it last did; a gateway speaks whenever one of its devices does. */
function rhythmsOf(registry: Registry, heard: ReadonlyMap<number, number>) {
  const rhythms = new Map<number, { interval_ms: number; last: number | null }>()
  const note = (id: number, interval_ms: number, last: number | null) => {
    const known = rhythms.get(id)
    rhythms.set(id, {
      interval_ms: Math.min(known?.interval_ms ?? Number.POSITIVE_INFINITY, interval_ms),
      last: known?.last == null ? last : last === null ? known.last : Math.max(known.last, last),
    })
  }
  for (const point of registry.points.values()) {
    const last = heard.get(point.device_id) ?? null
    note(point.device_id, point.interval_ms, last)
    if (point.device.gateway_id !== null) note(point.device.gateway_id, point.interval_ms, last)
  }
  return rhythms
}
