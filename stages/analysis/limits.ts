/**
 * The limits of many points in columns: what `thresholdDetector` says, without an object per point. A reading waits until
 * the city clock is past its slice; a silence moves nothing, so that a reading is late only behind one of its own point.
 */
import type { Lifeline, PointView, Threshold } from "../../lifelines/contract.ts"
import type { Finding } from "../../model/index.ts"
import { ownsPoint, type Shard } from "./deal.ts"
import { createPending } from "./pending.ts"
import type { RuleRun, RuntimeDetector } from "./runtime.ts"
import type { Saved, SavedEntry, SavedQuiet } from "./saved.ts"
import { gap_intervals, type LimitState, limitFinding, readings_min, slice_ms, unusable } from "./thresholds.ts"

/** Where an extreme of a waveform block goes: limits above take its highest sample, limits below its lowest. */
export const extreme = { lowest: -1, highest: 1, both: 0 } as const
/** Envelopes come about once a second, whatever the rate of the samples. */
const envelope_interval_ms = 1000
const held_bucket_ms = 1000
const offset_steps_max = 2 ** 31 - 1

export type LimitRule = { detector: RuntimeDetector; rule: RuleRun }
export type Limits = {
  slots: number
  watches(point: number): boolean
  /** Takes one reading; of a waveform point one extreme, which goes to the limits on that side. */
  put(
    point: number,
    time: number,
    value: number,
    quality: number,
    arrived: number,
    batch: number,
    replayed: boolean,
    side: -1 | 0 | 1,
  ): void
  /** Hands over what is due; `say` gets each finding with the arrival of the reading that concluded it. */
  advance(watermark: number, say: (finding: Finding, arrived: number) => void): void
  oldestBatch(): number
  save(next_batch: number, watermark: number): { entries: SavedEntry[]; quiet: SavedQuiet }
}

type Row = {
  detector: RuntimeDetector
  rule: RuleRun
  lifeline: Lifeline
  threshold: Threshold
  levels: number
  sign: 1 | -1
  limits: Float64Array
  waveform: boolean
  /** First slot and first run of the rule. */
  slot: number
  run: number
  /** Places of the rule's points in the city, one a slot. */
  places: Int32Array
}

