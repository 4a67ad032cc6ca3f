import type { Piece } from "./cover.ts"

/** Pieces without rows after a time: while an earlier time is played back, what came later is not known yet. */
export function upTo(pieces: readonly Piece[], now: number): Piece[] {
  return pieces.flatMap((p) => {
    if (p.window.from > now) return []
    let last = p.last
    while (last > p.first && p.strip.time[last - 1]! > now) last--
    return last === p.last ? [p] : [{ ...p, last }]
  })
}
