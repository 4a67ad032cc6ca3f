/** Live status of every point on the map: clusters from afar, points from near, and what changes in a view. */
import Flatbush from "flatbush"
import { covers, type Scope } from "../../model/index.ts"
import type { Latest } from "../../platform/series/index.ts"
import { drawTile, scopeKey, type Tile, type TileAt, type TileFeature, tileBox } from "../census/index.ts"
import type { PointRecord } from "../monitoring/index.ts"

/** From this zoom on, tiles show single points. */
export const point_zoom_min = 13
/** Edge of a cluster's cell as a power of two of the tile's: 8 × 8 cells. */
const cells = 8
/** Points of one view that are followed; of a view with more, those nearest to its middle. */
export const view_points_max = 20_000
/** A tile of clusters is drawn anew when it is older than this, ms of wall time. */
const tile_age_ms = 2000
const tiles_max = 2000

export type PointMapSources = {
  /** All points, in a map that is replaced when the registry changes. */
  points(): ReadonlyMap<number, PointRecord>
  latestOf(points: readonly number[]): Latest[]
  /** Severity (1 worst … 4) of the worst open alarm of each point that has one. */
  severities(): ReadonlyMap<number, number>
  wall(): number
}

/** Columns of what changed in a view: state is the device's, severity 0 is no alarm. */
export type StatusChange = {
  points: number[]
  severity: number[]
  state: string[]
  value: (number | null)[]
  time: number[]
}
export type PointMap = {
  tile(scopes: readonly Scope[], at: TileAt): Tile
  /** Follows the points of a box; `changes` gives what is new since the last call, or null. */
  follow(scopes: readonly Scope[], box: [number, number, number, number]): { changes(): StatusChange | null }
}

type Placed = { index: Flatbush | null; points: PointRecord[] }

export function createPointMap(sources: PointMapSources): PointMap {
  let of: ReadonlyMap<number, PointRecord> | null = null
  let placed: Placed = { index: null, points: [] }
  const tiles = new Map<string, { tile: Tile; made: number }>()

  /** The index of places, built anew when the registry was replaced. */
  function place(): Placed {
    if (of === sources.points()) return placed
    of = sources.points()
    tiles.clear()
    const points = [...of.values()].filter((p) => p.lon !== null && p.lat !== null)
    if (points.length === 0) {
      placed = { index: null, points }
      return placed
    }
    const index = new Flatbush(points.length)
    for (const p of points) index.add(p.lon!, p.lat!, p.lon!, p.lat!)
    index.finish()
    placed = { index, points }
    return placed
  }

  const within = (box: readonly number[], scopes: readonly Scope[]): PointRecord[] => {
    const { index, points } = place()
    if (!index) return []
    const all = scopeKey(scopes) === "all"
    const found: PointRecord[] = []
    for (const i of index.search(box[0]!, box[1]!, box[2]!, box[3]!)) {
      const point = points[i]!
      if (all || covers(scopes, point.device)) found.push(point)
    }
    return found
  }

  function tile(scopes: readonly Scope[], at: TileAt): Tile {
    const key = `${scopeKey(scopes)}/${at.z}/${at.x}/${at.y}`
    const known = tiles.get(key)
    place()
    if (known && sources.wall() - known.made < tile_age_ms) return known.tile
    const points = within(tileBox(at), scopes)
    const made = drawTile(
      at,
      at.z >= point_zoom_min
        ? { point: points.map(pointFeature) }
        : { cluster: clusterFeatures(at, points, sources.severities()) },
    )
    if (tiles.size >= tiles_max) tiles.delete(tiles.keys().next().value!)
    tiles.set(key, { tile: made, made: sources.wall() })
    return made
  }

  function follow(scopes: readonly Scope[], box: [number, number, number, number]) {
    const middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] as const
    const far = (p: PointRecord) => (p.lon! - middle[0]) ** 2 + (p.lat! - middle[1]) ** 2
    let points = within(box, scopes)
    if (points.length > view_points_max) points = points.sort((a, b) => far(a) - far(b)).slice(0, view_points_max)
    const ids = points.map((p) => p.id)
    const row_of = new Map(ids.map((id, i) => [id, i]))
    const time = new Float64Array(ids.length)
    const value = new Float64Array(ids.length).fill(Number.NaN)
    const severity = new Int8Array(ids.length).fill(-1)
    const state: string[] = ids.map(() => "")
    return {
      changes(): StatusChange | null {
        const changed = new Set<number>()
        for (const l of sources.latestOf(ids)) {
          const i = row_of.get(l.point)!
          if (time[i] === l.time && value[i] === l.value) continue
          time[i] = l.time
          value[i] = l.value
          changed.add(i)
        }
        const worst = sources.severities()
        for (const [i, p] of points.entries()) {
          const now = worst.get(p.id) ?? 0
          if (severity[i] === now && state[i] === p.device.state) continue
          severity[i] = now
          state[i] = p.device.state
          changed.add(i)
        }
        if (changed.size === 0) return null
        const rows = [...changed]
        return {
          points: rows.map((i) => ids[i]!),
          severity: rows.map((i) => severity[i]!),
          state: rows.map((i) => state[i]!),
          value: rows.map((i) => (Number.isNaN(value[i]!) ? null : value[i]!)),
          time: rows.map((i) => time[i]!),
        }
      },
    }
  }
  return { tile, follow }
}

const pointFeature = (p: PointRecord): TileFeature => ({
  id: p.id,
  geometry: { type: "Point", coordinates: [p.lon!, p.lat!] },
  properties: { id: p.id, lifeline: p.device.lifeline, indicator: p.indicator, code: p.device.code },
})

type Cell = { lon: number; lat: number; count: number; worst: number; silent: number; lifelines: Map<string, number> }

/** One feature for each cell of the tile that holds points, at the mean of their places; it says what is inside. */
function clusterFeatures(at: TileAt, points: readonly PointRecord[], severities: ReadonlyMap<number, number>) {
  const n = 2 ** at.z * cells
  const found = new Map<number, Cell>()
  for (const p of points) {
    const column = Math.floor(((p.lon! + 180) / 360) * n)
    const row = Math.floor(((1 - Math.asinh(Math.tan((p.lat! * Math.PI) / 180)) / Math.PI) / 2) * n)
    // A cell belongs to one tile only: those of the buffer are another's.
    if (Math.floor(column / cells) !== at.x || Math.floor(row / cells) !== at.y) continue
    const key = row * n + column
    const cell = found.get(key) ?? { lon: 0, lat: 0, count: 0, worst: 0, silent: 0, lifelines: new Map() }
    found.set(key, cell)
    cell.count++
    cell.lon += p.lon!
    cell.lat += p.lat!
    const severity = severities.get(p.id) ?? 0
    if (severity > 0 && (cell.worst === 0 || severity < cell.worst)) cell.worst = severity
    if (p.device.state === "silent") cell.silent++
    cell.lifelines.set(p.device.lifeline, (cell.lifelines.get(p.device.lifeline) ?? 0) + 1)
  }
  return [...found.values()].map(
    (c): TileFeature => ({
      geometry: { type: "Point", coordinates: [c.lon / c.count, c.lat / c.count] },
      properties: {
        count: c.count,
        worst: c.worst,
        silent: c.silent,
        lifelines: JSON.stringify(Object.fromEntries(c.lifelines)),
      },
    }),
  )
}
