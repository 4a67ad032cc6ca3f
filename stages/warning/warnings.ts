import {
  approve_ms,
  expire_ms,
  ProblemError,
  problem,
  require,
  type WarningAction,
  warningTransitions,
} from "../../model/index.ts"
import type { Caller } from "../../platform/http/index.ts"
import type { Tx } from "../../platform/sql/index.ts"
import { dayCode } from "./codes.ts"
import * as store from "./store.ts"
import type { Moment } from "./verdict.ts"

/** Why an action on a warning is not possible now, or null; the table in model/ decides. */
export function warningRefusal(
  w: Pick<store.WarningRecord, "state" | "submitted_by_id" | "drafted_by_id" | "written_by_id">,
  action: WarningAction,
  caller: Pick<Caller, "id" | "grants">,
) {
  const rule = warningTransitions[action]
  if (!(rule.roles as readonly string[]).some((r) => caller.grants.some((g) => g.role === r))) {
    return problem("wrong-role", 403, "您的角色不能进行此操作", "Your role cannot do this")
  }
  if (!(rule.from as readonly string[]).includes(w.state)) {
    return problem("wrong-state", 409, "预警状态已变化，请刷新", "The warning has moved on; reload", {
      field: "state",
      value: w.state,
    })
  }
  if ("other_than" in rule && [w.submitted_by_id, w.drafted_by_id, w.written_by_id].includes(caller.id)) {
    return problem("same-person", 409, "起草人和签发人不能是同一人", "The person who drafted cannot approve", {
      field: "signed_by",
    })
  }
  return null
}

export const warningActionsNow = (w: store.WarningRecord, caller: Caller): WarningAction[] =>
  (Object.keys(warningTransitions) as WarningAction[]).filter(
    (a) => a !== "draft" && a !== "expire" && warningRefusal(w, a, caller) === null,
  )

/** Drafts a warning on a confirmed alarm: version 1, signed by the drafter. */
export async function draftWarning(
  tx: Tx,
  alarm: store.AlarmRecord,
  content: store.Content,
  caller: Caller,
  at: Moment,
): Promise<number> {
  require(alarm.verdict === "real" && alarm.incident_id !== null, problem(
    "not-confirmed",
    409,
    "请先确认报警属实，再起草预警",
    "Confirm the alarm as real first",
    { field: "verdict", value: alarm.verdict },
  ))
  require(alarm.warning_id === null || alarm.warning_state === "lifted" || alarm.warning_state === "expired", problem(
    "warning-exists",
    409,
    "该事件已有预警，请在原预警上更新",
    "This incident has a warning; update that one",
    { field: "warning_id", value: alarm.warning_id },
  ))
  require(await store.organisation(tx, content.owner_id), problem(
    "unknown-owner",
    400,
    "没有这个权属单位",
    "No such owner",
    { field: "owner_id", value: content.owner_id },
  ))
  const code = await store.nextCode(tx, dayCode("YJ", at), "warning_warning")
  const id = await store.insertWarning(tx, {
    code,
    incident_id: alarm.incident_id,
    alarm_id: alarm.id,
    lifeline: alarm.lifeline,
    content,
    drafted_by: caller.name,
    drafted_by_id: caller.id,
    drafted_at: at.city,
  })
  await sign(tx, id, 1, "draft", content, caller, at, null)
  await store.saveWarning(tx, { ...(await store.warningById(tx, id))!, version: 1 })
  return id
}

/** Moves a locked warning by its table; every move is a new version with its signature. */
export async function moveWarning(
  tx: Tx,
  w: store.WarningRecord,
  action: WarningAction,
  body: { content?: store.Content; note?: string },
  caller: Caller,
  at: Moment,
): Promise<store.WarningRecord> {
  const refusal = action === "expire" ? null : warningRefusal(w, action, caller)
  if (refusal) throw new ProblemError(refusal)
  if (action === "lift") {
    const under_way = (await store.ordersOfWarning(tx, w.id)).filter(
      (o) => o.state !== "rechecked" && o.state !== "closed",
    )
    require(under_way.length === 0, problem(
      "orders-under-way",
      409,
      `工单 ${under_way.map((o) => o.code).join("、")} 尚未复核，复核后再解除预警`,
      `Work orders ${under_way.map((o) => o.code).join(", ")} are not rechecked yet; lift the warning after that`,
      { field: "orders", value: under_way.length },
    ))
  }
  // Approving is of the text as it was submitted; who wants another one returns it.
  const content = body.content && (action === "revise" || action === "update") ? body.content : w.content
  const next: store.WarningRecord = { ...w, content, state: warningTransitions[action].to, version: w.version + 1 }
  if (action === "submit")
    Object.assign(next, { submitted_at: at.city, submitted_by_id: caller.id, due_at: at.city + approve_ms })
  if (action === "return") Object.assign(next, { submitted_at: null, due_at: null })
  if (action === "issue") Object.assign(next, { issued_at: at.city, expires_at: at.city + expire_ms, due_at: null })
  if (action === "update") Object.assign(next, { expires_at: at.city + expire_ms })
  if (action === "lift" || action === "expire") Object.assign(next, { lifted_at: at.city })
  await sign(tx, w.id, next.version, action, content, caller, at, body.note ?? null)
  await store.saveWarning(tx, next)
  await store.insertAlarmHistory(tx, w.alarm_id, at.city, at.wall, caller.name, `warning-${action}`, {
    warning: w.code,
    version: next.version,
  })
  return next
}

const sign = (
  tx: Tx,
  warning_id: number,
  version: number,
  action: string,
  content: store.Content,
  caller: Caller,
  at: Moment,
  note: string | null,
) =>
  store.insertVersion(tx, {
    warning_id,
    version,
    action,
    content,
    signed_by_id: caller.id,
    signed_by: caller.name,
    city_time: at.city,
    wall_time: at.wall,
    note,
  })
