/**
 * Finds a point's row. Point numbers are small and dense, so a plain array serves; a number beyond it goes to a map.
 */
export type Slots = { dense: Int32Array; rest: Map<number, number> }

const most_dense = 8_000_000

export const slots = (): Slots => ({ dense: new Int32Array(1024).fill(-1), rest: new Map() })

/** The row of a point, or -1. */
export function slotOf(s: Slots, point: number): number {
  if (point >= 0 && point < s.dense.length) return s.dense[point]!
  return s.rest.size === 0 ? -1 : (s.rest.get(point) ?? -1)
}

/** Gives a point its row. */
export function setSlot(s: Slots, point: number, row: number): void {
  if (point < 0 || point >= most_dense) {
    s.rest.set(point, row)
    return
  }
  if (point >= s.dense.length) {
    const next = new Int32Array(Math.min(most_dense, Math.max(point + 1, s.dense.length * 2))).fill(-1)
    next.set(s.dense)
    s.dense = next
  }
  s.dense[point] = row
}
