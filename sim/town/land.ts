/** From the plan on the chart to shapes on the ground: road lines, blocks, buildings, green and water. */
import type { Words } from "../../model/index.ts"
import { type Block, type Building, fillBlock } from "./build.ts"
import {
  along,
  box,
  centroid,
  distance,
  dot,
  inset,
  inside,
  lerp,
  lineLength,
  offsetLine,
  type P,
  spans,
  sub,
  unit,
} from "./geometry.ts"
import type { Ground } from "./ground.ts"
import type { Random } from "./random.ts"
import { fillSpecial } from "./special.ts"
import { frame, landAt, type Plan, type StreetClass, type Use, widths_m, zoneOf } from "./streets.ts"

export type Road = { street: number; class: StreetClass; line: P[] }
export type Land = {
  /** Ground line of each edge of the graph, from a to b. */
  edge_lines: P[][]
  /** Class as built: arterials narrow down inside the old wall. */
  edge_class: StreetClass[]
  roads: Road[]
  buildings: Building[]
  areas: { kind: string; ring: P[]; tone: number }[]
  furrows: P[][]
  water: { kind: string; ring: P[] }[]
  banks: P[][]
  trees: P[]
  rail: P[]
  labels: { kind: "place" | "water" | "poi"; at: P; name: Words; rank: number }[]
}

const step_m = 24
const sidewalk_m: Record<StreetClass, number> = { a: 7, b: 5.5, c: 4, lane: 2.5, alley: 0.6, track: 2, frame: 0 }

export function layLand(random: Random, ground: Ground, plan: Plan, river: Words): Land {
  const { graph } = plan
  const land: Land = {
    edge_lines: [],
    edge_class: [],
    roads: [],
    buildings: [],
    areas: [],
    furrows: [],
    water: [],
    banks: [],
    trees: [],
    rail: [],
    labels: [],
  }
  for (const e of graph.edges) {
    const [a, b] = [graph.nodes[e.a]!, graph.nodes[e.b]!]
    const n = Math.max(1, Math.ceil(distance(a, b) / step_m))
    land.edge_lines.push(Array.from({ length: n + 1 }, (_, i) => ground.lay(lerp(a, b, i / n))))
    const inOld = ground.old(lerp(a, b, 0.5)) < 0.985 && !plan.streets[e.tag.street]!.ring
    land.edge_class.push(inOld && e.tag.class === "a" ? "b" : inOld && e.tag.class === "b" ? "c" : e.tag.class)
  }
  land.roads = chains(plan, land)
  riverShape(ground, land)
  for (const face of graph.faces) layFace(random, ground, plan, land, face)
  streetTrees(random, ground, plan, land)
  scatterBanks(random, ground, plan, land)
  names(ground, plan, land, river)
  const railAt = (u: number): P => ground.lay([u, 1890 + 130 * Math.cos(u / 1500)])
  for (let u = frame.west; u <= frame.east; u += 50) land.rail.push(railAt(u))
  return land
}

/** Joins the edges of one street and class into long lines. */
function chains(plan: Plan, land: Land): Road[] {
  const { graph } = plan
  const groups = new Map<string, number[]>()
  graph.edges.forEach((e, i) => {
    if (e.tag.class === "frame") return
    const key = `${e.tag.street}/${land.edge_class[i]}`
    const list = groups.get(key)
    if (list) list.push(i)
    else groups.set(key, [i])
  })
  const roads: Road[] = []
  for (const list of groups.values()) {
    const at = new Map<number, number[]>()
    for (const i of list) for (const n of [graph.edges[i]!.a, graph.edges[i]!.b]) at.set(n, [...(at.get(n) ?? []), i])
    const used = new Set<number>()
    const walk = (start: number, first: number): P[] => {
      let line: P[] = []
      let n = start
      let i: number | undefined = first
      while (i !== undefined) {
        used.add(i)
        const e = graph.edges[i]!
        const part = e.a === n ? land.edge_lines[i]! : [...land.edge_lines[i]!].reverse()
        line = line.length ? [...line, ...part.slice(1)] : [...part]
        n = e.a === n ? e.b : e.a
        i = at.get(n)!.find((k) => !used.has(k))
      }
      return line
    }
    const { street } = graph.edges[list[0]!]!.tag
    const cls = land.edge_class[list[0]!]!
    // Ends first, so that lines are as long as they can be; what is left are rings.
    for (const [n, is] of at)
      if (is.length === 1 && !used.has(is[0]!)) roads.push({ street, class: cls, line: walk(n, is[0]!) })
    for (const i of list) if (!used.has(i)) roads.push({ street, class: cls, line: walk(graph.edges[i]!.a, i) })
  }
  return roads
}

