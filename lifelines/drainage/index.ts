/** Drainage (排水): rain water, sewage and combined sewers with their manholes. */
import { defineLifeline, generalPlaybooks } from "../contract.ts"
import { assets } from "./assets.ts"
import { swmmImport } from "./swmm.ts"

export default defineLifeline({
  contract: 1,
  id: "drainage",
  name: { zh: "排水", en: "Drainage" },
  class_code: "PS",
  symbol: "drainage",
  maturity: "sketch",
  assets,
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: generalPlaybooks,
  imports: [swmmImport],
  survey: {
    classes: ["PS", "YS", "WS", "HS"],
    gravity: true,
    line_kind: "sewer",
    point_kind: "sewer_node",
    points: [
      { word: "窨井", kind: "manhole" },
      { word: "检查井", kind: "manhole" },
      { word: "检修井", kind: "manhole" },
      { word: "跌水井", kind: "manhole" },
      { word: "沉泥井", kind: "manhole" },
      { word: "雨篦", kind: "rain_inlet" },
      { word: "雨水篦", kind: "rain_inlet" },
      { word: "雨水口", kind: "rain_inlet" },
      { word: "出水口", kind: "outfall" },
      { word: "排水口", kind: "outfall" },
      { word: "泵", kind: "pumping_station" },
      { word: "闸", kind: "sluice" },
      { word: "阀", kind: "sluice" },
      { word: "化粪池", kind: "septic_tank" },
    ],
    materials: {
      T: "CONCRETE",
      PE: "PE",
      PVC: "PVC",
      BLG: "GRP",
      QM: "DI",
      ZS: "BRICK",
      Z: "BRICK",
      S: "BRICK",
      TC: "CLAY",
    },
  },
})
