/**
 * Bursts within about a minute, where pressures are sampled every minute or faster: several sensors of one area fall at
 * once against their trend of the last ten minutes, and the area's inflow rises with them where it is metered as fast.
 */
import type { Finding, LonLat, Reason, Severity } from "../../../model/index.ts"
import type { CityView, Detector, Subject } from "../../contract.ts"
import {
  enterReading,
  mayStep,
  minute_ms,
  type SensorMemory,
  type Step,
  sensorStart,
  stepOf,
  usualAt,
  window_ms,
} from "./burst-sensor.ts"
import { usable } from "./readings.ts"

export const burst_rule = "water.burst"
const version = 1
const interval_ms_max = minute_ms
const sensors_min = 2
/** Steps of different sensors belong together within this time. */
const together_ms = 2 * minute_ms
/**
 * Water that bursts out must come in: without a rise of at least this share the cause lies elsewhere (a stopped pump, a
 * closed valve, a burst of the neighbouring area that pulls all pressures down).
 */
const inflow_rise_share = 0.03
/** Longest wait for inflow meters that are slower than the pressures. */
const inflow_wait_ms = minute_ms
const back_share = 0.35
const back_hold_ms = 2 * minute_ms

type Sensor = { point: number; name: string; lon_lat: LonLat | null }
type Facts = { pressures: Sensor[]; meters: { point: number; sign: 1 | -1 }[] }
type Fallen = { point: number; expected: number; fall: number; usual_then: number | null }
/** Net inflow when the alarm was raised: expected then, its change, and what is usual at that time of the day, m3/h. */
type Inflow = { expected: number; change: number; usual: number | null }
type State = {
  sensors: Record<string, SensorMemory>
  flows: Record<string, SensorMemory>
  /** Last step seen per sensor, not older than together_ms. */
  steps: Record<string, Step>
  alarm: {
    raised: number
    since: number
    severity: Severity
    fallen: Fallen[]
    back_since: number | null
    inflow: Inflow | null
  } | null
  /** Falls before this time are explained (the inflow did not rise). */
  quiet_until: number
}

export const burstDetector: Detector<State> & { empty_slices: "skip" } = {
  rule: burst_rule,
  version,
  name: { zh: "爆管（压力突降）", en: "Burst (sudden fall of pressure)" },
  slice_ms: 10_000,
  lateness_ms: 0,
  empty_slices: "skip",
  subjects,
  start: () => ({ sensors: {}, flows: {}, steps: {}, alarm: null, quiet_until: 0 }),
  step(state, slice, context) {
    const facts = context.subject.facts as Facts
    for (const { point } of facts.meters) {
      const column = slice.points.get(point)
      if (!column) continue
      state.flows[point] ??= sensorStart()
      for (let i = 0; i < column.time.length; i++)
        if (usable(column.value[i]!, column.quality[i]!))
          enterReading(state.flows[point], column.time[i]!, column.value[i]!, state.alarm === null)
    }
    let newest = 0
    for (const { point } of facts.pressures) {
      const column = slice.points.get(point)
      if (!column) continue
      state.sensors[point] ??= sensorStart()
      const memory = state.sensors[point]
      for (let i = 0; i < column.time.length; i++) {
        if (!usable(column.value[i]!, column.quality[i]!)) continue
        enterReading(memory, column.time[i]!, column.value[i]!, state.alarm === null)
        newest = Math.max(newest, column.time[i]!)
      }
      const step = mayStep(memory) ? stepOf(memory) : null
      if (step && Math.abs(step.change) >= step.limit)
        state.steps[point] = { ...step, began: state.steps[point]?.began ?? step.began }
    }
    if (newest === 0) return { state, findings: [] }
    for (const [point, step] of Object.entries(state.steps))
      if (newest - step.time > together_ms) delete state.steps[point]
    const finding = state.alarm
      ? judgeBack(state, facts, context.subject, newest)
      : judgeFall(state, facts, context.subject, newest)
    return { state, findings: finding ? [finding] : [] }
  },
}

function subjects(city: CityView): Subject[] {
  const points = new Map(city.points.map((p) => [p.id, p]))
  const fast = (id: number): boolean => (points.get(id)?.interval_ms ?? Number.POSITIVE_INFINITY) <= interval_ms_max
  return city.areas
    .filter((area) => area.lifeline === "water" && area.pressures.filter(fast).length >= sensors_min)
    .map((area) => {
      const facts: Facts = {
        pressures: area.pressures
          .filter(fast)
          .map((id) => ({ point: id, name: points.get(id)!.name, lon_lat: points.get(id)!.lon_lat })),
        meters: area.meters.filter((m) => fast(m.point)),
      }
      return {
        key: `area:${area.code}`,
        points: [...facts.pressures.map((p) => p.point), ...facts.meters.map((m) => m.point)],
        place: { area_code: area.code, name: { zh: area.name, en: area.code } },
        facts,
      }
    })
}

