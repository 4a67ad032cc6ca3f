import Type from "typebox"
import {
  covers,
  type OrderAction,
  orderTransitions,
  ProblemError,
  problem,
  require,
  type Scope,
} from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { checkPhoto } from "../../platform/files/index.ts"
import { type Caller, cursorOf, mustSee, notFound, pageOf } from "../../platform/http/index.ts"
import { Id, ListQuery, Page } from "../../platform/http/views.ts"
import { transaction } from "../../platform/sql/index.ts"
import type { Monitoring } from "../monitoring/index.ts"
import type { Warnings } from "../warning/index.ts"
import type { Response } from "./index.ts"
import { orderActionsNow } from "./move.ts"
import * as store from "./store.ts"
import { summarise } from "./summary.ts"
import { OrderActionBody, OrderRow, OrderSummary, OrderView, PhotoView } from "./views.ts"
import { eventRow, orderRow } from "./views-of.ts"

const IdParams = Type.Object({ id: Id })
const photo_bytes_max = 12 * 1024 * 1024

export function installRoutes(app: App, stages: { monitoring: Monitoring; warnings: Warnings }, face: Response) {
  const { http, sql, clock } = app

  async function seen(id: number, scopes: Scope[]): Promise<store.OrderRecord> {
    const order = await store.orderById(sql.db, id)
    mustSee(scopes, order, "order", id)
    return order as store.OrderRecord
  }

  async function orderView(id: number, scopes: Scope[], caller: Caller) {
    const o = await seen(id, scopes)
    const facts = await face.facts(o)
    const point = o.point_id === null ? undefined : stages.monitoring.registry().points.get(o.point_id)
    const latest = point ? stages.monitoring.latest([point.id])[0] : undefined
    const steps =
      app.lifelines.find((l) => l.id === o.lifeline)?.playbooks.find((p) => p.on === o.severity)?.steps ?? []
    return {
      ...orderRow(o, clock.now()),
      warning_text: o.warning_text,
      measures: o.measures,
      alarm_id: o.alarm_id,
      steps,
      photos: (await store.listPhotos(sql.db, id)).map(photoView),
      history: (await store.listEvents(sql.db, id)).map(eventRow),
      measured: point
        ? {
            point: point.id,
            name: point.device.code,
            unit: point.unit,
            value: latest?.value ?? null,
            time: latest?.time ?? null,
            normal_count: facts.normal.count,
            normal_needed: facts.normal.needed,
            condition: o.condition,
          }
        : null,
      actions: orderActionsNow(
        o,
        caller.grants.map((g) => g.role),
        facts,
      ),
    }
  }

  http.route({
    method: "GET",
    url: "/api/response/orders",
    permission: "orders.read",
    summary: "Work orders; the clock that ends first stands first",
    query: Type.Object({
      ...ListQuery,
      state: Type.Optional(Type.String({ pattern: "^(open|closed|mine|returned|all)$" })),
    }),
    response: Page(OrderRow),
    async handler({ query, scopes, caller }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listOrders(
        sql.db,
        scopes,
        { ...query, organisation_id: caller.organisation_id },
        limit,
        offset,
      )
      return pageOf(
        rows.map((o) => orderRow(o, clock.now())),
        total,
        limit,
        offset,
      )
    },
  })
  http.route({
    method: "GET",
    url: "/api/response/summary",
    permission: "orders.read",
    summary: "Counts and rates of work orders",
    response: OrderSummary,
    async handler({ scopes }) {
      const now = clock.now()
      return summarise(await store.recentOrders(sql.db, scopes, now - 86_400_000), now, app.settings.time_zone)
    },
  })
  http.route({
    method: "GET",
    url: "/api/response/orders/:id",
    permission: "orders.read",
    summary: "One work order with evidence and history",
    params: IdParams,
    response: OrderView,
    handler: ({ params, scopes, caller }) => orderView(params.id, scopes, caller),
  })

  for (const action of Object.keys(orderTransitions) as OrderAction[]) {
    const roles = orderTransitions[action].roles as readonly string[]
    if (roles.length === 0 || action === "assign") continue
    const permission =
      roles.includes("field_crew") || roles.includes("owner_dispatcher")
        ? "orders.act"
        : roles.includes("analyst")
          ? "orders.recheck"
          : "orders.dispatch"
    http.route({
      method: "POST",
      url: `/api/response/orders/:id/${action}`,
      permission,
      summary: `Work order: ${action}`,
      params: IdParams,
      body: OrderActionBody,
      response: OrderView,
      async handler({ params, body, scopes, caller }) {
        await seen(params.id, scopes)
        await face.move(params.id, action, body, caller)
        return orderView(params.id, scopes, caller)
      },
    })
  }

  http.route({
    method: "POST",
    url: "/api/response/orders/:id/note",
    permission: "orders.read",
    summary: "A remark on a work order",
    params: IdParams,
    body: Type.Object({ note: Type.String({ minLength: 1, maxLength: 1000 }) }),
    response: OrderView,
    async handler({ params, body, scopes, caller }) {
      const o = await seen(params.id, scopes)
      await transaction(sql.db, (tx) =>
        store.insertEvent(tx, {
          order_id: o.id,
          action: "note",
          from_state: null,
          to_state: null,
          limit_ms: null,
          actor_id: caller.id,
          actor: caller.name,
          city_time: clock.now(),
          wall_time: clock.wall(),
          note: body.note,
          detail: {},
        }),
      )
      await face.tell(o.id, "note")
      return orderView(params.id, scopes, caller)
    },
  })
  http.route({
    method: "POST",
    url: "/api/response/orders/:id/photos",
    permission: "orders.act",
    summary: "A photo from the site: JPEG, PNG or WebP, up to 12 MB",
    params: IdParams,
    query: Type.Object({ caption: Type.Optional(Type.String({ maxLength: 60 })) }),
    response: PhotoView,
    body_bytes_max: photo_bytes_max,
    async handler({ params, query, body, scopes, caller }) {
      const o = await seen(params.id, scopes)
      require(o.state !== "closed", problem("wrong-state", 409, "工单已关闭", "The work order is closed"))
      require(Buffer.isBuffer(body), problem(
        "not-a-photo",
        400,
        "请以 image/jpeg、image/png 或 image/webp 上传",
        "Send image/jpeg, image/png or image/webp",
        { field: "content-type" },
      ))
      const photo = checkPhoto(body)
      if (!photo.ok) throw new ProblemError(photo.problem)
      const stored = await app.files.put(body, photo_bytes_max)
      if (!stored.ok) throw new ProblemError(stored.problem)
      const { hash } = stored.value
      const record = {
        hash,
        ...photo.value,
        caption: query.caption ?? null,
        taken_by: caller.name,
        city_time: clock.now(),
      }
      await transaction(sql.db, async (tx) => {
        await store.insertPhoto(tx, o.id, record, clock.wall())
        await store.insertEvent(tx, {
          order_id: o.id,
          action: "photo",
          from_state: null,
          to_state: null,
          limit_ms: null,
          actor_id: caller.id,
          actor: caller.name,
          city_time: clock.now(),
          wall_time: clock.wall(),
          note: query.caption ?? null,
          detail: { hash },
        })
        await app.audit(tx, caller, "order-photo", `order:${o.id}`, { hash })
      })
      await face.tell(o.id, "photo")
      return photoView(record)
    },
  })
  http.route({
    method: "GET",
    url: "/api/response/photos/:hash",
    permission: "orders.read",
    summary: "A photo of a work order that may be seen",
    params: Type.Object({ hash: Type.String({ pattern: "^[0-9a-f]{64}$" }) }),
    async handler({ params, scopes, reply }) {
      const owners = await store.ordersOfPhoto(sql.db, params.hash)
      const visible = owners.find((o) => covers(scopes, o))
      require(visible, notFound("photo", params.hash))
      reply.header("content-type", visible.type).header("cache-control", "private, max-age=31536000, immutable")
      const content = await app.files.get(params.hash)
      require(content, notFound("photo", params.hash))
      return content
    },
  })
}

const photoView = (p: store.PhotoRecord) => ({
  hash: p.hash,
  caption: p.caption,
  taken_by: p.taken_by,
  city_time: p.city_time,
  width: p.width,
  height: p.height,
  url: `/api/response/photos/${p.hash}`,
})
