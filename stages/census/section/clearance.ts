/** Clearances between the pipes of a cross section, surface to surface, against the rule table. */
import type { Crossing } from "./cross.ts"
import { extentOf, rounded } from "./heights.ts"

/** Least clearance between two classes; the row with the more letters fits first ("YS" before "PS"). */
export type ClearanceRule = { class_a: string; class_b: string; horizontal_m: number; vertical_m: number }
export type Verdict = "ok" | "below" | "unknown"

export type Clearance = {
  a: number
  b: number
  /** Asset ids. */
  a_asset_id: number
  b_asset_id: number
  /** Lines that run side by side within this cut keep the horizontal rule; others cross and may keep the vertical one. */
  parallel: boolean
  horizontal_m: number
  /** Null where a height or size is unknown. */
  vertical_m: number | null
  rule_horizontal_m: number | null
  rule_vertical_m: number | null
  verdict: Verdict
}

/** Lines whose bearings differ by less run side by side. */
const parallel_deg_max = 15
/** Pairs further apart than this along the cut are only looked at where they are neighbours, m. */
const near_m = 5
export const clearances_max = 2_000

/**
 * Pairs of neighbours, and all pairs near each other. Horizontal distance is square to the lines where they run side by
 * side. A pipe of unknown size counts as a line without width; its verdict can then be "below", never a sure "ok".
 * `a` and `b` are indices into `crossed`, which is sorted by offset.
 */
export function clearances(
  crossed: readonly Crossing[],
  rules: readonly ClearanceRule[],
  classOf: (lifeline: string) => string,
): Clearance[] {
  const found: Clearance[] = []
  for (let a = 0; a < crossed.length; a++)
    for (let b = a + 1; b < crossed.length && found.length < clearances_max; b++) {
      const [one, other] = [crossed[a]!, crossed[b]!]
      if (b > a + 1 && other.offset_m - one.offset_m > near_m) break
      if (one.asset_id === other.asset_id || joined(one, other)) continue
      found.push({ a, b, ...between(one, other, rules, classOf) })
    }
  return found
}

/** A branch and its main meet at a node: that is a joint, not a lack of room. */
const joined = (one: Crossing, other: Crossing): boolean =>
  one.lifeline === other.lifeline && one.ends.some((end) => other.ends.includes(end))

function between(
  one: Crossing,
  other: Crossing,
  rules: readonly ClearanceRule[],
  classOf: (lifeline: string) => string,
): Omit<Clearance, "a" | "b"> {
  const turn = Math.abs(one.bearing_deg - other.bearing_deg)
  const parallel = Math.min(turn, 180 - turn) < parallel_deg_max
  const [size_a, size_b] = [extentOf(one), extentOf(other)]
  const square = parallel ? Math.sin((((one.angle_deg + other.angle_deg) / 2) * Math.PI) / 180) : 1
  const apart = (other.offset_m - one.offset_m) * square
  const horizontal = Math.max(0, apart - ((size_a?.width_m ?? 0) + (size_b?.width_m ?? 0)) / 2)
  const vertical = verticalGap(one, other)
  const rule = ruleOf(one, other, rules, classOf)
  return {
    a_asset_id: one.asset_id,
    b_asset_id: other.asset_id,
    parallel,
    horizontal_m: rounded(horizontal)!,
    vertical_m: rounded(vertical),
    rule_horizontal_m: rule?.horizontal_m ?? null,
    rule_vertical_m: rule?.vertical_m ?? null,
    verdict: rule ? verdictOf(rule, { parallel, horizontal, vertical, sized: !!size_a && !!size_b }) : "unknown",
  }
}

/** Nothing is judged ok on a guess: what the answer hangs on must be known. */
function verdictOf(
  rule: ClearanceRule,
  pair: { parallel: boolean; horizontal: number; vertical: number | null; sized: boolean },
): Verdict {
  // A rule of no distance beside each other still asks for one where they cross.
  if (pair.horizontal > 0 && pair.horizontal >= rule.horizontal_m) return pair.sized ? "ok" : "unknown"
  if (pair.parallel && pair.horizontal > 0) return "below"
  if (pair.vertical === null) return "unknown"
  return pair.vertical >= rule.vertical_m ? "ok" : "below"
}

/** Gap in height between two pipes; 0 where they lie at one height, null where tops and inverts are not known. */
function verticalGap(one: Crossing, other: Crossing): number | null {
  const { top_m: at, invert_m: ai } = one
  const { top_m: bt, invert_m: bi } = other
  if (at === null || ai === null || bt === null || bi === null) return null
  return Math.max(0, ai - bt, bi - at)
}

function ruleOf(
  one: Crossing,
  other: Crossing,
  rules: readonly ClearanceRule[],
  classOf: (lifeline: string) => string,
): ClearanceRule | undefined {
  const of = (a: string, b: string) =>
    rules.find((r) => (r.class_a === a && r.class_b === b) || (r.class_a === b && r.class_b === a))
  const [a, b] = [classOf(one.lifeline), classOf(other.lifeline)]
  return of(one.class_code, other.class_code) ?? of(one.class_code, b) ?? of(a, other.class_code) ?? of(a, b)
}
