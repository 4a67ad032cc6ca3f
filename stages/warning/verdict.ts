import {
  type AlarmAction,
  alarmActions,
  dismissReasons,
  ProblemError,
  problem,
  require,
  verdict_undo_ms,
} from "../../model/index.ts"
import type { Caller } from "../../platform/http/index.ts"
import type { Tx } from "../../platform/sql/index.ts"
import { dayCode } from "./codes.ts"
import * as store from "./store.ts"

export type Moment = { city: number; wall: number; time_zone: string }

/** Why an action on an alarm is not possible now, or null. */
export function alarmRefusal(a: store.AlarmRecord, action: AlarmAction, roles: readonly string[], now: number) {
  const rule = alarmActions[action]
  if (!rule.roles.some((r) => roles.includes(r)))
    return problem("wrong-role", 403, "您的角色不能进行此操作", "Your role cannot do this")
  if (!(rule.from as readonly string[]).includes(a.verdict)) {
    return problem("already-judged", 409, "该报警已有研判结论，请刷新", "This alarm already has a verdict; reload", {
      field: "verdict",
      value: a.verdict,
    })
  }
  if (action === "undo" && (a.verdict_at === null || now > a.verdict_at + verdict_undo_ms || a.warning_id !== null)) {
    return problem(
      "undo-over",
      409,
      "已超过 30 秒或已起草预警，不能撤销",
      "The 30 seconds are over or a warning was drafted; it cannot be undone",
    )
  }
  if (action === "acknowledge" && a.acknowledged_at !== null)
    return problem("acknowledged", 409, "已确认收到", "Already acknowledged")
  return null
}

export const alarmActionsNow = (a: store.AlarmRecord, roles: readonly string[], now: number): AlarmAction[] =>
  (Object.keys(alarmActions) as AlarmAction[]).filter((action) => alarmRefusal(a, action, roles, now) === null)

/** Does one action on a locked alarm: acknowledge, confirm as real, dismiss with a reason, undo. */
export async function judge(
  tx: Tx,
  a: store.AlarmRecord,
  action: AlarmAction,
  body: { reason?: string; note?: string },
  caller: Caller,
  at: Moment,
) {
  const refusal = alarmRefusal(
    a,
    action,
    caller.grants.map((g) => g.role),
    at.city,
  )
  if (refusal) throw new ProblemError(refusal)
  const by = caller.name
  const verdict = (v: Omit<Parameters<typeof store.setVerdict>[2], "at" | "by">) =>
    store.setVerdict(tx, a.id, { ...v, at: at.city, by })
  let detail: Record<string, unknown> = {}
  if (action === "acknowledge") {
    await store.acknowledge(tx, a.id, at.city, by)
  } else if (action === "confirm") {
    await store.acknowledge(tx, a.id, at.city, by)
    const known = await store.openIncident(tx, a, a.raised_at - 24 * 3_600_000)
    const incident_id =
      known ??
      (await store.insertIncident(tx, await store.nextCode(tx, dayCode("SJ", at), "warning_incident"), a, at.city))
    await verdict({ verdict: "real", reason: null, note: body.note ?? null, incident_id })
    detail = { incident_id, joined: known !== null }
  } else if (action === "dismiss") {
    const reason = dismissReasons.find((r) => r.code === body.reason)
    require(reason, problem(
      "reason-needed",
      400,
      "请选择原因",
      `Give a reason: ${dismissReasons.map((r) => r.code).join(", ")}`,
      { field: "reason", value: body.reason },
    ))
    await store.acknowledge(tx, a.id, at.city, by)
    await verdict({ verdict: reason.verdict, reason: reason.code, note: body.note ?? null, incident_id: null })
    detail = { reason: reason.code, words: reason.words, note: body.note ?? null }
  } else {
    await store.setVerdict(tx, a.id, {
      verdict: "open",
      reason: null,
      note: null,
      at: null,
      by: null,
      incident_id: null,
    })
    if (a.incident_id !== null) await store.deleteEmptyIncident(tx, a.incident_id)
    detail = { undone: a.verdict }
  }
  await store.insertAlarmHistory(tx, a.id, at.city, at.wall, by, action, detail)
}
