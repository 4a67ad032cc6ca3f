import type { Severity, Words } from "../../model/index.ts"
import type { Presence } from "./presence.ts"
import { type OrderEvent, orderSteps, ownerClocks, type Step } from "./steps.ts"
import type { DayNumber, DayView } from "./views.ts"

export type DayAlarm = {
  severity: Severity
  lifeline: string
  raised_at: number
  verdict: string
  verdict_at: number | null
  verdict_due_at: number
}
export type DayOrder = {
  owner_id: number
  owner: Words
  closed_at: number | null
  limits: Partial<Record<string, number>>
  events: OrderEvent[]
}

/** Everything a day's numbers are computed from; the scope was applied when the rows were read. */
export type DayRows = {
  date: string
  from: number
  to: number
  /** City time of the computation: clocks that ran out by then are late, and a day that still runs ends there. */
  now: number
  presence: Presence
  alarms: DayAlarm[]
  warnings: { issued: number; lifted: number }
  orders: DayOrder[]
}

const hour_ms = 3_600_000

/** Editable defaults; no standard fixes them, so they are said beside each number. */
export const targets = { device_online: 95, data_arrival: 98, false_alarm: 10, order_on_time: 90 } as const

/** The numbers of one day of the city's zone, each with its fraction or count. Pure. */
export function dayView(rows: DayRows, lifelines: readonly { id: string; name: Words }[]): DayView {
  const judged = rows.alarms.filter((a) => a.verdict_at !== null)
  const orders = rows.orders.map((o) => ({ ...o, steps: orderSteps(o.events, o.limits, rows.now) }))
  const due = rows.alarms.filter((a) => a.verdict_at !== null || a.verdict_due_at < rows.now)
  const onTime = due.filter((a) => a.verdict_at !== null && a.verdict_at <= a.verdict_due_at)
  const started = orders.filter((o) => ownerClocks.some((c) => o.steps[c]))
  const p = rows.presence
  const numbers: DayNumber[] = [
    share(
      "device_online",
      "设备在线率",
      "Devices online",
      p.online_min,
      p.planned_min,
      says.device_online,
      targets.device_online,
    ),
    share(
      "data_arrival",
      "数据到达率",
      "Data arrival",
      p.received,
      p.expected,
      says.data_arrival,
      targets.data_arrival,
    ),
    ...([1, 2, 3, 4] as const).map((s) =>
      count(
        `alarms_${s}`,
        `${"一二三四"[s - 1]}级报警`,
        `Alarms of level ${s}`,
        rows.alarms.filter((a) => a.severity === s).length,
        says.alarms,
      ),
    ),
    share(
      "false_alarm",
      "误报率",
      "False alarms",
      judged.filter((a) => a.verdict === "false_alarm").length,
      judged.length,
      says.false_alarm,
      targets.false_alarm,
      "max",
    ),
    median(
      "verdict_median",
      "研判用时中位数",
      "Median time to verdict",
      judged.map((a) => a.verdict_at! - a.raised_at),
      says.verdict_median,
    ),
    share("verdict_on_time", "按时研判率", "Verdicts on time", onTime.length, due.length, says.verdict_on_time),
    count("warnings_issued", "发布预警", "Warnings issued", rows.warnings.issued, says.warnings_issued),
    count("warnings_lifted", "解除预警", "Warnings lifted", rows.warnings.lifted, says.warnings_lifted),
    share(
      "orders_closed",
      "工单办结率",
      "Orders closed",
      orders.filter((o) => o.closed_at !== null).length,
      orders.length,
      says.orders_closed,
    ),
    share(
      "order_on_time",
      "按期处置率",
      "Orders on time",
      started.filter(allOnTime).length,
      started.length,
      says.order_on_time,
      targets.order_on_time,
    ),
    ...stepNumbers(orders.map((o) => o.steps)),
  ]
  return {
    date: rows.date,
    from: rows.from,
    to: rows.to,
    numbers,
    owners: owners(orders),
    alarms_by_lifeline: byLifeline(rows.alarms, lifelines),
    hourly: hourly(rows),
  }
}

type Stepped = DayOrder & { steps: Partial<Record<string, Step>> }
const allOnTime = (o: Stepped) => ownerClocks.every((c) => !o.steps[c]?.late)

function stepNumbers(orders: Partial<Record<string, Step>>[]): DayNumber[] {
  const names = { accept: ["签收", "Acceptance"], arrive: ["到场", "Arrival"], report: ["反馈", "Report"] } as const
  return (["accept", "arrive", "report"] as const).flatMap((clock) => {
    const steps = orders.flatMap((o) => o[clock] ?? [])
    const [zh, en] = names[clock]
    const took = steps.flatMap((s) => s.took_ms ?? [])
    return [
      share(
        `${clock}_on_time`,
        `${zh}按时率`,
        `${en} on time`,
        steps.filter((s) => !s.late).length,
        steps.length,
        says.step_on_time,
      ),
      median(`${clock}_median`, `${zh}用时中位数`, `${en}, median time`, took, says.step_median),
    ]
  })
}

