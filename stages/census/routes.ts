/** HTTP of the census: lifelines, assets, areas, imports, tiles. */
import Type, { type Static } from "typebox"
import { generalReport, type Lifeline } from "../../lifelines/contract.ts"
import type { AttributeValue } from "../../model/index.ts"
import { ProblemError, survey_attributes } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { cursorOf, type Input, notFound, pageOf } from "../../platform/http/index.ts"
import { Id, ListQuery, LonLat, Nullable, Page, Words } from "../../platform/http/views.ts"
import * as store from "./store.ts"
import { type Tile, tile_zoom_max } from "./tiles.ts"
import type { Census } from "./types.ts"
import { AreaRow, AssetRow, AssetView, BatchRow, LifelineView } from "./views.ts"

const search_limit = 20

const LegendView = Type.Object({
  lifeline: Type.String(),
  name: Words,
  class_code: Type.String(),
  /** #rrggbb of CJJ 61-2017, appendix B. */
  colour: Type.String(),
  symbol: Type.String(),
  count: Type.Integer(),
  kinds: Type.Array(
    Type.Object({
      kind: Type.String(),
      name: Words,
      geometry: Type.String(),
      symbol: Type.String(),
      count: Type.Integer(),
    }),
  ),
})

const FoundView = Type.Object({
  type: Type.Union([Type.Literal("asset"), Type.Literal("area"), Type.Literal("street"), Type.Literal("place")]),
  id: Nullable(Id),
  lifeline: Nullable(Type.String()),
  kind: Nullable(Type.String()),
  code: Nullable(Type.String()),
  name: Nullable(Words),
  lon_lat: LonLat,
  box: Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()]),
  score: Type.Number(),
})

const short = Type.Optional(Type.String({ maxLength: 100 }))

/** Parameters of every tile address. */
export const tileParams = Type.Object({
  z: Type.Integer({ minimum: 0, maximum: tile_zoom_max }),
  x: Type.Integer({ minimum: 0, maximum: 2 ** tile_zoom_max - 1 }),
  y: Type.Integer({ minimum: 0, maximum: 2 ** tile_zoom_max - 1 }),
})

