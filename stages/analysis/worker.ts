/** Runs the detectors of one shard in a thread of their own: commits come in, findings go out, in order. */
import { parentPort, workerData } from "node:worker_threads"
import type { Lifeline } from "../../lifelines/contract.ts"
import { assert, type BlockBatch, type Finding, type ReadingBatch, type Tick } from "../../model/index.ts"
import { stopwatch_ms } from "../../platform/clock/index.ts"
import { loadLifelines } from "../../platform/lifelines/index.ts"
import { type PackedCity, unpackCity, viewsOf } from "./city.ts"
import type { Shard } from "./deal.ts"
import {
  createRuntime,
  type Runtime,
  type RuntimeDetector,
  type RuntimeStats,
  type Saved,
  type Trouble,
} from "./runtime.ts"
import { savedBytes } from "./saved.ts"
import { thresholdDetectors } from "./thresholds.ts"
import type { Derives } from "./waves.ts"

export type WorkerData = { extra: string[]; shard: Shard }

export type ToWorker =
  | { kind: "start"; city: PackedCity; saved: Saved | null }
  | {
      kind: "push"
      readings: ReadingBatch
      ticks: Tick[]
      blocks: BlockBatch
      batch: number
      /** Whether the state is wanted after this batch. */
      snapshot: boolean
    }
  | { kind: "snapshot" }

export type State = { bytes: Uint8Array; batch: number; took_ms: number }

export type Pushed = {
  kind: "pushed"
  batch: number
  findings: Finding[]
  /** When the reading arrived that concluded each finding; NaN where it was a slice of several. */
  arrivals: number[]
  derived: ReadingBatch | null
  state: State | null
  troubles: Trouble[]
  stats: RuntimeStats
}

export type FromWorker = { kind: "started"; stats: RuntimeStats } | Pushed | { kind: "snapshot"; state: State | null }

/** All detectors of the lifelines: their own, and one for each threshold they declare. */
export const detectorsOf = (lifelines: readonly Lifeline[]): RuntimeDetector[] =>
  lifelines.flatMap((l) => [...(l.detectors as RuntimeDetector[]), ...thresholdDetectors(l)])

/** What the waveform indicators of the lifelines derive. */
export const derivesOf = (lifelines: readonly Lifeline[]): Derives =>
  new Map(
    lifelines.flatMap((l) =>
      l.indicators.flatMap((i) => (i.waveform ? [[`${l.id}|${i.id}`, i.waveform.derives] as const] : [])),
    ),
  )

if (parentPort) {
  const port = parentPort
  const { extra, shard } = workerData as WorkerData
  const lifelines = await loadLifelines(extra)
  const detectors = detectorsOf(lifelines)
  const waveforms = derivesOf(lifelines)
  let runtime: Runtime | null = null
  let batch = 0
  const tell = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)
  const state = (of: Runtime): State => {
    const started = stopwatch_ms()
    return { bytes: savedBytes(of.snapshot()), batch, took_ms: stopwatch_ms() - started }
  }
  port.on("message", (message: ToWorker) => {
    if (message.kind === "start") {
      runtime = null
      const view = viewsOf(message.city)
      runtime = createRuntime(detectors, unpackCity(message.city, view), message.saved ?? undefined, {
        now: stopwatch_ms,
        view,
        shard,
        waveforms,
      })
      batch = message.saved?.batch ?? 0
      tell({ kind: "started", stats: runtime.stats() })
      return
    }
    if (message.kind === "snapshot") {
      tell({ kind: "snapshot", state: runtime ? state(runtime) : null })
      return
    }
    assert(runtime, "the detectors are started before readings come")
    const findings = runtime.push(message.readings, message.ticks, message.batch, message.blocks)
    batch = Math.max(batch, message.batch)
    const derived = runtime.derived()
    tell({
      kind: "pushed",
      batch: message.batch,
      findings,
      arrivals: [...runtime.arrivals()],
      derived,
      state: message.snapshot ? state(runtime) : null,
      troubles: [...runtime.troubles()],
      stats: runtime.stats(),
    })
  })
}
