/** What is written is read back equal, by our readers and, where it is installed, by GDAL. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { Cell, TableGeometry } from "./contract.ts"
import { type ExportColumn, type ExportFormat, type ExportOptions, writeTable, writeTables } from "./index.ts"
import { inFolder, rowOf, tablesOf } from "./testing.ts"
import { colorNumber } from "./write/dxf.ts"

const columns: ExportColumn[] = [
  { name: "code", title: "管线点号", type: "text" },
  { name: "depth", title: "埋深", type: "number" },
  { name: "count", title: "根数", type: "integer" },
  { name: "built", title: "埋设日期", type: "date" },
]
const properties = (i: number): Record<string, Cell> => ({
  code: `JS${i}`,
  depth: i % 5 === 4 ? null : 1.25 + i,
  count: i,
  built: "2019-03-04",
})
const line = (i: number): TableGeometry => ({
  type: "LineString",
  coordinates: [
    [117.25 + i / 1000, 31.5, 12.5],
    [117.25 + i / 1000, 31.625, 12.25],
  ],
})
const rows = Array.from({ length: 40 }, (_, i) => ({ geometry: line(i), properties: properties(i) }))
const values = (i: number) => [`JS${i}`, properties(i).depth, i, "2019-03-04"]

const ogr = spawnSync("ogrinfo", ["--version"]).status === 0

describe("read back", () => {
  it.each([
    ["gpkg", "a.gpkg", {}],
    ["shp", "a.zip", { encoding: "gbk" }],
    ["shp", "a.zip", { encoding: "utf-8" }],
    ["geojson", "a.geojson", {}],
  ] as [ExportFormat, string, ExportOptions][])("%s with geometry and attributes (%s, %j)", (format, file, options) =>
    inFolder(async (folder) => {
      const path = `${folder}/${file}`
      const report = await writeTable(format, path, columns, rows, { ...options, name: "给水管线" })
      expect(report).toMatchObject({ rows: 40, problems: format === "shp" ? expect.any(Array) : [] })
      const [table] = await tablesOf(path, file)
      expect(table!.name).toBe(format === "geojson" ? "a" : "给水管线")
      const skip = format === "gpkg" ? 1 : 0
      for (let i = 0; i < 40; i++) {
        expect(rowOf(table!, i).slice(skip)).toEqual(values(i))
        expect(table!.geometry![i]).toEqual(line(i))
      }
      const names = table!.columns!.slice(skip)
      if (format !== "shp" || options.encoding === "gbk")
        expect(names).toEqual(["管线点号", "埋深", "根数", "埋设日期"])
      else expect(names).toEqual(["管线点", "埋深", "根数", "埋设日"])
    }),
  )

  it("a workbook of several sheets", () =>
    inFolder(async (folder) => {
      const hard = {
        name: "备注",
        columns: [{ name: "t", type: "text" as const }],
        with_geometry: false,
        rows: [{ geometry: null, properties: { t: '=1+1 <&> "引" \u0001上\n下  ' } }],
      }
      await writeTables("xlsx", `${folder}/a.xlsx`, [{ name: "JSLINE/1", columns, rows, with_geometry: false }, hard])
      const [table, notes] = await tablesOf(`${folder}/a.xlsx`, "a.xlsx")
      expect(table!.name).toBe("JSLINE_1")
      expect(rowOf(table!, 0)).toEqual(["管线点号", "埋深", "根数", "埋设日期"])
      for (let i = 0; i < 40; i++) expect(rowOf(table!, i + 1)).toEqual(values(i))
      expect(rowOf(notes!, 1)).toEqual(['=1+1 <&> "引" 上\n下  '])
    }))

  it("CSV whose cells no spreadsheet runs", () =>
    inFolder(async (folder) => {
      const evil = [{ geometry: null, properties: { ...properties(0), code: '=HYPERLINK("http://x")' } }]
      await writeTable("csv", `${folder}/a.csv`, columns, evil, { with_geometry: false })
      expect(readFileSync(`${folder}/a.csv`, "utf8").split("\r\n")[1]).toBe(
        `"'=HYPERLINK(""http://x"")",1.25,0,2019-03-04`,
      )
      await writeTable("csv", `${folder}/b.csv`, columns, rows)
      const [table] = await tablesOf(`${folder}/b.csv`, "b.csv")
      expect(rowOf(table!, 1)).toEqual([
        "JS0",
        "1.25",
        "0",
        "2019-03-04",
        "LINESTRING Z (117.25 31.5 12.5, 117.25 31.625 12.25)",
      ])
    }))

  it("a drawing with layers, colours, labels and Chinese texts", () =>
    inFolder(async (folder) => {
      const things = [
        { geometry: line(0), properties: properties(0) },
        { geometry: { type: "Point" as const, coordinates: [3, 4] }, properties: properties(1) },
        {
          geometry: {
            type: "Polygon" as const,
            coordinates: [
              [
                [0, 0],
                [0, 1],
                [1, 1],
                [0, 0],
              ],
            ],
          },
          properties: properties(2),
        },
        { geometry: null, properties: properties(3) },
      ]
      const report = await writeTable("dxf", `${folder}/a.dxf`, columns, things, {
        layerOf: (row) => ({ name: row.properties.code === "JS1" ? "给水管点" : "给水管线", color: "#0000ff" }),
        labelOf: (row) => (row.properties.code === "JS1" ? { text: "三通 JS1", height: 0.5 } : null),
      })
      expect(report.problems).toMatchObject([{ count: 1, en: expect.stringContaining("without geometry") }])
      const tables = await tablesOf(`${folder}/a.dxf`, "a.dxf")
      expect(tables.map((t) => [t.name, t.rows.length])).toEqual([
        ["给水管线 line", 2],
        ["给水管点 point", 2],
      ])
      expect(tables[0]!.geometry!.map((g) => g!.coordinates)).toEqual([
        line(0).coordinates,
        [
          [0, 0],
          [0, 1],
          [1, 1],
          [0, 0],
        ],
      ])
      expect(tables[1]!.cells[5]![1]).toBe("三通 JS1")
      expect(tables[0]!.cells[3]).toEqual([5, 5])
      expect(existsSync(`${folder}/a.dxf.part`)).toBe(false)
    }))

  it("holes and several kinds of geometry in shapefiles; what does not fit is counted", () =>
    inFolder(async (folder) => {
      const ring = (s: number) => [
        [0, 0],
        [s, 0],
        [s, s],
        [0, s],
        [0, 0],
      ]
      const area: TableGeometry = {
        type: "Polygon",
        coordinates: [ring(10), ring(2).map(([x, y]) => [x! + 1, y! + 1])],
      }
      const mixed = [
        { geometry: area, properties: { code: "x".repeat(100), depth: -1e20 } },
        { geometry: { type: "Point" as const, coordinates: [1, 2] }, properties: { code: "𠮷", depth: 1 } },
      ]
      const report = await writeTable("shp", `${folder}/a.zip`, columns.slice(0, 2), mixed, { name: "m" })
      expect(report.problems.map((p) => [p.count, p.en.split(" ")[0]])).toEqual([
        [1, "texts"],
        [1, "numbers"],
        [1, "characters"],
      ])
      const tables = await tablesOf(`${folder}/a.zip`, "a.zip")
      expect(tables.map((t) => t.name)).toEqual(["m_area", "m_point"])
      const shape = tables[0]!.geometry![0] as { coordinates: number[][][] }
      expect(shape.coordinates.map((r) => r.length)).toEqual([5, 5])
      expect(tables[0]!.crs).toMatchObject({ wkt: expect.stringContaining("WGS 84") })
    }))

  it("leaves nothing behind when rows fail or the writing is stopped", () =>
    inFolder(async (folder) => {
      for (const [format, name] of [
        ["gpkg", "a.gpkg"],
        ["shp", "a.zip"],
        ["xlsx", "a.xlsx"],
        ["csv", "a.csv"],
        ["dxf", "a.dxf"],
      ] as const) {
        const failing = (function* () {
          yield rows[0]!
          throw new Error("the source broke")
        })()
        await expect(writeTable(format, `${folder}/${name}`, columns, failing)).rejects.toThrow("the source broke")
        expect(existsSync(`${folder}/${name}`)).toBe(false)
      }
      await expect(writeTables("csv", `${folder}/a.csv`, [])).rejects.toThrow(/takes one table/)
    }))
})

it("knows the colours of drawings by number", () => {
  expect(["#ff0000", "#00ff00", "#0000ff", "#ff00ff", "#808080", "#ff7f00", "?"].map(colorNumber)).toEqual([
    1, 3, 5, 6, 8, 30, 7,
  ])
})

describe.skipIf(!ogr)("GDAL reads what is written", () => {
  const count = (path: string, layer: string[] = []) => {
    const text = execFileSync("ogrinfo", ["-ro", "-so", "-al", path, ...layer], { encoding: "utf8" })
    return { text, count: [...text.matchAll(/Feature Count: (\d+)/g)].reduce((n, m) => n + Number(m[1]), 0) }
  }
  it.each([
    ["gpkg", "a.gpkg", ""],
    ["shp", "a.shp.zip", "/vsizip/"],
    ["geojson", "a.geojson", ""],
    ["dxf", "a.dxf", ""],
    ["xlsx", "a.xlsx", ""],
    ["csv", "a.csv", ""],
  ] as [ExportFormat, string, string][])("%s", (format, file, prefix) =>
    inFolder(async (folder) => {
      await writeTable(format, `${folder}/${file}`, columns, rows, { name: "给水管线" })
      const { text, count: found } = count(`${prefix}${folder}/${file}`)
      expect(found).toBe(40)
      if (format !== "dxf") expect(text).toContain("管线点号")
      if (format === "gpkg" || format === "shp")
        expect(text).toMatch(/Extent: \(117\.25\d*, 31\.5\d*\) - \(117\.289\d*, 31\.625\d*\)/)
      // Its own reader writes them on as text: equal rows.
      if (format === "dxf") return
      const csv = execFileSync("ogr2ogr", ["-f", "CSV", "/vsistdout/", `${prefix}${folder}/${file}`], {
        encoding: "utf8",
      })
      expect(csv.split("\n")[6]!).toMatch(/JS5\W*,"?6\.25\d*"?,"?5"?,"?2019[-/]03[-/]04"?/)
    }),
  )
})
