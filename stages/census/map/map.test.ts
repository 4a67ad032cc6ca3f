import { VectorTile } from "@mapbox/vector-tile"
import fc from "fast-check"
import GeoJSONVT from "geojson-vt"
import { PbfReader } from "pbf"
import { describe, expect, it } from "vitest"
// @ts-expect-error The package has no types.
import vtPbf from "vt-pbf"
import { everything, type Geometry, type LonLat, type Scope } from "../../../model/index.ts"
import { type CityIndex, cityIndex } from "../city-index.ts"
import { boxOf, middleOf } from "../geometry.ts"
import { drawTile, type Tile, type TileFeature, tileBox } from "../tiles.ts"
import { baseLayerIndex, drawBase } from "./base.ts"
import { blocksOf } from "./blocks.ts"
import { tileCache } from "./cache.ts"
import { budget, censusTile, type Sources } from "./census-tile.ts"
import { clipLine, clipRing, simplify } from "./clip.ts"
import { newColumns, type RowInput, shapes } from "./columns.ts"
import { numberIn } from "./rows.ts"

const decode = (bytes: Uint8Array) => new VectorTile(new PbfReader(bytes)).layers
const featuresOf = (tile: Tile, layer: string) => {
  const found = decode(tile.bytes)[layer]
  return Array.from({ length: found?.length ?? 0 }, (_, i) => found!.feature(i))
}
const tileAt = ([lon, lat]: LonLat, z: number) => {
  const n = 2 ** z
  const y = ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * n
  return { z, x: Math.floor(((lon + 180) / 360) * n), y: Math.floor(y) }
}
const middle: LonLat = [117.23, 31.82]

type Given = { id: number; geometry: Geometry; lifeline?: string; owner_id?: number; code?: string; dn?: number }
const input = ({ id, geometry, lifeline = "a", owner_id = 1, code = `C${id}`, dn = 200 }: Given): RowInput => {
  const rings =
    geometry.type === "Polygon"
      ? geometry.coordinates
      : [geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates]
  const [lon, lat] = middleOf(geometry)
  let end = 0
  return {
    id,
    lifeline,
    kind: geometry.type,
    code,
    name: null,
    owner_id,
    lon,
    lat,
    length_m: Number.NaN,
    dn_mm: dn,
    area_ids: [],
    shape: geometry.type === "Point" ? shapes.point : geometry.type === "LineString" ? shapes.line : shapes.area,
    xy: rings.flat(2),
    positions: rings.flat().length,
    ring_ends: rings.map((ring) => (end += ring.length)),
  }
}
const cityOf = (given: readonly Given[]): Sources => {
  const columns = newColumns(given.length)
  for (const one of given) columns.add(input(one))
  columns.trim()
  return { index: cityIndex(columns, []), blocks: blocksOf(columns), classOf: () => "QT" }
}

const near = (spread: number) =>
  fc.tuple(fc.double({ min: -spread, max: spread, noNaN: true }), fc.double({ min: -spread, max: spread, noNaN: true }))
const lonLat = (spread: number) => near(spread).map(([x, y]): LonLat => [middle[0] + x, middle[1] + y])
const line = (spread: number): fc.Arbitrary<Geometry> =>
  fc.array(lonLat(spread), { minLength: 2, maxLength: 6 }).map((coordinates) => ({ type: "LineString", coordinates }))
const anything = (spread: number): fc.Arbitrary<Geometry> =>
  fc.oneof(
    line(spread),
    lonLat(spread).map((coordinates): Geometry => ({ type: "Point", coordinates })),
    lonLat(spread).map(([x, y]): Geometry => {
      const d = spread / 7
      return {
        type: "Polygon",
        coordinates: [
          [
            [x, y],
            [x + d, y],
            [x + d, y + d],
            [x, y + d],
            [x, y],
          ],
        ],
      }
    }),
  )

