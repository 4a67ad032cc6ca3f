import type { FilterSpecification } from "maplibre-gl"
import { classCodes } from "../theme/index.ts"
import { hiddenStore, shownExpression } from "./hidden.ts"
import { mapStore, readyStore } from "./instance.ts"
import { contextId, focusId } from "./style.ts"

export type Focus = { place: [number, number]; radius_m: number; lifelines: string[] } | null

let last: Focus = null

/** Lifts the pipes of some lifelines around a place to full strength; all others fall to half. What is hidden stays so. */
export function setFocus(focus: Focus, hidden: ReadonlySet<string>): void {
  const map = mapStore.get()
  if (!map || !readyStore.get()) return
  last = focus
  const shown = shownExpression(new Set([...hidden, ...hiddenStore.get()]))
  for (const code of classCodes) {
    const of_class = ["==", ["get", "class"], code]
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
  for (const layer of ["node", "area"])
    if (map.getLayer(layer)) map.setFilter(layer, (shown ?? undefined) as FilterSpecification | undefined)
}

/** The same focus again, after the legend hid or showed something. */
export const keepFocus = (): void => setFocus(last, new Set())
