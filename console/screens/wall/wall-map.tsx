import type { Map as MapLibre } from "maplibre-gl"
import { useEffect, useLayoutEffect, useState } from "react"
import { type AlarmRow, useCity } from "../../api.ts"
import { useStore } from "../../external.ts"
import { levelShapes, levelState, numberText, trendText, unitText } from "../../kit/index.ts"
import { clearWork, MapSlot, mapStore, readyStore, setFocus, useCamera } from "../../map/index.ts"
import { useWords } from "../../words/index.ts"
import { enlargeNames } from "./names.ts"
import { shortPlace } from "./place.ts"

/** The map is drawn this many times larger than on a desk, so that a street's name is read at ten metres. */
const enlarge = 2.3
const text_enlarge = 1.65
/** Closer than the whole city by this much. */
const closer = 0.35
const marker_px: Record<number, number> = { 1: 115, 2: 84, 3: 58, 4: 43 }
const labels_max = 3
const hidden: ReadonlySet<string> = new Set()

/** The city in the dark with its alarms, the most urgent one in the middle. Units are px at 3840 × 2160. */
export function WallMap({
  alarms,
  urgent,
  unit,
}: {
  alarms: readonly AlarmRow[]
  urgent: AlarmRow | null
  unit: number
}) {
  const bounds = useCity().data?.bounds ?? null
  const map = useStore(mapStore)
  const ready = useStore(readyStore)
  const scale = enlarge * unit
  const place = urgent?.lon_lat?.join() ?? ""
  const lifeline = urgent?.lifeline ?? ""
  useLayoutEffect(() => {
    if (!map) return
    map.setPixelRatio(Math.min(4, scale * devicePixelRatio))
    map.resize()
    return () => map.setPixelRatio(devicePixelRatio)
  }, [map, scale])
  useEffect(() => {
    if (!map || !ready) return
    clearWork()
    for (const handler of [map.dragPan, map.scrollZoom, map.doubleClickZoom, map.touchZoomRotate, map.keyboard])
      handler.disable()
    const restore = enlargeNames(map, text_enlarge)
    return () => {
      for (const handler of [map.dragPan, map.scrollZoom, map.doubleClickZoom, map.touchZoomRotate, map.keyboard])
        handler.enable()
      map.touchZoomRotate.disableRotation()
      restore()
      setFocus(null, hidden)
    }
  }, [map, ready])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another scale is another size of the map
  useEffect(() => {
    if (!map || !ready) return
    if (!place) return setFocus(null, hidden)
    const at = place.split(",").map(Number) as [number, number]
    setFocus({ place: at, radius_m: 400, lifelines: [lifeline] }, hidden)
    map.easeTo({ ...cameraOf(map, at, bounds), duration: 800 })
  }, [map, ready, place, lifeline, bounds, scale])
  return (
    <div className="wmap">
      <div
        className="inner"
        style={{ width: `${100 / scale}%`, height: `${100 / scale}%`, transform: `scale(${scale})` }}
      >
        <MapSlot pointers={false} />
      </div>
      {map && ready ? <Marks map={map} alarms={alarms} urgent={urgent} scale={scale} unit={unit} /> : null}
    </div>
  )
}

const metres_per_degree = 111_320
const metres_per_px_0 = 78_271.517
/** A camera that shows the place and stays inside the city's bounds, so that no empty ground is seen beside it. */
function cameraOf(map: MapLibre, at: [number, number], bounds: [number, number, number, number] | null) {
  const { clientWidth: w, clientHeight: h } = map.getContainer()
  if (!bounds || w === 0 || h === 0) return { center: at, zoom: 14.5 }
  const [west, south, east, north] = bounds
  const cos = Math.cos((at[1] * Math.PI) / 180)
  const metres_per_px = Math.min(
    ((east - west) * metres_per_degree * cos) / w,
    ((north - south) * metres_per_degree) / h,
  )
  const zoom = Math.log2((metres_per_px_0 * cos) / metres_per_px) + closer
  const half_x = (w / 2) * (metres_per_px / 2 ** closer / metres_per_degree / cos)
  const half_y = (h / 2) * (metres_per_px / 2 ** closer / metres_per_degree)
  const clamp = (v: number, low: number, high: number) =>
    low > high ? (low + high) / 2 : Math.max(low, Math.min(high, v))
  const center: [number, number] = [
    clamp(at[0], west + half_x, east - half_x),
    clamp(at[1], south + half_y, north - half_y),
  ]
  return { center, zoom }
}

