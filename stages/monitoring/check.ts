import type { Indicator } from "../../lifelines/contract.ts"
import { type BlockBatch, blockEnd, type Problem, problem, quality, type ReadingBatch } from "../../model/index.ts"

/** Tolerance for clocks of devices that run ahead of the city's. */
export const future_ms_max = 5 * 60_000
/** As many identical values in a row as are called stuck, for values that move. */
export const stuck_count = 60

/** How late data may come, ms: beyond `late` it is marked, beyond `refused` it is refused. */
export type Windows = { readings_late_ms: number; waveforms_late_ms: number; refused_ms: number }

/** The windows that the settings ask for. */
export const windowsOf = (settings: {
  late_readings_minutes: number
  late_waveforms_minutes: number
  late_days_max: number
}): Windows => ({
  readings_late_ms: settings.late_readings_minutes * 60_000,
  waveforms_late_ms: settings.late_waveforms_minutes * 60_000,
  refused_ms: settings.late_days_max * 86_400_000,
})

/** What is remembered of every point to judge its next value, and its limits; columns by point number. */
export type Traces = {
  time: Float64Array
  value: Float64Array
  /** Identical values in a row; 0 before the first. */
  same: Int32Array
  min: Float64Array
  max: Float64Array
  rate_per_min_max: Float64Array
}

/** Traces of points up to number `capacity − 1`, without limits. */
export function traces(capacity: number, old?: Traces): Traces {
  const grown = (fill: number, from?: Float64Array) => {
    const column = new Float64Array(capacity).fill(fill)
    if (from) column.set(from.subarray(0, capacity))
    return column
  }
  const same = new Int32Array(capacity)
  if (old) same.set(old.same.subarray(0, capacity))
  return {
    time: grown(Number.NEGATIVE_INFINITY, old?.time),
    value: grown(0, old?.value),
    same,
    min: grown(Number.NEGATIVE_INFINITY),
    max: grown(Number.POSITIVE_INFINITY),
    rate_per_min_max: grown(Number.POSITIVE_INFINITY),
  }
}

/** Sets the limits of a point from its indicator. */
export function setLimits(t: Traces, point: number, spec: Pick<Indicator, "min" | "max" | "rate_per_min_max">): void {
  t.min[point] = spec.min
  t.max[point] = spec.max
  t.rate_per_min_max[point] = spec.rate_per_min_max ?? Number.POSITIVE_INFINITY
}

/** Traces with the limits of the registry and, from the store, what was said last; what was seen meanwhile is kept. */
export function learned(
  points: ReadonlyMap<number, { spec: Indicator }>,
  latest: readonly { point: number; time: number; value: number }[],
  old?: Traces,
): Traces {
  let most = 0
  for (const id of points.keys()) if (id > most) most = id
  for (const l of latest) if (l.point > most) most = l.point
  const t = traces(most + 1024, old)
  for (const [id, point] of points) setLimits(t, id, point.spec)
  for (const l of latest) {
    if (l.time <= t.time[l.point]!) continue
    t.time[l.point] = l.time
    t.value[l.point] = l.value
    t.same[l.point] = 1
  }
  return t
}

/** Why a time is not taken at city time `now`; null where it is. */
export function refusedTime(time: number, now: number, windows: Windows): Problem | null {
  if (time > now + future_ms_max) return fromTheFuture(time)
  return time < now - windows.refused_ms ? tooOld(time, windows.refused_ms) : null
}

/**
 * Quality flags of row `i` at city time `now`, on top of what the device said; remembers the value. Flags never delete.
 * The trace moves with newer readings only.
 */
export function flagsOf(t: Traces, b: ReadingBatch, i: number, now: number, windows: Windows): number {
  const point = b.point[i]!
  const time = b.time[i]!
  const value = b.value[i]!
  let flags = b.quality[i]!
  if (value < t.min[point]! || value > t.max[point]!) flags |= quality.range
  if (time > now) flags |= quality.future
  if (time < now - windows.readings_late_ms) flags |= quality.late
  const before = t.time[point]!
  if (time > before) {
    const same = value === t.value[point]!
    if (t.same[point]! > 0) {
      const minutes = Math.max((time - before) / 60_000, 1)
      if (Math.abs(value - t.value[point]!) / minutes > t.rate_per_min_max[point]!) flags |= quality.rate
      if (same && value !== 0 && t.same[point]! >= stuck_count) flags |= quality.stuck
    }
    t.same[point] = same && t.same[point]! > 0 ? t.same[point]! + 1 : 1
    t.time[point] = time
    t.value[point] = value
  }
  return flags
}

/** The same for a waveform block, whose range the door has looked at. */
export function blockFlags(b: BlockBatch, i: number, now: number, windows: Windows): number {
  const end = blockEnd(b, i)
  return b.quality[i]! | (end > now ? quality.future : 0) | (end < now - windows.waveforms_late_ms ? quality.late : 0)
}

const fromTheFuture = (time: number) =>
  problem(
    "future",
    400,
    "读数时间晚于当前时间超过 5 分钟，请校准设备时钟",
    "The reading is from the future by more than 5 minutes; set the device's clock",
    { field: "time", value: time },
  )

const tooOld = (time: number, refused_ms: number) => {
  const days = Math.round(refused_ms / 86_400_000)
  return problem(
    "too-old",
    400,
    `读数早于 ${days} 天前，未采用；补录历史数据请用导入`,
    `The reading is older than ${days} days and was not taken; import history instead`,
    { field: "time", value: time },
  )
}
