/**
 * Runs detectors over committed batches in event time. Pure: no clock, no storage; the same readings, blocks and ticks in
 * the same order give the same findings, however they were cut into batches and wherever the process was stopped.
 */
import type { CityView, Detector, Lifeline, PointView, Threshold } from "../../lifelines/contract.ts"
import { assert, type BlockBatch, type Finding, type ReadingBatch, type Tick } from "../../model/index.ts"
import { put } from "./buffer.ts"
import { only_shard, ownsSubject, type Shard } from "./deal.ts"
import { consumedTo, dueOf, type Entry, entryOf, savedEntry, stepDue } from "./entries.ts"
import { createLimits, extreme, type LimitRule } from "./limits.ts"
import { createReader, envelope, fits } from "./samples.ts"
import type { Saved, SavedEntry } from "./saved.ts"
import { createWaves, type Derives, type Waves } from "./waves.ts"

export { replayFrom, type Saved, type SavedEntry } from "./saved.ts"

/**
 * A detector that concludes nothing from silence may skip slices without readings; findings must not depend on it. One
 * made of a limit is run in columns (limits.ts).
 */
export type RuntimeDetector = Detector<never> & {
  empty_slices?: "skip"
  limit?: { lifeline: Lifeline; threshold: Threshold }
}

const troubles_max = 200
const slow_strikes_max = 3

export type Trouble = { rule: string; subject: string; kind: "threw" | "slow"; message: string; switched_off: boolean }

export type RuleRun = {
  rule: string
  subjects: number
  off: boolean
  ms: number
  steps: number
  strikes: number
  late: number
}

export type RuntimeOptions = {
  /** Milliseconds of any steady clock, to measure detectors; without it none is called slow. */
  now?: () => number
  /** A detector whose step takes longer than this on average in three runs is switched off. */
  step_ms_max?: number
  /** Which part of the subjects this runtime looks after; all when not given. */
  shard?: Shard
  /** What waveform indicators derive; none when not given. */
  waveforms?: Derives
  /** Point i of the city, where the city's own list shall not be kept. */
  view?: (i: number) => PointView
  /** False runs limits as any other detector, to compare. */
  columns?: boolean
}

export type RuleStats = { rule: string; subjects: number; ms: number; steps: number; late: number }
export type RuntimeStats = {
  readings: number
  blocks: number
  /** Readings that came behind what their subject had consumed already. */
  late: number
  steps: number
  entries: number
  rules: RuleStats[]
  waves: ReturnType<Waves["stats"]> & { ms: number }
}

export type Runtime = {
  /**
   * Takes batch number `batch`; ticks act at their place among the readings, blocks stand before the first reading.
   * Returns findings in order of conclusion.
   */
  push(readings: ReadingBatch, ticks: readonly Tick[], batch: number, blocks?: BlockBatch): Finding[]
  /** When the readings arrived that concluded the findings of the last push; NaN where it was a slice of several. */
  arrivals(): readonly number[]
  /** Readings made of waveforms since the last call, or null. */
  derived(): ReadingBatch | null
  /** What createRuntime takes as `saved`; feed batches from `replayFrom(saved)` on. Make bytes of it before the next push. */
  snapshot(): Saved
  troubles(): readonly Trouble[]
  stats(): RuntimeStats
}

