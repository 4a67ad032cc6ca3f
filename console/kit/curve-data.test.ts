import { expect, test } from "vitest"
import { type CurveSeries, gapsOf, ticksOf, timeTicks, valueAt, valueRange, withoutCoarseGaps } from "./curve-data.ts"

const series = (time: number[], value: (number | null)[]): CurveSeries => ({
  key: 1,
  name: "",
  unit: "m",
  time,
  value,
  role: "subject",
})

test("history kept at a coarser interval is drawn through, a real gap in it stays", () => {
  const time = [0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 90, 91, 100]
  const value = [1, null, 2, null, 3, null, 4, null, 5, null, 6, null, 7]
  const out = withoutCoarseGaps(time, value)
  expect(out.value).toEqual([1, 2, 3, 4, 5, null, 6, 7])
  expect(out.time).toEqual([0, 10, 20, 30, 40, 41, 90, 100])
})

test("one gap in dense values stays as it is", () => {
  const time = [0, 1, 2, 3, 10, 11, 12, 13]
  const value = [1, 1, 1, 1, null, 1, 1, 1]
  expect(withoutCoarseGaps(time, value)).toEqual({ time, value })
  expect(gapsOf(series(time, value))).toEqual([{ from: 3, to: 11 }])
})

test("the value axis holds the limit just above, not one that would squeeze the curve", () => {
  const limits = [1, 2.5, 5].map((value) => ({ value, severity: 3 as const, text: "" }))
  const [low, high] = valueRange([series([0, 1], [0, 1.4])], limits)
  expect(low).toBe(0)
  expect(high).toBeGreaterThan(2.5)
  expect(high).toBeLessThan(5)
})

test("ticks are round and the last value counts up to a time", () => {
  expect(ticksOf(0, 3)).toEqual([0, 1, 2, 3])
  expect(valueAt(series([0, 10, 20], [1, null, 3]), 15)).toBe(null)
  expect(valueAt(series([0, 10, 20], [1, 2, 3]), 15)).toBe(2)
  expect(timeTicks(0, 3_600_000, 1_800_000, (t) => t / 60_000)).toEqual([0, 1_800_000, 3_600_000])
})
