import { type OrderState, orderClockDefaults, orderStates } from "../../model/index.ts"
import type { OrderRecord } from "./store.ts"

const half_hour_ms = 30 * 60_000

/** Counts and rates of the orders given: every rate as numerator and denominator. Times are city time, ms. */
export function summarise(orders: readonly OrderRecord[], now: number, time_zone: string) {
  const open = orders.filter((o) => o.state !== "closed")
  const due = (o: OrderRecord) =>
    o.suspended_at === null && o.clock_ends_at !== null ? o.clock_ends_at : Number.POSITIVE_INFINITY
  // A step is on time when the state it ended was left within its limit.
  const steps = orders.flatMap((o) =>
    o.track.slice(0, -1).map((t, i) => ({ took: o.track[i + 1]!.entered_at - t.entered_at, limit: t.limit_ms })),
  )
  const timed = steps.filter((s) => s.limit !== null)
  const arrivals = orders.flatMap((o) => {
    const accepted = o.track.find((t) => t.state === "accepted")
    const arrived = o.track.find((t) => t.state === "arrived")
    return accepted && arrived ? [arrived.entered_at - accepted.entered_at] : []
  })
  const today = day(now, time_zone)
  const leaving: Record<OrderState, keyof typeof orderClockDefaults | null> = {
    assigned: "accept",
    accepted: "arrive",
    arrived: "handle",
    handling: "report",
    reported: "recheck",
    rechecked: "close",
    closed: null,
  }
  return {
    overdue: open.filter((o) => due(o) < now).length,
    due_30min: open.filter((o) => due(o) >= now && due(o) < now + half_hour_ms).length,
    open: open.length,
    closed_today: orders.filter((o) => o.closed_at !== null && day(o.closed_at, time_zone) === today).length,
    on_time: { numerator: timed.filter((s) => s.took <= s.limit!).length, denominator: timed.length },
    returned: { numerator: orders.filter((o) => o.marks.includes("returned")).length, denominator: orders.length },
    arrive_ms_median: median(arrivals),
    by_state: orderStates.map((state) => ({
      state,
      count: open.filter((o) => o.state === state).length,
      limit_ms: leaving[state] ? orderClockDefaults[leaving[state]] : null,
    })),
  }
}

const day = (time: number, time_zone: string) => new Intl.DateTimeFormat("en-CA", { timeZone: time_zone }).format(time)

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : Math.round((sorted[half - 1]! + sorted[half]!) / 2)
}
