/** What lies under a planned excavation and near it. */
import type { Geometry, LonLat, Words } from "../../../model/index.ts"
import {
  type Heights,
  heightsAt,
  type KindOf,
  lengthOf,
  manholeHeights,
  planeAt,
  type SectionAsset,
  type Size,
  sizeOf,
  type XY,
} from "../section/index.ts"

/**
 * Where a thing lies against the bottom of the excavation: within its depth (with half a metre for the hand), under it, or
 * not known, which has to be treated as within.
 */
export type Danger = "within_depth" | "below" | "unknown"

export type Found = Size & {
  asset_id: number
  lifeline: string
  class_code: string
  kind: string
  kind_name: Words
  code: string | null
  name: string | null
  owner_id: number | null
  owner: Words | null
  area_ids: number[]
  /** 0 inside the polygon. */
  distance_m: number
  /** Of a line, how much of it lies within the polygon and its protection distance. */
  length_m: number | null
  /** Least and largest cover of that part; for a point the depth of its bottom. Null where not surveyed. */
  cover_min_m: number | null
  cover_max_m: number | null
  sure: Heights["sure"]
  danger: Danger
  geometry: Geometry
}

/** A shovel reaches further than planned, and surveyed depths are not exact; an editable default, no standard's number. */
export const depth_margin_m = 0.5
/** Steps in which a line is looked at; distances are exact to half of it at its rim. */
const step_m = 0.25
const steps_max = 4_000

/** Area of a ring in square metres. */
export function areaM2(ring: readonly LonLat[]): number {
  const plane = planeAt(ring[0]!)
  const flat = ring.map(plane.to)
  let twice = 0
  for (let i = 0, j = flat.length - 1; i < flat.length; j = i++)
    twice += flat[j]![0] * flat[i]![1] - flat[i]![0] * flat[j]![1]
  return Math.abs(twice) / 2
}

/** True where two sides of the ring cross. */
export function crossesItself(ring: readonly LonLat[]): boolean {
  const plane = planeAt(ring[0]!)
  const flat = ring.map(plane.to)
  const n = flat.length
  const side = (p: XY, q: XY, r: XY) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))
  for (let i = 0; i < n; i++)
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue
      const [a, b, c, d] = [flat[i]!, flat[(i + 1) % n]!, flat[j]!, flat[(j + 1) % n]!]
      if (side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b)) return true
    }
  return false
}

/** Everything within the polygon and `protection_m` of it, nearest first; what is at the same distance by cover. */
export function excavationFound(
  ring: readonly LonLat[],
  options: { depth_m: number; protection_m: number },
  assets: readonly (SectionAsset & { area_ids: readonly number[] })[],
  kindOf: KindOf,
): Found[] {
  const plane = planeAt(ring[0]!)
  const polygon = ring.map(plane.to)
  const found: Found[] = []
  for (const asset of assets) {
    const near = nearPart(asset.geometry, plane.to, polygon, options.protection_m)
    if (!near) continue
    const { class_code, gravity, name } = kindOf(asset.lifeline, asset.kind)
    const { attributes } = asset
    const ground = [asset.from_ground_m, asset.to_ground_m] as const
    const covers =
      asset.geometry.type === "LineString"
        ? [near.from_m, near.to_m].map((along_m) =>
            heightsAt(attributes, { along_m, length_m: near.length_m, gravity, ground }),
          )
        : null
    const depth = covers ? null : manholeHeights(attributes).depth_m
    const list = covers ? covers.map((c) => c.cover_m) : [depth]
    const known = list.every((v) => v !== null)
    const cover_min_m = known ? Math.min(...(list as number[])) : null
    // A chamber reaches from the ground down: whatever its bottom, it is within the depth.
    const reaches = covers ? cover_min_m : 0
    found.push({
      asset_id: asset.id,
      lifeline: asset.lifeline,
      class_code,
      kind: asset.kind,
      kind_name: name,
      code: asset.code,
      name: asset.name,
      owner_id: asset.owner_id,
      owner: asset.owner,
      area_ids: [...asset.area_ids],
      distance_m: Math.round(near.distance_m * 100) / 100,
      length_m: covers ? Math.round((near.to_m - near.from_m) * 10) / 10 : null,
      cover_min_m,
      cover_max_m: known ? Math.max(...(list as number[])) : null,
      sure: covers
        ? covers.some((c) => c.cover_m === null)
          ? "unknown"
          : covers.every((c) => c.sure === "measured")
            ? "measured"
            : "interpolated"
        : depth === null
          ? "unknown"
          : "measured",
      danger: reaches === null ? "unknown" : reaches <= options.depth_m + depth_margin_m ? "within_depth" : "below",
      geometry: asset.geometry,
      ...sizeOf(attributes),
    })
  }
  const deep = (f: Found) => f.cover_min_m ?? -1
  return found.sort((a, b) => a.distance_m - b.distance_m || deep(a) - deep(b) || a.asset_id - b.asset_id)
}

