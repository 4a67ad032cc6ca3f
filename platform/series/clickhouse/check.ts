import { type BlockBatch, type ProblemError, type ReadingBatch, sampleBytes, type Tick } from "../../../model/index.ts"
import { badArgument } from "../problems.ts"

export const limits = {
  rows_a_commit: 1_000_000,
  ticks_a_commit: 100_000,
  blocks_a_commit: 200_000,
  block_bytes_a_commit: 64 << 20,
  block_ms: 86_400_000,
  points: 100_000,
  rows_a_point: 200_000,
  rows_an_answer: 4_000_000,
  samples_an_answer: 4_000_000,
  rollups_an_answer: 1_000_000,
  buckets: 10_000,
} as const

/** What is wrong with a commit, naming field and value; null where nothing is. */
export function checkCommit(b: ReadingBatch, ticks: readonly Tick[], blocks: BlockBatch): ProblemError | null {
  for (let i = 0; i < b.n; i++) {
    if (!Number.isSafeInteger(b.time[i]!)) return whole(`readings.time[${i}]`, b.time[i])
    if (!Number.isSafeInteger(b.arrived[i]!)) return whole(`readings.arrived[${i}]`, b.arrived[i])
    if (Number.isNaN(b.value[i]!)) return badArgument(`readings.value[${i}]`, "NaN", "必须是数值", "must be a number")
  }
  let before = 0
  for (const [i, tick] of ticks.entries()) {
    if (!Number.isInteger(tick.at) || tick.at < before || tick.at > b.n)
      return badArgument(
        `ticks[${i}].at`,
        tick.at,
        `必须在 ${before} 与 ${b.n} 之间`,
        `must be from ${before} to ${b.n}`,
      )
    if (!Number.isSafeInteger(tick.time)) return whole(`ticks[${i}].time`, tick.time)
    before = tick.at
  }
  for (let i = 0; i < blocks.n; i++) {
    const wrong = checkBlock(blocks, i)
    if (wrong) return wrong
  }
  return null
}

function checkBlock(b: BlockBatch, i: number): ProblemError | null {
  const at = (field: string) => `blocks.${field}[${i}]`
  if (!Number.isSafeInteger(b.start[i]!)) return whole(at("start"), b.start[i])
  if (!Number.isSafeInteger(b.arrived[i]!)) return whole(at("arrived"), b.arrived[i])
  if (!(b.encoding[i]! <= 1)) return badArgument(at("encoding"), b.encoding[i], "必须是 0 或 1", "must be 0 or 1")
  const span_ms = (b.count[i]! * 1000) / b.rate_hz[i]!
  if (!(b.rate_hz[i]! > 0 && span_ms <= limits.block_ms))
    return badArgument(at("rate_hz"), b.rate_hz[i], "每块最长 24 小时", "a block lasts 24 hours at most")
  if (!Number.isFinite(b.scale[i]!) || !Number.isFinite(b.offset[i]!))
    return badArgument(at("scale"), b.scale[i], "必须是有限的数", "must be a finite number, as must be offset")
  const length = b.count[i]! * sampleBytes[b.encoding[i] as 0 | 1]
  if (!(b.count[i]! > 0) || b.at[i]! < 0 || b.at[i]! + length > b.bytes || b.bytes > b.data.length)
    return badArgument(at("count"), b.count[i], "与样本数据的长度不符", "does not fit the samples that came with it")
  return null
}

const whole = (field: string, value: unknown): ProblemError =>
  badArgument(field, value, "必须是整数毫秒", "must be whole UTC milliseconds")

export function atMost(field: string, value: number, most: number): void {
  if (!(value <= most)) throw badArgument(field, value, `不能超过 ${most}`, `must not be more than ${most}`)
}

export function checkRange(from: number, to: number): void {
  if (!Number.isSafeInteger(from)) throw whole("from", from)
  if (!Number.isSafeInteger(to)) throw whole("to", to)
  if (to <= from) throw badArgument("to", to, `必须晚于 from（${from}）`, `must be later than from (${from})`)
}

export function checkInstant(field: string, value: number): void {
  if (!Number.isSafeInteger(value)) throw whole(field, value)
}

export function checkPoints(points: readonly number[]): void {
  atMost("points", points.length, limits.points)
  for (const [i, point] of points.entries())
    if (!Number.isInteger(point) || Math.abs(point) > 0x7fffffff)
      throw badArgument(`points[${i}]`, point, "必须是测点整数编号", "must be the whole number of a point")
}
