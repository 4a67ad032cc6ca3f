/**
 * The lifeline contract, version 1: everything the platform needs to know about gas, water, elevators …
 * A lifeline is data and pure functions. It reaches no database, network, clock or chance but through its arguments.
 */
import type { AssetKind, Attributes, AttributeValue, Geometry, LonLat } from "../model/asset.ts"
import type { Finding, Place, Severity } from "../model/finding.ts"
import type { ValueKind } from "../model/point.ts"
import type { Dimension } from "../model/quantity.ts"
import type { Words } from "../model/result.ts"
import type { SurveyDeclaration } from "../model/survey.ts"

/** What can be measured. Values are kept in `unit`; doors convert from units of the same dimension. */
export type Indicator = {
  id: string
  name: Words
  dimension: Dimension
  unit: string
  /** Plausible range: values outside are kept and flagged. */
  min: number
  max: number
  /** Largest plausible change per minute; larger ones are flagged. */
  rate_per_min_max?: number
  decimals: number
  /**
   * Set where the indicator is a waveform: it comes in blocks of samples, at a rate within these bounds. Every minute
   * the platform makes ordinary readings of it under the indicators named here (declared like any other): the largest
   * absolute sample, the RMS about the mean, and the frequency of the highest peak of the spectrum.
   */
  waveform?: { rate_hz_min: number; rate_hz_max: number; derives: { peak?: string; rms?: string; frequency?: string } }
}

/** A limit on every point of an indicator; the platform makes the detector from it. */
export type Threshold = {
  id: string
  version: number
  indicator: string
  direction: "above" | "below"
  /** Limits from lightest to worst severity. */
  levels: { severity: Severity; limit: number }[]
  /** The value must stay past the limit for this long, over at least two readings. */
  hold_ms: number
  /** The value must come back by this much before the alarm clears. */
  deadband: number
  title: Words
  /** Clause it comes from, or the sentence that it is an editable default. */
  source: Words
}

/** A point as detectors see it. */
export type PointView = {
  id: number
  device_code: string
  name: string
  lifeline: string
  indicator: string
  unit: string
  interval_ms: number
  value_kind: ValueKind
  asset_code: string | null
  area_code: string | null
  lon_lat: LonLat | null
}

/** A metered area: what flows in (sign +1) and out (sign −1) through meters, and what is stored in tanks. */
export type AreaView = {
  code: string
  name: string
  lifeline: string
  meters: { point: number; sign: 1 | -1 }[]
  /** Level points of tanks inside, with the tank's ground area. */
  tanks: { point: number; area_m2: number }[]
  /** Customer meters inside (indicator demand). */
  customers: number[]
  /** Pressure points inside. */
  pressures: number[]
  pipe_length_m: number
}

/** The city as far as detectors may know it when subjects are made. */
export type CityView = {
  points: PointView[]
  areas: AreaView[]
  /** True where the lifeline's data is real and has no injected history (replay), false in demo. */
  clock_mode: "real" | "demo" | "replay"
}

/** What one run of a detector looks at: a point, an asset, a metered area, a network. */
export type Subject = {
  /** For example "point:12" or "area:DMA-1". Unique within the rule. */
  key: string
  points: number[]
  place: Place
  /** Plain data the detector wants to remember of the city (signs, areas …). */
  facts: unknown
}

/** Readings of one point in a slice, sorted by time. */
export type Column = { time: Float64Array; value: Float64Array; quality: Uint8Array }

/**
 * Committed readings with from ≤ time < to of a subject's points. A point without readings is absent. A waveform point
 * stands in `points` with its envelope: the lowest and the highest sample of each block at their times.
 */
export type Slice = { from: number; to: number; points: Map<number, Column> }

export type DetectorContext = { subject: Subject; point(id: number): PointView }

/**
 * A detector advances in event time, slice by slice, and says findings.
 * `State` is plain data (JSON): it is saved and comes back after a restart.
 */
