/** Columns that a sheet of a kind may have, and how a column of a file finds its field. */
import type { AssetKind, AttributeDeclaration, Words } from "../../../model/index.ts"
import { survey_line_attributes, survey_point_attributes } from "../../../model/index.ts"
import { clean, plainName } from "../survey/text.ts"
import type { ColumnChoice, MappedColumn } from "../survey/types.ts"
import type { KnownKind } from "./kinds.ts"
import { unitFactor, unitIn } from "./units.ts"

export type SheetField = AttributeDeclaration & {
  /** The asset's own columns, those that say where it lies, attributes of its kind, or what surveys know besides. */
  part: "own" | "place" | "attribute" | "survey"
  aliases: string
}
export type SheetColumn = MappedColumn & {
  /** What a number is multiplied with to be in the field's unit. */
  factor: number
  /** The unit in the name, where it measures something else than the field. */
  wrong_unit: string | null
}

const text = (id: string, zh: string, en: string, aliases: string, part: SheetField["part"] = "own"): SheetField => ({
  id,
  name: { zh, en },
  type: "text",
  part,
  aliases,
})
const place = (id: string, zh: string, en: string, aliases: string): SheetField => ({
  ...text(id, zh, en, aliases, "place"),
  type: "number",
})

/** Words of the trade and of common GIS layers. Editable defaults. */
const own: SheetField[] = [
  text(
    "code",
    "编号",
    "Code",
    "编码 设施编号 设施编码 资产编号 标识 标识码 统一编号 gisid facilityid assetid assetcode id",
  ),
  text("name", "名称", "Name", "设施名称 桥名 桥梁名称 站名 单位名称"),
  text("owner", "权属单位", "Owner", "权属 产权单位 管理单位 所属单位 权属单位名称 belong ownership"),
  text("component_code", "部件标识码", "Component code", "部件编码 部件代码 compcode 城市部件编码"),
]
const own_places: Record<AssetKind["geometry"], SheetField[]> = {
  point: [
    place("lon", "经度", "Longitude", "lng long 东经 gps经度"),
    place("lat", "纬度", "Latitude", "北纬 gps纬度"),
    place("x", "X 坐标（北）", "X (north)", "x x坐标 坐标x 纵坐标 北坐标 northing"),
    place("y", "Y 坐标（东）", "Y (east)", "y y坐标 坐标y 横坐标 东坐标 easting"),
  ],
  line: [
    place("from_lon", "起点经度", "Start longitude", "起经度"),
    place("from_lat", "起点纬度", "Start latitude", "起纬度"),
    place("to_lon", "终点经度", "End longitude", "止点经度 终经度"),
    place("to_lat", "终点纬度", "End latitude", "止点纬度 终纬度"),
  ],
  area: [],
}
const wkt = text("wkt", "几何（WKT）", "Geometry (WKT)", "wkt geometry geom thegeom 几何 空间坐标 shape坐标", "place")
const kind_column = text("kind", "种类", "Kind", "设施种类 资产种类 设施类型 assetkind")

const cache = new WeakMap<AssetKind, SheetField[]>()
/** The asset's own columns, its place, the attributes of its kind, and what surveys know besides. */
export function sheetFields({ lifeline, kind }: KnownKind): SheetField[] {
  const known = cache.get(kind)
  if (known) return known
  const declared = new Set(kind.attributes.map(({ id }) => id))
  const { survey } = lifeline
  const of_points = [survey?.point_kind, ...(survey?.points.map((point) => point.kind) ?? [])].includes(kind.kind)
  const surveyed = kind.kind === survey?.line_kind ? survey_line_attributes : of_points ? survey_point_attributes : []
  const fields: SheetField[] = [
    ...own.filter(({ id }) => !declared.has(id)),
    ...own_places[kind.geometry],
    wkt,
    ...kind.attributes.map((attribute) => ({ ...attribute, part: "attribute" as const, aliases: "" })),
    ...surveyed
      .filter(({ id }) => !declared.has(id) && id !== "subclass")
      .map((attribute) => ({ ...attribute, part: "survey" as const, aliases: "" })),
  ]
  cache.set(kind, fields)
  return fields
}

