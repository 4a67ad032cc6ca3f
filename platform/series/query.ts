import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api"
import { ProblemError, type ReadingBatch, type Tick } from "../../model/index.ts"
import { type Chunk, chunksOf, reading_columns, readReadings, rowsOf } from "./columns.ts"
import type { Curve, Latest } from "./contract.ts"
import type { Store } from "./database.ts"
import { curveOf, decimator, takeSpot } from "./decimate.ts"
import { type LatestTable, latestRow, latestTable, takeLatest } from "./latest.ts"
import { tooSlow } from "./problems.ts"
import type { SinceReply } from "./protocol.ts"
import { overlapping, pinned } from "./segments.ts"
import { batchesOf, readingsOf } from "./sources.ts"

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

/** Readings of the points with from ≤ time < to, chunk by chunk in no order. */
async function scan(
  store: Store,
  reader: Reader,
  points: readonly number[],
  from: number,
  to: number,
  take: (chunk: Chunk) => void,
): Promise<void> {
  const segments = overlapping(store.segments, from, to)
  if (segments.length === 0 || points.length === 0) return
  await pinned(segments, async () => {
    const result = await reader.connection.stream(
      `SELECT ${reading_columns} FROM (${readingsOf(store, segments, "point, time, sequence, value, quality, arrived")})
       WHERE ${pointFilter(points)} AND time >= ${from} AND time < ${to}`,
    )
    for await (const chunk of rowChunks(reader, result)) take(chunk)
  })
}

const asBatch = (chunk: Chunk): ReadingBatch => ({
  n: chunk.n,
  point: chunk.column<Int32Array>(0),
  time: chunk.column<Float64Array>(1),
  sequence: chunk.column<Int32Array>(2),
  value: chunk.column<Float64Array>(3),
  quality: chunk.column<Uint8Array>(4),
  arrived: chunk.column<Float64Array>(5),
})

export async function history(
  store: Store,
  reader: Reader,
  args: { points: number[]; from: number; to: number; max_rows: number },
): Promise<Curve[]> {
  const curves = new Map(args.points.map((p) => [p, decimator(p, args.from, args.to, args.max_rows)]))
  await scan(store, reader, args.points, args.from, args.to, (chunk) => {
    const b = asBatch(chunk)
    for (let i = 0; i < b.n; i++) {
      const d = curves.get(b.point[i]!)
      if (d) takeSpot(d, b.time[i]!, b.sequence[i]!, b.value[i]!, b.quality[i]!)
    }
  })
  return [...curves.values()].map(curveOf)
}

export async function at(
  store: Store,
  reader: Reader,
  args: { points: number[]; time: number; look_back_ms: number },
): Promise<Latest[]> {
  const wanted = new Set(args.points)
  const table: LatestTable = latestTable()
  await scan(store, reader, args.points, args.time - args.look_back_ms, args.time + 1, (chunk) => {
    const b = asBatch(chunk)
    for (let i = 0; i < b.n; i++) if (wanted.has(b.point[i]!)) takeLatest(table, b, i)
  })
  return Array.from({ length: table.rows.n }, (_, i) => latestRow(table.rows, i)).sort((a, b) => a.point - b.point)
}

/** The next batches after `batch` whose readings together are about max_rows; at least one batch where there is one. */
export async function since(
  store: Store,
  reader: Reader,
  args: { batch: number; max_rows: number },
): Promise<SinceReply | null> {
  const segments = store.segments.filter((s) => s.last_batch > args.batch)
  const first = segments[0]
  if (!first) return null
  return await pinned([first], async () => {
    const rows = await rowsOf(
      reader.connection,
      `SELECT number, count, ticks FROM (SELECT *, sum(count) OVER (ORDER BY number) AS rows_so_far
         FROM (SELECT * FROM (${batchesOf(store, [first])}) WHERE number > ${args.batch} ORDER BY number LIMIT 4096))
       WHERE rows_so_far - count < ${args.max_rows} AND number <= ${first.last_batch} ORDER BY number`,
    )
    const last = rows[rows.length - 1]
    if (!last) return null
    const count = Int32Array.from(rows, (r) => Number(r.count))
    const result = await reader.connection.stream(
      `SELECT ${reading_columns} FROM (${readingsOf(store, [first], "*")})
       WHERE batch > ${args.batch} AND batch <= ${Number(last.number)} ORDER BY batch, position`,
    )
    return {
      batch: Float64Array.from(rows, (r) => Number(r.number)),
      count,
      ticks: rows.map((r) => ticksOf(r.ticks)),
      readings: await readReadings(result),
    }
  })
}

const ticksOf = (text: unknown): Tick[] =>
  typeof text === "string" ? (JSON.parse(text) as [number, number][]).map(([at, time]) => ({ at, time })) : []
