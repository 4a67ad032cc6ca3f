import type { Lifeline } from "../../lifelines/contract.ts"
import {
  type OrderAction,
  type OrderClock,
  orderClockDefaults,
  orderTransitions,
  type Problem,
  problem,
  type Severity,
} from "../../model/index.ts"
import type { OrderRecord } from "./store.ts"

/** Clock limits of an order from the lifeline's playbook for its severity; what it does not say is a default. */
export function limitsOf(lifeline: Lifeline | undefined, severity: Severity): Record<OrderClock, number> {
  const p = lifeline?.playbooks.find((x) => x.on === severity)
  return p
    ? { ...orderClockDefaults, accept: p.accept_ms, arrive: p.arrive_ms, handle: p.handle_ms, report: p.report_ms }
    : { ...orderClockDefaults }
}

export type Facts = { photos: number; normal: { count: number; needed: number } }
export type Body = { note?: string; minutes?: number; owner_id?: number }

/** Why an action on an order is not possible now, or null; the table in model/ decides. */
export function orderRefusal(
  o: OrderRecord,
  action: OrderAction,
  roles: readonly string[],
  body: Body | null,
  facts: Facts | null,
): Problem | null {
  const rule = orderTransitions[action]
  if (!(rule.roles as readonly string[]).some((r) => roles.includes(r)))
    return problem("wrong-role", 403, "您的角色不能进行此操作", "Your role cannot do this")
  if (!(rule.from as readonly string[]).includes(o.state))
    return problem("wrong-state", 409, "工单状态已变化，请刷新", "The work order has moved on; reload", {
      field: "state",
      value: o.state,
    })
  const suspended = o.suspended_at !== null
  if (action === "resume" ? !suspended : suspended && action !== "reassign" && action !== "urge") {
    return problem(
      "suspended",
      409,
      suspended ? "工单已挂起，请先恢复" : "工单未挂起",
      suspended ? "The order is suspended; resume it first" : "The order is not suspended",
    )
  }
  const needs = rule.needs as readonly string[]
  if (body !== null) {
    if (needs.includes("note") && !body.note?.trim())
      return problem("note-needed", 400, "请填写说明", "Write a note", { field: "note" })
    if (needs.includes("minutes") && !body.minutes)
      return problem("minutes-needed", 400, "请填写延长的分钟数", "Say by how many minutes", { field: "minutes" })
  }
  if (facts !== null) {
    if (needs.includes("photo") && facts.photos === 0)
      return problem("photo-needed", 409, "请先上传至少一张现场照片", "Upload at least one photo first", {
        field: "photo",
      })
    if (needs.includes("reading_normal") && facts.normal.count < facts.normal.needed) {
      return problem(
        "not-normal",
        409,
        `复测尚未连续正常（${facts.normal.count}/${facts.normal.needed}），请稍候或退回重做`,
        `The re-measurement is not normal yet (${facts.normal.count}/${facts.normal.needed}); wait, or send it back`,
        { field: "reading" },
      )
    }
  }
  return null
}

export const orderActionsNow = (o: OrderRecord, roles: readonly string[], facts: Facts): OrderAction[] =>
  (Object.keys(orderTransitions) as OrderAction[]).filter(
    (a) => orderTransitions[a].roles.length > 0 && a !== "assign" && orderRefusal(o, a, roles, null, facts) === null,
  )

/** The order after an action: state, clock and marks, all from the table. Times are city time, ms. */
export function moved(o: OrderRecord, action: OrderAction, body: Body, now: number): OrderRecord {
  const rule = orderTransitions[action]
  const next = { ...o, marks: [...o.marks] }
  const mark = (name: string) => {
    if (!next.marks.includes(name)) next.marks.push(name)
  }
  if (rule.to !== null) {
    next.state = rule.to
    next.escalated_at = null
    const clock = rule.starts as OrderClock | null
    next.clock = clock
    next.clock_starts_at = clock ? now : null
    next.clock_ends_at = clock ? now + o.limits[clock] : null
    if (rule.to === "closed") next.closed_at = now
    // A new state begins with a running clock: a suspended order that is reassigned could else never be resumed.
    next.suspended_at = null
    next.marks = next.marks.filter((m) => m !== "suspended")
  }
  if (action === "reassign" && body.owner_id) {
    next.owner_id = body.owner_id
    next.marks = next.marks.filter((m) => m !== "returned")
  }
  if (action === "return") mark("returned")
  if (action === "rework") mark("rework")
  if (action === "urge") mark("urged")
  if (action === "escalate") {
    mark("escalated")
    next.escalated_at = now
  }
  if (action === "extend" && o.clock_ends_at !== null) {
    mark("extended")
    next.clock_ends_at = o.clock_ends_at + body.minutes! * 60_000
    if (next.clock_ends_at > now) next.escalated_at = null
  }
  if (action === "suspend") {
    mark("suspended")
    next.suspended_at = now
  }
  if (action === "resume" && o.suspended_at !== null) {
    next.marks = next.marks.filter((m) => m !== "suspended")
    // The clock stood still meanwhile.
    if (o.clock_ends_at !== null) next.clock_ends_at = o.clock_ends_at + (now - o.suspended_at)
    next.suspended_at = null
  }
  return next
}
