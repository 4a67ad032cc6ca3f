import type { ChangeSetView } from "../../../../stages/census/changes/views.ts"
import type { DeliveryView } from "../../../../stages/census/staging/views.ts"

/** Parts of a delivery that its view leaves open; they come as the check wrote them. */
export type MappedColumn = { column: string; field: string | null; how: string }
export type SurveyTable = {
  file: string
  name: string
  upload: number
  kind: "point" | "line"
  class_code: string
  header_row: number
  columns: MappedColumn[]
  rows: number
}
export type Words = { zh: string; en: string }
export type OtherTable = { file: string; name: string; why: Words }
export type Leftover = { class_code: string; points: number; lines: number; why: Words }
export type SystemChoice = { definition: unknown; swapped: boolean }
export type Proposal = {
  system: SystemChoice
  name: Words
  needs_control_points: boolean
  /** 0 to 1. */
  confidence: number
  because: Words
  centre: [number, number] | null
  distance_km: number | null
  rows: number
  certain: boolean
}
export const tablesOf = (d: DeliveryView) => d.tables as SurveyTable[]
export const othersOf = (d: DeliveryView) => d.others as OtherTable[]
export const leftoversOf = (d: DeliveryView) => d.leftovers as Leftover[]
export const proposalsOf = (d: DeliveryView) => d.proposals as Proposal[]
export const changeSetsOf = (d: DeliveryView) => d.change_sets as ChangeSetView[]

/** One side of a change. */
export type ChangeSide = {
  name: string | null
  geometry: { type: string; coordinates: unknown }
  attributes: Record<string, string | number | boolean | null>
}

export const steps = ["files", "tables", "system", "check", "issues", "submit"] as const
export type Step = (typeof steps)[number]

/** Where a person goes on with a delivery. */
export function stepOf(d: DeliveryView): Step {
  if (d.status === "receiving") return "files"
  if (d.status === "checking" || d.status === "failed" || d.status === "cancelled") return "check"
  if (d.status !== "checked") return "submit"
  if (!d.system) return "system"
  return d.rules.some((rule) => rule.open > 0) ? "issues" : "submit"
}

/** The same choice, however its parts are ordered. */
export const sameSystem = (a: SystemChoice | null, b: SystemChoice | null): boolean =>
  JSON.stringify(a) === JSON.stringify(b) ||
  (a !== null && b !== null && a.swapped === b.swapped && JSON.stringify(a.definition) === JSON.stringify(b.definition))
