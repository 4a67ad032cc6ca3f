/**
 * The books of a metered area: how much of its balance no comparable hour explains, which leaks account for it, and
 * which of them a sudden drop closes. Works on hourly balances; pure, plain data, no knowledge of points.
 */
import { type Cusum, cusum, cusumZero, mean, median, quantile } from "../../../science/index.ts"

export const hour_ms = 3_600_000
const day_ms = 24 * hour_ms
const week_hours = 168

/** The few numbers of the rule. Flows scale with the area's own hourly noise, `sigma` in m3/h. */
export const ledgerRule = {
  /** Comparable hours: the same hour of the same weekday in this many last weeks. */
  weeks: 6,
  /** Hours of residuals needed before anything is said. */
  warm_up_hours: 96,
  /** Slow change: excess below this many sigmas is normal; water beyond it that confirms, in sigma·hours. */
  slow: { allowance: 0.75, limit: 12 },
  /** Sudden change: the same numbers. A sudden rise is a leak of its own; repairs are sudden drops. */
  sudden: { allowance: 1.5, limit_rise: 8, limit_drop: 6 },
  /** Residuals of neighbouring hours go together: sigma is at least this many times the scatter of whole days. */
  day_sigmas: 3,
  days_scatter: 28,
  /** A change must last this many hours; one hour counts for at most `clip` sigmas, so that a fire is no leak. */
  confirm_hours: 3,
  clip: 6,
  /** A rise this soon after a leak was raised is that leak opening further: sudden ones, slow ones. */
  same_sudden_ms: 2 * day_ms,
  same_slow_ms: 3 * day_ms,
  /** A slow leak that has not grown by one sigma for this long is done growing; a later rise is a further leak. */
  grown_ms: 14 * day_ms,
  /** Hours in which the recorded size follows the excess: after a raise, and while a slow leak grows. */
  follow_young_hours: 12,
  follow_growing_hours: 72,
  /** A drop is attributed after a whole day, or earlier where only one leak fits. */
  drop_settle_hours: 24,
  drop_clear_hours: 6,
  /** A drop smaller than this share of a leak is not its repair. */
  drop_share_min: 0.4,
  /** Weight of the pressure fingerprint against the size when a drop is attributed; unknown counts as half unlike. */
  likeness_weight: 1.3,
  likeness_unknown: 0.5,
  /** Two repairs at once are rarer than one; and one is taken early only where it fits better by this much. */
  pair_miss: 0.15,
  drop_margin: 0.5,
  /** A leak that has stood for long is more likely one that nobody repairs. */
  old_miss: 0.5,
  old_ms: 90 * day_ms,
  leaks_max: 20,
} as const

export type Leak = {
  cause: string
  sudden: boolean
  /** m3/h */
  size: number
  raised: number
  since: number
  grown: number
  size_when_grown: number
  lost_m3: number
}

export type Ledger = {
  /** Per hour of the week: what the balance was without leaks, per unit of the demand index; newest last. */
  samples: number[][]
  /** Excess that belongs to no leak (a change of the area itself), m3/h. */
  base: number
  leaks: Leak[]
  next: number
  up: Cusum
  down: Cusum
  up_sudden: Cusum
  down_sudden: Cusum
  /** Balance minus the comparable hours of the last day (leaks and base included), newest last. */
  recent: number[]
  /** Mean distance of an hour's residual from its day's, slow; 1.25 × it is a standard deviation. */
  deviation: number
  /** Mean residuals of the last whole days, newest last, and the sum of the day begun. */
  days: number[]
  day: { sum: number; n: number }
  hours: number
}

export const ledgerStart = (): Ledger => ({
  samples: Array.from({ length: week_hours }, () => []),
  base: 0,
  leaks: [],
  next: 1,
  up: cusumZero,
  down: cusumZero,
  up_sudden: cusumZero,
  down_sudden: cusumZero,
  recent: [],
  deviation: 0,
  days: [],
  day: { sum: 0, n: 0 },
  hours: 0,
})

