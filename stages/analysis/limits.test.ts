import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { CityView, PointView, Threshold } from "../../lifelines/contract.ts"
import { appendReading, type Finding, type ReadingBatch, readingBatch, type Tick } from "../../model/index.ts"
import { dealt, ownsPoint } from "./deal.ts"
import { createRuntime, replayFrom, type Saved } from "./runtime.ts"
import { savedBytes, savedOf } from "./saved.ts"
import { thresholdDetector } from "./thresholds.ts"

const point = (id: number): PointView => ({
  id,
  device_code: `d${id}`,
  name: `d${id}`,
  lifeline: "t",
  indicator: id % 2 ? "x" : "y",
  unit: "m",
  interval_ms: 100,
  value_kind: "instant",
  asset_code: null,
  area_code: null,
  lon_lat: null,
})
const city: CityView = { points: [1, 2, 3, 4, 5].map(point), areas: [], clock_mode: "replay" }
const words = { zh: "限", en: "limit" }
const limit = (id: string, indicator: string, direction: "above" | "below", hold_ms: number): Threshold => ({
  id,
  version: 1,
  indicator,
  direction,
  levels: [
    { severity: 3, limit: direction === "above" ? 2 : -2 },
    { severity: 1, limit: direction === "above" ? 5 : -5 },
  ],
  hold_ms,
  deadband: 1,
  title: words,
  source: words,
})
const thresholds = [limit("high", "x", "above", 0), limit("low", "x", "below", 300), limit("other", "y", "above", 700)]
const detectors = () => thresholds.map((t) => thresholdDetector({ id: "t", thresholds } as never, t))

