/** Files that other programs wrote (fixtures/README.md says how) give what went into them. */
import { describe, expect, it } from "vitest"
import { bytesOfFixture, fixture, readBytes, rowOf, tablesOf } from "./testing.ts"

/** The points that all files of points hold, as the script invented them. */
const point = (i: number) => ({
  key: `JS${String(i).padStart(3, "0")}`,
  x: 500_000 + i * 10.5,
  y: 3_520_000 + i * 7.25,
  z: 12.5 + i * 0.125,
  feature: i % 7 === 0 ? "三通" : "直线点",
  fitting: i % 3 === 0 ? "检修井" : null,
  date: `2019-03-${String((i % 28) + 1).padStart(2, "0")}`,
})
const numbers = Array.from({ length: 30 }, (_, i) => i)

describe("points", () => {
  it.each([
    ["points-gbk.zip", "所在道路位"],
    ["points-utf8.zip", "所在道"],
  ])("shapefile %s, its names cut at ten bytes", async (name, last_name) => {
    const [table, ...others] = await tablesOf(fixture(name))
    expect(others).toEqual([])
    expect(table).toMatchObject({ file: `${name}/JSPOINT.shp`, name: "JSPOINT", format: "shp", problems: [] })
    expect(table!.columns!.at(-1)).toBe(last_name)
    expect(table!.crs).toMatchObject({ wkt: expect.stringContaining("CGCS2000_3_Degree_GK_CM_120E") })
    expect([...table!.rows]).toEqual(numbers.map((i) => i + 1))
    for (const i of numbers) {
      const p = point(i)
      expect(rowOf(table!, i)).toEqual([p.key, p.feature, p.fitting, p.z, i, p.date, "长江中路"])
      expect(table!.geometry![i]).toEqual({ type: "Point", coordinates: [p.x, p.y, p.z] })
    }
  })

  it("GeoJSON with a crs", async () => {
    const [table] = await tablesOf(fixture("points.geojson"))
    expect(table).toMatchObject({ format: "geojson", crs: { epsg: 4549 }, problems: [] })
    for (const i of numbers) {
      const p = point(i)
      expect(rowOf(table!, i)).toEqual([p.key, p.feature, p.fitting, p.z, i, p.date, "长江中路"])
      expect(table!.geometry![i]!.coordinates).toEqual([p.x, p.y, p.z])
    }
  })

  it.each(["points.csv", "points-gbk.csv", "points-utf16.csv"])("CSV %s", async (name) => {
    const [table] = await tablesOf(fixture(name))
    expect(table).toMatchObject({ format: "csv", columns: null, geometry: null, crs: null, problems: [] })
    expect(rowOf(table!, 0)).toEqual([
      "X",
      "Y",
      "Z",
      "管线点号",
      "特征",
      "附属物",
      "地面高程",
      "井深",
      "日期",
      "所在道路位置名称",
    ])
    for (const i of numbers) {
      const p = point(i)
      expect(table!.rows[i + 1]).toBe(i + 2)
      const row = rowOf(table!, i + 1)
      expect(row.slice(0, 3).map(Number)).toEqual([p.x, p.y, p.z])
      expect(row.every((cell) => cell === null || typeof cell === "string")).toBe(true)
      // GDAL writes dates of GeoJSON with strokes.
      expect(row.slice(3, 6)).toEqual([p.key, p.feature, p.fitting])
      expect(row.slice(8)).toEqual([p.date.replaceAll("-", "/"), "长江中路"])
    }
  })

  it("CSV with semicolons and a byte order mark", async () => {
    const [table] = await tablesOf(fixture("points-semicolon.csv"))
    expect(rowOf(table!, 0)[0]).toBe("管线点号")
    expect(rowOf(table!, 3).slice(0, 2)).toEqual(["JS002", "直线点"])
  })

  it("XLSX of GDAL: shared texts, dates by style", async () => {
    const [table] = await tablesOf(fixture("points-gdal.xlsx"))
    expect(table).toMatchObject({ name: "JSPOINT", format: "xlsx", columns: null, problems: [] })
    for (const i of numbers) {
      const p = point(i)
      expect(rowOf(table!, i + 1)).toEqual([p.key, p.feature, p.fitting, p.z, i, p.date, "长江中路"])
    }
  })

  it("GeoPackage: every feature and attribute table, packed", async () => {
    const tables = await tablesOf(fixture("survey.gpkg.gz"))
    expect(tables.map((t) => [t.name, t.rows.length, t.geometry !== null])).toEqual([
      ["JSPOINT", 30, true],
      ["JSLINE", 29, true],
      ["AREA", 4, true],
      ["编码表", 30, false],
    ])
    const [points, lines] = tables
    expect(points).toMatchObject({ file: "survey.gpkg.gz", crs: { epsg: 4549 } })
    for (const i of numbers) {
      const p = point(i)
      expect(rowOf(points!, i)).toEqual([i + 1, p.key, p.feature, p.fitting, p.z, i, p.date, "长江中路"])
      expect(points!.geometry![i]!.coordinates).toEqual([p.x, p.y, p.z])
    }
    expect(rowOf(lines!, 28)).toEqual([29, "JS028", "JS029", "铸铁", 128])
  })
})

