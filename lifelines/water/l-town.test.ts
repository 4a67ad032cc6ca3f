/**
 * The leak detector on the public benchmark: L-Town (BattLeDIM 2020) with the year 2018, from readings alone, in the
 * order in which they came. Needs the data: LIFELINE_TEST_DATA names the folder that holds battledim/ and battledim-r/.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { appendReading, type Finding, type ReadingBatch, readingBatch } from "../../model/index.ts"
import { readScada } from "../../scripts/scada.ts"
import { createRuntime, replayFrom, type Saved } from "../../stages/analysis/runtime.ts"
import { thresholdDetectors } from "../../stages/analysis/thresholds.ts"
import type { CityView, ImportedCity } from "../contract.ts"
import water from "./index.ts"
import { episodesOf, scoreEpisodes } from "./score.ts"

const data = process.env.LIFELINE_TEST_DATA
const have = data !== undefined && existsSync(join(data, "battledim-r"))

/** Runs SCADA files through the lifeline's detectors, one batch and tick a step; restarts from a snapshot where told. */
async function runYear(
  folder: string,
  city: CityView,
  options: { to_ms?: number; restart_ms?: number } = {},
): Promise<{ findings: Finding[]; readings: number; late: number }> {
  const ids = new Map(city.points.map((p) => [`${p.device_code}|${p.indicator}`, p.id]))
  const detectors = [...water.detectors, ...thresholdDetectors(water)]
  let runtime = createRuntime(detectors, city)
  /** Batches that a restart may ask for again: balances wait an hour and ten minutes for late readings. */
  const recent: { batch: ReadingBatch; time: number; number: number }[] = []
  const findings: Finding[] = []
  let number = 0
  for await (const step of readScada(folder, options)) {
    let batch: ReadingBatch = readingBatch(step.readings.length)
    for (const r of step.readings) {
      const id = ids.get(`${r.device_code}|${r.indicator}`)
      if (id !== undefined) batch = appendReading(batch, id, r.time_ms, 0, r.value, 0, r.time_ms)
    }
    findings.push(...runtime.push(batch, [{ at: batch.n, time: step.time_ms }], ++number))
    if (options.restart_ms === undefined) continue
    recent.push({ batch, time: step.time_ms, number })
    if (recent.length > 50) recent.shift()
    if (step.time_ms !== options.restart_ms) continue
    const saved = JSON.parse(JSON.stringify(runtime.snapshot())) as Saved
    expect(JSON.stringify(saved).length).toBeLessThan(2_000_000)
    runtime = createRuntime(detectors, city, saved)
    const from = replayFrom(saved)
    expect(recent[0]!.number).toBeLessThanOrEqual(from)
    for (const r of recent)
      if (r.number >= from) findings.push(...runtime.push(r.batch, [{ at: r.batch.n, time: r.time }], r.number))
  }
  expect(runtime.troubles()).toEqual([])
  return { findings, ...runtime.stats() }
}

function cityView(imported: ImportedCity): CityView {
  const assets = new Map(imported.assets.map((a) => [a.code, a]))
  const areaOf = new Map(imported.areas.flatMap((a) => a.asset_codes.map((code) => [code, a.code] as const)))
  const points: CityView["points"] = imported.devices.flatMap((d) =>
    d.points.map((p) => {
      const geometry = assets.get(d.asset_code ?? "")?.geometry
      return {
        id: 0,
        device_code: d.code,
        name: d.name,
        lifeline: "water",
        ...p,
        asset_code: d.asset_code,
        area_code: areaOf.get(d.asset_code ?? "") ?? null,
        lon_lat: geometry?.type === "Point" ? geometry.coordinates : null,
      }
    }),
  )
  points.forEach((p, i) => {
    p.id = i + 1
  })
  const id = (code: string, indicator: string): number =>
    points.find((p) => p.device_code === code && p.indicator === indicator)!.id
  return {
    points,
    clock_mode: "replay",
    areas: imported.areas.map((a) => ({
      code: a.code,
      name: a.name,
      lifeline: "water",
      meters: a.meters.map((m) => ({ point: id(m.device_code, m.indicator), sign: m.sign })),
      tanks: a.tanks.map((t) => ({ point: id(t.device_code, t.indicator), area_m2: t.area_m2 })),
      customers: points.filter((p) => p.indicator === "demand_m3h" && p.area_code === a.code).map((p) => p.id),
      pressures: points.filter((p) => p.indicator === "pressure_m" && p.area_code === a.code).map((p) => p.id),
      pipe_length_m: a.pipe_length_m,
    })),
  }
}

