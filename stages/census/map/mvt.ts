/** Writes Mapbox Vector Tiles 2.1 (github.com/mapbox/vector-tile-spec) without objects for features. */
import { PbfWriter } from "pbf"
import type { Flat } from "./clip.ts"

export type TileValue = string | number | boolean | null

/** Units of a tile's edge, and how far lines go on beyond it. */
export const extent = 4096
export const buffer = 64

/** One layer as it is filled; features go straight into bytes, keys and values into the layer's tables. */
export type LayerWriter = {
  /** Features written so far, and about how many bytes. */
  readonly count: number
  readonly bytes: number
  property(key: string, value: TileValue | undefined): void
  /** The same for a value that hardly any other feature has: it is not looked for among the others. */
  unique(key: string, value: TileValue): void
  /** Properties that many features share, under a number: `tell` says them the first time. */
  shared(number: number, tell: () => void): void
  /** Ends a feature with the properties given since the last one; `parts` are in tile units. False where nothing is left. */
  point(id: number | undefined, x: number, y: number): boolean
  line(id: number | undefined, parts: readonly Flat[]): boolean
  /** Rings where `outer` says so are outlines, by default the first; those behind an outline are its holes. */
  area(id: number | undefined, rings: readonly Flat[], outer?: readonly boolean[]): boolean
}

const command = { move: 9, close: 15 } // Each for one position.
const zigzag = (value: number) => (value << 1) ^ (value >> 31)

export function tileWriter() {
  const layers: { name: string; finish(to: PbfWriter): void; writer: LayerWriter }[] = []
  return {
    layer(name: string): LayerWriter {
      const made = layerWriter(name)
      layers.push(made)
      return made.writer
    },
    /** All layers that hold something; no bytes where none does. */
    finish(): Uint8Array {
      const filled = layers.filter(({ writer }) => writer.count > 0)
      if (filled.length === 0) return new Uint8Array(0)
      const pbf = new PbfWriter()
      for (const { finish } of filled) pbf.writeMessage(3, (_: null, to) => finish(to), null)
      return pbf.finish()
    },
  }
}

function layerWriter(name: string) {
  const features = byteWriter()
  const values = new PbfWriter(new Uint8Array(1024))
  const keys = new Map<string, number>()
  const known = new Map<TileValue, number>()
  const sharedTags = new Map<number, number[]>()
  const tags: number[] = []
  const geometry: number[] = []
  let count = 0
  let value_count = 0
  let [cursor_x, cursor_y] = [0, 0]

  const keyNumber = (key: string): number => {
    let k = keys.get(key)
    if (k === undefined) {
      k = keys.size
      keys.set(key, k)
    }
    return k
  }
  const newValue = (value: TileValue): number => {
    values.writeMessage(4, writeValue, value)
    return value_count++
  }
  const tag = (key: string, value: TileValue) => {
    let v = known.get(value)
    if (v === undefined) {
      v = newValue(value)
      known.set(value, v)
    }
    tags.push(keyNumber(key), v)
  }
  const go = (x: number, y: number) => {
    geometry.push(zigzag(x - cursor_x), zigzag(y - cursor_y))
    cursor_x = x
    cursor_y = y
  }
  const begin = () => {
    geometry.length = 0
    cursor_x = 0
    cursor_y = 0
  }
  const end = (id: number | undefined, type: number): boolean => {
    if (geometry.length > 0) {
      // Written by hand: closures of the library's messages cost more than the feature itself.
      const tag_bytes = contentBytes(tags)
      const geometry_bytes = contentBytes(geometry)
      const id_bytes = id === undefined ? 0 : 1 + varintBytes(id)
      const tags_bytes = tags.length === 0 ? 0 : 1 + varintBytes(tag_bytes) + tag_bytes
      const length = id_bytes + tags_bytes + 2 + 1 + varintBytes(geometry_bytes) + geometry_bytes
      features.room(length + 16)
      features.number(0x12) // Field 2 of the layer: a feature.
      features.number(length)
      if (id !== undefined) {
        features.number(0x08)
        features.number(id)
      }
      if (tags.length > 0) {
        features.number(0x12)
        features.number(tag_bytes)
        features.numbers(tags)
      }
      features.number(0x18)
      features.number(type)
      features.number(0x22)
      features.number(geometry_bytes)
      features.numbers(geometry)
      count++
    }
    tags.length = 0
    return geometry.length > 0
  }
  /** Positions rounded to units, none twice in a row; left out where fewer than `least` remain. */
  const rounded = (part: Flat, least: number): number[] => {
    const out: number[] = []
    for (let i = 0; i < part.length; i += 2) {
      const [x, y] = [Math.round(part[i]!), Math.round(part[i + 1]!)]
      if (out.length === 0 || out.at(-2) !== x || out.at(-1) !== y) out.push(x, y)
    }
    return out.length >= 2 * least ? out : []
  }
  const draw = (points: number[], positions: number) => {
    go(points[0]!, points[1]!)
    geometry.push(((positions - 1) << 3) | 2)
    for (let i = 1; i < positions; i++) go(points[2 * i]!, points[2 * i + 1]!)
  }

  const writer: LayerWriter = {
    get count() {
      return count
    },
    get bytes() {
      return features.length + values.pos
    },
    property(key, value) {
      if (value !== null && value !== undefined) tag(key, value)
    },
    unique(key, value) {
      if (value !== null) tags.push(keyNumber(key), newValue(value))
    },
    shared(number, tell) {
      const told = sharedTags.get(number)
      if (told) {
        for (let i = 0; i < told.length; i++) tags.push(told[i]!)
        return
      }
      const from = tags.length
      tell()
      sharedTags.set(number, tags.slice(from))
    },
    point(id, x, y) {
      begin()
      geometry.push(command.move)
      go(Math.round(x), Math.round(y))
      return end(id, 1)
    },
    line(id, parts) {
      begin()
      for (const part of parts) {
        const points = rounded(part, 2)
        if (points.length === 0) continue
        geometry.push(command.move)
        draw(points, points.length / 2)
      }
      return end(id, 2)
    },
    area(id, rings, outer) {
      begin()
      let outlined = false
      for (const [i, ring] of rings.entries()) {
        const points = rounded(ring, 4)
        const wanted = (outer ? outer[i] : i === 0) ? 1 : -1
        const turn = Math.sign(doubleArea(points))
        // Where nothing is left of the outline its holes go too.
        if (wanted === 1) outlined = turn !== 0
        if (turn === 0 || !outlined) continue
        if (turn !== wanted) reverse(points)
        geometry.push(command.move)
        draw(points, points.length / 2 - 1) // The closing command stands for the last position.
        geometry.push(command.close)
      }
      return end(id, 3)
    },
  }
  const finish = (to: PbfWriter) => {
    to.writeVarintField(15, 2)
    to.writeStringField(1, name)
    to.writeVarintField(5, extent)
    appendRaw(to, features.bytes())
    for (const key of keys.keys()) to.writeStringField(3, key)
    appendRaw(to, values.buf.subarray(0, values.pos))
  }
  return { name, writer, finish }
}

