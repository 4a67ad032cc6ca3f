import { problem } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import type { Commit, Series } from "../../platform/series/index.ts"
import type { Part as LogPart, PartitionStore } from "../../platform/stream/index.ts"
import { flagsOf, learned, type Traces, type Windows, windowsOf } from "./check.ts"
import { newDelivery } from "./doors/delivery.ts"
import { noCounts } from "./intake.ts"
import { brief, conflictsOf } from "./refused.ts"
import { loadRegistry } from "./registry.ts"
import * as store from "./store.ts"

export type Partitions = {
  /** The store of a partition with the checks that need to know what a point said before. */
  open(series: Series): PartitionStore
  /** Puts a message of the log that nobody can read into quarantine. */
  unreadable(message: { sequence: number; data: Uint8Array; reason: string }): Promise<void>
  /** After devices changed: new limits. */
  reload(): Promise<void>
  counts: ReturnType<typeof noCounts>
}

/** The sensing stage of a store process: what doors put into the log is flagged, committed, and its conflicts kept. */
export async function openPartitions(
  app: Pick<App, "sql" | "lifelines" | "settings" | "clock" | "events">,
): Promise<Partitions> {
  const { sql, clock } = app
  const windows = windowsOf(app.settings)
  let registry = await loadRegistry(sql.db, app.lifelines)
  const opened = new Set<{ relearn(): void }>()
  const counts = noCounts()

  async function quarantine(entries: Omit<store.QuarantineEntry, "arrived_at">[]) {
    if (entries.length === 0) return
    const arrived_at = clock.wall()
    await store.insertQuarantine(
      sql.db,
      entries.map((e) => ({ ...e, problem: brief(e.problem), arrived_at })),
    )
    app.events.tell({ kind: "quarantine", id: 0, owner_id: null, lifeline: null, area_ids: [], action: "add" })
  }

  function open(series: Series): PartitionStore {
    let trace: Traces
    const own = {
      relearn: () => {
        trace = learned(registry.points, series.latest(), trace)
      },
    }
    own.relearn()
    opened.add(own)
    /** What is tried again must not be flagged again, nor what is committed be committed again. */
    const known = new WeakMap<LogPart, Commit | null>()
    return {
      async commit(part) {
        if (!known.has(part)) {
          flag(part, trace, windows)
          known.set(part, null)
        }
        const commit = known.get(part) ?? (await series.commit(part.readings, part.ticks, part.blocks))
        const first = known.get(part) === null
        known.set(part, commit)
        if (first) count(commit)
        const delivery = { ...newDelivery("log", 1), readings: part.readings, blocks: part.blocks }
        await quarantine(conflictsOf(commit, [{ delivery, refused: [], resolve: () => {} }], registry))
        return commit
      },
      since: series.since,
      lastBatch: series.lastBatch,
      async close() {
        opened.delete(own)
        await series.close()
      },
    }
  }

  function count(commit: Commit) {
    counts.readings += commit.readings.n
    counts.blocks += commit.blocks.n
    counts.duplicates += commit.duplicates
    counts.conflicts += commit.conflicts.length + commit.block_conflicts.length
    for (let i = 0; i < commit.blocks.n; i++) counts.samples += commit.blocks.count[i]!
  }

  return {
    open,
    unreadable: ({ data, sequence, reason }) =>
      quarantine([{ door: "log", client: "", topic: String(sequence), payload: data, problem: garbled(reason) }]),
    async reload() {
      registry = await loadRegistry(sql.db, app.lifelines)
      for (const own of opened) own.relearn()
    },
    counts,
  }
}

/** Flags by limits and by what the point said before, as of each reading's arrival. */
function flag({ readings }: LogPart, trace: Traces, windows: Windows) {
  for (let i = 0; i < readings.n; i++) readings.quality[i] = flagsOf(trace, readings, i, readings.arrived[i]!, windows)
}

const garbled = (reason: string) =>
  problem(
    "bad-log-message",
    400,
    `消息日志中的报文无法读取：${reason}`,
    `A message of the log cannot be read: ${reason}`,
  )
