/** A whole city: districts over some 50 × 40 km, each a network of its own, as one CSV pair per class. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { inventBridge } from "./bridges.ts"
import { hash01 } from "./chance.ts"
import { corner, writeCodes } from "./delivery.ts"
import { type District, makeDistrict } from "./district.ts"
import type { Layout } from "./layout.ts"
import { makePlane, type Plane } from "./plane.ts"
import { headerWord, styles, tableName } from "./styles.ts"
import { codeTable, deliveryTables } from "./tables.ts"
import { csvTable } from "./write-csv.ts"
import type { NamedTable } from "./write-xlsx.ts"

export type CityOptions = {
  /** About so many lines in all. */
  segments: number
  seed: number
  out: string
}
export type CityFigures = { segments: number; points: number; pipe_km: number; districts: number; bridges: number }

const bridge_count = 137
const columns = 5
/** Distance between districts' south-west corners, metres. */
const pitch_m = { east: 10_000, north: 10_000 }
/** Streets whose names one district may use. */
const streets_each = 400
/** Mean distance of points along mains: with it, half a million segments are some 8,000 km. */
const spacing_m = 17

/** Writes a city's deliveries and what belongs to them into the folder `out`, district after district. */
export function inventCity({ segments, seed, out }: CityOptions): CityFigures {
  mkdirSync(out, { recursive: true })
  const plane = makePlane(true)
  const style = { ...styles[1]!, titles: [], dates: styles[0]!.dates }
  // Small cities are fewer districts, so that each still has several streets.
  const districts = Math.max(1, Math.min(20, Math.floor(segments / 8000)))
  const files = new Map<string, ReturnType<typeof csvTable>>()
  const figures: CityFigures = { segments: 0, points: 0, pipe_km: 0, districts, bridges: 0 }
  const [roads, bridges]: [unknown[], unknown[]] = [[], []]
  for (let d = 0; d < districts; d++) {
    const district = makeDistrict({
      seed: seed + d * 7919,
      rows: 2 * Math.round(segments / districts),
      spacing_m,
      origin: districtCorner(seed, d, plane),
    })
    const prefix = (code: string) => `${code}${String.fromCharCode(65 + d)}`
    const wording = { material_codes: false, flow: "0", status: "在用", prefix }
    const no_edits = { points: new Map(), lines: new Map(), headers: new Map() }
    for (const table of deliveryTables(district.net, no_edits, seed, wording)) {
      const name = tableName(style, table.class_code, table.of)
      const named: NamedTable = { ...table, name, header: table.fields.map(({ id }) => headerWord(style, id)) }
      const file = files.get(name) ?? csvTable(join(out, `${name}.csv`), named, style, "utf8")
      files.set(name, file)
      file.append(named, null)
    }
    count(figures, district)
    roads.push(...streets(district.layout, plane))
    // A district has at most one bridge per block, so that small cities have fewer than asked for.
    const room = district.layout.s.length * (district.layout.t.length - 1)
    for (let n = d, k = 0; n < bridge_count && k < room; n += districts, k++)
      bridges.push(inventBridge(district.layout, plane, seed, n, k))
  }
  for (const file of files.values()) file.close()
  writeCodes(join(out, "编码表.csv"), { ...style, csv: "utf8bom" }, codeTable())
  const collection = (name: string, features: unknown[]) =>
    writeFileSync(join(out, `${name}.geojson`), JSON.stringify({ type: "FeatureCollection", features }))
  figures.bridges = bridges.length
  collection("streets", roads)
  collection("bridges", bridges)
  const border = frame(plane, districts)
  const ring = border.map(([north, east]) => plane.toLonLat(north, east))
  collection("district", [
    {
      type: "Feature",
      properties: { name: "市辖区" },
      geometry: { type: "Polygon", coordinates: [[...ring, ring[0]!]] },
    },
  ])
  writeFileSync(join(out, "control.json"), JSON.stringify(controlPoints(border, plane), null, 1))
  return figures
}

function districtCorner(seed: number, d: number, plane: Plane) {
  const { north_m, east_m } = corner(plane)
  const shift = (salt: number) => Math.round(hash01(seed, d, salt) * 1500)
  return {
    north_m: north_m - 20_000 + Math.floor(d / columns) * pitch_m.north + shift(1),
    east_m: east_m - 20_000 + (d % columns) * pitch_m.east + shift(2),
    ground_m: 10 + Math.round(hash01(seed, d, 3) * 25),
    streets_from: d * streets_each,
  }
}

function count(figures: CityFigures, { net: { points, lines } }: District): void {
  figures.points += points.s.length
  for (let l = 0; l < lines.from.length; l++) {
    if (lines.removed.has(l)) continue
    const [a, b] = [lines.from[l]!, lines.to[l]!]
    figures.segments++
    figures.pipe_km += Math.hypot(points.north[a]! - points.north[b]!, points.east[a]! - points.east[b]!) / 1000
  }
}

/** Streets as lines of the base map's layer "road"; in English they have numbers. */
function streets(layout: Layout, plane: Plane) {
  const line = (along: "ew" | "ns", index: number, at: number, stops: number[]) => {
    const name = layout.streetName(along, index)
    const coordinates = stops.map((stop) =>
      plane.toLonLat(...(along === "ew" ? layout.plane(at, stop) : layout.plane(stop, at))),
    )
    const name_en = `${along === "ew" ? "East–West" : "North–South"} Street ${index + 1}`
    const main = index % 4 === 0
    const properties = { layer: "road", class: main ? "primary" : "street", name, name_en, width_m: main ? 40 : 28 }
    return { type: "Feature", properties, geometry: { type: "LineString", coordinates } }
  }
  const stops = (at: number[], knots: number[]) => [...at, ...knots.slice(1, -1)].sort((a, b) => a - b)
  const [ew, ns] = [stops(layout.t, layout.t_knots), stops(layout.s, layout.s_knots)]
  return [...layout.s.map((at, j) => line("ew", j, at, ew)), ...layout.t.map((at, i) => line("ns", i, at, ns))]
}

/** The rectangle that holds every district, in the plane, from the south-west against the clock. */
function frame(plane: Plane, districts: number): [number, number][] {
  const { north_m, east_m } = corner(plane)
  const [south, west] = [north_m - 21_000, east_m - 21_000]
  const north = south + Math.ceil(districts / columns) * pitch_m.north + 2000
  const east = west + Math.min(districts, columns) * pitch_m.east + 2000
  return [
    [south, west],
    [south, east],
    [north, east],
    [north, west],
  ]
}

/** Points known in the plane and on earth, for the fit of a grid: corners, middles of the sides, the middle. */
function controlPoints(border: [number, number][], plane: Plane) {
  const middle = (a: [number, number], b: [number, number]): [number, number] => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]
  const sides = border.map((p, n) => middle(p, border[(n + 1) % border.length]!))
  return [...border, ...sides, middle(border[0]!, border[2]!)].map(([north_m, east_m], n) => ({
    name: `K${n + 1}`,
    north_m,
    east_m,
    lon_lat: plane.toLonLat(north_m, east_m),
  }))
}
