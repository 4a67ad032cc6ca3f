import { clockText, dateText, minuteOfDay } from "../time.ts"
import type { Window } from "./window.ts"

const second = 1000
const minute = 60_000
const hour = 3_600_000
const day = 86_400_000
const short_steps = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  second,
  2 * second,
  5 * second,
  10 * second,
  15 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
]
const month_steps = [1, 2, 3, 6, 12]

export type Tick = { time: number; text: string; strong: boolean }
export type Step = { ms: number } | { months: number }

/** The round step whose marks stand at least `px_min` apart. */
export function stepOf(span_ms: number, width_px: number, px_min = 84): Step {
  const least = (span_ms * px_min) / Math.max(1, width_px)
  const ms = short_steps.find((s) => s >= least)
  if (ms !== undefined) return { ms }
  return { months: month_steps.find((m) => m * 30.4 * day >= least) ?? 12 }
}

/** The city's offset from UTC at a time, ms: its clock minus that of UTC, to the minute, within half a day. */
const offsetAt = (time: number, minute_of_day: (t: number) => number): number => {
  const utc = Math.floor(time / minute) % 1440
  return (((((minute_of_day(time) - utc + 720) % 1440) + 1440) % 1440) - 720) * minute
}

/** Times of the marks, in step with the city's midnight and its months. */
export function ticksIn(w: Window, step: Step, minute_of_day: (t: number) => number = minuteOfDay): number[] {
  const offset = offsetAt(w.to, minute_of_day)
  const out: number[] = []
  if ("ms" in step) {
    // Weeks begin on Monday: 1970-01-05 was one.
    const origin = step.ms === 7 * day ? 4 * day : 0
    const first = Math.ceil((w.from + offset - origin) / step.ms)
    const last = Math.floor((w.to + offset - origin) / step.ms)
    for (let k = first; k <= last && out.length < 200; k++) out.push(k * step.ms + origin - offset)
    return out
  }
  const start = new Date(w.from + offset)
  const first = start.getUTCFullYear() * 12 + start.getUTCMonth()
  for (let m = Math.ceil(first / step.months) * step.months; out.length < 200; m += step.months) {
    const time = Date.UTC(Math.floor(m / 12), m % 12, 1) - offset
    if (time > w.to) break
    if (time >= w.from) out.push(time)
  }
  return out
}

/** Marks with their words: a mark on a midnight (or the first of a month) also says its date. */
export function axisTicks(w: Window, width_px: number): Tick[] {
  const step = stepOf(w.to - w.from, width_px)
  return ticksIn(w, step).map((time) => {
    const date = dateText(time)
    if ("months" in step) return { time, text: date.slice(0, 7), strong: date.slice(5, 7) === "01" }
    if (step.ms >= day) return { time, text: date.slice(5), strong: date.slice(8) === "01" }
    const clock = clockText(time)
    if (step.ms >= minute) {
      const midnight = clock === "00:00:00"
      return { time, text: midnight ? date.slice(5) : clock.slice(0, 5), strong: midnight }
    }
    if (step.ms >= second) return { time, text: clock, strong: clock.endsWith(":00") }
    const ms = String(Math.round((((time % second) + second) % second) * 1) % 1000).padStart(3, "0")
    return { time, text: ms === "000" ? clock : `.${ms}`, strong: ms === "000" }
  })
}

/** A time as exactly as the window shows it: to the second, to the millisecond under a minute, finer under 100 ms; the date is left out on the day of `near`. */
export function cursorText(time: number, span_ms: number, near?: number): string {
  const same_day = near !== undefined && dateText(near) === dateText(time)
  const base = same_day ? clockText(time) : `${dateText(time).slice(5)} ${clockText(time)}`
  if (span_ms >= minute) return base
  const fraction = ((time % second) + second) % second
  return `${base}.${fraction.toFixed(span_ms < 100 ? 2 : 0).padStart(span_ms < 100 ? 6 : 3, "0")}`
}

/** A span in words of units: 10 ms, 24 min, 7 h, 3 d. */
export function spanText(ms: number): string {
  const trim = (n: number) => String(Number(n.toPrecision(n >= 100 ? 3 : 2)))
  if (ms < second) return `${trim(ms)} ms`
  if (ms < 2 * minute && ms % minute !== 0) return `${trim(ms / second)} s`
  if (ms < 2 * hour && ms % hour !== 0) return `${trim(ms / minute)} min`
  if (ms < 2 * day && ms % day !== 0) return `${trim(ms / hour)} h`
  return `${trim(ms / day)} d`
}
