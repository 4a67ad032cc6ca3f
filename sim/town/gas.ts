/** The gas network: medium pressure along main streets, regulators, low pressure branches; and the wells beside it. */
import type { AttributeValue, LonLat } from "../../model/index.ts"
import { along, distance, lerp, lineLength, type P } from "./geometry.ts"
import type { Land } from "./land.ts"
import { type LaidPipe, type Layout, layPipes } from "./layout.ts"
import type { Random } from "./random.ts"
import { type Plan, type StreetClass, widths_m } from "./streets.ts"
import { type LaidWell, layWells } from "./wells.ts"

export type GasFeature = {
  kind: string
  code: string
  name: string
  line: P[]
  attributes: Record<string, AttributeValue>
}
export type GasNet = { features: GasFeature[]; wells: LaidWell[]; monitored: LaidWell[] }

const gas_off_m: Record<StreetClass, number> = { a: -10.5, b: -6, c: -3.6, lane: -1.9, alley: -1, track: -1, frame: 0 }
const pad = (n: number, size = 4): string => String(n).padStart(size, "0")

export function designGas(random: Random, plan: Plan, land: Land): GasNet {
  const { graph, core } = plan
  const within = (i: number): boolean => {
    const e = graph.edges[i]!
    const [u, v] = lerp(graph.nodes[e.a]!, graph.nodes[e.b]!, 0.5)
    return e.tag.piped && u > core.west - 5 && u < core.east + 5 && v > core.south - 5 && v < core.north + 5
  }
  const streets = graph.edges.map((_, i) => i).filter(within)
  const onMain = new Map<number, boolean>()
  const isMain = (i: number): boolean => {
    const { street } = graph.edges[i]!.tag
    const cls = land.edge_class[i]!
    if (cls !== "c") return cls === "a" || cls === "b"
    if (!onMain.has(street)) onMain.set(street, random.chance(0.45))
    return onMain.get(street)!
  }
  const main = largest(plan, streets.filter(isMain))
  const mainSet = new Set(main)
  const branches = streets.filter(
    (i) => !mainSet.has(i) && (land.edge_class[i] === "c" || land.edge_class[i] === "lane"),
  )
  const regulators = regulatorNodes(plan, main, branches)
  const station = plan.uses.find((u) => u.use === "gas_station")
  const mainNodes = new Set(main.flatMap((i) => [graph.edges[i]!.a, graph.edges[i]!.b]))
  const stationAt =
    land.labels.find((l) => station?.name && l.name.zh === station.name.zh)?.at ?? land.edge_lines[main[0]!]![0]!
  const gate = [...mainNodes].reduce((a, b) =>
    distance(placeOf(plan, land, a, main), stationAt) < distance(placeOf(plan, land, b, main), stationAt) ? a : b,
  )
  const mp = layPipes(plan, land, main, (c) => gas_off_m[c], new Set([...regulators, gate]))
  const lp = layPipes(plan, land, branches, (c) => gas_off_m[c], new Set(regulators))
  const net: GasNet = { features: [], wells: [], monitored: [] }
  const lpEnds = trimEnds(plan, land, lp, mainNodes)
  let [m, l] = [0, 0]
  for (const p of mp.pipes)
    net.features.push(pipeFeature(random, plan, p, `RQ-M${pad(++m)}`, "medium_a", `GM${p.from}`, `GM${p.to}`))
  for (const p of lp.pipes)
    net.features.push(pipeFeature(random, plan, p, `RQ-L${pad(++l)}`, "low", `GL${p.from}`, `GL${p.to}`))
  let r = 0
  for (const n of regulators) {
    const end = lpEnds.get(n)
    const tee = mp.nodes.get(n)
    if (!end || !tee) continue
    const at = lerp(tee, end, 0.8)
    const code = `RQ-T${pad(++r)}`
    const street = streetAt(plan, branches, n)
    const year = random.whole(2001, 2020)
    net.features.push({
      kind: "regulator",
      code,
      name: `${street}调压箱`,
      line: [at],
      attributes: { pressure_class: "medium_a", outlet_kpa: 2.5, installed_year: year, owner: "gas", node: `GL${n}` },
    })
    if (distance(tee, at) > 0.5)
      net.features.push({
        kind: "gas_pipe",
        code: `RQ-B${pad(r)}`,
        name: `${street}调压进线`,
        line: [tee, at],
        attributes: attributesOf(distance(tee, at), 100, "ST", "medium_a", year, 0, `GM${n}`, `GL${n}`),
      })
  }
  gateStation(net, stationAt, mp.nodes.get(gate)!, gate, station?.name?.zh ?? "天然气门站")
  valves(random, plan, mp, net)
  const pipes = [...mp.pipes.map((p) => p.line), ...lp.pipes.map((p) => p.line)]
  const laid = layWells(random, plan, land, pipes)
  net.wells = laid.wells
  net.monitored = laid.monitored
  return net
}

