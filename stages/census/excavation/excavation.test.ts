import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { everything, type LonLat, type Scope } from "../../../model/index.ts"
import { paperCity } from "../network/testing.ts"
import { planeAt } from "../section/index.ts"
import { areaM2, crossesItself } from "./check.ts"
import { installExcavation } from "./index.ts"

const plane = planeAt([117.28, 31.86])
const at = (x: number, y: number): LonLat => plane.from([x, y])
const square = (size: number) => [at(0, 0), at(size, 0), at(size, size), at(0, size)]
const has = (program: string) => spawnSync(program, ["-v"]).error === undefined
const all = [everything]

let city: Awaited<ReturnType<typeof paperCity>>
const owners: number[] = []
let lifeline: { id: string; line: string; point: string }
let gravity: { id: string; line: string; point: string }

const asset = (kind: string, code: string, points: [number, number][], attributes: object) => ({
  kind,
  source_id: code,
  code,
  name: null,
  geometry:
    points.length === 1
      ? { type: "Point" as const, coordinates: at(...points[0]!) }
      : { type: "LineString" as const, coordinates: points.map((p) => at(...p)) },
  attributes: attributes as Record<string, string | number>,
  original: null,
})

beforeAll(async () => {
  city = await paperCity()
  installExcavation(city.app, city.census)
  for (const [code, phone] of [
    ["ONE", "0551-123"],
    ["TWO", null],
  ]) {
    const { rows } = await sql<{ id: number }>`
      insert into access_organisation (code, name, kind, phone)
      values (${code}, ${JSON.stringify({ zh: `${code}公司`, en: `${code} company` })}::jsonb, 'owner', ${phone}) returning id`.execute(
      city.app.sql.db,
    )
    owners.push(rows[0]!.id)
  }
  const surveyed = city.app.lifelines.filter((l) => l.survey)
  const kinds = (gravityWanted: boolean, hollowPoint: boolean) => {
    const found = surveyed.find(
      (l) => l.survey!.gravity === gravityWanted && (!hollowPoint || l.assets.some((k) => k.kind === "manhole")),
    )!
    return { id: found.id, line: found.survey!.line_kind, point: found.survey!.point_kind }
  }
  lifeline = kinds(false, false)
  gravity = kinds(true, true)
  const depths = (d: number) => ({ from_depth_m: d, to_depth_m: d, diameter_mm: 200, length_m: 60 })
  await city.take(lifeline.id, [
    asset(
      lifeline.line,
      "INSIDE",
      [
        [5, -20],
        [5, 40],
      ],
      { ...depths(1), owner: "ONE" },
    ),
    asset(
      lifeline.line,
      "DEEP",
      [
        [8, -20],
        [8, 40],
      ],
      { ...depths(4), owner: "ONE" },
    ),
    asset(
      lifeline.line,
      "UNKNOWN",
      [
        [14, -20],
        [14, 40],
      ],
      { diameter_mm: 200, length_m: 60, owner: "TWO" },
    ),
    asset(
      lifeline.line,
      "FAR",
      [
        [30, -20],
        [30, 40],
      ],
      { ...depths(1), owner: "TWO" },
    ),
  ])
  await city.take(gravity.id, [
    asset(
      gravity.line,
      "SEWER",
      [
        [-20, 5],
        [40, 5],
      ],
      {
        from_depth_m: 2,
        to_depth_m: 3.2,
        from_elevation_m: 10,
        to_elevation_m: 9.4,
        width_mm: 800,
        height_mm: 600,
        length_m: 60,
        owner: "TWO",
      },
    ),
    asset("manhole", "M1", [[9, 5]], { ground_m: 12, invert_m: 9, owner: "TWO" }),
  ])
}, 60_000)
afterAll(() => city.close())

const question = { polygon: square(10), depth_m: 2, purpose: "热力管沟开挖", applicant: "示例建设公司" }

