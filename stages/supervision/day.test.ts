import { describe, expect, it } from "vitest"
import type { Severity } from "../../model/index.ts"
import { type DayAlarm, type DayOrder, type DayRows, dayView, middle } from "./day.ts"
import { presence } from "./presence.ts"
import { orderSteps } from "./steps.ts"
import { gapsOf } from "./timeline.ts"
import { clockOf, dateAfter, dateOf, dayBounds, isDate } from "./zone.ts"

const min = 60_000
const hour = 60 * min
const from = Date.UTC(2026, 10, 17, 16) // 2026-11-18 00:00 in Shanghai.

describe("days of a zone", () => {
  it("are cut at local midnight, also where clocks change", () => {
    expect(dayBounds("2026-11-18", "Asia/Shanghai")).toEqual({ from, to: from + 24 * hour })
    const spring = dayBounds("2026-03-29", "Europe/Berlin")
    expect((spring.to - spring.from) / hour).toBe(23)
    const autumn = dayBounds("2026-10-25", "Europe/Berlin")
    expect((autumn.to - autumn.from) / hour).toBe(25)
    expect(dateOf(from - 1, "Asia/Shanghai")).toBe("2026-11-17")
    expect(clockOf(from + 90 * min, "Asia/Shanghai")).toBe("01:30")
    expect(dateAfter("2026-12-31", 1)).toBe("2027-01-01")
    expect(["2026-02-29", "2028-02-29", "18.11.2026", ""].map(isDate)).toEqual([false, true, false, false])
  })
})

describe("presence", () => {
  const points = [
    { id: 1, device_id: 1, interval_ms: min },
    { id: 2, device_id: 1, interval_ms: min },
    { id: 3, device_id: 2, interval_ms: hour },
    { id: 4, device_id: 3, interval_ms: min },
  ]
  it("counts a device while it was heard in the quarter or within three intervals", () => {
    const counts = [
      { point: 1, start: from, count: 15 },
      { point: 2, start: from + 15 * min, count: 99 }, // More often than declared: counts as complete, not above.
      { point: 3, start: from - 2 * hour, count: 1 }, // Heard before; holds on for one more hour.
    ]
    expect(presence(points, counts, from, from + 2 * hour)).toEqual({
      online_min: 30 + 60, // Device 1 for two quarters, device 2 until three hours after its last reading.
      planned_min: 3 * 120,
      received: 15 + 99,
      expected: 120 + 120 + 2 + 120,
      silent_devices: [2, 3],
    })
  })
  it("is empty for an empty period", () => {
    expect(presence(points, [], from, from)).toMatchObject({ online_min: 0, planned_min: 0, received: 0, expected: 0 })
  })
})

const event = (action: string, at_min: number, more: { minutes?: number; limit_min?: number } = {}) => ({
  action,
  city_time: from + at_min * min,
  limit_ms: more.limit_min === undefined ? null : more.limit_min * min,
  minutes: more.minutes ?? null,
})

describe("clocks of an order", () => {
  it("take limits from the event, the order, or the defaults", () => {
    const events = [
      event("assign", 0),
      event("accept", 9),
      event("arrive", 49, {}),
      event("handle", 50),
      event("report", 90),
    ]
    expect(orderSteps(events, { arrive: 35 * min }, from + hour)).toEqual({
      accept: { took_ms: 9 * min, limit_ms: 10 * min, late: false },
      arrive: { took_ms: 40 * min, limit_ms: 35 * min, late: true },
      handle: { took_ms: 1 * min, limit_ms: 60 * min, late: false },
      report: { took_ms: 40 * min, limit_ms: 360 * min, late: false },
    })
  })
  it("lengthen by extensions, stand still while suspended, start anew on reassignment", () => {
    const events = [
      event("assign", 0),
      event("reassign", 30),
      event("accept", 38),
      event("extend", 40, { minutes: 15 }),
      event("suspend", 50),
      event("resume", 110),
      event("arrive", 140),
    ]
    expect(orderSteps(events, {}, from + 200 * min)).toEqual({
      accept: { took_ms: 8 * min, limit_ms: 10 * min, late: false },
      arrive: { took_ms: 42 * min, limit_ms: 45 * min, late: false },
    })
  })
  it("are late when they run out unfinished, and not yet judged before", () => {
    expect(orderSteps([event("assign", 0)], {}, from + 5 * min)).toEqual({})
    expect(orderSteps([event("assign", 0)], {}, from + 11 * min)).toEqual({
      accept: { took_ms: null, limit_ms: 10 * min, late: true },
    })
  })
  it("stay late after a rework that was in time", () => {
    const events = [
      event("handle", 0, { limit_min: 10 }),
      event("report", 20),
      event("rework", 30, { limit_min: 10 }),
      event("report", 35),
    ]
    expect(orderSteps(events, {}, from + hour).report).toEqual({ took_ms: 5 * min, limit_ms: 10 * min, late: true })
  })
})

