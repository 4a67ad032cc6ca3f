import { Marker } from "maplibre-gl"
import { useEffect } from "react"
import { store, useStore } from "../external.ts"
import type { Level, LevelState } from "../kit/index.ts"
import { type Focus, setFocus } from "./focus.ts"
import { hiddenStore } from "./hidden.ts"
import { circle, type Feature, goTo, mapStore, metresBetween, readyStore, repaintedStore, setData } from "./instance.ts"

export type ShownAlarm = {
  id: number
  level: Level
  state: LevelState
  lon_lat: [number, number]
  title: string
  value: string
}
/** Alarms on the map now, the most urgent first; edge pointers are made from them. */
export const shownAlarmsStore = store<readonly ShownAlarm[]>([])

const point = (at: [number, number], properties: Record<string, unknown>): Feature => ({
  type: "Feature",
  properties,
  geometry: { type: "Point", coordinates: at },
})

/** What is laid around the selected alarm; the leader lines of its neighbours are drawn from it. */
export const sceneStore = store<Scene | null>(null)
const sight_m = 300

let pulses: Marker[] = []
let callout: Marker | null = null

/** Draws the alarms; unacknowledged level 1 and 2 alarms pulse. */
export function useAlarmsOnMap(alarms: readonly ShownAlarm[], selected: number | null): void {
  const ready = useStore(readyStore)
  useEffect(() => {
    shownAlarmsStore.set(alarms)
    if (!ready) return
    setData(
      "alarms",
      [...alarms].reverse().map((a) =>
        point(a.lon_lat, {
          id: a.id,
          level: a.level,
          state: a.state,
          order: a.id === selected ? 99 : 4 - a.level,
          title: a.id === selected ? "" : a.title,
          value: a.id === selected ? "" : a.value,
        }),
      ),
    )
    for (const marker of pulses) marker.remove()
    const map = mapStore.get()!
    pulses = alarms
      .filter((a) => a.state === "new" && a.level <= 2)
      .slice(0, 20)
      .map((a) => {
        const element = document.createElement("div")
        const ring = document.createElement("div")
        ring.className = `pulse p${a.level}`
        element.append(ring)
        return new Marker({ element }).setLngLat(a.lon_lat).addTo(map)
      })
  }, [alarms, selected, ready])
}

export type Scene = {
  place: [number, number]
  /** The line of the callout: what was measured, and where. */
  value: string
  detail: string
  lifelines: string[]
  radius_m: number
  neighbours: { id: number; lon_lat: [number, number]; text: string }[]
  suspects: { asset_id: number; rank: number; lon_lat: [number, number] }[]
}

/** Shows the evidence of one alarm around its place: callout, search ring, neighbours' values, suspects; null clears it. */
export function useScene(scene: Scene | null): void {
  const ready = useStore(readyStore)
  const hidden = useStore(hiddenStore)
  const repainted = useStore(repaintedStore)
  const place = scene ? scene.place.join() : ""
  const close = (scene?.neighbours ?? []).some((n) => metresBetween(n.lon_lat, scene!.place) < sight_m)
  useEffect(() => {
    if (ready && place) goTo(place.split(",").map(Number) as [number, number], close ? 16 : 15)
  }, [ready, place, close])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a repaint resets what focus had set
  useEffect(() => {
    if (!ready) return
    const focus: Focus = scene ? { place: scene.place, radius_m: 200, lifelines: scene.lifelines } : null
    setFocus(focus, hidden)
    sceneStore.set(scene)
    setData("ring", scene && scene.radius_m > 0 ? [circle(scene.place, scene.radius_m)] : [])
    setData("points", scene?.neighbours.map((n) => point(n.lon_lat, { id: n.id, text: n.text })) ?? [])
    const ids = scene?.suspects.map((s) => s.asset_id) ?? []
    for (const layer of ["suspect-halo", "suspect-line"])
      mapStore.get()!.setFilter(layer, ["in", ["get", "id"], ["literal", ids]] as never)
    setData("suspects", scene?.suspects.map((s) => point(s.lon_lat, { id: s.asset_id, rank: s.rank })) ?? [])
    callout?.remove()
    callout = null
    if (!scene) return
    const element = document.createElement("div")
    element.className = "callout"
    const value = document.createElement("b")
    value.textContent = scene.value
    const detail = document.createElement("span")
    detail.textContent = scene.detail
    element.append(value, detail)
    callout = new Marker({ element, anchor: "top-left", offset: [18, 40] })
      .setLngLat(scene.place)
      .addTo(mapStore.get()!)
  }, [ready, scene, hidden, repainted])
}

/** Takes everything of the work off the map, for screens that show something else. */
export function clearWork(): void {
  for (const source of ["alarms", "ring", "points", "suspects", "selected"]) setData(source, [])
  for (const marker of pulses) marker.remove()
  pulses = []
  callout?.remove()
  callout = null
  shownAlarmsStore.set([])
  sceneStore.set(null)
}
