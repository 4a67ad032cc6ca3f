import ExcelJS from "exceljs"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { appendReading, readingBatch } from "../../model/index.ts"
import { installSupervision } from "./index.ts"
import { shiftStart } from "./now.ts"
import { hour, midnight, min, moveOrder, seedWarning, type TemporaryApp, temporaryApp } from "./testing.ts"
import type { DayView, NowView, ReportRow, TimelineView } from "./views.ts"

let side: TemporaryApp
let queries = 0
let broken = false

beforeAll(async () => {
  side = await temporaryApp(["--mode", "demo", "--city-name", "望澜市"], { start: midnight + 12 * hour })
  const { app } = side
  const sources = {
    arriving: () => {
      queries++
      return [100, 120]
    },
    devices: () => ({ online: 1, total: 2 }),
    late: () => ({ numerator: 1, denominator: 1000 }),
    province: () => null,
  }
  const { makeReport } = await import("./report/make.ts")
  installSupervision(app, sources, (input) => (broken ? Promise.reject(new Error("font missing")) : makeReport(input)))
  const { rows } = await sql<{ id: number }>`insert into monitoring_device (code, name, lifeline, kind, state)
    values ('P-1', '压力计', 'water', 'logger', 'online'), ('P-2', '液位计', 'drainage', 'logger', 'silent') returning id`.execute(
    app.sql.db,
  )
  await sql`insert into monitoring_point (device_id, indicator, unit, interval_ms, value_kind)
    values (${rows[0]!.id}, 'pressure', 'kPa', ${5 * min}, 'instant'), (${rows[1]!.id}, 'level', 'm', ${5 * min}, 'instant')`.execute(
    app.sql.db,
  )
  let batch = readingBatch(64)
  for (let i = 0; i < 72; i++)
    batch = appendReading(batch, 1, midnight + i * 5 * min, 0, 300 + i, 0, midnight + i * 5 * min)
  await app.series.commit(batch, [])
  const first = await seedWarning(app, 1, { severity: 1 })
  await moveOrder(app, first.order, "accept", "assigned", "accepted", midnight + hour + 12 * min)
  await moveOrder(app, first.order, "arrive", "accepted", "arrived", midnight + hour + 30 * min)
  await seedWarning(app, 11, { severity: 3, lifeline: "gas" })
  await sql`insert into warning_alarm (rule, rule_version, lifeline, subject, cause, severity, title, place, condition, since, raised_at, verdict_due_at)
    values ('test.rule', 1, 'gas', 'point:9', '', 2, '{"zh":"燃气浓度越限","en":"Gas over limit"}', '{"zh":"井","en":"chamber"}', 'raised',
      ${midnight + 11.9 * hour}, ${midnight + 11.9 * hour}, ${midnight + 12.1 * hour})`.execute(app.sql.db)
}, 60_000)
afterAll(() => side.close())

async function call(method: "GET" | "POST", url: string, as: string, body?: object) {
  return await side.app.http.server.inject({
    method,
    url,
    headers: { "x-caller": as, "x-mingmai": "1" },
    ...(body && { payload: body }),
  })
}
const get = async <T>(url: string, as: string) => (await call("GET", url, as)).json() as T

describe("now", () => {
  it("counts what is open, whose clock runs, and the shift", async () => {
    expect(shiftStart(midnight + 12 * hour, "Asia/Shanghai")).toBe(midnight + 8 * hour)
    expect(await get<NowView>("/api/supervision/now", "duty_leader")).toMatchObject({
      city_time: midnight + 12 * hour,
      clock: { mode: "demo", speed: 1, paused: false },
      alarms: [1, 1, 1, 0],
      clocks: { running: 2, next_ends_at: midnight + 12.1 * hour, overdue: 1 }, // A verdict, and an order nobody accepted.
      badges: { analysis: 1, warning: 0, response: 2 },
      shift: { alarms: 2, verdict_ms_median: 4 * min, on_time: { numerator: 1, denominator: 1 } },
      arriving: [100, 120],
      troubles: [],
      province: null,
    })
  })
  it("shows each person what the grants let them see, and is computed once a second for those who see the same", async () => {
    expect((await get<NowView>("/api/supervision/now", "duty_officer:gas")).alarms).toEqual([0, 1, 1, 0])
    expect((await get<NowView>("/api/supervision/now", "auditor")).alarms).toEqual([0, 0, 0, 0])
    expect((await call("GET", "/api/supervision/now", "")).statusCode).toBe(401)
    const before = queries
    await Promise.all([1, 2, 3, 4].map(() => get("/api/supervision/now", "analyst:gas")))
    expect(queries - before).toBeLessThanOrEqual(1)
  })
})

describe("the time bar", () => {
  it("shows events in the range, arrivals, and the gap since readings stopped", async () => {
    const view = await get<TimelineView>(
      `/api/supervision/timeline?from=${midnight}&to=${midnight + 24 * hour}`,
      "duty_officer",
    )
    expect(view.events.map((e) => [e.kind, e.severity])).toEqual([
      ["alarm", 1],
      ["order", 1],
      ["warning", 1],
      ["alarm", 3],
      ["order", 3],
      ["warning", 3],
      ["alarm", 2],
    ])
    expect(view.arrivals.reduce((n, a) => n + a.count, 0)).toBe(72)
    expect(view.gaps).toEqual([{ from: midnight + 6 * hour, to: midnight + 12 * hour }])
    expect((await call("GET", `/api/supervision/timeline?from=5&to=5`, "duty_officer")).statusCode).toBe(400)
  })
})

