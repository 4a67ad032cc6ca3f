import { blockBatch, type Problem, problem, readingBatch } from "../../model/index.ts"
import type { Commit, Series } from "../../platform/series/index.ts"
import { learned, type Traces, traces, type Windows } from "./check.ts"
import type { Delivery, Receipt, Refusal, UnknownValue } from "./doors/delivery.ts"
import { appendDelivery, isEmpty, newPending, type Part, type Pending, type RoadClock } from "./pending.ts"
import { brief, conflictsOf, refusedRows, seldom } from "./refused.ts"
import type { Registry } from "./registry.ts"
import type { QuarantineEntry } from "./store.ts"

/** Rows in one commit at most; what comes beyond is the next commit. How much is held at all is bounded by the doors. */
export const rows_a_commit_max = 200_000
const blocks_a_commit_max = 100_000
const block_bytes_a_commit_max = 32 * 1024 * 1024
const quarantine_a_commit_max = 5000
/** Rows and blocks under way at which doors that can say no do so; those that cannot are bounded by what they hold. */
export const pending_max = 1_000_000
/** A commit begins before its interval is over when this many rows, or bytes of waveforms, wait. */
const rows_due = 50_000
const block_bytes_due = 8 * 1024 * 1024

export type IntakeOptions = {
  series: Series
  /** City time, or null before the first tick of a replay. */
  now(): number | null
  wall(): number
  windows: Windows
  /** Real time: every commit that holds anything ends with a tick, so that detectors conclude at once. */
  ticks_itself: boolean
  registry(): Registry
  quarantine(entries: QuarantineEntry[]): Promise<void>
  /** Keeps values of devices that nobody has registered. */
  adopt(values: UnknownValue[]): Promise<void>
  /** After durability, in order of batches; a promise slows the doors down until it is settled. */
  committed(commit: Commit): Promise<void>
  trouble(what: string, problem: Problem | null): void
  retry(ms: number): Promise<void>
}

export type IntakeCounts = {
  readings: number
  /** Of these, what the platform made of waveforms. */
  derived: number
  blocks: number
  samples: number
  messages: number
  refused: number
  unknown: number
  duplicates: number
  conflicts: number
  late: number
  ticks: number
}
export const noCounts = (): IntakeCounts => ({
  readings: 0,
  derived: 0,
  blocks: 0,
  samples: 0,
  messages: 0,
  refused: 0,
  unknown: 0,
  duplicates: 0,
  conflicts: 0,
  late: 0,
  ticks: 0,
})
export type Intake = ReturnType<typeof createIntake>

