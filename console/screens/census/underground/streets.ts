/** Streets, houses and water of a box, from the base map's own tiles, painted as a picture of the ground. */
import { PbfReader } from "pbf"
import { riverLayer } from "../../../map/index.ts"
import type { Tokens } from "../../../theme/index.ts"
import type { UndergroundView } from "./buried.ts"

type Shape = { type: number; parts: [number, number][][]; properties: Record<string, unknown> }
type Layer = {
  name: string
  extent: number
  features: { type: number; geometry: number[]; tags: number[] }[]
  keys: string[]
  values: unknown[]
}

const tiles_max = 25
const zoom_max = 16
const painted = [riverLayer, "building", "road"]

/** Features by layer in metres of the view; tiles that cannot be had are left out, and the ground stays plain there. */
async function shapesOf(view: UndergroundView, stop: AbortSignal): Promise<Map<string, Shape[]>> {
  const found = new Map<string, Shape[]>()
  const { origin, half, metres_per_degree } = view
  const west = origin[0] - half[0] / metres_per_degree[0]
  const east = origin[0] + half[0] / metres_per_degree[0]
  const north = origin[1] + half[1] / metres_per_degree[1]
  const south = origin[1] - half[1] / metres_per_degree[1]
  let z = zoom_max
  const range = () => [tileX(west, z), tileX(east, z), tileY(north, z), tileY(south, z)].map(Math.floor) as number[]
  while (z > 8 && (range()[1]! - range()[0]! + 1) * (range()[3]! - range()[2]! + 1) > tiles_max) z--
  const [left, right, top, bottom] = range() as [number, number, number, number]
  const asked: Promise<void>[] = []
  for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) asked.push(one(x, y))
  async function one(x: number, y: number): Promise<void> {
    const response = await fetch(`/api/map/base/${z}/${x}/${y}.mvt`, { credentials: "same-origin", signal: stop })
    if (response.status !== 200) return
    for (const layer of layersOf(new Uint8Array(await response.arrayBuffer()))) {
      if (!painted.includes(layer.name)) continue
      const list = found.get(layer.name) ?? []
      found.set(layer.name, list)
      for (const feature of layer.features) {
        const parts = partsOf(feature.geometry).map((part) =>
          part.map(([px, py]): [number, number] => [
            (lonOf(x + px / layer.extent, z) - origin[0]) * metres_per_degree[0],
            (latOf(y + py / layer.extent, z) - origin[1]) * metres_per_degree[1],
          ]),
        )
        list.push({ type: feature.type, parts, properties: propertiesOf(layer, feature.tags) })
      }
    }
  }
  await Promise.all(asked)
  return found
}

const tileX = (lon: number, z: number) => ((lon + 180) / 360) * 2 ** z
const tileY = (lat: number, z: number) => ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * 2 ** z
const lonOf = (x: number, z: number) => (x / 2 ** z) * 360 - 180
const latOf = (y: number, z: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 2 ** z))) * 180) / Math.PI

/** Mapbox Vector Tile 2.1, what a picture of the ground needs of it. */
function layersOf(bytes: Uint8Array): Layer[] {
  const layers: Layer[] = []
  new PbfReader(bytes).readFields((tag, _, pbf) => {
    if (tag !== 3) return
    const layer: Layer = { name: "", extent: 4096, features: [], keys: [], values: [] }
    pbf.readMessage((field, into, from) => {
      if (field === 1) into.name = from.readString()
      else if (field === 2) {
        const feature = { type: 0, geometry: [] as number[], tags: [] as number[] }
        from.readMessage((f, to, p) => {
          if (f === 2) p.readPackedVarint(to.tags)
          else if (f === 3) to.type = p.readVarint()
          else if (f === 4) p.readPackedVarint(to.geometry)
        }, feature)
        into.features.push(feature)
      } else if (field === 3) into.keys.push(from.readString())
      else if (field === 4) into.values.push(valueRead(from))
      else if (field === 5) into.extent = from.readVarint()
    }, layer)
    layers.push(layer)
  }, null)
  return layers
}

function valueRead(pbf: PbfReader): unknown {
  const held: { value: unknown } = { value: null }
  pbf.readMessage((field, into, from) => {
    into.value =
      field === 1
        ? from.readString()
        : field === 2
          ? from.readFloat()
          : field === 3
            ? from.readDouble()
            : field === 6
              ? from.readSVarint()
              : from.readVarint(true)
  }, held)
  return held.value
}

const propertiesOf = (layer: Layer, tags: readonly number[]): Record<string, unknown> => {
  const properties: Record<string, unknown> = {}
  for (let i = 0; i + 1 < tags.length; i += 2) properties[layer.keys[tags[i]!]!] = layer.values[tags[i + 1]!]
  return properties
}

function partsOf(commands: readonly number[]): [number, number][][] {
  const parts: [number, number][][] = []
  let [x, y, i] = [0, 0, 0]
  while (i < commands.length) {
    const [command, count] = [commands[i]! & 7, commands[i]! >> 3]
    i++
    if (command === 7) {
      const part = parts.at(-1)
      if (part?.[0]) part.push(part[0])
      continue
    }
    for (let n = 0; n < count; n++) {
      const step = (value: number) => (value >> 1) ^ -(value & 1)
      x += step(commands[i++] ?? 0)
      y += step(commands[i++] ?? 0)
      if (command === 1) parts.push([])
      parts.at(-1)?.push([x, y])
    }
  }
  return parts
}

const road_m: Record<string, number> = { a: 34, b: 20, c: 12, lane: 6, alley: 4, path: 2, track: 3 }

/** What paints the ground; null where the base map shows nothing there. */
export async function streetsOf(
  view: UndergroundView,
  tokens: Tokens,
  stop: AbortSignal,
): Promise<((ctx: CanvasRenderingContext2D, scale: number, size: [number, number]) => void) | null> {
  const shapes = await shapesOf(view, stop)
  if (shapes.size === 0) return null
  return (ctx, scale, [width, height]) => {
    ctx.fillStyle = tokens.m_block
    ctx.fillRect(0, 0, width, height)
    ctx.lineCap = "round"
    ctx.lineJoin = "round"
    const trace = (shape: Shape) => {
      ctx.beginPath()
      for (const part of shape.parts)
        for (const [i, [x, y]] of part.entries()) {
          const [px, py] = [(x + view.half[0]) * scale, (view.half[1] - y) * scale]
          if (i === 0) ctx.moveTo(px, py)
          else ctx.lineTo(px, py)
        }
    }
    for (const shape of shapes.get(riverLayer) ?? []) {
      if (shape.type !== 3) continue
      trace(shape)
      ctx.fillStyle = tokens.m_water
      ctx.fill()
    }
    for (const shape of shapes.get("building") ?? []) {
      if (shape.type !== 3) continue
      trace(shape)
      ctx.fillStyle = tokens.m_bld
      ctx.fill()
    }
    const roads = (shapes.get("road") ?? []).filter((shape) => shape.type === 2)
    for (const edge of [true, false])
      for (const shape of roads) {
        const { width_m, class: of } = shape.properties
        const wide = typeof width_m === "number" ? width_m : (road_m[String(of)] ?? 6)
        trace(shape)
        ctx.strokeStyle = edge ? tokens.m_case : tokens.m_road
        ctx.lineWidth = wide * scale + (edge ? 2 : 0)
        ctx.stroke()
      }
  }
}
