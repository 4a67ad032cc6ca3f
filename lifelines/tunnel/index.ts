/** Utility tunnels (综合管廊), underground spaces, and lines that nobody knows. */
import { defineLifeline, generalPlaybooks } from "../contract.ts"
import { assets } from "./assets.ts"

export default defineLifeline({
  contract: 1,
  id: "tunnel",
  name: { zh: "管廊", en: "Utility tunnel" },
  class_code: "QT",
  symbol: "tunnel",
  maturity: "sketch",
  assets,
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: generalPlaybooks,
  survey: {
    classes: ["QT", "ZH", "BM"],
    gravity: false,
    line_kind: "other_line",
    point_kind: "other_node",
    points: [{ word: "井", kind: "tunnel_node" }],
  },
})
