import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import type { useWords } from "../../../words/index.ts"

type Translate = ReturnType<typeof useWords>["t"]

/** A system in a few words: EPSG number, a map service's name, or a plane's meridian. */
export function systemText(d: Pick<DeliveryView, "system">, t: Translate): string {
  if (!d.system) return ""
  const swapped = d.system.swapped ? ` · ${t("deliveries.swapped_short")}` : ""
  return `${definitionText(d.system.definition, t)}${swapped}`
}
export function definitionText(definition: unknown, t: Translate): string {
  if (typeof definition === "number") return `EPSG:${definition}`
  if (definition === "gcj-02") return "GCJ-02"
  if (definition === "bd-09") return "BD-09"
  const given = definition as { central_meridian_deg?: number }
  if (given.central_meridian_deg !== undefined) return t("deliveries.meridian", { degrees: given.central_meridian_deg })
  return t("deliveries.own_grid")
}
