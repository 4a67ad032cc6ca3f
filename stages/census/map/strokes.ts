/**
 * Lines as they are seen from afar: segments that go straight on become one line, and of lines that fall on the same few
 * pixels only the first is drawn, the widest and longest first. Done for each block of the map and each kind, owner and
 * areas apart, so that who sees a part of the city sees that part whole.
 */

import { simplify } from "./clip.ts"
import { type Columns, shapes } from "./columns.ts"
import { mercatorX, mercatorY } from "./mercator.ts"
import { extent } from "./mvt.ts"

/** Lines of one zoom, the most useful first; positions in units of 2^28 round the world. */
export type Strokes = {
  count: number
  /** A row that has the line's lifeline, kind, owner, areas and diameter; its own line where `single`. */
  row: Uint32Array
  single: Uint8Array
  ends: Uint32Array
  xy: Int32Array
}
type Stroke = { row: number; single: boolean; group: number; dn: number; length: number; xy: number[] }

/** Zooms that have strokes; deeper ones draw every asset. */
export const stroke_zoom_min = 8
export const stroke_zoom_max = 13
export const world_units = 2 ** 28
const units_px = extent / 512
/** Edge of the cells of which a line must fill new ones, and the share of new cells it must have. */
const cell_px = (z: number) => (z >= 13 ? 2 : z >= 12 ? 3 : 4)
const new_share = 0.4
/** Segments are one line where they turn by less than 40°. */
const straight = Math.cos((40 * Math.PI) / 180)

/** Strokes of the given rows for the zooms 8 … 13, in this order. */
export function strokesOf(columns: Columns, rows: ArrayLike<number>): Strokes[] {
  let strokes = joined(columns, rows)
  const zooms: Strokes[] = []
  for (let z = stroke_zoom_max; z >= stroke_zoom_min; z--) {
    strokes = thinned(strokes, z)
    zooms.unshift(packed(strokes))
  }
  return zooms
}

function joined(columns: Columns, rows: ArrayLike<number>): Stroke[] {
  const n = rows.length
  const positions = columns.xy()
  const nodes = new Map<number, number>()
  // Ends are the same within about 0.1 m. Counted from the first row, both numbers fit into one.
  const [lon_0, lat_0] = n > 0 ? [columns.lon(rows[0]!), columns.lat(rows[0]!)] : [0, 0]
  const nodeOf = (lon: number, lat: number): number => {
    const key = (Math.round((lon - lon_0) * 1e6) + 2 ** 25) * 2 ** 26 + Math.round((lat - lat_0) * 1e6) + 2 ** 25
    let node = nodes.get(key)
    if (node === undefined) {
      node = nodes.size
      nodes.set(key, node)
    }
    return node
  }
  const group = new Uint32Array(n)
  /** Of segment i, its start is half 2i and its end 2i + 1; halves of one node are chained. */
  const node = new Int32Array(2 * n)
  for (let i = 0; i < n; i++) {
    const row = rows[i]!
    const [start, end] = [columns.start(row), columns.end(row)]
    group[i] = columns.groupNumber(row)
    node[2 * i] = nodeOf(positions[start]!, positions[start + 1]!)
    node[2 * i + 1] = nodeOf(positions[end - 2]!, positions[end - 1]!)
  }
  const head = new Int32Array(nodes.size).fill(-1)
  const next = new Int32Array(2 * n)
  for (let half = 2 * n - 1; half >= 0; half--) {
    next[half] = head[node[half]!]!
    head[node[half]!] = half
  }
  const used = new Uint8Array(n)
  const flat = (i: number): number[] => {
    const row = rows[i]!
    const out: number[] = []
    for (let k = columns.start(row); k < columns.end(row); k += 2)
      out.push(mercatorX(positions[k]!) * world_units, mercatorY(positions[k + 1]!) * world_units)
    return out
  }
  /** Goes on from the open end of `line` at half `from` as long as one segment goes on nearly straight. */
  const goOn = (line: number[], from: number): number => {
    let taken = 0
    for (let at = from; ; ) {
      const i = at >> 1
      let best = -1
      let best_turn = straight
      const size = line.length
      const [dx, dy] = [line[size - 2]! - line[size - 4]!, line[size - 1]! - line[size - 3]!]
      for (let half = head[node[at]!]!; half >= 0; half = next[half]!) {
        const j = half >> 1
        if (used[j] === 1 || group[j] !== group[i] || !sameDn(columns, rows[i]!, rows[j]!)) continue
        const row = rows[j]!
        const [a, b] =
          (half & 1) === 0 ? [columns.start(row), columns.start(row) + 2] : [columns.end(row) - 2, columns.end(row) - 4]
        const ex = mercatorX(positions[b]!) * world_units - mercatorX(positions[a]!) * world_units
        const ey = mercatorY(positions[b + 1]!) * world_units - mercatorY(positions[a + 1]!) * world_units
        const turn = (dx * ex + dy * ey) / Math.sqrt((dx * dx + dy * dy) * (ex * ex + ey * ey))
        if (turn > best_turn) {
          best_turn = turn
          best = half
        }
      }
      if (best < 0) return taken
      used[best >> 1] = 1
      taken++
      const more = flat(best >> 1)
      if ((best & 1) === 0) for (let k = 2; k < more.length; k++) line.push(more[k]!)
      else for (let k = more.length - 4; k >= 0; k -= 2) line.push(more[k]!, more[k + 1]!)
      at = best ^ 1
    }
  }
  const strokes: Stroke[] = []
  for (let i = 0; i < n; i++) {
    if (used[i] === 1 || columns.shape(rows[i]!) !== shapes.line) continue
    used[i] = 1
    const line = flat(i)
    const ahead = goOn(line, 2 * i + 1)
    const turned = reversed(line)
    const behind = goOn(turned, 2 * i)
    const dn = columns.dn(rows[i]!)
    strokes.push({
      row: rows[i]!,
      single: ahead + behind === 0,
      group: group[i]!,
      dn: Number.isNaN(dn) ? 0 : dn,
      length: lengthOf(turned),
      xy: turned,
    })
  }
  return strokes.sort((a, b) => b.dn - a.dn || b.length - a.length || a.row - b.row)
}

