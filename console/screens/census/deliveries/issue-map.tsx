import { useEffect, useMemo } from "react"
import type { DeliveryView, IssueView } from "../../../../stages/census/staging/views.ts"
import { useGet } from "../../../api.ts"
import { useStore } from "../../../external.ts"
import { Button } from "../../../kit/index.ts"
import { type Feature, goTo, MapSlot, readyStore } from "../../../map/index.ts"
import type { Tokens } from "../../../theme/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { base } from "./desk.ts"
import { showAll, useBox, useCleanMap, useOverlay } from "./overlay.ts"

type Answer = { complete: boolean; features: Feature[] }
const zoom_min = 16.5

/** Open issues that block are filled, those that warn are hollow; what is settled is small. */
const layers = (t: Tokens): object[] => [
  {
    id: "issue-selected",
    type: "circle",
    filter: ["==", ["get", "look"], "selected"],
    paint: {
      "circle-radius": 13,
      "circle-color": "transparent",
      "circle-stroke-color": t.ink,
      "circle-stroke-width": 2.5,
    },
  },
  {
    id: "issue-dot",
    type: "circle",
    filter: ["!=", ["get", "look"], "selected"],
    paint: {
      "circle-radius": ["case", ["==", ["get", "state"], "open"], 5, 3],
      "circle-color": ["case", ["==", ["get", "look"], "blocks"], t.ink, t.bg_raised],
      "circle-stroke-color": ["case", ["==", ["get", "look"], "blocks"], t.m_halo, t.ink],
      "circle-stroke-width": 1.5,
      "circle-opacity": ["case", ["==", ["get", "state"], "open"], 1, 0.6],
    },
  },
]

/** Where the issues lie that the list shows; a click chooses one, the chosen one is flown to. */
export function IssueMap({
  delivery,
  filter,
  issue,
  onPick,
}: {
  delivery: DeliveryView
  filter: { rule: string | undefined; state: string | undefined }
  issue: IssueView | null
  onPick(id: number): void
}) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const ready = useStore(readyStore)
  const box = useBox()
  useCleanMap()
  const query = useGet<Answer>("issue", box ? `${base}/${delivery.id}/issues.geojson` : null, { bbox: box, ...filter })
  const blocking = useMemo(() => new Set(delivery.rules.filter((r) => r.blocks).map((r) => r.rule)), [delivery.rules])
  const features = useMemo(() => {
    const dots = (query.data?.features ?? []).map((f): Feature => {
      const { id, rule, state } = f.properties
      return { ...f, properties: { id, state, look: blocking.has(String(rule)) ? "blocks" : "warns" } }
    })
    if (issue?.lon != null && issue.lat != null)
      dots.push({
        type: "Feature",
        properties: { id: issue.id, state: issue.state, look: "selected" },
        geometry: { type: "Point", coordinates: [issue.lon, issue.lat] },
      })
    return dots
  }, [query.data, blocking, issue])
  useOverlay("issues", layers, features, ({ id }) => onPick(Number(id)))
  const place = issue?.lon != null && issue.lat != null ? `${issue.lon},${issue.lat}` : ""
  useEffect(() => {
    if (ready && place) goTo(place.split(",").map(Number) as [number, number], zoom_min)
  }, [ready, place])
  // The first view holds all of the delivery's issues.
  const first = useGet<Answer>("issue", `${base}/${delivery.id}/issues.geojson`, { bbox: "-180,-90,180,90" })
  const everywhere = first.data !== undefined && ready
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the places are known; later the person moves the map
  useEffect(() => {
    if (!everywhere || place) return
    showAll(first.data!.features.map((f) => f.geometry.coordinates as [number, number]))
  }, [everywhere])
  const shown = query.data?.features.length ?? 0
  return (
    <MapSlot pointers={false}>
      <div className="mapui lg" style={{ left: 12, top: 12 }}>
        <span className="row g4 nw1">
          <i className="dv-dot full" />
          {t("deliveries.blocks")}
        </span>
        <span className="row g4 nw1">
          <i className="dv-dot" />
          {t("deliveries.warns")}
        </span>
        <i />
        <span className="i3 nw1">
          {t(query.data?.complete === false ? "deliveries.in_view_many" : "deliveries.in_view", { count: shown })}
        </span>
      </div>
      {delivery.system ? null : (
        <div className="mapui dv-over">
          <b>{t("deliveries.no_places")}</b>
          <span className="i3 f12">{t("deliveries.no_places_text")}</span>
          <Button onClick={() => setUrl({ step: "system" })}>{t("deliveries.to_system")}</Button>
        </div>
      )}
    </MapSlot>
  )
}
