import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  type OrderAction,
  type OrderState,
  orderClockDefaults,
  orderStates,
  orderTransitions,
  roles,
} from "../../model/index.ts"
import { type Facts, limitsOf, moved, orderActionsNow, orderRefusal } from "./move.ts"
import type { OrderRecord } from "./store.ts"
import { median, summarise } from "./summary.ts"

const t0 = Date.UTC(2026, 10, 24)
const minute = 60_000
const good: Facts = { photos: 1, normal: { count: 3, needed: 3 } }
const actions = Object.keys(orderTransitions) as OrderAction[]

function order(over: Partial<OrderRecord> = {}): OrderRecord {
  return {
    id: 1,
    code: "CZ-20261124-001",
    warning_id: 1,
    warning_code: "YJ-20261124-001",
    warning_text: "",
    measures: "",
    incident_id: 1,
    alarm_id: 1,
    owner_id: 1,
    owner: { zh: "水司", en: "Water" },
    severity: 2,
    lifeline: "water",
    title: "",
    state: "assigned",
    clock: "accept",
    clock_starts_at: t0,
    clock_ends_at: t0 + orderClockDefaults.accept,
    suspended_at: null,
    escalated_at: null,
    limits: orderClockDefaults,
    marks: [],
    assigned_at: t0,
    closed_at: null,
    place: { zh: "", en: "" },
    lon: null,
    lat: null,
    point_id: null,
    condition: "raised",
    cleared_at: null,
    area_ids: [],
    track: [],
    ...over,
  }
}
const body = { note: "why", minutes: 10, owner_id: 2 }
const rolesOf = (action: OrderAction) => orderTransitions[action].roles as readonly string[]
/** Does an action as somebody who may. */
const act = (o: OrderRecord, action: OrderAction, now: number) => {
  const refusal = orderRefusal(o, action, rolesOf(action), body, good)
  if (refusal) throw new Error(refusal.code)
  return moved(o, action, body, now)
}

describe("the straight way", () => {
  test("from assignment to closure each state starts its own clock", () => {
    let o = order()
    let now = t0
    for (const action of ["accept", "arrive", "handle", "report", "recheck"] as const) {
      now += minute
      o = act(o, action, now)
      const clock = orderTransitions[action].starts
      expect([o.clock, o.clock_starts_at, o.clock_ends_at]).toEqual([clock, now, now + orderClockDefaults[clock]])
    }
    o = act(o, "close", now + minute)
    expect([o.state, o.clock, o.clock_ends_at, o.closed_at]).toEqual(["closed", null, null, now + minute])
    for (const action of actions) expect(orderRefusal(o, action, roles, body, good)).not.toBeNull()
  })
  test("limits come from the playbook of the severity, the rest are defaults", () => {
    const playbook = { on: 2 as const, steps: [], accept_ms: 1, arrive_ms: 2, handle_ms: 3, report_ms: 4 }
    const lifeline = { playbooks: [playbook] } as never
    expect(limitsOf(lifeline, 2)).toEqual({
      accept: 1,
      arrive: 2,
      handle: 3,
      report: 4,
      recheck: orderClockDefaults.recheck,
      close: orderClockDefaults.close,
    })
    expect(limitsOf(lifeline, 1)).toEqual(orderClockDefaults)
  })
})

describe("what an action needs", () => {
  test.each([
    ["report", "handling", { note: " " }, good, "note-needed"],
    ["report", "handling", body, { ...good, photos: 0 }, "photo-needed"],
    ["recheck", "reported", body, { photos: 1, normal: { count: 2, needed: 3 } }, "not-normal"],
    ["extend", "handling", { note: "x" }, good, "minutes-needed"],
    ["return", "assigned", {}, good, "note-needed"],
    ["accept", "accepted", body, good, "wrong-state"],
    ["resume", "handling", body, good, "suspended"],
  ] as const)("%s in %s", (action, state, given, facts, code) => {
    expect(orderRefusal(order({ state }), action, rolesOf(action), given, facts)?.code).toBe(code)
  })
  test("another role is refused before anything else is told", () => {
    for (const action of actions) {
      const others = roles.filter((r) => !rolesOf(action).includes(r))
      expect(orderRefusal(order(), action, others, body, good)?.code).toBe("wrong-role")
    }
  })
})

