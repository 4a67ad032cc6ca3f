import { createHash } from "node:crypto"
import { Project, Workspace } from "epanet-js"
import { describe, expect, it, vi } from "vitest"
import gas from "../../lifelines/gas/index.ts"
import water from "../../lifelines/water/index.ts"
import { roles } from "../../model/index.ts"
import { basemapLayers, makeTown, placeName, type Town, toLonLat, toMetres } from "./index.ts"

// A loaded machine takes several times longer than an idle one.
vi.setConfig({ testTimeout: 30_000 })

const towns = new Map<number, Town>()
const town = (seed: number): Town => {
  const made = towns.get(seed) ?? makeTown(seed)
  towns.set(seed, made)
  return made
}
const hash = (t: Town): string =>
  createHash("sha256")
    .update(JSON.stringify({ ...t, water: { ...t.water, places: [...t.water.places] } }))
    .digest("hex")
const waterCity = (t: Town) => water.imports![0]!.read(t.water.inp, { companion: t.water.companion, origin: t.origin })
const gasCity = (t: Town) => gas.imports![0]!.read(t.gas.geojson, { companion: { devices: t.devices }, origin: null })

describe("makeTown", () => {
  it("gives the same bytes for the same seed and others for another", () => {
    expect(hash(makeTown(1))).toBe(hash(town(1)))
    expect(hash(town(2))).not.toBe(hash(town(1)))
  })

  it("takes less than 2.5 s of processor time", () => {
    const start = process.cpuUsage()
    makeTown(6)
    const { user, system } = process.cpuUsage(start)
    expect((user + system) / 1000).toBeLessThan(2500)
  })

  it("refuses a seed that is not a whole number, in a sentence", () => {
    expect(() => makeTown(1.5)).toThrow("seed must be a whole number")
    expect(() => makeTown(-1)).toThrow("seed must be a whole number")
  })

  it("says where a place is", () => {
    const t = town(1)
    const crossing = t.crossings.find((c) => {
      const [a, b] = c.streets.map((id) => t.streets.find((s) => s.id === id)!.name.zh)
      return a === "人民路" && b === "东门街"
    })!
    expect(placeName(t, crossing.lon_lat)).toEqual({ zh: "人民路×东门街", en: "Renmin Rd × Dongmen St" })
    expect(placeName(t, [0, 0])).toEqual(t.name)
  })

  it("turns metres into degrees and back", () => {
    const { origin } = town(1)
    const [x, y] = toMetres(origin, toLonLat(origin, [1234.5, -987.6]))
    expect(x).toBeCloseTo(1234.5, 1)
    expect(y).toBeCloseTo(-987.6, 1)
  })
})

