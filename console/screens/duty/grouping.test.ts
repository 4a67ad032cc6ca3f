import { expect, test } from "vitest"
import type { AlarmRow } from "../../api.ts"
import { group, isMine, matches, placeAndCode } from "./grouping.ts"

const alarm = (id: number, more: Partial<AlarmRow> = {}): AlarmRow =>
  ({
    id,
    severity: 3,
    lifeline: "gas",
    title: { zh: "甲烷", en: "Methane" },
    place: { zh: "人民路", en: "Renmin Rd" },
    code: `DL-${id}`,
    owner: null,
    stage: "verdict",
    clock: { due: "verdict", name: { zh: "研判", en: "Verdict" }, starts_at: 0, ends_at: id * 100 },
    raised_at: id,
    group_head_id: null,
    group_size: 1,
    warning_id: null,
    ...more,
  }) as AlarmRow

test("the next deadline sorts; merged members are counted under their head, not listed", () => {
  const groups = group(
    [alarm(3), alarm(1), alarm(2, { group_head_id: 1 }), alarm(4, { stage: "order" })].map((a) =>
      a.id === 1 ? { ...a, group_size: 2 } : a,
    ),
    ["alarms.judge"],
    "urgent",
  )
  expect(groups.mine.map((a) => a.id)).toEqual([1, 3, 4])
  expect(groups.merged.map((m) => [m.head.id, m.count])).toEqual([[1, 1]])
})

test("an alarm is mine when its clock waits for a right I hold", () => {
  const approve = alarm(1, { stage: "warning", clock: { ...alarm(1).clock!, due: "approve" } })
  expect(isMine(approve, ["warnings.issue"])).toBe(true)
  expect(isMine(approve, ["alarms.judge"])).toBe(false)
})

test("a filter finds both languages, and a place that names the code says it once", () => {
  expect(matches(alarm(1), "renmin dl-1")).toBe(true)
  expect(matches(alarm(1), "文庙")).toBe(false)
  expect(placeAndCode("电力井 DL-1", "DL-1")).toBe("电力井 DL-1")
  expect(placeAndCode("人民路", "DL-1")).toBe("人民路 · DL-1")
})
