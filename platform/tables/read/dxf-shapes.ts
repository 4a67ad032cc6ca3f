/** Entities of a drawing as points and lines. Group codes: Autodesk's DXF reference. */
import type { TableGeometry } from "../contract.ts"

/** One entity: its group codes and values in the order in which they stand. */
export type Entity = { type: string; codes: number[]; values: string[] }

/** Corners that an arc of a full circle is drawn with (editable default). */
const circle_corners = 64

export function textAt(e: Entity, code: number): string | null {
  const at = e.codes.indexOf(code)
  return at < 0 ? null : e.values[at]!
}

export const numberAt = (e: Entity, code: number, otherwise = 0): number => {
  const text = textAt(e, code)
  const number = text === null ? Number.NaN : Number(text)
  return Number.isFinite(number) ? number : otherwise
}

/** Entities of a plane that looks down are mirrored in their own coordinates. */
const mirror = (e: Entity) => (numberAt(e, 230, 1) < 0 ? -1 : 1)

const place = (x: number, y: number, z: number) => (z === 0 ? [x, y] : [x, y, z])

/** What is drawn; null where the kind of entity is not read. */
export function shapeOfEntity(e: Entity): TableGeometry | null {
  switch (e.type) {
    case "POINT":
      return { type: "Point", coordinates: place(numberAt(e, 10), numberAt(e, 20), numberAt(e, 30)) }
    case "INSERT":
    case "TEXT":
    case "MTEXT":
    case "ATTDEF":
      return { type: "Point", coordinates: place(mirror(e) * numberAt(e, 10), numberAt(e, 20), numberAt(e, 30)) }
    case "LINE":
      return {
        type: "LineString",
        coordinates: [
          place(numberAt(e, 10), numberAt(e, 20), numberAt(e, 30)),
          place(numberAt(e, 11), numberAt(e, 21), numberAt(e, 31)),
        ],
      }
    case "LWPOLYLINE":
      return lightPolyline(e)
    case "CIRCLE":
      return arc(e, 0, 360)
    case "ARC":
      return arc(e, numberAt(e, 50), numberAt(e, 51))
    default:
      return null
  }
}

function arc(e: Entity, from_deg: number, to_deg: number): TableGeometry {
  const x = numberAt(e, 10)
  const y = numberAt(e, 20)
  const z = numberAt(e, 30)
  const radius = numberAt(e, 40)
  const sweep = ((to_deg - from_deg) % 360) + (to_deg - from_deg > 0 && (to_deg - from_deg) % 360 !== 0 ? 0 : 360)
  const steps = Math.max(2, Math.ceil((Math.abs(sweep) / 360) * circle_corners))
  const coordinates: number[][] = []
  for (let i = 0; i <= steps; i++) {
    const angle = ((from_deg + (sweep * i) / steps) * Math.PI) / 180
    coordinates.push(place(mirror(e) * (x + radius * Math.cos(angle)), y + radius * Math.sin(angle), z))
  }
  return { type: "LineString", coordinates }
}

type Vertex = { x: number; y: number; z: number; bulge: number }

function lightPolyline(e: Entity): TableGeometry | null {
  const vertices: Vertex[] = []
  const z = numberAt(e, 38)
  for (const [i, code] of e.codes.entries()) {
    const number = Number(e.values[i])
    const last = vertices.at(-1)
    if (code === 10) vertices.push({ x: number, y: 0, z, bulge: 0 })
    else if (code === 20 && last) last.y = number
    else if (code === 42 && last) last.bulge = number
  }
  return lineThrough(vertices, (numberAt(e, 70) & 1) !== 0, mirror(e))
}

/** An old polyline with its vertices; null for meshes, which are no lines. */
export function polyline(head: Entity, parts: Entity[]): TableGeometry | null {
  const flags = numberAt(head, 70)
  if ((flags & (16 | 64)) !== 0) return null
  const three_d = (flags & 8) !== 0
  const z = numberAt(head, 30)
  const vertices = parts
    // Control points of a fitted curve are no corners of the line.
    .filter((v) => (numberAt(v, 70) & 16) === 0)
    .map((v) => ({
      x: numberAt(v, 10),
      y: numberAt(v, 20),
      z: three_d ? numberAt(v, 30) : z || numberAt(v, 30),
      bulge: numberAt(v, 42),
    }))
  return lineThrough(vertices, (flags & 1) !== 0, three_d ? 1 : mirror(head))
}

function lineThrough(vertices: Vertex[], closed: boolean, side: number): TableGeometry | null {
  if (vertices.length < 2 || !vertices.every((v) => Number.isFinite(v.x) && Number.isFinite(v.y))) return null
  const coordinates: number[][] = []
  const with_z = vertices.some((v) => v.z !== 0)
  const push = (x: number, y: number, z: number) => coordinates.push(with_z ? [side * x, y, z] : [side * x, y])
  const last = closed ? vertices.length : vertices.length - 1
  push(vertices[0]!.x, vertices[0]!.y, vertices[0]!.z)
  for (let i = 0; i < last; i++) {
    const a = vertices[i]!
    const b = vertices[(i + 1) % vertices.length]!
    for (const [x, y] of bend(a, b)) push(x, y, a.z)
    push(b.x, b.y, b.z)
  }
  return { type: "LineString", coordinates }
}

/** Corners between two vertices whose bulge is the tangent of a quarter of the arc's angle. */
function bend(a: Vertex, b: Vertex): [number, number][] {
  const chord = Math.hypot(b.x - a.x, b.y - a.y)
  if (a.bulge === 0 || !Number.isFinite(a.bulge) || chord === 0) return []
  const angle = 4 * Math.atan(a.bulge)
  const radius = chord / (2 * Math.sin(angle / 2))
  const toward = Math.atan2(b.y - a.y, b.x - a.x) + Math.PI / 2 - angle / 2
  const x = a.x + radius * Math.cos(toward)
  const y = a.y + radius * Math.sin(toward)
  const start = Math.atan2(a.y - y, a.x - x)
  const steps = Math.max(1, Math.ceil((Math.abs(angle) / (2 * Math.PI)) * circle_corners))
  const corners: [number, number][] = []
  for (let i = 1; i < steps; i++) {
    const at = start + (angle * i) / steps
    corners.push([x + Math.abs(radius) * Math.cos(at), y + Math.abs(radius) * Math.sin(at)])
  }
  return corners
}

/** A text as people see it: escapes of characters resolved, formatting of long texts left out. */
export function plainText(raw: string, long: boolean): string {
  let text = raw
    .replace(/\\U\+([0-9A-Fa-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\M\+5([0-9A-Fa-f]{4})/g, (_, hex: string) => new TextDecoder("gb18030").decode(Buffer.from(hex, "hex")))
    .replace(/%%[dD]/g, "°")
    .replace(/%%[cC]/g, "⌀")
    .replace(/%%[pP]/g, "±")
    .replace(/%%[uUoO]/g, "")
  if (long)
    text = text
      .replace(/\\P/g, "\n")
      .replace(/\\~/g, " ")
      .replace(/\\[ACcFfHQTWp][^;\\]{0,200};/g, "")
      .replace(/\\[LlOoKk]/g, "")
      .replace(/\\S([^;]{0,200});/g, "$1")
      .replace(/(?<!\\)[{}]/g, "")
      .replace(/\\([\\{}])/g, "$1")
  return text
}