export type Detector<State = unknown> = {
  rule: string
  version: number
  name: Words
  /** Slices are [k·slice_ms, (k+1)·slice_ms) and handed over when the city clock is past their end by lateness_ms. */
  slice_ms: number
  lateness_ms: number
  subjects(city: CityView): Subject[]
  start(subject: Subject): State
  step(state: State, slice: Slice, context: DetectorContext): { state: State; findings: Finding[] }
}

/** One factor of a risk score: weight × mark (0…10) = points; a mark of null is unknown and shown as unknown. */
export type RiskFactor = {
  id: string
  name: Words
  side: "likelihood" | "consequence"
  weight: number
  mark(attributes: Attributes, now: number): { mark: number | null; input: AttributeValue; words: Words }
}

/** A risk rule scores every asset of a kind; the score is the product of both weighted means (0…100). */
export type RiskRule = {
  id: string
  version: number
  name: Words
  asset_kind: string
  factors: RiskFactor[]
  /** Lower bounds of the score for severity 1, 2, 3; below is 4. */
  bands: [number, number, number]
  source: Words
}

/** Who is told at which severity, in which time they must act, and the steps of the work order. */
export type Playbook = {
  on: Severity
  steps: Words[]
  accept_ms: number
  arrive_ms: number
  handle_ms: number
  report_ms: number
}

export type Choice = { id: string; name: Words }

/** How a point of an indicator behaves in the invented city. */
export type Simulation = {
  /** Value on a normal day at city time `time` for a point with a stable `seed` in [0,1). */
  normal(indicator: string, time: number, seed: number): number | null
  faults: {
    id: string
    name: Words
    indicator: string
    expects_rule: string /** Value with the fault `age_ms` old. */
    value(normal: number, age_ms: number): number
  }[]
}

export type Lifeline = {
  contract: 1
  id: string
  name: Words
  /** CJJ 61 class that gives the colour (JS, PS, RQ, RL, DL, TX, QT) and the icon family. */
  class_code: string
  symbol: string
  maturity: "sketch" | "tried" | "proven"
  assets: AssetKind[]
  indicators: Indicator[]
  thresholds: Threshold[]
  detectors: Detector<never>[]
  risks: RiskRule[]
  playbooks: Playbook[]
  /** What a crew finds and does, as it picks from in its report; without it `generalReport` serves. */
  report?: { found: Choice[]; done: Choice[] }
  /** Confirming an alarm of these rules joins an incident of another lifeline's id within reach. */
  watches?: string[]
  simulation?: Simulation
  /** Turns a file of this lifeline's own kind into assets; the census offers it by extension. */
  imports?: LifelineImport[]
  /** Rows of pipeline survey deliveries that become this lifeline's assets. */
  survey?: SurveyDeclaration
}

/** What an import makes: assets, devices and points by code, areas. All geometry is WGS 84. */
export type ImportedCity = {
  assets: {
    kind: string
    source_id: string
    code: string
    name: string | null
    geometry: Geometry
    attributes: Attributes
    original: unknown
  }[]
  devices: {
    code: string
    name: string
    kind: string
    asset_code: string | null
    points: { indicator: string; unit: string; interval_ms: number; value_kind: ValueKind }[]
  }[]
  areas: {
    code: string
    name: string
    meters: { device_code: string; indicator: string; sign: 1 | -1 }[]
    tanks: { device_code: string; indicator: string; area_m2: number }[]
    asset_codes: string[]
    pipe_length_m: number
  }[]
  schematic: boolean
  /** Files to be kept with the census (the network file itself). */
  problems: { line: number | null; field: string; value: string; words: Words; blocks: boolean }[]
}

export type LifelineImport = {
  /** Without the dot: "inp". */
  extension: string
  name: Words
  /** True for a text that is its own, where files of several lifelines end alike; one without takes what is left. */
  accepts?(text: string): boolean
  /** Reads `text` with an optional companion (sensors.json); `origin` places local metres on earth. */
  read(text: string, options: { companion: unknown; origin: LonLat | null }): ImportedCity
  /** Writes assets as they are now back into the file they came from; notes say what the file cannot hold. */
  write?(original: string, assets: readonly { kind: string; code: string; attributes: Attributes }[]): NetworkWritten
}
export type NetworkWritten = { text: string; notes: Words[] }

