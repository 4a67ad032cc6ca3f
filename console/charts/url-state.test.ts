import { expect, test } from "vitest"
import { nextCompare, pointsOf, stateOf, windowSearch } from "./url-state.ts"
import { following } from "./window.ts"

test("a fixed window goes into the address and comes back", () => {
  const window = { from: 1_764_000_000_000.25, to: 1_764_000_000_010.75 }
  const search = windowSearch(window, false, 25_200_000)
  expect(stateOf(search).window).toEqual(window)
  const hours = { from: 1_764_000_000_000.4, to: 1_764_003_600_000.2 }
  expect(windowSearch(hours, false, 1)).toEqual({ from: "1764000000000", to: "1764003600000", span: undefined })
})

test("a following window leaves only its span, and nothing where it is the time bar's", () => {
  expect(windowSearch(following(25_200_000, 0), true, 25_200_000)).toEqual({})
  expect(windowSearch(following(60_000, 0), true, 25_200_000)).toEqual({ span: "60000" })
  expect(stateOf({ span: "60000", range: "24h" })).toMatchObject({ window: null, span_ms: 60_000 })
  expect(stateOf({ range: "24h" }).span_ms).toBe(86_400_000)
})

test("what cannot be read falls back", () => {
  expect(stateOf({ from: "x", to: "5", span: "-3", cmp: "9y", lay: "?" })).toEqual({
    points: [],
    window: null,
    span_ms: 25_200_000,
    compare_ms: 0,
    overlay: false,
    map: false,
    spectrum: null,
  })
  expect(stateOf({ from: "100", to: "50" }).window).toBe(null)
  expect(pointsOf("3,3,-1,x,4.5,7")).toEqual([3, 7])
  expect(pointsOf(Array.from({ length: 40 }, (_, i) => i + 1).join())).toHaveLength(12)
})

test("comparing goes round: off, a day, a week, off", () => {
  expect(nextCompare(0)).toBe("1d")
  expect(nextCompare(stateOf({ cmp: "1d" }).compare_ms)).toBe("7d")
  expect(nextCompare(stateOf({ cmp: "7d" }).compare_ms)).toBe(undefined)
})
