import {
  type LonLat,
  type OrderAction,
  orderTransitions,
  ProblemError,
  problem,
  recheck_readings_min,
  require,
} from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { type Caller, systemCaller } from "../../platform/http/index.ts"
import { queueOrder } from "../../platform/outbox/index.ts"
import { type Tx, transaction } from "../../platform/sql/index.ts"
import { every } from "../../platform/timers/index.ts"
import type { Monitoring } from "../monitoring/index.ts"
import { closeIncident, dayCode, insertAlarmHistory, type Moment, nextCode, type Warnings } from "../warning/index.ts"
import { type Body, type Facts, limitsOf, moved, orderRefusal } from "./move.ts"
import { installRoutes } from "./routes.ts"
import * as store from "./store.ts"

export type Response = {
  facts(order: store.OrderRecord): Promise<Facts>
  /** Moves a work order by its table inside one transaction, with audit, outbox and live update. */
  move(id: number, action: OrderAction, body: Body & { from?: string }, caller: Caller): Promise<void>
  tell(id: number, action: string): Promise<void>
  /** What an order is about, and where. */
  place(id: number): Promise<{ lifeline: string; lon_lat: LonLat | null } | null>
  close(): Promise<void>
}

/** The response stage: the owner's work order with its clock, evidence, re-measurement and closure. */
export function installResponse(app: App, stages: { monitoring: Monitoring; warnings: Warnings }): Response {
  const { sql, clock, series } = app
  const { warnings } = stages

  warnings.onIssued(async (tx, w, caller, at) => {
    const limits = limitsOf(
      app.lifelines.find((l) => l.id === w.lifeline),
      w.content.severity,
    )
    const code = await nextCode(tx, dayCode("CZ", at), "response_order")
    const id = await store.insertOrder(tx, {
      code,
      warning_id: w.id,
      incident_id: w.incident_id,
      alarm_id: w.alarm_id,
      owner_id: w.content.owner_id,
      severity: w.content.severity,
      lifeline: w.lifeline,
      title: w.content.title,
      limits,
      at: at.city,
    })
    await record(tx, id, "assign", null, "assigned", limits.accept, {}, caller, at)
    await queueOrder(tx, id, at.city)
    // The order is told after the warning's transaction; a listener that reads it then finds it.
    pending_tell.add(id)
  })
  const pending_tell = new Set<number>()
  app.events.hear((change, here) => {
    if (!here || change.kind !== "warning" || pending_tell.size === 0) return
    const ids = [...pending_tell]
    pending_tell.clear()
    for (const id of ids) face.tell(id, "assign").catch((error) => app.failed("order", error))
  })

  const record = (
    tx: Tx,
    order_id: number,
    action: string,
    from: string | null,
    to: string | null,
    limit_ms: number | null,
    body: Body,
    caller: Caller,
    at: Moment,
    detail: unknown = {},
  ) =>
    store.insertEvent(tx, {
      order_id,
      action,
      from_state: from,
      to_state: to,
      limit_ms,
      actor_id: caller.id,
      actor: caller.name,
      city_time: at.city,
      wall_time: at.wall,
      note: body.note ?? null,
      detail,
    })

  async function apply(tx: Tx, o: store.OrderRecord, action: OrderAction, body: Body, caller: Caller, at: Moment) {
    const next = moved(o, action, body, at.city)
    const entered = orderTransitions[action].to
    const limit = entered && next.clock ? o.limits[next.clock] : null
    await store.saveOrder(tx, next)
    await record(
      tx,
      o.id,
      action,
      o.state,
      entered,
      limit,
      body,
      caller,
      at,
      body.minutes ? { minutes: body.minutes } : {},
    )
    if (entered === "closed") await closeIncident(tx, o.incident_id, at.city)
    if (action === "escalate")
      await insertAlarmHistory(tx, o.alarm_id, at.city, at.wall, "system", "escalate", { order: o.code, due: o.clock })
    await queueOrder(tx, o.id, at.city)
  }

  const face: Response = {
    async facts(order) {
      const photos = (await store.listPhotos(sql.db, order.id)).length
      let count = 0
      if (order.condition === "cleared" && order.cleared_at !== null) {
        if (order.point_id === null) count = recheck_readings_min
        else {
          const [curve] = await series.history([order.point_id], order.cleared_at, clock.now() + 1, 50)
          count = Math.min(curve?.time.length ?? 0, recheck_readings_min)
        }
      }
      return { photos, normal: { count, needed: recheck_readings_min } }
    },
    async move(id, action, body, caller) {
      const seen = await store.orderById(sql.db, id)
      require(seen, problem("not-found", 404, "没有这张工单", "No such work order", { field: "id", value: id }))
      const facts = await face.facts(seen)
      const roles = caller.grants.map((g) => g.role)
      if (action === "reassign") {
        require(body.owner_id && (await store.ownerKind(sql.db, body.owner_id)), problem(
          "unknown-owner",
          400,
          "请选择改派的单位",
          "Choose the owner to reassign to",
          { field: "owner_id", value: body.owner_id },
        ))
      }
      await transaction(sql.db, async (tx) => {
        const o = (await store.lockOrder(tx, id))!
        // A double click or a page left open: the person decided on a state that is gone.
        const stale = body.from !== undefined && body.from !== o.state
        const refusal = stale
          ? problem("wrong-state", 409, "工单状态已变化，请刷新", "The work order has moved on; reload", {
              field: "state",
              value: o.state,
            })
          : orderRefusal(o, action, roles, body, facts)
        if (refusal) throw new ProblemError(refusal)
        await apply(tx, o, action, body, caller, warnings.moment())
        await app.audit(tx, caller, `order-${action}`, `order:${id}`, body)
      })
      await face.tell(id, action)
      await warnings.tellAlarm(seen.alarm_id, `order-${action}`)
    },
    async tell(id, action) {
      const o = await store.orderById(sql.db, id)
      if (o)
        app.events.tell({ kind: "order", id, owner_id: o.owner_id, lifeline: o.lifeline, area_ids: o.area_ids, action })
    },
    async place(id) {
      const o = await store.orderById(sql.db, id)
      return o ? { lifeline: o.lifeline, lon_lat: o.lon === null || o.lat === null ? null : [o.lon, o.lat] } : null
    },
    close: () => loop.stop(),
  }

  /** Clocks that ran out: the order is marked and everybody concerned hears of it, once per state. */
  async function escalate() {
    const at = warnings.moment()
    if (at.city === 0 || app.cluster?.leads === false) return
    const ids = await transaction(sql.db, async (tx) => {
      const overdue = await store.overdueOrders(tx, at.city)
      for (const { id } of overdue) {
        const o = await store.orderById(tx, id)
        if (o) await apply(tx, o, "escalate", {}, { ...systemCaller, name: "system" }, at)
      }
      return overdue.map((o) => o.id)
    })
    for (const id of ids) await face.tell(id, "escalate")
  }
  const loop = every(1000, escalate, "order-clocks", app.failed)
  installRoutes(app, stages, face)
  return face
}
