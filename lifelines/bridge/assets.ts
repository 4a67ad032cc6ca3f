/** What the census knows of a bridge: identity, structure, load, traffic and condition (CJJ 99 grades A to E). */
import { type AssetKind, declare } from "../../model/index.ts"

const { integer, text, choice } = declare
const number = (id: string, zh: string, en: string, unit: string, min: number, max: number) =>
  declare.number(id, zh, en, unit, { min, max })

/** Technical condition of a city bridge by its condition index BCI (CJJ 99): A sound to E dangerous. */
export const condition_grades: [string, string, string][] = [
  ["A", "A 级 完好", "A sound"],
  ["B", "B 级 良好", "B good"],
  ["C", "C 级 合格", "C fair"],
  ["D", "D 级 不合格", "D poor"],
  ["E", "E 级 危险", "E dangerous"],
]

export const assets: AssetKind[] = [
  {
    kind: "bridge",
    name: { zh: "桥梁", en: "Bridge" },
    geometry: "line",
    symbol: "bridge",
    attributes: [
      text("road", "所在道路", "Road"),
      choice("crosses", "跨越", "Crosses", [
        ["river", "河道", "River"],
        ["road", "道路", "Road"],
        ["railway", "铁路", "Railway"],
        ["other", "其他", "Other"],
      ]),
      choice("structure", "结构类型", "Structure", [
        ["beam", "梁桥", "Beam"],
        ["box_girder", "箱梁桥", "Box girder"],
        ["arch", "拱桥", "Arch"],
        ["rigid_frame", "刚构桥", "Rigid frame"],
        ["cable_stayed", "斜拉桥", "Cable-stayed"],
        ["suspension", "悬索桥", "Suspension"],
        ["footbridge", "人行桥", "Footbridge"],
        ["other", "其他", "Other"],
      ]),
      choice("material", "主梁材料", "Material", [
        ["concrete", "钢筋混凝土", "Reinforced concrete"],
        ["prestressed", "预应力混凝土", "Prestressed concrete"],
        ["steel", "钢", "Steel"],
        ["composite", "钢混组合", "Composite"],
        ["masonry", "圬工", "Masonry"],
        ["other", "其他", "Other"],
      ]),
      number("length_m", "全长", "Length", "m", 1, 200_000),
      number("span_max_m", "最大跨径", "Longest span", "m", 1, 5000),
      integer("spans", "跨数", "Spans", 1, 10_000),
      number("width_m", "桥宽", "Width", "m", 0.5, 200),
      integer("built_year", "建成年份", "Year built", 1000, 2100),
      text("design_load", "设计荷载", "Design load"),
      number("weight_limit_t", "限载", "Weight limit", "t", 1, 500),
      choice("condition", "技术状况", "Condition", condition_grades),
      integer("inspected_year", "最近检测年份", "Year of the last inspection", 1950, 2100),
      integer("vehicles_per_day", "日均交通量", "Vehicles a day", 0, 1_000_000),
      { id: "carries_pipes", name: { zh: "附挂管线", en: "Carries pipes" }, type: "boolean" },
      text("maintainer", "养护单位", "Maintainer"),
    ],
  },
]