export function censusRoutes(app: App, census: Census): void {
  const { db } = app.sql
  const byId = new Map(app.lifelines.map((lifeline) => [lifeline.id, lifeline]))
  const row = ({ lon, lat, ...asset }: store.AssetSql): Static<typeof AssetRow> => ({
    ...asset,
    place: census.placeWords([lon, lat]),
    lon_lat: [lon, lat],
  })
  app.http.route({
    method: "GET",
    url: "/api/lifelines",
    permission: "self",
    summary: "Declarations of the lifelines: kinds of assets, indicators, limits, rules",
    response: Type.Array(LifelineView),
    handler: () => app.lifelines.map(lifelineView),
  })
  app.http.route({
    method: "GET",
    url: "/api/census/assets",
    permission: "census.read",
    summary: "Assets as they are now",
    query: Type.Object({ ...ListQuery, lifeline: short, kind: short, area: short }),
    response: Page(AssetRow),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listAssets(db, scopes, query, { limit, offset })
      return pageOf(rows.map(row), total, limit, offset)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/assets/:id",
    permission: "census.read",
    summary: "One asset with its attributes, versions, points, alarms and risk",
    params: Type.Object({ id: Id }),
    response: AssetView,
    async handler({ params, scopes }) {
      const asset = await store.assetDetail(db, scopes, params.id)
      if (!asset) throw new ProblemError(notFound("asset", params.id))
      const { file, source_id, batch_id, attributes, ...rest } = asset
      return {
        ...rest,
        ...row(rest),
        source: { file, source_id, batch_id },
        attributes: attributeRows(byId.get(asset.lifeline), asset.kind, attributes),
      }
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/areas",
    permission: "census.read",
    summary: "Metered areas and districts",
    response: Type.Array(AreaRow),
    handler: ({ scopes }) => store.listAreas(db, scopes),
  })
  app.http.route({
    method: "GET",
    url: "/api/census/batches",
    permission: "census.read",
    summary: "Files taken into the census, newest first",
    response: Type.Array(BatchRow),
    handler: ({ scopes }) => store.listBatches(db, scopes),
  })
  app.http.route({
    method: "GET",
    url: "/api/census/batches/:id/network",
    permission: "census.export",
    summary: "A network file as it came, with its assets as they are now",
    params: Type.Object({ id: Id }),
    async handler({ params, scopes, caller, reply }) {
      const file = await store.networkFile(db, scopes, params.id)
      const writer = byId
        .get(file?.lifeline ?? "")
        ?.imports?.find((one) => file?.file_name.endsWith(`.${one.extension}`))
      const original = file && writer?.write && (await app.files.get(file.file_hash))
      if (!file || !writer?.write || !original) throw new ProblemError(notFound("network file", params.id))
      const assets = (await store.assetsOfSource(db, file.lifeline, file.file_name)).filter((asset) => !asset.ended)
      const { text } = writer.write(
        original.toString("utf8"),
        assets.map(({ kind, code, source_id, attributes }) => ({ kind, code: code ?? source_id, attributes })),
      )
      await app.audit(db, caller, "census-export", `batch:${params.id}`, {
        file_name: file.file_name,
        rows: assets.length,
      })
      const name = encodeURIComponent(file.file_name)
      reply
        .header("content-type", "text/plain; charset=utf-8")
        .header("content-disposition", `attachment; filename*=UTF-8''${name}`)
      return reply.send(text)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/map/base/:z/:x/:y.mvt",
    permission: "map.read",
    summary: "Vector tile of the base map",
    params: tileParams,
    handler: async (input) => answerTile(input, await census.baseTile(input.params)),
  })
  app.http.route({
    method: "GET",
    url: "/api/map/census/:z/:x/:y.mvt",
    permission: "map.read",
    summary: "Vector tile of the assets the caller may see, as they are or as they were at a time",
    params: tileParams,
    query: Type.Object({ at: Type.Optional(Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })) }),
    async handler(input) {
      const { scopes, params, query } = input
      return answerTile(
        input,
        query.at === undefined ? census.censusTile(scopes, params) : await census.pastTile(scopes, params, query.at),
      )
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/map/legend",
    permission: "map.read",
    summary: "Lifelines and kinds of assets the caller sees, with counts, colours and symbols",
    response: Type.Array(LegendView),
    handler: ({ scopes }) => census.legend(scopes),
  })
  app.http.route({
    method: "GET",
    url: "/api/census/search",
    permission: "census.read",
    summary: "Assets, areas, streets and coordinates by code, name, pinyin or notation, best first",
    query: Type.Object({
      q: Type.String({ minLength: 1, maxLength: 100 }),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
    }),
    response: Type.Array(FoundView),
    handler: ({ query, scopes }) => census.search(scopes, query.q, query.limit ?? search_limit),
  })
}

/** Sends a tile: 204 where it is empty, 304 where the browser has it. What a person may see is never kept by a proxy. */
export function answerTile({ request, reply }: Input, tile: Tile): unknown {
  reply.header("cache-control", "private, no-cache").header("etag", tile.etag)
  if (request.headers["if-none-match"] === tile.etag) return reply.code(304).send()
  if (tile.bytes.length === 0) return reply.code(204).send()
  return reply.type("application/vnd.mapbox-vector-tile").send(Buffer.from(tile.bytes))
}

function lifelineView(lifeline: Lifeline): Static<typeof LifelineView> {
  const { id, name, class_code, symbol, maturity, assets, indicators, thresholds } = lifeline
  const detectors = lifeline.detectors.map(({ rule, version, name: words }) => ({ rule, version, name: words }))
  const limits = thresholds.map((threshold) => ({
    rule: `${id}.${threshold.id}`,
    version: threshold.version,
    name: threshold.title,
  }))
  return {
    id,
    name,
    class_code,
    symbol,
    maturity,
    assets,
    indicators,
    thresholds,
    report: lifeline.report ?? generalReport,
    rules: [...limits, ...detectors],
  }
}

/** Declared attributes in their order, unknown ones as null; then those of the survey, and those nobody declared. */
function attributeRows(
  lifeline: Lifeline | undefined,
  kind: string,
  attributes: Record<string, AttributeValue>,
): Static<typeof AssetView>["attributes"] {
  const declared = lifeline?.assets.find((asset) => asset.kind === kind)?.attributes ?? []
  const known = new Set(declared.map((attribute) => attribute.id))
  return [
    ...declared.map(({ id, name, unit }) => ({ id, name, value: attributes[id] ?? null, unit: unit ?? null })),
    ...Object.entries(attributes)
      .filter(([id]) => !known.has(id))
      .map(([id, value]) => {
        const { name = { zh: id, en: id }, unit = null } = survey_attributes.get(id) ?? {}
        return { id, name, value, unit }
      }),
  ]
}
