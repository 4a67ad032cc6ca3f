import Type from "typebox"
import { problem, require, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { cursorOf, notFound, pageOf } from "../../../platform/http/index.ts"
import { ListQuery, Page } from "../../../platform/http/views.ts"
import { transaction } from "../../../platform/sql/index.ts"
import { collectValues } from "../doors/collect.ts"
import { newDelivery } from "../doors/delivery.ts"
import type { Monitoring } from "../index.ts"
import type { Adoption } from "./index.ts"
import * as store from "./store.ts"
import { AdoptBody, AdoptedView, UnknownRow } from "./views.ts"

const interval_s_default = 60
const Device = Type.Object({ device: Type.String({ maxLength: 500 }) })

/** Unknown devices: list, adopt, forget. Nobody owns them, so only who sees the whole city sees them. */
export function installAdoptionRoutes(app: App, face: Monitoring, adoption: Adoption) {
  const { http, sql } = app

  http.route({
    method: "GET",
    url: "/api/monitoring/unknown",
    permission: "quarantine.read",
    summary: "Devices that speak and are not registered, with what they said first",
    query: Type.Object(ListQuery),
    response: Page(UnknownRow),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      if (!seesAll(scopes)) return pageOf([], 0, limit, offset)
      const { rows, total } = await store.listUnknown(sql.db, query.q ?? "", limit, offset)
      const { devices } = face.registry()
      return pageOf(
        rows.map(({ device, indicators }) => ({
          device,
          client: indicators[0]!.client,
          door: indicators[0]!.door,
          first_seen: Math.min(...indicators.map((i) => i.first_seen)),
          last_seen: Math.max(...indicators.map((i) => i.last_seen)),
          registered: devices.has(device),
          indicators: indicators.map(({ indicator, unit, count, last_time, last_value }) => ({
            indicator,
            unit,
            count,
            last_time,
            last_value,
          })),
        })),
        total,
        limit,
        offset,
      )
    },
  })

  http.route({
    method: "POST",
    url: "/api/monitoring/unknown/:device/adopt",
    permission: "census.write",
    summary: "Registers an unknown device; the readings that it sent before are taken in",
    params: Device,
    body: AdoptBody,
    response: AdoptedView,
    async handler({ params, body, caller }) {
      const said = await store.valuesOf(sql.db, params.device)
      require(said.length > 0, notFound("device", params.device))
      const lifeline = app.lifelines.find((l) => l.id === body.lifeline)
      require(lifeline, problem(
        "unknown-lifeline",
        400,
        `没有专项 ${body.lifeline}`,
        `There is no lifeline ${body.lifeline}`,
        {
          field: "lifeline",
          value: body.lifeline,
        },
      ))
      const points = body.indicators.map(({ to }: { to: string }) => {
        const spec = lifeline.indicators.find((i) => i.id === to)
        require(spec, problem(
          "unknown-indicator",
          400,
          `专项 ${body.lifeline} 没有指标 ${to}，可用：${lifeline.indicators.map((i) => i.id).join(", ")}`,
          `The lifeline ${body.lifeline} has no indicator ${to}; it has ${lifeline.indicators.map((i) => i.id).join(", ")}`,
          { field: "indicators", value: to },
        ))
        return { indicator: to, unit: spec.unit, interval_ms: (body.interval_s ?? interval_s_default) * 1000 }
      })
      const known = face.registry().devices.get(params.device)
      const gateway = face.registry().devices.get(said[0]!.client)
      const owner = body.asset_id === undefined ? undefined : await store.ownerOfAsset(sql.db, body.asset_id)
      require(body.asset_id === undefined || owner, notFound("asset", body.asset_id ?? 0))
      const device = {
        code: params.device,
        name: body.name ?? params.device,
        lifeline: body.lifeline,
        kind: body.kind ?? "sensor",
        asset_id: body.asset_id ?? null,
        gateway_id: gateway && gateway.code !== params.device ? gateway.id : null,
        owner_id: owner?.owner_id ?? null,
      }
      require(!known || known.lifeline === body.lifeline, problem(
        "wrong-lifeline",
        409,
        `设备已登记在专项 ${known?.lifeline}`,
        `The device is registered with the lifeline ${known?.lifeline}`,
        { field: "lifeline", value: body.lifeline },
      ))
      const device_id = await transaction(sql.db, async (tx) => {
        const id = await store.registerDevice(tx, device, points)
        await app.audit(tx, caller, "device-adopt", `device:${id}`, { code: params.device, ...body })
        return id
      })
      await face.adopted()
      const taken = await takeIn(said, body)
      await store.forget(sql.db, params.device)
      await adoption.relearn()
      await app.events.stale("city")
      return { device_id, ...taken }
    },
  })

  /** The kept readings go the same road as any other. */
  async function takeIn(said: Awaited<ReturnType<typeof store.valuesOf>>, body: AdoptBody) {
    const delivery = newDelivery("adoption")
    const values = said.flatMap((row) => {
      const named = body.indicators.find((i) => i.from === row.indicator)
      if (!named) return []
      return row.readings.map((r) => ({
        ...r,
        unit: r.unit ?? named.unit ?? null,
        device: row.device,
        indicator: named.to,
      }))
    })
    const sender = { door: "adoption", client: said[0]!.client, topic: "", gateway: null }
    const told = collectValues(face.directory(), { values, problems: [] }, Buffer.alloc(0), sender, delivery)
    const receipt = await face.intake.take(delivery)
    return { readings: receipt.readings, refused: told.refused + receipt.refused.length }
  }

  http.route({
    method: "DELETE",
    url: "/api/monitoring/unknown/:device",
    permission: "census.write",
    summary: "Forgets an unknown device and what it said",
    params: Device,
    async handler({ params, caller, reply }) {
      await transaction(sql.db, async (tx) => {
        await store.forget(tx, params.device)
        await app.audit(tx, caller, "device-forget", `device:${params.device}`, {})
      })
      await adoption.relearn()
      await app.events.stale("city")
      reply.code(204)
    },
  })
}

const seesAll = (scopes: readonly Scope[]) =>
  scopes.some((s) => s.organisations === "all" && s.lifelines === "all" && s.areas === "all")
