/**
 * Water balance of a metered area: inflow − outflow − what its tanks took in − metered customers, hour by hour against
 * the same hour of the same weekday in the last weeks, scaled by the demand that customer meters show. What is left is
 * booked to leaks (leak-ledger.ts).
 */
import type { Place, Severity, Words } from "../../../model/index.ts"
import type { CityView, Detector, DetectorContext, Slice, Subject } from "../../contract.ts"
import { evidenceOf } from "./balance-evidence.ts"
import { type BalanceEvent, type BalanceFacts, balance_rule, balance_version } from "./balance-types.ts"
import {
  changeSince,
  enterPressures,
  type Fingerprints,
  fingerprintsStart,
  forget,
  likeness,
  markGrowing,
  noteStep,
  together,
} from "./fingerprint.ts"
import { enterHour, hour_ms, isGrowing, type Ledger, ledgerStart, nightFlow, usualOf } from "./leak-ledger.ts"
import {
  enterPressure,
  type PressureMemory,
  type PressureSensor,
  pressureStart,
  rankPressures,
} from "./pressure-memory.ts"
import { span, usable } from "./readings.ts"

/** Demand index: this share from the last hours of the customer meters, the rest from their last week. */
const index_now_share = 0.6
const index_hours = 12
const index_week_hours = 168
/** Fewer customer meters than this say more of themselves than of the city. */
const index_customers_min = 20
/** Share of the customers' usual demand that may be silent in an hour. */
const customers_silent_max = 0.3
/** Night flow of an area is taken as at least this share of its mean inflow (where customers are subtracted). */
const night_share = 0.35
/** Sigma is never taken below this, m3/h and share of the area's mean inflow. */
const floor_m3h = 0.15
const floor_share = 0.01
const meter_gap_ms = 20 * 60_000
/** A meter that reads zero in less than this share of its hours is broken when it reads zero and the balance falls. */
const zero_share_max = 0.05

/** Sums of an hour that still waits for the interval values stamped at its end. */
type Hour = {
  start: number
  flows: Record<string, number>
  zeros: number[]
  complete: boolean
  levels: Record<string, [number, number]>
  pressures: Record<string, number>
  demands: Record<string, [number, number]>
}

export type BalanceState = {
  hour: Hour | null
  ledger: Ledger
  pressure: PressureMemory
  prints: Fingerprints
  /** Slow mean demand per customer, m3/h. */
  usual_demand: Record<string, number>
  /** Hourly demand of the index customers over the last week, newest last (of the hour demand_last); null unknown. */
  demand: (number | null)[]
  demand_last: number | null
  inflow_mean: number
  zero_share: Record<string, number>
  /** Severity that each open leak was last said with. */
  said: Record<string, Severity>
}

export const balanceDetector: Detector<BalanceState> = {
  rule: balance_rule,
  version: balance_version,
  name: { zh: "计量区水量平衡（漏损）", en: "Water balance of a metered area (leaks)" },
  slice_ms: hour_ms,
  lateness_ms: 10 * 60_000,
  subjects,
  start: () => ({
    hour: null,
    ledger: ledgerStart(),
    pressure: pressureStart(),
    prints: fingerprintsStart(),
    usual_demand: {},
    demand: [],
    demand_last: null,
    inflow_mean: 0,
    zero_share: {},
    said: {},
  }),
  step(state, slice, context) {
    const facts = context.subject.facts as BalanceFacts
    const done = state.hour
    const begun = begin(slice, facts, context)
    state.hour = begun
    if (!done || done.start + hour_ms !== slice.from) return { state, findings: [] }
    addDemands(done, slice, facts, (time) => time === slice.from)
    const events = close(state, done, begun, facts)
    return {
      state,
      findings: events.map((event) =>
        evidenceOf(event, context.subject, place(context, event), severityOf(state, event)),
      ),
    }

    function place(_: DetectorContext, event: { sensors: { sensor: PressureSensor }[] }): Place {
      const near = event.sensors[0]?.sensor
      const area = context.subject.place
      if (!near) return area
      const name: Words = { zh: `${area.name.zh}，${near.name} 附近`, en: `${area.name.en}, near ${near.name}` }
      return { ...area, ...(near.lon_lat ? { lon_lat: near.lon_lat } : {}), name }
    }
  },
}

