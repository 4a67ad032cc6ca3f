import { parentPort } from "node:worker_threads"
import { reportData } from "./data.ts"
import type { ReportInput } from "./input.ts"
import { writePdf } from "./pdf.ts"
import { writeXlsx } from "./xlsx.ts"

/** What the worker answers: both files, or the sentence that says why not. */
export type WorkerAnswer = { pdf: Uint8Array; xlsx: Uint8Array } | { error: string }

parentPort?.once("message", async (input: ReportInput) => {
  try {
    const answer: WorkerAnswer = { pdf: writePdf(reportData(input)), xlsx: await writeXlsx(input) }
    parentPort?.postMessage(answer)
  } catch (error) {
    const answer: WorkerAnswer = { error: (error as Error).message }
    parentPort?.postMessage(answer)
  }
})
