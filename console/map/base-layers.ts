import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl"
import { byZoom, is, metres, type StyleOptions } from "./expressions.ts"
import { map_font } from "./fonts.ts"

/** The layer of rivers and lakes in the base map's tiles. */
export const riverLayer = "water"

export const roadClasses = [
  { id: "lane", classes: ["lane", "alley", "path", "track"], minzoom: 14.5, casing_px: 1.2, fallback_m: 6 },
  { id: "c", classes: ["c"], minzoom: 13, casing_px: 1.5, fallback_m: 12 },
  { id: "b", classes: ["b"], minzoom: 12, casing_px: 1.5, fallback_m: 20 },
  { id: "a", classes: ["a"], minzoom: 9, casing_px: 2, fallback_m: 34 },
] as const

/** The sheet, from the ground up: land, land use, water, roads, rail, buildings, trees. */
export function baseLayers({ tokens: t, latitude }: StyleOptions): LayerSpecification[] {
  const src = (id: string) => ({ source: "base", "source-layer": id })
  const width = (m: number): ExpressionSpecification => ["coalesce", ["get", "width_m"], m]
  return [
    { id: "land", type: "fill", ...src("land"), paint: { "fill-color": t.m_land } },
    {
      id: "landuse",
      type: "fill",
      ...src("landuse"),
      paint: {
        "fill-antialias": false,
        "fill-color": [
          "match",
          ["get", "kind"],
          ["old", "old_town", "courtyard", "village", "hamlet"],
          t.m_old,
          ["factory", "industry", "waterworks", "gas_station", "power_station", "station"],
          t.m_ind,
          ["park", "green", "bank", "verge", "pitch", "grass", "square", "wood"],
          t.m_green,
          ["field", "farm", "outside"],
          t.m_field,
          ["track"],
          t.m_bld,
          t.m_block,
        ] as never,
      },
    },
    {
      id: "furrow",
      type: "line",
      ...src("furrow"),
      minzoom: 13.5,
      paint: { "line-color": t.m_field_2, "line-width": 1 },
    },
    // Bank lines come with the water: filled they would be closed by their chord, and a river's own outline shows tile seams.
    {
      id: "water",
      type: "fill",
      ...src("water"),
      filter: ["!=", ["get", "kind"], "bank"] as never,
      paint: { "fill-color": t.m_water, "fill-antialias": false },
    },
    {
      id: "bank",
      type: "line",
      ...src("water"),
      filter: ["!=", ["get", "kind"], "river"] as never,
      paint: { "line-color": t.m_water_2, "line-width": 1.2 },
    },
    ...roadClasses.map(
      (r): LayerSpecification => ({
        id: `case-${r.id}`,
        type: "line",
        ...src("road"),
        minzoom: r.minzoom,
        filter: is("class", ...r.classes),
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": t.m_case,
          "line-width": metres(width(r.fallback_m), latitude, r.id === "a" ? 1.2 : 0.6, r.casing_px),
        },
      }),
    ),
    ...roadClasses.map(
      (r): LayerSpecification => ({
        id: `road-${r.id}`,
        type: "line",
        ...src("road"),
        minzoom: r.minzoom,
        filter: is("class", ...r.classes),
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": r.id === "a" ? t.m_road_a : r.id === "lane" ? t.m_lane : t.m_road,
          "line-width": metres(width(r.fallback_m), latitude, r.id === "a" ? 1.2 : 0.6),
        },
      }),
    ),
    {
      id: "median",
      type: "line",
      ...src("road"),
      minzoom: 15,
      filter: is("class", "a"),
      paint: { "line-color": t.m_case, "line-width": 0.8, "line-dasharray": [8, 7] },
    },
    {
      id: "rail",
      type: "line",
      ...src("rail"),
      minzoom: 11,
      paint: { "line-color": t.m_rail, "line-width": byZoom(12, 1, 16, 3) },
    },
    {
      id: "rail-in",
      type: "line",
      ...src("rail"),
      minzoom: 13,
      paint: { "line-color": t.m_land, "line-width": byZoom(12, 0.4, 16, 1.8), "line-dasharray": [4, 4] },
    },
    {
      id: "building-shadow",
      type: "fill",
      ...src("building"),
      minzoom: 15,
      paint: {
        "fill-color": t.m_bld_2,
        "fill-opacity": 0.55,
        "fill-antialias": false,
        "fill-translate": [
          "interpolate",
          ["exponential", 2],
          ["zoom"],
          15,
          ["literal", [0.9, 0.9]],
          17,
          ["literal", [3.6, 3.6]],
        ] as never,
      },
    },
    {
      id: "building",
      type: "fill",
      ...src("building"),
      minzoom: 13.5,
      paint: {
        "fill-color": [
          "match",
          ["get", "kind"],
          ["public", "hospital", "school", "market", "station"],
          t.m_bld_k,
          t.m_bld,
        ] as never,
        "fill-opacity": byZoom(13.5, 0, 14, 1),
      },
    },
    {
      id: "building-line",
      type: "line",
      ...src("building"),
      minzoom: 15,
      paint: { "line-color": t.m_bld_2, "line-width": byZoom(15, 0.6, 17, 0.8) },
    },
    {
      id: "tree",
      type: "circle",
      ...src("tree"),
      minzoom: 15,
      paint: { "circle-color": t.m_tree, "circle-radius": metres(2.4, latitude, 1) },
    },
  ]
}

