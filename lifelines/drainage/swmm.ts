/** SWMM 5 input file → sewers, manholes, outfalls, basins, pumps and gates of the drainage lifeline. */
import type { Attributes, Geometry, LonLat } from "../../model/index.ts"
import type { ImportedCity, LifelineImport } from "../contract.ts"
import { looksLikeSwmm, readSwmm, type SwmmFile, type SwmmRow } from "./swmm-file.ts"
import { sectionOf } from "./swmm-section.ts"

export const swmmImport: LifelineImport = {
  extension: "inp",
  name: { zh: "SWMM 排水模型文件", en: "SWMM drainage file" },
  accepts: looksLikeSwmm,
  read: (text, options) => readDrainage(text, options.origin),
}

const node_kinds: Record<string, string> = {
  JUNCTIONS: "manhole",
  OUTFALLS: "outfall",
  DIVIDERS: "manhole",
  STORAGE: "storage_unit",
}
const link_kinds: Record<string, string> = {
  CONDUITS: "sewer",
  PUMPS: "pumping_station",
  ORIFICES: "sluice",
  WEIRS: "sluice",
  OUTLETS: "sluice",
}
/** Metres per degree of latitude (mean sphere of 6,371,008.8 m, IUGG). */
const degree_m = 111_195.08
/** Nodes without coordinates are laid out so far apart, m. */
const grid_m = 50

type Node = { id: string; kind: string; section: string; row: SwmmRow; invert_m: number; depth_m: number }

/**
 * Codes are the file's names; a link that is called like a node gets its kind in front. Local coordinates are metres, feet
 * where [MAP] or the flow units say so, laid out around `origin`. Nodes without coordinates are laid out in a grid beside
 * the others, and the whole counts as schematic. Heights are the file's datum, in metres.
 */
