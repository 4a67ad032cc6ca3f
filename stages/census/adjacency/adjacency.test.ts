import { describe, expect, it } from "vitest"
import type { Lifeline } from "../../../lifelines/contract.ts"
import type { LonLat } from "../../../model/index.ts"
import type { CensusAsset } from "../city-index.ts"
import { planeAt } from "../section/index.ts"
import { keepAdjacency } from "./adjacency.ts"
import { type SweepAsset, sweepAdjacency } from "./index.ts"

const plane = planeAt([117.28, 31.86])
const at = (x: number, y: number): LonLat => plane.from([x, y])
const line = (id: number, ...points: [number, number][]) => ({
  id,
  geometry: { type: "LineString" as const, coordinates: points.map((p) => at(...p)) },
})
const point = (id: number, x: number, y: number) => ({
  id,
  geometry: { type: "Point" as const, coordinates: at(x, y) },
})
const main = (asset: Pick<SweepAsset, "id" | "geometry">): SweepAsset => ({ ...asset, hollow: false, reach_m: 5 })
const space = (asset: Pick<SweepAsset, "id" | "geometry">): SweepAsset => ({ ...asset, hollow: true, reach_m: 0 })

/** A main to the east along y = 0; manholes left and right of it, a sewer across and a duct too far away. */
const town: SweepAsset[] = [
  main(line(1, [0, 0], [50, 0], [100, 0])),
  space(point(2, 30, 3)),
  space(point(3, 70, -4.9)),
  space(point(4, 70, -5.1)),
  space(line(5, [80, -20], [80, 20])),
  space(line(6, [0, 6], [100, 6])),
  space(line(7, [30, 3], [70, 20])),
  space(line(8, [70, 20.05], [90, 30])),
]

describe("adjacent spaces", () => {
  it("are the hollow things within reach, with distance, place along the main and side", async () => {
    const found = await sweepAdjacency(town)
    expect([...found.leaking]).toEqual([1])
    const pairs = [...found.space].map((id, i) => [
      id,
      Math.round(found.distance_m[i]! * 100) / 100,
      Math.round(found.along_m[i]!),
      found.side[i],
    ])
    expect(pairs).toEqual([
      [5, 0, 80, 0],
      [2, 3, 30, 1],
      [7, 3, 30, 1],
      [3, 4.9, 70, -1],
    ])
  })
  it("open into each other where ends meet", async () => {
    const found = await sweepAdjacency(town)
    const pairs = [...found.hollow_from].map((from, i) => [from, found.hollow_to[i]])
    expect(pairs).toEqual([
      [2, 7],
      [7, 2],
      [7, 8],
      [8, 7],
    ])
  })
  it("is nothing in an empty city", async () => {
    const found = await sweepAdjacency([])
    expect([found.leaking.length, found.space.length, [...found.start]]).toEqual([0, 0, [0]])
  })
  it("equals the distance of every pair, worked out one by one", async () => {
    // A fixed sequence of Lehmer's generator: 300 mains and 300 manholes in a square of 200 m.
    let seed = 7
    const next = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const some = Array.from({ length: 300 }, (_, i) => {
      const [x, y, turn] = [next() * 200, next() * 200, next() * 6.28]
      return {
        ends: [
          [x, y],
          [x + 20 * Math.cos(turn), y + 20 * Math.sin(turn)],
        ] as [number, number][],
        spot: [next() * 200, next() * 200] as [number, number],
        i,
      }
    })
    const found = await sweepAdjacency(
      some.flatMap(({ ends, spot, i }) => [main(line(1 + i, ...ends)), space(point(1001 + i, ...spot))]),
    )
    const expected: string[] = []
    for (const { ends, i } of some)
      for (const other of some) {
        const [[ax, ay], [bx, by]] = ends as [[number, number], [number, number]]
        const [px, py] = other.spot
        const t = Math.min(1, Math.max(0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / 400))
        const distance = Math.hypot(px - ax - t * (bx - ax), py - ay - t * (by - ay))
        if (distance <= 5) expected.push(`${1 + i}-${1001 + other.i}`)
      }
    const got: string[] = []
    found.leaking.forEach((id, i) => {
      for (let k = found.start[i]!; k < found.start[i + 1]!; k++) got.push(`${id}-${found.space[k]}`)
    })
    expect(got.sort()).toEqual(expected.sort())
    expect(got.length).toBeGreaterThan(50)
  })
  it("answers from both sides and is made again when the census changes", async () => {
    const lifelines = [
      {
        id: "a",
        assets: [
          { kind: "main", leaks: { reach_m: 5 } },
          { kind: "space", hollow: true },
        ],
      },
    ] as unknown as Lifeline[]
    let assets = town
    let revision = 1
    const census = {
      *assets() {
        for (const asset of assets)
          yield { ...asset, lifeline: "a", kind: asset.hollow ? "space" : "main" } as unknown as CensusAsset
      },
      revision: () => revision,
    }
    const kept = keepAdjacency(census, lifelines)
    expect((await kept.adjacentSpaces(1)).spaces.map((s) => s.asset_id)).toEqual([5, 2, 7, 3])
    const manhole = await kept.adjacentSpaces(2)
    expect(manhole).toEqual({
      asset_id: 2,
      spaces: [],
      leaking: [{ asset_id: 1, distance_m: 3, along_m: 30, side: 1 }],
      opens_into: [7],
    })
    assets = town.filter((asset) => asset.id !== 2)
    expect((await kept.adjacentSpaces(2)).leaking).toHaveLength(1)
    revision++
    expect((await kept.adjacentSpaces(2)).leaking).toEqual([])
  })
})
