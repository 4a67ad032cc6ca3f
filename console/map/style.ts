import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl"
import { classCodes, classColour, classDashes, type Tokens } from "../theme/index.ts"
import { baseLayers, nameLayers } from "./base-layers.ts"
import { byZoom, is, metres, never, type StyleOptions } from "./expressions.ts"
import { fontFaces, map_font } from "./fonts.ts"

const empty = { type: "geojson" as const, data: { type: "FeatureCollection" as const, features: [] } }
/** Pipes twice: quiet in context, full in focus. Filters and opacity of both are set by focus.ts. */
export const contextId = (code: string): string => `pipe-${code}`
export const focusId = (code: string): string => `focus-${code}`

function pipeLayers({ tokens: t, base_map }: StyleOptions): LayerSpecification[] {
  const src = { source: "census", "source-layer": "line" }
  // A city without a base map has nothing but its pipes: they are shown from afar.
  const context_zoom = base_map ? 13.5 : 8
  const dash = (code: string) => (classDashes[code] ? { "line-dasharray": classDashes[code] } : {})
  return [
    {
      id: "area",
      type: "line",
      source: "census",
      "source-layer": "area",
      minzoom: 11,
      paint: { "line-color": t.m_text_2, "line-width": 1, "line-dasharray": [4, 4], "line-opacity": 0.5 },
    },
    ...[4, 3, 2, 1].map(
      (band): LayerSpecification => ({
        id: `band-${band}`,
        type: "line",
        source: "risk",
        "source-layer": "line",
        filter: never,
        layout: { "line-join": "round", visibility: "none" },
        paint: {
          "line-color": t[`rk${band as 1 | 2 | 3 | 4}`],
          "line-width": byZoom(12, [0, 4, 3, 2, 1][band]!, 15, [0, 10, 7.5, 4.5, 3][band]!),
        },
      }),
    ),
    ...classCodes.map(
      (code): LayerSpecification => ({
        id: contextId(code),
        type: "line",
        ...src,
        minzoom: context_zoom,
        filter: is("class", code),
        layout: { "line-join": "round" },
        paint: {
          "line-color": classColour(t, code),
          "line-opacity": 0.55,
          "line-width": byZoom(10, 0.7, 14.5, 1, 17, 1.4),
          ...dash(code),
        },
      }),
    ),
    ...classCodes.map(
      (code): LayerSpecification => ({
        id: focusId(code),
        type: "line",
        ...src,
        minzoom: base_map ? 13 : 8,
        filter: never,
        layout: { "line-join": "round" },
        paint: { "line-color": classColour(t, code), "line-width": byZoom(13, 1.2, 15, 2, 17, 2.6), ...dash(code) },
      }),
    ),
    {
      id: "node",
      type: "circle",
      source: "census",
      "source-layer": "point",
      minzoom: 15,
      paint: {
        "circle-radius": byZoom(15, 1.7, 17, 3.6),
        "circle-opacity": 0.6,
        "circle-stroke-opacity": 0.6,
        "circle-color": ["match", ["get", "kind"], ["valve", "pump", "regulator"], classMatch(t), t.m_road_a] as never,
        "circle-stroke-color": classMatch(t) as never,
        "circle-stroke-width": 1,
      },
    },
  ]
}
const classMatch = (t: Tokens): ExpressionSpecification =>
  ["match", ["get", "class"], ...classCodes.flatMap((code) => [code, classColour(t, code)]), t.p_QT] as never

