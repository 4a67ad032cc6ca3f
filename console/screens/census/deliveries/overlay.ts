import type { GeoJSONSource, LayerSpecification, MapMouseEvent } from "maplibre-gl"
import { useEffect, useRef, useState } from "react"
import { useStore } from "../../../external.ts"
import { clearWork, type Feature, mapStore, readyStore, setFocus } from "../../../map/index.ts"
import { type Tokens, themeStore, themes } from "../../../theme/index.ts"

type Layer = Omit<LayerSpecification, "source"> & { id: string }
const pick_px = 6

/**
 * Lays features over the map while a screen is open, in layers of their own, and takes them off again. A click near a
 * feature gives its properties to `onPick`.
 */
export function useOverlay(
  id: string,
  layers: (t: Tokens) => object[],
  features: readonly Feature[],
  onPick?: (properties: Record<string, unknown>) => void,
): void {
  const ready = useStore(readyStore)
  const theme = useStore(themeStore)
  const pick = useRef(onPick)
  pick.current = onPick
  const data = useRef(features)
  data.current = features
  // biome-ignore lint/correctness/useExhaustiveDependencies: the layers of one overlay are always the same
  useEffect(() => {
    const map = mapStore.get()
    if (!ready || !map) return
    const own = layers(themes[theme]) as Layer[]
    map.addSource(id, { type: "geojson", data: { type: "FeatureCollection", features: [...data.current] } })
    for (const layer of own) map.addLayer({ ...layer, source: id } as LayerSpecification)
    const clicked = (event: MapMouseEvent) => {
      const { x, y } = event.point
      const box: [[number, number], [number, number]] = [
        [x - pick_px, y - pick_px],
        [x + pick_px, y + pick_px],
      ]
      const [hit] = map.queryRenderedFeatures(box, { layers: own.map((layer) => layer.id) })
      if (hit) pick.current?.(hit.properties)
    }
    map.on("click", clicked)
    return () => {
      map.off("click", clicked)
      for (const layer of own) if (map.getLayer(layer.id)) map.removeLayer(layer.id)
      if (map.getSource(id)) map.removeSource(id)
    }
  }, [ready, theme, id])
  useEffect(() => {
    if (!ready) return
    const source = mapStore.get()?.getSource(id) as GeoJSONSource | undefined
    source?.setData({ type: "FeatureCollection", features: [...features] })
  }, [ready, id, features])
}

const still_ms = 200
/** West, south, east and north of the view, once it has come to rest; null while there is no map. */
export function useBox(): string | null {
  const map = useStore(mapStore)
  const ready = useStore(readyStore)
  const [box, setBox] = useState<string | null>(null)
  useEffect(() => {
    if (!map || !ready) return
    let timer: ReturnType<typeof setTimeout> | null = null
    const look = () => {
      const b = map.getBounds()
      const clamp = (value: number, most: number) => Math.max(-most, Math.min(most, value)).toFixed(5)
      setBox(
        [clamp(b.getWest(), 180), clamp(b.getSouth(), 90), clamp(b.getEast(), 180), clamp(b.getNorth(), 90)].join(","),
      )
    }
    const moved = () => {
      if (timer) clearTimeout(timer)
      timer = setTimeout(look, still_ms)
    }
    look()
    map.on("moveend", moved)
    return () => {
      if (timer) clearTimeout(timer)
      map.off("moveend", moved)
    }
  }, [map, ready])
  return box
}

/** The work of other screens goes off the map while this one is open. */
export function useCleanMap(): void {
  const ready = useStore(readyStore)
  useEffect(() => {
    if (!ready) return
    clearWork()
    setFocus(null, new Set())
  }, [ready])
}

const fit_px = 60
const fit_zoom_max = 17
const few = 20
const cut_off = 0.05
/** From where to where most values lie: of many, a few far off (swapped axes, a wrong zone) do not count. */
function mostOf(values: number[]): [number, number] {
  values.sort((a, b) => a - b)
  const skipped = values.length > few ? Math.floor(values.length * cut_off) : 0
  return [values[skipped]!, values[values.length - 1 - skipped]!]
}

/** Moves the map to where these places lie: all of a few, most of many. */
export function showAll(places: readonly (readonly [number, number])[]): void {
  const map = mapStore.get()
  if (!map || places.length === 0) return
  const [west, east] = mostOf(places.map((p) => p[0]))
  const [south, north] = mostOf(places.map((p) => p[1]))
  map.fitBounds(
    [
      [west, south],
      [east, north],
    ],
    { padding: fit_px, maxZoom: fit_zoom_max, duration: 0 },
  )
}

/** After something was published or undone: the pipes on the map are asked for anew. */
export const freshTiles = (): void => {
  const map = mapStore.get()
  if (map?.getSource("census")) map.refreshTiles("census")
}
