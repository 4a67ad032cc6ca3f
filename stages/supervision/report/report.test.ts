import { expect, it } from "vitest"
import { dayView } from "../day.ts"
import { presence } from "../presence.ts"
import { hour, midnight, min } from "../testing.ts"
import { reportData } from "./data.ts"
import type { ReportInput } from "./input.ts"
import { writePdf } from "./pdf.ts"

const event = (action: string, at_min: number) => ({
  action,
  city_time: midnight + at_min * min,
  limit_ms: null,
  minutes: null,
})
const order = {
  owner_id: 1,
  owner: { zh: "自来水公司", en: "Water company" },
  closed_at: null,
  limits: {},
  events: [event("assign", 70), event("accept", 84), event("arrive", 100), event("handle", 101)],
  code: "GD-20261118-001",
  warning_code: "YJ-20261118-001",
  title: "漏点抢修",
  severity: 2 as const,
  state: "handling",
  assigned_at: midnight + 70 * min,
  place: { zh: "人民路", en: "Renmin Road" },
}
const alarm = {
  severity: 2 as const,
  lifeline: "water",
  raised_at: midnight + 50 * min,
  verdict: "real",
  verdict_at: midnight + 53.5 * min,
  verdict_due_at: midnight + hour,
}
const lifelines = [{ id: "water", name: { zh: "供水", en: "Water" } }]
const day = dayView(
  {
    date: "2026-11-18",
    from: midnight,
    to: midnight + 24 * hour,
    now: midnight + 4 * hour,
    presence: {
      ...presence([], [], midnight, midnight),
      online_min: 940,
      planned_min: 1000,
      received: 12_345,
      expected: 12_500,
    },
    alarms: [alarm],
    warnings: { issued: 1, lifted: 0 },
    orders: [order],
  },
  lifelines,
)
const input: ReportInput = {
  language: "zh",
  city: "望澜市",
  simulated: true,
  time_zone: "Asia/Shanghai",
  made_at: midnight + 4 * hour,
  made_by: "值班长",
  now: midnight + 4 * hour,
  day,
  lifelines,
  alarms: [
    {
      ...alarm,
      id: 1,
      title: { zh: "漏损偏高", en: "Leak" },
      place: { zh: "人民路", en: "Renmin Road" },
      cleared_at: null,
      value: { amount: 12.3456, unit: "m³/h" },
    },
  ],
  warnings: [],
  orders: [order],
  silent: [{ code: "P-9", name: "压力计", lifeline: "water", kind: "logger", owner: null, last_time: midnight - hour }],
  silent_total: 5,
}

it("says the day in a sentence whose numbers are those of the table", () => {
  const data = reportData(input)
  expect(data.summary).toBe(
    "全天接收数据 12,345 条，到达率 98.8 %；设备在线率 94.0 %，5 台设备无数据。发生报警 1 条（一级 0、二级 1、三级 0、四级 0），已研判 1 条，其中误报 0 条。发布预警 1 期，解除 0 期；派发工单 1 件，办结 0 件，按期处置率 0.0 %。未达目标：设备在线率、按期处置率。",
  )
  expect(data.date).toBe("2026 年 11 月 18 日 星期三")
  expect(data.unfinished).toBe("当日未结束，数据截至 04:00")
  expect(data.alarms).toEqual([
    {
      time: "00:50",
      severity: 2,
      title: "漏损偏高",
      place: "人民路",
      lifeline: "供水",
      value: "12.35 m³/h",
      verdict: "属实",
      took: "3.5",
      cleared: "—",
    },
  ])
  expect(data.orders[0]).toMatchObject({
    assigned: "01:10",
    steps: [
      { text: "01:24", small: "14.0", strong: true },
      { text: "01:40", small: "16.0", strong: false },
      { text: "—" },
    ],
    late: true,
    verdict: "超时",
  })
  expect([data.silent[0]!.last, data.silent_more]).toEqual(["11-17 23:00", "另有 4 条未列，见平台。"])
  expect(reportData({ ...input, language: "en" }).summary).toContain("Off target: Devices online, Orders on time.")
})

it("is set as a PDF, and a broken page says what is wrong", () => {
  const data = reportData(input)
  expect(writePdf(data).length).toBeGreaterThan(10_000)
  expect(() => writePdf({ ...data, level_counts: [] })).toThrow("Typst could not set the report")
})
