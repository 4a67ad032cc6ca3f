/**
 * npm run segments -- <net.inp[.gz]> --valves <layer.csv> --out <file.csv>: the parts of a network that its valves can
 * shut off. The valve layer has columns `link` and `node`; what is written has `kind` (node or link), `id`, `segment`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { gunzipSync } from "node:zlib"
import { parse } from "csv-parse/sync"
import water from "../lifelines/water/index.ts"
import { type NetworkGraph, networkGraph, type ValveSegments, type Valves, valveSegments } from "../science/index.ts"
import { command } from "./instance.ts"

export type NamedNetwork = { graph: NetworkGraph; node_ids: string[]; link_ids: string[] }

const named_max = 10
/** What the network's shape does not depend on. */
const unneeded = new Set(["coordinates", "origin", "length", "diameter", "UNITS"])

/** Nodes and links of an EPANET file, by the ids in it; throws where a node or link of it could not be read. */
export function readNetwork(text: string): NamedNetwork {
  const city = water.imports![0]!.read(text, { companion: null, origin: [0, 0] })
  const lost = city.problems.filter((p) => p.blocks && !unneeded.has(p.field))
  if (lost.length > 0)
    throw new Error(
      lost
        .slice(0, named_max)
        .map((p) => `line ${p.line ?? "?"}: ${p.words.en}`)
        .join("\n"),
    )
  const node_ids: string[] = []
  const link_ids: string[] = []
  const number_of = new Map<string, number>()
  const from: number[] = []
  const to: number[] = []
  const length: number[] = []
  for (const asset of city.assets) {
    const { from_node, to_node, length_m } = asset.attributes
    if (typeof from_node !== "string") {
      number_of.set(asset.code, node_ids.length)
      node_ids.push(asset.code)
      continue
    }
    // A link whose id is a node's too has its kind in front of its code; the file's own id stands first on its line.
    link_ids.push((asset.original as { text: string }).text.trim().split(/\s+/)[0]!)
    from.push(number_of.get(from_node)!)
    to.push(number_of.get(String(to_node))!)
    length.push(typeof length_m === "number" ? length_m : 0)
  }
  const graph = networkGraph({
    nodes: node_ids.length,
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    length_m: Float64Array.from(length),
  })
  return { graph, node_ids, link_ids }
}

/** A valve layer's rows; throws naming the row, the value and what to do where one does not fit the network. */
export function readValves(csv: string, { graph, node_ids, link_ids }: NamedNetwork): Valves {
  const rows = parse(csv, { columns: true, trim: true, bom: true, skip_empty_lines: true }) as Record<string, string>[]
  const nodes = new Map(node_ids.map((id, index) => [id, index]))
  const links = new Map(link_ids.map((id, index) => [id, index]))
  const link = new Int32Array(rows.length)
  const node = new Int32Array(rows.length)
  rows.forEach((row, index) => {
    for (const [column, known, numbers] of [
      ["link", links, link],
      ["node", nodes, node],
    ] as const) {
      const id = row[column]
      if (id === undefined) throw new Error(`the valve layer has no column "${column}"; its columns are link and node`)
      const number = known.get(id)
      if (number === undefined)
        throw new Error(`valve row ${index + 1}: ${column} "${id}" is not in the network; correct the id`)
      numbers[index] = number
    }
    if (graph.from[link[index]!] !== node[index] && graph.to[link[index]!] !== node[index])
      throw new Error(
        `valve row ${index + 1}: node "${row.node}" is no end of link "${row.link}"; name one of its ends`,
      )
  })
  return { link, node }
}

const cell = (id: string): string => (/[",\r\n]/.test(id) ? `"${id.replaceAll('"', '""')}"` : id)

/** `kind,id,segment` with segments numbered from 1, nodes first. */
export function segmentTable({ node_ids, link_ids }: NamedNetwork, segments: ValveSegments): string {
  const lines = ["kind,id,segment"]
  for (const [n, id] of node_ids.entries()) lines.push(`node,${cell(id)},${segments.node[n]! + 1}`)
  for (const [l, id] of link_ids.entries()) lines.push(`link,${cell(id)},${segments.link[l]! + 1}`)
  return `${lines.join("\n")}\n`
}

/** Elements of each segment, largest first. */
export function segmentSizes(segments: ValveSegments): number[] {
  const { count, element_start } = segments
  const sizes = Array.from({ length: count }, (_, s) => element_start[s + 1]! - element_start[s]!)
  return sizes.sort((a, b) => b - a)
}

export const readText = (path: string): string => {
  const bytes = readFileSync(path)
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8")
}

if (import.meta.main) {
  await command(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { valves: { type: "string" }, out: { type: "string" } },
    })
    const [file] = positionals
    if (!file || !values.valves || !values.out)
      throw new Error("npm run segments -- <net.inp> --valves <layer.csv> --out <file.csv>")
    const network = readNetwork(readText(file))
    const valves = readValves(readText(values.valves), network)
    const segments = valveSegments(network.graph, valves)
    writeFileSync(values.out, segmentTable(network, segments))
    const sizes = segmentSizes(segments)
    console.log(`${segments.count} segments of ${network.node_ids.length} nodes and ${network.link_ids.length} links`)
    console.log(`  ${valves.link.length} valves; largest ${sizes[0] ?? 0} elements`)
    console.log(`  sizes ${sizes.slice(0, 50).join(" ")}${sizes.length > 50 ? " …" : ""}`)
  })
}
