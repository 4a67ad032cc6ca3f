/**
 * Questions to a network: walks and valve isolation, each from many elements by seed. NJ1 (14,992 junctions) where
 * LIFELINE_TEST_DATA holds it, with invented valves, since its file has none at pipe ends; and an invented grid.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import water from "../lifelines/water/index.ts"
import {
  deadEnds,
  isolate,
  type NetworkGraph,
  networkGraph,
  shortestPath,
  suppliedSegments,
  trace,
  valveSegments,
} from "../science/index.ts"
import { percentiles } from "./instance.ts"

const grid_links = 500_000
/** Share of pipe ends with a valve; fewer make most of a network one segment. */
const valve_share = 0.4
const asked = 200

export async function run(): Promise<object[]> {
  const file = join(process.env.LIFELINE_TEST_DATA ?? "", "water-networks/NJ1.inp.gz")
  const networks: Record<string, object> = {
    nj1: existsSync(file)
      ? measure(...fromFile(file))
      : { left_out: "LIFELINE_TEST_DATA has no water-networks/NJ1.inp.gz" },
    grid: measure(...grid(grid_links)),
  }
  return [{ bench: "network", ...networks }]
}

/** Whole numbers below `limit` from a seed (mulberry32). */
function chance(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit)
  }
}

function measure(graph: NetworkGraph, sources: number[]): object {
  const next = chance(7)
  const link: number[] = []
  const node: number[] = []
  for (let l = 0; l < graph.links; l++)
    for (const n of [graph.from[l]!, graph.to[l]!])
      if (next(1000) < valve_share * 1000) {
        link.push(l)
        node.push(n)
      }
  const began = performance.now()
  const segments = valveSegments(graph, { link: Int32Array.from(link), node: Int32Array.from(node) })
  const segments_ms = Math.round(performance.now() - began)

  const supplied = suppliedSegments(segments, { sources })
  const times = (count: number, ask: () => unknown): object => {
    const ms: number[] = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      ask()
      ms.push(performance.now() - start)
    }
    return summary(ms)
  }
  const anywhere = () => ({ kind: "link", index: next(graph.links) }) as const
  return {
    nodes: graph.nodes,
    links: graph.links,
    valves: link.length,
    segments: segments.count,
    segments_ms,
    trace_downstream_ms: times(asked, () => trace(graph, [anywhere()], "downstream")),
    trace_upstream_ms: times(asked, () => trace(graph, [anywhere()], "upstream")),
    trace_connected_ms: times(asked, () => trace(graph, [anywhere()], "connected")),
    shortest_path_ms: times(20, () => shortestPath(graph, next(graph.nodes), next(graph.nodes))),
    isolation_ms: times(asked, () => isolate(segments, anywhere(), { sources, supplied })),
    isolation_failed_valve_ms: times(asked, () => {
      const element = anywhere()
      return isolate(segments, element, { sources, supplied, failed: isolate(segments, element).close.slice(0, 1) })
    }),
    dead_ends_ms: times(20, () => deadEnds(segments, { sources, closing: isolate(segments, anywhere()).close })),
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10
function summary(ms: number[]): object {
  const sorted = [...ms].sort((a, b) => a - b)
  const p95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))]!
  return { p50: round(percentiles(ms).p50), p95: round(p95), worst: round(sorted.at(-1)!) }
}

function fromFile(file: string): [NetworkGraph, number[]] {
  const text = gunzipSync(readFileSync(file)).toString("utf8")
  const { assets } = water.imports![0]!.read(text, { companion: null, origin: [0, 0] })
  const nodes = assets.filter((a) => a.attributes.from_node === undefined)
  const links = assets.filter((a) => a.attributes.from_node !== undefined)
  const number_of = new Map(nodes.map((n, index) => [n.code, index]))
  const graph = networkGraph({
    nodes: nodes.length,
    from: Int32Array.from(links, (l) => number_of.get(String(l.attributes.from_node))!),
    to: Int32Array.from(links, (l) => number_of.get(String(l.attributes.to_node))!),
    length_m: Float64Array.from(links, (l) => Number(l.attributes.length_m ?? 0)),
  })
  return [graph, nodes.flatMap((n, index) => (n.kind === "junction" ? [] : [index]))]
}

/** Streets in a square; water flows away from the first corner, where the source stands. */
function grid(links_wanted: number): [NetworkGraph, number[]] {
  const side = Math.ceil((1 + Math.sqrt(1 + 2 * links_wanted)) / 2)
  const from: number[] = []
  const to: number[] = []
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const here = row * side + column
      for (const [there, inside] of [
        [here + 1, column + 1 < side],
        [here + side, row + 1 < side],
      ] as const)
        if (inside && from.length < links_wanted) {
          from.push(here)
          to.push(there)
        }
    }
  const graph = networkGraph({
    nodes: side * side,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    length_m: new Float64Array(from.length).fill(100),
    direction: new Int8Array(from.length).fill(1),
  })
  return [graph, [0]]
}
