/** Risk (风险): scores every asset by its lifeline's rules and keeps the city's four-colour list. */
import type { RiskRule } from "../../lifelines/contract.ts"
import type { Attributes } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { transaction } from "../../platform/sql/index.ts"
import type { Census } from "../census/index.ts"
import { riskRoutes } from "./routes.ts"
import { kindKey, rulesByKind, type Score, scoreOf } from "./score.ts"
import * as store from "./store.ts"

export { bandNames, type FactorRow, type Score, scoreOf } from "./score.ts"

export type Assessed = {
  assessed: number
  /** Assets of which a whole side is unknown; they have no score. */
  unknown: number
}
export type Risk = {
  /** Scores every current asset anew at city time `now` and replaces the register. Call it after each import. */
  assess(now?: number): Promise<Assessed>
  /** Reads the bands that the map shows into memory; `assess` does so itself. */
  reload(): Promise<void>
  bandOf(asset_id: number): { band: number; score: number } | undefined
}

const page_rows = 5_000

export function installRisk(app: App, census: Census): Risk {
  let bands = new Map<number, store.Banded>()
  let revision = 0
  const { db } = app.sql

  async function reload(): Promise<void> {
    bands = new Map((await store.allBands(db)).map((row) => [row.asset_id, row]))
    revision++
  }

  async function assess(now = app.clock.now() || app.clock.wall()): Promise<Assessed> {
    const rules = rulesByKind(app.lifelines)
    const careful = carefulScore(app)
    const result = await transaction(db, async (tx) => {
      await store.clearScores(tx)
      const counted: Assessed = { assessed: 0, unknown: 0 }
      for (let after = 0; ; ) {
        const assets = await store.nextAssets(tx, [...rules.keys()], after, page_rows)
        const scores = assets.flatMap(({ id, lifeline, kind, attributes }) => {
          const score = careful(lifeline, rules.get(kindKey(lifeline, kind)) ?? [], attributes, now)
          return score ? [{ ...score, asset_id: id }] : []
        })
        await store.insertScores(tx, scores, now)
        counted.assessed += scores.length
        counted.unknown += assets.length - scores.length
        if (assets.length < page_rows) return counted
        after = assets.at(-1)!.id
      }
    })
    await reload()
    return result
  }

  const risk: Risk = { assess, reload, bandOf: (asset_id) => bands.get(asset_id) }
  riskRoutes(app, census, { bandOf: risk.bandOf, revision: () => revision })
  return risk
}

/** The worst score over the rules of a kind. A rule that throws is said on the duty desk and scores nothing; the others go on. */
function carefulScore(app: App) {
  const broken = new Set<RiskRule>()
  return (lifeline: string, rules: readonly RiskRule[], attributes: Attributes, now: number): Score | null => {
    const scores = rules.flatMap((rule) => {
      if (broken.has(rule)) return []
      try {
        const score = scoreOf(rule, attributes, now)
        return score ? [score] : []
      } catch (error) {
        broken.add(rule)
        app.log.error({ error, rule: rule.id }, "risk rule failed")
        app.troubles.raise(`risk:${lifeline}/${rule.id}`, {
          zh: `风险规则「${rule.name.zh}」出错，已停用：${String(error)}`,
          en: `The risk rule "${rule.name.en}" failed and is switched off: ${String(error)}`,
        })
        return []
      }
    })
    return scores.reduce<Score | null>((worst, score) => (worst && worst.score >= score.score ? worst : score), null)
  }
}
