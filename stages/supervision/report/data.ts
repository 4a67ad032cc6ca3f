import {
  type OrderState,
  orderStateNames,
  type WarningState,
  type Words,
  warningStateNames,
} from "../../../model/index.ts"
import { orderSteps, ownerClocks, type Step } from "../steps.ts"
import type { DayNumber } from "../views.ts"
import { clockOf, dateOf } from "../zone.ts"
import type { ReportInput } from "./input.ts"
import { levelNames, verdictNames, weekdays, words } from "./words.ts"

type Cell = { text: string; small?: string; strong?: boolean }

/** A report as the page prints it: texts only, in one language. Pure, so that golden files can hold it. */
export function reportData(input: ReportInput) {
  const { day, language, time_zone: zone } = input
  const say = (w: Words) => w[language]
  const stamp = (t: number | null): string => {
    if (t === null) return "—"
    const date = dateOf(t, zone)
    return date === day.date ? clockOf(t, zone) : `${date.slice(5)} ${clockOf(t, zone)}`
  }
  const lifeline = (id: string) => say(input.lifelines.find((l) => l.id === id)?.name ?? { zh: id, en: id })
  const unfinished = input.now < day.to
  const listed = (total: number, shown: number) =>
    total > shown ? say(words.more).replace("{n}", String(total - shown)) : ""
  const alarms_total = sum(day.numbers.filter((n) => n.id.startsWith("alarms_")).map((n) => n.value ?? 0))
  return {
    language,
    labels: Object.fromEntries(Object.entries(words).map(([key, w]) => [key, say(w)])),
    levels: levelNames.map(say),
    city: input.city,
    simulated: input.simulated,
    date: longDate(day.date, language),
    period: `${day.date} 00:00 – ${dateOf(day.to, zone)} 00:00`,
    unfinished: unfinished ? `${say(words.unfinished)} ${stamp(input.now)}` : "",
    made: `${dateOf(input.made_at, zone)} ${clockOf(input.made_at, zone)} · ${input.made_by}`,
    summary: summary(input, alarms_total),
    level_counts: [1, 2, 3, 4].map((s) => numberOf(day.numbers, `alarms_${s}`) ?? 0),
    numbers: day.numbers.filter((n) => !n.id.startsWith("alarms_")).map((n) => numberLine(n, say)),
    hourly: day.hourly.map((h) => ({ hour: clockOf(h.start, zone).slice(0, 2), n: h.alarms })),
    by_lifeline: day.alarms_by_lifeline.map((l) => ({
      name: say(l.name),
      counts: l.by_severity,
      total: sum(l.by_severity),
      dismissed: l.dismissed,
    })),
    alarms: input.alarms.map((a) => ({
      time: stamp(a.raised_at),
      severity: a.severity,
      title: say(a.title),
      place: say(a.place),
      lifeline: lifeline(a.lifeline),
      value: a.value ? `${round(a.value.amount)} ${a.value.unit}` : "",
      verdict: say(verdictNames[a.verdict] ?? { zh: a.verdict, en: a.verdict }),
      took: a.verdict_at === null ? "" : minutes(a.verdict_at - a.raised_at),
      cleared: stamp(a.cleared_at),
    })),
    alarms_more: listed(alarms_total, input.alarms.length),
    warnings: input.warnings.map((w) => ({
      code: w.code,
      severity: w.severity,
      title: w.title,
      place: say(w.place),
      state: say(warningStateNames[w.state as WarningState] ?? { zh: w.state, en: w.state }),
      signed_by: w.signed_by ?? "—",
      chain: [w.raised_at, w.verdict_at, w.submitted_at, w.issued_at, w.lifted_at].map((t) => stamp(t)),
      // The number a city is asked for first: from the machine's alarm to the signed warning.
      to_issue: w.issued_at === null ? "" : minutes(w.issued_at - w.raised_at),
    })),
    orders: input.orders.slice(0, orders_max).map((o) => {
      const steps = orderSteps(o.events, o.limits, input.now)
      const late = ownerClocks.some((c) => steps[c]?.late)
      return {
        code: o.code,
        severity: o.severity,
        title: o.title,
        place: say(o.place),
        owner: say(o.owner),
        warning_code: o.warning_code,
        state: say(orderStateNames[o.state as OrderState] ?? { zh: o.state, en: o.state }),
        assigned: stamp(o.assigned_at),
        steps: (["accept", "arrive", "report"] as const).map((c) => stepCell(steps[c], lastTime(o.events, c), stamp)),
        closed: stamp(o.closed_at),
        late,
        verdict: late ? say(words.late) : ownerClocks.some((c) => steps[c]) ? say(words.on_time) : say(words.running),
      }
    }),
    orders_more: listed(input.orders.length, orders_max),
    silent: input.silent.map((d) => ({
      code: d.code,
      name: d.name,
      lifeline: lifeline(d.lifeline),
      owner: d.owner ? say(d.owner) : "—",
      last: d.last_time === null ? say(words.never) : stamp(d.last_time),
    })),
    silent_more: listed(input.silent_total, input.silent.length),
    methods: methods(day.numbers, say),
  }
}
export type ReportData = ReturnType<typeof reportData>

