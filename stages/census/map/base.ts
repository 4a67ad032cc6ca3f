/** Tiles of the base map: a whole city's streets and houses, the large ones first where a tile cannot carry all. */
import Flatbush from "flatbush"
import type { AnyGeometry, Feature } from "../places.ts"
import { namesOf } from "../places.ts"
import { finished, type Tile } from "../tiles.ts"
import type { Flat } from "./clip.ts"
import { mercatorX, mercatorY } from "./mercator.ts"
import { buffer, extent, type LayerWriter, type TileValue, tileWriter } from "./mvt.ts"
import { frameOf, type TileAt } from "./project.ts"

/** The most a tile draws of one layer; editable defaults. */
const layer_features_max = 8_000
const layer_bytes_max = 600_000
/** Below this zoom what is smaller than a pixel is left out. */
const every_zoom_min = 14
/** Zooms from which the classes of streets are drawn, one less than the map shows them from. */
const class_zoom_min: Record<string, number> = { b: 11, c: 12, lane: 13, alley: 13, path: 13, track: 13 }
/** Trees of the largest features: up to this zoom, so many. */
const levels = [
  { zoom_max: 9, features: 20_000 },
  { zoom_max: 11, features: 60_000 },
  { zoom_max: 13, features: 250_000 },
  { zoom_max: Infinity, features: Infinity },
]

type Properties = Record<string, TileValue>
export type BaseLayerIndex = {
  properties: Properties[]
  type: Uint8Array
  zoom_min: Uint8Array
  /** Longer side of the box, as a share of the world. */
  size: Float64Array
  /** Ends of a feature's parts in `part_ends`, and of a part's numbers in `xy`. */
  ends: Uint32Array
  part_ends: Uint32Array
  outer: Uint8Array
  xy: Float64Array
  trees: ({ tree: Flatbush; items: Uint32Array } | null | undefined)[]
}

/** Lays out one layer; features without geometry are left out. Largest first, so that a tile's first ones are the best. */
export function baseLayerIndex(features: readonly Feature[]): BaseLayerIndex {
  const placed = features.filter((feature) => feature.geometry !== null)
  const drawn = placed
    .map((feature) => ({ feature, parts: partsOf(feature.geometry!) }))
    .filter((d) => d.parts.length > 0)
  const sizes = drawn.map(({ parts }) => sizeOf(parts))
  const order = drawn.map((_, i) => i).sort((a, b) => sizes[b]! - sizes[a]! || a - b)
  const n = order.length
  const index: BaseLayerIndex = {
    properties: [],
    type: new Uint8Array(n),
    zoom_min: new Uint8Array(n),
    size: new Float64Array(n),
    ends: new Uint32Array(n),
    part_ends: new Uint32Array(drawn.reduce((sum, { parts }) => sum + parts.length, 0)),
    outer: new Uint8Array(drawn.reduce((sum, { parts }) => sum + parts.length, 0)),
    xy: new Float64Array(drawn.reduce((sum, { parts }) => sum + parts.reduce((m, p) => m + p.xy.length, 0), 0)),
    trees: [],
  }
  let [part, number] = [0, 0]
  for (const [i, at] of order.entries()) {
    const { feature, parts } = drawn[at]!
    index.properties.push(flatProperties(feature))
    index.type[i] = typeOf(feature.geometry!)
    index.zoom_min[i] = class_zoom_min[String(feature.properties?.class)] ?? 0
    index.size[i] = sizes[at]!
    for (const { xy, outer } of parts) {
      index.xy.set(xy, number)
      number += xy.length
      index.outer[part] = outer ? 1 : 0
      index.part_ends[part++] = number
    }
    index.ends[i] = part
  }
  return index
}

export function drawBase(layers: Readonly<Record<string, BaseLayerIndex>>, at: TileAt): Tile {
  const writer = tileWriter()
  for (const [name, index] of Object.entries(layers)) drawLayer(writer.layer(name), index, at)
  return finished(writer.finish())
}

