import { describe, expect, it } from "vitest"
import { everything, type LonLat, type Scope } from "../../../model/index.ts"
import { cityIndex } from "../city-index.ts"
import { newColumns, shapes } from "../map/columns.ts"
import { streetsOf } from "../places.ts"
import { degreesOf, metresOf } from "./coordinates.ts"
import { createSearch } from "./index.ts"
import { layOut } from "./text.ts"

const bounds: [number, number, number, number] = [117, 31.5, 117.6, 32]
const row = (id: number, code: string | null, name: string | null, owner_id = 1) => ({
  id,
  lifeline: "a",
  kind: "k",
  code,
  name,
  owner_id,
  lon: 117.2 + id / 1000,
  lat: 31.8,
  length_m: Number.NaN,
  dn_mm: Number.NaN,
  area_ids: [],
  shape: shapes.point,
  xy: [117.2 + id / 1000, 31.8],
  positions: 1,
  ring_ends: [],
})
function city() {
  const columns = newColumns(10)
  columns.add(row(1, "JS0012", "长江路给水管"))
  columns.add(row(2, "JS00121", "重庆路阀门"))
  columns.add(row(3, "XJS0012X", null, 2))
  columns.add(row(4, null, "金寨路 Main", 2))
  return cityIndex(columns, [])
}
const streets = streetsOf(
  [
    {
      type: "Feature",
      properties: { name: { zh: "人民路", en: "Renmin Rd" } },
      geometry: {
        type: "LineString",
        coordinates: [
          [117.21, 31.81],
          [117.25, 31.81],
        ],
      },
    },
  ],
  [],
)
const ask = async (text: string, scopes: Scope[] = [everything], index = city()) =>
  (await createSearch().find(index, streets, scopes, text, 10)).map((f) => f.code ?? f.name?.zh)

describe("search", () => {
  it("ranks the whole code before its beginnings and its insides", async () => {
    expect(await ask("js0012")).toEqual(["JS0012", "JS00121", "XJS0012X"])
    expect(await ask("ＪＳ００１２")).toEqual(["JS0012", "JS00121", "XJS0012X"])
  })
  it("knows names, pinyin, initials and streets with a house number", async () => {
    expect(await ask("重庆")).toEqual(["JS00121"])
    expect(await ask("chongqing")).toEqual(["JS00121"])
    expect(await ask("cjl")).toEqual(["JS0012"])
    expect(await ask("main")).toEqual(["金寨路 Main"])
    expect(await ask("rml")).toEqual(["人民路"])
    expect(await ask("renmin rd")).toEqual(["人民路"])
    expect(await ask("人民路12号")).toEqual(["人民路"])
    expect(await ask("没有的路")).toEqual([])
  })
  it("finds nothing beyond the scopes, and what changed since", async () => {
    const own: Scope[] = [{ organisations: [2], lifelines: "all", areas: "all" }]
    expect(await ask("js0012", own)).toEqual(["XJS0012X"])
    expect(await ask("长江", own)).toEqual([])
    const index = city()
    const search = createSearch()
    const find = async (text: string) =>
      (await search.find(index, streets, [everything], text, 10)).map((found) => found.id)
    expect(await find("JS0012")).toEqual([1, 2, 3])
    index.columns.add(row(1, "NEW7", "新名"))
    index.follow([2], [])
    expect(await find("JS0012")).toEqual([3])
    expect(await find("new7")).toEqual([1])
    expect(await find("新名")).toEqual([1])
  })
  it("takes a text with every sign that a pattern would read otherwise", async () => {
    for (const text of [".*", "%", "\\", "[", "\t", "\n", "'"]) expect(await ask(text)).toEqual([])
  })
  it("reads places in degrees and in metres of a grid", async () => {
    const places: [string, LonLat | null][] = [
      ["117.23,31.82", [117.23, 31.82]],
      ["117.23，31.82", [117.23, 31.82]],
      ["31.82 117.23", [117.23, 31.82]],
      ["31.82N 117.23E", [117.23, 31.82]],
      ["N31.82, E117.23", [117.23, 31.82]],
      ["北纬31.82 东经117.23", [117.23, 31.82]],
      [`31°49'12"N 117°13'48"E`, [117.23, 31.82]],
      ["33.5S 70.6W", [-70.6, -33.5]],
      ["12 34", null],
      ["JS0012", null],
      ["191.5, 100.2", null],
      ["31.82N 117.23N", null],
    ]
    for (const [text, wanted] of places) {
      const got = degreesOf(text, bounds)
      if (wanted === null) expect(got, text).toBeNull()
      else for (const axis of [0, 1] as const) expect(got?.[axis], text).toBeCloseTo(wanted[axis], 9)
    }
    expect(metresOf("3522000.5, 39522000")).toEqual({ north_m: 3_522_000.5, east_m: 39_522_000 })
    expect(metresOf("X=522000 Y=3522000")).toEqual({ north_m: 3_522_000, east_m: 522_000 })
    expect(metresOf("20261124 123456")).toBeNull()
    const index = city()
    // On the meridian of zone 39 (117° E); a degree of latitude there is about 110.9 km.
    const [found] = await createSearch().find(index, streets, [everything], "3522000, 39500000", 5)
    expect(found!.type).toBe("place")
    expect(found!.lon_lat[0]).toBeCloseTo(117, 9)
    expect(found!.lon_lat[1]).toBeCloseTo(31.82, 1)
    const [same] = await createSearch().find(index, streets, [everything], "3522000, 500000", 5)
    expect(same!.lon_lat[0]).toBeCloseTo(117, 9)
  })
  it("names the line of every hit", async () => {
    const lines = await layOut(5, (i) => ["a", "", "中a", "b\tab", null][i] ?? null)
    const found: [number, string][] = []
    lines.find("a", (line, how) => {
      found.push([line, how])
      return false
    })
    expect(found).toEqual([
      [0, "whole"],
      [3, "start"],
      [2, "inside"],
    ])
  })
})
