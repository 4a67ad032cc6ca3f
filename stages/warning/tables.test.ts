import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  type AlarmAction,
  type AlarmVerdict,
  alarmActions,
  approve_ms,
  type Role,
  roles,
  verdict_ms,
  verdict_undo_ms,
  type WarningAction,
  type WarningState,
  warningTransitions,
} from "../../model/index.ts"
import { alarmClock, alarmStage, warningClock } from "./clock.ts"
import { dayCode } from "./codes.ts"
import { proposeContent } from "./draft.ts"
import type { AlarmRecord } from "./store.ts"
import { alarm, caller, warning } from "./testing.ts"
import { createTrends } from "./trend.ts"
import { alarmActionsNow, alarmRefusal } from "./verdict.ts"
import { alarmActionList, historyRow } from "./views-of.ts"
import { warningActionsNow, warningRefusal } from "./warnings.ts"
import { whyLines } from "./why.ts"

const t0 = Date.UTC(2026, 10, 24)
const minute = 60_000

describe("verdicts", () => {
  test("an action is refused with its reason", () => {
    expect(alarmRefusal(alarm(), "confirm", ["regulator"], t0)?.code).toBe("wrong-role")
    expect(alarmRefusal(alarm({ verdict: "real" }), "confirm", ["analyst"], t0)?.code).toBe("already-judged")
    expect(alarmRefusal(alarm({ acknowledged_at: t0 }), "acknowledge", ["analyst"], t0)?.code).toBe("acknowledged")
    expect(alarmRefusal(alarm(), "undo", ["analyst"], t0)?.code).toBe("already-judged")
  })
  test("undo: for 30 s, and not once a warning refers to it", () => {
    const judged = alarm({ verdict: "real", verdict_at: t0 })
    expect(alarmRefusal(judged, "undo", ["analyst"], t0 + verdict_undo_ms)).toBeNull()
    expect(alarmRefusal(judged, "undo", ["analyst"], t0 + verdict_undo_ms + 1)?.code).toBe("undo-over")
    expect(alarmRefusal({ ...judged, warning_id: 1 }, "undo", ["analyst"], t0)?.code).toBe("undo-over")
  })
  test("whatever is tried, a verdict moves only as the table says", () => {
    const verdicts: AlarmVerdict[] = ["open", "real", "false_alarm", "device_fault", "planned_works"]
    fc.assert(
      fc.property(
        fc.constantFrom(...verdicts),
        fc.constantFrom(...(Object.keys(alarmActions) as AlarmAction[])),
        fc.subarray([...roles]),
        (verdict, action, held) => {
          const a = alarm({ verdict, verdict_at: verdict === "open" ? null : t0 })
          const allowed =
            (alarmActions[action].from as readonly string[]).includes(verdict) &&
            alarmActions[action].roles.some((r) => held.includes(r))
          expect(alarmRefusal(a, action, held, t0) === null).toBe(allowed)
          expect(alarmActionsNow(a, held, t0).includes(action)).toBe(allowed)
        },
      ),
    )
  })
})

describe("whose turn an alarm is", () => {
  const cases: [string, Partial<AlarmRecord>, string, string | null, number | null][] = [
    ["open", {}, "verdict", "verdict", t0 + verdict_ms[2]],
    ["dismissed", { verdict: "false_alarm" }, "done", null, null],
    ["real", { verdict: "real", verdict_at: t0 + minute }, "warning", "draft", t0 + minute + verdict_ms[2]],
    [
      "submitted",
      { verdict: "real", warning_state: "submitted", warning_due_at: t0 + approve_ms },
      "warning",
      "approve",
      t0 + approve_ms,
    ],
    [
      "ordered",
      {
        verdict: "real",
        order_id: 1,
        order_state: "accepted",
        order_clock: "arrive",
        order_clock_starts_at: t0,
        order_clock_ends_at: t0 + 5,
      },
      "order",
      "arrive",
      t0 + 5,
    ],
    ["closed", { verdict: "real", order_id: 1, order_state: "closed" }, "done", null, null],
  ]
  test.each(cases)("%s", (_name, over, stage, due, ends) => {
    const a = alarm(over)
    expect([alarmStage(a), alarmClock(a)?.due ?? null, alarmClock(a)?.ends_at ?? null]).toEqual([stage, due, ends])
  })
  test("the draft is offered to who may draft, while there is no warning and no order", () => {
    const real = alarm({ verdict: "real" })
    const list = (over: Partial<AlarmRecord>, role: Role) => alarmActionList({ ...real, ...over }, caller(1, role), [])
    expect(list({}, "analyst")).toEqual(["draft"])
    expect(list({}, "regulator")).toEqual([])
    expect(list({ warning_id: 1, warning_state: "draft" }, "analyst")).toEqual([])
    expect(list({ warning_id: 1, warning_state: "lifted" }, "analyst")).toEqual(["draft"])
    expect(list({ order_id: 1 }, "analyst")).toEqual([])
  })
})

