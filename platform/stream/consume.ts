import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg, ReplayPolicy } from "@nats-io/jetstream"
import { nanos } from "@nats-io/transport-node"
import { sleep } from "../timers/index.ts"
import type { Log } from "./log.ts"

/** A message of IN as it lies in the log. `published` is the log's own clock, UTC ms. */
export type Received = { sequence: number; published: number; data: Uint8Array }

export type ConsumeOptions = {
  partition: number
  /** Sequence in the log up to which everything was handled; delivery begins after it. */
  after: number
  /** Handles messages in the order of the log; they are acknowledged when it resolves. It must not reject lightly. */
  handle: (messages: Received[]) => Promise<void>
  /** Nothing waits: of this partition all is handled that was in the log at `since` (wall, UTC ms), up to `sequence`. */
  idle?: (since: number, sequence: number) => Promise<void>
  signal: AbortSignal
  /** Messages that arrive within this time are handled together. */
  gather_ms?: number
  group_messages_max?: number
  group_bytes_max?: number
  ack_wait_ms?: number
  failed: (name: string, error: unknown) => void
}

const pull_messages = 256
/** Asked for at once: far below what makes the server take a reader for a slow one and hang up. */
const pull_bytes = 8 << 20
const check_ms = 1000
/** A consumer that holds messages but delivers none is made anew after so many checks. */
const stuck_checks = 5

/**
 * Consumes one partition in exactly the order of the log, by a durable pull consumer with explicit acknowledgements.
 * Delivery numbers must follow each other without a gap or a repetition: at any irregularity (a connection lost with
 * messages on the way, a redelivery, a leader that fell) the consumer is made anew after what was handled. So a
 * message is handled again rather than too late or never. Ends when the signal aborts.
 */
export async function consume(log: Log, options: ConsumeOptions): Promise<void> {
  let after = options.after
  while (!options.signal.aborted) {
    try {
      after = await consumeFrom(log, options, after)
    } catch (error) {
      options.failed(`in.${options.partition}`, error)
      if (error instanceof HandlerFailed) after = error.after
      await sleep(500, options.signal)
    }
  }
}

/** The handler's own failure, with what was handled before it. */
class HandlerFailed extends Error {
  after: number
  constructor(after: number, cause: unknown) {
    super(`a group of messages after ${after} could not be handled: ${String(cause)}`, { cause })
    this.after = after
  }
}

async function consumeFrom(log: Log, options: ConsumeOptions, start: number): Promise<number> {
  const name = `store-${options.partition}`
  const gather_ms = options.gather_ms ?? 200
  let after = start
  await makeConsumer(log, name, options, after)
  const consumer = await log.js.consumers.get(log.in_stream, name)
  const messages = await consumer.consume({ max_bytes: pull_bytes, expires: 10_000, idle_heartbeat: 1000 })
  const inbox = fill(messages, options.group_messages_max ?? pull_messages)
  const end = () => messages.stop()
  options.signal.addEventListener("abort", end, { once: true })
  let [delivered, quiet] = [0, 0]
  try {
    // The signal may have come before its listener was there.
    while (!options.signal.aborted) {
      const asked = Date.now()
      if (!(await inbox.some(check_ms)) && !inbox.ended()) {
        const state = await stateOf(log, name)
        const waits = state?.waits ?? 1 // No answer is no news: it only counts against the consumer.
        if (state && waits === 0 && inbox.size() === 0) {
          after = Math.max(after, state.last)
          await options.idle?.(asked, after)
        }
        quiet = waits > 0 ? quiet + 1 : 0
        if (quiet >= stuck_checks) return after
        continue
      }
      if (options.signal.aborted || inbox.ended()) return after
      quiet = 0
      await sleep(gather_ms, options.signal)
      const group = inbox.take(options.group_messages_max ?? pull_messages, options.group_bytes_max ?? 8 << 20)
      const regular = group.findIndex((m, k) => m.info.deliverySequence !== delivered + k + 1 || m.seq <= after)
      const sound = regular < 0 ? group : group.slice(0, regular)
      if (options.signal.aborted) return after
      if (sound.length > 0) {
        await handled(sound, options, after)
        after = sound.at(-1)!.seq
        delivered += sound.length
      }
      if (regular >= 0) return after
    }
    return after
  } finally {
    options.signal.removeEventListener("abort", end)
    await inbox.stop()
  }
}

