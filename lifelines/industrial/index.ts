/** Industrial (工业): industrial pipes, kept because it lies beside the others and leads leaked gas. */
import { defineLifeline, generalPlaybooks } from "../contract.ts"
import { assets } from "./assets.ts"

export default defineLifeline({
  contract: 1,
  id: "industrial",
  name: { zh: "工业", en: "Industrial" },
  class_code: "GY",
  symbol: "industrial-pipe",
  maturity: "sketch",
  assets,
  indicators: [],
  thresholds: [],
  detectors: [],
  risks: [],
  playbooks: generalPlaybooks,
  survey: {
    classes: ["GY", "QQ", "YQ", "GQ", "YX", "BQ", "LQ", "DQ", "EY", "AQ", "JB"],
    gravity: false,
    line_kind: "industrial_pipe",
    point_kind: "industrial_node",
    points: [{ word: "井", kind: "industrial_well" }],
  },
})
