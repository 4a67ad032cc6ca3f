import type { BlockBatch } from "../../model/index.ts"
import { type Slots, setSlot, slotOf, slots } from "./slots.ts"

/** Highest (start, sequence) of each waveform point: only blocks at or below it can be known already. */
export type WaveMarks = { slot: Slots; n: number; point: Int32Array; start: Float64Array; sequence: Int32Array }

export const waveMarks = (): WaveMarks => ({
  slot: slots(),
  n: 0,
  point: new Int32Array(256),
  start: new Float64Array(256),
  sequence: new Int32Array(256),
})

/** What a group of commits changed, so that a refused transaction leaves no trace. */
export type WaveUndo = { n: number; rows: number[]; start: number[]; sequence: number[] }

export const waveUndo = (marks: WaveMarks): WaveUndo => ({ n: marks.n, rows: [], start: [], sequence: [] })

/** Takes a block where it is above its point's mark; true where it was. */
export function raiseMark(m: WaveMarks, point: number, start: number, sequence: number, undo?: WaveUndo): boolean {
  let row = slotOf(m.slot, point)
  if (row < 0) {
    row = m.n
    if (row === m.point.length) grow(m)
    m.n++
    setSlot(m.slot, point, row)
    m.point[row] = point
  } else {
    const known = m.start[row]!
    if (start < known || (start === known && sequence <= m.sequence[row]!)) return false
    if (undo && row < undo.n) {
      undo.rows.push(row)
      undo.start.push(known)
      undo.sequence.push(m.sequence[row]!)
    }
  }
  m.start[row] = start
  m.sequence[row] = sequence
  return true
}

export function undoMarks(m: WaveMarks, undo: WaveUndo): void {
  for (let k = undo.rows.length - 1; k >= 0; k--) {
    m.start[undo.rows[k]!] = undo.start[k]!
    m.sequence[undo.rows[k]!] = undo.sequence[k]!
  }
  for (let row = undo.n; row < m.n; row++) setSlot(m.slot, m.point[row]!, -1)
  m.n = undo.n
}

/** Takes all blocks of a batch. */
export function raiseMarks(m: WaveMarks, b: BlockBatch): void {
  for (let i = 0; i < b.n; i++) raiseMark(m, b.point[i]!, b.start[i]!, b.sequence[i]!)
}

function grow(m: WaveMarks): void {
  const [point, start, sequence] = [m.point, m.start, m.sequence]
  m.point = new Int32Array(point.length * 2)
  m.start = new Float64Array(point.length * 2)
  m.sequence = new Int32Array(point.length * 2)
  m.point.set(point)
  m.start.set(start)
  m.sequence.set(sequence)
}
