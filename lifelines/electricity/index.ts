/** Power (电力): power cables and their ducts, kept because it lies beside the others and leads leaked gas. */
import { defineLifeline, generalPlaybooks } from "../contract.ts"
import { assets } from "./assets.ts"

export default defineLifeline({
  contract: 1,
  id: "electricity",
  name: { zh: "电力", en: "Power" },
  class_code: "DL",
  symbol: "power-cable",
  maturity: "sketch",
  assets,
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: generalPlaybooks,
  survey: {
    classes: ["DL", "GD", "LD", "XH", "DC", "GG"],
    gravity: false,
    line_kind: "power_cable",
    point_kind: "power_node",
    points: [
      { word: "变电", kind: "substation" },
      { word: "井", kind: "power_well" },
      { word: "人孔", kind: "power_well" },
      { word: "手孔", kind: "power_well" },
    ],
  },
})
