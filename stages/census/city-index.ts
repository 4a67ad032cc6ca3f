/**
 * The census in memory: every current asset by id, code and place. Loaded whole, then kept up row by row: changed assets
 * are added behind the others and found by looking through them, until there are so many that the tree is built anew.
 */
import Flatbush from "flatbush"
import type { Geometry, LonLat } from "../../model/index.ts"
import { type Box, boxAround } from "./geometry.ts"
import { codeTable } from "./map/codes.ts"
import { type Columns, newColumns } from "./map/columns.ts"
import { rowDistanceM } from "./map/distance.ts"

/** A current asset as kept in memory; its attributes stay in the database. The geometry is made when it is read. */
export type CensusAsset = {
  id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  owner_id: number | null
  readonly geometry: Geometry
  lon_lat: LonLat
  length_m: number | null
  /** Nominal diameter where the asset has one. */
  dn_mm: number | null
  area_ids: readonly number[]
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
  columns: Columns
  areas: ReadonlyMap<number, CensusArea>
  asset(id: number): CensusAsset | undefined
  assetAt(row: number): CensusAsset
  rowOf(id: number): number | undefined
  all(): IterableIterator<CensusAsset>
  byCode(lifeline: string, code: string): CensusAsset | undefined
  areaByCode(code: string): CensusArea | undefined
  /** Live rows whose boxes touch the box. */
  rowsWithin(box: Box): number[]
  within(box: Box): CensusAsset[]
  nearest(place: LonLat, query: NearQuery): Near[]
  bounds: Box | null
  center: LonLat | null
  /**
   * Takes what is now true of some assets: rows added to `columns` since the last call replace those of the same id, and
   * `gone` are no longer there. Returns the boxes of all these, before and after.
   */
  follow(gone: readonly number[], areas: readonly CensusArea[]): Box[]
  /** Rows looked through one by one, and rows that are dead: both grow with every change until the next reload. */
  readonly loose: number
}

const reach_m_max = 50_000
const limit_max = 1_000
const first_reach_m = 200
/** Changed rows beside the tree; looking through so many takes about 0.1 ms. */
const loose_max = 20_000

export const emptyIndex = (): CityIndex => cityIndex(newColumns(0), [])

