/** One worker of the detectors: fed in order, started again where it dies, its state saved every few seconds. */
import { Worker } from "node:worker_threads"
import type { CityView } from "../../lifelines/contract.ts"
import { blockBuffers, type ReadingBatch, readingBuffers, trimBlocks, trimReadings } from "../../model/index.ts"
import type { Commit, Series } from "../../platform/series/index.ts"
import { sleep } from "../../platform/timers/index.ts"
import { packCity } from "./city.ts"
import { type RuntimeStats, replayFrom, type Saved, type Trouble } from "./runtime.ts"
import { savedOf } from "./saved.ts"
import type { FromWorker, Pushed, State, ToWorker, WorkerData } from "./worker.ts"

/** Batches under way to one worker at most, and their bytes; past it the doors wait. */
export const outstanding_max = 64
export const outstanding_bytes_max = 128 * 1024 * 1024
/** A state is saved at most this often, and takes at most this share of the worker's time and this much writing. */
const save_ms_min = 5000
const save_share_max = 0.02
const save_bytes_per_ms_max = 100
/** A worker that dies more often than this within an hour stays dead. */
const deaths_max = 5
const deaths_within_ms = 3_600_000
const retry_ms = 1000
/** Memory of a worker's objects, in MB; its columns (samples, limits) come on top. Unlimited, V8 would rather grow than tidy up. */
const young_mb = 16
const old_mb = 256
const old_mb_per_point = 0.0003
/** While old batches are fed, the readings made of them may be this many ahead of their storing. */
const derived_ahead_max = 1_000_000

type Feed = Pick<Commit, "readings" | "ticks" | "blocks" | "batch">

export type ShardOptions = {
  index: number
  count: number
  extra: string[]
  wall(): number
  city(): CityView
  since: Series["since"]
  /** This worker's last saved state. */
  load(): Promise<Saved | null>
  /** Stores findings, for as long as it takes; `live` where the batch was not fed a second time. */
  keep(message: Pushed, live: boolean): Promise<void>
  save(state: State): Promise<void>
  /** Stores the readings made of waveforms, for as long as it takes. */
  derive(readings: ReadingBatch): Promise<void>
  told(troubles: Trouble[]): void
  /** The worker died and comes back, or stays dead. */
  died(error: Error, comes_back: boolean): void
  failed(error: unknown): void
}

export type Shard = {
  begin(saved: Saved | null, from: number): Promise<void>
  take(commit: Feed): Promise<void>
  snapshot(): Promise<Saved | null>
  settled(): Promise<void>
  status(): { batch: number; outstanding: number; lag_ms: number; broken: boolean; stats: RuntimeStats | null }
  close(): Promise<void>
}

