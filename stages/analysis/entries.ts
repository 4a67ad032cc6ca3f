/** One detector on one subject: what waits for it, how far it has come, and the slices that are due. */
import type { DetectorContext, PointView, Slice, Subject } from "../../lifelines/contract.ts"
import { assert, type Finding } from "../../model/index.ts"
import { type Buffer, firstTime, newBuffer, oldestBatch, take } from "./buffer.ts"
import type { RuleRun, RuntimeDetector } from "./runtime.ts"
import type { SavedEntry } from "./saved.ts"

/** Empty slices in a row that are still handed to a detector; after them it sleeps until a reading comes. */
export const empty_slices_max = 10_000

export type Entry = {
  detector: RuntimeDetector
  subject: Subject
  context: DetectorContext
  state: unknown
  points: number[]
  buffers: Buffer[]
  consumed_to: number | null
  empty_slices: number
  /** The watermark at which there is something to do. */
  due: number
  rule: RuleRun
}

/** Its place moves with its own readings only, as that of a limit does. */
const waits = (entry: Entry): boolean => entry.detector.limit !== undefined
const skips = (entry: Entry): boolean => entry.detector.empty_slices === "skip"

export function entryOf(
  detector: RuntimeDetector,
  subject: Subject,
  rule: RuleRun,
  pointOf: (id: number) => PointView | undefined,
  old: SavedEntry | undefined,
): Entry {
  assert(
    detector.slice_ms > 0 && detector.lateness_ms >= 0,
    `${detector.rule}: slice_ms must be > 0 and lateness_ms ≥ 0`,
  )
  const points = [...new Set(subject.points)]
  const entry: Entry = {
    detector,
    subject,
    context: {
      subject,
      point(id) {
        const view = pointOf(id)
        assert(view, `${detector.rule}: point ${id} is not in the city`)
        return view
      },
    },
    state: old ? structuredClone(old.state) : detector.start(subject),
    points,
    buffers: points.map(newBuffer),
    consumed_to: old?.consumed_to ?? null,
    empty_slices: old?.empty_slices ?? 0,
    due: Number.POSITIVE_INFINITY,
    rule,
  }
  plan(entry)
  return entry
}

/** The watermark at which a reading of `time` is handed over. */
export function dueOf({ detector }: Entry, time: number): number {
  const { slice_ms, lateness_ms } = detector
  return Math.floor(time / slice_ms) * slice_ms + slice_ms + lateness_ms
}

/** End of what was handed over or skipped at this watermark; -Infinity before the first reading. */
export function consumedTo(entry: Entry, watermark: number): number {
  const { consumed_to: to } = entry
  if (to === null) return Number.NEGATIVE_INFINITY
  // What skips empty slices is not run for them: they count as passed when the clock has.
  return skips(entry) && !waits(entry) ? Math.max(to, dueEnd(entry, watermark)) : to
}

const dueEnd = ({ detector: { slice_ms, lateness_ms } }: Entry, watermark: number): number =>
  Math.floor((watermark - lateness_ms) / slice_ms) * slice_ms

function plan(entry: Entry): void {
  const { slice_ms, lateness_ms } = entry.detector
  entry.due =
    entry.consumed_to === null || skips(entry)
      ? dueOf(entry, earliest(entry))
      : entry.consumed_to + slice_ms + lateness_ms
}

/** Hands every slice that is due at `watermark` to the entry's detector. */
export function stepDue(entry: Entry, watermark: number, say: (finding: Finding) => void): void {
  const due = dueEnd(entry, watermark)
  const { slice_ms } = entry.detector
  while (!entry.rule.off) {
    const first = earliest(entry)
    const first_slice = Math.floor(first / slice_ms) * slice_ms
    if (entry.consumed_to === null) {
      if (first_slice >= due) break
      entry.consumed_to = first_slice
    }
    let from: number = entry.consumed_to
    if (from >= due) break
    const sleeps = skips(entry) || entry.empty_slices >= empty_slices_max
    if (sleeps && first_slice > from) {
      if (first_slice >= due && waits(entry)) break
      from = Math.min(first_slice, due)
      entry.consumed_to = from
      if (from >= due) break
    }
    const slice: Slice = { from, to: from + slice_ms, points: new Map() }
    if (first < slice.to)
      entry.buffers.forEach((buffer, i) => {
        const column = take(buffer, slice.to)
        if (column) slice.points.set(entry.points[i]!, column)
      })
    entry.empty_slices = slice.points.size === 0 ? entry.empty_slices + 1 : 0
    entry.consumed_to = slice.to
    entry.rule.steps++
    const result = entry.detector.step(entry.state as never, slice, entry.context)
    entry.state = result.state
    for (const finding of result.findings) say(finding)
  }
  plan(entry)
}

/** What must be kept of an entry: nothing where it has seen nothing, or is switched off. */
export function savedEntry(entry: Entry, next_batch: number, watermark: number): SavedEntry[] {
  const replay_from = Math.min(next_batch, ...entry.buffers.map(oldestBatch))
  if (entry.rule.off || (entry.consumed_to === null && replay_from === next_batch)) return []
  return [
    {
      rule: entry.detector.rule,
      version: entry.detector.version,
      subject: entry.subject.key,
      state: entry.state,
      consumed_to: entry.consumed_to === null ? null : consumedTo(entry, watermark),
      empty_slices: entry.empty_slices,
      replay_from,
    },
  ]
}

function earliest(entry: Entry): number {
  let first = Number.POSITIVE_INFINITY
  for (const buffer of entry.buffers) {
    const time = firstTime(buffer)
    if (time < first) first = time
  }
  return first
}
