/** Makes a detector of every limit that a lifeline declares. */
import type { Detector, Lifeline, PointView, Subject, Threshold } from "../../lifelines/contract.ts"
import { type Finding, quality } from "../../model/index.ts"
import type { RuntimeDetector } from "./runtime.ts"

/** Readings with one of these flags neither raise nor clear. */
export const unusable = quality.device | quality.range | quality.maintenance
/** A silence longer than this many usual intervals is a gap: the hold timer stands still over it. */
export const gap_intervals = 3
export const readings_min = 2
/** A reading is handed over once the city clock is this far past it: short, so that the tick of its own commit does. */
export const slice_ms = 10

export type LimitRun = { since: number; readings: number; held_ms: number }
export type LimitState = {
  /** Index of the level the alarm stands at; -1 when none. */
  level: number
  since: number
  runs: (LimitRun | null)[]
  back: number
  last_time: number | null
  rhythm_ms: number
}

/** The rule that a threshold makes. */
export const thresholdRule = (lifeline: Pick<Lifeline, "id">, threshold: Pick<Threshold, "id">): string =>
  `${lifeline.id}.${threshold.id}`

/** One detector for each threshold of `lifeline`; its rule is "<lifeline>.<threshold id>", its subjects are points. */
export const thresholdDetectors = (lifeline: Lifeline): RuntimeDetector[] =>
  lifeline.thresholds.map((threshold) => thresholdDetector(lifeline, threshold))

/**
 * The value must stay past a level's limit for hold_ms of event time over at least two usable readings; a silence adds
 * nothing. A worse level is an update; two readings beyond the lightest limit by the deadband clear. Unusable readings
 * (no number, device's own error, out of range, maintenance) neither raise nor clear.
 */
export function thresholdDetector(lifeline: Lifeline, threshold: Threshold): RuntimeDetector {
  const rule = thresholdRule(lifeline, threshold)
  const sign = threshold.direction === "above" ? 1 : -1
  const detector: Detector<LimitState> & Pick<RuntimeDetector, "empty_slices" | "limit"> = {
    rule,
    version: threshold.version,
    name: threshold.title,
    slice_ms,
    lateness_ms: 0,
    empty_slices: "skip",
    limit: { lifeline, threshold },
    subjects: (city) =>
      city.points.filter((p) => p.lifeline === lifeline.id && p.indicator === threshold.indicator).map(subjectOf),
    start: () => ({
      level: -1,
      since: 0,
      runs: threshold.levels.map(() => null),
      back: 0,
      last_time: null,
      rhythm_ms: 0,
    }),
    step(state, slice, context) {
      const findings: Finding[] = []
      const id = context.subject.points[0]!
      const column = slice.points.get(id)
      if (!column) return { state, findings }
      const point = context.point(id)
      for (let i = 0; i < column.time.length; i++) {
        const value = column.value[i]!
        if (!Number.isFinite(value) || (column.quality[i]! & unusable) !== 0) continue
        const time = column.time[i]!
        const phase = enter(state, threshold, sign, time, value, point.interval_ms)
        if (!phase) continue
        const standing = phase === "clear" ? Math.max(0, state.level) : state.level
        findings.push(limitFinding(lifeline, threshold, point, state.since, phase, standing, time, value))
        if (phase === "clear") state.level = -1
      }
      return { state, findings }
    },
  }
  return detector as unknown as RuntimeDetector
}

function enter(
  state: LimitState,
  threshold: Threshold,
  sign: 1 | -1,
  time: number,
  value: number,
  interval_ms: number,
): Finding["phase"] | null {
  const passed = state.last_time === null ? 0 : time - state.last_time
  const gap = passed > gap_intervals * Math.max(interval_ms, state.rhythm_ms)
  if (passed > 0) state.rhythm_ms = passed
  state.last_time = time
  let reached = -1
  threshold.levels.forEach(({ limit }, i) => {
    if (sign * (value - limit) <= 0) {
      state.runs[i] = null
      return
    }
    const run = state.runs[i]
    if (!run) state.runs[i] = { since: time, readings: 1, held_ms: 0 }
    else {
      run.readings++
      if (!gap) run.held_ms += passed
      if (run.readings >= readings_min && run.held_ms >= threshold.hold_ms) reached = i
    }
  })
  if (reached > state.level) {
    const phase = state.level < 0 ? "raise" : "update"
    if (phase === "raise") state.since = state.runs[reached]!.since
    state.level = reached
    state.back = 0
    return phase
  }
  if (state.level < 0) return null
  const lightest = threshold.levels[0]!.limit
  state.back = sign * (lightest - value) >= threshold.deadband ? state.back + 1 : 0
  if (state.back < readings_min) return null
  state.back = 0
  return "clear"
}

/** What is said of a point that passed a limit, or came back; `level` is the index of the limit it stands at. */
export function limitFinding(
  lifeline: Lifeline,
  threshold: Threshold,
  point: PointView,
  since: number,
  phase: Finding["phase"],
  level: number,
  time: number,
  value: number,
): Finding {
  const rule = thresholdRule(lifeline, threshold)
  const subject = subjectOf(point)
  const { severity, limit } = threshold.levels[level]!
  const hold_min = Math.round(threshold.hold_ms / 6000) / 10
  const word = threshold.direction === "above" ? { zh: "高于", en: "above" } : { zh: "低于", en: "below" }
  return {
    rule,
    rule_version: threshold.version,
    lifeline: lifeline.id,
    subject: subject.key,
    cause: "",
    phase,
    severity,
    time,
    since,
    title: threshold.title,
    value: { amount: value, unit: point.unit },
    place: subject.place,
    because: {
      rule,
      rule_version: threshold.version,
      inputs: { value, unit: point.unit, limit, hold_minutes: hold_min, deadband: threshold.deadband },
      readings: [{ point: point.id, from: since - 3_600_000, to: time }],
      reasons: [
        phase === "clear"
          ? {
              sign: "-",
              words: {
                zh: `连续 ${readings_min} 次读数回到限值 ${threshold.levels[0]!.limit} ${point.unit} 以内并越过回差 ${threshold.deadband}`,
                en: `${readings_min} readings in a row are back within ${threshold.levels[0]!.limit} ${point.unit} by the deadband ${threshold.deadband}`,
              },
            }
          : {
              sign: "+",
              words: {
                zh: `读数${word.zh} ${limit} ${point.unit}，持续不少于 ${hold_min} 分钟`,
                en: `Readings ${word.en} ${limit} ${point.unit} for at least ${hold_min} minutes`,
              },
            },
        { sign: "?", words: threshold.source },
      ],
      limits: threshold.levels.map((l) => ({ value: l.limit, severity: l.severity, words: threshold.title })),
    },
  }
}

/** A limit looks at one point at a time. */
export const subjectOf = (p: PointView): Subject => ({
  key: `point:${p.id}`,
  points: [p.id],
  place: placeOf(p),
  facts: null,
})

const placeOf = (p: PointView): Subject["place"] => ({
  ...(p.asset_code === null ? {} : { asset_code: p.asset_code }),
  ...(p.area_code === null ? {} : { area_code: p.area_code }),
  ...(p.lon_lat === null ? {} : { lon_lat: p.lon_lat }),
  name: { zh: p.name, en: p.name },
})
