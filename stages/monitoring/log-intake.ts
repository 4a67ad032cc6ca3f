import { type Problem, problem, quality } from "../../model/index.ts"
import type { Cluster } from "../../platform/app.ts"
import type { Commit } from "../../platform/series/index.ts"
import type { Part as LogPart } from "../../platform/stream/index.ts"
import { traces, type Windows } from "./check.ts"
import type { Delivery, Receipt, Refusal, UnknownValue } from "./doors/delivery.ts"
import { type Intake, noCounts, pending_max } from "./intake.ts"
import { appendDelivery, newPending, type Part, type RoadClock } from "./pending.ts"
import { brief, refusedRows, seldom } from "./refused.ts"
import type { Registry } from "./registry.ts"
import type { QuarantineEntry } from "./store.ts"

export type LogIntakeOptions = {
  take: Cluster["take"]
  now(): number
  windows: Windows
  registry(): Registry
  quarantine(entries: QuarantineEntry[]): Promise<void>
  adopt(values: UnknownValue[]): Promise<void>
  trouble(what: string, problem: Problem | null): void
  failed(name: string, error: unknown): void
  retry(ms: number): Promise<void>
}

/** What of a delivery goes into the log, and what is kept beside it. */
type Admitted = LogPart & { refused: Refusal[]; unknown: UnknownValue[] }

const retry_ms_max = 5000

/**
 * The road where the store is in another process: what doors hand over is judged by its time, gets its arrival, and
 * goes into the log; it is answered once the log has it. Limits, jumps and conflicts are the store's to find.
 * `heard` counts what stores committed, of all doors.
 */
export function createLogIntake(options: LogIntakeOptions): Intake & { heard(commit: Commit): void } {
  const counts = noCounts()
  const clock: RoadClock = { now: options.now, wall: options.now, said: null }
  const isNew = seldom(options.now)
  /** Deliveries that the log does not have yet, oldest first. */
  const under_way = new Set<{ rows: number; since: number }>()
  const quarantined = (entry: Refusal): QuarantineEntry => ({
    ...entry,
    problem: brief(entry.problem),
    arrived_at: options.now(),
  })
  const no_traces = traces(0)

  const put = options.take<Admitted>(async ({ refused, unknown }) => {
    await options.quarantine(refused.map(quarantined))
    await options.adopt(unknown)
  })

  async function take(delivery: Delivery): Promise<Receipt> {
    const part: Part = { delivery, refused: [], resolve: () => {} }
    const pending = newPending(Math.max(1, delivery.readings.n))
    appendDelivery(pending, part, clock, no_traces, options.windows)
    counts.messages += delivery.messages
    if (delivery.door === "derived") counts.derived += delivery.readings.n
    counts.unknown += delivery.unknown.length
    counts.refused += delivery.refused.length + part.refused.length
    const { batch: readings, ticks, blocks } = pending
    const refused = [...delivery.refused, ...refusedRows(part, options.registry())]
    const mine = { rows: readings.n + blocks.n, since: options.now() }
    under_way.add(mine)
    for (let attempt = 0; ; attempt++) {
      try {
        const receipt = await put({ readings, ticks, blocks, refused, unknown: delivery.unknown })
        if (attempt > 0) options.trouble("commit", null)
        under_way.delete(mine)
        return { ...receipt, refused: part.refused }
      } catch (error) {
        options.failed("log", error)
        options.trouble("commit", (error as { problem?: Problem }).problem ?? notKept(error as Error))
        await options.retry(Math.min(500 * 2 ** attempt, retry_ms_max))
      }
    }
  }

  return {
    take,
    heard({ readings, blocks, ticks }) {
      counts.readings += readings.n
      counts.blocks += blocks.n
      counts.ticks += ticks.length
      for (let i = 0; i < readings.n; i++) if (readings.quality[i]! & quality.late) counts.late++
      for (let i = 0; i < blocks.n; i++) counts.samples += blocks.count[i]!
    },
    counts,
    // Everything is on its way already, the store learns limits, and its ticks are the city's.
    commit: async () => {},
    relearn: () => {},
    tick: () => {},
    refuse(entry) {
      counts.refused++
      if (isNew(entry))
        options.quarantine([quarantined(entry)]).catch((error: unknown) => options.failed("quarantine", error))
    },
    pending_max,
    committing_since: () => under_way.values().next().value?.since ?? null,
    pending: () => [...under_way].reduce((sum, d) => sum + d.rows, 0),
  }
}

const notKept = (error: Error) =>
  problem("commit-failed", 503, `数据无法保存：${error.message}`, `What doors took cannot be kept: ${error.message}`)
