/** Pipes along streets: offset from the centre line by class, with real tees where the offset lines meet. */
import { add, distance, lineLength, offsetLine, type P, scale, sub, unit } from "./geometry.ts"
import type { Land } from "./land.ts"
import type { Plan, StreetClass } from "./streets.ts"

export type LaidPipe = {
  from: number
  to: number
  line: P[]
  street: number
  class: StreetClass
  edges: number[]
  length_m: number
}
/** Nodes are named by their place in the street graph. */
export type Layout = { nodes: Map<number, P>; pipes: LaidPipe[] }

/**
 * Lays pipes along the given edges at `off(class)` metres to the right of the street's direction. Nodes that only join
 * two parts of one street are passed through, unless they are in `keep`.
 */
export function layPipes(
  plan: Plan,
  land: Land,
  edges: readonly number[],
  off: (cls: StreetClass) => number,
  keep: ReadonlySet<number>,
): Layout {
  const { graph } = plan
  const at = new Map<number, number[]>()
  for (const i of edges) for (const n of [graph.edges[i]!.a, graph.edges[i]!.b]) at.set(n, [...(at.get(n) ?? []), i])
  const passes = (n: number): boolean => {
    const [i, j, more] = at.get(n)!
    if (keep.has(n) || i === undefined || j === undefined || more !== undefined) return false
    return graph.edges[i]!.tag.street === graph.edges[j]!.tag.street && land.edge_class[i] === land.edge_class[j]
  }
  const nodes = new Map<number, P>()
  const pipes: LaidPipe[] = []
  const used = new Set<number>()
  for (const [start, list] of at) {
    if (passes(start)) continue
    for (const first of list) {
      if (used.has(first)) continue
      const chain: number[] = []
      let line: P[] = []
      let n = start
      let i: number | undefined = first
      while (i !== undefined) {
        used.add(i)
        chain.push(i)
        const e: { a: number; b: number } = graph.edges[i]!
        const moved = offsetLine(land.edge_lines[i]!, off(land.edge_class[i]!))
        const part = e.a === n ? moved : moved.reverse()
        line = line.length ? [...line, ...part.slice(1)] : part
        n = e.a === n ? e.b : e.a
        i = passes(n) ? at.get(n)!.find((k) => !used.has(k)) : undefined
      }
      for (const m of [start, n]) if (!nodes.has(m)) nodes.set(m, teeAt(plan, land, m, at.get(m)!, off))
      pipes.push({
        from: start,
        to: n,
        line: joined(nodes.get(start)!, line, nodes.get(n)!),
        street: graph.edges[first]!.tag.street,
        class: land.edge_class[first]!,
        edges: chain,
        length_m: 0,
      })
    }
  }
  for (const p of pipes) p.length_m = lineLength(p.line)
  return { nodes, pipes }
}

/** Where the offset lines of all streets at a node meet, by least squares. */
function teeAt(plan: Plan, land: Land, node: number, edges: readonly number[], off: (cls: StreetClass) => number): P {
  let [xx, xy, yy, bx, by] = [1e-3, 0, 1e-3, 0, 0]
  let origin: P = [0, 0]
  for (const i of edges) {
    const line = land.edge_lines[i]!
    const atStart = plan.graph.edges[i]!.a === node
    origin = atStart ? line[0]! : line.at(-1)!
    const d = unit(atStart ? sub(line[1]!, line[0]!) : sub(line.at(-1)!, line.at(-2)!))
    const n: P = [d[1], -d[0]]
    const o = off(land.edge_class[i]!)
    xx += n[0] * n[0]
    xy += n[0] * n[1]
    yy += n[1] * n[1]
    bx += n[0] * o
    by += n[1] * o
  }
  const det = xx * yy - xy * xy
  const move: P = [(bx * yy - by * xy) / det, (by * xx - bx * xy) / det]
  const far = Math.hypot(...move)
  return add(origin, far > 24 ? scale(move, 24 / far) : move)
}

/** The line between two tees: its own points, without those that lie before or behind the tees. */
function joined(start: P, line: readonly P[], end: P): P[] {
  const clear = Math.min(15, lineLength(line) * 0.3)
  const inner = line.slice(1, -1).filter((p) => distance(p, start) > clear && distance(p, end) > clear)
  return simplify([start, ...inner, end], 0.25)
}

/** Douglas–Peucker. */
export function simplify(line: readonly P[], tolerance_m: number): P[] {
  const [a, b] = [line[0]!, line.at(-1)!]
  const d = unit(sub(b, a))
  let worst = -1
  let far = tolerance_m
  for (let i = 1; i < line.length - 1; i++) {
    const q = sub(line[i]!, a)
    const k = Math.abs(q[0] * d[1] - q[1] * d[0])
    if (k > far) [worst, far] = [i, k]
  }
  if (worst < 0) return [a, b]
  return [...simplify(line.slice(0, worst + 1), tolerance_m).slice(0, -1), ...simplify(line.slice(worst), tolerance_m)]
}

/** Shortest ways over a graph of edges with costs, from one or many starts; Infinity where there is none. */
export function ways(
  count: number,
  links: readonly { from: number; to: number; cost: number }[],
  starts: readonly number[],
): { cost: Float64Array; via: Int32Array; order: number[] } {
  const out: number[][] = Array.from({ length: count }, () => [])
  links.forEach((l, i) => {
    out[l.from]!.push(i)
    out[l.to]!.push(i)
  })
  const cost = new Float64Array(count).fill(Infinity)
  const via = new Int32Array(count).fill(-1)
  const done = new Uint8Array(count)
  const order: number[] = []
  const heap: [number, number][] = starts.map((s) => [0, s])
  for (const s of starts) cost[s] = 0
  while (heap.length > 0) {
    let least = 0
    for (let i = 1; i < heap.length; i++) if (heap[i]![0] < heap[least]![0]) least = i
    const [c, n] = heap[least]!
    heap[least] = heap.at(-1)!
    heap.pop()
    if (done[n] || c > cost[n]!) continue
    done[n] = 1
    order.push(n)
    for (const i of out[n]!) {
      const l = links[i]!
      const m = l.from === n ? l.to : l.from
      if (c + l.cost < cost[m]!) {
        cost[m] = c + l.cost
        via[m] = i
        heap.push([c + l.cost, m])
      }
    }
  }
  return { cost, via, order }
}
