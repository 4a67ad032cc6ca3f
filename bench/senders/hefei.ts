/**
 * A process that sends what the devices of Hefei send, so many times over: slow points behind gateways of 100 devices,
 * and bridges whose gateway sends a second of all its channels in one message. Prints one JSON line.
 */
import { encodeBlocks } from "../../platform/blocks/index.ts"
import { histogram, type Wire, wire, wires } from "./wire.ts"

export type HefeiPlan = {
  url: string
  password: string
  gateways: { code: string; points: [device: string, indicator: string, interval_s: number][] }[]
  bridges: { code: string; channels: string[]; indicator: string; rate_hz: number }[]
  seconds: number
  /** A channel is hit once in so many seconds, hard enough for a threshold; 0 for never. */
  spike_each_s: number
}
export type HefeiResult = {
  readings: number
  samples: number
  messages: number
  unsent: number
  seconds: number
  ack_p50_ms: number
  ack_p99_ms: number
  ack_max_ms: number
  spikes: { channel: string; sent_at: number }[]
  lost: string[]
}

/** Acceleration a count, m/s²: a 16-bit sensor of ±2 g. */
const scale = (2 * 2 * 9.80665) / 65_536
/** Ambient vibration of about 1 mg RMS, which is 16 counts, and the sensor's own white noise of 2 counts RMS. */
const ambient_counts = 16
const noise_counts = 2
const spike_counts = 20_000
const pool_samples = 1 << 20

/** A lightly damped structure at about 2.3 Hz in white noise (an AR(2) process), and a sensor's noise, in counts. */
function vibration(rate_hz: number): { motion: Int16Array; noise: Int16Array } {
  const damping = 0.995
  const a1 = 2 * damping * Math.cos((2 * Math.PI * 2.3) / rate_hz)
  const a2 = -(damping ** 2)
  let [x1, x2, seed] = [0, 0, 12_345]
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32 - 0.5
  }
  // The sum of twelve even ones is close to normal, with a variance of one.
  const normal = () => Array.from({ length: 12 }, random).reduce((a, b) => a + b)
  const x = Float64Array.from({ length: pool_samples }, () => {
    const next = a1 * x1 + a2 * x2 + random()
    x2 = x1
    x1 = next
    return next
  })
  const rms = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / pool_samples)
  return {
    motion: Int16Array.from(x, (v) => Math.round((v / rms) * ambient_counts)),
    noise: Int16Array.from({ length: pool_samples }, () => Math.round(normal() * noise_counts)),
  }
}

