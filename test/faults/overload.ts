import { fork } from "node:child_process"
import { connect } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import mqtt from "mqtt-packet"
import { costOf } from "../../bench/processes.ts"
import { type Wire, wire } from "../../bench/senders/wire.ts"
import { giveCredentials, password, quietly, registerGateways } from "../../bench/world.ts"
import { connectMqtt } from "../../platform/mqtt/index.ts"
import type { Series } from "../../platform/series/index.ts"
import { until } from "../processes.ts"
import { goodGateway } from "./bad-input.ts"
import { type City, cityOf } from "./city.ts"
import { findReadings, withSeries } from "./found.ts"
import { pushedValue } from "./pushed.ts"
import type { PushPlan, PushResult } from "./pusher.ts"
import { type FaultResult, type Found, resultOf } from "./result.ts"
import { bridge_gateway, samples_a_block, shakingBlocks } from "./town.ts"

const indicator = "pressure_m"
/** What the program and its database may use of memory under any load: what it is allowed for five cities like Hefei. */
const memory_mb_max = 2048
const greedy_per_s = 10_000
/** What one connection is served a second by default, with a burst of two seconds. */
const device_messages_per_s = 200

/**
 * More than the machine takes, by many devices at once, while one device sends 10,000 a second, one client listens and
 * does not read, and a well-behaved gateway goes on; then all devices come back within ten seconds while a bridge is
 * shaken. Memory stays within its limit, nothing acknowledged is lost, and the alarm comes.
 */
export async function overload(
  options: { devices?: number; times?: number[]; seconds?: number; say?: (sentence: string) => void } = {},
): Promise<FaultResult> {
  const { devices = 1000, times = [3], seconds = 8, say = () => undefined } = options
  const city = await cityOf("overload", { mode: "real" })
  const wrong: string[] = []
  const said: string[] = []
  const note = (sentence: string) => {
    said.push(sentence)
    say(sentence)
  }
  try {
    const codes = Array.from({ length: devices }, (_, i) => `crowd-${i}`)
    const points = await register(city, [...codes, "greedy"])
    await city.start()
    const watch = memoryWatch(city)
    const base = Date.now() - 3_600_000
    const { gateway_password } = await city.feed()
    const good = goodGateway(city, base, gateway_password)
    let sent = codes.map(() => 0)
    const push = async (over: Partial<PushPlan>) => {
      const plan = { url: city.url()!, password, codes, indicator, base, sent, seconds, inflight_max: 200 }
      const done = await pusher({ ...plan, messages_per_s: 0, storm_s: null, ...over })
      wrong.push(...done.lost)
      const rows = done.acknowledged.reduce((n, a, i) => n + a - sent[i]!, 0)
      sent = done.sent
      return { ...done, rows }
    }
    const free = await push({ messages_per_s: 1e9, seconds: Math.min(seconds, 5), inflight_max: 20 })
    const takes = free.rows / free.seconds
    note(`${devices} devices: the machine takes ${Math.round(takes)} messages/s, sender beside it`)

    const greedy = greedyDevice(city, base)
    const deaf = deafListener(city)
    for (const factor of times) {
      const before = good.acknowledged().length
      const done = await push({ messages_per_s: takes * factor })
      const settled_at = performance.now()
      await city.settled()
      const catch_up = done.catch_up_s + (performance.now() - settled_at) / 1000
      if (good.acknowledged().length <= before) wrong.push(`×${factor}: the well-behaved gateway was not acknowledged`)
      note(
        `×${factor} (${Math.round(done.offered / done.seconds)}/s offered) for ${Math.round(done.seconds)} s: ${done.rows} acknowledged, caught up in ${catch_up.toFixed(1)} s, ${watch.most()} MB at most`,
      )
    }
    const served = greedy.stop()
    const allowed = device_messages_per_s * (served.seconds + 3)
    if (served.acknowledged > allowed) wrong.push(`the greedy device was served ${served.acknowledged}, not ${allowed}`)
    const limited = (await city.operate()).doors[0]!.limited_total!
    if (limited === 0) wrong.push("nobody was limited")
    deaf.end()
    note(`one device sending ${greedy_per_s}/s was served ${Math.round(served.acknowledged / served.seconds)}/s`)

    const shaken = shake(city)
    const storm = await push({ storm_s: 10 })
    const alarm_s = await shaken
    note(
      `${devices} devices back in ${storm.connect_s.toFixed(1)} s, ${storm.rows} of them acknowledged, the alarm ${alarm_s.toFixed(1)} s after the shaking began`,
    )
    if (storm.rows !== devices) wrong.push(`${storm.rows} of ${devices} devices were acknowledged when they came back`)
    good.finishAt()
    await until(good.done, 60_000, () => `${good.unacknowledged()} messages stay unacknowledged`)
    await good.stop()
    if (watch.stop() > memory_mb_max) wrong.push(`memory rose to ${watch.most()} MB, the limit is ${memory_mb_max}`)
    await city.settled()
    await city.stop()
    const found = await withSeries(city.folder, async (series) => [
      await findReadings(series, city.street, good.acknowledged(), (step) => base + step),
      await findPushed(series, points.slice(0, devices), base, storm.acknowledged),
    ])
    return resultOf("overload", said.join("; "), found, wrong)
  } finally {
    await city.remove()
  }
}

