/** What the census knows of a water network. */
import type { AssetKind, AttributeDeclaration } from "../../model/index.ts"

const number = (
  id: string,
  zh: string,
  en: string,
  unit?: string,
  more: Partial<AttributeDeclaration> = {},
): AttributeDeclaration => ({
  id,
  name: { zh, en },
  type: "number",
  ...(unit === undefined ? {} : { unit }),
  ...more,
})
const text = (id: string, zh: string, en: string): AttributeDeclaration => ({ id, name: { zh, en }, type: "text" })

const material: AttributeDeclaration = {
  id: "material",
  name: { zh: "管材", en: "Material" },
  type: "choice",
  choices: [
    { value: "DI", name: { zh: "球墨铸铁", en: "Ductile iron" } },
    { value: "CI", name: { zh: "灰口铸铁", en: "Grey cast iron" } },
    { value: "PE", name: { zh: "聚乙烯", en: "Polyethylene" } },
    { value: "PVC", name: { zh: "聚氯乙烯", en: "PVC" } },
    { value: "ST", name: { zh: "钢", en: "Steel" } },
    { value: "GS", name: { zh: "镀锌钢", en: "Galvanised steel" } },
    { value: "AC", name: { zh: "石棉水泥", en: "Asbestos cement" } },
    { value: "PCCP", name: { zh: "预应力钢筒混凝土", en: "Prestressed concrete cylinder" } },
    { value: "OTHER", name: { zh: "其他", en: "Other" } },
  ],
}
const ends = [text("from_node", "起点", "From node"), text("to_node", "终点", "To node")]
const status: AttributeDeclaration = {
  id: "status",
  name: { zh: "状态", en: "Status" },
  type: "choice",
  choices: [
    { value: "open", name: { zh: "开启", en: "Open" } },
    { value: "closed", name: { zh: "关闭", en: "Closed" } },
    { value: "cv", name: { zh: "止回", en: "Check valve" } },
  ],
}
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
      { id: "installed_year", name: { zh: "敷设年份", en: "Year installed" }, type: "integer", min: 1850, max: 2100 },
      { id: "breaks", name: { zh: "历史爆漏次数", en: "Breaks so far" }, type: "integer", min: 0, max: 1000 },
      { id: "people_served", name: { zh: "影响人口", en: "People served" }, type: "integer", min: 0 },
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
]
