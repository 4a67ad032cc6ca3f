import { Worker } from "node:worker_threads"
import { within } from "../../../platform/timers/index.ts"
import type { ReportInput } from "./input.ts"
import type { WorkerAnswer } from "./worker.ts"

const make_ms_max = 60_000
const memory_mb_max = 512
/** More reports than this do not wait; the next is refused by the caller. */
export const waiting_max = 4

/**
 * Writes PDF and workbook in a worker that starts for the report and ends with it, so that Typst and its fonts take no
 * memory between reports. Throws with a sentence where the worker, Typst or a font fails, or after a minute.
 */
export async function makeReport(input: ReportInput): Promise<{ pdf: Uint8Array; xlsx: Uint8Array }> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: memory_mb_max },
  })
  try {
    const answer = new Promise<WorkerAnswer>((resolve, reject) => {
      worker.once("message", resolve)
      worker.once("error", reject)
      worker.once("exit", (code) => reject(new Error(`The report worker ended with code ${code}.`)))
    })
    worker.postMessage(input)
    const made = await within(make_ms_max, answer, `The report took longer than ${make_ms_max / 1000} s.`)
    if ("error" in made) throw new Error(made.error)
    return made
  } finally {
    await worker.terminate()
  }
}
