import Type from "typebox"
import { everything, type Permission, ProblemError, problem, type Scope, scopesFor } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { type Caller, type Input, notFound } from "../../platform/http/index.ts"
import { shortCache } from "./cache.ts"
import { cityName, everywhere, gatherDay } from "./gather.ts"
import { nowView, type Sources } from "./now.ts"
import type { makeReport } from "./report/make.ts"
import { createReports, mustSeeCity } from "./reports.ts"
import type { Scopes } from "./store.ts"
import { timelineView } from "./timeline.ts"
import { DayView, NowView, ReportRow, TimelineView } from "./views.ts"
import { dateOf, isDate } from "./zone.ts"

export type { Sources } from "./now.ts"
export { installPointMap } from "./point-map-routes.ts"
export { dateAfter, dateOf, dayBounds } from "./zone.ts"

const now_ms = 1000
const day_ms = 10_000
const cached_max = 100
const range_ms_max = 400 * 86_400_000
const Day = Type.String({ minLength: 10, maxLength: 10 })
const Language = Type.Union([Type.Literal("zh"), Type.Literal("en")])
const types = {
  pdf: "application/pdf",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
} as const

/** The numbers of one day over the whole city, as the province gets them. */
export const cityDay = async (app: App, date: string): Promise<DayView> => (await gatherDay(app, date, everywhere)).view

/** Registers the supervision routes: state now, time bar, numbers of a day, daily reports. `write` is replaced in tests. */
export function installSupervision(app: App, sources: Sources, write?: typeof makeReport): void {
  const nows = shortCache<NowView>(app.clock.wall, now_ms, cached_max)
  const days = shortCache<DayView>(app.clock.wall, day_ms, cached_max)
  const reports = createReports(app, write)

  // Every signed-in person has the top line; what it counts is what the person's other rights let them see.
  app.http.route({
    method: "GET",
    url: "/api/supervision/now",
    permission: "self",
    summary: "The city's state in one line",
    response: NowView,
    handler: ({ caller }) => {
      const scopes = scopesOfCaller(caller)
      return nows(JSON.stringify(scopes), () => nowView(app, sources, scopes))
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/supervision/timeline",
    permission: "self",
    summary: "Events and arrivals for the time bar",
    query: Type.Object({ from: Type.Integer(), to: Type.Integer() }),
    response: TimelineView,
    handler: ({ caller, query: { from, to } }) => {
      if (to <= from || to - from > range_ms_max)
        throw new ProblemError(
          problem("bad-range", 400, "时段须为正，且不超过 400 天", "The range must be positive and at most 400 days", {
            field: "to",
            value: to,
          }),
        )
      return timelineView(app, scopesOfCaller(caller), from, to)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/supervision/day",
    permission: "reports.read",
    summary: "The numbers of one day with numerators and denominators",
    query: Type.Object({ date: Type.Optional(Day) }),
    response: DayView,
    handler: ({ query, scopes }) => {
      const date = query.date === undefined ? dateOf(app.clock.now(), app.settings.time_zone) : dateIn(query.date)
      const all: Scopes = { alarms: scopes, warnings: scopes, orders: scopes, devices: scopes }
      return days(`${date} ${JSON.stringify(scopes)}`, async () => (await gatherDay(app, date, all)).view)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/supervision/reports",
    permission: "reports.read",
    summary: "Daily reports, newest first",
    response: Type.Array(ReportRow),
    handler: ({ scopes }) => {
      mustSeeCity(scopes)
      return reports.list()
    },
  })
  app.http.route({
    method: "POST",
    url: "/api/supervision/reports",
    permission: "reports.read",
    summary: "Makes the daily report of a date as PDF and workbook",
    query: Type.Object({ language: Type.Optional(Language) }),
    body: Type.Object({ date: Day, language: Type.Optional(Language) }),
    response: ReportRow,
    handler: ({ body, query, scopes, caller }) => {
      mustSeeCity(scopes)
      return reports.make(dateIn(body.date), query.language ?? body.language ?? app.settings.language, caller)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/supervision/reports/:id/:format",
    permission: "reports.read",
    summary: "A report's PDF or workbook",
    params: Type.Object({
      id: Type.Integer({ minimum: 1 }),
      format: Type.Union([Type.Literal("pdf"), Type.Literal("xlsx")]),
    }),
    handler: (input) => sendReport(app, reports, input),
  })
}

async function sendReport(app: App, reports: ReturnType<typeof createReports>, { params, scopes, reply }: Input) {
  mustSeeCity(scopes)
  const format = params.format as keyof typeof types
  const report = await reports.find(params.id)
  const content = report && (await app.files.get(format === "pdf" ? report.pdf_hash : report.xlsx_hash))
  if (!report || !content) throw new ProblemError(notFound("report", params.id))
  const name = `${(await cityName(app)).zh}-城市生命线日报-${report.date}.${format}`
  return reply
    .header("content-type", types[format])
    .header(
      "content-disposition",
      `attachment; filename="daily-${report.date}.${format}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    )
    .header("cache-control", "private, max-age=86400, immutable")
    .send(content)
}

function dateIn(text: string): string {
  if (!isDate(text))
    throw new ProblemError(
      problem(
        "bad-date",
        400,
        `日期「${text}」无效，应写作 2026-11-18`,
        `"${text}" is not a date; write it as 2026-11-18`,
        { field: "date", value: text },
      ),
    )
  return text
}

/** The scopes of each right a caller holds; none where it is missing, so that nothing is counted. */
function scopesOfCaller(caller: Caller): Scopes {
  const of = (permission: Permission): Scope[] =>
    caller.kind === "command" ? [everything] : scopesFor(caller.grants, permission)
  return {
    alarms: of("alarms.read"),
    warnings: of("warnings.read"),
    orders: of("orders.read"),
    devices: of("readings.read"),
  }
}
