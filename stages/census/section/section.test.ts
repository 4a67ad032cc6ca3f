import { describe, expect, it } from "vitest"
import type { LonLat } from "../../../model/index.ts"
import {
  type ClearanceRule,
  clearances,
  crossings,
  cutManholes,
  groundProfile,
  heightsAt,
  type KindOf,
  longSection,
  planeAt,
  runOf,
  type SectionAsset,
} from "./index.ts"

const plane = planeAt([117.28, 31.86])
const at = (x: number, y: number): LonLat => plane.from([x, y])
const kindOf: KindOf = (lifeline, kind) => ({
  class_code: lifeline === "sewers" ? "PS" : "JS",
  gravity: lifeline === "sewers",
  hollow: kind === "manhole",
  name: { zh: kind, en: kind },
})
const line = (
  id: number,
  lifeline: string,
  from: [number, number],
  to: [number, number],
  attributes = {},
): SectionAsset => ({
  id,
  lifeline,
  kind: "pipe",
  code: `L${id}`,
  name: null,
  owner_id: null,
  owner: null,
  geometry: { type: "LineString", coordinates: [at(...from), at(...to)] },
  attributes,
  from_ground_m: null,
  to_ground_m: null,
})
const point = (id: number, x: number, y: number, kind: string, attributes = {}): SectionAsset => ({
  ...line(id, "sewers", [0, 0], [1, 0], attributes),
  kind,
  code: `P${id}`,
  geometry: { type: "Point", coordinates: at(x, y) },
})

describe("heights", () => {
  it("lie straight between the ends; a gravity pipe's are of its invert, a pressure pipe's of its top", () => {
    const ends = { from_elevation_m: 10, to_elevation_m: 9, from_depth_m: 2, to_depth_m: 2, diameter_mm: 400 }
    const half = { along_m: 50, length_m: 100 }
    expect(heightsAt(ends, { ...half, gravity: true })).toEqual({
      ground_m: 11.5,
      top_m: 9.9,
      centre_m: 9.7,
      invert_m: 9.5,
      cover_m: 1.6,
      sure: "interpolated",
    })
    expect(heightsAt(ends, { ...half, gravity: false })).toMatchObject({ top_m: 9.5, invert_m: 9.1, cover_m: 2 })
    expect(heightsAt(ends, { along_m: 0, length_m: 100, gravity: false })).toMatchObject({
      top_m: 10,
      sure: "measured",
    })
  })
  it("invents nothing where one end or both are unknown", () => {
    const unknown = { ground_m: null, top_m: null, centre_m: null, invert_m: null, cover_m: null, sure: "unknown" }
    expect(heightsAt({ diameter_mm: 300 }, { along_m: 5, length_m: 10, gravity: false })).toEqual(unknown)
    const one = { from_depth_m: 1.2, diameter_mm: 300 }
    expect(heightsAt(one, { along_m: 5, length_m: 10, gravity: false })).toEqual(unknown)
    expect(heightsAt(one, { along_m: 0, length_m: 10, gravity: false })).toMatchObject({
      cover_m: 1.2,
      sure: "measured",
    })
  })
  it("works heights out from ground and depth", () => {
    const depth = { from_depth_m: 1, to_depth_m: 2, diameter_mm: 200 }
    expect(heightsAt(depth, { along_m: 5, length_m: 10, gravity: false, ground: [20, 21] })).toMatchObject({
      ground_m: 20.5,
      cover_m: 1.5,
      top_m: 19,
      invert_m: 18.8,
    })
  })
})

