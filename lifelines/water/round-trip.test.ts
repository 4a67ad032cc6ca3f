/** Import and export again: a network gives the same heads. Needs LIFELINE_TEST_DATA with water-networks. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { Project, Workspace } from "epanet-js"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { readCity } from "./import.ts"
import { type InpAsset, writeInp } from "./inp-write.ts"

const data = process.env.LIFELINE_TEST_DATA
const folder = join(data ?? "", "water-networks")
const have = data !== undefined && existsSync(folder)
const origin: [number, number] = [117, 31]
const assetsOf = (text: string): InpAsset[] => readCity(text, { companion: null, origin }).assets

/** EPANET's own numbers; the library's enums stop at 2.2. */
const en = { node_count: 0, head: 10, no_save: 0 } as const
const steps_max = 20_000
/** Networks with more nodes are compared over this many steps and not all: EPANET takes minutes for each. */
const large_nodes = 1000
const large_steps = 6

type Run = { ids: string[]; steps: { time_s: number; head: number[] }[] }
/** All nodes' heads at every hydraulic step of the whole simulation, or null where EPANET cannot run the file. */
async function headsOf(text: string): Promise<Run | null> {
  const workspace = new Workspace()
  await workspace.loadModule()
  const project = new Project(workspace)
  workspace.writeFile("net.inp", text)
  try {
    project.open("net.inp", "net.rpt", "net.bin")
    project.openH()
    project.initH(en.no_save)
    const ids = Array.from({ length: project.getCount(en.node_count) }, (_, i) => project.getNodeId(i + 1))
    const steps: Run["steps"] = []
    for (
      let left = 1;
      left > 0 && steps.length < (ids.length > large_nodes ? large_steps : steps_max);
      left = project.nextH()
    )
      steps.push({ time_s: project.runH(), head: project.getNodeValues(en.head) })
    return { ids, steps }
  } catch {
    // A file that EPANET itself refuses is no network to compare; the count of those that run is asserted below.
    return null
  }
}

/** Largest difference of a head at the same node and time, in the file's own unit of length. */
function apart(a: Run, b: Run): number {
  const at = new Map(b.ids.map((id, i) => [id, i]))
  let most = a.steps.length === b.steps.length && a.ids.length === b.ids.length ? 0 : Number.POSITIVE_INFINITY
  a.steps.forEach((step, s) => {
    if (step.time_s !== b.steps[s]?.time_s) most = Number.POSITIVE_INFINITY
    a.ids.forEach((id, i) => {
      most = Math.max(most, Math.abs(step.head[i]! - (b.steps[s]?.head[at.get(id)!] ?? Number.NaN)))
    })
  })
  return most
}

const small = `[TITLE]
Town
[JUNCTIONS]
 a 10 1
 b 11
 c 12 2
[RESERVOIRS]
 R 50
[PIPES]
 a R a 100 12 130 0 Open ;material=PE
 P1 a b 200 6 120
 P2 b c 80 4 110 0 Open
[VALVES]
 V a c 4 TCV 3 0
[DEMANDS]
 b 1 day
 b 3 night
[STATUS]
 P2 Closed
[CONTROLS]
 LINK P2 OPEN AT TIME 3
 LINK P1 CLOSED AT TIME 4
[RULES]
RULE 1
IF SYSTEM TIME > 5
THEN PIPE P2 STATUS IS CLOSED

RULE 2
IF SYSTEM TIME > 6
THEN PIPE P1 STATUS IS OPEN
[OPTIONS]
 Units GPM
[COORDINATES]
 a 0 0
 b 1 0
 c 1 1
 R -1 0
[END]
`
const changed = (change: (assets: InpAsset[]) => InpAsset[]) => writeInp(small, change(assetsOf(small)))
const set = (code: string, attributes: InpAsset["attributes"]) => (assets: InpAsset[]) =>
  assets.map((a) => (a.code === code ? { ...a, attributes: { ...a.attributes, ...attributes } } : a))
const attribute = (text: string, code: string, name: string) =>
  assetsOf(text).find((a) => a.code === code)!.attributes[name]

