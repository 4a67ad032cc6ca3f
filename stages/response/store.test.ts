import { sql as raw } from "kysely"
import { beforeEach, expect } from "vitest"
import { everything, type OrderState, orderClockDefaults, orderStates, orderTransitions } from "../../model/index.ts"
import { json, transaction } from "../../platform/sql/index.ts"
import { withSql } from "../../platform/sql/testing.ts"
import * as store from "./store.ts"

const t0 = Date.UTC(2026, 10, 24)

withSql("work orders", ({ sql, it }) => {
  const one = async (query: ReturnType<typeof raw<{ id: number }>>) => (await query.execute(sql().db)).rows[0]!.id
  const words = json({ zh: "漏", en: "Leak" })
  let given = { warning_id: 0, incident_id: 0, alarm_id: 0, owner_id: 0 }
  beforeEach(async () => {
    await raw`truncate response_photo, response_event, response_order, warning_version, warning_warning, warning_alarm_history, warning_alarm, warning_incident, access_organisation restart identity cascade`.execute(
      sql().db,
    )
    const owner_id = await one(
      raw`insert into access_organisation (code, name, kind) values ('o', ${words}, 'owner') returning id`,
    )
    const incident_id = await one(
      raw`insert into warning_incident (code, lifeline, title, opened_at) values ('SJ', 'water', ${words}, ${t0}) returning id`,
    )
    const alarm_id =
      await one(raw`insert into warning_alarm (rule, rule_version, lifeline, subject, cause, severity, title, place, owner_id, condition, since, raised_at, verdict_due_at, incident_id)
      values ('r', 1, 'water', 's', '', 2, ${words}, ${words}, ${owner_id}, 'raised', ${t0}, ${t0}, ${t0}, ${incident_id}) returning id`)
    const content = json({ severity: 2, title: "t", text: "x", measures: "m", radius_m: 1, owner_id })
    const warning_id =
      await one(raw`insert into warning_warning (code, incident_id, alarm_id, state, severity, lifeline, content, owner_id, version, drafted_by, drafted_at)
      values ('YJ', ${incident_id}, ${alarm_id}, 'issued', 2, 'water', ${content}, ${owner_id}, 1, 'x', ${t0}) returning id`)
    given = { warning_id, incident_id, alarm_id, owner_id }
  })
  let made = 0
  const order = (state: OrderState = "assigned", more: Partial<store.OrderRecord> = {}) =>
    transaction(sql().db, async (tx) => {
      const id = await store.insertOrder(tx, {
        ...given,
        code: `CZ-${++made}`,
        severity: 2,
        lifeline: "water",
        title: "t",
        limits: orderClockDefaults,
        at: t0,
      })
      await store.saveOrder(tx, { ...(await store.orderById(tx, id))!, state, ...more })
      return id
    })

  it("a clock that ran out is overdue in the states in which the table lets it escalate, and once", async () => {
    const late = { clock_ends_at: t0 - 1 }
    const ids = new Map<OrderState, number>()
    for (const state of orderStates) ids.set(state, await order(state, late))
    await order("handling", { ...late, suspended_at: t0 - 2 })
    await order("handling", { ...late, escalated_at: t0 - 1 })
    await order("handling", { clock_ends_at: t0 + 1 })
    const overdue = await transaction(sql().db, (tx) => store.overdueOrders(tx, t0))
    expect(overdue.map((o) => o.id)).toEqual(orderTransitions.escalate.from.map((s) => ids.get(s)))
  })

  it("two that look at once do not escalate the same order", async () => {
    const id = await order("handling", { clock_ends_at: t0 })
    await transaction(sql().db, async (tx) => {
      expect(await store.overdueOrders(tx, t0)).toEqual([{ id }])
      expect(await transaction(sql().db, (other) => store.overdueOrders(other, t0))).toEqual([])
    })
  })

  it("the track is what events say, with the time in each state; lists keep to the scope", async () => {
    const id = await order()
    await transaction(sql().db, async (tx) => {
      for (const [i, to_state] of [null, "assigned", "accepted", null].entries())
        await store.insertEvent(tx, {
          order_id: id,
          action: "a",
          from_state: null,
          to_state,
          limit_ms: i,
          actor_id: null,
          actor: "x",
          city_time: t0 + i,
          wall_time: t0,
          note: null,
          detail: {},
        })
    })
    expect((await store.orderById(sql().db, id))?.track).toEqual([
      { state: "assigned", entered_at: t0 + 1, limit_ms: 1 },
      { state: "accepted", entered_at: t0 + 2, limit_ms: 2 },
    ])
    const list = async (scope: object, state?: string) =>
      (
        await store.listOrders(
          sql().db,
          [{ ...everything, ...scope }],
          { state: state ?? "open", organisation_id: given.owner_id },
          10,
          0,
        )
      ).total
    expect(
      await Promise.all([
        list({}),
        list({ lifelines: ["gas"] }),
        list({ organisations: [given.owner_id + 1] }),
        list({ areas: [1] }),
        list({}, "mine"),
        list({}, "closed"),
        list({}, "returned"),
      ]),
    ).toEqual([1, 0, 0, 0, 1, 0, 0])
  })
})
