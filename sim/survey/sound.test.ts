import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { inventSurvey } from "./index.ts"
import { approaches, groups, join3d, type Pipe, type Place, readSheets, type Sheet, sharpest } from "./testing.ts"

const folder = mkdtempSync(join(tmpdir(), "sound-"))
const rows = 20_001
let sheets: Map<string, Sheet>
let places: Place[]
let pipes: Pipe[]

beforeAll(async () => {
  const made = await inventSurvey({ rows, seed: 7, out: folder, sound: true, formats: ["csv"], style: 0 })
  expect(made).toMatchObject({ rows, planted: [] })
  sheets = readSheets(folder)
  ;({ places, pipes } = join3d(sheets))
})
afterAll(() => rmSync(folder, { recursive: true }))

const classes = ["JS", "YS", "WS", "RQ", "RS", "DL", "TX"]
const named = (place: Place) => place.row.Feature || place.row.Subsid
const rising = (p: Pipe) => Number(p.row.E_High) - Number(p.row.S_High)
/** The first few rows that fail. */
const bad = <T extends Place | Pipe | number[]>(list: T[], fails: (one: T) => boolean) =>
  list
    .filter(fails)
    .slice(0, 5)
    .map((one) => ("row" in one ? JSON.stringify(one.row) : one))

