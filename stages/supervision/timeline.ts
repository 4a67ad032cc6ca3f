import type { App } from "../../platform/app.ts"
import { type Scopes, timelineEvents } from "./store.ts"
import type { TimelineView } from "./views.ts"

const buckets = 120
const events_max = 300
/** Shorter silences of a whole city are not drawn: history may have been kept by the quarter of an hour. */
const gap_ms_min = 20 * 60_000

/** Events and arrivals of [from, to) for the time bar; a gap is a run of buckets without readings, before now. */
export async function timelineView(app: App, scopes: Scopes, from: number, to: number): Promise<TimelineView> {
  const [events, arrivals] = await Promise.all([
    timelineEvents(app.sql.db, scopes, from, to, events_max),
    app.series.arrivals(from, to, buckets),
  ])
  return {
    events,
    arrivals,
    gaps: gapsOf(arrivals, from, Math.min(to, app.clock.now()), (to - from) / buckets, gap_ms_min),
  }
}

/**
 * Runs of time longer than `shortest_ms` without readings in [from, to), from counts per bucket of `width_ms` (a bucket
 * may be absent). The bucket that is filling now is no gap, and what lies before the first reading is none either.
 */
export function gapsOf(
  arrivals: { start: number; count: number }[],
  from: number,
  to: number,
  width_ms: number,
  shortest_ms: number,
) {
  const heard = arrivals.filter((a) => a.count > 0).sort((a, b) => a.start - b.start)
  const gaps: { from: number; to: number }[] = []
  let end: number | null = null
  for (const a of heard) {
    if (end !== null && a.start - end > Math.max(0.5 * width_ms, shortest_ms))
      gaps.push({ from: Math.round(end), to: Math.round(a.start) })
    end = a.start + width_ms
  }
  if (end !== null && to - end >= Math.max(width_ms, shortest_ms) && end >= from)
    gaps.push({ from: Math.round(end), to })
  return gaps
}
