/** What the census knows of utility tunnels: galleries, cabins, nodes. */
import { type AssetKind, declare } from "../../model/index.ts"

const { text, number, integer } = declare

export const assets: AssetKind[] = [
  {
    kind: "utility_tunnel",
    hollow: true,
    name: { zh: "综合管廊", en: "Utility tunnel" },
    geometry: "line",
    symbol: "tunnel",
    attributes: [
      number("length_m", "长度", "Length", "m", { min: 0.01, max: 200_000 }),
      integer("cabins", "舱室数", "Cabins", 1, 20),
      integer("fire_zones", "防火分区数", "Fire zones", 0, 10_000),
      text("pipes_inside", "入廊管线", "Utilities inside"),
      number("depth_m", "埋深", "Depth", "m", { min: 0, max: 100 }),
      integer("installed_year", "建成年份", "Year built", 1850, 2100),
      text("from_node", "起点", "From node"),
      text("to_node", "终点", "To node"),
    ],
  },
  {
    kind: "tunnel_node",
    name: { zh: "管廊节点", en: "Tunnel node" },
    geometry: "point",
    symbol: "node",
    attributes: [text("node_kind", "节点类型", "Kind of node")],
  },
  {
    kind: "other_line",
    name: { zh: "不明管线", en: "Unknown utility" },
    geometry: "line",
    symbol: "line",
    attributes: [],
  },
  {
    kind: "other_node",
    name: { zh: "不明管点", en: "Unknown node" },
    geometry: "point",
    symbol: "node",
    attributes: [],
  },
  {
    kind: "underground_space",
    hollow: true,
    name: { zh: "地下空间", en: "Underground space" },
    geometry: "area",
    symbol: "underground",
    attributes: [
      text("usage", "用途", "Used for"),
      integer("floors", "层数", "Floors", 1, 20),
      number("bottom_depth_m", "底板埋深", "Depth of the floor", "m", { min: 0, max: 200 }),
      number("volume_m3", "容积", "Volume", "m3", { min: 0 }),
    ],
  },
]
