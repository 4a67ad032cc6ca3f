/** The one risk formula: pure. */
import type { Lifeline, RiskRule } from "../../lifelines/contract.ts"
import type { Attributes, AttributeValue, Words } from "../../model/index.ts"

export type FactorRow = {
  id: string
  name: Words
  side: "likelihood" | "consequence"
  weight: number
  /** 0 to 10; null where the input is unknown. */
  mark: number | null
  /** What the factor adds to its side; the points of a side add up to its mean. Null where unknown. */
  points: number | null
  input: AttributeValue
  words: Words
}
export type Score = {
  rule: string
  rule_version: number
  /** likelihood × consequence, 0 to 100. */
  score: number
  likelihood: number
  consequence: number
  /** 1 (major, red) to 4 (low, blue). */
  band: 1 | 2 | 3 | 4
  /** Share of all weights whose input is known, 0 to 1. */
  known: number
  factors: FactorRow[]
}

const unknown: Words = { zh: "未知", en: "Unknown" }

/**
 * Both sides are the weighted mean of their marks over the factors that are known: Σ w·m / Σ w, each 0 to 10; the score is
 * their product, as in likelihood × consequence methods (GB/T 27921, risk matrix). An unknown factor takes no part and
 * stays unknown. Null where a whole side is unknown: such an asset is not assessed.
 */
export function scoreOf(rule: RiskRule, attributes: Attributes, now: number): Score | null {
  const marked = rule.factors.map((factor) => {
    const { mark, input, words } = factor.mark(attributes, now)
    const good = typeof mark === "number" && Number.isFinite(mark) ? Math.min(10, Math.max(0, mark)) : null
    const { id, name, side, weight } = factor
    return { id, name, side, weight, mark: good, input, words: good === null ? unknown : words }
  })
  const weightOf = (factors: typeof marked) => factors.reduce((sum, factor) => sum + factor.weight, 0)
  const known = marked.filter((factor) => factor.mark !== null)
  const sideWeight = {
    likelihood: weightOf(known.filter((factor) => factor.side === "likelihood")),
    consequence: weightOf(known.filter((factor) => factor.side === "consequence")),
  }
  if (!(sideWeight.likelihood > 0 && sideWeight.consequence > 0)) return null
  const factors = marked.map(
    (factor): FactorRow => ({
      ...factor,
      points: factor.mark === null ? null : (factor.weight * factor.mark) / sideWeight[factor.side],
    }),
  )
  const side = (name: FactorRow["side"]) =>
    factors.reduce((sum, factor) => sum + (factor.side === name ? (factor.points ?? 0) : 0), 0)
  const [likelihood, consequence] = [side("likelihood"), side("consequence")]
  const score = likelihood * consequence
  return {
    rule: rule.id,
    rule_version: rule.version,
    score,
    likelihood,
    consequence,
    band: bandOf(score, rule.bands),
    known: weightOf(known) / weightOf(marked),
    factors,
  }
}

const bandOf = (score: number, [major, considerable, moderate]: RiskRule["bands"]): 1 | 2 | 3 | 4 =>
  score >= major ? 1 : score >= considerable ? 2 : score >= moderate ? 3 : 4

/** Rules by lifeline and kind of asset. */
export function rulesByKind(lifelines: readonly Lifeline[]): Map<string, RiskRule[]> {
  const rules = new Map<string, RiskRule[]>()
  for (const lifeline of lifelines)
    for (const rule of lifeline.risks) {
      const key = kindKey(lifeline.id, rule.asset_kind)
      rules.set(key, [...(rules.get(key) ?? []), rule])
    }
  return rules
}
export const kindKey = (lifeline: string, kind: string): string => `${lifeline}/${kind}`

/** The four colours of the city's risk list (红橙黄蓝). */
export const bandNames: Record<1 | 2 | 3 | 4, Words> = {
  1: { zh: "重大风险", en: "Major" },
  2: { zh: "较大风险", en: "Considerable" },
  3: { zh: "一般风险", en: "Moderate" },
  4: { zh: "低风险", en: "Low" },
}
