/**
 * `npm run bench -- hefei --times N --seconds S`: the load of N cities like Hefei (85,000 devices, 137 monitored bridges
 * of 100 channels at 50 Hz) through the real MQTT door, detectors on, senders in a second process.
 *
 * Intervals of the slow points: a mix that sums up to the 15,000 values a second which, with the 685,000 of the bridges,
 * make the city's published raw load of about 700,000: 15 % each second, 20 % each 10 s, 35 % each minute, 30 % each 5 min.
 */

import { type Instance, pause, percentiles, removeFolder, startInstance, temporaryFolder } from "./instance.ts"
import { costOf } from "./processes.ts"
import type { HefeiPlan, HefeiResult } from "./senders/hefei.ts"
import { sender } from "./senders/index.ts"
import { type GatewayPlan, password, quietly, registerGateways } from "./world.ts"

const slow_points = 85_000
const devices_a_gateway = 100
const bridges_a_city = 137
const channels_a_bridge = 100
const rate_hz = 50
const slow: [share: number, interval_s: number][] = [
  [0.15, 1],
  [0.2, 10],
  [0.35, 60],
  [0.3, 300],
]

const intervalOf = (k: number) => {
  const x = (k % 100) / 100
  let sum = 0
  for (const [share, interval_s] of slow) {
    sum += share
    if (x < sum) return interval_s
  }
  return slow.at(-1)![1]
}

export async function run(times: number, seconds: number): Promise<object[]> {
  const folder = temporaryFolder()
  try {
    const world = await prepare(folder, times)
    const instance = await startInstance(folder, "real")
    try {
      return await measure(instance, times, seconds, world)
    } finally {
      await instance.stop()
    }
  } finally {
    removeFolder(folder)
  }
}

/** Registers the devices in an empty folder. */
export async function prepare(folder: string, times: number): Promise<ReturnType<typeof worldOf>> {
  const world = worldOf(times)
  await quietly(folder, (running) => registerGateways(running, [...world.gateways, ...world.bridges]))
  return world
}

export function worldOf(times: number): { gateways: GatewayPlan[]; bridges: GatewayPlan[] } {
  const devices = (
    gateway: string,
    count: number,
    kind: string,
    points: (k: number) => [string, string, number, number],
  ) =>
    Array.from({ length: count }, (_, k) => {
      const [code, indicator, interval_ms] = points(k)
      return {
        code,
        name: `${gateway} ${k}`,
        kind,
        asset_code: null,
        points: [{ indicator, unit: unitOf(indicator), interval_ms, value_kind: "instant" as const }],
      }
    })
  const gateways = Array.from({ length: (slow_points / devices_a_gateway) * times }, (_, g) => ({
    code: `G${g}`,
    lifeline: "water",
    devices: devices(`G${g}`, devices_a_gateway, "sensor", (k) => [
      `G${g}-${k}`,
      "pressure_m",
      intervalOf(k) * 1000,
      k,
    ]),
  }))
  const bridges = Array.from({ length: bridges_a_city * times }, (_, b) => ({
    code: `B${b}`,
    lifeline: "bridge",
    devices: devices(`B${b}`, channels_a_bridge, "accelerometer", (c) => [`B${b}-${c}`, "acceleration", 1000, c]).map(
      (d) => ({
        ...d,
        points: [
          ...d.points,
          ...["acceleration_peak", "acceleration_rms", "acceleration_frequency"].map((indicator) => ({
            indicator,
            unit: unitOf(indicator),
            interval_ms: 60_000,
            value_kind: "interval_mean" as const,
          })),
        ],
      }),
    ),
  }))
  return { gateways, bridges }
}

const unitOf = (indicator: string) =>
  indicator === "pressure_m" ? "m" : indicator === "acceleration_frequency" ? "Hz" : "m/s2"

type Operate = { mqtt_url: string; numbers: Record<string, number> }

