import {
  BIGINT,
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBResult,
  type DuckDBType,
  INTEGER,
  UTINYINT,
} from "@duckdb/node-api"
import { type ReadingBatch, readingBatch } from "../../model/index.ts"

const chunk_rows = 2048
const two32 = 4294967296

/** The memory behind a vector; filling it whole is some twenty times faster than value by value. */
type Raw = { items: Int32Array | BigInt64Array | Float64Array | Uint8Array; flush(): void }
const raw = (chunk: DuckDBDataChunk, column: number): Raw => chunk.getColumnVector(column) as unknown as Raw

/** Writes int64 as two halves, which spares one BigInt a value. */
function fillBigint(vector: Raw, source: ArrayLike<number>, from: number, n: number): void {
  const items = vector.items as BigInt64Array
  const halves = new Int32Array(items.buffer, items.byteOffset, n * 2)
  for (let i = 0; i < n; i++) {
    const v = source[from + i]!
    halves[2 * i] = (v % two32) | 0
    halves[2 * i + 1] = Math.floor(v / two32)
  }
  vector.flush()
}

function fill(vector: Raw, source: Int32Array | Float64Array | Uint8Array, from: number, n: number): void {
  ;(vector.items as Float64Array).set(source.subarray(from, from + n) as Float64Array)
  vector.flush()
}

const reading_types: DuckDBType[] = [INTEGER, BIGINT, INTEGER, DOUBLE, UTINYINT, BIGINT, BIGINT, INTEGER]
const probe_types: DuckDBType[] = [INTEGER, INTEGER, BIGINT, INTEGER]

async function appendChunks(
  connection: DuckDBConnection,
  table: string,
  types: DuckDBType[],
  n: number,
  fillChunk: (chunk: DuckDBDataChunk, from: number, count: number) => void,
): Promise<void> {
  const appender: DuckDBAppender = await connection.createAppender(table)
  try {
    for (let from = 0; from < n; from += chunk_rows) {
      const count = Math.min(chunk_rows, n - from)
      const chunk = DuckDBDataChunk.create(types, count)
      fillChunk(chunk, from, count)
      appender.appendDataChunk(chunk)
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
}

/** Appends the batch's rows with their batch number and position to a live table, inside the open transaction. */
export async function appendReadings(
  connection: DuckDBConnection,
  table: string,
  b: ReadingBatch,
  batch: number,
): Promise<void> {
  if (b.n === 0) return
  const numbers = new Float64Array(Math.min(chunk_rows, b.n)).fill(batch)
  const positions = Int32Array.from({ length: b.n }, (_, i) => i)
  await appendChunks(connection, table, reading_types, b.n, (chunk, from, n) => {
    fill(raw(chunk, 0), b.point, from, n)
    fillBigint(raw(chunk, 1), b.time, from, n)
    fill(raw(chunk, 2), b.sequence, from, n)
    fill(raw(chunk, 3), b.value, from, n)
    fill(raw(chunk, 4), b.quality, from, n)
    fillBigint(raw(chunk, 5), b.arrived, from, n)
    fillBigint(raw(chunk, 6), numbers, 0, n)
    fill(raw(chunk, 7), positions, from, n)
  })
}

/** Appends the keys of the rows named by `rows` (their indexes in the batch) to the probe table. */
export async function appendProbes(connection: DuckDBConnection, b: ReadingBatch, rows: Int32Array): Promise<void> {
  const point = rows.map((i) => b.point[i]!)
  const time = Float64Array.from(rows, (i) => b.time[i]!)
  const sequence = rows.map((i) => b.sequence[i]!)
  await appendChunks(connection, "probe", probe_types, rows.length, (chunk, from, n) => {
    fill(raw(chunk, 0), rows, from, n)
    fill(raw(chunk, 1), point, from, n)
    fillBigint(raw(chunk, 2), time, from, n)
    fill(raw(chunk, 3), sequence, from, n)
  })
}

/** Appends marks of waveforms (point, start, sequence) to their table, inside the open transaction. */
export async function appendMarks(
  connection: DuckDBConnection,
  m: { n: number; point: Int32Array; start: Float64Array; sequence: Int32Array },
): Promise<void> {
  await appendChunks(connection, "wave_mark", [INTEGER, DOUBLE, INTEGER], m.n, (chunk, from, n) => {
    fill(raw(chunk, 0), m.point, from, n)
    fill(raw(chunk, 1), m.start, from, n)
    fill(raw(chunk, 2), m.sequence, from, n)
  })
}

/** One chunk of a result as plain columns; valid until the next one is asked for. */
export type Chunk = { n: number; column<T extends Int32Array | Float64Array | Float32Array | Uint8Array>(i: number): T }

/** Yields a result chunk by chunk; int64 columns must be selected as DOUBLE. */
export async function* chunksOf(result: DuckDBResult): AsyncGenerator<Chunk> {
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return
    yield {
      n: chunk.rowCount,
      column: <T extends Int32Array | Float64Array | Float32Array | Uint8Array>(i: number) =>
        raw(chunk, i).items as unknown as T,
    }
  }
}

/** The select list that `readReadings` understands. */
export const reading_columns = "point, time::DOUBLE, sequence, value, quality, arrived::DOUBLE"

/** Reads a whole result of `reading_columns` into one batch, in the result's order. */
export async function readReadings(result: DuckDBResult): Promise<ReadingBatch> {
  let all = readingBatch(chunk_rows)
  for await (const chunk of chunksOf(result)) {
    if (all.n + chunk.n > all.point.length) all = roomFor(all, all.n + chunk.n)
    all.point.set(chunk.column<Int32Array>(0), all.n)
    all.time.set(chunk.column<Float64Array>(1), all.n)
    all.sequence.set(chunk.column<Int32Array>(2), all.n)
    all.value.set(chunk.column<Float64Array>(3), all.n)
    all.quality.set(chunk.column<Uint8Array>(4), all.n)
    all.arrived.set(chunk.column<Float64Array>(5), all.n)
    all.n += chunk.n
  }
  return all
}

function roomFor(old: ReadingBatch, rows: number): ReadingBatch {
  const next = readingBatch(Math.max(rows, old.point.length * 2))
  next.n = old.n
  next.point.set(old.point)
  next.time.set(old.time)
  next.sequence.set(old.sequence)
  next.value.set(old.value)
  next.quality.set(old.quality)
  next.arrived.set(old.arrived)
  return next
}

/** All rows of a small result as objects of numbers and strings (int64 as number). */
export async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
): Promise<Record<string, number | string | null>[]> {
  const rows = await (await connection.run(sql)).getRowObjects()
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        typeof value === "bigint" ? Number(value) : (value as number | string | null),
      ]),
    ),
  )
}
