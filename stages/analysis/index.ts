import type { Finding } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { type Tx, transaction } from "../../platform/sql/index.ts"
import { sleep } from "../../platform/timers/index.ts"
import type { Monitoring } from "../monitoring/index.ts"
import { dealt } from "./deal.ts"
import { createLagMeter, type FindingLag } from "./lag.ts"
import { installRoutes } from "./routes.ts"
import type { Saved } from "./runtime.ts"
import { openShard, type Shard } from "./shard.ts"
import * as store from "./store.ts"
import type { Pushed } from "./worker.ts"

export type { FindingLag } from "./lag.ts"
export { createRuntime, type Runtime } from "./runtime.ts"
export { outstanding_max } from "./shard.ts"
export { findingsOfAlarm, linkFinding, type SavedFinding } from "./store.ts"
export { thresholdDetectors, thresholdRule } from "./thresholds.ts"

/** Handles new findings inside their transaction; returns what to tell when it has committed. */
export type FindingHandler = (tx: Tx, findings: (Finding & { id: number })[]) => Promise<() => void>

export type RuleStatus = {
  rule: string
  subjects: number
  ms: number
  steps: number
  /** Readings that came too late for it: stored and marked, and not looked at again. */
  late: number
  trouble: string | null
}

export type DetectorLag = {
  outstanding: number
  /** Last batch that all workers have analysed. */
  batch: number
  late: number
  /** `lag_ms`: since when the oldest batch under way waits, wall time. */
  shards: { batch: number; outstanding: number; lag_ms: number }[]
  waves: { channels: number; minutes: number; late: number; skipped: number; without_spectrum: number }
}

export type Analysis = {
  /** The stage that turns findings into alarms registers here, before start. */
  onFindings(handler: FindingHandler): void
  /** Starts the detectors and feeds them what was committed since their last saved state. */
  start(): Promise<void>
  /** After an import: the same states, new subjects. */
  reload(): Promise<void>
  /** Resolves when everything committed so far has been analysed and its findings stored. */
  settled(): Promise<void>
  rules(): RuleStatus[]
  lag(): DetectorLag
  /** From the arrival of the reading that concluded it to the finding stored and handed on; of limits, as they happen. */
  findingLag(): FindingLag
  close(): Promise<void>
}

