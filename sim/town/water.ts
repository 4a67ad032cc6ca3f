/** The water network on the ground: a trunk from the waterworks to a high tank, and three metered areas behind meters. */
import type { Words } from "../../model/index.ts"
import { add, centroid, distance, inside, lerp, lineLength, type P, scale, sub, unit } from "./geometry.ts"
import type { Ground } from "./ground.ts"
import type { Land } from "./land.ts"
import { type LaidPipe, layPipes, ways } from "./layout.ts"
import { factories } from "./names.ts"
import type { Random } from "./random.ts"
import type { Plan, StreetClass } from "./streets.ts"

export type WaterNode = {
  id: string
  kind: "junction" | "tank" | "reservoir"
  at: P
  elevation_m: number
  demand_m3h: number
  pattern: "RES" | "COM" | "IND"
  area: string
  people: number
  name: Words | null
  /** Place in the street graph, −1 for nodes off it. */
  graph: number
}
export type WaterLink = {
  id: string
  kind: "pipe" | "pump"
  from: number
  to: number
  line: P[]
  length_m: number
  diameter_mm: number
  roughness: number
  material: string
  year: number
  breaks: number
  people: number
  name: string
  class: StreetClass | "trunk" | "service"
}
export type WaterNet = {
  nodes: WaterNode[]
  links: WaterLink[]
  /** Links with a flow meter, each with the area behind it; +1 counts into that area. */
  meters: { link: number; into: string; from: string; name: Words }[]
  customers: number[]
  pump_design: { flow_m3h: number; head_m: number }
}

export const waterAreas: { key: string; name: Words }[] = [
  { key: "trunk", name: { zh: "输水干管", en: "Trunk mains" } },
  { key: "west", name: { zh: "老城计量区", en: "Old Town area" } },
  { key: "east", name: { zh: "新城计量区", en: "New Town area" } },
  { key: "south", name: { zh: "江南计量区", en: "Jiangnan area" } },
]

const mean_demand_m3h = 900
const water_off_m: Record<StreetClass, number> = { a: 11, b: 6.2, c: 3.6, lane: 1.9, alley: 1, track: 1, frame: 0 }
const trunk_off_m: Record<StreetClass, number> = { a: -5, b: -2.6, c: -1.6, lane: -1, alley: -1, track: -1, frame: 0 }
const diameters = [100, 150, 200, 250, 300, 400, 500, 600, 800, 1000]
const least_mm: Partial<Record<StreetClass, number>> = { a: 250, b: 200, c: 150, lane: 100 }

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