/** Registers devices with credentials of their own; returns the numbers of their points. */
async function register(city: City, codes: string[]): Promise<number[]> {
  const devices = codes.map((code) => ({
    code,
    name: code,
    kind: "sensor",
    asset_code: null,
    points: [{ indicator, unit: "m", interval_ms: 1000, value_kind: "instant" as const }],
  }))
  return await quietly(city.folder, async (running) => {
    await registerGateways(running, [{ code: "crowd", lifeline: "water", devices }])
    await running.stages.monitoring.reload()
    await giveCredentials(running, codes)
    await running.stages.monitoring.reload()
    const { points_of } = running.stages.monitoring.registry()
    return codes.map((code) => points_of.get(code)!.get(indicator)!.id)
  })
}

function pusher(plan: PushPlan): Promise<PushResult> {
  const child = fork(join(import.meta.dirname, "pusher.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  return new Promise((done, fail) => {
    child.on("message", (message) => message !== "connected" && done(message as PushResult))
    child.once("exit", (code) => fail(new Error(`the pusher ended with code ${code}`)))
    child.send(plan)
  })
}

/** Samples the memory of the program and all that it started. */
function memoryWatch(city: City) {
  let most = 0
  let stopped = false
  const running = (async () => {
    while (!stopped) {
      most = Math.max(most, costOf(city.program().pid).rss_mb)
      await sleep(500)
    }
  })()
  return {
    most: () => most,
    stop() {
      stopped = true
      void running
      return most
    },
  }
}

/** One device that sends as much as it can, up to 10,000 a second. */
function greedyDevice(city: City, base: number) {
  let [acknowledged, sent] = [0, 0]
  let stopped = false
  const began = performance.now()
  const running = wire({
    url: city.url()!,
    username: "greedy",
    password,
    topic: "v1/devices/greedy/readings",
    inflight_max: 20_000,
    onAck: () => void acknowledged++,
    onLost: () => undefined,
  }).then(async (w: Wire) => {
    while (!stopped) {
      const due = ((performance.now() - began) / 1000) * greedy_per_s
      while (sent < due && w.publish(Buffer.from(`{"time":${base + sent},"values":{"${indicator}":30}}`))) sent++
      await sleep(5)
    }
    w.close()
  })
  return {
    stop() {
      stopped = true
      void running
      return { acknowledged, seconds: (performance.now() - began) / 1000 }
    },
  }
}

/** A client that listens to its errors, makes many of them and reads nothing. */
function deafListener(city: City) {
  const { hostname, port } = new URL(city.url()!)
  const socket = connect(Number(port), hostname)
  let timer: NodeJS.Timeout | null = null
  socket.on("error", () => {}) // The broker may end it; that is no event here.
  socket.once("connect", () => {
    const username = "crowd-0"
    socket.write(
      mqtt.generate({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId: "deaf",
        clean: true,
        keepalive: 0,
        username,
        password: Buffer.from(password),
      }),
    )
    const topic = `v1/devices/${username}/errors`
    socket.write(mqtt.generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 0 }] }))
    socket.pause()
    timer = setInterval(() => {
      if (socket.writableLength > 1024 * 1024) return
      for (let k = 0; k < 100; k++)
        socket.write(
          mqtt.generate({
            cmd: "publish",
            topic: `v1/devices/${username}/readings`,
            payload: "no json",
            qos: 0,
            dup: false,
            retain: false,
          }),
        )
    }, 20)
  })
  return {
    end() {
      if (timer) clearInterval(timer)
      socket.destroy()
    },
  }
}

/** Shakes the bridge for four seconds; resolves with the seconds until the alarm was there. */
async function shake(city: City): Promise<number> {
  const client = await connectMqtt({ ...(await city.bridge())!, client_id: "shake" })
  const began = performance.now()
  const start = Date.now()
  for (let second = 0; second < 4; second++) {
    await client.publish(`v1/gateways/${bridge_gateway}/blocks`, shakingBlocks(start + second * 1000))
    const due = began + (second + 1) * 1000
    await sleep(Math.max(0, due - performance.now()))
  }
  const shaken = async () => {
    const { items } = await city.api().get<{ items: { rule: string }[] }>("/api/warning/alarms?state=all&limit=100")
    return items.some((a) => a.rule.includes("strong-shaking"))
  }
  await until(shaken, 60_000, `the shaking of ${samples_a_block} samples a second raised no alarm`)
  await client.close()
  return (performance.now() - began) / 1000
}

const points_a_query = 20

/** Acknowledged readings of the crowd that are not there, or there with another value. */
async function findPushed(series: Series, points: number[], base: number, acknowledged: number[]): Promise<Found> {
  const missing: string[] = []
  const doubled: string[] = []
  const most = Math.max(...acknowledged)
  for (let from = 0; from < points.length; from += points_a_query) {
    const asked = points.slice(from, from + points_a_query)
    const curves = await series.history(asked, base, base + most, 200_000)
    for (const [k, point] of asked.entries()) {
      const i = from + k
      const curve = curves.find((c) => c.point === point)
      const at = new Map<number, number>()
      for (let r = 0; r < (curve?.time.length ?? 0); r++) {
        const n = curve!.time[r]! - base
        if (at.has(n)) doubled.push(`reading ${n} of crowd-${i} is there twice`)
        at.set(n, curve!.value[r]!)
      }
      for (let n = 0; n < acknowledged[i]!; n++)
        if (at.get(n) !== pushedValue(i, n)) missing.push(`reading ${n} of crowd-${i}: ${at.get(n)}`)
    }
  }
  return { acknowledged: acknowledged.reduce((sum, n) => sum + n, 0), missing, doubled }
}