const orders_max = 300
const sum = (list: number[]) => list.reduce((a, b) => a + b, 0)
const round = (x: number) => Number(x.toPrecision(4))
const minutes = (ms: number) => (ms / 60_000).toFixed(1)
const numberOf = (numbers: DayNumber[], id: string) => numbers.find((n) => n.id === id)?.value
const grouped = (x: number) =>
  Math.round(x)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",")

const lastTime = (events: { action: string; city_time: number }[], action: string) =>
  events.findLast((e) => e.action === action)?.city_time ?? null

function stepCell(step: Step | undefined, at: number | null, stamp: (t: number | null) => string): Cell {
  if (!step) return { text: "—" }
  return { text: stamp(at), ...(step.took_ms !== null && { small: minutes(step.took_ms) }), strong: step.late }
}

function numberLine(n: DayNumber, say: (w: Words) => string) {
  const value =
    n.value === null
      ? "—"
      : n.unit === "%"
        ? n.value.toFixed(1)
        : n.unit === "min"
          ? n.value.toFixed(1)
          : grouped(n.value)
  const unit = n.unit === "1" ? "" : n.unit === "min" ? say(words.minutes) : n.unit
  const fraction =
    n.numerator !== null && n.denominator !== null
      ? `${grouped(n.numerator)} / ${grouped(n.denominator)}`
      : n.denominator !== null
        ? `n = ${grouped(n.denominator)}`
        : ""
  const target = n.target === null ? "" : `${n.id === "false_alarm" ? "≤" : "≥"} ${n.target} %`
  return { id: n.id, name: say(n.name), value, unit, fraction, target, off: n.off_target }
}

/** One line for each way of counting, not for each number. */
function methods(numbers: DayNumber[], say: (w: Words) => string): string[] {
  const groups = Map.groupBy(numbers, (n) => say(n.says))
  return [...groups].map(
    ([how, list]) =>
      `${list.map((n) => say(n.name)).join(say({ zh: "、", en: ", " }))}${say({ zh: "：", en: ": " })}${how}`,
  )
}

function longDate(date: string, language: "zh" | "en"): string {
  const [y, m, d] = date.split("-").map(Number) as [number, number, number]
  // Zeller's congruence in the form of Sakamoto: 0 is Sunday.
  const t = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
  const yy = m < 3 ? y - 1 : y
  const weekday = weekdays[(yy + Math.floor(yy / 4) - Math.floor(yy / 100) + Math.floor(yy / 400) + t[m - 1]! + d) % 7]!
  return language === "zh" ? `${y} 年 ${m} 月 ${d} 日 ${weekday.zh}` : `${weekday.en}, ${date}`
}

function summary({ day, language, silent_total, orders }: ReportInput, alarms: number): string {
  const n = (id: string) => day.numbers.find((x) => x.id === id)!
  const pct = (id: string) => (n(id).value === null ? "—" : `${n(id).value!.toFixed(1)} %`)
  const levels = [1, 2, 3, 4].map((s) => n(`alarms_${s}`).value ?? 0)
  const false_alarms = n("false_alarm").numerator ?? 0
  const judged = n("false_alarm").denominator ?? 0
  const closed = n("orders_closed").numerator ?? 0
  const off = day.numbers.filter((x) => x.off_target)
  const aimed = day.numbers.some((x) => x.target !== null && x.value !== null)
  if (language === "en") {
    const parts = [
      `${grouped(n("data_arrival").numerator ?? 0)} readings arrived (${pct("data_arrival")} of those due); devices were online ${pct("device_online")} of the time, ${silent_total} gave no data.`,
      `${alarms} alarms were raised (${levels.map((c, i) => `level ${i + 1}: ${c}`).join(", ")}); ${judged} were judged, ${false_alarms} of them false.`,
      `${n("warnings_issued").value} warnings were issued and ${n("warnings_lifted").value} lifted; ${orders.length} work orders were assigned, ${closed} of them closed; on time ${pct("order_on_time")}.`,
      off.length
        ? `Off target: ${off.map((x) => x.name.en).join(", ")}.`
        : aimed
          ? "No number is off its target."
          : "No number that has a target could be measured.",
    ]
    return parts.join(" ")
  }
  return [
    `全天接收数据 ${grouped(n("data_arrival").numerator ?? 0)} 条，到达率 ${pct("data_arrival")}；设备在线率 ${pct("device_online")}，${silent_total} 台设备无数据。`,
    `发生报警 ${alarms} 条（一级 ${levels[0]}、二级 ${levels[1]}、三级 ${levels[2]}、四级 ${levels[3]}），已研判 ${judged} 条，其中误报 ${false_alarms} 条。`,
    `发布预警 ${n("warnings_issued").value} 期，解除 ${n("warnings_lifted").value} 期；派发工单 ${orders.length} 件，办结 ${closed} 件，按期处置率 ${pct("order_on_time")}。`,
    off.length
      ? `未达目标：${off.map((x) => x.name.zh).join("、")}。`
      : aimed
        ? "设有目标的指标均达标。"
        : "设有目标的指标均无数据。",
  ].join("")
}