function pipeOf(plan: Plan, p: LaidPipe, from: number, to: number, cls: WaterLink["class"]): WaterLink {
  const name = plan.streets[p.street]?.name?.zh ?? "支巷"
  return {
    id: "",
    kind: "pipe",
    from,
    to,
    line: p.line,
    length_m: p.length_m,
    diameter_mm: 100,
    roughness: 130,
    material: "DI",
    year: 2005,
    breaks: 0,
    people: 0,
    name,
    class: cls,
  }
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
  addNode: (at: P, chart: P, area: string, n: number) => number,
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

/** The waterworks' trunk: a tree along main roads to every inlet and to the high tank in the north-east. */
function layTrunk(
  random: Random,
  plan: Plan & { split: number },
  land: Land,
  served: number[],
  areaLayout: { nodes: Map<number, P> },
  index: Map<number, number>,
  net: WaterNet,
  addNode: (at: P, chart: P, area: string, n: number) => number,
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

function straight(net: WaterNet, from: number, to: number, name: string, cls: WaterLink["class"]): WaterLink {
  const line = [net.nodes[from]!.at, net.nodes[to]!.at]
  return {
    id: "",
    kind: "pipe",
    from,
    to,
    line,
    length_m: Math.max(4, lineLength(line)),
    diameter_mm: 200,
    roughness: 130,
    material: "DI",
    year: 2008,
    breaks: 0,
    people: 0,
    name,
    class: cls,
  }
}

const use_weight: Record<string, number> = {
  slab: 1,
  tower: 0.85,
  courtyard: 1.3,
  house: 0.9,
  shop: 0.9,
  school: 1.2,
  hospital: 2.6,
  public: 1.2,
  market: 0.9,
  factory: 1.5,
  tank: 0,
}

/** Water goes where floors are: every building to the nearest junction, large users through a meter of their own. */
function giveDemand(
  random: Random,
  ground: Ground,
  plan: Plan,
  land: Land,
  net: WaterNet,
  addNode: (at: P, chart: P, area: string, n: number) => number,
): void {
  const street = net.nodes.flatMap((n, i) =>
    n.kind === "junction" && n.area !== "trunk" && n.area !== "source" ? [i] : [],
  )
  const cells = new Map<number, number[]>()
  const key = (p: P): number => Math.floor(p[0] / 250) * 65536 + Math.floor(p[1] / 250)
  for (const i of street) cells.set(key(net.nodes[i]!.at), [...(cells.get(key(net.nodes[i]!.at)) ?? []), i])
  const nearest = (p: P): number => {
    let best = -1
    let least = 420
    for (let dx = -1; dx <= 1; dx++)
      for (let dy = -1; dy <= 1; dy++)
        for (const i of cells.get(key([p[0] + dx * 250, p[1] + dy * 250])) ?? []) {
          const d = distance(net.nodes[i]!.at, p)
          if (d < least) [best, least] = [i, d]
        }
    return best
  }
  const users = largeUsers(random, ground, plan)
  const weights = new Map<number, { RES: number; COM: number; IND: number; people: number }>()
  const give = (node: number, kind: "RES" | "COM" | "IND", amount: number, people: number): void => {
    const w = weights.get(node) ?? { RES: 0, COM: 0, IND: 0, people: 0 }
    w[kind] += amount
    w.people += people
    weights.set(node, w)
  }
  const meters = new Map<number, number>()
  for (const b of land.buildings) {
    const middle = centroid(b.ring)
    const floor_m2 = floorArea(b.ring) * Math.min(b.floors, 18)
    const kind =
      b.kind === "factory" ? "IND" : ["shop", "market", "public", "school", "hospital"].includes(b.kind) ? "COM" : "RES"
    const amount = floor_m2 * (use_weight[b.kind] ?? 1)
    const people = kind === "RES" ? floor_m2 / 38 : 0
    const user = users.findIndex((u) => inside(middle, u.ring))
    let node = nearest(middle)
    if (node < 0) continue
    if (user >= 0) {
      const own = meters.get(user)
      if (own === undefined) {
        const u = users[user]!
        const tee = net.nodes[nearest(u.middle)]!
        const made = addNode(
          lerp(tee.at, u.middle, Math.min(0.5, 45 / Math.max(1, distance(tee.at, u.middle)))),
          u.chart,
          tee.area,
          -1,
        )
        net.nodes[made]!.name = u.name
        net.links.push(straight(net, net.nodes.indexOf(tee), made, u.name.zh, "service"))
        net.customers.push(made)
        meters.set(user, made)
        node = made
      } else node = own
    }
    give(node, kind, amount, people)
  }
  let sum = 0
  for (const w of weights.values()) sum += w.RES + w.COM + w.IND
  const k = mean_demand_m3h / sum
  for (const [i, w] of weights) {
    const node = net.nodes[i]!
    node.demand_m3h = Math.round((w.RES + w.COM + w.IND) * k * 1000) / 1000
    node.pattern = w.IND > w.RES && w.IND > w.COM ? "IND" : w.COM > w.RES ? "COM" : "RES"
    node.people = Math.round(w.people)
  }
}

const floorArea = (ring: P[]): number => {
  let s = 0
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++)
    s += ring[j]![0] * ring[i]![1] - ring[i]![0] * ring[j]![1]
  return Math.abs(s / 2)
}

function largeUsers(random: Random, ground: Ground, plan: Plan): { name: Words; ring: P[]; middle: P; chart: P }[] {
  const stock = random.shuffle(factories)
  const out: { name: Words; ring: P[]; middle: P; chart: P }[] = []
  const within = (p: P): boolean =>
    p[0] > plan.core.west && p[0] < plan.core.east && p[1] > plan.core.south && p[1] < plan.core.north
  const add = (u: Plan["uses"][number], name: Words): void => {
    const chart = centroid(u.polygon)
    out.push({ name, ring: u.polygon.map(ground.lay), middle: ground.lay(chart), chart })
  }
  for (const u of plan.uses)
    if (u.name && ["hospital", "school", "government", "market", "station"].includes(u.use)) add(u, u.name)
  for (const u of plan.uses)
    if (u.use === "industry" && within(centroid(u.polygon)) && out.length < 20 && stock.length) add(u, stock.pop()!)
  return out
}

/** Diameters by the flow that a shortest-way tree from the source would carry at the peak hour, at about 0.8 m/s. */
function size(net: WaterNet): void {
  const source = net.nodes.findIndex((n) => n.kind === "reservoir")
  const { via, order } = ways(
    net.nodes.length,
    net.links.map((l) => ({
      from: l.from,
      to: l.to,
      cost: l.length_m * (l.class === "a" || l.class === "trunk" ? 0.7 : l.class === "b" ? 0.85 : 1),
    })),
    [source],
  )
  const flow = new Float64Array(net.links.length)
  const carried = net.nodes.map((n) => n.demand_m3h * 1.7)
  for (const n of [...order].reverse()) {
    const l = via[n]!
    if (l < 0) continue
    flow[l] = carried[n]!
    const parent = net.links[l]!.from === n ? net.links[l]!.to : net.links[l]!.from
    carried[parent]! += carried[n]!
  }
  net.links.forEach((l, i) => {
    const speed = l.class === "trunk" ? 1.1 : 1.0
    const bore = Math.sqrt(flow[i]! / 3600 / speed / (Math.PI / 4)) * 1000
    const least = l.class === "trunk" ? 400 : l.class === "service" ? 100 : (least_mm[l.class] ?? 100)
    l.diameter_mm = diameters.find((d) => d >= Math.max(bore, least) - 1) ?? 1000
  })
  for (const m of net.meters)
    if (net.links[m.link]!.kind === "pipe")
      net.links[m.link]!.diameter_mm = Math.max(400, net.links[m.link]!.diameter_mm)
}

const roughness: Record<string, number> = { PE: 140, PVC: 140, DI: 130, CI: 100, ST: 120, PCCP: 125, GS: 105 }

/** Material, year and past breaks by size, place and the fashion of the decade. */
function age(random: Random, plan: Plan, net: WaterNet): void {
  const byStreet = new Map<string, { material: string; year: number }>()
  const degreeOf = new Map<number, number>()
  for (const l of net.links) for (const n of [l.from, l.to]) degreeOf.set(n, (degreeOf.get(n) ?? 0) + 1)
  for (const l of net.links) {
    const a = net.nodes[l.from]!
    const b = net.nodes[l.to]!
    const key = `${l.name}/${l.class}/${a.area}`
    let made = byStreet.get(key)
    if (!made) {
      const west =
        a.area === "west" &&
        a.graph >= 0 &&
        Math.abs(plan.graph.nodes[a.graph]![0] + 640) < 420 &&
        Math.abs(plan.graph.nodes[a.graph]![1] - 580) < 380
      if (l.class === "trunk")
        made = random.chance(0.5)
          ? { material: "PCCP", year: random.whole(2004, 2012) }
          : { material: "ST", year: random.whole(1998, 2010) }
      else if (west)
        made = random.chance(0.55)
          ? { material: "CI", year: random.whole(1976, 1992) }
          : l.class === "lane" && random.chance(0.4)
            ? { material: "GS", year: random.whole(1985, 1998) }
            : { material: "PE", year: random.whole(2008, 2021) }
      else if (l.class === "lane" || l.class === "service")
        made = random.chance(0.62)
          ? { material: "PE", year: random.whole(2003, 2022) }
          : random.chance(0.6)
            ? { material: "PVC", year: random.whole(1994, 2006) }
            : { material: "CI", year: random.whole(1984, 1998) }
      else
        made = random.chance(0.66)
          ? { material: "DI", year: random.whole(1999, 2019) }
          : random.chance(0.6)
            ? { material: "CI", year: random.whole(1982, 1999) }
            : { material: "PVC", year: random.whole(1995, 2007) }
      byStreet.set(key, made)
    }
    l.material = made.material === "PE" && l.diameter_mm > 400 ? "DI" : made.material
    l.year = made.year
    l.roughness = roughness[l.material]! - (l.material === "CI" ? Math.max(0, Math.round((1995 - l.year) / 2)) : 0)
    const rate =
      (l.material === "CI" || l.material === "GS" ? 2.2 : l.material === "PVC" ? 1 : 0.35) *
      ((2026 - l.year) / 30) *
      (l.length_m / 260)
    for (let k = 0; k < 4; k++) if (random.chance(Math.min(0.6, rate / 4))) l.breaks++
    l.people = Math.round(a.people / (degreeOf.get(l.from) ?? 1) + b.people / (degreeOf.get(l.to) ?? 1))
  }
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
