import type {
  DataDrivenPropertyValueSpecification, ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification,
} from "maplibre-gl"
import { classCodes, classColour, classDashes, type Tokens } from "../theme/index.ts"
import { fontFaces, map_font } from "./fonts.ts"

export type StyleOptions = { tokens: Tokens; language: "zh" | "en"; base_map: boolean; latitude: number; origin: string }

const empty = { type: "geojson" as const, data: { type: "FeatureCollection" as const, features: [] } }
const never: FilterSpecification = ["==", ["literal", 1], 2] as unknown as FilterSpecification
const flat = 9

/** Pixels of true metres at every zoom, never thinner than `px_min`. */
function metres(width: ExpressionSpecification | number, latitude: number, px_min: number, extra_px = 0): DataDrivenPropertyValueSpecification<number> {
  const at = (zoom: number) => {
    const px_per_m = 2 ** zoom / (78_271.517 * Math.cos((latitude * Math.PI) / 180))
    return ["+", extra_px, ["max", px_min, ["*", width, px_per_m]]]
  }
  return ["interpolate", ["exponential", 2], ["zoom"], ...[flat, 12, 14, 16, 20].flatMap((z) => [z, at(z)])] as never
}
const byZoom = (...stops: number[]): DataDrivenPropertyValueSpecification<number> => ["interpolate", ["linear"], ["zoom"], ...stops] as never
const is = (name: string, ...values: string[]): FilterSpecification => ["in", ["get", name], ["literal", values]] as never

export const roadClasses = [
  { id: "lane", classes: ["lane", "alley", "path", "track"], minzoom: 14.5, casing_px: 1.2, fallback_m: 6 },
  { id: "c", classes: ["c"], minzoom: 13, casing_px: 1.5, fallback_m: 12 },
  { id: "b", classes: ["b"], minzoom: 12, casing_px: 1.5, fallback_m: 20 },
  { id: "a", classes: ["a"], minzoom: 9, casing_px: 2, fallback_m: 34 },
] as const

/** The sheet, from the ground up: land, land use, water, roads, rail, buildings, trees. */
function baseLayers({ tokens: t, latitude }: StyleOptions): LayerSpecification[] {
  const src = (id: string) => ({ source: "base", "source-layer": id })
  const width = (m: number): ExpressionSpecification => ["coalesce", ["get", "width_m"], m]
  return [
    { id: "land", type: "fill", ...src("land"), paint: { "fill-color": t.m_land } },
    {
      id: "landuse", type: "fill", ...src("landuse"),
      paint: {
        "fill-antialias": false,
        "fill-color": ["match", ["get", "kind"],
          ["old", "old_town", "courtyard", "village", "hamlet"], t.m_old,
          ["factory", "industry", "waterworks", "gas_station", "power_station", "station"], t.m_ind,
          ["park", "green", "bank", "verge", "pitch", "grass", "square", "wood"], t.m_green,
          ["field", "farm", "outside"], t.m_field,
          ["track"], t.m_bld, t.m_block] as never,
      },
    },
    { id: "furrow", type: "line", ...src("furrow"), minzoom: 13.5, paint: { "line-color": t.m_field_2, "line-width": 1 } },
    { id: "water", type: "fill", ...src("water"), paint: { "fill-color": t.m_water } },
    { id: "bank", type: "line", ...src("water"), paint: { "line-color": t.m_water_2, "line-width": 1.2 } },
    ...roadClasses.map((r): LayerSpecification => ({
      id: `case-${r.id}`, type: "line", ...src("road"), minzoom: r.minzoom, filter: is("class", ...r.classes),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": t.m_case, "line-width": metres(width(r.fallback_m), latitude, r.id === "a" ? 1.2 : 0.6, r.casing_px) },
    })),
    ...roadClasses.map((r): LayerSpecification => ({
      id: `road-${r.id}`, type: "line", ...src("road"), minzoom: r.minzoom, filter: is("class", ...r.classes),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": r.id === "a" ? t.m_road_a : r.id === "lane" ? t.m_lane : t.m_road, "line-width": metres(width(r.fallback_m), latitude, r.id === "a" ? 1.2 : 0.6) },
    })),
    { id: "median", type: "line", ...src("road"), minzoom: 15, filter: is("class", "a"), paint: { "line-color": t.m_case, "line-width": 0.8, "line-dasharray": [8, 7] } },
    { id: "rail", type: "line", ...src("rail"), minzoom: 11, paint: { "line-color": t.m_rail, "line-width": byZoom(12, 1, 16, 3) } },
    { id: "rail-in", type: "line", ...src("rail"), minzoom: 13, paint: { "line-color": t.m_land, "line-width": byZoom(12, 0.4, 16, 1.8), "line-dasharray": [4, 4] } },
    {
      id: "building-shadow", type: "fill", ...src("building"), minzoom: 15,
      paint: { "fill-color": t.m_bld_2, "fill-opacity": 0.55, "fill-antialias": false, "fill-translate": ["interpolate", ["exponential", 2], ["zoom"], 15, ["literal", [0.9, 0.9]], 17, ["literal", [3.6, 3.6]]] as never },
    },
    {
      id: "building", type: "fill", ...src("building"), minzoom: 13.5,
      paint: { "fill-color": ["match", ["get", "kind"], ["public", "hospital", "school", "market", "station"], t.m_bld_k, t.m_bld] as never, "fill-opacity": byZoom(13.5, 0, 14, 1) },
    },
    { id: "building-line", type: "line", ...src("building"), minzoom: 15, paint: { "line-color": t.m_bld_2, "line-width": byZoom(15, 0.6, 17, 0.8) } },
    { id: "tree", type: "circle", ...src("tree"), minzoom: 15, paint: { "circle-color": t.m_tree, "circle-radius": metres(2.4, latitude, 1) } },
  ]
}

