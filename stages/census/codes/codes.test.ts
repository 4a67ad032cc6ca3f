import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { person, stagingCity } from "../staging/testing.ts"
import { codeOf, codeProblem, isOwnMinor, partsOf } from "./component.ts"
import { featureCode, featureParts, featureProblem } from "./feature.ts"
import { installCodes } from "./index.ts"
import { built_in_splits, digitsOf, serialMax } from "./splits.ts"

const two = (n: number, digits: number) => String(n).padStart(digits, "0")

describe("codes", () => {
  it("compose and come apart again, whatever the split, and are sound", () => {
    const split = fc.constantFrom(...built_in_splits)
    const made = fc.tuple(
      split,
      fc.nat(89_999),
      fc.integer({ min: 1, max: 99 }),
      fc.integer({ min: 1, max: 99 }),
      fc.integer({ min: 1, max: 99 }),
      fc.nat(),
    )
    fc.assert(
      fc.property(made, ([split, region, major, middle, minor, n]) => {
        const digits = (id: string) => split.parts.find((part) => part.id === id)?.digits ?? 0
        const of = {
          region: `34${two(region % 10_000, 4)}`,
          major: two(major, digits("major")),
          middle: two(middle, digits("middle")),
          minor: two(minor, digits("minor")),
        }
        const serial = 1 + (n % serialMax(split))
        const code = codeOf(split, of, serial)
        expect(code).toHaveLength(digitsOf(split))
        const parts = partsOf(split, code)!
        expect({ ...parts, serial: Number(parts.serial) }).toMatchObject({
          region: of.region,
          major: of.major,
          minor: of.minor,
          serial,
          ...(digits("middle") > 0 && { middle: of.middle }),
        })
        expect(codeProblem(code, [split])).toBeNull()
      }),
    )
  })

  it("take nothing that has another length, other signs, or a province that does not exist", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (text) => {
        if (codeProblem(text) === null) expect(text).toMatch(/^\d{16}(\d{2})?$/)
      }),
    )
    expect(codeProblem("3401000200100001")).toBeNull()
    expect(codeProblem("340100010200100001")).toBeNull()
    expect(codeProblem("9901000200100001")!.en).toContain("990100")
    expect(codeProblem("340100000010000x")!.en).toContain("digits only")
    expect(codeProblem("34010002001")!.en).toContain("11 digits")
    expect(codeProblem("3401000000100001", [built_in_splits[0]!])!.en).toContain("major class")
    expect(() => codeOf(built_in_splits[0]!, { region: "340100", major: "02", minor: "001" }, 100_000)).toThrow(
      "serial 100000",
    )
    expect(isOwnMinor(built_in_splits[0]!, "3401000299900001")).toBe(true)
  })

  it("of features are those of the appendix, and come apart again", () => {
    expect(featureCode({ major: 2, subclass: 1, element: "line", point_kind: null, serial: 0 })).toBe("52011000")
    expect(featureCode({ major: 2, subclass: 1, element: "point", point_kind: "feature", serial: 8 })).toBe("52012108")
    expect(featureCode({ major: 2, subclass: 1, element: "point", point_kind: "appurtenance", serial: 4 })).toBe(
      "52012204",
    )
    const parts = fc.oneof(
      fc.record({
        major: fc.integer({ min: 1, max: 8 }),
        subclass: fc.nat(99),
        element: fc.constantFrom("line" as const, "area" as const),
        point_kind: fc.constant(null),
        serial: fc.nat(99),
      }),
      fc.record({
        major: fc.integer({ min: 1, max: 8 }),
        subclass: fc.nat(99),
        element: fc.constant("point" as const),
        point_kind: fc.constantFrom("feature" as const, "appurtenance" as const),
        serial: fc.nat(99),
      }),
    )
    fc.assert(
      fc.property(parts, (one) => {
        const code = featureCode(one)
        expect(featureProblem(code)).toBeNull()
        expect(featureParts(code)).toEqual(one)
      }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^\d{0,10}$/), (text) => {
        const found = featureParts(text)
        if (found) expect(featureCode(found)).toBe(text)
        else expect(featureProblem(text)).not.toBeNull()
      }),
    )
  })
})

