/** OpenAPI 3.0 of the open interface alone; every collection's items are an operation of their own, with its filters. */
import type { AttributeDeclaration } from "../../../model/index.ts"
import type { Collection } from "./collections.ts"
import { media, type Place } from "./documents.ts"
import { filterable, limit_default, limit_max } from "./parameters.ts"

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })
const schema = (name: string) => ref("schemas", name)

const content = (json_type: string, name: string) => ({
  [json_type]: { schema: schema(name) },
  [media.html]: { schema: { type: "string" } },
})

const refusals = {
  400: ref("responses", "Refused"),
  401: ref("responses", "SignIn"),
  403: ref("responses", "Forbidden"),
  500: ref("responses", "Fault"),
}
const operation = (
  operationId: string,
  summary: string,
  json_type: string,
  name: string,
  parameters: unknown[] = [],
) => ({
  get: {
    operationId,
    summary,
    tags: ["Features"],
    parameters: [...parameters, ref("parameters", "f")],
    responses: {
      200: { description: summary, content: content(json_type, name) },
      ...refusals,
      ...(operationId.startsWith("get") && parameters.length > 0 && { 404: ref("responses", "NotFound") }),
    },
  },
})

const text = { type: "string" }
const list = (items: unknown) => ({ type: "array", items })
const object = (required: string[], properties: Record<string, unknown>) => ({ type: "object", required, properties })
const problem_content = { "application/problem+json": { schema: schema("problem") } }

/** The document for the collections that a caller may see. */
export function openApi({ root }: Place, collections: readonly Collection[], version: string) {
  const id = { name: "collectionId", in: "path", required: true, description: "Collection", schema: { ...text } }
  return {
    openapi: "3.0.3",
    info: {
      title: "Mingmai 命脉: OGC API Features of the census",
      version,
      description:
        "Read with an API token (Authorization: Bearer) or the session of the console. Answers hold what the caller may see. Reading many features is logged.",
      license: { name: "Terms of the city that runs this instance" },
    },
    servers: [{ url: root }],
    security: [{ token: [] }, { session: [] }],
    tags: [{ name: "Features", description: "OGC API Features Part 1" }],
    paths: {
      "/": operation("getLandingPage", "Landing page", media.json, "landingPage"),
      "/conformance": operation("getConformance", "Conformance classes", media.json, "confClasses"),
      "/collections": operation("getCollections", "Collections", media.json, "collections"),
      "/collections/{collectionId}": operation("getCollection", "One collection", media.json, "collection", [id]),
      "/collections/{collectionId}/schema": schemaOperation(id),
      "/collections/{collectionId}/items": items("getFeatures", "Features of a collection", [id], []),
      "/collections/{collectionId}/items/{featureId}": operation(
        "getFeature",
        "One feature",
        media.geojson,
        "featureGeoJSON",
        [id, { name: "featureId", in: "path", required: true, description: "Feature", schema: { ...text } }],
      ),
      ...Object.fromEntries(
        collections.map((collection) => [
          `/collections/${collection.id}/items`,
          items(`getFeatures.${collection.id}`, collection.title, [], filterable(collection)),
        ]),
      ),
    },
    components: { securitySchemes, parameters: parameters(), responses, schemas },
  }
}

function schemaOperation(id: unknown) {
  const summary = "JSON Schema of a collection's features"
  const answers = {
    200: { description: summary, content: { [media.schema]: { schema: { type: "object" } } } },
    ...refusals,
  }
  return {
    get: {
      operationId: "getSchema",
      summary,
      tags: ["Features"],
      parameters: [id],
      responses: { ...answers, 404: ref("responses", "NotFound") },
    },
  }
}

function items(operationId: string, summary: string, path: unknown[], attributes: readonly AttributeDeclaration[]) {
  const own = ["limit", "bbox", "bbox-crs", "datetime", "cursor", "code", "name"].map((name) => ref("parameters", name))
  const filters = attributes.map((a) => ({
    name: a.id,
    in: "query",
    required: false,
    description: `${a.name.zh} / ${a.name.en}${a.unit === undefined ? "" : ` (${a.unit})`}`,
    schema: attributeSchema(a),
    style: "form",
    explode: false,
  }))
  const made = operation(operationId, summary, media.geojson, "featureCollectionGeoJSON", [...path, ...own, ...filters])
  return { get: { ...made.get, responses: { ...made.get.responses, 404: ref("responses", "NotFound") } } }
}

