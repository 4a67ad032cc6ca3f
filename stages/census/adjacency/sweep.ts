/**
 * Adjacent spaces: which hollow things lie within reach of what leaks, and which hollow things open into each other. Made
 * in one sweep over the whole city and kept in typed arrays.
 */
import Flatbush from "flatbush"
import type { Geometry, LonLat } from "../../../model/index.ts"
import { type Plane, planeAt } from "../section/index.ts"

export type SweepAsset = {
  id: number
  geometry: Geometry
  hollow: boolean
  /** How far what leaks from it creeps, m; 0 where nothing does. */
  reach_m: number
}

/**
 * Pairs sorted by leaking asset: those of `leaking[i]` are `start[i]` to `start[i + 1] − 1`. `along_m` is where on the
 * leaking line the space is nearest, `side` 1 left of it, −1 right, 0 where the leaking thing is no line.
 */
export type Adjacency = {
  leaking: Int32Array
  start: Int32Array
  space: Int32Array
  distance_m: Float32Array
  along_m: Float32Array
  side: Int8Array
  /** Hollow things that open into each other, both ways, sorted by the first. */
  hollow_from: Int32Array
  hollow_to: Int32Array
}

/** Ends of ducts nearer than this to a chamber, or to another duct's end, open into it, m. */
const joint_m = 0.1
/** A degree of latitude, m, at its shortest: boxes for the search are never too small. */
const degree_m_least = 110_500
/** Assets looked at between two breaths of the process. */
const breath_assets = 5_000

type Pieces = { asset: number[]; ax: number[]; ay: number[]; bx: number[]; by: number[] }

/**
 * Sweeps the assets; O(n log n) with a tree over the pieces of the hollow ones. `breathe` is awaited now and then, so that
 * a large city does not stop the process for seconds.
 */
export async function sweepAdjacency(
  assets: Iterable<SweepAsset>,
  breathe: () => Promise<void> = async () => undefined,
): Promise<Adjacency> {
  const hollow: Pieces = { asset: [], ax: [], ay: [], bx: [], by: [] }
  const leaks: SweepAsset[] = []
  const ends: { id: number; at: LonLat }[] = []
  const chambers: { id: number; at: LonLat }[] = []
  let looked = 0
  for (const asset of assets) {
    if (++looked % breath_assets === 0) await breathe()
    if (asset.reach_m > 0) leaks.push(asset)
    if (!asset.hollow) continue
    for (const line of linesOf(asset.geometry)) addPieces(hollow, asset.id, line)
    if (asset.geometry.type === "Point") chambers.push({ id: asset.id, at: asset.geometry.coordinates })
    else if (asset.geometry.type === "LineString")
      for (const at of [asset.geometry.coordinates[0]!, asset.geometry.coordinates.at(-1)!])
        ends.push({ id: asset.id, at })
  }
  const tree = hollow.asset.length > 0 ? treeOf(hollow) : null
  leaks.sort((a, b) => a.id - b.id)
  const start = new Int32Array(leaks.length + 1)
  const [space, distance, along, side]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let i = 0; i < leaks.length; i++) {
    if (i % breath_assets === 0) await breathe()
    const near = tree ? spacesNear(leaks[i]!, hollow, tree) : []
    for (const found of near) {
      space.push(found.space)
      distance.push(found.distance_m)
      along.push(found.along_m)
      side.push(found.side)
    }
    start[i + 1] = space.length
  }
  await breathe()
  const { from, to } = openings(chambers, ends)
  return {
    leaking: Int32Array.from(leaks, (asset) => asset.id),
    start,
    space: Int32Array.from(space),
    distance_m: Float32Array.from(distance),
    along_m: Float32Array.from(along),
    side: Int8Array.from(side),
    hollow_from: from,
    hollow_to: to,
  }
}

const linesOf = (geometry: Geometry): LonLat[][] =>
  geometry.type === "Point"
    ? [[geometry.coordinates]]
    : geometry.type === "LineString"
      ? [geometry.coordinates]
      : geometry.coordinates

function addPieces(pieces: Pieces, id: number, line: readonly LonLat[]): void {
  for (let i = line.length === 1 ? 0 : 1; i < line.length; i++) {
    const [a, b] = [line[Math.max(0, i - 1)]!, line[i]!]
    pieces.asset.push(id)
    pieces.ax.push(a[0])
    pieces.ay.push(a[1])
    pieces.bx.push(b[0])
    pieces.by.push(b[1])
  }
}

function treeOf({ asset, ax, ay, bx, by }: Pieces): Flatbush {
  const tree = new Flatbush(asset.length)
  for (let i = 0; i < asset.length; i++)
    tree.add(Math.min(ax[i]!, bx[i]!), Math.min(ay[i]!, by[i]!), Math.max(ax[i]!, bx[i]!), Math.max(ay[i]!, by[i]!))
  tree.finish()
  return tree
}

