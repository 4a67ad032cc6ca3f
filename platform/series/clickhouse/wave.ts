import { blockBatch } from "../../../model/index.ts"
import type { Wave } from "../contract.ts"
import { cutsOf, type Envelope, envelope, envelopeWave, takeSamples, takeSums, waveOf } from "../wave-cut.ts"
import { limits } from "./check.ts"
import { readBlocks } from "./decide.ts"
import { rows } from "./server.ts"
import { type Store, visible } from "./store.ts"

/** Beyond this many samples an envelope is made of the blocks' own lowest, highest and sum of squares. */
const most_samples_read = 4_000_000
const minute_ms = 60_000

type WaveArgs = { point: number; from: number; to: number; max_samples: number }

/**
 * Samples of a point, or their envelope. Buckets of a minute or more are whole minutes. Up to 4,000,000 samples are
 * read and cut exactly; of a longer range each block counts whole in the bucket of its start.
 */
export async function wave(store: Store, args: WaveArgs): Promise<Wave> {
  const width = (args.to - args.from) / args.max_samples
  const step_ms = width < minute_ms ? width : Math.ceil(width / minute_ms) * minute_ms
  const from = width < minute_ms ? args.from : Math.floor(args.from / step_ms) * step_ms
  const to = width < minute_ms ? args.to : Math.ceil(args.to / step_ms) * step_ms
  const where = `point = ${args.point} AND start >= ${from - limits.block_ms} AND start < ${to} AND finish > ${from}
    AND ${await visible(store)}`
  let samples = 0
  await rows(store.server, `SELECT toInt64(sum(count)) FROM waves WHERE ${where}`, ["i64"], ([n]) => {
    samples = n
  })
  const e = envelope(from, step_ms, Math.max(1, Math.round((to - from) / step_ms)))
  if (samples <= Math.max(most_samples_read, args.max_samples)) {
    const blocks = await readBlocks(store, where, "", blockBatch())
    if (width < minute_ms) return waveOf(blocks, args)
    await takeForgotten(store, args.point, from, to, e)
    takeSamples(e, blocks, cutsOf(blocks, from, to))
    return envelopeWave(args.point, e)
  }
  if (width >= minute_ms) await takeForgotten(store, args.point, from, to, e)
  const bucket = `toInt64(floor((greatest(start, ${from}) - ${from}) / ${step_ms}))`
  await rows(
    store.server,
    `SELECT ${bucket} AS b, min(low), max(high), sum(squares), toInt64(sum(count)), groupBitOr(quality) FROM waves
     WHERE ${where} GROUP BY b`,
    ["i64", "f32", "f32", "f64", "i64", "u8"],
    ([b, low, high, squares, count, flags]) =>
      takeSums(e, from + (b + 0.5) * step_ms, low, high, squares, count, flags),
  )
  return envelopeWave(args.point, e)
}

/** Minutes that were kept of forgotten days. */
async function takeForgotten(store: Store, point: number, from: number, to: number, e: Envelope): Promise<void> {
  await rows(
    store.server,
    `SELECT start, low, high, squares, count, quality FROM wave_rollups WHERE point = ${point} AND start >= ${from}
     AND start < ${to} AND (day, attempt) IN (SELECT day, attempt FROM forgotten)`,
    ["i64", "f32", "f32", "f64", "i64", "u8"],
    ([start, low, high, squares, count, flags]) => takeSums(e, start, low, high, squares, count, flags),
  )
}
