import type { AlarmRow, WarningRow } from "../../../api.ts"
import type { Event } from "../../../charts/index.ts"
import type { ChartPoint } from "./use-points.ts"

/** Alarms of a point's asset and the warnings made from them, as the chart marks them. */
export function eventsOf(
  point: ChartPoint,
  alarms: readonly AlarmRow[],
  warnings: readonly WarningRow[],
  pick: (words: { zh: string; en: string }) => string,
): Event[] {
  const { row } = point
  if (!row) return []
  const mine = alarms.filter(
    (a) => a.lifeline === row.lifeline && a.code !== null && (a.code === row.asset_code || a.code === row.device_code),
  )
  const issued = new Set(mine.map((a) => a.warning_id))
  return [
    ...mine.map(
      (a): Event => ({
        kind: "alarm",
        id: a.id,
        time: a.raised_at,
        severity: a.severity,
        seen: a.acknowledged_at !== null,
        until: a.cleared_at,
        text: pick(a.title),
      }),
    ),
    ...warnings
      .filter((w) => issued.has(w.id) && w.issued_at !== null)
      .map(
        (w): Event => ({
          kind: "warning",
          id: w.id,
          time: w.issued_at!,
          severity: w.severity as 1 | 2 | 3 | 4,
          seen: true,
          until: w.lifted_at,
          text: w.title,
        }),
      ),
  ]
}
