import { after, type Strip } from "./strip.ts"
import type { Window } from "./window.ts"

/** What is at hand for one point: a strip, the stretch it stands for, and how near it is to what was asked (0 is it). */
export type Held = { window: Window; strip: Strip; distance: number }
/** A part of a strip to draw: rows first ≤ i < last. */
export type Piece = { strip: Strip; first: number; last: number; window: Window; exact: boolean }

/**
 * Covers a window with what is at hand: the asked tiles first, holes in them with the nearest other zoom, so that there
 * is always something to see while the rest is on its way.
 */
export function cover(held: readonly Held[], w: Window): Piece[] {
  let holes: Window[] = [w]
  const pieces: Piece[] = []
  const near = held.filter((h) => h.window.from < w.to && h.window.to > w.from).sort((a, b) => a.distance - b.distance)
  for (const h of near) {
    if (holes.length === 0) break
    const left: Window[] = []
    for (const hole of holes) {
      const from = Math.max(hole.from, h.window.from)
      const to = Math.min(hole.to, h.window.to)
      if (from >= to) {
        left.push(hole)
        continue
      }
      pieces.push({ ...rowsIn(h.strip, from, to, w), strip: h.strip, window: { from, to }, exact: h.distance === 0 })
      if (hole.from < from) left.push({ from: hole.from, to: from })
      if (to < hole.to) left.push({ from: to, to: hole.to })
    }
    holes = left
  }
  return pieces.sort((a, b) => a.window.from - b.window.from)
}

/** Rows of a stretch; at the window's own edges one row more on either side, so that the line runs off the screen. */
function rowsIn(strip: Strip, from: number, to: number, w: Window): { first: number; last: number } {
  const firstAfter = (time: number) => after(strip.time, time)
  let first = firstAfter(from - strip.step_ms - 1e-6)
  let last = firstAfter(to - 1e-6)
  if (from === w.from && first > 0) first--
  if (to === w.to && last < strip.time.length) last++
  return { first, last }
}

/** Everything of a window is drawn from what was asked for. */
export const isExact = (pieces: readonly Piece[], w: Window, now: number): boolean => {
  const end = Math.min(w.to, now)
  let at = w.from
  for (const piece of pieces) {
    if (!piece.exact || piece.window.from > at + 1e-6) return at >= end
    at = Math.max(at, piece.window.to)
  }
  return at >= end
}

/** Stretches without values between two values, over all pieces: from the last value before to the first after. */
export function gapsIn(pieces: readonly Piece[]): Window[] {
  const gaps: Window[] = []
  let last: number | null = null
  let open = false
  // Where two zooms meet, the coarser one says how far apart values may be.
  let apart = 0
  for (const { strip, first, last: end } of pieces) {
    const most = Math.max(apart, strip.gap_ms, 1.01 * strip.step_ms)
    for (let i = first; i < end; i++) {
      const time = strip.time[i]!
      if (Number.isNaN(strip.mid[i]!)) {
        open = last !== null
        continue
      }
      if (last !== null && time > last && (open || (i === first && time - last > most)))
        gaps.push({ from: last, to: time })
      open = false
      last = time + strip.step_ms
    }
    if (end > first) apart = strip.gap_ms
  }
  return gaps
}

export type ValueAt = { time: number; low: number; mid: number; high: number; quality: number; step_ms: number }

/** The value that held at a time: the last one at or before it, unless a gap lies between. */
export function valueIn(pieces: readonly Piece[], time: number): ValueAt | null {
  for (let p = pieces.length - 1; p >= 0; p--) {
    const { strip, first, last } = pieces[p]!
    const i = Math.min(last, after(strip.time, time)) - 1
    if (i < first) continue
    const mid = strip.mid[i]!
    if (Number.isNaN(mid)) return null
    // After the last row of all, only as long as the next value may take.
    const next_known = i + 1 < last || p + 1 < pieces.length
    if (!next_known && strip.gap_ms > 0 && time - strip.time[i]! > strip.gap_ms + strip.step_ms) return null
    return {
      time: strip.time[i]!,
      low: strip.low[i]!,
      mid,
      high: strip.high[i]!,
      quality: strip.quality[i]!,
      step_ms: strip.step_ms,
    }
  }
  return null
}