describe("lines and areas", () => {
  const line = (i: number) => [
    [point(i).x, point(i).y, 11.5],
    [point(i).x + 3, point(i).y + 3, 11.4],
    [point(i + 1).x, point(i + 1).y, 11.3],
  ]

  it("shapefile with heights in GBK", async () => {
    const [table] = await tablesOf(fixture("lines-z-gbk.zip"))
    expect(table!.columns).toEqual(["起点点号", "终点点号", "材质", "管径"])
    expect(rowOf(table!, 3)).toEqual(["JS003", "JS004", "砼", 103])
    expect(table!.geometry!.map((g) => g!.coordinates)).toEqual(numbers.slice(0, 29).map(line))
  })

  it("one feature a line, in degrees", async () => {
    const [table] = await tablesOf(fixture("lines.geojsonl"))
    expect(table!.rows.length).toBe(29)
    expect(table!.crs).toEqual({ epsg: 4326 })
    expect(rowOf(table!, 28)).toEqual(["JS028", "JS029", "铸铁", 128])
  })

  it("drawing: a table for each layer", async () => {
    const tables = await tablesOf(fixture("lines.dxf"))
    expect(tables.map((t) => [t.name, t.rows.length])).toEqual([
      ["铸铁 line", 8],
      ["PE line", 7],
      ["钢 line", 7],
      ["砼 line", 7],
    ])
    expect(tables[0]!.geometry![0]!.coordinates).toEqual(line(0))
    expect(rowOf(tables[0]!, 0).slice(0, 2)).toEqual(["铸铁", "POLYLINE"])
  })

  it("drawing in the Chinese code page: texts and points", async () => {
    const tables = await tablesOf(fixture("notes-gbk.dxf"))
    expect(tables.map((t) => [t.name, t.rows.length])).toEqual([
      ["管点注记 point", 5],
      ["给水点 point", 4],
    ])
    const [notes] = tables
    expect(notes!.cells[notes!.columns!.indexOf("text")]![2]).toBe("JS002 三通")
    expect(notes!.cells[notes!.columns!.indexOf("rotation")]![2]).toBe(30)
  })

  it("areas: holes kept, several parts split and said, one part unwrapped", async () => {
    const [table] = await tablesOf(fixture("areas-utf8.zip"))
    expect([...table!.rows]).toEqual([1, 2, 2, 3])
    expect(table!.cells[0]).toEqual(["有洞", "两块", "两块", "一块"])
    expect(table!.geometry!.map((g) => [g!.type, (g!.coordinates as unknown[]).length])).toEqual([
      ["Polygon", 2],
      ["Polygon", 1],
      ["Polygon", 1],
      ["Polygon", 1],
    ])
    expect(table!.problems).toMatchObject([{ row: 2, field: "geometry", value: "2" }])
  })
})