/** Takes over `columns`, whose rows must come in rising order of id. */
export function cityIndex(columns: Columns, areaList: readonly CensusArea[]): CityIndex {
  const loaded = columns.rows
  let areas = new Map(areaList.map((area) => [area.id, area]))
  let areaCodes = new Map(areaList.map((area) => [area.code, area]))
  let tree = treeOf(columns)
  let followed = loaded
  /** First row that the tree does not hold, and the boxes of those behind it. */
  let loose_from = loaded
  let loose: number[] = []
  const laterRows = new Map<number, number>()
  const codes = codeTable(columns)

  function rowOf(id: number): number | undefined {
    const later = laterRows.get(id)
    if (later !== undefined) return columns.isDead(later) ? undefined : later
    let [low, high] = [0, loaded - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = columns.id(middle)
      if (found === id) return columns.isDead(middle) ? undefined : middle
      if (found < id) low = middle + 1
      else high = middle - 1
    }
    return undefined
  }

  function assetAt(row: number): CensusAsset {
    const { lifeline, kind, owner_id, area_ids } = columns.group(row)
    const [length_m, dn_mm] = [columns.length(row), columns.dn(row)]
    return {
      id: columns.id(row),
      lifeline,
      kind,
      code: columns.code(row),
      name: columns.name(row),
      owner_id,
      get geometry() {
        return columns.geometry(row)
      },
      lon_lat: [columns.lon(row), columns.lat(row)],
      length_m: Number.isNaN(length_m) ? null : length_m,
      dn_mm: Number.isNaN(dn_mm) ? null : dn_mm,
      area_ids,
    }
  }

  function rowsWithin([west, south, east, north]: Box): number[] {
    const found = (tree?.search(west, south, east, north) ?? []).filter((row) => !columns.isDead(row))
    for (let i = 0, row = loose_from; i < loose.length; i += 4, row++)
      if (
        loose[i]! <= east &&
        loose[i + 2]! >= west &&
        loose[i + 1]! <= north &&
        loose[i + 3]! >= south &&
        !columns.isDead(row)
      )
        found.push(row)
    return found
  }

  function nearest(place: LonLat, { lifeline, kinds, max_m, limit }: NearQuery): Near[] {
    const most = Math.min(limit, limit_max)
    const reach_max_m = Math.min(max_m, reach_m_max)
    const fits = columns.groups.map(
      (k) => (lifeline === undefined || k.lifeline === lifeline) && (!kinds || kinds.includes(k.kind)),
    )
    // The city is full: a narrow look finds enough nearly always.
    for (let reach_m = Math.min(first_reach_m, reach_max_m); ; reach_m = Math.min(4 * reach_m, reach_max_m)) {
      const found: { row: number; distance_m: number }[] = []
      for (const row of rowsWithin(boxAround(place, reach_m))) {
        if (!fits[columns.groupNumber(row)]) continue
        const distance_m = rowDistanceM(columns, row, place)
        if (distance_m <= reach_m) found.push({ row, distance_m })
      }
      if (found.length < most && reach_m < reach_max_m) continue
      return found
        .sort((a, b) => a.distance_m - b.distance_m || columns.id(a.row) - columns.id(b.row))
        .slice(0, most)
        .map(({ row, distance_m }) => ({ asset: assetAt(row), distance_m }))
    }
  }

  const index: CityIndex = {
    columns,
    get areas() {
      return areas
    },
    asset(id) {
      const row = rowOf(id)
      return row === undefined ? undefined : assetAt(row)
    },
    assetAt,
    rowOf,
    *all() {
      for (let row = 0; row < columns.rows; row++) if (!columns.isDead(row)) yield assetAt(row)
    },
    byCode(lifeline, code) {
      const row = codes.find(lifeline, code)
      return row === undefined ? undefined : assetAt(row)
    },
    areaByCode: (code) => areaCodes.get(code),
    rowsWithin,
    within: (box) => rowsWithin(box).map(assetAt),
    nearest,
    bounds: tree ? [tree.minX, tree.minY, tree.maxX, tree.maxY] : null,
    center: tree ? densest(columns, [tree.minX, tree.minY, tree.maxX, tree.maxY]) : null,
    follow(gone, areaRows) {
      areas = new Map(areaRows.map((area) => [area.id, area]))
      areaCodes = new Map(areaRows.map((area) => [area.code, area]))
      const touched: Box[] = []
      const bury = (id: number) => {
        const row = rowOf(id)
        if (row === undefined) return
        touched.push(columns.box(row))
        columns.kill(row)
      }
      gone.forEach(bury)
      for (let row = followed; row < columns.rows; row++) {
        bury(columns.id(row))
        laterRows.set(columns.id(row), row)
        codes.add(row)
        const box = columns.box(row)
        touched.push(box)
        loose.push(...box)
        index.bounds = index.bounds ? union(index.bounds, box) : box
      }
      followed = columns.rows
      if (loose.length > 4 * loose_max) {
        tree = treeOf(columns)
        loose_from = columns.rows
        loose = []
      }
      if (!index.center && index.bounds) index.center = densest(columns, index.bounds)
      return touched
    },
    get loose() {
      return loose.length / 4
    },
  }
  return index
}

const union = (a: Box, b: Box): Box => [
  Math.min(a[0], b[0]),
  Math.min(a[1], b[1]),
  Math.max(a[2], b[2]),
  Math.max(a[3], b[3]),
]

/** All rows, dead ones too, so that an item's number is its row. */
function treeOf(columns: Columns): Flatbush | null {
  if (columns.live === 0) return null
  const tree = new Flatbush(columns.rows)
  for (let row = 0; row < columns.rows; row++) {
    const [west, south, east, north] = columns.box(row)
    tree.add(west, south, east, north)
  }
  tree.finish()
  return tree
}

/** The middle of the fullest of 16 × 16 cells: a map that opens there shows something. */
function densest(columns: Columns, [west, south, east, north]: Box): LonLat {
  const cells = 16
  const cell = (value: number, low: number, high: number) =>
    high > low ? Math.min(cells - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * cells))) : 0
  const [n, lon, lat] = [0, 1, 2].map(() => new Float64Array(cells * cells)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  for (let row = 0; row < columns.rows; row++) {
    if (columns.isDead(row)) continue
    const [x, y] = [columns.lon(row), columns.lat(row)]
    const at = cell(y, south, north) * cells + cell(x, west, east)
    n[at]!++
    lon[at]! += x
    lat[at]! += y
  }
  const fullest = n.reduce((best, count, at) => (count > n[best]! ? at : best), 0)
  return [lon[fullest]! / n[fullest]!, lat[fullest]! / n[fullest]!]
}