function placeOf(plan: Plan, land: Land, node: number, edges: readonly number[]): P {
  const i = edges.find((k) => plan.graph.edges[k]!.a === node || plan.graph.edges[k]!.b === node)!
  return plan.graph.edges[i]!.a === node ? land.edge_lines[i]![0]! : land.edge_lines[i]!.at(-1)!
}

function parts(plan: Plan, edges: readonly number[]): (n: number) => number {
  const parent = new Int32Array(plan.graph.nodes.length).map((_, i) => i)
  const find = (i: number): number => {
    let k = i
    while (parent[k] !== k) k = parent[k] = parent[parent[k]!]!
    return k
  }
  for (const i of edges) parent[find(plan.graph.edges[i]!.a)] = find(plan.graph.edges[i]!.b)
  return find
}

function largest(plan: Plan, edges: number[]): number[] {
  const find = parts(plan, edges)
  const count = new Map<number, number>()
  for (const i of edges) count.set(find(plan.graph.edges[i]!.a), (count.get(find(plan.graph.edges[i]!.a)) ?? 0) + 1)
  const best = [...count].reduce((a, b) => (b[1] > a[1] ? b : a))[0]
  return edges.filter((i) => find(plan.graph.edges[i]!.a) === best)
}

/** One regulator for each connected group of branches, a further one for every 14 branch streets' parts. */
function regulatorNodes(plan: Plan, main: readonly number[], branches: readonly number[]): number[] {
  const onMain = new Set(main.flatMap((i) => [plan.graph.edges[i]!.a, plan.graph.edges[i]!.b]))
  const find = parts(plan, branches)
  const groups = new Map<number, { size: number; nodes: number[] }>()
  const seen = new Set<number>()
  for (const i of branches) {
    const { a, b } = plan.graph.edges[i]!
    const group = groups.get(find(a)) ?? { size: 0, nodes: [] }
    groups.set(find(a), group)
    group.size++
    for (const n of [a, b])
      if (onMain.has(n) && !seen.has(n)) {
        seen.add(n)
        group.nodes.push(n)
      }
  }
  return [...groups.values()].flatMap(({ size, nodes }) => {
    const wanted = Math.min(nodes.length, 1 + Math.floor(size / 14))
    return nodes
      .filter((_, k) => k % Math.max(1, Math.floor(nodes.length / Math.max(1, wanted))) === 0)
      .slice(0, wanted)
  })
}

/** A branch ends at the kerb of the main street, not in its middle. Returns where each branch ends at a main node. */
function trimEnds(plan: Plan, land: Land, lp: Layout, mainNodes: ReadonlySet<number>): Map<number, P> {
  const ends = new Map<number, P>()
  const widest = new Map<number, number>()
  plan.graph.edges.forEach((e, i) => {
    for (const n of [e.a, e.b]) widest.set(n, Math.max(widest.get(n) ?? 0, widths_m[land.edge_class[i]!]))
  })
  for (const p of lp.pipes)
    for (const [n, atStart] of [
      [p.from, true],
      [p.to, false],
    ] as const) {
      if (!mainNodes.has(n)) continue
      const cut = Math.min(widest.get(n)! / 2 + 2, p.length_m * 0.4)
      const line = atStart ? p.line : [...p.line].reverse()
      const end = along(line, cut).point
      const rest = line.filter((q, k) => k > 0 && distance(q, line[0]!) > cut + 1)
      p.line = atStart ? [end, ...rest] : [end, ...rest].reverse()
      ends.set(n, end)
    }
  for (const p of lp.pipes) p.length_m = lineLength(p.line)
  return ends
}

const streetAt = (plan: Plan, edges: readonly number[], n: number): string => {
  const i = edges.find((k) => plan.graph.edges[k]!.a === n || plan.graph.edges[k]!.b === n)
  return (i === undefined ? null : plan.streets[plan.graph.edges[i]!.tag.street]!.name)?.zh ?? "支巷"
}

