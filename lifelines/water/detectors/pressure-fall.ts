/**
 * Where an area has no flow meter, pressures alone must tell: the middle of its sensors, hour by hour, against the same
 * hour of the same weekday in the last weeks. The books are those of the balance (leak-ledger.ts), kept in metres of
 * missing pressure. Areas with meters are left to the balance, which sees more; both are one rule (area-leak.ts).
 */

import type { Finding, Severity } from "../../../model/index.ts"
import { median } from "../../../science/index.ts"
import type { CityView, Detector, Subject } from "../../contract.ts"
import { balance_rule, balance_version } from "./balance-types.ts"
import { enterHour, hour_ms, type Ledger, type LedgerEvent, type LedgerView, ledgerStart } from "./leak-ledger.ts"
import {
  enterPressure,
  type PressureMemory,
  type PressureSensor,
  pressureStart,
  rankPressures,
} from "./pressure-memory.ts"
import { span } from "./readings.ts"

const sensors_min = 2
const sigma_floor_m = 0.1

export type PressureFallState = { ledger: Ledger; pressure: PressureMemory; usual_m: number }

export const pressureFallDetector: Detector<PressureFallState> = {
  rule: balance_rule,
  version: balance_version,
  name: { zh: "区域压力低于往日同时", en: "Area pressure below comparable days" },
  slice_ms: hour_ms,
  lateness_ms: 10 * 60_000,
  subjects: (city) =>
    city.areas
      .filter((area) => area.lifeline === "water" && area.meters.length === 0 && area.pressures.length >= sensors_min)
      .map((area) => subjectOf(city, area)),
  start: () => ({ ledger: ledgerStart(), pressure: pressureStart(), usual_m: 0 }),
  step(state, slice, context) {
    const sensors = context.subject.facts as PressureSensor[]
    const means: number[] = []
    const quiet = state.ledger.up_sudden.steps === 0 && state.ledger.leaks.length === 0
    for (const { point } of sensors) {
      const { mean, n } = span(slice.points.get(point), slice.from, slice.to)
      if (n === 0) continue
      means.push(mean)
      enterPressure(state.pressure, point, Math.floor(slice.from / hour_ms) % 24, mean, quiet)
    }
    // Another set of sensors has another middle: an hour without most of them is not judged.
    if (means.length * 2 <= sensors.length) return { state, findings: [] }
    const middle = median(means)
    state.usual_m += (middle - state.usual_m) / Math.min(state.ledger.hours + 1, 336)
    const { events, view } = enterHour(state.ledger, slice.from, -middle, 1, sigma_floor_m)
    const ranked = rankPressures(state.pressure, sensors, 3)
    return {
      state,
      findings: view ? events.map((e) => say(e, view, context.subject, sensors, ranked[0]?.sensor, state.usual_m)) : [],
    }
  },
}

function subjectOf(city: CityView, area: CityView["areas"][number]): Subject {
  const facts: PressureSensor[] = area.pressures.flatMap((id) => {
    const p = city.points.find((v) => v.id === id)
    return p ? [{ point: id, name: p.name, lon_lat: p.lon_lat }] : []
  })
  return {
    key: `area:${area.code}`,
    points: facts.map((f) => f.point),
    place: { area_code: area.code, name: { zh: area.name, en: area.code } },
    facts,
  }
}

function say(
  event: LedgerEvent,
  view: LedgerView,
  subject: Subject,
  sensors: PressureSensor[],
  worst: PressureSensor | undefined,
  usual_m: number,
): Finding {
  const { leak, phase, time } = event
  const fall = Math.round(leak.size * 100) / 100
  const share = leak.size / Math.max(1, usual_m)
  // 10, 20 and 30 % below the same hour are the usual steps of pressure alarms (editable defaults).
  const severity: Severity = share >= 0.3 ? 1 : share >= 0.2 ? 2 : share >= 0.1 ? 3 : 4
  const drawn = worst ? [worst, ...sensors.filter((s) => s !== worst)].slice(0, 4) : sensors.slice(0, 4)
  return {
    rule: balance_rule,
    rule_version: balance_version,
    lifeline: "water",
    subject: subject.key,
    cause: leak.cause,
    phase,
    severity,
    time,
    since: Math.min(leak.since, time),
    title:
      phase === "clear"
        ? { zh: "区域压力恢复", en: "Area pressure is back" }
        : { zh: `区域压力比往日同时低 ${fall} m`, en: `Area pressure ${fall} m below comparable days` },
    value: { amount: fall, unit: "m" },
    place: worst?.lon_lat && phase !== "clear" ? { ...subject.place, lon_lat: worst.lon_lat } : subject.place,
    because: {
      rule: balance_rule,
      rule_version: balance_version,
      inputs: {
        expected_m: Math.round(-view.expected * 100) / 100,
        actual_m: Math.round(-view.actual * 100) / 100,
        fall_m: fall,
        noise_m: Math.round(view.sigma * 100) / 100,
        days_compared: view.weeks_compared,
        sensors: sensors.length,
      },
      readings: drawn.map(({ point }) => ({ point, from: leak.since - 48 * hour_ms, to: time })),
      reasons: [
        phase === "clear"
          ? {
              sign: "-",
              words: { zh: "压力回升，与该次下降最接近", en: "Pressure rose again by about as much as it had fallen" },
            }
          : {
              sign: "+",
              words: {
                zh: `${sensors.length} 个压力点的中位数低于前 ${view.weeks_compared} 周同日同时`,
                en: `The middle of ${sensors.length} sensors is below the same hours of the last ${view.weeks_compared} weeks`,
              },
            },
        { sign: "?", words: { zh: "区域无流量计，无法核对水量", en: "The area has no flow meter to check the flow" } },
      ],
    },
  }
}
