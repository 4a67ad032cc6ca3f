import type { BlockBatch, ReadingBatch, Tick } from "../../model/index.ts"
import type { Db } from "../sql/index.ts"
import { every, sleep } from "../timers/index.ts"
import { decodePart, encodePart, type Part, UnreadableMessage } from "./codec.ts"
import { consume, type Received } from "./consume.ts"
import { holdLeases, type Leases } from "./leases.ts"
import type { Log } from "./log.ts"
import { cut, emptyPart, isEmpty, joined } from "./parts.ts"
import { lastOf, type OrderedPublisher, orderedPublisher, type Publisher } from "./publish.ts"
import { holdAt, type Lease, lowest, makeLeases, positionOf } from "./store.ts"

/** What became of a delivery once the log has it: who refuses or drops rows is known only when a store commits them. */
export type LogReceipt = { batch: 0; readings: number; blocks: number; duplicates: 0; refused: [] }

/**
 * The Take of a door process: resolves when every part of the delivery is in the log and `aside` has made the rest of
 * the delivery (what was refused, what nobody knows) durable elsewhere.
 */
export function doorTake<D extends Part>(
  publisher: Publisher,
  aside: (delivery: D) => Promise<void>,
): (delivery: D) => Promise<LogReceipt> {
  return async (delivery) => {
    await Promise.all([publisher.publish(delivery), aside(delivery)])
    return { batch: 0, readings: delivery.readings.n, blocks: delivery.blocks.n, duplicates: 0, refused: [] }
  }
}

/** What the fresh rows of a commit are, as any Series says it. */
export type PartCommit = { batch: number; readings: ReadingBatch; ticks: Tick[]; blocks: BlockBatch }

/** The store of one partition, open while its lease is held. */
export type PartitionStore = {
  /** Makes a part durable, or rejects with nothing stored; resends are dropped. Batches are numbered without holes. */
  commit(part: Part): Promise<PartCommit>
  since(batch: number): AsyncIterable<PartCommit>
  lastBatch(): number
  close(): Promise<void>
}

export type StoreOptions = {
  log: Log
  db: Db
  /** Unique name of this process. */
  owner: string
  open: (partition: number, fencing: number) => Promise<PartitionStore>
  /** Makes a message that nobody can read durable elsewhere; it is then acknowledged. */
  unreadable: (message: Received & { partition: number; reason: string }) => Promise<void>
  /** `ticks`: the city clock moves by ticks in the log; `wall`: it is the wall clock. */
  clock: "ticks" | "wall"
  failed: (name: string, error: unknown) => void
  gather_ms?: number
  renew_ms?: number
  expire_ms?: number
}

export const store_kind = "store"
const leaseOf = (partition: number) => `store.${partition}`

/**
 * Runs a store process: holds its share of the partitions, and for each one commits what the log brings, in order.
 * One group of messages goes: commit → fence → OUT → acknowledge. The fence writes the position in PostgreSQL only
 * while the lease holds; so what a process announces or acknowledges was stored before anyone could take over, and
 * whoever takes over finds it. What was stored but not announced is announced by the next owner, from the store.
 */
export function runStore(options: StoreOptions): Leases {
  const names = Array.from({ length: options.log.partitions }, (_, p) => leaseOf(p))
  return holdLeases({
    db: options.db,
    kind: store_kind,
    names,
    owner: options.owner,
    failed: options.failed,
    ...(options.renew_ms !== undefined && { renew_ms: options.renew_ms }),
    ...(options.expire_ms !== undefined && { expire_ms: options.expire_ms }),
    work: (lease, signal) => workPartition(options, Number(lease.name.split(".")[1]), lease, signal),
  })
}

async function workPartition(
  options: StoreOptions,
  partition: number,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> {
  const { log, db } = options
  const store = await options.open(partition, lease.fencing)
  const lost = new AbortController()
  const ended = AbortSignal.any([signal, lost.signal])
  try {
    const out = await announcer(log, partition, lease, store)
    // A store that knows less than was announced has lost its end (a power cut without fsync, an old backup): all that
    // the log still has is offered again, and what is known is dropped.
    const after = out.ahead ? 0 : await positionOf(db, lease.name)
    if (out.ahead)
      options.failed(
        lease.name,
        new Error(`the store ends at batch ${store.lastBatch()}, before what was announced; the log is read again`),
      )
    if (!(await out.catchUp())) return
    let progress: number | null = null
    await consume(log, {
      partition,
      after,
      signal: ended,
      failed: options.failed,
      ...(options.gather_ms !== undefined && { gather_ms: options.gather_ms }),
      handle: async (messages) => {
        const part = await readAll(messages, partition, options)
        const done = isEmpty(part) ? null : await insist(() => store.commit(part), lease.name, options, ended)
        const position = messages.at(-1)!.sequence
        try {
          // The progress of what came before: this group is announced only after the fence.
          if (!(await holdAt(db, lease, { position, progress })))
            throw new Error(`the lease of ${lease.name} was lost; what it stored is announced by the next owner`)
          if (done && !(await out.announce(done))) throw new Error(`another process announces for ${lease.name}`)
        } catch (error) {
          // What is stored but maybe not announced is announced at the next take-over, which may be ours.
          lost.abort()
          throw error
        }
        progress = options.clock === "ticks" ? (done?.ticks.at(-1)?.time ?? progress) : messages.at(-1)!.published
      },
      idle: async (since, position) => {
        if (options.clock === "wall") progress = Math.max(progress ?? 0, since)
        if (!(await holdAt(db, lease, { position, progress }))) lost.abort()
      },
    })
  } finally {
    await store.close()
  }
}

async function readAll(messages: readonly Received[], partition: number, options: StoreOptions): Promise<Part> {
  const parts: Part[] = []
  for (const m of messages) {
    try {
      parts.push(decodePart(m.data))
    } catch (error) {
      // A message of a later version waits for a later program; anything else would stand in the way for ever.
      if (!(error instanceof UnreadableMessage) || error.newer) throw error
      await options.unreadable({ ...m, partition, reason: error.message })
    }
  }
  return parts.length === 0 ? emptyPart() : joined(parts)
}

/** Tries until it works or the lease is gone: order forbids to go on without it. */
async function insist<T>(work: () => Promise<T>, name: string, options: StoreOptions, signal: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      options.failed(name, error)
      await sleep(Math.min(5000, 200 * 2 ** Math.min(tries, 5)), signal)
      if (signal.aborted) throw error
    }
  }
}

