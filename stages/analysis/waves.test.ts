import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { CityView, PointView, Threshold } from "../../lifelines/contract.ts"
import { appendBlock, type BlockBatch, blockBatch, readingBatch, sampleEncoding, type Tick } from "../../model/index.ts"
import { rms } from "../../science/index.ts"
import { createRuntime, type Runtime, type RuntimeDetector, replayFrom, type Saved } from "./runtime.ts"
import { savedBytes, savedOf } from "./saved.ts"
import { thresholdDetector } from "./thresholds.ts"

const point = (id: number, device_code: string, indicator: string): PointView => ({
  id,
  device_code,
  name: device_code,
  lifeline: "t",
  indicator,
  unit: "m/s2",
  interval_ms: 1000,
  value_kind: "instant",
  asset_code: null,
  area_code: null,
  lon_lat: null,
})
const city: CityView = {
  points: [
    point(1, "a", "acc"),
    point(2, "a", "top"),
    point(3, "a", "rms"),
    point(4, "a", "hz"),
    point(5, "b", "acc"),
    point(6, "b", "rms"),
  ],
  areas: [],
  clock_mode: "real",
}
const waveforms = new Map([["t|acc", { peak: "top", rms: "rms", frequency: "hz" }]])
const start_ms = Date.UTC(2026, 10, 24)
const rate = 50
const value = (id: number, k: number) =>
  9.8 + (0.5 + id / 10) * Math.sin((2 * Math.PI * 3.89 * k) / rate) + 0.05 * Math.sin(k * k)
const scale = 1 / 2000

/** Samples from … from + n of a point as an int16 block. */
function add(
  b: BlockBatch,
  id: number,
  from: number,
  n: number,
  more: Partial<{ float: boolean; of: typeof value }> = {},
) {
  const samples = Array.from({ length: n }, (_, k) => (more.of ?? value)(id, from + k))
  const data = more.float
    ? new Uint8Array(Float32Array.from(samples).buffer)
    : new Uint8Array(Int16Array.from(samples, (v) => Math.round(v / scale)).buffer)
  return appendBlock(b, {
    point: id,
    start: start_ms + (from * 1000) / rate,
    sequence: 0,
    rate_hz: rate,
    count: n,
    encoding: more.float ? sampleEncoding.float32 : sampleEncoding.int16,
    scale: more.float ? 1 : scale,
    offset: 0,
    quality: 0,
    arrived: start_ms + ((from + n) * 1000) / rate,
    data,
  })
}
const none = () => readingBatch(0)
const ticked = (time: number): Tick[] => [{ at: 0, time }]
type Said = [point: number, time: number, value: number]
const derivedOf = (runtime: Runtime): Said[] => {
  const d = runtime.derived()
  if (!d) return []
  return Array.from({ length: d.n }, (_, i): Said => [d.point[i]!, d.time[i]!, d.value[i]!])
}
const minute = 60 * rate