export function createRuntime(
  detectors: readonly RuntimeDetector[],
  city: CityView,
  saved?: Saved,
  options: RuntimeOptions = {},
): Runtime {
  const { now = () => 0, step_ms_max = 1000, shard = only_shard, waveforms = new Map(), columns = true } = options
  const troubles: Trouble[] = []
  const rules: RuleRun[] = []
  const trouble = (rule: RuleRun, subject: string, kind: Trouble["kind"], message: string, off: boolean): void => {
    rule.off ||= off
    if (troubles.length < troubles_max) troubles.push({ rule: rule.rule, subject, kind, message, switched_off: off })
  }
  const view = options.view ?? viewsOf(city)
  const pointOf = byId(
    Int32Array.from(city.points, (p) => p.id),
    view,
  )
  const entries: Entry[] = []
  const limit_rules: LimitRule[] = []
  const seen = new Set<string>()
  for (const detector of detectors) {
    assert(!seen.has(detector.rule), `two detectors have the rule "${detector.rule}"; give each its own`)
    seen.add(detector.rule)
    const rule: RuleRun = { rule: detector.rule, subjects: 0, off: false, ms: 0, steps: 0, strikes: 0, late: 0 }
    rules.push(rule)
    if (columns && detector.limit) {
      limit_rules.push({ detector, rule })
      continue
    }
    try {
      const old = savedOfRule(detector, saved)
      for (const subject of detector.subjects(city)) {
        if (!ownsSubject(shard, detector.rule, subject.key)) continue
        entries.push(entryOf(detector, subject, rule, pointOf, old.get(subject.key)))
        rule.subjects++
      }
    } catch (error) {
      trouble(rule, "", "threw", sentence(error), true)
    }
  }
  const isWaveform = (lifeline: string, indicator: string) => waveforms.has(`${lifeline}|${indicator}`)
  const limits = createLimits(limit_rules, city.points, view, saved, shard, isWaveform, now)
  const waves = createWaves(waveforms, city, saved, shard)
  const reader = createReader()
  /** By point id: the entries that want its readings, and where they keep them. */
  const wanted = new Map<number, { entry: Entry; at: number }[]>()
  for (const entry of entries)
    entry.points.forEach((point, at) => {
      const takers = wanted.get(point)
      if (takers) takers.push({ entry, at })
      else wanted.set(point, [{ entry, at }])
    })

  let watermark = saved?.watermark ?? Number.NEGATIVE_INFINITY
  /** The least watermark at which an entry has something to do. */
  let next_due = entries.reduce((least, e) => Math.min(least, e.due), Number.POSITIVE_INFINITY)
  let last_batch = saved?.batch ?? 0
  const counts = { readings: 0, blocks: 0, waves_ms: 0 }
  let findings: Finding[] = []
  let arrivals: number[] = []
  const say = (finding: Finding, arrived: number) => {
    findings.push(finding)
    arrivals.push(arrived)
  }

  function advance(): void {
    if (watermark >= next_due) {
      next_due = Number.POSITIVE_INFINITY
      for (const entry of entries) {
        if (entry.rule.off) continue
        if (watermark >= entry.due) runEntry(entry)
        if (entry.due < next_due) next_due = entry.due
      }
    }
    limits.advance(watermark, say)
    waves.advance(watermark)
  }

  function runEntry(entry: Entry): void {
    const started = now()
    const steps = entry.rule.steps
    try {
      stepDue(entry, watermark, (finding) => say(finding, Number.NaN))
    } catch (error) {
      trouble(entry.rule, entry.subject.key, "threw", sentence(error), true)
    }
    const ms = now() - started
    entry.rule.ms += ms
    const done = entry.rule.steps - steps
    if (done === 0 || ms <= step_ms_max * done) return
    const off = ++entry.rule.strikes >= slow_strikes_max
    trouble(entry.rule, entry.subject.key, "slow", `${Math.round(ms / done)} ms a step, limit ${step_ms_max} ms`, off)
  }

  function toEntries(point: number, time: number, value: number, quality: number, batch: number, replayed: boolean) {
    const takers = wanted.get(point)
    if (takers === undefined) return
    for (const { entry, at } of takers) {
      if (entry.rule.off) continue
      if (time < consumedTo(entry, watermark)) {
        if (!replayed) entry.rule.late++
        continue
      }
      put(entry.buffers[at]!, time, value, quality, batch)
      entry.due = Math.min(entry.due, dueOf(entry, time))
      if (entry.due < next_due) next_due = entry.due
    }
  }

  function takeBlock(b: BlockBatch, i: number, batch: number, replayed: boolean): void {
    const point = b.point[i]!
    const limited = limits.watches(point)
    const channel = waves.watches(point)
    const others = wanted.has(point)
    if ((!limited && !channel && !others) || !fits(b, i)) return
    const samples = reader.read(b, i)
    const [start, rate, flags, arrived] = [b.start[i]!, b.rate_hz[i]!, b.quality[i]!, b.arrived[i]!]
    const timeOf = (k: number) => start + (k * 1000) / rate
    if (limited || others)
      envelope(samples, rate, (low, low_at, high, high_at) => {
        if (limited) {
          limits.put(point, timeOf(low_at), low, flags, arrived, batch, replayed, extreme.lowest)
          limits.put(point, timeOf(high_at), high, flags, arrived, batch, replayed, extreme.highest)
        }
        if (!others) return
        const rising = low_at <= high_at
        toEntries(point, timeOf(rising ? low_at : high_at), rising ? low : high, flags, batch, replayed)
        if (low_at !== high_at)
          toEntries(point, timeOf(rising ? high_at : low_at), rising ? high : low, flags, batch, replayed)
      })
    if (channel && samples.finite)
      waves.take(point, start, rate, samples.values, samples.n, flags, arrived, batch, replayed)
  }

  return {
    push(readings, ticks, batch, blocks) {
      assert(readings.n <= readings.point.length, "a batch claims more readings than its columns hold")
      findings = []
      arrivals = []
      const replayed = saved !== undefined && batch <= saved.batch
      if (blocks !== undefined && blocks.n > 0) {
        const started = now()
        for (let i = 0; i < blocks.n; i++) takeBlock(blocks, i, batch, replayed)
        reader.rest()
        counts.blocks += blocks.n
        counts.waves_ms += now() - started
      }
      const { point, time, value, quality, arrived } = readings
      let row = 0
      const pour = (to: number): void => {
        for (; row < to; row++) {
          const id = point[row]!
          limits.put(id, time[row]!, value[row]!, quality[row]!, arrived[row]!, batch, replayed, extreme.both)
          if (wanted.size > 0) toEntries(id, time[row]!, value[row]!, quality[row]!, batch, replayed)
        }
      }
      for (const tick of ticks) {
        pour(Math.min(tick.at, readings.n))
        if (tick.time <= watermark) continue
        watermark = tick.time
        advance()
      }
      pour(readings.n)
      counts.readings += readings.n
      last_batch = Math.max(last_batch, batch)
      return findings
    },
    arrivals: () => arrivals,
    derived: waves.derived,
    snapshot() {
      const next_batch = last_batch + 1
      const of_limits = limits.save(next_batch, watermark)
      return {
        batch: last_batch,
        watermark: Number.isFinite(watermark) ? watermark : null,
        entries: [...entries.flatMap((e) => savedEntry(e, next_batch, watermark)), ...of_limits.entries],
        quiet: [of_limits.quiet],
        waves: [waves.save()],
        replay_from: Math.min(next_batch, limits.oldestBatch(), waves.oldestBatch()),
        shards: shard.count,
      }
    },
    troubles: () => troubles,
    stats: () => ({
      readings: counts.readings,
      blocks: counts.blocks,
      late: rules.reduce((sum, r) => sum + r.late, 0),
      steps: rules.reduce((sum, r) => sum + r.steps, 0),
      entries: entries.length + limits.slots,
      rules: rules.map(({ rule, subjects, ms, steps, late }) => ({ rule, subjects, ms, steps, late })),
      waves: { ...waves.stats(), ms: counts.waves_ms },
    }),
  }
}

const viewsOf =
  ({ points }: CityView) =>
  (i: number): PointView =>
    points[i]!

/** Points by id; the table is made at the first look. Made apart from the runtime, so that it keeps no list of points. */
function byId(ids: Int32Array, view: (i: number) => PointView): (id: number) => PointView | undefined {
  let at: Map<number, number> | null = null
  return (id) => {
    at ??= new Map(Array.from(ids, (own, i) => [own, i]))
    const i = at.get(id)
    return i === undefined ? undefined : view(i)
  }
}

function savedOfRule(detector: RuntimeDetector, saved: Saved | undefined): Map<string, SavedEntry> {
  const own = saved?.entries.filter((e) => e.rule === detector.rule && e.version === detector.version) ?? []
  return new Map(own.map((e) => [e.subject, e]))
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error))
