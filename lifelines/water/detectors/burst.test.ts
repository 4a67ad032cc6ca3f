import { describe, expect, test } from "vitest"
import { appendReading, type Finding, readingBatch } from "../../../model/index.ts"
import { createRuntime } from "../../../stages/analysis/runtime.ts"
import { type CityView, defineDetector } from "../../contract.ts"
import { burstDetector } from "./burst.ts"

const second = 1000
const day = 86_400_000
const sensors = [1, 2, 3, 4]

const city = (interval_ms: number): CityView => ({
  clock_mode: "demo",
  points: [...sensors, 9].map((id) => ({
    id,
    device_code: id === 9 ? "flow-M1" : `pressure-n${id}`,
    name: `n${id}`,
    lifeline: "water",
    indicator: id === 9 ? "flow_m3h" : "pressure_m",
    unit: id === 9 ? "m3/h" : "m",
    interval_ms,
    value_kind: "instant",
    asset_code: `n${id}`,
    area_code: "DMA-1",
    lon_lat: [117 + id / 1000, 31],
  })),
  areas: [
    {
      code: "DMA-1",
      name: "计量区 1",
      lifeline: "water",
      meters: [{ point: 9, sign: 1 }],
      tanks: [],
      customers: [],
      pressures: sensors,
      pipe_length_m: 1000,
    },
  ],
})

/** A small noise that is the same in every run. */
const noise = (id: number, time: number): number => 0.05 * Math.sin(id * 12.9 + time / 3777) * Math.cos(time / 911)
const demand = (time: number): number => 1 + 0.4 * Math.sin((2 * Math.PI * time) / day)

type Fault = { from: number; to: number; falls: Record<number, number>; inflow: number }

/** 28 days at 15 min, then `hours` at `step_s`; pressures follow the demand and the fault. */
function run(step_s: number, hours: number, fault: Fault | null): Finding[] {
  const runtime = createRuntime([defineDetector(burstDetector)], city(step_s * second))
  const live = 28 * day
  const findings: Finding[] = []
  let number = 0
  const feed = (time: number): void => {
    let batch = readingBatch(8)
    const on = fault && time - live >= fault.from && time - live < fault.to
    for (const id of sensors) {
      const fall = on ? (fault.falls[id] ?? 0) : 0
      batch = appendReading(batch, id, time, 0, 40 - 6 * demand(time) - fall + noise(id, time), 0, time)
    }
    batch = appendReading(batch, 9, time, 0, 100 * demand(time) + (on ? fault.inflow : 0) + noise(9, time), 0, time)
    findings.push(...runtime.push(batch, [{ at: batch.n, time }], ++number))
  }
  for (let time = 0; time < live; time += 900 * second) feed(time)
  for (let time = live; time < live + hours * 3600 * second; time += step_s * second) feed(time)
  expect(runtime.troubles()).toEqual([])
  return findings.map((f) => ({ ...f, time: f.time - live }))
}

const burst: Fault = { from: 3_000_000, to: 9_000_000, falls: { 1: 1.5, 2: 4, 3: 1 }, inflow: 30 }

describe("burst", () => {
  for (const step_s of [10, 30])
    test(`is confirmed within about a minute at ${step_s} s and names the sensor that fell most`, () => {
      const findings = run(step_s, 4, burst)
      expect(findings.map((f) => f.phase)).toEqual(["raise", "clear"])
      const [raise, clear] = findings as [Finding, Finding]
      expect(raise.time - burst.from).toBeGreaterThanOrEqual(0)
      expect(raise.time - burst.from).toBeLessThanOrEqual(60 * second)
      expect(raise.place.lon_lat).toEqual([117.002, 31])
      expect(raise.because.inputs.sensors_fallen).toBeGreaterThanOrEqual(2)
      expect(raise.because.reasons[1]!.sign).toBe("+")
      expect(clear.time).toBeGreaterThanOrEqual(burst.to)
      expect(clear.time - burst.to).toBeLessThanOrEqual(180 * second)
    })

  test("a normal day, one falling sensor, or falling inflow (a stopped pump) raise nothing", () => {
    expect(run(30, 24, null)).toEqual([])
    expect(run(10, 3, { ...burst, falls: { 2: 5 } })).toEqual([])
    expect(run(10, 3, { ...burst, inflow: -40 }).filter((f) => f.phase === "raise" && f.time < burst.to)).toEqual([])
  })

  test("data of five minutes has no subject here", () => {
    expect(burstDetector.subjects(city(300_000))).toEqual([])
  })
})
