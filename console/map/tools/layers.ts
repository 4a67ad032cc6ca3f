import type { GeoJSONSource, LayerSpecification, Map as MapLibre } from "maplibre-gl"
import { classCodes, classColour, type Tokens } from "../../theme/index.ts"
import { byZoom } from "../expressions.ts"
import { map_font } from "../fonts.ts"

/** What a tool draws, and what it found. */
export const drawing_source = "tool-drawing"
export const result_source = "tool-result"
const empty = { type: "FeatureCollection" as const, features: [] }

const round = { "line-cap": "round" as const, "line-join": "round" as const }
const role = (...names: string[]) => ["in", ["get", "role"], ["literal", names]] as never
const lines = (filter: unknown) => ["all", ["==", ["geometry-type"], "LineString"], filter] as never
const points = (filter: unknown) => ["all", ["==", ["geometry-type"], "Point"], filter] as never

/** Lines of what was found, by their role: `strong` in the colour of their class, `quiet` dashed, `chosen` in ink. */
function resultLayers(t: Tokens): LayerSpecification[] {
  const of_class = ["match", ["get", "class"], ...classCodes.flatMap((c) => [c, classColour(t, c)]), t.p_QT] as never
  const width = byZoom(10, 2, 14, 4, 17, 7)
  return [
    {
      id: "tool-area",
      type: "fill",
      source: drawing_source,
      filter: ["==", ["geometry-type"], "Polygon"] as never,
      paint: { "fill-color": t.ink, "fill-opacity": 0.09 },
    },
    {
      id: "tool-halo",
      type: "line",
      source: result_source,
      filter: lines(["!=", ["get", "role"], "quiet"]),
      layout: round,
      paint: { "line-color": t.m_halo, "line-width": byZoom(10, 4, 14, 8, 17, 13), "line-opacity": 0.9 },
    },
    {
      id: "tool-quiet",
      type: "line",
      source: result_source,
      filter: lines(role("quiet")),
      paint: { "line-color": t.ink_3, "line-width": byZoom(10, 1.4, 14, 2.6, 17, 4), "line-dasharray": [0.6, 1] },
    },
    {
      id: "tool-dashed",
      type: "line",
      source: result_source,
      filter: lines(role("dashed")),
      paint: { "line-color": of_class, "line-width": width, "line-dasharray": [1, 0.6] },
    },
    {
      id: "tool-strong",
      type: "line",
      source: result_source,
      filter: lines(role("strong")),
      layout: round,
      paint: { "line-color": of_class, "line-width": width },
    },
    {
      id: "tool-chosen",
      type: "line",
      source: result_source,
      filter: lines(role("chosen")),
      layout: round,
      paint: { "line-color": t.ink, "line-width": width },
    },
    {
      id: "tool-dots",
      type: "circle",
      source: result_source,
      filter: points(role("strong", "dashed")),
      minzoom: 14,
      paint: {
        "circle-radius": byZoom(14, 2, 17, 4),
        "circle-color": t.bg_raised,
        "circle-stroke-color": of_class,
        "circle-stroke-width": 1.4,
      },
    },
    {
      id: "tool-chosen-dot",
      type: "circle",
      source: result_source,
      filter: points(role("chosen")),
      paint: {
        "circle-radius": byZoom(12, 4, 17, 7),
        "circle-color": t.bg_raised,
        "circle-stroke-color": t.ink,
        "circle-stroke-width": 3,
      },
    },
  ]
}

/** The line or ring under the hand: corners are squares, as in drawings. */
function drawingLayers(t: Tokens): LayerSpecification[] {
  const solid = ["!=", ["get", "role"], "next"]
  return [
    {
      id: "tool-cut-halo",
      type: "line",
      source: drawing_source,
      layout: round,
      paint: { "line-color": t.m_halo, "line-width": 6, "line-opacity": 0.85 },
    },
    {
      id: "tool-cut",
      type: "line",
      source: drawing_source,
      filter: solid as never,
      layout: round,
      paint: { "line-color": t.ink, "line-width": 2 },
    },
    {
      id: "tool-next",
      type: "line",
      source: drawing_source,
      filter: ["==", ["get", "role"], "next"] as never,
      paint: { "line-color": t.ink, "line-width": 1.4, "line-dasharray": [3, 3] },
    },
    {
      id: "tool-corner",
      type: "circle",
      source: drawing_source,
      filter: ["==", ["geometry-type"], "Point"] as never,
      paint: {
        "circle-radius": ["match", ["get", "role"], "hover", 7, 4.5] as never,
        "circle-color": ["match", ["get", "role"], "hover", t.ink, t.bg_raised] as never,
        "circle-stroke-color": ["match", ["get", "role"], "hover", t.bg_raised, t.ink] as never,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "tool-word",
      type: "symbol",
      source: drawing_source,
      filter: ["has", "text"] as never,
      layout: {
        "text-field": ["get", "text"] as never,
        "text-font": [map_font],
        "text-size": 13,
        "text-offset": [0, -1.1],
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": t.ink, "text-halo-color": t.m_halo, "text-halo-width": 3 },
    },
  ]
}

const layersOf = (t: Tokens) => [...resultLayers(t), ...drawingLayers(t)]

/** Puts the tools' layers on top of the map; what is returned takes them off. */
export function addToolLayers(map: MapLibre, tokens: Tokens): () => void {
  for (const source of [drawing_source, result_source])
    if (!map.getSource(source)) map.addSource(source, { type: "geojson", data: empty })
  for (const layer of layersOf(tokens)) if (!map.getLayer(layer.id)) map.addLayer(layer)
  return () => {
    for (const { id } of layersOf(tokens)) if (map.getLayer(id)) map.removeLayer(id)
    for (const source of [drawing_source, result_source]) if (map.getSource(source)) map.removeSource(source)
  }
}

/** Colours after a change of theme. */
export function paintToolLayers(map: MapLibre, tokens: Tokens): void {
  for (const layer of layersOf(tokens)) {
    if (!map.getLayer(layer.id)) continue
    for (const [name, value] of Object.entries(layer.paint ?? {}))
      map.setPaintProperty(layer.id, name as never, value as never)
  }
}

export function setToolData(map: MapLibre, source: string, features: unknown[]): void {
  void (map.getSource(source) as GeoJSONSource | undefined)?.setData({ type: "FeatureCollection", features } as never)
}
