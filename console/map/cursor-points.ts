import { LngLatBounds, Marker } from "maplibre-gl"
import { useEffect, useRef } from "react"
import { useStore } from "../external.ts"
import { mapStore, readyStore } from "./instance.ts"

export type CursorPoint = { id: number; letter: string; lon_lat: [number, number]; text: string }

/** Points of a chart on the map, each with its letter and its value at the cursor; the camera shows them all once. */
export function useCursorPoints(points: readonly CursorPoint[]): void {
  const ready = useStore(readyStore)
  const map = useStore(mapStore)
  const markers = useRef(new Map<number, { marker: Marker; value: HTMLSpanElement; letter: HTMLElement }>())
  const places = points.map((p) => `${p.id}:${p.lon_lat.join()}`).join(";")
  // biome-ignore lint/correctness/useExhaustiveDependencies: `places` stands for the points, their texts are set below
  useEffect(() => {
    if (!map || !ready) return
    for (const p of points) {
      const element = document.createElement("div")
      element.className = "cpoint"
      const letter = document.createElement("i")
      const value = document.createElement("span")
      element.append(letter, value)
      const marker = new Marker({ element, anchor: "left", offset: [-9, 0] }).setLngLat(p.lon_lat).addTo(map)
      markers.current.set(p.id, { marker, value, letter })
    }
    if (points.length > 0) {
      const box = points.reduce((b, p) => b.extend(p.lon_lat), new LngLatBounds(points[0]!.lon_lat, points[0]!.lon_lat))
      map.fitBounds(box, { padding: { top: 40, bottom: 40, left: 40, right: 90 }, maxZoom: 16, duration: 0 })
    }
    return () => {
      for (const { marker } of markers.current.values()) marker.remove()
      markers.current.clear()
    }
  }, [map, ready, places])
  useEffect(() => {
    for (const p of points) {
      const shown = markers.current.get(p.id)
      if (!shown) continue
      if (shown.value.textContent !== p.text) shown.value.textContent = p.text
      if (shown.letter.textContent !== p.letter) shown.letter.textContent = p.letter
    }
  })
}
