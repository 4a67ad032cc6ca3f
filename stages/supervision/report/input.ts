import type { Words } from "../../../model/index.ts"
import type { AlarmLine, DayOrderRow, DeviceLine, WarningLine } from "../store.ts"
import type { DayView } from "../views.ts"

/** Rows of each list that a report prints; more are counted and left to the console. */
export const lines_max = 300

/** Everything a daily report is written from: plain data, so that it travels to the worker. */
export type ReportInput = {
  language: "zh" | "en"
  city: string
  simulated: boolean
  time_zone: string
  made_at: number
  made_by: string
  /** City time at which the rows were read; a day that still runs is said to be unfinished. */
  now: number
  day: DayView
  lifelines: { id: string; name: Words }[]
  alarms: AlarmLine[]
  warnings: WarningLine[]
  orders: DayOrderRow[]
  silent: DeviceLine[]
  /** All devices without data, of which `silent` lists the first. */
  silent_total: number
}
