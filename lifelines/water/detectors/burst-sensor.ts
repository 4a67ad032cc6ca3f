/** What one fast pressure sensor remembers: its last ten minutes, and what it usually shows at a time of the day. */
import { robustSd, theilSen } from "../../../science/index.ts"

export const minute_ms = 60_000
export const window_ms = 10 * minute_ms
const readings_kept = 120
/** Readings that a trend needs; data slower than about once in two minutes never has them. */
const trend_readings_min = 5
const quarter_ms = 15 * minute_ms
const quarters = 96
const day_weight = 0.2
/** A step counts from this many times the sensor's own noise on, from this drop in m, and this share of its pressure. */
const step_noises = 6
const step_min_m = 0.4
const step_min_share = 0.01
const noise_floor_m = 0.02

export type SensorMemory = {
  time: number[]
  value: number[]
  /** Slow mean per quarter of the day in m, and days seen. */
  usual: [number, number][]
  quarter: { index: number; sum: number; n: number } | null
}

export const sensorStart = (): SensorMemory => ({
  time: [],
  value: [],
  usual: Array.from({ length: quarters }, () => [0, 0] as [number, number]),
  quarter: null,
})

/** Enters one reading; `learn` is false while an alarm stands, so that a burst does not become usual. */
export function enterReading(m: SensorMemory, time: number, value: number, learn: boolean): void {
  const newest = m.time.at(-1)
  if (newest !== undefined && time - newest > window_ms) {
    m.time = []
    m.value = []
  }
  m.time.push(time)
  m.value.push(value)
  if (m.time.length > readings_kept) {
    m.time.shift()
    m.value.shift()
  }
  const index = Math.floor(time / quarter_ms) % quarters
  if (m.quarter && m.quarter.index !== index) {
    const cell = m.usual[m.quarter.index]!
    cell[1]++
    cell[0] += Math.max(day_weight, 1 / cell[1]) * (m.quarter.sum / m.quarter.n - cell[0])
    m.quarter = null
  }
  if (!learn) return
  m.quarter ??= { index, sum: 0, n: 0 }
  m.quarter.sum += value
  m.quarter.n++
}

/** Usual pressure at `time`, between the middles of the quarters; null where fewer than three days are known. */
export function usualAt(m: SensorMemory, time: number): number | null {
  const at = time / quarter_ms - 0.5
  const a = m.usual[((Math.floor(at) % quarters) + quarters) % quarters]!
  const b = m.usual[(((Math.floor(at) + 1) % quarters) + quarters) % quarters]!
  if (a[1] < 3 || b[1] < 3) return null
  const rest = at - Math.floor(at)
  return a[0] * (1 - rest) + b[0] * rest
}

/** False where the last ten minutes lie within the least step: then no trend is worth its cost. */
export function mayStep(m: SensorMemory): boolean {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  const from = (m.time.at(-1) ?? 0) - window_ms
  for (let i = m.time.length - 1; i >= 0 && m.time[i]! >= from; i--) {
    low = Math.min(low, m.value[i]!)
    high = Math.max(high, m.value[i]!)
  }
  return high - low >= step_min_m
}

/** `began` is the time of the first reading past the step. */
export type Step = { time: number; began: number; now: number; expected: number; change: number; limit: number }

/**
 * The change of the last two readings against the trend of the ten minutes before them: positive for a fall, and the
 * smaller of the two, so that a single wild reading is no step. Null while there is no trend.
 */
export function stepOf(m: SensorMemory): Step | null {
  const n = m.time.length
  if (n < trend_readings_min + 2) return null
  const time = m.time[n - 1]!
  const from = m.time.findIndex((t) => t >= time - window_ms)
  const x = m.time.slice(from, n - 2).map((t) => t - time)
  const y = m.value.slice(from, n - 2)
  if (x.length < trend_readings_min || time - m.time[n - 2]! > window_ms / 4) return null
  const line = theilSen(x, y)
  if (!line) return null
  const noise = Math.max(noise_floor_m, robustSd(y.map((v, i) => v - line.at0 - line.slope * x[i]!)))
  const last = m.value[n - 1]!
  const before = m.value[n - 2]!
  const falls = [line.at0 - last, line.at0 + line.slope * (m.time[n - 2]! - time) - before]
  const change = falls[0]! > 0 ? Math.max(0, Math.min(...falls)) : Math.min(0, Math.max(...falls))
  const limit = Math.max(step_noises * noise, step_min_m, step_min_share * Math.abs(line.at0))
  return { time, began: m.time[n - 2]!, now: last, expected: line.at0, change, limit }
}