function attributeSchema({ type, choices }: AttributeDeclaration) {
  if (type === "choice") return { type: "string", ...(choices && { enum: choices.map((choice) => choice.value) }) }
  return { type: type === "text" ? "string" : type }
}

const securitySchemes = {
  token: { type: "http", scheme: "bearer", description: "API token with the permission census.read" },
  session: { type: "apiKey", in: "cookie", name: "mingmai_session" },
}

function parameters() {
  const query = (name: string, description: string, shape: object) => ({
    name,
    in: "query",
    required: false,
    description,
    schema: shape,
    style: "form",
    explode: false,
  })
  return {
    f: query("f", "Form of the answer; the Accept header serves as well", { type: "string", enum: ["json", "html"] }),
    limit: query("limit", "Most features in one answer", {
      type: "integer",
      minimum: 1,
      maximum: limit_max,
      default: limit_default,
    }),
    bbox: query("bbox", "West, south, east, north in degrees of WGS 84 (six numbers: heights are not looked at)", {
      type: "array",
      oneOf: [
        { minItems: 4, maxItems: 4 },
        { minItems: 6, maxItems: 6 },
      ],
      items: { type: "number" },
    }),
    "bbox-crs": query("bbox-crs", "CRS84 only", { type: "string" }),
    datetime: query(
      "datetime",
      "Instant or interval of RFC 3339, ends open by '..'; assets as they were then, each in its newest version of that time. Without it: as they are now",
      { type: "string" },
    ),
    cursor: query("cursor", "Where the page begins; comes with the link to the next page", { type: "string" }),
    code: query("code", "Features with this code", { type: "string" }),
    name: query("name", "Features with this name", { type: "string" }),
  }
}

const responses = {
  Refused: { description: "A parameter is unknown or wrong; the problem names it", content: problem_content },
  SignIn: { description: "Nobody is signed in", content: problem_content },
  Forbidden: { description: "The caller lacks the permission census.read", content: problem_content },
  NotFound: { description: "Not there, or not for this caller to see", content: problem_content },
  Fault: { description: "A fault of the server", content: problem_content },
}

const link = object(["href", "rel", "type"], { href: text, rel: text, type: text, title: text, hreflang: text })
const schemas = {
  link,
  landingPage: object(["links"], { title: text, description: text, links: list(schema("link")) }),
  confClasses: object(["conformsTo"], { conformsTo: list(text), links: list(schema("link")) }),
  collection: object(["id", "links"], {
    id: text,
    title: text,
    description: text,
    itemType: text,
    crs: list(text),
    extent: schema("extent"),
    links: list(schema("link")),
  }),
  extent: object([], {
    spatial: object([], { bbox: list(list({ type: "number" })), crs: text }),
    temporal: object([], { interval: list(list({ type: "string", format: "date-time", nullable: true })), trs: text }),
  }),
  collections: object(["links", "collections"], {
    links: list(schema("link")),
    collections: list(schema("collection")),
  }),
  geometryGeoJSON: object(["type", "coordinates"], {
    type: { type: "string", enum: ["Point", "LineString", "Polygon"] },
    coordinates: list({}),
  }),
  featureGeoJSON: object(["type", "geometry", "properties"], {
    type: { type: "string", enum: ["Feature"] },
    id: { type: "integer" },
    geometry: schema("geometryGeoJSON"),
    properties: { type: "object" },
    links: list(schema("link")),
  }),
  featureCollectionGeoJSON: object(["type", "features"], {
    type: { type: "string", enum: ["FeatureCollection"] },
    timeStamp: { type: "string", format: "date-time" },
    numberMatched: { type: "integer", minimum: 0 },
    numberReturned: { type: "integer", minimum: 0 },
    links: list(schema("link")),
    features: list(schema("featureGeoJSON")),
  }),
  problem: object(["type", "title", "status", "code"], {
    type: text,
    title: text,
    status: { type: "integer" },
    code: text,
    words: object(["zh", "en"], { zh: text, en: text }),
    field: text,
    value: {},
  }),
}
