import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { appendReading, type ReadingBatch, readingBatch, type Tick } from "../../model/index.ts"
import type { Series } from "./contract.ts"
import { forgetConformance } from "./forget.conformance.ts"
import { wavesConformance } from "./waves.conformance.ts"

type Row = { point: number; time: number; sequence: number; value: number; quality?: number; arrived?: number }
const hour = 3_600_000
const day0 = Date.UTC(2018, 0, 1)

const batchOf = (rows: readonly Row[]): ReadingBatch =>
  rows.reduce(
    (b, r) => appendReading(b, r.point, r.time, r.sequence, r.value, r.quality ?? 0, r.arrived ?? r.time + 1000),
    readingBatch(rows.length),
  )
const rowsOf = (b: ReadingBatch): Row[] =>
  Array.from({ length: b.n }, (_, i) => ({
    point: b.point[i]!,
    time: b.time[i]!,
    sequence: b.sequence[i]!,
    value: b.value[i]!,
    quality: b.quality[i]!,
    arrived: b.arrived[i]!,
  }))
/** Arrival as the store must keep it: to a tenth of a second once it is sealed. */
const coarse = (r: Row): Row => ({ ...r, arrived: Math.round(((r.arrived ?? 0) - r.time) / 100) * 100 + r.time })
/**
 * What since() promises: batches in order, ticks at their place. Readings between two ticks of a batch may come in
 * another order than they did, so here they are sorted.
 */
const collect = async (series: Series, after: number) => {
  const out: { batch: number; rows: Row[]; ticks: Tick[] }[] = []
  for await (const b of series.since(after)) out.push({ batch: b.batch, rows: rowsOf(b.readings), ticks: b.ticks })
  return out.map(settled)
}
const settled = <B extends { rows: Row[]; ticks: Tick[] }>(b: B): B => {
  const cuts = [0, ...b.ticks.map((t) => t.at), b.rows.length]
  const parts = cuts.slice(1).map((end, i) => b.rows.slice(cuts[i], end))
  const byKey = (x: Row, y: Row) => x.point - y.point || x.time - y.time || x.sequence - y.sequence
  return { ...b, rows: parts.flatMap((part) => part.map(coarse).sort(byKey)) }
}
const keyOf = (r: Row) => `${r.point}/${r.time}/${r.sequence}`

/**
 * What every engine behind the series interface must do. `open` opens the store in a folder, making it when missing;
 * the suite opens the same folder again after closing it. `does` says what an engine leaves to its server.
 */
