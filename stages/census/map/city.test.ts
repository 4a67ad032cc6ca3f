import { VectorTile } from "@mapbox/vector-tile"
import { sql } from "kysely"
import { PbfReader } from "pbf"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ImportedCity, Lifeline } from "../../../lifelines/contract.ts"
import { everything, type LonLat, type Scope } from "../../../model/index.ts"
import type { Change } from "../../../platform/events/index.ts"
import { transaction } from "../../../platform/sql/index.ts"
import { type Census, installCensus } from "../index.ts"
import { testCity } from "../testing.ts"
import { makeGisViews } from "./store.ts"

const all = [everything]
const origin: LonLat = [117.2, 31.8]
/** Two tiles of zoom 14 are 0.044° apart. */
const far: LonLat = [117.3, 31.8]

let city: Awaited<ReturnType<typeof testCity>>
let census: Census
let lifeline: Lifeline
const owners: number[] = []
const heard: Change[] = []

const pipe = (code: string, at: LonLat, owner: string, diameter_mm: number): ImportedCity["assets"][number] => ({
  kind: lifeline.assets.find((asset) => asset.geometry === "line")!.kind,
  source_id: code,
  code,
  name: `${code}号主干管`,
  geometry: { type: "LineString", coordinates: [at, [at[0] + 0.001, at[1] + 0.0005]] },
  attributes: { diameter_mm, owner },
  original: null,
})
let batch_id = 0
async function take(assets: ImportedCity["assets"]): Promise<Map<string, number>> {
  const imported: ImportedCity = { assets, devices: [], areas: [], schematic: false, problems: [] }
  const taken = await transaction(city.app.sql.db, (tx) =>
    census.importAssets(tx, { lifeline, imported, file_name: "f", file_hash: "h", source: "s", origin: null, by: "t" }),
  )
  batch_id = taken.batch_id
  return taken.asset_ids
}
const tileOf = ([lon, lat]: LonLat, z: number) => {
  const n = 2 ** z
  const y = ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * n
  return `${z}/${Math.floor(((lon + 180) / 360) * n)}/${Math.floor(y)}.mvt`
}
const url = (at: LonLat, z = 14, more = "") => `/api/map/census/${tileOf(at, z)}${more}`
const linesOf = (bytes: Uint8Array) => {
  const layer = new VectorTile(new PbfReader(bytes)).layers.line
  return Array.from({ length: layer?.length ?? 0 }, (_, i) => layer!.feature(i).properties).map((p) => [p.code, p.dn])
}

beforeAll(async () => {
  city = await testCity()
  lifeline = city.app.lifelines.find((l) =>
    l.assets.some((asset) => asset.geometry === "line" && asset.attributes.some((a) => a.id === "diameter_mm")),
  )!
  for (const code of ["O1", "O2"]) {
    const { rows } = await sql<{ id: number }>`
      insert into access_organisation (code, name, kind) values (${code}, '{"zh":"甲","en":"A"}', 'owner') returning id`.execute(
      city.app.sql.db,
    )
    owners.push(rows[0]!.id)
  }
  census = installCensus(city.app)
  city.app.events.hear((change) => heard.push(change))
  await take([pipe("A1", origin, "O1", 200), pipe("B1", origin, "O2", 300), pipe("A2", far, "O1", 400)])
  await census.reload()
})
afterAll(() => city.close())

