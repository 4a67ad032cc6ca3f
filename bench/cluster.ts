/**
 * A deployment on several machines, all of it on this one: a door, a store, a detector, three nats-servers, ClickHouse
 * and PostgreSQL (fsync), while a gateway's worth of devices send readings and waveforms over MQTT.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { encodeBlocks } from "../platform/blocks/index.ts"
import { readInstance } from "../platform/lock/index.ts"
import { connectMqtt } from "../platform/mqtt/index.ts"
import { adopt, lacking, type Member, metric, startDeployment, until } from "../test/deployment.ts"
import { costOf } from "./processes.ts"

const partitions = 4
const seconds = 15
const devices = 8
/** A message of a gas device holds 500 readings 1 ms apart; one of a bridge 20 blocks of a second. */
const readings_a_message = 500
const blocks_a_message = 20
const rate_hz = 200
const every_ms = 50
/** Devices leak by turns of event time, so that there are findings all the while. */
const leak_ms = 30_000

/** Values a second that were acknowledged, cores by role, and the time from arrival to the stored finding. */
export async function run(): Promise<object[]> {
  if (lacking.length > 0) return [{ bench: "cluster", not_run: `${lacking.join(" and ")} not installed` }]
  const city = await startDeployment(partitions, true)
  try {
    const detector = await city.begin("detector", "detector")
    const [door, store] = [await city.begin("door", "door"), await city.begin("store", "store")]
    await until(
      async () => (await metric(store, "mingmai_partitions")) === partitions,
      30_000,
      "the store does not hold all partitions",
    )
    await until(() => detector.program.said().includes("runs the detectors"), 30_000, detector.program.said)
    const { mqtt_url } = await door.api.get<{ mqtt_url: string }>("/api/operate")
    const senders = await register(door, mqtt_url)

    const pids = {
      door: [door.program.pid],
      store: [store.program.pid],
      detector: [detector.program.pid],
      nats: city.nats.nodes.map((n) => n.process.pid!),
      clickhouse: [city.clickhouse.process.pid!],
    }
    const used = () =>
      Object.fromEntries(
        Object.entries(pids).map(([role, all]) => [role, all.reduce((sum, pid) => sum + costOf(pid).cpu_s, 0)]),
      )
    const [began, before] = [performance.now(), used()]
    const sent = await Promise.all(senders.map((send) => send()))
    const [took_s, after] = [(performance.now() - began) / 1000, used()]
    const readings = sent.reduce((n, s) => n + s.readings, 0)
    const samples = sent.reduce((n, s) => n + s.samples, 0)
    const caught_up = performance.now()
    const stored = async () =>
      (await metric(store, "mingmai_readings_total")) >= readings &&
      (await metric(store, "mingmai_samples_total")) >= samples
    await until(stored, 60_000, "the store does not catch up")
    const numbers = leading(detector)
    return [
      {
        bench: "cluster",
        seconds: round(took_s),
        readings_per_s: Math.round(readings / took_s),
        samples_per_s: Math.round(samples / took_s),
        store_caught_up_s: round((performance.now() - caught_up) / 1000),
        finding_ms_p50: await metric(numbers, "mingmai_finding_lag_p50_ms"),
        finding_ms_p99: await metric(numbers, "mingmai_finding_lag_p99_ms"),
        cores: Object.fromEntries(
          Object.keys(pids).map((role) => [role, round((after[role]! - before[role]!) / took_s, 3)]),
        ),
        rss_mb: Object.fromEntries(
          Object.entries(pids).map(([role, all]) => [role, all.reduce((sum, pid) => sum + costOf(pid).rss_mb, 0)]),
        ),
      },
    ]
  } finally {
    await city.close()
  }
}

const round = (value: number, digits = 1) => Number(value.toFixed(digits))

/** The active detector answers elsewhere than it did while it stood by. */
const leading = (detector: Member): Member => ({ ...detector, url: readInstance(detector.folder)!.http_url })

type Sent = { readings: number; samples: number }

async function register(door: Member, url: string): Promise<(() => Promise<Sent>)[]> {
  const start = Date.now() - 3_000_000
  const senders: (() => Promise<Sent>)[] = []
  for (let i = 0; i < devices; i++) {
    const gas = await adopt(door, `G-${i}`, "gas", { methane: "methane_vol_pct" }, start - 1000)
    senders.push(() =>
      sending(url, `G-${i}`, gas, "readings", (k) => {
        const begin = start + k * readings_a_message
        const value = Math.floor(begin / leak_ms + i / devices) % 2 === 0 ? 0.1 : 6
        const one = (_: unknown, n: number) => ({ time: begin + n, values: { methane_vol_pct: value + n / 1000 } })
        return JSON.stringify(Array.from({ length: readings_a_message }, one))
      }),
    )
    const bridge = await adopt(
      door,
      `B-${i}`,
      "bridge",
      { acceleration: "acceleration", peak: "acceleration_peak", rms: "acceleration_rms", f: "acceleration_frequency" },
      start - 1000,
    )
    senders.push(() => sending(url, `B-${i}`, bridge, "blocks", (k) => encodeBlocks(blocks(`B-${i}`, start, k))))
  }
  return senders
}

function blocks(device: string, start: number, k: number) {
  return Array.from({ length: blocks_a_message }, (_, n) => {
    const wave = Int16Array.from({ length: rate_hz }, (_, i) => 1000 * Math.sin(i / 7) + Math.random() * 100)
    return {
      device,
      indicator: "acceleration",
      unit: "m/s2",
      start: start + (k * blocks_a_message + n) * 1000,
      sequence: 0,
      rate_hz,
      count: rate_hz,
      encoding: 0,
      scale: 0.001,
      offset: 0,
      flags: 0,
      data: new Uint8Array(wave.buffer),
    }
  })
}

/** Sends as one device for the time of the measurement; counts what was acknowledged. */
async function sending(
  url: string,
  device: string,
  password: string,
  what: "readings" | "blocks",
  message: (k: number) => string | Buffer,
): Promise<Sent> {
  const client = await connectMqtt({ url, client_id: device, username: device, password })
  const sent: Sent = { readings: 0, samples: 0 }
  const under_way = new Set<Promise<void>>()
  const began = performance.now()
  // A bridge's event time runs 200 times as fast as the clock: it ends before it reaches the present.
  const most = what === "blocks" ? Math.floor(2_900 / blocks_a_message) : Number.POSITIVE_INFINITY
  for (let k = 0; performance.now() - began < seconds * 1000; k++) {
    if (k < most) {
      const one = client.publish(`v1/devices/${device}/${what}`, message(k)).then(() => {
        if (what === "readings") sent.readings += readings_a_message
        else sent.samples += blocks_a_message * rate_hz
        under_way.delete(one)
      })
      under_way.add(one)
    }
    await sleep(what === "blocks" ? every_ms * 2 : every_ms)
  }
  await Promise.all(under_way)
  await client.close()
  return sent
}
