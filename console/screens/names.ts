import type { Indicator, Threshold } from "../../lifelines/contract.ts"
import type { AttributeDeclaration } from "../../model/index.ts"
import { type LifelineView, useLifelines } from "../api.ts"
import { type IconName, lifelineIcon } from "../kit/index.ts"
import { useWords } from "../words/index.ts"

/** Names of lifelines, kinds, indicators and rules, from the declarations; an unknown id stays as it is. */
export function useNames() {
  const { pick } = useWords()
  const lifelines = useLifelines().data ?? []
  const of = (id: string): LifelineView | undefined => lifelines.find((l) => l.id === id)
  return {
    lifelines,
    lifeline: (id: string): string => pick(of(id)?.name) || id,
    icon: (id: string): IconName => lifelineIcon(of(id)?.symbol),
    kind: (lifeline: string, kind: string): string =>
      pick(of(lifeline)?.assets.find((a) => a.kind === kind)?.name) || kind,
    rule: (rule: string): string => pick(lifelines.flatMap((l) => l.rules).find((r) => r.rule === rule)?.name) || rule,
    lifelineOfRule: (rule: string): string => of(rule.split(".")[0] ?? "")?.id ?? "",
    indicators: (lifeline: string): Indicator[] => (of(lifeline)?.indicators ?? []) as Indicator[],
    thresholds: (lifeline: string, indicator: string): Threshold[] =>
      ((of(lifeline)?.thresholds ?? []) as Threshold[]).filter((t) => t.indicator === indicator),
    /** A choice's words, a number as it is, yes and no as words given by the caller. */
    attribute(lifeline: string, kind: string, id: string, value: unknown): string {
      if (value === null || value === undefined) return "—"
      const declared = (of(lifeline)?.assets.find((a) => a.kind === kind)?.attributes ?? []) as AttributeDeclaration[]
      const choice = declared.find((d) => d.id === id)?.choices?.find((c) => c.value === value)
      return choice ? pick(choice.name) : String(value)
    },
  }
}
export const lifelineOptions = (names: ReturnType<typeof useNames>) =>
  names.lifelines.map((l) => ({ value: l.id, words: names.lifeline(l.id) }))
