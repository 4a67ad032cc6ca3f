/** Exports on a real database, read back by the platform's own readers and, where it is there, by GDAL. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { afterAll, beforeAll, expect } from "vitest"
import type { LonLat } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { withSql } from "../../../platform/sql/testing.ts"
import { readTables, type Table } from "../../../platform/tables/index.ts"
import { sleep } from "../../../platform/timers/index.ts"
import { installExports } from "./exports.ts"
import { insertExport } from "./store.ts"
import { day_ms, featureCity, type Given, start } from "./testing.ts"

const has_gdal = existsSync("/usr/bin/ogrinfo")

withSql("exports of the census", ({ sql, it }) => {
  let city: Awaited<ReturnType<typeof featureCity>>
  const pipes = 4_100
  const junctions = 120
  const reason = "道路施工交底"

  beforeAll(async () => {
    city = await featureCity(sql())
    const rows: Given[] = []
    for (let i = 0; i < pipes; i++) {
      const from: LonLat = [117 + (i % 100) * 0.001, 31 + Math.floor(i / 100) * 0.001]
      const coordinates: LonLat[] = [from, [from[0] + 0.0005, from[1]]]
      const name = i === 0 ? '=HYPERLINK("http://evil","x")' : `人民路${i}`
      const attributes = { diameter_mm: 200, material: "PE", note: "@SUM(1)" }
      const versions = [
        { geometry: { type: "LineString" as const, coordinates }, from: start - 10 * day_ms, name, attributes },
      ]
      rows.push({ kind: "pipe", code: `P${i}`, owner: i % 2 ? 1 : 2, versions })
    }
    for (let i = 0; i < junctions; i++)
      rows.push({
        kind: "junction",
        code: `J${i}`,
        versions: [{ geometry: { type: "Point", coordinates: [117 + i * 0.001, 31] }, from: start - 20 * day_ms }],
      })
    await city.put(rows)
  })
  afterAll(async () => {
    await city.close()
    expect(city.failures).toEqual([])
  })

  async function ended(id: number, who = "all") {
    for (let i = 0; i < 600; i++) {
      const { body } = await city.get(`/api/census/exports/${id}`, who)
      if (body.state !== "queued" && body.state !== "running") return body
      await sleep(20)
    }
    throw new Error(`export ${id} did not end`)
  }
  async function exported(ask: object, who = "all") {
    const { status, body } = await city.send("POST", "/api/census/exports", { reason, ...ask }, who)
    expect(status, JSON.stringify(body)).toBe(200)
    const row = await ended(body.id, who)
    expect(row, JSON.stringify(row.problem)).toMatchObject({ state: "done", progress: 1 })
    const answer = await fetch(`${city.url}/api/census/exports/${body.id}/file`, {
      headers: { authorization: `Bearer ${who}` },
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    expect(bytes.length).toBe(row.bytes)
    const path = join(city.folder, row.file_name)
    writeFileSync(path, bytes)
    return { row, path, bytes }
  }
  async function tables(path: string): Promise<Table[]> {
    const all: Table[] = []
    for await (const table of readTables(path, basename(path))) all.push(table)
    return all
  }

  for (const format of ["gpkg", "shp", "dxf", "geojson", "csv"] as const)
    it(`${format} holds what was asked for`, async () => {
      const { row, path } = await exported({ lifelines: ["water"], format })
      expect(row).toMatchObject({ rows: pipes + junctions, reason })
      if (!has_gdal) return
      const source = format === "shp" ? `/vsizip/${path}` : path
      const text = execFileSync("ogrinfo", ["-so", "-al", source], { encoding: "utf8" })
      const counts = [...text.matchAll(/Feature Count: (\d+)/g)].map((m) => Number(m[1]))
      // A drawing has a text beside everything that has a code.
      const things = format === "dxf" ? 2 : 1
      expect(
        counts.reduce((a, b) => a + b, 0),
        text,
      ).toBe(things * (pipes + junctions))
    })

  it("XLSX holds sheets by kind with places as columns, and no formulas", async () => {
    const { path } = await exported({ lifelines: ["water"], format: "xlsx" })
    const all = await tables(path)
    expect(all.map((t) => [t.name, t.rows.length])).toEqual([
      ["water.pipe", pipes + 1],
      ["water.junction", junctions + 1],
    ])
    const first = all[1]!.cells.map((column) => column[1])
    expect(first).toContain(117)
    expect(first).toContain("POINT (117 31)")
  })

  it("texts that a spreadsheet would run are made harmless", async () => {
    const { bytes } = await exported({
      kinds: ["water.pipe"],
      bbox: [116.9999, 30.9999, 117.0006, 31.0001],
      format: "csv",
    })
    const text = bytes.toString("utf8")
    expect(text).toContain(`"'=HYPERLINK(""http://evil"",""x"")"`)
    expect(text).toContain("'@SUM(1)")
    expect(text).toContain('"LINESTRING (117 31, 117.0005 31)"')
  })

  it("in a zone of CGCS2000 where it is asked for", async () => {
    const { path } = await exported({ kinds: ["junction"], format: "gpkg", crs: 4527 })
    const [table] = await tables(path)
    expect(table!.crs).toEqual({ epsg: 4527 })
    // The central meridian of zone 39 is 117° E: its easting is the false one, its northing the arc of 31°.
    const [x, y] = table!.geometry![0]!.coordinates as number[]
    expect(x).toBeCloseTo(39_500_000, 3)
    expect(y).toBeGreaterThan(3_430_000)
    expect(y).toBeLessThan(3_433_000)
    for (const crs of [3857, 4512, 4555, 99])
      expect((await city.send("POST", "/api/census/exports", { reason, format: "gpkg", crs })).body).toMatchObject({
        status: 400,
        field: "crs",
      })
    expect((await city.send("POST", "/api/census/exports", { reason, format: "geojson", crs: 4527 })).status).toBe(400)
  })

  it("of an area drawn on the map, a box, and a time", async () => {
    const count = async (ask: object) => (await exported({ format: "geojson", ...ask })).row.rows
    // Every second junction along the street, and no pipe whose box alone is touched.
    expect(await count({ kinds: ["junction"], bbox: [117.0005, 30.9, 117.0105, 31.1] })).toBe(10)
    const triangle = [
      [117.0005, 30.9995],
      [117.0105, 30.9995],
      [117.0105, 31.0005],
    ]
    expect(await count({ kinds: ["junction"], polygon: triangle })).toBe(5)
    expect(
      await count({
        kinds: ["pipe"],
        polygon: [
          [117.0001, 30.9999],
          [117.0003, 30.9999],
          [117.0003, 31.0001],
        ],
      }),
    ).toBe(1)
    expect(await count({ at: start - 15 * day_ms })).toBe(junctions)
    expect(await count({ lifelines: ["water"] })).toBe(pipes + junctions)
  })

  it("holds what its asker may see, and is nobody else's", async () => {
    const { row } = await exported({ lifelines: ["water"], format: "geojson" }, "two")
    expect(row.rows).toBe(pipes / 2)
    for (const path of [`/api/census/exports/${row.id}`, `/api/census/exports/${row.id}/file`])
      expect((await city.get(path, "all")).status).toBe(404)
    expect((await city.get("/api/census/exports", "two")).body).toMatchObject({ total: 1 })
    expect((await city.send("POST", "/api/census/exports", { reason, format: "csv" }, "all-desk")).status).toBe(403)
  })

  it("asks for a reason and refuses what cannot be", async () => {
    const refused = async (ask: object) => (await city.send("POST", "/api/census/exports", ask)).body
    expect(await refused({ format: "csv" })).toMatchObject({ status: 400, field: "body.reason" })
    expect(await refused({ format: "csv", reason: "  " })).toMatchObject({ status: 400, field: "reason" })
    expect(await refused({ format: "csv", reason: "a\0b" })).toMatchObject({ status: 400, field: "reason" })
    expect(await refused({ format: "dwg", reason })).toMatchObject({ status: 400 })
    expect(await refused({ format: "csv", reason, kinds: ["nothing"] })).toMatchObject({
      field: "kinds",
      value: "nothing",
    })
    expect(await refused({ format: "csv", reason, bbox: [2, 1, 1, 2] })).toMatchObject({ field: "bbox" })
    const { body } = await city.send("POST", "/api/census/exports", { format: "csv", reason, kinds: ["pump"] })
    expect(await ended(body.id)).toMatchObject({
      state: "failed",
      problem: { code: "nothing-to-export" },
      file_name: null,
    })
  })

  it("can be cancelled, removed and forgotten; no file stays", async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(
        async () => (await city.send("POST", "/api/census/exports", { reason, format: "dxf" }, "one")).body.id,
      ),
    )
    for (const id of ids)
      expect((await city.send("DELETE", `/api/census/exports/${id}`, undefined, "one")).status).toBe(200)
    const { row } = await exported({ kinds: ["junction"], format: "csv" }, "one")
    expect((await city.send("DELETE", `/api/census/exports/${row.id}`, undefined, "one")).status).toBe(200)
    expect((await city.get(`/api/census/exports/${row.id}`, "one")).status).toBe(404)
    const kept = readdirSync(join(city.folder, "census-exports"))
    for (const id of [...ids, row.id]) expect(kept.filter((name) => name.startsWith(`census-${id}.`))).toEqual([])
    await city.exported.forget()
    expect(readdirSync(join(city.folder, "census-exports"))).toEqual(kept)
  })

  it("that a stop interrupted is told so at the next start, and its half file is gone", async () => {
    const asked = { asked_by: null, asked_by_name: "one", reason, request: { format: "csv" }, created_at: start }
    const { id } = await insertExport(sql().db, asked)
    const folder = mkdtempSync(join(city.folder, "next-"))
    mkdirSync(join(folder, "census-exports"))
    writeFileSync(join(folder, "census-exports", `census-${id}.csv`), "half")
    const http = { route: () => undefined }
    const app = { ...city.app, http, settings: { ...city.app.settings, data_dir: folder } } as unknown as App
    await installExports(app).close()
    expect(readdirSync(join(folder, "census-exports"))).toEqual([])
    expect((await city.get(`/api/census/exports/${id}`, "one")).body).toMatchObject({
      state: "failed",
      problem: { code: "export-interrupted" },
    })
  })

  it("says in the audit trail who, what, how many and why", async () => {
    const { row } = await exported({ kinds: ["junction"], format: "csv" })
    const lines = city.audits.filter((line) => line.object === `census-export:${row.id}`)
    expect(lines.map((line) => [line.actor, line.action])).toEqual([
      ["all", "census-export"],
      ["all", "census-export-ended"],
      ["all", "census-export-fetched"],
    ])
    expect(lines[0]!.detail).toMatchObject({ reason, format: "csv", kinds: ["junction"] })
    expect(lines[1]!.detail).toMatchObject({ reason, rows: junctions, state: "done" })
  })
})
