import type { Words } from "./result.ts"
import type { Role } from "./roles.ts"

export const orderStates = ["assigned", "accepted", "arrived", "handling", "reported", "rechecked", "closed"] as const
export type OrderState = (typeof orderStates)[number]

/** Time a work order may spend before the action that leaves the state; from the playbook or these defaults (ms of city time). */
export type OrderClock = "accept" | "arrive" | "handle" | "report" | "recheck" | "close"

export type OrderTransition = {
  from: readonly OrderState[]
  /** null: an event that acts on the clock and keeps the state. */
  to: OrderState | null
  roles: readonly Role[]
  /** Clock that starts when the state is entered. */
  starts: OrderClock | null
  /** What must come with the action. */
  needs: readonly ("note" | "photo" | "minutes" | "reading_normal")[]
}

/** The work order's transition table; nothing sets a state but through it. */
export const orderTransitions = {
  assign: { from: [], to: "assigned", roles: ["duty_officer", "duty_leader"], starts: "accept", needs: [] },
  accept: {
    from: ["assigned"],
    to: "accepted",
    roles: ["owner_dispatcher", "field_crew"],
    starts: "arrive",
    needs: [],
  },
  arrive: { from: ["accepted"], to: "arrived", roles: ["owner_dispatcher", "field_crew"], starts: "handle", needs: [] },
  handle: { from: ["arrived"], to: "handling", roles: ["owner_dispatcher", "field_crew"], starts: "report", needs: [] },
  report: {
    from: ["handling"],
    to: "reported",
    roles: ["owner_dispatcher", "field_crew"],
    starts: "recheck",
    needs: ["note", "photo"],
  },
  recheck: {
    from: ["reported"],
    to: "rechecked",
    roles: ["duty_officer", "analyst", "duty_leader"],
    starts: "close",
    needs: ["reading_normal"],
  },
  rework: {
    from: ["reported", "rechecked"],
    to: "handling",
    roles: ["duty_officer", "analyst", "duty_leader"],
    starts: "report",
    needs: ["note"],
  },
  close: { from: ["rechecked"], to: "closed", roles: ["duty_officer", "duty_leader"], starts: null, needs: [] },
  return: { from: ["assigned"], to: null, roles: ["owner_dispatcher"], starts: null, needs: ["note"] },
  reassign: {
    from: ["assigned", "accepted"],
    to: "assigned",
    roles: ["duty_officer", "duty_leader"],
    starts: "accept",
    needs: ["note"],
  },
  extend: {
    from: ["assigned", "accepted", "arrived", "handling"],
    to: null,
    roles: ["duty_officer", "duty_leader"],
    starts: null,
    needs: ["note", "minutes"],
  },
  suspend: {
    from: ["accepted", "arrived", "handling"],
    to: null,
    roles: ["duty_officer", "duty_leader"],
    starts: null,
    needs: ["note"],
  },
  resume: {
    from: ["accepted", "arrived", "handling"],
    to: null,
    roles: ["duty_officer", "duty_leader"],
    starts: null,
    needs: [],
  },
  urge: {
    from: ["assigned", "accepted", "arrived", "handling"],
    to: null,
    roles: ["duty_officer", "duty_leader"],
    starts: null,
    needs: [],
  },
  escalate: {
    from: ["assigned", "accepted", "arrived", "handling", "reported"],
    to: null,
    roles: [],
    starts: null,
    needs: [],
  },
} as const satisfies Record<string, OrderTransition>

export type OrderAction = keyof typeof orderTransitions

export const orderStateNames: Record<OrderState, Words> = {
  assigned: { zh: "派发", en: "Assigned" },
  accepted: { zh: "签收", en: "Accepted" },
  arrived: { zh: "到场", en: "Arrived" },
  handling: { zh: "处置", en: "Handling" },
  reported: { zh: "反馈", en: "Reported" },
  rechecked: { zh: "复核", en: "Rechecked" },
  closed: { zh: "关闭", en: "Closed" },
}

/** Clocks not set by a playbook, ms of city time (editable defaults, no standard). */
export const orderClockDefaults: Record<OrderClock, number> = {
  accept: 10 * 60_000,
  arrive: 30 * 60_000,
  handle: 60 * 60_000,
  report: 6 * 3_600_000,
  recheck: 60 * 60_000,
  close: 60 * 60_000,
}

/** The re-measurement is normal after this many consecutive readings without an open alarm condition. */
export const recheck_readings_min = 3

/** What each event of a work order is called in its history; photos and remarks are events too. */
export const orderActionNames: Record<OrderAction | "note" | "photo", Words> = {
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

/** The words for an event of a work order's history. */
export const orderActionName = (action: string): Words =>
  (orderActionNames as Record<string, Words>)[action] ?? { zh: action, en: action }
