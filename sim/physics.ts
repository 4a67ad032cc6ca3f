/** What the simulated city does: water by EPANET, one steady solve a call, tanks integrated between; methane by a formula. */
import { Project, Workspace } from "epanet-js"
import type { LonLat } from "../model/index.ts"
import { timeNoise } from "./demand.ts"
import type { Fault } from "./faults.ts"
import { hashText, type MethaneWell, toMetres } from "./town/index.ts"

/** EPANET's own numbers; the library's enums stop at 2.2 and are undefined beyond (STACK: silent corruption). */
const en = {
  node_count: 0,
  link_count: 2,
  junction: 0,
  tank: 2,
  base_demand: 1,
  emitter: 3,
  tank_level: 8,
  demand: 9,
  pressure: 11,
  tank_diameter: 17,
  level_min: 20,
  level_max: 21,
  emitter_flow: 29,
  flow: 8,
  duration: 0,
  no_save: 0,
} as const

export type HydraulicState = {
  time_ms: number
  /** By node index, m. Tanks: level above their bottom. */
  pressure_m: Float64Array
  /** By link index, m³/h, positive from the first node to the second. */
  flow_m3h: Float64Array
  /** By node index, m³/h without leaks. */
  demand_m3h: Float64Array
  /** By tank id, m. */
  level_m: Map<string, number>
  /** Sum of what leaks take, m³/h. */
  leak_m3h: number
}

export type SolveInput = {
  time_ms: number
  /** Factor on base demand by group. */
  factor(group: string): number
  /** Emitter coefficient by node id, m³/h per √m. */
  leaks: ReadonlyMap<string, number>
}

export type Hydraulics = {
  /** Index of each node and link in the arrays of a state. */
  nodes: ReadonlyMap<string, number>
  links: ReadonlyMap<string, number>
  /** Group and base demand of each node that draws water. */
  demands: ReadonlyMap<string, { group: string; base_m3h: number }>
  solve(input: SolveInput): HydraulicState
  /** Sets a tank's level, for example that at which recorded history ended. */
  setLevel(tank: string, level_m: number): void
  close(): void
}

/** Between two solves a tank moves with the last inflow for at most this long; a longer gap leaves the level as it was. */
const integrate_ms_max = 3_600_000

/**
 * Opens an EPANET text (CMH). `group` joins nodes whose demand moves together (default: their pattern).
 * Throws EPANET's own message with its code where the text is not a network. About 1 ms a solve for 500 junctions.
 */
export async function openHydraulics(
  inp: string,
  group: (node: string, pattern: string) => string = (_, pattern) => pattern,
): Promise<Hydraulics> {
  const workspace = new Workspace()
  await workspace.loadModule()
  const project = new Project(workspace)
  workspace.writeFile("city.inp", inp)
  project.open("city.inp", "city.rpt", "city.bin")
  project.setTimeParameter(en.duration, 0)
  const nodes = new Map<string, number>()
  const links = new Map<string, number>()
  const tanks: {
    id: string
    index: number
    area_m2: number
    min: number
    max: number
    level: number
    inflow: number
  }[] = []
  const nodeCount = project.getCount(en.node_count)
  const linkCount = project.getCount(en.link_count)
  const patterns = new Map<string, number>()
  const demands = new Map<string, { group: string; base_m3h: number }>()
  for (let i = 1; i <= linkCount; i++) links.set(project.getLinkId(i), i - 1)
  for (let i = 1; i <= nodeCount; i++) {
    const id = project.getNodeId(i)
    nodes.set(id, i - 1)
    const type = project.getNodeType(i)
    if (type === en.tank) {
      const diameter = project.getNodeValue(i, en.tank_diameter)
      tanks.push({
        id,
        index: i,
        area_m2: (Math.PI / 4) * diameter * diameter,
        min: project.getNodeValue(i, en.level_min),
        max: project.getNodeValue(i, en.level_max),
        level: project.getNodeValue(i, en.tank_level),
        inflow: 0,
      })
    }
    if (type !== en.junction) continue
    const base_m3h = project.getNodeValue(i, en.base_demand)
    if (base_m3h === 0) continue
    const pattern = project.getDemandPattern(i, 1)
    const key = group(id, pattern > 0 ? project.getPatternId(pattern) : "")
    if (!patterns.has(key)) {
      const name = `g${patterns.size}`
      project.addPattern(name)
      patterns.set(key, project.getPatternIndex(name))
    }
    project.setDemandPattern(i, 1, patterns.get(key)!)
    demands.set(id, { group: key, base_m3h })
  }
  project.openH()
  let leaking = new Set<number>()
  let last_ms: number | null = null
  const float = (values: ArrayLike<number>): Float64Array => Float64Array.from(values)

  const solve = ({ time_ms, factor, leaks }: SolveInput): HydraulicState => {
    const passed_ms = last_ms === null ? 0 : time_ms - last_ms
    for (const t of tanks) {
      if (passed_ms > 0 && passed_ms <= integrate_ms_max)
        t.level = Math.max(t.min, Math.min(t.max, t.level + (t.inflow * passed_ms) / 3_600_000 / t.area_m2))
      project.setNodeValue(t.index, en.tank_level, t.level)
    }
    last_ms = time_ms
    for (const [key, index] of patterns) project.setPatternValue(index, 1, factor(key))
    const next = new Set<number>()
    for (const [node, coefficient] of leaks) {
      const index = nodes.get(node)
      if (index === undefined) throw new Error(`leak at node "${node}", which is not in the network`)
      project.setNodeValue(index + 1, en.emitter, coefficient)
      next.add(index + 1)
    }
    for (const index of leaking) if (!next.has(index)) project.setNodeValue(index, en.emitter, 0)
    leaking = next
    project.initH(en.no_save)
    project.runH()
    const demand_m3h = float(project.getNodeValues(en.demand))
    let leak_m3h = 0
    for (const index of leaking) leak_m3h += project.getNodeValue(index, en.emitter_flow)
    const level_m = new Map<string, number>()
    for (const t of tanks) {
      // What EPANET calls a tank's demand is its net inflow.
      t.inflow = demand_m3h[t.index - 1]!
      level_m.set(t.id, t.level)
    }
    return {
      time_ms,
      pressure_m: float(project.getNodeValues(en.pressure)),
      flow_m3h: float(project.getLinkValues(en.flow)),
      demand_m3h,
      level_m,
      leak_m3h,
    }
  }
  return {
    nodes,
    links,
    demands,
    solve,
    setLevel: (tank, level_m) => {
      const t = tanks.find((k) => k.id === tank)
      if (!t) throw new Error(`tank "${tank}" is not in the network; it has ${tanks.map((k) => k.id).join(", ")}`)
      t.level = Math.max(t.min, Math.min(t.max, level_m))
      t.inflow = 0
    },
    close: () => {
      project.closeH()
      project.close()
    },
  }
}

