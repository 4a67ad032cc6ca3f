/** The water network on the ground: a trunk from the waterworks to a high tank, and three metered areas behind meters. */
import { distance, lerp, lineLength, type P } from "./geometry.ts"
import type { Ground } from "./ground.ts"
import type { Land } from "./land.ts"
import { layPipes } from "./layout.ts"
import type { Random } from "./random.ts"
import type { Plan, StreetClass } from "./streets.ts"
import { giveDemand } from "./water-demand.ts"
import { type AddNode, mean_demand_m3h, pipeOf, type WaterNet } from "./water-net.ts"
import { age, size } from "./water-size.ts"
import { layTrunk } from "./water-trunk.ts"

const water_off_m: Record<StreetClass, number> = { a: 11, b: 6.2, c: 3.6, lane: 1.9, alley: 1, track: 1, frame: 0 }

export function designWater(random: Random, ground: Ground, plan: Plan & { split: number }, land: Land): WaterNet {
  const { graph } = plan
  const net: WaterNet = {
    nodes: [],
    links: [],
    meters: [],
    customers: [],
    pump_design: { flow_m3h: mean_demand_m3h, head_m: 42 },
  }
  const zoneOf = (n: number): string => {
    const [u, v] = graph.nodes[n]!
    return v < 0 ? "south" : u < plan.split ? "west" : "east"
  }
  const { core } = plan
  const served = graph.edges.flatMap((e, i) => {
    const [u, v] = lerp(graph.nodes[e.a]!, graph.nodes[e.b]!, 0.5)
    const within = u > core.west - 5 && u < core.east + 5 && v > core.south - 5 && v < core.north + 5
    return e.tag.piped && within ? [i] : []
  })
  const crossing = served.filter((i) => zoneOf(graph.edges[i]!.a) !== zoneOf(graph.edges[i]!.b))
  const over = new Set(crossing)
  const areaEdges = largestPart(
    plan,
    served.filter((i) => !over.has(i)),
  )
  const areaLayout = layPipes(plan, land, areaEdges, (c) => water_off_m[c], new Set())
  const index = new Map<number, number>()
  const height = (chart: P): number => Math.round(ground.height(chart) * 100) / 100
  const addNode = (at: P, chart: P, area: string, graphNode: number): number => {
    net.nodes.push({
      id: "",
      kind: "junction",
      at,
      elevation_m: height(chart),
      demand_m3h: 0,
      pattern: "RES",
      area,
      people: 0,
      name: null,
      graph: graphNode,
    })
    return net.nodes.length - 1
  }
  for (const [n, at] of areaLayout.nodes) index.set(n, addNode(at, graph.nodes[n]!, zoneOf(n), n))
  for (const p of areaLayout.pipes) net.links.push(pipeOf(plan, p, index.get(p.from)!, index.get(p.to)!, p.class))
  capped(plan, land, crossing, areaEdges, index, net, addNode)
  layTrunk(random, plan, land, served, areaLayout, index, net, addNode)
  giveDemand(random, ground, plan, land, net, addNode)
  size(net)
  age(random, plan, net)
  number(net)
  return net
}

/** Each zone keeps its largest connected part; stray ends beyond a ring road are left unpiped. */
function largestPart(plan: Plan, edges: number[]): number[] {
  const { graph } = plan
  const parent = new Int32Array(graph.nodes.length).map((_, i) => i)
  const find = (i: number): number => {
    let k = i
    while (parent[k] !== k) k = parent[k] = parent[parent[k]!]!
    return k
  }
  for (const i of edges) parent[find(graph.edges[i]!.a)] = find(graph.edges[i]!.b)
  const size = new Map<number, number>()
  for (const i of edges) size.set(find(graph.edges[i]!.a), (size.get(find(graph.edges[i]!.a)) ?? 0) + 1)
  return edges.filter((i) => size.get(find(graph.edges[i]!.a))! > 60)
}

/** Streets that cross from one area into the next have their pipe capped on both sides of the border. */
function capped(
  plan: Plan,
  land: Land,
  crossing: number[],
  areaEdges: number[],
  index: Map<number, number>,
  net: WaterNet,
  addNode: AddNode,
): void {
  const { graph } = plan
  const has = new Set(areaEdges.flatMap((i) => [graph.edges[i]!.a, graph.edges[i]!.b]))
  for (const i of crossing) {
    const e = graph.edges[i]!
    const [a, b] = [graph.nodes[e.a]!, graph.nodes[e.b]!]
    if (a[1] * b[1] < 0) continue
    for (const [n, t] of [
      [e.a, 0.46],
      [e.b, 0.54],
    ] as const) {
      if (!has.has(n) || !index.has(n)) continue
      const layout = layPipes(plan, land, [i], (c) => water_off_m[c], new Set())
      const whole = layout.pipes[0]!.line
      const line = layout.pipes[0]!.from === n ? whole : [...whole].reverse()
      const chart = lerp(a, b, t)
      const half = cutAt(line, lineLength(line) * 0.46)
      half[0] = net.nodes[index.get(n)!]!.at
      const end = addNode(half.at(-1)!, chart, net.nodes[index.get(n)!]!.area, -1)
      net.links.push({
        ...pipeOf(
          plan,
          { ...layout.pipes[0]!, line: half, length_m: lineLength(half) },
          index.get(n)!,
          end,
          land.edge_class[i]!,
        ),
      })
    }
  }
}

function cutAt(line: readonly P[], at: number): P[] {
  const out: P[] = [line[0]!]
  let left = at
  for (let i = 1; i < line.length; i++) {
    const l = distance(line[i - 1]!, line[i]!)
    if (l >= left) return [...out, lerp(line[i - 1]!, line[i]!, left / l)]
    left -= l
    out.push(line[i]!)
  }
  return out
}

function number(net: WaterNet): void {
  let [j, u, t] = [0, 0, 0]
  const pad = (n: number): string => String(n).padStart(3, "0")
  const customers = new Set(net.customers)
  net.nodes.forEach((n, i) => {
    n.id =
      n.kind === "tank"
        ? "T1"
        : n.kind === "reservoir"
          ? "R1"
          : customers.has(i)
            ? `U${pad(++u)}`
            : n.area === "trunk"
              ? `G${pad(++t)}`
              : `J${pad(++j)}`
  })
  let [p, g] = [0, 0]
  const metered = new Set(net.meters.map((m) => m.link))
  let m = 0
  net.links.forEach((l, i) => {
    l.id =
      l.kind === "pump"
        ? "PUMP1"
        : metered.has(i)
          ? `M${pad(++m)}`
          : l.class === "trunk"
            ? `PG${pad(++g)}`
            : `P${pad(++p)}`
  })
}
