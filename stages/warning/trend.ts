import type { CityClock } from "../../platform/clock/index.ts"
import type { Series } from "../../platform/series/index.ts"

const window_ms = 15 * 60_000
const cache_ms = 4000
const cached_max = 5000

/** Whether points rose (+1) or fell (−1) over the last quarter of an hour, by more than 2 % of their size. */
export function createTrends(series: Series, clock: CityClock) {
  const cache = new Map<number, { trend: number; until: number }>()
  return async (points: number[], at?: number): Promise<Map<number, number>> => {
    const wall = clock.wall()
    if (cache.size > cached_max) cache.clear()
    const wanted = [...new Set(points)].filter((p) => at !== undefined || (cache.get(p)?.until ?? 0) < wall)
    const fresh = new Map<number, number>()
    if (wanted.length > 0) {
      const now = at ?? clock.now()
      const [late, early] = await Promise.all([
        series.at(wanted, now, 2 * window_ms),
        series.at(wanted, now - window_ms, 2 * window_ms),
      ])
      const before = new Map(early.map((l) => [l.point, l.value]))
      for (const p of wanted) {
        const a = before.get(p)
        const b = late.find((l) => l.point === p)?.value
        const change = a === undefined || b === undefined ? 0 : b - a
        fresh.set(
          p,
          Math.abs(change) > 0.02 * Math.max(Math.abs(a ?? 0), Math.abs(b ?? 0), 0.01) ? Math.sign(change) : 0,
        )
      }
      if (at === undefined) for (const [p, trend] of fresh) cache.set(p, { trend, until: wall + cache_ms })
    }
    return new Map(points.map((p) => [p, fresh.get(p) ?? cache.get(p)?.trend ?? 0]))
  }
}
