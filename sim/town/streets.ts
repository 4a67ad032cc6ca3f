/** The street plan on the chart: arterials first, then what is too large is divided, class by class. */

import type { Words } from "../../model/index.ts"
import { arrange, type Face, type Graph, type Line } from "./arrange.ts"
import { area, box, centroid, cross, distance, inside, type P, sub, unit } from "./geometry.ts"
import type { Ground } from "./ground.ts"
import { collectorsEast, collectorsNorth, lanesNew, lanesOld, nameTaker, numberedLane, numberedRoad } from "./names.ts"
import type { Random } from "./random.ts"
import type { RoadClass } from "./types.ts"

/** Class "frame" closes the chart's edge and is no street; "track" is a field path. */
export type StreetClass = RoadClass | "track" | "frame"
export type Street = { id: number; name: Words | null; class: StreetClass; ring: boolean }
export type Tag = { street: number; class: StreetClass; piped: boolean }
export type Plan = { graph: Graph<Tag>; streets: Street[]; uses: UseMap; core: Core }
export type Core = { west: number; east: number; south: number; north: number }

export type Use =
  | "river"
  | "old"
  | "slab"
  | "tower"
  | "village"
  | "hamlet"
  | "field"
  | "industry"
  | "park"
  | "school"
  | "hospital"
  | "market"
  | "government"
  | "waterworks"
  | "gas_station"
  | "station"
  | "power_station"
  | "green"
export type UseMap = { polygon: P[]; box: [number, number, number, number]; use: Use; name: Words | null }[]

export const widths_m: Record<StreetClass, number> = { a: 34, b: 20, c: 12, lane: 7, alley: 4, track: 4, frame: 0 }
const ranks: Record<StreetClass, number> = { a: 0, b: 1, c: 2, lane: 3, alley: 4, track: 5, frame: 6 }
export const frame = { west: -3500, east: 3500, south: -2700, north: 2800 }

export type Plans = { lines: Line<Tag>[]; streets: Street[] }

/** Adds a street and returns its id. */
export function addStreet(plans: Plans, name: Words | null, cls: StreetClass, ring = false): number {
  plans.streets.push({ id: plans.streets.length, name, class: cls, ring })
  return plans.streets.length - 1
}

export function addLine(plans: Plans, street: number, points: P[], cls: StreetClass, piped: boolean): void {
  plans.lines.push({ points, tag: { street, class: cls, piped }, rank: ranks[cls] })
}

/** Arterials, riverside roads, the ring of the old wall and two old highways that cut the grid at an angle. */
export function mainStreets(random: Random, ground: Ground): { plans: Plans; core: Core; split: number } {
  const plans: Plans = { lines: [], streets: [] }
  const j = (v: number, by: number): number => v + random.between(-by, by)
  const west = j(-1830, 40)
  const east = j(1800, 40)
  const north = j(1440, 30)
  const south = j(-1420, 30)
  const o = ground.oldTown
  const main = (zh: string, en: string, cls: "a" | "b", from: P, to: P): void => {
    addLine(plans, addStreet(plans, { zh, en }, cls), [from, to], cls, true)
  }
  const f = frame
  const renmin = o.v + random.between(20, 60)
  const wenchang = j(470, 40)
  main("北环路", "Beihuan Rd", "a", [west - 260, north], [f.east, north])
  const chaoyang = j(1030, 30)
  main("朝阳路", "Chaoyang Rd", "b", [west - 3, chaoyang], [east + 3, chaoyang])
  main("人民路", "Renmin Rd", "a", [f.west, renmin], [f.east, renmin])
  main("滨河北路", "Binhe North Rd", "b", [f.west, 148], [f.east, 148])
  main("滨河南路", "Binhe South Rd", "b", [f.west, -148], [f.east, -148])
  const jiangnan = j(-640, 40)
  main("江南大道", "Jiangnan Ave", "a", [f.west, jiangnan], [f.east, jiangnan])
  const xingye = j(-1040, 25)
  main("兴业路", "Xingye Rd", "b", [west - 3, xingye], [east + 420, xingye])
  main("南环路", "Nanhuan Rd", "b", [west - 3, south], [east + 3, south])
  const jiefang = o.u + random.between(10, 50)
  main("西环路", "Xihuan Rd", "a", [west, f.south], [west, f.north])
  main("解放路", "Jiefang Rd", "a", [jiefang, south - 3], [jiefang, f.north])
  main("文昌路", "Wenchang Rd", "a", [wenchang, f.south], [wenchang, north + 3])
  main("东环路", "Donghuan Rd", "a", [east, f.south], [east, f.north])
  const jianshe = j(-1230, 40)
  main("建设路", "Jianshe Rd", "b", [jianshe, 145], [jianshe, north + 380])
  main("东门街", "Dongmen St", "b", [o.u + o.a + 165, 145], [o.u + o.a + 165, north + 3])
  const yingbin = j(1090, 50)
  main("迎宾路", "Yingbin Rd", "b", [yingbin, 145], [yingbin, north + 3])
  const huimin = j(-1190, 40)
  main("惠民路", "Huimin Rd", "b", [huimin, south - 3], [huimin, -145])
  const gongye = j(1130, 50)
  main("工业大道", "Gongye Ave", "b", [gongye, south - 420], [gongye, -145])
  const ring: P[] = []
  for (let i = 0; i <= 48; i++) {
    const t = (i / 48) * 2 * Math.PI
    const k = 1 / ground.old([o.u + o.a * Math.cos(t), o.v + o.b * Math.sin(t)])
    ring.push([o.u + k * o.a * Math.cos(t), o.v + k * o.b * Math.sin(t)])
  }
  addLine(plans, addStreet(plans, { zh: "环城路", en: "Huancheng Rd" }, "b", true), ring, "b", true)
  // The old highways: older than the grid, so they keep their own direction.
  const gate: P = [o.u - o.a * 0.62, o.v + o.b * 0.72]
  const k = 1 / ground.old(gate)
  const on: P = [o.u + (gate[0] - o.u) * k * 0.99, o.v + (gate[1] - o.v) * k * 0.99]
  main("老官路", "Laoguan Rd", "b", [on[0] - 640, f.north], on)
  main("通海路", "Tonghai Rd", "b", [wenchang - 2, -232], [f.east, j(-1500, 80)])
  const edge: P[] = [
    [f.west, f.south],
    [f.east, f.south],
    [f.east, f.north],
    [f.west, f.north],
    [f.west, f.south],
  ]
  addLine(plans, addStreet(plans, null, "frame"), edge, "frame", false)
  return { plans, core: { west, east, south, north }, split: (o.u + o.a + 165 + wenchang) / 2 }
}

