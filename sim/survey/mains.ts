/** Mains along streets: junctions where they meet, bends where streets bend, points every some metres between. */
import { hash01 } from "./chance.ts"
import { all_classes, kindNumber, type PointKind, type UtilityClass, utility_classes } from "./classes.ts"
import type { Layout } from "./layout.ts"
import { addLine, type Network } from "./network.ts"

/** A point of a main from which a service pipe may go across the street. */
export type Candidate = { point: number; along: "ew" | "ns" }
/** A main's points and lines in the order in which sewage runs. */
export type Run = { points: number[]; lines: number[] }

export type Mains = {
  candidates: Candidate[]
  /** Runs of gravity classes, those upstream first. */
  gravity: Run[]
}

type Station = { at: number; node?: string }
type Draft = {
  net: Network
  layout: Layout
  seed: number
  spacing_m: number
  first_street: number
  nodes: Map<string, number>
  mains: Mains
}

/** No service pipe nearer to a crossing street's middle than this, so that crossings stay clear. */
const clear_of_crossing_m = 45
/** Spurs and branches end this far from the next street's middle. */
const stop_m = 60

/** Appends a point at grid coordinates with the depth of its class, spread by some centimetres. */
export function addPoint(
  { net, layout, seed }: Pick<Draft, "net" | "layout" | "seed">,
  class_no: number,
  s: number,
  t: number,
  kind: PointKind,
  street: number,
): number {
  const { points } = net
  const of = all_classes[class_no]!
  const p = points.s.length
  const [north, east] = layout.plane(s, t)
  points.class_no.push(class_no)
  points.s.push(s)
  points.t.push(t)
  points.north.push(north)
  points.east.push(east)
  points.ground.push(layout.ground(s, t))
  points.kind.push(kindNumber[kind])
  points.street.push(street)
  const spread = of.spine === "gravity" ? 0 : Math.floor(hash01(seed, p, 3) * 7) - 3
  points.depth.push(of.depth_cm + spread)
  return p
}

/** Lays every class's mains into the network. `first_street` is the number of the district's first street name. */
export function layMains(net: Network, layout: Layout, seed: number, spacing_m: number): Mains {
  const first_street = net.streets.length
  for (let j = 0; j < layout.s.length; j++) net.streets.push(layout.streetName("ew", j))
  for (let i = 0; i < layout.t.length; i++) net.streets.push(layout.streetName("ns", layout.s.length + i))
  const mains: Mains = { candidates: [], gravity: [] }
  utility_classes.forEach((of, class_no) => {
    const draft: Draft = { net, layout, seed, spacing_m, first_street, nodes: new Map(), mains }
    if (of.spine === "gravity") laySewer(draft, of, class_no)
    else layPressure(draft, of, class_no)
    nameJunctions(draft, of)
  })
  return mains
}

function layPressure(draft: Draft, of: UtilityClass, class_no: number): void {
  const { s, t } = draft.layout
  const [rows, columns] = [s.length, t.length]
  const columns_of = (low: number, high: number) => Array.from({ length: high - low + 1 }, (_, k) => low + k)
  const spine = of.spine === "west" ? 0 : columns - 1
  for (let j = 0; j < rows; j++) {
    // Every branch reaches all streets but the other side's spine, before which it ends.
    const reach =
      of.spine === "grid"
        ? columns_of(0, columns - 1)
        : columns_of(of.spine === "east" ? 1 : 0, columns - 1 - (of.spine === "west" ? 1 : 0))
    const nodes = reach.filter((i) => of.spine === "grid" || i === spine || hasSpur(of, j, rows))
    const stations: Station[] = nodes.map((i) => ({ at: t[i]! + of.offset_m, node: `${j},${i}` }))
    if (of.spine === "west") stations.push({ at: t[columns - 1]! - stop_m })
    if (of.spine === "east") stations.unshift({ at: t[0]! + stop_m })
    run(draft, of, class_no, "ew", j, stations, j % 3 === 0 ? of.sections.spine : of.sections.main)
  }
  for (let i = 0; i < columns; i++) {
    if (of.spine === "grid" || i === spine) {
      const stations = s.map((at, j) => ({ at: at + of.offset_m, node: `${j},${i}` }))
      run(draft, of, class_no, "ns", i, stations, i % 4 === 0 || i === spine ? of.sections.spine : of.sections.spur)
    } else if (i !== (of.spine === "west" ? columns - 1 : 0)) {
      for (let j = 0; j < rows; j++) {
        if (!hasSpur(of, j, rows)) continue
        const end = of.spurs > 0 ? s[j + 1]! - stop_m : s[j - 1]! + stop_m
        run(
          draft,
          of,
          class_no,
          "ns",
          i,
          [{ at: s[j]! + of.offset_m, node: `${j},${i}` }, { at: end }],
          of.sections.spur,
        )
      }
    }
  }
}
const hasSpur = (of: UtilityClass, j: number, rows: number) =>
  of.spurs !== 0 && j + of.spurs >= 0 && j + of.spurs < rows