/** Change of the area's net inflow by its meters' trends, m3/h, with what it was expected to be; null where unknown. */
function inflowChange(state: State, facts: Facts): { change: number; expected: number; limit: number } | null {
  if (facts.meters.length === 0) return null
  let change = 0
  let expected = 0
  let limit = 0
  for (const { point, sign } of facts.meters) {
    const step = state.flows[point] ? stepOf(state.flows[point]) : null
    if (!step) return null
    change -= sign * step.change
    expected += sign * step.expected
    limit = Math.max(limit, step.limit)
  }
  return { change, expected, limit }
}

/** True when every meter has said two readings since the fall began, so that its own step would show. */
const inflowSettled = (state: State, facts: Facts, began: number): boolean =>
  facts.meters.every(({ point }) => (state.flows[point]?.time.at(-2) ?? Number.NEGATIVE_INFINITY) >= began)

/** Usual net inflow at this time of the day, m3/h; null where unknown. */
function usualInflow(state: State, facts: Facts, time: number): number | null {
  let sum = 0
  for (const { point, sign } of facts.meters) {
    const usual = state.flows[point] ? usualAt(state.flows[point], time) : null
    if (usual === null) return null
    sum += sign * usual
  }
  return sum
}

/** True while the water that the burst took still comes in; false where no meter can tell. */
function stillFlows(state: State, facts: Facts, inflow: Inflow | null, time: number): boolean {
  const usual = usualInflow(state, facts, time)
  if (!inflow || inflow.usual === null || usual === null) return false
  const now = facts.meters.reduce((sum, { point, sign }) => sum + sign * (state.flows[point]?.value.at(-1) ?? 0), 0)
  return now - (inflow.expected + usual - inflow.usual) > inflow.change / 2
}

function judgeFall(state: State, facts: Facts, subject: Subject, time: number): Finding | null {
  const fallen = facts.pressures
    .flatMap(({ point }) => {
      const step = state.steps[point]
      return step && step.change >= step.limit ? [{ point, step }] : []
    })
    .sort((a, b) => b.step.change - a.step.change)
  if (fallen.length < sensors_min || time < state.quiet_until) return null
  const began = Math.min(...fallen.map((f) => f.step.began))
  if (!inflowSettled(state, facts, began) && time - began < inflow_wait_ms) return null
  const inflow = inflowChange(state, facts)
  if (inflow && inflow.change < Math.max(inflow.limit, inflow_rise_share * Math.abs(inflow.expected))) {
    // Until the old level has left the trends these sensors would look fallen again.
    state.quiet_until = time + window_ms
    return null
  }
  const share = Math.max(...fallen.map((f) => f.step.change / Math.max(1, f.step.expected)))
  const excess = inflow ? inflow.change / Math.max(1, Math.abs(inflow.expected)) : 0
  // 20 and 30 % below the same hour are the usual steps of pressure alarms; a sudden fall is never the lightest level.
  const severity: Severity = share >= 0.3 || excess >= 0.5 ? 1 : share >= 0.2 || excess >= 0.2 ? 2 : 3
  state.alarm = {
    raised: time,
    since: began,
    severity,
    fallen: fallen.map(({ point, step }) => ({
      point,
      expected: step.expected,
      fall: step.change,
      usual_then: usualAt(state.sensors[point]!, time),
    })),
    back_since: null,
    inflow: inflow
      ? { expected: inflow.expected, change: inflow.change, usual: usualInflow(state, facts, time) }
      : null,
  }
  state.steps = {}
  return say(state, facts, subject, time, "raise", inflow)
}