/** Areas with at least one meter. Customer meters slower than hourly cannot be balanced by the hour and are left out. */
function subjects(city: CityView): Subject[] {
  const points = new Map(city.points.map((p) => [p.id, p]))
  const hourly = (id: number): boolean => (points.get(id)?.interval_ms ?? Number.POSITIVE_INFINITY) <= hour_ms
  const all = city.points
    .filter((p) => p.lifeline === "water" && p.indicator === "demand_m3h" && hourly(p.id))
    .map((p) => p.id)
  return city.areas
    .filter((area) => area.lifeline === "water" && area.meters.length > 0)
    .map((area) => {
      const customers = area.customers.filter(hourly)
      const facts: BalanceFacts = {
        meters: area.meters,
        tanks: area.tanks,
        customers,
        // Where customers are subtracted already, what is left does not follow the demand.
        index: customers.length > 0 || all.length < index_customers_min ? [] : all,
        pressures: area.pressures.map((id) => ({
          point: id,
          name: points.get(id)?.name ?? String(id),
          lon_lat: points.get(id)?.lon_lat ?? null,
        })),
      }
      return {
        key: `area:${area.code}`,
        points: [
          ...facts.meters.map((m) => m.point),
          ...facts.tanks.map((t) => t.point),
          ...facts.customers,
          ...facts.index,
          ...facts.pressures.map((p) => p.point),
        ],
        place: { area_code: area.code, name: { zh: area.name, en: area.code } },
        facts,
      }
    })
}

function begin(slice: Slice, facts: BalanceFacts, context: DetectorContext): Hour {
  const hour: Hour = { start: slice.from, flows: {}, zeros: [], complete: true, levels: {}, pressures: {}, demands: {} }
  for (const { point } of facts.meters) {
    const { mean, n, gap_ms } = span(slice.points.get(point), slice.from, slice.to)
    if (n === 0 || gap_ms > Math.max(meter_gap_ms, 1.5 * context.point(point).interval_ms)) hour.complete = false
    hour.flows[point] = mean
    if (mean === 0) hour.zeros.push(point)
  }
  for (const { point } of facts.tanks) {
    const column = slice.points.get(point)
    const at = column ? column.time.findIndex((_, i) => usable(column.value[i]!, column.quality[i]!)) : -1
    if (column && at >= 0 && column.time[at]! - slice.from <= meter_gap_ms)
      hour.levels[point] = [column.time[at]!, column.value[at]!]
    else hour.complete = false
  }
  for (const { point } of facts.pressures) {
    const { mean, n } = span(slice.points.get(point), slice.from, slice.to)
    if (n > 0) hour.pressures[point] = mean
  }
  addDemands(hour, slice, facts, (time) => time > slice.from)
  return hour
}

/** Interval values belong to the hour in which their interval lies; they are stamped with its end. */
function addDemands(hour: Hour, slice: Slice, facts: BalanceFacts, belongs: (time: number) => boolean): void {
  for (const id of facts.customers.length > 0 ? facts.customers : facts.index) {
    const column = slice.points.get(id)
    if (!column) continue
    for (let i = 0; i < column.time.length; i++) {
      if (!belongs(column.time[i]!) || !usable(column.value[i]!, column.quality[i]!)) continue
      const sum = hour.demands[id] ?? [0, 0]
      hour.demands[id] = [sum[0] + column.value[i]!, sum[1] + 1]
    }
  }
}

/** Demand of all customers in the hour, silent ones at their usual share; null when too many are silent. */
function demandOf(state: BalanceState, hour: Hour, customers: readonly number[]): number | null {
  let heard = 0
  let heard_usual = 0
  let silent_usual = 0
  for (const id of customers) {
    const sum = hour.demands[id]
    if (!sum) {
      silent_usual += state.usual_demand[id] ?? 0
      continue
    }
    const value = sum[0] / sum[1]
    const usual = state.usual_demand[id] ?? value
    heard += value
    heard_usual += usual
    state.usual_demand[id] = usual + (value - usual) / index_week_hours
  }
  const all = heard_usual + silent_usual
  if (heard_usual <= 0 || silent_usual > customers_silent_max * all) return null
  return heard * (all / heard_usual)
}

/**
 * Demand of the customer meters now, of which the expectation follows a share; null while too little is known: a mean
 * over other hours of the day than usual would look like a change of demand.
 */
function demandIndex(state: BalanceState, start: number, demand: number | null): number | null {
  const missed = state.demand_last === null ? 0 : Math.round((start - state.demand_last) / hour_ms) - 1
  for (let i = 0; i < Math.min(missed, index_week_hours); i++) state.demand.push(null)
  state.demand.push(demand)
  state.demand_last = start
  while (state.demand.length > index_week_hours) state.demand.shift()
  const known = state.demand.filter((v) => v !== null)
  const now = state.demand.slice(-index_hours).filter((v) => v !== null)
  if (demand === null || known.length < 24 || now.length < 0.75 * index_hours) return null
  return index_now_share * meanOf(now) + (1 - index_now_share) * meanOf(known)
}

