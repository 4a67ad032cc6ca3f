import { VectorTile } from "@mapbox/vector-tile"
import { sql } from "kysely"
import { PbfReader } from "pbf"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ImportedCity, Lifeline } from "../../lifelines/contract.ts"
import { everything, ProblemError, type Scope } from "../../model/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import { type Census, installCensus } from "./index.ts"
import { testCity } from "./testing.ts"

const inp = `[JUNCTIONS]
 n1 10 0
 n2 11 5
 n3 12 5
[RESERVOIRS]
 R 60
[PIPES]
 p1 R n1 100 300 120 0 Open
 p2 n1 n2 200 200 110 0 Open
 p3 n2 n3 150 150 100 0 Open
[COORDINATES]
 R 0 0
 n1 100 0
 n2 300 150
 n3 200 50
[OPTIONS]
 Units CMH
[END]
`
const companion = { pressure_sensors: ["n2"], flow_sensors: ["p1"] }
const origin: [number, number] = [117.28, 31.86]
const geojson = (more: object[] = []) =>
  JSON.stringify({
    type: "FeatureCollection",
    features: [
      {
        type: "Feature",
        geometry: { type: "LineString", coordinates: [origin, [117.282, 31.861]] },
        properties: {
          kind: "gas_pipe",
          code: "G1",
          name: "东门街中压管",
          attributes: { diameter_mm: 200, material: "PE", installed_year: 2001, owner: "GASCO" },
        },
      },
      {
        type: "Feature",
        geometry: { type: "Point", coordinates: [117.2805, 31.8603] },
        properties: { kind: "well", code: "W1", name: null, attributes: { well_class: "power", gas_m: 3 } },
      },
      ...more,
    ],
  })

let city: Awaited<ReturnType<typeof testCity>>
let census: Census
const lifeline = (id: string): Lifeline => city.app.lifelines.find((l) => l.id === id)!
const read = (id: string, text: string, beside: unknown = null): ImportedCity =>
  lifeline(id).imports![0]!.read(text, { companion: beside, origin })

async function take(id: string, imported: ImportedCity, more: { source?: string; default_owner?: string } = {}) {
  const taken = await transaction(city.app.sql.db, (tx) =>
    census.importAssets(tx, {
      lifeline: lifeline(id),
      imported,
      file_name: `${id}.file`,
      file_hash: "h",
      source: id,
      origin,
      by: "test",
      ...more,
    }),
  )
  await census.reload()
  return taken
}
const organisation = async (code: string) => {
  const { rows } = await sql<{ id: number }>`
    insert into access_organisation (code, name, kind) values (${code}, ${JSON.stringify({ zh: code, en: code })}::jsonb, 'owner')
    returning id`.execute(city.app.sql.db)
  return rows[0]!.id
}
const all = [everything]
const tileOf = (lon: number, lat: number, z: number) => {
  const n = 2 ** z
  const y = ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * n
  return `${z}/${Math.floor(((lon + 180) / 360) * n)}/${Math.floor(y)}.mvt`
}
const codesIn = (bytes: Uint8Array) =>
  Object.values(new VectorTile(new PbfReader(bytes)).layers).flatMap((layer) =>
    Array.from({ length: layer.length }, (_, i) => layer.feature(i).properties.code),
  )

let water_owner: number
let gas_owner: number
beforeAll(async () => {
  city = await testCity()
  census = installCensus(city.app)
  water_owner = await organisation("WATERCO")
  gas_owner = await organisation("GASCO")
  await take("water", read("water", inp, companion), { default_owner: "WATERCO" })
  await take("gas", read("gas", geojson()))
})
afterAll(() => city.close())

