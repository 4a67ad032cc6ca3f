import { type AlarmAction, may, type Role, type Words } from "../../model/index.ts"
import type { Caller } from "../../platform/http/index.ts"
import { alarmClock, alarmStage, warningClock } from "./clock.ts"
import { type AlarmRecord, lonLatOf, type WarningRecord } from "./store.ts"

/** An alarm as lists show it; `trend` is of its first point over the last quarter of an hour. */
export function alarmRow(a: AlarmRecord, trend: number) {
  return {
    id: a.id,
    rule: a.rule,
    lifeline: a.lifeline,
    severity: a.severity,
    title: a.title,
    value: a.value,
    trend,
    place: a.place,
    code: a.code,
    lon_lat: lonLatOf(a),
    owner: a.owner,
    condition: a.condition,
    raised_at: a.raised_at,
    cleared_at: a.cleared_at,
    acknowledged_at: a.acknowledged_at,
    acknowledged_by: a.acknowledged_by,
    verdict: a.verdict,
    reason: a.reason,
    incident_id: a.incident_id,
    warning_id: a.warning_id,
    order_id: a.order_id,
    stage: alarmStage(a),
    clock: alarmClock(a),
    group_size: a.group_size,
    group_head_id: a.group_head_id,
  }
}

/** A warning as lists show it. */
export function warningRow(w: WarningRecord) {
  return {
    id: w.id,
    code: w.code,
    state: w.state,
    severity: w.severity,
    lifeline: w.lifeline,
    title: w.content.title,
    place: w.place,
    lon_lat: lonLatOf(w),
    incident_id: w.incident_id,
    drafted_by: w.drafted_by,
    drafted_at: w.drafted_at,
    issued_at: w.issued_at,
    lifted_at: w.lifted_at,
    version: w.version,
    clock: warningClock(w),
  }
}

const actionWords: Record<string, Words> = {
  raise: { zh: "检出，报警", en: "Raised" },
  update: { zh: "级别或数值变化", en: "Level or value changed" },
  clear: { zh: "恢复正常", en: "Back to normal" },
  acknowledge: { zh: "确认收到", en: "Acknowledged" },
  confirm: { zh: "确认属实", en: "Confirmed as real" },
  dismiss: { zh: "排除", en: "Dismissed" },
  undo: { zh: "撤销研判", en: "Verdict undone" },
  escalate: { zh: "超时升级", en: "Escalated: overdue" },
  "warning-draft": { zh: "起草预警", en: "Warning drafted" },
  "warning-revise": { zh: "修改预警", en: "Draft revised" },
  "warning-submit": { zh: "提交签发", en: "Submitted for approval" },
  "warning-return": { zh: "退回修改", en: "Returned for revision" },
  "warning-issue": { zh: "签发预警", en: "Warning issued" },
  "warning-update": { zh: "更新预警", en: "Warning updated" },
  "warning-lift": { zh: "解除预警", en: "Warning lifted" },
  "warning-expire": { zh: "预警到期失效", en: "Warning expired" },
}

/** One line of history; actions of the table that are not named keep their code. */
export const historyRow = (h: { city_time: number; actor: string; action: string; detail: unknown }) => ({
  time: h.city_time,
  actor: h.actor === "system" ? "系统" : h.actor,
  action: h.action,
  words: actionWords[h.action] ?? { zh: h.action, en: h.action },
  detail: h.detail,
})

/** What this person may do with an alarm, the draft of a warning included. */
export function alarmActionList(a: AlarmRecord, caller: Caller, now_actions: AlarmAction[]): string[] {
  const roles = caller.grants.map((g) => g.role)
  const mayDraft = roles.some((r: Role) => may(r, "warnings.draft"))
  const free = a.warning_id === null || a.warning_state === "lifted" || a.warning_state === "expired"
  return mayDraft && a.verdict === "real" && free && a.order_id === null ? [...now_actions, "draft"] : now_actions
}
