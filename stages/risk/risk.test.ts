import { VectorTile } from "@mapbox/vector-tile"
import fc from "fast-check"
import { PbfReader } from "pbf"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { RiskRule } from "../../lifelines/contract.ts"
import { everything, type Scope } from "../../model/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import { installCensus } from "../census/index.ts"
import { testCity } from "../census/testing.ts"
import { installRisk, type Risk, scoreOf } from "./index.ts"

const words = { zh: "零", en: "x" }
const rule = (factors: { side: "likelihood" | "consequence"; weight: number; mark: number | null }[]): RiskRule => ({
  id: "r",
  version: 1,
  name: words,
  asset_kind: "k",
  factors: factors.map(({ side, weight, mark }, i) => ({
    id: `f${i}`,
    name: words,
    side,
    weight,
    mark: () => ({ mark, input: mark, words }),
  })),
  bands: [49, 30, 15],
  source: words,
})

describe("the formula", () => {
  it("is the product of both weighted means over known factors", () => {
    const score = scoreOf(
      rule([
        { side: "likelihood", weight: 3, mark: 10 },
        { side: "likelihood", weight: 1, mark: 2 },
        { side: "likelihood", weight: 4, mark: null },
        { side: "consequence", weight: 2, mark: 5 },
      ]),
      {},
      0,
    )!
    expect(score).toMatchObject({ likelihood: 8, consequence: 5, score: 40, band: 2, known: 0.6 })
    expect(score.factors[2]).toMatchObject({ mark: null, points: null, words: { en: "Unknown" } })
  })

  it("gives no score where a side is unknown", () => {
    expect(scoreOf(rule([{ side: "likelihood", weight: 1, mark: 5 }]), {}, 0)).toBeNull()
  })

  it("adds up, stays within 0 to 100 and grows with every mark", () => {
    const factor = fc.record({
      side: fc.constantFrom("likelihood" as const, "consequence" as const),
      weight: fc.integer({ min: 1, max: 9 }),
      mark: fc.option(fc.double({ min: -5, max: 15, noNaN: false })),
    })
    fc.assert(
      fc.property(fc.array(factor, { maxLength: 8 }), (factors) => {
        const score = scoreOf(rule(factors), {}, 0)
        if (!score) return
        for (const side of ["likelihood", "consequence"] as const) {
          const sum = score.factors.filter((f) => f.side === side).reduce((s, f) => s + (f.points ?? 0), 0)
          expect(sum).toBeCloseTo(score[side], 9)
        }
        expect(score.score).toBeCloseTo(score.likelihood * score.consequence, 9)
        expect(score.score >= 0 && score.score <= 100 && score.known > 0 && score.known <= 1).toBe(true)
        const higher = scoreOf(rule(factors.map((f) => ({ ...f, mark: f.mark === null ? null : f.mark + 1 }))), {}, 0)!
        expect(higher.score + 1e-9).toBeGreaterThanOrEqual(score.score)
      }),
    )
  })
})

