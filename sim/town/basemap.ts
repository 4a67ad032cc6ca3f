/** The land as GeoJSON layers in WGS 84. */
import type { AttributeValue, LonLat, Words } from "../../model/index.ts"
import { area, type P } from "./geometry.ts"
import type { Ground } from "./ground.ts"
import type { Land } from "./land.ts"
import { frame, type Plan, type StreetClass, widths_m } from "./streets.ts"
import type {
  BasemapLayer,
  RoadClass,
  TownCrossing,
  TownDistrict,
  TownFeature,
  TownLayer,
  TownStreet,
} from "./types.ts"

type Place = (p: P) => LonLat

export function makeBasemap(ground: Ground, plan: Plan, land: Land, place: Place): Record<BasemapLayer, TownLayer> {
  const layer = (features: TownFeature[]): TownLayer => ({ type: "FeatureCollection", features })
  const polygon = (ring: readonly P[], properties: TownFeature["properties"]): TownFeature => {
    const turned = area(ring) < 0 ? [...ring].reverse() : ring
    const points = turned.map(place)
    return { type: "Feature", geometry: { type: "Polygon", coordinates: [[...points, points[0]!]] }, properties }
  }
  const line = (points: readonly P[], properties: TownFeature["properties"]): TownFeature => ({
    type: "Feature",
    geometry: { type: "LineString", coordinates: points.map(place) },
    properties,
  })
  const point = (p: P, properties: Record<string, AttributeValue | Words>): TownFeature => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: place(p) },
    properties,
  })
  const border = rectangle(ground, frame.west, frame.south, frame.east, frame.north)
  return {
    land: layer([polygon(border, { kind: "land" })]),
    // Large grounds first, so that a track lies on its school.
    landuse: layer(land.areas.map((a) => polygon(a.ring, { kind: a.kind, tone: a.tone }))),
    furrow: layer(land.furrows.map((f) => line(f, { kind: "furrow" }))),
    water: layer([
      ...land.water.map((w) => polygon(w.ring, { kind: w.kind })),
      ...land.banks.map((b) => line(b, { kind: "bank" })),
    ]),
    road: layer(
      [...land.roads]
        .sort((a, b) => widths_m[a.class] - widths_m[b.class])
        .map((r) => {
          const name = r.street >= 0 ? plan.streets[r.street]!.name : null
          return line(r.line, {
            class: roadClass(r.class),
            name: name?.zh ?? null,
            name_en: name?.en ?? null,
            width_m: widths_m[r.class],
          })
        }),
    ),
    rail: layer([line(land.rail, { kind: "rail" })]),
    building: layer(land.buildings.map((b) => polygon(b.ring, { kind: b.kind, floors: b.floors }))),
    tree: layer(land.trees.map((t) => point(t, { kind: "tree" }))),
    label: layer(
      land.labels.map((l) =>
        point(l.at, { kind: l.kind, name: l.name, name_zh: l.name.zh, name_en: l.name.en, rank: l.rank }),
      ),
    ),
  }
}

const roadClass = (cls: StreetClass): RoadClass => (cls === "track" || cls === "frame" ? "alley" : cls)

/** A rectangle of the chart as a polygon of the ground. */
export function rectangle(ground: Ground, u0: number, v0: number, u1: number, v1: number): P[] {
  const corners: P[] = [
    [u0, v0],
    [u1, v0],
    [u1, v1],
    [u0, v1],
  ]
  return corners.flatMap((a, i) => {
    const b = corners[(i + 1) % 4]!
    return Array.from(
      { length: 24 },
      (_, k): P => ground.lay([a[0] + ((b[0] - a[0]) * k) / 24, a[1] + ((b[1] - a[1]) * k) / 24]),
    )
  })
}

export function makeStreets(plan: Plan, land: Land, place: Place): TownStreet[] {
  const streets = new Map<number, TownStreet>()
  for (const r of land.roads) {
    if (r.street < 0) continue
    const { name, class: cls } = plan.streets[r.street]!
    if (!name) continue
    const street = streets.get(r.street) ?? { id: r.street, name, class: roadClass(cls), lines: [] }
    street.lines.push(r.line.map(place))
    streets.set(r.street, street)
  }
  return [...streets.values()].sort((a, b) => a.id - b.id)
}

export function makeCrossings(plan: Plan, land: Land, place: Place): TownCrossing[] {
  const at = new Map<number, Set<number>>()
  const where = new Map<number, P>()
  plan.graph.edges.forEach((e, i) => {
    if (!plan.streets[e.tag.street]!.name) return
    for (const [n, p] of [
      [e.a, land.edge_lines[i]![0]!],
      [e.b, land.edge_lines[i]!.at(-1)!],
    ] as const) {
      at.set(n, (at.get(n) ?? new Set<number>()).add(e.tag.street))
      where.set(n, p)
    }
  })
  const out: TownCrossing[] = []
  for (const [n, streets] of at) {
    if (streets.size < 2) continue
    const rank = (s: number): number => widths_m[plan.streets[s]!.class]
    const [a, b] = [...streets].sort((p, q) => rank(q) - rank(p) || p - q) as [number, number]
    if (plan.streets[a]!.name!.zh !== plan.streets[b]!.name!.zh)
      out.push({ lon_lat: place(where.get(n)!), streets: [a, b] })
  }
  return out
}

export function makeDistricts(ground: Ground, plan: Plan & { split: number }, place: Place): TownDistrict[] {
  const { west, east, south, north } = plan.core
  const make = (code: string, zh: string, en: string, ring: P[]): TownDistrict => {
    const points = ring.map(place)
    return { code, name: { zh, en }, polygon: [...points, points[0]!] }
  }
  const middle = 640
  return [
    make("old-town", "老城街道", "Old Town Subdistrict", rectangle(ground, west, 0, plan.split, north)),
    make("new-town", "新城街道", "New Town Subdistrict", rectangle(ground, plan.split, 0, east, north)),
    make("jiangnan", "江南街道", "Jiangnan Subdistrict", rectangle(ground, west, south, middle, 0)),
    make("industrial", "工业园区", "Industrial Park", rectangle(ground, middle, south, east, 0)),
  ]
}
