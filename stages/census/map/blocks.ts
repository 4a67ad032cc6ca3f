/** The city in blocks, each a tile of zoom 13: what is drawn from afar is prepared a block at a time. */
import type { Box } from "../geometry.ts"
import { type Columns, shapes } from "./columns.ts"
import { mercatorX, mercatorY } from "./mercator.ts"
import { type Strokes, stroke_zoom_max, strokesOf } from "./strokes.ts"

export type Block = {
  /** Lines and areas whose middle lies in the block, lines widest first, areas largest first; dead ones included. */
  lines: Uint32Array
  areas: Uint32Array
  points: number
  /** The box of all that it holds. */
  box: Box
  /** By zoom from 8; prepared at the first look, and again after a change. */
  strokes: Strokes[] | null
}
export type Blocks = ReturnType<typeof blocksOf>

const across = 2 ** stroke_zoom_max
const blockOf = (columns: Columns, row: number): number =>
  Math.min(across - 1, Math.floor(mercatorY(columns.lat(row)) * across)) * across +
  Math.min(across - 1, Math.max(0, Math.floor(mercatorX(columns.lon(row)) * across)))

export function blocksOf(columns: Columns) {
  const blocks = new Map<number, Block>()
  let placed = 0

  /** Puts rows that were added to the columns into their blocks. */
  function place(): void {
    const found = new Map<number, number[]>()
    for (let row = placed; row < columns.rows; row++) {
      if (columns.isDead(row)) continue
      const key = blockOf(columns, row)
      const rows = found.get(key)
      if (rows) rows.push(row)
      else found.set(key, [row])
    }
    placed = columns.rows
    for (const [key, rows] of found) fill(key, rows)
  }

  function fill(key: number, added: readonly number[]): void {
    const before = blocks.get(key)
    const live = (rows: Iterable<number>) => [...rows].filter((row) => !columns.isDead(row))
    const lines = live(before?.lines ?? [])
    const areas = live(before?.areas ?? [])
    let points = before?.points ?? 0
    const box: Box = before ? [...before.box] : [Infinity, Infinity, -Infinity, -Infinity]
    for (const row of added) {
      const shape = columns.shape(row)
      if (shape === shapes.point) points++
      else (shape === shapes.line ? lines : areas).push(row)
      const [west, south, east, north] = columns.box(row)
      box[0] = Math.min(box[0], west)
      box[1] = Math.min(box[1], south)
      box[2] = Math.max(box[2], east)
      box[3] = Math.max(box[3], north)
    }
    const wide = (row: number) => columns.dn(row) || 0
    const size = (row: number) => {
      const [west, south, east, north] = columns.box(row)
      return (east - west) * (north - south)
    }
    blocks.set(key, {
      lines: sortedBy(lines, wide),
      areas: sortedBy(areas, size),
      points,
      box,
      strokes: null,
    })
  }

  const prepared = (block: Block): Strokes[] => {
    block.strokes ??= strokesOf(columns, live(columns, block.lines))
    return block.strokes
  }
  place()
  return {
    /** Blocks that hold something that may lie in the box. */
    within([west, south, east, north]: Box): Block[] {
      const found: Block[] = []
      for (const block of blocks.values()) {
        const [w, s, e, n] = block.box
        if (w <= east && e >= west && s <= north && n >= south) found.push(block)
      }
      return found
    },
    strokes: (block: Block, z: number): Strokes => prepared(block)[z - 8]!,
    all: () => blocks.values(),
    prepare: (block: Block): void => void prepared(block),
    /**
     * Takes up rows added to the columns, and forgets what was prepared where rows died (`dead`). Returns the boxes of
     * blocks that look otherwise now.
     */
    follow(dead: readonly number[]): Box[] {
      const keys = new Set(dead.map((row) => blockOf(columns, row)))
      for (let row = placed; row < columns.rows; row++) keys.add(blockOf(columns, row))
      const before = [...keys].flatMap((key) => blocks.get(key)?.box ?? [])
      for (const row of dead) {
        const block = blocks.get(blockOf(columns, row))
        if (block && columns.shape(row) === shapes.point) block.points--
        if (block) block.strokes = null
      }
      place()
      const boxes: Box[] = []
      for (let i = 0; i < before.length; i += 4) boxes.push(before.slice(i, i + 4) as Box)
      for (const key of keys) {
        const block = blocks.get(key)
        if (block) boxes.push(block.box)
      }
      return boxes
    },
  }
}

const live = (columns: Columns, rows: Uint32Array): Uint32Array => rows.filter((row) => !columns.isDead(row))

/** Rows by a falling number, then rising. */
function sortedBy(rows: readonly number[], by: (row: number) => number): Uint32Array {
  const keys = new Map(rows.map((row) => [row, by(row)]))
  return Uint32Array.from(rows.toSorted((a, b) => keys.get(b)! - keys.get(a)! || a - b))
}
