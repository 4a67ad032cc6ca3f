/** What the census knows of a heating network: mains, chambers, valves, compensators, exchange stations. */
import { type AssetKind, declare } from "../../model/index.ts"

const { text, number, integer, choice } = declare
const built = integer("installed_year", "敷设年份", "Year installed", 1850, 2100)

export const assets: AssetKind[] = [
  {
    kind: "heat_pipe",
    name: { zh: "热力管", en: "Heating main" },
    geometry: "line",
    symbol: "heat-pipe",
    attributes: [
      number("length_m", "长度", "Length", "m", { min: 0.01, max: 200_000 }),
      number("diameter_mm", "管径", "Diameter", "mm", { min: 1, max: 3000 }),
      choice("carrier", "介质", "Carrier", [
        ["water", "热水", "Hot water"],
        ["steam", "蒸汽", "Steam"],
      ]),
      text("material", "管材", "Material"),
      built,
      text("from_node", "起点", "From node"),
      text("to_node", "终点", "To node"),
    ],
  },
  {
    kind: "heat_node",
    name: { zh: "热力管点", en: "Heating node" },
    geometry: "point",
    symbol: "node",
    attributes: [],
  },
  {
    kind: "heat_chamber",
    hollow: true,
    name: { zh: "热力小室", en: "Heating chamber" },
    geometry: "point",
    symbol: "well",
    attributes: [number("depth_m", "井深", "Depth", "m", { min: 0, max: 50 })],
  },
  {
    kind: "heat_valve",
    name: { zh: "热力阀门", en: "Heating valve" },
    geometry: "point",
    symbol: "valve",
    attributes: [],
  },
  { kind: "compensator", name: { zh: "补偿器", en: "Compensator" }, geometry: "point", symbol: "node", attributes: [] },
  {
    kind: "heat_exchange_station",
    name: { zh: "换热站", en: "Heat exchange station" },
    geometry: "point",
    symbol: "station",
    attributes: [number("capacity_mw", "供热能力（MW）", "Capacity (MW)", undefined, { min: 0 }), built],
  },
]
