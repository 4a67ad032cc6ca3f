import { Marker } from "maplibre-gl"
import { useEffect, useRef, useState } from "react"
import { useStore } from "../../external.ts"
import { themeStore, themes } from "../../theme/index.ts"
import { type Feature, mapStore, readyStore, repaintedStore } from "../instance.ts"
import { type Hand, type Place, takeHand } from "./hand.ts"
import { addToolLayers, drawing_source, paintToolLayers, result_source, setToolData } from "./layers.ts"

/** Keeps the tools' layers on the map while a tool is open; true once something may be drawn on them. */
export function useToolLayers(): boolean {
  const map = useStore(mapStore)
  const ready = useStore(readyStore)
  const repainted = useStore(repaintedStore)
  const [added, setAdded] = useState(false)
  useEffect(() => {
    if (!map || !ready) return
    const remove = addToolLayers(map, themes[themeStore.get()])
    setAdded(true)
    return remove
  }, [map, ready])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a repaint is another theme
  useEffect(() => {
    if (map && ready) paintToolLayers(map, themes[themeStore.get()])
  }, [map, ready, repainted])
  return added
}

/** The tool has the map's clicks while it is open; `cursor` says what a click would do. */
export function useHand(hand: Hand, cursor: "crosshair" | "pointer" | ""): void {
  const map = useStore(mapStore)
  const current = useRef(hand)
  current.current = hand
  useEffect(() => {
    if (map) return takeHand(map, current)
  }, [map])
  useEffect(() => {
    if (map) map.getCanvas().style.cursor = cursor
  }, [map, cursor])
}

/** What is being drawn: its corners, the piece to the pointer, and words at its ends. */
export type Drawing = {
  points: readonly Place[]
  closed: boolean
  next?: Place | null
  /** Words by corner. */
  words?: readonly string[]
  /** A place along it that something points at. */
  hover?: Place | null
}

export function useDrawing(drawing: Drawing | null): void {
  const map = useStore(mapStore)
  const ready = useStore(readyStore)
  const key = JSON.stringify(drawing)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawing's text stands for it
  useEffect(() => {
    if (map && ready) setToolData(map, drawing_source, drawing ? featuresOf(drawing) : [])
  }, [map, ready, key])
}

function featuresOf({ points, closed, next, words, hover }: Drawing): Feature[] {
  const feature = (geometry: Feature["geometry"], properties: Record<string, unknown> = {}): Feature => ({
    type: "Feature",
    properties,
    geometry,
  })
  const out: Feature[] = []
  const ring = next ? [...points, next] : [...points]
  if (closed && ring.length >= 3) out.push(feature({ type: "Polygon", coordinates: [[...ring, ring[0]!]] }))
  if (points.length >= 2) {
    const whole = closed && !next ? [...points, points[0]!] : [...points]
    out.push(feature({ type: "LineString", coordinates: whole }))
  }
  if (next && points.length > 0) {
    const last = points.at(-1)!
    const coordinates = closed && points.length > 1 ? [last, next, points[0]!] : [last, next]
    out.push(feature({ type: "LineString", coordinates }, { role: "next" }))
  }
  points.forEach((at, i) => {
    out.push(feature({ type: "Point", coordinates: at }, words?.[i] ? { text: words[i] } : {}))
  })
  if (hover) out.push(feature({ type: "Point", coordinates: hover }, { role: "hover" }))
  return out
}

/** How a found asset is drawn: see layers.ts. */
export type Role = "strong" | "dashed" | "quiet" | "chosen"
export type Found = { geometry: { type: string; coordinates: unknown }; class_code: string; role: Role }

export function useFound(found: readonly Found[]): void {
  const map = useStore(mapStore)
  const ready = useStore(readyStore)
  useEffect(() => {
    if (!map || !ready) return
    setToolData(
      map,
      result_source,
      found.map((f) => ({ type: "Feature", properties: { role: f.role, class: f.class_code }, geometry: f.geometry })),
    )
  }, [map, ready, found])
}

/** A small button that stands on the map. */
export type Flag = { id: string; at: Place; text: string; look: string; title: string; press?(): void }

export function useFlags(flags: readonly Flag[]): void {
  const map = useStore(mapStore)
  useEffect(() => {
    if (!map) return
    const markers = flags.map((flag) => {
      const element = document.createElement(flag.press ? "button" : "span")
      element.className = `flag ${flag.look}`
      element.textContent = flag.text
      element.title = flag.title
      element.setAttribute("aria-label", flag.title)
      element.dataset.flag = flag.id
      if (flag.press) element.addEventListener("click", flag.press)
      return new Marker({ element }).setLngLat(flag.at).addTo(map)
    })
    return () => {
      for (const marker of markers) marker.remove()
    }
  }, [map, flags])
}

/** Moves the map so that all of it is seen; `key` says when to do it again. */
export function useFit(places: readonly Place[], key: string): void {
  const map = useStore(mapStore)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says when
  useEffect(() => {
    if (!map || !key || places.length === 0) return
    const lon = places.map((p) => p[0])
    const lat = places.map((p) => p[1])
    const show = () =>
      map.fitBounds(
        [
          [Math.min(...lon), Math.min(...lat)],
          [Math.max(...lon), Math.max(...lat)],
        ],
        { padding: roomFor(map.getContainer().clientHeight), maxZoom: 18.5, duration: 0 },
      )
    // The map gets its new size first: a panel has come beside it.
    const timer = setTimeout(() => {
      map.resize()
      show()
    }, 60)
    return () => clearTimeout(timer)
  }, [map, key])
}

/** Search, legend and buttons lie over a large map; a small one has none. */
const roomFor = (height_px: number) =>
  height_px > 400 ? { top: 116, bottom: 56, left: 48, right: 84 } : { top: 40, bottom: 40, left: 48, right: 56 }
