/** Puts pipes, wells and joints at their true heights; what nobody measured gets an assumed one, and is marked. */
import type { Attributes, LonLat } from "../../../model/index.ts"
import { heightsAt, type KindOf, type Plane, sizeOf, type XY } from "../section/index.ts"
import { type Surface, surfaceOf } from "./ground.ts"
import type { Buried } from "./store.ts"
import type { UndergroundView } from "./views.ts"

/** Where nothing is known, m: cover above a pipe, its size, the depth and width of a well. Editable defaults. */
export const assumed = { cover: 1, size: 0.1, well_depth: 2 }
const well_diameter_m = 0.8
const well_diameters = [0.3, 3] as const
const grid_steps = 32

const sureness = { measured: 0, interpolated: 1, unknown: 2 } as const
const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null)
/** Millimetres are what a survey can say, centimetres what a drawing needs of a position. */
const mm = (value: number) => Math.round(value * 1000) / 1000
const cm = (value: number) => Math.round(value * 100) / 100

type Parts = Pick<UndergroundView, "kinds" | "ground" | "lines" | "wells" | "joints">

/** Lines and points of a box as columns; positions are metres from the middle of the box, `half` its half sides. */
export function bury(
  lines: readonly Buried[],
  points: readonly Buried[],
  { plane, half, kindOf }: { plane: Plane; half: XY; kindOf: KindOf },
): Parts {
  const numbers = new Map<string, number>()
  const kinds: UndergroundView["kinds"] = []
  const kindNumber = ({ lifeline, kind }: Buried): number => {
    const key = `${lifeline}\n${kind}`
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, kinds.length)
    return kinds.push({ lifeline, kind, class_code: kindOf(lifeline, kind).class_code }) - 1
  }
  const named = placesByName(points, plane)
  const surface = surfaceOf([...groundOfPoints(points, plane), ...groundOfLines(lines, plane)])
  const { drawn, ends } = buryLines(lines, { plane, kindOf, kindNumber, named, surface })
  const { wells, joints } = buryPoints(points, { plane, kindOf, kindNumber, ends, surface })
  return { kinds, ground: gridOf(surface, half), lines: drawn, wells, joints }
}

type Named = Map<string, { at: XY; ground_m: number | null }[]>
const nameOf = (lifeline: string, code: unknown): string => `${lifeline}\n${String(code)}`

function placesByName(points: readonly Buried[], plane: Plane): Named {
  const named: Named = new Map()
  for (const { lifeline, code, geometry, attributes } of points) {
    if (code === null || geometry.type !== "Point") continue
    const place = { at: plane.to(geometry.coordinates), ground_m: number(attributes.ground_m) }
    const list = named.get(nameOf(lifeline, code))
    if (list) list.push(place)
    else named.set(nameOf(lifeline, code), [place])
  }
  return named
}

/** Numbers of points repeat between deliveries: the nearest of that name is meant. */
function groundNamed(named: Named, lifeline: string, code: unknown, [x, y]: XY): number | null {
  let [best, distance]: [number | null, number] = [null, Infinity]
  if (code === undefined) return null
  for (const { at, ground_m } of named.get(nameOf(lifeline, code)) ?? []) {
    const away = Math.hypot(at[0] - x, at[1] - y)
    if (ground_m !== null && away < distance) [best, distance] = [ground_m, away]
  }
  return best
}

const groundOfPoints = (points: readonly Buried[], plane: Plane): number[] =>
  points.flatMap(({ geometry, attributes }) => {
    const ground = number(attributes.ground_m)
    return ground === null || geometry.type !== "Point" ? [] : [...plane.to(geometry.coordinates), ground]
  })

/** Height and depth of an end are the ground above it. */
const groundOfLines = (lines: readonly Buried[], plane: Plane): number[] =>
  lines.flatMap(({ geometry, attributes }) => {
    if (geometry.type !== "LineString") return []
    return (["from", "to"] as const).flatMap((end) => {
      const height = number(attributes[`${end}_elevation_m`])
      const depth = number(attributes[`${end}_depth_m`])
      const place = end === "from" ? geometry.coordinates[0] : geometry.coordinates.at(-1)
      return height === null || depth === null || !place ? [] : [...plane.to(place), height + depth]
    })
  })

