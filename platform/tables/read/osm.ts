/** OpenStreetMap extracts as layers of a base map: roads, waters, buildings, railways and names of places. */
import type { Table, TableGeometry } from "../contract.ts"
import { createBuilder, type Source, type TableBuilder } from "./builder.ts"
import { areasOf } from "./geometry.ts"
import { type Member, scanOsm, type Tags } from "./osm-scan.ts"
import { tooLarge } from "./refuse.ts"

const [road, waters, building, rail, label] = "road water building rail label".split(" ") as [
  string,
  string,
  string,
  string,
  string,
]
/** Tags of ways above and below others. */
const [over, under] = "over=bridge under=tunnel".split(" ").map((pair) => pair.slice(pair.indexOf("=") + 1)) as [
  string,
  string,
]
type Layer = string

/** Columns of every layer; `class` is the value of the tag that puts the thing into its layer. */
const columns = [
  "osm_id",
  "class",
  "name",
  "name_en",
  "ref",
  "on_bridge",
  "in_tunnel",
  "level",
  "floors",
  "height_m",
  "oneway",
]
/** Corners of all wanted ways together: what is kept in memory, 16 bytes each. */
const corners_max = 100_000_000

/** The layer of a way or an area, and its class; null where the base map does not show it. */
function layerOf(tags: Tags, closed: boolean): { layer: Layer; kind: string; area: boolean } | null {
  const { highway, railway, waterway, natural, landuse } = tags
  if (tags.building && tags.building !== "no")
    return closed ? { layer: building, kind: tags.building, area: true } : null
  if (highway && !/^(proposed|construction|platform|razed|abandoned)$/.test(highway))
    return tags.area === "yes" && closed ? null : { layer: road, kind: highway, area: false }
  if (railway && /^(rail|subway|light_rail|tram|narrow_gauge|monorail|funicular)$/.test(railway))
    return { layer: rail, kind: railway, area: false }
  if (waterway && /^(riverbank|dock)$/.test(waterway))
    return closed ? { layer: waters, kind: waterway, area: true } : null
  if (waterway && /^(river|stream|canal|drain|ditch)$/.test(waterway))
    return { layer: waters, kind: waterway, area: false }
  if (/^(water|bay|wetland)$/.test(natural ?? "") && closed) return { layer: waters, kind: natural!, area: true }
  if (/^(reservoir|basin)$/.test(landuse ?? "") && closed) return { layer: waters, kind: landuse!, area: true }
  return null
}

const isPlace = (tags: Tags) =>
  /^(city|town|village|hamlet|suburb|quarter|neighbourhood|borough|locality|square|island)$/.test(tags.place ?? "")

type Way = { id: number; tags: Tags | null; refs: Float64Array; whole: boolean }
type Area = { id: number; tags: Tags; outer: number[]; inner: number[] }

/**
 * Reads an extract in three passes: relations (areas of several lines), ways, then the nodes that wanted ways need, so
 * that only those are in memory. Geometry is WGS 84. Ways that leave the extract keep the corners that are in it.
 */
export async function* readOsm(source: Source, packed: boolean): AsyncGenerator<Table> {
  const areas: Area[] = []
  const members = new Set<number>()
  await scanOsm(source, packed, { relation: (id, list, tags) => takeRelation(areas, members, id, list, tags) })
  const ways = new Map<number, Way>()
  let corners = 0
  await scanOsm(source, packed, {
    way(id, refs, tags) {
      const closed = refs.length > 3 && refs[0] === refs.at(-1)
      const whole = tags !== null && layerOf(tags, closed) !== null
      if (!whole && !members.has(id)) return
      corners += refs.length
      if (corners > corners_max)
        throw tooLarge(source.file, "范围过大；请先裁剪到本市", "the extract is too large; cut it to the city first")
      ways.set(id, { id, tags: whole ? tags : null, refs: Float64Array.from(refs), whole })
    },
  })
  const nodes = createNodes(ways, corners)
  const builders = new Map<Layer, TableBuilder>(
    [road, waters, building, rail, label].map((name) => [
      name,
      createBuilder(source, { name, format: "osm", columns: [...columns], with_geometry: true, crs: { epsg: 4326 } }),
    ]),
  )
  await scanOsm(source, packed, {
    node(id, lon, lat, tags) {
      nodes.put(id, lon, lat)
      if (tags?.name && isPlace(tags))
        add(builders.get(label)!, id, tags.place!, tags, { type: "Point", coordinates: [lon, lat] })
    },
  })
  let cut = 0
  for (const way of ways.values()) {
    if (!way.tags) continue
    const found = layerOf(way.tags, way.refs.length > 3 && way.refs[0] === way.refs.at(-1))!
    const line = nodes.line(way.refs)
    if (line.length < way.refs.length) cut++
    const least = found.area ? 4 : 2
    if (line.length < least) continue
    const closed = line[0]![0] === line.at(-1)![0] && line[0]![1] === line.at(-1)![1]
    if (found.area && !closed) continue
    const shape: TableGeometry = found.area
      ? { type: "Polygon", coordinates: [line] }
      : { type: "LineString", coordinates: line }
    add(builders.get(found.layer)!, way.id, found.kind, way.tags, shape)
  }
  for (const area of areas) {
    const found = layerOf(area.tags, true)!
    for (const shape of shapesOf(area, ways, nodes))
      add(builders.get(found.layer)!, area.id, found.kind, area.tags, shape)
  }
  if (cut > 0)
    builders.get(road)!.problem(null, "geometry", String(cut), {
      zh: `${cut} 条线有一部分在范围之外，只画出范围内的部分`,
      en: `${cut} ways lie partly outside of the extract; only what is inside is drawn`,
    })
  for (const builder of builders.values()) yield builder.finish()
}

