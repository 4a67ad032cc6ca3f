import { assert, require as must, ProblemError, problem, type Scope } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import type { Caller } from "../../platform/http/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import { gatherReport } from "./gather.ts"
import { makeReport, waiting_max } from "./report/make.ts"
import * as store from "./store.ts"
import type { ReportRow } from "./views.ts"
import { dateOf } from "./zone.ts"

const file_bytes_max = 20_000_000
const list_max = 400

export const reportRow = (r: store.StoredReport): ReportRow => ({
  id: r.id,
  date: r.date,
  made_at: r.made_at,
  made_by: r.made_by,
  pdf: { hash: r.pdf_hash, bytes: r.pdf_bytes, url: `/api/supervision/reports/${r.id}/pdf` },
  xlsx: { hash: r.xlsx_hash, bytes: r.xlsx_bytes, url: `/api/supervision/reports/${r.id}/xlsx` },
})

/** A report is of the whole city, so only who may see the whole city may have it. */
export function mustSeeCity(scopes: readonly Scope[]): void {
  const whole = scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")
  must(
    whole,
    problem(
      "report-needs-city",
      403,
      "日报覆盖全市，您的权限只到部分单位、专项或片区",
      "Reports cover the whole city; your rights cover a part of it",
    ),
  )
}

/** The making of reports: one after the other, few may wait; a failure switches the function off in sight, not the city. */
export function createReports(app: App, write: typeof makeReport = makeReport) {
  let queue: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function makeOne(date: string, language: "zh" | "en", caller: Caller): Promise<ReportRow> {
    const input = await gatherReport(app, date, language, caller.name)
    const files = await write(input).catch((error: Error) => {
      app.log.error({ err: error, date }, "the daily report could not be written")
      app.troubles.raise("report", {
        zh: `日报不能生成：${error.message.slice(0, 200)}`,
        en: `Reports cannot be made: ${error.message.slice(0, 200)}`,
      })
      throw new ProblemError(
        problem(
          "report-failed",
          503,
          "日报不能生成，原因见值守台和日志；监测不受影响",
          "The report cannot be made; the duty desk and the log say why; monitoring goes on",
        ),
      )
    })
    app.troubles.clear("report")
    const pdf = await app.files.put(files.pdf, file_bytes_max)
    const xlsx = await app.files.put(files.xlsx, file_bytes_max)
    if (!pdf.ok) throw new ProblemError(pdf.problem)
    if (!xlsx.ok) throw new ProblemError(xlsx.problem)
    const id = await transaction(app.sql.db, async (tx) => {
      const made = await store.insertReport(tx, {
        date,
        made_at: input.made_at,
        made_by: caller.name,
        numbers: input.day,
        pdf_hash: pdf.value.hash,
        pdf_bytes: pdf.value.bytes,
        xlsx_hash: xlsx.value.hash,
        xlsx_bytes: xlsx.value.bytes,
      })
      await app.audit(tx, caller, "report.make", `report:${made}`, { date, language })
      return made
    })
    app.events.tell({ kind: "report", id, owner_id: null, lifeline: null, area_ids: [], action: "make" })
    const row = await store.reportById(app.sql.db, id)
    assert(row, "a report that was just stored is there")
    return reportRow(row)
  }

  return {
    make(date: string, language: "zh" | "en", caller: Caller): Promise<ReportRow> {
      const today = dateOf(app.clock.now(), app.settings.time_zone)
      must(
        date <= today,
        problem(
          "report-future",
          400,
          `日期 ${date} 尚未到来，最晚为 ${today}`,
          `The date ${date} has not come; the latest is ${today}`,
          { field: "date", value: date },
        ),
      )
      must(
        waiting < waiting_max,
        problem(
          "report-busy",
          429,
          "已有多份日报在生成，请稍后再试",
          "Several reports are being made; try again in a moment",
        ),
      )
      waiting++
      const made = queue.then(() => makeOne(date, language, caller))
      queue = made.then(
        () => waiting--,
        () => waiting--, // The caller is told; the next report is made all the same.
      )
      return made
    },
    list: async () => (await store.listReports(app.sql.db, list_max)).map(reportRow),
    find: (id: number) => store.reportById(app.sql.db, id),
  }
}
