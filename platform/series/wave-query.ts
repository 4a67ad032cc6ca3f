import { type BlockBatch, blockBatch } from "../../model/index.ts"
import { chunksOf, rowsOf } from "./columns.ts"
import type { Wave } from "./contract.ts"
import type { Store } from "./database.ts"
import { decodeFrame, placesOf } from "./frames.ts"
import { minute_ms } from "./pack-runs.ts"
import { pinned } from "./pins.ts"
import type { Reader } from "./reader.ts"
import { rollupSource, rollupsOf } from "./rollup-files.ts"
import { cutsOf, envelope, envelopeWave, takeSamples, takeSums, waveOf } from "./wave-cut.ts"
import { packedRows, packedSource, takeRow } from "./wave-packed.ts"
import { type Frame, readBlock, readFrames, readIndex, type WaveSegment } from "./wave-segments.ts"

/** Blocks of an answer of since() end after about this many bytes. */
const most_since_bytes = 32 << 20

/**
 * Blocks of the given batches (numbers in order), laid end to end, with the number of blocks of each. Ends early, after
 * at least one batch, where they would become too many bytes. A packed run comes with its last batch.
 */
export async function blocksSince(
  store: Store,
  reader: Reader,
  numbers: readonly number[],
): Promise<{ block_count: Int32Array; blocks: BlockBatch }> {
  const first = numbers[0]!
  const last = numbers[numbers.length - 1]!
  const segments = store.waves.filter((s) => s.last_batch >= first && s.first_batch <= last)
  const block_count = new Int32Array(numbers.length)
  if (segments.length === 0) return { block_count, blocks: blockBatch() }
  return await pinned(segments, async () => {
    const frames = new Map<number, [WaveSegment, Frame]>()
    const packed: WaveSegment[] = []
    for (const segment of segments) {
      if (segment.state === "packed") packed.push(segment)
      else for (const frame of segment.frames) frames.set(frame.batch, [segment, frame])
    }
    const sizes = await packedSizes(store, reader, packed, first, last)
    let bytes = 0
    let n = 0
    for (; n < numbers.length; n++) {
      bytes += (sizes.get(numbers[n]!) ?? 0) + (frames.get(numbers[n]!)?.[1].bytes ?? 0)
      if (n > 0 && bytes > most_since_bytes) break
    }
    const runs = await packedRuns(store, reader, sizes.size > 0 ? packed : [], first, numbers[n - 1]!)
    let blocks = blockBatch()
    for (let k = 0; k < n; k++) {
      const before = blocks.n
      const found = frames.get(numbers[k]!)
      if (found) blocks = decodeFrame(readFrames(found[0], found[1].at, found[1].bytes), blocks)
      for (const row of runs.get(numbers[k]!) ?? []) blocks = takeRow(blocks, row)
      block_count[k] = blocks.n - before
    }
    return { block_count: block_count.slice(0, n), blocks }
  })
}

/** Bytes of samples of packed runs by their last batch. */
async function packedSizes(
  store: Store,
  reader: Reader,
  packed: readonly WaveSegment[],
  first: number,
  last: number,
): Promise<Map<number, number>> {
  if (packed.length === 0) return new Map()
  const rows = await rowsOf(
    reader.connection,
    `SELECT last_batch, sum(count * (2 + 2 * encoding)) AS bytes FROM ${packedSource(store, packed)}
     WHERE last_batch BETWEEN ${first} AND ${last} GROUP BY ALL`,
  )
  return new Map(rows.map((r) => [Number(r.last_batch), Number(r.bytes)]))
}

type Row = Parameters<typeof takeRow>[1]

async function packedRuns(
  store: Store,
  reader: Reader,
  packed: readonly WaveSegment[],
  first: number,
  last: number,
): Promise<Map<number, Row[]>> {
  const runs = new Map<number, Row[]>()
  if (packed.length === 0) return runs
  const where = `last_batch BETWEEN ${first} AND ${last}`
  for await (const row of packedRows(reader.connection, packedSource(store, packed), where)) {
    const known = runs.get(row.last_batch)
    if (known) known.push(row)
    else runs.set(row.last_batch, [row])
  }
  for (const rows of runs.values())
    rows.sort((a, b) => a.point - b.point || a.start - b.start || a.sequence - b.sequence)
  return runs
}