describe("readings of waveforms", () => {
  test("peak, RMS and frequency a minute, under the indicators that the device has", () => {
    const runtime = createRuntime([], city, undefined, { waveforms })
    let said: Said[] = []
    for (let second = 0; second <= 60; second++) {
      let b = blockBatch()
      for (const id of [1, 5]) b = add(b, id, second * rate, rate, { float: id === 5 })
      runtime.push(none(), ticked(start_ms + second * 1000 + 1000), second + 1, b)
      said = [...said, ...derivedOf(runtime)]
    }
    const end = start_ms + 60_000
    expect(said.map(([id, time]) => [id, time])).toEqual([
      [2, end],
      [3, end],
      [4, end],
      [6, end],
    ])
    const samples = (id: number) => Array.from({ length: minute }, (_, k) => value(id, k))
    expect(said[0]![2]).toBeCloseTo(Math.max(...samples(1)), 3)
    expect(said[1]![2]).toBeCloseTo(rms(samples(1)), 3)
    expect(Math.abs(said[2]![2] - 3.89)).toBeLessThan(0.01)
    expect(said[3]![2]).toBeCloseTo(rms(samples(5)), 3)
  })

  test("a silent channel closes its minute, without a spectrum where half of it is missing; what comes then is late", () => {
    const runtime = createRuntime([], city, undefined, { waveforms })
    runtime.push(none(), ticked(start_ms), 1, add(blockBatch(), 1, 0, 1400))
    runtime.push(none(), ticked(start_ms + 170_000), 2)
    expect(derivedOf(runtime)).toEqual([])
    runtime.push(none(), ticked(start_ms + 180_000), 3)
    expect(derivedOf(runtime).map(([id]) => id)).toEqual([2, 3])
    runtime.push(none(), ticked(start_ms + 181_000), 4, add(blockBatch(), 1, 1400, 50))
    expect(runtime.stats().waves).toMatchObject({ minutes: 1, late: 50, channels: 2 })
  })

  test("blocks that overlap, come again or out of order add nothing; samples that are no numbers are left out", () => {
    const plain = createRuntime([], city, undefined, { waveforms })
    const messy = createRuntime([], city, undefined, { waveforms })
    const parts = [
      [0, 100],
      [50, 100],
      [0, 100],
      [150, 1000],
      [100, 200],
      [1150, minute - 1150 + 5],
    ]
    let b = blockBatch()
    for (const [from, n] of parts) b = add(b, 1, from!, n!)
    messy.push(none(), [], 1, b)
    plain.push(none(), [], 1, add(blockBatch(), 1, 0, minute + 5))
    // To the last bit: a reading that is made again from joined blocks must not contradict the one that stands.
    const made = derivedOf(messy)
    expect(made.map(([id]) => id)).toEqual([2, 3, 4])
    expect(made).toEqual(derivedOf(plain))
    expect(messy.stats().waves.skipped).toBe(2)
    const nan = createRuntime([], city, undefined, { waveforms })
    nan.push(none(), [], 1, add(blockBatch(), 1, 0, 50, { float: true, of: (_, k) => (k === 7 ? Number.NaN : 1) }))
    expect(nan.stats().waves).toMatchObject({ minutes: 0 })
  })

  const cuts = fc.array(fc.integer({ min: 20, max: 700 }), { minLength: 8, maxLength: 20 })
  test("a runtime that was stopped anywhere makes the same readings and findings", () => {
    fc.assert(
      fc.property(cuts, fc.nat(), (sizes, stop) => {
        const batches: { blocks: BlockBatch; ticks: Tick[] }[] = []
        let k = 0
        for (const n of sizes) {
          let b = blockBatch()
          b = add(b, 1, k, n)
          b = add(b, 5, Math.max(0, k - 30), n)
          k += n
          batches.push({ blocks: b, ticks: ticked(start_ms + (k * 1000) / rate) })
        }
        const make = (saved?: Saved) => createRuntime([limitOf("high", 10.2)], city, saved, { waveforms })
        const whole = make()
        const said: unknown[] = []
        const feed = (runtime: Runtime, i: number, into: unknown[]) => {
          const { blocks, ticks } = batches[i]!
          into.push(...runtime.push(none(), ticks, i + 1, blocks).map((f) => [f.subject, f.phase, f.time]))
          into.push(...derivedOf(runtime))
        }
        for (let i = 0; i < batches.length; i++) feed(whole, i, said)
        const again: unknown[] = []
        const at = stop % batches.length
        const first = make()
        for (let i = 0; i < at; i++) feed(first, i, again)
        const saved = savedOf(savedBytes(first.snapshot()))
        const second = make(saved)
        for (let i = replayFrom(saved) - 1; i < batches.length; i++) feed(second, i, again)
        expect(again).toEqual(said)
      }),
      { numRuns: 60 },
    )
  })
})

const limitOf = (id: string, limit: number, direction: "above" | "below" = "above") => {
  const t: Threshold = {
    id,
    version: 1,
    indicator: "acc",
    direction,
    levels: [{ severity: 3, limit }],
    hold_ms: 0,
    deadband: 0.1,
    title: { zh: "振", en: "Shake" },
    source: { zh: "默", en: "Default" },
  }
  return thresholdDetector({ id: "t", thresholds: [t] } as never, t)
}

describe("detectors on a waveform", () => {
  const swing = (amplitude: number) => (_: number, k: number) => amplitude * Math.sin((2 * Math.PI * 3 * k) / rate)
  test("a limit looks at the extreme on its side: two seconds in a row raise, two within clear, at once", () => {
    for (const direction of ["above", "below"] as const) {
      const runtime = createRuntime([limitOf("l", direction === "above" ? 1 : -1, direction)], city)
      const said: string[] = []
      const amplitudes = [0.2, 3, 0.2, 3, 3, 3, 0.2, 0.2, 0.2]
      amplitudes.forEach((amplitude, s) => {
        const blocks = add(blockBatch(), 1, s * rate, rate, { of: swing(amplitude) })
        const found = runtime.push(none(), ticked(start_ms + (s + 1) * 1000 + 50), s + 1, blocks)
        said.push(...found.map((f) => `${s} ${f.phase}`))
        for (const arrived of runtime.arrivals()) expect(arrived).toBe(start_ms + (s + 1) * 1000)
      })
      expect(said).toEqual(["4 raise", "7 clear"])
    }
  })

  test("other detectors get the lowest and the highest sample of each second, in order, however long the block", () => {
    const seen: number[][] = []
    const echo = {
      rule: "echo",
      version: 1,
      name: { zh: "", en: "" },
      slice_ms: 10_000,
      lateness_ms: 0,
      subjects: () => [{ key: "p", points: [1], place: { name: { zh: "", en: "" } }, facts: null }],
      start: () => 0,
      step(state: number, slice: { points: Map<number, { time: Float64Array; value: Float64Array }> }) {
        const c = slice.points.get(1)!
        seen.push(Array.from(c.time, (t, i) => Math.round(t - start_ms + c.value[i]! * 1e6)))
        return { state, findings: [] }
      },
    } as unknown as RuntimeDetector
    const one = createRuntime([echo], city)
    one.push(none(), ticked(start_ms + 10_000), 1, add(blockBatch(), 1, 0, 10 * rate, { of: swing(2) }))
    const many = createRuntime([echo], city)
    let b = blockBatch()
    for (let s = 0; s < 10; s++) b = add(b, 1, s * rate, rate, { of: swing(2) })
    many.push(none(), ticked(start_ms + 10_000), 1, b)
    expect(seen[0]!.length).toBe(20)
    expect(seen[1]).toEqual(seen[0])
  })
})
