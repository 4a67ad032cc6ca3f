import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { type Problem, ProblemError, problem } from "../../../model/index.ts"
import { sleep } from "../../../platform/timers/index.ts"
import type { SealedFiles } from "./store.ts"

export type SqlPoint = [
  point: number,
  device: string,
  indicator: string,
  unit: string,
  lifeline: string,
  area: string | null,
  lon: number | null,
  lat: number | null,
  interval_ms: number,
]
export type SqlTask = {
  sql: string
  files: SealedFiles
  points: SqlPoint[]
  rows_max: number
  memory_mb: number
  /** A folder of the statement's own for what does not fit into memory; the caller removes it. */
  temp_folder: string
}
export type SqlMessage =
  | { columns: { name: string; type: string }[]; sealed_to: number | null }
  | { rows: unknown[][]; truncated?: boolean }
  | { done: true }
  | { problem: Problem }
  | { failed: string }

/** Memory of the engine, and of all that the process may write to (where the system can limit that). */
export const engine_memory_mb = 256
const process_memory_kb = 1_200_000

/** A child of ours that gets `task` by standard input, with memory limits, and no environment. */
export function startChild(file: URL, task: unknown, heap_mb = 160): ChildProcess {
  const words = [process.execPath, "--no-warnings", `--max-old-space-size=${heap_mb}`, fileURLToPath(file)]
  const limited = process.platform === "linux"
  const [command, given] = limited
    ? ["/bin/sh", ["-c", `ulimit -d ${process_memory_kb}; exec "$@"`, "sh", ...words]]
    : [words[0]!, words.slice(1)]
  const child = spawn(command, given, { stdio: ["pipe", "pipe", "ignore"], env: { TZ: "UTC" } })
  // A child that ended before it had read everything says so by its end.
  child.stdin!.on("error", () => child.kill("SIGKILL"))
  child.stdin!.end(JSON.stringify(task))
  return child
}

/**
 * Runs a statement and yields what the child says. The child is ended when `timeout_ms` have passed, when the caller
 * stops asking, and in any case at the end. Throws ProblemError where the statement is refused or fails.
 */
export async function* runStatement(task: SqlTask, timeout_ms: number, file = child_file): AsyncGenerator<SqlMessage> {
  const child = startChild(file, task)
  const ended = once(child, "exit")
  const stop = new AbortController()
  let timed_out = false
  const watch = sleep(timeout_ms, stop.signal).then(() => {
    timed_out = !stop.signal.aborted
    child.kill("SIGKILL")
  })
  let done = false
  try {
    for await (const line of createInterface({ input: child.stdout!, crlfDelay: Number.POSITIVE_INFINITY })) {
      const message = JSON.parse(line) as SqlMessage
      if ("problem" in message) throw new ProblemError(message.problem)
      if ("failed" in message) throw new ProblemError(sqlFailed(message.failed))
      if ("done" in message) done = true
      else yield message
    }
    await ended
    if (timed_out) throw new ProblemError(sqlTimeout(timeout_ms))
    if (!done) throw new ProblemError(sqlFailed("out of memory"))
  } catch (error) {
    // A line that was cut off by the end of the process is no message.
    if (error instanceof SyntaxError) throw new ProblemError(timed_out ? sqlTimeout(timeout_ms) : sqlFailed("ended"))
    throw error
  } finally {
    child.kill("SIGKILL")
    stop.abort()
    await watch
    await ended
  }
}

const child_file = new URL("./sql-child.ts", import.meta.url)

const sqlFailed = (reason: string) =>
  problem("sql-failed", 400, `查询失败：${reason}`, `The statement failed: ${reason}`, { field: "sql" })
const sqlTimeout = (ms: number) =>
  problem(
    "sql-timeout",
    400,
    `查询超过 ${ms / 1000} 秒，已停止；请缩小时段或测点`,
    `The statement took more than ${ms / 1000} s and was stopped; narrow its time or its points`,
    { field: "sql", value: ms },
  )
