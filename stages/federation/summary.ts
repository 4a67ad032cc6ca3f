import type { DayView } from "../supervision/views.ts"
import type { DayBody, SummaryBody } from "./bodies.ts"
import type { citySummary } from "./store.ts"

/** The state of the city in counts: what a province sees between warnings. Pure. */
export function summaryBody(rows: Awaited<ReturnType<typeof citySummary>>): SummaryBody {
  const assets: SummaryBody["assets"] = {}
  for (const r of rows.assets) assets[r.lifeline] = { ...assets[r.lifeline], [r.kind]: r.n }
  const devices_by_lifeline = Object.fromEntries(
    rows.devices.map((d) => [d.lifeline, { online: d.online, total: d.total }]),
  )
  const counted = (list: typeof rows.alarms) =>
    [1, 2, 3, 4].map((s) => list.reduce((n, a) => n + (a.severity === s ? a.n : 0), 0))
  const alarms = counted(rows.alarms)
  const alarms_by_lifeline = Object.fromEntries(
    [...Map.groupBy(rows.alarms, (a) => a.lifeline)].map(([lifeline, list]) => [lifeline, counted(list)]),
  )
  const add = (pick: "online" | "total") => rows.devices.reduce((n, d) => n + d[pick], 0)
  return {
    code: "city",
    assets,
    devices: { online: add("online"), total: add("total") },
    devices_by_lifeline,
    alarms,
    alarms_by_lifeline,
  }
}

/** A day's numbers with raw numerators and denominators, without words. Pure. */
export function dayBody(view: DayView): DayBody {
  const numbers = Object.fromEntries(
    view.numbers.map((n) => [n.id, { value: n.value, numerator: n.numerator, denominator: n.denominator }]),
  )
  return { code: view.date, from: view.from, to: view.to, numbers }
}
