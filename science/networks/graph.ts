/** A network as typed arrays: nodes and links are numbers from 0, so that half a million links fit and are quick to walk. */

export type NetworkInput = {
  /** How many nodes there are; links name them by number. */
  nodes: number
  /** Node at each end of each link; −1 where an end hangs free (a surveyed line whose point is missing). */
  from: Int32Array
  to: Int32Array
  /** Length of each link, m, 0 or more; absent: each counts 1. */
  length_m?: Float64Array
  /** Which way each link carries: +1 from its first node to its second, −1 back, 0 either; absent: either. */
  direction?: Int8Array
}

/** The links at node n are `ends[start[n]] … ends[start[n + 1] − 1]`, each as link × 2 + end (0 its `from`, 1 its `to`). */
export type NetworkGraph = {
  nodes: number
  links: number
  from: Int32Array
  to: Int32Array
  length_m: Float64Array
  direction: Int8Array
  start: Int32Array
  ends: Int32Array
}

export type Element = { kind: "node" | "link"; index: number }

/** What a walk reached, nearest first (by number of links). */
export type Reach = { nodes: Int32Array; links: Int32Array }

/** Each node's and link's component, numbered from 0 in the order of their first node; a link without nodes is one too. */
export type Components = { count: number; node: Int32Array; link: Int32Array }

/** Puts links in order of their nodes, O(nodes + links). Throws a RangeError that names the array and place of a bad number. */
export function networkGraph(input: NetworkInput): NetworkGraph {
  const { nodes, from, to } = input
  const links = from.length
  if (!Number.isInteger(nodes) || nodes < 0) throw new RangeError(`nodes ${nodes} must be a whole number of 0 or more`)
  const length_m = input.length_m ?? new Float64Array(links).fill(1)
  const direction = input.direction ?? new Int8Array(links)
  for (const [name, array] of Object.entries({ to, length_m, direction }))
    if (array.length !== links)
      throw new RangeError(`${name} has ${array.length} values, from has ${links}; give one for each link`)
  const start = new Int32Array(nodes + 1)
  for (let link = 0; link < links; link++) {
    const a = from[link]!
    const b = to[link]!
    if (a < -1 || a >= nodes || b < -1 || b >= nodes)
      throw new RangeError(`link ${link} joins nodes ${a} and ${b}; numbers go from 0 to ${nodes - 1}, −1 for none`)
    if (!(length_m[link]! >= 0)) throw new RangeError(`length_m of link ${link} is ${length_m[link]}; give 0 or more`)
    if (a >= 0) start[a + 1]!++
    if (b >= 0) start[b + 1]!++
  }
  for (let n = 0; n < nodes; n++) start[n + 1]! += start[n]!
  const ends = new Int32Array(start[nodes]!)
  const next = start.slice(0, nodes)
  for (let link = 0; link < links; link++) {
    if (from[link]! >= 0) ends[next[from[link]!]!++] = link * 2
    if (to[link]! >= 0) ends[next[to[link]!]!++] = link * 2 + 1
  }
  return { nodes, links, from, to, length_m, direction, start, ends }
}

/** The node at one end of a link, or −1. */
export const nodeAt = (graph: NetworkGraph, end: number): number =>
  (end & 1) === 0 ? graph.from[end >> 1]! : graph.to[end >> 1]!

/** Throws a RangeError where the network has no such element. */
export function checkElement(graph: NetworkGraph, { kind, index }: Element): void {
  const count = kind === "node" ? graph.nodes : graph.links
  if (!Number.isInteger(index) || index < 0 || index >= count)
    throw new RangeError(`${kind} ${index} does not exist; the network has ${count}`)
}

/**
 * What lies downstream or upstream of the given elements, or hangs together with them whatever the direction. The
 * elements themselves count. `blocked` (1 by link) stops the walk at a link, which then is not reached. O(reached), and
 * two marks for each element of the network.
 */
export function trace(
  graph: NetworkGraph,
  starts: readonly Element[],
  way: "upstream" | "downstream" | "connected",
  options: { blocked?: Uint8Array } = {},
): Reach {
  const { start, ends, direction } = graph
  const { blocked } = options
  const sign = way === "downstream" ? 1 : way === "upstream" ? -1 : 0
  const seen_node = new Uint8Array(graph.nodes)
  const seen_link = new Uint8Array(graph.links)
  const nodes = new Int32Array(graph.nodes)
  const links = new Int32Array(graph.links)
  let node_count = 0
  let link_count = 0
  const enter = (node: number): void => {
    if (node < 0 || seen_node[node]) return
    seen_node[node] = 1
    nodes[node_count++] = node
  }
  for (const element of starts) {
    checkElement(graph, element)
    const { kind, index } = element
    if (kind === "node") enter(index)
    else if (!seen_link[index]) {
      seen_link[index] = 1
      links[link_count++] = index
      const flow = direction[index]! * sign
      if (flow >= 0) enter(graph.to[index]!)
      if (flow <= 0) enter(graph.from[index]!)
    }
  }
  for (let at = 0; at < node_count; at++) {
    const node = nodes[at]!
    for (let k = start[node]!; k < start[node + 1]!; k++) {
      const end = ends[k]!
      const link = end >> 1
      if (blocked?.[link]) continue
      // Leaving by the link's `from` end goes with its direction, leaving by its `to` end goes against it.
      if (direction[link]! * sign * ((end & 1) === 0 ? 1 : -1) < 0) continue
      if (!seen_link[link]) {
        seen_link[link] = 1
        links[link_count++] = link
      }
      enter(nodeAt(graph, end ^ 1))
    }
  }
  return { nodes: nodes.slice(0, node_count), links: links.slice(0, link_count) }
}

/** Groups of elements that hang together. A blocked link is a group of its own. O(nodes + links). */
export function components(graph: NetworkGraph, options: { blocked?: Uint8Array } = {}): Components {
  const { start, ends } = graph
  const { blocked } = options
  const node = new Int32Array(graph.nodes).fill(-1)
  const link = new Int32Array(graph.links).fill(-1)
  const queue = new Int32Array(graph.nodes)
  let count = 0
  for (let first = 0; first < graph.nodes; first++) {
    if (node[first] !== -1) continue
    const label = count++
    node[first] = label
    queue[0] = first
    let filled = 1
    for (let at = 0; at < filled; at++) {
      const here = queue[at]!
      for (let k = start[here]!; k < start[here + 1]!; k++) {
        const end = ends[k]!
        if (blocked?.[end >> 1]) continue
        link[end >> 1] = label
        const there = nodeAt(graph, end ^ 1)
        if (there < 0 || node[there] !== -1) continue
        node[there] = label
        queue[filled++] = there
      }
    }
  }
  for (let l = 0; l < graph.links; l++) if (link[l] === -1) link[l] = count++
  return { count, node, link }
}