type Row = [point: number, time: number, value: number, flags: number]
type Script = { rows: Row[]; ticks: Tick[] }[]
const batchOf = (rows: readonly Row[]): ReadingBatch => {
  let batch = readingBatch(rows.length)
  for (const [id, time, value, flags] of rows) batch = appendReading(batch, id, time, 0, value, flags, time)
  return batch
}
const value = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 2, 6, 6))
/** Readings near the clock: late, out of order, of equal times, and ahead of it. */
const script: fc.Arbitrary<Script> = fc
  .array(
    fc.record({
      rows: fc.array(
        fc.tuple(
          fc.integer({ min: 1, max: 6 }),
          fc.oneof(fc.integer({ min: 0, max: 2500 }), fc.constantFrom(100, 400, 20_000)),
          value,
          fc.constantFrom(0, 0, 0, 0, 1, 16),
        ),
        { maxLength: 12 },
      ),
      ticks: fc.array(fc.tuple(fc.nat(12), fc.integer({ min: 0, max: 800 })), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 15 },
  )
  .map((batches) => {
    let time = 0
    return batches.map(({ rows, ticks }) => ({
      rows: rows.map(([id, t, v, flags]): Row => [id, Math.max(0, time - 600 + t), v, flags]),
      ticks: ticks
        .map(([at, step]) => ({ at: Math.min(at, rows.length), step }))
        .sort((a, b) => a.at - b.at)
        .map(({ at, step }) => {
          time += step
          return { at, time }
        }),
    }))
  })

/** Findings in one order: two engines conclude in different orders within one tick. */
const sorted = (findings: Finding[]) => findings.map((f) => JSON.stringify(f)).sort()
const run = (s: Script, options: { columns?: boolean } = {}): { said: Finding[]; late: number[] } => {
  const runtime = createRuntime(detectors(), city, undefined, options)
  const said = s.flatMap((b, i) => runtime.push(batchOf(b.rows), b.ticks, i + 1))
  return { said, late: runtime.stats().rules.map((r) => r.late) }
}
const joined = (s: Script): Script => {
  const one: Script[number] = { rows: [], ticks: [] }
  for (const b of s) {
    one.ticks.push(...b.ticks.map((t) => ({ at: t.at + one.rows.length, time: t.time })))
    one.rows.push(...b.rows)
  }
  return [one]
}

describe("limits in columns", () => {
  test("say what the detector of a threshold says, with the same readings late, however batches are cut", () => {
    let said = 0
    fc.assert(
      fc.property(script, (s) => {
        const columns = run(s)
        const entries = run(s, { columns: false })
        said += columns.said.length
        expect(sorted(columns.said)).toEqual(sorted(entries.said))
        expect(columns.late).toEqual(entries.late)
        expect(run(joined(s)).said).toEqual(columns.said)
      }),
      { numRuns: 600 },
    )
    expect(said).toBeGreaterThan(200)
  })

  test("come back from saved bytes and say exactly what one says that never stopped", () => {
    fc.assert(
      fc.property(script, fc.nat(), (s, stop) => {
        const at = stop % s.length
        const first = createRuntime(detectors(), city)
        const before = s.slice(0, at).flatMap((b, i) => first.push(batchOf(b.rows), b.ticks, i + 1))
        const saved = savedOf(savedBytes(first.snapshot()))
        const second = createRuntime(detectors(), city, saved)
        const from = replayFrom(saved)
        const after = s.flatMap((b, i) => (i + 1 < from ? [] : second.push(batchOf(b.rows), b.ticks, i + 1)))
        expect([...before, ...after]).toEqual(run(s).said)
      }),
      { numRuns: 300 },
    )
  })

  test("dealt to another number of workers, from different places, say everything once", () => {
    fc.assert(
      fc.property(
        script,
        fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        (s, stops, n) => {
          const count = stops.length
          const saved: Saved[] = []
          const said = new Map<string, Finding>()
          const note = (findings: Finding[]) => {
            for (const f of findings) said.set(`${f.rule} ${f.subject} ${f.time} ${f.phase}`, f)
          }
          stops.forEach((stop, index) => {
            const runtime = createRuntime(detectors(), city, undefined, { shard: { index, count } })
            const at = stop % (s.length + 1)
            for (const [i, b] of s.slice(0, at).entries()) note(runtime.push(batchOf(b.rows), b.ticks, i + 1))
            saved.push(savedOf(savedBytes(runtime.snapshot())))
          })
          const { parts } = dealt(saved, n)
          parts.forEach(({ saved: own, from }, index) => {
            const runtime = createRuntime(detectors(), city, own ?? undefined, { shard: { index, count: n } })
            s.forEach((b, i) => {
              if (i + 1 > from) note(runtime.push(batchOf(b.rows), b.ticks, i + 1))
            })
          })
          expect(sorted([...said.values()])).toEqual(sorted(run(s).said))
        },
      ),
      { numRuns: 250 },
    )
  })

  test("a saved state of a quiet city is small, and one of an earlier version is read", () => {
    const points = Array.from({ length: 20_000 }, (_, i) => ({ ...point(1), id: i + 1, indicator: "x" }))
    const big = { ...city, points }
    const runtime = createRuntime(detectors(), big)
    for (let k = 0; k < 4; k++) {
      const rows = points.map((p): Row => [p.id, k * 10_000 + ((p.id * 7919) % 9000), 0, 0])
      runtime.push(batchOf(rows), [{ at: rows.length, time: (k + 1) * 10_000 }], k + 1)
    }
    const saved = runtime.snapshot()
    expect(saved.entries).toEqual([])
    expect(savedBytes(saved).length).toBeLessThan(20_000 * 2 * 8)
    expect(() => savedOf(Uint8Array.of(9, 1, 2))).toThrow("format 9")

    const old: Saved = {
      batch: 7,
      watermark: 20_000,
      entries: [
        {
          rule: "t.high",
          version: 1,
          subject: "point:1",
          state: {
            level: 0,
            since: 5,
            runs: [{ since: 5, readings: 3, held_ms: 900 }, null],
            back: 1,
            last_time: 19_000,
            rhythm_ms: 100,
          },
          consumed_to: 20_000,
          empty_slices: 0,
          replay_from: 6,
        },
      ],
    }
    expect(dealt([old], 1)).toMatchObject({ changed: false, parts: [{ from: 5 }] })
    const back = createRuntime(detectors(), city, old)
    const said = back.push(batchOf([[1, 20_100, 0, 0]]), [{ at: 1, time: 30_000 }], 8)
    expect(said).toMatchObject([{ phase: "clear", severity: 3, since: 5, time: 20_100 }])
  })

  test("points are spread evenly over workers", () => {
    const counts = [0, 0, 0]
    for (let id = 1; id <= 30_000; id++)
      for (let index = 0; index < 3; index++) if (ownsPoint({ index, count: 3 }, id)) counts[index]!++
    for (const n of counts) expect(Math.abs(n - 10_000)).toBeLessThan(500)
  })

  test("a reading out of order is late only behind one of its own point", () => {
    const runtime = createRuntime(detectors(), city)
    runtime.push(batchOf([[1, 5000, 0, 0]]), [{ at: 1, time: 60_000 }], 1)
    runtime.push(
      batchOf([
        [1, 4000, 6, 0],
        [3, 4000, 6, 0],
        [3, 4100, 6, 0],
      ]),
      [{ at: 3, time: 61_000 }],
      2,
    )
    expect(runtime.stats().rules.map((r) => r.late)).toEqual([1, 1, 0])
    expect(runtime.stats().entries).toBe(8)
  })
})