describe("import", () => {
  it("keeps a version where nothing changed, makes one where something did, ends what is gone", async () => {
    const same = await take("water", read("water", inp, companion), { default_owner: "WATERCO" })
    expect([same.added, same.changed, same.ended, same.unchanged]).toEqual([0, 0, 0, 7])
    const before = census.assetByCode("water", "p2")!.id
    city.clock.advance(city.clock.now() + 1000)
    const changed = inp
      .replace("p2 n1 n2 200 200", "p2 n1 n2 200 250")
      .replace(/^ n3 .*\n/gm, "")
      .replace(/^ p3 .*\n/gm, "")
    const next = await take("water", read("water", changed, companion), { default_owner: "WATERCO" })
    expect([next.added, next.changed, next.ended, next.unchanged]).toEqual([0, 1, 2, 4])
    expect(next.asset_ids.get("p2")).toBe(before)
    expect(census.assetByCode("water", "p3")).toBeUndefined()
    const view = (await city.get(`/api/census/assets/${before}`, all)).json()
    expect(view.versions.map((v: { version: number; valid_to: number | null }) => [v.version, v.valid_to])).toEqual([
      [2, null],
      [1, city.clock.now()],
    ])
    expect(view.attributes.find((a: { id: string }) => a.id === "diameter_mm").value).toBe(250)
    const back = await take("water", read("water", inp, companion), { default_owner: "WATERCO" })
    expect([back.added, back.changed, back.ended]).toEqual([0, 3, 0])
    expect(census.assetByCode("water", "p3")).toBeDefined()
  })

  it("writes nothing when a problem blocks, and names the first and how many more", async () => {
    const bad = read(
      "gas",
      geojson([{ type: "Feature", geometry: null, properties: { kind: "gas_valve", code: "V1" } }]),
    )
    bad.assets[0]!.attributes.diameter_mm = null
    bad.assets[1]!.attributes.gas_m = "near"
    const refused = await take("gas", bad).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ProblemError)
    const { title, field } = (refused as ProblemError).problem
    expect(title.en).toBe("gas.file is not imported: line 3, Feature 3 must be a Point, it is null (and 2 more)")
    expect(field).toBe("geometry.type")
    const { rows } = await sql<{ n: number }>`select count(*) as n from census_batch where lifeline = 'gas'`.execute(
      city.app.sql.db,
    )
    expect(rows[0]!.n).toBe(1)
  })

  it("refuses an unknown owner and an area that another source has", async () => {
    const owner = take("water", read("water", inp, companion), { default_owner: "NOBODY" })
    await expect(owner).rejects.toThrow("no organisation with the code NOBODY")
    const area = take("water", read("water", inp, companion), { source: "other" })
    await expect(area).rejects.toThrow("The area code DMA-1 belongs to another source")
  })

  it("takes 5,000 assets in less than two seconds", async () => {
    const base = read("gas", geojson()).assets[0]!
    const assets = Array.from({ length: 5_000 }, (_, i) => ({ ...base, code: `B${i}`, source_id: `B${i}`, name: null }))
    const many: ImportedCity = { assets, devices: [], areas: [], schematic: false, problems: [] }
    const started = performance.now()
    const input = { lifeline: lifeline("gas"), imported: many, file_name: "b", file_hash: "b", origin: null, by: "t" }
    const undone = transaction(city.app.sql.db, async (tx) => {
      const taken = await census.importAssets(tx, { ...input, source: "bulk" })
      expect(taken.added).toBe(5_000)
      throw new Error(`undo after ${Math.round(performance.now() - started)} ms`)
    })
    await expect(undone).rejects.toThrow("undo after")
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe("scope", () => {
  const gasOnly: Scope[] = [{ organisations: [], lifelines: ["gas"], areas: "all" }]
  const gasOwner = (): Scope[] => [{ organisations: [gas_owner], lifelines: "all", areas: "all" }]
  const area = (): Scope[] => [{ organisations: "all", lifelines: "all", areas: [census.areaByCode("DMA-1")!.id] }]

  it("hides foreign assets in lists, views, areas, batches", async () => {
    const codes = async (scopes: Scope[]) =>
      (await city.get("/api/census/assets", scopes)).json().items.map((item: { code: string }) => item.code)
    expect((await codes(all)).length).toBe(9)
    expect(await codes(gasOwner())).toEqual(["G1"])
    expect(await codes(gasOnly)).toEqual([])
    expect((await codes(area())).every((code: string) => !["G1", "W1"].includes(code))).toBe(true)
    const p1 = census.assetByCode("water", "p1")!.id
    expect((await city.get(`/api/census/assets/${p1}`, gasOwner())).status).toBe(404)
    expect((await city.get(`/api/census/assets/${p1}`, area())).status).toBe(200)
    expect((await city.get("/api/census/areas", gasOwner())).json()).toEqual([])
    expect((await city.get("/api/census/areas", area())).json()).toHaveLength(1)
    const batches = (await city.get("/api/census/batches", gasOwner())).json()
    expect(batches.map((b: { lifeline: string }) => b.lifeline)).toEqual(["gas"])
  })

  it("hides foreign assets in tiles, whoever asked before", async () => {
    const url = `/api/map/census/${tileOf(...origin, 14)}`
    const full = await city.get(url, all)
    expect(full.headers["content-type"]).toBe("application/vnd.mapbox-vector-tile")
    expect(codesIn(full.body).sort()).toEqual(["G1", "R", "W1", "n1", "n2", "n3", "p1", "p2", "p3"])
    expect(codesIn((await city.get(url, gasOwner())).body)).toEqual(["G1"])
    expect((await city.get(url, gasOnly)).status).toBe(204)
    expect((await city.get(url, null)).status).toBe(401)
  })
})

describe("tiles", () => {
  it("carry the properties of the API and answer 304 to the same etag", async () => {
    const url = `/api/map/census/${tileOf(...origin, 14)}`
    const { body, headers } = await city.get(url, all)
    const layer = new VectorTile(new PbfReader(body)).layers.line!
    const features = Array.from({ length: layer.length }, (_, i) => layer.feature(i))
    const pipe = features.find((feature) => feature.properties.code === "G1")!
    const id = census.assetByCode("gas", "G1")!.id
    expect(pipe.id).toBe(id)
    expect({ ...pipe.properties }).toEqual({
      id,
      lifeline: "gas",
      kind: "gas_pipe",
      class: "RQ",
      code: "G1",
      name: "东门街中压管",
      dn: 200,
    })
    const again = await city.app.http.server.inject({
      url,
      headers: { "x-test-scopes": JSON.stringify(all), "if-none-match": String(headers.etag) },
    })
    expect(again.statusCode).toBe(304)
    expect((await city.get("/api/map/census/17/0/0.mvt", all)).status).toBe(400)
  })

  it("draw the base map and name places by its streets", async () => {
    expect((await city.get(`/api/map/base/${tileOf(...origin, 14)}`, all)).status).toBe(204)
    expect(census.placeWords([117.281, 31.8606])).toEqual({ zh: "东门街中压管附近", en: "near 东门街中压管" })
    expect(census.placeWords([100, 20]).en).toBe("100.00000°E 20.00000°N")
    const line = (name: object | string, ...coordinates: [number, number][]) => ({
      type: "Feature",
      properties: { class: "a", name, width_m: 20 },
      geometry: { type: "LineString", coordinates },
    })
    await transaction(city.app.sql.db, (tx) =>
      census.setBaseMap(tx, {
        road: {
          features: [
            line({ zh: "人民路", en: "Renmin Rd" }, [117.27, 31.86], [117.29, 31.86]),
            line("东门街", [117.28, 31.85], [117.28, 31.87]),
          ],
        },
        label: [
          {
            type: "Feature",
            properties: { kind: "road", name: { zh: "东门街", en: "Dongmen St" } },
            geometry: { type: "Point", coordinates: origin },
          },
        ],
      }),
    )
    await census.reload()
    expect(census.hasBaseMap()).toBe(true)
    expect(census.placeWords([117.2804, 31.86])).toEqual({
      zh: "人民路×东门街附近",
      en: "near Renmin Rd × Dongmen St",
    })
    expect(census.placeWords([117.285, 31.8601]).en).toBe("near Renmin Rd")
    const { body } = await city.get(`/api/map/base/${tileOf(...origin, 14)}`, all)
    const { layers } = new VectorTile(new PbfReader(body))
    expect(Object.keys(layers).sort()).toEqual(["label", "road"])
    expect({ ...layers.label!.feature(0).properties }).toEqual({
      kind: "road",
      name: "东门街",
      name_zh: "东门街",
      name_en: "Dongmen St",
    })
  })
})

describe("index and lists", () => {
  it("finds the nearest, by lifeline, kind and reach", () => {
    const near = census.nearest(origin, { max_m: 500, limit: 3, kinds: ["gas_pipe", "well"] })
    expect(near.map((n) => n.asset.code)).toEqual(["G1", "W1"])
    expect(near[0]!.distance_m).toBeCloseTo(0, 3)
    expect(near[1]!.distance_m).toBeCloseTo(57.8, 0)
    expect(census.nearest(origin, { max_m: 10, limit: 3, lifeline: "water", kinds: ["well"] })).toEqual([])
    const [west, south, east, north] = census.bounds()!
    const [lon, lat] = census.center()!
    expect(lon >= west && lon <= east && lat >= south && lat <= north).toBe(true)
  })

  it("filters, sorts, pages and exports", async () => {
    const first = (await city.get("/api/census/assets?lifeline=water&kind=pipe&sort=-code&limit=2", all)).json()
    expect(first.items.map((item: { code: string }) => item.code)).toEqual(["p3", "p2"])
    expect([first.total, first.next]).toEqual([3, "2"])
    const rest = (await city.get("/api/census/assets?lifeline=water&kind=pipe&sort=-code&limit=2&cursor=2", all)).json()
    expect(rest.items[0]).toMatchObject({ code: "p1", owner: { zh: "WATERCO" }, area: "计量区 1" })
    const found = (await city.get(`/api/census/assets?q=${encodeURIComponent("东门")}`, all)).json()
    expect(found.items.map((item: { code: string }) => item.code)).toEqual(["G1"])
    expect((await city.get("/api/census/assets?q=%25", all)).json().total).toBe(0)
    expect((await city.get("/api/census/assets?area=DMA-1", all)).json().total).toBeGreaterThan(3)
    const csv = (await city.get("/api/census/assets?format=csv&lifeline=gas", all)).body.toString()
    expect(csv.split("\r\n")[1]).toContain("G1")
  })

  it("shows an asset with declared attributes, unknown ones as null, and its owner", async () => {
    const view = (await city.get(`/api/census/assets/${census.assetByCode("gas", "G1")!.id}`, all)).json()
    expect(view.owner).toEqual({ zh: "GASCO", en: "GASCO" })
    expect(view.attributes[0]).toEqual({ id: "length_m", name: { zh: "长度", en: "Length" }, value: null, unit: "m" })
    expect(view).toMatchObject({
      schematic: false,
      source: { file: "gas.file", source_id: "G1" },
      risk: null,
      alarms: [],
    })
    expect(census.asset(census.assetByCode("water", "n1")!.id)!.owner_id).toBe(water_owner)
    const lifelines = (await city.get("/api/lifelines", all)).json()
    expect(lifelines.map((l: { id: string }) => l.id)).toEqual(expect.arrayContaining(["gas", "water"]))
  })
})
