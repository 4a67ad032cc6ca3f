/** Gas (燃气): network, wells beside it, methane limit, risk of mains, playbooks, GeoJSON import. */
import { defineLifeline } from "../contract.ts"
import { assets } from "./assets.ts"
import { geojsonImport } from "./import.ts"
import { indicators, thresholds } from "./indicators.ts"
import { playbooks } from "./playbooks.ts"
import { report } from "./report.ts"
import { risks } from "./risks.ts"
import { simulation } from "./simulation.ts"

export default defineLifeline({
  contract: 1,
  id: "gas",
  name: { zh: "燃气", en: "Gas" },
  class_code: "RQ",
  symbol: "gas",
  maturity: "tried",
  assets,
  indicators,
  thresholds,
  detectors: [],
  risks,
  playbooks,
  report,
  simulation,
  imports: [geojsonImport],
  survey: {
    classes: ["RQ", "MQ", "YH", "TR"],
    gravity: false,
    line_kind: "gas_pipe",
    point_kind: "gas_node",
    points: [
      { word: "阀", kind: "gas_valve" },
      { word: "调压", kind: "regulator" },
      { word: "门站", kind: "gate_station" },
    ],
    materials: { PE: "PE", G: "ST", QM: "DI", ZT: "CI" },
  },
})
