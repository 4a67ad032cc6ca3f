import { useEffect, useMemo } from "react"
import type { ChangeView } from "../../../../stages/census/changes/views.ts"
import { useGet } from "../../../api.ts"
import { useStore } from "../../../external.ts"
import { type Feature, goTo, MapSlot, readyStore } from "../../../map/index.ts"
import type { Tokens } from "../../../theme/index.ts"
import { useWords } from "../../../words/index.ts"
import { change_base } from "./changes.tsx"
import { showAll, useBox, useCleanMap, useOverlay } from "./overlay.ts"

type Answer = { complete: boolean; features: Feature[] }
const zoom_min = 16.5

const is = (side: string, type: string) => [
  "all",
  ["==", ["get", "side"], side],
  ["==", ["geometry-type"], type],
  ["!", ["get", "selected"]],
]
/** From small at the city's scale to full at that of a street. */
const byZoom = (far: number, near: number) => ["interpolate", ["linear"], ["zoom"], 13.5, far, 17, near]
/** Before is dashed and hollow in one colour, after solid and full in another, so that either can be told without colour. */
const layers = (t: Tokens): object[] => [
  {
    id: "diff-selected-line",
    type: "line",
    filter: ["all", ["get", "selected"], ["==", ["geometry-type"], "LineString"]],
    layout: { "line-cap": "round" },
    paint: { "line-color": t.ink, "line-width": 9, "line-opacity": 0.35 },
  },
  {
    id: "diff-selected-point",
    type: "circle",
    filter: ["all", ["get", "selected"], ["==", ["geometry-type"], "Point"]],
    paint: {
      "circle-radius": 12,
      "circle-color": "transparent",
      "circle-stroke-color": t.ink,
      "circle-stroke-width": 2.5,
    },
  },
  {
    id: "diff-after-line",
    type: "line",
    filter: is("after", "LineString"),
    layout: { "line-cap": "round" },
    paint: { "line-color": t.p_JS, "line-width": byZoom(1.2, 3) },
  },
  {
    id: "diff-before-line",
    type: "line",
    filter: is("before", "LineString"),
    paint: { "line-color": t.p_DL, "line-width": byZoom(1, 2.2), "line-dasharray": [2, 1.6] },
  },
  {
    id: "diff-after-point",
    type: "circle",
    filter: is("after", "Point"),
    paint: {
      "circle-radius": byZoom(1.2, 4),
      "circle-color": t.p_JS,
      "circle-stroke-color": t.m_halo,
      "circle-stroke-width": 1,
    },
  },
  {
    id: "diff-before-point",
    type: "circle",
    filter: is("before", "Point"),
    paint: {
      "circle-radius": byZoom(2.4, 6.5),
      "circle-color": "transparent",
      "circle-stroke-color": t.p_DL,
      "circle-stroke-width": 2,
    },
  },
]

/** Both sides of every change in view, one over the other. */
export function ChangeMap({
  id,
  action,
  row,
  first,
  onPick,
}: {
  id: number
  action: string | undefined
  row: ChangeView | null
  first: readonly ChangeView[]
  onPick(id: number): void
}) {
  const { t } = useWords()
  const ready = useStore(readyStore)
  const box = useBox()
  useCleanMap()
  const query = useGet<Answer>("change", box ? `${change_base}/${id}/diff.geojson` : null, { bbox: box, action })
  const chosen = row?.id ?? null
  const features = useMemo(
    () =>
      (query.data?.features ?? []).flatMap((f): Feature[] => {
        const plain = { id: f.properties.id, side: f.properties.side, selected: false }
        const one = { ...f, properties: plain }
        return f.properties.id === chosen ? [{ ...f, properties: { ...plain, selected: true } }, one] : [one]
      }),
    [query.data, chosen],
  )
  useOverlay("diff", layers, features, (properties) => onPick(Number(properties.id)))
  const there = ready && first.length > 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the first rows are known; later the person moves the map
  useEffect(() => {
    if (there && !row) showAll(first.map((r) => [r.lon, r.lat] as const))
  }, [there])
  const place = row ? `${row.lon},${row.lat}` : ""
  useEffect(() => {
    if (ready && place) goTo(place.split(",").map(Number) as [number, number], zoom_min)
  }, [ready, place])
  return (
    <MapSlot pointers={false}>
      <div className="mapui lg" style={{ left: 12, top: 12 }}>
        <span className="row g4 nw1">
          <svg width="34" height="12" aria-hidden="true">
            <path d="M0 6H22" className="dv-before" />
            <circle cx="28" cy="6" r="4.5" className="dv-before" />
          </svg>
          {t("changes.before")}
        </span>
        <span className="row g4 nw1">
          <svg width="32" height="12" aria-hidden="true">
            <path d="M0 6H22" className="dv-after" />
            <circle cx="27" cy="6" r="3.5" className="dv-after dot" />
          </svg>
          {t("changes.after")}
        </span>
        <i />
        <span className="i3 nw1">
          {t(query.data?.complete === false ? "changes.in_view_many" : "changes.in_view", {
            count: new Set(query.data?.features.map((f) => f.properties.id)).size,
          })}
        </span>
      </div>
    </MapSlot>
  )
}