/** Owners with the most late orders first, so that the reader sees whom to call. */
function owners(orders: Stepped[]): DayView["owners"] {
  const groups = Map.groupBy(orders, (o) => o.owner_id)
  return [...groups]
    .map(([id, list]) => {
      const judged = list.filter((o) => ownerClocks.some((c) => o.steps[c]))
      const arrivals = list.flatMap((o) => o.steps.arrive ?? [])
      return {
        id,
        name: list[0]!.owner,
        orders: list.length,
        on_time: { numerator: judged.filter(allOnTime).length, denominator: judged.length },
        times_ms: arrivals.flatMap((s) => s.took_ms ?? []).sort((a, b) => a - b),
        limit_ms: middle(arrivals.map((s) => s.limit_ms)) ?? 0,
      }
    })
    .sort((a, b) => ratio(a.on_time) - ratio(b.on_time) || b.orders - a.orders)
}

const ratio = (f: { numerator: number; denominator: number }) => (f.denominator ? f.numerator / f.denominator : 1)

function byLifeline(
  alarms: DayAlarm[],
  lifelines: readonly { id: string; name: Words }[],
): DayView["alarms_by_lifeline"] {
  const ids = [...new Set([...lifelines.map((l) => l.id), ...alarms.map((a) => a.lifeline)])]
  return ids.flatMap((lifeline) => {
    const own = alarms.filter((a) => a.lifeline === lifeline)
    if (own.length === 0) return []
    return {
      lifeline,
      name: lifelines.find((l) => l.id === lifeline)?.name ?? { zh: lifeline, en: lifeline },
      by_severity: [1, 2, 3, 4].map((s) => own.filter((a) => a.severity === s).length),
      dismissed: own.filter((a) => ["false_alarm", "device_fault", "planned_works"].includes(a.verdict)).length,
    }
  })
}

function hourly({ alarms, from, to }: DayRows): DayView["hourly"] {
  const hours = Math.ceil((to - from) / hour_ms)
  const counts = Array.from({ length: hours }, () => 0)
  for (const a of alarms) counts[Math.floor((a.raised_at - from) / hour_ms)]!++
  return counts.map((n, i) => ({ start: from + i * hour_ms, alarms: n }))
}

function share(
  id: string,
  zh: string,
  en: string,
  numerator: number,
  denominator: number,
  how: Words,
  target: number | null = null,
  side: "min" | "max" = "min",
): DayNumber {
  const value = denominator > 0 ? Math.round((numerator / denominator) * 1000) / 10 : null
  // Judged before rounding: 94.96 % is below 95 % although it is printed as 95.0 %.
  const exact = denominator > 0 ? (numerator / denominator) * 100 : null
  const off = exact !== null && target !== null && (side === "min" ? exact < target : exact > target)
  return { id, name: { zh, en }, unit: "%", value, numerator, denominator, target, off_target: off, says: how }
}

const count = (id: string, zh: string, en: string, value: number, how: Words): DayNumber => ({
  id,
  name: { zh, en },
  unit: "1",
  value,
  numerator: null,
  denominator: null,
  target: null,
  off_target: false,
  says: how,
})

function median(id: string, zh: string, en: string, values_ms: number[], how: Words): DayNumber {
  const m = middle(values_ms)
  const value = m === null ? null : Math.round(m / 6000) / 10
  return {
    id,
    name: { zh, en },
    unit: "min",
    value,
    numerator: null,
    denominator: values_ms.length,
    target: null,
    off_target: false,
    says: how,
  }
}

/** The median; of an even count the mean of the middle two. */
export function middle(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const v = [...values].sort((a, b) => a - b)
  const k = v.length >> 1
  return v.length % 2 ? v[k]! : (v[k - 1]! + v[k]!) / 2
}

const says = {
  device_online: {
    zh: "在线分钟 ÷ 应在线分钟；一刻钟内收到数据，或距上次数据不足三个采集周期，计为在线；目标为可改默认值",
    en: "Minutes online ÷ minutes planned; online where heard within the quarter hour or three intervals; the target is an editable default",
  },
  data_arrival: {
    zh: "已收读数 ÷ 按采集周期应收读数；目标为可改默认值",
    en: "Readings received ÷ readings due by interval; the target is an editable default",
  },
  alarms: { zh: "当日发出的报警", en: "Alarms raised on the day" },
  false_alarm: {
    zh: "判为误报 ÷ 已研判；目标为可改默认值",
    en: "Judged false ÷ judged; the target is an editable default",
  },
  verdict_median: { zh: "报警到研判结论的时间", en: "From alarm to verdict" },
  verdict_on_time: { zh: "限内研判 ÷（已研判 + 逾期未研判）", en: "Verdicts within the limit ÷ (given + run out)" },
  warnings_issued: { zh: "当日发布的预警", en: "Warnings issued on the day" },
  warnings_lifted: { zh: "当日解除的预警", en: "Warnings lifted on the day" },
  orders_closed: { zh: "已关闭 ÷ 当日派发", en: "Closed ÷ assigned on the day" },
  order_on_time: {
    zh: "签收、到场、处置、反馈均在限内 ÷ 应处置；目标为可改默认值",
    en: "All of acceptance, arrival, handling, report in time ÷ due; the target is an editable default",
  },
  step_on_time: {
    zh: "限内完成 ÷（已完成 + 逾期未完成）；挂起时间不计",
    en: "Done within the limit ÷ (done + run out); suspended time does not count",
  },
  step_median: { zh: "本环节用时；挂起时间不计", en: "Time of the step; suspended time does not count" },
} satisfies Record<string, Words>
