/** Valve segments against the published answer (USEPA/WNTR's tests) and on every network at hand; see LIFELINE_TEST_DATA. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { elementsOf, valveSegments } from "../science/index.ts"
import { type NamedNetwork, readNetwork, readText, readValves, segmentSizes, segmentTable } from "./segments.ts"

const data = process.env.LIFELINE_TEST_DATA
const have = data !== undefined && existsSync(join(data, "wntr-valve-segments"))

const small = readNetwork(`[JUNCTIONS]
 a 0
 b 0
[RESERVOIRS]
 R 50
[PIPES]
 a R a 10 100 100
 2 a b 10 100 100
[END]
`)

test("a link keeps the file's id even where a node has it too", () => {
  expect(small.link_ids).toEqual(["a", "2"])
  const segments = valveSegments(small.graph, readValves("link,node\n2,a\n", small))
  expect(segmentTable(small, segments)).toBe("kind,id,segment\nnode,a,1\nnode,b,2\nnode,R,1\nlink,a,1\nlink,2,2\n")
})

test("a valve layer that does not fit is refused with its row", () => {
  expect(() => readValves("link,node\n2,R\n", small)).toThrow('valve row 1: node "R" is no end of link "2"')
  expect(() => readValves("link,node\n2,a\n9,a\n", small)).toThrow('valve row 2: link "9" is not in the network')
  expect(() => readValves("pipe,node\n2,a\n", small)).toThrow('no column "link"')
  expect(() => readNetwork("[JUNCTIONS]\n a 0\n[PIPES]\n 1 a z 1 1 1\n")).toThrow("line 4")
})

/** Elements as sets by label, each set in a fixed order, so that labels do not matter. */
function partition(rows: [element: string, label: string][]): string[] {
  const sets = new Map<string, string[]>()
  for (const [element, label] of rows) sets.set(label, [...(sets.get(label) ?? []), element])
  return [...sets.values()].map((set) => set.sort().join(" ")).sort()
}
const rowsOf = (csv: string): string[][] =>
  csv
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","))

describe.runIf(have)("the published answers", () => {
  const folder = join(data!, "wntr-valve-segments")
  test("Net3 with its random layer: the same sets", () => {
    const network = readNetwork(readText(join(folder, "Net3.inp")))
    const segments = valveSegments(network.graph, readValves(readText(join(folder, "valve_layer_random.csv")), network))
    const expected = partition(
      (["node", "link"] as const).flatMap((kind) =>
        rowsOf(readText(join(folder, `${kind}_segments_random.csv`))).map(([id, label]): [string, string] => [
          `${kind}:${id}`,
          label!,
        ]),
      ),
    )
    const ours = partition(
      rowsOf(segmentTable(network, segments)).map(([kind, id, s]): [string, string] => [`${kind}:${id}`, s!]),
    )
    expect(ours).toEqual(expected)
    expect(ours.length).toBe(23)
    expect(segmentSizes(segments)[0]).toBe(125)
  })

  test("the network of CCWI 2017: 4 segments, the largest of 11", () => {
    const network = readNetwork(readText(join(folder, "CCWI17-HermanMahmoud.inp")))
    const layer = "link,node\np1,n1\np3,n2\np7,n5\np7,n6\np8,n6\n"
    const segments = valveSegments(network.graph, readValves(layer, network))
    expect(segmentSizes(segments)).toEqual([11, 2, 1, 1])
  })
})

/** A small generator of numbers in 0…1 (mulberry32), so that a failure can be run again. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function valvesAtRandom({ graph, node_ids, link_ids }: NamedNetwork, seed: number): string {
  const next = chance(seed)
  const rows = ["link,node"]
  for (let l = 0; l < graph.links; l++)
    for (const n of [graph.from[l]!, graph.to[l]!]) if (next() < 0.2) rows.push(`${link_ids[l]},${node_ids[n]}`)
  return rows.join("\n")
}

describe.runIf(have)("every network at hand with valves at random", () => {
  const folder = join(data!, "water-networks")
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.inp(\.gz)?$/i.test(name))
    .sort()
  test.for(files)("%s", (file) => {
    const network = readNetwork(readText(join(folder, file)))
    const segments = valveSegments(network.graph, readValves(valvesAtRandom(network, 7), network))
    const { nodes, links } = elementsOf(
      segments,
      Array.from({ length: segments.count }, (_, s) => s),
    )
    expect(new Set(nodes).size).toBe(network.node_ids.length)
    expect(new Set(links).size).toBe(network.link_ids.length)
    expect(nodes.length + links.length).toBe(segmentSizes(segments).reduce((sum, size) => sum + size, 0))
    for (let end = 0; end < network.graph.links * 2; end++) {
      const l = end >> 1
      const n = end % 2 === 0 ? network.graph.from[l]! : network.graph.to[l]!
      // Link and node are in one segment unless a valve stands between them; round a loop they may be in one even then.
      if (segments.passage_at[end] === -1) expect(segments.link[l]).toBe(segments.node[n])
    }
  })
})
