/** What the server says lies in the ground, as pieces that are drawn, hit and measured. */
import type { UndergroundView } from "../../../../stages/census/underground/views.ts"
import type { Piece, Point3 } from "./geometry.ts"

export type { UndergroundView }
/** Straight pieces of lines with what they belong to. */
export type Buried = {
  view: UndergroundView
  /** Height that is drawn at z = 0, m above the datum. */
  base: number
  pieces: Float32Array
  /** Index of the line of each piece. */
  line: Uint32Array
  count: number
}

/** x, y, z of both ends. */
export const piece_numbers = 6

export function buriedOf(view: UndergroundView): Buried {
  const { lines, ground } = view
  const base = ground.z.reduce((sum, z) => sum + z, 0) / Math.max(1, ground.z.length)
  const positions = lines.xyz.length / 3
  const pieces = new Float32Array(Math.max(0, positions - lines.id.length) * piece_numbers)
  const line = new Uint32Array(pieces.length / piece_numbers)
  let count = 0
  let start = 0
  for (const [i, end] of lines.ends.entries()) {
    for (let p = start; p < end - 1; p++) {
      for (const side of [0, 1])
        for (const axis of [0, 1, 2])
          pieces[count * piece_numbers + side * 3 + axis] = lines.xyz[(p + side) * 3 + axis]! - (axis === 2 ? base : 0)
      line[count++] = i
    }
    start = end
  }
  return { view, base, pieces, line, count }
}

export function pieceAt({ pieces, line, view }: Buried, i: number): Piece {
  const at = (side: number): Point3 => {
    const k = i * piece_numbers + side * 3
    return [pieces[k]!, pieces[k + 1]!, pieces[k + 2]!]
  }
  const of = line[i]!
  return {
    from: at(0),
    to: at(1),
    half_width: view.lines.width[of]! / 2,
    half_height: view.lines.height[of]! / 2,
  }
}

/** All pieces of one asset. */
export function piecesOf(buried: Buried, asset_id: number): Piece[] {
  const found: Piece[] = []
  for (let i = 0; i < buried.count; i++)
    if (buried.view.lines.id[buried.line[i]!] === asset_id) found.push(pieceAt(buried, i))
  return found
}

/** Whether each kind is shown; lifelines are hidden by their id, kinds by `lifeline:kind`. */
export const shownKinds = (view: UndergroundView, hidden: ReadonlySet<string>): boolean[] =>
  view.kinds.map(({ lifeline, kind }) => !hidden.has(lifeline) && !hidden.has(`${lifeline}:${kind}`))