export async function measure(instance: Instance, times: number, seconds: number, world: ReturnType<typeof worldOf>) {
  const { mqtt_url, numbers: first } = await instance.api.get<Operate>("/api/operate")
  const plan: HefeiPlan = {
    url: mqtt_url,
    password,
    gateways: world.gateways.map((g) => ({
      code: g.code,
      points: g.devices.map((d) => [d.code, d.points[0]!.indicator, d.points[0]!.interval_ms / 1000]),
    })),
    bridges: world.bridges.map((b) => ({
      code: b.code,
      channels: b.devices.map((d) => d.code),
      indicator: "acceleration",
      rate_hz,
    })),
    seconds,
    spike_each_s: 2,
  }
  const told = listen(instance)
  const { connected, result } = sender<HefeiPlan, HefeiResult>("hefei", plan)
  await connected
  const before = costOf(instance.pid)
  const began = performance.now()
  let rss_mb = 0
  const watch = setInterval(() => {
    rss_mb = Math.max(rss_mb, costOf(instance.pid).rss_mb)
  }, 5000)
  const queries = times === 1 ? await askMeanwhile(instance, seconds) : {}
  const done = await result
  clearInterval(watch)
  const after = costOf(instance.pid)
  const wall_s = (performance.now() - began) / 1000
  if (done.lost.length > 0) throw new Error(done.lost.join("; "))
  const { numbers } = await instance.api.get<Operate>("/api/operate")
  const { to_console_ms, alarms } = await told.match(done.spikes)
  return [
    {
      bench: `hefei-x${times}`,
      values_per_s: Math.round((done.samples + done.readings) / done.seconds),
      readings_per_s: Math.round(done.readings / done.seconds),
      seconds: Math.round(done.seconds),
      cores: Number(((after.cpu_s - before.cpu_s) / wall_s).toFixed(2)),
      rss_mb: Math.max(rss_mb, after.rss_mb),
      ack_p50_ms: done.ack_p50_ms,
      ack_p99_ms: done.ack_p99_ms,
      ack_max_ms: done.ack_max_ms,
      finding_p99_ms: numbers.mingmai_finding_lag_p99_ms ?? null,
      console_p99_ms: percentiles(to_console_ms).p99,
      spikes: done.spikes.length,
      alarms,
      unsent: done.unsent,
      missing: done.readings + done.samples - taken(numbers) + taken(first),
      bytes_per_reading: ratio(numbers.mingmai_readings_bytes, numbers.mingmai_readings_sealed),
      bytes_per_sample: ratio(numbers.mingmai_waves_bytes, numbers.mingmai_samples_sealed),
      ...queries,
    },
  ]
}

const ratio = (bytes = 0, rows = 0) => (rows > 0 ? Number((bytes / rows).toFixed(3)) : null)
/** Values that are durable; what the platform derives of waveforms is apart. */
const taken = (n: Record<string, number>) =>
  (n.mingmai_readings_total ?? 0) - (n.mingmai_readings_derived_total ?? 0) + (n.mingmai_samples_total ?? 0)

/** The queries that must stay fast while the load runs, medians of several, ms. */
async function askMeanwhile(instance: Instance, seconds: number): Promise<Record<string, number>> {
  await pause(Math.min(90, seconds / 2) * 1000)
  const page = async (lifeline: string, indicator: string) =>
    (
      await instance.api.get<{ items: { id: number }[] }>(
        `/api/monitoring/points?lifeline=${lifeline}&indicator=${indicator}&limit=5`,
      )
    ).items[0]!.id
  const slow_point = await page("water", "pressure_m")
  const channel = await page("bridge", "acceleration")
  const now = Date.now()
  const day = 86_400_000
  const asked: Record<string, string> = {
    latest_all_ms: "/api/monitoring/latest/columns?all=1",
    day_of_a_point_ms: `/api/monitoring/curves?points=${slow_point}&from=${now - day}&to=${now}`,
    year_of_a_point_ms: `/api/monitoring/rollups?points=${slow_point}&from=${now - 365 * day}&to=${now}&step=1d`,
    ten_s_of_a_waveform_ms: `/api/monitoring/waves/${channel}?from=${now - 20_000}&to=${now - 10_000}&max=100000`,
  }
  const found: Record<string, number> = {}
  for (const [name, path] of Object.entries(asked)) {
    const ms: number[] = []
    for (let i = 0; i < 7; i++) {
      const began = performance.now()
      const answer = await fetch(`${instance.url}${path}`, { headers: instance.headers })
      await answer.arrayBuffer()
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      ms.push(performance.now() - began)
      await pause(100)
    }
    found[name] = percentiles(ms).p50
  }
  return found
}

/** Listens as a console does, and says how long after its sample was sent each alarm was told there. */
function listen(instance: Instance) {
  const seen = new Map<number, number>()
  const stop = new AbortController()
  const reading = (async () => {
    const answer = await fetch(`${instance.url}/api/live`, { headers: instance.headers, signal: stop.signal })
    let text = ""
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1]
        if (/^event: change$/m.test(text.slice(0, end)) && data) {
          const change = JSON.parse(data) as { kind: string; id: number }
          if (change.kind === "alarm" && !seen.has(change.id)) seen.set(change.id, Date.now())
        }
        text = text.slice(end + 2)
      }
    }
  })().catch((error: Error) => {
    if (error.name !== "AbortError") throw error
  })
  return {
    async match(spikes: HefeiResult["spikes"]) {
      stop.abort()
      await reading
      const sent = new Map(spikes.map((s) => [s.channel, s.sent_at]))
      const to_console_ms: number[] = []
      for (const [id, at] of seen) {
        const alarm = await instance.api.get<{ device_code?: string }>(`/api/warning/alarms/${id}`)
        const text = JSON.stringify(alarm)
        const channel = [...sent.keys()].find((c) => text.includes(`"${c}"`))
        if (channel) to_console_ms.push(at - sent.get(channel)!)
      }
      return { to_console_ms, alarms: seen.size }
    },
  }
}
