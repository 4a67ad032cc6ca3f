import type { Worker } from "node:worker_threads"
import { ProblemError, problem } from "../../model/index.ts"
import type { Damage } from "./contract.ts"
import type { Calls, Counters, Reply, Snapshot } from "./protocol.ts"

/** Calls that may wait at once; beyond it a call is refused, so that a slow disk cannot fill the memory. */
const most_waiting = 2000

export type WorkerCalls = {
  ask<K extends keyof Calls>(op: K, args: Calls[K]["args"], transfer?: ArrayBuffer[]): Promise<Calls[K]["reply"]>
  close(): Promise<void>
}

/** Questions and answers with the worker; when it ends, everything that still waits is refused. */
export function workerCalls(
  worker: Worker,
  onSnapshot: (snapshot: Snapshot) => void,
  onDamage: (damage: Damage[], counters: Counters) => void,
): WorkerCalls {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let next = 1
  let ended: Error | null = null
  let closing: Promise<void> | null = null

  worker.on("message", (reply: Reply) => {
    if ("damage" in reply) {
      onDamage(reply.damage, reply.counters)
      return
    }
    const asker = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.ok) asker?.resolve(reply.value)
    else {
      if (reply.snapshot) onSnapshot(reply.snapshot)
      asker?.reject(reply.problem ? new ProblemError(reply.problem) : new Error(reply.message))
    }
  })
  const end = (error: Error) => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }
  worker.on("error", end)
  worker.on("exit", () => end(new Error("the reading store has been closed")))

  async function ask<K extends keyof Calls>(
    op: K,
    args: Calls[K]["args"],
    transfer: ArrayBuffer[] = [],
  ): Promise<Calls[K]["reply"]> {
    if (ended) throw ended
    if (closing && op !== "close") throw new Error("the reading store is being closed")
    if (waiting.size >= most_waiting)
      throw new ProblemError(
        problem("series-busy", 503, "读数库繁忙，请稍后重试", "The reading store is busy; try again in a moment"),
      )
    const id = next++
    return await new Promise((resolve, reject) => {
      waiting.set(id, { resolve: (value) => resolve(value as Calls[K]["reply"]), reject })
      worker.postMessage({ id, op, args }, transfer)
    })
  }

  return {
    ask,
    close: () => {
      closing ??= ended ? Promise.resolve() : ask("close", {}).then(() => worker.terminate().then(() => undefined))
      return closing
    },
  }
}
