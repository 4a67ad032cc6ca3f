/** Which valves to close so that one part of a network can be taken out, and who loses supply. */
import type { Element } from "./graph.ts"
import { elementsOf, segmentOf, shutPassages, type ValveSegments } from "./valves.ts"

export type IsolateOptions = {
  /** Valves that are closed already. */
  closed?: Iterable<number>
  /** Valves that cannot be operated; one that is closed too stays closed. */
  failed?: Iterable<number>
  /** Nodes that water comes from; without any nobody is said to lose supply. */
  sources?: Iterable<number>
  /** `suppliedSegments` of the same sources and closed valves, kept from before; made anew where it is left out. */
  supplied?: Uint8Array
}

export type Isolation = {
  /** Valves to close, and closed ones that must stay closed. */
  close: Int32Array
  keep_closed: Int32Array
  /** Valves that cannot be operated, for which the next ring has to be closed. */
  failed: Int32Array
  /** What is shut off by intention: the element's segment, and more where valves failed. */
  isolated: { nodes: Int32Array; links: Int32Array }
  /** What lies outside but loses its last way to a source by it: unintended isolation. */
  cut_off: { nodes: Int32Array; links: Int32Array }
  /** Sources inside, which valves do not stop: they must be shut down themselves. */
  sources_inside: Int32Array
}

type State = { segments: ValveSegments; isClosed: Uint8Array; isFailed: Uint8Array }

/**
 * Closes the ring of valves around an element. Every valve of `close` is needed: with any one left open the part still
 * hangs together with what is outside. Works on segments, O(passages), and O(elements) only for what is isolated.
 */
export function isolate(segments: ValveSegments, element: Element, options: IsolateOptions = {}): Isolation {
  const state: State = {
    segments,
    isClosed: marks(segments, options.closed),
    isFailed: marks(segments, options.failed),
  }
  const sources = [...(options.sources ?? [])]
  const closed = [...(options.closed ?? [])]
  const { inside, region, failed } = regionOf(state, segmentOf(segments, element))
  const { close, keep_closed } = ringOf(state, inside, region)

  const before = options.supplied ?? suppliedSegments(segments, { sources, closed })
  const after = suppliedSegments(segments, { sources, closed: [...closed, ...close], without: inside })
  const lost: number[] = []
  for (let s = 0; s < segments.count; s++) if (before[s] && !after[s]) lost.push(s)
  return {
    close: Int32Array.from(close),
    keep_closed: Int32Array.from(keep_closed),
    failed: Int32Array.from(failed),
    isolated: elementsOf(segments, region),
    cut_off: elementsOf(segments, lost),
    sources_inside: Int32Array.from(
      sources.filter((node) => inside[segmentOf(segments, { kind: "node", index: node })]),
    ),
  }
}

function marks(segments: ValveSegments, some: Iterable<number> | undefined): Uint8Array {
  const count = segments.valves.link.length
  const set = new Uint8Array(count)
  for (const valve of some ?? []) {
    if (!Number.isInteger(valve) || valve < 0 || valve >= count)
      throw new RangeError(`valve ${valve} does not exist; there are ${count}`)
    set[valve] = 1
  }
  return set
}

/** The valve of a passage that stops water or can: a closed one, else the first that works, else −1. */
function stopperOf({ segments, isClosed, isFailed }: State, passage: number): number {
  let working = -1
  for (let k = segments.first[passage]!; k !== -1; k = segments.entry_next[k]!) {
    const valve = segments.entry_valve[k]!
    if (isClosed[valve]) return valve
    if (working === -1 && !isFailed[valve]) working = valve
  }
  return working
}

const stops = ({ isClosed, isFailed }: State, valve: number): boolean =>
  valve !== -1 && (isClosed[valve] === 1 || isFailed[valve] === 0)

const across = (segments: ValveSegments, passage: number, from: number): number =>
  segments.left[passage] === from ? segments.right[passage]! : segments.left[passage]!