function riverShape(ground: Ground, land: Land): void {
  const north: P[] = []
  const south: P[] = []
  for (let u = frame.west; u <= frame.east; u += 30) {
    const half = ground.riverHalf(u)
    north.push(ground.lay([u, half]))
    south.push(ground.lay([u, -half]))
  }
  land.water.push({ kind: "river", ring: [...south, ...[...north].reverse()] })
  land.banks.push(north, south)
}

const builtUses: Use[] = ["slab", "tower", "old", "village", "industry", "market", "government"]
const areaKind: Partial<Record<Use, string>> = {
  slab: "block",
  tower: "block",
  old: "old",
  village: "old",
  industry: "industry",
  market: "block",
  government: "block",
  school: "school",
  hospital: "hospital",
  waterworks: "water_works",
  gas_station: "industry",
  station: "block",
  power_station: "industry",
  park: "green",
  green: "green",
  field: "field",
  hamlet: "field",
  river: "green",
}

function layFace(
  random: Random,
  ground: Ground,
  plan: Plan,
  land: Land,
  face: { nodes: number[]; edges: number[] },
): void {
  const { graph } = plan
  const chart = face.nodes.map((n) => graph.nodes[n]!)
  const middle = centroid(chart)
  const polygon: P[] = []
  const by: number[] = []
  const classes: StreetClass[] = []
  let [east, north] = [0, 0]
  face.edges.forEach((e, i) => {
    const edge = graph.edges[e]!
    const line = edge.a === face.nodes[i] ? land.edge_lines[e]! : [...land.edge_lines[e]!].reverse()
    const cls = land.edge_class[e]!
    for (let k = 0; k + 1 < line.length; k++) {
      polygon.push(line[k]!)
      by.push(widths_m[cls] / 2 + sidewalk_m[cls])
      classes.push(cls)
      const d = sub(line[k + 1]!, line[k]!)
      if (Math.abs(d[0]) > Math.abs(d[1]) * 1.6) {
        east += Math.abs(d[0])
        north += d[0] > 0 ? d[1] : -d[1]
      }
    }
  })
  const zone = zoneOf(ground, plan.core, middle)
  const use: Use = zone === "river" ? "river" : zone === "old" ? "old" : (landAt(plan.uses, middle)?.use ?? "field")
  const kind = areaKind[use]!
  const inner = inset(polygon, by)
  // Streets have their own width drawn over the ground, so the ground of a block may run under them.
  const tone = Math.floor(random.next() * 3)
  land.areas.push({
    kind,
    ring:
      use === "field" || use === "hamlet" || use === "river"
        ? polygon
        : (inset(
            polygon,
            by.map((b) => b * 0.8),
          ) ?? polygon),
    tone,
  })
  if (!inner) return
  const angle = east > 0 ? Math.atan2(north, east) : 0
  const block: Block = { polygon: inner, angle, shops: shopEdges(polygon, inner, classes), use }
  if (use === "field") furrows(random, block, land)
  else if (use === "hamlet") hamlet(random, block, land)
  else if (use === "green") scatter(random, inner, 260, land.trees)
  else if (builtUses.includes(use)) {
    land.buildings.push(...fillBlock(random, block))
    if (use === "slab" || use === "tower") scatter(random, inner, 1500, land.trees, land.buildings.slice(-60))
  } else if (use !== "river") {
    const special = fillSpecial(random, block)
    land.buildings.push(...special.buildings)
    for (const a of special.areas) land.areas.push({ ...a, tone: 0 })
    for (const ring of special.water) {
      land.water.push({ kind: "lake", ring })
      land.banks.push([...ring, ring[0]!])
    }
    for (const line of special.paths) land.roads.push({ street: -1, class: "alley", line })
    const keepOff = special.areas.filter((a) => a.kind !== "green").map((a) => ({ kind: "", floors: 0, ring: a.ring }))
    scatter(random, inner, use === "park" ? 170 : 900, land.trees, [
      ...special.buildings,
      ...keepOff,
      ...special.water.map((ring) => ({ kind: "", floors: 0, ring })),
    ])
  }
}

