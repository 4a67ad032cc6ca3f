import { expect, test } from "vitest"
import { spanText, stepOf, ticksIn } from "./axis.ts"

const utc_plus_8 = (t: number) => (Math.floor(t / 60_000) + 480) % 1440
const at = Date.UTC(2026, 10, 23, 16, 0, 0) // midnight of 24 November in a city at UTC+8

test("steps go from a millisecond to months", () => {
  expect(stepOf(10, 1000)).toEqual({ ms: 1 })
  expect(stepOf(1000, 1000)).toEqual({ ms: 100 })
  expect(stepOf(60_000, 1000)).toEqual({ ms: 10_000 })
  expect(stepOf(25_200_000, 1000)).toEqual({ ms: 3_600_000 })
  expect(stepOf(365 * 86_400_000, 1000)).toEqual({ months: 2 })
})

test("marks stand on the city's round times", () => {
  const w = { from: at - 13 * 3_600_000, to: at + 3 * 3_600_000 }
  expect(ticksIn(w, { ms: 6 * 3_600_000 }, utc_plus_8)).toEqual([at - 12 * 3_600_000, at - 6 * 3_600_000, at])
  const year = ticksIn({ from: at - 90 * 86_400_000, to: at }, { months: 1 }, utc_plus_8)
  expect(year.map((t) => new Date(t + 8 * 3_600_000).toISOString())).toEqual([
    "2026-09-01T00:00:00.000Z",
    "2026-10-01T00:00:00.000Z",
    "2026-11-01T00:00:00.000Z",
  ])
})

test("milliseconds have marks of their own", () => {
  expect(ticksIn({ from: at + 0.4, to: at + 5.5 }, { ms: 1 }, utc_plus_8).map((t) => t - at)).toEqual([1, 2, 3, 4, 5])
})

test("spans are said in the unit they have", () => {
  expect([10, 850, 12_000, 1_440_000, 25_200_000, 259_200_000].map(spanText)).toEqual([
    "10 ms",
    "850 ms",
    "12 s",
    "24 min",
    "7 h",
    "3 d",
  ])
})
