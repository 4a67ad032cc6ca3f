import { quality, qualityNames } from "../../model/index.ts"
import type { Curve, Latest, Wave } from "../../platform/series/index.ts"
import type { Census } from "../census/index.ts"
import type { PointRecord } from "./registry.ts"
import { lonLat } from "./store.ts"

/** A latest reading with its flags by name; stale when it missed three intervals. */
export function latestView(l: Latest, point: PointRecord, now: number) {
  return {
    point: l.point,
    time: l.time,
    value: l.value,
    quality: qualityNames(l.quality),
    arrived: l.arrived,
    stale: now - l.time > 3 * point.interval_ms,
  }
}

/** A point as lists show it. */
export function pointRow(point: PointRecord, latest: Latest | undefined, census: Census, now: number) {
  const at = lonLat(point)
  return {
    id: point.id,
    device_id: point.device_id,
    device_code: point.device.code,
    device_name: point.device.name,
    lifeline: point.device.lifeline,
    indicator: point.indicator,
    indicator_name: point.spec.name,
    unit: point.unit,
    decimals: point.spec.decimals,
    interval_ms: point.interval_ms,
    value_kind: point.value_kind,
    asset_id: point.asset_id,
    asset_code: point.asset_code,
    area: point.area_code,
    place: at ? census.placeWords(at) : { zh: point.device.name, en: point.device.name },
    lon_lat: at,
    latest: latest ? latestView(latest, point, now) : null,
  }
}

/** A gap is told where the next reading is later than three intervals: a null between them breaks the line. */
export function curveView(
  point: PointRecord,
  curve: { time: Float64Array; value: Float64Array; quality: Uint8Array; decimated: boolean },
) {
  const time: number[] = []
  const value: (number | null)[] = []
  const flags: number[] = []
  const gap_ms = 3 * point.interval_ms
  for (let i = 0; i < curve.time.length; i++) {
    const before = curve.time[i - 1]
    const t = curve.time[i]!
    // In a decimated curve neighbours lie further apart than the interval; a gap is then told by four buckets.
    if (
      before !== undefined &&
      t - before > (curve.decimated ? Math.max(gap_ms, 4 * medianStep(curve.time)) : gap_ms)
    ) {
      time.push(before + point.interval_ms)
      value.push(null)
      flags.push(0)
    }
    time.push(t)
    value.push(curve.value[i]!)
    flags.push(curve.quality[i]! & ~quality.simulated)
  }
  return { point: point.id, unit: point.unit, time, value, quality: flags, decimated: curve.decimated }
}

/** A waveform as a curve: its samples, or the lowest and the highest of each part of time. */
export function curveOfWave(wave: Wave): Curve {
  const rows: [time: number, value: number, quality: number][] = []
  if (wave.kind === "samples") {
    for (const run of wave.runs)
      for (let k = 0; k < run.values.length; k++)
        rows.push([run.start + (k * 1000) / run.rate_hz, run.values[k]!, run.quality])
  } else {
    for (let i = 0; i < wave.time.length; i++) {
      rows.push([wave.time[i]!, wave.min[i]!, wave.quality[i]!])
      rows.push([wave.time[i]! + wave.step_ms / 2, wave.max[i]!, wave.quality[i]!])
    }
  }
  return {
    point: wave.point,
    time: Float64Array.from(rows, (r) => r[0]),
    value: Float64Array.from(rows, (r) => r[1]),
    quality: Uint8Array.from(rows, (r) => r[2]),
    decimated: wave.kind === "envelope",
  }
}

function medianStep(time: Float64Array): number {
  return time.length < 2 ? 0 : (time.at(-1)! - time[0]!) / (time.length - 1)
}
