import { expect, test } from "vitest"
import { quality } from "../../model/index.ts"
import type { Piece } from "./cover.ts"
import { flagNames, flagRuns } from "./flags.ts"
import { frequencyAt, frequencyTicks, inkRange, peaksOf, placeOf } from "./spectrum.ts"
import { stripOfCurve } from "./strip.ts"
import { axisRange, digitsOf, valueTicks } from "./value-range.ts"

test("flags of readings in a row make one stretch, simulated data makes none", () => {
  const late = quality.late | quality.simulated
  const strip = stripOfCurve(
    { time: [0, 10, 20, 30, 40], value: [1, 1, 1, 1, 1], quality: [128, late, late, 128, quality.range | late] },
    10,
  )
  const pieces: Piece[] = [{ strip, first: 0, last: 5, window: { from: 0, to: 50 }, exact: true }]
  expect(flagRuns(pieces)).toEqual([
    { name: "late", from: 10, to: 20, count: 2 },
    { name: "range", from: 40, to: 40, count: 1 },
    { name: "late", from: 40, to: 40, count: 1 },
  ])
  expect(flagNames(128)).toEqual([])
})

test("the axis shows near limits and leaves out those that would flatten the curve", () => {
  const [low, high] = axisRange([0, 1.4], [1, 2.5, 50])
  expect(low).toBe(0)
  expect(high).toBeGreaterThan(2.5)
  expect(high).toBeLessThan(5)
  expect(axisRange(null, [])).toEqual([0, 1.1])
})

test("the peaks of a spectrum are found between its lines, strongest first", () => {
  const frequency = Array.from({ length: 200 }, (_, i) => i * 0.1)
  const bump = (hz: number, at: number, high: number) => high / (1 + ((hz - at) / 0.08) ** 2)
  const amplitude = frequency.map((hz) => 0.01 + bump(hz, 1.84, 1) + bump(hz, 7.62, 0.4))
  const [first, second] = peaksOf(frequency, amplitude)
  expect(first!.frequency_hz).toBeCloseTo(1.84, 1)
  expect(second!.frequency_hz).toBeCloseTo(7.62, 1)
  expect(
    peaksOf(
      frequency,
      frequency.map(() => 1),
    ),
  ).toEqual([])
})

test("frequencies have their place on both axes and back", () => {
  for (const log of [false, true])
    for (const hz of [0.1, 1, 12.5, 50]) expect(frequencyAt(placeOf(hz, 0.1, 50, log), 0.1, 50, log)).toBeCloseTo(hz, 9)
  expect(frequencyTicks(0, 25, false)).toEqual([0, 5, 10, 15, 20, 25])
  expect(frequencyTicks(0.1, 10, true)).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10])
})

test("ink begins above the noise and ends at the strongest", () => {
  const [low, high] = inkRange([...Array.from({ length: 90 }, () => 0.001), ...Array.from({ length: 10 }, () => 1)])
  expect([low, high]).toEqual([-60, 0])
  expect(inkRange([])).toEqual([-60, 0])
})

test("value marks are round, some of them on every height, and say as many digits as they need", () => {
  expect(valueTicks(0, 3, 160)).toEqual([0, 1, 2, 3])
  expect(valueTicks(-0.045, 0.045, 90)).toEqual([-0.04, -0.02, 0, 0.02, 0.04])
  expect(digitsOf([0, 0.05, 0.1])).toBe(2)
  expect(digitsOf([200, 300])).toBe(0)
  expect(digitsOf([0])).toBe(0)
})

test("noise of the last digit does not fill the axis", () => {
  const [low, high] = axisRange([10.01, 10.03], [], 0.2)
  expect(high - low).toBeGreaterThan(0.2)
  expect(low).toBeLessThan(9.95)
})
