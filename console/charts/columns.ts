import type { Piece } from "./cover.ts"

/** Lowest and highest value of each pixel column, and where the line enters and leaves it; empty ones are NaN. */
export type Columns = { low: Float64Array; high: Float64Array; first: Float64Array; last: Float64Array }

/** Values so many a column and denser are drawn as columns: each from its lowest to its highest, so that no peak is lost. */
export const dense_per_px = 3

/** The columns of one piece. `x` gives the pixel of a time; rows outside 0…width are left out. */
export function columnsOf(piece: Piece, width: number, x: (time: number) => number): Columns {
  const n = Math.max(1, Math.ceil(width))
  const out: Columns = {
    low: new Float64Array(n).fill(Number.NaN),
    high: new Float64Array(n).fill(Number.NaN),
    first: new Float64Array(n).fill(Number.NaN),
    last: new Float64Array(n).fill(Number.NaN),
  }
  const { strip } = piece
  for (let i = piece.first; i < piece.last; i++) {
    const mid = strip.mid[i]!
    if (Number.isNaN(mid)) continue
    const column = Math.floor(x(strip.time[i]!))
    if (column < 0 || column >= n) continue
    const low = strip.low[i]!
    const high = strip.high[i]!
    if (!(low >= out.low[column]!)) out.low[column] = low
    if (!(high <= out.high[column]!)) out.high[column] = high
    if (Number.isNaN(out.first[column]!)) out.first[column] = mid
    out.last[column] = mid
  }
  return out
}

/** Lowest and highest value of the pieces; null where there are none. */
export function rangeOf(pieces: readonly Piece[]): [number, number] | null {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const { strip, first, last } of pieces)
    for (let i = first; i < last; i++) {
      if (strip.low[i]! < low) low = strip.low[i]!
      if (strip.high[i]! > high) high = strip.high[i]!
    }
  return low <= high ? [low, high] : null
}
