/** npm run feed -- <folder> [--speed 600|max]: plays recorded readings into the platform over MQTT, as gateways would. */
import { connectMqtt, type MqttClient } from "../platform/mqtt/index.ts"
import { type Api, command, commandLine, connectInstance, settled } from "./instance.ts"
import { readScada, type ScadaStep } from "./scada.ts"

export type FeedOptions = {
  /** City seconds a wall second; Infinity plays as fast as it goes. */
  speed: number
  lifeline: string
  onStep?(time_ms: number, readings: number): void
  from_ms?: number
  to_ms?: number
}

type Credentials = { mqtt_url: string; clock_password: string; gateway: string; clock_mode: string }

/**
 * Publishes each step's tick and readings on one ordered connection, many unacknowledged at once, and returns when all
 * are acknowledged. Returns the number of readings sent.
 */
export async function feed(api: Api, folder: string, options: FeedOptions): Promise<number> {
  const door = await api.post<Credentials>("/api/operate/feed", { lifeline: options.lifeline })
  if (door.clock_mode === "real")
    throw new Error("This data folder runs on real time; make one with --mode replay for recorded readings.")
  const client = await connectMqtt({
    url: door.mqtt_url,
    client_id: `feed-${process.pid}`,
    username: "clock",
    password: door.clock_password,
    inflight_max: 2000,
  })
  let failure: Error | null = null
  const send = (topic: string, body: unknown) => {
    client.publish(topic, JSON.stringify(body)).catch((error) => {
      failure ??= error
    })
  }
  let readings = 0
  let first: { city: number; wall: number } | null = null
  const onProblem = (p: { file: string; line: number; column: string; value: string; message: string }) =>
    console.error(`${p.file}:${p.line} ${p.column} "${p.value}": ${p.message}`)
  const range = {
    ...(options.from_ms !== undefined && { from_ms: options.from_ms }),
    ...(options.to_ms !== undefined && { to_ms: options.to_ms }),
  }
  for await (const step of readScada(folder, { ...range, onProblem })) {
    if (failure) throw failure
    first ??= { city: step.time_ms, wall: Date.now() }
    await pace(client, first, step.time_ms, options.speed)
    send("v1/clock", { time: step.time_ms })
    for (const body of messages(step)) send(`v1/gateways/${door.gateway}/readings`, body)
    readings += step.readings.length
    options.onStep?.(step.time_ms, readings)
  }
  await client.close(60_000)
  if (failure) throw failure
  return readings
}

/** One message for each event time in a step (hourly totals carry the end of their hour). */
function messages(step: ScadaStep) {
  const by_time = new Map<number, Record<string, Record<string, number>>>()
  for (const r of step.readings) {
    const devices = by_time.get(r.time_ms) ?? {}
    devices[r.device_code] = { ...devices[r.device_code], [r.indicator]: r.value }
    by_time.set(r.time_ms, devices)
  }
  return [...by_time].map(([time, readings]) => ({ time, readings }))
}

/** Keeps to the wished speed, and to what the broker acknowledges. */
async function pace(client: MqttClient, first: { city: number; wall: number }, time_ms: number, speed: number) {
  const inflight_messages_max = 1500
  while (client.inflight() >= inflight_messages_max) await new Promise((go) => setTimeout(go, 2))
  if (!Number.isFinite(speed)) return
  const wait_ms = (time_ms - first.city) / speed - (Date.now() - first.wall)
  if (wait_ms > 2) await new Promise((go) => setTimeout(go, wait_ms))
}

if (import.meta.main) {
  await command(async () => {
    const { settings, more, words } = commandLine(["speed", "lifeline", "from", "to"])
    const [folder] = words
    if (!folder) throw new Error("npm run feed -- <folder> [--speed 600|max] [--from 2018-01-01T00:00Z] [--to …]")
    const speed = more.speed === undefined ? 1 : more.speed === "max" ? Number.POSITIVE_INFINITY : Number(more.speed)
    if (!(speed > 0)) throw new Error(`--speed ${more.speed} should be a number above 0, or max`)
    const instance = await connectInstance(settings)
    let shown = 0
    try {
      const n = await feed(instance.api, folder, {
        speed,
        lifeline: more.lifeline ?? "water",
        ...(more.from && { from_ms: Date.parse(more.from) }),
        ...(more.to && { to_ms: Date.parse(more.to) }),
        onStep(time_ms, readings) {
          if (Date.now() - shown < 5000) return
          shown = Date.now()
          console.log(`${new Date(time_ms).toISOString()}  ${readings} readings`)
        },
      })
      await settled(instance.api)
      console.log(`${n} readings sent and acknowledged`)
    } finally {
      await instance.close()
    }
  })
}