describe("the register", () => {
  let city: Awaited<ReturnType<typeof testCity>>
  let risk: Risk
  const all = [everything]
  const none: Scope[] = [{ organisations: [999], lifelines: "all", areas: "all" }]
  const ids = new Map<string, number>()

  beforeAll(async () => {
    city = await testCity()
    const census = installCensus(city.app)
    risk = installRisk(city.app, census)
    const pipe = (code: string, x: number, attributes: object) => ({
      type: "Feature",
      geometry: {
        type: "LineString",
        coordinates: [
          [117.28 + x, 31.86],
          [117.281 + x, 31.86],
        ],
      },
      properties: { kind: "gas_pipe", code, name: null, attributes },
    })
    const old = { diameter_mm: 400, material: "CI", installed_year: 1970, leaks: 4, pressure_class: "medium_a" }
    const text = JSON.stringify({
      type: "FeatureCollection",
      features: [
        pipe("OLD", 0, { ...old, near_building_m: 2, location_class: 4 }),
        pipe("NEW", 0.001, { diameter_mm: 100, material: "PE", installed_year: 2024, near_building_m: 25 }),
        pipe("BARE", 0.002, { diameter_mm: 100 }),
      ],
    })
    const lifeline = city.app.lifelines.find((l) => l.id === "gas")!
    const imported = lifeline.imports![0]!.read(text, { companion: null, origin: null })
    const input = { lifeline, imported, file_name: "f", file_hash: "h", source: "s", origin: null, by: "t" }
    const taken = await transaction(city.app.sql.db, (tx) => census.importAssets(tx, input))
    for (const [code, id] of taken.asset_ids) ids.set(code, id)
    await census.reload()
  })
  afterAll(() => city.close())

  it("scores what can be scored and leaves the rest unknown", async () => {
    expect(await risk.assess()).toEqual({ assessed: 2, unknown: 1 })
    expect(await risk.assess()).toEqual({ assessed: 2, unknown: 1 })
    expect(risk.bandOf(ids.get("OLD")!)!.band).toBe(1)
    expect(risk.bandOf(ids.get("BARE")!)).toBeUndefined()
  })

  it("adds up in list, view, summary and matrix", async () => {
    const list = (await city.get("/api/risk/register", all)).json()
    expect(list.items.map((r: { code: string; band: number }) => [r.code, r.band])).toEqual([
      ["OLD", 1],
      ["NEW", 4],
    ])
    for (const row of list.items) {
      const view = (await city.get(`/api/risk/register/${row.asset_id}`, all)).json()
      const sum = (side: string) =>
        view.factors
          .filter((f: { side: string }) => f.side === side)
          .reduce((total: number, f: { points: number | null }) => total + (f.points ?? 0), 0)
      expect(sum("likelihood")).toBeCloseTo(row.likelihood, 9)
      expect(sum("consequence")).toBeCloseTo(row.consequence, 9)
      expect(row.score).toBeCloseTo(row.likelihood * row.consequence, 9)
    }
    const summary = (await city.get("/api/risk/summary?lifeline=gas", all)).json()
    expect(summary.bands.map((b: { count: number }) => b.count)).toEqual([1, 0, 0, 1])
    expect(summary.matrix.flat().reduce((a: number, b: number) => a + b, 0)).toBe(2)
    expect(summary.bands[0].length_m).toBeCloseTo(94.4, 0)
    expect(summary.assessed_at).toBe(city.clock.now())
    const y = summary.matrix.findIndex((r: number[]) => r.some((n) => n > 0))
    const x = summary.matrix[y].findIndex((n: number) => n > 0)
    const cell = (await city.get(`/api/risk/register?likelihood=${y}&consequence=${x}`, all)).json()
    expect(cell.total).toBe(summary.matrix[y][x])
  })

  it("hides what is out of scope on every route", async () => {
    expect((await city.get("/api/risk/register", none)).json().total).toBe(0)
    expect((await city.get(`/api/risk/register/${ids.get("OLD")}`, none)).status).toBe(404)
    expect((await city.get("/api/risk/summary", none)).json()).toMatchObject({ assessed_at: null })
    expect((await city.get("/api/map/risk/10/845/418.mvt", none)).status).toBe(204)
  })

  it("draws assessed lines with their band", async () => {
    const n = 2 ** 12
    const y = ((1 - Math.asinh(Math.tan((31.86 * Math.PI) / 180)) / Math.PI) / 2) * n
    const url = `/api/map/risk/12/${Math.floor(((117.28 + 180) / 360) * n)}/${Math.floor(y)}.mvt`
    const layer = new VectorTile(new PbfReader((await city.get(url, all)).body)).layers.line!
    const bands = Array.from({ length: layer.length }, (_, i) => layer.feature(i).properties.band)
    expect(bands.sort()).toEqual([1, 4])
  })

  it("switches a rule off that throws, and says so", async () => {
    const gas = city.app.lifelines.find((l) => l.id === "gas")!
    const good = gas.risks[0]!.factors[0]!
    const mark = good.mark
    good.mark = () => {
      throw new Error("boom")
    }
    const log = { error: () => undefined }
    Object.assign(city.app, { log })
    const broken = await risk.assess().finally(() => {
      good.mark = mark
    })
    expect(broken).toEqual({ assessed: 0, unknown: 3 })
    expect(city.app.troubles.list()[0]!.words.en).toContain("boom")
    expect((await risk.assess()).assessed).toBe(2)
  })
})