describe.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
  it("has a base map of sound geometry within its bounds", () => {
    const t = town(seed)
    const [west, south, east, north] = t.bounds
    for (const layer of basemapLayers) expect(t.basemap[layer].features.length, layer).toBeGreaterThan(0)
    expect(t.basemap.building.features.length).toBeGreaterThan(4000)
    let [wrong, outside] = [0, 0]
    for (const layer of basemapLayers)
      for (const { geometry } of t.basemap[layer].features) {
        const rings =
          geometry.type === "Point"
            ? [[geometry.coordinates]]
            : geometry.type === "LineString"
              ? [geometry.coordinates]
              : geometry.coordinates
        for (const ring of rings) {
          if (geometry.type === "Polygon" && (ring.length < 4 || ring[0]!.join() !== ring.at(-1)!.join())) wrong++
          if (geometry.type === "LineString" && ring.length < 2) wrong++
          for (const [lon, lat] of ring) {
            if (!Number.isFinite(lon) || !Number.isFinite(lat)) wrong++
            else if (lon < west - 1e-4 || lon > east + 1e-4 || lat < south - 1e-4 || lat > north + 1e-4) outside++
          }
        }
      }
    expect(wrong).toBe(0)
    expect(outside).toBe(0)
  })

  it("names streets, districts, labels and organisations in both languages", () => {
    const t = town(seed)
    const names = [t.name, t.river, ...t.streets.map((s) => s.name), ...t.districts.map((d) => d.name)]
    for (const o of t.organisations) names.push(o.name)
    for (const f of t.basemap.label.features) names.push(f.properties.name as { zh: string; en: string })
    expect(t.streets.length).toBeGreaterThan(100)
    for (const { zh, en } of names) {
      expect(zh).toMatch(/\p{Script=Han}/u)
      expect(zh).not.toContain("undefined")
      expect(en).toMatch(/^[\x20-\x7e]+$/)
    }
  })

  it("has a water network that is connected, metered into areas and fits the import", () => {
    const t = town(seed)
    const city = waterCity(t)
    expect(city.problems).toEqual([])
    const junctions = city.assets.filter((a) => a.kind === "junction").length
    expect(junctions).toBeGreaterThanOrEqual(350)
    expect(junctions).toBeLessThanOrEqual(620)
    expect(city.areas.length).toBe(t.water.areas.length)
    const sets = t.water.areas.map((a) => [...a.nodes].sort().join())
    const nodeIds = new Set(t.water.areas.flatMap((a) => a.nodes))
    for (const area of city.areas) {
      const nodes = area.asset_codes.filter((c) => nodeIds.has(c)).sort()
      expect(sets).toContain(nodes.join())
    }
    expect(t.water.companion.pressure_sensors.length).toBe(25)
    expect(t.water.companion.amrs.length).toBeGreaterThanOrEqual(15)
    expect(city.devices.length).toBe(
      ["pressure_sensors", "flow_sensors", "level_sensors", "amrs"].reduce(
        (n, k) => n + t.water.companion[k as "amrs"].length,
        0,
      ),
    )
    // The import lays pipes where the town has them, so they stay under their streets.
    for (const a of city.assets.filter((k) => k.kind === "junction").slice(0, 50)) {
      const [x, y] = toMetres(t.origin, a.geometry.coordinates as [number, number])
      const [x2, y2] = toMetres(t.origin, t.water.places.get(a.code)!)
      expect(Math.hypot(x - x2, y - y2)).toBeLessThan(0.05)
    }
  })

  it("runs in EPANET for a day without a warning, at 20 to 50 m of pressure", async () => {
    const t = town(seed)
    const workspace = new Workspace()
    await workspace.loadModule()
    const project = new Project(workspace)
    workspace.writeFile("t.inp", t.water.inp)
    project.open("t.inp", "t.rpt", "t.bin")
    project.openH()
    project.initH(0)
    let [low, high] = [Infinity, -Infinity]
    for (let hour = 0; hour < 200; hour++) {
      project.runH()
      for (let i = 1; i <= project.getCount(0); i++) {
        if (project.getNodeType(i) !== 0) continue
        const pressure = project.getNodeValue(i, 11)
        low = Math.min(low, pressure)
        high = Math.max(high, pressure)
      }
      for (const f of t.water.companion.flow_sensors)
        expect(project.getLinkValue(project.getLinkIndex(f.id), 8)).toBeGreaterThan(0)
      if (project.nextH() <= 0) break
    }
    expect(low).toBeGreaterThan(20)
    expect(high).toBeLessThan(50)
    project.closeH()
    project.close()
    expect(workspace.readFile("t.rpt")).not.toMatch(/warning/i)
  })

  it("has a gas network with wells and monitors that fits the import", () => {
    const t = town(seed)
    const city = gasCity(t)
    expect(city.problems).toEqual([])
    const kinds = new Set(city.assets.map((a) => a.kind))
    expect([...kinds].sort()).toEqual(["gas_pipe", "gas_valve", "gate_station", "regulator", "well"])
    expect(city.devices.length).toBe(25)
    for (const w of t.gas.monitored) expect(w.gas_m).toBeLessThan(20)
    expect(new Set(city.assets.map((a) => a.code)).size).toBe(city.assets.length)
    // Every pipe hangs on the gate station, through mains and regulators.
    const next = new Map<string, string[]>()
    const pipes = city.assets.filter((a) => a.kind === "gas_pipe")
    for (const { attributes } of pipes) {
      const [a, b] = [String(attributes.from_node), String(attributes.to_node)]
      next.set(a, [...(next.get(a) ?? []), b])
      next.set(b, [...(next.get(b) ?? []), a])
    }
    const seen = new Set(["GM-MZ01"])
    for (const n of seen) for (const m of next.get(n) ?? []) seen.add(m)
    const fed = pipes.filter((p) => seen.has(String(p.attributes.from_node)))
    expect(fed.length / pipes.length).toBeGreaterThan(0.97)
  })

  it("has every role once and no role outside the model", () => {
    const t = town(seed)
    expect(new Set(t.people.map((p) => p.role))).toEqual(new Set(roles))
    const codes = new Set(t.organisations.map((o) => o.code))
    for (const p of t.people) expect(codes).toContain(p.organisation)
    expect(new Set(t.people.map((p) => p.login)).size).toBe(t.people.length)
  })
})
