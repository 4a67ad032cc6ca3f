import { everything, type Scope, type Words } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { getMeta } from "../../platform/sql/index.ts"
import { type DayRows, dayView } from "./day.ts"
import { presence, type QuarterCount, quarter_ms } from "./presence.ts"
import { lines_max, type ReportInput } from "./report/input.ts"
import * as store from "./store.ts"
import type { DayView } from "./views.ts"
import { dayBounds } from "./zone.ts"

/** The readings store refuses larger questions; this many points of a day stay far below its limit. */
const points_at_once = 2000
const look_back_ms_max = 24 * 3_600_000

export const everywhere: store.Scopes = {
  alarms: [everything],
  warnings: [everything],
  orders: [everything],
  devices: [everything],
}

type Gathered = { view: DayView; rows: DayRows; orders: store.DayOrderRow[] }

/** Reads and counts one day of the city's zone, as far as the scopes allow. A day that still runs ends now. */
export async function gatherDay(app: App, date: string, scopes: store.Scopes): Promise<Gathered> {
  const now = app.clock.now()
  const { from, to } = dayBounds(date, app.settings.time_zone)
  const [heard, alarms, warnings, orders] = await Promise.all([
    gatherPresence(app, scopes.devices, from, Math.min(to, now)),
    store.dayAlarms(app.sql.db, scopes.alarms, from, to),
    store.dayWarnings(app.sql.db, scopes.warnings, from, to),
    store.dayOrders(app.sql.db, scopes.orders, from, to),
  ])
  const rows: DayRows = { date, from, to, now, presence: heard, alarms, warnings, orders }
  return { view: dayView(rows, app.lifelines), rows, orders }
}

async function gatherPresence(app: App, scopes: Scope[], from: number, until: number) {
  // The quarter that still runs would count devices as silent that are only not due yet.
  const to = Math.max(from, Math.floor(until / quarter_ms) * quarter_ms)
  const points = await store.plannedPoints(app.sql.db, scopes)
  if (to === from || points.length === 0) return presence(points, [], from, from)
  const longest = points.reduce((most, p) => Math.max(most, p.interval_ms), 0)
  const look_back = Math.min(look_back_ms_max, 3 * longest)
  const counts: QuarterCount[] = []
  for (let i = 0; i < points.length; i += points_at_once) {
    const ids = points.slice(i, i + points_at_once).map((p) => p.id)
    for (const r of await app.series.rollup(ids, from - look_back, to, "15min")) {
      counts.push({ point: r.point, start: r.start, count: r.count })
    }
  }
  return presence(points, counts, from, to)
}

/** The city's name: an invented city brings its own, every other one has it from the settings. */
export const cityName = async (app: App): Promise<Words> =>
  (await getMeta<Words>(app.sql.db, "city_name")) ?? { zh: app.settings.city_name, en: app.settings.city_name }

/** Everything the report of a day prints: always of the whole city. */
export async function gatherReport(
  app: App,
  date: string,
  language: "zh" | "en",
  made_by: string,
): Promise<ReportInput> {
  const { view, rows, orders } = await gatherDay(app, date, everywhere)
  const { db } = app.sql
  const silent = rows.presence.silent_devices
  return {
    language,
    city: (await cityName(app))[language],
    simulated: app.clock.mode === "demo",
    time_zone: app.settings.time_zone,
    made_at: rows.now,
    made_by,
    now: rows.now,
    day: view,
    lifelines: app.lifelines.map((l) => ({ id: l.id, name: l.name })),
    alarms: await store.reportAlarms(db, rows.from, rows.to, lines_max),
    warnings: await store.reportWarnings(db, rows.from, rows.to, lines_max),
    orders,
    silent: await store.deviceLines(db, silent, lines_max),
    silent_total: silent.length,
  }
}
