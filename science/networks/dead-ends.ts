/** Where water stands still: branches that lead nowhere once some valves are closed. */
import { nodeAt } from "./graph.ts"
import type { ValveSegments } from "./valves.ts"

/** Branches without a loop or a source behind them; `ends` are the nodes they stop at (a shut link end counts none). */
export type DeadEnds = { nodes: Int32Array; links: Int32Array; ends: Int32Array }

/**
 * Dead-end branches that `closing` makes and that were none with `closed` alone; with `closing` empty, all that there
 * are. What is shut off from every source is no dead end: it has no water to stand. `without` (an isolated part) is left
 * out. Prunes elements with one open neighbour until none is left, O(nodes + links).
 */
export function deadEnds(
  segments: ValveSegments,
  options: {
    sources: Iterable<number>
    closed?: Iterable<number>
    closing?: Iterable<number>
    without?: { nodes: Int32Array; links: Int32Array }
  },
): DeadEnds {
  const sources = [...options.sources]
  const closed = [...(options.closed ?? [])]
  const closing = [...(options.closing ?? [])]
  const after = pruned(segments, sources, [...closed, ...closing])
  const before = closing.length > 0 ? pruned(segments, sources, closed) : null
  const { nodes: count } = segments.graph
  const skip = new Uint8Array(after.dead.length)
  for (const n of options.without?.nodes ?? []) skip[n] = 1
  for (const l of options.without?.links ?? []) skip[count + l] = 1
  const nodes: number[] = []
  const links: number[] = []
  const ends: number[] = []
  for (let e = 0; e < after.dead.length; e++) {
    if (!after.dead[e] || skip[e] || before?.dead[e]) continue
    if (e >= count) links.push(e - count)
    else {
      nodes.push(e)
      if (after.dead[e] === 2) ends.push(e)
    }
  }
  return { nodes: Int32Array.from(nodes), links: Int32Array.from(links), ends: Int32Array.from(ends) }
}

/** By element (nodes, then links): 0 no dead end, 1 in a dead-end branch, 2 the end of one. */
function pruned(segments: ValveSegments, sources: readonly number[], closed: Iterable<number>): { dead: Uint8Array } {
  const { graph, own, passage_at, first } = segments
  const { nodes, links } = graph
  const isClosed = new Uint8Array(segments.valves.link.length)
  for (const valve of closed) isClosed[valve] = 1
  const open = new Uint8Array(links * 2)
  for (let end = 0; end < links * 2; end++) {
    const node = nodeAt(graph, end)
    if (node < 0) continue
    const passage = passage_at[end]!
    let passes = true
    if (passage !== -1) {
      for (let k = first[passage]!; k !== -1; k = segments.entry_next[k]!)
        passes &&= isClosed[segments.entry_valve[k]!] === 0
      for (const valve of [own[segments.link[end >> 1]!]!, own[segments.node[node]!]!])
        passes &&= valve === -1 || isClosed[valve] === 0
    }
    open[end] = passes ? 1 : 0
  }
  const degree = new Int32Array(nodes + links)
  for (let end = 0; end < links * 2; end++) {
    if (!open[end]) continue
    degree[nodes + (end >> 1)]!++
    degree[nodeAt(graph, end)]!++
  }
  const eachNeighbour = (e: number, use: (other: number) => void): void => {
    if (e < nodes) {
      for (let k = graph.start[e]!; k < graph.start[e + 1]!; k++)
        if (open[graph.ends[k]!]) use(nodes + (graph.ends[k]! >> 1))
    } else for (let end = (e - nodes) * 2; end <= (e - nodes) * 2 + 1; end++) if (open[end]) use(nodeAt(graph, end))
  }

  const wet = new Uint8Array(nodes + links)
  const isSource = new Uint8Array(nodes)
  const queue = new Int32Array(nodes + links)
  let filled = 0
  const wetten = (e: number): void => {
    if (wet[e]) return
    wet[e] = 1
    queue[filled++] = e
  }
  for (const node of sources) {
    isSource[node] = 1
    wetten(node)
  }
  for (let at = 0; at < filled; at++) eachNeighbour(queue[at]!, wetten)

  const dead = new Uint8Array(nodes + links)
  filled = 0
  for (let e = 0; e < nodes + links; e++)
    if (wet[e] && degree[e]! <= 1 && !(e < nodes && isSource[e])) {
      dead[e] = 2
      queue[filled++] = e
    }
  for (let at = 0; at < filled; at++)
    eachNeighbour(queue[at]!, (other) => {
      if (dead[other] || --degree[other]! > 1 || (other < nodes && isSource[other])) return
      dead[other] = 1
      queue[filled++] = other
    })
  return { dead }
}