type Mark = { alarm: AlarmRow; x: number; y: number; r: number; label: boolean }
/** Alarms over the map, least urgent first; the most urgent ones carry their value and place where there is room. */
function Marks({
  map,
  alarms,
  urgent,
  scale,
  unit,
}: {
  map: MapLibre
  alarms: readonly AlarmRow[]
  urgent: AlarmRow | null
  scale: number
  unit: number
}) {
  const { pick } = useWords()
  useCamera()
  const [size, setSize] = useState({ w: 0, h: 0 })
  useEffect(() => {
    const element = map.getContainer()
    const observer = new ResizeObserver(() => setSize({ w: element.clientWidth, h: element.clientHeight }))
    observer.observe(element)
    return () => observer.disconnect()
  }, [map])
  const width = (size.w * scale) / unit
  const height = (size.h * scale) / unit
  const marks: Mark[] = []
  const taken: [number, number, number, number][] = []
  for (const alarm of alarms) {
    if (!alarm.lon_lat) continue
    const at = map.project(alarm.lon_lat)
    const x = (at.x * scale) / unit
    const y = (at.y * scale) / unit
    if (x < 0 || y < 0 || x > width || y > height) continue
    const r = (marker_px[alarm.severity] ?? 43) / 2
    const box: [number, number, number, number] = [x + r, y - 60, x + r + 760, y + 80]
    const free = box[2] < width && !taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])
    const label = free && marks.filter((m) => m.label).length < labels_max && (alarm === urgent || alarm.severity <= 3)
    if (label) taken.push(box)
    marks.push({ alarm, x, y, r, label })
  }
  return (
    <svg className="wmarks" viewBox={`0 0 ${width || 1} ${height || 1}`} aria-hidden="true">
      {[...marks].reverse().map(({ alarm, x, y, r, label }) => {
        const hot = alarm === urgent
        const state = levelState(alarm)
        const shape = levelShapes[alarm.severity]
        const k = (r * 2) / 18
        return (
          <g key={alarm.id} transform={`translate(${x} ${y})`}>
            {hot ? (
              <>
                <circle className={`ring r${alarm.severity}`} r="122" />
                <circle className={`ring faint r${alarm.severity}`} r="180" />
              </>
            ) : null}
            <g
              className={`L${alarm.severity} lvm ${state === "new" ? "" : state === "seen" ? "ack" : "cl"}`}
              transform={`scale(${k}) translate(-9 -9)`}
            >
              <path className="under" d={shape.d} />
              <path className="sh" d={shape.d} />
              <text x="9" y={shape.text_y}>
                {alarm.severity}
              </text>
            </g>
            {label ? (
              <g className={`wt ${hot ? "x" : ""}`} transform={`translate(${r + (hot ? 70 : 26)} ${hot ? -150 : -4})`}>
                <text>{valueText(alarm, pick)}</text>
                <text className="s" y={hot ? 72 : 54}>
                  {shortPlace(pick(alarm.place), pick(alarm.title), alarm.code)}
                </text>
              </g>
            ) : null}
          </g>
        )
      })}
    </svg>
  )
}

/** 1.8 %VOL ↑, or the title of an alarm that has no single value. */
export const valueText = (alarm: AlarmRow, pick: (words: { zh: string; en: string }) => string): string =>
  alarm.value
    ? `${numberText(alarm.value.amount)} ${unitText(alarm.value.unit)} ${trendText(alarm.trend)}`.trim()
    : pick(alarm.title)
