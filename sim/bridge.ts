/** The living city's bridge: where a street crosses the river, with accelerometers at 50 Hz and slow sensors. */
import bridge from "../lifelines/bridge/index.ts"
import type { ImportedCity } from "../lifelines/contract.ts"
import { appendReading, type LonLat, quality, type ReadingBatch, type Words } from "../model/index.ts"
import { encodeBlocks } from "../platform/blocks/index.ts"
import { hash01, hashText, type Town } from "./town/index.ts"

export const bridge_gateway = "gw-bridge"
export const bridge_rate_hz = 50
const channels = 8
/** Acceleration a count: a 16-bit sensor of ±2 g, m/s². */
const scale = (4 * 9.80665) / 65_536
const slow_ms = 10_000
const derived_ms = 60_000
/** Readings of the past come less often, so that a first start stays short. */
const past_ms = 600_000
const derived = ["acceleration_peak", "acceleration_rms", "acceleration_frequency"]
const slow = ["strain", "deflection", "tilt", "structure_temperature", "wind_speed"]

type Crossing = { name: Words; line: LonLat[] }

/** The longest stretch of a named street over the river, with its banks. */
export function riverCrossing(town: Town): Crossing | null {
  const rivers = town.basemap.water.features.flatMap((f) =>
    f.properties.kind === "river" && f.geometry.type === "Polygon" ? [f.geometry.coordinates[0] as LonLat[]] : [],
  )
  let best: (Crossing & { length: number }) | null = null
  for (const street of town.streets)
    for (const line of street.lines) {
      const wet = line.map((at) => rivers.some((ring) => inside(at, ring)))
      const first = wet.indexOf(true)
      const last = wet.lastIndexOf(true)
      const length = last - first + 1
      if (first <= 0 || last >= line.length - 1 || length <= (best?.length ?? 0)) continue
      // A street along the river is no bridge over it.
      if (length > 40) continue
      best = { name: street.name, line: line.slice(first - 1, last + 2), length }
    }
  return best && { name: best.name, line: best.line }
}

function inside([x, y]: LonLat, ring: readonly LonLat[]): boolean {
  let odd = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i]!
    const [xj, yj] = ring[j]!
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd
  }
  return odd
}

/** The bridge and its devices as a file of a city would bring them; null where no street crosses the river. */
export function bridgeImport(town: Town): ImportedCity | null {
  const crossing = riverCrossing(town)
  if (!crossing) return null
  const code = "QL-001"
  const unit = (id: string) => bridge.indicators.find((i) => i.id === id)!.unit
  const point = (indicator: string, interval_ms: number) => ({
    indicator,
    unit: unit(indicator),
    interval_ms,
    value_kind: "instant" as const,
  })
  const accelerometers = Array.from({ length: channels }, (_, i) => ({
    code: accelerometer(i),
    name: `${crossing.name.zh}桥 ${Math.floor(i / 2) + 1} 号断面${i % 2 === 0 ? "竖向" : "横向"}加速度计`,
    kind: "accelerometer",
    asset_code: code,
    points: [point("acceleration", 1000), ...derived.map((d) => point(d, derived_ms))],
  }))
  const others = slow.map((indicator) => ({
    code: `QL-001-${indicator}`,
    name: `${crossing.name.zh}桥 ${bridge.indicators.find((i) => i.id === indicator)!.name.zh}`,
    kind: "sensor",
    asset_code: code,
    points: [point(indicator, slow_ms)],
  }))
  return {
    assets: [
      {
        kind: "bridge",
        source_id: code,
        code,
        name: `${crossing.name.zh}桥`,
        geometry: { type: "LineString", coordinates: crossing.line },
        attributes: { road: crossing.name.zh, crosses: "river", structure: "box_girder" },
        original: null,
      },
    ],
    devices: [...accelerometers, ...others],
    areas: [],
    schematic: false,
    problems: [],
  }
}

const accelerometer = (i: number) => `QL-001-A${String(i + 1).padStart(2, "0")}`

