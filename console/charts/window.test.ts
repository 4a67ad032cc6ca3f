import fc from "fast-check"
import { expect, test } from "vitest"
import {
  chosen,
  following,
  keepInSight,
  lead_share,
  panBy,
  pinch,
  settled,
  span_max_ms,
  span_min_ms,
  spanOf,
  zoomAt,
} from "./window.ts"

const now = 1_764_000_000_000

test("zooming keeps the time under the cursor in its place, whatever the factor", () => {
  fc.assert(
    fc.property(
      fc.double({ min: span_min_ms * 10, max: span_max_ms / 10, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.2, max: 5, noNaN: true }),
      (span, share, factor) => {
        const w = { from: now, to: now + span }
        const at = w.from + share * span
        const next = zoomAt(w, at, factor)
        expect((at - next.from) / spanOf(next)).toBeCloseTo(share, 3)
        expect(spanOf(next) / (span * factor)).toBeCloseTo(1, 4)
      },
    ),
  )
})

test("the span stays between ten milliseconds and a year and a bit", () => {
  expect(spanOf(zoomAt({ from: now, to: now + 20 }, now + 5, 0.001))).toBeCloseTo(span_min_ms, 2)
  expect(spanOf(zoomAt({ from: 0, to: span_max_ms / 2 }, 0, 1000))).toBe(span_max_ms)
})

test("a window that reaches now follows it with its span; one before stays where it is", () => {
  const past = { from: now - 7200_000, to: now - 3600_000 }
  expect(settled(past, now)).toEqual({ window: past, follow: false })
  const over = settled(panBy(past, 3_700_000), now)
  expect(over.follow).toBe(true)
  expect(spanOf(over.window)).toBe(3_600_000)
  expect(over.window.to).toBe(now + 3_600_000 * lead_share)
  expect(following(1000, now).to - now).toBeCloseTo(20, 6)
})

test("two fingers keep the times under them", () => {
  const w = { from: 0, to: 1000 }
  const next = pinch(w, 0.25, 0.75, 0, 1)
  expect(next).toEqual({ from: 250, to: 750 })
  expect(pinch(w, 0.2, 0.4, 0.5, 0.7)).toEqual({ from: expect.closeTo(-300, 6), to: expect.closeTo(700, 6) })
})

test("a chosen stretch is in order and never shorter than can be shown", () => {
  expect(chosen(500, 100)).toEqual({ from: 100, to: 500 })
  expect(spanOf(chosen(100, 102))).toBe(span_min_ms)
})

test("a played time that leaves the window takes it along, one inside does not", () => {
  const w = { from: 0, to: 100 }
  expect(keepInSight(w, 50)).toBe(w)
  expect(keepInSight(w, 130)).toEqual({ from: 120, to: 220 })
  expect(keepInSight(w, -30)).toEqual({ from: -120, to: -20 })
})