export function openShard(options: ShardOptions): Shard {
  const { wall } = options
  let worker: Worker | null = null
  /** Counts workers and starts: what an earlier one still says is not heard. */
  let life = 0
  let closing = false
  let broken = false
  let ready: Promise<void> = Promise.resolve()
  let pushed = 0
  let analysed = 0
  let again_to = 0
  let live_from = Number.POSITIVE_INFINITY
  let stored: Promise<void> = Promise.resolve()
  let derived: Promise<unknown> = Promise.resolve()
  let derived_rows = 0
  let saving = false
  let saved_at = 0
  let save_every_ms = save_ms_min
  let stats: RuntimeStats | null = null
  const waiting: (() => void)[] = []
  let under_way: { batch: number; bytes: number; at: number }[] = []
  let bytes_under_way = 0
  const deaths: number[] = []
  const answers = { started: () => {}, snapshot: null as ((state: State | null) => void) | null }

  const turn = () => new Promise<void>((go) => waiting.push(go))
  const wake = () => {
    for (const go of waiting.splice(0)) go()
  }
  const isFull = () => under_way.length > outstanding_max || bytes_under_way > outstanding_bytes_max
  const send = (message: ToWorker, transfer: ArrayBuffer[] = []) => worker?.postMessage(message, transfer)

  function spawn(points: number) {
    const data: WorkerData = { extra: options.extra, shard: { index: options.index, count: options.count } }
    const next = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: data,
      execArgv: [],
      resourceLimits: {
        maxYoungGenerationSizeMb: young_mb,
        maxOldGenerationSizeMb: old_mb + points * old_mb_per_point,
      },
    })
    next.unref()
    const mine = ++life
    next.on("message", (message: FromWorker) => mine === life && hear(message))
    next.on("error", (error) => mine === life && dead(error as Error))
    next.on("exit", (code) => mine === life && dead(new Error(`it ended with code ${code}`)))
    worker = next
  }

  function hear(message: FromWorker) {
    if (message.kind === "started") {
      stats = message.stats
      answers.started()
    } else if (message.kind === "snapshot") answers.snapshot?.(message.state)
    else took(message)
  }

  function took(message: Pushed) {
    stats = message.stats
    options.told(message.troubles)
    if (message.derived) {
      const { n } = message.derived
      derived_rows += n
      const done = options.derive(message.derived).then(() => {
        derived_rows -= n
        wake()
      })
      derived = Promise.all([derived, done])
    }
    const mine = life
    stored = stored
      .then(() => (message.findings.length > 0 ? options.keep(message, message.batch > live_from) : undefined))
      .then(() => {
        if (mine !== life) return
        analysed = message.batch
        while (under_way[0] && under_way[0].batch <= analysed) bytes_under_way -= under_way.shift()!.bytes
        wake()
      })
    if (message.state) void save(message.state)
  }

  /** After what the state stands for is stored; a later one that succeeds makes good for one that failed. */
  async function save(state: State) {
    try {
      await Promise.all([stored, derived])
      if (!closing) await options.save(state)
    } catch (error) {
      options.failed(error)
    }
    const due_ms = Math.max(state.took_ms / save_share_max, state.bytes.length / save_bytes_per_ms_max)
    save_every_ms = Math.max(save_ms_min, due_ms)
    saving = false
  }

  function dead(error: Error) {
    life++
    const old = worker
    worker = null
    if (closing) return
    void old?.terminate()
    const now = wall()
    deaths.push(now)
    while (deaths[0]! < now - deaths_within_ms) deaths.shift()
    broken = deaths.length > deaths_max
    options.died(error, !broken)
    answers.started()
    answers.snapshot?.(null)
    if (broken) {
      analysed = pushed
      under_way = []
      bytes_under_way = 0
    } else ready = surely(again())
    wake()
  }

  /** From the last saved state, once all that the dead worker said is stored; nothing is skipped or said twice. */
  async function again() {
    await stored
    const saved = await options.load()
    await start(saved, saved ? replayFrom(saved) - 1 : 0)
  }

  /** What cannot be read now may be read in a moment; a start that fails counts as a death. */
  async function surely(work: Promise<void>) {
    try {
      await work
    } catch (error) {
      await sleep(retry_ms)
      dead(error as Error)
    }
  }

  async function start(saved: Saved | null, from: number) {
    const city = packCity(options.city())
    if (!worker) spawn(city.id.length)
    const mine = life
    const started = new Promise<void>((go) => {
      answers.started = go
    })
    pushed = from
    analysed = from
    again_to = saved?.batch ?? 0
    under_way = []
    bytes_under_way = 0
    live_from = Number.POSITIVE_INFINITY
    saving = false
    send({ kind: "start", city, saved })
    await started
    if (life !== mine) return
    for await (const batch of options.since(from)) {
      push(batch)
      while (isFull() && life === mine && !closing) await turn()
      // Storing them may itself wait for this feeding to end: the wait is short, and then goes on.
      if (derived_rows > derived_ahead_max) await Promise.race([derived, sleep(retry_ms)])
      if (life !== mine || closing) return
    }
    live_from = pushed
  }

  function push(commit: Feed) {
    if (commit.batch <= pushed) return
    pushed = commit.batch
    const now = wall()
    // While what the state waits for is fed again, a state would stand for more than it holds.
    const snapshot = commit.batch > again_to && !saving && now - saved_at >= save_every_ms
    if (snapshot) {
      saved_at = now
      saving = true
    }
    // Copies: the originals go on to other listeners.
    const readings = trimReadings(commit.readings)
    const blocks = trimBlocks(commit.blocks)
    const buffers = [...readingBuffers(readings), ...blockBuffers(blocks)]
    const bytes = buffers.reduce((sum, b) => sum + b.byteLength, 0)
    under_way.push({ batch: commit.batch, bytes, at: now })
    bytes_under_way += bytes
    send({ kind: "push", readings, ticks: commit.ticks, blocks, batch: commit.batch, snapshot }, buffers)
  }

  /** A start may begin while another is waited for; what is pushed before its end would be out of order. */
  async function steady() {
    for (let seen: Promise<void> | null = null; seen !== ready; ) {
      seen = ready
      await ready
    }
  }

  const face: Shard = {
    begin(saved, from) {
      if (broken) return Promise.resolve()
      ready = surely(start(saved, from))
      return steady()
    },
    async take(commit) {
      await steady()
      if (broken || closing) return
      push(commit)
      while (isFull() && !broken && !closing) await turn()
    },
    async snapshot() {
      await steady()
      if (broken || !worker) return null
      const state = await new Promise<State | null>((go) => {
        answers.snapshot = go
        send({ kind: "snapshot" })
      })
      return state ? savedOf(state.bytes) : options.load()
    },
    async settled() {
      do {
        await steady()
        while (analysed < pushed && !broken) await turn()
        await stored
      } while (analysed < pushed && !broken)
    },
    status: () => ({
      batch: analysed,
      outstanding: under_way.length,
      lag_ms: under_way[0] ? Math.max(0, wall() - under_way[0].at) : 0,
      broken,
      stats,
    }),
    async close() {
      closing = true
      wake()
      await stored
      life++
      await worker?.terminate()
      // Whoever waits for what the worker will not say any more goes on.
      answers.started()
      answers.snapshot?.(null)
    },
  }
  return face
}
