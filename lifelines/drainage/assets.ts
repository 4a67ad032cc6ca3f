/** What the census knows of sewers: conduits by gravity, manholes, inlets, outfalls, pumping stations, gates. */
import { type AssetKind, declare } from "../../model/index.ts"

const { text, number, integer, choice } = declare
const ends = [text("from_node", "起点", "From node"), text("to_node", "终点", "To node")]
const built = integer("installed_year", "敷设年份", "Year installed", 1850, 2100)

export const assets: AssetKind[] = [
  {
    kind: "sewer",
    hollow: true,
    name: { zh: "排水管渠", en: "Sewer" },
    geometry: "line",
    symbol: "sewer",
    attributes: [
      number("length_m", "长度", "Length", "m", { min: 0.01, max: 200_000 }),
      number("diameter_mm", "管径", "Diameter", "mm", { min: 1, max: 10_000 }),
      choice("material", "管材", "Material", [
        ["CONCRETE", "混凝土", "Concrete"],
        ["PE", "聚乙烯", "Polyethylene"],
        ["PVC", "聚氯乙烯", "PVC"],
        ["GRP", "玻璃钢", "Glass-fibre reinforced"],
        ["DI", "球墨铸铁", "Ductile iron"],
        ["BRICK", "砖石", "Brick or stone"],
        ["CLAY", "陶瓷", "Clay"],
        ["OTHER", "其他", "Other"],
      ]),
      choice("water", "排水类型", "Carries", [
        ["rain", "雨水", "Rain water"],
        ["foul", "污水", "Sewage"],
        ["combined", "合流", "Combined"],
      ]),
      number("roughness", "曼宁糙率", "Manning roughness", undefined, { min: 0, max: 1 }),
      built,
      ...ends,
    ],
  },
  {
    kind: "manhole",
    hollow: true,
    name: { zh: "检查井", en: "Manhole" },
    geometry: "point",
    symbol: "manhole",
    attributes: [
      number("ground_m", "井盖高程", "Cover height", "m", { min: -500, max: 6000 }),
      number("invert_m", "井底高程", "Invert", "m", { min: -500, max: 6000 }),
      number("volume_m3", "容积", "Volume", "m3", { min: 0, max: 100_000 }),
    ],
  },
  { kind: "sewer_node", name: { zh: "排水管点", en: "Sewer node" }, geometry: "point", symbol: "node", attributes: [] },
  {
    kind: "rain_inlet",
    hollow: true,
    name: { zh: "雨水口", en: "Rain inlet" },
    geometry: "point",
    symbol: "inlet",
    attributes: [],
  },
  {
    kind: "outfall",
    name: { zh: "排水口", en: "Outfall" },
    geometry: "point",
    symbol: "outfall",
    attributes: [
      number("invert_m", "底高程", "Invert", "m", { min: -500, max: 6000 }),
      text("receiving", "受纳水体", "Receiving water"),
    ],
  },
  {
    kind: "pumping_station",
    hollow: true,
    name: { zh: "排水泵站", en: "Pumping station" },
    geometry: "point",
    symbol: "pump",
    attributes: [number("capacity_m3h", "设计流量", "Design flow", "m3/h", { min: 0 }), built, ...ends],
  },
  { kind: "sluice", name: { zh: "闸门", en: "Gate" }, geometry: "point", symbol: "valve", attributes: ends },
  {
    kind: "storage_unit",
    hollow: true,
    name: { zh: "调蓄池", en: "Storage basin" },
    geometry: "point",
    symbol: "tank",
    attributes: [number("volume_m3", "容积", "Volume", "m3", { min: 0 }), number("invert_m", "底高程", "Invert", "m")],
  },
  {
    kind: "septic_tank",
    hollow: true,
    name: { zh: "化粪池", en: "Septic tank" },
    geometry: "point",
    symbol: "well",
    attributes: [],
  },
]
