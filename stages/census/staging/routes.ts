/** HTTP of staged deliveries. */
import Type from "typebox"
import { ProblemError, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { cursorOf, type Input, pageOf } from "../../../platform/http/index.ts"
import { Id, ListQuery, Page } from "../../../platform/http/views.ts"
import { seenByEither } from "../changes/index.ts"
import { type RuleId, rules } from "../checks/index.ts"
import type { ColumnChoice } from "../survey/index.ts"
import { base, type Desk, params, short, text, who } from "./desk.ts"
import * as store from "./store.ts"
import type { Delivery } from "./types.ts"
import { AccuracyView, DeliveryRow, DeliveryView, FileView, SystemView } from "./views.ts"

const ColumnKind = Type.Unsafe<ColumnChoice["kind"]>(
  Type.String({ pattern: "^(point|line|table|sheet:[a-z0-9._-]{1,80})$" }),
)

export function stagingRoutes(app: App, desk: Desk): void {
  const { db } = app.sql
  /** A change of a delivery, answered with how the delivery is then. */
  const action = (
    url: string,
    summary: string,
    body: ReturnType<typeof Type.Object> | null,
    act: (input: Input) => Promise<unknown>,
  ) =>
    app.http.route({
      method: "POST",
      url: `${base}/:id/${url}`,
      permission: "census.import",
      summary,
      params,
      ...(body && { body }),
      response: DeliveryView,
      async handler(input) {
        await act(input)
        return desk.shown(input.params.id)
      },
    })

  app.http.route({
    method: "POST",
    url: base,
    permission: "census.import",
    summary: "Begin a delivery; files are uploaded to it next",
    body: Type.Object({
      name: text(200),
      source: Type.Optional(text(200)),
      complete: Type.Optional(Type.Boolean()),
      valid_from: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
      accuracy: Type.Optional(Type.Union([AccuracyView, Type.Null()])),
      owner_id: Type.Optional(Type.Union([Id, Type.Null()])),
      system: Type.Optional(Type.Union([SystemView, Type.Null()])),
    }),
    response: DeliveryView,
    handler: async (input) => desk.shown(await desk.create(who(input), input.body)),
  })
  app.http.route({
    method: "GET",
    url: base,
    permission: "self",
    summary: "Deliveries, newest first",
    query: Type.Object({ ...ListQuery, status: short }),
    response: Page(DeliveryRow),
    async handler({ query, caller }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listDeliveries(db, seenByEither(caller), query, { limit, offset })
      return pageOf(rows.map(listed), total, limit, offset)
    },
  })
  app.http.route({
    method: "GET",
    url: `${base}/:id`,
    permission: "self",
    summary: "A delivery: files, tables, what the check found, proposals, progress",
    params,
    response: DeliveryView,
    handler: async (input) => desk.shown((await desk.found(input)).id),
  })
  app.http.route({
    method: "POST",
    url: `${base}/:id/files`,
    permission: "census.import",
    summary: "Upload one file of a delivery, as it is; up to 5 GB",
    params,
    query: Type.Object({ file_name: text(300) }),
    stream: true,
    response: FileView,
    handler: (input) => desk.upload(who(input), input.params.id, safeName(input.query.file_name), input.body ?? []),
  })
  app.http.route({
    method: "DELETE",
    url: `${base}/:id/files`,
    permission: "census.import",
    summary: "Take a file out of a delivery",
    params,
    query: Type.Object({ upload: Type.Integer({ minimum: 0 }), file_name: text(300) }),
    response: DeliveryView,
    async handler(input) {
      await desk.removeFile(who(input), input.params.id, input.query.upload, input.query.file_name)
      return desk.shown(input.params.id)
    },
  })
  action("check", "Read and check a delivery (again)", null, (input) => desk.check(who(input), input.params.id))
  action("cancel", "End the check of a delivery; what is staged stays", null, (input) =>
    desk.cancel(who(input), input.params.id),
  )
  action("submit", "Check and make the change set for a second person's approval", null, (input) =>
    desk.submit(who(input), input.params.id),
  )
  action(
    "columns",
    "Choose what columns mean; remembered for the next delivery",
    Type.Object({
      choices: Type.Array(
        Type.Object({
          // The kind of table, "sheet:bridge" for an import sheet, or "table" to say what a table is.
          kind: ColumnKind,
          column: text(200),
          field: Type.Union([text(60), Type.Null()]),
        }),
        { minItems: 1, maxItems: 500 },
      ),
    }),
    (input) => desk.chooseColumns(who(input), input.params.id, input.body.choices),
  )
  action(
    "system",
    "Choose the coordinate system",
    Type.Object({ system: Type.Union([SystemView, Type.Null()]) }),
    (input) => desk.chooseSystem(who(input), input.params.id, input.body.system),
  )
  action(
    "corrections",
    "Put cells right, by the row as it stands in its file",
    Type.Object({
      corrections: Type.Array(
        Type.Object({
          file: text(400),
          name: Type.String({ maxLength: 300 }),
          row: Type.Integer({ minimum: 1 }),
          field: text(60),
          value: Type.String({ maxLength: 1000 }),
        }),
        { minItems: 1, maxItems: 500 },
      ),
    }),
    (input) => desk.correct(who(input), input.params.id, input.body.corrections),
  )
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0)

const listed = (d: Delivery): DeliveryRow => ({
  id: d.id,
  name: d.name,
  source: d.source,
  status: d.status,
  complete: d.complete,
  created_at: d.created_at,
  created_name: d.created_name,
  checked_at: d.checked_at,
  rows: d.report?.rows ?? null,
  publishable: d.report?.publishable ?? null,
  issues: d.report ? sum(d.report.counts) : null,
})

/** Name of a rule, and whether its issues keep rows back. */
export const ruleWords = (rule: string) => rules[rule as RuleId]

/** A file's name within the delivery, with folders; nothing that would lead out of it. */
function safeName(given: string): string {
  const name = given.replaceAll("\\", "/").normalize("NFC")
  const parts = name.split("/")
  const odd = parts.length > 6 || parts.some((part) => part === "" || part.startsWith(".") || hasControls(part))
  if (!odd && Buffer.byteLength(name) <= 600 && parts.every((part) => Buffer.byteLength(part) <= 240)) return name
  throw new ProblemError(
    problem(
      "bad-file-name",
      400,
      `文件名「${given.slice(0, 80)}」不可用：不能为空、以点开头、含控制字符或超过 6 层文件夹，请改名后上传`,
      `The file name "${given.slice(0, 80)}" cannot be used: no part may be empty, begin with a dot or hold control characters, and folders go 5 deep; rename it`,
      { field: "file_name", value: given.slice(0, 80) },
    ),
  )
}

const hasControls = (name: string) => [...name].some((c) => c.charCodeAt(0) < 32)