/** Back where most fallen sensors are near what they would show by now, or have risen by as much as they fell. */
function judgeBack(state: State, facts: Facts, subject: Subject, time: number): Finding | null {
  const alarm = state.alarm!
  const near = alarm.fallen.filter(({ point, expected, fall, usual_then }) => {
    const memory = state.sensors[point]
    const now = memory?.value.at(-1)
    if (!memory || now === undefined) return false
    const usual_now = usualAt(memory, time)
    const drift = usual_then !== null && usual_now !== null ? usual_now - usual_then : 0
    if (now >= expected + drift - back_share * fall) return true
    const step = state.steps[point]
    return step !== undefined && step.change <= -(1 - back_share) * fall
  })
  if (near.length * 2 <= alarm.fallen.length || stillFlows(state, facts, alarm.inflow, time)) {
    alarm.back_since = null
    return null
  }
  alarm.back_since ??= time
  const risen = alarm.fallen.filter(({ point, fall }) => (state.steps[point]?.change ?? 0) <= -(1 - back_share) * fall)
  if (time - alarm.back_since < back_hold_ms && risen.length * 2 <= alarm.fallen.length) return null
  const finding = say(state, facts, subject, time, "clear", inflowChange(state, facts))
  state.alarm = null
  state.steps = {}
  return finding
}

function say(
  state: State,
  facts: Facts,
  subject: Subject,
  time: number,
  phase: Finding["phase"],
  inflow: { change: number; expected: number; limit: number } | null,
): Finding {
  const alarm = state.alarm!
  const name = (point: number): string => facts.pressures.find((p) => p.point === point)?.name ?? String(point)
  const worst = alarm.fallen[0]!
  const near = facts.pressures.find((p) => p.point === worst.point)
  const round = (v: number): number => Math.round(v * 100) / 100
  const list = alarm.fallen.slice(0, 5).map((f) => `${name(f.point)} ${round(f.fall)} m`)
  const reasons: Reason[] =
    phase === "clear"
      ? [
          {
            sign: "-",
            words: {
              zh: "多数压力点已恢复到此时应有的压力",
              en: "Most sensors are back at the pressure due at this hour",
            },
          },
        ]
      : [
          {
            sign: "+",
            words: {
              zh: `${alarm.fallen.length} 个压力点同时突降（${list.join("，")}），连续两次读数确认`,
              en: `${alarm.fallen.length} pressure sensors fell at once (${list.join(", ")}), confirmed by two readings each`,
            },
          },
          inflow === null
            ? {
                sign: "?",
                words: { zh: "没有可用的进水流量，无法核对", en: "No inflow meter fast enough to check against" },
              }
            : inflow.change > 0
              ? {
                  sign: "+",
                  words: {
                    zh: `进水流量同时增加 ${round(inflow.change)} m³/h`,
                    en: `Inflow rose at the same time by ${round(inflow.change)} m³/h`,
                  },
                }
              : { sign: "-", words: { zh: "进水流量没有明显增加", en: "Inflow has not risen noticeably" } },
          {
            sign: "?",
            words: {
              zh: "阀门操作、消防用水未接入，请核对",
              en: "Valve operations and fire fighting are not connected; please check",
            },
          },
        ]
  return {
    rule: burst_rule,
    rule_version: version,
    lifeline: "water",
    subject: subject.key,
    cause: "",
    phase,
    severity: alarm.severity,
    time,
    since: Math.min(alarm.since, time),
    title:
      phase === "clear"
        ? { zh: "压力恢复，爆管报警解除", en: "Pressures are back, burst alarm cleared" }
        : { zh: "疑似爆管：多点压力突降", en: "Likely burst: several pressures fell at once" },
    value: { amount: round(worst.fall), unit: "m" },
    place: {
      ...subject.place,
      ...(near?.lon_lat ? { lon_lat: near.lon_lat } : {}),
      name: {
        zh: `${subject.place.name.zh}，${name(worst.point)} 附近`,
        en: `${subject.place.name.en}, near ${name(worst.point)}`,
      },
    },
    because: {
      rule: burst_rule,
      rule_version: version,
      inputs: {
        sensors_fallen: alarm.fallen.length,
        fall_m_max: round(worst.fall),
        expected_m: round(worst.expected),
        actual_m: round(state.sensors[worst.point]?.value.at(-1) ?? worst.expected - worst.fall),
        sensors: list.join("; "),
        inflow_expected_m3h: inflow ? round(inflow.expected) : null,
        inflow_excess_m3h: inflow ? round(inflow.change) : null,
      },
      readings: [...alarm.fallen.slice(0, 5).map((f) => f.point), ...facts.meters.map((m) => m.point)].map((point) => ({
        point,
        from: alarm.since - 30 * minute_ms,
        to: time,
      })),
      reasons,
      limits: [
        {
          value: round(worst.expected),
          severity: alarm.severity,
          words: { zh: "突降前的压力趋势", en: "Pressure trend before the fall" },
        },
      ],
    },
  }
}
