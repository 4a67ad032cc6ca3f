/** The cross section: which lines a cut meets, where and how deep. */
import type { Attributes, Geometry, LonLat, Words } from "../../../model/index.ts"
import { type Heights, heightsAt, numberOf, rounded, type Size, sizeOf } from "./heights.ts"
import { alongLine, lengthOf, type Plane, planeAt, type XY } from "./plane.ts"

/** An asset with its attributes, as the section's store reads it. */
export type SectionAsset = {
  id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  owner_id: number | null
  owner: Words | null
  geometry: Geometry
  attributes: Attributes
  /** Ground at the two end points of a line, m; null where no surveyed point of that name is there. */
  from_ground_m: number | null
  to_ground_m: number | null
}

export type Crossing = Heights &
  Size & {
    asset_id: number
    lifeline: string
    class_code: string
    kind: string
    kind_name: Words
    code: string | null
    owner: Words | null
    /** Codes of the nodes it ends at; pipes that share one are joined there. */
    ends: string[]
    /** Along the cut from its start. */
    offset_m: number
    /** Between cut and line: 90 is square to it. */
    angle_deg: number
    /** Direction of the line, degrees from north, 0…180: lines of about one bearing run side by side. */
    bearing_deg: number
    material: string | null
    at: LonLat
  }

export type CutManhole = {
  asset_id: number
  lifeline: string
  class_code: string
  kind: string
  kind_name: Words
  code: string | null
  offset_m: number
  distance_m: number
  ground_m: number | null
  depth_m: number | null
  bottom_m: number | null
}

/** Ground along the cut; null where no surveyed point is near enough to say. */
export type GroundSample = { offset_m: number; ground_m: number | null }

export type KindOf = (
  lifeline: string,
  kind: string,
) => { class_code: string; gravity: boolean; hollow: boolean; name: Words }

/** Manholes this near to the cut are shown in it. */
export const manhole_reach_m = 1
/** Surveyed ground further from the cut than this says nothing of it; an editable default. */
export const ground_reach_m = 50
const ground_points_max = 6
const ground_samples_max = 200

export const cutPlane = (line: readonly LonLat[]): Plane => planeAt(line[Math.floor(line.length / 2)]!)

/** Every crossing of the cut with the lines, by offset. A line that is crossed twice stands there twice. */
export function crossings(line: readonly LonLat[], assets: readonly SectionAsset[], kindOf: KindOf): Crossing[] {
  const plane = cutPlane(line)
  const cut = line.map(plane.to)
  const found: Crossing[] = []
  for (const asset of assets) {
    if (asset.geometry.type !== "LineString") continue
    const pipe = asset.geometry.coordinates.map(plane.to)
    const length_m = lengthOf(pipe)
    const { class_code, gravity, name } = kindOf(asset.lifeline, asset.kind)
    const { id, lifeline, kind, code, owner, attributes } = asset
    const subclass = attributes.subclass
    for (const { offset_m, along_m, angle_deg, bearing_deg, at } of meetings(cut, pipe)) {
      const ground = [asset.from_ground_m, asset.to_ground_m] as const
      found.push({
        asset_id: id,
        lifeline,
        class_code: typeof subclass === "string" && subclass !== "" ? subclass : class_code,
        ends: [asset.attributes.from_node, asset.attributes.to_node].filter((end) => typeof end === "string"),
        kind,
        kind_name: name,
        code,
        owner,
        offset_m: rounded(offset_m)!,
        angle_deg: Math.round(angle_deg * 10) / 10,
        bearing_deg: Math.round(bearing_deg * 10) / 10,
        material: typeof attributes.material === "string" ? attributes.material : null,
        at: plane.from(at),
        ...sizeOf(attributes),
        ...heightsAt(attributes, { along_m, length_m, gravity, ground }),
      })
    }
  }
  return found.sort((a, b) => a.offset_m - b.offset_m || a.asset_id - b.asset_id)
}

type Meeting = { offset_m: number; along_m: number; angle_deg: number; bearing_deg: number; at: XY }