export type Zone = "old" | "core" | "river" | "outside"
export function zoneOf(ground: Ground, core: Core, p: P): Zone {
  if (Math.abs(p[1]) < 146) return "river"
  if (ground.old(p) < 1) return "old"
  return p[0] > core.west && p[0] < core.east && p[1] > core.south && p[1] < core.north ? "core" : "outside"
}

/** Divides faces longer than `longer_m` across their longer side; `wanted` says which faces, how and as what. */
export function divide(
  plans: Plans,
  graph: Graph<Tag>,
  random: Random,
  rule: {
    wanted(polygon: P[], middle: P): { longer_m: number; shorter_m: number; slant: number } | null
    class: StreetClass
    piped: boolean
    name(north: boolean, middle: P): Words | null
  },
): boolean {
  let any = false
  for (const face of graph.faces) {
    const polygon = face.nodes.map((n) => graph.nodes[n]!)
    const middle = centroid(polygon)
    const want = rule.wanted(polygon, middle)
    if (!want) continue
    const [x0, y0, x1, y1] = box(polygon)
    const northward = x1 - x0 >= y1 - y0
    const longest = Math.max(x1 - x0, y1 - y0)
    if (longest <= want.longer_m || area(polygon) < want.longer_m * want.shorter_m * 0.75) continue
    const low = northward ? x0 : y0
    const parts = Math.max(2, Math.round(longest / want.longer_m))
    const target = low + (longest / parts) * Math.floor(parts / 2) + longest * random.between(-0.07, 0.07)
    const snap = snapTo(graph, face, northward, target, longest * 0.14)
    const angle = snap ? 0 : random.between(-want.slant, want.slant)
    const at = snap?.at ?? target
    const direction: P = northward ? [Math.sin(angle), Math.cos(angle)] : [Math.cos(angle), Math.sin(angle)]
    const through: P = northward ? [at, middle[1]] : [middle[0], at]
    const cut = chord(polygon, through, direction, middle)
    if (!cut || distance(...cut) < 25) continue
    const inherit = snap ? sameStreet(plans, graph, snap.node, northward, rule.class) : null
    const street = inherit ?? addStreet(plans, rule.name(northward, middle), rule.class)
    addLine(plans, street, cut, rule.class, rule.piped)
    any = true
  }
  return any
}

/** A corner of the face's border that the new street could run into, so that streets go on over crossings. */
function snapTo(
  graph: Graph<Tag>,
  face: Face,
  northward: boolean,
  target: number,
  reach: number,
): { at: number; node: number } | null {
  let best: { at: number; node: number } | null = null
  const n = face.nodes.length
  for (let i = 0; i < n; i++) {
    const p = graph.nodes[face.nodes[i]!]!
    const d = unit(sub(graph.nodes[face.nodes[(i + 1) % n]!]!, graph.nodes[face.nodes[(i + n - 1) % n]!]!))
    // Only corners on the long sides: there the border runs across the new street.
    if (Math.abs(northward ? d[0] : d[1]) < 0.9) continue
    const at = northward ? p[0] : p[1]
    if (Math.abs(at - target) < Math.min(reach, best ? Math.abs(best.at - target) : Infinity))
      best = { at, node: face.nodes[i]! }
  }
  return best
}

