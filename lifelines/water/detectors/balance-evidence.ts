/** Puts what the balance concluded into a finding that says why. */
import type { Finding, Place, Reason, Severity } from "../../../model/index.ts"
import type { Subject } from "../../contract.ts"
import { type BalanceEvent, balance_rule, balance_version } from "./balance-types.ts"
import { ledgerRule } from "./leak-ledger.ts"

const day_ms = 86_400_000
const round = (value: number, digits = 1): number => Math.round(value * 10 ** digits) / 10 ** digits
/** Least drop in m that a sensor must show to count as a reason. */
const pressure_drop_min_m = 0.1

export function evidenceOf(event: BalanceEvent, subject: Subject, place: Place, severity: Severity): Finding {
  const { leak, phase, time } = event
  const size = round(leak.size)
  const sensor = event.sensors[0]
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
    title: titleOf(event),
    value: { amount: size, unit: "m3/h" },
    place,
    because: {
      rule: balance_rule,
      rule_version: balance_version,
      inputs: {
        expected_m3h: round(event.expected),
        actual_m3h: round(event.actual),
        excess_m3h: round(event.actual - event.expected),
        leak_m3h: size,
        lost_litres: Math.round(leak.lost_m3 * 1000),
        drop_m3h: event.drop === null ? null : round(event.drop),
        noise_m3h: round(event.sigma, 2),
        night_flow_m3h: round(event.night_flow),
        days_compared: event.weeks_compared,
        demand_index: event.demand_index === null ? null : round(event.demand_index, 3),
        open_leaks: event.open_leaks,
        open_leaks_m3h: round(event.open_total),
        pressure_drop_m: sensor ? round(sensor.drop_m, 2) : null,
      },
      readings: [
        ...event.facts.meters.filter((m) => m.sign > 0),
        ...event.facts.meters.filter((m) => m.sign < 0),
        ...event.facts.tanks,
      ]
        .map((m) => m.point)
        .concat(sensor ? [sensor.sensor.point] : [])
        .map((point) => ({ point, from: leak.since - 2 * day_ms, to: time })),
      reasons: reasonsOf(event),
    },
  }
}

function titleOf({ phase, leak, drop }: BalanceEvent): Finding["title"] {
  const size = round(leak.size)
  if (phase === "clear") {
    const fall = round(drop ?? size)
    return { zh: `漏水停止，水量回落 ${fall} m³/h`, en: `Leak closed, balance fell by ${fall} m³/h` }
  }
  return leak.sudden
    ? { zh: `计量区突发漏水，约 ${size} m³/h`, en: `Sudden leak in the metered area, about ${size} m³/h` }
    : { zh: `计量区漏水渐增，约 ${size} m³/h`, en: `Growing leak in the metered area, about ${size} m³/h` }
}

function reasonsOf(event: BalanceEvent): Reason[] {
  const { leak, phase, sigma } = event
  const reasons: Reason[] = []
  const size = round(leak.size)
  const times = round(leak.size / sigma)
  if (phase === "clear") {
    reasons.push({
      sign: "-",
      words: {
        zh: `水量平衡突降 ${round(event.drop ?? 0)} m³/h，与该漏点估计的 ${size} m³/h 最接近；仍有 ${event.open_leaks} 个漏点未闭合`,
        en: `The balance fell by ${round(event.drop ?? 0)} m³/h, closest to this leak's ${size} m³/h; ${event.open_leaks} other leaks stay open`,
      },
    })
    return reasons
  }
  reasons.push({
    sign: "+",
    words: {
      zh: `平衡水量比前 ${event.weeks_compared} 周同日同时多 ${size} m³/h，为正常波动的 ${times} 倍，持续不少于 ${ledgerRule.confirm_hours} 小时`,
      en: `The balance is ${size} m³/h above the same hours of the last ${event.weeks_compared} weeks, ${times} times its normal scatter, for at least ${ledgerRule.confirm_hours} hours`,
    },
  })
  if (event.demand_index !== null) {
    const usual = event.demand_index < 1.15
    reasons.push({
      sign: usual ? "+" : "?",
      words: usual
        ? { zh: "远传水表的用水量没有同步增加", en: "Customer meters show no matching rise of demand" }
        : {
            zh: "远传水表的用水量也高于本周平均，需核对",
            en: "Customer meters are above their weekly mean too; check demand",
          },
    })
  } else if (event.facts.customers.length > 0)
    reasons.push({
      sign: "+",
      words: { zh: "已扣除区内远传水表的用水量", en: "Metered customers inside are already subtracted" },
    })
  else
    reasons.push({
      sign: "?",
      words: {
        zh: "没有足够的远传水表，无法排除用水变化",
        en: "Too few customer meters to rule out a change of demand",
      },
    })
  const sensor = event.sensors[0]
  if (sensor && sensor.drop_m >= pressure_drop_min_m)
    reasons.push({
      sign: "+",
      words: {
        zh: `${sensor.sensor.name} 压力比平日同时低 ${round(sensor.drop_m, 2)} m，为区内最大`,
        en: `${sensor.sensor.name} is ${round(sensor.drop_m, 2)} m below its usual pressure at this hour, the most in the area`,
      },
    })
  else if (sensor)
    reasons.push({
      sign: "-",
      words: { zh: "区内压力没有明显下降", en: "No pressure in the area has fallen noticeably" },
    })
  reasons.push({
    sign: "?",
    words: {
      zh: "冲洗、消防用水和阀门操作记录未接入，请核对",
      en: "Flushing, fire fighting and valve logs are not connected; please check",
    },
  })
  return reasons
}
