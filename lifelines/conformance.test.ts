/** The same checks walk every lifeline: those built in and the template that new ones are copied from. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { conversion, type Finding, units, type Words } from "../model/index.ts"
import { loadLifelines } from "../platform/lifelines/index.ts"
import template from "./_template/index.ts"
import {
  type AreaView,
  type CityView,
  type Column,
  type Detector,
  defineLifeline,
  type Indicator,
  type Lifeline,
  type PointView,
  type Slice,
} from "./contract.ts"

const lifelines = [...(await loadLifelines([])), defineLifeline(template)]
const snake = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/
const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const now = Date.UTC(2026, 10, 24)
const unique = (list: readonly string[]) => expect([...new Set(list)]).toEqual(list)

it("finds the built-in lifelines, each with an id of its own, and kinds of assets that no other has", () => {
  expect(lifelines.length).toBeGreaterThan(1)
  unique(lifelines.map((lifeline) => lifeline.id))
  unique(lifelines.flatMap((lifeline) => lifeline.assets.map((asset) => asset.kind)))
  unique(lifelines.flatMap((lifeline) => lifeline.indicators.map((indicator) => indicator.id)))
})

describe.each(lifelines.map((lifeline) => [lifeline.id, lifeline] as const))("lifeline %s", (_id, lifeline) => {
  it("names its parts in snake or kebab case, each once", () => {
    const named = (list: string[], shape: RegExp) => {
      unique(list)
      for (const id of list) expect(id).toMatch(shape)
    }
    named(
      lifeline.assets.map((asset) => asset.kind),
      snake,
    )
    named(
      lifeline.indicators.map((indicator) => indicator.id),
      snake,
    )
    named(
      lifeline.thresholds.map((threshold) => threshold.id),
      kebab,
    )
    named(
      lifeline.risks.map((risk) => risk.id),
      kebab,
    )
    for (const asset of lifeline.assets)
      named(
        asset.attributes.map((attribute) => attribute.id),
        snake,
      )
    for (const risk of lifeline.risks) unique(risk.factors.map((factor) => factor.id))
    unique(lifeline.detectors.map((detector) => detector.rule))
    expect(lifeline.class_code).toMatch(/^(JS|PS|RQ|RL|DL|TX|GY|QT)$/)
  })

  it("says everything in Chinese and English", () => {
    // Rules and detectors are walked as data; functions are called below.
    for (const [path, words] of wordsIn(lifeline)) {
      expect(words.zh, path).toMatch(/[\p{Script=Han}A-Z0-9]/u)
      expect(words.en.trim().length, path).toBeGreaterThan(0)
      expect(words.en, path).not.toMatch(/\p{Script=Han}/u)
    }
  })

  it("measures in units the product knows, converted from every unit of their dimension", () => {
    for (const { unit, dimension, min, max, decimals } of lifeline.indicators) {
      expect(units).toContain(unit)
      expect(conversion(dimension, unit, unit)).toEqual({ ok: true, value: 1 })
      expect(Number.isFinite(min) && Number.isFinite(max) && min < max).toBe(true)
      expect(Number.isInteger(decimals) && decimals >= 0 && decimals <= 6).toBe(true)
    }
  })

  it("has limits in order, within their indicator's range, with a hold and a deadband", () => {
    for (const threshold of lifeline.thresholds) {
      const indicator = lifeline.indicators.find((i) => i.id === threshold.indicator)!
      expect(indicator, threshold.id).toBeDefined()
      const limits = threshold.levels.map((level) => (threshold.direction === "above" ? level.limit : -level.limit))
      expect(limits).toEqual([...limits].sort((a, b) => a - b))
      for (const { limit, severity } of threshold.levels) {
        expect(limit > indicator.min && limit < indicator.max, `${threshold.id} ${limit}`).toBe(true)
        expect([1, 2, 3, 4]).toContain(severity)
      }
      expect(threshold.hold_ms).toBeGreaterThanOrEqual(0)
      expect(threshold.deadband).toBeGreaterThan(0)
      expect(Number.isInteger(threshold.version) && threshold.version >= 1).toBe(true)
    }
  })

  it("has one playbook with steps and clocks for each severity, and hurries where it is worse", () => {
    expect(lifeline.playbooks.map((playbook) => playbook.on).sort()).toEqual([1, 2, 3, 4])
    const sorted = [...lifeline.playbooks].sort((a, b) => a.on - b.on)
    for (const [i, playbook] of sorted.entries()) {
      expect(playbook.steps.length).toBeGreaterThan(0)
      for (const clock of ["accept_ms", "arrive_ms", "handle_ms", "report_ms"] as const)
        expect(playbook[clock], clock).toBeGreaterThan(0)
      if (i > 0) expect(playbook.accept_ms).toBeGreaterThanOrEqual(sorted[i - 1]!.accept_ms)
    }
  })

  it("marks risk factors 0 to 10, or null and never a number where nothing is known", () => {
    const value = fc.option(
      fc.oneof(fc.double(), fc.integer(), fc.string(), fc.boolean(), fc.constantFrom("PE", "CI", "low", 1970)),
    )
    for (const risk of lifeline.risks) {
      const kind = lifeline.assets.find((asset) => asset.kind === risk.asset_kind)!
      expect(new Set(risk.factors.map((factor) => factor.side)).size, risk.id).toBe(2)
      for (const factor of risk.factors) {
        expect(factor.weight).toBeGreaterThan(0)
        expect(factor.mark({}, now).mark, `${risk.id} ${factor.id}`).toBeNull()
      }
      const attributes = fc.record(Object.fromEntries(kind.attributes.map((attribute) => [attribute.id, value])))
      fc.assert(
        fc.property(attributes, (given) => {
          for (const factor of risk.factors) {
            const { mark, words } = factor.mark(given, now)
            expect(mark === null || (mark >= 0 && mark <= 10)).toBe(true)
            expect(words.zh && words.en).toBeTruthy()
          }
        }),
        { numRuns: 100 },
      )
    }
  })

  it("simulates values within the indicators' ranges and faults that a rule of its own expects", () => {
    const { simulation } = lifeline
    if (!simulation) return
    const rules = [
      ...lifeline.thresholds.map((t) => `${lifeline.id}.${t.id}`),
      ...lifeline.detectors.map((d) => d.rule),
    ]
    for (const indicator of lifeline.indicators)
      for (let i = 0; i < 200; i++) {
        const normal = simulation.normal(indicator.id, now + i * 433_000, (i % 17) / 17)
        if (normal !== null) expect(normal >= indicator.min && normal <= indicator.max, indicator.id).toBe(true)
      }
    for (const fault of simulation.faults) {
      expect(lifeline.indicators.map((i) => i.id)).toContain(fault.indicator)
      expect(rules).toContain(fault.expects_rule)
      for (const age_ms of [0, 1e3, 1e5, 1e7, 1e9]) expect(Number.isFinite(fault.value(1, age_ms))).toBe(true)
    }
  })

  it("turns text that is none of its files into problems, never into an error", () => {
    for (const reader of lifeline.imports ?? []) {
      expect(reader.extension).toMatch(/^[a-z0-9.]+$/)
      const text = fc.oneof(
        fc.string({ maxLength: 300 }),
        fc.json({ maxDepth: 4 }),
        fc.constantFrom(
          "[PIPES]\n a b c\n",
          "[JUNCTIONS]\n\u0000 x\n[END]",
          '{"type":"FeatureCollection","features":[null]}',
          '{"type":"FeatureCollection","features":[]}',
        ),
      )
      fc.assert(
        fc.property(text, fc.option(fc.jsonValue()), (garbage, companion) => {
          const city = reader.read(garbage, { companion, origin: [117, 31] })
          if (city.assets.length === 0) expect(city.problems.some((problem) => problem.blocks)).toBe(true)
          for (const problem of city.problems) expect(problem.words.zh && problem.words.en).toBeTruthy()
        }),
        { numRuns: 150 },
      )
    }
  })

  it.each(lifeline.detectors.map((detector) => [detector.rule, detector as unknown as Detector] as const))(
    "detector %s survives missing, repeated, mad, out-of-range and late input, and a restart at any slice",
    (_rule, detector) => {
      expect(detector.slice_ms).toBeGreaterThan(0)
      expect(detector.lateness_ms).toBeGreaterThanOrEqual(0)
      const city = cityOf(lifeline)
      const subjects = detector.subjects(city)
      unique(subjects.map((subject) => subject.key))
      expect(subjects.length, "the test's city gives every detector a subject").toBeGreaterThan(0)
      const points = new Map(city.points.map((point) => [point.id, point]))
      const subject = subjects[0]!
      expect(subject.points.every((id) => points.has(id))).toBe(true)
      const context = { subject, point: (id: number) => points.get(id)! }
      const slices = fc.array(slice(detector, subject.points), { minLength: 1, maxLength: 20 })
      fc.assert(
        fc.property(slices, fc.boolean(), (makers, restart) => {
          let state = detector.start(subject)
          let from = Math.floor(now / detector.slice_ms) * detector.slice_ms
          for (const make of makers) {
            const input = make(from)
            const step = detector.step(structuredClone(state), input, context)
            // State is plain data: what comes back from the database is what was saved.
            const saved: unknown = JSON.parse(JSON.stringify(step.state))
            if (restart) {
              const again = detector.step(JSON.parse(JSON.stringify(state)), input, context)
              expect(JSON.stringify(again)).toBe(JSON.stringify(step))
            }
            state = saved
            for (const finding of step.findings) checkFinding(finding, detector, subject.key)
            from += detector.slice_ms
          }
        }),
        { numRuns: 100 },
      )
    },
    30_000,
  )
})

it("the empty city gives no detector a subject", () => {
  for (const lifeline of lifelines)
    for (const detector of lifeline.detectors)
      expect(detector.subjects({ points: [], areas: [], clock_mode: "real" })).toEqual([])
})

function checkFinding(finding: Finding, detector: Detector, subject: string): void {
  expect(finding).toMatchObject({ rule: detector.rule, rule_version: detector.version, subject })
  expect([1, 2, 3, 4]).toContain(finding.severity)
  expect(["raise", "update", "clear"]).toContain(finding.phase)
  expect(Number.isFinite(finding.time) && finding.since <= finding.time).toBe(true)
  expect(finding.title.zh && finding.title.en).toBeTruthy()
  expect(finding.value === null || Number.isFinite(finding.value.amount)).toBe(true)
  expect(finding.because.rule).toBe(detector.rule)
}

/** Every words object reachable through plain data, with its path. */
function wordsIn(value: unknown, path = ""): [string, Words][] {
  if (typeof value !== "object" || value === null) return []
  if ("zh" in value || "en" in value) return [[path, value as Words]]
  return Object.entries(value).flatMap(([key, part]) => wordsIn(part, `${path}.${key}`))
}

