/** What the census knows of roads: carriageways and what was found below them. */
import { type AssetKind, declare } from "../../model/index.ts"

const { text, number, integer, choice } = declare

export const assets: AssetKind[] = [
  {
    kind: "street",
    name: { zh: "道路", en: "Street" },
    geometry: "line",
    symbol: "road",
    attributes: [
      choice("road_class", "道路等级", "Class", [
        ["express", "快速路", "Expressway"],
        ["arterial", "主干路", "Arterial"],
        ["secondary", "次干路", "Secondary"],
        ["local", "支路", "Local"],
      ]),
      number("width_m", "宽度", "Width", "m", { min: 0, max: 300 }),
      text("pavement", "路面类型", "Pavement"),
      integer("installed_year", "建成年份", "Year built", 1850, 2100),
    ],
  },
  {
    kind: "road_defect",
    name: { zh: "道路病害体", en: "Road defect" },
    geometry: "point",
    symbol: "defect",
    attributes: [
      choice("defect", "病害类型", "Kind", [
        ["cavity", "空洞", "Cavity"],
        ["void", "脱空", "Void"],
        ["loose", "疏松体", "Loose zone"],
        ["wet", "富水体", "Water-rich zone"],
      ]),
      number("depth_m", "埋深", "Depth", "m", { min: 0, max: 50 }),
      number("area_m2", "面积", "Area", "m2", { min: 0 }),
      text("found_on", "探测日期", "Found on"),
    ],
  },
]
