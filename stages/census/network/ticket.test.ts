import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { sql } from "kysely"
import { afterAll, beforeAll, expect, it } from "vitest"
import { everything, type LonLat, type Scope } from "../../../model/index.ts"
import { installNetwork } from "./index.ts"
import { roleOf } from "./roles.ts"
import { paperCity } from "./testing.ts"

const has = (program: string) => spawnSync(program, ["-v"]).error === undefined
const at = (x: number): LonLat => [117.28 + x * 1e-5, 31.86]

let city: Awaited<ReturnType<typeof paperCity>>
let ids: Map<string, number>

/** Source — V1 — pipe P — V2 — pipe Q with a customer at its end. */
beforeAll(async () => {
  city = await paperCity()
  installNetwork(city.app, city.census)
  const lifeline = city.app.lifelines.find(
    (l) =>
      l.survey?.gravity === false &&
      ["valve", "source", "consumer"].every((r) => l.assets.some((k) => roleOf(k) === r)),
  )!
  const kind = (role: string) => lifeline.assets.find((k) => roleOf(k) === role)!.kind
  const point = (code: string, kind_: string, x: number, more: object = {}) => ({
    kind: kind_,
    source_id: code,
    code,
    name: null,
    geometry: { type: "Point" as const, coordinates: at(x) },
    attributes: more as Record<string, string | number>,
    original: null,
  })
  const line = (code: string, from: number, to: number, more: object = {}) => ({
    ...point(code, lifeline.survey!.line_kind, 0, { length_m: to - from, diameter_mm: 200, ...more }),
    geometry: { type: "LineString" as const, coordinates: [at(from), at(to)] },
  })
  ids = await city.take(lifeline.id, [
    point("S", kind("source"), 0),
    point("V1", kind("valve"), 50, { diameter_mm: 200 }),
    point("V2", kind("valve"), 150, { diameter_mm: 150 }),
    point("C", kind("consumer"), 250),
    line("O", 0, 50),
    line("P", 50, 150, { people_served: 120 }),
    line("Q", 150, 250, { people_served: 30 }),
  ])
}, 60_000)
afterAll(() => city.close())

it("lists valves in order, what is lost, and who asked, as a signed paper with a number", async () => {
  const question = { asset: ids.get("P"), reason: "管道漏损抢修" }
  const isolation = await city.ask("POST", "/api/census/network/isolate", [everything], { asset: ids.get("P") })
  expect(isolation.json.affected).toEqual({ customers: 1, hydrants: 0, people: 150 })
  const paper = await city.ask("POST", "/api/census/network/isolate/ticket", [everything], question)
  expect([paper.status, paper.headers["content-type"]]).toEqual([200, "application/pdf"])
  const number = String(paper.headers["x-ticket-number"])
  expect(number).toMatch(/^FM-2026-\d{6}$/)
  expect(city.audited.at(-1)).toMatchObject({ action: "census.ticket", object: `asset:${ids.get("P")}` })
  const kept = await sql<{ number: string; pdf_hash: string; reason: string }>`
    select number, pdf_hash, reason from census_valve_ticket`.execute(city.app.sql.db)
  expect(kept.rows).toMatchObject([{ number, reason: "管道漏损抢修" }])
  expect((await city.app.files.get(kept.rows[0]!.pdf_hash))!.equals(paper.body)).toBe(true)
  if (process.env.KEEP_PDF) writeFileSync(join(process.env.KEEP_PDF, "ticket.pdf"), paper.body)
  if (!has("pdftotext") || !has("pdfsig")) return console.log("poppler-utils are missing: the ticket is not read back")
  const path = join(city.folder, "ticket.pdf")
  writeFileSync(path, paper.body)
  const text = spawnSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8" }).stdout
  for (const word of [
    "阀门操作票",
    number,
    "V1",
    "V2",
    "管道漏损抢修",
    "关闭",
    "停供用户表 1 只",
    "监护人",
    "Asia/Shanghai",
    "示例市",
  ])
    expect(text).toContain(word)
  expect(spawnSync("pdfsig", [path], { encoding: "utf8" }).stdout).toContain("Signature is Valid")
}, 60_000)

it("is refused without a reason, and for what the caller may not see", async () => {
  const asset = ids.get("P")
  expect(
    (await city.ask("POST", "/api/census/network/isolate/ticket", [everything], { asset, reason: "" })).status,
  ).toBe(400)
  const stranger: Scope[] = [{ ...everything, organisations: [99] }]
  expect((await city.ask("POST", "/api/census/network/isolate/ticket", stranger, { asset, reason: "x" })).status).toBe(
    404,
  )
})
