/** HTTP of issues and of what people decide about them. */
import { Readable } from "node:stream"
import Type from "typebox"
import { ProblemError, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { csvCell, cursorOf, pageOf } from "../../../platform/http/index.ts"
import { Id, ListQuery, Page } from "../../../platform/http/views.ts"
import { boxOfQuery } from "../changes/index.ts"
import * as decided from "../issues/index.ts"
import { base, type Desk, params, short, text, who } from "./desk.ts"
import type { IssueRow } from "./types.ts"
import { CorrectionView, DeliveryView, ExceptionView, IssueView } from "./views.ts"

const Done = Type.Object({ accepted: Type.Integer() })
const State = Type.Union([Type.Literal("open"), Type.Literal("fixed"), Type.Literal("accepted")])
const issue_query = {
  rule: short,
  table: Type.Optional(Type.String({ maxLength: 300 })),
  file: Type.Optional(Type.String({ maxLength: 300 })),
  state: Type.Optional(State),
}
const features_max = 5_000
const csv_piece_rows = 5_000
const csv_columns = ["file", "table", "key", "row", "rule", "field", "value", "words"] as const

export function issueRoutes(app: App, desk: Desk): void {
  const { db } = app.sql
  app.http.route({
    method: "GET",
    url: `${base}/:id/corrections`,
    permission: "self",
    summary: "Corrections of a delivery",
    params,
    query: Type.Object({ ...ListQuery }),
    response: Page(CorrectionView),
    async handler(input) {
      const { limit, offset } = cursorOf(input.query)
      const rows = await decided.correctionsOf(db, (await desk.found(input)).id)
      return pageOf(rows.slice(offset, offset + limit + 1), rows.length, limit, offset)
    },
  })
  app.http.route({
    method: "DELETE",
    url: `${base}/:id/corrections/:correction_id`,
    permission: "census.import",
    summary: "Take a correction back",
    params: Type.Object({ id: Id, correction_id: Id }),
    response: DeliveryView,
    async handler(input) {
      await desk.removeCorrection(who(input), input.params.id, input.params.correction_id)
      return desk.shown(input.params.id)
    },
  })
  app.http.route({
    method: "POST",
    url: `${base}/:id/fixes`,
    permission: "census.import",
    summary: "Accept the proposal of one issue, or of all open ones of a rule",
    params,
    body: Type.Object({ issue_id: Type.Optional(Id), rule: short }),
    response: Done,
    handler(input) {
      const { issue_id, rule } = input.body
      if ((issue_id === undefined) === (rule === undefined)) throw new ProblemError(oneOfBoth)
      return desk.acceptFixes(who(input), input.params.id, input.body)
    },
  })
  app.http.route({
    method: "POST",
    url: `${base}/:id/exceptions`,
    permission: "census.import",
    summary: "Accept issues as being really so, with the reason",
    params,
    body: Type.Object({ issue_ids: Type.Array(Id, { minItems: 1, maxItems: 1000 }), reason: text(500) }),
    response: Done,
    handler: (input) => desk.except(who(input), input.params.id, input.body.issue_ids, input.body.reason),
  })
  app.http.route({
    method: "GET",
    url: `${base}/:id/exceptions`,
    permission: "self",
    summary: "Accepted exceptions of a delivery",
    params,
    query: Type.Object({ ...ListQuery }),
    response: Page(ExceptionView),
    async handler(input) {
      const { limit, offset } = cursorOf(input.query)
      const rows = await decided.exceptionsOf(db, (await desk.found(input)).id)
      return pageOf(rows.slice(offset, offset + limit + 1), rows.length, limit, offset)
    },
  })
  app.http.route({
    method: "DELETE",
    url: `${base}/:id/exceptions/:exception_id`,
    permission: "census.import",
    summary: "Take an accepted exception back",
    params: Type.Object({ id: Id, exception_id: Id }),
    response: DeliveryView,
    async handler(input) {
      await desk.removeException(who(input), input.params.id, input.params.exception_id)
      return desk.shown(input.params.id)
    },
  })
  app.http.route({
    method: "GET",
    url: `${base}/:id/issues`,
    permission: "self",
    summary: "Issues of the last check",
    params,
    query: Type.Object({ ...ListQuery, ...issue_query }),
    response: Page(IssueView),
    async handler(input) {
      const { limit, offset } = cursorOf(input.query)
      const { id } = await desk.found(input)
      const { rows, total } = await decided.listIssues(db, id, input.query, { limit, offset })
      return pageOf(rows.map(issueView), total, limit, offset)
    },
  })
  app.http.route({
    method: "GET",
    url: `${base}/:id/issues.csv`,
    permission: "self",
    summary: "All issues of the last check as CSV",
    params,
    async handler(input) {
      const { id } = await desk.found(input)
      input.reply
        .header("content-type", "text/csv; charset=utf-8")
        .header("content-disposition", `attachment; filename="issues-${id}.csv"`)
      return input.reply.send(Readable.from(issueLines(id)))
    },
  })
  app.http.route({
    method: "GET",
    url: `${base}/:id/issues.geojson`,
    permission: "self",
    summary: "Issues inside a box as GeoJSON",
    params,
    query: Type.Object({ bbox: Type.String({ maxLength: 100 }), ...issue_query }),
    response: Type.Any(),
    async handler(input) {
      const { id } = await desk.found(input)
      const rows = await decided.issuesWithin(db, id, boxOfQuery(input.query.bbox), input.query, features_max)
      input.reply.type("application/geo+json")
      const features = rows.slice(0, features_max).map((issue) => {
        const { lon, lat, ...properties } = issueView(issue)
        return { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties }
      })
      return { type: "FeatureCollection", complete: rows.length <= features_max, features }
    },
  })

  async function* issueLines(id: number): AsyncGenerator<string> {
    yield `\ufeff${csv_columns.join(",")}\r\n`
    for (let after = 0; ; ) {
      const rows = await decided.issuesAfter(db, id, after, csv_piece_rows)
      if (rows.length === 0) return
      yield rows.map(csvLine).join("")
      after = rows.at(-1)!.id
    }
  }
}

const csvLine = (issue: IssueRow): string => {
  const view = issueView(issue)
  return `${csv_columns.map((column) => csvCell(view[column], column)).join(",")}\r\n`
}

const issueView = ({ table_name, ...issue }: IssueRow): IssueView => ({ ...issue, table: table_name })

const oneOfBoth = problem(
  "one-of-both",
  400,
  "请给出 issue_id 或 rule 其中一个",
  "Give issue_id or rule, one of them",
  { field: "issue_id" },
)
