import type { RuleRow } from "../../api.ts"
import type { useNames } from "../names.ts"

/** A threshold's declaration says its kind and version where the row leaves them open. */
export const kindOf = (rule: RuleRow, names: ReturnType<typeof useNames>): "threshold" | "detector" =>
  thresholdOf(rule, names) ? "threshold" : rule.kind
export const thresholdOf = (rule: RuleRow, names: ReturnType<typeof useNames>) => {
  const lifeline = rule.lifeline || names.lifelineOfRule(rule.rule)
  return names
    .indicators(lifeline)
    .flatMap((i) => names.thresholds(lifeline, i.id))
    .find((th) => `${lifeline}.${th.id}` === rule.rule)
}
export const versionOf = (rule: RuleRow, names: ReturnType<typeof useNames>): number =>
  rule.version || (thresholdOf(rule, names)?.version ?? 0)
