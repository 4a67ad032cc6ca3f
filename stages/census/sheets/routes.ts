/** HTTP of import sheets: what kinds there are, and templates to fill in. */
import Type from "typebox"
import { type LonLat, ProblemError } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { notFound } from "../../../platform/http/index.ts"
import { isClass } from "../survey/index.ts"
import type { Census } from "../types.ts"
import { sheetFields } from "./fields.ts"
import { kindId, kindsOf } from "./kinds.ts"
import { sheetTemplate, surveyTemplate } from "./template.ts"
import { SheetKindView } from "./views.ts"

/** Where examples lie while the city has no place yet: the middle of China's eastern plain, an editable default. */
const somewhere: LonLat = [117.23, 31.82]
const content_types = {
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  gpkg: "application/geopackage+sqlite3",
}

export function installSheets(app: App, census: Census): void {
  const kinds = kindsOf(app.lifelines)
  const centre = (): LonLat => {
    const [lon, lat] = census.center() ?? somewhere
    return [Math.round(lon * 1e4) / 1e4, Math.round(lat * 1e4) / 1e4]
  }
  app.http.route({
    method: "GET",
    url: "/api/census/sheets",
    permission: "census.import",
    summary: "Import sheets: kinds of assets and what their columns may mean",
    response: Type.Array(SheetKindView),
    handler: () =>
      kinds.all.map(
        (known): SheetKindView => ({
          kind: kindId(known, kinds),
          lifeline: known.lifeline.id,
          name: known.kind.name,
          lifeline_name: known.lifeline.name,
          geometry: known.kind.geometry,
          fields: sheetFields(known).map(({ id, name, type, unit, required, part, min, max, choices }) => ({
            id,
            name,
            type,
            unit: unit ?? null,
            required: required ?? false,
            part,
            min: min ?? null,
            max: max ?? null,
            choices: choices ?? [],
          })),
        }),
      ),
  })
  app.http.route({
    method: "GET",
    url: "/api/census/sheets/:kind/template",
    permission: "census.import",
    summary: "A sheet to fill in: of a kind of asset, or survey-JS for the point and line tables of a class of pipes",
    params: Type.Object({ kind: Type.String({ pattern: "^[A-Za-z0-9._-]{1,80}$" }) }),
    query: Type.Object({
      format: Type.Optional(Type.Union([Type.Literal("xlsx"), Type.Literal("gpkg")])),
      language: Type.Optional(Type.Union([Type.Literal("zh"), Type.Literal("en")])),
    }),
    async handler({ params, query, reply }) {
      const { format = "xlsx", language = "zh" } = query as { format?: "xlsx" | "gpkg"; language?: "zh" | "en" }
      const asked = params.kind as string
      const class_code = /^survey-([A-Z]{2})$/.exec(asked)?.[1]
      const known = kinds.byId(asked)
      if (class_code !== undefined ? !isClass(class_code) : !known) throw new ProblemError(notFound("sheet", asked))
      const bytes =
        class_code !== undefined
          ? await surveyTemplate(class_code, format, language)
          : await sheetTemplate(known!, format, language, centre())
      return reply
        .header("content-type", content_types[format])
        .header("content-disposition", `attachment; filename="${asked}.${format}"`)
        .send(bytes)
    },
  })
}
