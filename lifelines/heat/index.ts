/** Heating (热力): hot water and steam mains. */
import { defineLifeline, generalPlaybooks } from "../contract.ts"
import { assets } from "./assets.ts"

export default defineLifeline({
  contract: 1,
  id: "heat",
  name: { zh: "热力", en: "Heating" },
  class_code: "RL",
  symbol: "heat",
  maturity: "sketch",
  assets,
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: generalPlaybooks,
  survey: {
    classes: ["RL", "RS", "ZQ"],
    gravity: false,
    line_kind: "heat_pipe",
    point_kind: "heat_node",
    points: [
      { word: "阀", kind: "heat_valve" },
      { word: "补偿器", kind: "compensator" },
      { word: "换热站", kind: "heat_exchange_station" },
      { word: "小室", kind: "heat_chamber" },
      { word: "井", kind: "heat_chamber" },
    ],
  },
})
