import { approve_ms, type Severity, verdict_ms, type Words } from "../../model/index.ts"
import type { AlarmRecord, WarningRecord } from "./store.ts"

export type ClockView = { due: string; name: Words; starts_at: number; ends_at: number }

/** What each clock waits for, in words. */
export const clockNames: Record<string, Words> = {
  verdict: { zh: "研判", en: "Verdict" },
  draft: { zh: "起草预警", en: "Draft a warning" },
  approve: { zh: "签发", en: "Approve" },
  accept: { zh: "签收", en: "Accept" },
  arrive: { zh: "到场", en: "Arrive" },
  handle: { zh: "处置", en: "Handle" },
  report: { zh: "反馈", en: "Report" },
  recheck: { zh: "复核", en: "Recheck" },
  close: { zh: "关闭", en: "Close" },
}

const clock = (due: string, starts_at: number, ends_at: number): ClockView => ({
  due,
  name: clockNames[due]!,
  starts_at,
  ends_at,
})

export const orderClock = (due: string | null, starts_at: number | null, ends_at: number | null): ClockView | null =>
  due === null || starts_at === null || ends_at === null ? null : clock(due, starts_at, ends_at)

/** Whose turn an alarm is: verdict, warning, order or done. */
export function alarmStage(a: AlarmRecord): "verdict" | "warning" | "order" | "done" {
  if (a.verdict === "open") return "verdict"
  if (a.verdict !== "real") return "done"
  if (a.order_id !== null) return a.order_state === "closed" ? "done" : "order"
  return "warning"
}

/** The clock that runs on an alarm now; null where nobody is waited for. */
export function alarmClock(a: AlarmRecord): ClockView | null {
  const stage = alarmStage(a)
  if (stage === "verdict") return clock("verdict", a.raised_at, a.verdict_due_at)
  if (stage === "order") return orderClock(a.order_clock, a.order_clock_starts_at, a.order_clock_ends_at)
  if (stage === "warning") {
    if (a.warning_state === "submitted" && a.warning_due_at)
      return clock("approve", a.warning_due_at - approve_ms, a.warning_due_at)
    // From the verdict on, the draft has as long as the verdict had.
    const from = a.verdict_at ?? a.raised_at
    return clock("draft", from, from + verdict_ms[a.severity as Severity])
  }
  return null
}

export const warningClock = (w: WarningRecord): ClockView | null =>
  w.state === "submitted" && w.due_at !== null ? clock("approve", w.submitted_at ?? w.drafted_at, w.due_at) : null