/** Books the finished hour. An hour that cannot be balanced is not booked: every timer stands still. */
function close(state: BalanceState, hour: Hour, next: Hour, facts: BalanceFacts): BalanceEvent[] {
  const { ledger, prints } = state
  enterPressures(
    prints,
    hour.start,
    facts.pressures.map(({ point }) => hour.pressures[point] ?? null),
  )
  const demand =
    facts.customers.length > 0 || facts.index.length > 0
      ? demandOf(state, hour, facts.customers.length > 0 ? facts.customers : facts.index)
      : null
  const index = facts.index.length > 0 ? demandIndex(state, hour.start, demand) : 1
  if (index === null) return []
  if (facts.customers.length > 0 && demand === null) return []
  if (!hour.complete) return []
  let net = 0
  for (const { point, sign } of facts.meters) {
    net += sign * hour.flows[point]!
  }
  let balance = net
  for (const { point, area_m2 } of facts.tanks) {
    const from = hour.levels[point]
    const to = next.levels[point]
    if (!from || !to) return []
    balance -= (area_m2 * (to[1] - from[1]) * hour_ms) / (to[0] - from[0])
  }
  if (facts.customers.length > 0) balance -= demand!
  const usual = usualOf(ledger, hour.start, index)
  for (const { point } of facts.meters) {
    const share = state.zero_share[point] ?? 0
    const zero = hour.zeros.includes(point)
    if (zero && share < zero_share_max && usual !== null && ledger.hours > 0 && balance < 0.7 * usual) return []
    state.zero_share[point] = share + ((zero ? 1 : 0) - share) / index_week_hours
  }
  state.inflow_mean += (net - state.inflow_mean) / Math.min(ledger.hours + 1, 2 * index_week_hours)
  const floor = Math.max(floor_m3h, floor_share * state.inflow_mean)
  const { events, view } = enterHour(ledger, hour.start, balance, index, floor, (leaks, since) => {
    // A repair gives back what the leak took: the change is the mark turned round.
    const like = likeness(changeSince(prints, since), together(leaks.map((l) => prints.marks[l.cause])))
    return like === null ? null : -like
  })
  for (const event of events) {
    const { leak } = event
    if (event.phase === "raise" && leak.sudden) noteStep(prints, leak.cause, leak.since)
    if (event.phase !== "clear") continue
    noteStep(prints, null, event.drop_since ?? event.time)
    forget(prints, leak.cause)
  }
  if (prints.last % (24 * hour_ms) === 23 * hour_ms)
    for (const leak of ledger.leaks) if (isGrowing(leak, hour.start)) markGrowing(prints, leak.cause, leak.since)

  const judging = ledger.up_sudden.steps > 2 || ledger.down_sudden.steps > 2
  for (const { point } of facts.pressures) {
    const mean = hour.pressures[point]
    if (mean !== undefined)
      enterPressure(state.pressure, point, Math.floor(hour.start / hour_ms) % 24, mean, !judging && events.length === 0)
  }
  if (!view) return []
  return events.map((event) => ({
    ...event,
    // The data of the hour's end arrive in the next one: only then is it confirmed.
    time: event.time + hour_ms,
    facts,
    expected: view.expected,
    actual: view.actual,
    sigma: view.sigma,
    weeks_compared: view.weeks_compared,
    demand_index: facts.index.length > 0 ? index / meanOf(state.demand.filter((v) => v !== null)) : null,
    night_flow: Math.max(nightFlow(ledger, index), night_share * state.inflow_mean),
    open_leaks: ledger.leaks.length,
    open_total: ledger.leaks.reduce((sum, l) => sum + l.size, 0),
    sensors: event.phase === "raise" && event.leak.sudden ? rankPressures(state.pressure, facts.pressures, 3) : [],
  }))
}

/**
 * Share of the night flow (the quietest hours of the week) that the leak is: 15 % and more 3, 30 % 2, 100 % 1, less 4.
 * 15 and 30 % are the usual steps of minimum night flow alarms; all of them are editable defaults.
 */
function severityOf(state: BalanceState, event: BalanceEvent): Severity {
  const share = event.leak.size / Math.max(event.night_flow, 1)
  const now: Severity = share >= 1 ? 1 : share >= 0.3 ? 2 : share >= 0.15 ? 3 : 4
  const worst = Math.min(now, state.said[event.leak.cause] ?? 4) as Severity
  if (event.phase === "clear") delete state.said[event.leak.cause]
  else state.said[event.leak.cause] = worst
  return worst
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length