describe("events act on the clock and keep the state", () => {
  test("extension moves the end and takes the escalation back where it is in time again", () => {
    const late = order({
      state: "handling",
      clock: "report",
      clock_ends_at: t0,
      escalated_at: t0,
      marks: ["escalated"],
    })
    const o = moved(late, "extend", { note: "x", minutes: 30 }, t0 + 10 * minute)
    expect([o.state, o.clock_ends_at, o.escalated_at]).toEqual(["handling", t0 + 30 * minute, null])
    expect(moved(late, "extend", { note: "x", minutes: 5 }, t0 + 10 * minute).escalated_at).toBe(t0)
  })
  test("the clock stands still while suspended, and nothing else moves the order meanwhile", () => {
    const o = order({ state: "handling", clock: "report", clock_ends_at: t0 + 60 * minute })
    const stopped = act(o, "suspend", t0 + 10 * minute)
    for (const action of ["report", "extend", "suspend"] as const)
      expect(orderRefusal(stopped, action, roles, body, good)?.code).toBe("suspended")
    const on = act(stopped, "resume", t0 + 40 * minute)
    expect([on.state, on.clock_ends_at, on.suspended_at, on.marks]).toEqual(["handling", t0 + 90 * minute, null, []])
  })
  test("a suspended order that is reassigned begins anew and is not stuck", () => {
    const stopped = act(order({ state: "accepted", clock: "arrive" }), "suspend", t0)
    const o = act(stopped, "reassign", t0 + minute)
    expect([o.state, o.owner_id, o.suspended_at, o.clock_ends_at]).toEqual([
      "assigned",
      2,
      null,
      t0 + minute + orderClockDefaults.accept,
    ])
    expect(act(o, "accept", t0 + 2 * minute).state).toBe("accepted")
  })
  test("a return is a mark for the desk; reassigning takes it away", () => {
    const back = act(order(), "return", t0)
    expect([back.state, back.marks]).toEqual(["assigned", ["returned"]])
    expect(act(back, "reassign", t0).marks).toEqual([])
  })
})

const step = fc.record({
  action: fc.constantFrom(...actions),
  wait_ms: fc.nat(3 * 3_600_000),
  minutes: fc.integer({ min: 1, max: 1440 }),
  photos: fc.nat(1),
  normal: fc.nat(3),
})
test("whatever people try, an order moves only by its table and never gets stuck", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let o = order()
      let now = t0
      let stood_ms = 0
      for (const s of steps) {
        now += s.wait_ms
        const facts = { photos: s.photos, normal: { count: s.normal, needed: 3 } }
        if (orderRefusal(o, s.action, [...rolesOf(s.action)], { ...body, minutes: s.minutes }, facts)) continue
        const rule = orderTransitions[s.action]
        const before = structuredClone(o)
        const next = moved(o, s.action, { ...body, minutes: s.minutes }, now)
        expect(o).toEqual(before) // The order given is not changed.
        expect(rule.from as readonly OrderState[]).toContain(before.state)
        expect(next.state).toBe(rule.to ?? before.state)
        if (rule.to === null) {
          const moved_ms = (next.clock_ends_at ?? 0) - (before.clock_ends_at ?? 0)
          const expected =
            s.action === "extend" ? s.minutes * minute : s.action === "resume" ? now - before.suspended_at! : 0
          expect(moved_ms).toBe(expected)
          expect(next.clock).toBe(before.clock)
          if (s.action === "resume") stood_ms += expected
        } else {
          expect(next.clock_ends_at).toBe(rule.starts ? now + o.limits[rule.starts] : null)
          expect(next.suspended_at).toBeNull()
        }
        expect(new Set(next.marks).size).toBe(next.marks.length)
        expect(next.marks.includes("suspended")).toBe(next.suspended_at !== null)
        o = next
        if (o.state !== "closed")
          expect(orderActionsNow(o, roles, good).some((a) => orderTransitions[a].to !== null || a === "resume")).toBe(
            true,
          )
      }
      expect(stood_ms).toBeGreaterThanOrEqual(0)
      expect(orderStates).toContain(o.state)
    }),
    { numRuns: 300 },
  )
})

describe("summary", () => {
  const track = (...steps: [OrderState, number, number | null][]) =>
    steps.map(([state, entered_at, limit_ms]) => ({
      state,
      entered_at: t0 + entered_at * minute,
      limit_ms: limit_ms === null ? null : limit_ms * minute,
    }))
  test("counts what is late, due, open and closed, with rates as numerator and denominator", () => {
    const now = t0 + 60 * minute
    const orders = [
      order({ clock_ends_at: now - 1 }),
      order({ clock_ends_at: now }),
      order({ clock_ends_at: now - 1, suspended_at: now - 5 }),
      order({
        state: "closed",
        clock_ends_at: null,
        closed_at: now,
        marks: ["returned"],
        track: track(["assigned", 0, 10], ["accepted", 10, 30], ["arrived", 45, null], ["closed", 60, null]),
      }),
      order({
        state: "closed",
        clock_ends_at: null,
        closed_at: t0 - 86_400_000,
        track: track(["assigned", 0, 10], ["accepted", 5, 30], ["arrived", 10, null]),
      }),
    ]
    expect(summarise(orders, now, "Asia/Shanghai")).toMatchObject({
      overdue: 1,
      due_30min: 1,
      open: 3,
      closed_today: 1,
      on_time: { numerator: 3, denominator: 4 },
      returned: { numerator: 1, denominator: 5 },
      arrive_ms_median: 20 * minute,
    })
  })
  test("of nothing", () => {
    const none = summarise([], t0, "Asia/Shanghai")
    expect([none.open, none.arrive_ms_median, none.on_time]).toEqual([0, null, { numerator: 0, denominator: 0 }])
    expect(none.by_state.map((s) => s.state)).toEqual(orderStates)
  })
  test("the median is the middle, or the mean of the two middle ones", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (values) => {
        const m = median(values)!
        expect(values.filter((v) => v < m).length).toBeLessThanOrEqual(values.length / 2)
        expect(values.filter((v) => v > m).length).toBeLessThanOrEqual(values.length / 2)
      }),
    )
    expect([median([]), median([3]), median([1, 4])]).toEqual([null, 3, 3])
  })
})
