/**
 * The load that ThingsBoard publishes for a machine of two cores: 5,000 MQTT connections, a message a second, three
 * values each; then the highest rate that holds. Through the real door, fsync on, detectors on, senders in a second process.
 */

import { type Instance, pause, removeFolder, startInstance, temporaryFolder } from "./instance.ts"
import { costOf } from "./processes.ts"
import { sender } from "./senders/index.ts"
import type { TelemetryPlan, TelemetryResult } from "./senders/telemetry.ts"
import { giveCredentials, password, quietly, registerGateways } from "./world.ts"

const connections = 5000
const indicators: [string, string, string] = ["pressure_m", "flow_m3h", "level_m"]
const codes = Array.from({ length: connections }, (_, i) => `bench-${i}`)

export async function run(seconds = 20, hold_seconds = 300): Promise<object[]> {
  const folder = temporaryFolder()
  try {
    await quietly(folder, async (running) => {
      await registerGateways(running, [
        {
          code: "bench-gateway",
          lifeline: "water",
          devices: codes.map((code) => ({
            code,
            name: code,
            kind: "sensor",
            asset_code: null,
            points: indicators.map((indicator) => ({
              indicator,
              unit: unitOf(indicator),
              interval_ms: 1000,
              value_kind: "instant" as const,
            })),
          })),
        },
      ])
      await running.stages.monitoring.reload()
      await giveCredentials(running, codes)
    })
    const instance = await startInstance(folder, "real")
    try {
      const even = await measure(instance, connections, seconds)
      const rates = []
      for (const rate of [10_000, 15_000, 20_000, 25_000, 30_000]) {
        const found = await measure(instance, rate, 15)
        rates.push({ rate, ...found })
        if (!holds(found, rate)) break
      }
      const best = rates.filter((r) => holds(r, r.rate)).at(-1)
      const held = best && hold_seconds > 0 ? await measure(instance, best.rate, hold_seconds) : best
      return [
        {
          bench: "telemetry",
          connections,
          values_a_message: 3,
          cores_at_5000: even.cores,
          ack_p99_ms_at_5000: even.ack_p99_ms,
          messages_per_s_held: held ? Math.round(held.messages_per_s) : 0,
          held_s: held?.seconds ?? 0,
          ack_p99_ms: held?.ack_p99_ms ?? null,
          cores: held?.cores ?? null,
          rss_mb: held?.rss_mb ?? even.rss_mb,
          tried: rates.map((r) => [r.rate, Math.round(r.messages_per_s), r.ack_p99_ms, r.cores]),
        },
      ]
    } finally {
      await instance.stop()
    }
  } finally {
    removeFolder(folder)
  }
}

/** A rate holds where it was sent, all of it was acknowledged, and within a second. */
const holds = (m: { messages_per_s: number; ack_p99_ms: number }, rate: number) =>
  m.messages_per_s >= 0.98 * rate && m.ack_p99_ms < 1000

async function measure(instance: Instance, messages_per_s: number, seconds: number) {
  const { mqtt_url } = await instance.api.get<{ mqtt_url: string }>("/api/operate")
  const plan: TelemetryPlan = { url: mqtt_url, password, codes, indicators, messages_per_s, seconds, inflight_max: 50 }
  const { connected, result } = sender<TelemetryPlan, TelemetryResult>("telemetry", plan)
  await connected
  const before = costOf(instance.pid)
  const began = performance.now()
  const done = await result
  const after = costOf(instance.pid)
  if (done.lost.length > 0) throw new Error(done.lost[0])
  await pause(500)
  return {
    messages_per_s: done.acknowledged / done.seconds,
    seconds: Math.round(done.seconds),
    ack_p50_ms: done.ack_p50_ms,
    ack_p99_ms: done.ack_p99_ms,
    cores: Number(((after.cpu_s - before.cpu_s) / ((performance.now() - began) / 1000)).toFixed(2)),
    rss_mb: after.rss_mb,
  }
}

const unitOf = (indicator: string) => ({ pressure_m: "m", flow_m3h: "m3/h", level_m: "m" })[indicator]!
