import fc from "fast-check"
import { expect, test } from "vitest"
import { columnsOf, rangeOf } from "./columns.ts"
import { cover, gapsIn, isExact, type Piece, valueIn } from "./cover.ts"
import { upTo } from "./pane-data.ts"
import { stripOfBuckets, stripOfCurve, stripOfRuns } from "./strip.ts"

const whole = (strip: ReturnType<typeof stripOfCurve>): Piece[] => [
  { strip, first: 0, last: strip.time.length, window: { from: 0, to: 1e9 }, exact: true },
]

test("a curve's nulls are gaps, from the last value before to the first after", () => {
  const strip = stripOfCurve({ time: [0, 10, 20, 100, 110], value: [1, 2, null, 3, 4], quality: [0, 0, 0, 16, 0] }, 10)
  expect(gapsIn(whole(strip))).toEqual([{ from: 10, to: 100 }])
  expect(valueIn(whole(strip), 50)).toBe(null)
  expect(valueIn(whole(strip), 105)).toMatchObject({ time: 100, mid: 3, quality: 16 })
})

test("a value holds until the next may come, not for ever", () => {
  const strip = stripOfCurve({ time: [0, 10, 20, 30, 40], value: [1, 2, 3, 4, 5], quality: [] }, 10)
  expect(valueIn(whole(strip), 60)?.mid).toBe(5)
  expect(valueIn(whole(strip), 200)).toBe(null)
  expect(valueIn(whole(strip), -1)).toBe(null)
})

test("missing buckets of a roll-up are a gap, neighbouring ones are not", () => {
  const rows = {
    start: [0, 60, 120, 300],
    min: [0, 1, 2, 3],
    max: [4, 5, 6, 7],
    mean: [2, 3, 4, 5],
    quality: [0, 0, 0, 0],
  }
  const strip = stripOfBuckets(rows, 60, 10)
  expect(gapsIn(whole(strip))).toEqual([{ from: 180, to: 300 }])
  expect(valueIn(whole(strip), 130)).toMatchObject({ low: 2, mid: 4, high: 6, step_ms: 60 })
  expect(rangeOf(whole(strip))).toEqual([0, 7])
})

test("runs of samples keep exact times; runs that do not meet leave a gap", () => {
  const strip = stripOfRuns([
    { start: 1000, rate_hz: 100, values: [1, 2, 3], quality: 0 },
    { start: 1030, rate_hz: 100, values: [4], quality: 0 },
    { start: 2000, rate_hz: 100, values: [5, 6], quality: 1 },
  ])
  expect(gapsIn(whole(strip))).toEqual([{ from: 1030, to: 2000 }])
  expect(valueIn(whole(strip), 1015)).toMatchObject({ time: 1010, mid: 2 })
  expect(valueIn(whole(strip), 2010)).toMatchObject({ mid: 6, quality: 1 })
})

test("no peak is lost in the columns, wherever it falls", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 400 }),
      (values) => {
        const strip = stripOfRuns([{ start: 0, rate_hz: 1000, values, quality: 0 }])
        const columns = columnsOf(whole(strip)[0]!, 37, (t) => (t / values.length) * 37)
        const low = Math.min(...columns.low.filter((v) => !Number.isNaN(v)))
        const high = Math.max(...columns.high.filter((v) => !Number.isNaN(v)))
        expect([low, high]).toEqual([Math.min(...values), Math.max(...values)])
      },
    ),
  )
})

test("holes in the asked zoom are filled with the nearest other one, nothing is drawn twice", () => {
  const strip = (from: number, to: number, step: number) =>
    stripOfRuns([
      {
        start: from,
        rate_hz: 1000 / step,
        values: Array.from({ length: (to - from) / step }, (_, i) => i),
        quality: 0,
      },
    ])
  const held = [
    { window: { from: 0, to: 1000 }, strip: strip(0, 1000, 100), distance: 3 },
    { window: { from: 200, to: 400 }, strip: strip(200, 400, 10), distance: 0 },
    { window: { from: 400, to: 700 }, strip: strip(400, 700, 50), distance: 1 },
  ]
  const w = { from: 100, to: 900 }
  const pieces = cover(held, w)
  expect(pieces.map((p) => [p.window.from, p.window.to, p.exact])).toEqual([
    [100, 200, false],
    [200, 400, true],
    [400, 700, false],
    [700, 900, false],
  ])
  expect(isExact(pieces, w, 900)).toBe(false)
  expect(isExact(cover(held, { from: 210, to: 390 }), { from: 210, to: 390 }, 900)).toBe(true)
  expect(gapsIn(pieces)).toEqual([])
})

test("nothing after a played time is shown", () => {
  const strip = stripOfCurve({ time: [0, 10, 20, 30], value: [1, 2, 3, 4], quality: [] }, 10)
  const [piece] = upTo(whole(strip), 15)
  expect([piece!.first, piece!.last]).toEqual([0, 2])
})

test("two tiles that meet are joined, two that leave too long a time between are a gap", () => {
  const near = stripOfCurve({ time: [0, 10, 20, 30], value: [1, 1, 1, 1], quality: [] }, 10)
  const next = stripOfCurve({ time: [40, 50, 60, 70], value: [1, 1, 1, 1], quality: [] }, 10)
  const far = stripOfCurve({ time: [140, 150, 160, 170], value: [1, 1, 1, 1], quality: [] }, 10)
  const two = (b: typeof next): Piece[] => [
    { strip: near, first: 0, last: 4, window: { from: 0, to: 40 }, exact: true },
    { strip: b, first: 0, last: 4, window: { from: 40, to: 200 }, exact: true },
  ]
  expect(gapsIn(two(next))).toEqual([])
  expect(gapsIn(two(far))).toEqual([{ from: 30, to: 140 }])
})
