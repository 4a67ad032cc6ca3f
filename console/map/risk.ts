import type { FilterSpecification } from "maplibre-gl"
import { classCodes } from "../theme/index.ts"
import { mapStore, readyStore } from "./instance.ts"
import { contextId } from "./style.ts"

/** Shows the risk bands of a lifeline ("" is all) under thin pipes without their hue, or takes them off (null). */
export function showRisk(lifeline: string | null): void {
  const map = mapStore.get()
  if (!map || !readyStore.get()) return
  for (const band of [1, 2, 3, 4]) {
    const id = `band-${band}`
    map.setLayoutProperty(id, "visibility", lifeline === null || band === 4 ? "none" : "visible")
    const of_band = ["==", ["get", "band"], band]
    map.setFilter(
      id,
      (lifeline ? ["all", of_band, ["==", ["get", "lifeline"], lifeline]] : of_band) as unknown as FilterSpecification,
    )
  }
  for (const code of classCodes) map.setPaintProperty(contextId(code), "line-opacity", lifeline === null ? 0.75 : 0.3)
  if (map.getLayer("node")) map.setLayoutProperty("node", "visibility", lifeline === null ? "visible" : "none")
}
