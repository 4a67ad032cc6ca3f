import type { AttributeValue, LonLat } from "./asset.ts"
import type { Words } from "./result.ts"

export type Severity = 1 | 2 | 3 | 4

/** Where a finding points to: an asset, an area or a bare coordinate. Codes, so that a detector needs no database. */
export type Place = { asset_code?: string; area_code?: string; lon_lat?: LonLat; name: Words }

/** One reason: for (+), against (-) or not known yet (?). */
export type Reason = { sign: "+" | "-" | "?"; words: Words }

/** Numbers a rule reached its conclusion with, and the readings it looked at. */
export type Because = {
  rule: string
  rule_version: number
  /** Named inputs with units in their names, as the rule saw them. */
  inputs: Record<string, AttributeValue>
  /** Readings to draw: point, from, to; the first is the subject of the curve. */
  readings: { point: number; from: number; to: number }[]
  reasons: Reason[]
  /** Lines to draw on the curve of the first point. */
  limits?: { value: number; severity: Severity; words: Words }[]
}

/** What a detector concludes. Idempotent by (rule, subject, cause, time, phase). */
export type Finding = {
  rule: string
  rule_version: number
  lifeline: string
  /** The subject that the detector looked at, for example "area:A" or "point:12". */
  subject: string
  /** Distinguishes several causes on one subject; a threshold rule has one: "". */
  cause: string
  phase: "raise" | "update" | "clear"
  severity: Severity
  /** Event time at which the condition was confirmed, UTC milliseconds. */
  time: number
  /** Event time since when the condition has existed, as estimated; never later than time. */
  since: number
  title: Words
  /** The value that matters, in its unit, for lists. */
  value: { amount: number; unit: string } | null
  place: Place
  because: Because
}
