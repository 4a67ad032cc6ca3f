/** OGC API Features Part 1, abstract test by abstract test, with the standard's own schemas where they are at hand. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { LonLat } from "../../../model/index.ts"
import { type TemporarySql, temporarySql } from "../../../platform/sql/testing.ts"
import { conformance_classes } from "./documents.ts"
import { limit_max } from "./parameters.ts"
import { day_ms, featureCity, type Given, start } from "./testing.ts"

const material = join(process.env.LIFELINE_TEST_DATA ?? "", "ogcapi-features/core")
const has_material = process.env.LIFELINE_TEST_DATA !== undefined && existsSync(material)

let database: TemporarySql
let city: Awaited<ReturnType<typeof featureCity>>
const at = (days_ago: number) => start - days_ago * day_ms
const iso = (ms: number) => new Date(ms).toISOString()
const points = 25

beforeAll(async () => {
  database = await temporarySql()
  city = await featureCity(database.sql)
  const line = (from: LonLat, to: LonLat) => ({ type: "LineString" as const, coordinates: [from, to] })
  const given: Given[] = [
    // Its box meets a window at its middle's south-east, the line itself does not.
    { kind: "pipe", code: "DIAGONAL", versions: [{ geometry: line([117, 31], [117.01, 31.01]), from: at(10) }] },
    {
      kind: "pipe",
      code: "MOVED",
      versions: [
        {
          geometry: line([117.1, 31], [117.11, 31]),
          from: at(30),
          to: at(20),
          name: "旧",
          attributes: { diameter_mm: 100 },
        },
        {
          geometry: line([117.2, 31], [117.21, 31]),
          from: at(20),
          name: "新",
          attributes: { diameter_mm: 200, material: "PE" },
        },
      ],
    },
    { kind: "pipe", code: "GONE", versions: [{ geometry: line([117.3, 31], [117.31, 31]), from: at(40), to: at(25) }] },
    // Published and undone in the same instant: it never was.
    { kind: "pipe", code: "NEVER", versions: [{ geometry: line([117.4, 31], [117.41, 31]), from: at(5), to: at(5) }] },
    {
      kind: "underground_space",
      lifeline: "tunnel",
      code: "RING",
      versions: [
        {
          geometry: { type: "Polygon", coordinates: [square(117.5, 31, 0.01), square(117.502, 31.002, 0.006)] },
          from: at(10),
        },
      ],
    },
  ]
  for (let i = 0; i < points; i++)
    given.push({
      kind: "junction",
      code: `J${i}`,
      versions: [{ geometry: { type: "Point", coordinates: [117 + i * 0.01, 31] }, from: at(i) }],
    })
  await city.put(given)
})
afterAll(async () => {
  await city.close()
  await database.close()
  expect(city.failures).toEqual([])
})

const square = (west: number, south: number, size: number): LonLat[] => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
]

// biome-ignore lint/suspicious/noExplicitAny: documents of every shape
type Any = any
const get = (path: string, headers?: Record<string, string>) => city.get(path, "all", headers)
async function json(path: string): Promise<Any> {
  const answer = await get(path)
  expect(answer.status, `${path} ${answer.text.slice(0, 300)}`).toBe(200)
  return answer.body
}
const codes = async (path: string): Promise<string[]> =>
  (await json(path)).features.map((f: Any) => f.properties.code).sort()
const pipes = (query = "") => codes(`/ogc/collections/water.pipe/items?${query}`)
const links = (document: Any, rel: string): Any[] => document.links.filter((l: Any) => l.rel === rel)
const collections = async (): Promise<Any[]> => (await json("/ogc/collections")).collections
const api = () => json("/ogc/api")
const parameter = async (name: string) => (await api()).components.parameters[name]

/** Self in its own form, alternate in every other, all with rel and type. */
function checkLinks(document: Any, json_type: string) {
  expect(links(document, "self").map((l) => l.type)).toEqual([json_type])
  expect(links(document, "alternate").map((l) => l.type)).toEqual(["text/html"])
  for (const link of document.links) expect(link).toMatchObject({ rel: expect.any(String), type: expect.any(String) })
}
const checker = () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const folder = join(material, "openapi/schemas")
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), "utf8")
      .replaceAll(/type: null\b/g, 'type: "null"')
      .replaceAll(/^(\s+- )null$/gm, '$1"null"')
    ajv.addSchema(parse(text), `https://schemas/${file}`)
  }
  return ajv
}
const ajv = has_material ? checker() : null
function fits(schema: string, document: unknown) {
  if (!ajv) return
  const validate = ajv.getSchema(`https://schemas/${schema}.yaml`)!
  expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
}

