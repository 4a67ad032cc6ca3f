import { orderActionName } from "../../model/index.ts"
import { orderClock } from "../warning/index.ts"
import type { OrderRecord } from "./store.ts"

/** A work order as the strips show it: each state entered, what it took and its limit. */
export function orderRow(o: OrderRecord, now: number) {
  return {
    id: o.id,
    code: o.code,
    warning_id: o.warning_id,
    warning_code: o.warning_code,
    incident_id: o.incident_id,
    severity: o.severity,
    lifeline: o.lifeline,
    title: o.title,
    place: o.place,
    lon_lat: o.lon === null || o.lat === null ? null : ([o.lon, o.lat] as [number, number]),
    owner: o.owner,
    owner_id: o.owner_id,
    state: o.state,
    track: o.track.map((t, i) => ({
      ...t,
      took_ms: o.track[i + 1] ? o.track[i + 1]!.entered_at - t.entered_at : null,
    })),
    clock: orderClock(o.clock, o.clock_starts_at, o.clock_ends_at),
    overdue: o.clock_ends_at !== null && o.suspended_at === null && o.clock_ends_at < now && o.state !== "closed",
    suspended: o.suspended_at !== null,
    marks: o.marks,
    assigned_at: o.assigned_at,
    closed_at: o.closed_at,
  }
}

export const eventRow = (e: {
  action: string
  to_state: string | null
  actor: string
  city_time: number
  note: string | null
  detail: unknown
}) => ({
  time: e.city_time,
  actor: e.actor === "system" ? "系统" : e.actor,
  action: e.action,
  words: orderActionName(e.action),
  detail: { note: e.note, ...(e.detail as object) },
})
