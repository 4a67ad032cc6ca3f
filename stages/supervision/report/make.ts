import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { within } from "../../../platform/timers/index.ts"
import type { ReportInput } from "./input.ts"
import type { WorkerAnswer } from "./worker.ts"

const make_ms_max = 60_000
const memory_mb_max = 512
/** More reports than this do not wait; the next is refused by the caller. */
export const waiting_max = 4

/**
 * Writes PDF and workbook in a process that starts for the report and ends with it: Typst and its fonts take no memory
 * between reports, and native code that crashes takes the report with it, never the city. Throws with a sentence where
 * the process, Typst or a font fails, or after a minute.
 */
export async function makeReport(input: ReportInput): Promise<{ pdf: Uint8Array; xlsx: Uint8Array }> {
  const maker = fork(fileURLToPath(new URL("./worker.ts", import.meta.url)), {
    serialization: "advanced",
    execArgv: [`--max-old-space-size=${memory_mb_max}`],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  try {
    const answer = new Promise<WorkerAnswer>((resolve, reject) => {
      maker.once("message", (message) => resolve(message as WorkerAnswer))
      maker.once("error", reject)
      maker.once("exit", (code, signal) =>
        reject(new Error(`The report maker ended with ${signal ?? `code ${code}`}.`)),
      )
    })
    maker.send(input)
    const made = await within(make_ms_max, answer, `The report took longer than ${make_ms_max / 1000} s.`)
    if ("error" in made) throw new Error(made.error)
    return made
  } finally {
    maker.kill("SIGKILL")
  }
}