function laySewer(draft: Draft, of: UtilityClass, class_no: number): void {
  const { s, t, trunk } = draft.layout
  const [rows, columns] = [s.length, t.length]
  const keep = (r: Run) => draft.mains.gravity.push(r)
  for (let i = 0; i < columns; i++) {
    if (i === trunk) continue
    for (let j = 0; j < rows - 1; j++) {
      const stations = [{ at: s[j + 1]! - stop_m }, { at: s[j]! + of.offset_m, node: `${j},${i}` }]
      keep(run(draft, of, class_no, "ns", i, stations, of.sections.spur))
    }
  }
  for (let j = 0; j < rows; j++) {
    const node = (i: number) => ({ at: t[i]! + of.offset_m, node: `${j},${i}` })
    const west = Array.from({ length: trunk + 1 }, (_, i) => node(i))
    const east = Array.from({ length: columns - trunk }, (_, k) => node(columns - 1 - k))
    for (const stations of [west, east])
      if (stations.length > 1) keep(run(draft, of, class_no, "ew", j, stations, of.sections.main))
  }
  const down = s.map((at, j) => ({ at: at + of.offset_m, node: `${j},${trunk}` })).reverse()
  keep(run(draft, of, class_no, "ns", trunk, down, of.sections.main))
  draft.net.points.kind[draft.nodes.get(`0,${trunk}`)!] = kindNumber.outfall
}

/** Lays one main through its stations, with the bends of the streets between them. */
function run(
  draft: Draft,
  of: UtilityClass,
  class_no: number,
  along: "ew" | "ns",
  index: number,
  stations: Station[],
  section: string,
): Run {
  const { net, layout, seed, spacing_m, nodes } = draft
  const [knots, crossing] = along === "ew" ? [layout.t_knots, layout.t] : [layout.s_knots, layout.s]
  const fixed = (along === "ew" ? layout.s[index]! : layout.t[index]!) + of.offset_m
  const street = draft.first_street + (along === "ew" ? index : layout.s.length + index)
  const place = (at: number, kind: PointKind) =>
    along === "ew"
      ? addPoint(draft, class_no, fixed, at, kind, street)
      : addPoint(draft, class_no, at, fixed, kind, street)
  const made: Run = { points: [], lines: [] }
  const sewer = of.spine === "gravity"
  const stationPoint = (station: Station): number => {
    const known = station.node === undefined ? undefined : nodes.get(station.node)
    if (known !== undefined) return known
    const p = place(station.at, station.node === undefined && !sewer ? "reserved" : sewer ? "manhole" : "straight")
    if (station.node !== undefined) nodes.set(station.node, p)
    return p
  }
  let size = section
  const append = (p: number) => {
    const before = made.points[made.points.length - 1]
    if (before !== undefined) made.lines.push(addLine(net, before, p, size, of.materials.main, street))
    made.points.push(p)
  }
  append(stationPoint(stations[0]!))
  for (let k = 1; k < stations.length; k++) {
    const [a, b] = [stations[k - 1]!, stations[k]!]
    const forward = b.at > a.at
    const between = knots.filter((v) => (v - a.at) * (v - b.at) < 0)
    if (!forward) between.reverse()
    const stops = [a.at, ...between, b.at]
    for (let piece = 1; piece < stops.length; piece++) {
      const [from, to] = [stops[piece - 1]!, stops[piece]!]
      const count = Math.max(1, Math.round(Math.abs(to - from) / spacing_m))
      const step = (to - from) / count
      // A reducer before a crossing: the next main is smaller.
      const reduces =
        of.code === "JS" && piece === stops.length - 1 && count > 3 && hash01(seed, made.points.length, street) < 0.2
      for (let n = 1; n < count; n++) {
        const at = from + step * n + (hash01(seed, net.points.s.length, 5) - 0.5) * 4
        const near = Math.abs(at - nearest(crossing, at))
        const reducer = reduces && n === 1
        const p = place(at, reducer ? "reducer" : betweenKind(of, near, hash01(seed, net.points.s.length, 7)))
        append(p)
        if (reducer) size = "200"
        else if (of.lateral_m !== 0 && near >= clear_of_crossing_m && at !== from)
          draft.mains.candidates.push({ point: p, along })
      }
      if (piece < stops.length - 1) append(place(to, sewer ? "manhole" : of.cable ? "turn" : "bend"))
    }
    append(stationPoint(b))
    size = section
  }
  return made
}

function betweenKind(of: UtilityClass, near_m: number, chance: number): PointKind {
  if (of.spine === "gravity") return "manhole"
  if (of.cable) return chance < 0.25 ? "hand" : "straight"
  return near_m < clear_of_crossing_m && chance < 0.4 ? "valve" : "straight"
}

function nearest(sorted: number[], value: number): number {
  let [low, high] = [0, sorted.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= value) low = middle
    else high = middle
  }
  return Math.abs(sorted[low]! - value) <= Math.abs(sorted[high]! - value) ? sorted[low]! : sorted[high]!
}

/** Says what each junction is by how many lines meet there. */
function nameJunctions({ net, nodes }: Draft, of: UtilityClass): void {
  if (of.spine === "gravity") return
  const wanted = new Map([...nodes.values()].map((p) => [p, [] as string[]]))
  const { from, to, class_no, section } = net.lines
  for (let l = from.length - 1; l >= 0 && all_classes[class_no[l]!] === of; l--)
    for (const p of [from[l]!, to[l]!]) wanted.get(p)?.push(section[l]!)
  for (const [p, sections] of wanted) net.points.kind[p] = kindNumber[of.cable ? "man" : junctionKind(sections)]
}

function junctionKind(sections: string[]): PointKind {
  if (sections.length === 4) return "cross"
  if (sections.length === 3) return "tee"
  if (sections.length < 2) return "reserved"
  // At a corner of the district two mains meet; where they differ, the corner is made with a reducer.
  return sections[0] === sections[1] ? "bend" : "reducer"
}
