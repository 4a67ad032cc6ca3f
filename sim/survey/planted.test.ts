import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import ExcelJS from "exceljs"
import { afterAll, describe, expect, it } from "vitest"
import { survey_rule_ids } from "../../stages/census/checks/rules.ts"
import { encodeGbk } from "./gbk.ts"
import { type DeliveryFormat, inventCity, inventSurvey, type Planted } from "./index.ts"
import { groups, join3d, readSheets } from "./testing.ts"

const folders: string[] = []
const folder = () => {
  folders.push(mkdtempSync(join(tmpdir(), "survey-")))
  return folders[folders.length - 1]!
}
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true })
})
const invent = async (options: { rows?: number; seed?: number; formats?: DeliveryFormat[]; style?: number }) => {
  const out = folder()
  const made = await inventSurvey({ rows: 8000, seed: 7, sound: false, formats: ["csv"], style: 0, ...options, out })
  return { out, ...made }
}
const plantedText = (out: string) => readFileSync(join(out, "planted.csv"), "utf8")

describe("planted faults", () => {
  it("are of every rule, three at least, in as many rows as were asked for", async () => {
    const { out, rows, planted } = await invent({ rows: 8001 })
    expect(rows).toBe(8001)
    const tables = [...readSheets(out).values()]
    expect(tables.reduce((sum, t) => sum + t.rows.length, 0)).toBe(8001)
    const counts = Object.fromEntries(
      survey_rule_ids.map((rule) => [rule, planted.filter((p) => p.rule === rule).length]),
    )
    expect(Object.entries(counts).filter(([, n]) => n < 3)).toEqual([])
    expect(planted.filter((p) => !survey_rule_ids.some((rule) => rule === p.rule))).toEqual([])
    expect(new Set(planted.map((p) => `${p.table}:${p.row}`)).size).toBe(planted.length)
  })

  it("are the same bytes for the same seed, and others for another", async () => {
    const [a, b, c] = await Promise.all([invent({}), invent({}), invent({ seed: 8 })])
    expect(plantedText(a.out)).toBe(plantedText(b.out))
    expect(readFileSync(join(a.out, "JSLINE.csv"))).toEqual(readFileSync(join(b.out, "JSLINE.csv")))
    expect(plantedText(a.out)).not.toBe(plantedText(c.out))
  })

  it("change with more rows", async () => {
    const { planted } = await invent({ rows: 30_000 })
    expect(planted.filter((p) => p.rule === "tee-degree")).toHaveLength(6)
  })

  it("are what the list says, row by row", async () => {
    const { out, planted } = await invent({})
    const sheets = readSheets(out)
    const row = (p: Planted) => sheets.get(p.table)!.rows[p.row - 2]!
    const of = (rule: string) => planted.filter((p) => p.rule === rule)
    const key = (p: Planted) => (p.table.endsWith("POINT") ? row(p).Exp_No : `${row(p).S_Point}-${row(p).E_Point}`)
    const rows = planted.filter((p) => p.rule !== "header")
    expect(rows.filter((p) => key(p) !== p.key)).toEqual([])
    for (const p of of("point-number")) expect(row(p).Map_No).not.toBe(row(p).Exp_No)
    for (const p of of("start-is-end")) expect(row(p).S_Point).toBe(row(p).E_Point)
    for (const p of of("coordinate-precision")) expect(row(p).X).toMatch(/\.000$/)
    for (const p of of("depth-max")) expect(Number(row(p).S_Deep)).toBeGreaterThan(30)
    for (const p of of("feature-xor-appurtenance")) expect(row(p).Feature === "").toBe(row(p).Subsid === "")
    for (const p of of("required")) expect([row(p).X, row(p).Y, row(p).E_Point]).toContain("")
    for (const p of of("uphill")) expect(Number(row(p).E_High) - Number(row(p).S_High)).toBeCloseTo(0.3)
    const wrong = [...of("numeric")].flatMap((p) => [row(p).High, row(p).S_Deep]).filter((cell) => cell !== undefined)
    expect(wrong.filter((cell) => Number.isNaN(Number(cell)))).toHaveLength(of("numeric").length)
    const heads = of("header").map((p) => sheets.get(p.table)!.header)
    expect(heads.filter((head) => head.includes("") || new Set(head).size < head.length)).toHaveLength(3)
  })

  it("leave every class in one piece but for the groups planted", async () => {
    const { out, planted } = await invent({ rows: 30_000 })
    const sheets = readSheets(out)
    const told = new Set(["duplicate-number", "unused-or-missing-point"])
    // Rows that cannot be joined are taken out; then only groups planted as such stand alone.
    for (const p of planted.filter((one) => told.has(one.rule) || (one.rule === "required" && one.key.endsWith("-"))))
      sheets.get(p.table)!.rows[p.row - 2] = {}
    for (const sheet of sheets.values()) sheet.rows = sheet.rows.filter((row) => Object.keys(row).length > 0)
    const { places } = join3d(sheets)
    const isolated = planted.filter((p) => p.rule === "connectivity")
    for (const code of ["JS", "RQ", "RS", "DL", "YS"])
      expect([code, groups(places, code)]).toEqual([
        code,
        1 + isolated.filter((p) => p.table === `${code}POINT`).length,
      ])
  })
})

