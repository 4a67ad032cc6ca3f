import type { DuckDBConnection } from "@duckdb/node-api"
import { type BlockBatch, blockBatch, roomForBlocks, sampleEncoding, takeBlock } from "../../model/index.ts"
import type { Store } from "./database.ts"
import { unpackFloat32, unpackInt16 } from "./pack-codec.ts"
import { startAt } from "./pack-runs.ts"
import { quoted } from "./segments.ts"
import { type WaveSegment, wavePath } from "./wave-segments.ts"

/** A row of packed waveforms. */
export type PackedRow = {
  point: number
  start: number
  rate_hz: number
  scale: number
  offset: number
  count: number
  block_count: number
  sequence: number
  sequence_step: number
  encoding: number
  difference: number
  quality: number
  arrived_lag: number
  last_batch: number
  low: Uint8Array
  high: Uint8Array
}

const columns = `point, start::DOUBLE AS start, rate_hz, scale, "offset", count, block_count, sequence, sequence_step,
  encoding, difference, quality, arrived_lag, last_batch::DOUBLE AS last_batch, low, high`

/** A query over packed files. */
export const packedSource = (store: Store, segments: readonly WaveSegment[]): string =>
  `read_parquet([${segments.map((s) => quoted(wavePath(store.options.folder, s))).join(", ")}])`

/** Rows of packed files that fit, one after the other. */
export async function* packedRows(
  connection: DuckDBConnection,
  source: string,
  where: string,
): AsyncGenerator<PackedRow> {
  const result = await connection.stream(`SELECT ${columns} FROM ${source} WHERE ${where}`)
  for (;;) {
    const chunk = await result.fetchChunk()
    if (!chunk || chunk.rowCount === 0) return
    const names = result.columnNames()
    const values = chunk.getColumns()
    for (let i = 0; i < chunk.rowCount; i++) {
      const row: Record<string, unknown> = {}
      for (const [c, name] of names.entries()) {
        const value = values[c]![i]
        row[name] = name === "low" || name === "high" ? (value as { bytes: Uint8Array }).bytes : value
      }
      yield row as PackedRow
    }
  }
}

/** Raw samples of a row, little-endian. */
export function rawOfRow(row: PackedRow): Uint8Array {
  if (row.encoding === sampleEncoding.float32) return unpackFloat32(row)
  const samples = unpackInt16(row)
  return new Uint8Array(samples.buffer)
}

/** Appends a row as one block. */
export function takeRow(into: BlockBatch, row: PackedRow): BlockBatch {
  const raw = rawOfRow(row)
  const b = roomForBlocks(into, 1, raw.length)
  const i = b.n++
  b.point[i] = row.point
  b.start[i] = row.start
  b.sequence[i] = row.sequence
  b.rate_hz[i] = row.rate_hz
  b.count[i] = row.count
  b.encoding[i] = row.encoding
  b.scale[i] = row.scale
  b.offset[i] = row.offset
  b.quality[i] = row.quality
  b.arrived[i] = Math.round(row.start + (row.count * 1000) / row.rate_hz + row.arrived_lag)
  b.at[i] = b.bytes
  b.data.set(raw, b.bytes)
  b.bytes += raw.length
  return b
}

/** Appends those blocks of packed files whose point and start are among `keys` ("point start"), as they were sent. */
export async function packedBlocks(
  connection: DuckDBConnection,
  store: Store,
  segments: readonly WaveSegment[],
  keys: ReadonlySet<string>,
  where: string,
  into: BlockBatch,
): Promise<BlockBatch> {
  let found = into
  for await (const row of packedRows(connection, packedSource(store, segments), where)) {
    let whole: BlockBatch | null = null
    for (let k = 0, n = 0; n < row.count; k++, n += row.block_count) {
      if (!keys.has(`${row.point} ${startAt(row, n)}`)) continue
      whole ??= takeRow(blockBatch(), row)
      const size = row.encoding === sampleEncoding.int16 ? 2 : 4
      const part: BlockBatch = {
        ...whole,
        start: Float64Array.of(startAt(row, n)),
        sequence: Int32Array.of(row.sequence + k * row.sequence_step),
        count: Int32Array.of(Math.min(row.block_count, row.count - n)),
        at: Int32Array.of(n * size),
      }
      found = takeBlock(found, part, 0)
    }
  }
  return found
}
