/** GDAL's own client reads the open interface back to the same rows. */
import { execFile, execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, it as skippable } from "vitest"
import type { LonLat } from "../../../model/index.ts"
import { withSql } from "../../../platform/sql/testing.ts"
import { day_ms, featureCity, type Given, start } from "./testing.ts"

const run = promisify(execFile)
const has_gdal = (() => {
  try {
    return execFileSync("ogrinfo", ["--version"], { encoding: "utf8" }).startsWith("GDAL")
  } catch {
    return false // It is not installed, which the suite says.
  }
})()

withSql("GDAL reads the open interface", ({ sql, it }) => {
  if (!has_gdal) return skippable.skip("not tried: there is no ogrinfo; install Debian's gdal-bin", () => undefined)
  let city: Awaited<ReturnType<typeof featureCity>>
  const pipes = 2_350
  const old = 500
  const wells = 40

  beforeAll(async () => {
    city = await featureCity(sql())
    const rows: Given[] = []
    for (let i = 0; i < pipes; i++) {
      const from: LonLat = [117 + (i % 50) * 0.001, 31 + Math.floor(i / 50) * 0.001]
      const coordinates: LonLat[] = [from, [from[0] + 0.0005, from[1] + 0.0002]]
      // Only the last pipes have a material and a pressure: a guess by the first page would take them for texts.
      const attributes = { diameter_mm: 100 + (i % 5) * 50, ...(i > 2_300 && { material: "PE", pressure_m: 30.5 }) }
      const valid_from = start - (i < old ? 100 : 10) * day_ms
      rows.push({
        kind: "pipe",
        code: `P${i}`,
        versions: [
          {
            geometry: { type: "LineString", coordinates },
            from: valid_from,
            name: i % 7 ? null : `人民路${i}`,
            attributes,
          },
        ],
      })
    }
    for (let i = 0; i < wells; i++) {
      const geometry = { type: "Point" as const, coordinates: [117.01 + i * 0.0001, 31] as LonLat }
      rows.push({
        kind: "well",
        lifeline: "gas",
        owner: 2,
        code: `W${i}`,
        versions: [{ geometry, from: start - day_ms }],
      })
    }
    await city.put(rows)
  })
  afterAll(async () => {
    await city.close()
    expect(city.failures).toEqual([])
  })

  async function gdal(program: string, args: string[], who = "all") {
    const env = { ...process.env, GDAL_HTTP_HEADERS: `Authorization: Bearer ${who}` }
    const { stdout, stderr } = await run(program, args, { env, maxBuffer: 64e6 })
    expect(stderr, `${program} ${args.join(" ")}`).not.toMatch(/ERROR|Warning/)
    return stdout
  }
  const source = () => `OAPIF:${city.url}/ogc`
  const countOf = (text: string) => Number(/Feature Count: (\d+)/.exec(text)?.[1])

  it("every collection to the same number of rows, as far as the caller may see", async () => {
    const { collections } = (await city.get("/ogc/collections")).body
    expect(collections.length).toBeGreaterThan(30)
    const listed = await gdal("ogrinfo", [source()])
    for (const { id } of collections) expect(listed).toContain(`: ${id} `)
    for (const who of ["all", "one", "two"]) {
      const text = await gdal("ogrinfo", ["-so", "-al", source()], who)
      const counts = new Map(
        [...text.matchAll(/Layer name: (\S+)[\s\S]*?Feature Count: (\d+)/g)].map((m) => [m[1]!, Number(m[2])]),
      )
      const filled = Object.fromEntries([...counts].filter(([, n]) => n > 0))
      expect(filled).toEqual({
        ...(who !== "two" && { "water.pipe": pipes }),
        ...(who !== "one" && { "gas.well": wells }),
      })
      expect(counts.size).toBe(collections.length)
    }
  })

  it("every row with its values, in the types that the declarations name", async () => {
    const file = join(city.folder, "pipes.csv")
    await gdal("ogr2ogr", [
      "-f",
      "GeoJSON",
      "-lco",
      "ID_FIELD=fid",
      join(city.folder, "pipes.json"),
      source(),
      "water.pipe",
    ])
    await gdal("ogr2ogr", ["-f", "CSV", file, source(), "water.pipe"])
    const rows = (await gdal("ogrinfo", ["-al", file])).split("OGRFeature(").slice(1)
    expect(rows).toHaveLength(pipes)
    const codes = new Set(rows.map((row) => /code \(String\) = (\S+)/.exec(row)?.[1]))
    expect(codes.size).toBe(pipes)
    expect(rows.filter((row) => row.includes("material (String) = PE"))).toHaveLength(pipes - 2_301)
    expect(rows.filter((row) => row.includes("pressure_m (String) = 30.5"))).toHaveLength(pipes - 2_301)
    const layer = await gdal("ogrinfo", ["-so", source(), "water.pipe"])
    for (const line of ["diameter_mm: Real", "material: String", "valid_to: DateTime", "breaks: Integer"])
      expect(layer).toContain(line)
  })

  it("one feature by its number", async () => {
    const [first] = (await city.get("/ogc/collections/water.pipe/items?code=P77")).body.features
    const text = await gdal("ogrinfo", ["-fid", String(first.id), source(), "water.pipe"])
    expect(text).toContain(`OGRFeature(water.pipe):${first.id}`)
    expect(text).toContain("code (String) = P77")
  })

  it("what lies in a window", async () => {
    const window = [117.0102, 31.0101, 117.0207, 31.0306]
    const text = await gdal("ogrinfo", ["-so", "-spat", ...window.map(String), source(), "water.pipe"])
    const { body } = await city.get(`/ogc/collections/water.pipe/items?bbox=${window.join()}&limit=10000`)
    expect(body.numberMatched).toBeGreaterThan(100)
    expect(body.numberMatched).toBeLessThan(pipes / 4)
    expect(countOf(text)).toBe(body.numberMatched)
  })

  it("what began before a time, and what has a property", async () => {
    const before = "valid_from <= '2026/10/01 00:00:00'"
    expect(countOf(await gdal("ogrinfo", ["-so", "-where", before, source(), "water.pipe"]))).toBe(old)
    const material = "material = 'PE'"
    const asked: string[] = []
    city.app.http.server.server.on("request", (request) => void asked.push(request.url ?? ""))
    expect(countOf(await gdal("ogrinfo", ["-so", "-where", material, source(), "water.pipe"]))).toBe(pipes - 2_301)
    // The condition was answered here, not by reading everything.
    expect(asked.some((url) => url.includes("material=PE"))).toBe(true)
    const then = await city.get("/ogc/collections/water.pipe/items?datetime=2026-10-01T00:00:00Z&limit=10000")
    const file = join(city.folder, "then.json")
    writeFileSync(file, then.text)
    expect(countOf(await gdal("ogrinfo", ["-so", "-al", file]))).toBe(old)
  })

  it("nothing without a token, and nothing with a wrong one", async () => {
    const asked = run("ogrinfo", [source()], { env: { ...process.env, GDAL_HTTP_HEADERS: "" } })
    await expect(asked).rejects.toThrow()
    await expect(gdal("ogrinfo", [source()], "nobody")).rejects.toThrow()
  })

  it("leaves a line in the audit trail", () => {
    const lines = city.audits.filter(
      (line) => line.action === "features-read" && line.object === "collection:water.pipe",
    )
    expect(lines.length).toBeGreaterThan(0)
    expect(lines[0]).toMatchObject({ actor: "all", detail: { rows: expect.any(Number) } })
  })
})
