import { type PdfInput, setPdf } from "./set.ts"

/** What the process answers: the document, or the sentence that says why not. */
export type PdfAnswer = { pdf: Uint8Array } | { error: string }

process.once("message", (input: PdfInput) => {
  try {
    const answer: PdfAnswer = { pdf: setPdf(input) }
    process.send?.(answer)
  } catch (error) {
    const answer: PdfAnswer = { error: (error as Error).message }
    process.send?.(answer)
  }
})
