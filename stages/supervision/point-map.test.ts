import { VectorTile } from "@mapbox/vector-tile"
import { PbfReader } from "pbf"
import { describe, expect, test } from "vitest"
import { everything, type Scope } from "../../model/index.ts"
import type { Latest } from "../../platform/series/index.ts"
import type { PointRecord } from "../monitoring/index.ts"
import { createPointMap, view_points_max } from "./point-map.ts"

const count = 100_000
const points = new Map(
  Array.from({ length: count }, (_, i) => {
    const id = i + 1
    const device = {
      id,
      code: `D${id}`,
      owner_id: id % 2,
      lifeline: id % 4 === 0 ? "gas" : "water",
      area_ids: [],
      state: id % 100 === 0 ? "silent" : "online",
    }
    const place = { lon: 117 + (i % 400) / 1000, lat: 31.7 + Math.floor(i / 400) / 1000 }
    return [id, { id, device, indicator: "p", ...place } as unknown as PointRecord]
  }),
)
const latest = new Map<number, Latest>()
let severities = new Map<number, number>()
let now = 0
const map = createPointMap({
  points: () => points,
  latestOf: (ids) => ids.flatMap((id) => latest.get(id) ?? []),
  severities: () => severities,
  wall: () => now,
})
const read = (at: { z: number; x: number; y: number }, scopes: Scope[] = [everything]) => {
  const { bytes } = map.tile(scopes, at)
  const { layers } = new VectorTile(new PbfReader(bytes))
  return Object.fromEntries(
    Object.entries(layers).map(([name, layer]) => [
      name,
      Array.from({ length: layer.length }, (_, i) => layer.feature(i).properties),
    ]),
  )
}
const tileOf = (lon: number, lat: number, z: number) => ({
  z,
  x: Math.floor(((lon + 180) / 360) * 2 ** z),
  y: Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * 2 ** z),
})

describe("a hundred thousand points on the map", () => {
  test("clusters from afar say what is inside, and every point is in exactly one", () => {
    severities = new Map([[50_000, 1]])
    now += 10_000
    let [total, silent] = [0, 0]
    const worst: number[] = []
    const by: Record<string, number> = {}
    const corner = tileOf(117, 31.95, 10)
    for (let x = corner.x - 1; x <= corner.x + 3; x++)
      for (let y = corner.y - 1; y <= corner.y + 3; y++)
        for (const c of read({ z: 10, x, y }).cluster ?? []) {
          total += Number(c.count)
          silent += Number(c.silent)
          if (c.worst) worst.push(Number(c.worst))
          for (const [id, n] of Object.entries(JSON.parse(String(c.lifelines)) as Record<string, number>))
            by[id] = (by[id] ?? 0) + n
        }
    expect({ total, silent, worst, by }).toEqual({
      total: count,
      silent: count / 100,
      worst: [1],
      by: { gas: count / 4, water: (count * 3) / 4 },
    })
  })
  test("from near, single points with their names, only those that may be seen", () => {
    const at = tileOf(117.05, 31.75, 14)
    const all = read(at).point ?? []
    const own = read(at, [{ ...everything, organisations: [1] }]).point ?? []
    expect(all.length).toBeGreaterThan(100)
    expect(all[0]).toMatchObject({ id: expect.any(Number), code: expect.stringMatching(/^D\d+$/), indicator: "p" })
    expect(own.every((p) => Number(p.id) % 2 === 1)).toBe(true)
    expect(own.length).toBeGreaterThan(all.length / 3)
    expect(read(at, [{ ...everything, lifelines: [] }]).point).toBeUndefined()
  })
  test("a view hears all of its points once, then only what changes", () => {
    const view = map.follow([everything], [117, 31.7, 117.0255, 31.7255])
    const first = view.changes()!
    expect(first.points.length).toBe(26 * 26)
    expect(view.changes()).toBeNull()
    const id = first.points[0]!
    latest.set(id, { point: id, time: 5, sequence: 0, value: 7, quality: 0, arrived: 5 })
    latest.set(count, { point: count, time: 5, sequence: 0, value: 7, quality: 0, arrived: 5 })
    severities = new Map([[first.points[1]!, 2]])
    const next = view.changes()!
    expect(next.points.toSorted((a, b) => a - b)).toEqual(first.points.slice(0, 2).toSorted((a, b) => a - b))
    expect(next.severity.toSorted()).toEqual([0, 2])
    expect(next.value).toContain(7)
    severities = new Map()
    expect(view.changes()!.points).toEqual([first.points[1]])
  })
  test("a view of everything follows as many points as it may, those in the middle first", () => {
    const { points: ids } = map.follow([everything], [110, 30, 120, 35]).changes()!
    expect(ids.length).toBe(view_points_max)
  })
})