describe("workbooks of people", () => {
  it.each([
    ["sheet-openpyxl.xlsx", null],
    ["sheet-libreoffice.xlsx", 3_520_001],
  ])("%s: titles, merged cells, rich texts, dates, formulas, hidden sheets", async (name, formula) => {
    const tables = await tablesOf(fixture(name))
    expect(tables.map((t) => [t.name, t.hidden ?? false, t.rows.length])).toEqual([
      ["给水点表", false, 14],
      ["字典", true, 2],
      ["空表", false, 0],
    ])
    const sheet = tables[0]!
    expect(rowOf(sheet, 0)).toEqual(["合肥市给水管线点成果表", null, null, null, null, null, null, null])
    expect([...sheet.rows]).toEqual(Array.from({ length: 14 }, (_, i) => i + 1))
    expect(rowOf(sheet, 2)).toEqual(["JS000", 3_520_000, 500_000, 12.5, "铸铁", "2019-03-01", "已废弃", "第一水厂"])
    expect(sheet.cells[5]!.slice(2, 5)).toEqual(["2019-03-01", "2019-03-02", "2019-03-03"])
    // A cell merged over four rows is said in each of them.
    expect(sheet.cells[7]!.slice(2, 7)).toEqual(["第一水厂", "第一水厂", "第一水厂", "第一水厂", null])
    expect(sheet.cells[6]!.slice(3, 11)).toEqual([
      "'0123",
      formula,
      true,
      "2020-01-02 08:30:00",
      '＜DN300＞ & "引"',
      "1,234.5",
      "  两侧空格 ",
      "上\n下",
    ])
    expect(sheet.problems.map((p) => [p.row, p.field])).toEqual(formula === null ? [[5, "G"]] : [])
  })
})

describe("archives and folders", () => {
  it("reads a folder as a delivery, each file once", async () => {
    const tables = await tablesOf(fixture("."), "送检")
    expect(tables.filter((t) => t.file === "送检/points.csv")).toHaveLength(1)
    expect(tables.filter((t) => t.format === "shp").map((t) => t.file)).toContain("送检/points-gbk.zip/JSPOINT.shp")
  })

  it("says which member must be converted first, and reads the others", async () => {
    const { openZipWriter } = await import("./write/sink.ts")
    const { inFolder } = await import("./testing.ts")
    await inFolder(async (folder) => {
      const zip = await openZipWriter(`${folder}/a.zip`, "a.zip")
      await zip.add("成果/点表.csv", [bytesOfFixture("points.csv")])
      await zip.add("成果/旧表.xls", [Buffer.from("x")])
      await zip.add("说明.pdf", [Buffer.from("x")])
      await zip.end()
      await zip.close()
      const tables = await tablesOf(`${folder}/a.zip`, "a.zip")
      expect(tables.map((t) => [t.file, t.rows.length, t.problems.length])).toEqual([
        ["a.zip/成果/旧表.xls", 0, 1],
        ["a.zip/成果/点表.csv", 31, 0],
      ])
      expect(tables[0]!.problems[0]!.words.en).toContain("save it as XLSX")
    })
  })
})

describe("delimited text", () => {
  const cells = async (text: string, name = "a.csv") => {
    const [table] = await readBytes(text, name)
    return Array.from(table!.rows, (line, i) => [line, ...rowOf(table!, i)])
  }

  it("keeps quotes, line breaks and the number of the line", async () => {
    expect(await cells('a,b\r\n"1,""2""\n3",x\r\n\r\n4,\r\n')).toEqual([
      [1, "a", "b"],
      [2, '1,"2"\n3', "x"],
      [5, "4", null],
    ])
    expect(await cells('3"铸铁,"4"钢,b\n')).toEqual([[1, '3"铸铁', "4钢", "b"]])
  })

  it.each([
    ["\t", "a.txt"],
    [";", "a.csv"],
    ["|", "a.csv"],
    ["，", "a.txt"],
  ])("finds the delimiter %j", async (delimiter, name) => {
    const rows = Array.from({ length: 5 }, (_, i) => ["点号", `${i}`, "1.5", "a,b"].join(delimiter)).join("\n")
    expect((await cells(rows, name))[4]).toEqual([5, "点号", "4", "1.5", "a,b"])
  })

  it("numbers lines right over many pieces", async () => {
    const lines = Array.from(
      { length: 60_000 },
      (_, i) => `${i},"第${i}行${i % 1000 === 0 ? "\n续" : ""}",合肥市长江中路门牌${i}号`,
    )
    const [table] = await readBytes(lines.join("\n"), "long.csv")
    expect(table!.rows.length).toBe(60_000)
    expect(table!.rows[59_999]).toBe(60_000 + 60)
    expect(rowOf(table!, 59_999)).toEqual(["59999", "第59999行", "合肥市长江中路门牌59999号"])
    expect(table!.cells[0]!.every((c, i) => c === String(i))).toBe(true)
  })
})
