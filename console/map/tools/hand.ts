import type { MapGeoJSONFeature, Map as MapLibre, MapMouseEvent } from "maplibre-gl"
import { classCodes } from "../../theme/index.ts"

export type Place = [lon: number, lat: number]
/** What the hand does on the map while a tool is open. */
export type Hand = {
  /** A click: the place, and the asset under it. */
  clicked(place: Place, asset_id: number | null): void
  moved?(place: Place | null, asset_id: number | null): void
  /** Double click, or Enter. */
  ended?(): void
  cancelled(): void
  undone?(): void
}

const click_px = 4
const pick_px = 5
const decimals = 1e7
const placeAt = (map: MapLibre, event: { clientX: number; clientY: number }): Place => {
  const box = map.getCanvas().getBoundingClientRect()
  const { lng, lat } = map.unproject([event.clientX - box.left, event.clientY - box.top])
  return [Math.round(lng * decimals) / decimals, Math.round(lat * decimals) / decimals]
}

/** The asset nearest under a place of the screen: points before lines. */
export function assetUnder(map: MapLibre, x: number, y: number): number | null {
  const layers = ["node", ...classCodes.map((c) => `pipe-${c}`)].filter((id) => map.getLayer(id))
  const found: MapGeoJSONFeature[] = map.queryRenderedFeatures(
    [
      [x - pick_px, y - pick_px],
      [x + pick_px, y + pick_px],
    ],
    { layers },
  )
  for (const layer of layers) {
    const id = Number(found.find((f) => f.layer.id === layer)?.properties.id)
    if (id > 0) return id
  }
  return null
}

/**
 * Takes the map's clicks for a tool, before anything else hears them; dragging and zooming go on as ever. Space sets a
 * corner in the middle of the map, so that the keyboard alone can draw. What is returned gives the map back.
 */
export function takeHand(map: MapLibre, hand: { current: Hand }): () => void {
  const element = map.getCanvasContainer()
  let down: [number, number] | null = null
  let last_ms = 0
  const underEvent = (event: MouseEvent) => {
    const box = map.getCanvas().getBoundingClientRect()
    return assetUnder(map, event.clientX - box.left, event.clientY - box.top)
  }
  const pressed = (event: PointerEvent) => {
    down = [event.clientX, event.clientY]
  }
  const clicked = (event: MouseEvent) => {
    // A marker's own button is no place on the map.
    if ((event.target as HTMLElement).closest("button")) return
    event.stopPropagation()
    if (down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) > click_px) return
    // The second click of a double click ends the drawing, it sets no corner.
    const second = event.detail > 1 && event.timeStamp - last_ms < 600
    last_ms = event.timeStamp
    if (!second) hand.current.clicked(placeAt(map, event), underEvent(event))
  }
  const doubled = (event: MouseEvent) => {
    event.stopPropagation()
    event.preventDefault()
    hand.current.ended?.()
  }
  const moved = (event: MapMouseEvent) => {
    if (!hand.current.moved) return
    const asset_id = event.originalEvent.buttons ? null : assetUnder(map, event.point.x, event.point.y)
    hand.current.moved([event.lngLat.lng, event.lngLat.lat], asset_id)
  }
  const left = () => hand.current.moved?.(null, null)
  const key = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return
    const button = /^(BUTTON|A)$/.test(target.tagName)
    const run = {
      Escape: () => hand.current.cancelled(),
      ...(button
        ? {}
        : {
            Enter: () => hand.current.ended?.(),
            Backspace: () => hand.current.undone?.(),
            " ": () => {
              const { lng, lat } = map.getCenter()
              const { x, y } = map.project([lng, lat])
              hand.current.clicked([lng, lat], assetUnder(map, x, y))
            },
          }),
    }[event.key]
    if (!run) return
    event.preventDefault()
    event.stopImmediatePropagation()
    run()
  }
  element.addEventListener("pointerdown", pressed, true)
  element.addEventListener("click", clicked, true)
  element.addEventListener("dblclick", doubled, true)
  map.on("mousemove", moved)
  map.on("mouseout", left)
  addEventListener("keydown", key, true)
  return () => {
    element.removeEventListener("pointerdown", pressed, true)
    element.removeEventListener("click", clicked, true)
    element.removeEventListener("dblclick", doubled, true)
    map.off("mousemove", moved)
    map.off("mouseout", left)
    removeEventListener("keydown", key, true)
    map.getCanvas().style.cursor = ""
  }
}
