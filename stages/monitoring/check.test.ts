import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Indicator } from "../../lifelines/contract.ts"
import { appendBlock, appendReading, blockBatch, quality, readingBatch } from "../../model/index.ts"
import {
  blockFlags,
  flagsOf,
  future_ms_max,
  refusedTime,
  setLimits,
  stuck_count,
  traces,
  type Windows,
} from "./check.ts"
import { hashSecret, sameSecret } from "./credentials.ts"
import { deviceState, silent_after_ms } from "./silence.ts"

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
const windows: Windows = { readings_late_ms: 3_600_000, waveforms_late_ms: 600_000, refused_ms: 90 * 86_400_000 }
const point = 3
const fresh = () => {
  const t = traces(8)
  setLimits(t, point, indicator)
  return t
}
/** Flags of a reading after the readings before it, or the code of the refusal. */
const judged = (over: { time?: number; value?: number; flags?: number } = {}, before: [number, number][] = []) => {
  const t = fresh()
  const all = [...before, [over.time ?? now, over.value ?? 30] as [number, number]]
  let flags = 0
  for (const [time, value] of all) {
    const b = appendReading(readingBatch(1), point, time, 0, value, over.flags ?? 0, 0)
    flags = flagsOf(t, b, 0, now, windows)
  }
  return refusedTime(over.time ?? now, now, windows)?.code ?? flags
}

describe("a reading is kept and flagged, or refused with a reason", () => {
  test.each([
    ["good", {}, quality.good],
    ["ahead by 5 minutes", { time: now + future_ms_max }, quality.future],
    ["ahead by more", { time: now + future_ms_max + 1 }, "future"],
    ["90 days old", { time: now - windows.refused_ms }, quality.late],
    ["older", { time: now - windows.refused_ms - 1 }, "too-old"],
    ["an hour old", { time: now - windows.readings_late_ms }, quality.good],
    ["later than an hour", { time: now - windows.readings_late_ms - 1 }, quality.late],
    ["below its range", { value: -0.1 }, quality.range],
    ["above its range", { value: 100.1 }, quality.range],
    [
      "what the device said stays",
      { flags: quality.maintenance | quality.simulated },
      quality.maintenance | quality.simulated,
    ],
  ])("%s", (_name, over, wanted) => expect(judged(over)).toBe(wanted))

  test("rate: over the minutes passed, at least one", () => {
    const before: [number, number][] = [[now - 120_000, 30]]
    expect(judged({ value: 50 }, before)).toBe(0)
    expect(judged({ value: 50.1 }, before)).toBe(quality.rate)
    expect(judged({ value: 41 }, [[now - 1000, 30]])).toBe(quality.rate)
    expect(judged({ value: 90 }, [[now, 30]])).toBe(0)
  })
  test("stuck: after 60 equal values, and never for zero", () => {
    const run = (value: number) =>
      judged(
        { value },
        Array.from({ length: stuck_count }, (_, i) => [now - (stuck_count - i) * 1000, value]),
      )
    expect(run(30)).toBe(quality.stuck)
    expect(run(0)).toBe(0)
  })
  test("a reading that is not newer leaves the trace", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ time: fc.integer({ min: 0, max: 50 }), value: fc.integer() })), (rows) => {
        const t = fresh()
        for (const r of rows)
          flagsOf(t, appendReading(readingBatch(1), point, r.time, 0, r.value, 0, 0), 0, 1e6, windows)
        const newest = rows.reduce(
          (a, r) => (a === null || r.time > a.time ? r : a),
          null as null | { time: number; value: number },
        )
        expect(t.same[point]! > 0 ? { time: t.time[point], value: t.value[point] } : null).toEqual(newest)
      }),
    )
  })
  test("traces grow and keep what they know", () => {
    const t = fresh()
    flagsOf(t, appendReading(readingBatch(1), point, now, 0, 30, 0, 0), 0, now, windows)
    const grown = traces(100, t)
    expect([grown.time[point], grown.value[point], grown.same[point], grown.time.length]).toEqual([now, 30, 1, 100])
  })
  test("a block is judged by its end: two windows of its own", () => {
    const block = (start: number) =>
      appendBlock(blockBatch(), {
        point,
        start,
        sequence: 0,
        rate_hz: 50,
        count: 50,
        encoding: 0,
        scale: 1,
        offset: 0,
        quality: quality.maintenance,
        arrived: 0,
        data: new Uint8Array(100),
      })
    expect(blockFlags(block(now - 1000), 0, now, windows)).toBe(quality.maintenance)
    expect(blockFlags(block(now), 0, now, windows)).toBe(quality.maintenance | quality.future)
    expect(blockFlags(block(now - 601_001), 0, now, windows)).toBe(quality.maintenance | quality.late)
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