/** Announces committed batches of a partition in OUT, each once and in order. */
async function announcer(log: Log, partition: number, lease: Lease, store: PartitionStore) {
  const subject = log.out_subject(partition)
  const last = await lastOf(log, subject)
  const place = last ? decodePart(last.data).place : null
  const to: OrderedPublisher = orderedPublisher(log, subject, last?.sequence ?? 0)
  const ahead = place !== null && place.batch > store.lastBatch()
  /** Everything up to this batch is announced; the next owner takes it from the last message of OUT. */
  let announced = ahead ? store.lastBatch() : (place?.batch ?? 0)
  const announceOne = async (done: PartCommit, from = 0): Promise<boolean> => {
    const pieces = cut({ readings: done.readings, ticks: [], blocks: done.blocks }, log.message_bytes_max)
    // A batch without anything new is not said; the next one shows that it is behind us.
    for (let index = from; index < pieces.length && !isEmpty(pieces[0]!); index++) {
      const message = encodePart(pieces[index]!, { partition, batch: done.batch, index, of: pieces.length })
      if (!(await to.publish(message, `${partition}-${lease.fencing}-${done.batch}-${index}`))) return false
    }
    announced = done.batch
    return true
  }
  const announceAfter = async (batch: number, index = 0): Promise<boolean> => {
    for await (const done of store.since(batch))
      if (!(await announceOne(done, done.batch === batch + 1 ? index : 0))) return false
    return true
  }
  return {
    /** What was announced last is not in the store. */
    ahead,
    /** Announces a commit, and before it what stands without an answer having come (a lost reply of the store). */
    announce: async (done: PartCommit): Promise<boolean> =>
      done.batch === announced + 1 ? await announceOne(done) : await announceAfter(announced),
    /** Announces what an owner before had stored and not announced to the end. False where another one does. */
    catchUp: async (): Promise<boolean> =>
      ahead || !place ? await announceAfter(announced) : await announceAfter(place.batch - 1, place.index + 1),
  }
}

export type TickerOptions = {
  log: Log
  db: Db
  owner: string
  failed: (name: string, error: unknown) => void
  every_ms?: number
  /** How long IN keeps what every partition has stored, for stores that lost their end. */
  in_keep_ms?: number
  trim_every_ms?: number
  renew_ms?: number
  expire_ms?: number
}

/**
 * Publishes the city clock into OUT while this process holds the ticker's lease: the lowest progress of all
 * partitions, never backwards. It also removes from IN what all partitions stored long enough ago.
 */
export function runTicker(options: TickerOptions): Leases {
  const { log, db } = options
  return holdLeases({
    db,
    kind: "ticker",
    names: ["ticker"],
    owner: `${options.owner}-ticker`,
    failed: options.failed,
    ...(options.renew_ms !== undefined && { renew_ms: options.renew_ms }),
    ...(options.expire_ms !== undefined && { expire_ms: options.expire_ms }),
    work: async (lease, signal) => {
      const names = Array.from({ length: log.partitions }, (_, p) => leaseOf(p))
      await makeLeases(db, store_kind, names)
      const last = await lastOf(log, log.out_subject("tick"))
      const to = orderedPublisher(log, log.out_subject("tick"), last?.sequence ?? 0)
      let told = last
        ? (decodePart(last.data).ticks.at(-1)?.time ?? Number.NEGATIVE_INFINITY)
        : Number.NEGATIVE_INFINITY
      const seen: { at: number; position: number }[] = []
      const loop = every(
        options.every_ms ?? 500,
        async () => {
          const { progress, position } = await lowest(db, store_kind)
          seen.push({ at: Date.now(), position })
          if (progress === null || progress <= told || signal.aborted) return
          const tick = { ...emptyPart(), ticks: [{ at: 0, time: progress }] }
          const ack = await to.publish(encodePart(tick), `tick-${lease.fencing}-${progress}`)
          if (ack) told = progress
          else throw new Error("another process publishes the ticks")
        },
        "ticker",
        options.failed,
      )
      const trim = every(
        options.trim_every_ms ?? 60_000,
        async () => {
          const old = seen.filter((s) => s.at <= Date.now() - (options.in_keep_ms ?? 3_600_000))
          const done = old.at(-1)?.position ?? 0
          seen.splice(0, old.length)
          if (done > 0) await log.jsm.streams.purge(log.in_stream, { seq: done + 1 })
        },
        "trim",
        options.failed,
      )
      if (!signal.aborted) await new Promise<void>((go) => signal.addEventListener("abort", () => go(), { once: true }))
      await Promise.all([loop.stop(), trim.stop()])
    },
  })
}
