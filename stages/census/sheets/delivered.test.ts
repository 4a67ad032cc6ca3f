/** Import sheets on their whole way through staging. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { inventCity } from "../../../sim/survey/index.ts"
import { person, stagingCity } from "../staging/testing.ts"

const analyst = person(1, "小王", "analyst")
const leader = person(2, "老李", "duty_leader")
let city: Awaited<ReturnType<typeof stagingCity>>
beforeAll(async () => {
  city = await stagingCity([analyst, leader])
}, 60_000)
afterAll(() => city.close())

const url = (id: number, rest = "") => `/api/census/deliveries/${id}${rest}`
async function deliver(files: Record<string, string | Buffer>): Promise<number> {
  const made = await city.ask(analyst, "POST", "/api/census/deliveries", { name: "导入表" })
  for (const [name, content] of Object.entries(files))
    expect((await city.upload(analyst, made.json.id, name, content)).status).toBe(200)
  return made.json.id
}
async function does(id: number, what: string, body?: unknown) {
  const asked = await city.ask(analyst, "POST", url(id, `/${what}`), body)
  expect(asked.status, asked.text).toBe(200)
  await city.staging.now.idle()
  return (await city.ask(analyst, "GET", url(id))).json
}
async function publish(id: number) {
  const submitted = await does(id, "submit")
  expect(submitted.status, JSON.stringify(submitted.problem)).toBe("submitted")
  const [set] = submitted.change_sets
  const answer = await city.ask(leader, "POST", `/api/census/changes/${set.id}/approve`)
  expect(answer.status, answer.text).toBe(200)
  return answer.json
}
const kinds = (kind: string) => [...city.census.assets()].filter((asset) => asset.kind === kind)

it("brings in the bridges of an invented city", async () => {
  const out = mkdtempSync(join(tmpdir(), "mingmai-sheets-"))
  try {
    const { bridges } = inventCity({ segments: 1600, seed: 3, out })
    const id = await deliver({ "bridges.geojson": readFileSync(join(out, "bridges.geojson")) })
    const checked = await does(id, "check")
    expect(checked.counts, JSON.stringify(checked.problem)).toEqual({})
    expect(checked).toMatchObject({ status: "checked", rows: bridges, publishable: bridges })
    expect(checked.tables).toMatchObject([{ kind: "sheet:bridge", rows: bridges }])
    await publish(id)
    expect(kinds("bridge")).toHaveLength(bridges)
    const [first] = kinds("bridge")
    expect(first!.code).toMatch(/^HFQ\d{4}$/)
    expect(first!.geometry.type).toBe("LineString")
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}, 60_000)

it("publishes good rows, keeps bad ones back, and remembers what columns mean", async () => {
  const csv = "nr,lon,lat,DN\nG1,117.21,31.81,200\nG2,117.22,31.82,abc\n"
  const id = await deliver({ "layer9.csv": csv })
  await does(id, "check")
  const chosen = await does(id, "columns", {
    choices: [
      { kind: "table", column: "layer9", field: "gas_valve" },
      { kind: "sheet:gas_valve", column: "nr", field: "code" },
      { kind: "sheet:gas_valve", column: "DN", field: "diameter_mm" },
    ],
  })
  expect(chosen.stale).toBe(true)
  const checked = await does(id, "check")
  expect(checked).toMatchObject({ rows: 2, publishable: 1, counts: { numeric: 1 } })
  const { items } = (await city.ask(analyst, "GET", url(id, "/issues"))).json
  expect(items).toMatchObject([{ rule: "numeric", row: 3, field: "diameter_mm", value: "abc", key: "G2" }])
  await publish(id)
  expect(kinds("gas_valve").map(({ code }) => code)).toEqual(["G1"])

  const next = await deliver({ "layer9.csv": csv.replace("abc", "300") })
  expect(await does(next, "check")).toMatchObject({ rows: 2, publishable: 2, counts: {} })
}, 60_000)