/**
 * What the consumer still lacks, and the last message of the stream before that was asked: where nothing is lacking,
 * all up to there has been handled. Null where the log does not answer at the moment.
 */
async function stateOf(log: Log, name: string): Promise<{ waits: number; last: number } | null> {
  try {
    const { last_seq } = (await log.jsm.streams.info(log.in_stream)).state
    const info = await log.jsm.consumers.info(log.in_stream, name)
    return { waits: info.num_pending + info.num_ack_pending, last: last_seq }
  } catch (error) {
    if ((error as { code?: number }).code === consumer_not_found) throw error
    return null
  }
}

/** Hands a group over and acknowledges it; says "still working" meanwhile. */
async function handled(group: readonly JsMsg[], options: ConsumeOptions, after: number): Promise<void> {
  const beat = setInterval(
    () => {
      for (const m of group) m.working()
    },
    (options.ack_wait_ms ?? 30_000) / 3,
  )
  try {
    await options.handle(
      group.map((m) => ({ sequence: m.seq, published: Math.floor(m.info.timestampNanos / 1e6), data: m.data })),
    )
  } catch (error) {
    throw new HandlerFailed(after, error)
  } finally {
    clearInterval(beat)
  }
  for (const m of group) m.ack()
}

/** Makes the durable consumer so that delivery begins right after `after`. */
async function makeConsumer(log: Log, name: string, options: ConsumeOptions, after: number): Promise<void> {
  try {
    await log.jsm.consumers.delete(log.in_stream, name)
  } catch (error) {
    if ((error as { code?: number }).code !== consumer_not_found) throw error
  }
  await log.jsm.consumers.add(log.in_stream, {
    durable_name: name,
    filter_subject: log.in_subject(options.partition),
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    ack_policy: AckPolicy.Explicit,
    replay_policy: ReplayPolicy.Instant,
    ack_wait: nanos(options.ack_wait_ms ?? 30_000),
    max_ack_pending: pull_messages * 2,
  })
}
const consumer_not_found = 10014

/** Moves messages from the library's iterator into a box from which groups are taken; it stops reading when full. */
function fill(messages: ConsumerMessages, most: number) {
  const box: JsMsg[] = []
  let ended = false
  let wake = Promise.withResolvers<void>()
  let room = Promise.withResolvers<void>()
  const pump = async () => {
    try {
      for await (const m of messages) {
        box.push(m)
        wake.resolve()
        while (box.length >= most && !ended) await room.promise
        if (ended) break
      }
    } catch {
      // A broken iterator is the same to us as one that ended: a new consumer follows.
    }
    ended = true
    wake.resolve()
  }
  const pumping = pump()
  return {
    /** Stops reading, and waits until nothing of it runs any more. */
    async stop(): Promise<void> {
      ended = true
      messages.stop()
      room.resolve()
      await pumping
    },
    ended: () => ended && box.length === 0,
    size: () => box.length,
    /** True when there is something within the time. */
    async some(ms: number): Promise<boolean> {
      if (box.length === 0 && !ended) {
        wake = Promise.withResolvers<void>()
        const late = new AbortController()
        await Promise.race([wake.promise, sleep(ms, late.signal)])
        late.abort()
      }
      return box.length > 0
    },
    take(count: number, bytes_max: number): JsMsg[] {
      let [n, bytes] = [0, 0]
      while (n < box.length && n < count && (n === 0 || bytes + box[n]!.data.length <= bytes_max))
        bytes += box[n++]!.data.length
      const group = box.splice(0, n)
      room.resolve()
      room = Promise.withResolvers<void>()
      return group
    },
  }
}
