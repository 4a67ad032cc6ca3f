import { type GeoJSONSource, Map as MapLibre } from "maplibre-gl"
import "maplibre-gl/dist/maplibre-gl.css"
import "./worker.ts"
import type { CityView } from "../api.ts"
import { store } from "../external.ts"
import { type ThemeName, themeStore, themes } from "../theme/index.ts"
import { languageStore } from "../words/index.ts"
import { addIcons } from "./icons.ts"
import { mapStyle } from "./style.ts"

/** The one map of the console; it stays alive between screens and keeps its camera. Null until the city is known. */
export const mapStore = store<MapLibre | null>(null)
/** True once the style is loaded and data may be set. */
export const readyStore = store(false)
/** Why there is no map: a browser without WebGL 2. */
export const mapTroubleStore = store<string | null>(null)
/** What was clicked last: an alarm, an asset or a point. */
export const pickStore = store<{ kind: string; id: number; at: number } | null>(null)

/** Where the map hangs while no screen shows it. */
export const mapElement = document.createElement("div")
mapElement.style.cssText = "width:100%;height:100%"

const optionsOf = (city: CityView) => ({
  tokens: themes[themeStore.get()],
  language: languageStore.get(),
  base_map: city.base_map,
  online_tiles: city.wmts_url,
  latitude: city.center?.[1] ?? 32,
  origin: location.origin,
})

/** Makes the map once the city is known; later calls do nothing. */
export function makeMap(city: CityView): void {
  if (mapStore.get() || mapTroubleStore.get()) return
  let map: MapLibre
  try {
    map = new MapLibre({
      container: mapElement,
      style: mapStyle(optionsOf(city)),
      ...(city.base_map && city.center
        ? { center: city.center, zoom: 15 }
        : city.bounds
          ? { bounds: city.bounds, fitBoundsOptions: { padding: 48 } }
          : { center: [105, 35] as [number, number], zoom: 4 }),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 120,
      maxZoom: 20,
      minZoom: 3,
      localIdeographFontFamily: '"Noto Sans SC Variable","Noto Sans SC",sans-serif',
    })
  } catch (error) {
    mapTroubleStore.set(String(error))
    return
  }
  map.touchZoomRotate.disableRotation()
  mapStore.set(map)
  // The style alone is enough to set data; waiting for the first tiles would keep alarms and points off for seconds.
  map.once("style.load", () => {
    addIcons(map, themes[themeStore.get()])
    readyStore.set(true)
  })
  map.on("error", (event) => console.warn("map", event.error?.message ?? event))
  const pickable: [string, string][] = [
    ["alarm", "alarm"],
    ["point", "point"],
    ["node", "asset"],
    ...["JS", "PS", "YS", "RQ", "RL", "DL", "TX", "QT"].map((c): [string, string] => [`pipe-${c}`, "asset"]),
  ]
  map.on("click", (event) => {
    const box: [[number, number], [number, number]] = [
      [event.point.x - 4, event.point.y - 4],
      [event.point.x + 4, event.point.y + 4],
    ]
    const found = map.queryRenderedFeatures(box, {
      layers: pickable.map(([id]) => id).filter((id) => map.getLayer(id)),
    })
    for (const [layer, kind] of pickable) {
      const hit = found.find((f) => f.layer.id === layer)
      const id = Number(hit?.properties.id)
      if (hit && id > 0) return pickStore.set({ kind, id, at: Date.now() })
    }
  })
  map.on("mousemove", "alarm", () => {
    map.getCanvas().style.cursor = "pointer"
  })
  map.on("mouseleave", "alarm", () => {
    map.getCanvas().style.cursor = ""
  })
  themeStore.subscribe(() => repaint(map, city, themeStore.get()))
  languageStore.subscribe(() => repaint(map, city, themeStore.get()))
}

/** Sets only what differs between the old and the new style, so that camera, filters and data stay. */
function repaint(map: MapLibre, city: CityView, _theme: ThemeName): void {
  if (!readyStore.get()) return
  const options = optionsOf(city)
  addIcons(map, options.tokens)
  for (const layer of mapStyle(options).layers) {
    for (const [name, value] of Object.entries(layer.paint ?? {}))
      map.setPaintProperty(layer.id, name as never, value as never)
    if (layer.type !== "symbol") continue
    const field = layer.layout?.["text-field"]
    if (field !== undefined) map.setLayoutProperty(layer.id, "text-field", field)
  }
  repaintedStore.set(repaintedStore.get() + 1)
}
/** Counts repaints; what sets paint by hand (focus) sets it again. */
export const repaintedStore = store(0)

export type Feature = {
  type: "Feature"
  properties: Record<string, unknown>
  geometry:
    | { type: "Point"; coordinates: number[] }
    | { type: "LineString"; coordinates: number[][] }
    | { type: "Polygon"; coordinates: number[][][] }
}
export function setData(source: string, features: Feature[]): void {
  const map = mapStore.get()
  if (!map || !readyStore.get()) return
  ;(map.getSource(source) as GeoJSONSource | undefined)?.setData({ type: "FeatureCollection", features })
}

const metres_per_degree = 111_320
/** Distance in metres between two places close to each other. */
export function metresBetween(a: [number, number], b: [number, number]): number {
  const dx = (b[0] - a[0]) * metres_per_degree * Math.cos((a[1] * Math.PI) / 180)
  return Math.hypot(dx, (b[1] - a[1]) * metres_per_degree)
}
/** Moves to a place: a short flight under 1 km, a jump beyond. */
export function goTo(place: [number, number], zoom_min = 15): void {
  const map = mapStore.get()
  if (!map) return
  const centre = map.getCenter()
  const near = metresBetween([centre.lng, centre.lat], place) < 1000
  // On narrow screens the inspector lies over the map's right edge.
  const covered_px = innerWidth <= 1280 ? 424 : 0
  map.easeTo({
    center: place,
    zoom: Math.max(map.getZoom(), zoom_min),
    offset: [-covered_px / 2, 0],
    duration: near ? 240 : 0,
  })
}
/** A circle of a true radius around a place. */
export function circle(place: [number, number], radius_m: number): Feature {
  const ring = Array.from({ length: 65 }, (_, i) => {
    const a = (i / 64) * 2 * Math.PI
    return [
      place[0] + (radius_m * Math.cos(a)) / (metres_per_degree * Math.cos((place[1] * Math.PI) / 180)),
      place[1] + (radius_m * Math.sin(a)) / metres_per_degree,
    ]
  })
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: ring } }
}
