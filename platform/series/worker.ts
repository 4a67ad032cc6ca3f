import { parentPort } from "node:worker_threads"
import { blockBuffers, ProblemError, readingBuffers } from "../../model/index.ts"
import { backup } from "./backup.ts"
import { commitGroup } from "./commit.ts"
import { checkSums, setAsideNamed } from "./damage.ts"
import { counters, live, liveWave, measureBytes, type Store } from "./database.ts"
import { forget } from "./forget.ts"
import { closeStore, openStore } from "./open.ts"
import { isFatal, problemOf } from "./problems.ts"
import { type Call, type Calls, type CommitReply, copyRows, type Reply, type Snapshot } from "./protocol.ts"
import { at, history, since } from "./query.ts"
import { type Reader, readerPool } from "./reader.ts"
import { restore } from "./restore.ts"
import { arrivals, rollup } from "./rollup.ts"
import { isDue, rotate, sealFinished } from "./seal.ts"
import { addLiveWave } from "./wave-catalogue.ts"
import { packer, packFinished, waveIsDue } from "./wave-pack.ts"
import { wave } from "./wave-query.ts"

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

let packs: Promise<unknown> = Promise.resolve()
const packing = packer()
const packsInOrder = <T>(work: () => Promise<T>): Promise<T> => {
  const run = packs.then(work)
  packs = run.catch(() => null)
  return run
}
const packInOrder = () => packsInOrder(() => packFinished(store(), packing))
/** Runs `work` while nothing is sealed or packed. */
const alone = <T>(work: () => Promise<T>): Promise<T> => sealInOrder(() => packsInOrder(work))

const snapshot = (): Snapshot => {
  const { marks, last_batch, last_tick, damage } = store()
  const latest = copyRows(marks.rows, 0, marks.rows.n)
  return { last_batch, last_tick, latest, counters: counters(store()), damage }
}

/** Commits that wait; they are written together. */
const asked: { args: Calls["commit"]["args"]; resolve: (r: CommitReply) => void; reject: (e: unknown) => void }[] = []
const most_rows_a_group = 200_000
const most_asks_a_group = 256

function commit(args: Calls["commit"]["args"]): Promise<CommitReply> {
  return new Promise((resolve, reject) => {
    asked.push({ args, resolve, reject })
    inOrder(writeAsked).catch((error: unknown) => reject(error))
  })
}

/** Writes the commits that wait in one transaction; what a commit before it has taken along is done already. */
async function writeAsked(): Promise<void> {
  let rows = 0
  let n = 0
  for (; n < asked.length && n < most_asks_a_group; n++) {
    rows += asked[n]!.args.readings.n + asked[n]!.args.blocks.n
    if (n > 0 && rows > most_rows_a_group) break
  }
  const group = asked.splice(0, n)
  if (group.length === 0) return
  try {
    const full = store().segments.filter((s) => s.state === "live").length > most_unsealed
    if (full && sealing > 0) await seals
    const done = await commitGroup(
      store(),
      group.map((g) => g.args),
    )
    for (const [k, reply] of done.entries()) {
      if (reply instanceof Error) group[k]!.reject(reply)
      else group[k]!.resolve(reply)
    }
  } catch (error) {
    for (const g of group) g.reject(error)
    return
  }
  if (isDue(store(), live(store()), 0)) await giveWay()
  if (waveIsDue(store(), liveWave(store()), Date.now())) await giveWaveWay()
}

/** The same for waveforms: a full file of frames gives way to a new one and is packed in its own thread. */
async function giveWaveWay(): Promise<void> {
  const later = (error: unknown) => {
    process.stderr.write(`series: packing failed, will be tried again: ${String(error)}\n`)
  }
  try {
    await addLiveWave(store())
    packInOrder().catch(later)
  } catch (error) {
    later(error)
  }
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
  await inOrder(async () => {
    await rotate(store(), args.now)
    if (waveIsDue(store(), liveWave(store()), args.now)) await addLiveWave(store())
  })
  const done = await sealInOrder(() => sealFinished(store()))
  await packInOrder()
  measureBytes(store())
  return { ...done, counters: counters(store()) }
}

const sayDamage = (): void => {
  port.postMessage({ id: 0, ok: true, damage: store().damage, counters: counters(store()) } satisfies Reply)
}

/** Reads all sealed files after opening, at leisure: a flipped bit shows in the checksum alone. */
async function checkLater(of: Store): Promise<void> {
  const stopped = () => opened !== of || closing
  await checkSums(of, stopped, (work) => alone(() => inOrder(work)), sayDamage).catch((error: unknown) => {
    if (!stopped()) process.stderr.write(`series: the checksums could not be read: ${String(error)}\n`)
  })
}

let checking: Promise<void> = Promise.resolve()
let closing = false

/** Asks once more where a query met a broken file, which is then set aside. */
async function reading<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
  try {
    return await read(work)
  } catch (error) {
    if (problemOf(error) || isFatal(error) || !opened) throw error
    const found = await alone(() => inOrder(() => setAsideNamed(store(), String(error))))
    if (!found) throw error
    sayDamage()
    return await read(work)
  }
}

async function close(): Promise<null> {
  closing = true
  await checking
  await commits
  await seals
  await packs
  await packing.close()
  if (opened) await closeStore(opened)
  opened = null
  return null
}

async function answer(call: Call): Promise<{ value: unknown; transfer: ArrayBuffer[] }> {
  const plain = async (value: Promise<unknown>) => ({ value: await value, transfer: [] })
  switch (call.op) {
    case "open":
      opened = await openStore(call.args)
      checking = checkLater(opened)
      // What a kill left unpacked is packed now, not only when the next file is full.
      packInOrder().catch((error: unknown) => {
        process.stderr.write(`series: packing failed, will be tried again: ${String(error)}\n`)
      })
      return { value: snapshot(), transfer: [] }
    case "commit": {
      const value = await commit(call.args)
      return { value, transfer: [...readingBuffers(value.readings), ...blockBuffers(value.blocks)] }
    }
    case "since": {
      const value = await reading((reader) => since(store(), reader, call.args))
      return { value, transfer: value ? [...readingBuffers(value.readings), ...blockBuffers(value.blocks)] : [] }
    }
    case "history":
      return plain(reading((reader) => history(store(), reader, call.args)))
    case "at":
      return plain(reading((reader) => at(store(), reader, call.args)))
    case "rollup":
      return plain(reading((reader) => rollup(store(), reader, call.args)))
    case "wave":
      return plain(reading((reader) => wave(store(), reader, call.args)))
    case "forget":
      return plain(alone(async () => ({ ...(await forget(store(), call.args)), counters: counters(store()) })))
    case "arrivals":
      return plain(reading((reader) => arrivals(store(), reader, call.args)))
    case "seal":
      return plain(seal(call.args))
    case "backup":
      return plain(alone(() => backup(store(), packing, call.args.folder, call.args.batch)))
    case "restore":
      return plain(
        inOrder(async () => {
          const done = await restore(store(), call.args.folder)
          measureBytes(store())
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