type Near = { space: number; distance_m: number; along_m: number; side: number }

/** Hollow things within reach of one leaking asset, nearest first. Each piece of it asks the tree once. */
function spacesNear(asset: SweepAsset, hollow: Pieces, tree: Flatbush): Near[] {
  const best = new Map<number, Near>()
  for (const line of linesOf(asset.geometry)) {
    const plane = planeAt(line[0]!)
    let passed = 0
    for (let i = line.length === 1 ? 0 : 1; i < line.length; i++) {
      const [p, q] = [line[Math.max(0, i - 1)]!, line[i]!]
      const dy = asset.reach_m / degree_m_least
      const dx = dy / Math.max(0.01, Math.cos((p[1] * Math.PI) / 180))
      const [a, b] = [plane.to(p), plane.to(q)]
      for (const piece of tree.search(
        Math.min(p[0], q[0]) - dx,
        Math.min(p[1], q[1]) - dy,
        Math.max(p[0], q[0]) + dx,
        Math.max(p[1], q[1]) + dy,
      )) {
        const space = hollow.asset[piece]!
        if (space === asset.id) continue
        const met = between(a, b, placed(plane, hollow, piece))
        if (met.distance_m > asset.reach_m || met.distance_m >= (best.get(space)?.distance_m ?? Infinity)) continue
        const side = asset.geometry.type === "LineString" ? met.side : 0
        best.set(space, { space, distance_m: met.distance_m, along_m: passed + met.along_m, side })
      }
      passed += Math.hypot(b[0] - a[0], b[1] - a[1])
    }
  }
  return [...best.values()].sort((a, b) => a.distance_m - b.distance_m || a.space - b.space)
}

type XY = readonly [number, number]

const placed = (plane: Plane, { ax, ay, bx, by }: Pieces, i: number): readonly [XY, XY] => [
  plane.to([ax[i]!, ay[i]!]),
  plane.to([bx[i]!, by[i]!]),
]

/** Nearest place of segment a–b to segment c–d: how far, where along a–b, and on which side of it c–d lies. */
function between(a: XY, b: XY, [c, d]: readonly [XY, XY]): { distance_m: number; along_m: number; side: -1 | 0 | 1 } {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1])
  const cross = (p: XY) => (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
  const [cc, cd] = [cross(c), cross(d)]
  const middle = cc + cd
  const side = middle > 0 ? 1 : middle < 0 ? -1 : 0
  if (length > 0 && cc * cd < 0) {
    const t = cc / (cc - cd)
    const at: XY = [c[0] + (d[0] - c[0]) * t, c[1] + (d[1] - c[1]) * t]
    const along = ((at[0] - a[0]) * (b[0] - a[0]) + (at[1] - a[1]) * (b[1] - a[1])) / length
    if (along >= 0 && along <= length) return { distance_m: 0, along_m: along, side: 0 }
  }
  const candidates: [number, number][] = [
    onto(c, a, b),
    onto(d, a, b),
    [onto(a, c, d)[0], 0],
    [onto(b, c, d)[0], length],
  ]
  const [distance_m, along_m] = candidates.reduce((best, next) => (next[0] < best[0] ? next : best))
  return { distance_m, along_m, side }
}

/** Distance of p from segment a–b, and how far along it the nearest place is. */
function onto(p: XY, a: XY, b: XY): [number, number] {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const squared = dx * dx + dy * dy
  const t = squared === 0 ? 0 : Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / squared))
  return [Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy), t * Math.sqrt(squared)]
}

/** Ends of ducts that meet chambers or other ducts' ends, as pairs both ways, sorted. */
function openings(chambers: readonly { id: number; at: LonLat }[], ends: readonly { id: number; at: LonLat }[]) {
  const all = [...chambers, ...ends]
  const pairs: [number, number][] = []
  if (all.length > 0) {
    const tree = new Flatbush(all.length)
    for (const { at } of all) tree.add(at[0], at[1], at[0], at[1])
    tree.finish()
    for (let i = chambers.length; i < all.length; i++) {
      const { id, at } = all[i]!
      const dy = joint_m / degree_m_least
      const dx = dy / Math.max(0.01, Math.cos((at[1] * Math.PI) / 180))
      for (const other of tree.search(at[0] - dx, at[1] - dy, at[0] + dx, at[1] + dy)) {
        // Two ends see each other twice; a chamber is only seen by the end.
        if (other === i || all[other]!.id === id || (other >= chambers.length && other < i)) continue
        pairs.push([id, all[other]!.id], [all[other]!.id, id])
      }
    }
  }
  pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const unique = pairs.filter((p, i) => i === 0 || p[0] !== pairs[i - 1]![0] || p[1] !== pairs[i - 1]![1])
  return { from: Int32Array.from(unique, (p) => p[0]), to: Int32Array.from(unique, (p) => p[1]) }
}
