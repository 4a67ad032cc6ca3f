import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  components,
  deadEnds,
  type Element,
  elementsOf,
  isolate,
  type NetworkGraph,
  networkGraph,
  shortestPath,
  trace,
  type ValveSegments,
  type Valves,
  valveSegments,
} from "./index.ts"

const graphOf = (nodes: number, pairs: [number, number, number?, number?][]): NetworkGraph =>
  networkGraph({
    nodes,
    from: Int32Array.from(pairs, (p) => p[0]),
    to: Int32Array.from(pairs, (p) => p[1]),
    length_m: Float64Array.from(pairs, (p) => p[2] ?? 1),
    direction: Int8Array.from(pairs, (p) => p[3] ?? 0),
  })
const valvesOf = (pairs: [number, number][]): Valves => ({
  link: Int32Array.from(pairs, (p) => p[0]),
  node: Int32Array.from(pairs, (p) => p[1]),
})
const list = (array: Int32Array): number[] => [...array].sort((a, b) => a - b)

/** 0–1–2–3 in a row, 4 beside 2; link n joins n and n+1, link 3 joins 2 and 4. */
const row: [number, number, number?, number?][] = [
  [0, 1, 5, 1],
  [1, 2, 5, 1],
  [2, 3, 5, 1],
  [2, 4, 5, -1],
]

describe("walks", () => {
  test("downstream and upstream follow the links' directions, connected does not", () => {
    const graph = graphOf(5, row)
    const from = (way: "upstream" | "downstream" | "connected", start: Element) => {
      const reach = trace(graph, [start], way)
      return [list(reach.nodes), list(reach.links)]
    }
    expect(from("downstream", { kind: "node", index: 1 })).toEqual([
      [1, 2, 3],
      [1, 2],
    ])
    expect(from("upstream", { kind: "link", index: 2 })).toEqual([
      [0, 1, 2, 4],
      [0, 1, 2, 3],
    ])
    expect(from("connected", { kind: "link", index: 3 })[0]).toEqual([0, 1, 2, 3, 4])
  })

  test("a blocked link is not passed, a free end leads nowhere", () => {
    const graph = graphOf(5, [...row, [4, -1]])
    const reach = trace(graph, [{ kind: "node", index: 4 }], "connected", { blocked: Uint8Array.of(0, 0, 0, 1, 0) })
    expect([list(reach.nodes), list(reach.links)]).toEqual([[4], [4]])
    const parts = components(graph, { blocked: Uint8Array.of(0, 1, 0, 1, 0) })
    expect([...parts.node]).toEqual([0, 0, 1, 1, 2])
    expect([...parts.link]).toEqual([0, 3, 1, 4, 2])
    expect(parts.count).toBe(5)
  })

  test("the shortest path by length, by direction, and none", () => {
    const graph = graphOf(4, [
      [0, 1, 1, 1],
      [1, 3, 1, -1],
      [0, 2, 2, 1],
      [2, 3, 2, 1],
    ])
    expect(shortestPath(graph, 0, 3)).toMatchObject({ length_m: 2, links: Int32Array.of(0, 1) })
    expect(shortestPath(graph, 0, 3, { directed: true })).toMatchObject({ length_m: 4, nodes: Int32Array.of(0, 2, 3) })
    expect(shortestPath(graph, 3, 0, { directed: true })).toBeNull()
    expect(shortestPath(graph, 2, 2)).toMatchObject({ length_m: 0, nodes: Int32Array.of(2) })
  })

  test("numbers that do not fit are named", () => {
    expect(() => graphOf(2, [[0, 2]])).toThrow("link 0 joins nodes 0 and 2")
    expect(() => graphOf(2, [[0, 1, Number.NaN]])).toThrow("length_m of link 0")
    expect(() => trace(graphOf(1, []), [{ kind: "link", index: 0 }], "connected")).toThrow("link 0 does not exist")
    expect(() => valveSegments(graphOf(2, [[0, 1]]), valvesOf([[1, 0]]))).toThrow("valve 0 stands at link 1")
  })

  test("half a million links in a row overflow nothing", () => {
    const links = 500_000
    const graph = networkGraph({
      nodes: links + 1,
      from: Int32Array.from({ length: links }, (_, i) => i),
      to: Int32Array.from({ length: links }, (_, i) => i + 1),
    })
    expect(trace(graph, [{ kind: "node", index: 0 }], "downstream").links.length).toBe(links)
    expect(shortestPath(graph, 0, links)!.length_m).toBe(links)
    const segments = valveSegments(graph, valvesOf([[250_000, 250_000]]))
    expect(segments.count).toBe(2)
    expect(deadEnds(segments, { sources: [0] }).nodes.length).toBe(links)
  })
})

