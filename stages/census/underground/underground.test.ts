import { describe, expect, test } from "vitest"
import type { LonLat } from "../../../model/index.ts"
import { type KindOf, planeAt } from "../section/index.ts"
import { assumed, bury, coverOf } from "./bury.ts"
import { surfaceOf } from "./ground.ts"
import type { Buried } from "./store.ts"

const origin: LonLat = [117.2, 31.8]
const plane = planeAt(origin)
const at = (x: number, y: number): LonLat => plane.from([x, y])
const kindOf: KindOf = (lifeline, kind) => ({
  class_code: lifeline === "sewer" ? "PS" : "JS",
  gravity: lifeline === "sewer",
  hollow: kind === "manhole",
  name: { zh: kind, en: kind },
})
let ids = 0
const line = (lifeline: string, path: LonLat[], attributes: Buried["attributes"]): Buried => ({
  id: ++ids,
  lifeline,
  kind: "pipe",
  code: `L${ids}`,
  geometry: { type: "LineString", coordinates: path },
  attributes,
})
const point = (
  lifeline: string,
  kind: string,
  code: string,
  place: LonLat,
  attributes: Buried["attributes"] = {},
): Buried => ({
  id: ++ids,
  lifeline,
  kind,
  code,
  geometry: { type: "Point", coordinates: place },
  attributes,
})
const buried = (lines: Buried[], points: Buried[] = []) => bury(lines, points, { plane, half: [100, 100], kindOf })
const axis = (xyz: readonly number[]) => xyz.filter((_, i) => i % 3 === 2)

describe("heights", () => {
  test("a pressure pipe's surveyed heights are of its top: the axis lies half a diameter lower", () => {
    const { lines, ground } = buried([
      line("water", [at(0, 0), at(20, 0)], {
        diameter_mm: 400,
        from_elevation_m: 18,
        to_elevation_m: 17,
        from_depth_m: 1.2,
        to_depth_m: 2.2,
      }),
    ])
    expect(axis(lines.xyz)).toEqual([17.8, 16.8])
    expect(lines.sure).toEqual([0])
    expect(ground.surveyed).toBe(2)
    expect(ground.z[0]).toBeCloseTo(19.2, 6)
  })

  test("a gravity pipe's are of its invert", () => {
    const { lines } = buried([
      line("sewer", [at(0, 0), at(20, 0)], { diameter_mm: 600, from_elevation_m: 15, to_elevation_m: 14.9 }),
    ])
    expect(axis(lines.xyz)).toEqual([15.3, 15.2])
  })

  test("a duct with a width is a box of its width and height", () => {
    const { lines } = buried([line("water", [at(0, 0), at(9, 0)], { width_mm: 800, height_mm: 500, depth_m: 1 })])
    expect([lines.box, lines.width, lines.height]).toEqual([[1], [0.8], [0.5]])
    expect(axis(lines.xyz)).toEqual([-1.25, -1.25])
  })

  test("an unknown depth follows the ground at the assumed cover, and says so", () => {
    const { lines } = buried(
      [line("water", [at(-50, 0), at(0, 0), at(50, 0)], { diameter_mm: 200 })],
      [
        point("water", "valve", "a", at(-50, 0), { ground_m: 20 }),
        point("water", "valve", "b", at(0, 0), { ground_m: 25 }),
        point("water", "valve", "c", at(50, 0), { ground_m: 21 }),
      ],
    )
    expect(lines.sure).toEqual([2])
    expect(axis(lines.xyz)).toEqual([20, 25, 21].map((ground) => ground - assumed.cover - 0.1))
  })

  test("an unknown size is assumed, and says so", () => {
    const { lines } = buried([line("water", [at(0, 0), at(9, 0)], { depth_m: 1 })])
    expect([lines.width, lines.size_assumed]).toEqual([[assumed.size], [1]])
  })

  test("with one end known the line keeps that end's cover, as a guess", () => {
    const { lines } = buried([
      line("water", [at(0, 0), at(10, 0)], { diameter_mm: 200, from_depth_m: 2, from_elevation_m: 10 }),
    ])
    expect(lines.sure).toEqual([2])
    expect(axis(lines.xyz)).toEqual([9.9, 9.9])
  })

  test("a surveyed point of the same name gives the ground, the nearest where numbers repeat", () => {
    const { lines } = buried(
      [line("water", [at(0, 0), at(10, 0)], { diameter_mm: 200, from_node: "J1", to_node: "J2", depth_m: 1 })],
      [
        point("water", "valve", "J1", at(0, 0), { ground_m: 20 }),
        point("water", "valve", "J1", at(90, 90), { ground_m: 90 }),
        point("water", "valve", "J2", at(10, 0), { ground_m: 21 }),
      ],
    )
    expect(axis(lines.xyz)).toEqual([20 - 1 - 0.1, 21 - 1 - 0.1])
  })
})

describe("points", () => {
  const pipe = line("sewer", [at(0, 0), at(20, 0)], {
    diameter_mm: 600,
    from_elevation_m: 15,
    to_elevation_m: 14.9,
    from_depth_m: 3,
    to_depth_m: 3.1,
    from_node: "M1",
    to_node: "T1",
  })
  test("a well reaches its surveyed depth, else the lowest pipe, else the assumed depth", () => {
    const { wells } = buried(
      [pipe],
      [
        point("sewer", "manhole", "M0", at(0, 5), { ground_m: 18, well_depth_m: 4, cover: "圆形 700 铸铁" }),
        point("sewer", "manhole", "M1", at(0, 0), { ground_m: 18 }),
        point("sewer", "manhole", "M9", at(50, 50), { ground_m: 18 }),
      ],
    )
    expect(wells.bottom).toEqual([14, 15, 18 - assumed.well_depth])
    expect(wells.sure).toEqual([0, 2, 2])
    expect(wells.diameter).toEqual([0.7, 0.8, 0.8])
  })
  test("a tee sits on the axis of its pipe; one without a pipe has no height and is left out", () => {
    const { joints } = buried([pipe], [point("sewer", "tee", "T1", at(20, 0)), point("sewer", "tee", "T2", at(30, 0))])
    expect(joints.code).toEqual(["T1"])
    expect(joints.z[0]).toBeCloseTo(15.2, 6)
  })
  test("sizes of covers", () => {
    expect(coverOf("φ700")).toBe(0.7)
    expect(coverOf("600×400")).toBe(0.6)
    expect(coverOf("0.8")).toBe(0.8)
    expect(coverOf("方形")).toBeNull()
    expect(coverOf("9")).toBeNull()
  })
})

test("the surface goes through its heights and stays between them", () => {
  const surface = surfaceOf([0, 0, 10, 10, 0, 20, 0, 10, 15])
  expect(surface.at(0, 0)).toBe(10)
  expect(surface.at(10, 0)).toBe(20)
  const between = surface.at(5, 0)
  expect(between).toBeGreaterThan(10)
  expect(between).toBeLessThan(20)
  expect(surfaceOf([]).at(3, 4)).toBe(0)
})