/** Runs of the block's border along arterials, found again after shrinking by nearness. */
function shopEdges(polygon: P[], inner: P[], classes: StreetClass[]): P[][] {
  const n = inner.length
  const onMain = inner.map((a, i) => {
    const m = lerp(a, inner[(i + 1) % n]!, 0.5)
    let best = 45
    let cls: StreetClass = "alley"
    for (let k = 0; k < polygon.length; k++) {
      const d = distance(m, lerp(polygon[k]!, polygon[(k + 1) % polygon.length]!, 0.5))
      if (d < best) [best, cls] = [d, classes[k]!]
    }
    return cls === "a" || cls === "b"
  })
  const straight = (i: number): boolean =>
    dot(unit(sub(inner[i]!, inner[(i + n - 1) % n]!)), unit(sub(inner[(i + 1) % n]!, inner[i]!))) > 0.85
  const first = onMain.findIndex((on, i) => on && (!onMain[(i + n - 1) % n] || !straight(i)))
  const out: P[][] = []
  if (first < 0) return out
  for (let k = 0; k < n; k++) {
    const i = (first + k) % n
    if (!onMain[i]) continue
    const goesOn = k > 0 && onMain[(i + n - 1) % n] && straight(i) && out.length > 0
    if (goesOn) out.at(-1)!.push(inner[(i + 1) % n]!)
    else out.push([inner[i]!, inner[(i + 1) % n]!])
  }
  return out
}

/** A village among fields: houses on a rounded patch beside the road, fields around it. */
function hamlet(random: Random, block: Block, land: Land): void {
  const middle = centroid(block.polygon)
  const near = block.polygon.reduce((a, b) => (distance(a, middle) < distance(b, middle) ? a : b))
  const at = lerp(middle, near, random.between(0.2, 0.5))
  const [r, phase] = [random.between(75, 125), random.between(0, 6.28)]
  const patch = Array.from({ length: 22 }, (_, i): P => {
    const t = (i / 22) * 2 * Math.PI
    const k = r * (1 + 0.16 * Math.sin(2 * t + phase) + 0.1 * Math.sin(3 * t - phase))
    return [at[0] + Math.cos(t) * k * 1.35, at[1] + Math.sin(t) * k * 0.9]
  }).filter((p) => inside(p, block.polygon))
  furrows(random, block, land)
  if (patch.length < 12) return
  land.areas.push({ kind: "old", ring: patch, tone: 0 })
  land.furrows = land.furrows.filter(([a, b]) => !crossesPatch(a!, b!, patch))
  land.buildings.push(...fillBlock(random, { ...block, polygon: patch, use: "village", shops: [] }))
  for (const p of patch) if (random.chance(0.7)) land.trees.push(lerp(p, at, -0.06))
}

const crossesPatch = (a: P, b: P, patch: P[]): boolean =>
  [0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1].some((t) => inside(lerp(a, b, t), patch))

function furrows(random: Random, block: Block, land: Land): void {
  const [c, s] = [Math.cos(block.angle), Math.sin(block.angle)]
  const local = block.polygon.map((p): P => [p[0] * c + p[1] * s, -p[0] * s + p[1] * c])
  const [, y0, , y1] = box(local)
  const pitch = random.between(26, 44)
  for (let y = y0 + pitch * 0.6; y < y1 - 8; y += pitch)
    for (const [a, b] of spans(local, y))
      if (b - a > 40)
        land.furrows.push([
          [(a + 5) * c - y * s, (a + 5) * s + y * c],
          [(b - 5) * c - y * s, (b - 5) * s + y * c],
        ])
}

