/** What the columns of a template are, with an example of each. */
import type { AssetKind, AttributeValue, LonLat, SurveyField, Words } from "../../../model/index.ts"
import type { TableGeometry } from "../../../platform/tables/index.ts"
import { type SheetField, sheetFields, titleOf } from "./fields.ts"
import type { KnownKind } from "./kinds.ts"
import { takes } from "./values.ts"

export type Language = keyof Words
export type TemplateColumn = {
  id: string
  title: string
  required: boolean
  type: SheetField["type"] | "date"
  min?: number
  max?: number
  /** Names to choose from. */
  choices: string[]
  takes: string
  example: AttributeValue
}

/** Rows whose code begins so are left out when a sheet is read. */
const example_code: Words = { zh: "示例-1（导入时略过）", en: "EXAMPLE-1 (left out on import)" }

/** Columns of the sheet of a kind; `at` is where the example lies. With geometry of its own a layer needs no places. */
export function templateColumns(
  known: KnownKind,
  language: Language,
  at: LonLat,
  with_places: boolean,
): TemplateColumn[] {
  const { kind } = known
  return sheetFields(known)
    .filter(({ part }) => with_places || part !== "place")
    .map((field) => {
      const required = field.required === true || field.id === "code"
      return {
        id: field.id,
        title: `${titleOf(field, language)}${required ? "*" : ""}`,
        required,
        type: field.type,
        ...(field.min !== undefined && { min: field.min }),
        ...(field.max !== undefined && { max: field.max }),
        choices:
          field.type === "boolean"
            ? language === "zh"
              ? ["是", "否"]
              : ["yes", "no"]
            : (field.choices ?? []).map(({ name }) => name[language]),
        takes: takes(field)[language],
        example: exampleOf(field, kind, language, at),
      }
    })
}

function exampleOf(field: SheetField, kind: AssetKind, language: Language, [lon, lat]: LonLat): AttributeValue {
  const places: Record<string, number> = {
    lon,
    lat,
    from_lon: lon,
    from_lat: lat,
    to_lon: round(lon + 0.001),
    to_lat: lat,
  }
  if (field.id in places) return places[field.id]!
  if (field.id === "code") return example_code[language]
  if (field.id === "name") return kind.name[language]
  if (field.id === "wkt") return kind.geometry === "point" ? null : wktOf(exampleGeometry(kind, [lon, lat]))
  if (field.part === "survey" || field.part === "place") return null
  if (field.type === "choice") return field.choices?.[0]?.name[language] ?? null
  if (field.type === "boolean") return language === "zh" ? "否" : "no"
  if (field.type === "text") return null
  if (field.id.endsWith("year")) return 2010
  return Math.min(field.max ?? 100, Math.max(field.min ?? 0, field.id === "diameter_mm" ? 300 : 1))
}

const round = (degrees: number): number => Math.round(degrees * 1e6) / 1e6

export function exampleGeometry(kind: AssetKind, [lon, lat]: LonLat): TableGeometry {
  const east = round(lon + 0.001)
  const north = round(lat + 0.001)
  if (kind.geometry === "point") return { type: "Point", coordinates: [lon, lat] }
  if (kind.geometry === "line")
    return {
      type: "LineString",
      coordinates: [
        [lon, lat],
        [east, lat],
      ],
    }
  return {
    type: "Polygon",
    coordinates: [
      [
        [lon, lat],
        [east, lat],
        [east, north],
        [lon, north],
        [lon, lat],
      ],
    ],
  }
}

function wktOf(geometry: TableGeometry): string {
  const line = (positions: number[][]) => positions.map((position) => position.join(" ")).join(", ")
  if (geometry.type === "Point") return `POINT(${geometry.coordinates.join(" ")})`
  if (geometry.type === "LineString") return `LINESTRING(${line(geometry.coordinates)})`
  return `POLYGON(${geometry.coordinates.map((ring) => `(${line(ring)})`).join(", ")})`
}

const survey_examples: Record<string, AttributeValue> = {
  exp_no: "JS1001",
  map_no: "JS1001",
  x: 3526000.123,
  y: 526000.456,
  ground_m: 20.35,
  feature: "三通",
  from_no: "JS1001",
  to_no: "JS1002",
  from_depth_m: 1.2,
  to_depth_m: 1.25,
  from_elevation_m: 19.15,
  to_elevation_m: 19.1,
  material: "QM",
  burial: "ZM",
  section: "DN300",
  built_on: "2015-06",
  status: "0",
}

/** Columns of a survey's point or line table. */
export const surveyColumns = (fields: readonly SurveyField[], language: Language): TemplateColumn[] =>
  fields.map(({ id, name, unit, required, type }) => ({
    id,
    title: unit === undefined ? name[language] : language === "zh" ? `${name.zh}（${unit}）` : `${name.en} (${unit})`,
    required: required === true,
    type,
    choices: [],
    takes: {
      text: { zh: "文字", en: "text" },
      number: { zh: "数", en: "a number" },
      date: { zh: "日期，如 2015-06", en: "a date such as 2015-06" },
    }[type][language],
    example: survey_examples[id] ?? null,
  }))
