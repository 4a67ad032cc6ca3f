/** The questions through the doors: on a small network with known answers, on L-Town, and with another owner's pipes. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { LifelineImport } from "../../../lifelines/contract.ts"
import { everything, type Scope } from "../../../model/index.ts"
import { transaction } from "../../../platform/sql/index.ts"
import { type Census, installCensus } from "../index.ts"
import { installSection } from "../section/index.ts"
import { testCity } from "../testing.ts"
import { installNetwork } from "./index.ts"

const origin: [number, number] = [117.28, 31.86]
/** R — n1 — n2 — n3, a valve between n1 and n2 and one between n2 and n3; n2 feeds a dead end n4. */
const inp = `[JUNCTIONS]
 n1 10 5
 a1 10 0
 n2 10 5
 a2 10 0
 n3 10 5
 n4 10 5
[RESERVOIRS]
 R 60
[PIPES]
 p0 R n1 100 300 120 0 Open
 p1 a1 n2 100 300 120 0 Open
 p2 a2 n3 100 200 110 0 Open
 p4 n2 n4 50 100 110 0 Open
[VALVES]
 v1 n1 a1 300 TCV 0 0
 v2 n2 a2 300 TCV 0 0
[COORDINATES]
 R 0 0
 n1 100 0
 a1 101 0
 n2 200 0
 a2 201 0
 n3 300 0
 n4 200 50
[OPTIONS]
 Units CMH
[END]
`
const data = process.env.LIFELINE_TEST_DATA
const l_town =
  data &&
  [join(data, "battledim/L-TOWN.inp"), join(data, "battledim-r/L-TOWN_Real.inp")].find((path) => existsSync(path))

let city: Awaited<ReturnType<typeof testCity>>
let census: Census
let owner: number
const all = [everything]

