/** Telecom (通信): telecommunication cables and their ducts, kept because it lies beside the others and leads leaked gas. */
import { defineLifeline, generalPlaybooks } from "../contract.ts"
import { assets } from "./assets.ts"

export default defineLifeline({
  contract: 1,
  id: "telecom",
  name: { zh: "通信", en: "Telecom" },
  class_code: "TX",
  symbol: "telecom-cable",
  maturity: "sketch",
  assets,
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: generalPlaybooks,
  survey: {
    classes: ["TX", "DX", "DH", "DS", "XX", "GB", "YD", "LT", "TT", "EX", "JK", "JY"],
    gravity: false,
    line_kind: "telecom_duct",
    point_kind: "telecom_node",
    points: [
      { word: "井", kind: "telecom_well" },
      { word: "人孔", kind: "telecom_well" },
      { word: "手孔", kind: "telecom_well" },
    ],
  },
})
