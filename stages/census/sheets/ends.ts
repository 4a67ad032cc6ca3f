/** Lines whose ends nobody named get them where ends meet each other or points of the same lifeline. */
import type { AssetKind, Geometry, LonLat } from "../../../model/index.ts"
import { countingRows } from "./read.ts"
import { rowsOf } from "./rows.ts"
import type { Sheet } from "./types.ts"

/** Ends nearer than this are the same place, m. */
const snap_m = 0.01
const degree_m = 111_195.08

export type EndNode = { lifeline: string; kind: string; code: string; place: LonLat; sheet: Sheet }
export type Joined = {
  /** Codes of both ends of a line that its row does not name. */
  ends(sheet: Sheet, i: number): { from_node: string; to_node: string } | null
  /** The straight line between the points that a row without geometry names. */
  between(sheet: Sheet, i: number): Geometry | null
  /** Points made of ends where no row gives one. */
  nodes: EndNode[]
}

const hasEnds = (kind: AssetKind): boolean =>
  kind.geometry === "line" && ["from_node", "to_node"].every((id) => kind.attributes.some((one) => one.id === id))

export function joinEnds(sheets: readonly Sheet[], geometry: (sheet: Sheet, i: number) => Geometry | null): Joined {
  const points = new Map<string, { grid: Grid; byCode: Map<string, LonLat> }>()
  const of = (lifeline: string) => {
    const known = points.get(lifeline) ?? { grid: openGrid(), byCode: new Map<string, LonLat>() }
    points.set(lifeline, known)
    return known
  }
  for (const sheet of sheets) {
    if (sheet.known.kind.geometry !== "point") continue
    const { grid, byCode } = of(sheet.known.lifeline.id)
    const rows = rowsOf(sheet)
    for (const i of countingRows(sheet)) {
      const code = rows.code(i)
      const placed = code === "" ? null : geometry(sheet, i)
      if (placed?.type !== "Point") continue
      byCode.set(code, placed.coordinates)
      if (grid.find(placed.coordinates) === null) grid.put(placed.coordinates, code)
    }
  }
  const nodes: EndNode[] = []
  const named = new Map<Sheet, Map<number, [string, string]>>()
  for (const sheet of sheets) {
    if (!hasEnds(sheet.known.kind)) continue
    const { lifeline } = sheet.known
    const { grid, byCode } = of(lifeline.id)
    const rows = rowsOf(sheet)
    const mine = new Map<number, [string, string]>()
    named.set(sheet, mine)
    const nodeAt = (place: LonLat): string => {
      const found = grid.find(place)
      if (found !== null) return found
      let code = `N${place[0].toFixed(7)},${place[1].toFixed(7)}`
      for (let n = 2; byCode.has(code); n++) code = `N${place[0].toFixed(7)},${place[1].toFixed(7)}#${n}`
      byCode.set(code, place)
      grid.put(place, code)
      const kind = lifeline.survey?.point_kind
      if (kind !== undefined) nodes.push({ lifeline: lifeline.id, kind, code, place, sheet })
      return code
    }
    for (const i of countingRows(sheet)) {
      const [from, to] = [rows.text(i, "from_node"), rows.text(i, "to_node")]
      if (from !== "" && to !== "") continue
      const placed = geometry(sheet, i)
      if (placed?.type !== "LineString") continue
      mine.set(i, [from || nodeAt(placed.coordinates[0]!), to || nodeAt(placed.coordinates.at(-1)!)])
    }
  }
  return {
    nodes,
    ends(sheet, i) {
      const pair = named.get(sheet)?.get(i)
      return pair ? { from_node: pair[0], to_node: pair[1] } : null
    },
    between(sheet, i) {
      if (!hasEnds(sheet.known.kind)) return null
      const rows = rowsOf(sheet)
      const { byCode } = of(sheet.known.lifeline.id)
      const [from, to] = [byCode.get(rows.text(i, "from_node")), byCode.get(rows.text(i, "to_node"))]
      if (!from || !to || (from[0] === to[0] && from[1] === to[1])) return null
      return { type: "LineString", coordinates: [from, to] }
    },
  }
}

type Grid = { find(place: LonLat): string | null; put(place: LonLat, code: string): void }

/** Twice the reach from south to north; from west to east twice the reach at 85° of latitude. In degrees. */
const cell_lat = (2 * snap_m) / degree_m
const cell_lon = cell_lat / 0.087
/** Cells far apart may share a key: distances tell their places apart. */
const wrap = 2 ** 26

/** Places by cells so large that what is within reach lies in the nearest four. */
function openGrid(): Grid {
  const first = new Map<number, number>()
  const next: number[] = []
  const lon: number[] = []
  const lat: number[] = []
  const codes: string[] = []
  const keyOf = (x: number, y: number) => (((x % wrap) + wrap) % wrap) * wrap + (((y % wrap) + wrap) % wrap)
  const nearIn = (key: number, place: LonLat, k: number): number => {
    for (let i = first.get(key) ?? -1; i >= 0; i = next[i]!)
      if (Math.hypot((lon[i]! - place[0]) * k, lat[i]! - place[1]) * degree_m <= snap_m) return i
    return -1
  }
  return {
    find(place) {
      const k = Math.cos((place[1] * Math.PI) / 180)
      const [fx, fy] = [place[0] / cell_lon, place[1] / cell_lat]
      const [x, y] = [Math.floor(fx), Math.floor(fy)]
      const [dx, dy] = [fx - x < 0.5 ? -1 : 1, fy - y < 0.5 ? -1 : 1]
      for (const cx of [x, x + dx])
        for (const cy of [y, y + dy]) {
          const found = nearIn(keyOf(cx, cy), place, k)
          if (found >= 0) return codes[found]!
        }
      return null
    },
    put(place, code) {
      const key = keyOf(Math.floor(place[0] / cell_lon), Math.floor(place[1] / cell_lat))
      next.push(first.get(key) ?? -1)
      first.set(key, codes.length)
      lon.push(place[0])
      lat.push(place[1])
      codes.push(code)
    },
  }
}
