import { expect, test } from "vitest"
import { type Buried, buriedOf, piecesOf, type UndergroundView } from "./buried.ts"
import { clearance, heightOn, nearestShares, type Piece } from "./geometry.ts"
import { hitBy } from "./hit.ts"
import { clipOf, clipText, digOf, digText, lookOf, lookText } from "./view.ts"

const piece = (from: [number, number, number], to: [number, number, number], size: number): Piece => ({
  from,
  to,
  half_width: size / 2,
  half_height: size / 2,
})

test("pipes side by side have a horizontal clearance between their walls", () => {
  const a = [piece([0, 0, -1], [10, 0, -1], 0.4)]
  const b = [piece([0, 2, -1.5], [10, 2, -1.5], 0.2)]
  const clear = clearance(a, b)!
  expect(clear.horizontal_m).toBeCloseTo(2 - 0.2 - 0.1, 9)
  expect(clear.vertical_m).toBeCloseTo(0.5 - 0.2 - 0.1, 9)
})

test("where pipes cross, the vertical clearance is taken at the crossing", () => {
  const falling = [piece([0, 0, -1], [10, 0, -2], 0.3)]
  const across = [piece([4, -5, -3], [4, 5, -3], 0.5)]
  const clear = clearance(falling, across)!
  expect(clear.horizontal_m).toBe(0)
  expect(clear.vertical_m).toBeCloseTo(3 - 1.4 - 0.15 - 0.25, 9)
  expect(clear.from[0]).toBeCloseTo(4, 9)
})

test("nearest shares of parallel, crossing and distant pieces", () => {
  const ray = (from: [number, number, number], to: [number, number, number]) => ({ from, to })
  expect(nearestShares(ray([0, 0, 0], [10, 0, 0]), ray([5, -5, 1], [5, 5, 1]))).toEqual([0.5, 0.5])
  expect(nearestShares(ray([0, 0, 0], [1, 0, 0]), ray([5, 0, 0], [9, 0, 0]))).toEqual([1, 0])
  expect(nearestShares(ray([2, 2, 2], [2, 2, 2]), ray([0, 0, 0], [4, 4, 4]))).toEqual([0, 0.5])
})

test("the ground is bilinear and flat beyond its rim", () => {
  const grid = { columns: 2, rows: 2, z: [0, 2, 4, 6] }
  expect(heightOn(grid, [10, 10], 0, 0)).toBe(3)
  expect(heightOn(grid, [10, 10], 10, -10)).toBe(2)
  expect(heightOn(grid, [10, 10], 500, 500)).toBe(6)
})

/** Two pipes at x = 0 and x = 3, 20 m long, 1 m below the ground at 10 m, and a well between. */
const view: UndergroundView = {
  origin: [117, 32],
  metres_per_degree: [94_000, 111_000],
  half: [50, 50],
  kinds: [
    { lifeline: "one", kind: "pipe", class_code: "JS" },
    { lifeline: "two", kind: "pipe", class_code: "RQ" },
  ],
  ground: { surveyed: 4, columns: 2, rows: 2, z: [10, 10, 10, 10] },
  lines: {
    id: [11, 12],
    kind: [0, 1],
    code: ["A", "B"],
    box: [0, 0],
    width: [0.4, 0.2],
    height: [0.4, 0.2],
    size_assumed: [0, 0],
    sure: [0, 2],
    ends: [2, 5],
    xyz: [0, -10, 9, 0, 10, 9, 3, -10, 8, 3, 0, 8, 3, 10, 8],
  },
  wells: { id: [21], kind: [0], code: ["W"], x: [-5], y: [0], ground: [10], bottom: [7], diameter: [1], sure: [0] },
  joints: { id: [], kind: [], code: [], x: [], y: [], z: [], size: [], sure: [] },
  assumed: { cover: 1, size: 0.1, well_depth: 2 },
  complete: true,
}
const down = (x: number, y: number) => ({
  from: [x, y, 100] as [number, number, number],
  to: [x, y, -100] as [number, number, number],
  pixel: 1e-4,
})
const hit = (buried: Buried, x: number, y: number, hidden: string[] = [], kept = () => true) =>
  hitBy(buried, down(x, y), new Set(hidden), kept)?.id ?? null

test("a ray from above meets pipes and wells, not what is hidden or cut away", () => {
  const buried = buriedOf(view)
  expect(buried.base).toBe(10)
  expect(buried.count).toBe(3)
  expect(piecesOf(buried, 12)).toHaveLength(2)
  expect(hit(buried, 0.1, 3)).toBe(11)
  expect(hit(buried, 3.05, -4)).toBe(12)
  expect(hit(buried, -5.3, 0)).toBe(21)
  expect(hit(buried, 1.5, 3)).toBeNull()
  expect(hit(buried, 0.1, 3, ["one"])).toBeNull()
  expect(hit(buried, 0.1, 3, ["one:pipe"])).toBeNull()
  expect(hit(buried, 0.1, 3, [], () => false)).toBeNull()
})

test("the way one looks, digs and clips survives the URL", () => {
  const look = { lon: 117.163, lat: 31.8075, distance_m: 40, azimuth_deg: -25.5, polar_deg: 60 }
  expect(lookOf(lookText(look))).toEqual(look)
  expect(lookOf("here")).toBeNull()
  expect(lookOf("117,99")).toBeNull()
  const dig = { shape: "box" as const, radius_m: 9, depth_m: 4.2 }
  expect(digOf({ dig: digText(dig) })).toEqual(dig)
  expect(digOf({ dig: "hole,9999,-1" })).toEqual({ shape: "none", radius_m: 60, depth_m: 0.2 })
  expect(clipOf({ clip: clipText({ axis: "north", share: 0.25 }) })).toEqual({ axis: "north", share: 0.25 })
})