function gridOf(surface: Surface, [half_x, half_y]: XY): UndergroundView["ground"] {
  const steps = surface.surveyed === 0 ? 1 : grid_steps
  const z: number[] = []
  for (let row = 0; row <= steps; row++)
    for (let column = 0; column <= steps; column++)
      z.push(cm(surface.at(half_x * ((2 * column) / steps - 1), half_y * ((2 * row) / steps - 1))))
  return { surveyed: surface.surveyed, columns: steps + 1, rows: steps + 1, z }
}

type Tools = { plane: Plane; kindOf: KindOf; kindNumber(asset: Buried): number; surface: Surface }
/** The axis where lines end at a named point: its height, the largest size there, the lowest invert, how sure. */
type Ends = Map<string, { z: number; size: number; invert: number; sure: number; at: XY }>

function buryLines(assets: readonly Buried[], tools: Tools & { named: Named }) {
  const { plane, kindOf, kindNumber, named, surface } = tools
  const drawn: UndergroundView["lines"] = {
    id: [],
    kind: [],
    code: [],
    box: [],
    width: [],
    height: [],
    size_assumed: [],
    sure: [],
    ends: [],
    xyz: [],
  }
  const ends: Ends = new Map()
  for (const asset of assets) {
    const { id, lifeline, code, geometry } = asset
    if (geometry.type !== "LineString" || geometry.coordinates.length < 2) continue
    const path = geometry.coordinates.map((place: LonLat) => plane.to(place))
    const { attributes, width, height, box, size_assumed } = sized(asset.attributes)
    const axis = axisOf(path, attributes, height, {
      gravity: kindOf(lifeline, asset.kind).gravity,
      ground: [
        groundNamed(named, lifeline, attributes.from_node, path[0]!),
        groundNamed(named, lifeline, attributes.to_node, path.at(-1)!),
      ],
      surface,
    })
    drawn.id.push(id)
    drawn.kind.push(kindNumber(asset))
    drawn.code.push(code)
    drawn.box.push(box ? 1 : 0)
    drawn.width.push(mm(width))
    drawn.height.push(mm(height))
    drawn.size_assumed.push(size_assumed ? 1 : 0)
    drawn.sure.push(axis.sure)
    for (const [i, [x, y]] of path.entries()) drawn.xyz.push(cm(x), cm(y), mm(axis.z[i]!))
    drawn.ends.push(drawn.xyz.length / 3)
    for (const end of ["from", "to"] as const) {
      const name = attributes[`${end}_node`]
      if (name === undefined) continue
      const i = end === "from" ? 0 : path.length - 1
      const key = nameOf(lifeline, name)
      const known = ends.get(key)
      const invert = axis.z[i]! - height / 2
      const size = Math.max(width, height)
      if (!known || size > known.size)
        ends.set(key, {
          z: axis.z[i]!,
          size,
          invert: Math.min(invert, known?.invert ?? invert),
          sure: axis.sure,
          at: path[i]!,
        })
      else known.invert = Math.min(known.invert, invert)
    }
  }
  return { drawn, ends }
}

/** Width and height in metres, and the attributes with the size that is assumed where there is none. */
function sized(attributes: Attributes) {
  const size = sizeOf(attributes)
  const width_mm = size.width_mm ?? size.diameter_mm
  const size_assumed = width_mm === null
  const width = width_mm === null ? assumed.size : width_mm / 1000
  return {
    attributes: size_assumed ? { ...attributes, diameter_mm: assumed.size * 1000 } : attributes,
    width,
    height: size.height_mm !== null && size.width_mm !== null ? size.height_mm / 1000 : width,
    box: size.width_mm !== null,
    size_assumed,
  }
}