/** Streets, water, places and houses by name. */
export function nameLayers({ tokens: t, language }: StyleOptions): LayerSpecification[] {
  const name: ExpressionSpecification =
    language === "en"
      ? ["coalesce", ["get", "name_en"], ["get", "name_zh"], ["get", "name"], ""]
      : ["coalesce", ["get", "name_zh"], ["get", "name"], ""]
  const halo = { "text-halo-color": t.m_halo, "text-halo-width": 1.5 }
  const font = { "text-font": [map_font] }
  return [
    ...(["c", "b", "a"] as const).map(
      (id): LayerSpecification => ({
        id: `name-${id}`,
        type: "symbol",
        source: "base",
        "source-layer": "road",
        minzoom: { a: 13, b: 14, c: 15 }[id],
        filter: id === "c" ? is("class", "c", "lane") : is("class", id),
        layout: {
          ...font,
          "text-field": name,
          "text-size": id === "a" ? 12.5 : 11,
          "symbol-placement": "line",
          "text-letter-spacing": language === "zh" ? 0.4 : 0.05,
          "symbol-spacing": 320,
          "text-max-angle": 60,
          "text-padding": 8,
        },
        paint: { "text-color": id === "a" ? t.m_text : t.m_text_2, ...halo },
      }),
    ),
    {
      id: "name-water",
      type: "symbol",
      source: "base",
      "source-layer": "label",
      minzoom: 11,
      filter: is("kind", "water", "river", "lake"),
      layout: { ...font, "text-field": name, "text-size": 15, "text-letter-spacing": 0.5 },
      paint: { "text-color": t.m_water_t, "text-halo-color": t.m_water, "text-halo-width": 1.5 },
    },
    {
      id: "name-place",
      type: "symbol",
      source: "base",
      "source-layer": "label",
      minzoom: 12,
      filter: is("kind", "place", "district", "area"),
      layout: { ...font, "text-field": name, "text-size": 14, "text-letter-spacing": language === "zh" ? 0.35 : 0.05 },
      paint: { "text-color": t.m_text_2, ...halo },
    },
    {
      id: "name-poi",
      type: "symbol",
      source: "base",
      "source-layer": "label",
      minzoom: 14,
      filter: is("kind", "poi", "building"),
      layout: { ...font, "text-field": name, "text-size": 12 },
      paint: { "text-color": t.m_text, ...halo },
    },
  ]
}