/** Checks a lifeline's own consistency and returns it; throws one sentence that says what is wrong where. */
export function defineLifeline(lifeline: Lifeline): Lifeline {
  const at = (what: string) => `lifeline "${lifeline.id}": ${what}`
  const need: (condition: unknown, what: string) => asserts condition = (condition, what) => {
    if (!condition) throw new Error(at(what))
  }
  need(lifeline.contract === 1, `contract ${lifeline.contract} is not 1; write it for contract 1`)
  need(/^[a-z][a-z0-9_-]*$/.test(lifeline.id), "id must be lower case letters, digits, _ or -")
  need(lifeline.name.zh && lifeline.name.en, "name needs zh and en")
  const indicators = new Set(lifeline.indicators.map((i) => i.id))
  need(indicators.size === lifeline.indicators.length, "an indicator id is used twice")
  for (const indicator of lifeline.indicators) {
    need(indicator.name.zh && indicator.name.en, `indicator ${indicator.id} needs zh and en names`)
    need(indicator.min < indicator.max, `indicator ${indicator.id}: min must be below max`)
  }
  for (const threshold of lifeline.thresholds) {
    need(
      indicators.has(threshold.indicator),
      `threshold ${threshold.id} names the unknown indicator ${threshold.indicator}`,
    )
    const limits = threshold.levels.map((l) => (threshold.direction === "above" ? l.limit : -l.limit))
    need(threshold.levels.length > 0, `threshold ${threshold.id} has no levels`)
    need(
      limits.every((v, i) => i === 0 || v > limits[i - 1]!) &&
        threshold.levels.every((l, i) => i === 0 || l.severity < threshold.levels[i - 1]!.severity),
      `threshold ${threshold.id}: levels must go from lightest to worst`,
    )
  }
  const kinds = new Set(lifeline.assets.map((a) => a.kind))
  const { survey } = lifeline
  if (survey) {
    const named = [survey.line_kind, survey.point_kind, ...survey.points.map((point) => point.kind)]
    const unknown = named.find((kind) => !kinds.has(kind))
    need(unknown === undefined, `survey names the unknown asset kind ${unknown}`)
    need(survey.classes.length > 0, "survey names no class")
  }
  for (const risk of lifeline.risks) {
    need(kinds.has(risk.asset_kind), `risk ${risk.id} names the unknown asset kind ${risk.asset_kind}`)
    need(risk.bands[0] > risk.bands[1] && risk.bands[1] > risk.bands[2], `risk ${risk.id}: bands must fall`)
  }
  return lifeline
}

/** Gives a typed detector its place in a lifeline's list (state types differ from detector to detector). */
export const defineDetector = <State>(detector: Detector<State>): Detector<never> =>
  detector as unknown as Detector<never>

/** Playbooks of a lifeline that has no better ones yet: go and see, put it right, measure again. */
export const generalPlaybooks: Playbook[] = ([5, 10, 30, 60] as const).map((minutes, i) => {
  const [accept_ms, arrive_ms] = [minutes * 60_000, 3 * minutes * 60_000]
  const steps = [{ zh: "到现场核实，处置并复测", en: "Go and see, put it right, measure again" }]
  return { on: (i + 1) as Severity, steps, accept_ms, arrive_ms, handle_ms: 2 * arrive_ms, report_ms: 2 * arrive_ms }
})

/** What a crew of any lifeline finds and does. */
export const generalReport: { found: Choice[]; done: Choice[] } = {
  found: [
    { id: "damaged", name: { zh: "设施损坏", en: "Damaged" } },
    { id: "dug", name: { zh: "第三方挖断", en: "Dug up by others" } },
    { id: "none", name: { zh: "未发现异常", en: "Nothing unusual" } },
    { id: "other", name: { zh: "其他", en: "Other" } },
  ],
  done: [
    { id: "isolate", name: { zh: "关阀", en: "Valves closed" } },
    { id: "repair", name: { zh: "修复", en: "Repaired" } },
    { id: "cordon", name: { zh: "围挡", en: "Cordoned off" } },
    { id: "other", name: { zh: "其他", en: "Other" } },
  ],
}