describe("tiles beside geojson-vt's", () => {
  const oracle = (features: TileFeature[], at: { z: number; x: number; y: number }) => {
    const index = new GeoJSONVT(
      { type: "FeatureCollection", features: features.map((f) => ({ type: "Feature", ...f })) } as never,
      { maxZoom: 16, tolerance: 3, extent: 4096, buffer: 64, indexMaxZoom: 0 },
    )
    const tile = index.getTile(at.z, at.x, at.y)
    return tile ? (vtPbf.fromGeojsonVt({ layer: tile }, { version: 2, extent: 4096 }) as Uint8Array) : new Uint8Array(0)
  }
  it("hold the same features at the same places, within one unit", () => {
    fc.assert(
      fc.property(fc.array(anything(0.004), { minLength: 1, maxLength: 30 }), (geometries) => {
        const features = geometries.map(
          (geometry, i): TileFeature => ({
            id: i + 1,
            geometry,
            properties: { id: i + 1, half: i / 2, odd: i % 2 === 1, word: `w${i % 3}`, none: null },
          }),
        )
        const at = tileAt(middle, 16)
        const theirs = decode(oracle(features, at)).layer
        const ours = decode(drawTile(at, { layer: features }).bytes).layer
        const read = (layer: typeof theirs) =>
          new Map(
            Array.from({ length: layer?.length ?? 0 }, (_, i) => [layer!.feature(i).id, layer!.feature(i)] as const),
          )
        const [a, b] = [read(theirs), read(ours)]
        for (const [id, feature] of a) {
          const mine = b.get(id)
          const wanted = feature.loadGeometry()
          // What touches the buffer's edge in one point is drawn by one and not by the other.
          if (!mine) {
            const points = wanted.flat()
            const size =
              Math.max(...points.map((p) => p.x)) -
              Math.min(...points.map((p) => p.x)) +
              Math.max(...points.map((p) => p.y)) -
              Math.min(...points.map((p) => p.y))
            expect(size).toBeLessThanOrEqual(2)
            continue
          }
          const { none: _, ...properties } = features[id! - 1]!.properties
          expect({ ...mine.properties }).toEqual(properties)
          expect(mine.type).toBe(feature.type)
          // Every position of either lies within one unit of the other's lines.
          const got = mine.loadGeometry()
          for (const p of wanted.flat()) expect(away(p, got)).toBeLessThanOrEqual(1.5)
          for (const p of got.flat()) expect(away(p, wanted)).toBeLessThanOrEqual(1.5)
        }
        for (const id of b.keys()) expect(a.has(id)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

type XY = { x: number; y: number }
function away(p: XY, parts: XY[][]): number {
  let best = Infinity
  for (const part of parts)
    for (let i = 0; i < part.length; i++) {
      const [a, b] = [part[Math.max(0, i - 1)]!, part[i]!]
      const [dx, dy] = [b.x - a.x, b.y - a.y]
      const squared = dx * dx + dy * dy
      const t = squared === 0 ? 0 : Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / squared))
      best = Math.min(best, Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy))
    }
  return best
}

describe("clipping", () => {
  const number = fc.double({ min: -300, max: 300, noNaN: true })
  const flat = (least: number) =>
    fc.array(fc.tuple(number, number), { minLength: least, maxLength: 12 }).map((p) => p.flat())
  const pairs = (xy: number[]) =>
    Array.from({ length: xy.length / 2 }, (_, i) => ({ x: xy[2 * i]!, y: xy[2 * i + 1]! }))

  it("leaves only what is inside, on the line itself, and all of it", () => {
    fc.assert(
      fc.property(flat(2), (xy) => {
        const parts = clipLine(xy, -100, 100)
        for (const p of parts.flatMap(pairs)) {
          expect(Math.max(Math.abs(p.x), Math.abs(p.y))).toBeLessThanOrEqual(100 + 1e-9)
          expect(away(p, [pairs(xy)])).toBeLessThan(1e-6)
        }
        const inside = pairs(xy).filter((p) => Math.max(Math.abs(p.x), Math.abs(p.y)) < 100)
        for (const p of inside) expect(away(p, parts.map(pairs))).toBeLessThan(1e-6)
      }),
    )
  })
  it("keeps rings closed and inside", () => {
    fc.assert(
      fc.property(flat(3), (xy) => {
        const ring = clipRing([...xy, xy[0]!, xy[1]!], -100, 100)
        for (const p of pairs(ring)) expect(Math.max(Math.abs(p.x), Math.abs(p.y))).toBeLessThanOrEqual(100 + 1e-9)
        if (ring.length > 0) expect(ring.slice(0, 2)).toEqual(ring.slice(-2))
      }),
    )
  })
  it("simplifies no further than the tolerance", () => {
    fc.assert(
      fc.property(flat(2), fc.double({ min: 0.1, max: 50, noNaN: true }), (xy, tolerance) => {
        const simple = simplify(xy, tolerance)
        for (const p of pairs(xy)) expect(away(p, [pairs(simple)])).toBeLessThanOrEqual(tolerance + 1e-9)
      }),
    )
  })
})

describe("a city too full for single assets", () => {
  /** A grid of 60 × 60 streets with a segment each 20 m, of two lifelines and owners. */
  const full = () => {
    const given: Given[] = []
    const step = 0.0002
    for (const owner_id of [1, 2])
      for (let s = 0; s < 40; s++)
        for (let i = 0; i < 120; i++) {
          const [x, y] = [middle[0] + i * step, middle[1] + s * 0.0006 + owner_id * 0.00003]
          given.push({
            id: given.length + 1,
            owner_id,
            lifeline: owner_id === 1 ? "a" : "b",
            dn: s % 8 === 0 ? 800 : 200,
            geometry: {
              type: "LineString",
              coordinates: [
                [x, y],
                [x + step, y],
              ],
            },
          })
        }
    return cityOf(given)
  }
  const city = full()
  const whole = tileAt([middle[0] + 0.012, middle[1] + 0.012], 11)

  it("joins segments into streets, and draws few of them from afar", () => {
    for (const z of [8, 10, 11, 12, 13]) {
      const lines = featuresOf(censusTile(city, [everything], tileAt([middle[0] + 0.01, middle[1] + 0.01], z)), "line")
      expect(lines.length).toBeGreaterThan(0)
      expect(lines.length).toBeLessThan(200)
      expect(lines.every((f) => f.properties.id === undefined && f.properties.lifeline !== undefined)).toBe(true)
    }
    const [longest] = featuresOf(censusTile(city, [everything], whole), "line")
      .map((f) => f.loadGeometry().flat())
      .map((points) => Math.max(...points.map((p) => p.x)) - Math.min(...points.map((p) => p.x)))
      .sort((a, b) => b - a)
    // 120 segments of 0.0002° are 0.024° or 559 units at zoom 11, but for what lies in the next block.
    expect(longest).toBeGreaterThan(200)
  })
  it("shows nobody what is another's, and everybody all of their own", () => {
    const mine: Scope[] = [{ organisations: [1], lifelines: "all", areas: "all" }]
    for (const z of [9, 11, 13, 15]) {
      const at = tileAt([middle[0] + 0.01, middle[1] + 0.01], z)
      const lines = featuresOf(censusTile(city, mine, at), "line")
      expect(lines.length).toBeGreaterThan(0)
      expect(new Set(lines.map((f) => f.properties.lifeline))).toEqual(new Set(["a"]))
      const all = featuresOf(censusTile(city, [everything], at), "line").filter((f) => f.properties.lifeline === "a")
      expect(lines.length).toBe(all.length)
    }
    expect(censusTile(city, [{ organisations: [9], lifelines: "all", areas: "all" }], whole).bytes.length).toBe(0)
  })
  it("never draws more than the budget", () => {
    const given: Given[] = Array.from({ length: 2 * budget.lines }, (_, i) => {
      const [x, y] = [middle[0] + (i % 200) * 1e-5, middle[1] + Math.floor(i / 200) * 1e-5]
      return {
        id: i + 1,
        dn: i % 100,
        geometry: {
          type: "LineString",
          coordinates: [
            [x, y],
            [x + 5e-6, y + 5e-6],
          ],
        },
      }
    })
    const lines = featuresOf(
      censusTile(cityOf(given), [everything], tileAt([middle[0] + 1e-4, middle[1] + 1e-4], 14)),
      "line",
    )
    expect(lines.length).toBeLessThanOrEqual(budget.lines)
    expect(lines.length).toBeGreaterThan(1_000)
    expect(Math.min(...lines.map((f) => f.properties.dn as number))).toBeGreaterThanOrEqual(40)
  })
})

describe("changes", () => {
  const change = fc.oneof(
    fc.record({
      what: fc.constant("put" as const),
      id: fc.integer({ min: 1, max: 40 }),
      geometry: anything(0.02),
      dn: fc.integer({ min: 50, max: 900 }),
    }),
    fc.record({ what: fc.constant("end" as const), id: fc.integer({ min: 1, max: 40 }) }),
  )
  it("leave the index and the tiles as a full reload would", () => {
    fc.assert(
      fc.property(
        fc.array(anything(0.02), { maxLength: 30 }),
        fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 4 }),
        (start, rounds) => {
          const now = new Map<number, Given>(start.map((geometry, i) => [i + 1, { id: i + 1, geometry }]))
          const kept = cityOf([...now.values()])
          for (const round of rounds) {
            const last = new Map(round.map((c) => [c.id, c]))
            const ids = [...last.keys()]
            const old = ids.flatMap((id) => kept.index.rowOf(id) ?? [])
            for (const c of last.values())
              if (c.what === "end") now.delete(c.id)
              else {
                now.set(c.id, { id: c.id, geometry: c.geometry, dn: c.dn })
                kept.index.columns.add(input(now.get(c.id)!))
              }
            kept.index.follow(
              ids.filter((id) => !now.has(id)),
              [],
            )
            kept.blocks.follow(old)
          }
          const fresh = cityOf([...now.values()].sort((a, b) => a.id - b.id))
          expect(summary(kept.index)).toEqual(summary(fresh.index))
          for (const z of [10, 13, 14, 16]) {
            const at = tileAt(middle, z)
            for (const layer of ["line", "point", "area"])
              expect(drawn(kept, at, layer)).toEqual(drawn(fresh, at, layer))
          }
        },
      ),
      { numRuns: 60 },
    )
  })
  const summary = (index: CityIndex) => ({
    all: [...index.all()].map((a) => ({ ...a })).sort((a, b) => a.id - b.id),
    within: index
      .rowsWithin(tileBox(tileAt(middle, 13)))
      .map((row) => index.columns.id(row))
      .sort((a, b) => a - b),
    nearest: index.nearest(middle, { max_m: 3_000, limit: 5 }).map((n) => [n.asset.id, n.distance_m]),
    codes: Array.from({ length: 41 }, (_, id) => index.byCode("a", `C${id}`)?.id),
  })
  const drawn = (city: Sources, at: { z: number; x: number; y: number }, layer: string) =>
    featuresOf(censusTile(city, [everything], at), layer)
      .map((f) => [f.properties, f.loadGeometry()])
      .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))

  it("drop only the tiles that they touch", () => {
    const cache = tileCache(1e6)
    const made: string[] = []
    const ask = (x: number) =>
      cache.get("n", { z: 14, x, y: 100 }, () => {
        made.push(`${x}`)
        return { bytes: new Uint8Array(3), etag: "e" }
      })
    for (const x of [10, 11, 12, 20]) ask(x)
    const [west, south, east, north] = tileBox({ z: 14, x: 11, y: 100 })
    const inside: [number, number, number, number] = [
      west + (east - west) / 2,
      south + (north - south) / 2,
      west + (east - west) / 2,
      north - (north - south) / 4,
    ]
    expect(cache.dropTouched([inside])).toBe(1)
    for (const x of [10, 11, 12, 20]) ask(x)
    expect(made).toEqual(["10", "11", "12", "20", "11"])
    expect(cache.dropTouched([inside], 15)).toBe(0)
  })
})

describe("columns", () => {
  it("give geometry back as it came, and boxes", () => {
    fc.assert(
      fc.property(fc.array(anything(0.02), { minLength: 1, maxLength: 50 }), (geometries) => {
        const { index } = cityOf(geometries.map((geometry, i) => ({ id: i + 1, geometry })))
        for (const [i, geometry] of geometries.entries()) {
          expect(index.asset(i + 1)!.geometry).toEqual(geometry)
          expect(index.columns.box(i)).toEqual(boxOf(geometry))
        }
      }),
    )
  })
  it("read numbers as the language does", () => {
    const texts = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.tuple(fc.integer({ min: -999, max: 999 }), fc.nat(999_999_999)).map(([a, b]) => `${a}.${b}`),
      fc.integer().map(String),
      fc.constantFrom("-0.0001", "117.2345678901234", "0.1000000000000000055511151231257827", "12345678901234567890"),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const got = numberIn(Buffer.from(`\t${text}\t`), 1, 1 + text.length)
        expect(got).toBe(Number(text))
      }),
    )
    expect(numberIn(Buffer.from("\\N"), 0, 2)).toBeNaN()
  })
})

