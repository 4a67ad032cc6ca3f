import uPlot from "uplot"

/** One line of a chart; times are city times in ms and ascending, null is a gap. */
export type CurveSeries = {
  key: number
  name: string
  unit: string
  decimals?: number
  time: number[]
  value: (number | null)[]
  role: "subject" | "neighbour"
}
export type CurveLimit = { value: number; severity: 1 | 2 | 3 | 4; text: string }
export type CurveEvent = { time: number; severity: 1 | 2 | 3 | 4; seen: boolean; text?: string }

/** Lines of different times on one time axis; what a line does not know at a time stays undefined and is drawn through. */
export function aligned(series: CurveSeries[]): uPlot.AlignedData {
  const tables = series.map((s) => [s.time, s.value] as uPlot.AlignedData)
  if (tables.length === 0) return [[]] as unknown as uPlot.AlignedData
  return tables.length === 1 ? tables[0]! : uPlot.join(tables)
}

/** Gaps of a line: from the last value before to the first value after. */
export function gapsOf(series: CurveSeries): { from: number; to: number }[] {
  const gaps: { from: number; to: number }[] = []
  for (let i = 1; i < series.value.length; i++) {
    if (series.value[i] !== null || series.value[i - 1] === null) continue
    let j = i
    while (j < series.value.length && series.value[j] === null) j++
    if (j < series.value.length) gaps.push({ from: series.time[i - 1]!, to: series.time[j]! })
  }
  return gaps
}

/** Range of the value axis: all values, and the limits that do not squeeze the curve under a quarter of the height. */
export function valueRange(series: CurveSeries[], limits: CurveLimit[]): [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const s of series)
    for (const v of s.value)
      if (v !== null && v !== undefined) {
        if (v < low) low = v
        if (v > high) high = v
      }
  if (low > high) [low, high] = limits.length ? [limits[0]!.value, limits[0]!.value] : [0, 1]
  const span = Math.max(high - low, Math.abs(high) * 0.02, 1e-6)
  for (const { value } of [...limits].sort((a, b) => Math.abs(a.value - high) - Math.abs(b.value - high))) {
    const next_low = Math.min(low, value)
    const next_high = Math.max(high, value)
    if (next_high - next_low <= 2.4 * span || value === limits[0]?.value) [low, high] = [next_low, next_high]
  }
  const room = Math.max(high - low, Math.abs(high) * 0.02, 1e-6)
  const floor = low >= 0 && low < room * 0.6 ? 0 : low - room * 0.08
  return [floor, high + room * 0.1]
}

/** Three or four round values inside a range. */
export function ticksOf(low: number, high: number): number[] {
  const rough = (high - low) / 3.2
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? power * 10
  const ticks: number[] = []
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step)
    ticks.push(Number(v.toPrecision(12)))
  return ticks
}

const steps_min = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080]
/** Round minutes between two marks so that they stand at least `px_min` apart. */
export function timeStep(span_ms: number, width_px: number, px_min = 64): number {
  const rough = (span_ms / 60_000 / Math.max(1, width_px)) * px_min
  return (steps_min.find((s) => s >= rough) ?? 10_080) * 60_000
}
/** Times of round marks, in step with the city's midnight. */
export function timeTicks(from: number, to: number, step_ms: number, minute_of_day: (t: number) => number): number[] {
  const minute = Math.ceil(from / 60_000) * 60_000
  const step = step_ms / 60_000
  const late = step >= 1440 ? minute_of_day(minute) % 1440 : minute_of_day(minute) % step
  const first = minute + (late === 0 ? 0 : ((step >= 1440 ? 1440 : step) - late) * 60_000)
  const out: number[] = []
  for (let t = first; t <= to && out.length < 400; t += step_ms) out.push(t)
  return out
}

/** The last value at or before a time. */
export function valueAt(series: CurveSeries, time: number): number | null {
  let low = 0
  let high = series.time.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (series.time[middle]! <= time) low = middle + 1
    else high = middle
  }
  return low === 0 ? null : (series.value[low - 1] ?? null)
}

/**
 * Times and values without the gaps of coarser sampling: where single values stand between gaps of one length,
 * the history was kept at that interval and the line is drawn through; longer gaps stay.
 */
export function withoutCoarseGaps(
  time: number[],
  value: (number | null)[],
): { time: number[]; value: (number | null)[] } {
  const parts: { first: number; last: number }[] = []
  for (let i = 0; i < value.length; i++) {
    if (value[i] === null) continue
    const part = parts.at(-1)
    if (part && part.last === i - 1) part.last = i
    else parts.push({ first: i, last: i })
  }
  const short = (i: number) => parts[i]!.last - parts[i]!.first < 2
  const gap = (i: number) => time[parts[i]!.first]! - time[parts[i - 1]!.last]!
  const regular = parts.flatMap((_, i) => (i > 0 && short(i) && short(i - 1) ? [gap(i)] : [])).sort((a, b) => a - b)
  if (regular.length < 2) return { time, value }
  const longest = 1.5 * regular[regular.length >> 1]!
  const keep = (i: number) => {
    if (value[i] !== null) return true
    const after = parts.findIndex((part) => part.first > i)
    return after < 1 || gap(after) > longest
  }
  const kept = value.map((_, i) => i).filter(keep)
  return { time: kept.map((i) => time[i]!), value: kept.map((i) => value[i]!) }
}
