/** The census in memory: every current asset by id, code and place. Rebuilt whole after an import. */
import Flatbush from "flatbush"
import type { Geometry, LonLat } from "../../model/index.ts"
import { type Box, boxAround, boxOf, distanceToM, middleOf } from "./geometry.ts"

/** A current asset as kept in memory; its attributes stay in the database. */
export type CensusAsset = {
  id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  owner_id: number | null
  geometry: Geometry
  lon_lat: LonLat
  length_m: number | null
  /** Nominal diameter where the asset has one. */
  dn_mm: number | null
  area_ids: number[]
}
export type CensusArea = {
  id: number
  code: string
  name: string
  kind: string
  lifeline: string | null
  pipe_length_m: number
  lon_lat: LonLat | null
}
export type Near = { asset: CensusAsset; distance_m: number }
export type NearQuery = { lifeline?: string; kinds?: readonly string[]; max_m: number; limit: number }

export type CityIndex = {
  assets: Map<number, CensusAsset>
  areas: Map<number, CensusArea>
  byCode(lifeline: string, code: string): CensusAsset | undefined
  areaByCode(code: string): CensusArea | undefined
  within(box: Box): CensusAsset[]
  nearest(place: LonLat, query: NearQuery): Near[]
  bounds: Box | null
  center: LonLat | null
}

const reach_m_max = 50_000
const limit_max = 1_000

export function cityIndex(list: readonly CensusAsset[], areas: readonly CensusArea[]): CityIndex {
  const boxes = list.map((asset) => boxOf(asset.geometry))
  const tree = list.length > 0 ? new Flatbush(list.length) : null
  for (const box of boxes) tree?.add(...box)
  tree?.finish()
  const codes = new Map(list.map((asset) => [`${asset.lifeline}\n${asset.code}`, asset]))
  const areaCodes = new Map(areas.map((area) => [area.code, area]))
  const within = (box: Box) => (tree?.search(...box) ?? []).map((i) => list[i]!)
  return {
    assets: new Map(list.map((asset) => [asset.id, asset])),
    areas: new Map(areas.map((area) => [area.id, area])),
    byCode: (lifeline, code) => codes.get(`${lifeline}\n${code}`),
    areaByCode: (code) => areaCodes.get(code),
    within,
    nearest(place, { lifeline, kinds, max_m, limit }) {
      const reach_m = Math.min(max_m, reach_m_max)
      return within(boxAround(place, reach_m))
        .filter((a) => (lifeline === undefined || a.lifeline === lifeline) && (!kinds || kinds.includes(a.kind)))
        .map((asset) => ({ asset, distance_m: distanceToM(place, asset.geometry) }))
        .filter((near) => near.distance_m <= reach_m)
        .sort((a, b) => a.distance_m - b.distance_m || a.asset.id - b.asset.id)
        .slice(0, Math.min(limit, limit_max))
    },
    bounds: tree ? [tree.minX, tree.minY, tree.maxX, tree.maxY] : null,
    center: tree ? densest(list, [tree.minX, tree.minY, tree.maxX, tree.maxY]) : null,
  }
}

/** The middle of the fullest of 16 × 16 cells: a map that opens there shows something. */
function densest(list: readonly CensusAsset[], [west, south, east, north]: Box): LonLat {
  const cells = 16
  const cell = (value: number, low: number, high: number) =>
    high > low ? Math.min(cells - 1, Math.floor(((value - low) / (high - low)) * cells)) : 0
  const sums = new Map<number, { n: number; lon: number; lat: number }>()
  for (const asset of list) {
    const [lon, lat] = middleOf(asset.geometry)
    const key = cell(lat, south, north) * cells + cell(lon, west, east)
    const sum = sums.get(key) ?? { n: 0, lon: 0, lat: 0 }
    sums.set(key, { n: sum.n + 1, lon: sum.lon + lon, lat: sum.lat + lat })
  }
  const fullest = [...sums.values()].reduce((a, b) => (b.n > a.n ? b : a))
  return [fullest.lon / fullest.n, fullest.lat / fullest.n]
}
