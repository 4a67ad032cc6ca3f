import type { ReadingBatch, Tick } from "../../model/index.ts"
import { type Chunk, reading_columns, readReadings, rowsOf } from "./columns.ts"
import type { Curve, Latest } from "./contract.ts"
import type { Store } from "./database.ts"
import { curveOf, decimator, takeSpot } from "./decimate.ts"
import { type LatestTable, latestRow, latestTable, takeLatest } from "./latest.ts"
import { pinned } from "./pins.ts"
import type { SinceReply } from "./protocol.ts"
import { pointFilter, type Reader, rowChunks } from "./reader.ts"
import { overlapping } from "./segments.ts"
import { batchesOf, lastOf, readingsOf, readingsWithBatch } from "./sources.ts"
import { blocksSince } from "./wave-query.ts"

const reading_names = "point, time, sequence, value, quality, arrived"

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
      `SELECT ${reading_columns} FROM (${readingsOf(store, segments, reading_names, { from, to })})
       WHERE ${pointFilter(points)}`,
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
  const range = { from: args.time - args.look_back_ms, to: args.time + 1 }
  const segments = overlapping(store.segments, range.from, range.to)
  if (segments.length === 0 || args.points.length === 0) return []
  await pinned(segments, async () => {
    const source = lastOf(store, segments, pointFilter(args.points), range)
    const result = await reader.connection.stream(`SELECT ${reading_columns} FROM (${source})`)
    for await (const chunk of rowChunks(reader, result)) {
      const b = asBatch(chunk)
      for (let i = 0; i < b.n; i++) if (wanted.has(b.point[i]!)) takeLatest(table, b, i)
    }
  })
  return Array.from({ length: table.rows.n }, (_, i) => latestRow(table.rows, i)).sort((a, b) => a.point - b.point)
}

/** The next batches after `batch` whose readings together are about max_rows; at least one batch where there is one. */
export async function since(
  store: Store,
  reader: Reader,
  args: { batch: number; max_rows: number },
): Promise<SinceReply | null> {
  const segments = store.segments.filter((s) => s.state !== "gone" && s.last_batch > args.batch)
  const first = segments[0]
  if (!first) return null
  return await pinned([first], async () => {
    const rows = await rowsOf(
      reader.connection,
      `SELECT number, count, ticks FROM (SELECT *, sum(count) OVER (ORDER BY number) AS rows_so_far
         FROM (SELECT * FROM (${batchesOf(store, [first])}) WHERE number > ${args.batch} ORDER BY number LIMIT 16384))
       WHERE rows_so_far - count < ${args.max_rows} AND number <= ${first.last_batch} ORDER BY number`,
    )
    if (rows.length === 0) return null
    const waves = await blocksSince(
      store,
      reader,
      rows.map((r) => Number(r.number)),
    )
    rows.length = waves.block_count.length
    const last = rows[rows.length - 1]!
    const count = Int32Array.from(rows, (r) => Number(r.count))
    const result = await reader.connection.stream(
      `SELECT ${reading_columns} FROM (${readingsWithBatch(store, [first], { first: Number(rows[0]!.number), last: Number(last.number) })})
       ORDER BY batch, position, point, time, sequence`,
    )
    return {
      batch: Float64Array.from(rows, (r) => Number(r.number)),
      count,
      ticks: rows.map((r) => ticksOf(r.ticks)),
      readings: await readReadings(result),
      ...waves,
    }
  })
}

const ticksOf = (text: unknown): Tick[] =>
  typeof text === "string" ? (JSON.parse(text) as [number, number][]).map(([at, time]) => ({ at, time })) : []
