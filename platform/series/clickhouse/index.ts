import {
  type BlockBatch,
  blockBatch,
  ProblemError,
  problem,
  type ReadingBatch,
  type Tick,
} from "../../../model/index.ts"
import type { Commit, Latest, Series } from "../contract.ts"
import { latestRow, takeAll } from "../latest.ts"
import { badArgument } from "../problems.ts"
import { slotOf } from "../slots.ts"
import { atMost, checkInstant, checkPoints, checkRange, limits } from "./check.ts"
import { type Ask, commitGroup } from "./commit.ts"
import { finishForgetting, forget } from "./forget.ts"
import { keepMarks } from "./marks.ts"
import { arrivals, at, history, nextBatches, rollup } from "./read.ts"
import { connect } from "./server.ts"
import { beginEpoch, beginReading, endEpoch, newStore, type Store, sizes, writers_max } from "./store.ts"
import { createTables } from "./tables.ts"
import { wave } from "./wave.ts"

export type ClickHouseOptions = {
  /** Address of the HTTP interface, with user and password where the server wants them. */
  url: string
  /** Database for the tables, made when missing. */
  database: string
  /** Number of the writer, 0 to 255: each numbers its batches by itself, and one process at a time may be it. */
  writer?: number
  /** Whether other writers use the same database: queries then ask for their ends first (about 3 ms). */
  shared?: boolean
  /** Opens for questions only: commit, forget and restore are refused, latest() covers all writers. */
  reader?: boolean
  query_timeout_ms?: number
  /** Most memory of one statement in the server. */
  memory_limit_mb?: number
}

/** A series in ClickHouse; `observe` tells a reader what others committed, so that latest() stays fresh. */
export type ClickHouseSeries = Series & { observe(readings: ReadingBatch): void }

const most_waiting = 2000
const most_group_rows = 500_000
const marks_after_rows = 2_000_000

/**
 * Opens the reading store in a ClickHouse server, making database and tables where they are missing. What an
 * acknowledgement of the server is worth is said in docs/operate/cluster.md. Throws ProblemError where the server
 * cannot be reached.
 */
export async function openClickHouse(options: ClickHouseOptions): Promise<ClickHouseSeries> {
  const writer = options.writer ?? 0
  if (!Number.isInteger(writer) || writer < 0 || writer >= writers_max)
    throw badArgument("writer", writer, "应为 0 至 255", "must be from 0 to 255")
  const server = await connect({
    url: options.url,
    database: options.database,
    query_timeout_ms: options.query_timeout_ms ?? 20_000,
    memory_limit_mb: options.memory_limit_mb ?? 1024,
  })
  const store = newStore(server, options.database, writer, options.shared === true || options.reader === true)
  let on_disk: Awaited<ReturnType<typeof sizes>>
  try {
    await createTables(server)
    if (options.reader) await beginReading(store)
    else {
      await beginEpoch(store)
      await finishForgetting(store)
    }
    on_disk = await sizes(store)
  } catch (error) {
    await server.client.close()
    throw error
  }
  const queue = commitQueue(store, async () => {
    on_disk = await sizes(store)
  })
  const writable = () => {
    if (options.reader) throw new ProblemError(readOnly())
  }
  return {
    commit: async (batch: ReadingBatch, ticks: Tick[], blocks: BlockBatch = blockBatch()) => {
      writable()
      atMost("readings", batch.n, limits.rows_a_commit)
      atMost("ticks", ticks.length, limits.ticks_a_commit)
      atMost("blocks", blocks.n, limits.blocks_a_commit)
      atMost("blocks.bytes", blocks.bytes, limits.block_bytes_a_commit)
      return await queue.commit({ readings: batch, ticks, blocks })
    },
    lastBatch: () => store.last_batch,
    lastTick: () => store.last_tick,
    async *since(batch) {
      writable()
      for (let after = batch; after < store.last_batch; ) {
        const found = await nextBatches(store, after)
        yield* found
        const last = found.at(-1)
        if (!last) return
        after = last.batch
      }
    },
    latest: () => Array.from({ length: store.marks.rows.n }, (_, i): Latest => latestRow(store.marks.rows, i)),
    latestOf: (points) =>
      points
        .map((point) => slotOf(store.marks.slot, point))
        .filter((row) => row >= 0)
        .map((row) => latestRow(store.marks.rows, row)),
    at: async (points, time, look_back_ms) => {
      checkPoints(points)
      checkInstant("time", time)
      checkInstant("look_back_ms", look_back_ms)
      return await at(store, points, time, look_back_ms)
    },
    history: async (points, from, to, max_rows) => {
      checkPoints(points)
      checkRange(from, to)
      atMost("max_rows", max_rows, limits.rows_a_point)
      if (!(max_rows >= 4)) throw badArgument("max_rows", max_rows, "至少为 4", "must be 4 or more")
      atMost("points × max_rows", points.length * max_rows, limits.rows_an_answer)
      return await history(store, points, from, to, Math.floor(max_rows))
    },
    rollup: async (points, from, to, step) => {
      checkPoints(points)
      checkRange(from, to)
      return await rollup(store, points, from, to, step)
    },
    wave: async (point, from, to, max_samples) => {
      checkPoints([point])
      checkRange(from, to)
      atMost("max_samples", max_samples, limits.samples_an_answer)
      if (!(max_samples >= 1)) throw badArgument("max_samples", max_samples, "至少为 1", "must be 1 or more")
      return await wave(store, { point, from, to, max_samples: Math.floor(max_samples) })
    },
    arrivals: async (from, to, buckets) => {
      checkRange(from, to)
      if (!Number.isInteger(buckets) || buckets < 1 || buckets > limits.buckets)
        throw badArgument("buckets", buckets, "必须在 1 与 10000 之间", "must be from 1 to 10,000")
      return await arrivals(store, from, to, buckets)
    },
    // The server merges and compresses by itself.
    seal: async () => ({ hours: 0, rows: 0 }),
    forget: async (what) => {
      writable()
      for (const [field, instant] of Object.entries(what))
        if (Number.isNaN(instant)) throw badArgument(field, "NaN", "必须是时刻", "must be an instant")
      const done = await queue.alone(() => forget(store, what))
      on_disk = await sizes(store)
      return done
    },
    damage: () => [],
    backup: async () => {
      throw new ProblemError(byServer())
    },
    restore: async () => {
      throw new ProblemError(byServer())
    },
    stats: () => {
      const size = (table: string) => on_disk.get(table) ?? { rows: 0, bytes: 0 }
      return {
        rows_live: 0,
        rows_total: store.rows_total,
        blocks_live: 0,
        samples_total: store.samples_total,
        ...queue.times(),
        bytes: [...on_disk.values()].reduce((n, t) => n + t.bytes, 0),
        readings_bytes: size("readings").bytes + size("rollups").bytes,
        waves_bytes: size("waves").bytes,
        readings_sealed: size("readings").rows,
        samples_sealed: store.samples_total,
        // The disk is the server's, whose own monitoring watches it; nothing is held back here.
        free_bytes: Number.MAX_SAFE_INTEGER,
        budget_bytes: Number.MAX_SAFE_INTEGER,
      }
    },
    observe: (readings) => takeAll(store.marks, readings),
    close: async () => {
      await queue.end()
      try {
        if (!options.reader && !store.broken) {
          await keepMarks(store)
          await endEpoch(store)
        }
      } finally {
        await server.client.close()
      }
    },
  }
}