function writeValue(value: TileValue, pbf: PbfWriter): void {
  if (typeof value === "string") pbf.writeStringField(1, value)
  else if (typeof value === "boolean") pbf.writeBooleanField(7, value)
  else if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) pbf.writeDoubleField(3, value)
    else if (value < 0) pbf.writeSVarintField(6, value)
    else pbf.writeVarintField(5, value)
  }
}

function appendRaw(to: PbfWriter, bytes: Uint8Array): void {
  to.realloc(bytes.length)
  to.buf.set(bytes, to.pos)
  to.pos += bytes.length
}

/** Bytes of a whole number as a varint; numbers here are not negative. */
function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
  return bytes
}
function contentBytes(numbers: readonly number[]): number {
  let bytes = 0
  for (const value of numbers)
    bytes += value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : varintBytes(value)
  return bytes
}
/** Bytes that grow; whoever writes asks for room first. */
function byteWriter() {
  let buf = new Uint8Array(4096)
  let pos = 0
  return {
    get length() {
      return pos
    },
    bytes: () => buf.subarray(0, pos),
    room(bytes: number) {
      if (pos + bytes <= buf.length) return
      const larger = new Uint8Array(Math.max(2 * buf.length, pos + bytes))
      larger.set(buf)
      buf = larger
    },
    number(value: number) {
      let rest = value
      for (; rest >= 128; rest = Math.floor(rest / 128)) buf[pos++] = (rest % 128) + 128
      buf[pos++] = rest
    },
    numbers(list: readonly number[]) {
      for (let i = 0; i < list.length; i++) {
        let rest = list[i]!
        for (; rest >= 128; rest >>>= 7) buf[pos++] = (rest & 127) | 128
        buf[pos++] = rest
      }
    },
  }
}

/** Twice the signed area; above zero where the ring turns clockwise on the screen, as outlines do in tiles. */
function doubleArea(points: readonly number[]): number {
  let sum = 0
  for (let i = 2; i < points.length; i += 2) sum += points[i - 2]! * points[i + 1]! - points[i]! * points[i - 1]!
  return sum
}
function reverse(points: number[]): void {
  for (let i = 0, j = points.length - 2; i < j; i += 2, j -= 2) {
    const [x, y] = [points[i]!, points[i + 1]!]
    points[i] = points[j]!
    points[i + 1] = points[j + 1]!
    points[j] = x
    points[j + 1] = y
  }
}