describe("warnings", () => {
  test("who drafted or submitted cannot issue, whatever roles they hold", () => {
    const w = warning({ state: "submitted", drafted_by_id: 1, written_by_id: 4, submitted_by_id: 2 })
    expect(warningRefusal(w, "issue", caller(1, "duty_leader"))?.code).toBe("same-person")
    expect(warningRefusal(w, "issue", caller(2, "duty_leader"))?.code).toBe("same-person")
    expect(warningRefusal(w, "issue", caller(4, "duty_leader"))?.code).toBe("same-person")
    expect(warningRefusal(w, "issue", caller(3, "duty_leader"))).toBeNull()
    expect(warningClock({ ...w, submitted_at: t0, due_at: t0 + approve_ms })).toMatchObject({
      due: "approve",
      starts_at: t0,
      ends_at: t0 + approve_ms,
    })
    expect(warningClock(warning())).toBeNull()
  })
  test("whatever people try, a warning moves only by its table, and drafter and approver are two", () => {
    const tries = fc.record({
      who: fc.integer({ min: 1, max: 3 }),
      role: fc.constantFrom(...roles),
      action: fc.constantFrom(...(Object.keys(warningTransitions) as WarningAction[])),
    })
    fc.assert(
      fc.property(fc.array(tries, { maxLength: 30 }), (all) => {
        let w = warning({ drafted_by_id: 1 })
        const states: WarningState[] = ["draft"]
        for (const { who, role, action } of all) {
          const by = caller(who, role)
          expect(warningActionsNow(w, by).includes(action)).toBe(
            action !== "draft" && action !== "expire" && warningRefusal(w, action, by) === null,
          )
          if (warningRefusal(w, action, by)) continue
          const rule = warningTransitions[action]
          expect(rule.from as readonly string[]).toContain(w.state)
          if (action === "issue") expect([w.drafted_by_id, w.submitted_by_id, w.written_by_id]).not.toContain(who)
          w = {
            ...w,
            state: rule.to,
            submitted_by_id: action === "submit" ? who : w.submitted_by_id,
            written_by_id: action === "revise" ? who : w.written_by_id,
          }
          states.push(w.state)
        }
        const issued = states.indexOf("issued")
        if (issued >= 0) expect(states[issued - 1]).toBe("submitted")
        expect(states.slice(0, -1)).not.toContain("lifted")
      }),
      { numRuns: 300 },
    )
  })
})