describe("isolation", () => {
  // 0(source)–1–2–3, valve 0 at link 1 near 1, valve 1 at link 2 near 2.
  const line = graphOf(4, [
    [0, 1],
    [1, 2],
    [2, 3],
  ])
  const segments = valveSegments(
    line,
    valvesOf([
      [1, 1],
      [2, 2],
    ]),
  )

  test("the ring, who is shut off, who loses supply by it", () => {
    const answer = isolate(segments, { kind: "node", index: 2 }, { sources: [0] })
    expect(answer.close).toEqual(Int32Array.of(0, 1))
    expect([list(answer.isolated.nodes), list(answer.isolated.links)]).toEqual([[2], [1]])
    expect([list(answer.cut_off.nodes), list(answer.cut_off.links)]).toEqual([[3], [2]])
    expect(answer.sources_inside.length).toBe(0)
  })

  test("a valve that cannot be closed gives the next ring, and a source inside is said", () => {
    const answer = isolate(segments, { kind: "node", index: 2 }, { sources: [0], failed: [0] })
    expect(answer.failed).toEqual(Int32Array.of(0))
    expect(answer.close).toEqual(Int32Array.of(1))
    expect(list(answer.isolated.nodes)).toEqual([0, 1, 2])
    expect(answer.sources_inside).toEqual(Int32Array.of(0))
  })

  test("a closed valve is kept closed even if it cannot be moved, and what it cut off before is not counted", () => {
    const answer = isolate(segments, { kind: "node", index: 2 }, { sources: [0], closed: [1], failed: [1] })
    expect(answer.close).toEqual(Int32Array.of(0))
    expect(answer.keep_closed).toEqual(Int32Array.of(1))
    expect(answer.cut_off.nodes.length).toBe(0)
    expect(answer.failed.length).toBe(0)
  })

  test("a valve in a node, and a link that is a valve, need both their sides shut when they are taken out", () => {
    // Node 1 is valve 0, link 2 (2–3) is valve 1.
    const own = valveSegments(
      line,
      valvesOf([
        [-1, 1],
        [2, -1],
      ]),
    )
    expect(own.count).toBe(5)
    expect(isolate(own, { kind: "node", index: 2 }, { sources: [0] })).toMatchObject({
      close: Int32Array.of(0, 1),
      cut_off: { nodes: Int32Array.of(3) },
    })
    const itself = isolate(own, { kind: "node", index: 1 }, { sources: [0] })
    expect(itself.close).toEqual(Int32Array.of(1))
    expect(list(itself.isolated.nodes)).toEqual([0, 1, 2])
    expect(itself.failed.length).toBe(0)
    expect(isolate(own, { kind: "node", index: 2 }, { failed: [1] }).failed).toEqual(Int32Array.of(1))
  })

  test("valves that shut nothing are named", () => {
    const odd = valveSegments(
      line,
      valvesOf([
        [0, 3],
        [-1, 2],
        [-1, 2],
      ]),
    )
    expect(odd.unused).toEqual(Int32Array.of(0, 2))
  })

  test("dead ends that closing makes in a ring", () => {
    // 0(source)–1, ring 1–2–3–1, branch 3–4; valve 0 at link 2 (2–3) near 3.
    const ring = graphOf(5, [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 1],
      [3, 4],
    ])
    const parts = valveSegments(ring, valvesOf([[2, 3]]))
    const all = deadEnds(parts, { sources: [0] })
    expect([list(all.nodes), list(all.links), list(all.ends)]).toEqual([[4], [4], [4]])
    const made = deadEnds(parts, { sources: [0], closing: [0] })
    expect([list(made.nodes), list(made.links)]).toEqual([
      [1, 2, 3],
      [0, 1, 2, 3],
    ])
  })
})

