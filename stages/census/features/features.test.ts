/** Paging, windows, scope and pages of the open interface, with chance and with ill will. */
import fc from "fast-check"
import { sql as raw } from "kysely"
import { afterAll, beforeAll, expect } from "vitest"
import type { LonLat } from "../../../model/index.ts"
import { withSql } from "../../../platform/sql/testing.ts"
import { readBbox, readDatetime } from "./parameters.ts"
import { logged_at } from "./reading-log.ts"
import { day_ms, featureCity, type Given, start } from "./testing.ts"

const at = (lon: number, lat: number, more: Partial<Given> = {}, attributes = {}): Given => ({
  kind: "junction",
  ...more,
  versions: [{ geometry: { type: "Point", coordinates: [lon, lat] }, from: start - day_ms, attributes }],
})

withSql("features", ({ sql, it }) => {
  let city: Awaited<ReturnType<typeof featureCity>>
  beforeAll(async () => {
    city = await featureCity(sql())
  })
  afterAll(async () => {
    await city.close()
    expect(city.failures).toEqual([])
  })

  /** All ids along the links from an address, in order; `between` runs after each page. */
  async function walk(path: string, who = "all", between: () => Promise<void> = async () => undefined) {
    const ids: number[] = []
    let [address, pages, matched] = [path as string | undefined, 0, 0]
    while (address) {
      const { status, body, text } = await city.get(address, who)
      expect(status, text).toBe(200)
      expect(body.numberReturned).toBe(body.features.length)
      if (pages++ === 0) matched = body.numberMatched
      ids.push(...body.features.map((f: { id: number }) => f.id))
      address = body.links.find((l: { rel: string }) => l.rel === "next")?.href
      await between()
    }
    return { ids, pages, matched }
  }

  it("pages are the whole, each feature once and in order, while others come and go", async () => {
    const first = await city.put(
      Array.from({ length: 400 }, (_, i) =>
        at(117 + (i % 20) * 0.01, 31 + Math.floor(i / 20) * 0.01, {}, { elevation_m: i % 40 ? 1 : 2 }),
      ),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 90 }),
        fc.constantFrom(
          "",
          "&bbox=117,31,117.05,31.19",
          "&bbox=117,31,117.005,31.02",
          "&elevation_m=2",
          "&datetime=2026-01-01/..",
        ),
        fc.boolean(),
        async (limit, filter, adding) => {
          const path = `/ogc/collections/water.junction/items?limit=${limit}${filter}`
          const before = await walk(path.replace(/limit=\d+/, "limit=10000"))
          const added: number[] = []
          const { ids } = await walk(path, "all", async () => {
            if (adding && added.length < 6)
              added.push(...(await city.put([at(117.001, 31.001, {}, { elevation_m: 2 })])))
          })
          expect(new Set(ids).size).toBe(ids.length)
          expect(ids).toEqual([...ids].sort((a, b) => a - b))
          expect(before.ids.filter((id) => !ids.includes(id))).toEqual([])
          const strangers = ids.filter((id) => !before.ids.includes(id) && !added.includes(id))
          expect(strangers).toEqual([])
          expect(before.matched).toBe(before.ids.length)
        },
      ),
      { numRuns: 25 },
    )
    expect((await walk("/ogc/collections/water.junction/items?limit=10000")).ids).toEqual(expect.arrayContaining(first))
  })

  it("a window holds just the lines that meet it", async () => {
    /** Liang and Barsky 1984: a segment meets a box where some part of it lies between all four borders. */
    const meets = ([x0, y0]: LonLat, [x1, y1]: LonLat, [w, s, e, n]: number[]) => {
      let [low, high] = [0, 1]
      for (const [p, q] of [
        [x0 - x1, x0 - w!],
        [x1 - x0, e! - x0],
        [y0 - y1, y0 - s!],
        [y1 - y0, n! - y0],
      ] as const) {
        if (p === 0 && q < 0) return false
        if (p < 0) low = Math.max(low, q / p)
        if (p > 0) high = Math.min(high, q / p)
      }
      return low <= high
    }
    // Whole metres, about: no line ends on a border of a window, which lies between them.
    const place = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }))
    const degrees = ([x, y]: readonly number[]): LonLat => [
      Number((120 + x! * 1e-5).toFixed(7)),
      Number((30 + y! * 1e-5).toFixed(7)),
    ]
    const lines = fc
      .sample(fc.array(place, { minLength: 2, maxLength: 4 }), { numRuns: 250, seed: 5 })
      .map((line) => line.map(degrees))
    const ids = await city.put(
      lines.map((coordinates) => ({
        kind: "pipe",
        versions: [{ geometry: { type: "LineString", coordinates }, from: start - day_ms }],
      })),
    )
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        const west = 120 + Math.min(a[0], b[0]) * 1e-5 - 0.31e-5
        const east = 120 + Math.max(a[0], b[0]) * 1e-5 + 0.37e-5
        const south = 30 + Math.min(a[1], b[1]) * 1e-5 - 0.29e-5
        const north = 30 + Math.max(a[1], b[1]) * 1e-5 + 0.41e-5
        const window = [west, south, east, north]
        const found = (await walk(`/ogc/collections/water.pipe/items?limit=40&bbox=${window.join()}`)).ids
        const expected = ids.filter((_, i) =>
          lines[i]!.some((from, k) => k + 1 < lines[i]!.length && meets(from, lines[i]![k + 1]!, window)),
        )
        expect(found).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it("another owner's features are not there: not in pages, counts, extents, by their number, by code", async () => {
    const [mine, other] = await city.put([
      at(118, 32, { kind: "tank", code: "MINE", owner: 1 }),
      at(119, 33, { kind: "tank", code: "OTHER", owner: 2 }),
    ])
    const items = "/ogc/collections/water.tank/items"
    expect((await walk(items, "one")).ids).toEqual([mine])
    expect((await city.get(`${items}?code=OTHER`, "one")).body).toMatchObject({ numberMatched: 0, features: [] })
    expect((await city.get(`${items}?datetime=../..`, "one")).body.numberMatched).toBe(1)
    expect((await city.get(`${items}/${other}`, "one")).status).toBe(404)
    expect((await city.get(`${items}/${other}?f=html`, "one")).status).toBe(404)
    expect((await city.get(`${items}/${other}`, "two")).status).toBe(200)
    const { extent, description } = (await city.get("/ogc/collections/water.tank", "one")).body
    expect(extent.spatial.bbox).toEqual([[118, 32, 118, 32]])
    expect(description).toContain("1 features now")
    // A cursor that somebody made up shows nothing more.
    expect((await city.get(`${items}?cursor=0-99`, "one")).body.features).toHaveLength(1)
  })

  it("an area's people see its assets alone, a lifeline's people its collections alone", async () => {
    const [inside] = await city.put([at(118, 34, { kind: "reservoir" }), at(118.1, 34, { kind: "reservoir" })])
    const { rows } = await raw<{ id: number }>`
      insert into census_area (code, name, kind, lifeline) values ('DMA-OGC', 'n', 'metered_area', 'water') returning id`.execute(
      sql().db,
    )
    await raw`insert into census_area_asset (area_id, asset_id) values (${rows[0]!.id}, ${inside})`.execute(sql().db)
    city.scopes.area = { organisations: "all", lifelines: "all", areas: [rows[0]!.id] }
    expect((await walk("/ogc/collections/water.reservoir/items", "area")).ids).toEqual([inside])
    const ids = (await city.get("/ogc/collections", "water")).body.collections.map((c: { id: string }) => c.id)
    expect(ids.length).toBeGreaterThan(3)
    expect(ids.filter((id: string) => !id.startsWith("water."))).toEqual([])
    expect((await city.get("/ogc/collections/gas.well/items", "water")).status).toBe(404)
    expect(
      Object.keys((await city.get("/ogc/api", "water")).body.paths).filter((path) => path.includes("gas.")),
    ).toEqual([])
  })

  it("names that carry markup are text on every page", async () => {
    const evil = `<script>alert("1")</script>'"><img src=x onerror=alert(1)>`
    const attributes = { valve_type: evil, [evil]: evil }
    const [id] = await city.put([at(118, 35, { kind: "valve", code: evil }, attributes)])
    await raw`update census_asset_version set name = ${evil} where asset_id = ${id}`.execute(sql().db)
    const items = "/ogc/collections/water.valve/items"
    for (const path of [
      `${items}?f=html`,
      `${items}/${id}?f=html`,
      `${items}?f=html&name=${encodeURIComponent(evil)}`,
    ]) {
      const { text, headers, status } = await city.get(path)
      expect(status).toBe(200)
      expect(text).toContain("&lt;script&gt;")
      expect(text).not.toMatch(/<script|<img/i)
      expect(headers.get("content-security-policy")).toContain("default-src 'none'")
    }
    const hosted = await city.app.http.server.inject({
      url: `${items}?f=html`,
      headers: { authorization: "Bearer all", host: 'x"><script>alert(1)</script>' },
    })
    expect(hosted.statusCode).toBe(200)
    expect(hosted.payload).not.toMatch(/<script|<img/i)
    const feature = (await city.get(`${items}/${id}`)).body
    expect(feature.properties).toMatchObject({ code: evil, name: evil, valve_type: evil, [evil]: evil })
  })

  it("who reads much leaves lines that grow apart, who reads little leaves none", async () => {
    await city.put(Array.from({ length: 1_200 }, (_, i) => at(119 + (i % 40) * 0.01, 36, { kind: "hydrant" })))
    const lines = () => city.audits.filter((line) => line.object === "collection:water.hydrant")
    await city.get("/ogc/collections/water.hydrant/items?limit=900", "one")
    expect(lines()).toEqual([])
    await walk("/ogc/collections/water.hydrant/items?limit=300", "one")
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).toMatchObject({
      actor: "one",
      action: "features-read",
      detail: { rows: 1_200, query: expect.stringContaining("limit=300") },
    })
    for (let i = 0; i < 8; i++) await city.get("/ogc/collections/water.hydrant/items?limit=1200", "one")
    expect(lines().map((line) => (line.detail as { rows: number }).rows)).toEqual([1_200, 10_500])
    expect(logged_at).toEqual([1_000, 10_000, 100_000])
  })

  it("any text as a parameter is an answer or a refusal, never a fault", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("bbox", "datetime", "limit", "cursor", "code", "f", "elevation_m"),
        fc.string({ maxLength: 40 }),
        async (name, text) => {
          const { status } = await city.get(`/ogc/collections/water.junction/items?${name}=${encodeURIComponent(text)}`)
          expect([200, 400]).toContain(status)
        },
      ),
      { numRuns: 150 },
    )
    for (const path of [
      "/ogc/collections/%00/items",
      "/ogc/collections/water.junction/items/%00",
      "/ogc/collections/__proto__",
    ])
      expect((await city.get(path)).status).toBe(404)
  })

  it("times and boxes are read to the letter", () => {
    const hour = Date.UTC(2026, 0, 1, 8)
    expect(readDatetime("2026-01-01T08:00:00Z")).toEqual({ from: hour, to: hour })
    expect(readDatetime("2026-01-01T16:00:00+08:00")).toEqual({ from: hour, to: hour })
    expect(readDatetime("2026-01-01/..")).toEqual({ from: Date.UTC(2026, 0, 1), to: null })
    expect(readDatetime("/2026-01-01")).toEqual({ from: null, to: Date.UTC(2026, 0, 2) - 1 })
    expect(readBbox("170,-10,-170,10")).toEqual([
      [170, -10, 180, 10],
      [-180, -10, -170, 10],
    ])
    for (const text of ["2026-02-29", "2026-1-1", "2026-01-01T25:00:00Z", "..", "../../..", "2026-01-01T08:00:00"])
      expect(() => readDatetime(text), text).toThrow()
  })
})