describe.skipIf(!have)(
  `L-Town 2018${have ? "" : " (set LIFELINE_TEST_DATA to the folder with battledim and battledim-r)"}`,
  () => {
    const folder = join(data ?? "", "battledim")
    const imported = (): ImportedCity =>
      water.imports![0]!.read(readFileSync(join(folder, "L-TOWN.inp"), "utf8"), {
        companion: JSON.parse(readFileSync(join(folder, "sensors.json"), "utf8")),
        origin: [117.23, 31.82],
      })

    test("the import gives the network, 119 points and two metered areas", () => {
      const city = imported()
      expect(city.problems).toEqual([])
      const count = (kind: string): number => city.assets.filter((a) => a.kind === kind).length
      expect([
        count("junction"),
        count("pipe"),
        count("reservoir"),
        count("tank"),
        count("pump"),
        count("valve"),
      ]).toEqual([782, 905, 2, 1, 1, 3])
      expect(new Set(city.devices.map((d) => d.code)).size).toBe(119)
      expect(city.areas.map((a) => a.meters.map((m) => `${m.sign > 0 ? "+" : "-"}${m.device_code}`))).toEqual([
        ["+flow-p227", "+flow-p235", "-flow-PUMP_1"],
        ["+flow-PUMP_1"],
      ])
      expect(city.areas[1]!.tanks).toEqual([{ device_code: "level-T1", indicator: "level_m", area_m2: 201.06 }])
      expect(city.schematic).toBe(true)
    })

    test("the year 2018: repaired bursts are found, few alarms stay unexplained", { timeout: 120_000 }, async () => {
      const city = imported()
      const view = cityView(city)
      const started = performance.now()
      const { findings, readings, late } = await runYear(join(data ?? "", "battledim-r"), view)
      const seconds = (performance.now() - started) / 1000
      const bursts = readFileSync(join(folder, "2018_fixed_leaks_report.csv"), "utf8")
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.trim().split(","))
        .map(([pipe, at]) => ({ pipe: pipe!, repaired_at: Date.parse(`${at!.replace(" ", "T")}Z`) }))
      const areaOf = (pipe: string): string | null => city.areas.find((a) => a.asset_codes.includes(pipe))?.code ?? null
      const score = scoreEpisodes(episodesOf(findings), bursts, areaOf)
      const iso = (time: number | null): string => (time === null ? "-" : new Date(time).toISOString().slice(0, 16))
      console.log(
        [
          `${readings} readings in ${seconds.toFixed(1)} s, ${score.alarms} alarms, ${score.unexplained} unexplained`,
          ...score.bursts.map((b) => `${b.pipe.padEnd(5)} found ${iso(b.found_at)} repaired ${iso(b.repaired_at)}`),
          ...(process.env.LIFELINE_TEST_VERBOSE
            ? findings.map(
                (f) =>
                  `${iso(f.time)} ${f.rule} ${f.subject} ${f.cause} ${f.phase} ${f.severity} ${f.value?.amount} ${f.title.zh} ${f.place.name.zh}`,
              )
            : []),
        ].join("\n"),
      )
      expect(late).toBe(0)
      expect(score.bursts.filter((b) => b.found_at !== null).length).toBeGreaterThanOrEqual(7)
      expect(score.unexplained).toBeLessThanOrEqual(10)
      expect(seconds).toBeLessThan(60)
    })

    test("a restart in the middle of an open leak changes no finding", { timeout: 60_000 }, async () => {
      const view = cityView(imported())
      const to_ms = Date.UTC(2018, 3, 5)
      const whole = await runYear(join(data ?? "", "battledim-r"), view, { to_ms })
      const cut = await runYear(join(data ?? "", "battledim-r"), view, {
        to_ms,
        restart_ms: Date.UTC(2018, 2, 10, 7, 35),
      })
      expect(whole.findings.length).toBeGreaterThan(6)
      expect(cut.findings).toEqual(whole.findings)
    })
  },
)