/** Elements that hang together with `from` when these valves are shut, the plainest walk; `first`: past valves in `from`. */
function reachedWith(
  graph: NetworkGraph,
  valves: Valves,
  shut: ReadonlySet<number>,
  from: number[],
  first = true,
): Set<number> {
  const isValve = new Map<number, number>()
  const between = new Map<string, number[]>()
  for (let v = 0; v < valves.link.length; v++) {
    const l = valves.link[v]!
    const n = valves.node[v]!
    if (l === -1) isValve.set(n, v)
    else if (n === -1) isValve.set(graph.nodes + l, v)
    else between.set(`${l} ${n}`, [...(between.get(`${l} ${n}`) ?? []), v])
  }
  const seen = new Set(from)
  for (const e of seen) {
    if (!(first && from.includes(e)) && shut.has(isValve.get(e) ?? -1)) continue
    for (let l = 0; l < graph.links; l++)
      for (const n of [graph.from[l]!, graph.to[l]!]) {
        const link = graph.nodes + l
        if ((e !== link && e !== n) || (between.get(`${l} ${n}`) ?? []).some((v) => shut.has(v))) continue
        seen.add(e === link ? n : link)
      }
  }
  return seen
}

const town = fc.integer({ min: 2, max: 10 }).chain((nodes) =>
  fc.array(fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1)), { minLength: 1, maxLength: 14 }).chain((pairs) => {
    const valve = fc.oneof(
      fc.tuple(fc.nat(pairs.length - 1), fc.nat(1)).map(([l, end]): [number, number] => [l, pairs[l]![end]!]),
      fc.nat(nodes - 1).map((n): [number, number] => [-1, n]),
      fc.nat(pairs.length - 1).map((l): [number, number] => [l, -1]),
    )
    return fc.record({
      nodes: fc.constant(nodes),
      pairs: fc.constant(pairs),
      // One valve at a place: a second one in the same node or link is not used, and told about.
      valves: fc.uniqueArray(valve, { maxLength: 10, selector: ([l, n]) => `${l} ${n}` }),
      element: fc.nat(nodes + pairs.length - 1),
      states: fc.array(fc.constantFrom("open", "open", "closed", "failed", "stuck closed"), {
        minLength: 10,
        maxLength: 10,
      }),
      source: fc.nat(nodes - 1),
    })
  }),
)

const numberOf = (graph: NetworkGraph, part: { nodes: Int32Array; links: Int32Array }): number[] => [
  ...part.nodes,
  ...[...part.links].map((l) => l + graph.nodes),
]
const elementOf = (graph: NetworkGraph, e: number): Element =>
  e < graph.nodes ? { kind: "node", index: e } : { kind: "link", index: e - graph.nodes }

