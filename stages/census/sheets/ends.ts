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

/** Places by cells of the snapping distance. */
function openGrid(): Grid {
  const cells = new Map<string, { place: LonLat; code: string }[]>()
  // Cells are as wide in longitude as they are at the place's latitude, by rows of a degree.
  const shrink = (lat: number) => Math.max(0.01, Math.cos((Math.trunc(lat) * Math.PI) / 180))
  const cellOf = ([lon, lat]: LonLat): [number, number] => [
    Math.floor((lon * shrink(lat) * degree_m) / snap_m),
    Math.floor((lat * degree_m) / snap_m),
  ]
  return {
    find(place) {
      const [x, y] = cellOf(place)
      const k = Math.cos((place[1] * Math.PI) / 180)
      for (let dx = -1; dx <= 1; dx++)
        for (let dy = -1; dy <= 1; dy++)
          for (const other of cells.get(`${x + dx} ${y + dy}`) ?? []) {
            const [lon, lat] = other.place
            if (Math.hypot((lon - place[0]) * k, lat - place[1]) * degree_m <= snap_m) return other.code
          }
      return null
    },
    put(place, code) {
      const key = cellOf(place).join(" ")
      const there = cells.get(key)
      if (there) there.push({ place, code })
      else cells.set(key, [{ place, code }])
    },
  }
}
