/** Places in words: the streets of the base map, else a named thing nearby, else the coordinates. */
import Flatbush from "flatbush"
import type { Geometry, LonLat, Words } from "../../model/index.ts"
import type { CityIndex } from "./city-index.ts"
import { type Box, boxAround, boxOf, distanceToM, lengthM, middleOf } from "./geometry.ts"

export type Feature = { type: "Feature"; geometry: AnyGeometry | null; properties?: Record<string, unknown> | null }
/** Base maps also have multi-part geometry. */
export type AnyGeometry = { type: string; coordinates: unknown }
export type Streets = {
  near(place: LonLat, reach_m: number): { name: Words; distance_m: number }[]
  /** Every named street once: its box, and the middle of its longest piece. */
  all(): readonly Street[]
}
export type Street = { name: Words; box: Box; lon_lat: LonLat }

const street_reach_m = 400
const crossing_reach_m = 90
const named_reach_m = 500

/**
 * Named lines of the base map's `road` layer; English names may stand in the `label` layer under the same Chinese name.
 * Streets of the same Chinese name are one. Positions are kept as numbers, as a whole city has some 100,000 pieces.
 */
export function streetsOf(roads: readonly Feature[], labels: readonly Feature[]): Streets {
  const english = new Map(labels.map((label) => namesOf(label)).map((name) => [name?.zh ?? "", name?.en ?? ""]))
  const numbers = new Map<string, number>()
  const names: Words[] = []
  const street: number[] = []
  const pieces: Float64Array[] = []
  for (const road of roads) {
    const name = namesOf(road)
    if (!name) continue
    let number = numbers.get(name.zh)
    if (number === undefined) {
      number = names.push({ zh: name.zh, en: name.en !== name.zh ? name.en : english.get(name.zh) || name.en }) - 1
      numbers.set(name.zh, number)
    }
    for (const line of linesOf(road.geometry)) {
      street.push(number)
      pieces.push(Float64Array.from(line.flat()))
    }
  }
  if (pieces.length === 0) return { near: () => [], all: () => [] }
  const lineOf = (i: number): Geometry => {
    const xy = pieces[i]!
    const coordinates = Array.from({ length: xy.length / 2 }, (_, k): LonLat => [xy[2 * k]!, xy[2 * k + 1]!])
    return { type: "LineString", coordinates }
  }
  const boxes = pieces.map((_, i) => boxOf(lineOf(i)))
  const tree = new Flatbush(pieces.length)
  for (const box of boxes) tree.add(...box)
  tree.finish()
  return {
    near(place, reach_m) {
      const best = new Map<number, number>()
      for (const i of tree.search(...boxAround(place, reach_m))) {
        const distance_m = distanceToM(place, lineOf(i))
        if (distance_m <= Math.min(reach_m, best.get(street[i]!) ?? Infinity)) best.set(street[i]!, distance_m)
      }
      return [...best]
        .map(([number, distance_m]) => ({ name: names[number]!, distance_m }))
        .sort((a, b) => a.distance_m - b.distance_m)
    },
    all() {
      const found: { box: Box; longest: number; piece: number }[] = names.map(() => ({
        box: [Infinity, Infinity, -Infinity, -Infinity],
        longest: -1,
        piece: 0,
      }))
      for (const [i, [west, south, east, north]] of boxes.entries()) {
        const at = found[street[i]!]!
        at.box = [
          Math.min(at.box[0], west),
          Math.min(at.box[1], south),
          Math.max(at.box[2], east),
          Math.max(at.box[3], north),
        ]
        const length = lengthM(lineOf(i)) ?? 0
        if (length <= at.longest) continue
        at.longest = length
        at.piece = i
      }
      return found.map(({ box, piece }, i) => ({ name: names[i]!, box, lon_lat: middleOf(lineOf(piece)) }))
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

function linesOf(geometry: AnyGeometry | null): LonLat[][] {
  if (geometry?.type === "LineString") return [geometry.coordinates as LonLat[]]
  return geometry?.type === "MultiLineString" ? (geometry.coordinates as LonLat[][]) : []
}