/** `points` is looked through once and not kept; `viewOf` gives point i of it later. */
export function createLimits(
  rules: readonly LimitRule[],
  points: readonly PointView[],
  viewOf: (i: number) => PointView,
  saved: Saved | undefined,
  shard: Shard,
  isWaveform: (lifeline: string, indicator: string) => boolean,
  now: () => number,
): Limits {
  const table = tableOf(rules, points, shard, isWaveform)
  const slots = table.reduce((sum, t) => sum + t.places.length, 0)
  const runs = table.reduce((sum, t) => sum + t.places.length * t.levels, 0)
  const { view, id_of, rule_of, interval } = slotsOf(table, points, slots)

  const level = new Int8Array(slots).fill(-1)
  const since = new Float64Array(slots)
  const back = new Uint8Array(slots)
  const last = new Float64Array(slots).fill(Number.NaN)
  const rhythm = new Float64Array(slots)
  const consumed = new Float64Array(slots).fill(Number.NaN)
  const run_since = new Float64Array(runs).fill(Number.NaN)
  const run_readings = new Int32Array(runs)
  const run_held = new Float64Array(runs)
  const pending = createPending(slots)
  const is_fresh = new Uint8Array(slots)
  let fresh: number[] = []
  /** Slots whose earliest reading lies ahead of the clock, by the second it lies in. */
  const held = new Map<number, number[]>()
  const held_in = new Float64Array(slots).fill(Number.NaN)
  let held_first = Number.POSITIVE_INFINITY

  // Slots of a point: a list for each id, end to end.
  const id_max = id_of.reduce((most, id) => Math.max(most, id), 0)
  const begin = new Int32Array(id_max + 2)
  for (let slot = 0; slot < slots; slot++) begin[id_of[slot]! + 1]!++
  for (let id = 1; id < begin.length; id++) begin[id]! += begin[id - 1]!
  const slots_of = new Int32Array(slots)
  const filled = begin.slice()
  for (let slot = 0; slot < slots; slot++) slots_of[filled[id_of[slot]!]!++] = slot
  const runOf = (slot: number) => {
    const t = table[rule_of[slot]!]!
    return t.run + (slot - t.slot) * t.levels
  }
  const slotOf = (rule: number, id: number): number => {
    if (!(id >= 0 && id <= id_max)) return -1
    for (let k = begin[id]!; k < begin[id + 1]!; k++) if (rule_of[slots_of[k]!] === rule) return slots_of[k]!
    return -1
  }
  if (saved) load(saved)

  function load(from: Saved) {
    const known = (name: string, version: number) =>
      table.findIndex((t) => t.detector.rule === name && t.detector.version === version)
    for (const q of from.quiet ?? []) {
      const rule_at = q.rules.map((r) => known(r.rule, r.version))
      let id = 0
      for (let i = 0; i < q.point.length; i++) {
        id += q.point[i]!
        const rule = rule_at[q.rule[i]!]!
        const slot = rule < 0 ? -1 : slotOf(rule, id)
        if (slot < 0) continue
        consumed[slot] = q.base - q.consumed_back[i]! * q.slice_ms
        last[slot] = consumed[slot]! - q.last_back[i]!
      }
    }
    for (const e of from.entries) {
      const rule = known(e.rule, e.version)
      const slot = rule < 0 ? -1 : slotOf(rule, Number(e.subject.slice("point:".length)))
      if (slot < 0) continue
      const state = e.state as LimitState
      consumed[slot] = e.consumed_to ?? Number.NaN
      level[slot] = state.level
      since[slot] = state.since
      back[slot] = state.back
      last[slot] = state.last_time ?? Number.NaN
      rhythm[slot] = state.rhythm_ms
      state.runs.forEach((run, i) => {
        const at = runOf(slot) + i
        run_since[at] = run?.since ?? Number.NaN
        run_readings[at] = run?.readings ?? 0
        run_held[at] = run?.held_ms ?? 0
      })
    }
  }

  let say_now: (finding: Finding, arrived: number) => void = () => {}
  let slot_now = 0
  /** One reading in order of time; the same steps as `enter` of thresholds.ts. */
  function step(time: number, value: number, flags: number, arrived: number) {
    const slot = slot_now
    consumed[slot] = Math.floor(time / slice_ms) * slice_ms + slice_ms
    if (!Number.isFinite(value) || (flags & unusable) !== 0) return
    const t = table[rule_of[slot]!]!
    const before = last[slot]!
    const passed = Number.isNaN(before) ? 0 : time - before
    const gap = passed > gap_intervals * Math.max(interval[slot]!, rhythm[slot]!)
    if (passed > 0) rhythm[slot] = passed
    last[slot] = time
    const run = runOf(slot)
    let reached = -1
    for (let i = 0; i < t.levels; i++) {
      const at = run + i
      if (t.sign * (value - t.limits[i]!) <= 0) run_since[at] = Number.NaN
      else if (Number.isNaN(run_since[at])) {
        run_since[at] = time
        run_readings[at] = 1
        run_held[at] = 0
      } else {
        run_readings[at]!++
        if (!gap) run_held[at]! += passed
        if (run_readings[at]! >= readings_min && run_held[at]! >= t.threshold.hold_ms) reached = i
      }
    }
    const standing = level[slot]!
    if (reached > standing) {
      if (standing < 0) since[slot] = run_since[run + reached]!
      level[slot] = reached
      back[slot] = 0
      told(slot, standing < 0 ? "raise" : "update", reached, time, value, arrived)
    } else if (standing >= 0) {
      const over = t.sign * (t.limits[0]! - value) >= t.threshold.deadband ? back[slot]! + 1 : 0
      back[slot] = over < readings_min ? over : 0
      if (over < readings_min) return
      level[slot] = -1
      told(slot, "clear", standing, time, value, arrived)
    }
  }

  function told(slot: number, phase: Finding["phase"], at: number, time: number, value: number, arrived: number) {
    const { lifeline, threshold } = table[rule_of[slot]!]!
    const point = viewOf(view[slot]!)
    say_now(limitFinding(lifeline, threshold, point, since[slot]!, phase, at, time, value), arrived)
  }

  function hold(slot: number) {
    const first = pending.first(slot)
    if (first === Number.POSITIVE_INFINITY) return
    const bucket = Math.floor(first / held_bucket_ms)
    if (held_in[slot] === bucket) return
    held_in[slot] = bucket
    const list = held.get(bucket)
    if (list) list.push(slot)
    else held.set(bucket, [slot])
    if (bucket < held_first) held_first = bucket
  }

  /** Slots that may have something due, in their order. */
  function work(due: number): Int32Array {
    const bucket = Math.floor(due / held_bucket_ms)
    const list = fresh
    fresh = []
    if (bucket >= held_first) {
      held_first = Number.POSITIVE_INFINITY
      for (const [b, slots_held] of held) {
        if (b > bucket) {
          if (b < held_first) held_first = b
          continue
        }
        held.delete(b)
        for (const slot of slots_held) {
          if (held_in[slot] === b) held_in[slot] = Number.NaN
          if (is_fresh[slot] === 0) {
            is_fresh[slot] = 1
            list.push(slot)
          }
        }
      }
    }
    return Int32Array.from(list).sort()
  }

  return {
    slots,
    watches: (point) => point >= 0 && point <= id_max && begin[point] !== begin[point + 1],
    put(point, time, value, quality, arrived, batch, replayed, side) {
      if (!(point >= 0 && point <= id_max)) return
      for (let k = begin[point]!; k < begin[point + 1]!; k++) {
        const slot = slots_of[k]!
        const { rule, sign } = table[rule_of[slot]!]!
        if (rule.off || sign === -side) continue
        if (time < consumed[slot]!) {
          if (!replayed) rule.late++
          continue
        }
        pending.put(slot, time, value, quality, arrived, batch)
        if (is_fresh[slot] === 1) continue
        is_fresh[slot] = 1
        fresh.push(slot)
      }
    },
    advance(watermark, say) {
      if (fresh.length === 0 && held_first === Number.POSITIVE_INFINITY) return
      const due = Math.floor(watermark / slice_ms) * slice_ms
      say_now = say
      const slots_due = work(due)
      let started = now()
      for (let i = 0; i < slots_due.length; i++) {
        const slot = slots_due[i]!
        const { rule } = table[rule_of[slot]!]!
        is_fresh[slot] = 0
        slot_now = slot
        const size = pending.size()
        pending.take(slot, due, step)
        rule.steps += size - pending.size()
        hold(slot)
        const next = i + 1 < slots_due.length ? rule_of[slots_due[i + 1]!] : -1
        if (next === rule_of[slot]) continue
        const ended = now()
        rule.ms += ended - started
        started = ended
      }
    },
    oldestBatch: pending.oldestBatch,
    save(next_batch, watermark) {
      const entries: SavedEntry[] = []
      const base = Math.floor(watermark / slice_ms) * slice_ms
      const rows = new Int32Array(slots)
      let n = 0
      for (let slot = 0; slot < slots; slot++) {
        if (Number.isNaN(consumed[slot])) continue
        const run = runOf(slot)
        const { levels, detector } = table[rule_of[slot]!]!
        let quiet = level[slot]! < 0 && Number.isFinite(base)
        for (let i = 0; i < levels && quiet; i++) quiet = Number.isNaN(run_since[run + i])
        if (quiet) rows[n++] = slot
        else
          entries.push({
            rule: detector.rule,
            version: detector.version,
            subject: `point:${id_of[slot]}`,
            state: stateOf(slot, run, levels),
            consumed_to: consumed[slot]!,
            empty_slices: 0,
            replay_from: next_batch,
          })
      }
      const quiet: SavedQuiet = {
        rules: table.map(({ detector }) => ({ rule: detector.rule, version: detector.version })),
        rule: new Uint16Array(n),
        point: new Int32Array(n),
        base,
        slice_ms,
        consumed_back: new Int32Array(n),
        last_back: new Float64Array(n),
      }
      let before = 0
      for (let i = 0; i < n; i++) {
        const slot = rows[i]!
        const id = id_of[slot]!
        quiet.rule[i] = rule_of[slot]!
        quiet.point[i] = id - before
        before = id
        // What fell silent more than 248 days ago may as well have done so then.
        const steps = Math.min(offset_steps_max, Math.round((base - consumed[slot]!) / slice_ms))
        quiet.consumed_back[i] = steps
        quiet.last_back[i] = base - steps * slice_ms - last[slot]!
      }
      return { entries, quiet }
    },
  }

  function stateOf(slot: number, run: number, levels: number): LimitState {
    const some = (at: number) => !Number.isNaN(run_since[at])
    return {
      level: level[slot]!,
      since: since[slot]!,
      runs: Array.from({ length: levels }, (_, i) =>
        some(run + i)
          ? { since: run_since[run + i]!, readings: run_readings[run + i]!, held_ms: run_held[run + i]! }
          : null,
      ),
      back: back[slot]!,
      last_time: Number.isNaN(last[slot]) ? null : last[slot]!,
      rhythm_ms: rhythm[slot]!,
    }
  }
}

