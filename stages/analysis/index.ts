import { Worker } from "node:worker_threads"
import type { Finding } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import type { Commit } from "../../platform/series/index.ts"
import { type Tx, transaction } from "../../platform/sql/index.ts"
import { sleep } from "../../platform/timers/index.ts"
import type { Monitoring } from "../monitoring/index.ts"
import { installRoutes } from "./routes.ts"
import { replayFrom, type Saved } from "./runtime.ts"
import * as store from "./store.ts"
import type { FromWorker, ToWorker } from "./worker.ts"

export { createRuntime, type Runtime } from "./runtime.ts"
export { findingsOfAlarm, linkFinding, type SavedFinding } from "./store.ts"
export { thresholdDetectors, thresholdRule } from "./thresholds.ts"

/** Batches under way to the detectors at most; past it the doors wait. */
export const outstanding_max = 64
/** A snapshot of the detectors' state is saved at least this often, wall time. */
const snapshot_ms = 5000

/** Handles new findings inside their transaction; returns what to tell when it has committed. */
export type FindingHandler = (tx: Tx, findings: (Finding & { id: number })[]) => Promise<() => void>

export type Analysis = {
  /** The stage that turns findings into alarms registers here, before start. */
  onFindings(handler: FindingHandler): void
  /** Starts the detectors and feeds them what was committed since their last saved state. */
  start(): Promise<void>
  /** After an import: the same states, new subjects. */
  reload(): Promise<void>
  /** Resolves when everything committed so far has been analysed and its findings stored. */
  settled(): Promise<void>
  rules(): { rule: string; subjects: number; ms: number; steps: number; trouble: string | null }[]
  lag(): { outstanding: number; batch: number; late: number }
  close(): Promise<void>
}

