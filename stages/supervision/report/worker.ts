import { reportData } from "./data.ts"
import type { ReportInput } from "./input.ts"
import { writePdf } from "./pdf.ts"
import { writeXlsx } from "./xlsx.ts"

/** What the process answers: both files, or the sentence that says why not. */
export type WorkerAnswer = { pdf: Uint8Array; xlsx: Uint8Array } | { error: string }

process.once("message", async (input: ReportInput) => {
  try {
    const answer: WorkerAnswer = { pdf: writePdf(reportData(input)), xlsx: await writeXlsx(input) }
    process.send?.(answer)
  } catch (error) {
    const answer: WorkerAnswer = { error: (error as Error).message }
    process.send?.(answer)
  }
})