/** Pipes twice: quiet in context, full in focus. Filters and opacity of both are set by focus.ts. */
export const contextId = (code: string): string => `pipe-${code}`
export const focusId = (code: string): string => `focus-${code}`

function pipeLayers({ tokens: t, base_map }: StyleOptions): LayerSpecification[] {
  const src = { source: "census", "source-layer": "line" }
  // A city without a base map has nothing but its pipes: they are shown from afar.
  const context_zoom = base_map ? 13.5 : 8
  const dash = (code: string) => (classDashes[code] ? { "line-dasharray": classDashes[code] } : {})
  return [
    { id: "area", type: "line", source: "census", "source-layer": "area", minzoom: 11, paint: { "line-color": t.m_text_2, "line-width": 1, "line-dasharray": [4, 4], "line-opacity": 0.5 } },
    ...[4, 3, 2, 1].map((band): LayerSpecification => ({
      id: `band-${band}`, type: "line", source: "risk", "source-layer": "line", filter: never, layout: { "line-join": "round", visibility: "none" },
      paint: { "line-color": t[`rk${band as 1 | 2 | 3 | 4}`], "line-width": byZoom(12, [0, 4, 3, 2, 1][band]!, 15, [0, 10, 7.5, 4.5, 3][band]!) },
    })),
    ...classCodes.map((code): LayerSpecification => ({
      id: contextId(code), type: "line", ...src, minzoom: context_zoom, filter: is("class", code), layout: { "line-join": "round" },
      paint: { "line-color": classColour(t, code), "line-opacity": 0.55, "line-width": byZoom(10, 0.7, 14.5, 1, 17, 1.4), ...dash(code) },
    })),
    ...classCodes.map((code): LayerSpecification => ({
      id: focusId(code), type: "line", ...src, minzoom: base_map ? 13 : 8, filter: never, layout: { "line-join": "round" },
      paint: { "line-color": classColour(t, code), "line-width": byZoom(13, 1.2, 15, 2, 17, 2.6), ...dash(code) },
    })),
    {
      id: "node", type: "circle", source: "census", "source-layer": "point", minzoom: 15,
      paint: {
        "circle-radius": byZoom(15, 1.7, 17, 3.6), "circle-opacity": 0.6, "circle-stroke-opacity": 0.6,
        "circle-color": ["match", ["get", "kind"], ["valve", "pump", "regulator"], classMatch(t), t.m_road_a] as never,
        "circle-stroke-color": classMatch(t) as never, "circle-stroke-width": 1,
      },
    },
  ]
}
const classMatch = (t: Tokens): ExpressionSpecification =>
  ["match", ["get", "class"], ...classCodes.flatMap((code) => [code, classColour(t, code)]), t.p_QT] as never

function nameLayers({ tokens: t, language }: StyleOptions): LayerSpecification[] {
  const name: ExpressionSpecification =
    language === "en" ? ["coalesce", ["get", "name_en"], ["get", "name_zh"], ["get", "name"], ""] : ["coalesce", ["get", "name_zh"], ["get", "name"], ""]
  const halo = { "text-halo-color": t.m_halo, "text-halo-width": 1.5 }
  const font = { "text-font": [map_font] }
  return [
    ...(["c", "b", "a"] as const).map((id): LayerSpecification => ({
      id: `name-${id}`, type: "symbol", source: "base", "source-layer": "road", minzoom: { a: 13, b: 14, c: 15 }[id],
      filter: id === "c" ? is("class", "c", "lane") : is("class", id),
      layout: { ...font, "text-field": name, "text-size": id === "a" ? 12.5 : 11, "symbol-placement": "line", "text-letter-spacing": language === "zh" ? 0.4 : 0.05, "symbol-spacing": 320, "text-max-angle": 60, "text-padding": 8 },
      paint: { "text-color": id === "a" ? t.m_text : t.m_text_2, ...halo },
    })),
    {
      id: "name-water", type: "symbol", source: "base", "source-layer": "label", minzoom: 11, filter: is("kind", "water", "river", "lake"),
      layout: { ...font, "text-field": name, "text-size": 15, "text-letter-spacing": 0.5 }, paint: { "text-color": t.m_water_t, "text-halo-color": t.m_water, "text-halo-width": 1.5 },
    },
    {
      id: "name-place", type: "symbol", source: "base", "source-layer": "label", minzoom: 12, filter: is("kind", "place", "district", "area"),
      layout: { ...font, "text-field": name, "text-size": 14, "text-letter-spacing": language === "zh" ? 0.35 : 0.05 }, paint: { "text-color": t.m_text_2, ...halo },
    },
    {
      id: "name-poi", type: "symbol", source: "base", "source-layer": "label", minzoom: 14, filter: is("kind", "poi", "building"),
      layout: { ...font, "text-field": name, "text-size": 12 }, paint: { "text-color": t.m_text, ...halo },
    },
  ]
}