/** The analysis stage: committed readings through detectors in workers, findings stored once, handed on in order. */
export function installAnalysis(app: App, monitoring: Monitoring): Analysis {
  const { sql, series } = app
  const count = app.settings.detector_workers
  const meter = createLagMeter()
  const off = new Map<string, string>()
  let handler: FindingHandler = async () => () => {}
  let ready = Promise.resolve()
  let closing = false
  let started = false
  /** Findings of all workers are stored one batch after another. */
  let storing: Promise<void> = Promise.resolve()

  const shards: Shard[] = Array.from({ length: count }, (_, index) =>
    openShard({
      index,
      count,
      extra: app.settings.lifelines_extra,
      wall: app.clock.wall,
      city: monitoring.cityView,
      since: (app.cluster ?? series).since,
      load: async () => dealt(await store.loadStates(sql.db), count).parts[index]!.saved,
      keep(message, live) {
        storing = storing.then(() => surely("findings", words.findings, () => keep(message, live)))
        return storing
      },
      async save(state) {
        await store.saveState(sql.db, index, state.bytes, state.batch, app.clock.wall())
        app.troubles.clear(`detectors:${index}`)
      },
      derive: (readings) => surely("derived", words.derived, () => monitoring.takeDerived(readings)),
      told(troubles) {
        for (const t of troubles) {
          if (!t.switched_off || off.has(t.rule)) continue
          off.set(t.rule, t.message)
          app.troubles.raise(`rule:${t.rule}`, {
            zh: `规则 ${t.rule} 已停用：${t.message}`,
            en: `The rule ${t.rule} was switched off: ${t.message}`,
          })
        }
      },
      died(error, comes_back) {
        app.failed("detectors", error)
        app.troubles.raise(`detectors:${index}`, comes_back ? words.again(error) : words.stopped(error))
      },
      failed: (error) => app.failed("detectors", error),
    }),
  )

  /** Tries until it is done: a later saved state must never stand for what was lost. Doors wait meanwhile. */
  async function surely(what: string, say: (error: Error) => { zh: string; en: string }, work: () => Promise<void>) {
    for (let attempt = 0; !closing; attempt++) {
      try {
        await work()
        if (attempt > 0) app.troubles.clear(what)
        return
      } catch (error) {
        app.failed(what, error)
        app.troubles.raise(what, say(error as Error))
        await sleep(1000)
      }
    }
  }

  async function keep(message: Pushed, live: boolean) {
    const tell = await transaction(sql.db, async (tx) => {
      const fresh: (Finding & { id: number })[] = []
      for (const finding of message.findings) {
        const id = await store.insertFinding(tx, finding)
        if (id !== null) fresh.push({ ...finding, id })
      }
      return fresh.length > 0 ? await handler(tx, fresh) : () => {}
    })
    tell()
    // City time of a demo or a replay is no wall time: a difference would say nothing.
    if (live && app.clock.mode === "real") for (const arrived of message.arrivals) meter.add(app.clock.wall() - arrived)
  }

  /** The workers' last states; of a cluster, those that know no more than its log: it may have been made anew. */
  async function loaded(): Promise<(Saved | null)[]> {
    const saved = await store.loadStates(sql.db)
    const last = app.cluster ? await app.cluster.lastBatch() : Number.POSITIVE_INFINITY
    const ahead = saved.some((s) => s && s.batch > last)
    if (ahead) app.troubles.raise("detectors-anew", words.anew)
    return ahead ? [] : saved
  }

  /** States that were saved by another number of workers are dealt anew, and stored so before anything is fed. */
  async function begin(saved: readonly (Saved | null)[]) {
    const { changed, parts } = dealt(saved, count)
    if (changed) {
      const states = parts.flatMap((p) => p.saved ?? [])
      await transaction(sql.db, (tx) => store.replaceStates(tx, states, app.clock.wall()))
    }
    await Promise.all(shards.map((shard, i) => shard.begin(parts[i]!.saved, parts[i]!.from)))
  }

  monitoring.onCommit(async (commit) => {
    // A reload may begin while one start is waited for.
    for (let seen: Promise<void> | null = null; seen !== ready; ) {
      seen = ready
      await ready
    }
    // What comes before the start is fed by the start.
    if (started) await Promise.all(shards.map((shard) => shard.take(commit)))
  })

  const face: Analysis = {
    onFindings: (next) => {
      handler = next
    },
    async start() {
      if (started) return ready
      started = true
      ready = loaded().then(begin)
      await ready
    },
    async reload() {
      if (!started) return
      await ready
      const saved = await Promise.all(shards.map((shard) => shard.snapshot()))
      await face.settled()
      ready = begin(saved)
      await ready
    },
    async settled() {
      await ready
      await Promise.all(shards.map((shard) => shard.settled()))
      await storing
    },
    rules() {
      const all = new Map<string, RuleStatus>()
      for (const shard of shards)
        for (const r of shard.status().stats?.rules ?? []) {
          const sum = all.get(r.rule)
          if (!sum) all.set(r.rule, { ...r, trouble: off.get(r.rule) ?? null })
          else {
            sum.subjects += r.subjects
            sum.ms += r.ms
            sum.steps += r.steps
            sum.late += r.late
          }
        }
      return [...all.values()]
    },
    lag() {
      const all = shards.map((shard) => shard.status())
      const waves = { channels: 0, minutes: 0, late: 0, skipped: 0, without_spectrum: 0 }
      for (const { stats } of all)
        if (stats) for (const key of Object.keys(waves) as (keyof typeof waves)[]) waves[key] += stats.waves[key]
      return {
        outstanding: Math.max(...all.map((s) => s.outstanding)),
        batch: Math.min(...all.map((s) => s.batch)),
        late: all.reduce((sum, s) => sum + (s.stats?.late ?? 0), 0),
        shards: all.map(({ batch, outstanding, lag_ms }) => ({ batch, outstanding, lag_ms })),
        waves,
      }
    },
    findingLag: meter.read,
    async close() {
      closing = true
      // Workers first hear of it: none may save a state that stands for findings which now stay unsaid.
      const closed = shards.map((shard) => shard.close())
      await storing
      await Promise.all(closed)
    },
  }
  installRoutes(app, face)
  return face
}

const words = {
  findings: (error: Error) => ({
    zh: `结论无法写入数据库，正在重试：${error.message}`,
    en: `Findings cannot be stored, trying again: ${error.message}`,
  }),
  derived: (error: Error) => ({
    zh: `波形的分钟读数无法写入，正在重试：${error.message}`,
    en: `Readings made of waveforms cannot be stored, trying again: ${error.message}`,
  }),
  again: (error: Error) => ({
    zh: `研判线程意外停止，正从保存的状态重新开始：${error.message}`,
    en: `Detectors died and begin again from their saved state: ${error.message}`,
  }),
  anew: {
    zh: "研判的保存状态来自另一份消息日志，已从现有日志重新开始",
    en: "The saved state of the detectors is of another log; they began anew with the one that is there",
  },
  stopped: (error: Error) => ({
    zh: `研判线程已停止：${error.message}；请重启`,
    en: `The detectors have stopped: ${error.message}; restart`,
  }),
}