/** One sample in counts: the girder's first two modes, shaken by traffic that comes and goes, and the sensor's noise. */
function counts(i: number, k: number, traffic: number): number {
  const t = k / bridge_rate_hz
  const [lively, f1, f2] = [i % 2 === 0 ? 1 : 0.35, 2.31 + 0.02 * Math.floor(i / 2), 7.85]
  const motion =
    traffic * lively * (26 * Math.sin(2 * Math.PI * f1 * t + i) + 9 * Math.sin(2 * Math.PI * f2 * t + 2 * i))
  return Math.round(motion + 8 * (hash01(100 + i, k) + hash01(200 + i, k) - 1))
}

/** How much traffic shakes the bridge in a second of city time: a mean of the hour, and vehicles of some seconds. */
function trafficAt(second: number): number {
  const hour = (second / 3600 + 8) % 24
  const busy = 0.35 + 0.65 * Math.exp(-(((hour - 8.3) / 2.4) ** 2)) + 0.7 * Math.exp(-(((hour - 18) / 2.6) ** 2))
  const vehicle = hash01(300, Math.floor(second / 6)) < 0.4 * busy ? 1.8 * Math.sin((Math.PI * (second % 6)) / 6) : 0
  return busy * (0.8 + vehicle)
}

/** One second of all channels that ends at `end_ms`, in the wire format. */
export function bridgeBlocks(end_ms: number): Buffer {
  const start = end_ms - 1000
  const traffic = trafficAt(start / 1000)
  const first = Math.round((start / 1000) * bridge_rate_hz) % 1e9
  return encodeBlocks(
    Array.from({ length: channels }, (_, i) => {
      const samples = Int16Array.from({ length: bridge_rate_hz }, (_, k) => counts(i, first + k, traffic))
      return {
        device: accelerometer(i),
        indicator: "acceleration",
        unit: "",
        start,
        sequence: 0,
        rate_hz: bridge_rate_hz,
        count: bridge_rate_hz,
        encoding: 0,
        scale,
        offset: 0,
        flags: quality.simulated,
        data: new Uint8Array(samples.buffer),
      }
    }),
  )
}

/** What the slow sensors say at a time, by device. */
export function bridgeReadings(time_ms: number): Record<string, Record<string, number>> {
  return Object.fromEntries(
    slow.map((indicator) => [
      `QL-001-${indicator}`,
      { [indicator]: normal(indicator, time_ms, hash01(hashText(indicator), 1)) },
    ]),
  )
}

function normal(indicator: string, time_ms: number, seed: number): number {
  const { decimals } = bridge.indicators.find((i) => i.id === indicator)!
  const value = bridge.simulation!.normal(indicator, time_ms, seed) ?? 0
  const noisy = value * (1 + 0.01 * (hash01(hashText(indicator), time_ms / 1000) - 0.5))
  return Math.round(noisy * 10 ** decimals) / 10 ** decimals
}

/** Appends the bridge's readings with from < time ≤ to: those of the slow sensors and those that waveforms would give. */
export function appendBridgePast(
  batch: ReadingBatch,
  from_ms: number,
  to_ms: number,
  pointId: (device: string, indicator: string) => number | null,
): ReadingBatch {
  let into = batch
  const put = (device: string, indicator: string, time: number, value: number) => {
    const id = pointId(device, indicator)
    if (id !== null) into = appendReading(into, id, time, 0, value, quality.simulated, time + 1000)
  }
  for (let time = Math.floor(from_ms / past_ms + 1) * past_ms; time <= to_ms; time += past_ms) {
    for (const [device, values] of Object.entries(bridgeReadings(time)))
      for (const [indicator, value] of Object.entries(values)) put(device, indicator, time, value)
    const traffic = trafficAt(time / 1000)
    for (let i = 0; i < channels; i++) {
      const lively = i % 2 === 0 ? 1 : 0.35
      const rms = scale * Math.hypot(traffic * lively * 19, 3.3)
      const round = (v: number) => Math.round(v * 1e4) / 1e4
      put(accelerometer(i), "acceleration_rms", time, round(rms))
      put(accelerometer(i), "acceleration_peak", time, round(3.2 * rms))
      put(accelerometer(i), "acceleration_frequency", time, Math.round((2.31 + 0.02 * Math.floor(i / 2)) * 1e3) / 1e3)
    }
  }
  return into
}