/** Heights of the axis at each position of a line. */
function axisOf(
  path: readonly XY[],
  attributes: Attributes,
  height: number,
  options: { gravity: boolean; ground: [number | null, number | null]; surface: Surface },
): { z: number[]; sure: number } {
  const along: number[] = [0]
  for (let i = 1; i < path.length; i++)
    along.push(along[i - 1]! + Math.hypot(path[i]![0] - path[i - 1]![0], path[i]![1] - path[i - 1]![1]))
  const length_m = along.at(-1)!
  const grounds = path.map(([x, y]) => options.surface.at(x, y))
  const first = options.ground[0] ?? grounds[0]!
  const last = options.ground[1] ?? grounds.at(-1)!
  const at = (along_m: number) =>
    heightsAt(attributes, { along_m, length_m, gravity: options.gravity, ground: [first, last] })
  const [from, to] = [at(0), at(length_m)]
  if (from.centre_m === null && to.centre_m === null)
    return { z: grounds.map((ground) => ground - assumed.cover - height / 2), sure: sureness.unknown }
  if (from.centre_m === null || to.centre_m === null) {
    // One end is known: the line keeps its cover, and the other end is a guess.
    const known = from.centre_m ?? to.centre_m!
    const under = (from.centre_m === null ? last : first) - known
    return { z: grounds.map((ground) => ground - under), sure: sureness.unknown }
  }
  const [low, high] = [from.centre_m, to.centre_m]
  const z = along.map((a) => low + (high - low) * (length_m > 0 ? a / length_m : 0))
  return { z, sure: Math.max(sureness[from.sure], sureness[to.sure]) }
}

function buryPoints(points: readonly Buried[], tools: Tools & { ends: Ends }) {
  const { plane, kindOf, kindNumber, ends, surface } = tools
  const wells: UndergroundView["wells"] = {
    id: [],
    kind: [],
    code: [],
    x: [],
    y: [],
    ground: [],
    bottom: [],
    diameter: [],
    sure: [],
  }
  const joints: UndergroundView["joints"] = { id: [], kind: [], code: [], x: [], y: [], z: [], size: [], sure: [] }
  for (const point of points) {
    const { id, lifeline, kind, code, geometry, attributes } = point
    if (geometry.type !== "Point") continue
    const [x, y] = plane.to(geometry.coordinates)
    const end = ends.get(nameOf(lifeline, code))
    const deep = number(attributes.well_depth_m) ?? number(attributes.depth_m)
    if (kindOf(lifeline, kind).hollow || (deep !== null && deep > 0)) {
      const ground = number(attributes.ground_m) ?? surface.at(x, y)
      const lowest = deep !== null ? ground - deep : end ? end.invert : ground - assumed.well_depth
      wells.id.push(id)
      wells.kind.push(kindNumber(point))
      wells.code.push(code)
      wells.x.push(cm(x))
      wells.y.push(cm(y))
      wells.ground.push(mm(ground))
      wells.bottom.push(mm(Math.min(lowest, ground - 0.1)))
      wells.diameter.push(coverOf(attributes.cover) ?? well_diameter_m)
      wells.sure.push(deep !== null ? sureness.measured : sureness.unknown)
    } else if (end) {
      joints.id.push(id)
      joints.kind.push(kindNumber(point))
      joints.code.push(code)
      joints.x.push(cm(x))
      joints.y.push(cm(y))
      joints.z.push(mm(end.z))
      joints.size.push(mm(end.size))
      joints.sure.push(end.sure)
    }
  }
  return { wells, joints }
}

/** The first size in a cover's words, m: "圆形 φ700", "600×400"; null where there is none that a cover could have. */
export function coverOf(cover: unknown): number | null {
  const found = typeof cover === "string" ? /\d+(\.\d+)?/.exec(cover) : null
  const metres = found ? (Number(found[0]) > 10 ? Number(found[0]) / 1000 : Number(found[0])) : 0
  return metres >= well_diameters[0] && metres <= well_diameters[1] ? metres : null
}
