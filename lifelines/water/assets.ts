/** What the census knows of a water network. */
import { type AssetKind, declare } from "../../model/index.ts"

const { number, integer, choice, text } = declare

const material = choice("material", "管材", "Material", [
  ["DI", "球墨铸铁", "Ductile iron"],
  ["CI", "灰口铸铁", "Grey cast iron"],
  ["PE", "聚乙烯", "Polyethylene"],
  ["PVC", "聚氯乙烯", "PVC"],
  ["ST", "钢", "Steel"],
  ["GS", "镀锌钢", "Galvanised steel"],
  ["AC", "石棉水泥", "Asbestos cement"],
  ["PCCP", "预应力钢筒混凝土", "Prestressed concrete cylinder"],
  ["OTHER", "其他", "Other"],
])
const ends = [text("from_node", "起点", "From node"), text("to_node", "终点", "To node")]
const status = choice("status", "状态", "Status", [
  ["open", "开启", "Open"],
  ["closed", "关闭", "Closed"],
  ["cv", "止回", "Check valve"],
])
const elevation = number("elevation_m", "地面高程", "Elevation", "m", { min: -500, max: 6000 })

export const assets: AssetKind[] = [
  {
    kind: "pipe",
    name: { zh: "供水管", en: "Water main" },
    geometry: "line",
    symbol: "water-pipe",
    attributes: [
      number("length_m", "长度", "Length", "m", { required: true, min: 0.01, max: 200_000 }),
      number("diameter_mm", "管径", "Diameter", "mm", { required: true, min: 1, max: 5000 }),
      number("roughness", "粗糙系数", "Roughness coefficient", undefined, { min: 0 }),
      material,
      integer("installed_year", "敷设年份", "Year installed", 1850, 2100),
      integer("breaks", "历史爆漏次数", "Breaks so far", 0, 1000),
      integer("people_served", "影响人口", "People served", 0, 10_000_000),
      number("pressure_m", "工作压力", "Working pressure", "m", { min: 0, max: 300 }),
      status,
      ...ends,
    ],
  },
  {
    kind: "junction",
    name: { zh: "管点", en: "Junction" },
    geometry: "point",
    symbol: "water-junction",
    attributes: [elevation, number("base_demand_m3h", "基本用水量", "Base demand", "m3/h")],
  },
  {
    kind: "tank",
    name: { zh: "水池", en: "Tank" },
    geometry: "point",
    symbol: "water-tank",
    attributes: [
      elevation,
      number("level_min_m", "最低水位", "Lowest level", "m"),
      number("level_max_m", "最高水位", "Highest level", "m"),
      number("level_initial_m", "初始水位", "Initial level", "m"),
      number("diameter_m", "直径", "Diameter", "m", { min: 0 }),
      number("area_m2", "底面积", "Ground area", "m2", { min: 0 }),
    ],
  },
  {
    kind: "reservoir",
    name: { zh: "水源", en: "Reservoir" },
    geometry: "point",
    symbol: "water-source",
    attributes: [number("head_m", "总水头", "Total head", "m")],
  },
  {
    kind: "pump",
    name: { zh: "水泵", en: "Pump" },
    geometry: "point",
    symbol: "water-pump",
    attributes: [status, ...ends],
  },
  {
    kind: "valve",
    name: { zh: "阀门", en: "Valve" },
    geometry: "point",
    symbol: "water-valve",
    attributes: [
      number("diameter_mm", "口径", "Diameter", "mm", { min: 0, max: 5000 }),
      text("valve_type", "阀门类型", "Valve type"),
      number("setting", "设定值", "Setting"),
      status,
      ...ends,
    ],
  },
  {
    kind: "hydrant",
    name: { zh: "消火栓", en: "Hydrant" },
    geometry: "point",
    symbol: "water-hydrant",
    attributes: [number("diameter_mm", "口径", "Diameter", "mm", { min: 0, max: 1000 }), status],
  },
  {
    kind: "water_meter",
    name: { zh: "水表", en: "Water meter" },
    geometry: "point",
    symbol: "water-meter",
    attributes: [number("diameter_mm", "口径", "Diameter", "mm", { min: 0, max: 1000 })],
  },
]
