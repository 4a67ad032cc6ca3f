/** Sections and adjacent spaces through the doors: a street with a sewer by gravity, manholes, and a main that leaks. */
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { everything, type LonLat, type Scope } from "../../../model/index.ts"
import { installAdjacency } from "../adjacency/index.ts"
import { defaultCheckSettings } from "../checks/index.ts"
import { installNetwork } from "../network/index.ts"
import { paperCity } from "../network/testing.ts"
import { installSection, planeAt } from "./index.ts"

const plane = planeAt([117.28, 31.86])
const at = (x: number, y: number): LonLat => plane.from([x, y])
const all = [everything]

let city: Awaited<ReturnType<typeof paperCity>>
let sewers: Map<string, number>
let mains: Map<string, number>
const owners: number[] = []
const scope = (owner: number): Scope[] => [{ ...everything, organisations: [owners[owner]!] }]

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
  const networks = installNetwork(city.app, city.census)
  installAdjacency(city.app, city.census)
  installSection(city.app, city.census, networks, {
    clearance: defaultCheckSettings.clearance,
    levels: async (ids) =>
      new Map(
        ids.flatMap((id) =>
          id === sewers.get("W2") ? [[id, { level_m: 0.3, above: "bottom" as const, time: 7 }] as const] : [],
        ),
      ),
  })
  for (const code of ["SEWERCO", "MAINCO"]) {
    const { rows } = await sql<{ id: number }>`
      insert into access_organisation (code, name, kind)
      values (${code}, ${JSON.stringify({ zh: code, en: code })}::jsonb, 'owner') returning id`.execute(city.app.sql.db)
    owners.push(rows[0]!.id)
  }
  const by_gravity = city.app.lifelines.find((l) => l.survey?.gravity && l.assets.some((k) => k.kind === "manhole"))!
  const leaking = city.app.lifelines.find((l) => l.assets.some((k) => k.leaks && k.geometry === "line"))!
  const line = by_gravity.survey!.line_kind
  const own = { owner: "SEWERCO" }
  const pipe = (from: string, to: string, high: number, low: number, dn: number) => ({
    ...own,
    from_node: from,
    to_node: to,
    from_elevation_m: high,
    to_elevation_m: low,
    diameter_mm: dn,
    length_m: 40,
  })
  sewers = await city.take(by_gravity.id, [
    asset("manhole", "W1", [[0, 0]], { ...own, ground_m: 12, well_depth_m: 2 }),
    asset("manhole", "W2", [[40, 0]], { ...own, ground_m: 12, invert_m: 9.8 }),
    asset("manhole", "W3", [[80, 0]], { ...own, ground_m: 11.9, invert_m: 9.6 }),
    asset("manhole", "W4", [[40, 40]], { ...own, ground_m: 12 }),
    asset(
      line,
      "P1",
      [
        [0, 0],
        [40, 0],
      ],
      pipe("W1", "W2", 10, 9.8, 400),
    ),
    // Surveyed against the flow.
    asset(
      line,
      "P2",
      [
        [80, 0],
        [40, 0],
      ],
      pipe("W3", "W2", 9.6, 9.8, 600),
    ),
    asset(
      line,
      "P3",
      [
        [40, 0],
        [40, 40],
      ],
      pipe("W2", "W4", 9.8, 9.7, 300),
    ),
  ])
  const main = leaking.assets.find((k) => k.leaks && k.geometry === "line")!
  mains = await city.take(leaking.id, [
    asset(
      main.kind,
      "G1",
      [
        [-20, 2],
        [100, 2],
      ],
      { diameter_mm: 200, depth_m: 1.1, length_m: 120, owner: "MAINCO" },
    ),
  ])
}, 60_000)
afterAll(() => city.close())