describe("a sound delivery", () => {
  it("has exactly the rows asked for, in a pair of tables per class", () => {
    expect([...sheets.keys()].sort()).toEqual(classes.flatMap((c) => [`${c}LINE`, `${c}POINT`]).sort())
    expect(places.length + pipes.length).toBe(rows)
  })

  it("says each point's number twice, calls it one thing, and by the code table's name", () => {
    const text = readFileSync(join(folder, "编码表.csv"), "utf8").replace(/^\ufeff/, "")
    const codes = new Map(text.split("\r\n").map((line) => line.split(",") as [string, string]))
    expect(bad(places, ({ row }) => row.Map_No !== row.Exp_No)).toEqual([])
    expect(bad(places, ({ row }) => (row.Feature === "") === (row.Subsid === ""))).toEqual([])
    expect(bad(places, (place) => codes.get(place.row.Code!) !== named(place))).toEqual([])
    expect(codes.get("52012108")).toBe("三通")
    expect(codes.get("52012204")).toBe("雨水箅")
    expect(codes.get("52011000")).toBe("雨水管线")
  })

  it("joins every point, every class into one network, and no two points twice", () => {
    expect(bad(places, (place) => place.lines.length === 0)).toEqual([])
    const pairs = pipes.map(({ class_code, a, b }) => [class_code, ...[a.row.Exp_No!, b.row.Exp_No!].sort()].join())
    expect(new Set(pairs).size).toBe(pairs.length)
    expect(bad(pipes, ({ a, b }) => a === b)).toEqual([])
    expect(classes.map((c) => groups(places, c))).toEqual(classes.map(() => 1))
  })

  it("calls tee what joins three, cross what joins four, straight what joins two in a line", () => {
    const joins: Record<string, number> = { 三通: 3, 四通: 4, 直线点: 2, 弯头: 2, 变径: 2, 预留口: 1, 消火栓: 1 }
    expect(bad(places, (p) => (joins[named(p)!] ?? p.lines.length) !== p.lines.length)).toEqual([])
    expect(bad(places, (p) => named(p) === "直线点" && sharpest(p) < 179)).toEqual([])
    expect(Math.min(...places.map(sharpest))).toBeGreaterThan(60)
    expect(places.filter((p) => named(p) === "三通").length).toBeGreaterThan(500)
  })

  it("keeps ground = depth + pipe height, one depth at a point, lengths and slopes within the trade's", () => {
    const ends = pipes.flatMap(({ a, b, row }) => [
      [a.ground, Number(row.S_Deep), Number(row.S_High)],
      [b.ground, Number(row.E_Deep), Number(row.E_High)],
    ])
    expect(bad(ends, ([ground, depth, high]) => Math.abs(ground! - depth! - high!) > 0.001)).toEqual([])
    const depths = (p: Place) => new Set(p.lines.map((l) => (l.a === p ? l.row.S_Deep : l.row.E_Deep))).size
    expect(bad(places, (p) => depths(p) !== 1)).toEqual([])
    expect(Math.max(...ends.map(([, depth]) => depth!))).toBeLessThan(6)
    const plan = (p: Pipe) => Math.hypot(p.a.north - p.b.north, p.a.east - p.b.east)
    expect(Math.max(...pipes.map(plan))).toBeLessThan(45)
    expect(Math.min(...pipes.map(plan))).toBeGreaterThan(2)
    expect(bad(pipes, (p) => Math.abs(rising(p)) > plan(p) * Math.tan((10 * Math.PI) / 180))).toEqual([])
  })

  it("changes material and section at tees, crosses, reducers and wells only", () => {
    const may = new Set(["三通", "四通", "变径", "检查井", "人孔", "出水口"])
    const differs = (p: Place) => new Set(p.lines.map((l) => `${l.row.Material}/${l.row.D_S}`)).size > 1
    expect(bad(places, (p) => differs(p) && !may.has(named(p)!))).toEqual([])
    expect(places.filter((p) => named(p) === "变径" && differs(p)).length).toBeGreaterThan(0)
  })

  it("lets sewers fall and grow towards one outfall", () => {
    const sewers = pipes.filter((p) => p.class_code === "YS" || p.class_code === "WS")
    expect(bad(sewers, (p) => rising(p) >= 0)).toEqual([])
    const wells = places.filter((p) => p.class_code === "YS" || p.class_code === "WS")
    const out = (p: Place) => p.lines.filter((l) => l.a === p)
    expect(bad(wells, (p) => out(p).length !== (named(p) === "出水口" ? 0 : 1))).toEqual([])
    const narrows = (p: Place) => out(p).some((o) => p.lines.some((l) => l.b === p && l.width > o.width))
    expect(bad(wells, narrows)).toEqual([])
    expect(new Set(sewers.map((p) => p.row.D_S)).size).toBeGreaterThan(4)
  })

  it("keeps utilities clear of each other beside and across", () => {
    const near = approaches(pipes, 1.5)
    expect(near.filter((a) => a.crosses).length).toBeGreaterThan(800)
    const cable = (p: Pipe) => p.class_code === "DL" || p.class_code === "TX"
    const wanted = ({ p, q }: { p: Pipe; q: Pipe }) => (cable(p) || cable(q) ? 0.5 : 0.15)
    const tight = near.filter((a) => a.vertical < wanted(a))
    expect(tight.slice(0, 5).map(({ p, q, ...more }) => [p.key, q.key, more])).toEqual([])
    // GB 50289 asks for 0.4 m between water mains and sewers.
    const drains = near.filter(
      ({ p, q }) =>
        [p, q].some((x) => x.class_code === "JS") &&
        [p, q].some((x) => x.class_code.endsWith("S") && x.class_code !== "JS" && x.class_code !== "RS"),
    )
    expect(Math.min(...drains.map((a) => a.vertical))).toBeGreaterThan(0.4)
  })

  it("lies within the district, off whole metres, no two points of a class within a metre", () => {
    expect(bad(places, (p) => Number.isInteger(p.north) || Number.isInteger(p.east))).toEqual([])
    const cells = new Map<string, Place[]>()
    let least = Infinity
    for (const p of places) {
      const [n, e] = [Math.floor(p.north / 2), Math.floor(p.east / 2)]
      for (let i = -1; i <= 1; i++)
        for (let j = -1; j <= 1; j++)
          for (const q of cells.get(`${p.class_code}/${n + i}/${e + j}`) ?? [])
            least = Math.min(least, Math.hypot(p.north - q.north, p.east - q.east))
      const key = `${p.class_code}/${n}/${e}`
      cells.set(key, [...(cells.get(key) ?? []), p])
    }
    expect(least).toBeGreaterThan(1)
  })
})
