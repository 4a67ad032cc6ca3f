/** What all water detectors share: which readings count, and means over an hour. */
import { quality } from "../../../model/index.ts"
import type { Column } from "../../contract.ts"

const unusable = quality.device | quality.range | quality.stuck | quality.maintenance

/** True for a number that neither its device nor the platform has called wrong. */
export const usable = (value: number, flags: number): boolean => Number.isFinite(value) && (flags & unusable) === 0

/** Mean of the usable readings, how many, and the longest silence between `from`, the readings and `to` (ms). */
export function span(
  column: Column | undefined,
  from: number,
  to: number,
): { mean: number; n: number; gap_ms: number } {
  if (!column) return { mean: 0, n: 0, gap_ms: to - from }
  let sum = 0
  let n = 0
  let gap_ms = 0
  let last = from
  for (let i = 0; i < column.time.length; i++) {
    if (!usable(column.value[i]!, column.quality[i]!)) continue
    sum += column.value[i]!
    n++
    gap_ms = Math.max(gap_ms, column.time[i]! - last)
    last = column.time[i]!
  }
  return { mean: n === 0 ? 0 : sum / n, n, gap_ms: Math.max(gap_ms, to - last) }
}