describe("long section of a gravity network", () => {
  it("follows the flow, the larger pipe first, with water where a level is measured", async () => {
    const { json } = await city.ask("POST", "/api/census/section/long", all, { downstream_of: sewers.get("P1") })
    expect(json.pipes.map((p: { code: string }) => p.code)).toEqual(["P1", "P2"])
    expect(json.pipes.map((p: { slope_permille: number }) => p.slope_permille)).toEqual([5, 5])
    expect(json.pipes[1]).toMatchObject({ reversed: true, from_invert_m: 9.8, to_invert_m: 9.6, from_top_m: 10.4 })
    expect(json.nodes.map((n: { code: string }) => n.code)).toEqual(["W1", "W2", "W3"])
    expect(json.nodes[0]).toMatchObject({ depth_m: 2, bottom_m: 10, water_m: null })
    expect(json.nodes[1]).toMatchObject({
      chainage_m: 40,
      depth_m: 2.2,
      water_m: 10.1,
      water_depth_m: 0.3,
      water_time: 7,
    })
  })
  it("traces upstream and downstream", async () => {
    const trace = async (code: string, direction: string) => {
      const { json } = await city.ask(
        "GET",
        `/api/census/network/trace?asset=${sewers.get(code)}&direction=${direction}`,
        all,
      )
      return { directed: json.directed, codes: json.asset_ids.map((id: number) => city.census.asset(id)!.code).sort() }
    }
    expect(await trace("W2", "down")).toEqual({ directed: true, codes: ["P2", "P3", "W2", "W3", "W4"] })
    expect((await trace("W2", "up")).codes).toEqual(["P1", "W1", "W2"])
  })
})

describe("cross section", () => {
  const cut = [at(20, -5), at(20, 5)]
  it("shows all owners' lines with clearances to whoever may see them", async () => {
    const { json } = await city.ask("POST", "/api/census/section/cross", all, { line: cut })
    expect(json.length_m).toBe(10)
    expect(json.crossings.map((c: { code: string; offset_m: number }) => [c.code, c.offset_m])).toEqual([
      ["P1", 5],
      ["G1", 7],
    ])
    expect(json.crossings[0]).toMatchObject({
      invert_m: 9.9,
      top_m: 10.3,
      sure: "interpolated",
      owner: { zh: "SEWERCO" },
    })
    expect(json.crossings[0].cover_m).toBeCloseTo(1.7, 3)
    expect(json.crossings[1]).toMatchObject({ cover_m: 1.1, top_m: null, sure: "interpolated" })
    expect(json.clearances).toMatchObject([
      { horizontal_m: 1.7, rule_horizontal_m: 1, vertical_m: null, verdict: "ok" },
    ])
    expect(json.ground[5].ground_m).toBeCloseTo(12, 1)
  })
  it("shows an owner its own lines only, and refuses a cut that is none", async () => {
    const own = await city.ask("POST", "/api/census/section/cross", scope(1), { line: cut })
    expect(own.json.crossings.map((c: { code: string }) => c.code)).toEqual(["G1"])
    const far = await city.ask("POST", "/api/census/section/cross", all, { line: [at(0, 0), at(9000, 0)] })
    expect([far.status, far.json.code]).toEqual([422, "bad-cut"])
  })
})

describe("adjacent spaces", () => {
  const codes = (list: { code: string }[]) => list.map((s) => s.code).sort()
  it("lists what lies within reach of a main, and the main from a manhole", async () => {
    const { json } = await city.ask("GET", `/api/census/adjacency?asset=${mains.get("G1")}`, all)
    expect(codes(json.spaces)).toEqual(["P1", "P2", "P3", "W1", "W2", "W3"])
    // P3 runs under the main; the others lie 2 m to its right.
    expect(json.spaces[0]).toMatchObject({ code: "P3", distance_m: 0, along_m: 60 })
    expect(json.spaces.find((s: { code: string }) => s.code === "W1")).toMatchObject({
      distance_m: 2,
      along_m: 20,
      side: -1,
    })
    const manhole = await city.ask("GET", `/api/census/adjacency?asset=${sewers.get("W2")}`, all)
    expect(manhole.json.leaking).toMatchObject([{ code: "G1", distance_m: 2 }])
    expect(codes(manhole.json.opens_into)).toEqual(["P1", "P2", "P3"])
  })
  it("counts what belongs to others", async () => {
    const { json } = await city.ask("GET", `/api/census/adjacency?asset=${mains.get("G1")}`, scope(1))
    expect([json.spaces, json.hidden]).toEqual([[], 6])
    expect((await city.ask("GET", `/api/census/adjacency?asset=${mains.get("G1")}`, scope(0))).status).toBe(404)
  })
})