export function readDrainage(text: string, origin: LonLat | null): ImportedCity {
  const problems: ImportedCity["problems"] = []
  const file = readSwmm(text, problems)
  const nodes = readNodes(file, problems)
  if (nodes.size === 0)
    problems.push({
      line: null,
      field: "nodes",
      value: "",
      words: {
        zh: "文件中没有节点（[JUNCTIONS]、[OUTFALLS] 等），请检查是否为 SWMM 文件",
        en: "The file has no nodes ([JUNCTIONS], [OUTFALLS] …); check that it is a SWMM file",
      },
      blocks: true,
    })
  const { place, schematic } = layOut(file, [...nodes.keys()], origin, problems)
  const assets: ImportedCity["assets"] = [...nodes.values()].map((node) => ({
    kind: node.kind,
    source_id: node.id,
    code: node.id,
    name: null,
    geometry: { type: "Point", coordinates: place.node(node.id) },
    attributes: nodeAttributes(node),
    original: { section: node.section, line: node.row.line, text: node.row.text },
  }))
  assets.push(...links(file, nodes, place, problems))
  return { assets, devices: [], areas: [], schematic, problems }
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4

function readNodes(file: SwmmFile, problems: ImportedCity["problems"]): Map<string, Node> {
  const nodes = new Map<string, Node>()
  for (const [section, kind] of Object.entries(node_kinds))
    for (const row of file.sections.get(section) ?? []) {
      const id = row.cells[0]!
      const invert_m = number(row, 1, "invert", problems) * file.length_m
      // An outfall has no depth, and a divider's stands behind what it divides by.
      const depth_at = section === "JUNCTIONS" || section === "STORAGE" ? 2 : -1
      const depth_m = depth_at < 0 ? 0 : number(row, depth_at, "depth", problems) * file.length_m
      if (nodes.has(id)) {
        problems.push(twice(row, id))
        continue
      }
      nodes.set(id, { id, kind, section, row, invert_m, depth_m })
    }
  return nodes
}

function nodeAttributes({ kind, invert_m, depth_m }: Node): Attributes {
  const attributes: Attributes = { invert_m: round(invert_m) }
  // A depth of 0 means that the pipes decide, not that the node lies in the street.
  if (kind === "manhole" && depth_m > 0) attributes.ground_m = round(invert_m + depth_m)
  return attributes
}

function links(
  file: SwmmFile,
  nodes: ReadonlyMap<string, Node>,
  place: Places,
  problems: ImportedCity["problems"],
): ImportedCity["assets"] {
  const sections = new Map((file.sections.get("XSECTIONS") ?? []).map((row) => [row.cells[0]!, row]))
  const assets: ImportedCity["assets"] = []
  const seen = new Set<string>()
  for (const [section, kind] of Object.entries(link_kinds))
    for (const row of file.sections.get(section) ?? []) {
      const [id = "", from_node = "", to_node = ""] = row.cells
      const [from, to] = [nodes.get(from_node), nodes.get(to_node)]
      if (seen.has(id)) {
        problems.push(twice(row, id))
        continue
      }
      seen.add(id)
      if (!from || !to) {
        const lost = from ? to_node : from_node
        problems.push({
          line: row.line,
          field: from ? "to_node" : "from_node",
          value: lost,
          words: {
            zh: `${id} 所连的节点 ${lost} 不在文件中，请改正`,
            en: `${id} joins the node ${lost}, which is not in the file; correct it`,
          },
          blocks: true,
        })
        continue
      }
      const code = nodes.has(id) ? `${kind}-${id}` : id
      const section_row = sections.get(id)
      const attributes: Attributes = { from_node, to_node }
      if (section === "CONDUITS") Object.assign(attributes, conduit(file, row, from, to, section_row, problems))
      const line = place.link(id, from_node, to_node)
      const geometry: Geometry =
        kind === "sewer" ? { type: "LineString", coordinates: line } : { type: "Point", coordinates: middle(line) }
      const original = { section, line: row.line, text: row.text, xsection: section_row?.text ?? null }
      assets.push({ kind, source_id: code, code, name: null, geometry, attributes, original })
    }
  return assets
}

/** Length, roughness, size, and the inverts at both ends: the node's and the offset above it, or the offset alone. */
function conduit(
  file: SwmmFile,
  row: SwmmRow,
  from: Node,
  to: Node,
  section: SwmmRow | undefined,
  problems: ImportedCity["problems"],
): Attributes {
  const invert = (node: Node, at: number): number => {
    const said = row.cells[at]
    if (said === undefined || said === "*") return round(node.invert_m)
    const offset = number(row, at, "offset", problems) * file.length_m
    return round(file.offsets_are_heights ? offset : node.invert_m + offset)
  }
  return {
    length_m: round(number(row, 3, "length", problems) * file.length_m),
    roughness: number(row, 4, "roughness", problems),
    ...(section && sectionOf(section.cells, file.length_m)),
    from_elevation_m: invert(from, 5),
    to_elevation_m: invert(to, 6),
  }
}

type Places = { node(id: string): LonLat; link(id: string, from: string, to: string): LonLat[] }

function layOut(
  file: SwmmFile,
  ids: readonly string[],
  origin: LonLat | null,
  problems: ImportedCity["problems"],
): { place: Places; schematic: boolean } {
  const found = new Map<string, [number, number]>()
  for (const row of file.sections.get("COORDINATES") ?? [])
    found.set(row.cells[0]!, [number(row, 1, "x", problems), number(row, 2, "y", problems)])
  const vertices = new Map<string, [number, number][]>()
  for (const row of file.sections.get("VERTICES") ?? []) {
    const list = vertices.get(row.cells[0]!) ?? []
    list.push([number(row, 1, "x", problems), number(row, 2, "y", problems)])
    vertices.set(row.cells[0]!, list)
  }
  const placed = ids.map((id) => found.get(id)).filter((xy) => xy !== undefined)
  const box = placed.reduce(
    ([w, s, e, n], [x, y]) => [Math.min(w, x), Math.min(s, y), Math.max(e, x), Math.max(n, y)] as const,
    [Infinity, Infinity, -Infinity, -Infinity] as readonly [number, number, number, number],
  )
  const there = placed.length > 0
  const degrees = file.map_units === "degrees" && there && box.every((side, i) => Math.abs(side) <= (i % 2 ? 85 : 180))
  if (!degrees && !origin)
    problems.push({
      line: null,
      field: "origin",
      value: "",
      words: {
        zh: "文件坐标是局部坐标，请用 --origin 经度,纬度 指定管网中心在地球上的位置",
        en: "The file has local coordinates; say where the middle of the network lies with --origin lon,lat",
      },
      blocks: true,
    })
  const [lon0, lat0] = origin ?? [0, 0]
  const [x0, y0] = there ? [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] : [0, 0]
  const unit_m = file.map_units === "feet" ? 0.3048 : file.map_units === "metres" ? 1 : file.length_m
  const k = Math.max(0.01, Math.cos((lat0 * Math.PI) / 180))
  const onEarth = ([x, y]: [number, number]): LonLat =>
    degrees
      ? [x, y]
      : [
          Math.round((lon0 + ((x - x0) * unit_m) / (degree_m * k)) * 1e9) / 1e9,
          Math.round((lat0 + ((y - y0) * unit_m) / degree_m) * 1e9) / 1e9,
        ]
  const lost = ids.filter((id) => !found.has(id))
  const step = degrees ? grid_m / degree_m : grid_m / unit_m
  const wide = Math.ceil(Math.sqrt(lost.length))
  const [left, top] = there ? [box[0], box[1] - step] : [0, 0]
  lost.forEach((id, i) => {
    found.set(id, [left + (i % wide) * step, top - Math.floor(i / wide) * step])
  })
  if (lost.length > 0)
    problems.push({
      line: null,
      field: "coordinates",
      value: lost.slice(0, 5).join(", "),
      words: {
        zh: `${lost.length} 个节点没有坐标，已按示意排列`,
        en: `${lost.length} nodes have no coordinates and were laid out as a scheme`,
      },
      blocks: false,
    })
  const at = (id: string): LonLat => onEarth(found.get(id)!)
  return {
    schematic: !degrees || lost.length > 0,
    place: {
      node: at,
      link(id, from, to) {
        const line = [at(from), ...(vertices.get(id) ?? []).map(onEarth), at(to)]
        return line.filter(
          (p, i) => i === 0 || i === line.length - 1 || p[0] !== line[i - 1]![0] || p[1] !== line[i - 1]![1],
        )
      },
    },
  }
}

/** The vertex or the place half way between the two in the middle of a line. */
function middle(line: LonLat[]): LonLat {
  const n = line.length
  if (n % 2 === 1) return line[(n - 1) / 2]!
  const [a, b] = [line[n / 2 - 1]!, line[n / 2]!]
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
}

function number(row: SwmmRow, at: number, field: string, problems: ImportedCity["problems"]): number {
  const said = row.cells[at]
  if (said === undefined || said === "*") return 0
  const value = Number(said)
  if (Number.isFinite(value)) return value
  problems.push({
    line: row.line,
    field,
    value: said.slice(0, 80),
    words: {
      zh: `${row.cells[0]} 的 ${field}「${said}」应为数字，请改正`,
      en: `${field} "${said}" of ${row.cells[0]} must be a number; correct it`,
    },
    blocks: true,
  })
  return 0
}

const twice = (row: SwmmRow, id: string): ImportedCity["problems"][number] => ({
  line: row.line,
  field: "id",
  value: id,
  words: { zh: `编号 ${id} 出现两次，请改正`, en: `The name ${id} stands twice; correct one` },
  blocks: true,
})
