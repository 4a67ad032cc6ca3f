/** What the MQTT door acknowledges: QoS 1 on loopback into a started instance, detectors and all. */
import { connectMqtt, type MqttClient } from "../platform/mqtt/index.ts"
import { settled } from "../scripts/instance.ts"
import { makeTown } from "../sim/town/index.ts"
import { type Instance, pause, percentiles, removeFolder, startInstance, temporaryFolder } from "./instance.ts"

type Feed = { mqtt_url: string; clock_password: string; gateway: string }
type Point = { device_code: string; indicator: string }

const connections = 4
const run_ms = 6000
const start = Date.UTC(2026, 0, 1)
/** City time between two values of a point. Small, so that no connection runs five minutes ahead of another one: that would be the future. */
const step_ms = 100

/** One line for each size of message at full load, and one for an even load. Takes about 30 s. */
export async function run(): Promise<object[]> {
  const folder = temporaryFolder()
  const instance = await startInstance(folder, "replay")
  try {
    await importTown(instance)
    const feed = await instance.api.post<Feed>("/api/operate/feed", { lifeline: "water" })
    const points = await pointsOf(instance)
    const lines: object[] = []
    let time = start
    for (const [name, values, each_s] of [
      ["one-value", 1, null],
      ["gateway-100-values", 100, null],
      ["one-value-even-1000-messages-a-second", 1, 1000],
    ] as const) {
      const done = await load(feed, points, time, values, each_s)
      time = done.time + 3_600_000
      const caught_up = performance.now()
      await settled(instance.api)
      lines.push({
        bench: `doors-${name}`,
        ...done.line,
        detectors_behind_ms: Math.round(performance.now() - caught_up),
      })
    }
    const { numbers } = await instance.api.get<{ numbers: Record<string, number> }>("/api/operate")
    const lost = (numbers.mingmai_readings_refused_total ?? 0) + (numbers.mingmai_readings_conflict_total ?? 0)
    if (lost > 0) throw new Error(`${lost} readings were refused; acknowledging those is no measure.`)
    return lines
  } finally {
    await instance.stop()
    removeFolder(folder)
  }
}

/** The invented city's water network with a pressure sensor at every junction: some hundreds of points. */
async function importTown(instance: Instance): Promise<void> {
  const { water, origin } = makeTown(7)
  const junctions = /\[JUNCTIONS\]([^[]*)/.exec(water.inp)?.[1]?.split(/\r?\n/) ?? []
  const names = junctions
    .map((line) => line.trim().split(/\s+/)[0] ?? "")
    .filter((name) => name !== "" && !name.startsWith(";"))
  const companion = { ...(water.companion as object), pressure_sensors: names }
  await instance.api.post("/api/census/import", { file_name: "town.inp", text: water.inp, companion, origin })
}

async function pointsOf(instance: Instance): Promise<Point[]> {
  const points: Point[] = []
  for (let cursor: string | null = "0"; cursor !== null; ) {
    const page: { items: Point[]; next: string | null } = await instance.api.get(
      `/api/monitoring/points?lifeline=water&limit=500&cursor=${cursor}`,
    )
    points.push(...page.items)
    cursor = page.next
  }
  return points
}

/** Publishes from several connections for a while, as fast as acknowledgements come or `each_s` messages a second. */
async function load(feed: Feed, points: Point[], from: number, values: number, each_s: number | null) {
  const clients: MqttClient[] = []
  for (let i = 0; i < connections; i++)
    clients.push(
      await connectMqtt({
        url: feed.mqtt_url,
        client_id: `bench-${i}-${from}`,
        username: "clock",
        password: feed.clock_password,
        inflight_max: 500,
      }),
    )
  // Before anything else, as a reading ahead of the clock by five minutes is refused.
  await clients[0]!.publish("v1/clock", JSON.stringify({ time: from }))
  const ack_ms: number[] = []
  const topic = `v1/gateways/${feed.gateway}/readings`
  const rounds = Math.floor(points.length / values)
  let [sent, time] = [0, from]
  const publish = async (client: MqttClient) => {
    const readings: Record<string, Record<string, number>> = {}
    const first = (sent++ % rounds) * values
    if (first === 0) time += step_ms // Every device has spoken: the next round is a step later.
    for (let i = 0; i < values; i++) {
      const p = points[first + i]!
      readings[p.device_code] = { ...readings[p.device_code], [p.indicator]: 20 + ((sent + i) % 97) / 10 }
    }
    const began = performance.now()
    await client.publish(topic, JSON.stringify({ time, readings }))
    ack_ms.push(performance.now() - began)
  }
  const began = performance.now()
  const running = () => performance.now() - began < run_ms && !failure
  let failure: Error | null = null
  const broken = (error: Error) => {
    failure ??= error
  }
  const clock = setInterval(() => {
    clients[0]!.publish("v1/clock", JSON.stringify({ time })).catch(broken)
  }, 20)
  if (each_s === null) {
    await Promise.all(
      clients.flatMap((client) =>
        Array.from({ length: 250 }, async () => {
          while (running()) await publish(client)
        }),
      ),
    )
  } else {
    const all: Promise<void>[] = []
    while (running()) {
      const due = ((performance.now() - began) / 1000) * each_s
      while (sent < due) all.push(publish(clients[sent % connections]!))
      await pause(2)
    }
    await Promise.all(all)
  }
  const seconds = (performance.now() - began) / 1000
  clearInterval(clock)
  if (failure) throw failure
  for (const c of clients) await c.close()
  const { p50, p99 } = percentiles(ack_ms)
  const line = {
    messages_per_s: Math.round(sent / seconds),
    values_per_s: Math.round((sent * values) / seconds),
    ack_p50_ms: p50,
    ack_p99_ms: p99,
    connections,
    points: points.length,
    values_a_message: values,
  }
  return { time, line }
}
