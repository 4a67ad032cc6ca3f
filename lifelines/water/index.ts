/** Water supply (供水): network, indicators, limits, leak and burst detectors, pipe risk, playbooks, EPANET import. */
import { defineDetector, defineLifeline } from "../contract.ts"
import { assets } from "./assets.ts"
import { areaLeakDetector } from "./detectors/area-leak.ts"
import { burstDetector } from "./detectors/burst.ts"
import { inpImport } from "./import.ts"
import { indicators, thresholds } from "./indicators.ts"
import { playbooks } from "./playbooks.ts"
import { report } from "./report.ts"
import { risks } from "./risks.ts"

export default defineLifeline({
  contract: 1,
  id: "water",
  name: { zh: "供水", en: "Water supply" },
  class_code: "JS",
  symbol: "water",
  maturity: "tried",
  assets,
  indicators,
  thresholds,
  detectors: [defineDetector(areaLeakDetector), defineDetector(burstDetector)],
  risks,
  playbooks,
  report,
  imports: [inpImport],
  survey: {
    classes: ["JS", "JY", "SS", "ZS", "JP", "JZ", "XS", "LS", "JH"],
    gravity: false,
    line_kind: "pipe",
    point_kind: "junction",
    points: [
      { word: "阀", kind: "valve" },
      { word: "消防栓", kind: "hydrant" },
      { word: "消火栓", kind: "hydrant" },
      { word: "水表", kind: "water_meter" },
      { word: "泵", kind: "pump" },
      { word: "水池", kind: "tank" },
      { word: "水塔", kind: "tank" },
      { word: "水源井", kind: "reservoir" },
    ],
    materials: { PE: "PE", PVC: "PVC", G: "ST", QM: "DI", ZT: "CI", SM: "AC", T: "PCCP" },
  },
})