export type LedgerEvent = {
  phase: "raise" | "update" | "clear"
  leak: Leak
  /** Time at which it is confirmed. */
  time: number
  /** Size of the drop that closed it, m3/h. */
  drop: number | null
  drop_since?: number
}

/** How well the pressures' change since `since` fits the closing of these leaks, −1…1; null where unknown. */
export type Alike = (leaks: readonly Leak[], since: number) => number | null

/** What the ledger saw in the last hour, for the evidence. All m3/h. */
export type LedgerView = { expected: number; actual: number; excess: number; sigma: number; weeks_compared: number }

/**
 * Enters one hour [start, start + 1 h): `balance` in m3/h is inflow − outflow − storage − metered customers, `index`
 * is the demand relative to normal (1 where unknown), `floor` the least sigma. Changes `ledger` and returns what it
 * concludes. Hours without valid data are simply not entered: all timers stand still.
 */
export function enterHour(
  ledger: Ledger,
  start: number,
  balance: number,
  index: number,
  floor: number,
  alike: Alike = () => null,
): { events: LedgerEvent[]; view: LedgerView | null } {
  const rule = ledgerRule
  const end = start + hour_ms
  const slot = ledger.samples[hourOfWeek(start)]!
  const attributed = total(ledger.leaks)
  const learn = (): void => {
    slot.push((balance - ledger.base - attributed) / index)
    if (slot.length > rule.weeks) slot.shift()
  }
  const usual = usualOf(ledger, start, index)
  if (usual === null) {
    learn()
    return { events: [], view: null }
  }
  const sigma_now = Math.max(floor, 1.25 * ledger.deviation, rule.day_sigmas * dayScatter(ledger))
  // With few comparable weeks the expectation itself is uncertain.
  const sigma = sigma_now * Math.sqrt((1 + 1 / slot.length) / (1 + 1 / 3))
  const raw = balance - usual - attributed
  const x = clip(raw, rule.clip * sigma)
  const events: LedgerEvent[] = []
  const view = {
    expected: usual,
    actual: balance,
    excess: balance - usual - ledger.base,
    sigma,
    weeks_compared: slot.length,
  }

  for (const leak of ledger.leaks) leak.lost_m3 += leak.size
  ledger.hours++
  ledger.recent.push(balance - usual + ledger.base)
  if (ledger.recent.length > rule.drop_settle_hours) ledger.recent.shift()
  scatter(ledger, sigma_now)
  if (ledger.hours > rule.warm_up_hours) {
    ledger.up = cusum(ledger.up, x, rule.slow.allowance * sigma, start)
    ledger.down = cusum(ledger.down, -x, rule.slow.allowance * sigma, start)
    ledger.up_sudden = cusum(ledger.up_sudden, x, rule.sudden.allowance * sigma, start)
    ledger.down_sudden = cusum(ledger.down_sudden, -x, rule.sudden.allowance * sigma, start)
    judge(ledger, end, x, sigma, events, alike)
  }
  if (ledger.up.steps < 24 && ledger.down.steps < 24) learn()
  return { events, view }
}

/** Learns how hours scatter about their day and days about each other; a leak moves both only while it opens. */
function scatter(ledger: Ledger, sigma: number): void {
  const apart = Math.abs(ledger.recent.at(-1)! - mean(ledger.recent))
  const share = Math.max(1 / ledger.hours, 1 / (2 * week_hours))
  const limit = ledger.hours < week_hours ? Number.POSITIVE_INFINITY : 4 * sigma
  ledger.deviation += share * (Math.min(apart, limit) - ledger.deviation)
  ledger.day.sum += ledger.recent.at(-1)!
  if (++ledger.day.n < 24) return
  ledger.days.push(ledger.day.sum / 24)
  if (ledger.days.length > ledgerRule.days_scatter) ledger.days.shift()
  ledger.day = { sum: 0, n: 0 }
}

