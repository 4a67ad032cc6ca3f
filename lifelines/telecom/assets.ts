/** What the census knows of telecommunication cables and their ducts. */
import { type AssetKind, declare } from "../../model/index.ts"

const { text, number } = declare

export const assets: AssetKind[] = [
  {
    kind: "telecom_duct",
    hollow: true,
    name: { zh: "通信管线", en: "Telecom line" },
    geometry: "line",
    symbol: "telecom-cable",
    attributes: [
      number("length_m", "长度", "Length", "m", { min: 0.01, max: 200_000 }),
      text("from_node", "起点", "From node"),
      text("to_node", "终点", "To node"),
    ],
  },
  {
    kind: "telecom_node",
    name: { zh: "通信管点", en: "Telecom node" },
    geometry: "point",
    symbol: "node",
    attributes: [],
  },
  {
    kind: "telecom_well",
    hollow: true,
    name: { zh: "通信井", en: "Telecom manhole" },
    geometry: "point",
    symbol: "well",
    attributes: [],
  },
]
