import type { Scope } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { nowCounts, type Scopes } from "./store.ts"
import type { NowView } from "./views.ts"
import { dateOf, dayBounds } from "./zone.ts"

/** What the wiring knows and no table holds. */
export type Sources = {
  /** Readings a second of wall time, one number per 5 s, newest last. */
  arriving(): number[]
  devices(scopes: Scope[]): { online: number; total: number }
  late(): { numerator: number; denominator: number }
  province(): NowView["province"]
}

const shift_ms = 8 * 3_600_000

/** Start of the running shift: three shifts of eight hours from midnight of the city's zone (editable by nobody yet). */
export function shiftStart(now: number, zone: string): number {
  const { from } = dayBounds(dateOf(now, zone), zone)
  return from + Math.floor((now - from) / shift_ms) * shift_ms
}

/** The city's state in one line, for one set of scopes. */
export async function nowView(app: App, sources: Sources, scopes: Scopes): Promise<NowView> {
  const now = app.clock.now()
  const n = await nowCounts(app.sql.db, scopes, now, shiftStart(now, app.settings.time_zone))
  return {
    city_time: now,
    wall_time: app.clock.wall(),
    clock: { mode: app.clock.mode, speed: app.clock.speed(), paused: app.clock.paused() },
    alarms: n.by_severity,
    clocks: { running: n.running, next_ends_at: n.next_ends_at, overdue: n.overdue },
    arriving: sources.arriving(),
    devices: sources.devices(scopes.devices),
    province: sources.province(),
    badges: { analysis: n.verdicts, warning: n.to_approve, response: n.orders },
    troubles: app.troubles.list(),
    shift: {
      alarms: n.shift_alarms,
      verdict_ms_median: n.verdict_ms_median,
      on_time: { numerator: n.judged_on_time, denominator: n.judged_due },
    },
    late: sources.late(),
  }
}
