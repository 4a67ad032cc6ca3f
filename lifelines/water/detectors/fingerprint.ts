/**
 * Fingerprints of leaks: by how much each pressure sensor of an area falls when a leak opens, and rises when it is
 * closed. Two leaks of the same size pull at different sensors, so the fingerprint says which of them a repair closed.
 * Sensors are kept in the order of the subject's facts; a missing value is null. Plain data.
 */
import { median } from "../../../science/index.ts"

const hour_ms = 3_600_000
const day_ms = 24 * hour_ms
const hours_kept = 72
const days_kept = 45
const steps_kept = 40
/** Fewer sensors than this make no fingerprint. */
const sensors_min = 4
/** Sensors must differ by at least this much (root mean square, m), or the fingerprint is noise. */
const spread_min_m = 0.015

export type Vector = (number | null)[]
export type Fingerprints = {
  /** Hourly means of the last days; the last row is the hour that begins at `last`. */
  hours: Vector[]
  last: number
  days: { day: number; mean: Vector }[]
  /** Changes of pressure by sudden leaks and by repairs, with their times. */
  steps: { time: number; change: Vector }[]
  /** Per cause: pressure change that the leak makes. */
  marks: Record<string, Vector>
  /** Sudden changes whose day after is not over yet. */
  waiting: { cause: string | null; time: number }[]
}

export const fingerprintsStart = (): Fingerprints => ({
  hours: [],
  last: 0,
  days: [],
  steps: [],
  marks: {},
  waiting: [],
})

/** Enters the pressures of the hour that begins at `start`; hours in between count as missing. */
export function enterPressures(prints: Fingerprints, start: number, vector: Vector): void {
  if (vector.length < sensors_min) return
  const missed = prints.hours.length === 0 ? 0 : Math.min(hours_kept, Math.round((start - prints.last) / hour_ms) - 1)
  for (let i = 0; i < missed; i++) prints.hours.push(vector.map(() => null))
  prints.hours.push(vector)
  prints.last = start
  while (prints.hours.length > hours_kept) prints.hours.shift()
  if (start % day_ms === day_ms - hour_ms) {
    prints.days.push({ day: Math.floor(start / day_ms), mean: meanOf(prints.hours.slice(-24)) })
    if (prints.days.length > days_kept) prints.days.shift()
  }
  prints.waiting = prints.waiting.filter(({ cause, time }) => {
    if (start + hour_ms < time + day_ms) return true
    keep(prints, cause, time)
    return false
  })
}

/** Notes a sudden change at `time`: of the leak `cause`, or (null) of a repair. */
export function noteStep(prints: Fingerprints, cause: string | null, time: number): void {
  if (prints.last + hour_ms >= time + day_ms) keep(prints, cause, time)
  else prints.waiting.push({ cause, time })
}

function keep(prints: Fingerprints, cause: string | null, time: number): void {
  const change = changeSince(prints, time)
  if (!change) return
  prints.steps.push({ time, change })
  if (prints.steps.length > steps_kept) prints.steps.shift()
  if (cause !== null) prints.marks[cause] = change
}

/** Mean change of every sensor over up to a day from `time` on against the same hours of the day before it. */
export function changeSince(prints: Fingerprints, time: number): Vector | null {
  const at = prints.hours.length - 1 - Math.round((prints.last - time) / hour_ms)
  const rows: Vector[] = []
  for (let i = Math.max(at, 24); i < Math.min(at + 24, prints.hours.length); i++) {
    const before = prints.hours[i - 24]!
    rows.push(prints.hours[i]!.map((v, s) => minus(v, before[s] ?? null)))
  }
  return rows.length === 0 ? null : meanOf(rows)
}

/**
 * The mark of a leak that grows slowly since `since`: yesterday against the last like weekday before it began, less
 * the sudden changes in between. Keeps the older mark where the days needed are gone.
 */
export function markGrowing(prints: Fingerprints, cause: string, since: number): void {
  const newest = prints.days.at(-1)
  if (!newest) return
  const began = Math.floor(since / day_ms)
  const weeks = Math.ceil((newest.day - began + 1) / 7)
  const before = prints.days.find((d) => d.day === newest.day - 7 * weeks)
  if (!before) return
  const between = prints.steps.filter((s) => s.time >= (before.day + 1) * day_ms && s.time < newest.day * day_ms)
  prints.marks[cause] = newest.mean.map((v, s) => {
    const change = minus(v, before.mean[s] ?? null)
    return change === null ? null : between.reduce((left, step) => left - (step.change[s] ?? 0), change)
  })
}

export const forget = (prints: Fingerprints, cause: string): void => {
  delete prints.marks[cause]
  prints.waiting = prints.waiting.filter((w) => w.cause !== cause)
}

/** Cosine of two changes after the middle of the sensors is taken from each; null where either says nothing. */
export function likeness(a: Vector | null | undefined, b: Vector | null | undefined): number | null {
  if (!a || !b) return null
  const pairs = a.flatMap((v, s): [number, number][] =>
    v === null || b[s] === null || b[s] === undefined ? [] : [[v, b[s]]],
  )
  if (pairs.length < sensors_min) return null
  const middle_a = median(pairs.map((p) => p[0]))
  const middle_b = median(pairs.map((p) => p[1]))
  let [aa, bb, ab] = [0, 0, 0]
  for (const [x, y] of pairs) {
    aa += (x - middle_a) ** 2
    bb += (y - middle_b) ** 2
    ab += (x - middle_a) * (y - middle_b)
  }
  const least = pairs.length * spread_min_m ** 2
  return aa < least || bb < least ? null : ab / Math.sqrt(aa * bb)
}

/** Sum of several marks; null where one is missing. */
export function together(marks: readonly (Vector | undefined)[]): Vector | null {
  if (marks.length === 0 || marks.some((m) => m === undefined)) return null
  const [first, ...rest] = marks as Vector[]
  return first!.map((v, s) =>
    rest.reduce<number | null>((sum, m) => (sum === null || m[s] == null ? null : sum + m[s]), v),
  )
}

const minus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b)

function meanOf(rows: readonly Vector[]): Vector {
  return (rows[0] ?? []).map((_, s) => {
    let sum = 0
    let n = 0
    for (const row of rows) {
      const v = row[s]
      if (v === null || v === undefined) continue
      sum += v
      n++
    }
    return n === 0 ? null : sum / n
  })
}