/** What the work puts on the sheet: suspects, ring, leads, neighbours' values, alarms. */
function workLayers({ tokens: t, latitude }: StyleOptions): LayerSpecification[] {
  const font = { "text-font": [map_font] }
  const halo = { "text-halo-color": t.m_halo, "text-halo-width": 2 }
  return [
    { id: "suspect-halo", type: "line", source: "census", "source-layer": "line", filter: never, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": t.m_halo, "line-width": 9, "line-opacity": 0.95 } },
    { id: "suspect-line", type: "line", source: "census", "source-layer": "line", filter: never, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": classMatch(t) as never, "line-width": 4.5 } },
    { id: "selected-halo", type: "line", source: "selected", paint: { "line-color": t.m_halo, "line-width": 9, "line-opacity": 0.95 }, layout: { "line-cap": "round", "line-join": "round" } },
    { id: "selected", type: "line", source: "selected", paint: { "line-color": t.ink, "line-width": 4 }, layout: { "line-cap": "round", "line-join": "round" } },
    { id: "ring", type: "line", source: "ring", paint: { "line-color": t.ink_2, "line-width": 1, "line-dasharray": [4, 4] } },
    { id: "lead", type: "line", source: "lead", paint: { "line-color": t.ink_2, "line-width": 1 } },
    { id: "point", type: "symbol", source: "points", minzoom: 11, layout: { "icon-image": "square", "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-size": byZoom(11, 0.3, 15, 0.5) } },
    {
      id: "point-value", type: "symbol", source: "points", minzoom: 13.5,
      layout: {
        ...font, "icon-image": "tag", "icon-text-fit": "both", "icon-text-fit-padding": [-1, 5, -1, 5],
        "text-field": ["get", "text"], "text-size": 12, "text-variable-anchor": ["right", "left", "bottom", "top", "bottom-left", "top-left", "bottom-right", "top-right"], "text-radial-offset": 1.5, "text-justify": "auto",
      },
      paint: { "text-color": t.ink },
    },
    { id: "suspect", type: "symbol", source: "suspects", layout: { "icon-image": ["concat", "disc-", ["get", "rank"]], "icon-allow-overlap": true, "icon-size": byZoom(15, 0.5, 17, 0.55) } },
    {
      id: "alarm", type: "symbol", source: "alarms",
      layout: {
        ...font, "icon-image": ["concat", "alarm-", ["get", "level"], "-", ["get", "state"]], "icon-allow-overlap": true, "icon-ignore-placement": true,
        "icon-size": byZoom(15, 0.42, 17, 0.5), "symbol-sort-key": ["get", "order"], "symbol-z-order": "source",
        "text-field": ["step", ["zoom"], "", 13.5, ["format", ["get", "value"], {}, "\n", {}, ["get", "title"], { "font-scale": 0.88, "text-color": t.ink_2 }]] as never,
        "text-size": 12, "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 1.2, "text-justify": "auto", "text-optional": true, "text-max-width": 14,
      },
      paint: { "text-color": t.ink, ...halo },
    },
    { id: "metres", type: "circle", source: "ring", layout: { visibility: "none" }, paint: { "circle-radius": metres(1, latitude, 1) } },
  ]
}

/** The whole style; the same function gives the colours after a theme change. */
export function mapStyle(options: StyleOptions): StyleSpecification {
  const tiles = (path: string, maxzoom: number) => ({ type: "vector" as const, tiles: [`${options.origin}${path}/{z}/{x}/{y}.mvt`], minzoom: 8, maxzoom })
  return {
    version: 8,
    "font-faces": fontFaces() as never,
    sources: {
      ...(options.base_map ? { base: tiles("/api/map/base", 16) } : {}),
      census: tiles("/api/map/census", 16),
      risk: tiles("/api/map/risk", 16),
      selected: empty, ring: empty, lead: empty, points: empty, suspects: empty, alarms: empty,
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": options.tokens.m_land } },
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
    layers: style.layers.filter((layer) => layer.type === "background" || ("source" in layer && layer.source === "base" && layer.type !== "symbol")),
  }
}