function attributesOf(
  length_m: number,
  diameter_mm: number,
  material: string,
  pressure_class: string,
  installed_year: number,
  leaks: number,
  from_node: string,
  to_node: string,
): Record<string, AttributeValue> {
  return {
    length_m: Math.round(length_m * 10) / 10,
    diameter_mm,
    material,
    pressure_class,
    installed_year,
    leaks,
    depth_m: pressure_class === "low" ? 0.9 : 1.2,
    from_node,
    to_node,
    owner: "gas",
  }
}

function pipeFeature(
  random: Random,
  plan: Plan,
  p: LaidPipe,
  code: string,
  pressure_class: string,
  from: string,
  to: string,
): GasFeature {
  const diameter_mm = p.class === "a" ? 300 : p.class === "b" ? 200 : p.class === "c" ? 160 : random.pick([63, 90, 110])
  // A street's pipe was laid at one time: chance hangs on the street, not on the part.
  const own = random.fork(`street-${p.street}-${pressure_class}`)
  const steel = own.chance(p.class === "a" || p.class === "b" ? 0.62 : 0.34)
  const year = steel ? own.whole(1994, 2009) : own.whole(2004, 2022)
  const leaks = random.chance(steel ? 0.12 : 0.03) ? random.whole(1, 2) : 0
  const name = plan.streets[p.street]!.name?.zh ?? "支巷"
  return {
    kind: "gas_pipe",
    code,
    name,
    line: p.line,
    attributes: attributesOf(p.length_m, diameter_mm, steel ? "ST" : "PE", pressure_class, year, leaks, from, to),
  }
}

function gateStation(net: GasNet, at: P, tee: P, node: number, name: string): void {
  net.features.push({
    kind: "gate_station",
    code: "RQ-MZ01",
    name,
    line: [at],
    attributes: {
      pressure_class: "medium_a",
      capacity_m3h: 20000,
      installed_year: 2003,
      owner: "gas",
      node: "GM-MZ01",
    },
  })
  net.features.push({
    kind: "gas_pipe",
    code: "RQ-MZ01-1",
    name: `${name}出站管`,
    line: [at, tee],
    attributes: attributesOf(distance(at, tee), 300, "ST", "medium_a", 2003, 0, "GM-MZ01", `GM${node}`),
  })
}

/** Valves 9 m from the tee on the branches of every larger crossing, so that a part can be shut off. */
function valves(random: Random, plan: Plan, mp: Layout, net: GasNet): void {
  const at = new Map<number, LaidPipe[]>()
  for (const p of mp.pipes) for (const n of [p.from, p.to]) at.set(n, [...(at.get(n) ?? []), p])
  let v = 0
  for (const [n, pipes] of at) {
    if (pipes.length < 3) continue
    for (const p of pipes.slice(0, pipes.length - 1)) {
      if (p.length_m < 60) continue
      const line = p.from === n ? p.line : [...p.line].reverse()
      const { point } = along(line, 9)
      net.features.push({
        kind: "gas_valve",
        code: `RQ-V${pad(++v)}`,
        name: `${plan.streets[p.street]!.name?.zh ?? ""}阀门`,
        line: [point],
        attributes: {
          diameter_mm: p.class === "a" ? 300 : p.class === "b" ? 200 : 160,
          status: "open",
          installed_year: random.whole(1998, 2021),
          owner: "gas",
        },
      })
    }
  }
}

/** The network as GeoJSON text; `place` turns ground metres into longitude and latitude. */
export function gasGeojson(net: GasNet, place: (p: P) => LonLat): string {
  const features = [
    ...net.features.map((f) => ({
      type: "Feature",
      geometry:
        f.line.length === 1
          ? { type: "Point", coordinates: place(f.line[0]!) }
          : { type: "LineString", coordinates: f.line.map(place) },
      properties: { kind: f.kind, code: f.code, name: f.name, attributes: f.attributes },
    })),
    ...net.wells.map((w) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: place(w.at) },
      properties: {
        kind: "well",
        code: w.code,
        name: w.name,
        attributes: {
          well_class: w.well_class,
          depth_m: w.depth_m,
          volume_m3: w.volume_m3,
          gas_m: w.gas_m,
          owner: w.owner,
        },
      },
    })),
  ]
  return JSON.stringify({ type: "FeatureCollection", features })
}
