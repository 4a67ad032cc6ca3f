/**
 * How good the census is: four measures of 0 to 100, each a numerator over a denominator so that anybody can compute it
 * again, for groups of assets by area, owner or class. All weights and limits are editable defaults of the platform; no
 * standard gives them.
 */
import type { AssetKind, Attributes } from "../../../model/index.ts"

export const measures = ["completeness", "consistency", "accuracy", "freshness"] as const
export type Measure = (typeof measures)[number]

export type QualitySettings = {
  /** Share of each measure in the total; those that a group does not have are left out. */
  weights: Record<Measure, number>
  /** A required attribute counts as much as so many others. */
  required_weight: number
  /** Position accuracy classes, metres, and the mark of each; what is worse or unknown has 0. */
  accuracy: { class: string; position_m_max: number; mark: number }[]
  /** As fresh as new up to `years_fresh`, then less, and nothing from `years_stale` on. */
  years_fresh: number
  years_stale: number
}

/** Classes A, B, C: ±0.5, ±1 and ±10 m, as published tables of city components have them. */
export const default_settings: QualitySettings = {
  weights: { completeness: 0.35, consistency: 0.35, accuracy: 0.15, freshness: 0.15 },
  required_weight: 2,
  accuracy: [
    { class: "A", position_m_max: 0.5, mark: 1 },
    { class: "B", position_m_max: 1, mark: 0.8 },
    { class: "C", position_m_max: 10, mark: 0.5 },
  ],
  years_fresh: 5,
  years_stale: 15,
}

/** Sums over assets that share lifeline, kind, owner and areas. */
export type Group = {
  lifeline: string
  kind: string
  owner_id: number | null
  area_ids: number[]
  assets: number
  sums: Record<Measure, Sum>
}
/** `low`: assets that do not have the full mark. */
export type Sum = { numerator: number; denominator: number; low: number }
export type Score = Sum & { score: number | null }
export type GroupScore = { assets: number; total: number | null; measures: Record<Measure, Score> }

const noSums = (): Record<Measure, Sum> =>
  Object.fromEntries(measures.map((id) => [id, { numerator: 0, denominator: 0, low: 0 }])) as Record<Measure, Sum>

/** Adds groups up under the keys that `keysOf` gives each; a group may stand under several. */
export function rollUp(
  groups: Iterable<Group>,
  keysOf: (group: Group) => readonly string[],
  settings: QualitySettings,
): Map<string, GroupScore> {
  const added = new Map<string, { assets: number; sums: Record<Measure, Sum> }>()
  for (const group of groups)
    for (const key of keysOf(group)) {
      const there = added.get(key) ?? { assets: 0, sums: noSums() }
      added.set(key, there)
      there.assets += group.assets
      for (const id of measures)
        for (const part of ["numerator", "denominator", "low"] as const) there.sums[id][part] += group.sums[id][part]
    }
  return new Map([...added].map(([key, { assets, sums }]) => [key, { assets, ...scored(sums, settings) }]))
}

function scored(sums: Record<Measure, Sum>, { weights }: QualitySettings) {
  const found = Object.fromEntries(
    measures.map((id) => {
      const { numerator, denominator } = sums[id]
      return [id, { ...sums[id], score: denominator > 0 ? round((100 * numerator) / denominator) : null }]
    }),
  ) as Record<Measure, Score>
  let [sum, weight] = [0, 0]
  for (const id of measures) {
    const { numerator, denominator } = sums[id]
    if (denominator <= 0) continue
    sum += weights[id] * ((100 * numerator) / denominator)
    weight += weights[id]
  }
  return { total: weight > 0 ? round(sum / weight) : null, measures: found }
}
const round = (value: number): number => Math.round(value * 10) / 10

/** Ends of a line that must be named and be there. */
export const endsOf = (kind: AssetKind): string[] =>
  kind.geometry === "line"
    ? ["from_node", "to_node"].filter((id) => kind.attributes.some((attribute) => attribute.id === id))
    : []

/** Attributes of a kind that an asset does not have, required ones first. */
export function missingOf(kind: AssetKind, attributes: Attributes): string[] {
  const missing = kind.attributes.filter(({ id }) => (attributes[id] ?? "") === "")
  return [...missing.filter((one) => one.required), ...missing.filter((one) => !one.required)].map(({ id }) => id)
}

/** Null where the settings can be used, else what is wrong. */
export function settingsProblem(settings: QualitySettings): string | null {
  const { weights, accuracy, years_fresh, years_stale } = settings
  if (measures.every((id) => weights[id] === 0)) return "weights: all are 0"
  if (years_stale <= years_fresh) return `years_stale ${years_stale} must be above years_fresh ${years_fresh}`
  const sorted = accuracy.every((one, i) => i === 0 || one.position_m_max > accuracy[i - 1]!.position_m_max)
  return sorted ? null : "accuracy: classes must go from the finest to the coarsest"
}
