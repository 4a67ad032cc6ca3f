import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { person, stagingCity } from "../staging/testing.ts"
import { installQuality } from "./index.ts"
import { default_settings, type Group, rollUp, settingsProblem } from "./score.ts"

const leader = person(1, "老李", "duty_leader")
const admin = person(2, "管理员", "administrator")
const outsider = person(3, "外单位", "duty_leader", { scope: { organisations: [1], lifelines: "all", areas: "all" } })

describe("the quality of a census", () => {
  let city: Awaited<ReturnType<typeof stagingCity>>
  const day = 86_400_000
  beforeAll(async () => {
    city = await stagingCity([leader, admin, outsider])
    installQuality(city.app, city.census)
    await city.organisation(1)
    const { db } = city.app.sql
    await sql`insert into census_batch (lifeline, file_name, file_hash, imported_at, imported_by, assets, devices, problems)
      values ('gas', 'f', 'h', 0, 't', 0, 0, '[]')`.execute(db)
    const now = city.clock.now()
    const add = async (
      kind: string,
      code: string | null,
      owner: number | null,
      attributes: object,
      original: object,
      valid_from = now,
    ) => {
      const { rows } = await sql<{ id: number }>`
        insert into census_asset (lifeline, kind, code, source, source_id, batch_id, owner_id)
        values ('gas', ${kind}, ${code}, 's', ${`${kind}${code}`}, 1, ${owner}) returning id`.execute(db)
      await sql`insert into census_asset_version (asset_id, version, batch_id, geometry, extent, lon, lat, attributes, original, schematic, valid_from, recorded_at)
        values (${rows[0]!.id}, 1, 1, '{"type":"Point","coordinates":[117,31]}', '(117,31),(117,31)', 117, 31,
                ${JSON.stringify(attributes)}::jsonb, ${JSON.stringify(original)}::jsonb, false, ${valid_from}, 0)`.execute(
        db,
      )
      return rows[0]!.id
    }
    const at = (row: number, position_m?: number) => ({
      file: "a.csv",
      table: "a",
      row,
      ...(position_m !== undefined && { accuracy: { position_m } }),
    })
    // Two valves: one complete (3 of 3) with class A, one with 1 of 3, ten years old, of class C and with an open issue.
    await add("gas_valve", "V1", 1, { diameter_mm: 200, status: "open", installed_year: 2010 }, at(1, 0.5))
    await add("gas_valve", "V2", null, { diameter_mm: 200, status: "", surveyed_on: "2016-11-24" }, at(2, 5))
    // A main that names one end rightly and one that is not there; twenty years old, nobody says how accurate.
    const pipe = await add(
      "gas_pipe",
      "P1",
      1,
      { diameter_mm: 110, from_node: "V1", to_node: "V9" },
      at(3),
      now - 20 * 365.2425 * day,
    )
    await sql`insert into census_area (id, code, name, kind) overriding system value values (7, 'A7', '东区', 'district')`.execute(
      db,
    )
    await sql`insert into census_area_asset (area_id, asset_id) values (7, ${pipe})`.execute(db)
    await sql`insert into census_delivery (id, name, source, status, complete, created_at, created_name) overriding system value
      values (5, 'd', 's', 'published', false, 0, 't')`.execute(db)
    await sql`insert into census_change_set (delivery_id, status, source, content_hash, counts, submitted_at, submitted_name, batch_ids)
      values (5, 'published', 's', 'h', '{}', 0, 't', '{1}')`.execute(db)
    await sql`insert into census_issue (delivery_id, rule, file, table_name, row, key, field, value, words, state)
      values (5, 'choice', 'a.csv', 'a', 2, 'V2', 'status', '', '{}', 'open'), (5, 'choice', 'a.csv', 'a', 1, 'V1', '', '', '{}', 'accepted')`.execute(
      db,
    )
  }, 60_000)
  afterAll(() => city.close())

  const quality = async (by: string, who = leader) => (await city.ask(who, "GET", `/api/census/quality?by=${by}`)).json
  const low = async (query: string, who = leader) =>
    (await city.ask(who, "GET", `/api/census/quality/assets?${query}`)).json

  it("is told by kind, with what each measure is made of", async () => {
    const { groups, all, settings_are_defaults } = await quality("kind")
    expect(settings_are_defaults).toBe(true)
    expect(all.assets).toBe(3)
    const valve = groups.find(({ kind }: { kind: string }) => kind === "gas_valve")
    expect(valve.measures.completeness).toEqual({ score: 66.7, numerator: 4, denominator: 6, low: 1 })
    expect(valve.measures.consistency).toEqual({ score: 75, numerator: 3, denominator: 4, low: 1 })
    expect(valve.measures.accuracy).toEqual({ score: 75, numerator: 1.5, denominator: 2, low: 1 })
    // One is new and one ten years old: half of the way from 5 to 15.
    expect(valve.measures.freshness.numerator).toBeCloseTo(1.5, 1)
    const pipe = groups.find(({ kind }: { kind: string }) => kind === "gas_pipe")
    const declared = city.app.lifelines.find(({ id }) => id === "gas")!.assets.find(({ kind }) => kind === "gas_pipe")!
    // The diameter is required and counts twice, both ends once.
    expect(pipe.measures.completeness).toMatchObject({ numerator: 4, denominator: declared.attributes.length + 1 })
    expect(pipe.measures.consistency).toMatchObject({ numerator: 3, denominator: 4 })
    expect(pipe.measures.accuracy.score).toBe(0)
    expect(pipe.measures.freshness.score).toBe(0)
    const { completeness, consistency } = pipe.measures
    const share = (one: { numerator: number; denominator: number }) => (100 * one.numerator) / one.denominator
    expect(pipe.total).toBeCloseTo(0.35 * share(completeness) + 0.35 * share(consistency), 1)
  })

  it("is told by owner and by area, for those who may see it", async () => {
    const owners = (await quality("owner")).groups.map(
      ({ owner_id, assets }: { owner_id: number | null; assets: number }) => [owner_id, assets],
    )
    expect(new Map(owners)).toEqual(
      new Map([
        [1, 2],
        [null, 1],
      ]),
    )
    const areas = (await quality("area")).groups
    expect(areas.find(({ area_id }: { area_id: number | null }) => area_id === 7)).toMatchObject({
      assets: 1,
      name: { zh: "东区" },
    })
    expect(areas.find(({ area_id }: { area_id: number | null }) => area_id === null)).toMatchObject({ assets: 2 })
    expect((await quality("owner", outsider)).groups).toHaveLength(1)
  })

  it("leads down to the assets that lower it, each with why, and as many as were counted", async () => {
    const consistency = await low("measure=consistency")
    expect(consistency.total).toBe(2)
    expect(
      consistency.items.map(({ code, why, row }: { code: string; why: { en: string }[]; row: number }) => [
        code,
        row,
        why.map(({ en }) => en),
      ]),
    ).toEqual([
      ["P1", 3, ["Its end V9 is not there"]],
      ["V2", 2, ["Open issue: Choice"]],
    ])
    const completeness = await low("measure=completeness&kind=gas_valve")
    expect(completeness.items).toMatchObject([
      { code: "V2", why: [{ en: "Status is not filled in" }, { en: "Year installed is not filled in" }] },
    ])
    expect((await low("measure=accuracy&area_id=7")).items).toMatchObject([
      { code: "P1", why: [{ en: "Its accuracy is not known" }] },
    ])
    expect((await low("measure=accuracy&owner_id=none")).items).toMatchObject([
      { code: "V2", why: [{ en: "Accurate to 5 m, class C" }] },
    ])
    expect((await low("measure=freshness", outsider)).items.map(({ code }: { code: string }) => code)).toEqual(["P1"])
    const pages = [await low("measure=freshness&limit=1"), await low("measure=freshness&limit=1&cursor=1")]
    expect(pages.flatMap(({ items }) => items.map(({ code }: { code: string }) => code))).toEqual(["P1", "V2"])
    for (const measure of ["completeness", "consistency", "accuracy", "freshness"]) {
      const { items, total } = await low(`measure=${measure}`)
      expect(items.length, measure).toBe(total)
    }
  })

  it("follows an issue that is settled, and settings that are changed", async () => {
    await sql`update census_issue set state = 'accepted'`.execute(city.app.sql.db)
    const valve = (await quality("kind")).groups.find(({ kind }: { kind: string }) => kind === "gas_valve")
    expect(valve.measures.consistency.score).toBe(100)
    const post = (who: typeof admin, body: object) => city.ask(who, "POST", "/api/census/quality/settings", body)
    expect((await post(leader, default_settings)).status).toBe(403)
    expect((await post(admin, { ...default_settings, years_stale: 3 })).json).toMatchObject({
      code: "quality-settings",
      field: "years_stale",
    })
    const weights = { completeness: 1, consistency: 0, accuracy: 0, freshness: 0 }
    expect((await post(admin, { ...default_settings, weights })).status).toBe(200)
    const changed = await quality("kind")
    expect(changed.settings_are_defaults).toBe(false)
    for (const { total, measures } of changed.groups) expect(total).toBe(measures.completeness.score)
  })
})

it("adds groups up to the same whatever way they are cut", () => {
  const group = (kind: string, n: number): Group => ({
    lifeline: "l",
    kind,
    owner_id: null,
    area_ids: [],
    assets: n,
    sums: {
      completeness: { numerator: n, denominator: 2 * n, low: n },
      consistency: { numerator: 0, denominator: 0, low: 0 },
      accuracy: { numerator: n, denominator: n, low: 0 },
      freshness: { numerator: 0, denominator: n, low: n },
    },
  })
  const groups = [group("a", 3), group("a", 4), group("b", 10)]
  const one = rollUp(groups, () => [""], default_settings).get("")!
  expect(one.assets).toBe(17)
  expect(one.measures.completeness).toEqual({ numerator: 17, denominator: 34, low: 17, score: 50 })
  expect(one.measures.consistency.score).toBeNull()
  // A measure that nothing has takes no part: (0.35·50 + 0.15·100 + 0) / 0.65.
  expect(one.total).toBe(50)
  expect(settingsProblem(default_settings)).toBeNull()
})
