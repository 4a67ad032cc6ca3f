/** The trade's checks by name; each has a file of its own here. The names stand in files, exports and screens. */
export const survey_rule_ids = [
  "header",
  "required",
  "numeric",
  "point-number",
  "duplicate-number",
  "feature-xor-appurtenance",
  "duplicate-position",
  "code-name",
  "start-is-end",
  "duplicate-line",
  "depth-max",
  "point-consistency",
  "unused-or-missing-point",
  "ground-height",
  "length",
  "slope",
  "tee-degree",
  "connectivity",
  "angle",
  "uphill",
  "diameter-shrinks",
  "crossing",
  "clearance",
  "near-miss",
  "outside-district",
  "coordinate-precision",
  "zone-mismatch",
] as const
/** Rules of import sheets alone. */
export const sheet_rule_ids = ["kind", "identity", "choice", "range", "geometry", "component-code"] as const
export const rule_ids = [...survey_rule_ids, ...sheet_rule_ids] as const
export type RuleId = (typeof rule_ids)[number]