describe("codes of a city", () => {
  const analyst = person(1, "小王", "analyst")
  const admin = person(2, "管理员", "administrator")
  const outsider = person(3, "外单位", "analyst", {
    organisation_id: 7,
    scope: { organisations: [7], lifelines: "all", areas: "all" },
  })
  let city: Awaited<ReturnType<typeof stagingCity>>
  beforeAll(async () => {
    city = await stagingCity([analyst, admin, outsider])
    installCodes(city.app)
    const { db } = city.app.sql
    await sql`insert into census_batch (lifeline, file_name, file_hash, imported_at, imported_by, assets, devices, problems)
      values ('gas', 'f', 'h', 0, 't', 0, 0, '[]')`.execute(db)
    await sql`insert into census_asset (lifeline, kind, code, source, source_id, batch_id)
      select 'gas', 'gas_valve', 'V' || n, 's', 'V' || n, 1 from generate_series(1, 40) n`.execute(db)
    await sql`insert into census_asset_version (asset_id, version, batch_id, geometry, extent, lon, lat, attributes, schematic, valid_from, recorded_at)
      values (40, 1, 1, '{"type":"Point","coordinates":[117,31]}', '(117,31),(117,31)', 117, 31,
              '{"component_code":"3401000100200007"}', false, 0, 0)`.execute(db)
  }, 60_000)
  afterAll(() => city.close())

  const give = (asset_ids: number[], more: object = {}, who = analyst) =>
    city.ask(who, "POST", "/api/census/codes", {
      split: "component-16",
      region: "340100",
      major: "01",
      minor: "002",
      asset_ids,
      ...more,
    })

  it("are given once each, behind what a delivery brought, however many ask at once", async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((k) => give([k * 5, k * 5 + 1, k * 5 + 2])))
    const codes = answers.flatMap(({ json, status, text }) => {
      expect(status, text).toBe(200)
      return (json as { code: string; is_new: boolean }[]).map(({ code }) => code)
    })
    expect(new Set(codes).size).toBe(18)
    expect(codes.sort()[0]).toBe("3401000100200008")
    expect(codes.at(-1)).toBe("3401000100200025")
    const again = await give([5])
    expect(again.json).toEqual([{ asset_id: 5, code: expect.any(String), is_new: false }])
    expect(codes).toContain(again.json[0].code)
  })

  it("are refused for what does not fit, and for assets that the caller does not see", async () => {
    expect((await give([1], { minor: "2" })).json).toMatchObject({ code: "code-refused" })
    expect((await give([1], { region: "990100" })).json.words.en).toContain("990100")
    expect((await give([1], { split: "nobody" })).status).toBe(404)
    expect((await give([1], {}, outsider)).status).toBe(404)
    expect((await give([999])).status).toBe(404)
  })

  it("say where they came from after a merge and a split", async () => {
    const [a, b] = (await give([1, 2])).json.map(({ code }: { code: string }) => code)
    const step = (body: object) => city.ask(analyst, "POST", "/api/census/codes/lineage", body)
    const merged = await step({ action: "merge", from: [a, b], to: [3], reason: "两阀合一" })
    expect(merged.status, merged.text).toBe(200)
    const [c] = merged.json
    const parted = await step({ action: "split", from: [c], to: [4, null], reason: "改造后分开" })
    const one = (await city.ask(analyst, "GET", `/api/census/codes/${parted.json[0]}`)).json
    expect(one.before.map(({ from_code, code }: { from_code: string; code: string }) => [from_code, code])).toEqual([
      [a, c],
      [b, c],
      [c, parted.json[0]],
    ])
    const first = (await city.ask(analyst, "GET", `/api/census/codes/${a}`)).json
    expect(first).toMatchObject({ state: "retired", before: [] })
    expect(first.after).toHaveLength(3)
    expect((await step({ action: "merge", from: [a, b], to: [3], reason: "x" })).json).toMatchObject({
      code: "code-retired",
    })
    expect((await step({ action: "merge", from: [parted.json[0]], to: [3], reason: "x" })).json).toMatchObject({
      code: "lineage-refused",
    })
    const listed = (await city.ask(analyst, "GET", "/api/census/codes?state=retired")).json
    expect(listed.items.map(({ code }: { code: string }) => code)).toEqual([a, b, c].sort())
  })

  it("split as the city says", async () => {
    const parts = [
      { id: "region", digits: 6 },
      { id: "minor", digits: 4 },
      { id: "serial", digits: 6 },
    ]
    const put = (who: typeof admin, body: object) => city.ask(who, "POST", "/api/census/codes/splits", body)
    const name = { zh: "本市", en: "Ours" }
    expect((await put(analyst, { id: "own-16", name, parts })).status).toBe(403)
    expect((await put(admin, { id: "own-16", name, parts })).status).toBe(200)
    expect((await put(admin, { id: "own-16", name, parts: [...parts].reverse() })).json).toMatchObject({
      code: "split-refused",
    })
    const given = await give([35], { split: "own-16", major: "1", minor: "0042" })
    expect(given.json[0].code).toBe("3401000042000001")
    expect((await put(admin, { id: "own-16", name, parts })).json).toMatchObject({ code: "split-used" })
    const check = async (code: string) => (await city.ask(analyst, "GET", `/api/census/codes/check?code=${code}`)).json
    expect((await check("3401000042000001")).parts.map(({ split }: { split: string }) => split)).toContain("own-16")
    expect(await check("52012108")).toMatchObject({ ok: true, parts: [{ split: "feature-8" }] })
    expect(await check("62012108")).toMatchObject({ ok: false })
    const feature = await city.ask(
      analyst,
      "GET",
      "/api/census/codes/feature?class_code=YS&element=point&point_kind=feature&serial=8",
    )
    expect(feature.json).toEqual({ code: "52012108" })
    expect((await city.ask(analyst, "GET", "/api/census/codes/feature?class_code=YS&element=point")).status).toBe(422)
  })
})
