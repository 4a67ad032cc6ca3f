import type { AlarmRow } from "../../api.ts"

/** Which permission the next step of an alarm needs; who holds it has the alarm in "mine". */
const dueNeeds: Record<string, string> = {
  verdict: "alarms.judge",
  draft: "warnings.draft",
  submit: "warnings.draft",
  approve: "warnings.issue",
  issue: "warnings.issue",
  lift: "warnings.issue",
  accept: "orders.act",
  arrive: "orders.act",
  handle: "orders.act",
  report: "orders.act",
  recheck: "orders.recheck",
  close: "orders.dispatch",
}
const stageNeeds: Record<AlarmRow["stage"], string | null> = {
  verdict: "alarms.judge",
  warning: "warnings.draft",
  order: "orders.act",
  done: null,
}

/** Is it this person's turn? */
export function isMine(alarm: AlarmRow, permissions: readonly string[]): boolean {
  const needs =
    (alarm.clock && dueNeeds[alarm.clock.due]) ||
    (alarm.stage === "warning" && alarm.warning_id !== null ? "warnings.issue" : stageNeeds[alarm.stage])
  return needs !== null && permissions.includes(needs)
}

export type Order = "urgent" | "time" | "area"
const ends = (alarm: AlarmRow): number => alarm.clock?.ends_at ?? Number.POSITIVE_INFINITY

/** The next deadline sorts, then the level, then the newer one. */
export const byUrgency = (a: AlarmRow, b: AlarmRow): number => {
  const [x, y] = [ends(a), ends(b)]
  return x === y ? a.severity - b.severity || b.raised_at - a.raised_at : x < y ? -1 : 1
}

export type Groups = {
  mine: AlarmRow[]
  others: AlarmRow[]
  merged: { head: AlarmRow; count: number }[]
  done: AlarmRow[]
}

/** Splits the open alarms into mine, others', and those merged under a head; a merged one is counted, not listed. */
export function group(alarms: readonly AlarmRow[], permissions: readonly string[], order: Order): Groups {
  const compare = {
    urgent: byUrgency,
    time: (a: AlarmRow, b: AlarmRow) => b.raised_at - a.raised_at,
    area: (a: AlarmRow, b: AlarmRow) =>
      a.lifeline.localeCompare(b.lifeline) || a.place.zh.localeCompare(b.place.zh) || byUrgency(a, b),
  }[order]
  const heads = alarms.filter((a) => a.group_head_id === null || a.group_head_id === a.id)
  const sorted = [...heads].sort(compare)
  return {
    mine: sorted.filter((a) => a.stage !== "done" && isMine(a, permissions)),
    others: sorted.filter((a) => a.stage !== "done" && !isMine(a, permissions)),
    done: sorted.filter((a) => a.stage === "done"),
    merged: sorted.filter((a) => a.group_size > 1).map((head) => ({ head, count: head.group_size - 1 })),
  }
}

/** Does the text of an alarm contain every word of the filter? */
export function matches(alarm: AlarmRow, text: string): boolean {
  const all = [
    alarm.title.zh,
    alarm.title.en,
    alarm.place.zh,
    alarm.place.en,
    alarm.code ?? "",
    alarm.lifeline,
    alarm.owner?.zh ?? "",
    alarm.owner?.en ?? "",
  ]
    .join(" ")
    .toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}

/** Place and code in one line; a place that already names the code says it once. */
export const placeAndCode = (place: string, code: string | null): string =>
  code === null || place.includes(code) ? place : [place, code].filter(Boolean).join(" · ")
