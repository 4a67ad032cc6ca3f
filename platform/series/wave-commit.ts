import { type BlockBatch, blockBatch, blockEnd, sampleBytes, takeBlock } from "../../model/index.ts"
import type { BlockConflict } from "./contract.ts"
import type { Store } from "./database.ts"
import { placesOf, sameSamples } from "./frames.ts"
import { pinned } from "./pins.ts"
import { badArgument } from "./problems.ts"
import { pointFilter } from "./reader.ts"
import { raiseMark, type WaveUndo } from "./wave-marks.ts"
import { packedBlocks } from "./wave-packed.ts"
import { type Frame, readBlock, readIndex, type WaveSegment } from "./wave-segments.ts"

/** What is new of a batch of blocks. */
export type BlockFate = { fresh: BlockBatch; duplicates: number; conflicts: BlockConflict[] }

export function checkBlocks(b: BlockBatch): void {
  for (let i = 0; i < b.n; i++) {
    const at = (field: string) => `blocks.${field}[${i}]`
    if (!Number.isSafeInteger(b.start[i]!))
      throw badArgument(at("start"), b.start[i], "必须是整数毫秒", "must be whole UTC milliseconds")
    if (!Number.isSafeInteger(b.arrived[i]!))
      throw badArgument(at("arrived"), b.arrived[i], "必须是整数毫秒", "must be whole UTC milliseconds")
    if (!(b.rate_hz[i]! > 0 && b.rate_hz[i]! < 1e6))
      throw badArgument(at("rate_hz"), b.rate_hz[i], "必须大于 0、小于 1000000", "must be above 0 and below 1,000,000")
    if (!(b.encoding[i]! <= 1)) throw badArgument(at("encoding"), b.encoding[i], "必须是 0 或 1", "must be 0 or 1")
    if (!Number.isFinite(b.scale[i]!) || !Number.isFinite(b.offset[i]!))
      throw badArgument(at("scale"), b.scale[i], "必须是有限的数", "must be a finite number, as must be offset")
    const length = b.count[i]! * sampleBytes[b.encoding[i] as 0 | 1]
    if (!(b.count[i]! > 0) || b.at[i]! < 0 || b.at[i]! + length > b.bytes || b.bytes > b.data.length)
      throw badArgument(at("count"), b.count[i], "与样本数据的长度不符", "does not fit the samples that came with it")
  }
}

/** Blocks above their point's mark are new; only the others are compared with what stands, in the store and here. */
export async function decideBlocks(
  store: Store,
  b: BlockBatch,
  pending: readonly Frame[],
  undo: WaveUndo,
): Promise<BlockFate> {
  const doubtful: number[] = []
  for (let i = 0; i < b.n; i++)
    if (!raiseMark(store.wave_marks, b.point[i]!, b.start[i]!, b.sequence[i]!, undo)) doubtful.push(i)
  if (doubtful.length === 0) return { fresh: b, duplicates: 0, conflicts: [] }
  const standing = await standingBlocks(store, b, doubtful, pending)
  const at = new Map<string, number>()
  const key = (c: BlockBatch, i: number) => `${c.point[i]} ${c.start[i]} ${c.sequence[i]}`
  for (let k = 0; k < standing.n; k++) at.set(key(standing, k), k)
  const points = new Set(doubtful.map((i) => b.point[i]!))
  const here = new Map<string, number>()
  const fate: BlockFate = { fresh: blockBatch(b.n, b.bytes), duplicates: 0, conflicts: [] }
  for (let i = 0; i < b.n; i++) {
    if (points.has(b.point[i]!)) {
      const name = key(b, i)
      const known = at.get(name)
      const earlier = here.get(name)
      if (known !== undefined || earlier !== undefined) {
        const same = known !== undefined ? sameSamples(b, i, standing, known) : sameSamples(b, i, b, earlier!)
        if (same) fate.duplicates++
        else
          fate.conflicts.push({
            point: b.point[i]!,
            start: b.start[i]!,
            sequence: b.sequence[i]!,
            count: b.count[i]!,
          })
        continue
      }
      here.set(name, i)
    }
    fate.fresh = takeBlock(fate.fresh, b, i)
  }
  return fate
}

/** Blocks that stand in the store under the keys of the given rows (and maybe others of their points). */
async function standingBlocks(
  store: Store,
  b: BlockBatch,
  rows: readonly number[],
  pending: readonly Frame[],
): Promise<BlockBatch> {
  const keys = new Set<string>()
  const points = new Set<number>()
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const i of rows) {
    keys.add(`${b.point[i]} ${b.start[i]}`)
    points.add(b.point[i]!)
    low = Math.min(low, b.start[i]!)
    high = Math.max(high, b.start[i]!)
  }
  let found = blockBatch()
  const packed: WaveSegment[] = []
  for (const segment of store.waves) {
    if (segment.state === "packed") {
      packed.push(segment)
      continue
    }
    const frames = segment === store.waves[store.waves.length - 1] ? [...segment.frames, ...pending] : segment.frames
    for (const frame of frames) {
      if (frame.to < low || frame.from > high) continue
      for (const [point, at] of placesOf(readIndex(segment, frame), frame.blocks, (p) => points.has(p))) {
        const block = readBlock(segment, frame, point, at)
        if (keys.has(`${point} ${block.start[0]}`)) found = takeBlock(found, block, 0)
      }
    }
  }
  if (packed.length === 0) return found
  const where = `${pointFilter([...points])} AND start <= ${high} AND start + count * 1000 / rate_hz >= ${low}`
  return await pinned(packed, () => packedBlocks(store.writer, store, packed, keys, where, found))
}

/** First and last instant of a batch's samples. */
export function rangeOf(b: BlockBatch): { from: number; to: number; samples: number } {
  let [from, to, samples] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (let i = 0; i < b.n; i++) {
    const end = blockEnd(b, i)
    if (b.start[i]! < from) from = b.start[i]!
    if (end > to) to = end
    samples += b.count[i]!
  }
  return { from, to, samples }
}
