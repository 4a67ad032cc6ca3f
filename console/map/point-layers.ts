import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl"
import type { Tokens } from "../theme/index.ts"
import { byZoom } from "./expressions.ts"
import { map_font } from "./fonts.ts"

export const points_source = "livepoint"
const src = (layer: string) => ({ source: points_source, "source-layer": layer })
const severity: ExpressionSpecification = ["coalesce", ["feature-state", "severity"], 0]
const state: ExpressionSpecification = ["coalesce", ["feature-state", "state"], "online"]
const levels = [4, 3, 2, 1] as const

/**
 * Points by their live state, below that zoom clusters that say what is inside. Normal has no colour: a small ink ring,
 * hollow where it is silent; an alarm is its level's shape with its number.
 */
export function pointLayers(t: Tokens): LayerSpecification[] {
  const worst = ["coalesce", ["get", "worst"], 0]
  return [
    {
      id: "lp-dot",
      type: "circle",
      ...src("point"),
      paint: {
        "circle-radius": byZoom(12, 1.8, 15, 3.2, 18, 5),
        "circle-color": ["match", state, "online", t.ink_2, t.m_halo] as never,
        "circle-stroke-color": ["match", state, "never_heard", t.line_3, t.ink_2] as never,
        "circle-stroke-width": ["match", state, "online", 0.8, 1.4] as never,
        "circle-opacity": ["case", [">", severity, 0], 0, 0.85] as never,
        "circle-stroke-opacity": ["case", [">", severity, 0], 0, 1] as never,
      },
    },
    ...levels.map(
      (level): LayerSpecification => ({
        id: `lp-level-${level}`,
        type: "symbol",
        ...src("point"),
        layout: {
          "icon-image": `alarm-${level}-new`,
          "icon-size": byZoom(12, 0.24, 15, 0.34, 18, 0.44),
          "icon-allow-overlap": true,
          "icon-ignore-placement": true,
        },
        paint: { "icon-opacity": ["case", ["==", severity, level], 1, 0] as never },
      }),
    ),
    {
      id: "lp-cluster",
      type: "circle",
      ...src("cluster"),
      paint: {
        "circle-radius": [
          "interpolate",
          ["linear"],
          ["sqrt", ["get", "count"]],
          1,
          9,
          10,
          15,
          40,
          24,
          120,
          34,
        ] as never,
        "circle-color": [
          "match",
          worst,
          1,
          t.lv1_wash,
          2,
          t.lv2_wash,
          3,
          t.lv3_wash,
          4,
          t.lv4_wash,
          t.bg_raised,
        ] as never,
        "circle-stroke-color": [
          "match",
          worst,
          1,
          t.lv1_edge,
          2,
          t.lv2_edge,
          3,
          t.lv3_edge,
          4,
          t.lv4_edge,
          t.line_3,
        ] as never,
        "circle-stroke-width": ["case", [">", worst, 0], 2, 1] as never,
        "circle-opacity": 0.94,
      },
    },
    {
      id: "lp-count",
      type: "symbol",
      ...src("cluster"),
      layout: {
        "text-field": ["to-string", ["get", "count"]] as never,
        "text-font": [map_font],
        "text-size": 12,
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": t.ink },
    },
    {
      id: "lp-worst",
      type: "symbol",
      ...src("cluster"),
      filter: [">", ["get", "worst"], 0] as never,
      layout: {
        "icon-image": ["concat", "alarm-", ["to-string", ["get", "worst"]], "-new"] as never,
        "icon-size": 0.3,
        "icon-offset": [
          "interpolate",
          ["linear"],
          ["sqrt", ["get", "count"]],
          1,
          ["literal", [38, -38]],
          10,
          ["literal", [54, -54]],
          40,
          ["literal", [82, -82]],
          120,
          ["literal", [112, -112]],
        ] as never,
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
    },
  ]
}
export const pointLayerIds = (t: Tokens): string[] => pointLayers(t).map((l) => l.id)