type Near = { distance_m: number; from_m: number; to_m: number; length_m: number }

/** The part of a geometry within reach of the polygon; undefined where none is. */
function nearPart(
  geometry: Geometry,
  flat: (p: LonLat) => XY,
  polygon: readonly XY[],
  reach_m: number,
): Near | undefined {
  if (geometry.type === "Point") {
    const distance_m = distanceToPolygon(flat(geometry.coordinates), polygon)
    return distance_m <= reach_m ? { distance_m, from_m: 0, to_m: 0, length_m: 0 } : undefined
  }
  const line = (geometry.type === "LineString" ? geometry.coordinates : geometry.coordinates[0]!).map(flat)
  const length_m = lengthOf(line)
  const box = boxOf(polygon, reach_m)
  let near: Near | undefined
  let passed = 0
  const look = (along_m: number, p: XY) => {
    const distance = distanceToPolygon(p, polygon)
    if (distance > reach_m) return
    near ??= { distance_m: distance, from_m: along_m, to_m: along_m, length_m }
    near.distance_m = Math.min(near.distance_m, distance)
    near.to_m = along_m
  }
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!]
    const step = Math.hypot(b[0] - a[0], b[1] - a[1])
    const part = clipped(a, b, box)
    if (part && step > 0) {
      const span = (part[1] - part[0]) * step
      const pieces = Math.min(steps_max, Math.max(1, Math.ceil(span / step_m)))
      for (let k = 0; k <= pieces; k++) {
        const t = part[0] + ((part[1] - part[0]) * k) / pieces
        look(passed + t * step, [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t])
      }
    }
    passed += step
  }
  // An area around the excavation (a tunnel, a building) has no edge near it.
  if (!near && geometry.type === "Polygon" && inside(polygon[0]!, line))
    return { distance_m: 0, from_m: 0, to_m: 0, length_m }
  return near
}

type Box = [west: number, south: number, east: number, north: number]

const boxOf = (ring: readonly XY[], by: number): Box => {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of ring) {
    box[0] = Math.min(box[0], x - by)
    box[1] = Math.min(box[1], y - by)
    box[2] = Math.max(box[2], x + by)
    box[3] = Math.max(box[3], y + by)
  }
  return box
}

/** Shares of a segment inside a box (Liang and Barsky, 1984), or null. */
function clipped(a: XY, b: XY, [west, south, east, north]: Box): [number, number] | null {
  let [t0, t1] = [0, 1]
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  for (const [p, q] of [
    [-dx, a[0] - west],
    [dx, east - a[0]],
    [-dy, a[1] - south],
    [dy, north - a[1]],
  ] as const) {
    if (p === 0) {
      if (q < 0) return null
    } else if (p < 0) t0 = Math.max(t0, q / p)
    else t1 = Math.min(t1, q / p)
  }
  return t0 <= t1 ? [t0, t1] : null
}

function distanceToPolygon(p: XY, ring: readonly XY[]): number {
  if (inside(p, ring)) return 0
  let nearest = Infinity
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[j]!
    const [dx, dy] = [ring[i]![0] - ax, ring[i]![1] - ay]
    const squared = dx * dx + dy * dy
    const t = squared === 0 ? 0 : Math.min(1, Math.max(0, ((p[0] - ax) * dx + (p[1] - ay) * dy) / squared))
    nearest = Math.min(nearest, Math.hypot(p[0] - ax - t * dx, p[1] - ay - t * dy))
  }
  return nearest
}

/** Even-odd rule. */
function inside([x, y]: XY, ring: readonly XY[]): boolean {
  let within = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i]!
    const [xj, yj] = ring[j]!
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within
  }
  return within
}

/** Whom to call: each owner once, nearest first. Things without an owner are listed under null. */
export function contacts(
  found: readonly Found[],
  phones: ReadonlyMap<number, string | null>,
): { owner_id: number | null; owner: Words | null; phone: string | null; assets: number; distance_m: number }[] {
  const calls = new Map<number | null, ReturnType<typeof contacts>[number]>()
  for (const { owner_id, owner, distance_m } of found) {
    const known = calls.get(owner_id)
    if (known) known.assets++
    else
      calls.set(owner_id, {
        owner_id,
        owner,
        phone: owner_id === null ? null : (phones.get(owner_id) ?? null),
        assets: 1,
        distance_m,
      })
  }
  return [...calls.values()]
}
