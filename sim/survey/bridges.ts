/** Invented bridges as rows of the bridge import sheet. */
import { hash01 } from "./chance.ts"
import type { Layout } from "./layout.ts"
import type { Plane } from "./plane.ts"

const structures = [
  { structure: "beam", material: "concrete", span_m: 16 },
  { structure: "box_girder", material: "prestressed", span_m: 30 },
  { structure: "rigid_frame", material: "prestressed", span_m: 45 },
  { structure: "arch", material: "concrete", span_m: 40 },
  { structure: "cable_stayed", material: "composite", span_m: 110 },
] as const
const condition = ["A", "A", "A", "B", "B", "B", "B", "C", "C", "D"]

/** The bridge of number `n`, the district's `k`-th, in the middle of a block of an east–west street. */
export function inventBridge(layout: Layout, plane: Plane, seed: number, n: number, k: number) {
  const draw = (salt: number) => hash01(seed, n, salt)
  // Every k has a block of its own, spread over the streets.
  const i = k % (layout.t.length - 1)
  const j = (Math.floor(k / (layout.t.length - 1)) + 3 * i) % layout.s.length
  const { structure, material, span_m } = structures[Math.floor(draw(3) ** 2 * structures.length)]!
  const spans = 1 + Math.floor(draw(4) * (structure === "cable_stayed" ? 1 : 5))
  const length_m = Math.min(spans * span_m + 8, 190)
  const middle = (layout.t[i]! + layout.t[i + 1]!) / 2
  const end = (side: -1 | 1) => plane.toLonLat(...layout.plane(layout.s[j]!, middle + (side * length_m) / 2))
  const road = layout.streetName("ew", j)
  const built_year = 1975 + Math.floor(draw(5) * 48)
  return {
    type: "Feature",
    geometry: { type: "LineString", coordinates: [end(-1), end(1)] },
    properties: {
      kind: "bridge",
      code: `HFQ${String(n + 1).padStart(4, "0")}`,
      name: `${road}${["南淝河", "十五里河", "塘西河", "板桥河", "二十埠河", "店埠河"][n % 6]}桥${n < 6 ? "" : `${Math.floor(n / 6) + 1}号`}`,
      road,
      crosses: n % 7 === 6 ? "road" : "river",
      structure,
      material,
      length_m,
      span_max_m: span_m,
      spans,
      width_m: 12 + 4 * Math.floor(draw(6) * 7),
      built_year,
      design_load: built_year < 2000 ? "汽-20" : "城-A级",
      condition: condition[Math.floor(draw(7) * condition.length)]!,
      inspected_year: 2019 + Math.floor(draw(8) * 5),
      vehicles_per_day: 1000 * (2 + Math.floor(draw(9) * 60)),
      carries_pipes: draw(10) < 0.3,
      maintainer: "市市政设施管理处",
    },
  }
}