type WaveArgs = { point: number; from: number; to: number; max_samples: number }

/**
 * Samples of a point with from ≤ time < to, or their envelope. Where a bucket of the envelope is a minute or more, the
 * minutes kept beside packed waveforms serve, from an hour on the hours; then buckets are whole minutes or hours.
 */
export async function wave(store: Store, reader: Reader, args: WaveArgs): Promise<Wave> {
  const width = (args.to - args.from) / args.max_samples
  if (width < minute_ms && (await samplesAbout(store, reader, args)) <= most_raw_samples) {
    return waveOf(await blocksOf(store, reader, args, true), args)
  }
  const unit = width < 60 * minute_ms ? minute_ms : 60 * minute_ms
  const step = Math.ceil(width / unit) * unit
  const from = Math.floor(args.from / step) * step
  const to = Math.ceil(args.to / step) * step
  const e = envelope(from, step, Math.round((to - from) / step))
  const files = rollupsOf(store, unit === minute_ms ? "wave_minutes" : "wave_hours", from, to)
  await pinned(files, async () => {
    // What is live is looked at before the first await of a query: nothing can be packed in between.
    const live = await blocksOf(store, reader, { ...args, from, to }, false)
    takeSamples(e, live, cutsOf(live, from, to))
    if (files.length === 0) return
    const result = await reader.connection.stream(
      `SELECT start::DOUBLE, min, max, squares, count, quality FROM ${rollupSource(store, files)}
       WHERE point = ${args.point} AND start >= ${from} AND start < ${to}`,
    )
    for await (const chunk of chunksOf(result)) {
      const start = chunk.column<Float64Array>(0)
      const [min, max] = [chunk.column<Float32Array>(1), chunk.column<Float32Array>(2)]
      const squares = chunk.column<Float64Array>(3)
      const count = chunk.column<Int32Array>(4)
      const quality = chunk.column<Uint8Array>(5)
      for (let i = 0; i < chunk.n; i++) takeSums(e, start[i]!, min[i]!, max[i]!, squares[i]!, count[i]!, quality[i]!)
    }
  })
  return envelopeWave(args.point, e)
}

/** An envelope is made from no more samples than these; beyond that from the minutes. */
const most_raw_samples = 8_000_000

/** How many packed samples a range has at most; live ones are few. Only a long range is looked up. */
async function samplesAbout(store: Store, reader: Reader, args: WaveArgs): Promise<number> {
  const packed = store.waves.filter((s) => s.state === "packed" && s.max_time > args.from && s.min_time < args.to)
  if (packed.length === 0 || args.to - args.from < 10 * minute_ms) return 0
  return await pinned(packed, async () => {
    const [row] = await rowsOf(
      reader.connection,
      `SELECT sum(count) AS n FROM ${packedSource(store, packed)} WHERE point = ${args.point}
       AND start < ${args.to} AND start + count * 1000 / rate_hz > ${args.from}`,
    )
    return Number(row?.n ?? 0)
  })
}

/** Blocks of a point that overlap a range: those of live frames, and with `all` those of packed files. */
async function blocksOf(store: Store, reader: Reader, args: WaveArgs, all: boolean): Promise<BlockBatch> {
  const { point, from, to } = args
  let found = blockBatch()
  const packed: WaveSegment[] = []
  for (const segment of store.waves) {
    if (segment.blocks === 0 || segment.max_time <= from || segment.min_time >= to) continue
    if (segment.state === "packed") {
      packed.push(segment)
      continue
    }
    for (const frame of segment.frames) {
      if (frame.to <= from || frame.from >= to) continue
      for (const [, at] of placesOf(readIndex(segment, frame), frame.blocks, (p) => p === point))
        found = readBlock(segment, frame, point, at, found)
    }
  }
  if (!all || packed.length === 0) return found
  return await pinned(packed, async () => {
    const where = `point = ${point} AND start < ${to} AND start + count * 1000 / rate_hz > ${from}`
    for await (const row of packedRows(reader.connection, packedSource(store, packed), where))
      found = takeRow(found, row)
    return found
  })
}
