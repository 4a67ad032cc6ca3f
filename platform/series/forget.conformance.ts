import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { appendReading, type ReadingBatch, readingBatch } from "../../model/index.ts"
import type { Series } from "./contract.ts"
import { blocksOf } from "./waves.conformance.ts"

const hour = 3_600_000
const old = Date.UTC(2017, 0, 1)
const recent = Date.UTC(2018, 0, 1)
const keep = Number.NEGATIVE_INFINITY

/** Ten readings of a point, a minute apart, with values 0 … 9. */
const ten = (point: number, from: number): ReadingBatch => {
  let b = readingBatch(10)
  for (let i = 0; i < 10; i++) b = appendReading(b, point, from + i * 60_000, 0, i, 0, from + i * 60_000 + 1000)
  return b
}
const second = (point: number, start: number) => blocksOf([{ point, start, values: Array(50).fill(7) }])

/** What an engine must do about retention and counts; part of seriesConformance. */
export function forgetConformance(name: string, open: (folder: string) => Promise<Series>): void {
  describe(`retention: ${name}`, () => {
    const inStore = async (work: (series: Series, reopen: () => Promise<Series>) => Promise<void>) => {
      const folder = mkdtempSync(join(tmpdir(), "forget-"))
      let series = await open(join(folder, "data"))
      try {
        await work(series, async () => {
          await series.close()
          series = await open(join(folder, "data"))
          return series
        })
      } finally {
        await series.close()
        rmSync(folder, { recursive: true, force: true })
      }
    }
    const fill = async (series: Series) => {
      await series.commit(ten(1, old), [], second(2, old))
      await series.seal(Number.POSITIVE_INFINITY)
      await series.commit(ten(1, recent), [], second(2, recent))
      await series.seal(Number.POSITIVE_INFINITY)
    }

    test("nothing is forgotten before its time, nor while it is live", async () => {
      await inStore(async (series) => {
        await series.commit(ten(1, old), [], second(2, old))
        const all = { readings_before: recent, waves_before: recent, rollups_before: recent }
        await fill(series)
        await series.forget({ readings_before: keep, waves_before: keep, rollups_before: keep })
        await series.forget({ readings_before: old, waves_before: old, rollups_before: old })
        expect((await series.history([1], old, old + hour, 100))[0]!.time.length).toBe(10)
        expect(await series.wave(2, old, old + 1000, 100)).toMatchObject({ runs: [{ start: old }] })
        await series.forget(all)
        expect((await series.history([1], recent, recent + hour, 100))[0]!.time.length).toBe(10)
        expect(await series.wave(2, recent, recent + 1000, 100)).toMatchObject({ runs: [{ start: recent }] })
      })
    })

    test("forgotten readings and waveforms leave their roll-ups, until those are forgotten too", async () => {
      await inStore(async (first, reopen) => {
        let series = first
        await fill(series)
        const last = series.lastBatch()
        const done = await series.forget({ readings_before: recent, waves_before: recent, rollups_before: keep })
        expect([done.rows, done.samples]).toEqual([10, 50])
        for (let opening = 0; opening < 2; opening++) {
          expect((await series.history([1], old, old + hour, 100))[0]!.time.length).toBe(0)
          expect((await series.history([1], recent, recent + hour, 100))[0]!.time.length).toBe(10)
          expect(await series.wave(2, old, old + 1000, 100)).toMatchObject({ kind: "samples", runs: [] })
          const long = await series.wave(2, old, old + 24 * hour, 24)
          expect(long).toMatchObject({ kind: "envelope", step_ms: hour })
          if (long.kind === "envelope") expect([long.time[0], long.min[0], long.max[0]]).toEqual([old, 7, 7])
          for (const step of ["15min", "1h", "1d"] as const)
            expect(await series.rollup([1], old, old + 1, step), step).toEqual([
              { point: 1, start: old, min: 0, max: 9, mean: 4.5, count: 10, quality: 0 },
            ])
          expect(await series.arrivals(old, old + hour, 1)).toEqual([{ start: old, count: 10 }])
          expect(series.lastBatch()).toBe(last)
          const batches: number[] = []
          for await (const b of series.since(0)) if (b.readings.n > 0) batches.push(b.batch)
          expect(batches).toEqual([last])
          series = await reopen()
        }
        expect((await series.commit(ten(3, recent), [])).batch).toBe(last + 1)
        await series.forget({ readings_before: recent, waves_before: recent, rollups_before: recent })
        expect(await series.rollup([1], old, old + 1, "1h")).toEqual([])
        expect(await series.rollup([1], recent, recent + 1, "1h")).toHaveLength(1)
        expect((await series.arrivals(old, old + hour, 1))[0]!.count).toBe(0)
        expect((await series.arrivals(recent, recent + hour, 1))[0]!.count).toBe(20)
      })
    })

    test("arrivals over a long range count every reading once, sealed or not, before and after opening", async () => {
      await inStore(async (first, reopen) => {
        let series = first
        await fill(series)
        await series.commit(ten(4, recent + hour), [])
        for (let opening = 0; opening < 2; opening++) {
          const year = await series.arrivals(old, old + 2 * 365 * 24 * hour, 8)
          expect(year.map((b) => b.count)).toEqual([10, 0, 0, 0, 20, 0, 0, 0])
          expect((await series.arrivals(recent, recent + 2 * hour, 2)).map((b) => b.count)).toEqual([10, 10])
          series = await reopen()
        }
      })
    })

    test("values, late ones too, are the same when one hour lies in many sealed parts", async () => {
      await inStore(async (series) => {
        const values = Array.from(
          { length: 60 },
          (_, i) => Math.round(1000 * Math.sin(i)) / 1000 + (i % 9 === 0 ? 1e-9 : 0),
        )
        const order = [...values.keys()].sort((a, b) => (a % 5) - (b % 5) || a - b)
        for (let part = 0; part < 5; part++) {
          let b = readingBatch(12)
          for (const i of order.slice(part * 12, part * 12 + 12))
            b = appendReading(b, 1, old - hour / 2 + i * 60_000, 0, values[i]!, 0, old)
          await series.commit(b, [])
          await series.seal(Number.POSITIVE_INFINITY)
        }
        const [curve] = await series.history([1], old - hour, old + hour, 200)
        expect([...curve!.value]).toEqual(values)
        for (const i of [0, 7, 31, 59])
          expect((await series.at([1], old - hour / 2 + i * 60_000 + 5, 10_000))[0]?.value).toBe(values[i])
        expect((await series.at([1], old + hour, 2 * hour))[0]?.value).toBe(values[59])
        const seen: number[] = []
        for await (const b of series.since(0)) seen.push(...b.readings.value.subarray(0, b.readings.n))
        expect(seen.sort()).toEqual([...values].sort())
        const again = readingBatch(0)
        const resent = appendReading(again, 1, old - hour / 2 + 7 * 60_000, 0, values[7]!, 0, old)
        expect((await series.commit(resent, [])).duplicates).toBe(1)
      })
    })

    test("latestOf gives those of the points that have a reading; stats count what is there", async () => {
      await inStore(async (series) => {
        await fill(series)
        expect(series.latestOf([1, 77])).toEqual([
          { point: 1, time: recent + 540_000, sequence: 0, value: 9, quality: 0, arrived: recent + 541_000 },
        ])
        const stats = series.stats()
        expect(stats).toMatchObject({ rows_total: 20, samples_total: 100 })
        expect(stats.bytes).toBeGreaterThan(0)
        expect(stats.free_bytes).toBeGreaterThan(0)
        expect(stats.budget_bytes).toBeGreaterThan(0)
        expect(series.damage()).toEqual([])
      })
    })
  })
}
