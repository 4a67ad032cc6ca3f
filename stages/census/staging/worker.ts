/** The thread of one check: opens the database by itself, works, and says how it ended. */
import { parentPort, workerData } from "node:worker_threads"
import { ProblemError } from "../../../model/index.ts"
import { loadLifelines } from "../../../platform/lifelines/index.ts"
import { connectSql } from "../../../platform/sql/index.ts"
import type { FromWorker, WorkerInput } from "./types.ts"
import { Superseded, work } from "./work.ts"

if (!parentPort) throw new Error("stages/census/staging/worker.ts runs as a worker thread only")
const port = parentPort
const input = workerData as WorkerInput
const tell = (message: FromWorker) => port.postMessage(message)

try {
  const lifelines = await loadLifelines(input.lifelines_extra)
  const sql = await connectSql(input.connection, { folder: "", connections: 2 }, false)
  try {
    await work(sql, input, lifelines, tell)
    tell({ kind: "done" })
  } finally {
    await sql.close()
  }
} catch (error) {
  if (error instanceof Superseded) tell({ kind: "done" })
  else {
    const said = error instanceof ProblemError ? error.problem : null
    tell({
      kind: "failed",
      problem: said,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
}