/** Standard deviation of whole days from the median step between neighbouring days: steps and growth do not count. */
function dayScatter(ledger: Ledger): number {
  const steps = ledger.days.slice(1).map((v, i) => Math.abs(v - ledger.days[i]!))
  return steps.length < 4 ? 0 : (1.4826 * median(steps)) / Math.SQRT2
}

/** The balance expected of the hour at `start` without leaks, m3/h; null before the first comparable hour. */
export function usualOf(ledger: Ledger, start: number, index: number): number | null {
  const slot = ledger.samples[hourOfWeek(start)]!
  return slot.length === 0 ? null : median(slot) * index + ledger.base
}

/** Usual flow of the quietest tenth of the week's hours, m3/h, the ground for severities. */
export function nightFlow(ledger: Ledger, index: number): number {
  const usual = ledger.samples.filter((s) => s.length > 0).map((s) => median(s) * index)
  return usual.length === 0 ? 0 : Math.max(0, quantile(usual, 0.05) + ledger.base)
}

function judge(ledger: Ledger, end: number, x: number, sigma: number, events: LedgerEvent[], alike: Alike): void {
  const { confirm_hours, slow, sudden } = ledgerRule
  const over = (run: Cusum, limit: number): boolean => run.sum > limit * sigma && run.steps >= confirm_hours
  if (over(ledger.down_sudden, sudden.limit_drop)) drop(ledger, ledger.down_sudden, end, sigma, events, alike)
  else if (over(ledger.down, slow.limit) && ledger.down_sudden.since === null)
    drop(ledger, ledger.down, end, sigma, events, alike)
  else if (over(ledger.up_sudden, sudden.limit_rise) && x > sudden.allowance * sigma)
    rise(ledger, ledger.up_sudden, true, end, sigma, events)
  else if (over(ledger.up, slow.limit) && x > slow.allowance * sigma) rise(ledger, ledger.up, false, end, sigma, events)
  else follow(ledger, end, x, sigma)
}

/** A confirmed rise: a further leak, or more of one that is still opening. */
function rise(ledger: Ledger, run: Cusum, sudden: boolean, end: number, sigma: number, events: LedgerEvent[]): void {
  const rule = ledgerRule
  const size = excessNow(ledger, Math.min(run.steps, 12))
  const newest = ledger.leaks.at(-1)
  const young = (leak: Leak, ms: number): boolean => end - leak.raised < ms
  const same = sudden
    ? newest?.sudden && young(newest, rule.same_sudden_ms)
      ? newest
      : undefined
    : newest && young(newest, rule.same_slow_ms)
      ? newest
      : growing(ledger, end)
  ledger.up = cusumZero
  ledger.up_sudden = cusumZero
  const more = same ?? (ledger.leaks.length >= rule.leaks_max ? newest : undefined)
  if (more) {
    resize(more, size, end, sigma)
    events.push({ phase: "update", leak: { ...more }, time: end, drop: null })
    return
  }
  const since = run.since ?? end
  const leak: Leak = {
    cause: `leak-${ledger.next++}`,
    sudden,
    size,
    raised: end,
    since,
    grown: end,
    size_when_grown: size,
    lost_m3: (size * (end - since)) / hour_ms,
  }
  ledger.leaks.push(leak)
  events.push({ phase: "raise", leak: { ...leak }, time: end, drop: null })
}