describe("the day", () => {
  it("has numbers with fractions, from the tables and the readings", async () => {
    const view = await get<DayView>("/api/supervision/day?date=2026-11-18", "regulator")
    const n = (id: string) => {
      const { value, numerator, denominator } = view.numbers.find((x) => x.id === id)!
      return [value, numerator, denominator]
    }
    expect(n("device_online")).toEqual([25, 360, 1440])
    expect(n("data_arrival")).toEqual([25, 72, 288])
    expect(n("accept_on_time")).toEqual([50, 1, 2])
    expect(n("arrive_median")).toEqual([18, null, 1])
    expect(n("verdict_on_time")).toEqual([100, 2, 2])
    expect(view.owners).toMatchObject([
      { name: { zh: "自来水公司" }, orders: 2, on_time: { numerator: 0, denominator: 2 } },
    ])
    const gas = await get<DayView>("/api/supervision/day?date=2026-11-18", "regulator:gas")
    expect(gas.alarms_by_lifeline.map((l) => l.lifeline)).toEqual(["gas"])
    expect(gas.numbers[0]).toMatchObject({ value: null, denominator: 0 })
    expect((await call("GET", "/api/supervision/day?date=2026-02-30", "regulator")).json()).toMatchObject({
      code: "bad-date",
      field: "date",
    })
  })
})

describe("the daily report", () => {
  it("comes as PDF with its fonts and as a workbook whose numbers are numbers", async () => {
    const made = await call("POST", "/api/supervision/reports", "duty_leader", { date: "2026-11-18" })
    expect(made.statusCode).toBe(200)
    const row = made.json() as ReportRow
    const pdf = await call("GET", row.pdf.url, "duty_leader")
    expect(pdf.headers["content-type"]).toBe("application/pdf")
    expect(decodeURIComponent(String(pdf.headers["content-disposition"]))).toContain(
      "望澜市-城市生命线日报-2026-11-18.pdf",
    )
    const text = pdf.rawPayload.toString("latin1")
    expect(text.slice(0, 5)).toBe("%PDF-")
    expect(text).toContain("NotoSansSC")
    expect(pdf.rawPayload.length).toBe(row.pdf.bytes)
    const book = new ExcelJS.Workbook()
    await book.xlsx.load((await call("GET", row.xlsx.url, "duty_leader")).rawPayload as never)
    expect(book.worksheets.map((s) => s.name)).toEqual([
      "运行指标",
      "当日报警",
      "预警",
      "处置工单",
      "权属单位",
      "当日无数据设备",
    ])
    const numbers = book.worksheets[0]!
    expect(numbers.getCell("A1").value).toContain("模拟数据")
    expect([numbers.getCell("B4").value, numbers.getCell("D4").value, numbers.getCell("E4").value]).toEqual([
      25, 360, 1440,
    ])
    expect(numbers.views[0]).toMatchObject({ state: "frozen", ySplit: 3 })
    const raised = book.worksheets[1]!.getCell("A4").value as Date
    expect(raised.toISOString()).toBe("2026-11-18T01:00:00.000Z") // 01:00 as the city's clock showed it.
    const again = (
      await call("POST", "/api/supervision/reports?language=en", "duty_leader", { date: "2026-11-18" })
    ).json() as ReportRow
    expect((await get<ReportRow[]>("/api/supervision/reports", "regulator")).map((r) => r.id)).toEqual([
      again.id,
      row.id,
    ])
  }, 30_000)
  it("is refused for days to come and to those who see a part of the city", async () => {
    expect((await call("POST", "/api/supervision/reports", "duty_leader", { date: "2026-11-19" })).json().code).toBe(
      "report-future",
    )
    expect((await call("POST", "/api/supervision/reports", "duty_leader:gas", { date: "2026-11-18" })).statusCode).toBe(
      403,
    )
    expect((await call("GET", "/api/supervision/reports", "field_crew")).statusCode).toBe(403)
    expect((await call("GET", "/api/supervision/reports/999/pdf", "duty_leader")).statusCode).toBe(404)
  })
  it("says on the duty desk when it cannot be written, and is well again with the next one", async () => {
    broken = true
    expect((await call("POST", "/api/supervision/reports", "duty_leader", { date: "2026-11-17" })).statusCode).toBe(503)
    expect(side.app.troubles.list()).toMatchObject([
      { what: "report", words: { en: "Reports cannot be made: font missing" } },
    ])
    broken = false
    expect((await call("POST", "/api/supervision/reports", "duty_leader", { date: "2026-11-17" })).statusCode).toBe(200)
    expect(side.app.troubles.list()).toEqual([])
    expect(side.failures).toHaveLength(1)
  }, 30_000)
})
