/** Places in words: the streets of the base map, else a named thing nearby, else the coordinates. */
import Flatbush from "flatbush"
import type { Geometry, LonLat, Words } from "../../model/index.ts"
import type { CityIndex } from "./city-index.ts"
import { boxAround, boxOf, distanceToM } from "./geometry.ts"

export type Feature = { type: "Feature"; geometry: AnyGeometry | null; properties?: Record<string, unknown> | null }
/** Base maps also have multi-part geometry. */
export type AnyGeometry = { type: string; coordinates: unknown }
export type Streets = { near(place: LonLat, reach_m: number): { name: Words; distance_m: number }[] }

const street_reach_m = 400
const crossing_reach_m = 90
const named_reach_m = 500

/** Named lines of the base map's `road` layer; English names may stand in the `label` layer under the same Chinese name. */
export function streetsOf(roads: readonly Feature[], labels: readonly Feature[]): Streets {
  const english = new Map(labels.map((label) => namesOf(label)).map((name) => [name?.zh ?? "", name?.en ?? ""]))
  const lines = roads.flatMap((road) => {
    const name = namesOf(road)
    if (!name) return []
    const words = { zh: name.zh, en: name.en !== name.zh ? name.en : english.get(name.zh) || name.en }
    return linesOf(road.geometry).map((geometry) => ({ words, geometry }))
  })
  if (lines.length === 0) return { near: () => [] }
  const tree = new Flatbush(lines.length)
  for (const line of lines) tree.add(...boxOf(line.geometry))
  tree.finish()
  return {
    near(place, reach_m) {
      const best = new Map<string, { name: Words; distance_m: number }>()
      for (const i of tree.search(...boxAround(place, reach_m))) {
        const { words, geometry } = lines[i]!
        const distance_m = distanceToM(place, geometry)
        if (distance_m <= Math.min(reach_m, best.get(words.zh)?.distance_m ?? Infinity))
          best.set(words.zh, { name: words, distance_m })
      }
      return [...best.values()].sort((a, b) => a.distance_m - b.distance_m)
    },
  }
}

/** For example 人民路×东门街附近 / near Renmin Rd × Dongmen St. */
export function placeWords(place: LonLat, streets: Streets, city: CityIndex): Words {
  // Most places lie in a street; the wide search is for the others.
  const close = streets.near(place, crossing_reach_m)
  const [first, second] = close.length > 0 ? close : streets.near(place, street_reach_m)
  if (first && second && second.distance_m <= crossing_reach_m)
    return {
      zh: `${first.name.zh}×${second.name.zh}附近`,
      en: `near ${first.name.en} × ${second.name.en}`,
    }
  if (first) return { zh: `${first.name.zh}附近`, en: `near ${first.name.en}` }
  const near = city.nearest(place, { max_m: named_reach_m, limit: 50 })
  const named = near.find(({ asset }) => asset.name !== null)?.asset.name
  const area = near.map(({ asset }) => city.areas.get(asset.area_ids[0] ?? 0)?.name).find((name) => name !== undefined)
  const name = named ?? area
  if (name) return { zh: `${name}附近`, en: `near ${name}` }
  const [lon, lat] = place
  const words = `${Math.abs(lon).toFixed(5)}°${lon < 0 ? "W" : "E"} ${Math.abs(lat).toFixed(5)}°${lat < 0 ? "S" : "N"}`
  return { zh: words, en: words }
}

/** A feature's name in both languages: `name` as words or text, or `name_zh` and `name_en`. */
export function namesOf(feature: Feature): Words | null {
  const { name, name_zh, name_en } = (feature.properties ?? {}) as Record<string, unknown>
  const words = (typeof name === "object" && name !== null ? name : {}) as Partial<Words>
  const zh = name_zh ?? words.zh ?? name
  if (typeof zh !== "string" || zh === "") return null
  const en = name_en ?? words.en
  return { zh, en: typeof en === "string" && en !== "" ? en : zh }
}

function linesOf(geometry: AnyGeometry | null): Geometry[] {
  if (geometry?.type === "LineString") return [geometry as Geometry]
  if (geometry?.type !== "MultiLineString") return []
  return (geometry.coordinates as LonLat[][]).map((coordinates) => ({ type: "LineString", coordinates }))
}
