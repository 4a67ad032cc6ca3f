/** Bridges (桥梁): census, vibration and slow points, limits on them, risk of bridges, playbooks. */
import { defineLifeline } from "../contract.ts"
import { assets } from "./assets.ts"
import { indicators, thresholds } from "./indicators.ts"
import { playbooks } from "./playbooks.ts"
import { report } from "./report.ts"
import { risks } from "./risks.ts"
import { simulation } from "./simulation.ts"

export default defineLifeline({
  contract: 1,
  id: "bridge",
  name: { zh: "桥梁", en: "Bridge" },
  class_code: "QT",
  symbol: "bridge",
  maturity: "sketch",
  assets,
  indicators,
  thresholds,
  detectors: [],
  risks,
  playbooks,
  report,
  simulation,
})
