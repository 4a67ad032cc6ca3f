/** Templates of import sheets and of survey tables, as workbooks and GeoPackages. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LonLat, survey_line_fields, survey_point_fields } from "../../../model/index.ts"
import { type ExportTable, writeTables } from "../../../platform/tables/index.ts"
import type { KnownKind } from "./kinds.ts"
import {
  exampleGeometry,
  type Language,
  surveyColumns,
  type TemplateColumn,
  templateColumns,
} from "./template-columns.ts"
import { formWorkbook } from "./workbook.ts"

export type TemplateFormat = "xlsx" | "gpkg"
const geometry_types = { point: "Point", line: "LineString", area: "Polygon" } as const

const sheet_notes = {
  zh: [
    "第一行为列名，带 * 的必填；第二行为字段名，请勿删除；编号以“示例”开头的行导入时略过。",
    "列的顺序可改，不用的列可删；多出的列会随来源保存。",
    "位置：点填经纬度（CGCS2000 或 WGS 84）或平面坐标 X（北）、Y（东）；线填两端经纬度或 WKT；面填 WKT。",
    "用了平面坐标的，导入后请选择坐标系。同一编号再次导入即为更新。",
  ],
  en: [
    "The first row names the columns, those with * are required; the second row holds field ids, keep it; rows whose code begins with EXAMPLE are left out.",
    "Columns may be moved or deleted; further columns are kept with the source.",
    "Place: longitude and latitude (CGCS2000 or WGS 84) or X (north) and Y (east) for points; both ends or WKT for lines; WKT for areas.",
    "Where plane coordinates are used, choose the coordinate system after the upload. The same code again is an update.",
  ],
}
const survey_notes = {
  zh: [
    "每类管线一张点表、一张线表，表名为两位管类代码加 POINT 或 LINE，如 JSPOINT、JSLINE。",
    "X 为北坐标、Y 为东坐标，单位米，保留三位小数；高程为 1985 国家高程基准。压力管填管顶高程，重力流填管内底高程。",
    "特征与附属物只填一项；材质、埋设方式、使用状态用 CJJ 61 附录 C 的代码或名称。",
  ],
  en: [
    "One point and one line table for each class, named by its two letters and POINT or LINE, such as JSPOINT and JSLINE.",
    "X is north and Y is east, in metres with three decimals; heights are of the 1985 datum: the top of pressure pipes, the invert of gravity pipes.",
    "Fill in either feature or appurtenance; materials, ways of laying and states by the codes or names of CJJ 61 appendix C.",
  ],
}

/** The template of a kind; `at` is a place in the city for the example. */
export async function sheetTemplate(
  known: KnownKind,
  format: TemplateFormat,
  language: Language,
  at: LonLat,
): Promise<Buffer> {
  const { kind } = known
  const columns = templateColumns(known, language, at, format === "xlsx")
  if (format === "xlsx")
    return formWorkbook(
      [{ name: kind.name[language].slice(0, 31), columns, with_ids: true }],
      sheet_notes[language],
      language,
    )
  const properties = Object.fromEntries(columns.map(({ id, example }) => [id, example]))
  return geoPackage([
    {
      name: kind.kind,
      columns: columns.map(columnOf),
      rows: [{ geometry: exampleGeometry(kind, at), properties }],
      with_geometry: true,
      geometry_type: geometry_types[kind.geometry],
    },
  ])
}

/** Point and line tables of a survey, for one class of pipes. */
export async function surveyTemplate(class_code: string, format: TemplateFormat, language: Language): Promise<Buffer> {
  const forms = [
    { name: `${class_code}POINT`, columns: surveyColumns(survey_point_fields, language), with_ids: false },
    { name: `${class_code}LINE`, columns: surveyColumns(survey_line_fields, language), with_ids: false },
  ]
  if (format === "xlsx") return formWorkbook(forms, survey_notes[language], language)
  return geoPackage(
    forms.map(({ name, columns }, i) => ({
      name,
      columns: columns.map(columnOf),
      rows: [],
      with_geometry: true,
      geometry_type: i === 0 ? ("Point" as const) : ("LineString" as const),
    })),
  )
}

const columnOf = ({ id, type }: TemplateColumn): ExportTable["columns"][number] => ({
  name: id,
  type: type === "choice" || type === "date" || type === "boolean" ? "text" : type,
})

async function geoPackage(tables: ExportTable[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "mingmai-template-"))
  try {
    const path = join(folder, "template.gpkg")
    await writeTables("gpkg", path, tables)
    return await readFile(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
