import { type OrderAction, type OrderClock, orderClockDefaults, orderTransitions } from "../../model/index.ts"

export type OrderEvent = {
  action: string
  city_time: number
  /** Limit of the clock that the action started, ms; absent where the order's own limits hold. */
  limit_ms: number | null
  /** Of an extension. */
  minutes: number | null
}

/** How one clock of an order went. `took_ms` is null while it runs; `late` also when it ran out unfinished. */
export type Step = { took_ms: number | null; limit_ms: number; late: boolean }

/** The clocks that an owner answers for. */
export const ownerClocks = ["accept", "arrive", "handle", "report"] as const satisfies OrderClock[]

/**
 * The clocks of an order from its events, up to the city time `until`. Suspended time does not count, extensions
 * lengthen the limit, a reassignment starts the clock anew, and a clock that ran twice (rework) is late if either was.
 */
export function orderSteps(
  events: readonly OrderEvent[],
  limits: Partial<Record<string, number>>,
  until: number,
): Partial<Record<OrderClock, Step>> {
  const steps: Partial<Record<OrderClock, Step>> = {}
  let run: {
    clock: OrderClock
    started: number
    limit_ms: number
    paused_ms: number
    paused_since: number | null
  } | null = null
  const used = (at: number) =>
    run ? at - run.started - run.paused_ms - (run.paused_since === null ? 0 : at - run.paused_since) : 0
  for (const e of events) {
    const t = orderTransitions[e.action as OrderAction]
    if (!t) continue
    if (run && e.action === "extend") run.limit_ms += (e.minutes ?? 0) * 60_000
    if (run && e.action === "suspend") run.paused_since ??= e.city_time
    if (run && e.action === "resume" && run.paused_since !== null) {
      run.paused_ms += e.city_time - run.paused_since
      run.paused_since = null
    }
    if (t.to === null) continue
    if (run && run.clock === e.action) {
      const took_ms = used(e.city_time)
      steps[run.clock] = {
        took_ms,
        limit_ms: run.limit_ms,
        late: (steps[run.clock]?.late ?? false) || took_ms > run.limit_ms,
      }
    }
    run = t.starts && {
      clock: t.starts,
      started: e.city_time,
      limit_ms: e.limit_ms ?? limits[t.starts] ?? orderClockDefaults[t.starts],
      paused_ms: 0,
      paused_since: null,
    }
  }
  if (run && used(until) > run.limit_ms) steps[run.clock] = { took_ms: null, limit_ms: run.limit_ms, late: true }
  return steps
}
