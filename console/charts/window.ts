/** The stretch of time that a chart shows, UTC ms; fractions of a millisecond are allowed when zoomed in far. */
export type Window = { from: number; to: number }

const day_ms = 86_400_000
/** From ten milliseconds to a year and a bit, so that the year before can be seen whole. */
export const span_min_ms = 10
export const span_max_ms = 400 * day_ms

export const spanOf = (w: Window): number => w.to - w.from

/** The same centre of attention, a new span: `at` keeps its place on the screen. */
export function zoomAt(w: Window, at: number, factor: number): Window {
  const span = Math.min(span_max_ms, Math.max(span_min_ms, spanOf(w) * factor))
  const share = (at - w.from) / spanOf(w)
  return { from: at - share * span, to: at + (1 - share) * span }
}

export const panBy = (w: Window, ms: number): Window => ({ from: w.from + ms, to: w.to + ms })

/** Two fingers: the times under them at the start stay under them. `a` and `b` are shares of the width, 0 to 1. */
export function pinch(start: Window, a0: number, b0: number, a1: number, b1: number): Window {
  const timeAt = (share: number) => start.from + share * spanOf(start)
  const apart_0 = Math.max(0.02, Math.abs(b0 - a0))
  const apart_1 = Math.max(0.02, Math.abs(b1 - a1))
  const span = Math.min(span_max_ms, Math.max(span_min_ms, (spanOf(start) * apart_0) / apart_1))
  const middle = timeAt((a0 + b0) / 2)
  const from = middle - ((a1 + b1) / 2) * span
  return { from, to: from + span }
}

/** A stretch chosen by dragging, never shorter than what can be shown. */
export function chosen(a: number, b: number): Window {
  const [from, to] = a < b ? [a, b] : [b, a]
  const missing = Math.max(0, span_min_ms - (to - from))
  return { from: from - missing / 2, to: to + missing / 2 }
}

/** Room after the newest time, as a share of the span, so that the newest value does not stick to the edge. */
export const lead_share = 0.02

/** The window that follows `now` at its right edge. */
export const following = (span_ms: number, now: number): Window => {
  const to = now + span_ms * lead_share
  return { from: to - span_ms, to }
}

/**
 * Where a gesture may lead: not past now. A window whose right edge reaches now follows it from then on, with the span
 * it was given.
 */
export function settled(w: Window, now: number): { window: Window; follow: boolean } {
  const span = spanOf(w)
  if (w.to >= now) return { window: following(span, now), follow: true }
  return { window: w, follow: false }
}

/** Keeps a playing time in sight: a window that it leaves moves on by whole spans, so that it is not always in motion. */
export function keepInSight(w: Window, time: number): Window {
  const span = spanOf(w)
  if (time >= w.from && time <= w.to) return w
  const from = time - span * 0.1
  return time > w.to ? { from, to: from + span } : { from: time - span * 0.9, to: time + span * 0.1 }
}