function tableOf(
  rules: readonly LimitRule[],
  points: readonly PointView[],
  shard: Shard,
  isWaveform: (lifeline: string, indicator: string) => boolean,
): Row[] {
  const of_indicator = new Map<string, number[]>()
  points.forEach((p, i) => {
    if (!ownsPoint(shard, p.id)) return
    const key = `${p.lifeline}|${p.indicator}`
    const known = of_indicator.get(key)
    if (known) known.push(i)
    else of_indicator.set(key, [i])
  })
  let slot = 0
  let run = 0
  return rules.map(({ detector, rule }) => {
    const { lifeline, threshold } = detector.limit!
    const places = Int32Array.from(of_indicator.get(`${lifeline.id}|${threshold.indicator}`) ?? [])
    const levels = threshold.levels.length
    const row: Row = {
      detector,
      rule,
      lifeline,
      threshold,
      levels,
      sign: threshold.direction === "above" ? 1 : -1,
      limits: Float64Array.from(threshold.levels, (l) => l.limit),
      waveform: isWaveform(lifeline.id, threshold.indicator),
      slot,
      run,
      places,
    }
    rule.subjects = places.length
    slot += places.length
    run += places.length * levels
    return row
  })
}

function slotsOf(table: readonly Row[], points: readonly PointView[], slots: number) {
  const view = new Int32Array(slots)
  const id_of = new Int32Array(slots)
  const rule_of = new Uint16Array(slots)
  const interval = new Float64Array(slots)
  table.forEach((t, r) => {
    view.set(t.places, t.slot)
    rule_of.fill(r, t.slot, t.slot + t.places.length)
    t.places.forEach((i, k) => {
      const { id, interval_ms } = points[i]!
      id_of[t.slot + k] = id
      interval[t.slot + k] = t.waveform ? Math.max(interval_ms, envelope_interval_ms) : interval_ms
    })
  })
  return { view, id_of, rule_of, interval }
}
