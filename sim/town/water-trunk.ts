/** The trunk mains from the waterworks to the inlets and the high tank, with the meters between. */
import type { Words } from "../../model/index.ts"
import { add, centroid, distance, lineLength, type P, scale, sub, unit } from "./geometry.ts"
import type { Land } from "./land.ts"
import { layPipes, ways } from "./layout.ts"
import type { Random } from "./random.ts"
import type { Plan, StreetClass } from "./streets.ts"
import { type AddNode, pipeOf, straight, type WaterNet } from "./water-net.ts"

const trunk_off_m: Record<StreetClass, number> = { a: -5, b: -2.6, c: -1.6, lane: -1, alley: -1, track: -1, frame: 0 }

/** The waterworks' trunk: a tree along main roads to every inlet and to the high tank in the north-east. */
export function layTrunk(
  random: Random,
  plan: Plan & { split: number },
  land: Land,
  served: number[],
  areaLayout: { nodes: Map<number, P> },
  index: Map<number, number>,
  net: WaterNet,
  addNode: AddNode,
): void {
  const { graph } = plan
  const factor: Partial<Record<StreetClass, number>> = { a: 1, b: 1.25, c: 2.2, lane: 9 }
  const links = served.map((i) => {
    const e = graph.edges[i]!
    return { from: e.a, to: e.b, cost: lineLength(land.edge_lines[i]!) * (factor[land.edge_class[i]!] ?? 20) }
  })
  const on = new Set(served.flatMap((i) => [graph.edges[i]!.a, graph.edges[i]!.b]))
  const nearest = (p: P, among: Iterable<number>): number => {
    let best = -1
    let least = Infinity
    for (const n of among) {
      const d = distance(graph.nodes[n]!, p)
      if (d < least) [best, least] = [n, d]
    }
    return best
  }
  const works = plan.uses.find((u) => u.use === "waterworks")
  const worksChart: P = works ? centroid(works.polygon) : [plan.core.west + 200, 240]
  const start = nearest(worksChart, on)
  const inlets: [string, P, Words][] = [
    ["west", [-1000, 590], { zh: "老城进水", en: "Old Town inlet" }],
    ["east", [470, 600], { zh: "新城进水", en: "New Town inlet" }],
    ["south", [-600, -640], { zh: "江南西进水", en: "Jiangnan west inlet" }],
    ["south", [470, -640], { zh: "江南东进水", en: "Jiangnan east inlet" }],
  ]
  const inletNodes = inlets.map(([area, p]) =>
    nearest(
      p,
      [...areaLayout.nodes.keys()].filter(
        (n) => net.nodes[index.get(n)!]!.area === area && on.has(n) && degree(plan, served, n) > 2,
      ),
    ),
  )
  const tankNode = nearest([plan.core.east - 60, plan.core.north - 20], on)
  const tree = new Set<number>([start])
  const used = new Set<number>()
  for (const goal of [tankNode, ...inletNodes]) {
    const { via } = ways(graph.nodes.length, links, [...tree])
    for (let n = goal; !tree.has(n) && via[n]! >= 0; ) {
      const l = links[via[n]!]!
      used.add(served[via[n]!]!)
      tree.add(n)
      n = l.from === n ? l.to : l.from
    }
  }
  const layout = layPipes(plan, land, [...used], (c) => trunk_off_m[c], new Set([start, tankNode, ...inletNodes]))
  const trunk = new Map<number, number>()
  for (const [n, at] of layout.nodes) trunk.set(n, addNode(at, graph.nodes[n]!, "trunk", n))
  for (const p of layout.pipes) net.links.push(pipeOf(plan, p, trunk.get(p.from)!, trunk.get(p.to)!, "trunk"))
  inletNodes.forEach((n, k) => {
    const [into, , name] = inlets[k]!
    const [from, to] = [trunk.get(n)!, index.get(n)!]
    net.meters.push({ link: net.links.length, into, from: "trunk", name })
    net.links.push(straight(net, from, to, "进水管", "service"))
  })
  // The works and the tank stand beside their first and last tee.
  const worksAt = add(
    net.nodes[trunk.get(start)!]!.at,
    scale(towards(net.nodes[trunk.get(start)!]!.at, land, works?.name?.zh), 60),
  )
  const source = addNode(worksAt, worksChart, "source", -1)
  Object.assign(net.nodes[source]!, { kind: "reservoir", elevation_m: 9.5, name: works?.name ?? null })
  net.meters.unshift({
    link: net.links.length,
    into: "trunk",
    from: "source",
    name: { zh: "第一水厂出水", en: "Waterworks outlet" },
  })
  net.links.push({ ...straight(net, source, trunk.get(start)!, "第一水厂", "trunk"), kind: "pump" })
  const corner = net.nodes[trunk.get(tankNode)!]!
  const tank = addNode(
    add(corner.at, [random.between(120, 160), random.between(90, 130)]),
    graph.nodes[tankNode]!,
    "trunk",
    -1,
  )
  Object.assign(net.nodes[tank]!, {
    kind: "tank",
    elevation_m: 46,
    name: { zh: "东山高位水池", en: "Dongshan high tank" },
  })
  net.links.push(straight(net, trunk.get(tankNode)!, tank, "高位水池联络管", "trunk"))
}

/** Direction from a tee to the label of a place. */
function towards(from: P, land: Land, zh: string | undefined): P {
  const label = land.labels.find((l) => l.name.zh === zh)
  return label ? unit(sub(label.at, from)) : [0, -1]
}

const degree = (plan: Plan, edges: readonly number[], n: number): number =>
  edges.filter((i) => plan.graph.edges[i]!.a === n || plan.graph.edges[i]!.b === n).length
