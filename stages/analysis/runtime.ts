/**
 * Runs detectors over committed batches in event time. Pure: no clock, no storage; the same readings and ticks in the
 * same order give the same findings, however they were cut into batches and wherever the process was stopped.
 */
import type { CityView, Detector, DetectorContext, PointView, Slice, Subject } from "../../lifelines/contract.ts"
import type { Finding, ReadingBatch, Tick } from "../../model/index.ts"
import { assert } from "../../model/index.ts"
import { type Buffer, firstTime, newBuffer, oldestBatch, put, take } from "./buffer.ts"

/** A detector that concludes nothing from silence may skip slices without readings; findings must not depend on it. */
export type RuntimeDetector = Detector<never> & { empty_slices?: "skip" }

/** Empty slices in a row that are still handed to a detector; after them it sleeps until a reading comes. */
export const empty_slices_max = 10_000
const troubles_max = 200
const slow_strikes_max = 3

export type Trouble = { rule: string; subject: string; kind: "threw" | "slow"; message: string; switched_off: boolean }

export type SavedEntry = {
  rule: string
  version: number
  subject: string
  state: unknown
  /** End of the last slice handed over, null before the first. */
  consumed_to: number | null
  empty_slices: number
  /** First batch that must be fed again to this entry. */
  replay_from: number
}
export type Saved = { batch: number; watermark: number | null; entries: SavedEntry[] }

export type RuntimeOptions = {
  /** Milliseconds of any steady clock, to measure detectors; without it none is called slow. */
  now?: () => number
  /** A detector whose step takes longer than this on average in three runs is switched off. */
  step_ms_max?: number
}

export type Runtime = {
  /** Takes batch number `batch`; ticks act at their place among the readings. Returns findings in order of conclusion. */
  push(readings: ReadingBatch, ticks: readonly Tick[], batch: number): Finding[]
  /** Plain data that createRuntime takes as `saved`; feed batches from `replayFrom(saved)` on. */
  snapshot(): Saved
  troubles(): readonly Trouble[]
  stats(): {
    readings: number
    late: number
    steps: number
    entries: number
    rules: { rule: string; ms: number; steps: number }[]
  }
}

type Entry = {
  detector: RuntimeDetector
  subject: Subject
  context: DetectorContext
  state: unknown
  points: number[]
  buffers: Buffer[]
  consumed_to: number | null
  empty_slices: number
  rule: RuleRun
}
type RuleRun = { rule: string; off: boolean; ms: number; steps: number; strikes: number }

/** The batch from which a runtime made from `saved` must be fed. */
export const replayFrom = (saved: Saved): number =>
  saved.entries.reduce((least, e) => Math.min(least, e.replay_from), saved.batch + 1)

export function createRuntime(
  detectors: readonly RuntimeDetector[],
  city: CityView,
  saved?: Saved,
  options: RuntimeOptions = {},
): Runtime {
  const { now = () => 0, step_ms_max = 1000 } = options
  const points = new Map(city.points.map((p) => [p.id, p]))
  const troubles: Trouble[] = []
  const rules: RuleRun[] = []
  const trouble = (rule: RuleRun, subject: string, kind: Trouble["kind"], message: string, off: boolean): void => {
    rule.off ||= off
    if (troubles.length < troubles_max) troubles.push({ rule: rule.rule, subject, kind, message, switched_off: off })
  }
  const entries = detectors.flatMap((detector) => {
    assert(
      !rules.some((r) => r.rule === detector.rule),
      `two detectors have the rule "${detector.rule}"; give each its own`,
    )
    const rule: RuleRun = { rule: detector.rule, off: false, ms: 0, steps: 0, strikes: 0 }
    rules.push(rule)
    try {
      return detector.subjects(city).map((subject) => entryOf(detector, subject, rule, points, saved))
    } catch (error) {
      trouble(rule, "", "threw", sentence(error), true)
      return []
    }
  })
  /** By point id: the buffers that want its readings. */
  const wanted: { entry: Entry; buffer: Buffer }[][] = []
  for (const entry of entries)
    entry.points.forEach((point, i) => {
      wanted[point] ??= []
      wanted[point].push({ entry, buffer: entry.buffers[i]! })
    })

  let watermark = saved?.watermark ?? Number.NEGATIVE_INFINITY
  let last_batch = saved?.batch ?? 0
  let readings_seen = 0
  let late = 0

  function advance(findings: Finding[]): void {
    for (const entry of entries) {
      if (entry.rule.off) continue
      const started = now()
      const steps = entry.rule.steps
      try {
        run(entry, watermark, findings)
      } catch (error) {
        trouble(entry.rule, entry.subject.key, "threw", sentence(error), true)
      }
      const ms = now() - started
      entry.rule.ms += ms
      const done = entry.rule.steps - steps
      if (done === 0 || ms <= step_ms_max * done) continue
      const off = ++entry.rule.strikes >= slow_strikes_max
      trouble(entry.rule, entry.subject.key, "slow", `${Math.round(ms / done)} ms a step, limit ${step_ms_max} ms`, off)
    }
  }

  return {
    push(readings, ticks, batch) {
      assert(readings.n <= readings.point.length, "a batch claims more readings than its columns hold")
      const findings: Finding[] = []
      const replayed = saved !== undefined && batch <= saved.batch
      let row = 0
      const pour = (to: number): void => {
        for (; row < to; row++) {
          const takers = wanted[readings.point[row]!]
          if (takers === undefined) continue
          const time = readings.time[row]!
          for (const { entry, buffer } of takers) {
            if (entry.rule.off) continue
            if (entry.consumed_to !== null && time < entry.consumed_to) {
              if (!replayed) late++
            } else put(buffer, time, readings.value[row]!, readings.quality[row]!, batch)
          }
        }
      }
      for (const tick of ticks) {
        pour(Math.min(tick.at, readings.n))
        if (tick.time <= watermark) continue
        watermark = tick.time
        advance(findings)
      }
      pour(readings.n)
      readings_seen += readings.n
      last_batch = Math.max(last_batch, batch)
      return findings
    },
    snapshot: () => ({
      batch: last_batch,
      watermark: Number.isFinite(watermark) ? watermark : null,
      entries: entries
        .filter((e) => !e.rule.off)
        .map((e) => ({
          rule: e.detector.rule,
          version: e.detector.version,
          subject: e.subject.key,
          state: structuredClone(e.state),
          consumed_to: e.consumed_to,
          empty_slices: e.empty_slices,
          replay_from: Math.min(last_batch + 1, ...e.buffers.map(oldestBatch)),
        })),
    }),
    troubles: () => troubles,
    stats: () => ({
      readings: readings_seen,
      late,
      steps: rules.reduce((sum, r) => sum + r.steps, 0),
      entries: entries.length,
      rules: rules.map(({ rule, ms, steps }) => ({ rule, ms, steps })),
    }),
  }
}

