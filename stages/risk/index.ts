/** Risk (风险): scores every asset by its lifeline's rules and keeps the city's four-colour list. */
import type { RiskRule } from "../../lifelines/contract.ts"
import type { Attributes } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { type Tx, transaction } from "../../platform/sql/index.ts"
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
  /** Scores some assets anew, and forgets the scores of those that are gone. */
  assessSome(asset_ids: readonly number[], now?: number): Promise<Assessed>
  /** Reads the bands that the map shows into memory; `assess` does so itself. */
  reload(): Promise<void>
  bandOf(asset_id: number): { band: number; score: number } | undefined
}

const page_rows = 5_000

export function installRisk(app: App, census: Census): Risk {
  let bands = new Map<number, store.Banded>()
  let revision = 0
  const { db } = app.sql
  const cityNow = () => app.clock.now() || app.clock.wall()

  async function reload(): Promise<void> {
    bands = new Map((await store.allBands(db)).map((row) => [row.asset_id, row]))
    revision++
  }

  /** Pages of assets become scores, in one transaction. */
  async function score(pages: (tx: Tx, kinds: string[]) => AsyncGenerator<store.AssetAttributes[]>, now: number) {
    const rules = rulesByKind(app.lifelines)
    const careful = carefulScore(app)
    const counted: Assessed = { assessed: 0, unknown: 0 }
    await transaction(db, async (tx) => {
      for await (const assets of pages(tx, [...rules.keys()])) {
        const scores = assets.flatMap(({ id, lifeline, kind, attributes }) => {
          const score = careful(lifeline, rules.get(kindKey(lifeline, kind)) ?? [], attributes, now)
          return score ? [{ ...score, asset_id: id }] : []
        })
        await store.insertScores(tx, scores, now)
        counted.assessed += scores.length
        counted.unknown += assets.length - scores.length
      }
    })
    await reload()
    return counted
  }

  const assess = (now = cityNow()): Promise<Assessed> =>
    score(async function* (tx, kinds) {
      await store.clearScores(tx, null)
      for (let after = 0; ; ) {
        const assets = await store.nextAssets(tx, kinds, after, page_rows)
        yield assets
        if (assets.length < page_rows) return
        after = assets.at(-1)!.id
      }
    }, now)

  const assessSome = (asset_ids: readonly number[], now = cityNow()): Promise<Assessed> =>
    score(async function* (tx, kinds) {
      for (let i = 0; i < asset_ids.length; i += page_rows) {
        const page = asset_ids.slice(i, i + page_rows)
        await store.clearScores(tx, page)
        yield await store.assetsAmong(tx, kinds, page)
      }
    }, now)

  const risk: Risk = { assess, assessSome, reload, bandOf: (asset_id) => bands.get(asset_id) }
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
