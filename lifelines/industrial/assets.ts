/** What the census knows of industrial pipes. */
import { type AssetKind, declare } from "../../model/index.ts"

const { text, number } = declare

export const assets: AssetKind[] = [
  {
    kind: "industrial_pipe",
    name: { zh: "工业管线", en: "Industrial line" },
    geometry: "line",
    symbol: "industrial-pipe",
    attributes: [
      number("length_m", "长度", "Length", "m", { min: 0.01, max: 200_000 }),
      text("from_node", "起点", "From node"),
      text("to_node", "终点", "To node"),
    ],
  },
  {
    kind: "industrial_node",
    name: { zh: "工业管点", en: "Industrial node" },
    geometry: "point",
    symbol: "node",
    attributes: [],
  },
  {
    kind: "industrial_well",
    hollow: true,
    name: { zh: "工业井", en: "Industrial manhole" },
    geometry: "point",
    symbol: "well",
    attributes: [],
  },
]
