import type { FilterSpecification } from "maplibre-gl"
import { classCodes } from "../theme/index.ts"
import { mapStore, readyStore } from "./instance.ts"
import { contextId, focusId } from "./style.ts"

export type Focus = { place: [number, number]; radius_m: number; lifelines: string[] } | null

/** Lifts the pipes of some lifelines around a place to full strength; all others fall to half. */
export function setFocus(focus: Focus, hidden: ReadonlySet<string>): void {
  const map = mapStore.get()
  if (!map || !readyStore.get()) return
  for (const code of classCodes) {
    const of_class = ["==", ["get", "class"], code]
    const shown = hidden.size ? ["!", ["in", ["get", "lifeline"], ["literal", [...hidden]]]] : null
    map.setFilter(contextId(code), (shown ? ["all", of_class, shown] : of_class) as FilterSpecification)
    map.setPaintProperty(contextId(code), "line-opacity", focus ? 0.5 : 0.75)
    const near = focus
      ? [
          "all",
          of_class,
          ["in", ["get", "lifeline"], ["literal", focus.lifelines]],
          ["<", ["distance", { type: "Point", coordinates: focus.place }], focus.radius_m],
          ...(shown ? [shown] : []),
        ]
      : ["==", ["literal", 1], 2]
    map.setFilter(focusId(code), near as FilterSpecification)
  }
}
