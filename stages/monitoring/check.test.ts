import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Indicator } from "../../lifelines/contract.ts"
import { quality } from "../../model/index.ts"
import { age_ms_max, checkReading, future_ms_max, late_ms, nextTrace, type PointTrace, stuck_count } from "./check.ts"
import { hashSecret, sameSecret } from "./credentials.ts"
import { deviceState, silent_after_ms } from "./silence.ts"
import { testPoint } from "./testing.ts"

const now = Date.UTC(2026, 10, 24)
const indicator: Indicator = {
  id: "p",
  name: { zh: "压力", en: "Pressure" },
  dimension: "pressure",
  unit: "m",
  min: 0,
  max: 100,
  rate_per_min_max: 10,
  decimals: 2,
}
const point = testPoint({ id: 1, device: "d1", spec: indicator })
const said = (over: object = {}) => ({
  device: "d1",
  indicator: "p",
  time: now,
  sequence: 0,
  value: 30,
  unit: null,
  flags: 0,
  ...over,
})
const flagsOf = (over: object = {}, trace?: PointTrace) => {
  const result = checkReading(said(over), point, indicator, trace, now)
  return result.ok ? result.value.flags : result.problem.code
}

describe("a reading is kept and flagged, or refused with a reason", () => {
  test.each([
    ["good", {}, quality.good],
    ["ahead by 5 minutes", { time: now + future_ms_max }, quality.future],
    ["ahead by more", { time: now + future_ms_max + 1 }, "future"],
    ["90 days old", { time: now - age_ms_max }, quality.late],
    ["older", { time: now - age_ms_max - 1 }, "too-old"],
    ["an hour old", { time: now - late_ms }, quality.good],
    ["later than an hour", { time: now - late_ms - 1 }, quality.late],
    ["below its range", { value: -0.1 }, quality.range],
    ["above its range", { value: 100.1 }, quality.range],
    [
      "what the device said stays",
      { flags: quality.maintenance | quality.simulated },
      quality.maintenance | quality.simulated,
    ],
    ["a unit of another dimension", { unit: "m3/h" }, "unit-unknown"],
    ["a unit nobody knows", { unit: "furlong" }, "unit-unknown"],
    ["a unit that every object has", { unit: "toString" }, "unit-unknown"],
    ["a value that is infinite in the canonical unit", { value: 1e308, unit: "MPa" }, "not-a-number"],
  ])("%s", (_name, over, wanted) => expect(flagsOf(over)).toBe(wanted))

  test("units become the point's", () => {
    const result = checkReading(said({ value: 0.3, unit: "MPa" }), point, indicator, undefined, now)
    expect(result).toMatchObject({ ok: true, value: { flags: 0 } })
    expect(result.ok && result.value.value).toBeCloseTo(30.59, 2)
  })
  test("rate: over the minutes passed, at least one", () => {
    const trace = { time: now - 120_000, value: 30, same: 1 }
    expect(flagsOf({ value: 50 }, trace)).toBe(0)
    expect(flagsOf({ value: 50.1 }, trace)).toBe(quality.rate)
    expect(flagsOf({ value: 41 }, { ...trace, time: now - 1000 })).toBe(quality.rate)
    expect(flagsOf({ value: 90 }, { ...trace, time: now })).toBe(0)
  })
  test("stuck: after 60 equal values, and never for zero", () => {
    const run = (value: number) => {
      let trace: PointTrace | undefined
      let last: unknown
      for (let i = 0; i <= stuck_count; i++) {
        const time = now - (stuck_count - i) * 1000
        last = flagsOf({ value, time }, trace)
        trace = nextTrace(trace, time, value)
      }
      return last
    }
    expect(run(30)).toBe(quality.stuck)
    expect(run(0)).toBe(0)
  })
  test("a reading that is not newer leaves the trace", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ time: fc.integer({ min: 0, max: 50 }), value: fc.integer() })), (rows) => {
        let trace: PointTrace | undefined
        for (const r of rows) trace = nextTrace(trace, r.time, r.value)
        const newest = rows.reduce(
          (a, r) => (a === null || r.time > a.time ? r : a),
          null as null | { time: number; value: number },
        )
        expect(trace ? { time: trace.time, value: trace.value } : null).toEqual(newest)
      }),
    )
  })
})

describe("silence", () => {
  const interval = 30_000
  test.each([
    ["never heard", "never_heard", null, null],
    ["first word", "never_heard", now, "online"],
    ["three intervals and a minute", "online", now - silent_after_ms(interval), null],
    ["more", "online", now - silent_after_ms(interval) - 1, "silent"],
    ["back again", "silent", now - 1, "online"],
    ["silent still", "silent", now - 86_400_000, null],
  ] as const)("%s", (_name, state, last, next) => expect(deviceState(state, last, interval, now)).toBe(next))
})

test("credentials: only the same secret fits, and a broken hash fits nothing", () => {
  expect(sameSecret("a", hashSecret("a"))).toBe(true)
  expect(sameSecret("b", hashSecret("a"))).toBe(false)
  for (const hash of ["", "zz", "ab".repeat(40)]) expect(sameSecret("a", hash)).toBe(false)
})
