import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api"
import { ProblemError } from "../../model/index.ts"
import { type Chunk, chunksOf } from "./columns.ts"
import type { Store } from "./database.ts"
import { tooSlow } from "./problems.ts"

export type Reader = { connection: DuckDBConnection; deadline: number }

/** Hands out reader connections in order of asking, and interrupts a query that outlives its time. */
export function readerPool(store: () => Store): <T>(work: (reader: Reader) => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  return async (work) => {
    while (store().readers.length === 0) await new Promise<void>((go) => waiting.push(go))
    const { readers, options } = store()
    const connection = readers.shift()!
    const deadline = Date.now() + options.query_timeout_ms
    const timer = setTimeout(() => connection.interrupt(), options.query_timeout_ms)
    try {
      return await work({ connection, deadline })
    } finally {
      clearTimeout(timer)
      readers.push(connection)
      waiting.shift()?.()
    }
  }
}

/** A result chunk by chunk, until the time of the query is over. */
export async function* rowChunks(reader: Reader, result: DuckDBResult): AsyncGenerator<Chunk> {
  for await (const chunk of chunksOf(result)) {
    if (Date.now() > reader.deadline) throw new ProblemError(tooSlow())
    yield chunk
  }
}

/** Up to this many points are named one by one in a query; more are asked for as a range and sifted here. */
const listed_points = 500

export const pointFilter = (points: readonly number[]): string =>
  points.length <= listed_points
    ? `point IN (${points.join(", ")})`
    : `point BETWEEN ${points.reduce((a, b) => Math.min(a, b))} AND ${points.reduce((a, b) => Math.max(a, b))}`