/** The analysis stage: committed readings through detectors in a worker, findings stored once, handed on in order. */
export function installAnalysis(app: App, monitoring: Monitoring): Analysis {
  const { sql, series } = app
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: { extra: app.settings.lifelines_extra },
    execArgv: [],
  })
  worker.unref()
  let handler: FindingHandler = async () => () => {}
  let ready = Promise.resolve()
  let closing = false
  let broken = false
  let started = false
  let pushed = 0
  let analysed = 0
  let snapshot_at = 0
  let stored: Promise<void> = Promise.resolve()
  let waiting: (() => void)[] = []
  let subjects: { rule: string; subjects: number }[] = []
  let last: Extract<FromWorker, { kind: "pushed" }> | null = null
  const answers = { started: null as (() => void) | null, snapshot: null as ((saved: Saved | null) => void) | null }

  worker.on("message", (message: FromWorker) => {
    if (message.kind === "started") {
      subjects = message.subjects
      answers.started?.()
    } else if (message.kind === "snapshot") {
      answers.snapshot?.(message.saved)
    } else {
      last = message
      for (const t of message.troubles.filter((t) => t.switched_off)) {
        app.troubles.raise(`rule:${t.rule}`, {
          zh: `规则 ${t.rule} 已停用：${t.message}`,
          en: `The rule ${t.rule} was switched off: ${t.message}`,
        })
      }
      stored = stored
        .then(() => keepSurely(message))
        .then(() => {
          analysed = message.batch
          for (const go of waiting) go()
          waiting = []
        })
    }
  })
  worker.on("error", stopped)

  /** Readings are taken on without detectors; the next start takes up where their saved state stands. */
  function stopped(error: Error) {
    broken = true
    app.failed("detectors", error)
    app.troubles.raise("detectors", {
      zh: `研判线程已停止：${error.message}；请重启`,
      en: `The detectors have stopped: ${error.message}; restart`,
    })
    analysed = Number.POSITIVE_INFINITY
    for (const go of waiting) go()
    waiting = []
    answers.started?.()
    answers.snapshot?.(null)
  }

  /** Tries until it is stored: a later saved state must never stand for findings that were lost. Doors wait meanwhile. */
  async function keepSurely(message: Extract<FromWorker, { kind: "pushed" }>) {
    for (let attempt = 0; !closing; attempt++) {
      try {
        await keep(message)
        if (attempt > 0) app.troubles.clear("findings")
        return
      } catch (error) {
        app.failed("findings", error)
        app.troubles.raise("findings", {
          zh: `结论无法写入数据库，正在重试：${(error as Error).message}`,
          en: `Findings cannot be stored, trying again: ${(error as Error).message}`,
        })
        await sleep(1000)
      }
    }
  }

  async function keep(message: Extract<FromWorker, { kind: "pushed" }>) {
    if (message.findings.length === 0 && !message.snapshot) return
    const tell = await transaction(sql.db, async (tx) => {
      const fresh: (Finding & { id: number })[] = []
      for (const finding of message.findings) {
        const id = await store.insertFinding(tx, finding)
        if (id !== null) fresh.push({ ...finding, id })
      }
      const told = fresh.length > 0 ? await handler(tx, fresh) : () => {}
      if (message.snapshot) await store.saveSnapshot(tx, 0, message.snapshot, message.batch, app.clock.wall())
      return told
    })
    tell()
  }

  const send = (message: ToWorker) => worker.postMessage(message)
  function push(commit: Pick<Commit, "readings" | "ticks" | "batch">) {
    if (commit.batch <= pushed) return
    pushed = commit.batch
    const due = app.clock.wall() - snapshot_at > snapshot_ms
    if (due) snapshot_at = app.clock.wall()
    send({ kind: "push", readings: trimmed(commit.readings), ticks: commit.ticks, batch: commit.batch, snapshot: due })
  }
  const turn = () => new Promise<void>((go) => waiting.push(go))

  async function begin(saved: Saved | null) {
    const started = new Promise<void>((go) => {
      answers.started = go
    })
    send({ kind: "start", city: monitoring.cityView(), saved })
    await started
    if (broken) return
    pushed = saved ? replayFrom(saved) - 1 : 0
    analysed = pushed
    try {
      for await (const batch of series.since(pushed)) {
        push(batch)
        while (pushed - analysed > outstanding_max) await turn()
        if (broken) return
      }
    } catch (error) {
      stopped(error as Error)
    }
  }

  monitoring.onCommit(async (commit) => {
    // A reload may begin while one start is waited for; what is pushed before its end would be out of order.
    for (let seen = null; seen !== ready; ) {
      seen = ready
      await ready
    }
    if (broken) return
    push(commit)
    while (pushed - analysed > outstanding_max) await turn()
  })

  const face: Analysis = {
    onFindings: (next) => {
      handler = next
    },
    async start() {
      if (started) return ready
      started = true
      const kept = await store.loadSnapshot(sql.db, 0)
      ready = begin((kept?.snapshot as Saved | undefined) ?? null)
      await ready
    },
    async reload() {
      if (!started) return
      await ready
      if (broken) return
      const saved = await new Promise<Saved | null>((go) => {
        answers.snapshot = go
        send({ kind: "snapshot" })
      })
      if (broken) return
      await face.settled()
      ready = begin(saved)
      await ready
    },
    async settled() {
      await ready
      while (analysed < pushed) await turn()
      await stored
    },
    rules: () =>
      subjects.map((s) => {
        const run = last?.rules.find((r) => r.rule === s.rule)
        const trouble = last?.troubles.find((t) => t.rule === s.rule && t.switched_off)
        return { ...s, ms: run?.ms ?? 0, steps: run?.steps ?? 0, trouble: trouble?.message ?? null }
      }),
    lag: () => ({ outstanding: Math.max(0, pushed - analysed), batch: analysed, late: last?.late ?? 0 }),
    async close() {
      closing = true
      await stored
      await worker.terminate()
    },
  }
  installRoutes(app, face)
  return face
}

/** A copy of the valid rows: the original goes on to other listeners. */
function trimmed(b: Commit["readings"]): Commit["readings"] {
  return {
    n: b.n,
    point: b.point.slice(0, b.n),
    time: b.time.slice(0, b.n),
    sequence: b.sequence.slice(0, b.n),
    value: b.value.slice(0, b.n),
    quality: b.quality.slice(0, b.n),
    arrived: b.arrived.slice(0, b.n),
  }
}