/** One metered area with five points of every indicator, and a sixth outside; its first flow point feeds it. */
function cityOf(lifeline: Lifeline): CityView {
  const points = lifeline.indicators.flatMap((indicator, i) =>
    [0, 1, 2, 3].map(
      (k): PointView => ({
        id: 10 * i + k + 1,
        device_code: `${indicator.id}-${k}`,
        name: `${indicator.name.zh} ${k}`,
        lifeline: lifeline.id,
        indicator: indicator.id,
        unit: indicator.unit,
        interval_ms: 30_000,
        value_kind: "instant",
        asset_code: `a${k}`,
        area_code: k < 5 ? "A" : null,
        lon_lat: [117 + k / 1000, 31],
      }),
    ),
  )
  const of = (dimension: Indicator["dimension"]) =>
    points.filter((p) => lifeline.indicators.find((i) => i.id === p.indicator)!.dimension === dimension && p.area_code)
  const [meters, tanks] = [of("flow").slice(0, 2), of("level").slice(0, 1)]
  const area: AreaView = {
    code: "A",
    name: "一区",
    lifeline: lifeline.id,
    meters: meters.map((p, i) => ({ point: p.id, sign: i === 0 ? 1 : -1 })),
    tanks: tanks.map((p) => ({ point: p.id, area_m2: 100 })),
    customers: of("flow")
      .slice(2)
      .map((p) => p.id),
    pressures: of("pressure").map((p) => p.id),
    pipe_length_m: 5_000,
  }
  return { points, areas: [area], clock_mode: "replay" }
}

