import { type MapGeoJSONFeature, type Map as MapLibre, type MapMouseEvent, Popup } from "maplibre-gl"
import { useEffect, useRef } from "react"
import { store, useStore } from "../external.ts"
import { themeStore, themes } from "../theme/index.ts"
import { mapStore, readyStore, repaintedStore } from "./instance.ts"
import { pointLayers, points_source } from "./point-layers.ts"
import {
  type Cluster,
  clusterOf,
  createPointStatus,
  type PointStatus,
  type PointStatusClient,
  type StatusEvent,
} from "./point-status.ts"

/** Below this zoom the tiles hold clusters; they are taken again this often, as their counts change. */
const cluster_zoom = 13
const clusters_ms = 10_000

/** True while the stream of the map's points is connected. */
export const pointsLiveStore = store(false)
/** Changes heard since the layer was opened. */
export const pointsHeardStore = store(0)
/** The point clicked last on the map. */
export const pickedPointStore = store<{ id: number; lifeline: string; indicator: string; code: string } | null>(null)

/** The stream of the browser; a test gives its own. */
export type OpenStream = (
  url: string,
  heard: (event: StatusEvent) => void,
  connected: (yes: boolean) => void,
) => () => void
export const openEventSource: OpenStream = (url, heard, connected) => {
  const source = new EventSource(url)
  source.addEventListener("open", () => connected(true))
  source.addEventListener("error", () => connected(false))
  source.addEventListener("status", (event) => heard(JSON.parse(event.data) as StatusEvent))
  return () => source.close()
}

export type PointWords = {
  cluster(cluster: Cluster): string[]
  point(properties: Record<string, unknown>, status: PointStatus | undefined): string[]
}

/** Shows all points of the city on the map with their live state, until it is taken off. `live` is false in the past. */
export function usePointStatus(live: boolean, words: PointWords, open: OpenStream = openEventSource): void {
  const map = useStore(mapStore)
  const ready = useStore(readyStore)
  const repainted = useStore(repaintedStore)
  // What is said under the pointer is made when it is pointed at, from the newest words.
  const current = useRef(words)
  current.current = words
  useEffect(() => {
    if (!map || !ready) return
    return installPoints(map, live, current, open)
  }, [map, ready, live, open])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a repaint is another theme
  useEffect(() => {
    if (!map?.getSource(points_source)) return
    for (const layer of pointLayers(themes[themeStore.get()]))
      for (const [name, value] of Object.entries(layer.paint ?? {}))
        map.setPaintProperty(layer.id, name as never, value as never)
  }, [map, repainted])
}

function installPoints(map: MapLibre, live: boolean, words: { current: PointWords }, open: OpenStream): () => void {
  map.addSource(points_source, {
    type: "vector",
    tiles: [`${location.origin}/api/map/points/{z}/{x}/{y}.mvt`],
    minzoom: 6,
    maxzoom: 16,
    promoteId: { point: "id" },
  })
  for (const layer of pointLayers(themes[themeStore.get()])) map.addLayer(layer)
  const client = createPointStatus({
    open,
    later(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    show(changes) {
      for (const [id, { severity, state }] of changes)
        map.setFeatureState({ source: points_source, sourceLayer: "point", id }, { severity, state })
      pointsHeardStore.set(client.heard())
    },
    connected: (yes) => pointsLiveStore.set(yes),
  })
  const look = () => {
    if (!live) return
    const bounds = map.getBounds()
    client.look({
      west: bounds.getWest(),
      south: bounds.getSouth(),
      east: bounds.getEast(),
      north: bounds.getNorth(),
      zoom: map.getZoom(),
    })
  }
  map.on("moveend", look)
  look()
  const clusters = setInterval(() => {
    if (live && !document.hidden && map.getZoom() < cluster_zoom) map.refreshTiles(points_source)
  }, clusters_ms)
  const stopPointing = pointAt(map, client, words)
  return () => {
    clearInterval(clusters)
    map.off("moveend", look)
    stopPointing()
    client.close()
    pointsLiveStore.set(false)
    for (const layer of pointLayers(themes[themeStore.get()])) if (map.getLayer(layer.id)) map.removeLayer(layer.id)
    if (map.getSource(points_source)) map.removeSource(points_source)
  }
}

/** What lies under the pointer says what it is; a click on a cluster goes closer, on a point picks it. */
function pointAt(map: MapLibre, client: PointStatusClient, words: { current: PointWords }): () => void {
  const popup = new Popup({ closeButton: false, closeOnClick: false, offset: 12, className: "pointpop" })
  const layers = ["lp-cluster", "lp-dot"]
  const under = (event: MapMouseEvent): MapGeoJSONFeature | undefined =>
    map.queryRenderedFeatures(event.point, { layers: layers.filter((id) => map.getLayer(id)) })[0]
  let shown = ""
  const moved = (event: MapMouseEvent) => {
    const found = under(event)
    map.getCanvas().style.cursor = found ? "pointer" : ""
    if (!found) {
      shown = ""
      popup.remove()
      return
    }
    const key = `${found.layer.id} ${found.id ?? JSON.stringify(found.properties)}`
    if (key === shown) return
    shown = key
    const lines =
      found.layer.id === "lp-cluster"
        ? words.current.cluster(clusterOf(found.properties))
        : words.current.point(found.properties, client.status(Number(found.properties.id)))
    const box = document.createElement("div")
    for (const [i, text] of lines.entries()) {
      const row = document.createElement(i === 0 ? "b" : "span")
      row.textContent = text
      box.append(row)
    }
    popup.setLngLat(placeOf(found, event)).setDOMContent(box).addTo(map)
  }
  const clicked = (event: MapMouseEvent) => {
    const found = under(event)
    if (!found) return
    if (found.layer.id === "lp-cluster") {
      map.easeTo({ center: placeOf(found, event), zoom: Math.min(cluster_zoom + 1, map.getZoom() + 2), duration: 240 })
      return
    }
    const p = found.properties
    pickedPointStore.set({
      id: Number(p.id),
      lifeline: String(p.lifeline ?? ""),
      indicator: String(p.indicator ?? ""),
      code: String(p.code ?? ""),
    })
  }
  const left = () => {
    shown = ""
    popup.remove()
  }
  map.on("mousemove", moved)
  map.on("click", clicked)
  map.on("mouseout", left)
  return () => {
    map.off("mousemove", moved)
    map.off("click", clicked)
    map.off("mouseout", left)
    popup.remove()
  }
}

const placeOf = (feature: MapGeoJSONFeature, event: MapMouseEvent): [number, number] =>
  feature.geometry.type === "Point"
    ? (feature.geometry.coordinates as [number, number])
    : [event.lngLat.lng, event.lngLat.lat]