/** A confirmed drop: once it is measured well enough, the leaks that fit it best are closed. */
function drop(ledger: Ledger, run: Cusum, end: number, sigma: number, events: LedgerEvent[], alike: Alike): void {
  const rule = ledgerRule
  const hours = run.steps
  const since = run.since ?? end
  // The first hour of the run holds water from before the drop.
  const size = -excessNow(ledger, Math.max(1, Math.min(hours - 1, rule.drop_settle_hours)))
  const [best, next] = candidates(ledger.leaks, size, sigma, end, (set) => alike(set, since))
  const clear = best && (!next || next.miss - best.miss > rule.drop_margin) && hours >= rule.drop_clear_hours
  if (!clear && hours < rule.drop_settle_hours) return
  for (const name of ["up", "down", "up_sudden", "down_sudden"] as const) ledger[name] = cusumZero
  const closed = best?.leaks ?? []
  ledger.leaks = ledger.leaks.filter((l) => !closed.includes(l))
  for (const leak of closed)
    events.push({ phase: "clear", leak: { ...leak }, time: end, drop: size, drop_since: since })
  ledger.base += total(closed) - size
}

/** Sets of one or two leaks that a drop of `size` may have closed, best first; a miss of 1 is wrong by the whole size. */
function candidates(
  leaks: Leak[],
  size: number,
  sigma: number,
  end: number,
  alike: (set: Leak[]) => number | null,
): { leaks: Leak[]; miss: number }[] {
  const { drop_share_min, likeness_unknown, likeness_weight, pair_miss, old_miss, old_ms } = ledgerRule
  const sets: Leak[][] = leaks.map((l) => [l])
  for (const [i, a] of leaks.entries()) for (const b of leaks.slice(i + 1)) sets.push([a, b])
  return sets
    .filter((set) => size >= drop_share_min * total(set))
    .map((set) => {
      const unlike = 1 - (alike(set) ?? 1 - likeness_unknown)
      const wrong_size = Math.abs(total(set) - size) / Math.max(size, 3 * sigma)
      const old = mean(set.map((l) => Math.min(1, (end - l.raised) / old_ms)))
      return { leaks: set, miss: wrong_size + likeness_weight * unlike + (set.length - 1) * pair_miss + old * old_miss }
    })
    .sort((a, b) => a.miss - b.miss)
}

/** Lets recorded sizes follow the excess: the newest leak while it is young, else the slow leak that grows. */
function follow(ledger: Ledger, end: number, x: number, sigma: number): void {
  const rule = ledgerRule
  // A deep or lasting drop is for the books to close, not for a size to shrink by.
  if (x < -rule.sudden.allowance * sigma || (x < 0 && ledger.down.steps >= rule.confirm_hours)) return
  const newest = ledger.leaks.at(-1)
  const young = newest && end - newest.raised < rule.same_sudden_ms ? newest : undefined
  const leak = young ?? growing(ledger, end)
  if (!leak) return
  const hours = young ? Math.min(rule.follow_young_hours, (end - young.since) / hour_ms) : rule.follow_growing_hours
  resize(leak, (young ? Math.max(-sigma, x) : clip(x, sigma)) / hours, end, sigma)
}

function resize(leak: Leak, change: number, end: number, sigma: number): void {
  leak.size = Math.max(sigma / 4, leak.size + change)
  if (leak.size < leak.size_when_grown + sigma / 2) return
  leak.grown = end
  leak.size_when_grown = leak.size
}

/** True for a slow leak that has grown of late. */
export const isGrowing = (leak: Leak, time: number): boolean => !leak.sudden && time - leak.grown < ledgerRule.grown_ms

const growing = (ledger: Ledger, end: number): Leak | undefined => ledger.leaks.filter((l) => isGrowing(l, end)).at(-1)

/** Mean excess over the last `hours` that no leak and no change of the area accounts for, m3/h. */
const excessNow = (ledger: Ledger, hours: number): number =>
  mean(ledger.recent.slice(-Math.max(1, hours))) - ledger.base - total(ledger.leaks)

const clip = (x: number, limit: number): number => Math.max(-limit, Math.min(limit, x))
const total = (leaks: readonly Leak[]): number => leaks.reduce((sum, l) => sum + l.size, 0)
export const hourOfWeek = (time: number): number => Math.floor(time / hour_ms) % week_hours