describe("base map tiles", () => {
  it("draw multi-part geometry, the large first, streets by their class", () => {
    const at = (dx: number, dy: number): LonLat => [middle[0] + dx, middle[1] + dy]
    const feature = (geometry: object, properties: object) => ({
      type: "Feature" as const,
      geometry: geometry as never,
      properties: properties as never,
    })
    const lane = feature({ type: "LineString", coordinates: [at(0, 0), at(0.001, 0)] }, { class: "lane", name: "巷" })
    const road = feature(
      {
        type: "MultiLineString",
        coordinates: [
          [at(0, 0), at(0.02, 0)],
          [at(0, 0.01), at(0.02, 0.01)],
        ],
      },
      { class: "a", name: { zh: "人民路", en: "Renmin Rd" } },
    )
    const lake = feature(
      {
        type: "Polygon",
        coordinates: [
          [at(0, 0), at(0.01, 0), at(0.01, 0.01), at(0, 0.01), at(0, 0)],
          [at(0.002, 0.002), at(0.004, 0.002), at(0.004, 0.004), at(0.002, 0.002)],
        ],
      },
      { kind: "lake" },
    )
    const layers = { road: baseLayerIndex([lane, road]), water: baseLayerIndex([lake]) }
    const far = drawBase(layers, tileAt(at(0.005, 0.005), 12))
    expect(featuresOf(far, "road").map((f) => f.properties.name)).toEqual(["人民路"])
    expect(featuresOf(far, "road")[0]!.loadGeometry()).toHaveLength(2)
    expect(featuresOf(far, "water")[0]!.loadGeometry()).toHaveLength(2)
    const near_ = featuresOf(drawBase(layers, tileAt(at(0.0005, 0), 14)), "road")
    expect(near_.map((f) => f.properties.name_zh).sort()).toEqual(["人民路", "巷"])
  })
})
