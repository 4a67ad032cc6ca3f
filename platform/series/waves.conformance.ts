import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  appendBlock,
  type BlockBatch,
  blockBatch,
  rawSamples,
  readingBatch,
  sampleEncoding,
  samplesOf,
} from "../../model/index.ts"
import type { Series, Wave } from "./contract.ts"

type Spec = {
  point: number
  start: number
  values: readonly number[]
  rate_hz?: number
  sequence?: number
  scale?: number
  offset?: number
  quality?: number
  float?: boolean
  arrived?: number
}

/** Blocks with the given raw samples: int16, or float32 where `float` is set. */
export function blocksOf(specs: readonly Spec[]): BlockBatch {
  let b = blockBatch()
  for (const s of specs) {
    const raw = s.float ? Float32Array.from(s.values) : Int16Array.from(s.values)
    b = appendBlock(b, {
      point: s.point,
      start: s.start,
      sequence: s.sequence ?? 0,
      rate_hz: s.rate_hz ?? 50,
      count: s.values.length,
      encoding: s.float ? sampleEncoding.float32 : sampleEncoding.int16,
      scale: s.scale ?? 1,
      offset: s.offset ?? 0,
      quality: s.quality ?? 0,
      arrived: s.arrived ?? s.start + 1500,
      data: new Uint8Array(raw.buffer),
    })
  }
  return b
}

const day0 = Date.UTC(2019, 4, 1)
const none = () => readingBatch(0)
const sine = (n: number, from = 0) => Array.from({ length: n }, (_, k) => Math.round(1000 * Math.sin((from + k) / 7)))

const runsOf = (wave: Wave) => {
  if (wave.kind !== "samples") throw new Error("samples were expected, not an envelope")
  return wave.runs.map((r) => ({ ...r, values: [...r.values] }))
}