describe("excavation", () => {
  it("measures areas and knows polygons that cross themselves", () => {
    expect(areaM2(square(10))).toBeCloseTo(100, 3)
    expect(crossesItself(square(10))).toBe(false)
    expect(crossesItself([at(0, 0), at(10, 10), at(10, 0), at(0, 10)])).toBe(true)
  })
  it("finds who lies below, how deep, nearest first, and whom to call", async () => {
    const { status, json } = await city.ask("POST", "/api/census/excavation", all, question)
    expect(status).toBe(200)
    const found = Object.fromEntries(json.found.map((f: { code: string }) => [f.code, f]))
    expect(Object.keys(found).sort()).toEqual(["DEEP", "INSIDE", "M1", "SEWER", "UNKNOWN"])
    expect(found.INSIDE).toMatchObject({ distance_m: 0, cover_min_m: 1, danger: "within_depth" })
    expect(found.DEEP).toMatchObject({ distance_m: 0, cover_min_m: 4, danger: "below" })
    expect(found.UNKNOWN).toMatchObject({ distance_m: 4, cover_min_m: null, sure: "unknown", danger: "unknown" })
    expect(found.UNKNOWN.owner.zh).toBe("TWO公司")
    // Depths 2 to 3.2 m are of the invert, 600 mm below the top; between x = −5 and 15 of 60 m they run 2.3 to 2.7 m.
    expect(found.SEWER.cover_min_m).toBeCloseTo(1.7, 1)
    expect(found.SEWER.cover_max_m).toBeCloseTo(2.1, 1)
    expect(found.M1).toMatchObject({ cover_min_m: 3, danger: "within_depth" })
    expect(json.found.at(-1).code).toBe("UNKNOWN")
    const call = (owner: string) => json.contacts.find((c: { owner: { zh: string } }) => c.owner.zh === owner)
    expect(json.contacts).toHaveLength(2)
    expect(call("TWO公司")).toMatchObject({ phone: null, assets: 3, distance_m: 0 })
    expect(call("ONE公司")).toMatchObject({ phone: "0551-123", assets: 2, distance_m: 0 })
    expect(json.number).toMatch(/^KW-2026-\d{6}$/)
    expect(city.audited.at(-1)).toMatchObject({ action: "census.excavation", object: `excavation:${json.id}` })
  })
  it("shows nothing of another owner but says that there is something", async () => {
    const one: Scope[] = [{ ...everything, organisations: [owners[0]!] }]
    const mine = await city.ask("POST", "/api/census/excavation", one, question)
    expect(mine.json.found.map((f: { code: string }) => f.code).sort()).toEqual(["DEEP", "INSIDE"])
    expect(mine.json.hidden).toBe(3)
    const whole = await city.ask("POST", "/api/census/excavation", all, question)
    const seen = await city.ask("GET", `/api/census/excavation/${whole.json.id}`, one)
    expect(seen.json.found).toHaveLength(2)
    expect(seen.json.hidden).toBe(3)
    expect((await city.ask("GET", `/api/census/excavation/${whole.json.id}/pdf`, one)).status).toBe(404)
  })
  it("refuses what is too large, crosses itself or has no depth", async () => {
    const large = await city.ask("POST", "/api/census/excavation", all, { ...question, polygon: square(300) })
    expect([large.status, large.json.code]).toEqual([422, "excavation-too-large"])
    expect(large.json.words.zh).toContain("50000")
    const bow = [at(0, 0), at(10, 10), at(10, 0), at(0, 10)]
    expect((await city.ask("POST", "/api/census/excavation", all, { ...question, polygon: bow })).json.code).toBe(
      "bad-polygon",
    )
    expect((await city.ask("POST", "/api/census/excavation", all, { ...question, depth_m: 0 })).status).toBe(400)
  })
  it("becomes a signed paper that is made once", async () => {
    const { json } = await city.ask("POST", "/api/census/excavation", all, question)
    const paper = await city.ask("GET", `/api/census/excavation/${json.id}/pdf`, all)
    expect(paper.headers["content-type"]).toBe("application/pdf")
    const path = join(city.folder, "paper.pdf")
    writeFileSync(path, paper.body)
    if (process.env.KEEP_PDF) writeFileSync(join(process.env.KEEP_PDF, "excavation.pdf"), paper.body)
    const again = await city.ask("GET", `/api/census/excavation/${json.id}/pdf?language=en`, all)
    expect(again.body.equals(paper.body)).toBe(true)
    const listed = await city.ask("GET", "/api/census/excavation?limit=1", all)
    expect(listed.json.items[0]).toMatchObject({ number: json.number, pdf: `/api/census/excavation/${json.id}/pdf` })
    if (!has("pdftotext") || !has("pdfsig")) return console.log("poppler-utils are missing: the paper is not read back")
    const text = spawnSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8" }).stdout
    for (const word of [
      json.number,
      "开挖施工地下管线查询单",
      "示例建设公司",
      "0551-123",
      "INSIDE",
      "Asia/Shanghai",
      "埋深不明",
    ])
      expect(text).toContain(word)
    expect(spawnSync("pdfsig", [path], { encoding: "utf8" }).stdout).toContain("Signature is Valid")
  }, 60_000)
})
