/** Runs the detectors in a thread of their own: commits come in, findings go out, in order. */
import { parentPort, workerData } from "node:worker_threads"
import type { CityView, Lifeline } from "../../lifelines/contract.ts"
import { assert, type Finding, type ReadingBatch, type Tick } from "../../model/index.ts"
import { stopwatch_ms } from "../../platform/clock/index.ts"
import { loadLifelines } from "../../platform/lifelines/index.ts"
import { createRuntime, type Runtime, type RuntimeDetector, type Saved, type Trouble } from "./runtime.ts"
import { thresholdDetectors } from "./thresholds.ts"

export type ToWorker =
  | { kind: "start"; city: CityView; saved: Saved | null }
  | { kind: "push"; readings: ReadingBatch; ticks: Tick[]; batch: number; snapshot: boolean }
  | { kind: "snapshot" }

export type FromWorker =
  | { kind: "started"; subjects: { rule: string; subjects: number }[] }
  | {
      kind: "pushed"
      batch: number
      findings: Finding[]
      snapshot: Saved | null
      troubles: Trouble[]
      late: number
      rules: { rule: string; ms: number; steps: number }[]
    }
  | { kind: "snapshot"; saved: Saved | null }

/** All detectors of the lifelines: their own, and one for each threshold they declare. */
export const detectorsOf = (lifelines: readonly Lifeline[]): RuntimeDetector[] =>
  lifelines.flatMap((l) => [...(l.detectors as RuntimeDetector[]), ...thresholdDetectors(l)])

if (parentPort) {
  const port = parentPort
  const lifelines = await loadLifelines((workerData as { extra: string[] }).extra)
  const detectors = detectorsOf(lifelines)
  let runtime: Runtime | null = null
  port.on("message", (message: ToWorker) => {
    if (message.kind === "start") {
      runtime = createRuntime(detectors, message.city, message.saved ?? undefined, { now: stopwatch_ms })
      const subjects = detectors.map((d) => ({ rule: d.rule, subjects: countSubjects(d, message.city) }))
      port.postMessage({ kind: "started", subjects } satisfies FromWorker)
      return
    }
    if (message.kind === "snapshot") {
      port.postMessage({ kind: "snapshot", saved: runtime?.snapshot() ?? null } satisfies FromWorker)
      return
    }
    assert(runtime, "the detectors are started before readings come")
    const findings = runtime.push(message.readings, message.ticks, message.batch)
    const { late, rules } = runtime.stats()
    const snapshot = message.snapshot || findings.length > 0 ? runtime.snapshot() : null
    port.postMessage({
      kind: "pushed",
      batch: message.batch,
      findings,
      snapshot,
      troubles: [...runtime.troubles()],
      late,
      rules,
    } satisfies FromWorker)
  })
}

function countSubjects(detector: RuntimeDetector, city: CityView): number {
  try {
    return detector.subjects(city).length
  } catch {
    return 0 // The runtime reports it as a trouble of the rule.
  }
}