/** What the work puts on the sheet: suspects, ring, leads, neighbours' values, alarms. */
function workLayers({ tokens: t, latitude }: StyleOptions): LayerSpecification[] {
  const font = { "text-font": [map_font] }
  const halo = { "text-halo-color": t.m_halo, "text-halo-width": 2 }
  return [
    {
      id: "suspect-halo",
      type: "line",
      source: "census",
      "source-layer": "line",
      filter: never,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": t.m_halo, "line-width": 9, "line-opacity": 0.95 },
    },
    {
      id: "suspect-line",
      type: "line",
      source: "census",
      "source-layer": "line",
      filter: never,
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": classMatch(t) as never, "line-width": 4.5 },
    },
    {
      id: "selected-halo",
      type: "line",
      source: "selected",
      paint: { "line-color": t.m_halo, "line-width": 9, "line-opacity": 0.95 },
      layout: { "line-cap": "round", "line-join": "round" },
    },
    {
      id: "selected",
      type: "line",
      source: "selected",
      paint: { "line-color": t.ink, "line-width": 4 },
      layout: { "line-cap": "round", "line-join": "round" },
    },
    {
      id: "ring",
      type: "line",
      source: "ring",
      paint: { "line-color": t.ink_2, "line-width": 1, "line-dasharray": [4, 4] },
    },
    {
      id: "point",
      type: "symbol",
      source: "points",
      minzoom: 11,
      layout: {
        "icon-image": "square",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "icon-size": byZoom(11, 0.3, 15, 0.5),
      },
    },
    {
      id: "suspect",
      type: "symbol",
      source: "suspects",
      layout: {
        "icon-image": ["concat", "disc-", ["get", "rank"]],
        "icon-allow-overlap": true,
        "icon-size": byZoom(15, 0.5, 17, 0.55),
      },
    },
    {
      id: "alarm",
      type: "symbol",
      source: "alarms",
      layout: {
        ...font,
        "icon-image": ["concat", "alarm-", ["get", "level"], "-", ["get", "state"]],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "icon-size": byZoom(15, 0.42, 17, 0.5),
        "symbol-sort-key": ["get", "order"],
        "symbol-z-order": "source",
        "text-field": [
          "step",
          ["zoom"],
          "",
          13.5,
          ["format", ["get", "value"], {}, "\n", {}, ["get", "title"], { "font-scale": 0.88, "text-color": t.ink_2 }],
        ] as never,
        "text-size": 12,
        "text-variable-anchor": ["left", "right", "bottom", "top"],
        "text-radial-offset": 1.2,
        "text-justify": "auto",
        "text-optional": true,
        "text-max-width": 14,
      },
      paint: { "text-color": t.ink, ...halo },
    },
    {
      id: "metres",
      type: "circle",
      source: "ring",
      layout: { visibility: "none" },
      paint: { "circle-radius": metres(1, latitude, 1) },
    },
  ]
}

const onlineLayer: LayerSpecification = {
  id: "online",
  type: "raster",
  source: "online",
  paint: { "raster-saturation": -0.6, "raster-opacity": 0.7 },
}

/** The whole style; the same function gives the colours after a theme change. */
export function mapStyle(options: StyleOptions): StyleSpecification {
  const tiles = (path: string, maxzoom: number) => ({
    type: "vector" as const,
    tiles: [`${options.origin}${path}/{z}/{x}/{y}.mvt`],
    minzoom: 8,
    maxzoom,
  })
  return {
    version: 8,
    "font-faces": fontFaces() as never,
    sources: {
      ...(options.online_tiles
        ? { online: { type: "raster" as const, tiles: [options.online_tiles], tileSize: 256, maxzoom: 18 } }
        : {}),
      ...(options.base_map ? { base: tiles("/api/map/base", 16) } : {}),
      census: tiles("/api/map/census", 16),
      risk: tiles("/api/map/risk", 16),
      selected: empty,
      ring: empty,
      points: empty,
      suspects: empty,
      alarms: empty,
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": options.tokens.m_land } },
      // Paler than the pipes: the ground is where things are, not what they are.
      ...(options.online_tiles ? [onlineLayer] : []),
      ...(options.base_map ? baseLayers(options) : []),
      ...pipeLayers(options),
      ...(options.base_map ? nameLayers(options) : []),
      ...workLayers(options),
    ],
  }
}

/** The ground alone, for the page before the sign-in. */
export const baseOnlyStyle = (options: StyleOptions): StyleSpecification => {
  const style = mapStyle(options)
  return {
    version: 8,
    sources: { base: style.sources.base! },
    layers: style.layers.filter(
      (layer) =>
        layer.type === "background" || ("source" in layer && layer.source === "base" && layer.type !== "symbol"),
    ),
  }
}
