import type { Severity } from "./finding.ts"
import type { Words } from "./result.ts"
import type { Role } from "./roles.ts"

/** An alarm has three separate fields; none implies another. */
export type AlarmCondition = "raised" | "cleared"
export type AlarmVerdict = "open" | "real" | "false_alarm" | "device_fault" | "planned_works"

/** Reasons a duty officer picks from when dismissing; a reason is required. */
export const dismissReasons: { code: string; verdict: Exclude<AlarmVerdict, "open" | "real">; words: Words }[] = [
  { code: "value-plausible", verdict: "false_alarm", words: { zh: "数值正常波动", en: "Normal variation" } },
  { code: "rule-too-tight", verdict: "false_alarm", words: { zh: "阈值过严", en: "Threshold too tight" } },
  { code: "known-demand", verdict: "false_alarm", words: { zh: "已知用水（用气）变化", en: "Known change of demand" } },
  { code: "sensor-drift", verdict: "device_fault", words: { zh: "传感器漂移", en: "Sensor drift" } },
  { code: "sensor-broken", verdict: "device_fault", words: { zh: "传感器损坏", en: "Sensor broken" } },
  { code: "communication", verdict: "device_fault", words: { zh: "通信异常", en: "Communication fault" } },
  { code: "maintenance", verdict: "planned_works", words: { zh: "设备检修", en: "Maintenance" } },
  { code: "construction", verdict: "planned_works", words: { zh: "计划施工", en: "Planned works" } },
]

/** What can be done to an alarm, by whom, from which verdict. Undo returns a verdict to open within undo_ms. */
export const alarmActions = {
  acknowledge: { roles: ["duty_officer", "analyst", "duty_leader"], from: ["open", "real"] },
  confirm: { roles: ["duty_officer", "analyst", "duty_leader"], from: ["open"] },
  dismiss: { roles: ["duty_officer", "analyst", "duty_leader"], from: ["open"] },
  undo: {
    roles: ["duty_officer", "analyst", "duty_leader"],
    from: ["real", "false_alarm", "device_fault", "planned_works"],
  },
} as const satisfies Record<string, { roles: readonly Role[]; from: readonly AlarmVerdict[] }>

export type AlarmAction = keyof typeof alarmActions

/** Undo of a verdict is possible for this long of city time, and only while no warning or work order refers to it. */
export const verdict_undo_ms = 30_000

/** Time for the duty desk to give a verdict, by severity, in ms of city time (editable defaults). */
export const verdict_ms: Record<Severity, number> = { 1: 5 * 60_000, 2: 10 * 60_000, 3: 15 * 60_000, 4: 60 * 60_000 }