export function seriesConformance(
  name: string,
  open: (folder: string) => Promise<Series>,
  does: { seals: boolean; backups: boolean } = { seals: true, backups: true },
): void {
  wavesConformance(name, open)
  forgetConformance(name, open)
  describe(`series: ${name}`, () => {
    let folder = ""
    let series: Series
    /** Each test works on points of its own, so that one store serves all. */
    let next_point = 1
    const points = (n: number) => Array.from({ length: n }, () => next_point++)
    const reopen = async () => {
      await series.close()
      series = await open(join(folder, "data"))
    }

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "series-"))
      series = await open(join(folder, "data"))
    })
    afterAll(async () => {
      await series.close()
      rmSync(folder, { recursive: true, force: true })
    })

    test("an empty store has no batch, no tick, no latest", async () => {
      expect(series.lastBatch()).toBe(0)
      expect(series.lastTick()).toBeNull()
      expect(series.latest()).toEqual([])
      expect(await collect(series, 0)).toEqual([])
      expect(await series.history([1], day0, day0 + hour, 100)).toMatchObject([{ point: 1, decimated: false }])
      expect(await series.arrivals(day0, day0 + hour, 2)).toEqual([
        { start: day0, count: 0 },
        { start: day0 + hour / 2, count: 0 },
      ])
    })

    test("a commit is numbered, drops identical resends, returns conflicts, and leaves the caller's batch alone", async () => {
      const [p] = points(1) as [number]
      const batch = batchOf([
        { point: p, time: day0, sequence: 0, value: 1 },
        { point: p, time: day0, sequence: 0, value: 1 },
        { point: p, time: day0 + 1, sequence: 0, value: 2 },
        { point: p, time: day0, sequence: 0, value: 9 },
        { point: p, time: day0, sequence: 1, value: 7 },
      ])
      const before = series.lastBatch()
      const done = await series.commit(batch, [{ at: 3, time: day0 + 5 }])
      expect(done.batch).toBe(before + 1)
      expect(done.duplicates).toBe(1)
      expect(done.conflicts).toEqual([{ point: p, time: day0, sequence: 0, value: 9, standing: 1 }])
      expect(rowsOf(done.readings).map((r) => r.value)).toEqual([1, 2, 7])
      expect(done.ticks).toEqual([{ at: 2, time: day0 + 5 }])
      expect(batch.n).toBe(5)
      expect(batch.value[4]).toBe(7)
      expect(series.lastBatch()).toBe(before + 1)
      expect(series.lastTick()).toBe(day0 + 5)
      const again = await series.commit(batch, [])
      expect([again.batch, again.readings.n, again.duplicates, again.conflicts.length]).toEqual([before + 2, 0, 4, 1])
    })

    test("ticks alone make a batch", async () => {
      const before = series.lastBatch()
      const ticks = [
        { at: 0, time: day0 + hour },
        { at: 0, time: day0 + 2 * hour },
      ]
      expect((await series.commit(readingBatch(0), ticks)).batch).toBe(before + 1)
      expect(await collect(series, before)).toEqual([{ batch: before + 1, rows: [], ticks }])
      expect(series.lastTick()).toBe(day0 + 2 * hour)
    })

    test("commits asked at once are numbered in order without holes", async () => {
      const [p] = points(1) as [number]
      const before = series.lastBatch()
      const done = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          series.commit(batchOf([{ point: p, time: day0 + i, sequence: 0, value: i }]), []),
        ),
      )
      expect(done.map((d) => d.batch)).toEqual(Array.from({ length: 20 }, (_, i) => before + 1 + i))
    })

    test("property: known keys are stored once, the first value stands, since() gives what was committed, in order", async () => {
      const row = fc.record({
        point: fc.integer({ min: 0, max: 2 }),
        time: fc.integer({ min: 0, max: 6 }),
        sequence: fc.integer({ min: 0, max: 1 }),
        value: fc.integer({ min: 0, max: 1 }),
      })
      const step = fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({ rows: fc.array(row, { maxLength: 12 }), tick: fc.integer({ min: 0, max: 12 }) }),
        },
        { weight: 1, arbitrary: fc.constant("seal" as const) },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
          const own = points(3)
          const start = series.lastBatch()
          const standing = new Map<string, number>()
          const expected: { batch: number; rows: Row[]; ticks: Tick[] }[] = []
          for (const s of steps) {
            if (s === "seal") {
              await series.seal(Number.POSITIVE_INFINITY)
              continue
            }
            const rows = s.rows.map((r) => ({ ...r, point: own[r.point]!, time: day0 + r.time }))
            const at = Math.min(s.tick, rows.length)
            const done = await series.commit(batchOf(rows), [{ at, time: day0 }])
            const fresh: Row[] = []
            let [place, conflicts] = [0, 0]
            rows.forEach((r, i) => {
              if (i === at) place = fresh.length
              const known = standing.get(keyOf(r))
              if (known === undefined) {
                standing.set(keyOf(r), r.value)
                fresh.push({ ...r, quality: 0, arrived: r.time + 1000 })
              } else if (known !== r.value) conflicts++
            })
            if (at === rows.length) place = fresh.length
            expect(rowsOf(done.readings)).toEqual(fresh)
            expect(done.conflicts.length).toBe(conflicts)
            expect(done.duplicates).toBe(rows.length - fresh.length - conflicts)
            expected.push({ batch: done.batch, rows: fresh, ticks: [{ at: place, time: day0 }] })
          }
          expect(await collect(series, start)).toEqual(expected.map(settled))
        }),
        { numRuns: 25 },
      )
    })

    test("latest is by event time and sequence, and is there again after opening", async () => {
      const [p, q] = points(2) as [number, number]
      await series.commit(batchOf([{ point: p, time: day0 + 10, sequence: 1, value: 1 }]), [])
      await series.commit(
        batchOf([
          { point: p, time: day0 + 5, sequence: 0, value: 2 },
          { point: p, time: day0 + 10, sequence: 0, value: 3 },
          { point: q, time: day0 - hour, sequence: 0, value: -4.5, quality: 129 },
        ]),
        [],
      )
      const mine = () => series.latest().filter((l) => l.point === p || l.point === q)
      const expected = [
        { point: p, time: day0 + 10, sequence: 1, value: 1, quality: 0, arrived: day0 + 1010 },
        { point: q, time: day0 - hour, sequence: 0, value: -4.5, quality: 129, arrived: day0 - hour + 1000 },
      ]
      expect(mine()).toEqual(expected)
      const before = [series.lastBatch(), series.lastTick()]
      await reopen()
      expect(mine().toSorted((a, b) => a.point - b.point)).toEqual(expected)
      await series.seal(Number.POSITIVE_INFINITY)
      await reopen()
      expect(mine().toSorted((a, b) => a.point - b.point)).toEqual(expected)
      expect([series.lastBatch(), series.lastTick()]).toEqual(before)
    })

    test("at() finds the last reading at or before a time, within the look-back", async () => {
      const [p, q] = points(2) as [number, number]
      await series.commit(
        batchOf([
          { point: p, time: day0 + 100, sequence: 0, value: 1 },
          { point: p, time: day0 + 200, sequence: 0, value: 2 },
          { point: p, time: day0 + 200, sequence: 1, value: 3 },
          { point: p, time: day0 + 300, sequence: 0, value: 4 },
          { point: q, time: day0, sequence: 0, value: 5 },
        ]),
        [],
      )
      const values = async (time: number, back: number) => (await series.at([p, q], time, back)).map((l) => l.value)
      expect(await values(day0 + 250, 1000)).toEqual([3, 5])
      expect(await values(day0 + 200, 100)).toEqual([3])
      expect(await values(day0 + 99, 50)).toEqual([])
    })

    test("property: decimation keeps first, min, max and last, and every value is a real reading", async () => {
      const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => v + 0)
      await fc.assert(
        fc.asyncProperty(
          fc.array(value, { minLength: 1, maxLength: 300 }),
          fc.integer({ min: 4, max: 40 }),
          async (values, most) => {
            const [p] = points(1) as [number]
            const rows = values.map((v, i) => ({ point: p, time: day0 + i * 7, sequence: 0, value: v }))
            await series.commit(batchOf(rows), [])
            const [curve] = await series.history([p], day0, day0 + rows.length * 7, most)
            const [time, got] = [[...curve!.time], [...curve!.value]]
            expect(got.length).toBeLessThanOrEqual(Math.max(most, 4))
            expect(curve!.decimated).toBe(rows.length > most)
            if (rows.length <= most) expect(got.map((v) => v + 0)).toEqual(values.map((v) => v + 0))
            expect(Math.min(...got)).toBe(Math.min(...values))
            expect(Math.max(...got)).toBe(Math.max(...values))
            expect(time[0]).toBe(day0)
            expect(time.at(-1)).toBe(rows.at(-1)!.time)
            expect(time).toEqual(time.toSorted((a, b) => a - b))
            expect(got.map((v) => v + 0)).toEqual(time.map((t) => values[(t - day0) / 7]! + 0))
          },
        ),
        { numRuns: 25 },
      )
    })

    test("roll-ups add up across live and sealed readings, and late readings correct them", async () => {
      const [p] = points(1) as [number]
      const at = (minute: number, v: number, quality = 0): Row => ({
        point: p,
        time: day0 + minute * 60_000,
        sequence: 0,
        value: v,
        quality,
      })
      await series.commit(batchOf([at(0, 1), at(14, 3), at(15, 10), at(61, 4)]), [])
      await series.seal(Number.POSITIVE_INFINITY)
      await series.commit(batchOf([at(30, 6, 2), at(24 * 60, 8)]), [])
      const to = day0 + 24 * hour
      const first = { point: p, start: day0 }
      expect(await series.rollup([p], day0, to, "15min")).toEqual([
        { ...first, min: 1, max: 3, mean: 2, count: 2, quality: 0 },
        { point: p, start: day0 + hour / 4, min: 10, max: 10, mean: 10, count: 1, quality: 0 },
        { point: p, start: day0 + hour / 2, min: 6, max: 6, mean: 6, count: 1, quality: 2 },
        { point: p, start: day0 + hour, min: 4, max: 4, mean: 4, count: 1, quality: 0 },
      ])
      const hours = [
        { ...first, min: 1, max: 10, mean: 5, count: 4, quality: 2 },
        { point: p, start: day0 + hour, min: 4, max: 4, mean: 4, count: 1, quality: 0 },
      ]
      expect(await series.rollup([p], day0 + 5, to, "1h")).toEqual(hours)
      await series.seal(Number.POSITIVE_INFINITY)
      expect(await series.rollup([p], day0, to, "1h")).toEqual(hours)
      expect(await series.rollup([p], day0, to, "1d")).toEqual([
        { ...first, min: 1, max: 10, mean: 4.8, count: 5, quality: 2 },
      ])
    })

    test("arrivals count every reading of the range once", async () => {
      const far = Date.UTC(2031, 0, 1)
      const [p] = points(1) as [number]
      const rows = Array.from({ length: 90 }, (_, i) => ({ point: p, time: far + i * 1000, sequence: 0, value: i }))
      await series.commit(batchOf(rows.slice(0, 40)), [])
      await series.seal(Number.POSITIVE_INFINITY)
      await series.commit(batchOf(rows.slice(40)), [])
      const buckets = await series.arrivals(far, far + 90_000, 9)
      expect(buckets.map((b) => b.count)).toEqual(Array(9).fill(10))
      expect(buckets[3]!.start).toBe(far + 30_000)
    })

    const whenSealing = does.seals ? test : () => {}
    whenSealing("sealing moves rows without changing what is read", async () => {
      const [p] = points(1) as [number]
      await series.commit(batchOf([{ point: p, time: day0, sequence: 0, value: 1 }]), [])
      const all = await collect(series, 0)
      const total = series.stats().rows_total
      expect((await series.seal(Number.POSITIVE_INFINITY)).rows).toBeGreaterThan(0)
      expect(series.stats()).toMatchObject({ rows_live: 0, rows_total: total })
      expect(await collect(series, 0)).toEqual(all)
      expect(all.map((b) => b.batch)).toEqual(Array.from({ length: series.lastBatch() }, (_, i) => i + 1))
    })

    test("queries beside commits and seals see everything that was acknowledged before they were asked", async () => {
      const [p] = points(1) as [number]
      const far = Date.UTC(2035, 0, 1)
      const runs = 60
      let acknowledged = 0
      const write = async () => {
        for (let k = 0; k < runs; k++) {
          const rows = Array.from({ length: 10 }, (_, i) => ({
            point: p,
            time: far + k * 10 + i,
            sequence: 0,
            value: k,
          }))
          await series.commit(batchOf(rows), [])
          acknowledged = (k + 1) * 10
          if (k % 10 === 5) await series.seal(Number.POSITIVE_INFINITY)
        }
      }
      const writing = write()
      while (acknowledged < runs * 10) {
        const known = acknowledged
        const [curves, counts] = await Promise.all([
          series.history([p], far, far + runs * 10, 1000),
          series.arrivals(far, far + runs * 10, 1),
        ])
        expect(curves[0]!.time.length).toBeGreaterThanOrEqual(known)
        expect(counts[0]!.count).toBeGreaterThanOrEqual(known)
        expect([...curves[0]!.time]).toEqual(Array.from(curves[0]!.time, (_, i) => far + i))
      }
      await writing
    })

    const whenBackingUp = does.backups ? test : () => {}
    whenBackingUp("a backup up to a batch restores into an empty store, while commits go on", async () => {
      const [p] = points(1) as [number]
      await series.commit(batchOf([{ point: p, time: day0, sequence: 0, value: 1 }]), [{ at: 1, time: day0 + 77 }])
      const upto = series.lastBatch()
      await series.commit(batchOf([{ point: p, time: day0 + 1, sequence: 0, value: 2 }]), [{ at: 1, time: day0 + 78 }])
      const target = join(folder, "backup")
      const { rows } = await series.backup(target, upto)
      const expected = (await collect(series, 0)).filter((b) => b.batch <= upto)
      expect(rows).toBe(expected.reduce((n, b) => n + b.rows.length, 0))
      const other = await open(join(folder, "restored"))
      try {
        expect(await other.restore(target)).toEqual({ rows, batch: upto })
        expect(await collect(other, 0)).toEqual(expected)
        expect([other.lastBatch(), other.lastTick()]).toEqual([upto, day0 + 77])
        expect(other.latest().find((l) => l.point === p)?.value).toBe(1)
        const resend = await other.commit(batchOf([{ point: p, time: day0, sequence: 0, value: 1 }]), [])
        expect([resend.batch, resend.duplicates]).toEqual([upto + 1, 1])
        await expect(other.restore(target)).rejects.toMatchObject({ problem: { code: "series-argument" } })
      } finally {
        await other.close()
      }
      await expect(series.backup(target, upto)).rejects.toMatchObject({ problem: { code: "series-argument" } })
      const unfinished = join(folder, "unfinished")
      mkdirSync(unfinished)
      await expect(series.restore(unfinished)).rejects.toMatchObject({ problem: { code: "series-argument" } })
    })

    test("after many commits beside seals, everything is there again after opening", async () => {
      const own = points(5)
      for (let k = 0; k < 300; k++) {
        const rows = own.map((point) => ({ point, time: day0 + k, sequence: 0, value: k }))
        await series.commit(batchOf(rows), [{ at: 2, time: day0 + k }])
      }
      const before = await collect(series, 0)
      await reopen()
      expect(await collect(series, 0)).toEqual(before)
      await series.seal(Number.POSITIVE_INFINITY)
      await reopen()
      expect(await collect(series, 0)).toEqual(before)
    })

    test("what cannot be is refused by name", async () => {
      const refused = { problem: { code: "series-argument" } }
      await expect(series.history([1], day0, day0, 100)).rejects.toMatchObject(refused)
      await expect(series.history([1.5], day0, day0 + 1, 100)).rejects.toMatchObject(refused)
      await expect(series.history([1], day0, day0 + 1, 1e9)).rejects.toMatchObject(refused)
      await expect(series.arrivals(day0, day0 + 1, 0)).rejects.toMatchObject(refused)
      const bad = batchOf([{ point: 1, time: 0.5, sequence: 0, value: 1 }])
      await expect(series.commit(bad, [])).rejects.toMatchObject(refused)
      await expect(series.commit(readingBatch(0), [{ at: 1, time: 0 }])).rejects.toMatchObject(refused)
    })
  })
}