function scatter(random: Random, polygon: P[], each_m2: number, out: P[], off: Building[] = []): void {
  const [x0, y0, x1, y1] = box(polygon)
  const boxes = off.map((b) => box(b.ring))
  const n = Math.min(400, Math.round(((x1 - x0) * (y1 - y0)) / each_m2))
  for (let i = 0; i < n; i++) {
    const p: P = [random.between(x0, x1), random.between(y0, y1)]
    if (!inside(p, polygon)) continue
    if (
      boxes.some(
        (b, k) =>
          p[0] > b[0] - 2 &&
          p[0] < b[2] + 2 &&
          p[1] > b[1] - 2 &&
          p[1] < b[3] + 2 &&
          (off[k]!.ring.length < 7 || inside(p, off[k]!.ring)),
      )
    )
      continue
    out.push(p)
  }
}

function streetTrees(random: Random, ground: Ground, plan: Plan, land: Land): void {
  const degree = new Map<number, number>()
  for (const e of plan.graph.edges) for (const n of [e.a, e.b]) degree.set(n, (degree.get(n) ?? 0) + 1)
  const key = (p: P): string => p.map((v) => Math.round(v * 10)).join()
  const crossings = new Set(plan.graph.nodes.flatMap((p, n) => ((degree.get(n) ?? 0) > 2 ? [key(ground.lay(p))] : [])))
  for (const road of land.roads) {
    if (road.class !== "a") continue
    const name = plan.streets[road.street]!.name
    if (!name) continue
    const near = road.line.filter((p) => crossings.has(key(p)))
    for (const side of [-1, 1]) {
      const line = offsetLine(road.line, side * (widths_m.a / 2 + 3))
      const long = lineLength(line)
      for (let at = random.between(4, 18); at < long; at += 24 + random.between(-2, 2)) {
        const { point } = along(line, at)
        if (near.every((c) => distance(c, point) > 30)) land.trees.push(point)
      }
    }
  }
}

function scatterBanks(random: Random, ground: Ground, { graph }: Plan, land: Land): void {
  const bridges = graph.edges.flatMap((e) => {
    const [a, b] = [graph.nodes[e.a]!, graph.nodes[e.b]!]
    return e.tag.class !== "frame" && a[1] * b[1] < 0 ? [a[0]] : []
  })
  for (let i = 0; i < 2600; i++) {
    const u = random.between(frame.west, frame.east)
    const half = ground.riverHalf(u) + 8
    const v = random.between(half, 130) * (random.chance(0.5) ? 1 : -1)
    if (bridges.every((b) => Math.abs(b - u) > 26)) land.trees.push(ground.lay([u, v]))
  }
}

function names(ground: Ground, plan: Plan, land: Land, river: Words): void {
  const { core } = plan
  const label = (kind: "place" | "water" | "poi", p: P, name: Words, rank: number): void => {
    land.labels.push({ kind, at: ground.lay(p), name, rank })
  }
  label("place", [ground.oldTown.u - 90, ground.oldTown.v - 110], { zh: "老城", en: "Old Town" }, 1)
  label("place", [1290, 850], { zh: "新城", en: "New Town" }, 1)
  label("place", [-900, -760], { zh: "江南", en: "Jiangnan" }, 1)
  label("place", [1330, -860], { zh: "工业园", en: "Industrial Park" }, 1)
  for (const u of [core.west + 300, 0, core.east - 300]) label("water", [u, 0], river, 1)
  for (const b of plan.uses)
    if (b.name)
      label(
        b.use === "village" || b.use === "hamlet" || b.use === "slab" || b.use === "tower" ? "place" : "poi",
        centroid(b.polygon),
        b.name,
        b.use === "hospital" || b.use === "station" ? 2 : 3,
      )
}
