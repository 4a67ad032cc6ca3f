import { quality } from "../../model/index.ts"
import type { Piece } from "./cover.ts"

export type FlagName = "device" | "range" | "rate" | "stuck" | "late" | "future" | "maintenance"
/** Flags that are drawn, the gravest first; simulated data says so elsewhere. */
export const drawnFlags: readonly FlagName[] = ["device", "range", "rate", "stuck", "maintenance", "late", "future"]
/** Flags that question the value itself. */
export const doubtful = quality.device | quality.range | quality.rate | quality.stuck
export const flagNames = (flags: number): FlagName[] => drawnFlags.filter((name) => (flags & quality[name]) !== 0)

export type FlagRun = { name: FlagName; from: number; to: number; count: number }
const runs_max = 400

/** Stretches of readings in a row that carry one flag. */
export function flagRuns(pieces: readonly Piece[]): FlagRun[] {
  const open = new Map<FlagName, FlagRun>()
  const out: FlagRun[] = []
  for (const { strip, first, last } of pieces)
    for (let i = first; i < last; i++) {
      const flags = strip.quality[i]!
      const time = strip.time[i]!
      if (flags === 0 && open.size === 0) continue
      for (const name of drawnFlags) {
        const run = open.get(name)
        if ((flags & quality[name]) === 0) {
          if (run) open.delete(name)
          continue
        }
        if (run) {
          run.to = time + strip.step_ms
          run.count++
        } else if (out.length < runs_max) {
          const begun = { name, from: time, to: time + strip.step_ms, count: 1 }
          open.set(name, begun)
          out.push(begun)
        }
      }
    }
  return out
}
