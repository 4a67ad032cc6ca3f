import { describe, expect, test } from "vitest"
import { appendReading, type Finding, quality, readingBatch } from "../../../model/index.ts"
import { createRuntime } from "../../../stages/analysis/runtime.ts"
import { type CityView, defineDetector } from "../../contract.ts"
import { areaLeakDetector } from "./area-leak.ts"

const hour = 3_600_000
const day = 24 * hour
const minutes_15 = 900_000

const point = (id: number, indicator: string): CityView["points"][number] => ({
  id,
  device_code: `d${id}`,
  name: `d${id}`,
  lifeline: "water",
  indicator,
  unit: "",
  interval_ms: minutes_15,
  value_kind: "instant",
  asset_code: null,
  area_code: "DMA-1",
  lon_lat: [117, 31 + id / 1000],
})
const city = (metered: boolean): CityView => ({
  clock_mode: "demo",
  points: [point(1, "flow_m3h"), point(2, "level_m"), ...[3, 4, 5].map((id) => point(id, "pressure_m"))],
  areas: [
    {
      code: "DMA-1",
      name: "计量区 1",
      lifeline: "water",
      meters: metered ? [{ point: 1, sign: 1 }] : [],
      tanks: metered ? [{ point: 2, area_m2: 200 }] : [],
      customers: [],
      pressures: [3, 4, 5],
      pipe_length_m: 1000,
    },
  ],
})

const noise = (a: number, b: number): number => Math.sin(a * 12.9898 + b * 78.233) * Math.cos(a * 4.1 + b)
type Leak = { from: number; to: number; size: number }

/** Weeks of 15-minute data with a tank that breathes; `hide` may drop a reading or flag it. */
function run(
  days: number,
  leaks: Leak[],
  metered = true,
  hide: (point: number, time: number) => "drop" | "flag" | "zero" | null = () => null,
): string[] {
  const runtime = createRuntime([defineDetector(areaLeakDetector)], city(metered))
  const findings: Finding[] = []
  for (let time = 0, number = 1; time < days * day; time += minutes_15, number++) {
    const h = Math.floor(time / hour)
    const demand = 100 + 50 * Math.sin((2 * Math.PI * time) / day) + 4 * noise(h, 1)
    const leak = leaks.reduce((sum, l) => (time >= l.from * day && time < l.to * day ? sum + l.size : sum), 0)
    // The tank takes 20 m³/h in the first half of the day and gives it back in the second.
    const into_tank = time % day < day / 2 ? 20 : -20
    const filled_h = time % day < day / 2 ? (time % day) / hour : 24 - (time % day) / hour
    const level = Math.round((2 + (20 * filled_h) / 200) * 100) / 100
    const values: [number, number][] = [
      [1, demand + leak + into_tank],
      [2, level],
      ...[3, 4, 5].map((id): [number, number] => [id, 50 - demand / 20 - (leak / 10) * (id - 2) + 0.1 * noise(h, id)]),
    ]
    let batch = readingBatch(8)
    for (const [id, value] of values) {
      const act = hide(id, time)
      if (act !== "drop")
        batch = appendReading(
          batch,
          id,
          time,
          0,
          act === "zero" ? 0 : act === "flag" ? 9e9 : value,
          act === "flag" ? quality.range : 0,
          time,
        )
    }
    findings.push(...runtime.push(batch, [{ at: batch.n, time }], number))
  }
  expect(runtime.troubles()).toEqual([])
  return findings
    .filter((f) => f.phase !== "update")
    .map((f) => `${f.rule} ${f.cause} ${f.phase} day ${(f.time / day).toFixed(1)} ~${Math.round(f.value!.amount)}`)
}

describe("leak balance", () => {
  test("two sudden leaks are two causes, and each repair closes the one whose size fits", () => {
    const said = run(50, [
      { from: 30, to: 42, size: 30 },
      { from: 36, to: 47, size: 60 },
    ])
    expect(said.map((s) => s.replace(/ day.*/, ""))).toEqual([
      "water.leak-balance leak-1 raise",
      "water.leak-balance leak-2 raise",
      "water.leak-balance leak-1 clear",
      "water.leak-balance leak-2 clear",
    ])
    const days = said.map((s) => Number(/day ([\d.]+)/.exec(s)![1]))
    for (const [i, due] of [30, 36, 42, 47].entries()) {
      expect(days[i]).toBeGreaterThanOrEqual(due)
      expect(days[i]).toBeLessThanOrEqual(due + 1.3)
    }
  })

  test("quiet weeks, an hour of fire fighting, outages and flagged or dead meters raise nothing", () => {
    expect(run(45, [])).toEqual([])
    expect(run(45, [{ from: 30, to: 30 + 1 / 24, size: 200 }])).toEqual([])
    expect(run(45, [], true, (_, time) => (time > 30 * day && time < 32 * day ? "drop" : null))).toEqual([])
    expect(run(45, [], true, (id, time) => (id === 1 && time > 30 * day && time < 31.5 * day ? "flag" : null))).toEqual(
      [],
    )
    expect(run(45, [], true, (id, time) => (id === 1 && time > 30 * day && time < 31.5 * day ? "zero" : null))).toEqual(
      [],
    )
    expect(run(45, [], true, (id, time) => (id === 2 && time > 30 * day && time < 33 * day ? "drop" : null))).toEqual(
      [],
    )
  })

  test("an area without meters is watched by its pressures", () => {
    const said = run(45, [{ from: 30, to: 40, size: 30 }], false)
    expect(said.map((s) => s.replace(/ day.*/, ""))).toEqual([
      "water.leak-balance leak-1 raise",
      "water.leak-balance leak-1 clear",
    ])
  })
})
