/** Surroundings (周边目标): what stands near the lifelines and would suffer. */
import { defineLifeline, generalPlaybooks } from "../contract.ts"
import { assets } from "./assets.ts"

export default defineLifeline({
  contract: 1,
  id: "surroundings",
  name: { zh: "周边目标", en: "Surroundings" },
  class_code: "QT",
  symbol: "building",
  maturity: "sketch",
  assets,
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: generalPlaybooks,
})