describe("words and codes", () => {
  test("codes take the day of the city's zone", () => {
    expect(dayCode("YJ", { city: Date.UTC(2026, 10, 23, 16), time_zone: "Asia/Shanghai" })).toBe("YJ-20261124")
    expect(dayCode("YJ", { city: Date.UTC(2026, 10, 23, 15, 59, 59), time_zone: "Asia/Shanghai" })).toBe("YJ-20261123")
  })
  test("a proposal says place, value, level and owner, and its title fits", () => {
    const a = alarm({ place: { zh: "长".repeat(100), en: "" }, value: { amount: 12.5, unit: "m3/h" } })
    const content = proposeContent(
      a,
      {
        playbooks: [
          {
            on: 2,
            steps: [
              { zh: "关阀", en: "" },
              { zh: "开挖", en: "" },
            ],
          },
        ],
      } as never,
      { id: 7, name: { zh: "水司", en: "" } },
      50,
    )
    expect(content).toMatchObject({ severity: 2, owner_id: 7, radius_m: 50, measures: "1. 关阀\n2. 开挖" })
    expect(content.title).toHaveLength(80)
    expect(content.text).toContain("12.5 m3/h")
    expect(content.text).toContain("水司")
  })
  test("an action without a name keeps its code", () => {
    expect(historyRow({ city_time: t0, actor: "system", action: "order-accept", detail: null })).toMatchObject({
      actor: "系统",
      words: { zh: "order-accept" },
    })
  })
  test("why: from the readings to the closure, oldest first, every line in both languages", () => {
    const finding = (time: number, phase: string) => ({
      rule: "r",
      rule_version: 1,
      time,
      phase,
      title: { zh: "漏", en: "Leak" },
      because: {
        inputs: { a: 1 },
        readings: [{ point: 5, from: t0, to: time }],
        reasons: [{ sign: "-", words: { zh: "否", en: "no" } }],
      },
    })
    const lines = whyLines({
      alarms: [
        {
          alarm: alarm({ raised_at: t0 + minute }),
          findings: [finding(t0 + 2 * minute, "clear"), finding(t0 + minute, "raise")] as never,
          history: [
            { city_time: t0, actor: "system", action: "raise", detail: {} },
            { city_time: t0, actor: "A", action: "warning-issue", detail: {} },
          ],
        },
      ],
      versions: [
        { version: 1, action: "draft", signed_by: "甲", city_time: t0, note: null },
        { version: 2, action: "issue", signed_by: "乙", city_time: t0, note: "同意" },
      ],
      events: [
        {
          order_code: "CZ-1",
          order_id: 4,
          action: "assign",
          to_state: "assigned",
          actor: "乙",
          city_time: t0,
          note: null,
          limit_ms: 1,
        },
        {
          order_code: "CZ-1",
          order_id: 4,
          action: "urge",
          to_state: null,
          actor: "乙",
          city_time: t0,
          note: "快",
          limit_ms: null,
        },
      ],
      photos: [{ hash: "ab".repeat(32), taken_by: "丙", city_time: t0 }],
      point_name: (id) => `P${id}`,
    })
    expect(lines.map((l) => l.kind)).toEqual([
      "reading",
      "finding",
      "reason",
      "reading",
      "finding",
      "reason",
      "alarm",
      "step",
      "warning",
      "warning",
      "order",
      "step",
      "step",
      "photo",
    ])
    expect(lines[0]?.words.en).toBe("Readings of P5, 2026-11-24T00:00:00Z – 2026-11-24T00:01:00Z")
    expect(lines[2]?.words.zh).toBe("− 否")
    expect(lines[9]?.words.en).toBe("Warning issued, version 2, signed by 乙: 同意")
    expect(lines[10]?.link).toBe("/response?order=4")
    for (const l of lines) expect(l.words.zh.length * l.words.en.length).toBeGreaterThan(0)
  })
})

describe("trend", () => {
  const make = (values: Record<number, [before: number | undefined, after: number | undefined]>) => {
    let asked = 0
    const wall = { now: t0 }
    const at = async (points: readonly number[], time: number) => {
      asked++
      return points.flatMap((point) => {
        const value = values[point]?.[time === t0 ? 1 : 0]
        return value === undefined ? [] : [{ point, time, value, sequence: 0, quality: 0, arrived: time }]
      })
    }
    return {
      trends: createTrends({ at } as never, { now: () => t0, wall: () => wall.now } as never),
      asked: () => asked,
      wall,
    }
  }
  test("rises or falls by more than 2 %, else steady; unknown is steady", async () => {
    const { trends } = make({
      1: [100, 103],
      2: [100, 97],
      3: [100, 102],
      4: [undefined, 5],
      5: [0, 0.0001],
      6: [-10, -12],
    })
    expect([...(await trends([1, 2, 3, 4, 5, 6, 7]))]).toEqual([
      [1, 1],
      [2, -1],
      [3, 0],
      [4, 0],
      [5, 0],
      [6, -1],
      [7, 0],
    ])
  })
  test("is remembered for seconds of wall time, and never for a look back", async () => {
    const { trends, asked, wall } = make({ 1: [1, 2] })
    await trends([1, 1])
    await trends([1])
    expect(asked()).toBe(2)
    await trends([1], t0)
    expect(asked()).toBe(4)
    wall.now += 5000
    await trends([1])
    expect(asked()).toBe(6)
  })
})
