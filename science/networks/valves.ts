/**
 * Segments: the smallest parts of a network that valves can shut off (T. Walski, Journal AWWA 1993; H. Jun and
 * G. V. Loganathan, J. Water Resour. Plann. Manage. 133(2), 2007). Every node and link belongs to exactly one.
 */
import { checkElement, type Element, type NetworkGraph, nodeAt } from "./graph.ts"

/**
 * Valve v stands at `link[v]` and `node[v]`: both given, at that end of that link; only the node (link −1), in the node,
 * between all links that meet there; only the link (node −1), the link is the valve. A pipe that is shut as a whole is
 * a valve of the last form that is closed.
 */
export type Valves = { link: Int32Array; node: Int32Array }

/**
 * `node` and `link` are the segments' numbers. A valve that is a node or a link by itself is a segment alone, since
 * taking it out needs both its sides shut. Segments are joined by passages: passage p leads between `left[p]` and
 * `right[p]`; the valves in it are those from `first[p]` on along `next`. `own[s]` is the valve that segment s is, or −1.
 */
export type ValveSegments = {
  graph: NetworkGraph
  valves: Valves
  count: number
  node: Int32Array
  link: Int32Array
  /** Elements of segment s: `elements[element_start[s]] …`, nodes as their number, links as number + graph.nodes. */
  element_start: Int32Array
  elements: Int32Array
  own: Int32Array
  left: Int32Array
  right: Int32Array
  first: Int32Array
  entry_valve: Int32Array
  entry_next: Int32Array
  /** Passages at segment s: `passages[passage_start[s]] …`, each leading to `beyond` at the same place. */
  passage_start: Int32Array
  passages: Int32Array
  beyond: Int32Array
  /** Passage in each end of each link (link × 2 + end), or −1 where link and node belong together. */
  passage_at: Int32Array
  /** Valves that shut nothing: their node is no end of their link, or another valve already is that node or link. */
  unused: Int32Array
}

/** Splits every link end that carries a valve and labels what still hangs together, O(nodes + links + valves). */
export function valveSegments(graph: NetworkGraph, valves: Valves): ValveSegments {
  const { nodes, links } = graph
  const { own_node, own_link, first_at, entry_valve, entry_next, unused } = placeValves(graph, valves)

  /** Whether link and node at this end are apart: a valve between them, or one of them a valve. */
  const apart = (end: number, node: number): boolean =>
    first_at[end] !== -1 || own_link[end >> 1] !== -1 || own_node[node] !== -1
  const node = new Int32Array(nodes).fill(-1)
  const link = new Int32Array(links).fill(-1)
  const elements = new Int32Array(nodes + links)
  const starts: number[] = []
  let filled = 0
  const label = (element: number): void => {
    const segment = starts.length
    starts.push(filled)
    const take = (e: number): void => {
      if (e < nodes) node[e] = segment
      else link[e - nodes] = segment
      elements[filled++] = e
    }
    take(element)
    for (let at = filled - 1; at < filled; at++) {
      const e = elements[at]!
      if (e < nodes)
        for (let k = graph.start[e]!; k < graph.start[e + 1]!; k++) {
          const end = graph.ends[k]!
          if (link[end >> 1] === -1 && !apart(end, e)) take(nodes + (end >> 1))
        }
      else
        for (let end = (e - nodes) * 2; end <= (e - nodes) * 2 + 1; end++) {
          const n = nodeAt(graph, end)
          if (n >= 0 && node[n] === -1 && !apart(end, n)) take(n)
        }
    }
  }
  for (let n = 0; n < nodes; n++) if (node[n] === -1) label(n)
  for (let l = 0; l < links; l++) if (link[l] === -1) label(nodes + l)
  const count = starts.length
  const element_start = Int32Array.from([...starts, filled])

  const own = new Int32Array(count).fill(-1)
  for (let n = 0; n < nodes; n++) if (own_node[n] !== -1) own[node[n]!] = own_node[n]!
  for (let l = 0; l < links; l++) if (own_link[l] !== -1) own[link[l]!] = own_link[l]!

  const left: number[] = []
  const right: number[] = []
  const first: number[] = []
  const passage_at = new Int32Array(links * 2).fill(-1)
  for (let end = 0; end < links * 2; end++) {
    const n = nodeAt(graph, end)
    if (n < 0 || !apart(end, n)) continue
    passage_at[end] = left.length
    left.push(link[end >> 1]!)
    right.push(node[n]!)
    first.push(first_at[end]!)
  }
  const passage_start = new Int32Array(count + 1)
  for (let p = 0; p < left.length; p++) {
    passage_start[left[p]! + 1]!++
    if (left[p] !== right[p]) passage_start[right[p]! + 1]!++
  }
  for (let s = 0; s < count; s++) passage_start[s + 1]! += passage_start[s]!
  const passages = new Int32Array(passage_start[count]!)
  const next = passage_start.slice(0, count)
  const beyond = new Int32Array(passages.length)
  const put = (p: number, from: number, to: number): void => {
    const at = next[from]!++
    passages[at] = p
    beyond[at] = to
  }
  for (let p = 0; p < left.length; p++) {
    put(p, left[p]!, right[p]!)
    if (left[p] !== right[p]) put(p, right[p]!, left[p]!)
  }
  return {
    graph,
    valves,
    count,
    node,
    link,
    element_start,
    elements,
    own,
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    first: Int32Array.from(first),
    entry_valve,
    entry_next,
    passage_start,
    passages,
    beyond,
    passage_at,
    unused,
  }
}