/** Segments that cannot be told apart from the first one by any valve that works or is closed. */
function regionOf(state: State, start: number): { inside: Uint8Array; region: number[]; failed: number[] } {
  const { segments, isClosed } = state
  const inside = new Uint8Array(segments.count)
  const queue = [start]
  inside[start] = 1
  const rim: number[] = []
  for (let at = 0; at < queue.length; at++) {
    const here = queue[at]!
    for (let k = segments.passage_start[here]!; k < segments.passage_start[here + 1]!; k++) {
      const passage = segments.passages[k]!
      const there = across(segments, passage, here)
      if (inside[there] || stopperOf(state, passage) !== -1) continue
      if (stops(state, segments.own[there]!)) rim.push(there)
      else {
        inside[there] = 1
        queue.push(there)
      }
    }
  }
  // A valve that is a node or link of its own, with the part on all its sides, separates nothing and belongs to it.
  const enclosed_valves: number[] = []
  for (const s of rim) {
    let enclosed = true
    for (let k = segments.passage_start[s]!; k < segments.passage_start[s + 1]!; k++) {
      const passage = segments.passages[k]!
      enclosed &&= inside[across(segments, passage, s)] === 1
    }
    if (enclosed && !inside[s]) {
      inside[s] = 1
      enclosed_valves.push(s)
    }
  }
  const failed = new Set<number>()
  for (const here of queue) {
    const own = segments.own[here]!
    if (own !== -1 && !stops(state, own) && here !== start) failed.add(own)
    for (let k = segments.passage_start[here]!; k < segments.passage_start[here + 1]!; k++) {
      const passage = segments.passages[k]!
      if (segments.left[passage] === segments.right[passage] || stopperOf(state, passage) !== -1) continue
      for (let e = segments.first[passage]!; e !== -1; e = segments.entry_next[e]!)
        if (!isClosed[segments.entry_valve[e]!]) failed.add(segments.entry_valve[e]!)
    }
  }
  return { inside, region: [...queue, ...enclosed_valves], failed: [...failed].sort((a, b) => a - b) }
}

/** Valves between inside and outside. */
function ringOf(
  state: State,
  inside: Uint8Array,
  region: readonly number[],
): { close: number[]; keep_closed: number[] } {
  const { segments, isClosed } = state
  const ring = new Set<number>()
  /** Valves of their own that stand in the ring: closed they part all their sides, so none between them and us is needed. */
  const standing = new Set<number>()
  const eachPassage = (use: (passage: number, there: number) => void): void => {
    for (const s of region) {
      for (let k = segments.passage_start[s]!; k < segments.passage_start[s + 1]!; k++) {
        const there = across(segments, segments.passages[k]!, s)
        if (!inside[there]) use(segments.passages[k]!, there)
      }
    }
  }
  eachPassage((passage, there) => {
    if (stopperOf(state, passage) !== -1) return
    standing.add(there)
    ring.add(segments.own[there]!)
  })
  eachPassage((passage, there) => {
    const valve = stopperOf(state, passage)
    if (valve !== -1 && !standing.has(there)) ring.add(valve)
  })
  const sorted = [...ring].sort((a, b) => a - b)
  return { close: sorted.filter((v) => !isClosed[v]), keep_closed: sorted.filter((v) => isClosed[v]) }
}

/**
 * Segments (1 by segment) that water reaches from the sources with these valves closed and without passing `without`.
 * O(passages). What it gives for a network's usual state may be handed to `isolate` again and again.
 */
export function suppliedSegments(
  segments: ValveSegments,
  { sources, closed = [], without }: { sources: Iterable<number>; closed?: Iterable<number>; without?: Uint8Array },
): Uint8Array {
  const { own, passage_start, passages, beyond } = segments
  const isClosed = marks(segments, closed)
  const shut = shutPassages(segments, closed)
  const reached = without?.slice() ?? new Uint8Array(segments.count)
  const queue = new Int32Array(segments.count)
  let filled = 0
  for (const node of sources) {
    const s = segmentOf(segments, { kind: "node", index: node })
    if (reached[s]) continue
    reached[s] = 1
    queue[filled++] = s
  }
  for (let at = 0; at < filled; at++) {
    const here = queue[at]!
    // A closed valve gets wet on one side and lets nothing on.
    if (own[here] !== -1 && isClosed[own[here]!]) continue
    for (let k = passage_start[here]!; k < passage_start[here + 1]!; k++) {
      const there = beyond[k]!
      if (reached[there] || shut[passages[k]!]) continue
      reached[there] = 1
      queue[filled++] = there
    }
  }
  return reached
}