describe("a published change", () => {
  it("is on the map, in lists and in search without a reload, and leaves other tiles alone", async () => {
    const before = city.clock.now()
    const [here, there] = [await city.get(url(origin), all), await city.get(url(far), all)]
    expect(linesOf(here.body)).toEqual([
      ["A1", 200],
      ["B1", 300],
    ])
    expect((await census.search(all, "a1", 5)).map((found) => found.code)).toEqual(["A1"])
    city.clock.advance(before + 1000)
    const ids = await take([pipe("A1", origin, "O1", 250), pipe("N1", origin, "O1", 600), pipe("A2", far, "O1", 400)])
    const gone = census.assetByCode(lifeline.id, "B1")!.id
    expect((await census.assetsOfBatches([batch_id])).toSorted()).toEqual([ids.get("A1"), ids.get("N1")].toSorted())
    heard.length = 0
    const done = await census.applied([ids.get("A1")!, ids.get("N1")!, gone, ids.get("A1")!])
    expect(done).toMatchObject({ changed: 2, gone: 1, tiles_dropped: 1, tiles_kept: 1 })
    expect(linesOf((await city.get(url(origin), all)).body)).toEqual([
      ["A1", 250],
      ["N1", 600],
    ])
    expect((await city.get(url(far), all)).headers.etag).toBe(there.headers.etag)
    expect(census.asset(gone)).toBeUndefined()
    expect([...census.assets()].map((asset) => asset.code).sort()).toEqual(["A1", "A2", "N1"])
    expect((await census.search(all, "n1", 5)).map((found) => found.code)).toEqual(["N1"])
    expect((await census.search(all, "zhuganguan", 5)).map((found) => found.code).sort()).toEqual(["A1", "A2", "N1"])
    // Each owner hears of it, with the box; nobody else does.
    expect(heard.map((change) => [change.kind, change.owner_id]).sort()).toEqual(owners.map((id) => ["asset", id]))
    expect(heard[0]!.action).toMatch(/^changed:117\.2\d*,31\.8\d*,117\.201\d*,31\.8005\d*$/)

    // The past is still there, and whose it is.
    const past = await city.get(url(origin, 14, `?at=${before}`), all)
    expect(linesOf(past.body).sort()).toEqual([
      ["A1", 200],
      ["B1", 300],
    ])
    const mine: Scope[] = [{ organisations: [owners[1]!], lifelines: "all", areas: "all" }]
    expect(linesOf((await city.get(url(origin, 14, `?at=${before}`), mine)).body)).toEqual([["B1", 300]])
    expect((await city.get(url(origin, 14), mine)).status).toBe(204)
    expect((await city.get(url(origin, 14, "?at=x"), all)).status).toBe(400)
    // What was kept up is what a reload reads.
    const kept = [...census.assets()].map((asset) => ({ ...asset })).sort((a, b) => a.id - b.id)
    await census.reload()
    expect([...census.assets()].map((asset) => ({ ...asset }))).toEqual(kept)
  })
})

describe("legend and search by HTTP", () => {
  it("count and find only what the caller sees", async () => {
    const [entry] = (await city.get("/api/map/legend", all)).json()
    expect(entry).toMatchObject({ lifeline: lifeline.id, class_code: lifeline.class_code, count: 3 })
    expect(entry.colour).toMatch(/^#[0-9a-f]{6}$/)
    expect(entry.kinds.map((kind: { count: number }) => kind.count)).toEqual([3])
    const none: Scope[] = [{ organisations: [owners[1]!], lifelines: "all", areas: "all" }]
    expect((await city.get("/api/map/legend", none)).json()).toEqual([])
    const found = (await city.get("/api/census/search?q=%E4%B8%BB%E5%B9%B2", all)).json()
    expect(found.map((one: { code: string }) => one.code).sort()).toEqual(["A1", "A2", "N1"])
    expect(found[0]).toMatchObject({ type: "asset", lifeline: lifeline.id, box: expect.any(Array) })
    expect((await city.get("/api/census/search?q=A", none)).json()).toEqual([])
    expect((await city.get("/api/census/search?q=A", null)).status).toBe(401)
    expect((await city.get("/api/census/search?q=", all)).status).toBe(400)
  })
})

describe("views for desktop GIS", () => {
  it("are made where the database has PostGIS, and not otherwise", async () => {
    const { rows } = await sql`select 1 from pg_extension where extname = 'postgis'`.execute(city.app.sql.db)
    expect(await transaction(city.app.sql.db, makeGisViews)).toBe(rows.length > 0)
    expect(city.app.troubles.list()).toEqual([])
  })
})
