import { DeliverPolicy } from "@nats-io/jetstream"
import { type Problem, ProblemError, problem } from "../../model/index.ts"
import { sleep } from "../timers/index.ts"
import { decodePart, type Part } from "./codec.ts"
import type { Log } from "./log.ts"

/** A committed part; `batch` is its sequence in OUT, the total order for all who follow. Ticks come as parts of their own. */
export type Committed = Part & { batch: number; partition: number }

export type OutSource = {
  /** Sequence of the last message of OUT; 0 when empty. */
  lastBatch(): Promise<number>
  /** Sequence of the first message that OUT still has. */
  firstBatch(): Promise<number>
  /** What was committed after `batch`, in order, until it has caught up. */
  since(batch: number): AsyncIterable<Committed>
  /**
   * Follows from after `batch` on until the signal aborts: each message is handed over when the listener is done with
   * the one before. A listener that fails gets the same message again.
   */
  follow(batch: number, listener: (c: Committed) => Promise<void>, signal: AbortSignal): Promise<void>
}

const consumer_idle_ms = 30_000
const read_tries = 6

/** What the stores committed, in one order for everybody. */
export function outSource(log: Log, failed: (name: string, error: unknown) => void): OutSource {
  const state = async () => (await log.jsm.streams.info(log.out_stream)).state
  const check = async (batch: number) => {
    const { first_seq, last_seq } = await state()
    if (batch + 1 < first_seq) throw new ProblemError(trimmed(batch, first_seq))
    return last_seq
  }
  /** Asks again where the log is about to choose a new leader, or chose a server that has just fallen. */
  const read = async (batch: number) => {
    for (let tries = 1; ; tries++) {
      try {
        const consumer = await log.js.consumers.get(log.out_stream, {
          deliver_policy: DeliverPolicy.StartSequence,
          opt_start_seq: batch + 1,
          inactive_threshold: consumer_idle_ms,
        })
        return await consumer.consume({ max_bytes: 8 << 20, idle_heartbeat: 1000, expires: 10_000 })
      } catch (error) {
        if (tries >= read_tries) throw error
        failed("out", error)
        await sleep(500)
      }
    }
  }
  const committed = (seq: number, data: Uint8Array): Committed => {
    const { place, ...part } = decodePart(data)
    return { ...part, batch: seq, partition: place.partition }
  }
  return {
    lastBatch: async () => (await state()).last_seq,
    firstBatch: async () => (await state()).first_seq,
    async *since(batch) {
      const last = await check(batch)
      if (batch >= last) return
      const messages = await read(batch)
      try {
        for await (const m of messages) {
          yield committed(m.seq, m.data)
          if (m.seq >= last) return
        }
      } finally {
        messages.stop()
      }
    },
    async follow(batch, listener, signal) {
      let after = batch
      while (!signal.aborted) {
        try {
          await check(after)
          const messages = await read(after)
          const end = () => messages.stop()
          signal.addEventListener("abort", end, { once: true })
          if (signal.aborted) end()
          try {
            for await (const m of messages) {
              if (signal.aborted) break
              await listener(committed(m.seq, m.data))
              after = m.seq
            }
          } finally {
            signal.removeEventListener("abort", end)
            messages.stop()
          }
        } catch (error) {
          if (error instanceof ProblemError && error.problem.code === "log-trimmed") throw error
          failed("out", error)
          await sleep(500, signal)
        }
      }
    },
  }
}

const trimmed = (batch: number, first: number): Problem =>
  problem(
    "log-trimmed",
    410,
    `消息日志已不含 ${batch} 之后的提交（现存从 ${first} 起）；请从读数库重新研判`,
    `The log no longer has what was committed after ${batch} (it begins at ${first}); evaluate again from the reading store`,
    { field: "batch", value: batch },
  )
