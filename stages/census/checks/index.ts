/** The trade's checks of a survey delivery: each row that is wrong is said once by the rule that explains it best. */
import type { AcceptedException, CheckSettings, Issue, Survey } from "../survey/types.ts"
import { angle } from "./angle.ts"
import { clearance } from "./clearance.ts"
import { type CloseLines, closeLines } from "./close-lines.ts"
import { codeName } from "./code-name.ts"
import { connectivity } from "./connectivity.ts"
import { endsOf, line_flag, openContext } from "./context.ts"
import { coordinatePrecision } from "./coordinate-precision.ts"
import { crossing } from "./crossing.ts"
import { depthMax } from "./depth-max.ts"
import { diameterShrinks } from "./diameter-shrinks.ts"
import { duplicateLine } from "./duplicate-line.ts"
import { duplicateNumber } from "./duplicate-number.ts"
import { duplicatePosition } from "./duplicate-position.ts"
import { featureXorAppurtenance } from "./feature-xor-appurtenance.ts"
import { flowOf } from "./flow.ts"
import { groundHeight } from "./ground-height.ts"
import { length } from "./length.ts"
import { findLostEnds } from "./lost-ends.ts"
import { nearMiss } from "./near-miss.ts"
import { numeric } from "./numeric.ts"
import { outsideDistrict } from "./outside-district.ts"
import { pointConsistency } from "./point-consistency.ts"
import { pointNumber } from "./point-number.ts"
import { required } from "./required.ts"
import type { RuleId } from "./rules.ts"
import { slope } from "./slope.ts"
import { startIsEnd } from "./start-is-end.ts"
import { teeDegree } from "./tee-degree.ts"
import { unusedOrMissingPoint } from "./unused-or-missing-point.ts"
import { uphill } from "./uphill.ts"
import { zoneMismatch } from "./zone-mismatch.ts"

export { type RuleId, rule_ids } from "./rules.ts"
export { defaultCheckSettings } from "./settings.ts"
export { type RuleText, rules } from "./words.ts"

export type CheckOptions = {
  exceptions?: readonly AcceptedException[]
  /** Called after each rule with the share of the work that is done, 0…1. */
  progress?: (rule: RuleId, share: number) => void
}

/**
 * Runs every rule (those on headers ran when the tables were read). The order matters: what a rule finds may explain what
 * a later one would see, which then keeps silent. Accepted exceptions explain as well, and are not said. Nothing grows
 * worse than n·log n.
 */
export function checkSurvey(survey: Survey, settings: CheckSettings, options: CheckOptions = {}): Issue[] {
  const c = openContext(survey, settings)
  const steps: RuleId[] = []
  const told = (rule: RuleId) => {
    steps.push(rule)
    options.progress?.(rule, Math.min(1, steps.length / rules_run))
  }
  const run = (rule: RuleId, check: () => void) => {
    check()
    told(rule)
  }
  run("numeric", () => numeric(c))
  run("required", () => required(c))
  run("duplicate-number", () => duplicateNumber(c))
  run("point-number", () => pointNumber(c))
  run("feature-xor-appurtenance", () => featureXorAppurtenance(c))
  run("code-name", () => codeName(c))
  run("zone-mismatch", () => zoneMismatch(c))
  run("coordinate-precision", () => coordinatePrecision(c))
  run("outside-district", () => outsideDistrict(c))
  run("duplicate-position", () => duplicatePosition(c))
  run("start-is-end", () => startIsEnd(c))
  run("duplicate-line", () => duplicateLine(c))
  const lost = findLostEnds(c)
  run("unused-or-missing-point", () => unusedOrMissingPoint(c, lost))
  run("depth-max", () => depthMax(c))
  run("length", () => length(c))
  run("ground-height", () => groundHeight(c))
  const ends = endsOf(c, c.end_point)
  const meant = endsOf(c, c.meant_point, line_flag.twice)
  const joins = nearMiss(c, meant)
  told("near-miss")
  const flow = flowOf(c)
  run("point-consistency", () => pointConsistency(c, ends, flow))
  run("slope", () => slope(c))
  run("uphill", () => uphill(c, flow))
  run("diameter-shrinks", () => diameterShrinks(c, ends, flow))
  const short_tees = teeDegree(c, meant)
  told("tee-degree")
  run("connectivity", () => connectivity(c, lost, { joins, short_tees }))
  run("angle", () => angle(c, ends))
  const close: CloseLines[] = []
  const widest = settings.clearance.reduce((most, rule) => Math.max(most, rule.horizontal_m), 0)
  closeLines(c, meant, new Set(joins.flat()), widest, (pair) => {
    if (pair.vertical_m !== null || pair.horizontal_m < widest) close.push(pair)
  })
  run("crossing", () => crossing(c, close))
  run("clearance", () => clearance(c, close))
  return without(c.issues, options.exceptions ?? [])
}
/** Rules that `checkSurvey` runs: all but the header's. */
const rules_run = 26

function without(issues: Issue[], exceptions: readonly AcceptedException[]): Issue[] {
  if (exceptions.length === 0) return issues
  const key = (one: { rule: string; file: string; key: string }, name: string) =>
    [one.rule, one.file, name, one.key].join("\n")
  const accepted = new Set(exceptions.map((one) => key(one, one.name)))
  return issues.filter((issue) => !accepted.has(key(issue, issue.table_name)))
}
