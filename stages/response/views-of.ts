import { orderStateNames, type OrderState, orderTransitions, type Words } from "../../model/index.ts"
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
    track: o.track.map((t, i) => ({ ...t, took_ms: o.track[i + 1] ? o.track[i + 1]!.entered_at - t.entered_at : null })),
    clock: orderClock(o.clock, o.clock_starts_at, o.clock_ends_at),
    overdue: o.clock_ends_at !== null && o.suspended_at === null && o.clock_ends_at < now && o.state !== "closed",
    suspended: o.suspended_at !== null,
    marks: o.marks,
    assigned_at: o.assigned_at,
    closed_at: o.closed_at,
  }
}

const actionWords: Record<string, Words> = {
  assign: { zh: "派发", en: "Assigned" },
  accept: { zh: "签收", en: "Accepted" },
  arrive: { zh: "到场", en: "Arrived" },
  handle: { zh: "开始处置", en: "Handling" },
  report: { zh: "反馈", en: "Reported" },
  recheck: { zh: "复核通过", en: "Rechecked" },
  rework: { zh: "退回重做", en: "Sent back" },
  close: { zh: "关闭", en: "Closed" },
  return: { zh: "退单", en: "Returned" },
  reassign: { zh: "改派", en: "Reassigned" },
  extend: { zh: "延期", en: "Extended" },
  suspend: { zh: "挂起", en: "Suspended" },
  resume: { zh: "恢复", en: "Resumed" },
  urge: { zh: "催办", en: "Urged" },
  escalate: { zh: "超时升级", en: "Escalated: overdue" },
  note: { zh: "说明", en: "Remark" },
  photo: { zh: "上传照片", en: "Photo" },
}

export const eventRow = (e: { action: string; to_state: string | null; actor: string; city_time: number; note: string | null; detail: unknown }) => ({
  time: e.city_time,
  actor: e.actor === "system" ? "系统" : e.actor,
  action: e.action,
  words: actionWords[e.action] ?? { zh: e.action, en: e.action },
  detail: { note: e.note, ...(e.detail as object) },
})

export const stateName = (s: OrderState): Words => orderStateNames[s]
/** The action that leaves a state on the straight way, by its clock. */
export const actionNames = actionWords
export const isAction = (name: string): name is keyof typeof orderTransitions => Object.hasOwn(orderTransitions, name)
