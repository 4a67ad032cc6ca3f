import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { ProblemError, problem } from "../../model/index.ts"
import { within } from "../timers/index.ts"
import type { PdfInput } from "./set.ts"
import type { PdfAnswer } from "./worker.ts"

const make_ms_max = 60_000
const memory_mb_max = 512
/** One document is set at a time, this many wait; the next is refused. */
export const pdf_waiting_max = 8

let queue: Promise<unknown> = Promise.resolve()
let waiting = 0

/**
 * Sets a Typst template with its data as a PDF, in a process that starts for the document and ends with it: Typst and its
 * fonts take no memory between documents, and native code that crashes takes the document with it, never the city. Throws
 * a sentence where the process, Typst or a font fails or after a minute; a ProblemError `pdf-busy` where too many wait.
 */
export function makePdf(input: PdfInput): Promise<Uint8Array> {
  if (waiting >= pdf_waiting_max)
    return Promise.reject(
      new ProblemError(
        problem(
          "pdf-busy",
          429,
          "已有多份文件在生成，请稍后再试",
          "Several documents are being made; try again in a moment",
        ),
      ),
    )
  waiting++
  const made = queue.then(() => makeOne(input))
  queue = made.then(
    () => waiting--,
    () => waiting--, // Whoever asked is told; the next document is made all the same.
  )
  return made
}

async function makeOne(input: PdfInput): Promise<Uint8Array> {
  const maker = fork(fileURLToPath(new URL("./worker.ts", import.meta.url)), {
    serialization: "advanced",
    execArgv: [`--max-old-space-size=${memory_mb_max}`],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  try {
    const answer = new Promise<PdfAnswer>((resolve, reject) => {
      maker.once("message", (message) => resolve(message as PdfAnswer))
      maker.once("error", reject)
      maker.once("exit", (code, signal) => reject(new Error(`The PDF maker ended with ${signal ?? `code ${code}`}.`)))
    })
    maker.send(input)
    const made = await within(make_ms_max, answer, `The PDF took longer than ${make_ms_max / 1000} s.`)
    if ("error" in made) throw new Error(made.error)
    return made.pdf
  } finally {
    maker.kill("SIGKILL")
  }
}
