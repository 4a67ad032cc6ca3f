import {
  appendBlocks,
  appendReading,
  type BlockBatch,
  blockBatch,
  quality,
  type ReadingBatch,
  readingBatch,
  type Tick,
  takeBlock,
} from "../../model/index.ts"
import { blockFlags, flagsOf, refusedTime, type Traces, type Windows } from "./check.ts"
import type { Delivery, Receipt, UnknownValue } from "./doors/delivery.ts"
import type { QuarantineEntry } from "./store.ts"

/** One delivery on its way: where its rows went, and who waits for them. */
export type Part = {
  delivery: Delivery
  refused: Receipt["refused"]
  resolve(receipt: Receipt): void
}

/** What the next commit will hold. */
export type Pending = {
  batch: ReadingBatch
  blocks: BlockBatch
  ticks: Tick[]
  parts: Part[]
  quarantine: QuarantineEntry[]
  unknown: UnknownValue[]
}

export const newPending = (rows = 1024): Pending => ({
  batch: readingBatch(rows),
  blocks: blockBatch(),
  ticks: [],
  parts: [],
  quarantine: [],
  unknown: [],
})

export const isEmpty = (p: Pending): boolean =>
  p.batch.n === 0 && p.blocks.n === 0 && p.ticks.length === 0 && p.parts.length === 0 && p.quarantine.length === 0

/** The city clock as the road sees it: a tick bounds what "the future" means for the readings behind it. */
export type RoadClock = {
  /** City time, or null before the first tick of a replay. */
  now(): number | null
  wall(): number
  /** The last tick said, committed or not. */
  said: number | null
}

/** Appends a delivery's rows with flags and arrival; rows that cannot be taken are listed in the part. */
export function appendDelivery(
  into: Pending,
  part: Part,
  clock: RoadClock,
  traces: Traces,
  windows: Windows,
): { late: number } {
  const { readings, ticks, blocks } = part.delivery
  let tick = 0
  let late = 0
  let now = nowOf(clock)
  let arrived = now ?? clock.wall()
  const passTicks = (row: number) => {
    for (; tick < ticks.length && ticks[tick]!.at <= row; tick++) {
      const { time } = ticks[tick]!
      if (clock.said !== null && time <= clock.said) continue // Never backwards: an old tick changes nothing.
      clock.said = time
      into.ticks.push({ at: into.batch.n, time })
      now = nowOf(clock)
      arrived = now ?? clock.wall()
    }
  }
  for (let i = 0; i < readings.n; i++) {
    if (tick < ticks.length) passTicks(i)
    const time = readings.time[i]!
    const problem = now === null ? null : refusedTime(time, now, windows)
    if (problem) {
      part.refused.push({ kind: "reading", row: i, problem })
      continue
    }
    const flags = flagsOf(traces, readings, i, now ?? time, windows)
    if (flags & quality.late) late++
    into.batch = appendReading(
      into.batch,
      readings.point[i]!,
      time,
      readings.sequence[i]!,
      readings.value[i]!,
      flags,
      arrived,
    )
  }
  passTicks(Number.POSITIVE_INFINITY)
  late += takeBlocks(into, part, blocks, now, arrived, windows)
  return { late }
}

function takeBlocks(
  into: Pending,
  part: Part,
  blocks: BlockBatch,
  now: number | null,
  arrived: number,
  windows: Windows,
): number {
  let late = 0
  let refused = 0
  for (let i = 0; i < blocks.n; i++) {
    const problem = now === null ? null : refusedTime(blocks.start[i]!, now, windows)
    if (problem) {
      part.refused.push({ kind: "block", row: i, problem })
      refused++
    }
    if (now !== null) blocks.quality[i] = blockFlags(blocks, i, now, windows)
    if (!problem && blocks.quality[i]! & quality.late) late++
    blocks.arrived[i] = arrived
  }
  if (refused === 0) {
    into.blocks = appendBlocks(into.blocks, blocks)
    return late
  }
  const out = new Set(part.refused.flatMap((r) => (r.kind === "block" ? [r.row] : [])))
  for (let i = 0; i < blocks.n; i++) {
    if (out.has(i)) continue
    into.blocks = takeBlock(into.blocks, blocks, i)
  }
  return late
}

function nowOf(clock: RoadClock): number | null {
  const now = clock.now()
  if (now === null) return clock.said
  return clock.said === null ? now : Math.max(now, clock.said)
}