function sameStreet(
  plans: Plans,
  graph: Graph<Tag>,
  node: number,
  northward: boolean,
  cls: StreetClass,
): number | null {
  for (const e of graph.edges) {
    if (e.a !== node && e.b !== node) continue
    const d = unit(sub(graph.nodes[e.b]!, graph.nodes[e.a]!))
    const straight = Math.abs(northward ? d[1] : d[0]) > 0.98
    if (straight && e.tag.class === cls && !plans.streets[e.tag.street]!.ring) return e.tag.street
  }
  return null
}

/** The piece of a straight line inside the polygon that runs past `near`, 3 m longer at both ends; west or south first. */
function chord(polygon: readonly P[], through: P, direction: P, near: P): [P, P] | null {
  const ts: number[] = []
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const a = sub(polygon[j]!, through)
    const b = sub(polygon[i]!, through)
    const [sa, sb] = [cross(direction, a), cross(direction, b)]
    if (sa > 0 === sb > 0) continue
    const k = sa / (sa - sb)
    const p: P = [a[0] + (b[0] - a[0]) * k, a[1] + (b[1] - a[1]) * k]
    ts.push(p[0] * direction[0] + p[1] * direction[1])
  }
  ts.sort((p, q) => p - q)
  const zero = (near[0] - through[0]) * direction[0] + (near[1] - through[1]) * direction[1]
  for (let i = 0; i + 1 < ts.length; i += 2) {
    if (ts[i]! > zero || ts[i + 1]! < zero) continue
    const [t0, t1] = [ts[i]! - 3, ts[i + 1]! + 3]
    return [
      [through[0] + direction[0] * t0, through[1] + direction[1] * t0],
      [through[0] + direction[0] * t1, through[1] + direction[1] * t1],
    ]
  }
  return null
}

export const landAt = (uses: UseMap, p: P): UseMap[number] | null => {
  for (const u of uses)
    if (p[0] >= u.box[0] && p[0] <= u.box[2] && p[1] >= u.box[1] && p[1] <= u.box[3] && inside(p, u.polygon)) return u
  return null
}

/** The whole plan, from arterials to alleys. `assign` gives the superblocks their use before lanes are cut. */
export function planStreets(
  random: Random,
  ground: Ground,
  assign: (polygons: P[][], core: Core) => UseMap,
): Plan & { split: number } {
  const { plans, core, split } = mainStreets(random, ground)
  const east = nameTaker(random.shuffle(collectorsEast), numberedRoad("纬", "Wei"))
  const north = nameTaker(random.shuffle(collectorsNorth), numberedRoad("经", "Jing"))
  const eastPark = nameTaker([], numberedRoad("纬", "Wei"))
  const northPark = nameTaker([], numberedRoad("经", "Jing"))
  const fresh = nameTaker(random.shuffle(lanesNew), numberedLane)
  const ancient = nameTaker(lanesOld, numberedLane)
  const zone = (p: P): Zone => zoneOf(ground, core, p)
  let graph = arrange(plans.lines, 14)
  const pass = (rule: Parameters<typeof divide>[3]): void => {
    if (divide(plans, graph, random, rule)) graph = arrange(plans.lines, 14)
  }
  for (const [longer_m, shorter_m] of [
    [620, 300],
    [430, 260],
    [330, 220],
  ] as const)
    pass({
      class: "c",
      piped: true,
      // The industrial park numbers its streets, as such parks do.
      name: (n, m) => (m[0] > 620 && m[1] < -150 ? (n ? northPark() : eastPark()) : n ? north() : east()),
      wanted: (_, m) => (zone(m) === "core" ? { longer_m, shorter_m, slant: 0.03 } : null),
    })
  for (const longer_m of [900, 620, 430])
    pass({
      class: "track",
      piped: false,
      name: () => null,
      wanted: (_, m) => (zone(m) === "outside" ? { longer_m, shorter_m: 300, slant: 0.12 } : null),
    })
  const uses = assign(
    graph.faces.map((f) => f.nodes.map((n) => graph.nodes[n]!)),
    core,
  )
  const built = (m: P): boolean => ["slab", "tower", "village", "market"].includes(landAt(uses, m)?.use ?? "river")
  for (const [longer_m, shorter_m] of [
    [300, 150],
    [235, 140],
  ] as const)
    pass({
      class: "lane",
      piped: true,
      name: (_, m) => (zone(m) === "old" ? ancient() : fresh()),
      wanted: (_, m) =>
        zone(m) === "old"
          ? { longer_m: longer_m * 0.66, shorter_m: 70, slant: 0.06 }
          : zone(m) === "core" && built(m)
            ? { longer_m, shorter_m, slant: 0.02 }
            : null,
    })
  pass({
    class: "lane",
    piped: false,
    name: () => null,
    wanted: (_, m) => (zone(m) === "core" && built(m) ? { longer_m: 178, shorter_m: 90, slant: 0.02 } : null),
  })
  for (const longer_m of [105, 78, 62, 54])
    pass({
      class: "alley",
      piped: false,
      name: () => null,
      wanted: (_, m) =>
        zone(m) === "old" || landAt(uses, m)?.use === "village" ? { longer_m, shorter_m: 30, slant: 0.16 } : null,
    })
  return { graph, streets: plans.streets, uses, core, split }
}
