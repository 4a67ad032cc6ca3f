/** The documents of OGC API Features Part 1 as data: landing page, conformance, collections, features, schemas. */
import {
  type Collection,
  type FeatureRow,
  isoTime,
  type Property,
  propertiesOf,
  propertyValues,
} from "./collections.ts"
import { crs84, type Form } from "./parameters.ts"
import type { Extent } from "./store.ts"

export type Link = { href: string; rel: string; type: string; title: string }

/** Where the interface stands, as this caller reached it, for example https://city.example/ogc. */
export type Place = { root: string }

export const media = {
  json: "application/json",
  geojson: "application/geo+json",
  html: "text/html",
  openapi: "application/vnd.oai.openapi+json;version=3.0",
  schema: "application/schema+json",
} as const

export const conformance_classes = ["1.0", "1.1"].flatMap((version) =>
  ["core", "geojson", "html", "oas30"].map(
    (name) => `http://www.opengis.net/spec/ogcapi-features-1/${version}/conf/${name}`,
  ),
)

/** This document in its form, and the same in the other one. */
export function selfLinks(href: string, form: Form, json_type: string = media.json): Link[] {
  const here = { json: { type: json_type, title: "JSON" }, html: { type: media.html, title: "HTML" } }
  const other = form === "json" ? "html" : "json"
  return [
    { href: withQuery(href, { f: form }), rel: "self", ...here[form] },
    { href: withQuery(href, { f: other }), rel: "alternate", ...here[other] },
  ]
}

/** Sets parameters of an address. */
export function withQuery(href: string, set: Record<string, string>): string {
  const [path = "", query = ""] = href.split("?")
  const parameters = new URLSearchParams(query)
  for (const [name, value] of Object.entries(set)) parameters.set(name, value)
  return `${path}?${parameters}`
}

const both = (href: string, rel: string, json_type: string, title: string): Link[] => [
  { href: withQuery(href, { f: "json" }), rel, type: json_type, title: `${title} (JSON)` },
  { href: withQuery(href, { f: "html" }), rel, type: media.html, title: `${title} (HTML)` },
]

export function landingPage({ root }: Place, form: Form, city: string) {
  return {
    title: `${city}：普查开放数据 / Census`,
    description:
      "城市生命线普查数据，按专项和设施类别分为要素集。What the city has above and below ground, one collection for each kind of asset; coordinates are WGS 84 longitude and latitude.",
    links: [
      ...selfLinks(root, form),
      { href: `${root}/api?f=json`, rel: "service-desc", type: media.openapi, title: "OpenAPI 3.0" },
      { href: `${root}/api?f=html`, rel: "service-doc", type: media.html, title: "接口说明 / API" },
      ...both(`${root}/conformance`, "conformance", media.json, "Conformance"),
      ...both(`${root}/collections`, "data", media.json, "要素集 / Collections"),
    ] satisfies Link[],
  }
}

export const conformance = ({ root }: Place, form: Form) => ({
  links: selfLinks(`${root}/conformance`, form),
  conformsTo: conformance_classes,
})

export type CollectionView = ReturnType<typeof collectionView>

export function collectionView({ root }: Place, form: Form, collection: Collection, extent: Extent | undefined) {
  const href = `${root}/collections/${collection.id}`
  const count = extent?.count ?? 0
  return {
    id: collection.id,
    title: collection.title,
    description: `现有 ${count} 个要素。${count} features now.`,
    itemType: "feature",
    crs: [crs84],
    ...(extent && {
      extent: {
        spatial: { bbox: [extent.box], crs: crs84 },
        temporal: {
          interval: [[isoTime(extent.valid_from), extent.valid_to === null ? null : isoTime(extent.valid_to)]],
          trs: "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        },
      },
    }),
    links: [
      ...selfLinks(href, form),
      // Clients append "/{id}" to this address, which therefore carries no parameter.
      { href: `${href}/items`, rel: "items", type: media.geojson, title: `${collection.title} (GeoJSON)` },
      { href: `${href}/items?f=html`, rel: "items", type: media.html, title: `${collection.title} (HTML)` },
      { href: `${href}/schema`, rel: "describedBy", type: media.schema, title: "Schema" },
    ] satisfies Link[],
  }
}

export const collectionsView = (
  place: Place,
  form: Form,
  collections: readonly Collection[],
  extents: ReadonlyMap<string, Extent>,
) => ({
  links: selfLinks(`${place.root}/collections`, form),
  collections: collections.map((collection) => collectionView(place, form, collection, extents.get(collection.id))),
})

const geometry_schemas = { point: "Point", line: "LineString", area: "Polygon" } as const

/**
 * JSON Schema of a collection's GeoJSON features, by which clients know the types of all properties beforehand. That
 * every property may be null stands in words only: GDAL takes a property of two types for text.
 */
export const schemaOf = ({ root }: Place, collection: Collection) => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: `${root}/collections/${collection.id}/schema`,
  title: collection.title,
  type: "object",
  required: ["type", "id", "geometry", "properties"],
  properties: {
    type: { type: "string", const: "Feature" },
    id: { type: "integer" },
    geometry: { $ref: `https://geojson.org/schema/${geometry_schemas[collection.geometry]}.json` },
    properties: {
      type: "object",
      description: "Properties that are not known are null.",
      properties: Object.fromEntries(
        propertiesOf(collection).map(({ name, title, type }) => [name, { title, ...jsonType(type) }]),
      ),
    },
  },
})

const jsonType = (type: Property["type"]) =>
  type === "text" ? { type: "string" } : type === "time" ? { type: "string", format: "date-time" } : { type }

/** One feature as GeoJSON text; its geometry goes from the database to the reader without being read here. */
export const featureText = (properties: readonly Property[], row: FeatureRow, more = ""): string =>
  `{"type":"Feature","id":${row.id},"geometry":${row.geometry},"properties":${JSON.stringify(propertyValues(properties, row))}${more}}`

export type PageOfFeatures = { rows: FeatureRow[]; matched: number; time_ms: number; links: Link[] }

export const featurePageText = (properties: readonly Property[], page: PageOfFeatures): string =>
  `{"type":"FeatureCollection","timeStamp":"${isoTime(page.time_ms)}","numberMatched":${page.matched},"numberReturned":${page.rows.length},"links":${JSON.stringify(page.links)},"features":[${page.rows.map((row) => featureText(properties, row)).join(",\n")}]}`

export function featureLinks({ root }: Place, form: Form, collection: Collection, id: number): Link[] {
  const href = `${root}/collections/${collection.id}`
  return [
    ...selfLinks(`${href}/items/${id}`, form, media.geojson),
    ...both(href, "collection", media.json, collection.title),
  ]
}
