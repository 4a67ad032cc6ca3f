/** Real files of cities (LIFELINE_TEST_DATA names the folder that holds them), counted by other programs. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ProblemError } from "../../model/index.ts"
import { openPmtiles } from "./index.ts"
import { chance, readBytes, rowOf, tablesOf } from "./testing.ts"

const data = process.env.LIFELINE_TEST_DATA
const have = data !== undefined && existsSync(join(data, "geodata"))
if (!have) console.log("LIFELINE_TEST_DATA is not set: real files of cities are not read")

describe.skipIf(!have)("real files", () => {
  const at = (...path: string[]) => join(data ?? "", ...path)
  const counts = async (path: string) =>
    Object.fromEntries((await tablesOf(path)).map((t) => [t.name, new Set(t.rows).size]))

  it("shapefiles of a folder", async () => {
    expect(await counts(at("micropolis/gis"))).toEqual({
      buildings_v1: 868,
      hydrants_v1: 52,
      lots_v1: 695,
      railroad_v1: 1,
      roads_v1: 22,
      streams_v1: 4,
      valves_v0: 203,
      water_nodes_v0: 1166,
      waterbody_v1: 1,
      watermains_v0: 567,
      waterservcon_v0: 461,
      watertower_v1: 1,
    })
  })

  it.each([
    ["dc_bridge-polygons-ddot", 264],
    ["dc_underground-storage-tanks", 5878],
    ["dc_floodplains-general-structure", 308],
    ["vancouver_water_mains_5000_with_model_risk", 5000],
  ])("packed GeoJSON %s", async (name, features) => {
    expect(await counts(at("geodata", `${name}.geojson.gz`))).toEqual({ [name]: features })
  })

  it.each([
    ["kitchener-watermains/Water_Mains_installed_to_2015", 13_131],
    ["kitchener-watermains/Water_Main_Breaks_to_2015", 2158],
    ["geodata/toronto_watermain_breaks_1990_2016", 27_999],
  ])("packed CSV %s", async (name, records) => {
    const [table] = await tablesOf(at(`${name}.csv.gz`))
    expect(table!.rows.length).toBe(records + 1)
    expect(table!.problems).toEqual([])
  })

  it.each([
    ["monaco.osm.gz", { road: 860, water: 9, building: 966, rail: 1, label: 5 }],
    ["north-bayreuth.osm.gz", { road: 2056, water: 379, building: 4267, rail: 17, label: 70 }],
    ["liechtenstein-latest.osm.pbf", { road: 4658, water: 282, building: 8994, rail: 31, label: 43 }],
  ])("base map of %s", async (name, layers) => {
    const tables = await tablesOf(at("geodata", name))
    expect(Object.fromEntries(tables.map((t) => [t.name, t.rows.length]))).toEqual(layers)
    for (const { geometry } of tables)
      for (const shape of geometry!) {
        const ring = shape!.type === "Polygon" ? shape!.coordinates[0]! : null
        if (ring) expect(ring.at(-1)).toEqual(ring[0])
      }
  })

  it("tiles of an archive", async () => {
    const archive = await openPmtiles(at("geodata/near-badschandau-z10-11.pmtiles"))
    try {
      expect(archive.header).toMatchObject({ minZoom: 10, maxZoom: 11 })
      const { minLon, minLat } = archive.header
      const n = 2 ** 11
      const y = Math.floor(((1 - Math.asinh(Math.tan((minLat * Math.PI) / 180)) / Math.PI) / 2) * n)
      const tile = await archive.tile(11, Math.floor(((minLon + 180) / 360) * n), y)
      expect(tile!.length).toBeGreaterThan(1000)
      expect(await archive.tile(3, 0, 0)).toBeNull()
    } finally {
      await archive.close()
    }
  })
})

/** The sample database of the npm package mdb 0.1.0, which Access wrote. */
const mdb = join(import.meta.dirname, "../../node_modules/mdb/test/fruit.mdb")

describe("an Access database", () => {
  // The counts are those of Debian's mdb-count.
  it("gives its tables, texts and numbers", async () => {
    const tables = await tablesOf(mdb)
    expect(tables.map((t) => [t.name, t.rows.length, t.problems.length])).toEqual([
      ["Fruit", 37, 0],
      ["Fruit Salad", 18, 0],
      ["Veggie Salad", 4, 0],
      ["Muffin/Bread", 13, 0],
      ["Dried", 12, 0],
    ])
    expect(rowOf(tables[0]!, 0)).toEqual(["Apple", 2, 0, 0, 12, 2, 15, 0, 0, 0, 0])
    expect(rowOf(tables[0]!, 36)[0]).toBe("Tomato")
  })

  it("gives tables or a refusal where bytes are changed by chance", async () => {
    const bytes = readFileSync(mdb)
    const random = chance(5)
    let odd = 0
    for (let round = 0; round < 12; round++) {
      const spoilt = Buffer.from(bytes)
      for (let n = 0; n < 200; n++) spoilt[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      try {
        const tables = await readBytes(round % 3 === 2 ? spoilt.subarray(0, bytes.length / 2) : spoilt, "a.mdb")
        if (tables.some((t) => t.problems.length > 0)) odd++
      } catch (error) {
        expect(error).toBeInstanceOf(ProblemError)
        odd++
      }
    }
    expect(odd).toBeGreaterThan(0)
  })
})
