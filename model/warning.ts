import type { Words } from "./result.ts"
import type { Role } from "./roles.ts"

export type WarningState = "draft" | "submitted" | "issued" | "lifted" | "expired"

/**
 * The warning's transition table. `signs` makes a version with a signature; `other_than` names the action whose
 * signatory must be another person (drafter ≠ approver).
 */
export const warningTransitions = {
  draft: { from: [], to: "draft", roles: ["duty_officer", "analyst", "duty_leader"], signs: true },
  revise: { from: ["draft"], to: "draft", roles: ["duty_officer", "analyst", "duty_leader"], signs: true },
  submit: { from: ["draft"], to: "submitted", roles: ["duty_officer", "analyst", "duty_leader"], signs: true },
  return: { from: ["submitted"], to: "draft", roles: ["duty_leader"], signs: true },
  issue: { from: ["submitted"], to: "issued", roles: ["duty_leader"], signs: true, other_than: "submit" },
  update: { from: ["issued"], to: "issued", roles: ["duty_leader"], signs: true },
  lift: { from: ["issued"], to: "lifted", roles: ["duty_leader"], signs: true },
  expire: { from: ["issued"], to: "expired", roles: [], signs: true },
} as const satisfies Record<
  string,
  { from: readonly WarningState[]; to: WarningState; roles: readonly Role[]; signs: boolean; other_than?: string }
>

export type WarningAction = keyof typeof warningTransitions

export const warningStateNames: Record<WarningState, Words> = {
  draft: { zh: "起草", en: "Draft" },
  submitted: { zh: "待签发", en: "Awaiting approval" },
  issued: { zh: "已发布", en: "Issued" },
  lifted: { zh: "已解除", en: "Lifted" },
  expired: { zh: "已失效", en: "Expired" },
}

/** Clock of the approver after submission, ms of city time; past it the warning escalates. */
export const approve_ms = 10 * 60_000
/** A warning that nobody lifts expires after this long. */
export const expire_ms = 72 * 3_600_000