describe("a delivery's writing", () => {
  it.each([0, 1, 2, 3, 4, 5])("of style %i puts the planted rows where the list says, in workbooks", async (style) => {
    const { out, planted } = await invent({ formats: ["xlsx"], style, rows: 6000 })
    const books = new Map<string, ExcelJS.Workbook>()
    for (const { file } of planted) {
      if (books.has(file)) continue
      const book = new ExcelJS.Workbook()
      await book.xlsx.readFile(join(out, file))
      books.set(file, book)
    }
    for (const { file, table, row, key, rule } of planted) {
      const cells = books.get(file)!.getWorksheet(table)!.getRow(row).values as unknown[]
      if (rule === "header")
        expect(cells.filter((cell) => cell === "X坐标" || cell === "X" || cell === "纵坐标X")).toHaveLength(1)
      else if (table.endsWith("POINT")) expect(cells[3]).toBe(key)
      else expect(`${cells[2]}-${cells[3] ?? ""}`).toBe(key)
    }
  })

  it("in Shapefiles is GBK: names of fields and texts come back", async () => {
    const { out, planted } = await invent({ formats: ["shp"], style: 1, rows: 6000 })
    const dbf = readFileSync(join(out, "YSPOINT.dbf"))
    const text = new TextDecoder("gbk", { fatal: true })
    const names: string[] = []
    for (let at = 32; dbf[at] !== 0x0d; at += 32) names.push(text.decode(dbf.subarray(at, dbf.indexOf(0, at))))
    expect(names).toContain("物探点号")
    expect(names).toContain("附属物")
    const [rows, head, width] = [dbf.readUInt32LE(4), dbf.readUInt16LE(8), dbf.readUInt16LE(10)]
    expect(dbf.length).toBe(head + rows * width + 1)
    const record = (n: number) => text.decode(dbf.subarray(head + (n - 1) * width, head + n * width))
    expect(record(1)).toContain("市排水管理办公室")
    for (const p of planted.filter((one) => one.table === "YSPOINT")) expect(record(p.row)).toContain(p.key)
    const shp = readFileSync(join(out, "YSPOINT.shp"))
    expect(shp.readInt32BE(24) * 2).toBe(shp.length)
    expect(readFileSync(join(out, "YSPOINT.shx")).length).toBe(100 + 8 * rows)
  })

  it("in GBK has every character of the trade", () => {
    const words = "雨水箅、三通：×300㎜　１２．３－４"
    expect(new TextDecoder("gbk", { fatal: true }).decode(encodeGbk(words))).toBe(words)
    expect(() => encodeGbk("😀")).toThrow("no place in GBK")
  })
})

it("refuses a delivery too small for its faults", async () => {
  await expect(invent({ rows: 3000 })).rejects.toThrow(/rows/)
})

it("invents a city whose classes are whole in every district, with streets, bridges and control points", () => {
  const out = folder()
  const figures = inventCity({ segments: 32_000, seed: 7, out })
  expect(figures).toMatchObject({ districts: 4, bridges: 137 })
  expect(Math.abs(figures.segments - 32_000)).toBeLessThan(600)
  const sheets = readSheets(out)
  const lines = [...sheets.values()].filter((s) => s.name.endsWith("LINE"))
  expect(lines.reduce((sum, s) => sum + s.rows.length, 0)).toBe(figures.segments)
  const numbers = [...sheets.values()].flatMap((s) => s.rows.flatMap((row) => row.物探点号 ?? []))
  expect(new Set(numbers).size).toBe(figures.points)
  // Sewers are a tree in every district: one line fewer than points.
  const [points, pipes] = [sheets.get("YSPOINT")!.rows, sheets.get("YSLINE")!.rows]
  expect(points.length - pipes.length).toBe(figures.districts)
  const read = (name: string) => JSON.parse(readFileSync(join(out, name), "utf8"))
  const bridges = read("bridges.geojson").features as { geometry: unknown; properties: { code: string } }[]
  expect(new Set(bridges.map((b) => b.properties.code)).size).toBe(137)
  expect(new Set(bridges.map((b) => JSON.stringify(b.geometry))).size).toBe(137)
  expect(read("streets.geojson").features[0].properties).toMatchObject({ layer: "road", name_en: expect.any(String) })
  expect(read("control.json")).toHaveLength(9)
})