/** What an engine must do with waveform blocks; part of seriesConformance. */
export function wavesConformance(name: string, open: (folder: string) => Promise<Series>): void {
  describe(`waveforms: ${name}`, () => {
    let folder = ""
    let series: Series
    let next_point = 1
    const points = (n: number) => Array.from({ length: n }, () => next_point++)
    const commit = (specs: readonly Spec[]) => series.commit(none(), [], blocksOf(specs))
    const reopen = async () => {
      await series.close()
      series = await open(join(folder, "data"))
    }
    /** The same question while the blocks are live, after packing, and after opening again. */
    const everywhere = async (check: () => Promise<void>) => {
      await check()
      await series.seal(Number.POSITIVE_INFINITY)
      await check()
      await reopen()
      await check()
    }

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "waves-"))
      series = await open(join(folder, "data"))
    })
    afterAll(async () => {
      await series.close()
      rmSync(folder, { recursive: true, force: true })
    })

    test("blocks come back as runs of samples in the unit of the point", async () => {
      const [p, q] = points(2) as [number, number]
      const a = sine(50)
      const done = await commit([
        { point: p, start: day0, values: a, scale: 0.01, offset: 2 },
        { point: p, start: day0 + 1000, values: sine(50, 50), scale: 0.01, offset: 2 },
        { point: q, start: day0, values: [1.5, -2.25, 3.125], float: true, rate_hz: 100 },
        { point: p, start: day0 + 5000, values: [1, 2, 3], scale: 0.01, offset: 2, quality: 4 },
      ])
      expect([done.blocks.n, done.duplicates, done.block_conflicts]).toEqual([4, 0, []])
      expect(series.stats().samples_total).toBe(106)
      await everywhere(async () => {
        const runs = runsOf(await series.wave(p, day0, day0 + 10_000, 1000))
        expect(runs.map((r) => [r.start, r.rate_hz, r.values.length, r.quality])).toEqual([
          [day0, 50, 100, 0],
          [day0 + 5000, 50, 3, 4],
        ])
        expect(runs[0]!.values).toEqual(sine(100).map((v) => Math.fround(v * 0.01 + 2)))
        expect(runsOf(await series.wave(q, day0, day0 + 10_000, 1000))).toEqual([
          { start: day0, rate_hz: 100, values: [1.5, -2.25, 3.125], quality: 0 },
        ])
        const part = runsOf(await series.wave(p, day0 + 20, day0 + 80, 1000))
        expect(part).toEqual([
          { start: day0 + 20, rate_hz: 50, values: a.slice(1, 4).map((v) => Math.fround(v * 0.01 + 2)), quality: 0 },
        ])
        expect(runsOf(await series.wave(p, day0 + 2000, day0 + 5000, 1000))).toEqual([])
      })
    })

    test("more samples than asked for become an envelope that loses no peak", async () => {
      const [p] = points(1) as [number]
      const values = sine(500)
      values[321] = 5000
      values[77] = -6000
      for (let s = 0; s < 10; s++)
        await commit([{ point: p, start: day0 + s * 1000, values: values.slice(s * 50, s * 50 + 50) }])
      await everywhere(async () => {
        const wave = await series.wave(p, day0, day0 + 10_000, 100)
        if (wave.kind !== "envelope") throw new Error("an envelope was expected")
        expect(wave.step_ms).toBe(100)
        expect(wave.time.length).toBe(100)
        expect(Math.max(...wave.max)).toBe(5000)
        expect(Math.min(...wave.min)).toBe(-6000)
        const third = values.slice(15, 20)
        expect([wave.min[3], wave.max[3]]).toEqual([Math.min(...third), Math.max(...third)])
        const rms = Math.sqrt(third.reduce((n, v) => n + v * v, 0) / 5)
        expect(wave.rms[3]).toBeCloseTo(rms, 3)
      })
    })

    test("a resent block is stored once; other samples under its key are refused and the first stand", async () => {
      const [p] = points(1) as [number]
      const first = blocksOf([
        { point: p, start: day0, values: [1, 2, 3] },
        { point: p, start: day0, values: [1, 2, 3] },
        { point: p, start: day0 + 60, values: [4, 5, 6] },
        { point: p, start: day0, values: [9, 9, 9], sequence: 0 },
      ])
      const done = await series.commit(none(), [], first)
      expect([done.blocks.n, done.duplicates]).toEqual([2, 1])
      expect(done.block_conflicts).toEqual([{ point: p, start: day0, sequence: 0, count: 3 }])
      await everywhere(async () => {
        const again = await series.commit(none(), [], first)
        expect([again.blocks.n, again.duplicates, again.block_conflicts.length]).toEqual([0, 3, 1])
        expect(runsOf(await series.wave(p, day0, day0 + 1000, 100)).map((r) => r.values)).toEqual([[1, 2, 3, 4, 5, 6]])
      })
    })

    test("late blocks are found where they belong", async () => {
      const [p] = points(1) as [number]
      await commit([{ point: p, start: day0 + 2000, values: sine(50, 100) }])
      await series.seal(Number.POSITIVE_INFINITY)
      const late = await commit([
        { point: p, start: day0, values: sine(50) },
        { point: p, start: day0 + 1000, values: sine(50, 50) },
      ])
      expect([late.blocks.n, late.duplicates]).toEqual([2, 0])
      await everywhere(async () => {
        const runs = runsOf(await series.wave(p, day0, day0 + 3000, 1000))
        expect(runs.map((r) => [r.start, r.values])).toEqual([[day0, sine(150)]])
      })
    })

    test("since() gives every block with its batch or a later one of its pack, values unchanged", async () => {
      const [p, q] = points(2) as [number, number]
      const before = series.lastBatch()
      const expected = new Map<string, number[]>()
      for (let k = 0; k < 12; k++) {
        const specs = [p, q].map((point) => ({ point, start: day0 + k * 1000, values: sine(50, point * 100 + k * 50) }))
        for (const s of specs)
          for (const [i, v] of s.values.entries()) expected.set(`${s.point} ${s.start + i * 20}`, [v])
        await commit(specs)
      }
      await everywhere(async () => {
        const seen = new Map<string, number[]>()
        let last = before
        for await (const b of series.since(before)) {
          expect(b.batch).toBe(++last)
          for (let i = 0; i < b.blocks.n; i++) {
            const values = samplesOf(b.blocks, i)
            expect(rawSamples(b.blocks, i).length).toBe(values.length * 2)
            for (const [k, v] of values.entries()) {
              const key = `${b.blocks.point[i]} ${b.blocks.start[i]! + (k * 1000) / b.blocks.rate_hz[i]!}`
              seen.set(key, [...(seen.get(key) ?? []), v])
            }
          }
        }
        expect(last).toBe(series.lastBatch())
        expect(seen).toEqual(expected)
        const rest = new Set<string>()
        for await (const b of series.since(before + 6))
          for (let i = 0; i < b.blocks.n; i++)
            for (let k = 0; k < b.blocks.count[i]!; k++) rest.add(`${b.blocks.point[i]} ${b.blocks.start[i]! + k * 20}`)
        for (const point of [p, q])
          for (let t = day0 + 6000; t < day0 + 12_000; t += 20) expect(rest.has(`${point} ${t}`)).toBe(true)
      })
    })

    test("bad blocks are refused by name and leave nothing", async () => {
      const [p] = points(1) as [number]
      const refused = { problem: { code: "series-argument" } }
      const before = series.lastBatch()
      await expect(commit([{ point: p, start: day0, values: [1], rate_hz: 0 }])).rejects.toMatchObject(refused)
      await expect(commit([{ point: p, start: day0 + 0.5, values: [1] }])).rejects.toMatchObject(refused)
      const cut = blocksOf([{ point: p, start: day0, values: [1, 2] }])
      cut.count[0] = 3
      await expect(series.commit(none(), [], cut)).rejects.toMatchObject(refused)
      await expect(series.wave(p, day0, day0, 10)).rejects.toMatchObject(refused)
      expect(series.lastBatch()).toBe(before)
      expect(runsOf(await series.wave(p, day0, day0 + 1000, 10))).toEqual([])
    })
  })
}