/** Abstract tests by their ids; each states what its requirement asks for. */
const abstract_tests: Record<string, () => Promise<void>> = {
  "core/http": async () => {
    const answer = await fetch(`${city.url}/ogc`, { method: "DELETE", headers: { authorization: "Bearer all" } })
    expect(answer.status).toBe(404)
    expect((await city.get("/ogc", null)).status).toBe(401)
    expect((await get("/ogc/nothing")).status).toBe(404)
  },
  "core/root-op": async () => {
    for (const path of ["/ogc", "/ogc/"]) expect((await get(path)).type).toBe("application/json")
  },
  "core/root-success": async () => {
    const page = await json("/ogc")
    fits("landingPage", page)
    checkLinks(page, "application/json")
    expect(links(page, "service-desc").map((l) => l.type)).toEqual(["application/vnd.oai.openapi+json;version=3.0"])
    for (const rel of ["service-doc", "conformance", "data"])
      for (const link of links(page, rel)) {
        const answer = await get(link.href)
        expect([answer.status, answer.type.split(";")[0]], link.href).toEqual([200, link.type])
      }
    expect(links(page, "conformance").length * links(page, "data").length * links(page, "service-doc").length).toBe(4)
  },
  "core/api-definition-op": async () => {
    for (const { href, type } of links(await json("/ogc"), "service-desc")) {
      const answer = await get(href)
      expect([answer.status, answer.type]).toEqual([200, type])
    }
  },
  "core/api-definition-success": async () => {
    const document = await api()
    expect(document.openapi).toMatch(/^3\.0\./)
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) })
  },
  "core/conformance-op": async () => {
    expect((await get("/ogc/conformance")).status).toBe(200)
  },
  "core/conformance-success": async () => {
    const document = await json("/ogc/conformance")
    fits("confClasses", document)
    expect(document.conformsTo).toEqual(conformance_classes)
    for (const version of ["1.0", "1.1"])
      for (const name of ["core", "geojson", "html", "oas30"])
        expect(document.conformsTo).toContain(`http://www.opengis.net/spec/ogcapi-features-1/${version}/conf/${name}`)
  },
  "core/fc-md-op": async () => {
    expect((await get("/ogc/collections")).type).toBe("application/json")
  },
  "core/fc-md-success": async () => {
    const document = await json("/ogc/collections")
    fits("collections", document)
    for (const { crs } of document.collections) expect(crs[0]).toBe("http://www.opengis.net/def/crs/OGC/1.3/CRS84")
  },
  "core/fc-md-links": async () => checkLinks(await json("/ogc/collections"), "application/json"),
  "core/fc-md-items": async () => {
    const ids = (await collections()).map((c) => c.id)
    for (const lifeline of city.app.lifelines)
      for (const { kind } of lifeline.assets) expect(ids).toContain(`${lifeline.id}.${kind}`)
    expect(new Set(ids).size).toBe(ids.length)
  },
  "core/fc-md-items-links": async () => {
    for (const collection of await collections()) {
      checkLinks(collection, "application/json")
      expect(links(collection, "items").map((l) => l.type)).toEqual(["application/geo+json", "text/html"])
    }
  },
  "core/fc-md-extent": async () => {
    const { extent } = await json("/ogc/collections/water.pipe")
    fits("extent", extent)
    // The past is part of it.
    expect(extent.spatial.bbox).toEqual([[117, 31, 117.41, 31.01]])
    expect(extent.temporal.interval).toEqual([[iso(at(40)), null]])
    expect((await json("/ogc/collections/water.pump")).extent).toBeUndefined()
  },
  "core/fc-md-extent-multi": async () => {
    for (const { extent } of await collections()) expect(extent?.spatial.bbox.length ?? 1).toBe(1)
  },
  "core/sfc-md-op": async () => {
    for (const { id } of await collections()) expect((await get(`/ogc/collections/${id}`)).status).toBe(200)
    expect((await get("/ogc/collections/water.nothing")).status).toBe(404)
  },
  "core/sfc-md-success": async () => {
    for (const collection of await collections()) {
      const single = await json(`/ogc/collections/${collection.id}`)
      fits("collection", single)
      expect(single).toEqual(collection)
    }
  },
  "core/fc-op": async () => {
    for (const { id } of await collections()) {
      const answer = await get(`/ogc/collections/${id}/items`)
      expect([answer.status, answer.type]).toEqual([200, "application/geo+json"])
    }
    // Both conditions at once.
    const then = `datetime=${iso(at(21))}`
    expect(await pipes(`bbox=117.05,30.9,117.15,31.1&${then}`)).toEqual(["MOVED"])
    expect(await pipes(`bbox=117.15,30.9,117.25,31.1&${then}`)).toEqual([])
  },
  "core/fc-bbox-definition": async () => {
    expect(await parameter("bbox")).toMatchObject({
      name: "bbox",
      in: "query",
      required: false,
      style: "form",
      explode: false,
      schema: {
        type: "array",
        oneOf: [
          { minItems: 4, maxItems: 4 },
          { minItems: 6, maxItems: 6 },
        ],
        items: { type: "number" },
      },
    })
  },
  "core/fc-bbox-response": async () => {
    expect(await pipes("bbox=117.005,31.005,117.02,31.02")).toEqual(["DIAGONAL"])
    // Inside the line's box, and beside the line.
    expect(await pipes("bbox=117.008,31,117.01,31.002")).toEqual([])
    expect(await pipes("bbox=117.004,31.003,117.006,31.0045")).toEqual(["DIAGONAL"])
    expect(await pipes("bbox=117.15,30,5,117.25,32,50")).toEqual(["MOVED"])
    expect(await pipes("bbox=-180,-90,180,90")).toEqual(["DIAGONAL", "MOVED"])
    // Over the antimeridian and round the earth to the city.
    expect(await pipes("bbox=170,30,117.05,32")).toEqual(["DIAGONAL"])
    const crs = "bbox-crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    expect(await pipes(`bbox=117.15,30,117.25,32&${crs}`)).toEqual(["MOVED"])
    // An area with a hole: the window in the hole meets nothing of it.
    const areas = (bbox: string) => codes(`/ogc/collections/tunnel.underground_space/items?bbox=${bbox}`)
    expect(await areas("117.504,31.004,117.505,31.005")).toEqual([])
    expect(await areas("117.501,31.001,117.503,31.003")).toEqual(["RING"])
    expect(await areas("117.5005,31.0005,117.501,31.001")).toEqual(["RING"])
  },
  "core/fc-limit-definition": async () => {
    expect(await parameter("limit")).toMatchObject({
      name: "limit",
      in: "query",
      required: false,
      style: "form",
      explode: false,
      schema: { type: "integer", minimum: 1, maximum: limit_max },
    })
  },
  "core/fc-limit-response": async () => {
    const items = "/ogc/collections/water.junction/items"
    expect((await json(`${items}?limit=7`)).features).toHaveLength(7)
    expect((await json(`${items}?limit=${limit_max * 100}`)).features).toHaveLength(points)
  },
  "core/fc-time-definition": async () => {
    expect(await parameter("datetime")).toMatchObject({
      name: "datetime",
      in: "query",
      required: false,
      style: "form",
      explode: false,
      schema: { type: "string" },
    })
  },
  "core/fc-time-response": async () => {
    expect(await pipes()).toEqual(["DIAGONAL", "MOVED"])
    expect(await pipes(`datetime=${iso(at(35))}`)).toEqual(["GONE"])
    expect(await pipes(`datetime=${iso(at(28))}`)).toEqual(["GONE", "MOVED"])
    // What ends when another thing begins: the end does not belong to it.
    expect(await pipes(`datetime=${iso(at(25))}`)).toEqual(["MOVED"])
    expect(await pipes(`datetime=${iso(at(5))}`)).toEqual(["DIAGONAL", "MOVED"])
    expect(await pipes(`datetime=${iso(at(33))}/${iso(at(32))}`)).toEqual(["GONE"])
    expect(await pipes(`datetime=${iso(at(26))}/${iso(at(9))}`)).toEqual(["DIAGONAL", "GONE", "MOVED"])
    for (const open of ["..", ""]) {
      expect(await pipes(`datetime=${open}/${iso(at(29))}`)).toEqual(["GONE", "MOVED"])
      expect(await pipes(`datetime=${iso(at(24))}/${open}`)).toEqual(["DIAGONAL", "MOVED"])
    }
    expect(await pipes(`datetime=${iso(at(35)).slice(0, 10)}`)).toEqual(["GONE"])
    expect(await pipes("datetime=2026-10-15T08:00:00%2B08:00")).toEqual(["GONE"])
    expect(await pipes("datetime=2026-10-15T07:59:59.999%2B08:00")).toEqual([])
    // Each asset once, in its newest version of that time.
    const moved = async (query: string) =>
      (await json(`/ogc/collections/water.pipe/items?code=MOVED&${query}`)).features.map((f: Any) => f.properties.name)
    expect(await moved(`datetime=${iso(at(28))}/${iso(at(22))}`)).toEqual(["旧"])
    expect(await moved("datetime=../..")).toEqual(["新"])
  },
  "core/query-param-invalid": async () => {
    const bad = [
      "limit=0",
      "limit=-1",
      "limit=many",
      "limit=1.5",
      "limit=",
      "bbox=1,2,3",
      "bbox=a,b,c,d",
      "bbox=1,3,2,2",
      "bbox=1,2,3,",
      "datetime=yesterday",
      "datetime=2026-02-31",
      "datetime=2026-01-02/2026-01-01",
      "datetime=",
      "datetime=2026-01-01/2026-01-02/2026-01-03",
      "f=xml",
      "cursor=x",
      "cursor=1-2-3",
      "diameter_mm=wide",
      "bbox=1,2,3,4&bbox=1,2,3,4",
      `code=${"x".repeat(300)}`,
      "bbox=31,117,32,118&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326",
    ]
    for (const query of bad) {
      const answer = await get(`/ogc/collections/water.pipe/items?${query}`)
      expect([answer.status, answer.type.split(";")[0]], query).toEqual([400, "application/problem+json"])
      expect(answer.body, query).toMatchObject({
        field: query.split("&").at(-1)!.split("=")[0],
        words: { zh: /./, en: /./ },
      })
      fits("exception", answer.body)
    }
  },
  "core/query-param-unknown": async () => {
    const paths = [
      "",
      "/conformance",
      "/api",
      "/collections",
      "/collections/water.pipe",
      "/collections/water.pipe/items",
    ]
    for (const path of [...paths, "/collections/water.pipe/items/1", "/collections/water.pipe/schema"])
      expect(await get(`/ogc${path}?unheard=1`), path).toMatchObject({ status: 400, body: { field: "unheard" } })
  },
  "core/fc-response": async () => {
    const page = await json("/ogc/collections/water.pipe/items")
    fits("featureCollectionGeoJSON", page)
    expect(page).toMatchObject({ type: "FeatureCollection", numberMatched: 2, numberReturned: 2 })
    for (const feature of page.features) expect(feature.type).toBe("Feature")
  },
  "core/fc-links": async () => {
    const page = await json("/ogc/collections/water.junction/items?limit=10&f=json")
    checkLinks(page, "application/geo+json")
    expect(links(page, "next")).toHaveLength(1)
    expect(links(page, "next")[0].href).toContain("limit=10")
    expect(new URL(links(page, "self")[0].href).searchParams.get("limit")).toBe("10")
    const last = await json("/ogc/collections/water.junction/items?limit=25")
    expect(links(last, "next")).toEqual([])
  },
  "core/fc-timeStamp": async () => {
    expect((await json("/ogc/collections/water.pipe/items")).timeStamp).toBe(iso(city.app.clock.wall()))
  },
  "core/fc-numberMatched": async () => {
    for (const query of ["", "bbox=117,30,117.055,32", `datetime=${iso(at(10.5))}`, "code=J3"]) {
      const page = await json(`/ogc/collections/water.junction/items?${query}&limit=4`.replace("?&", "?"))
      let [seen, next] = [page.numberReturned, links(page, "next")[0]?.href]
      while (next) {
        const more = await json(next)
        expect(more.numberMatched).toBe(page.numberMatched)
        seen += more.numberReturned
        next = links(more, "next")[0]?.href
      }
      expect(page.numberMatched, query).toBe(seen)
    }
  },
  "core/fc-numberReturned": async () => {
    const page = await json("/ogc/collections/water.junction/items?limit=6")
    expect(page.numberReturned).toBe(page.features.length)
  },
  "core/f-op": async () => {
    const { features } = await json("/ogc/collections/water.junction/items")
    for (const { id } of features) expect((await get(`/ogc/collections/water.junction/items/${id}`)).status).toBe(200)
    for (const id of ["0", "999999", "J1", "1e3", "-1", "1'"])
      expect((await get(`/ogc/collections/water.junction/items/${id}`)).status, id).toBe(404)
    // A number is a feature of its own collection only.
    expect((await get(`/ogc/collections/water.pipe/items/${features[0].id}`)).status).toBe(404)
  },
  "core/f-success": async () => {
    const [first] = (await json("/ogc/collections/water.pipe/items?code=MOVED")).features
    const feature = await json(`/ogc/collections/water.pipe/items/${first.id}`)
    fits("featureGeoJSON", feature)
    const { links: _links, ...plain } = feature
    expect(plain).toEqual(first)
    expect(feature.properties).toMatchObject({
      code: "MOVED",
      name: "新",
      owner: "公司1",
      diameter_mm: 200,
      breaks: null,
      version: 2,
    })
    // What ended is answered by its number too, and says when.
    const [gone] = (await json(`/ogc/collections/water.pipe/items?datetime=${iso(at(30))}&code=GONE`)).features
    expect((await json(`/ogc/collections/water.pipe/items/${gone.id}`)).properties.valid_to).toBe(iso(at(25)))
  },
  "core/f-links": async () => {
    const [first] = (await json("/ogc/collections/water.pipe/items")).features
    const feature = await json(`/ogc/collections/water.pipe/items/${first.id}`)
    checkLinks(feature, "application/geo+json")
    expect(links(feature, "collection").map((l) => l.type)).toEqual(["application/json", "text/html"])
  },
  "core/crs84": async () => {
    const [first] = (await json("/ogc/collections/water.pipe/items?code=DIAGONAL")).features
    expect(first.geometry.coordinates).toEqual([
      [117, 31],
      [117.01, 31.01],
    ])
  },
  "geojson/definition": async () => {
    const accept = { accept: "application/geo+json" }
    for (const path of ["/ogc", "/ogc/collections", "/ogc/conformance", "/ogc/collections/water.pipe"])
      expect((await get(path, accept)).type).toBe("application/json")
    expect((await get("/ogc/collections/water.pipe/items", accept)).type).toBe("application/geo+json")
  },
  "geojson/content": async () => {
    const page = await json("/ogc/collections/water.junction/items")
    for (const { id } of page.features) {
      const feature = await json(`/ogc/collections/water.junction/items/${id}`)
      fits("featureGeoJSON", feature)
      expect(feature.id).toBe(id)
    }
  },
  "html/definition": async () => {
    const [first] = (await json("/ogc/collections/water.pipe/items")).features
    const pages = [
      "",
      "/conformance",
      "/api",
      "/collections",
      "/collections/water.pipe",
      "/collections/water.pipe/items",
    ]
    for (const path of [...pages, `/collections/water.pipe/items/${first.id}`]) {
      for (const answer of [
        await get(`/ogc${path}?f=html`),
        await get(`/ogc${path}`, { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" }),
      ])
        expect([answer.status, answer.type], path).toEqual([200, "text/html; charset=utf-8"])
      expect((await get(`/ogc${path}?f=json`, { accept: "text/html" })).type).not.toContain("html")
      expect((await get(`/ogc${path}`, { accept: "text/html;q=0.5, application/json" })).type).not.toContain("html")
    }
  },
  "html/content": async () => {
    const { text } = await get("/ogc/collections/water.junction/items?f=html&limit=3")
    expect(text).toMatch(/^<!doctype html>\n<html lang="zh">/)
    for (const code of ["J0", "J1", "J2", "编码 / Code", 'rel="next"']) expect(text).toContain(code)
    expect(text).not.toContain(">J3<")
  },
  "oas30/oas-definition-1": async () => {
    expect((await get("/ogc/api")).type).toBe("application/vnd.oai.openapi+json;version=3.0")
    expect((await get("/ogc/api?f=html")).type).toBe("text/html; charset=utf-8")
  },
  "oas30/oas-definition-2": async () => {
    const document = await api()
    expect(Object.keys(document).sort()).toEqual([
      "components",
      "info",
      "openapi",
      "paths",
      "security",
      "servers",
      "tags",
    ])
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((m) => m[1]!)
    expect(refs.length).toBeGreaterThan(50)
    for (const ref of new Set(refs))
      expect(
        ref.split("/").reduce((node: Any, key) => node?.[key], document),
        ref,
      ).toBeDefined()
    const operations = Object.values(document.paths).map((path: Any) => path.get)
    const names = operations.map((o) => o.operationId)
    expect(new Set(names).size).toBe(names.length)
    for (const [path, { get: o }] of Object.entries<Any>(document.paths)) {
      const declared = o.parameters.filter((p: Any) => p.in === "path").map((p: Any) => p.name)
      expect(declared, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))
    }
  },
  "oas30/completeness": async () => {
    for (const [path, { get: o }] of Object.entries<Any>((await api()).paths))
      expect(Object.keys(o.responses), path).toEqual(expect.arrayContaining(["200", "400", "401", "403", "500"]))
  },
  "oas30/exceptions-codes": async () => {
    const { paths } = await api()
    for (const path of Object.keys(paths).filter((p) => p.includes("{") || p.endsWith("/items")))
      expect(Object.keys(paths[path].get.responses), path).toContain("404")
  },
  "oas30/oas-impl": async () => {
    const document = await api()
    const [first] = (await json("/ogc/collections/water.pipe/items")).features
    for (const path of Object.keys(document.paths)) {
      const filled = path.replace("{collectionId}", "water.pipe").replace("{featureId}", String(first.id))
      expect((await get(document.servers[0].url + filled)).status, path).toBe(200)
    }
    // Every filter that it names is there to be used.
    const items = document.paths["/collections/water.pipe/items"].get.parameters
    for (const { name, schema } of items.filter((p: Any) => p.name)) {
      const value = schema.enum?.[0] ?? (schema.type === "string" ? "x" : schema.type === "boolean" ? "true" : "200")
      expect((await get(`/ogc/collections/water.pipe/items?${name}=${value}`)).status, name).toBe(200)
    }
    expect(await pipes("diameter_mm=200&material=PE&name=新")).toEqual(["MOVED"])
    expect(await pipes("diameter_mm=200.0")).toEqual(["MOVED"])
    expect(await pipes("diameter_mm=201")).toEqual([])
  },
  "oas30/security": async () => {
    const { components, security } = await api()
    expect(Object.keys(components.securitySchemes)).toEqual(["token", "session"])
    expect(security).toEqual([{ token: [] }, { session: [] }])
  },
}

describe("OGC API Features Part 1", () => {
  it.each(Object.entries(abstract_tests))("/conf/%s", (_id, test) => test())

  const title = has_material
    ? "has a test here for every abstract test of its classes"
    : "its own schemas were not looked at: LIFELINE_TEST_DATA names no folder with ogcapi-features"
  it.skipIf(!has_material)(title, () => {
    const folder = join(material, "standard/abstract_tests")
    const ids = ["core", "geojson", "html", "oas30"].flatMap((name) =>
      readdirSync(join(folder, name)).flatMap((file) =>
        [...readFileSync(join(folder, name, file), "utf8").matchAll(/\*\/conf\/([\w/-]+)\*/g)].map((m) =>
          // One heading of the OpenAPI 3.0 tests names the class of 3.1 by mistake.
          m[1]!.replace(/^oas31/, "oas30"),
        ),
      ),
    )
    expect(ids.length).toBeGreaterThan(30)
    expect(ids.filter((id) => !(id in abstract_tests))).toEqual([])
  })
})
