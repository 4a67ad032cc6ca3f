/** What the census knows of power cables and their ducts. */
import { type AssetKind, declare } from "../../model/index.ts"

const { text, number } = declare

export const assets: AssetKind[] = [
  {
    kind: "power_cable",
    name: { zh: "电力管线", en: "Power line" },
    geometry: "line",
    symbol: "power-cable",
    attributes: [
      number("length_m", "长度", "Length", "m", { min: 0.01, max: 200_000 }),
      text("from_node", "起点", "From node"),
      text("to_node", "终点", "To node"),
    ],
  },
  { kind: "power_node", name: { zh: "电力管点", en: "Power node" }, geometry: "point", symbol: "node", attributes: [] },
  {
    kind: "power_well",
    hollow: true,
    name: { zh: "电力井", en: "Power manhole" },
    geometry: "point",
    symbol: "well",
    attributes: [],
  },
  {
    kind: "substation",
    name: { zh: "变电站", en: "Substation" },
    geometry: "point",
    symbol: "station",
    attributes: [number("voltage_kv", "电压等级（kV）", "Voltage (kV)", undefined, { min: 0, max: 1500 })],
  },
]
