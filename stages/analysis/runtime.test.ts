import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { CityView, PointView, Threshold } from "../../lifelines/contract.ts"
import { appendReading, type Finding, quality, type ReadingBatch, readingBatch, type Tick } from "../../model/index.ts"
import { createRuntime, type RuntimeDetector, replayFrom, type Saved } from "./runtime.ts"
import { thresholdDetector } from "./thresholds.ts"

const point = (id: number, interval_ms = 10_000): PointView => ({
  id,
  device_code: `d${id}`,
  name: `d${id}`,
  lifeline: "t",
  indicator: "x",
  unit: "m",
  interval_ms,
  value_kind: "instant",
  asset_code: null,
  area_code: null,
  lon_lat: null,
})
const city: CityView = { points: [point(1), point(2), point(3)], areas: [], clock_mode: "replay" }

type Row = [point: number, time: number, value: number, flags?: number]
function batchOf(rows: readonly Row[]): ReadingBatch {
  let batch = readingBatch(rows.length)
  for (const [id, time, value, flags] of rows) batch = appendReading(batch, id, time, 0, value, flags ?? 0, time)
  return batch
}

/** A detector that says everything it was given, so that any difference shows. */
const echo = (
  rule: string,
  slice_ms: number,
  lateness_ms: number,
  groups: number[][],
  skip = false,
): RuntimeDetector => {
  const detector = {
    rule,
    version: 1,
    name: { zh: rule, en: rule },
    slice_ms,
    lateness_ms,
    ...(skip ? { empty_slices: "skip" } : {}),
    subjects: () =>
      groups.map((points) => ({ key: points.join("+"), points, place: { name: { zh: "", en: "" } }, facts: null })),
    start: () => ({ sum: 0, slices: 0 }),
    step(
      state: { sum: number; slices: number },
      slice: { from: number; to: number; points: Map<number, { time: Float64Array; value: Float64Array }> },
      context: { subject: { key: string } },
    ) {
      state.slices++
      let text = ""
      for (const [id, column] of [...slice.points].sort((a, b) => a[0] - b[0])) {
        text += `${id}:${Array.from(column.time, (t, i) => `${t}=${column.value[i]}`).join(",")};`
        for (const v of column.value) state.sum += v
      }
      if (text === "" && skip) return { state, findings: [] }
      return {
        state,
        findings: [
          {
            rule,
            subject: context.subject.key,
            time: slice.to,
            cause: text,
            value: { amount: state.sum, unit: skip ? "" : `${state.slices}` },
          },
        ],
      }
    },
  }
  return detector as unknown as RuntimeDetector
}