describe("cross section", () => {
  const cut = [at(0, 0), at(20, 0)]
  const both = (elevation: number) => ({ from_elevation_m: elevation, to_elevation_m: elevation })
  const assets = [
    line(1, "mains", [4, -10], [4, 10], { ...both(10), diameter_mm: 200 }),
    line(2, "mains", [5, -10], [5, 10], { ...both(10), diameter_mm: 200 }),
    line(3, "sewers", [12, -10], [12, 10], { ...both(7), width_mm: 1000, height_mm: 600 }),
    line(4, "mains", [14, -10], [14, 10], {}),
    line(5, "mains", [30, -10], [30, 10], {}),
    line(6, "mains", [0, 5], [20, 5], {}),
    point(7, 12, 0.5, "manhole", { ground_m: 12, well_depth_m: 5 }),
    point(8, 12, 1.5, "manhole", {}),
    point(9, 12, 0.2, "other", {}),
  ]
  it("finds what the cut crosses, where, how large and how deep", () => {
    const crossed = crossings(cut, assets, kindOf)
    expect(crossed.map((c) => [c.asset_id, c.offset_m, c.angle_deg])).toEqual([
      [1, 4, 90],
      [2, 5, 90],
      [3, 12, 90],
      [4, 14, 90],
    ])
    expect(crossed[2]).toMatchObject({ class_code: "PS", width_mm: 1000, height_mm: 600, invert_m: 7, top_m: 7.6 })
    expect(crossed[3]).toMatchObject({ top_m: null, sure: "unknown", diameter_mm: null })
  })
  it("counts a crossing at a bend of the pipe once", () => {
    const bent = line(1, "mains", [4, -10], [4, 0])
    const geometry = { type: "LineString" as const, coordinates: [at(4, -10), at(4, 0), at(6, 10)] }
    expect(crossings(cut, [{ ...bent, geometry }], kindOf).map((c) => c.offset_m)).toEqual([4])
  })
  it("shows hollow points within a metre", () => {
    expect(cutManholes(cut, assets, kindOf)).toMatchObject([
      { asset_id: 7, offset_m: 12, distance_m: 0.5, depth_m: 5, bottom_m: 7 },
    ])
  })
  it("measures clearances from surface to surface and judges none that hangs on the unknown", () => {
    const rules: ClearanceRule[] = [
      { class_a: "JS", class_b: "JS", horizontal_m: 1, vertical_m: 0.15 },
      { class_a: "PS", class_b: "JS", horizontal_m: 1.5, vertical_m: 0.4 },
    ]
    const classOf = (lifeline: string) => (lifeline === "sewers" ? "PS" : "JS")
    const found = clearances(crossings(cut, assets, kindOf), rules, classOf)
    const of = (a: number, b: number) => found.find((c) => c.a_asset_id === a && c.b_asset_id === b)
    expect(of(1, 2)).toMatchObject({ horizontal_m: 0.8, vertical_m: 0, parallel: true, verdict: "below" })
    expect(of(2, 3)).toMatchObject({ horizontal_m: 6.4, vertical_m: 2.2, verdict: "ok" })
    expect(of(3, 4)).toMatchObject({ horizontal_m: 1.5, vertical_m: null, verdict: "unknown" })
    expect(of(1, 4)).toBeUndefined()
    expect(clearances(crossings(cut, assets, kindOf), [], classOf)[0]!.verdict).toBe("unknown")
  })
  it("judges pipes that cross each other by their heights", () => {
    const rules = [{ class_a: "JS", class_b: "JS", horizontal_m: 1, vertical_m: 0.15 }]
    const crossing = (elevation: number) =>
      crossings(
        cut,
        [
          line(1, "mains", [4, -10], [4, 10], { ...both(10), diameter_mm: 200 }),
          line(2, "mains", [3.8, -5], [4.8, 4], { ...both(elevation), diameter_mm: 200 }),
        ].map((a, i) =>
          i === 0 ? a : { ...a, geometry: { type: "LineString" as const, coordinates: [at(0, -4), at(8.4, 4)] } },
        ),
        kindOf,
      )
    const verdict = (elevation: number) => clearances(crossing(elevation), rules, () => "JS")[0]
    expect(verdict(10.5)).toMatchObject({ parallel: false, vertical_m: 0.3, verdict: "ok" })
    expect(verdict(10.3)).toMatchObject({ vertical_m: 0.1, verdict: "below" })
    const none = [{ class_a: "JS", class_b: "JS", horizontal_m: 0, vertical_m: 0.15 }]
    expect(clearances(crossing(10.3), none, () => "JS")[0]!.horizontal_m).toBeCloseTo(0, 1)
  })
  it("draws the ground between surveyed points and leaves it open where none is near", () => {
    const spot = (x: number, ground_m: number) => ({ lon: at(x, 0)[0], lat: at(x, 0)[1], ground_m })
    const ground = groundProfile(cut, [spot(0, 10), spot(20, 12)])
    expect(ground[0]!.ground_m).toBe(10)
    expect(ground[10]).toEqual({ offset_m: 10, ground_m: 11 })
    expect(groundProfile(cut, [{ lon: at(0, 90)[0], lat: at(0, 90)[1], ground_m: 1 }])[3]!.ground_m).toBeNull()
  })
})

describe("long section", () => {
  const first = line(1, "sewers", [0, 0], [30, 0], {
    from_elevation_m: 10,
    to_elevation_m: 9.7,
    from_depth_m: 2,
    to_depth_m: 2.5,
    diameter_mm: 400,
  })
  const second = line(2, "sewers", [70, 0], [30, 0], { from_elevation_m: 9.3, to_elevation_m: 9.5, diameter_mm: 500 })
  it("puts pipes head to tail with chainage, slopes and the water in manholes", () => {
    const run = runOf([first, second])
    expect(run.map((r) => r.reversed)).toEqual([false, true])
    const manhole = point(7, 30, 0, "manhole", { ground_m: 12.2 })
    const levels = new Map([[7, { level_m: 0.4, above: "bottom" as const, time: 5 }]])
    const { nodes, pipes, length_m } = longSection(
      run,
      kindOf,
      (pipe, end) => ((pipe.id === 1 && end === "to") || (pipe.id === 2 && end === "to") ? manhole : undefined),
      levels,
    )
    expect(length_m).toBe(70)
    expect(nodes.map((n) => [n.chainage_m, n.bottom_m])).toEqual([
      [0, 10],
      [30, 9.5],
      [70, 9.3],
    ])
    expect(nodes[1]).toMatchObject({ ground_m: 12.2, depth_m: 2.7, water_m: 9.9, water_depth_m: 0.4, water_time: 5 })
    expect(pipes.map((p) => p.slope_permille)).toEqual([10, 5])
    expect(pipes[1]).toMatchObject({ from_invert_m: 9.5, to_invert_m: 9.3, from_top_m: 10, reversed: true })
  })
  it("names the line at which the row breaks", () => {
    expect(() => runOf([first, line(3, "sewers", [31, 0], [40, 0])])).toThrow(/L3 does not join/)
  })
})
