/** Access databases (.mdb, .accdb), table by table. */
import { stat } from "node:fs/promises"
import { Worker } from "node:worker_threads"
import type { Table } from "../contract.ts"
import { createBuilder, type Source, type TableBuilder } from "./builder.ts"
import type { MdbMessage } from "./mdb-worker.ts"
import { tooLarge, unreadable } from "./refuse.ts"

/** An Access file holds 2 GiB at most; it is read into memory whole, so less is taken. */
const bytes_max = 1024 ** 3
/** A reader that says nothing for so long goes round in circles in a damaged file. */
const silence_max_ms = 120_000

/** Reads the tables of a database; system tables and linked ones are left out. */
export async function* readMdb(source: Source): AsyncGenerator<Table> {
  const { path, file, options } = source
  const { size } = await stat(path)
  if (size > bytes_max)
    throw tooLarge(
      file,
      "Access 数据库超过 1 GiB；请先压缩修复或拆分",
      "the Access database is larger than 1 GiB; compact or split it first",
    )
  const worker = new Worker(new URL("./mdb-worker.ts", import.meta.url), {
    workerData: { path },
    resourceLimits: { maxOldGenerationSizeMb: 1536 },
  })
  let builder: TableBuilder | null = null
  let start = 1
  try {
    for await (const message of messagesOf(worker, file, options.signal)) {
      if (message.kind === "table") {
        if (builder) yield builder.finish()
        builder = createBuilder(source, {
          name: message.name,
          format: "mdb",
          columns: message.columns,
          keep_blank: true,
        })
        start = 1
      } else if (message.kind === "rows" && builder) {
        for (let r = 0; r < message.count; r++) {
          for (const [c, cells] of message.columns.entries()) builder.set(c, cells[r] ?? null)
          builder.end(start++)
        }
        for (const [c, is] of message.binary.entries())
          if (is)
            builder.problem(null, String(c + 1), "binary", {
              zh: "该列是二进制内容，未读取",
              en: "The column holds binary content, which is not read",
            })
      } else if (message.kind === "table-problem") {
        builder ??= createBuilder(source, { name: message.name, format: "mdb", columns: [] })
        builder.problem(null, message.name, message.why, {
          zh: `表「${message.name}」没有读完（${message.why}）；请在 Access 中「压缩和修复」后重试`,
          en: `The table "${message.name}" was not read to its end (${message.why}); compact and repair it in Access and try again`,
        })
      }
    }
    if (builder) yield builder.finish()
  } finally {
    await worker.terminate()
  }
}

/** Messages of the reading thread until its end; its death, silence and an abort are errors. */
async function* messagesOf(worker: Worker, file: string, signal?: AbortSignal): AsyncGenerator<MdbMessage> {
  const queue: MdbMessage[] = []
  let failed: unknown = null
  let wake = () => {}
  worker.on("message", (message: MdbMessage) => {
    queue.push(message)
    wake()
  })
  const give_up = (why: string) => {
    failed ??= unreadable(
      file,
      `Access 数据库已损坏或加密（${why}）；请在 Access 中「压缩和修复」、去掉密码后重试`,
      `the Access database is damaged or locked (${why}); compact and repair it in Access, take the password off and try again`,
    )
    wake()
  }
  worker.on("error", (error) => give_up(error instanceof Error ? error.message : String(error)))
  worker.on("exit", () => give_up("ended early"))
  const abort = () => {
    failed ??= signal?.reason ?? new DOMException("aborted", "AbortError")
    wake()
  }
  if (signal?.aborted) abort()
  signal?.addEventListener("abort", abort, { once: true })
  try {
    for (;;) {
      const message = queue.shift()
      if (message?.kind === "end") return
      if (message) {
        yield message
        continue
      }
      if (failed) throw failed
      const timer = setTimeout(() => give_up("no progress"), silence_max_ms)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      clearTimeout(timer)
    }
  } finally {
    signal?.removeEventListener("abort", abort)
  }
}
