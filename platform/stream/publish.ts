import { JetStreamApiError, type PubAck } from "@nats-io/jetstream"
import { type Problem, ProblemError, problem } from "../../model/index.ts"
import { sleep } from "../timers/index.ts"
import { encodePart, type Part, partBytes } from "./codec.ts"
import { duplicate_window_ms, type Log } from "./log.ts"
import { cut, dealt, isEmpty, joined } from "./parts.ts"

export type Publisher = {
  /** Puts a part into the log; resolves when every server that must have it has it. Parts keep their order. */
  publish(part: Part): Promise<void>
  stats(): { waiting_parts: number; waiting_bytes: number; messages: number; resends: number; ack_ms: number[] }
  /** Waits for what is under way. */
  close(): Promise<void>
}

export type PublisherOptions = {
  /** Unique name of this door process: ids of messages begin with it. */
  door: string
  /** Bytes that may wait; beyond it publish() itself waits. */
  waiting_bytes_max?: number
  ack_timeout_ms?: number
  /** After so long without an acknowledgement a part is refused, and the sender will send it again. */
  give_up_ms?: number
}

/**
 * Publishes parts of deliveries, one lane a partition. A lane has one message under way, so that order holds through
 * any resend, and what waits meanwhile travels together in the next. A message that is not acknowledged in time is
 * sent again under the same id, which the log stores once.
 */
export function publisher(log: Log, options: PublisherOptions): Publisher {
  const waiting_bytes_max = options.waiting_bytes_max ?? 64 << 20
  const ack_timeout_ms = options.ack_timeout_ms ?? 2000
  const give_up_ms = Math.min(options.give_up_ms ?? 60_000, duplicate_window_ms / 2)
  const stats = { waiting_parts: 0, waiting_bytes: 0, messages: 0, resends: 0, ack_ms: [] as number[] }
  const blocked: (() => void)[] = []
  const lanes = Array.from({ length: log.partitions }, (_, partition) => lane(partition))
  let closed = false

  function lane(partition: number) {
    type Waiting = { part: Part; bytes: number; done: () => void; failed: (error: unknown) => void }
    const waiting: Waiting[] = []
    let running: Promise<void> | null = null
    let counter = 0
    const nextGroup = (): Waiting[] => {
      let [count, bytes] = [0, 0]
      while (count < waiting.length && (count === 0 || bytes + waiting[count]!.bytes <= log.message_bytes_max))
        bytes += waiting[count++]!.bytes
      return waiting.splice(0, count)
    }
    const run = async () => {
      while (waiting.length > 0) {
        const group = nextGroup()
        try {
          const message = encodePart(joined(group.map((w) => w.part)), { partition, batch: 0, index: 0, of: 1 })
          await send(partition, message, `${options.door}-${partition}-${++counter}`)
          for (const w of group) w.done()
        } catch (error) {
          for (const w of group) w.failed(error)
        }
        stats.waiting_parts -= group.length
        stats.waiting_bytes -= group.reduce((n, w) => n + w.bytes, 0)
        while (blocked.length > 0 && stats.waiting_bytes < waiting_bytes_max) blocked.shift()!()
      }
      running = null
    }
    return {
      push(part: Part): Promise<void> {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        const bytes = partBytes(part)
        waiting.push({ part, bytes, done: resolve, failed: reject })
        stats.waiting_parts++
        stats.waiting_bytes += bytes
        running ??= run()
        return promise
      },
      idle: () => running ?? Promise.resolve(),
    }
  }

  async function send(partition: number, message: Buffer, id: string): Promise<void> {
    const started = performance.now()
    for (let tries = 1; ; tries++) {
      try {
        await log.js.publish(log.in_subject(partition), message, { msgID: id, timeout: ack_timeout_ms })
        stats.messages++
        stats.ack_ms[stats.messages % 1000] = performance.now() - started
        return
      } catch (error) {
        // Full, or no majority at the moment: what the log refuses by name may be taken later, under the same id.
        if (closed || performance.now() - started > give_up_ms) throw new ProblemError(notTaken(error))
        stats.resends++
        await sleep(Math.min(1000, 50 * 2 ** Math.min(tries, 5)))
      }
    }
  }

  return {
    async publish(part) {
      if (closed) throw new ProblemError(notTaken("closing"))
      while (stats.waiting_bytes >= waiting_bytes_max) await new Promise<void>((go) => blocked.push(go))
      const parts = dealt(part, log.partitions)
      const all = parts.flatMap((p, k) =>
        isEmpty(p) ? [] : cut(p, log.message_bytes_max).map((c) => lanes[k]!.push(c)),
      )
      const settled = await Promise.allSettled(all)
      for (const one of settled) if (one.status === "rejected") throw one.reason
    },
    stats: () => ({ ...stats, ack_ms: [...stats.ack_ms] }),
    async close() {
      await Promise.all(lanes.map((l) => l.idle()))
      closed = true
    },
  }
}

/** True where the log says that the subject has moved on since: somebody else published meanwhile. */
export const isWrongLast = (error: unknown): boolean =>
  error instanceof JetStreamApiError && error.code === wrong_last_sequence
const wrong_last_sequence = 10071

export type OrderedPublisher = { publish(message: Buffer, id: string): Promise<PubAck | null> }

/**
 * Publishes to one subject under the condition that nobody else has since `last` (sequence of the subject's last
 * message, 0 where it has none). Answers null where somebody has: then this process is no longer the one.
 */
export function orderedPublisher(log: Log, subject: string, last: number): OrderedPublisher {
  let known = last
  return {
    async publish(message, id) {
      for (let tries = 1; ; tries++) {
        try {
          const expect = { lastSubjectSequence: known }
          const ack = await log.js.publish(subject, message, { msgID: id, timeout: 2000, expect })
          known = ack.seq
          return ack
        } catch (error) {
          if (isWrongLast(error)) {
            // An earlier try of this very message may have arrived although its answer did not.
            const found = await lastOf(log, subject)
            if (found?.id !== id) return null
            known = found.sequence
            return { stream: log.out_stream, seq: found.sequence, duplicate: true, domain: "" } as PubAck
          }
          if (tries >= 30) throw error
          await sleep(Math.min(1000, 50 * 2 ** Math.min(tries, 5)))
        }
      }
    },
  }
}

export type LastMessage = { sequence: number; id: string; data: Uint8Array }

/** The last message of a subject of OUT, or null. */
export async function lastOf(log: Log, subject: string): Promise<LastMessage | null> {
  for (let tries = 1; ; tries++) {
    try {
      const found = await log.jsm.streams.getMessage(log.out_stream, { last_by_subj: subject })
      return found && { sequence: found.seq, id: found.header.get("Nats-Msg-Id"), data: found.data }
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === no_message) return null
      if (tries >= 30) throw error
      await sleep(Math.min(1000, 50 * 2 ** Math.min(tries, 5)))
    }
  }
}
const no_message = 10037

const notTaken = (reason: unknown): Problem =>
  problem(
    "log-refused",
    503,
    `数据未能写入消息日志（${String(reason)}），没有确认；请稍后重发`,
    `The log did not take the data (${String(reason)}); nothing was acknowledged, send it again later`,
    { field: "nats_url" },
  )
