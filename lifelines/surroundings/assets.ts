/** Who would be hurt: buildings, schools, hospitals and other places with people near the lifelines. */
import { type AssetKind, declare } from "../../model/index.ts"

const { text, integer, number, choice } = declare
const people = integer("people", "常驻人数", "People", 0, 1_000_000)

export const assets: AssetKind[] = [
  {
    kind: "building",
    name: { zh: "建筑", en: "Building" },
    geometry: "area",
    symbol: "building",
    attributes: [
      text("usage", "用途", "Used for"),
      integer("floors", "层数", "Floors", 1, 200),
      number("height_m", "高度", "Height", "m", { min: 0, max: 1000 }),
      people,
      integer("installed_year", "建成年份", "Year built", 1000, 2100),
    ],
  },
  { kind: "school", name: { zh: "学校", en: "School" }, geometry: "point", symbol: "school", attributes: [people] },
  {
    kind: "hospital",
    name: { zh: "医院", en: "Hospital" },
    geometry: "point",
    symbol: "hospital",
    attributes: [integer("beds", "床位", "Beds", 0, 100_000), people],
  },
  {
    kind: "gathering_place",
    name: { zh: "人员密集场所", en: "Place of assembly" },
    geometry: "point",
    symbol: "people",
    attributes: [
      choice("place_kind", "类型", "Kind", [
        ["shop", "商场", "Shopping"],
        ["station", "车站", "Station"],
        ["venue", "场馆", "Venue"],
        ["care", "养老机构", "Care home"],
        ["other", "其他", "Other"],
      ]),
      people,
    ],
  },
]