function drawLayer(layer: LayerWriter, index: BaseLayerIndex, at: TileAt): void {
  const level = levels.findIndex(({ zoom_max }) => at.z <= zoom_max)
  index.trees[level] ??= treeOf(index, level)
  const found = index.trees[level]
  if (!found) return
  const frame = frameOf(at)
  const n = 2 ** at.z
  const edge = buffer / extent
  const rows = found.tree
    .search((at.x - edge) / n, (at.y - edge) / n, (at.x + 1 + edge) / n, (at.y + 1 + edge) / n)
    .sort((a, b) => a - b)
  const scale = n * extent
  const size_min = at.z < every_zoom_min ? 1 / (512 * n) : 0
  for (const item of rows) {
    if (layer.count >= layer_features_max || layer.bytes >= layer_bytes_max) break
    const i = found.items[item]!
    const type = index.type[i]!
    if (at.z < index.zoom_min[i]! || (type !== 1 && index.size[i]! < size_min)) continue
    const flats: Flat[] = []
    const outer: boolean[] = []
    for (let part = i === 0 ? 0 : index.ends[i - 1]!; part < index.ends[i]!; part++) {
      const flat: Flat = []
      for (let k = part === 0 ? 0 : index.part_ends[part - 1]!; k < index.part_ends[part]!; k += 2)
        flat.push(index.xy[k]! * scale - at.x * extent, index.xy[k + 1]! * scale - at.y * extent)
      if (type === 1) flats.push(flat)
      else if (type === 2) flats.push(...frame.parts(flat))
      else {
        const ring = frame.ring(flat)
        if (ring.length === 0) continue
        flats.push(ring)
        outer.push(index.outer[part] === 1)
      }
    }
    if (flats.length === 0) continue
    const properties = index.properties[i]!
    const tell = () => {
      for (const key in properties) layer.property(key, properties[key])
    }
    if (type === 1) {
      for (const [x, y] of flats as [number, number][]) {
        if (!frame.holds(x, y)) continue
        tell()
        layer.point(undefined, x, y)
      }
    } else {
      tell()
      if (type === 2) layer.line(undefined, flats)
      else layer.area(undefined, flats, outer)
    }
  }
}

function treeOf(index: BaseLayerIndex, level: number): { tree: Flatbush; items: Uint32Array } | null {
  const { zoom_max, features } = levels[level]!
  const wanted: number[] = []
  for (let i = 0; i < index.type.length && wanted.length < features; i++)
    if (index.zoom_min[i]! <= zoom_max) wanted.push(i)
  if (wanted.length === 0) return null
  const tree = new Flatbush(wanted.length)
  for (const i of wanted) {
    let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity]
    const first = i === 0 ? 0 : index.ends[i - 1]!
    for (let k = first === 0 ? 0 : index.part_ends[first - 1]!; k < index.part_ends[index.ends[i]! - 1]!; k += 2) {
      west = Math.min(west, index.xy[k]!)
      east = Math.max(east, index.xy[k]!)
      north = Math.min(north, index.xy[k + 1]!)
      south = Math.max(south, index.xy[k + 1]!)
    }
    tree.add(west, north, east, south)
  }
  tree.finish()
  return { tree, items: Uint32Array.from(wanted) }
}

const typeOf = ({ type }: AnyGeometry): number => (type.endsWith("Point") ? 1 : type.endsWith("LineString") ? 2 : 3)

type Part = { xy: number[]; outer: boolean }

function partsOf({ type, coordinates }: AnyGeometry): Part[] {
  const flat = (positions: number[][], outer = true): Part => ({
    xy: positions.flatMap(([lon, lat]) => [mercatorX(lon!), mercatorY(lat!)]),
    outer,
  })
  const polygon = (rings: number[][][]) => rings.map((ring, i) => flat(ring, i === 0))
  switch (type) {
    case "Point":
      return [flat([coordinates as number[]])]
    case "MultiPoint":
      return (coordinates as number[][]).map((position) => flat([position]))
    case "LineString":
      return [flat(coordinates as number[][])]
    case "MultiLineString":
      return (coordinates as number[][][]).map((line) => flat(line))
    case "Polygon":
      return polygon(coordinates as number[][][])
    case "MultiPolygon":
      return (coordinates as number[][][][]).flatMap(polygon)
    default:
      return []
  }
}

function sizeOf(parts: readonly Part[]): number {
  let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const { xy } of parts)
    for (let i = 0; i < xy.length; i += 2) {
      west = Math.min(west, xy[i]!)
      east = Math.max(east, xy[i]!)
      north = Math.min(north, xy[i + 1]!)
      south = Math.max(south, xy[i + 1]!)
    }
  return Math.max(east - west, south - north)
}

function flatProperties(feature: Feature): Properties {
  const flat: Properties = {}
  for (const [key, value] of Object.entries(feature.properties ?? {}))
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") flat[key] = value
  const name = namesOf(feature)
  return name ? { ...flat, name: name.zh, name_zh: name.zh, name_en: name.en } : flat
}
