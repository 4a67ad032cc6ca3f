/** Addresses of OGC API Features under /ogc. */
import Type from "typebox"
import { ProblemError } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { type Input, notFound, type Route } from "../../../platform/http/index.ts"
import { type Collection, collectionsOf, propertiesOf, visibleCollections } from "./collections.ts"
import * as documents from "./documents.ts"
import * as html from "./html.ts"
import { openApi } from "./openapi.ts"
import {
  checkNames,
  cursorText,
  type Form,
  formOf,
  type Given,
  type ItemsQuery,
  readItemsQuery,
  type Window,
} from "./parameters.ts"
import { readingLog } from "./reading-log.ts"
import * as store from "./store.ts"
import type { Wholes } from "./wholes.ts"

const { media } = documents

/** Registers the routes; each needs census.read, by session or by API token. */
export function featureRoutes(app: App, wholes: Wholes, version: string): void {
  const { db } = app.sql
  const all = collectionsOf(app.lifelines)
  const log = readingLog(app)

  const route = (url: string, summary: string, handler: Route["handler"], params?: Route["params"]) =>
    app.http.route({ method: "GET", url, permission: "census.read", summary, ...(params && { params }), handler })
  const params = Type.Object({ collection: Type.String({ maxLength: 200 }) })

  const seenBy = (input: Input): Collection[] => visibleCollections(all, input.scopes)
  function collectionFor(input: Input): Collection {
    const id = input.params.collection as string
    const found = seenBy(input).find((collection) => collection.id === id)
    if (!found) throw new ProblemError(notFound("collection", id))
    return found
  }

  const landing: Route["handler"] = (input) => {
    const form = plainForm(input)
    const page = documents.landingPage(placeOf(input), form, app.settings.city_name)
    return answer(input, form, page, () => html.pageHtml(page.title, html.textHtml(page.description), page.links))
  }
  route("/ogc", "OGC API Features: landing page", landing)
  route("/ogc/", "OGC API Features: landing page", landing)

  route("/ogc/conformance", "OGC API Features: conformance classes", (input) => {
    const form = plainForm(input)
    const page = documents.conformance(placeOf(input), form)
    return answer(input, form, page, () => html.pageHtml("Conformance", html.listHtml(page.conformsTo), page.links))
  })

  route("/ogc/api", "OGC API Features: OpenAPI 3.0 of these addresses", (input) => {
    const form = plainForm(input)
    const description = openApi(placeOf(input), seenBy(input), version)
    const links = documents.selfLinks(`${placeOf(input).root}/api`, form, media.openapi)
    const page = () =>
      html.pageHtml(
        description.info.title,
        `${html.textHtml(description.info.description)}<pre>${html.escapeHtml(JSON.stringify(description, null, 2))}</pre>`,
        links,
      )
    return answer(input, form, description, page, media.openapi)
  })

  route("/ogc/collections", "OGC API Features: collections", async (input) => {
    const form = plainForm(input)
    const page = documents.collectionsView(placeOf(input), form, seenBy(input), await wholes(input.scopes))
    return answer(input, form, page, () =>
      html.pageHtml("要素集 / Collections", html.collectionsHtml(page.collections), page.links),
    )
  })

  route(
    "/ogc/collections/:collection",
    "OGC API Features: one collection",
    async (input) => {
      const form = plainForm(input)
      const collection = collectionFor(input)
      const extent = (await wholes(input.scopes)).get(collection.id)
      const page = documents.collectionView(placeOf(input), form, collection, extent)
      return answer(input, form, page, () => html.pageHtml(page.title, html.collectionHtml(page), page.links))
    },
    params,
  )

  route(
    "/ogc/collections/:collection/schema",
    "OGC API Features: JSON Schema of a collection's features",
    (input) => {
      checkNames(input.query as Given, [])
      const schema = documents.schemaOf(placeOf(input), collectionFor(input))
      return send(input, JSON.stringify(schema), media.schema)
    },
    params,
  )

  route(
    "/ogc/collections/:collection/items",
    "OGC API Features: features by bbox, datetime and properties",
    async (input) => {
      const collection = collectionFor(input)
      const form = formOf(input.query as Given, input.request.headers.accept)
      const ask = readItemsQuery(input.query as Given, collection)
      const page = await pageOf(input, collection, ask, form)
      await log(input.caller, collection.id, page.rows.length, queryText(input))
      const properties = propertiesOf(collection)
      if (form === "json") return send(input, documents.featurePageText(properties, page), media.geojson)
      const items = `${placeOf(input).root}/collections/${collection.id}/items`
      return sendHtml(input, html.pageHtml(collection.title, html.featuresHtml(properties, page, items), page.links))
    },
    params,
  )

  /** One page; a row more than asked says that there is another. */
  async function pageOf(input: Input, collection: Collection, ask: ItemsQuery, form: Form) {
    const { span, code, name, attributes, limit, cursor } = ask
    const { lifeline, kind } = collection
    const known = (await wholes(input.scopes)).get(collection.id)
    const windows = known && ask.windows?.some((window) => holds(window, known.box)) ? null : ask.windows
    const selection = { lifeline, kind, scopes: input.scopes, windows, span, code, name, attributes }
    const whole = windows === null && span === null && code === null && name === null && attributes.length === 0
    const total = known?.count ?? 0
    // What the first page counted goes with the links, so that the last page costs no more than the second.
    const matched = cursor?.matched ?? (whole ? total : await store.countFeatures(db, selection))
    const share = matched / Math.max(1, total)
    const rows = await store.features(db, selection, { after: cursor?.after ?? 0, rows_max: limit + 1, share })
    const href = `${placeOf(input).root}/collections/${collection.id}`
    const links = documents.selfLinks(`${href}/items?${queryText(input)}`, form, media.geojson)
    if (rows.length > limit) {
      rows.length = limit
      const next = documents.withQuery(links[0]!.href, { cursor: cursorText(rows.at(-1)!.id, matched) })
      links.push({ href: next, rel: "next", type: links[0]!.type, title: "下一页 / Next page" })
    }
    links.push({ href: `${href}?f=${form}`, rel: "collection", type: media[form], title: collection.title })
    return { rows, matched, time_ms: app.clock.wall(), links }
  }

  route(
    "/ogc/collections/:collection/items/:feature",
    "OGC API Features: one feature",
    async (input) => {
      const collection = collectionFor(input)
      const form = plainForm(input)
      const text = input.params.feature as string
      const id = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null
      const row = id === null ? undefined : await store.featureById(db, collection, input.scopes, id)
      if (!row) throw new ProblemError(notFound("feature", text))
      await log(input.caller, collection.id, 1, `id=${row.id}`)
      const properties = propertiesOf(collection)
      const links = documents.featureLinks(placeOf(input), form, collection, row.id)
      if (form === "html")
        return sendHtml(
          input,
          html.pageHtml(row.name ?? row.code ?? String(row.id), html.featureHtml(properties, row), links),
        )
      return send(input, documents.featureText(properties, row, `,"links":${JSON.stringify(links)}`), media.geojson)
    },
    Type.Object({ collection: Type.String({ maxLength: 200 }), feature: Type.String({ maxLength: 200 }) }),
  )

  route("/ogc/*", "OGC API Features: no such address", (input) => {
    throw new ProblemError(notFound("address", input.request.url))
  })
}

