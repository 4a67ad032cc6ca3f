/** Draws tiles of the census: every asset from near, the useful ones from afar, never more than a tile can carry. */
import { covers, type Scope } from "../../../model/index.ts"
import type { CityIndex } from "../city-index.ts"
import { finished, scopeKey, type Tile, tileBox } from "../tiles.ts"
import type { Block, Blocks } from "./blocks.ts"
import type { Flat } from "./clip.ts"
import { type Columns, shapes } from "./columns.ts"
import { extent, type LayerWriter, tileWriter } from "./mvt.ts"
import { type Frame, frameOf, type TileAt } from "./project.ts"
import { stroke_zoom_max, stroke_zoom_min, world_units } from "./strokes.ts"

/** The most that one tile draws of each layer; editable defaults that keep a tile under 50 ms and about 1 MB. */
export const budget = { lines: 8_000, points: 8_000, areas: 4_000, strokes: 6_000, bytes: 1_500_000 }
/** The map shows points from the zoom behind this one; here crowded ones are thinned sooner. */
const early_zoom = 14
const early_points = 2_500
/** From afar, up to so many assets are drawn one by one with all they have; a small city always is. */
const single_max = 5_000
/** Points closer than this are one, where there are more than the tile carries. */
const point_cell = (4 * extent) / 512

/** What may be seen, by the number of a row's group. */
export type Seen = (group: number) => boolean

/** Remembers for each group of rows whether `scopes` cover it. */
export function seenBy(scopes: readonly Scope[], columns: Columns): Seen {
  if (scopeKey(scopes) === "all") return () => true
  const known: (boolean | undefined)[] = []
  return (group) => {
    known[group] ??= covers(scopes, columns.groups[group]!)
    return known[group]
  }
}

export type Sources = { index: CityIndex; blocks: Blocks; classOf(lifeline: string): string }

export function censusTile(sources: Sources, scopes: readonly Scope[], at: TileAt): Tile {
  const { columns } = sources.index
  const seen = seenBy(scopes, columns)
  const writer = tileWriter()
  const layers: Layers = { line: writer.layer("line"), point: writer.layer("point"), area: writer.layer("area") }
  const frame = frameOf(at)
  const near = nearRows(sources, at)
  const tell = teller(sources, at.z <= early_zoom && (near?.length ?? 0) > single_max)
  if (near) {
    const rows = { line: [] as number[], point: [] as number[], area: [] as number[] }
    for (const row of near) {
      if (!seen(columns.groupNumber(row))) continue
      const shape = columns.shape(row)
      rows[shape === shapes.line ? "line" : shape === shapes.point ? "point" : "area"].push(row)
    }
    drawLines(layers.line, frame, columns, widest(columns, rows.line), tell)
    drawPoints(layers.point, frame, columns, rows.point, tell, at.z <= early_zoom ? early_points : budget.points)
    drawAreas(layers.area, frame, columns, rows.area, tell)
  } else {
    const blocks = sources.blocks.within(tileBox(at))
    drawStrokes(layers.line, sources, blocks, seen, at, tell)
    const areas = blocks.flatMap((block) => [...block.areas.subarray(0, Math.ceil(budget.areas / blocks.length))])
    drawAreas(
      layers.area,
      frame,
      columns,
      areas.filter((row) => !columns.isDead(row) && seen(columns.groupNumber(row))),
      tell,
    )
  }
  return finished(writer.finish())
}

/** Rows of a tile that is drawn asset by asset; null where it is drawn from strokes. */
function nearRows({ index, blocks }: Sources, at: TileAt): number[] | null {
  const box = tileBox(at)
  if (at.z > stroke_zoom_max) return index.rowsWithin(box)
  let held = 0
  for (const block of blocks.within(box)) held += block.lines.length + block.areas.length + block.points
  return held <= single_max ? index.rowsWithin(box) : null
}

/**
 * At most `limit` rows in a tile for drawings other than the census' own; from afar lines only, the widest of each block.
 */
export function rowsForTile({ index, blocks }: Sources, at: TileAt, seen: Seen, limit: number): number[] {
  const { columns } = index
  const near = nearRows({ index, blocks, classOf: String }, at)
  const shown = (row: number) => !columns.isDead(row) && seen(columns.groupNumber(row))
  if (near) {
    const rows = near.filter(shown)
    return rows.length <= limit ? rows : widest(columns, rows).slice(0, limit)
  }
  const found = blocks.within(tileBox(at))
  const rows = found.map((block) => block.lines.filter(shown))
  const total = rows.reduce((sum, list) => sum + list.length, 0)
  const share = Math.min(1, limit / Math.max(1, total))
  return rows.flatMap((list) => [...list.subarray(0, Math.ceil(share * list.length))]).slice(0, limit)
}

type Layers = { line: LayerWriter; point: LayerWriter; area: LayerWriter }
type Tell = (layer: LayerWriter, row: number, whole: boolean) => void

