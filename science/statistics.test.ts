import fc from "fast-check"
import { expect, test } from "vitest"
import { cusum, cusumZero, mean, median, quantile, robustSd, theilSen } from "./statistics.ts"

test("medians, quantiles and scatter skip what is no number and resist wild values", () => {
  expect(median([3, 1, Number.NaN, 2])).toBe(2)
  expect(median([])).toBeNaN()
  expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75)
  expect(mean([1, Number.POSITIVE_INFINITY, 3])).toBe(2)
  expect(robustSd([1, 2, 3, 4, 1000])).toBeCloseTo(1.4826)
})

test("a cumulative sum counts what exceeds the allowance and starts anew at zero", () => {
  const run = [3, -1, 0, 4, 5].reduce((s, x, i) => cusum(s, x, 1, i), cusumZero)
  expect(run).toEqual({ sum: 7, steps: 2, total: 9, since: 3 })
})

test("the Theil-Sen line is exact on lines and unmoved by a few wild points", () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 }), (a, b) => {
      const x = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
      const y = x.map((v) => a + b * v)
      y[4] = 1e6
      const line = theilSen(x, y)!
      expect(line.slope).toBeCloseTo(b, 6)
      expect(line.at0).toBeCloseTo(a, 6)
    }),
  )
  expect(theilSen([1, 1], [2, 3])).toBe(null)
})