async function run(plan: HefeiPlan): Promise<HefeiResult> {
  const acks = histogram()
  const lost: string[] = []
  const open = (code: string, what: "readings" | "blocks") =>
    wire({
      url: plan.url,
      username: code,
      password: plan.password,
      topic: `v1/gateways/${code}/${what}`,
      inflight_max: 20,
      onAck: acks.add,
      onLost: (reason) => lost.push(reason),
    })
  const gateways = await wires(plan.gateways.length, (i) => open(plan.gateways[i]!.code, "readings"))
  const bridges = await wires(plan.bridges.length, (i) => open(plan.bridges[i]!.code, "blocks"))
  process.send?.("connected")
  const result = { readings: 0, samples: 0, messages: 0, unsent: 0, spikes: [] as HefeiResult["spikes"] }
  const { motion, noise } = vibration(plan.bridges[0]?.rate_hz ?? 50)
  const templates = plan.bridges.map((b) => template(b))
  const began = performance.now()
  const base = Date.now()

  const sendBridge = (i: number, second: number, at: number) => {
    const { bytes, starts } = templates[i]!
    const plan_of = plan.bridges[i]!
    const start = BigInt(Math.round(at) - 1000)
    for (const [c, p] of starts.entries()) {
      bytes.writeBigInt64LE(start, p)
      // Motion and sensor noise from places of their own: no two seconds of any channels are alike.
      const from = (second * 7919 + i * 104_729 + c * 1299) % (pool_samples - plan_of.rate_hz)
      const other = (second * 15_485_863 + i * 32_452_843 + c * 49_979_687) % (pool_samples - plan_of.rate_hz)
      for (let k = 0, q = p + starts_to_data[i]![c]!; k < plan_of.rate_hz; k++, q += 2) {
        const v = motion[from + k]! + noise[other + k]!
        bytes[q] = v & 0xff
        bytes[q + 1] = (v >> 8) & 0xff
      }
    }
    // A limit wants two readings past it: a channel is hit in two seconds that follow each other, and the second counts.
    const hit = second % 2 === 0 ? second : second - 1
    if (
      plan.spike_each_s > 0 &&
      second > 3 &&
      hit % plan.spike_each_s === 0 &&
      i === (hit * 17) % plan.bridges.length
    ) {
      const c = (hit * 31) % starts.length
      const p = starts[c]! + starts_to_data[i]![c]!
      bytes.writeInt16LE(spike_counts, p + 20)
      if (second !== hit) result.spikes.push({ channel: plan_of.channels[c]!, sent_at: Date.now() })
    }
    if (bridges[i]!.publish(Buffer.from(bytes))) {
      result.messages++
      result.samples += starts.length * plan_of.rate_hz
    } else result.unsent++
  }
  const starts_to_data = plan.bridges.map((b) =>
    b.channels.map((name) => 42 - 6 + 1 + Buffer.byteLength(name) + 1 + Buffer.byteLength(b.indicator) + 1),
  )
  const sendGateway = (i: number, second: number, at: number) => {
    const parts: string[] = []
    for (const [k, [device, indicator, interval_s]] of plan.gateways[i]!.points.entries()) {
      if ((second + k * 37 + i * 11) % interval_s !== 0) continue
      const value = 20 + ((second * 13 + k * 29 + i * 7) % 400) / 100
      parts.push(`"${device}":{"${indicator}":${value.toFixed(2)}}`)
    }
    if (parts.length === 0) return
    if (gateways[i]!.publish(Buffer.from(`{"time":${Math.round(at)},"readings":{${parts.join(",")}}}`))) {
      result.messages++
      result.readings += parts.length
    } else result.unsent++
  }
  // Every sender has its own moment in the second; each has said second k when k + its moment has passed.
  const all: { send(second: number, at: number): void; moment: number; said: number }[] = [
    ...gateways.map((_, i) => ({
      send: (s: number, at: number) => sendGateway(i, s, at),
      moment: i / gateways.length,
      said: 0,
    })),
    ...bridges.map((_, i) => ({
      send: (s: number, at: number) => sendBridge(i, s, at),
      moment: i / bridges.length,
      said: 0,
    })),
  ].sort((a, b) => a.moment - b.moment)
  let cursor = 0
  while (performance.now() - began < plan.seconds * 1000) {
    const passed_s = (performance.now() - began) / 1000
    for (;;) {
      const one = all[cursor]!
      if (one.said + one.moment > passed_s) break
      one.send(one.said, base + (one.said + one.moment) * 1000)
      one.said++
      cursor = (cursor + 1) % all.length
    }
    await new Promise((go) => setTimeout(go, 5))
  }
  const seconds = (performance.now() - began) / 1000
  for (let wait = 0; acks.count() < result.messages && wait < 3000; wait++)
    await new Promise((go) => setTimeout(go, 10))
  const unacknowledged = result.messages - acks.count()
  if (unacknowledged > 0) lost.push(`${unacknowledged} messages were not acknowledged`)
  for (const w of [...gateways, ...bridges] as Wire[]) w.close()
  return {
    ...result,
    seconds,
    ack_p50_ms: acks.p(0.5),
    ack_p99_ms: acks.p(0.99),
    ack_max_ms: acks.max(),
    lost: lost.slice(0, 5),
  }
}

/** A bridge's message with all its blocks, and where each block's start stands in it. */
function template(b: HefeiPlan["bridges"][number]): { bytes: Buffer; starts: number[] } {
  const blank = new Uint8Array(b.rate_hz * 2)
  const bytes = encodeBlocks(
    b.channels.map((device) => ({
      device,
      indicator: b.indicator,
      unit: "",
      start: 0,
      sequence: 0,
      rate_hz: b.rate_hz,
      count: b.rate_hz,
      encoding: 0,
      scale,
      offset: 0,
      flags: 0,
      data: blank,
    })),
  )
  const starts: number[] = []
  let p = 12
  for (const device of b.channels) {
    starts.push(p + 6)
    p += 42 + 3 + Buffer.byteLength(device) + Buffer.byteLength(b.indicator) + blank.length
  }
  return { bytes, starts }
}

process.on("message", (plan: HefeiPlan) => {
  run(plan).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: Error) => {
      console.error(error.stack)
      process.exit(1)
    },
  )
})