function takeRelation(areas: Area[], wanted: Set<number>, id: number, list: Member[], tags: Tags | null): void {
  if (tags?.type !== "multipolygon") return
  const found = layerOf(tags, true)
  if (!found?.area) return
  const ways = list.filter((m) => m.type === "way")
  const area: Area = {
    id,
    tags,
    outer: ways.filter((m) => m.role !== "inner").map((m) => m.ref),
    inner: ways.filter((m) => m.role === "inner").map((m) => m.ref),
  }
  areas.push(area)
  for (const ref of [...area.outer, ...area.inner]) wanted.add(ref)
}

function add(builder: TableBuilder, id: number, kind: string, tags: Tags, shape: TableGeometry): void {
  const flag = (value: string | undefined) => (value && value !== "no" ? true : null)
  const number = (value: string | undefined) => {
    const n = Number.parseFloat(value ?? "")
    return Number.isFinite(n) ? n : null
  }
  const values = [
    id,
    kind,
    tags.name ?? null,
    tags["name:en"] ?? null,
    tags.ref ?? null,
    flag(tags[over]),
    flag(tags[under]),
    number(tags.layer),
    number(tags["building:levels"]),
    number(tags.height),
    flag(tags.oneway),
  ]
  for (const [c, value] of values.entries()) builder.set(c, value)
  builder.end(builder.count() + 1, shape)
}

type Nodes = { put(id: number, lon: number, lat: number): void; line(refs: Float64Array): number[][] }

/** Coordinates of the nodes that ways refer to: sorted ids with two numbers each. */
function createNodes(ways: Map<number, Way>, corners: number): Nodes {
  const all = new Float64Array(corners)
  let n = 0
  for (const way of ways.values()) {
    all.set(way.refs, n)
    n += way.refs.length
  }
  all.sort()
  let unique = 0
  for (let i = 0; i < n; i++) if (i === 0 || all[i] !== all[i - 1]) all[unique++] = all[i]!
  const ids = all.subarray(0, unique)
  const lons = new Float64Array(unique).fill(Number.NaN)
  const lats = new Float64Array(unique)
  const find = (id: number): number => {
    let low = 0
    let high = unique - 1
    while (low <= high) {
      const mid = (low + high) >> 1
      const at = ids[mid]!
      if (at === id) return mid
      if (at < id) low = mid + 1
      else high = mid - 1
    }
    return -1
  }
  return {
    put(id, lon, lat) {
      const at = find(id)
      if (at < 0) return
      lons[at] = lon
      lats[at] = lat
    },
    line(refs) {
      const line: number[][] = []
      for (const ref of refs) {
        const at = find(ref)
        if (at >= 0 && !Number.isNaN(lons[at]!)) line.push([lons[at]!, lats[at]!])
      }
      return line
    },
  }
}

/** Areas of a relation: its lines joined to rings, outlines turned clockwise and holes the other way. */
function shapesOf(area: Area, ways: Map<number, Way>, nodes: Nodes): TableGeometry[] {
  const rings = (ids: number[], clockwise: boolean) =>
    ringsOf(ids.flatMap((id) => ways.get(id)?.refs ?? [])).flatMap((refs) => {
      const line = nodes.line(refs)
      if (line.length < 4 || line.length < refs.length) return []
      return [turns(line) === clockwise ? line : line.reverse()]
    })
  return areasOf([...rings(area.outer, true), ...rings(area.inner, false)])
}

function turns(ring: number[][]): boolean {
  let sum = 0
  for (let i = 0; i + 1 < ring.length; i++) sum += (ring[i + 1]![0]! - ring[i]![0]!) * (ring[i + 1]![1]! + ring[i]![1]!)
  return sum > 0
}

/** Joins lines end to end into closed rings; what does not close is left out. */
function ringsOf(lines: Float64Array[]): Float64Array[] {
  const rings: Float64Array[] = []
  const by_end = new Map<number, Set<number>>()
  const open = new Set<number>()
  const note = (node: number, line: number) => by_end.set(node, (by_end.get(node) ?? new Set()).add(line))
  for (const [i, line] of lines.entries()) {
    if (line.length < 2) continue
    if (line[0] === line.at(-1)) rings.push(line)
    else {
      open.add(i)
      note(line[0]!, i)
      note(line.at(-1)!, i)
    }
  }
  for (const start of open) {
    open.delete(start)
    const ring = [...lines[start]!]
    while (ring[0] !== ring.at(-1)) {
      const end = ring.at(-1)!
      const next = [...(by_end.get(end) ?? [])].find((i) => open.has(i))
      if (next === undefined) break
      open.delete(next)
      const line = [...lines[next]!]
      if (line[0] !== end) line.reverse()
      for (let i = 1; i < line.length; i++) ring.push(line[i]!)
    }
    if (ring.length > 3 && ring[0] === ring.at(-1)) rings.push(Float64Array.from(ring))
  }
  return rings
}