const wordsOf = new WeakMap<AssetKind, { byName: Map<string, string>; byAlias: Map<string, string> }>()
function words(of: KnownKind) {
  const known = wordsOf.get(of.kind)
  if (known) return known
  const byName = new Map<string, string>()
  const byAlias = new Map<string, string>()
  const note = (map: Map<string, string>, word: string, id: string) => {
    const plain = plainName(word)
    if (plain !== "" && !map.has(plain)) map.set(plain, id)
  }
  const fields = sheetFields(of)
  // Where a word means two things, what the kind declares itself goes first.
  const order: SheetField["part"][] = ["own", "attribute", "place", "survey"]
  for (const part of order)
    for (const field of fields.filter((one) => one.part === part)) {
      for (const word of [field.id, field.name.zh, field.name.en]) note(byName, word, field.id)
      for (const word of field.aliases.split(" ")) note(byAlias, word, field.id)
    }
  for (const word of [kind_column.id, kind_column.name.zh]) if (!byName.has(plainName(word))) note(byName, word, "kind")
  for (const word of kind_column.aliases.split(" ")) note(byAlias, word, "kind")
  const made = { byName, byAlias }
  wordsOf.set(of.kind, made)
  return made
}

/** Shapefiles cut names to 10 bytes. */
const cut_bytes = 10
function cutName(of: KnownKind, raw: string): string | undefined {
  const plain = plainName(raw)
  if (Buffer.byteLength(raw) < cut_bytes - 1 || plain.length < 4) return undefined
  const found = new Set([...words(of).byName].filter(([word]) => word.startsWith(plain)).map(([, id]) => id))
  return found.size === 1 ? [...found][0] : undefined
}

export type SheetChoices = readonly (ColumnChoice & { remembered?: boolean })[]
export const sheetChoice = (kind_id: string): `sheet:${string}` => `sheet:${kind_id}`

/**
 * Every column with its field; a field is taken once: by the column a person chose, then the better named, then the
 * first. What a person chose may say the column's unit: "diameter_mm@in".
 */
export function mapSheetColumns(
  of: KnownKind,
  kind_id: string,
  names: readonly string[],
  choices: SheetChoices,
  cut: boolean,
): SheetColumn[] {
  const fields = new Map(sheetFields(of).map((field) => [field.id, field]))
  const chosen = new Map<string, SheetChoices[number]>()
  for (const choice of choices) if (choice.kind === sheetChoice(kind_id)) chosen.set(plainName(choice.column), choice)
  const known = words(of)
  const mapped = names.map((raw): SheetColumn => {
    const column = clean(raw)
    const plain = plainName(raw.replace(/\*/g, ""))
    const choice = plain === "" ? undefined : chosen.get(plain)
    const found: Pick<MappedColumn, "field" | "how"> = choice
      ? { field: choice.field, how: choice.remembered ? "remembered" : "chosen" }
      : (byWords(known, plain) ?? byCut(cut ? cutName(of, raw) : undefined))
    const [field, unit] = (found.field ?? "").split("@") as [string, string?]
    const declared = fields.get(field)?.unit
    const said = unit ?? unitIn(column)
    const factor = unitFactor(said, declared)
    const known_field = field === "kind" || fields.has(field)
    return {
      column,
      field: known_field ? field : null,
      how: known_field || choice ? found.how : "unknown",
      factor: factor ?? 1,
      wrong_unit: factor === null ? said : null,
    }
  })
  const taken = new Set<string>()
  for (const how of ["chosen", "remembered", "name", "alias"] as const)
    for (const column of mapped)
      if (column.how === how && column.field !== null) {
        if (taken.has(column.field)) Object.assign(column, { field: null, how: "unknown", factor: 1, wrong_unit: null })
        else taken.add(column.field)
      }
  return mapped
}

function byWords(known: ReturnType<typeof words>, plain: string): Pick<MappedColumn, "field" | "how"> | null {
  const name = known.byName.get(plain)
  if (name !== undefined) return { field: name, how: "name" }
  const alias = known.byAlias.get(plain)
  return alias === undefined ? null : { field: alias, how: "alias" }
}
const byCut = (field: string | undefined): Pick<MappedColumn, "field" | "how"> =>
  field === undefined ? { field: null, how: "unknown" } : { field, how: "alias" }

/** True for the names under which a column says of what kind its row is. */
export const saysKind = (name: string): boolean =>
  [kind_column.id, kind_column.name.zh, ...kind_column.aliases.split(" ")].some(
    (word) => plainName(word) === plainName(name),
  )

/** The name of a field with its unit, as a header says it. */
export const titleOf = (field: SheetField, language: keyof Words): string =>
  field.name[language].includes("（") || field.unit === undefined
    ? field.name[language]
    : language === "zh"
      ? `${field.name.zh}（${field.unit}）`
      : `${field.name.en} (${field.unit})`