describe("createRuntime", () => {
  test("hands over whole slices in order once the watermark is past their end by the lateness", () => {
    const runtime = createRuntime([echo("a", 10, 5, [[1, 2]])], city)
    expect(
      runtime.push(
        batchOf([
          [1, 12, 1],
          [2, 3, 2],
          [1, 12, 9],
          [1, 5, 3],
        ]),
        [{ at: 4, time: 14 }],
        1,
      ),
    ).toEqual([])
    const said = runtime.push(batchOf([]), [{ at: 0, time: 26 }], 2)
    expect(said.map((f) => [f.time, f.cause])).toEqual([
      [10, "1:5=3;2:3=2;"],
      [20, "1:12=1;"],
    ])
    expect(runtime.push(batchOf([[1, 7, 1]]), [{ at: 1, time: 36 }], 3).map((f) => f.cause)).toEqual([""])
    expect(runtime.stats().late).toBe(1)
  })

  test("a tick acts at its place among the readings of a batch", () => {
    const runtime = createRuntime([echo("a", 10, 0, [[1]])], city)
    const said = runtime.push(
      batchOf([
        [1, 1, 1],
        [1, 2, 2],
      ]),
      [{ at: 1, time: 10 }],
      1,
    )
    expect(said.map((f) => f.cause)).toEqual(["1:1=1;"])
    expect(runtime.stats().late).toBe(1)
  })

  test("after 10,000 empty slices it sleeps until the next reading", () => {
    const runtime = createRuntime([echo("a", 10, 0, [[1]])], city)
    runtime.push(batchOf([[1, 1, 1]]), [{ at: 1, time: 10 }], 1)
    runtime.push(batchOf([[1, 5_000_001, 1]]), [{ at: 1, time: 5_000_010 }], 2)
    expect(runtime.stats().steps).toBe(1 + 10_000 + 1)
  })

  test("a detector that throws is switched off and the others go on", () => {
    const bad = {
      ...echo("bad", 10, 0, [[1]]),
      step: () => {
        throw new Error("no luck")
      },
    } as unknown as RuntimeDetector
    const runtime = createRuntime([bad, echo("good", 10, 0, [[1]])], city)
    const said = runtime.push(batchOf([[1, 1, 1]]), [{ at: 1, time: 30 }], 1)
    expect(said.map((f) => f.rule)).toEqual(["good", "good", "good"])
    expect(runtime.troubles()).toMatchObject([{ rule: "bad", kind: "threw", message: "no luck", switched_off: true }])
  })

  test("a slow detector is reported, and switched off the third time", () => {
    let clock = 0
    const slow = {
      ...echo("slow", 10, 0, [[1]]),
      step: (state: unknown) => {
        clock += 50
        return { state, findings: [] }
      },
    } as unknown as RuntimeDetector
    const runtime = createRuntime([slow], city, undefined, { now: () => clock, step_ms_max: 20 })
    for (let i = 1; i <= 5; i++) runtime.push(batchOf([[1, i * 10, 1]]), [{ at: 1, time: i * 10 + 10 }], i)
    expect(runtime.troubles().map((t) => t.switched_off)).toEqual([false, false, true])
    expect(runtime.stats().steps).toBe(3)
  })

  const row = fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: -9, max: 9 }),
  )
  const detectors = (): RuntimeDetector[] => [
    echo("whole", 20, 7, [
      [1, 2],
      [2, 3],
    ]),
    echo("single", 5, 0, [[1], [2], [3]], true),
    echo("slow", 60, 30, [[1, 2, 3]]),
  ]
  type Script = { rows: Row[]; ticks: Tick[] }[]
  const script = fc
    .array(
      fc.record({
        rows: fc.array(row, { maxLength: 8 }),
        cuts: fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 40 })), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((batches): Script => {
      let time = 0
      return batches.map(({ rows, cuts }) => ({
        // Readings lie near the clock, some late and some ahead of it.
        rows: rows.map(([id, t, v]): Row => [id, Math.max(0, time - 40 + (t % 120)), v]),
        ticks: cuts
          .map(([at, step]) => ({ at: Math.min(at, rows.length), step }))
          .sort((a, b) => a.at - b.at)
          .map(({ at, step }) => {
            time += step
            return { at, time }
          }),
      }))
    })
  const runAll = (s: Script): Finding[] => {
    const runtime = createRuntime(detectors(), city)
    return s.flatMap((b, i) => runtime.push(batchOf(b.rows), b.ticks, i + 1))
  }

  test("a runtime made from a snapshot says exactly what one that never stopped says", () => {
    fc.assert(
      fc.property(script, fc.nat(), (s, stop) => {
        const stop_at = stop % s.length
        const first = createRuntime(detectors(), city)
        const before = s.slice(0, stop_at).flatMap((b, i) => first.push(batchOf(b.rows), b.ticks, i + 1))
        const saved = JSON.parse(JSON.stringify(first.snapshot())) as Saved
        const second = createRuntime(detectors(), city, saved)
        const from = replayFrom(saved)
        const after = s.flatMap((b, i) => (i + 1 < from ? [] : second.push(batchOf(b.rows), b.ticks, i + 1)))
        expect([...before, ...after]).toEqual(runAll(s))
      }),
      { numRuns: 300 },
    )
  })

  test("findings do not depend on how batches were cut", () => {
    fc.assert(
      fc.property(script, (s) => {
        const one: { rows: Row[]; ticks: Tick[] } = { rows: [], ticks: [] }
        for (const b of s) {
          for (const t of b.ticks) one.ticks.push({ at: t.at + one.rows.length, time: t.time })
          one.rows.push(...b.rows)
        }
        expect(runAll([one])).toEqual(runAll(s))
      }),
      { numRuns: 200 },
    )
  })

  test("a year of 120 points at five minutes takes seconds", { timeout: 60_000 }, () => {
    const points = Array.from({ length: 120 }, (_, i) => point(i + 1, 300_000))
    const runtime = createRuntime(
      [
        thresholdDetector({ id: "t", thresholds: [low] } as never, low),
        echo("h", 3_600_000, 600_000, [points.map((p) => p.id)], true),
      ],
      { ...city, points },
    )
    const started = performance.now()
    const batch = readingBatch(120)
    batch.n = 120
    for (let step = 0; step < 40_000; step++) {
      for (let i = 0; i < 120; i++) {
        batch.point[i] = i + 1
        batch.time[i] = step * 300_000
        batch.value[i] = 20 + (i % 7)
      }
      runtime.push(batch, [{ at: 120, time: step * 300_000 }], step + 1)
    }
    const rate = (40_000 * 120) / ((performance.now() - started) / 1000)
    expect(runtime.stats().readings).toBe(4_800_000)
    expect(rate).toBeGreaterThan(100_000)
  })
})

const low: Threshold = {
  id: "low",
  version: 1,
  indicator: "x",
  direction: "below",
  levels: [
    { severity: 3, limit: 14 },
    { severity: 1, limit: 5 },
  ],
  hold_ms: 30_000,
  deadband: 1,
  title: { zh: "低", en: "Low" },
  source: { zh: "默认", en: "default" },
}

describe("thresholdDetector", () => {
  const run = (rows: Row[]): string[] => {
    const runtime = createRuntime([thresholdDetector({ id: "t", thresholds: [low] } as never, low)], city)
    const last = rows.at(-1)![1]
    return runtime
      .push(batchOf(rows), [{ at: rows.length, time: last + 20_000 }], 1)
      .map((f) => `${f.time / 1000} ${f.phase} ${f.severity}`)
  }
  const every10 = (values: number[], start = 0): Row[] => values.map((v, i) => [1, start + i * 10_000, v])

  test("raises after the hold, rises to a worse level, clears beyond the deadband", () => {
    expect(run(every10([20, 13, 13, 13, 13, 4, 4, 4, 4, 14.5, 15, 15.2, 20]))).toEqual([
      "40 raise 3",
      "80 update 1",
      "110 clear 1",
    ])
  })
  test("a single reading or one good reading between raises nothing", () => {
    expect(run(every10([20, 1, 20, 13, 13, 20, 13, 13, 20]))).toEqual([])
  })
  test("a gap in data freezes the timer", () => {
    expect(run([...every10([20, 13, 13]), ...every10([13, 13, 13], 200_000)])).toEqual(["220 raise 3"])
  })
  test("readings flagged out of range, by the device or under maintenance neither raise nor clear", () => {
    for (const flag of [quality.range, quality.device, quality.maintenance])
      expect(run(every10([20, 1, 1, 1, 1, 1]).map(([id, t, v]) => [id, t, v, v < 5 ? flag : 0]))).toEqual([])
    expect(run(every10([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 20]))).toEqual([])
  })
})