/** Where two polylines cross; half-open pieces, so that a crossing at a vertex counts once. */
function meetings(cut: readonly XY[], pipe: readonly XY[]): Meeting[] {
  const met: Meeting[] = []
  let offset = 0
  for (let i = 1; i < cut.length; i++) {
    const [ax, ay] = cut[i - 1]!
    const [dx, dy] = [cut[i]![0] - ax, cut[i]![1] - ay]
    const cutLength = Math.hypot(dx, dy)
    let along = 0
    for (let j = 1; j < pipe.length; j++) {
      const [bx, by] = pipe[j - 1]!
      const [ex, ey] = [pipe[j]![0] - bx, pipe[j]![1] - by]
      const pipeLength = Math.hypot(ex, ey)
      const cross = dx * ey - dy * ex
      if (cross !== 0) {
        const t = ((bx - ax) * ey - (by - ay) * ex) / cross
        const u = ((bx - ax) * dy - (by - ay) * dx) / cross
        const [lastCut, lastPipe] = [i === cut.length - 1, j === pipe.length - 1]
        if (t >= 0 && (lastCut ? t <= 1 : t < 1) && u >= 0 && (lastPipe ? u <= 1 : u < 1)) {
          const angle = (Math.asin(Math.min(1, Math.abs(cross) / (cutLength * pipeLength))) * 180) / Math.PI
          const bearing = ((Math.atan2(ex, ey) * 180) / Math.PI + 360) % 180
          met.push({
            offset_m: offset + t * cutLength,
            along_m: along + u * pipeLength,
            angle_deg: angle,
            bearing_deg: bearing,
            at: [ax + t * dx, ay + t * dy],
          })
        }
      }
      along += pipeLength
    }
    offset += cutLength
  }
  return met
}

/** Hollow points within a metre of the cut: manholes, inlets, chambers. */
export function cutManholes(line: readonly LonLat[], assets: readonly SectionAsset[], kindOf: KindOf): CutManhole[] {
  const plane = cutPlane(line)
  const cut = line.map(plane.to)
  const found: CutManhole[] = []
  for (const asset of assets) {
    if (asset.geometry.type !== "Point") continue
    const { class_code, hollow, name } = kindOf(asset.lifeline, asset.kind)
    if (!hollow) continue
    const { along_m, distance_m } = alongLine(cut, plane.to(asset.geometry.coordinates))
    if (distance_m > manhole_reach_m) continue
    const { ground_m, depth_m, bottom_m } = manholeHeights(asset.attributes)
    const { id, lifeline, kind, code } = asset
    found.push({
      asset_id: id,
      lifeline,
      class_code,
      kind,
      kind_name: name,
      code,
      offset_m: rounded(along_m)!,
      distance_m: rounded(distance_m)!,
      ground_m,
      depth_m,
      bottom_m,
    })
  }
  return found.sort((a, b) => a.offset_m - b.offset_m)
}

/** Cover, depth and bottom of a manhole from what the census says, m; what follows from two of them is worked out. */
export function manholeHeights(attributes: Attributes) {
  const ground_m = numberOf(attributes.ground_m)
  const invert = numberOf(attributes.invert_m)
  const depth_m =
    numberOf(attributes.well_depth_m) ??
    numberOf(attributes.depth_m) ??
    (ground_m !== null && invert !== null ? ground_m - invert : null)
  const bottom_m = invert ?? (ground_m !== null && depth_m !== null ? ground_m - depth_m : null)
  return { ground_m: rounded(ground_m), depth_m: rounded(depth_m), bottom_m: rounded(bottom_m) }
}

/**
 * Ground along the cut from surveyed points: mean of the nearest six within reach, weighted by one over the square of
 * their distance (Shepard 1968). Null where none is near.
 */
export function groundProfile(
  line: readonly LonLat[],
  points: readonly { lon: number; lat: number; ground_m: number }[],
): GroundSample[] {
  const plane = cutPlane(line)
  const cut = line.map(plane.to)
  const length = lengthOf(cut)
  const spots = points
    .map((p) => ({ at: plane.to([p.lon, p.lat]), ground_m: p.ground_m }))
    .filter((p) => alongLine(cut, p.at).distance_m <= ground_reach_m)
  const samples = Math.min(ground_samples_max, Math.max(2, Math.round(length) + 1))
  return Array.from({ length: samples }, (_, i) => {
    const offset_m = (length * i) / (samples - 1)
    return { offset_m: rounded(offset_m)!, ground_m: rounded(groundAt(placeAt(cut, offset_m), spots)) }
  })
}

function groundAt([x, y]: XY, spots: readonly { at: XY; ground_m: number }[]): number | null {
  const near: { d2: number; ground_m: number }[] = []
  for (const spot of spots) {
    const d2 = (spot.at[0] - x) ** 2 + (spot.at[1] - y) ** 2
    if (d2 <= ground_reach_m ** 2) near.push({ d2, ground_m: spot.ground_m })
  }
  if (near.length === 0) return null
  near.sort((a, b) => a.d2 - b.d2)
  if (near[0]!.d2 < 1e-4) return near[0]!.ground_m
  let [weights, sum] = [0, 0]
  for (const { d2, ground_m } of near.slice(0, ground_points_max)) {
    weights += 1 / d2
    sum += ground_m / d2
  }
  return sum / weights
}

function placeAt(line: readonly XY[], along_m: number): XY {
  let left = along_m
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!]
    const step = Math.hypot(b[0] - a[0], b[1] - a[1])
    if (step >= left && step > 0) return [a[0] + ((b[0] - a[0]) * left) / step, a[1] + ((b[1] - a[1]) * left) / step]
    left -= step
  }
  return line.at(-1)!
}
