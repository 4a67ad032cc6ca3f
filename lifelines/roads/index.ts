/** Roads (道路): carriageways and the cavities found below them. */
import { defineLifeline, generalPlaybooks } from "../contract.ts"
import { assets } from "./assets.ts"

export default defineLifeline({
  contract: 1,
  id: "roads",
  name: { zh: "道路", en: "Roads" },
  class_code: "QT",
  symbol: "road",
  maturity: "sketch",
  assets,
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: generalPlaybooks,
})