/** The one path behind every door: check, commit, answer, tell detectors. */
export function createIntake(options: IntakeOptions) {
  let trace: Traces = traces(1)
  const counts = noCounts()
  let pending = newPending()
  /** Full commits that wait for their turn, oldest first, and what is under way. */
  const full: Pending[] = []
  let under_way: Pending | null = null
  let committing_since: number | null = null
  let committing: Promise<void> | null = null
  // Before its commit a tick already bounds what "the future" means for the readings behind it on the same connection.
  const clock: RoadClock = { now: options.now, wall: options.wall, said: options.series.lastTick() }
  const isNew = seldom(options.wall)
  relearn()

  /** Takes limits from the registry, and from the store what was said last, keeping what was seen meanwhile. */
  function relearn() {
    trace = learned(options.registry().points, options.series.latest(), trace)
  }

  const quarantined = (entry: Refusal): QuarantineEntry => ({
    ...entry,
    problem: brief(entry.problem),
    arrived_at: options.wall(),
  })

  /** Takes what a door hands over; resolves when everything in it is durable: as readings, in quarantine, for adoption. */
  function take(delivery: Delivery): Promise<Receipt> {
    return new Promise((resolve) => {
      const part: Part = { delivery, refused: [], resolve }
      pending.parts.push(part)
      counts.messages += delivery.messages
      if (delivery.door === "derived") counts.derived += delivery.readings.n
      counts.refused += delivery.refused.length
      counts.unknown += delivery.unknown.length
      counts.ticks += delivery.ticks.length
      counts.late += appendDelivery(pending, part, clock, trace, options.windows).late
      counts.refused += part.refused.length
      for (const entry of delivery.refused) pending.quarantine.push(quarantined(entry))
      for (const entry of refusedRows(part, options.registry())) pending.quarantine.push(quarantined(entry))
      pending.unknown.push(...delivery.unknown)
      const is_full =
        pending.batch.n >= rows_a_commit_max ||
        pending.blocks.n >= blocks_a_commit_max ||
        pending.blocks.bytes >= block_bytes_a_commit_max ||
        pending.quarantine.length + pending.unknown.length >= quarantine_a_commit_max
      if (is_full) {
        full.push(pending)
        pending = newPending()
      }
      if (full.length > 0 || pending.batch.n >= rows_due || pending.blocks.bytes >= block_bytes_due) void commit()
    })
  }

  /** Commits what is pending, then answers, then tells; one at a time, in order. */
  function commit(): Promise<void> {
    committing ??= commitNow().finally(() => {
      committing = null
    })
    return committing
  }

  async function commitNow() {
    while (full.length > 0) await keepSurely(full.shift()!)
    if (isEmpty(pending)) return
    if (options.ticks_itself) tick(options.wall())
    const taken = pending
    pending = newPending()
    await keepSurely(taken)
  }

  /** Adds a tick of the city's own clock (real time); it takes effect with the commit. */
  function tick(time: number) {
    if (clock.said !== null && time <= clock.said) return
    clock.said = time
    pending.ticks.push({ at: pending.batch.n, time })
  }

  /** Tries until it is done. Nothing is acknowledged and nothing dropped meanwhile: the senders keep it, and so do we. */
  async function keepSurely(taken: Pending) {
    under_way = taken
    committing_since = options.wall()
    const wait_ms_max = 5000
    const done: Done = { commit: null, answered: false }
    for (let attempt = 0; ; attempt++) {
      try {
        await keep(taken, done)
        if (attempt > 0) options.trouble("commit", null)
        under_way = null
        committing_since = null
        return
      } catch (error) {
        const found =
          (error as { problem?: Problem }).problem ??
          problem(
            "commit-failed",
            503,
            `读数无法写入：${(error as Error).message}`,
            `Readings cannot be written: ${(error as Error).message}`,
          )
        options.trouble("commit", found)
        await options.retry(Math.min(100 * 2 ** attempt, wait_ms_max))
      }
    }
  }

  /** Durable, then answered, then told. A retry goes on where it failed: readings that are in are not written again. */
  async function keep(taken: Pending, done: Done) {
    const has_data = taken.batch.n > 0 || taken.ticks.length > 0 || taken.blocks.n > 0
    done.commit ??= has_data
      ? await options.series.commit(taken.batch, taken.ticks, taken.blocks)
      : nothing(options.series.lastBatch())
    const { commit } = done
    if (!done.answered) {
      const conflicts = conflictsOf(commit, taken.parts, options.registry()).map(quarantined)
      await options.quarantine([...taken.quarantine, ...conflicts])
      await options.adopt(taken.unknown)
      done.answered = true
      counts.readings += commit.readings.n
      counts.blocks += commit.blocks.n
      for (let i = 0; i < commit.blocks.n; i++) counts.samples += commit.blocks.count[i]!
      counts.duplicates += commit.duplicates
      counts.conflicts += conflicts.length
      for (const part of taken.parts) part.resolve(receiptOf(part, commit))
    }
    if (has_data) await options.committed(commit)
  }

  return {
    take,
    commit,
    counts,
    relearn,
    tick,
    /** Puts something that never became a message into quarantine (a refused connection). */
    refuse: (entry: Refusal) => {
      counts.refused++
      if (isNew(entry)) pending.quarantine.push(quarantined(entry))
    },
    pending_max,
    /** Wall time since when the commit under way is under way; null while there is none. */
    committing_since: () => committing_since,
    /** Rows and blocks that are not durable and told yet. */
    pending: () =>
      [...full, pending, ...(under_way ? [under_way] : [])].reduce((sum, p) => sum + p.batch.n + p.blocks.n, 0),
  }
}

type Done = { commit: Commit | null; answered: boolean }

function receiptOf(part: Part, commit: Commit): Receipt {
  const { readings, blocks } = part.delivery
  const refused = (kind: "reading" | "block") => part.refused.filter((r) => r.kind === kind).length
  return {
    batch: commit.batch,
    readings: readings.n - refused("reading"),
    blocks: blocks.n - refused("block"),
    duplicates: commit.duplicates,
    refused: part.refused,
  }
}

const nothing = (batch: number): Commit => ({
  batch,
  readings: readingBatch(0),
  ticks: [],
  blocks: blockBatch(),
  duplicates: 0,
  conflicts: [],
  block_conflicts: [],
})
