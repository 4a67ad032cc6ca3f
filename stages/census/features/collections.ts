/** Collections of the open interfaces: one for every kind of asset of every lifeline, derived from the declarations. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import {
  type AssetKind,
  type AttributeDeclaration,
  type Attributes,
  type AttributeValue,
  type Scope,
  survey_line_attributes,
  survey_point_attributes,
} from "../../../model/index.ts"

export type Collection = {
  /** "lifeline.kind", as it stands in addresses. */
  id: string
  lifeline: string
  kind: string
  title: string
  geometry: AssetKind["geometry"]
  /** Attributes of the kind, then those that a survey adds; each id once. */
  attributes: AttributeDeclaration[]
}

/** An asset as one of its versions tells it: what a row of every open interface consists of. */
export type FeatureRow = {
  id: number
  version: number
  code: string | null
  name: string | null
  owner: string | null
  /** GeoJSON geometry as text, WGS 84. */
  geometry: string
  length_m: number | null
  schematic: boolean
  valid_from: number
  valid_to: number | null
  attributes: Attributes
}

/** Every collection in the order of the declarations. */
export const collectionsOf = (lifelines: readonly Lifeline[]): Collection[] =>
  lifelines.flatMap((lifeline) =>
    lifeline.assets.map((asset) => ({
      id: `${lifeline.id}.${asset.kind}`,
      lifeline: lifeline.id,
      kind: asset.kind,
      title: `${lifeline.name.zh} · ${asset.name.zh} / ${asset.name.en}`,
      geometry: asset.geometry,
      attributes: attributesOf(lifeline, asset),
    })),
  )

function attributesOf({ survey }: Lifeline, asset: AssetKind): AttributeDeclaration[] {
  const surveyed =
    survey === undefined || asset.geometry === "area"
      ? []
      : asset.geometry === "line"
        ? survey_line_attributes
        : survey_point_attributes
  const own = new Set(asset.attributes.map((attribute) => attribute.id))
  return [...asset.attributes, ...surveyed.filter((attribute) => !own.has(attribute.id))]
}

/** Collections of the lifelines that any of the scopes lets see; what is in them is for each row to decide. */
export const visibleCollections = (collections: readonly Collection[], scopes: readonly Scope[]): Collection[] =>
  collections.filter((c) => scopes.some((s) => s.lifelines === "all" || s.lifelines.includes(c.lifeline)))

/** Names of properties that every feature has; an attribute of the same name is called "attribute_…". */
const general = new Set(["code", "name", "owner", "valid_from", "valid_to", "version", "schematic"])
export const propertyOf = (attribute_id: string): string =>
  general.has(attribute_id) ? `attribute_${attribute_id}` : attribute_id

export type Property = { name: string; title: string; type: "text" | "number" | "integer" | "boolean" | "time" }

/** Properties of a collection's features in their order, for schemas and the columns of files. */
export function propertiesOf(collection: Collection): Property[] {
  const declared = collection.attributes.map((a) => ({
    name: propertyOf(a.id),
    title: `${a.name.zh} / ${a.name.en}${a.unit === undefined ? "" : ` (${a.unit})`}`,
    type: a.type === "choice" ? ("text" as const) : a.type,
  }))
  const measured = collection.geometry === "line" && !declared.some((p) => p.name === "length_m")
  return [
    { name: "code", title: "编码 / Code", type: "text" },
    { name: "name", title: "名称 / Name", type: "text" },
    { name: "owner", title: "权属单位 / Owner", type: "text" },
    { name: "valid_from", title: "生效时间 / Valid from", type: "time" },
    { name: "valid_to", title: "失效时间 / Valid to", type: "time" },
    { name: "version", title: "版本 / Version", type: "integer" },
    { name: "schematic", title: "示意位置 / Schematic", type: "boolean" },
    ...(measured ? [{ name: "length_m", title: "长度 / Length (m)", type: "number" as const }] : []),
    ...declared,
  ]
}

/** The properties of one feature: all of its collection, unknown ones as null, then attributes that nobody declared. */
export function propertyValues(properties: readonly Property[], row: FeatureRow): Record<string, AttributeValue> {
  const { attributes } = row
  const values: Record<string, AttributeValue> = {}
  for (const { name } of properties) values[name] = null
  if ("length_m" in values) values.length_m = row.length_m
  for (const [id, value] of Object.entries(attributes)) if (value !== null) values[propertyOf(id)] = value
  values.code = row.code
  values.name = row.name
  values.owner = row.owner
  values.valid_from = isoTime(row.valid_from)
  values.valid_to = row.valid_to === null ? null : isoTime(row.valid_to)
  values.version = row.version
  values.schematic = row.schematic
  return values
}

/** UTC milliseconds as ISO 8601. */
export const isoTime = (ms: number): string => new Date(ms).toISOString()
