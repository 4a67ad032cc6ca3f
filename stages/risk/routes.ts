/** HTTP of the risk register. */
import Type, { type Static } from "typebox"
import type { RiskRule } from "../../lifelines/contract.ts"
import { ProblemError } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { cursorOf, notFound, pageOf } from "../../platform/http/index.ts"
import { Id, ListQuery, Page } from "../../platform/http/views.ts"
import { answerTile, type Census, type TileFeature, tileParams } from "../census/index.ts"
import { bandNames, kindKey } from "./score.ts"
import * as store from "./store.ts"
import { RiskRow, RiskSummary, RiskView } from "./views.ts"

type Bands = { bandOf(asset_id: number): { band: number; score: number } | undefined; revision(): number }
const Cell = Type.Optional(Type.Integer({ minimum: 0, maximum: 4 }))
const Lifeline = Type.Optional(Type.String({ maxLength: 100 }))

export function riskRoutes(app: App, census: Census, bands: Bands): void {
  const { db } = app.sql
  const kinds = new Map(app.lifelines.flatMap((l) => l.assets.map((asset) => [kindKey(l.id, asset.kind), asset.name])))
  const rules = new Map<string, RiskRule>(
    app.lifelines.flatMap((l) => l.risks.map((rule) => [`${l.id}/${rule.id}`, rule] as const)),
  )
  const row = ({ lon, lat, name, ...risk }: store.RiskSql): Static<typeof RiskRow> => {
    const kind = kinds.get(kindKey(risk.lifeline, risk.kind)) ?? { zh: risk.kind, en: risk.kind }
    const code = risk.code ?? String(risk.asset_id)
    return {
      ...risk,
      name: name === null ? { zh: `${kind.zh} ${code}`, en: `${kind.en} ${code}` } : { zh: name, en: name },
      place: census.placeWords([lon, lat]),
      lon_lat: [lon, lat],
    }
  }
  app.http.route({
    method: "GET",
    url: "/api/risk/summary",
    permission: "risk.read",
    summary: "Counts and lengths by band, and the 5 × 5 matrix",
    query: Type.Object({ lifeline: Lifeline }),
    response: RiskSummary,
    async handler({ query, scopes }) {
      const counts = await store.countRisks(db, scopes, query.lifeline)
      const matrix = Array.from({ length: 5 }, () => [0, 0, 0, 0, 0])
      for (const cell of counts.cells) matrix[cell.likelihood]![cell.consequence] = cell.count
      const list = ([1, 2, 3, 4] as const).map((band) => {
        const found = counts.bands.find((b) => b.band === band)
        return {
          band,
          name: bandNames[band],
          count: found?.count ?? 0,
          length_m: Math.round(10 * (found?.length_m ?? 0)) / 10,
        }
      })
      return { bands: list, matrix, assessed_at: counts.assessed_at }
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/risk/register",
    permission: "risk.read",
    summary: "The city's risk list, worst first",
    query: Type.Object({
      ...ListQuery,
      lifeline: Lifeline,
      band: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
      likelihood: Cell,
      consequence: Cell,
    }),
    response: Page(RiskRow),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listRisks(db, scopes, query, { limit, offset })
      return pageOf(rows.map(row), total, limit, offset)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/risk/register/:asset_id",
    permission: "risk.read",
    summary: "One risk with its factors, which add up to both sides",
    params: Type.Object({ asset_id: Id }),
    response: RiskView,
    async handler({ params, scopes }) {
      const found = await store.riskDetail(db, scopes, params.asset_id)
      if (!found) throw new ProblemError(notFound("asset", params.asset_id))
      const { factors, ...risk } = found
      const source = rules.get(`${risk.lifeline}/${risk.rule}`)?.source
      return { ...row(risk), factors, source: source ?? { zh: "规则已不存在", en: "The rule is no longer there" } }
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/map/risk/:z/:x/:y.mvt",
    permission: "risk.read",
    summary: "Vector tile of the assessed lines the caller may see",
    params: tileParams,
    handler: (input) =>
      answerTile(
        input,
        census.tile(`risk ${bands.revision()}`, input.scopes, input.params, (assets) => ({
          line: assets.flatMap(({ id, lifeline, geometry }): TileFeature[] => {
            const found = bands.bandOf(id)
            if (!found || geometry.type !== "LineString") return []
            return [
              {
                id,
                geometry,
                properties: { id, lifeline, band: found.band, score: Math.round(found.score * 10) / 10 },
              },
            ]
          }),
        })),
      ),
  })
}
