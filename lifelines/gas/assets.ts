/** What the census knows of a gas network and of the wells beside it into which leaked gas creeps. */
import { type AssetKind, declare } from "../../model/index.ts"

const { number, integer, choice, text } = declare
const node = text("node", "管点", "Network node")
const year = integer("installed_year", "敷设年份", "Year installed", 1850, 2100)

/** Pressure classes of GB 50028 / GB 55009, by design pressure in MPa. */
export const pressure_classes: [string, string, string][] = [
  ["low", "低压（≤0.01 MPa）", "Low (≤0.01 MPa)"],
  ["medium_b", "中压 B（≤0.2 MPa）", "Medium B (≤0.2 MPa)"],
  ["medium_a", "中压 A（≤0.4 MPa）", "Medium A (≤0.4 MPa)"],
  ["sub_high_b", "次高压 B（≤0.8 MPa）", "Sub-high B (≤0.8 MPa)"],
  ["sub_high_a", "次高压 A（≤1.6 MPa）", "Sub-high A (≤1.6 MPa)"],
  ["high_b", "高压 B（≤2.5 MPa）", "High B (≤2.5 MPa)"],
  ["high_a", "高压 A（≤4.0 MPa）", "High A (≤4.0 MPa)"],
]
const pressure_class = choice("pressure_class", "压力级别", "Pressure class", pressure_classes)

export const assets: AssetKind[] = [
  {
    kind: "gas_pipe",
    // Spaces within 5 m are the ones usually watched; an editable default, no standard's number.
    leaks: { reach_m: 5 },
    name: { zh: "燃气管", en: "Gas main" },
    geometry: "line",
    symbol: "gas-pipe",
    attributes: [
      number("length_m", "长度", "Length", "m", { min: 0.01, max: 200_000 }),
      number("diameter_mm", "管径", "Diameter", "mm", { required: true, min: 1, max: 2000 }),
      choice("material", "管材", "Material", [
        ["PE", "聚乙烯", "Polyethylene"],
        ["ST", "钢", "Steel"],
        ["DI", "球墨铸铁", "Ductile iron"],
        ["CI", "灰口铸铁", "Grey cast iron"],
        ["GS", "镀锌钢", "Galvanised steel"],
        ["OTHER", "其他", "Other"],
      ]),
      pressure_class,
      year,
      integer("leaks", "历史泄漏次数", "Leaks so far", 0, 1000),
      number("depth_m", "埋深", "Depth", "m", { min: 0, max: 30 }),
      integer("people_served", "影响人口", "People served", 0, 10_000_000),
      integer("location_class", "地区等级", "Location class", 1, 4),
      number("near_building_m", "至最近建筑", "To nearest building", "m", { min: 0, max: 10_000 }),
      text("from_node", "起点", "From node"),
      text("to_node", "终点", "To node"),
    ],
  },
  {
    kind: "gas_valve",
    name: { zh: "燃气阀门", en: "Gas valve" },
    geometry: "point",
    symbol: "gas-valve",
    attributes: [
      number("diameter_mm", "口径", "Diameter", "mm", { min: 0, max: 2000 }),
      choice("status", "状态", "Status", [
        ["open", "开启", "Open"],
        ["closed", "关闭", "Closed"],
      ]),
      year,
    ],
  },
  {
    kind: "gas_node",
    name: { zh: "燃气管点", en: "Gas main node" },
    geometry: "point",
    symbol: "gas-node",
    attributes: [year],
  },
  {
    kind: "gate_station",
    name: { zh: "门站", en: "Gate station" },
    geometry: "point",
    symbol: "gas-gate-station",
    attributes: [
      pressure_class,
      number("capacity_m3h", "设计流量", "Design flow", "m3/h", { min: 0 }),
      { ...year, name: { zh: "建成年份", en: "Year built" } },
      node,
    ],
  },
  {
    kind: "regulator",
    name: { zh: "调压箱", en: "Regulator" },
    geometry: "point",
    symbol: "gas-regulator",
    attributes: [
      pressure_class,
      number("outlet_kpa", "出口压力", "Outlet pressure", "kPa", { min: 0, max: 4000 }),
      { ...year, name: { zh: "建成年份", en: "Year built" } },
      node,
    ],
  },
  {
    kind: "well",
    hollow: true,
    name: { zh: "相邻空间窨井", en: "Adjacent well" },
    geometry: "point",
    symbol: "well",
    attributes: [
      choice("well_class", "井类", "Kind of well", [
        ["power", "电力井", "Power"],
        ["telecom", "通信井", "Telecom"],
        ["sewage", "污水井", "Sewage"],
        ["rain", "雨水井", "Rain water"],
        ["other", "其他", "Other"],
      ]),
      number("gas_m", "至最近燃气管", "To nearest gas main", "m", { min: 0, max: 10_000 }),
      number("depth_m", "井深", "Depth", "m", { min: 0, max: 50 }),
      number("volume_m3", "容积", "Volume", "m3", { min: 0, max: 100_000 }),
    ],
  },
]