describe("export", () => {
  test("what nobody changed is written as it was", () => {
    const { text, notes } = changed((assets) => assets)
    expect(text.trim()).toBe(small.trim())
    expect(notes).toEqual([])
  })

  test("changed numbers come back in metres whatever the file's units, comments stay", () => {
    const { text } = changed(set("pipe-a", { diameter_mm: 250, length_m: 12.5, status: "closed" }))
    expect(attribute(text, "pipe-a", "diameter_mm")).toBe(250)
    expect(attribute(text, "pipe-a", "length_m")).toBe(12.5)
    expect(attribute(text, "pipe-a", "status")).toBe("closed")
    expect(attribute(text, "pipe-a", "material")).toBe("PE")
    expect(attribute(changed(set("b", { base_demand_m3h: 8 })).text, "b", "base_demand_m3h")).toBe(8)
    expect(changed(set("b", { base_demand_m3h: 8 })).text).toMatch(/b\t26\.41\S*\tnight/)
    expect(attribute(changed(set("P2", { status: "open" })).text, "P2", "status")).toBe("open")
    expect(attribute(changed(set("V", { status: "closed" })).text, "V", "status")).toBe("closed")
  })

  test("what is gone goes with the lines that name it, and controls are said", () => {
    const { text, notes } = changed((assets) => assets.filter((a) => a.code !== "P2"))
    expect(text).not.toContain("P2")
    expect(text).toContain("LINK P1 CLOSED")
    expect(text).toContain("RULE 2")
    expect(text).not.toContain("RULE 1")
    expect(notes.length).toBe(4)
    expect(notes[0]!.en).toContain("LINK P2 OPEN")
  })

  test("new pipes and junctions are added; what cannot be is said", () => {
    const pipe = (code: string, attributes: InpAsset["attributes"]): InpAsset => ({ kind: "pipe", code, attributes })
    const { text, notes } = writeInp(
      small,
      [
        ...assetsOf(small),
        { kind: "junction", code: "d", attributes: { elevation_m: 3.048 } },
        pipe("P9", { from_node: "c", to_node: "d", length_m: 30.48, diameter_mm: 254, roughness: 100 }),
        pipe("P10", { from_node: "c", to_node: "zz", length_m: 30.48, diameter_mm: 254, roughness: 100 }),
        pipe("P 11", { from_node: "c", to_node: "d", length_m: 30.48, diameter_mm: 254, roughness: 100 }),
        { kind: "pump", code: "PU", attributes: { from_node: "c", to_node: "d" } },
      ],
      { place: () => [2, 2] },
    )
    expect(text).toMatch(/ P9\tc\td\t100\t10\t100\t0\topen/)
    expect(text).toMatch(/ d\t10\t0/)
    expect(readCity(text, { companion: null, origin }).problems).toEqual([])
    expect(notes.map((n) => n.en.split(" was")[0])).toEqual(["P10", "P 11", "PU"])
  })
})

/** The same attributes, numbers to the census's last decimal. */
const alike = (a: InpAsset["attributes"], b: InpAsset["attributes"]): boolean =>
  Object.entries(a).every(([key, value]) =>
    typeof value === "number" ? Math.abs(value - Number(b[key])) <= 1.1e-4 : value === b[key],
  )

/** Models whose answer jumps with the last decimals of their numbers; the unchanged export is compared for them too. */
const sensitive: Record<string, string> = {
  "CTOWN.INP.gz": "pumps switch by tank levels, a second earlier or later",
  "Net3.inp.gz": "pumps switch by tank levels, a second earlier or later",
  "d-town.inp.gz": "pumps switch by tank levels, a second earlier or later",
  "BWSN_Network_2.inp.gz": "EPANET warns that it is unbalanced: no one answer",
  "ky17.inp.gz": "heads jump with the fourth decimal of demands; all numbers read back equal",
  "epanet-tests/valves/2fcvs.inp": "two valves hold one flow: which of them throttles hangs on the last decimals",
}

/** Every number a little different, so that the export has to write each anew; and back, from what it wrote. */
const shifted = (assets: InpAsset[], by: number): InpAsset[] =>
  assets.map((a) => ({
    ...a,
    attributes: Object.fromEntries(
      Object.entries(a.attributes).map(([key, value]) => [
        key,
        typeof value === "number" && /_m$|_mm$|_m3h$|^roughness$|^setting$/.test(key) && key !== "pressure_m"
          ? value + by
          : value,
      ]),
    ),
  }))

describe.runIf(have)("every network at hand", () => {
  // EPANET warns at each step of some models; the same words come before and after.
  beforeAll(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined))
  afterAll(() => void vi.restoreAllMocks())
  const files = have
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => /\.inp(\.gz)?$/i.test(name))
        .sort()
    : []
  const ran: string[] = []
  test.for(files)("%s", { timeout: 300_000 }, async (name) => {
    const bytes = readFileSync(join(folder, name))
    const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")
    const before = await headsOf(text)
    if (!before) return
    const assets = assetsOf(text)
    const { text: again, notes } = writeInp(text, assets)
    expect(notes).toEqual([])
    // Unchanged, the same lines are written; so heads are the same but for nothing.
    if (before.ids.length <= large_nodes) expect(apart(before, (await headsOf(again))!)).toBe(0)
    else
      expect(again.trimEnd()).toBe(
        text
          .split(/\r\n|\n|\r/)
          .join("\n")
          .trimEnd(),
      )
    // All numbers through the census's units and roundings, there and back.
    const back = writeInp(writeInp(text, shifted(assets, 1)).text, assets).text
    expect(back).not.toBe(again)
    const returned = assetsOf(back)
    const misread = assets.filter((a, i) => !alike(a.attributes, returned[i]!.attributes))
    expect(misread).toEqual([])
    ran.push(name)
    if (Object.hasOwn(sensitive, name)) return
    // The census rounds to a tenth of a millimetre; heads may move by that and by what the solver leaves open.
    expect(apart(before, (await headsOf(back))!)).toBeLessThan(0.02)
  })
  test("as many as EPANET can run were compared", () => {
    expect(ran.length).toBeGreaterThanOrEqual(48)
  })
})
