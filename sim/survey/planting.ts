/** Where faults can go: each has its own place in the network, two points away from any other. */
import type { Chance } from "./chance.ts"
import { all_classes, kindNumber, type PointKind } from "./classes.ts"
import type { District } from "./district.ts"
import { type Incidence, linesAt, type Network } from "./network.ts"

export type Cell = string | number | null
export type Ref =
  | { kind: "point" | "line"; index: number }
  | { kind: "header"; class_code: string; of: "point" | "line" }
export type Fault = { rule: string; at: Ref; also: Ref[] }
/** Cells that differ from what the network says, by row and field. */
export type Edits = {
  points: Map<number, Record<string, Cell>>
  lines: Map<number, Record<string, Cell>>
  headers: Map<string, "empty" | "duplicate">
}

/** What fault planters work with. */
export type Ground = District & {
  seed: number
  random: Chance
  at: Incidence
  faults: Fault[]
  edits: Edits
  /** Up to `count` points that are free and fit; they and their surroundings are taken. */
  pick(count: number, fits: (p: number) => boolean): number[]
  free(p: number): boolean
  take(p: number): void
  /** A free place inside a block, away from every street. */
  slot(): { s: number; t: number }
  /** A block no other fault has. */
  block(): { s: number; t: number }
}

export const point = (index: number): Ref => ({ kind: "point", index })
export const line = (index: number): Ref => ({ kind: "line", index })

export function openGround(district: District, at: Incidence, random: Chance, seed: number): Ground {
  const { net, layout } = district
  const claimed = new Uint8Array(net.points.s.length)
  const order = random.shuffle(Int32Array.from(claimed, (_, p) => p))
  const blocks: [number, number][] = []
  for (let j = 0; j + 1 < layout.s.length; j++) for (let i = 0; i + 1 < layout.t.length; i++) blocks.push([j, i])
  const turn = random.shuffle(Int32Array.from(blocks, (_, k) => k))
  let [next_block, quarter, quartered] = [0, 4, [0, 0] as [number, number]]
  const block = (): [number, number] => {
    const b = turn[next_block++]
    if (b === undefined) throw new Error("too few rows for faults of every class; ask for more rows")
    return blocks[b]!
  }
  const free = (p: number) => claimed[p] === 0 && neighbours(net, at, p).every((q) => claimed[q] === 0)
  const take = (p: number) => {
    claimed[p] = 1
    for (const q of neighbours(net, at, p)) {
      claimed[q] = 1
      for (const r of neighbours(net, at, q)) claimed[r] = 1
    }
  }
  let cursor = 0
  return {
    ...district,
    seed,
    random,
    at,
    faults: [],
    edits: { points: new Map(), lines: new Map(), headers: new Map() },
    free,
    take,
    pick: (count, fits) => {
      const found: number[] = []
      for (let n = 0; n < order.length && found.length < count; n++) {
        const p = order[(cursor + n) % order.length]!
        if (!free(p) || !fits(p)) continue
        take(p)
        found.push(p)
      }
      cursor = (cursor + 7919) % order.length
      return found
    },
    block: () => {
      const [j, i] = block()
      return { s: layout.s[j]! + 70, t: layout.t[i]! + 70 }
    },
    slot: () => {
      if (quarter === 4) [quarter, quartered] = [0, block()]
      const [j, i] = quartered
      const place = { s: layout.s[j]! + (quarter & 1 ? 140 : 75), t: layout.t[i]! + (quarter & 2 ? 140 : 75) }
      quarter++
      return place
    },
  }
}

export function neighbours(net: Network, at: Incidence, p: number): number[] {
  if (p >= at.start.length - 1) return []
  return linesAt(at, p).map((l) => (net.lines.from[l] === p ? net.lines.to[l]! : net.lines.from[l]!))
}

/** Questions about a point as the sound network has it. */
export const classOf = ({ net }: Ground, p: number): string => all_classes[net.points.class_no[p]!]!.code
export const isKind = ({ net }: Ground, p: number, ...kinds: PointKind[]): boolean =>
  kinds.some((k) => kindNumber[k] === net.points.kind[p])
export const isPressure = (g: Ground, p: number): boolean => all_classes[g.net.points.class_no[p]!]!.spine !== "gravity"
/** A straight point that joins two lines of a pressure pipe or cable. */
export const isPlain = (g: Ground, p: number): boolean =>
  isPressure(g, p) && isKind(g, p, "straight") && linesAt(g.at, p).length === 2
/** A service pipe's free end whose other end is a tee. */
export function isStub(g: Ground, p: number, class_code: string): boolean {
  if (classOf(g, p) !== class_code || !isKind(g, p, "house", "hydrant", "meter")) return false
  return linesAt(g.at, p).length === 1
}

/** Moves a point in the grid; its place and ground follow. */
export function move({ net, layout }: Ground, p: number, s: number, t: number): void {
  const { points } = net
  ;[points.s[p], points.t[p]] = [s, t]
  const [north, east] = layout.plane(s, t)
  ;[points.north[p], points.east[p]] = [north, east]
  points.ground[p] = layout.ground(s, t)
}

/** Length of a line in plan, metres. */
export const planLength = ({ net }: Ground, l: number): number => {
  const [a, b] = [net.lines.from[l]!, net.lines.to[l]!]
  return Math.hypot(net.points.north[a]! - net.points.north[b]!, net.points.east[a]! - net.points.east[b]!)
}

export const edit = (into: Map<number, Record<string, Cell>>, index: number, cells: Record<string, Cell>): void => {
  into.set(index, { ...into.get(index), ...cells })
}
