import { parentPort } from "node:worker_threads"
import { ProblemError } from "../../model/index.ts"
import { backup, restore } from "./backup.ts"
import { commitBatch } from "./commit.ts"
import { closeStore, counters, live, measureBytes, openStore, type Store } from "./database.ts"
import { isFatal, problemOf } from "./problems.ts"
import { buffersOf, type Call, type Calls, copyRows, type Reply, type Snapshot } from "./protocol.ts"
import { at, history, readerPool, since } from "./query.ts"
import { arrivals, rollup } from "./rollup.ts"
import { isDue, rotate, sealFinished } from "./seal.ts"

/** The one owner of the DuckDB file. Commits run one after another, seals too, queries beside them. */
if (!parentPort) throw new Error("platform/series/worker.ts runs as a worker thread only")
const port = parentPort

let opened: Store | null = null
let commits: Promise<unknown> = Promise.resolve()
let seals: Promise<unknown> = Promise.resolve()
let sealing = 0
/** Commits wait while this many full tables wait for their seal. */
const most_unsealed = 4

const store = (): Store => {
  if (!opened) throw new Error("the reading store is not open")
  return opened
}
const read = readerPool(store)

const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
  const run = commits.then(work)
  commits = run.catch(() => null)
  return run
}
const sealInOrder = <T>(work: () => Promise<T>): Promise<T> => {
  sealing++
  const run = seals.then(work).finally(() => sealing--)
  seals = run.catch(() => null)
  return run
}

/** Work that close waits for, beside commits and seals. */
let beside: Promise<unknown> = Promise.resolve()
const besides = <T>(work: () => Promise<T>): Promise<T> => {
  const run = beside.then(work)
  beside = run.catch(() => null)
  return run
}

const snapshot = (): Snapshot => {
  const { marks, last_batch, last_tick } = store()
  return { last_batch, last_tick, latest: copyRows(marks.rows, 0, marks.rows.n), counters: counters(store()) }
}

async function commit(args: Calls["commit"]["args"]): Promise<Calls["commit"]["reply"]> {
  const full = store().segments.filter((s) => s.state === "live").length > most_unsealed
  if (full && sealing > 0) await seals
  const reply = await commitBatch(store(), args.readings, args.ticks)
  if (isDue(store(), live(store()), 0)) await giveWay()
  return reply
}

/** A full live segment gives way to a new one and is sealed beside the commits; the commit that filled it is done. */
async function giveWay(): Promise<void> {
  const later = (error: unknown) => {
    // The table stays live and readable; the next commit or seal tries again.
    process.stderr.write(`series: sealing failed, will be tried again: ${String(error)}\n`)
  }
  try {
    await rotate(store(), 0)
    sealInOrder(() => sealFinished(store())).catch(later)
  } catch (error) {
    later(error)
  }
}

async function seal(args: { now: number }): Promise<Calls["seal"]["reply"]> {
  await inOrder(() => rotate(store(), args.now))
  const done = await sealInOrder(() => sealFinished(store()))
  measureBytes(store())
  return { ...done, counters: counters(store()) }
}

async function close(): Promise<null> {
  await commits
  await seals
  await beside
  if (opened) await closeStore(opened)
  opened = null
  return null
}

async function answer(call: Call): Promise<{ value: unknown; transfer: ArrayBuffer[] }> {
  const plain = async (value: Promise<unknown>) => ({ value: await value, transfer: [] })
  switch (call.op) {
    case "open":
      opened = await openStore(call.args)
      return { value: snapshot(), transfer: [] }
    case "commit": {
      const value = await inOrder(() => commit(call.args))
      return { value, transfer: buffersOf(value.readings) }
    }
    case "since": {
      const value = await read((reader) => since(store(), reader, call.args))
      return { value, transfer: value ? buffersOf(value.readings) : [] }
    }
    case "history":
      return plain(read((reader) => history(store(), reader, call.args)))
    case "at":
      return plain(read((reader) => at(store(), reader, call.args)))
    case "rollup":
      return plain(read((reader) => rollup(store(), reader, call.args)))
    case "arrivals":
      return plain(read((reader) => arrivals(store(), reader, call.args)))
    case "seal":
      return plain(seal(call.args))
    case "backup":
      return plain(besides(() => backup(store(), call.args.folder, call.args.batch)))
    case "restore":
      return plain(
        inOrder(async () => {
          const done = await restore(store(), call.args.folder)
          return { ...done, snapshot: snapshot() }
        }),
      )
    case "close":
      return plain(close())
  }
}

/** After a fatal error the engine refuses everything; opening it again replays what is durable. */
async function reopen(broken: Store): Promise<Snapshot> {
  return await inOrder(async () => {
    if (opened !== broken) return snapshot()
    await seals
    try {
      await closeStore(broken)
    } catch (error) {
      process.stderr.write(`series: closing after a fatal error: ${String(error)}\n`)
    }
    opened = await openStore(broken.options, broken.last_batch)
    return snapshot()
  })
}

port.on("message", (call: Call) => {
  const asked = opened
  answer(call).then(
    ({ value, transfer }) => port.postMessage({ id: call.id, ok: true, value } satisfies Reply, transfer),
    async (error: unknown) => {
      let state: Snapshot | null = null
      if (asked && isFatal(error)) {
        state = await reopen(asked).catch((second: unknown) => {
          process.stderr.write(`series: could not be opened again: ${String(second)}\n`)
          return null
        })
      }
      const problem = error instanceof ProblemError ? error.problem : problemOf(error)
      const message = error instanceof Error ? error.message : String(error)
      port.postMessage({ id: call.id, ok: false, problem, message, snapshot: state } satisfies Reply)
    },
  )
})
