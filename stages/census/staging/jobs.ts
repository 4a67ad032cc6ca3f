/** The queue of checks: one delivery at a time, each in a thread of its own, begun again where the process was ended. */
import { dirname, join } from "node:path"
import { Worker } from "node:worker_threads"
import { type LonLat, type Problem, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { every } from "../../../platform/timers/index.ts"
import * as store from "./store.ts"
import type { FromWorker, JobProgress, Progress, WorkerInput } from "./types.ts"

/** A delivery that ended the process or its thread so often is not begun again by itself. */
const attempts_max = 3
/** Objects of the thread; columns of a survey lie outside of this. */
const worker_memory_mb_max = 1_500
/** How often the queue is looked at for what another process put there. */
const look_ms = 5_000

export type Jobs = {
  /** Looks at the queue now. */
  kick(): void
  /** How far the job of a delivery is; null where it has none. */
  progress(delivery_id: number): Progress | null
  /** Ends the thread that works on the delivery, and its transaction. */
  end(delivery_id: number): Promise<void>
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>
  stop(): Promise<void>
}

type Running = {
  id: number
  attempt: number
  worker: Worker
  /** Server process of the thread's transaction, once it has one. */
  pid: number | null
  progress: JobProgress
  phase_began_at: number
  ended: boolean
}

/** `near` says a place in the city, which tells zones apart. */
export function startJobs(app: App, near: () => LonLat | null): Jobs {
  const leads = app.cluster?.leads !== false
  let current: Running | null = null
  let busy: Promise<void> | null = null
  let asked = false
  let stopped = false

  async function drain(): Promise<void> {
    while (!stopped) {
      asked = false
      const next = await store.takeNext(app.sql.db)
      if (next) await run(next.id, next.attempts)
      else if (!asked) return
    }
  }

  function kick(): void {
    asked = true
    if (!leads || stopped || busy) return
    busy = drain()
      .catch((error: unknown) => app.failed("census staging", error))
      .finally(() => {
        busy = null
      })
  }

  async function run(id: number, attempt: number): Promise<void> {
    if (attempt > attempts_max) {
      await store.setFailed(app.sql.db, id, attempt, diedOften)
      return
    }
    const paths = await pathsOf(app, id)
    if ("missing" in paths) {
      await store.setFailed(app.sql.db, id, attempt, fileMissing(paths.missing))
      return
    }
    const input: WorkerInput = {
      connection: app.sql.connection as Record<string, unknown>,
      lifelines_extra: app.settings.lifelines_extra,
      delivery_id: id,
      attempt,
      paths: paths.paths,
      folder: paths.folder,
      near: near(),
      now: app.clock.wall(),
    }
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: input,
      execArgv: [],
      name: "census-staging",
      resourceLimits: { maxOldGenerationSizeMb: worker_memory_mb_max },
    })
    const job: Running = {
      id,
      attempt,
      worker,
      pid: null,
      progress: { phase: "read", rows: 0, rows_total: 0 },
      phase_began_at: app.clock.wall(),
      ended: false,
    }
    current = job
    const outcome = await new Promise<FromWorker | Error | null>((resolve) => {
      let said: FromWorker | Error | null = null
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "pid") job.pid = message.pid
        else if (message.kind === "progress") hear(job, message.progress)
        else said = message
      })
      worker.on("error", (error) => {
        said = error as Error
      })
      worker.on("exit", () => resolve(said))
    })
    current = null
    if (job.ended) return
    if (outcome instanceof Error) await store.setFailed(app.sql.db, id, attempt, tooLargeOrDead(app, outcome))
    else if (outcome?.kind === "failed") {
      if (!outcome.problem) app.failed("census staging", new Error(outcome.error))
      await store.setFailed(app.sql.db, id, attempt, outcome.problem ?? workerFailed)
    }
    // A thread that ended without a word leaves the delivery in the queue, and its attempt is counted.
  }

  function hear(job: Running, next: JobProgress): void {
    if (next.phase !== job.progress.phase) job.phase_began_at = app.clock.wall()
    job.progress = next
  }

  async function end(job: Running): Promise<void> {
    job.ended = true
    const { pid } = job
    await job.worker.terminate()
    // The server may be in the middle of a long statement; it rolls back.
    if (pid !== null) await store.endServerProcess(app.sql.db, pid)
  }

  const look = every(look_ms, kick, "census staging", app.failed)
  kick()
  return {
    kick,
    progress(delivery_id) {
      if (current?.id !== delivery_id) return null
      const { progress, phase_began_at } = current
      const seconds = (app.clock.wall() - phase_began_at) / 1000
      const rate_per_s = seconds > 0 && progress.rows > 0 ? progress.rows / seconds : null
      const left = progress.rows_total - progress.rows
      return { ...progress, rate_per_s, seconds_left: rate_per_s === null ? null : Math.max(0, left) / rate_per_s }
    },
    async end(delivery_id) {
      if (current?.id === delivery_id) await end(current)
    },
    async idle() {
      while (busy) await busy
    },
    async stop() {
      stopped = true
      await look.stop()
      const job = current
      if (job) {
        await end(job)
        await store.giveBack(app.sql.db, job.id, job.attempt)
      }
      await busy
    },
  }
}

/** Where the files lie. The store of files is the main thread's own; the worker only reads what is named to it. */
async function pathsOf(
  app: App,
  delivery_id: number,
): Promise<{ paths: Record<string, string>; folder: string } | { missing: string }> {
  const paths: Record<string, string> = {}
  let folder = ""
  for (const file of await store.filesOf(app.sql.db, delivery_id)) {
    if (paths[file.hash] !== undefined) continue
    const found = await app.files.stream(file.hash)
    if (!found) return { missing: file.file_name }
    paths[file.hash] = String(found.content.path)
    found.content.destroy()
    // Beside the files lies what is unfinished; a start of the process empties it.
    folder = join(dirname(dirname(paths[file.hash]!)), "part")
  }
  return { paths, folder }
}

const diedOften = problem(
  "check-died",
  500,
  `检查已 ${attempts_max} 次中断：请减小文件后重传，或查看日志后再次检查`,
  `The check broke off ${attempts_max} times: upload smaller files, or look into the log and check again`,
)
const workerFailed = problem(
  "check-failed",
  500,
  "检查时出现内部错误，已记入日志；暂存数据未受影响，可再次检查",
  "A fault of the platform during the check; it is in the log. What is staged is kept: check again",
)
const fileMissing = (file_name: string): Problem =>
  problem(
    "file-missing",
    500,
    `文件 ${file_name} 已不在磁盘上：请重新上传或从备份恢复`,
    `The file ${file_name} is no longer on the disk: upload it again or restore a backup`,
    { field: "file_name", value: file_name },
  )

function tooLargeOrDead(app: App, error: Error): Problem {
  app.failed("census staging", error)
  if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") return workerFailed
  return problem(
    "delivery-too-large",
    413,
    `检查所需内存超过 ${worker_memory_mb_max} MB：请将成果分成几批上传`,
    `The check needs more than ${worker_memory_mb_max} MB of memory: split the delivery into several`,
  )
}
