/** The shortest way through a network. */
import { checkElement, type NetworkGraph, nodeAt } from "./graph.ts"

export type Path = { nodes: Int32Array; links: Int32Array; length_m: number }

/**
 * Shortest path by length between two nodes (Dijkstra with a binary heap, O(links · log links)), or null where there is
 * none. `directed`: only the way that links carry. `blocked` (1 by link) closes links.
 */
export function shortestPath(
  graph: NetworkGraph,
  from: number,
  to: number,
  options: { directed?: boolean; blocked?: Uint8Array } = {},
): Path | null {
  checkElement(graph, { kind: "node", index: from })
  checkElement(graph, { kind: "node", index: to })
  const { start, ends, length_m, direction } = graph
  const { blocked, directed = false } = options
  const distance = new Float64Array(graph.nodes).fill(Number.POSITIVE_INFINITY)
  const by_end = new Int32Array(graph.nodes).fill(-1)
  const done = new Uint8Array(graph.nodes)
  const heap = minHeap()
  distance[from] = 0
  heap.push(from, 0)
  for (let node = heap.pop(); node >= 0; node = heap.pop()) {
    if (done[node]) continue
    done[node] = 1
    if (node === to) break
    for (let k = start[node]!; k < start[node + 1]!; k++) {
      const end = ends[k]!
      const link = end >> 1
      if (blocked?.[link]) continue
      if (directed && direction[link]! * ((end & 1) === 0 ? 1 : -1) < 0) continue
      const there = nodeAt(graph, end ^ 1)
      const length = distance[node]! + length_m[link]!
      if (there < 0 || length >= distance[there]!) continue
      distance[there] = length
      by_end[there] = end
      heap.push(there, length)
    }
  }
  if (!done[to]) return null
  const nodes = [to]
  const links: number[] = []
  for (let node = to; node !== from; ) {
    const end = by_end[node]!
    links.push(end >> 1)
    node = nodeAt(graph, end)
    nodes.push(node)
  }
  return {
    nodes: Int32Array.from(nodes.reverse()),
    links: Int32Array.from(links.reverse()),
    length_m: distance[to]!,
  }
}

/** A binary heap of numbers by key; a number may be in it several times. `pop` gives −1 when it is empty. */
function minHeap(): { push(value: number, key: number): void; pop(): number } {
  const values: number[] = []
  const keys: number[] = []
  const put = (at: number, value: number, key: number): void => {
    values[at] = value
    keys[at] = key
  }
  return {
    push(value, key) {
      let at = values.length
      while (at > 0) {
        const above = (at - 1) >> 1
        if (keys[above]! <= key) break
        put(at, values[above]!, keys[above]!)
        at = above
      }
      put(at, value, key)
    },
    pop() {
      const top = values[0]
      if (top === undefined) return -1
      const value = values.pop()!
      const key = keys.pop()!
      const size = values.length
      if (size === 0) return top
      let at = 0
      for (let below = 1; below < size; below = at * 2 + 1) {
        if (below + 1 < size && keys[below + 1]! < keys[below]!) below++
        if (keys[below]! >= key) break
        put(at, values[below]!, keys[below]!)
        at = below
      }
      put(at, value, key)
      return top
    },
  }
}
