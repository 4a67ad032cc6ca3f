/** A process that sends: many connections, one device each, three values a message. Prints one JSON line. */
import { histogram, wire, wires } from "./wire.ts"

export type TelemetryPlan = {
  url: string
  password: string
  codes: string[]
  indicators: [string, string, string]
  /** Messages a second over all connections; 0 sends as fast as acknowledgements come. */
  messages_per_s: number
  seconds: number
  inflight_max: number
}
export type TelemetryResult = {
  sent: number
  acknowledged: number
  seconds: number
  ack_p50_ms: number
  ack_p99_ms: number
  ack_max_ms: number
  lost: string[]
}

const slot_ms = 10

async function run(plan: TelemetryPlan): Promise<TelemetryResult> {
  const acks = histogram()
  const lost: string[] = []
  const all = await wires(plan.codes.length, (i) =>
    wire({
      url: plan.url,
      username: plan.codes[i]!,
      password: plan.password,
      topic: `v1/devices/${plan.codes[i]}/readings`,
      inflight_max: plan.inflight_max,
      onAck: acks.add,
      onLost: (reason) => lost.push(reason),
    }),
  )
  process.send?.("connected")
  const [a, b, c] = plan.indicators
  const wave = Array.from({ length: 997 }, (_, i) => (20 + 5 * Math.sin(i / 50) + ((i * 7919) % 97) / 400).toFixed(2))
  let [sent, next] = [0, 0]
  // An even load: every 10 ms those connections whose turn it is, so that each sends once in its interval.
  const began = performance.now()
  const send = () => {
    const i = next++ % all.length
    const k = (sent * 31 + i) % 990
    const text = `{"time":${Date.now()},"values":{"${a}":${wave[k]},"${b}":${wave[k + 3]},"${c}":${wave[k + 5]}}}`
    if (all[i]!.publish(Buffer.from(text))) sent++
  }
  while (performance.now() - began < plan.seconds * 1000) {
    const due = plan.messages_per_s === 0 ? sent + 2000 : ((performance.now() - began) / 1000) * plan.messages_per_s
    for (let tries = 0; sent < due && tries < 50_000; tries++) send()
    await new Promise((go) => setTimeout(go, slot_ms))
  }
  const seconds = (performance.now() - began) / 1000
  for (let wait = 0; acks.count() < sent && wait < 1000; wait++) await new Promise((go) => setTimeout(go, 10))
  for (const w of all) w.close()
  return {
    sent,
    acknowledged: acks.count(),
    seconds,
    ack_p50_ms: acks.p(0.5),
    ack_p99_ms: acks.p(0.99),
    ack_max_ms: acks.max(),
    lost: lost.slice(0, 5),
  }
}

process.on("message", (plan: TelemetryPlan) => {
  run(plan).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: Error) => {
      console.error(error.message)
      process.exit(1)
    },
  )
})
