/** Well-known binary geometries (OGC 06-103r4, with PostGIS' flags) and the header that a GeoPackage puts before them. */
import type { AnyGeometry } from "./geometry.ts"

const kinds = [
  "",
  "Point",
  "LineString",
  "Polygon",
  "MultiPoint",
  "MultiLineString",
  "MultiPolygon",
  "GeometryCollection",
]
const depth_max = 8

/** Reads a geometry; null where it is of a kind that is not read (curves, surfaces) or its bytes do not add up. */
export function readWkb(bytes: Uint8Array, from = 0): AnyGeometry | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = from

  const read = (depth: number): AnyGeometry | null => {
    if (depth > depth_max || at + 5 > view.byteLength) return null
    const little = view.getUint8(at) === 1
    let code = view.getUint32(at + 1, little)
    at += 5
    let has_z = false
    let has_m = false
    if (code & 0xe0000000) {
      has_z = (code & 0x80000000) !== 0
      has_m = (code & 0x40000000) !== 0
      if (code & 0x20000000) at += 4
      code &= 0xffff
    }
    if (code >= 1000) {
      const dimension = Math.floor(code / 1000)
      has_z ||= dimension === 1 || dimension === 3
      has_m ||= dimension === 2 || dimension === 3
      code %= 1000
    }
    const type = kinds[code]
    if (!type) return null
    const stride = (2 + Number(has_z) + Number(has_m)) * 8
    const count = (least: number): number | null => {
      if (at + 4 > view.byteLength) return null
      const n = view.getUint32(at, little)
      at += 4
      return n * least > view.byteLength - at ? null : n
    }
    const position = (): number[] => {
      const x = view.getFloat64(at, little)
      const y = view.getFloat64(at + 8, little)
      const z = has_z ? view.getFloat64(at + 16, little) : Number.NaN
      at += stride
      return Number.isFinite(z) ? [x, y, z] : [x, y]
    }
    const line = (): number[][] | null => {
      const n = count(stride)
      return n === null ? null : Array.from({ length: n }, position)
    }
    if (code === 1) {
      if (at + stride > view.byteLength) return null
      const coordinates = position()
      return { type, coordinates: coordinates.every(Number.isNaN) ? [] : coordinates }
    }
    if (code === 2) {
      const coordinates = line()
      return coordinates && { type, coordinates }
    }
    const n = count(code === 3 ? 4 : 5)
    if (n === null) return null
    const parts: unknown[] = []
    for (let i = 0; i < n; i++) {
      const part = code === 3 ? line() : read(depth + 1)
      if (part === null) return null
      parts.push(part)
    }
    if (code === 7) return { type, geometries: parts }
    return { type, coordinates: code === 3 ? parts : parts.map((p) => (p as AnyGeometry).coordinates) }
  }
  return read(0)
}

/** Envelope sizes by the flags of a GeoPackage geometry (OGC 12-128r18, 2.1.3), bytes. */
const envelope_bytes = [0, 32, 48, 48, 64]

/** The geometry of a GeoPackage's blob; null where it is damaged, an empty one where the flags say so. */
export function readGpkgGeometry(blob: Uint8Array): AnyGeometry | null {
  if (blob.length < 8 || blob[0] !== 0x47 || blob[1] !== 0x50) return null
  const flags = blob[3]!
  const envelope = envelope_bytes[(flags >> 1) & 7]
  if (envelope === undefined) return null
  return readWkb(blob, 8 + envelope)
}
