import { describe, expect, it, vi } from "vitest"
import { makeDemand } from "./demand.ts"
import { activeFaults, type Fault, isSilent, mend } from "./faults.ts"
import { leakNodes, pipesOf } from "./history.ts"
import { leaksAt, openHydraulics, sampleNoise, wellMethane } from "./physics.ts"
import { makeTown } from "./town/index.ts"

vi.setConfig({ testTimeout: 30_000 })
const town = makeTown(1)
const demand = makeDemand(town, 1)
const open = () => openHydraulics(town.water.inp, demand.group)
/** Monday 2026-11-23 00:00 in China. */
const monday = Date.UTC(2026, 10, 22, 16)
const hour = 3_600_000
const none = new Map<string, number>()
const factorAt = (time_ms: number) => (g: string) => demand.factor(g, time_ms)
const leak: Fault = {
  id: "f",
  lifeline: "gas",
  kind: "methane_leak",
  place: town.gas.monitored[0]!.code,
  lon_lat: town.gas.monitored[0]!.lon_lat,
  starts_ms: monday,
  ends_ms: null,
  size: 4.5,
}

describe("openHydraulics", () => {
  it("solves in less than 3 ms, the same for the same input", async () => {
    const [a, b] = [await open(), await open()]
    const start = process.cpuUsage()
    for (let i = 0; i < 100; i++)
      a.solve({ time_ms: monday + i * 30_000, factor: factorAt(monday + i * 30_000), leaks: none })
    expect(process.cpuUsage(start).user / 1000 / 100).toBeLessThan(3)
    for (let i = 0; i < 99; i++)
      b.solve({ time_ms: monday + i * 30_000, factor: factorAt(monday + i * 30_000), leaks: none })
    const t = monday + 99 * 30_000
    const [x, y] = [a, b].map((h) => h.solve({ time_ms: t + 30_000, factor: factorAt(t), leaks: none }))
    expect(Math.abs(x!.level_m.get("T1")! - y!.level_m.get("T1")!)).toBeLessThan(0.01)
    a.close()
    b.close()
  })

  it("keeps water: what meters let in is drawn, and the tank takes the rest", async () => {
    const h = await open()
    const time_ms = monday + 8 * hour
    const state = h.solve({ time_ms, factor: factorAt(time_ms), leaks: none })
    for (const area of town.water.areas) {
      const inflow = area.meters.reduce((s, m) => s + m.sign * state.flow_m3h[h.links.get(m.link)!]!, 0)
      const drawn = area.nodes.reduce((s, n) => s + state.demand_m3h[h.nodes.get(n)!]!, 0)
      expect(Math.abs(inflow - drawn), area.key).toBeLessThan(0.5)
    }
    h.close()
  })

  it("lets a burst draw water through its area's meter and lower the pressure there, until it is mended", async () => {
    const h = await open()
    const west = town.water.areas.find((a) => a.key === "west")!
    const pipe = pipesOf(town).find(
      (p) => west.nodes.includes(p.from) && west.nodes.includes(p.to) && p.diameter_mm === 200,
    )!
    const burst: Fault = { ...leak, kind: "pipe_burst", lifeline: "water", place: pipe.id, size: 60 }
    const at = (time_ms: number, faults: Fault[]) =>
      h.solve({ time_ms, factor: factorAt(monday), leaks: leaksAt(faults, time_ms, leakNodes(town)) })
    const before = at(monday, [])
    const during = at(monday + 1000, [burst])
    const after = at(monday + 2000, mend([burst], "f", monday + 1500))
    const meter = h.links.get(west.meters[0]!.link)!
    const node = h.nodes.get(pipe.from)!
    expect(during.flow_m3h[meter]! - before.flow_m3h[meter]!).toBeGreaterThan(45)
    expect(during.flow_m3h[meter]! - before.flow_m3h[meter]!).toBeCloseTo(during.leak_m3h, 0)
    expect(before.pressure_m[node]! - during.pressure_m[node]!).toBeGreaterThan(0.3)
    expect(Math.abs(after.flow_m3h[meter]! - before.flow_m3h[meter]!)).toBeLessThan(1)
    h.close()
  })

  it("says which node or tank it does not know", async () => {
    const h = await open()
    expect(() => h.solve({ time_ms: 0, factor: () => 1, leaks: new Map([["X", 1]]) })).toThrow('leak at node "X"')
    expect(() => h.setLevel("X", 1)).toThrow('tank "X"')
    h.close()
  })

  it("refuses a text that is no network", async () => {
    await expect(openHydraulics("[JUNCTIONS]\nnonsense here\n")).rejects.toThrow()
  })
})

describe("demand", () => {
  it("is low at night, high at the peaks, and other on weekends", () => {
    const g = demand.group("J001", "IND")
    const work = demand.factor(g, monday + 10 * hour)
    const sunday = demand.factor(g, monday - 14 * hour)
    expect(sunday / work).toBeLessThan(0.85)
    const home = demand.group("J001", "RES")
    expect(demand.factor(home, monday + 3 * hour)).toBeLessThan(0.5)
    expect(demand.factor(home, monday + 19 * hour)).toBeGreaterThan(1.3)
  })
})

describe("wellMethane", () => {
  const at = (seconds: number, i = 0, faults: Fault[] = [leak]) =>
    wellMethane(1, town.gas.monitored[i]!, monday + seconds * 1000, faults)

  it("stays between 0 and 0.05 %VOL on a normal day", () => {
    for (let s = 0; s < 86_400; s += 600)
      for (let i = 0; i < 25; i++) {
        expect(at(s, i, [])).toBeGreaterThanOrEqual(0)
        expect(at(s, i, [])).toBeLessThanOrEqual(0.05)
      }
  })

  it("passes 1 %VOL within 45 s after the leak begins, saturates, and decays when mended", () => {
    expect(at(0)).toBeLessThan(0.1)
    expect(at(35)).toBeLessThan(1)
    expect(at(45)).toBeGreaterThan(1)
    expect(at(3600)).toBeGreaterThan(4)
    expect(at(3600)).toBeLessThan(5)
    const mended = mend([leak], "f", monday + 600_000)
    expect(at(1020, 0, mended)).toBeLessThan(at(600) * 0.45)
    expect(at(7200, 0, mended)).toBeLessThan(0.1)
  })

  it("rises less and later in neighbours, not at all far away", () => {
    const near = [1, 2, 3, 4].map((i) => at(300, i))
    for (const v of near) expect(v).toBeLessThan(at(300) / 2)
    expect(Math.max(...near)).toBeGreaterThan(0.1)
    expect(at(3600, 12)).toBeLessThan(0.06)
  })
})

describe("faults", () => {
  it("exist from their start until they are mended", () => {
    const silent: Fault = { ...leak, kind: "sensor_silent", place: "pressure-J001" }
    expect(isSilent([silent], "pressure-J001", monday)).toBe(true)
    expect(isSilent([silent], "pressure-J001", monday - 1)).toBe(false)
    expect(isSilent(mend([silent], "f", monday + 5), "pressure-J001", monday + 5)).toBe(false)
    expect(activeFaults([leak], monday, ["pipe_burst"])).toEqual([])
  })

  it("instrument noise is the same for the same second and within one", () => {
    for (let i = 0; i < 500; i++) expect(Math.abs(sampleNoise(1, "a", monday + i * 1000))).toBeLessThanOrEqual(1)
    expect(sampleNoise(1, "a", monday)).toBe(sampleNoise(1, "a", monday))
    expect(sampleNoise(1, "a", monday)).not.toBe(sampleNoise(2, "a", monday))
  })
})