async function take(text: string, source: string, owners: { default_owner?: string } = {}) {
  // A reader of other networks has files of the same ending: it knows its own.
  const reads = (i: LifelineImport) => i.extension === "inp" && i.accepts?.(text) !== false
  const lifeline = city.app.lifelines.find((l) => l.imports?.some(reads))!
  const imported = lifeline.imports!.find(reads)!.read(text, { companion: null, origin })
  await transaction(city.app.sql.db, (tx) =>
    census.importAssets(tx, {
      lifeline,
      imported,
      file_name: source,
      file_hash: source,
      source,
      origin,
      by: "test",
      ...owners,
    }),
  )
  await census.reload()
  return lifeline.id
}
async function ask(method: "GET" | "POST", url: string, scopes: Scope[], payload?: object) {
  const headers = { "x-test-scopes": JSON.stringify(scopes), "x-mingmai": "1" }
  const answer = await city.app.http.server.inject({ method, url, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, json: answer.json() }
}

beforeAll(async () => {
  city = await testCity()
  census = installCensus(city.app)
  const networks = installNetwork(city.app, census)
  installSection(city.app, census, networks, { clearance: [], levels: async () => new Map() })
  const { rows } = await sql<{ id: number }>`
    insert into access_organisation (code, name, kind) values ('ONE', '{"zh":"一","en":"one"}'::jsonb, 'owner') returning id`.execute(
    city.app.sql.db,
  )
  owner = rows[0]!.id
}, 60_000)
afterAll(() => city.close())

describe("a small network", () => {
  let id: (code: string) => number
  beforeAll(async () => {
    const lifeline = await take(inp, "small", { default_owner: "ONE" })
    id = (code) => census.assetByCode(lifeline, code)!.id
  })
  it("traces, finds the connected part and the shortest way", async () => {
    const traced = await ask("GET", `/api/census/network/trace?asset=${id("p1")}&direction=down`, all)
    expect(traced.json).toMatchObject({ directed: false, hidden: 0, by_kind: { pipe: 4, valve: 2 } })
    const part = await ask("GET", `/api/census/network/component?asset=${id("n4")}`, all)
    expect(part.json.components).toBe(1)
    const path = await ask("GET", `/api/census/network/path?from=${id("R")}&to=${id("n3")}`, all)
    const codes = (path.json.asset_ids as number[]).map((a) => census.asset(a)!.code)
    expect(codes.slice(0, 5)).toEqual(["p0", "v1", "p1", "v2", "p2"])
    expect(path.json.length_m).toBe(300)
  })
  it("isolates a pipe: valves, what is cut off behind, the second ring", async () => {
    const { json } = await ask("POST", "/api/census/network/isolate", all, { asset: id("p1") })
    const codes = (list: { code: string }[]) => list.map((v) => v.code).sort()
    expect(codes(json.close)).toEqual(["v1", "v2"])
    expect(json.isolated.by_kind).toMatchObject({ pipe: 2 })
    expect(json.cut_off.by_kind).toMatchObject({ pipe: 1 })
    expect(json.second_ring).toEqual([])
    const failed = await ask("POST", "/api/census/network/isolate", all, { asset: id("p1"), failed: [id("v2")] })
    expect(codes(failed.json.close)).toEqual(["v1"])
    expect(codes(failed.json.failed)).toEqual(["v2"])
    expect(failed.json.isolated.by_kind).toMatchObject({ pipe: 3, valve: 1 })
    const shut = await ask("POST", "/api/census/network/isolate", all, { asset: id("p1"), closed: [id("v2")] })
    expect(codes(shut.json.keep_closed)).toEqual(["v2"])
  })
  it("refuses what is no valve, and what hangs in no network", async () => {
    const wrong = await ask("POST", "/api/census/network/isolate", all, { asset: id("p1"), failed: [id("n1")] })
    expect([wrong.status, wrong.json.field, wrong.json.value]).toEqual([422, "failed", id("n1")])
    expect((await ask("GET", "/api/census/network/trace?asset=999999", all)).status).toBe(404)
  })
  it("shows nothing of another owner", async () => {
    const stranger: Scope[] = [{ organisations: [owner + 1], lifelines: "all", areas: "all" }]
    const refused = await ask("GET", `/api/census/network/trace?asset=${id("p1")}`, stranger)
    expect(refused.status).toBe(404)
    const cut = [
      [origin[0] - 0.002, origin[1] - 0.001],
      [origin[0] + 0.002, origin[1] + 0.001],
    ]
    const mine = await ask("POST", "/api/census/section/cross", [{ ...stranger[0]!, organisations: [owner] }], {
      line: cut,
    })
    expect(mine.json.crossings.length).toBeGreaterThan(0)
    const theirs = await ask("POST", "/api/census/section/cross", stranger, { line: cut })
    expect(theirs.json.crossings).toEqual([])
    const run = await ask("POST", "/api/census/section/long", stranger, { asset_ids: [id("p1")] })
    expect(run.status).toBe(404)
  })
  it("draws a long section between two assets and refuses one without a beginning", async () => {
    const { json } = await ask("POST", "/api/census/section/long", all, { from: id("a1"), to: id("n4") })
    expect(json.pipes.map((p: { code: string }) => p.code)).toEqual(["p1", "p4"])
    expect(json.nodes.map((n: { code: string }) => n.code)).toEqual(["a1", "n2", "n4"])
    expect(json.nodes.map((n: { chainage_m: number }) => n.chainage_m)).toEqual([0, 100, 150])
    expect((await ask("POST", "/api/census/section/long", all, {})).json.code).toBe("no-run")
    const pressure = await ask("POST", "/api/census/section/long", all, { downstream_of: id("n1") })
    expect(pressure.json.code).toBe("no-downstream")
  })
})

describe.skipIf(!l_town)("L-Town (LIFELINE_TEST_DATA; skipped without it)", () => {
  it("isolates a pipe of the town between its valves", async () => {
    const lifeline = await take(readFileSync(l_town!, "utf8"), "small", { default_owner: "ONE" })
    const pipe =
      census.assetByCode(lifeline, "p523") ??
      [...census.assets()].find((a) => a.kind === "pipe" && (a.code?.startsWith("p") ?? false))!
    const first = await ask("POST", "/api/census/network/isolate", all, { asset: pipe.id })
    const begun = performance.now()
    const { status, json } = await ask("POST", "/api/census/network/isolate", all, { asset: pipe.id })
    console.log(`L-Town: isolation through HTTP in ${(performance.now() - begun).toFixed(1)} ms;`, {
      pipe: pipe.code,
      close: json.close.map((v: { code: string }) => v.code),
      keep_closed: json.keep_closed.map((v: { code: string }) => v.code),
      isolated: json.isolated.by_kind,
      cut_off: json.cut_off.by_kind,
      sources_inside: json.sources_inside.length,
    })
    expect(status).toBe(200)
    expect(first.json).toEqual(json)
    const codes = new Set([...json.close, ...json.keep_closed].map((v: { code: string }) => v.code))
    // L-Town's only valves are three pressure reducers; some pipes are shut for good.
    for (const code of codes) expect(code).toMatch(/^(PRV|p)/)
    expect(json.isolated.by_kind.pipe).toBeGreaterThan(0)
  })
})