function entryOf(
  detector: RuntimeDetector,
  subject: Subject,
  rule: RuleRun,
  points: Map<number, PointView>,
  saved: Saved | undefined,
): Entry {
  assert(
    detector.slice_ms > 0 && detector.lateness_ms >= 0,
    `${detector.rule}: slice_ms must be > 0 and lateness_ms ≥ 0`,
  )
  const old = saved?.entries.find(
    (e) => e.rule === detector.rule && e.subject === subject.key && e.version === detector.version,
  )
  const unique = [...new Set(subject.points)]
  return {
    detector,
    subject,
    context: {
      subject,
      point(id) {
        const view = points.get(id)
        assert(view, `${detector.rule}: point ${id} is not in the city`)
        return view
      },
    },
    state: old ? structuredClone(old.state) : detector.start(subject),
    points: unique,
    buffers: unique.map(newBuffer),
    consumed_to: old?.consumed_to ?? null,
    empty_slices: old?.empty_slices ?? 0,
    rule,
  }
}

/** Hands every slice that is due at `watermark` to the entry's detector. */
function run(entry: Entry, watermark: number, findings: Finding[]): void {
  const { slice_ms, lateness_ms } = entry.detector
  const due = Math.floor((watermark - lateness_ms) / slice_ms) * slice_ms
  if (entry.consumed_to !== null && due <= entry.consumed_to) return
  while (!entry.rule.off) {
    const first = earliest(entry)
    const first_slice = Math.floor(first / slice_ms) * slice_ms
    if (entry.consumed_to === null) {
      if (first_slice >= due) return
      entry.consumed_to = first_slice
    }
    let from: number = entry.consumed_to
    if (from >= due) return
    const sleeps = entry.detector.empty_slices === "skip" || entry.empty_slices >= empty_slices_max
    if (sleeps && first_slice > from) {
      from = Math.min(first_slice, due)
      entry.consumed_to = from
      if (from >= due) return
    }
    const slice: Slice = { from, to: from + slice_ms, points: new Map() }
    if (first < slice.to)
      entry.buffers.forEach((buffer, i) => {
        const column = take(buffer, slice.to)
        if (column) slice.points.set(entry.points[i]!, column)
      })
    entry.empty_slices = slice.points.size === 0 ? entry.empty_slices + 1 : 0
    entry.consumed_to = slice.to
    entry.rule.steps++
    const result = entry.detector.step(entry.state as never, slice, entry.context)
    entry.state = result.state
    for (const finding of result.findings) findings.push(finding)
  }
}

function earliest(entry: Entry): number {
  let first = Number.POSITIVE_INFINITY
  for (const buffer of entry.buffers) {
    const time = firstTime(buffer)
    if (time < first) first = time
  }
  return first
}

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error))