/** Says what a feature is; `whole` where it is one asset. Codes and names wait for the next zoom where it is `crowded`. */
function teller({ index: { columns }, classOf }: Sources, crowded: boolean): Tell {
  return (layer, row, whole) => {
    const number = columns.groupNumber(row)
    if (whole) layer.unique("id", columns.id(row))
    layer.shared(number, () => {
      const { lifeline, kind } = columns.groups[number]!
      layer.property("lifeline", lifeline)
      layer.property("kind", kind)
      layer.property("class", classOf(lifeline))
    })
    if (whole && !crowded) {
      const code = columns.code(row)
      if (code !== null) layer.unique("code", code)
      layer.property("name", columns.name(row))
    }
    const dn = columns.dn(row)
    if (!Number.isNaN(dn)) layer.property("dn", dn)
  }
}

/** All rows in their order where the tile carries them, else the widest; of equal ones some from everywhere. */
function widest(columns: Columns, rows: number[]): number[] {
  if (rows.length <= budget.lines) return rows
  return rows.sort((a, b) => (columns.dn(b) || 0) - (columns.dn(a) || 0) || scattered(a) - scattered(b))
}
/** A fixed order without neighbourhood: Knuth's multiplicative hash. */
const scattered = (row: number): number => Math.imul(row, 0x9e3779b1) >>> 0

const full = (layer: LayerWriter, most: number) => layer.count >= most || layer.bytes >= budget.bytes

function flatOf(frame: Frame, xy: Float64Array, from: number, to: number): Flat {
  const line: Flat = []
  for (let i = from; i < to; i += 2) line.push(frame.x(xy[i]!), frame.y(xy[i + 1]!))
  return line
}

function drawLines(layer: LayerWriter, frame: Frame, columns: Columns, rows: readonly number[], tell: Tell): void {
  const xy = columns.xy()
  for (const row of rows) {
    if (full(layer, budget.lines)) break
    const parts = frame.parts(flatOf(frame, xy, columns.start(row), columns.end(row)))
    if (parts.length === 0) continue
    tell(layer, row, true)
    layer.line(columns.id(row), parts)
  }
}

function drawPoints(
  layer: LayerWriter,
  frame: Frame,
  columns: Columns,
  rows: readonly number[],
  tell: Tell,
  most: number,
): void {
  const crowded = rows.length > most
  const taken = new Set<number>()
  for (const row of rows) {
    if (full(layer, most)) break
    const [x, y] = [frame.x(columns.lon(row)), frame.y(columns.lat(row))]
    if (!frame.holds(x, y)) continue
    if (crowded) {
      const cell = (Math.floor(y / point_cell) + 1024) * 4096 + Math.floor(x / point_cell) + 1024
      if (taken.has(cell)) continue
      taken.add(cell)
    }
    tell(layer, row, true)
    layer.point(columns.id(row), x, y)
  }
}

function drawAreas(layer: LayerWriter, frame: Frame, columns: Columns, rows: readonly number[], tell: Tell): void {
  const xy = columns.xy()
  for (const row of rows) {
    if (full(layer, budget.areas)) break
    const start = columns.start(row)
    const ends = columns.ringEnds(row)
    const rings = ends.map((end, i) =>
      frame.ring(flatOf(frame, xy, start + 2 * (i === 0 ? 0 : ends[i - 1]!), start + 2 * end)),
    )
    if ((rings[0]?.length ?? 0) === 0) continue
    tell(layer, row, true)
    layer.area(columns.id(row), rings)
  }
}

/** Lines of the blocks, the same share of each where the tile cannot carry all. */
function drawStrokes(
  layer: LayerWriter,
  { index: { columns }, blocks }: Sources,
  found: readonly Block[],
  seen: Seen,
  at: TileAt,
  tell: Tell,
): void {
  const z = Math.max(stroke_zoom_min, at.z)
  const lists = found.map((block) => {
    const strokes = blocks.strokes(block, z)
    const shown: number[] = []
    for (let i = 0; i < strokes.count; i++) if (seen(columns.groupNumber(strokes.row[i]!))) shown.push(i)
    return { strokes, shown }
  })
  const total = lists.reduce((sum, { shown }) => sum + shown.length, 0)
  const share = Math.min(1, budget.strokes / Math.max(1, total))
  const scale = (2 ** at.z * extent) / world_units
  const [left, top] = [at.x * extent, at.y * extent]
  const frame = frameOf(at)
  for (const { strokes, shown } of lists)
    for (const i of shown.slice(0, Math.ceil(share * shown.length))) {
      if (layer.bytes >= budget.bytes) return
      const line: Flat = []
      for (let k = i === 0 ? 0 : strokes.ends[i - 1]!; k < strokes.ends[i]!; k += 2)
        line.push(strokes.xy[k]! * scale - left, strokes.xy[k + 1]! * scale - top)
      const parts = frame.parts(line)
      if (parts.length === 0) continue
      const row = strokes.row[i]!
      const whole = strokes.single[i] === 1
      tell(layer, row, whole)
      layer.line(whole ? columns.id(row) : undefined, parts)
    }
}