/** A window that holds a whole collection is no condition. */
const holds = (window: Window, box: Window): boolean =>
  window[0] <= box[0] && window[1] <= box[1] && window[2] >= box[2] && window[3] >= box[3]

/** Of addresses whose only parameter is the form. */
function plainForm(input: Input): Form {
  const given = input.query as Given
  checkNames(given, ["f"])
  return formOf(given, input.request.headers.accept)
}

/** Where the caller reached us; behind a trusted proxy that is the proxy's address. */
const placeOf = ({ request }: Input): documents.Place => ({ root: `${request.protocol}://${request.host}/ogc` })

const queryText = ({ request }: Input): string => request.url.split("?")[1] ?? ""

const answer = (input: Input, form: Form, document: unknown, page: () => string, json_type: string = media.json) =>
  form === "html" ? sendHtml(input, page()) : send(input, JSON.stringify(document), json_type)

const sendHtml = (input: Input, page: string) => {
  input.reply.header("content-security-policy", html.html_policy)
  return send(input, page, "text/html; charset=utf-8")
}

/** What one person may see is kept by no proxy. Bytes keep their type as it is said; of a text the server would change it. */
const send = ({ reply }: Input, text: string, type: string) =>
  reply
    .header("content-type", type)
    .header("cache-control", "private, no-cache")
    .header("vary", "accept")
    .send(Buffer.from(text))