describe("any network with any valves", () => {
  test("segments hold every element once, and are what hangs together with every valve shut", () => {
    fc.assert(
      fc.property(town, ({ nodes, pairs, valves: at }) => {
        const graph = graphOf(nodes, pairs)
        const valves = valvesOf(at)
        const segments: ValveSegments = valveSegments(graph, valves)
        const all = numberOf(
          graph,
          elementsOf(
            segments,
            Array.from({ length: segments.count }, (_, s) => s),
          ),
        )
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: nodes + pairs.length }, (_, e) => e))
        const every = new Set(at.keys())
        const standing = (e: number) => at.some(([l, n]) => (l === -1 && n === e) || (n === -1 && l + nodes === e))
        for (let s = 0; s < segments.count; s++) {
          const mine = numberOf(graph, elementsOf(segments, [s]))
          if (mine.some(standing)) expect(mine.length).toBe(1)
          else
            expect(new Set([...reachedWith(graph, valves, every, [mine[0]!])].filter((e) => !standing(e)))).toEqual(
              new Set(mine),
            )
        }
      }),
    )
  })

  test("closing what isolate says parts the element from all outside, and no valve of it is too much", () => {
    fc.assert(
      fc.property(town, ({ nodes, pairs, valves: at, element, states, source }) => {
        const graph = graphOf(nodes, pairs)
        const valves = valvesOf(at)
        const segments = valveSegments(graph, valves)
        const of = (...words: string[]) => [...at.keys()].filter((v) => words.includes(states[v]!))
        const closed = of("closed", "stuck closed")
        const failed = of("failed", "stuck closed")
        const answer = isolate(segments, elementOf(graph, element), { closed, failed, sources: [source] })
        for (const v of answer.close) expect(closed.includes(v) || failed.includes(v)).toBe(false)
        for (const v of answer.keep_closed) expect(closed).toContain(v)
        for (const v of answer.failed) expect(failed).toContain(v)

        const inside = numberOf(graph, answer.isolated)
        expect(inside).toContain(element)
        /** A valve that is a node or a link may get wet on our side; it lets nothing on. */
        const body = (v: number) => (at[v]![0] === -1 ? at[v]![1] : at[v]![1] === -1 ? at[v]![0] + nodes : -1)
        const ring = [...answer.close, ...answer.keep_closed]
        const allowed = new Set([...inside, ...ring.map(body)])
        const reached = reachedWith(graph, valves, new Set(ring), inside)
        for (const e of reached) expect(allowed.has(e)).toBe(true)
        for (const v of ring) {
          const without = reachedWith(graph, valves, new Set(ring.filter((other) => other !== v)), inside)
          expect([...without].some((e) => !allowed.has(e) || e === body(v))).toBe(true)
        }

        const before = reachedWith(graph, valves, new Set(closed), [source], false)
        const sourceInside = inside.includes(source)
        const after = sourceInside
          ? new Set<number>()
          : reachedWith(graph, valves, new Set([...closed, ...ring]), [source], false)
        const lost = [...before].filter((e) => !after.has(e) && !inside.includes(e))
        expect(new Set(numberOf(graph, answer.cut_off))).toEqual(new Set(lost))
        expect([...answer.sources_inside]).toEqual(sourceInside ? [source] : [])
      }),
      { numRuns: 500 },
    )
  })

  test("the shortest path is as long as Bellman and Ford say", () => {
    fc.assert(
      fc.property(town, fc.array(fc.nat(20), { minLength: 14, maxLength: 14 }), ({ nodes, pairs, source }, lengths) => {
        const graph = graphOf(
          nodes,
          pairs.map(([a, b], i) => [a, b, lengths[i]!, (i % 3) - 1]),
        )
        const best = Array.from({ length: nodes }, () => Number.POSITIVE_INFINITY)
        best[source] = 0
        for (let round = 0; round < nodes; round++)
          pairs.forEach(([a, b], i) => {
            if ((i % 3) - 1 >= 0) best[b] = Math.min(best[b]!, best[a]! + lengths[i]!)
            if ((i % 3) - 1 <= 0) best[a] = Math.min(best[a]!, best[b]! + lengths[i]!)
          })
        for (let to = 0; to < nodes; to++)
          expect(shortestPath(graph, source, to, { directed: true })?.length_m ?? Number.POSITIVE_INFINITY).toBe(
            best[to],
          )
      }),
    )
  })
})
