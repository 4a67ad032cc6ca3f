import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { layersOfFile } from "./index.ts"

const folder = mkdtempSync(join(tmpdir(), "mingmai-base-map-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = process.env.LIFELINE_TEST_DATA

const street = (name: string, kind: string, coordinates: number[][]) => ({
  type: "Feature",
  properties: { name, class: kind, width_m: 40 },
  geometry: { type: "LineString", coordinates },
})

it("takes streets of a GeoJSON file with their names, classes and widths", async () => {
  const path = join(folder, "streets.geojson")
  const features = [
    street("长江路", "primary", [
      [117.2, 31.8],
      [117.3, 31.8],
    ]),
    street("", "footway", [
      [117.2, 31.8],
      [117.2, 31.9],
    ]),
  ]
  writeFileSync(path, JSON.stringify({ type: "FeatureCollection", features }))
  const { layers } = await layersOfFile(path, "streets.geojson")
  expect(layers.road?.map(({ properties }) => properties)).toEqual([
    { class: "a", kind: "primary", name: "长江路", name_zh: "长江路", width_m: 40 },
    { class: "lane", kind: "footway", width_m: 40 },
  ])
})

it("refuses metres and layers without a use, saying what would do", async () => {
  const path = join(folder, "roads.geojson")
  const features = [
    street("长江路", "primary", [
      [3_520_000, 500_000],
      [3_520_100, 500_000],
    ]),
  ]
  writeFileSync(path, JSON.stringify({ type: "FeatureCollection", features }))
  await expect(layersOfFile(path, "roads.geojson")).rejects.toThrow(/no layer for a base map/)
})

describe.skipIf(!data)("an extract of OpenStreetMap", () => {
  it("becomes roads, buildings, water and names", async () => {
    const { layers } = await layersOfFile(join(data!, "geodata/monaco.osm.gz"), "monaco.osm.gz")
    expect(Object.keys(layers).sort()).toEqual(expect.arrayContaining(["building", "road"]))
    expect(layers.building!.length).toBeGreaterThan(900)
    expect(layers.road!.filter((road) => road.properties?.class === "a").length).toBeGreaterThan(10)
    expect(layers.road!.some((road) => road.properties?.name === "Boulevard des Moulins")).toBe(true)
  })
})