/** Which valve each node and link is, and the valves in each end of a link as chains. */
function placeValves(graph: NetworkGraph, valves: Valves) {
  const { nodes, links } = graph
  const own_node = new Int32Array(nodes).fill(-1)
  const own_link = new Int32Array(links).fill(-1)
  const first_at = new Int32Array(links * 2).fill(-1)
  const entry_valve: number[] = []
  const entry_next: number[] = []
  const unused: number[] = []
  if (valves.link.length !== valves.node.length)
    throw new RangeError(`valves have ${valves.link.length} links and ${valves.node.length} nodes; give one pair each`)
  // From the last to the first, so that chains are in the order of the valves.
  for (let v = valves.link.length - 1; v >= 0; v--) {
    const l = valves.link[v]!
    const n = valves.node[v]!
    if (l < -1 || l >= links || n < -1 || n >= nodes || (l === -1 && n === -1))
      throw new RangeError(`valve ${v} stands at link ${l} and node ${n}; the network has ${links} and ${nodes}`)
    if (l === -1 || n === -1) {
      const [own, at] = l === -1 ? [own_node, n] : [own_link, l]
      if (own[at] !== -1) unused.push(own[at]!)
      own[at] = v
    } else {
      if (graph.from[l] !== n && graph.to[l] !== n) unused.push(v)
      for (let end = l * 2; end <= l * 2 + 1; end++) {
        if (nodeAt(graph, end) !== n) continue
        entry_valve.push(v)
        entry_next.push(first_at[end]!)
        first_at[end] = entry_valve.length - 1
      }
    }
  }
  return {
    own_node,
    own_link,
    first_at,
    entry_valve: Int32Array.from(entry_valve),
    entry_next: Int32Array.from(entry_next),
    unused: Int32Array.from(unused).sort(),
  }
}

/** Marks (1 by passage) the passages that valves in them shut; a valve that is a node or link is none of them. */
export function shutPassages(segments: ValveSegments, closed: Iterable<number>): Uint8Array {
  const { valves, graph, passage_at } = segments
  const shut = new Uint8Array(segments.left.length)
  for (const valve of closed) {
    const link = valves.link[valve]!
    const node = valves.node[valve]!
    if (link === -1 || node === -1) continue
    for (let end = link * 2; end <= link * 2 + 1; end++) if (nodeAt(graph, end) === node) shut[passage_at[end]!] = 1
  }
  return shut
}

/** The segment that an element belongs to. Throws a RangeError where there is no such element. */
export function segmentOf(segments: ValveSegments, element: Element): number {
  checkElement(segments.graph, element)
  return element.kind === "node" ? segments.node[element.index]! : segments.link[element.index]!
}

/** Nodes and links of some segments, in the segments' order. */
export function elementsOf(segments: ValveSegments, some: Iterable<number>): { nodes: Int32Array; links: Int32Array } {
  const nodes: number[] = []
  const links: number[] = []
  for (const s of some)
    for (let k = segments.element_start[s]!; k < segments.element_start[s + 1]!; k++) {
      const e = segments.elements[k]!
      if (e < segments.graph.nodes) nodes.push(e)
      else links.push(e - segments.graph.nodes)
    }
  return { nodes: Int32Array.from(nodes), links: Int32Array.from(links) }
}
