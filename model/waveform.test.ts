import fc from "fast-check"
import { expect, test } from "vitest"
import {
  appendBlock,
  appendBlocks,
  type BlockBatch,
  blockBatch,
  blockEnd,
  rawSamples,
  samplesOf,
  trimBlocks,
} from "./waveform.ts"

const anyBlocks = fc.array(
  fc.record({
    point: fc.integer({ min: 1, max: 1000 }),
    start: fc.integer({ min: 0, max: 1e12 }),
    samples: fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 40 }),
    encoding: fc.constantFrom(0, 1),
  }),
  { maxLength: 80 },
)
type Said = ReturnType<typeof anyBlocks.generate> extends { value: infer T } ? T : never

const batchOf = (blocks: Said, into: BlockBatch = blockBatch()): BlockBatch =>
  blocks.reduce((b, { point, start, samples, encoding }) => {
    const raw = encoding === 0 ? Int16Array.from(samples) : Float32Array.from(samples)
    return appendBlock(b, {
      point,
      start,
      sequence: 0,
      rate_hz: 50,
      count: samples.length,
      encoding,
      scale: 0.5,
      offset: 1,
      quality: 0,
      arrived: 0,
      data: new Uint8Array(raw.buffer),
    })
  }, into)

const plain = (b: BlockBatch) =>
  Array.from({ length: b.n }, (_, i) => [
    b.point[i],
    b.start[i],
    blockEnd(b, i),
    [...rawSamples(b, i)],
    [...samplesOf(b, i)],
  ])

test("blocks come back as they were appended, one by one or many at once, trimmed or not", () => {
  fc.assert(
    fc.property(anyBlocks, anyBlocks, (first, second) => {
      const one_by_one = batchOf(second, batchOf(first))
      const at_once = appendBlocks(batchOf(first), batchOf(second))
      expect(plain(at_once)).toEqual(plain(one_by_one))
      expect(plain(trimBlocks(at_once))).toEqual(plain(one_by_one))
      const samples = [...first, ...second].map((b) => b.samples.map((v) => v * 0.5 + 1))
      expect(plain(one_by_one).map((row) => row[4])).toEqual(samples)
    }),
  )
})