/** A slice with anything a door may let through; times may repeat and may lie before the slice (late data). */
function slice(detector: Detector, points: number[]): fc.Arbitrary<(from: number) => Slice> {
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.double({ min: 0, max: 100, noNaN: true }) },
    fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e300, -1e9, 0),
  )
  const at = fc.oneof(
    { weight: 6, arbitrary: fc.double({ min: 0, max: 0.999, noNaN: true }) },
    fc.constantFrom(0, 0, -0.5, -3),
  )
  const reading = fc.record({ at, value, quality: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })) })
  const column = fc.option(fc.array(reading, { maxLength: 12 }))
  const chosen = points.slice(0, 40)
  return fc.tuple(...chosen.map(() => column)).map((columns) => (from: number) => {
    const filled = new Map<number, Column>()
    for (const [i, readings] of columns.entries()) {
      if (readings === null) continue
      const sorted = [...readings].sort((a, b) => a.at - b.at)
      filled.set(chosen[i]!, {
        time: Float64Array.from(sorted, (r) => Math.floor(from + r.at * detector.slice_ms)),
        value: Float64Array.from(sorted, (r) => r.value),
        quality: Uint8Array.from(sorted, (r) => r.quality),
      })
    }
    return { from, to: from + detector.slice_ms, points: filled }
  })
}