const alarm = (severity: Severity, at_min: number, verdict: string, after_min: number | null): DayAlarm => ({
  severity,
  lifeline: severity === 4 ? "water" : "gas",
  raised_at: from + at_min * min,
  verdict,
  verdict_at: after_min === null ? null : from + (at_min + after_min) * min,
  verdict_due_at: from + (at_min + 15) * min,
})
const order = (owner_id: number, events: DayOrder["events"], closed = true): DayOrder => ({
  owner_id,
  owner: { zh: `单位${owner_id}`, en: `Owner ${owner_id}` },
  closed_at: closed ? from + 300 * min : null,
  limits: {},
  events,
})

const rows: DayRows = {
  date: "2026-11-18",
  from,
  to: from + 24 * hour,
  now: from + 30 * hour,
  presence: { online_min: 4_805_280, planned_min: 4_913_280, received: 10_986, expected: 11_085, silent_devices: [7] },
  alarms: [
    alarm(1, 10, "real", 2),
    alarm(3, 70, "false_alarm", 4),
    alarm(3, 80, "device_fault", 20),
    alarm(4, 1439, "open", null),
  ],
  warnings: { issued: 1, lifted: 0 },
  orders: [
    order(1, [event("assign", 0), event("accept", 4), event("arrive", 30), event("handle", 31), event("report", 60)]),
    order(2, [event("assign", 0), event("accept", 12), event("arrive", 40), event("handle", 41), event("report", 70)]),
    order(2, [event("assign", 1790)], false), // Ten minutes ago: its clock has not run out, so it is not judged.
  ],
}

describe("numbers of a day", () => {
  const view = dayView(rows, [{ id: "gas", name: { zh: "燃气", en: "Gas" } }])
  const number = (id: string) => {
    const n = view.numbers.find((x) => x.id === id)!
    return [n.value, n.numerator, n.denominator, n.off_target]
  }
  it("come with numerator, denominator and target", () => {
    expect(Object.fromEntries(view.numbers.map((n) => [n.id, number(n.id)]))).toEqual({
      device_online: [97.8, 4_805_280, 4_913_280, false],
      data_arrival: [99.1, 10_986, 11_085, false],
      alarms_1: [1, null, null, false],
      alarms_2: [0, null, null, false],
      alarms_3: [2, null, null, false],
      alarms_4: [1, null, null, false],
      false_alarm: [33.3, 1, 3, true],
      verdict_median: [4, null, 3, false],
      verdict_on_time: [50, 2, 4, false],
      warnings_issued: [1, null, null, false],
      warnings_lifted: [0, null, null, false],
      orders_closed: [66.7, 2, 3, false],
      order_on_time: [50, 1, 2, true],
      accept_on_time: [50, 1, 2, false],
      accept_median: [8, null, 2, false],
      arrive_on_time: [100, 2, 2, false],
      arrive_median: [27, null, 2, false],
      report_on_time: [100, 2, 2, false],
      report_median: [29, null, 2, false],
    })
  })
  it("judge a target before rounding", () => {
    const near = dayView({ ...rows, presence: { ...rows.presence, online_min: 9496, planned_min: 10_000 } }, [])
    expect(near.numbers[0]).toMatchObject({ value: 95, off_target: true })
  })
  it("list owners with the least on time first, and the load by hour", () => {
    expect(view.owners).toEqual([
      {
        id: 2,
        name: { zh: "单位2", en: "Owner 2" },
        orders: 2,
        on_time: { numerator: 0, denominator: 1 },
        times_ms: [28 * min],
        limit_ms: 30 * min,
      },
      {
        id: 1,
        name: { zh: "单位1", en: "Owner 1" },
        orders: 1,
        on_time: { numerator: 1, denominator: 1 },
        times_ms: [26 * min],
        limit_ms: 30 * min,
      },
    ])
    expect(view.alarms_by_lifeline).toEqual([
      { lifeline: "gas", name: { zh: "燃气", en: "Gas" }, by_severity: [1, 0, 2, 0], dismissed: 2 },
      { lifeline: "water", name: { zh: "water", en: "water" }, by_severity: [0, 0, 0, 1], dismissed: 0 },
    ])
    expect(view.hourly.map((h) => h.alarms)).toEqual([1, 2, ...Array.from({ length: 21 }, () => 0), 1])
  })
  it("say nothing where there is nothing to divide by", () => {
    const none = dayView({ ...rows, alarms: [], orders: [], presence: presence([], [], from, from) }, [])
    expect(none.numbers.filter((n) => n.unit !== "1").every((n) => n.value === null && !n.off_target)).toBe(true)
    expect(middle([])).toBe(null)
    expect(middle([4, 1, 3, 2])).toBe(2.5)
  })
})

it("finds gaps between and after readings, not before the first", () => {
  const at = (i: number, count: number) => ({ start: i * 10, count })
  expect(gapsOf([at(2, 5), at(3, 1), at(4, 0), at(6, 2)], 0, 100, 10, 0)).toEqual([
    { from: 40, to: 60 },
    { from: 70, to: 100 },
  ])
  expect(gapsOf([], 0, 100, 10, 0)).toEqual([])
  expect(gapsOf([at(0, 1), at(1, 1)], 0, 25, 10, 0)).toEqual([])
  expect(gapsOf([at(2, 5), at(4, 1), at(9, 1)], 0, 100, 10, 20)).toEqual([{ from: 50, to: 90 }])
})