function sameDn(columns: Columns, a: number, b: number): boolean {
  return Object.is(columns.dn(a), columns.dn(b))
}

function thinned(strokes: readonly Stroke[], z: number): Stroke[] {
  const unit = world_units / (2 ** z * extent)
  const cell = cell_px(z) * units_px * unit
  const across = Math.ceil(world_units / cell)
  const seen = new Map<number, Set<number>>()
  const kept: Stroke[] = []
  for (const stroke of strokes) {
    const xy = simplify(stroke.xy, (units_px / 2) * unit)
    const mine = seen.get(stroke.group) ?? new Set<number>()
    seen.set(stroke.group, mine)
    const cells = cellsOf(xy, cell, across)
    let fresh = 0
    for (const c of cells) if (!mine.has(c)) fresh++
    if (fresh === 0 || fresh < new_share * cells.length) continue
    for (const c of cells) mine.add(c)
    kept.push(xy === stroke.xy ? stroke : { ...stroke, xy })
  }
  return kept
}

const cells_max = 4096

/** Cells that a line crosses, by steps of half a cell. */
function cellsOf(xy: readonly number[], cell: number, across: number): number[] {
  const cells: number[] = []
  let last = -1
  const add = (x: number, y: number) => {
    const c = Math.floor(y / cell) * across + Math.floor(x / cell)
    if (c !== last) cells.push(c)
    last = c
  }
  add(xy[0]!, xy[1]!)
  for (let i = 2; i < xy.length && cells.length < cells_max; i += 2) {
    const [ax, ay, bx, by] = [xy[i - 2]!, xy[i - 1]!, xy[i]!, xy[i + 1]!]
    const steps = Math.min(cells_max, Math.ceil((2 * Math.hypot(bx - ax, by - ay)) / cell))
    for (let s = 1; s <= steps; s++) add(ax + ((bx - ax) * s) / steps, ay + ((by - ay) * s) / steps)
  }
  return cells
}

function packed(strokes: readonly Stroke[]): Strokes {
  const count = strokes.length
  const xy = new Int32Array(strokes.reduce((sum, stroke) => sum + stroke.xy.length, 0))
  const ends = new Uint32Array(count)
  let at = 0
  for (const [i, stroke] of strokes.entries()) {
    for (const value of stroke.xy) xy[at++] = Math.round(value)
    ends[i] = at
  }
  return {
    count,
    row: Uint32Array.from(strokes, (stroke) => stroke.row),
    single: Uint8Array.from(strokes, (stroke) => (stroke.single ? 1 : 0)),
    ends,
    xy,
  }
}

function reversed(line: readonly number[]): number[] {
  const turned: number[] = []
  for (let i = line.length - 2; i >= 0; i -= 2) turned.push(line[i]!, line[i + 1]!)
  return turned
}
function lengthOf(line: readonly number[]): number {
  let sum = 0
  for (let i = 2; i < line.length; i += 2) sum += Math.hypot(line[i]! - line[i - 2]!, line[i + 1]! - line[i - 1]!)
  return sum
}