/** Does commits in order, those that wait together in one group; other work that must not overlap goes between. */
function commitQueue(store: Store, measure: () => Promise<void>) {
  type Waiting = { ask: Ask; since: number; done: (commit: Commit) => void; failed: (error: unknown) => void }
  const waiting: Waiting[] = []
  const took_ms: number[] = []
  let [groups, committed, closed] = [0, 0, false]
  let tail: Promise<unknown> = Promise.resolve()
  const after = <T>(work: () => Promise<T>): Promise<T> => {
    const run = tail.then(work)
    // Whoever asked hears of the failure; the next in line goes on.
    tail = run.catch(() => {})
    return run
  }
  const nextGroup = (): Waiting[] => {
    let [count, rows] = [0, 0]
    while (count < waiting.length && (count === 0 || rows < most_group_rows))
      rows += waiting[count]!.ask.readings.n + waiting[count++]!.ask.blocks.n
    return waiting.splice(0, count)
  }
  const work = async () => {
    const group = nextGroup()
    if (group.length === 0) return
    try {
      const done = await commitGroup(
        store,
        group.map((w) => w.ask),
      )
      for (const [k, one] of done.entries()) {
        took_ms[committed++ % 1000] = performance.now() - group[k]!.since
        if (one instanceof Error) group[k]!.failed(one)
        else group[k]!.done(one)
      }
    } catch (error) {
      for (const w of group) w.failed(error)
      return
    }
    if (store.marks_rows >= marks_after_rows) await keepMarks(store)
    if (++groups % 256 === 0) await measure()
  }
  return {
    commit: async (ask: Ask): Promise<Commit> => {
      if (closed || waiting.length >= most_waiting) throw new ProblemError(busy(closed))
      const { promise, resolve, reject } = Promise.withResolvers<Commit>()
      waiting.push({ ask, since: performance.now(), done: resolve, failed: reject })
      // The marks that could not be kept now are kept after the next group.
      after(work).catch(() => {})
      return await promise
    },
    alone: after,
    times: () => {
      const sorted = took_ms.toSorted((a, b) => a - b)
      const p = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
      return { commit_ms_p50: p(0.5), commit_ms_p99: p(0.99) }
    },
    end: async () => {
      closed = true
      await tail
    },
  }
}

const readOnly = () =>
  problem(
    "series-read-only",
    409,
    "本进程只读读数库；写入由 role 为 store 的进程完成",
    "This process only reads the reading store; processes with the role store write it",
    { field: "role" },
  )

const byServer = () =>
  problem(
    "series-backup-elsewhere",
    409,
    "读数存放在 ClickHouse 中，请用 ClickHouse 自己的备份（BACKUP DATABASE 或 clickhouse-backup）",
    "The readings live in ClickHouse: use its own backups (BACKUP DATABASE, or clickhouse-backup)",
  )

const busy = (closed: boolean) =>
  problem(
    "series-busy",
    503,
    closed ? "读数库正在关闭" : "读数库等待的提交过多，请稍后重发",
    closed ? "The reading store is closing" : "Too many commits wait for the reading store; send again later",
  )
