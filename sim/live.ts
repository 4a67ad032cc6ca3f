/** The living city's devices, in a thread of their own: they speak to the platform over MQTT like any other. */
import { parentPort, workerData } from "node:worker_threads"
import { connectMqtt, type MqttClient } from "../platform/mqtt/index.ts"
import { sleep } from "../platform/timers/index.ts"
import { bridge_gateway, bridgeBlocks, bridgeReadings, riverCrossing } from "./bridge.ts"
import { makeDemand } from "./demand.ts"
import { type Fault, isSilent, mend } from "./faults.ts"
import { reader, sample_ms, settle, simPoints, solver } from "./history.ts"
import { openHydraulics } from "./physics.ts"
import { nextFault } from "./schedule.ts"
import { makeTown } from "./town/index.ts"

export type LiveData = {
  seed: number
  mqtt_url: string
  clock_secret: string
  from_ms: number
  speed: number
  faults: Fault[]
  born_ms: number
}
export type ToLive =
  | { kind: "pause" | "resume" | "stop" }
  | { kind: "speed"; speed: number }
  | { kind: "step"; ms: number }
  | { kind: "mend"; id: string; at_ms: number }
export type FromLive = { kind: "ready" } | { kind: "faults"; faults: Fault[] } | { kind: "trouble"; message: string }

/** Whole seconds of city time in from < end ≤ to; of a fast city's long steps only the last. */
function secondsWithin(from: number, to: number): number[] {
  const last = Math.floor(to / 1000)
  const first = Math.max(Math.floor(from / 1000) + 1, last - bridge_seconds_a_step_max + 1)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * 1000)
}

const bridge_seconds_a_step_max = 10
const step_ms = sample_ms.methane
const wall_step_ms = 500
/** City time that one wall step may cover; a faster wish is served as fast as this. */
const steps_a_turn_max = 60

if (parentPort) await run(workerData as LiveData, parentPort)

async function run(data: LiveData, port: NonNullable<typeof parentPort>) {
  const town = makeTown(data.seed)
  const demand = makeDemand(town, data.seed)
  const hydraulics = await openHydraulics(town.water.inp, demand.group)
  const points = simPoints(town)
  const solve = solver(town, hydraulics, demand)
  const has_bridge = riverCrossing(town) !== null
  let { faults, speed } = data
  let now = data.from_ms
  let paused = false
  let stepping = 0
  let stopped = false
  let client: MqttClient | null = null

  port.on("message", (message: ToLive) => {
    if (message.kind === "pause" || message.kind === "resume") paused = message.kind === "pause"
    else if (message.kind === "speed") speed = message.speed
    else if (message.kind === "step") stepping += message.ms
    else if (message.kind === "mend") tellFaults(mend(faults, message.id, Math.max(now, message.at_ms)))
    else stopped = true
  })
  const tellFaults = (next: Fault[]) => {
    faults = next
    port.postMessage({ kind: "faults", faults } satisfies FromLive)
  }
  settle((time_ms) => solve(time_ms, faults), now)

  async function advance(to: number) {
    const said: Promise<void>[] = []
    while (now < to) {
      const next = Math.min(to, Math.floor(now / step_ms) * step_ms + step_ms)
      // The bridge's seconds end at or before the tick, so that they are no future when they come.
      const seconds = has_bridge ? secondsWithin(now, next) : []
      now = next
      said.push(client!.publish("v1/clock", JSON.stringify({ time: now })))
      for (const end of seconds) said.push(client!.publish(`v1/gateways/${bridge_gateway}/blocks`, bridgeBlocks(end)))
      if (now % step_ms !== 0) continue
      const fault = nextFault(town, data.seed, data.born_ms, faults, now)
      if (fault) tellFaults([...faults, fault])
      said.push(...(await sample(now)))
    }
    await Promise.all(said)
  }

  /** Publishes what is due at a time; `all` says every instrument, as a gateway does when it comes on line. */
  async function sample(time_ms: number, all = false): Promise<Promise<void>[]> {
    const due = points.filter(
      (p) => (all ? p.kind !== "meter" : time_ms % sample_ms[p.kind] === 0) && !isSilent(faults, p.device, time_ms),
    )
    if (due.length === 0) return []
    const state = solve(time_ms, faults)
    const read = reader(town, hydraulics, demand, { seed: data.seed, faults })
    const by_gateway = new Map<string, Record<string, Record<string, number>>>()
    if (has_bridge) by_gateway.set(bridge_gateway, bridgeReadings(time_ms))
    for (const p of due) {
      const gateway = p.kind === "methane" ? "gw-gas" : "gw-water"
      const readings = by_gateway.get(gateway) ?? {}
      readings[p.device] = { [p.indicator]: read(p, time_ms, state) }
      by_gateway.set(gateway, readings)
    }
    return [...by_gateway].map(([gateway, readings]) =>
      client!.publish(
        `v1/gateways/${gateway}/readings`,
        JSON.stringify({ time: time_ms, flags: ["simulated"], readings }),
      ),
    )
  }

  while (!stopped) {
    try {
      client ??= await connectMqtt({
        url: data.mqtt_url,
        client_id: "demo-city",
        username: "clock",
        password: data.clock_secret,
      })
      if (now === data.from_ms) {
        await Promise.all(await sample(now, true))
        port.postMessage({ kind: "ready" } satisfies FromLive)
      }
      if (stepping > 0) {
        const ms = stepping
        stepping = 0
        await advance(now + ms)
      } else if (!paused) {
        await advance(now + Math.min(wall_step_ms * speed, steps_a_turn_max * step_ms))
      }
    } catch (error) {
      client = null
      port.postMessage({ kind: "trouble", message: (error as Error).message } satisfies FromLive)
    }
    await sleep(wall_step_ms)
  }
  await client?.close(500)
  hydraulics.close()
  process.exit(0)
}
