import { expect, test } from "vitest"
import { sourceOf } from "./source.ts"
import { tileSpan, tilesFor, tileValues, tileWindow } from "./tiles.ts"

const hour = 3_600_000
const day = 24 * hour
const slow = { interval_ms: 60_000, waveform: false }
const wave = { interval_ms: 1000, waveform: true }

test("the further out the coarser: readings, quarters, hours, days", () => {
  const at = (span: number) => sourceOf(slow, span, 1000)
  expect([hour, day, 2 * day, 5 * day, 60 * day, 365 * day].map(at)).toEqual(["raw", "raw", "raw", "15min", "1h", "1d"])
})

test("a slow point is never asked for a roll-up finer than its interval, a fast one has minutes", () => {
  expect(sourceOf({ interval_ms: 3_600_000, waveform: false }, 30 * day, 1000)).toBe("raw")
  expect(sourceOf({ interval_ms: 1000, waveform: false }, 12 * hour, 1000)).toBe("1min")
})

test("a waveform is always asked of the waveform's own route, which answers samples or an envelope", () => {
  expect([10, hour, 365 * day].map((span) => sourceOf(wave, span, 1000))).toEqual(["wave", "wave", "wave"])
})

test("tiles cover the window without holes and are met again after a small move", () => {
  for (const span of [10, 900, 60_000, hour, 7 * hour, 3 * day]) {
    const from = 1_764_000_123_456.5
    const { seen, beside } = tilesFor("wave", { from, to: from + span }, from + span)
    expect(tileWindow(seen[0]!).from).toBeLessThanOrEqual(from)
    expect(tileWindow(seen.at(-1)!).to).toBeGreaterThanOrEqual(from + span)
    seen.forEach((t, i) => {
      if (i > 0) expect(t.index).toBe(seen[i - 1]!.index + 1)
    })
    expect(seen.length).toBeLessThanOrEqual(5)
    const moved = tilesFor("wave", { from: from + span * 0.01, to: from + span * 1.01 }, from + span * 2).seen
    expect(moved.some((t) => seen.some((s) => s.index === t.index && s.span_ms === t.span_ms))).toBe(true)
    expect(beside.every((b) => seen.every((s) => s.index !== b.index))).toBe(true)
  }
})

test("no tile that begins after now is asked for; few sizes of answers", () => {
  const { seen, beside } = tilesFor("raw", { from: 0, to: 4 * hour }, 100_000)
  for (const t of [...seen, ...beside]) expect(tileWindow(t).from).toBeLessThanOrEqual(100_000)
  expect(tileSpan("1h", 60 * day)).toBe(512 * hour)
  expect(tileValues(hour, 2 * hour, 700)).toBe(800)
  expect(tileValues(hour, 2 * hour, 1500)).toBe(1600)
})