/** Emitter coefficient that loses `size_m3h` at 30 m of pressure, by q = k·√p. */
export const emitter = (size_m3h: number): number => size_m3h / Math.sqrt(30)

/** Emitters of the pipes that leak at a time, by node; `nodeOf` says at which node a pipe's leak is felt. */
export function leaksAt(
  faults: readonly Fault[],
  time_ms: number,
  nodeOf: (pipe: string) => string,
): Map<string, number> {
  const leaks = new Map<string, number>()
  for (const f of faults) {
    if (f.kind !== "pipe_burst" && f.kind !== "pipe_leak") continue
    if (time_ms < f.starts_ms || (f.ends_ms !== null && time_ms >= f.ends_ms)) continue
    const node = nodeOf(f.place)
    leaks.set(node, (leaks.get(node) ?? 0) + emitter(f.size))
  }
  return leaks
}

/** Noise of an instrument in [−1, 1], new with every sample, the same for the same (seed, device, time). */
export const sampleNoise = (seed: number, device: string, time_ms: number): number =>
  timeNoise(seed, hashText(device), Math.floor(time_ms / 1000) * 1000, 1000)

/** The well on the leak passes 1 %VOL after this time (the demo's first alarm hangs on it). */
const past_one_s = 40
const spread_m = 24
const reach_m = 110
const mend_decay_s = 420
/** How readily gas creeps into a kind of well: cable ducts are open along the street, sewers breathe. */
const openness: Record<MethaneWell["well_class"], number> = { power: 1, telecom: 0.85, rain: 0.6, sewage: 0.5 }

/**
 * Methane in a well, %VOL. Background 0 to 0.05 with the warmth of the day. A leak fills the well towards the fault's size
 * as a stirred volume with steady inflow does, c = size·(1 − e^(−t/τ)), τ such that the nearest well passes 1 %VOL after 40 s;
 * wells further off start later (4 s a metre), rise slower and less (e-fold at 24 m). Mended, it decays with 7 minutes.
 */
export function wellMethane(
  seed: number,
  well: Pick<MethaneWell, "code" | "well_class" | "lon_lat">,
  time_ms: number,
  faults: readonly Fault[],
): number {
  const key = hashText(well.code)
  const warm = Math.sin((2 * Math.PI * (time_ms / 86_400_000 - 0.1 + (key % 7) / 60)) % (2 * Math.PI))
  const rest =
    (well.well_class === "sewage" ? 0.028 : 0.018) + 0.009 * warm + 0.008 * timeNoise(seed, key, time_ms, 300_000)
  let value = Math.max(0, Math.min(0.05, rest))
  for (const f of faults) if (f.kind === "methane_leak") value += crept(well, time_ms, f)
  return value
}

function crept(well: Pick<MethaneWell, "code" | "well_class" | "lon_lat">, time_ms: number, fault: Fault): number {
  const [x, y] = toMetres(fault.lon_lat as LonLat, well.lon_lat)
  const far_m = well.code === fault.place ? 0 : Math.hypot(x, y)
  if (far_m > reach_m || time_ms <= fault.starts_ms) return 0
  const at_leak = well.code === fault.place
  const size = at_leak ? fault.size : fault.size * openness[well.well_class] * 0.8 * Math.exp(-far_m / spread_m)
  const tau_leak_s = fault.size > 1.2 ? past_one_s / -Math.log(1 - 1 / fault.size) : 600
  const tau_s = tau_leak_s * (1 + far_m / 25)
  const risen = (age_s: number): number => (age_s > 0 ? size * (1 - Math.exp(-age_s / tau_s)) : 0)
  const delay_s = far_m * 4
  const until_ms = fault.ends_ms === null ? time_ms : Math.min(time_ms, fault.ends_ms)
  const value = risen((until_ms - fault.starts_ms) / 1000 - delay_s)
  const since_mended_s = (time_ms - until_ms) / 1000
  return value * Math.exp(-since_mended_s / mend_decay_s)
}
