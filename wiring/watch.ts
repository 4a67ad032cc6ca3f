import type { App } from "../platform/app.ts"
import { every } from "../platform/timers/index.ts"
import { outstanding_max } from "../stages/analysis/index.ts"
import { held_bytes_max, held_max } from "../stages/monitoring/index.ts"
import type { Stages } from "./stages.ts"

/** A queue with what is in it and what it may hold. */
export type Queue = { name: string; value: number; limit: number; unit: string }
/** Figures of the last hour, one for each step, oldest first. */
export type History = Record<
  "time" | "readings_per_s" | "samples_per_s" | "commit_ms_p99" | "pending_rows" | "finding_ms_p99" | "memory_bytes",
  number[]
>

const step_ms = 10_000
const steps_kept = 360
const day_ms = 86_400_000
/** The disk is said to fill when less than this part of it, or of days at the present rate, is left. */
const disk_part_min = 0.1
const disk_days_min = 7
/** A commit, with what it tells to the detectors, takes no longer than this in health. */
const stuck_ms_max = 30_000
/** Findings later than this after their reading arrived are said to be behind. */
const behind_ms_max = 10_000

export type Watch = {
  queues(): Queue[]
  history(): History
  /** Days until the store's room is used up at the rate of the last hour; null while it does not grow. */
  disk_days_left(): number | null
  stop(): Promise<void>
}

/** The platform watches itself: figures for /debug, and troubles on the duty desk before something stops. */
export function startWatch(app: App, stages: Stages): Watch {
  const { series, clock, troubles } = app
  const { monitoring, analysis } = stages
  const history: History = {
    time: [],
    readings_per_s: [],
    samples_per_s: [],
    commit_ms_p99: [],
    pending_rows: [],
    finding_ms_p99: [],
    memory_bytes: [],
  }
  const bytes_at: [time: number, bytes: number][] = []
  let before = { time: clock.wall(), readings: 0, samples: 0 }

  function queues(): Queue[] {
    const door = monitoring.door()?.stats()
    const s = series.stats()
    return [
      ...(door
        ? [
            { name: "door-messages", value: door.held, limit: held_max, unit: "messages" },
            { name: "door-bytes", value: door.held_bytes, limit: held_bytes_max, unit: "B" },
          ]
        : []),
      { name: "road-rows", value: monitoring.intake.pending(), limit: monitoring.intake.pending_max, unit: "rows" },
      { name: "detector-batches", value: analysis.lag().outstanding, limit: outstanding_max, unit: "batches" },
      { name: "disk", value: s.bytes, limit: s.budget_bytes, unit: "B" },
    ]
  }

  function note() {
    const now = clock.wall()
    const { counts } = monitoring.intake
    const seconds = Math.max(0.001, (now - before.time) / 1000)
    const row: Record<keyof History, number> = {
      time: now,
      readings_per_s: (counts.readings - before.readings) / seconds,
      samples_per_s: (counts.samples - before.samples) / seconds,
      commit_ms_p99: series.stats().commit_ms_p99,
      pending_rows: monitoring.intake.pending(),
      finding_ms_p99: analysis.findingLag().p99_ms,
      memory_bytes: process.memoryUsage.rss(),
    }
    before = { time: now, readings: counts.readings, samples: counts.samples }
    for (const key of Object.keys(history) as (keyof History)[]) {
      history[key].push(row[key])
      if (history[key].length > steps_kept) history[key].shift()
    }
    bytes_at.push([now, series.stats().bytes])
    if (bytes_at.length > steps_kept) bytes_at.shift()
    warn()
  }

  function diskDaysLeft(): number | null {
    const [first, last] = [bytes_at[0], bytes_at.at(-1)]
    if (!first || !last || last[0] - first[0] < 60 * step_ms) return null
    const a_day = ((last[1] - first[1]) / (last[0] - first[0])) * day_ms
    const { budget_bytes, bytes } = series.stats()
    return a_day > 0 ? (budget_bytes - bytes) / a_day : null
  }

  function warn() {
    for (const [i, d] of series.damage().entries())
      troubles.raise(`damage:${i}`, {
        zh: `读数文件 ${d.path} 已损坏并移到 ${d.moved_to}：批次 ${d.first_batch}–${d.last_batch}，${d.rows} 行；请从备份恢复`,
        en: `The readings file ${d.path} is damaged and was moved to ${d.moved_to}: batches ${d.first_batch}–${d.last_batch}, ${d.rows} rows; restore them from a backup`,
      })
    const since = monitoring.intake.committing_since()
    const stuck_s = since === null ? 0 : Math.round((clock.wall() - since) / 1000)
    if (stuck_s * 1000 > stuck_ms_max)
      troubles.raise("commit-stuck", {
        zh: `一次提交已进行 ${stuck_s} 秒，期间没有任何应答；请看 /debug 和日志`,
        en: `A commit has been under way for ${stuck_s} s and nothing is acknowledged meanwhile; see /debug and the log`,
      })
    else troubles.clear("commit-stuck")
    const { budget_bytes, bytes } = series.stats()
    const part = budget_bytes > 0 ? 1 - bytes / budget_bytes : 1
    const days = diskDaysLeft()
    if (part < disk_part_min || (days !== null && days < disk_days_min)) {
      const left = Math.max(0, Math.round(part * 100))
      const until =
        days === null
          ? { zh: "", en: "" }
          : {
              zh: `，按目前速度约 ${days.toFixed(1)} 天后用完`,
              en: `, used up in about ${days.toFixed(1)} days at the present rate`,
            }
      troubles.raise("disk", {
        zh: `读数库磁盘空间只剩 ${left}%${until.zh}；请扩容，或缩短保留天数`,
        en: `Only ${left}% of the readings' disk space is left${until.en}; add space or keep data for fewer days`,
      })
    } else troubles.clear("disk")
    const { p99_ms } = analysis.findingLag()
    if (p99_ms > behind_ms_max)
      troubles.raise("behind", {
        zh: `研判落后约 ${Math.round(p99_ms / 1000)} 秒；请增加 detector_workers 或减少测点`,
        en: `Findings are about ${Math.round(p99_ms / 1000)} s behind; raise detector_workers or lower the load`,
      })
    else troubles.clear("behind")
    const limited = monitoring.door()?.stats().limited_clients ?? 0
    if (limited > 0)
      troubles.raise("rate-limited", {
        zh: `有 ${limited} 个连接发送过快，正在限速（device_messages_per_s）`,
        en: `${limited} connections send too fast and are being slowed down (device_messages_per_s)`,
      })
    else troubles.clear("rate-limited")
  }

  warn()
  const loop = every(step_ms, note, "watch", app.failed)
  return { queues, history: () => history, disk_days_left: diskDaysLeft, stop: loop.stop }
}
