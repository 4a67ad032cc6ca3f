/** The city as one message to a worker: columns and tables of texts, where objects would take seconds to copy. */
import type { AreaView, CityView, PointView } from "../../lifelines/contract.ts"

/** Texts of one field: the different ones joined by NUL, which no text of the database has, and their places by point. */
type Texts = { joined: string; at: Int32Array }

const fields = [
  "device_code",
  "name",
  "lifeline",
  "indicator",
  "unit",
  "value_kind",
  "asset_code",
  "area_code",
] as const
type Field = (typeof fields)[number]

export type PackedCity = {
  id: Int32Array
  interval_ms: Float64Array
  /** NaN where the place is not known. */
  lon: Float64Array
  lat: Float64Array
  texts: Record<Field, Texts>
  areas: AreaView[]
  clock_mode: CityView["clock_mode"]
}

export function packCity({ points, areas, clock_mode }: CityView): PackedCity {
  return {
    id: Int32Array.from(points, (p) => p.id),
    interval_ms: Float64Array.from(points, (p) => p.interval_ms),
    lon: Float64Array.from(points, (p) => p.lon_lat?.[0] ?? Number.NaN),
    lat: Float64Array.from(points, (p) => p.lon_lat?.[1] ?? Number.NaN),
    texts: Object.fromEntries(fields.map((f) => [f, textsOf(points, f)])) as Record<Field, Texts>,
    areas,
    clock_mode,
  }
}

/** The points of a packed city one by one, made when they are asked for; texts are held once. */
export function viewsOf(city: PackedCity): (i: number) => PointView {
  const tables = Object.fromEntries(fields.map((f) => [f, city.texts[f].joined.split("\0")])) as Record<Field, string[]>
  const { id, interval_ms, lon, lat } = city
  const places = fields.map((f) => city.texts[f].at)
  const [device_code, name, lifeline, indicator, unit, value_kind, asset_code, area_code] = places as [
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
    Int32Array,
  ]
  return (i) => ({
    id: id[i]!,
    device_code: tables.device_code[device_code[i]!]!,
    name: tables.name[name[i]!]!,
    lifeline: tables.lifeline[lifeline[i]!]!,
    indicator: tables.indicator[indicator[i]!]!,
    unit: tables.unit[unit[i]!]!,
    interval_ms: interval_ms[i]!,
    value_kind: tables.value_kind[value_kind[i]!]! as PointView["value_kind"],
    asset_code: tables.asset_code[asset_code[i]!] ?? null,
    area_code: tables.area_code[area_code[i]!] ?? null,
    lon_lat: Number.isNaN(lon[i]) ? null : [lon[i]!, lat[i]!],
  })
}

/** The city that was packed, whole. */
export const unpackCity = (city: PackedCity, view = viewsOf(city)): CityView => ({
  points: Array.from(city.id, (_, i) => view(i)),
  areas: city.areas,
  clock_mode: city.clock_mode,
})

function textsOf(points: readonly PointView[], field: Field): Texts {
  const place = new Map<string, number>()
  const at = new Int32Array(points.length)
  points.forEach((p, i) => {
    const text = p[field]
    if (text === null) {
      at[i] = -1
      return
    }
    let known = place.get(text)
    if (known === undefined) {
      known = place.size
      place.set(text, known)
    }
    at[i] = known
  })
  return { joined: [...place.keys()].join("\0"), at }
}
