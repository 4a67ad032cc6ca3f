import Type from "typebox"
import { problem, require } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { cursorOf, notFound, pageOf } from "../../platform/http/index.ts"
import { Id, ListQuery, Page, Time } from "../../platform/http/views.ts"
import { newToken } from "../../platform/random/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import type { Census } from "../census/index.ts"
import { hashSecret } from "./credentials.ts"
import type { Monitoring } from "./index.ts"
import * as store from "./store.ts"
import { ArrivalsView, CurveView, DeviceRow, DeviceView, LatestView, PointRow, QuarantineRow } from "./views.ts"
import { curveOfWave, curveView, latestView, pointRow } from "./views-of.ts"

const points_max = 40
const rows_max = 4000
const Points = Type.String({ maxLength: 400, pattern: "^\\d+(,\\d+)*$" })

export function installRoutes(app: App, census: Census, face: Monitoring) {
  const { http, sql, series, clock } = app
  const now = () => clock.now()

  /** Point ids of a query that the caller may see; an id outside is not found. */
  async function seen(ids_text: string, scopes: Parameters<typeof store.visiblePoints>[1]) {
    const ids = [...new Set(ids_text.split(",").map(Number))]
    require(ids.length <= points_max, problem(
      "too-many",
      400,
      `一次最多 ${points_max} 个测点`,
      `At most ${points_max} points at once`,
      { field: "points", value: ids.length },
    ))
    const { ids: visible } = await store.visiblePoints(sql.db, scopes, { ids }, points_max, 0)
    const missing = ids.find((id) => !visible.includes(id) || !face.registry().points.has(id))
    require(missing === undefined, notFound("point", missing))
    return ids
  }

  http.route({
    method: "GET",
    url: "/api/monitoring/devices",
    permission: "devices.read",
    summary: "The device ledger",
    query: Type.Object({ ...ListQuery, lifeline: Type.Optional(Type.String()), state: Type.Optional(Type.String()) }),
    response: Page(DeviceRow),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listDevices(sql.db, scopes, query, limit, offset)
      return pageOf(rows.map(deviceRow), total, limit, offset)
    },
  })

  function deviceRow(d: store.DeviceListRow) {
    const at = store.lonLat(d)
    const points = [...(face.registry().points_of.get(d.code)?.values() ?? [])]
    const latest = face.latest(points.map((p) => p.id))
    return {
      id: d.id,
      code: d.code,
      name: d.name,
      lifeline: d.lifeline,
      kind: d.kind,
      gateway: d.gateway,
      owner: d.owner,
      state: d.state,
      state_since: d.state_since,
      last_time: latest.length > 0 ? Math.max(...latest.map((l) => l.time)) : d.last_time,
      place: at ? census.placeWords(at) : { zh: d.asset_name ?? "", en: d.asset_name ?? "" },
      lon_lat: at,
      simulated: d.simulated,
      points: d.points,
    }
  }

  http.route({
    method: "GET",
    url: "/api/monitoring/devices/:id",
    permission: "devices.read",
    summary: "One device with its points and its history of states",
    params: Type.Object({ id: Id }),
    response: DeviceView,
    async handler({ params, scopes }) {
      const { rows } = await store.listDevices(sql.db, scopes, { id: params.id }, 1, 0)
      require(rows[0], notFound("device", params.id))
      const points = [...(face.registry().points_of.get(rows[0].code)?.values() ?? [])]
      return {
        ...deviceRow(rows[0]),
        point_list: points.map((p) => pointRow(p, face.latest([p.id])[0], census, now())),
        history: await store.deviceEvents(sql.db, params.id),
      }
    },
  })

  http.route({
    method: "POST",
    url: "/api/monitoring/devices/:id/credential",
    permission: "census.write",
    summary: "A new password for a device or gateway; it is shown once and replaces the old one",
    params: Type.Object({ id: Id }),
    response: Type.Object({ username: Type.String(), password: Type.String() }),
    async handler({ params, caller }) {
      const device = face.registry().device_by_id.get(params.id)
      require(device, notFound("device", params.id))
      const password = newToken()
      const credential_hash = hashSecret(password)
      await transaction(sql.db, async (tx) => {
        await store.setCredential(tx, device.id, credential_hash)
        await app.audit(tx, caller, "device-credential", `device:${device.id}`, { code: device.code })
      })
      device.credential_hash = credential_hash
      await face.tellDoors()
      await app.events.stale("credentials")
      return { username: device.code, password }
    },
  })

  http.route({
    method: "GET",
    url: "/api/monitoring/points",
    permission: "readings.read",
    summary: "Points with their latest reading",
    query: Type.Object({
      ...ListQuery,
      lifeline: Type.Optional(Type.String()),
      indicator: Type.Optional(Type.String()),
      area: Type.Optional(Type.String()),
      asset_id: Type.Optional(Id),
      points: Type.Optional(Points),
      at: Type.Optional(Time),
    }),
    response: Page(PointRow),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { q, lifeline, indicator, area, asset_id } = query
      const asked = query.points === undefined ? undefined : query.points.split(",").map(Number)
      const filter = { q, lifeline, indicator, area, asset_id, ...(asked && { ids: asked }) }
      const { ids, total } = await store.visiblePoints(sql.db, scopes, filter, limit, offset)
      const known = ids.filter((id) => face.registry().points.has(id))
      const readings = query.at === undefined ? face.latest(known) : await series.at(known, query.at, look_back_ms)
      const by_point = new Map(readings.map((l) => [l.point, l]))
      const rows = known.map((id) =>
        pointRow(face.registry().points.get(id)!, by_point.get(id), census, query.at ?? now()),
      )
      return pageOf(rows, total, limit, offset)
    },
  })

  http.route({
    method: "GET",
    url: "/api/monitoring/latest",
    permission: "readings.read",
    summary: "Latest readings of some points, now or at a time",
    query: Type.Object({ points: Points, at: Type.Optional(Time) }),
    response: Type.Array(LatestView),
    async handler({ query, scopes }) {
      const ids = await seen(query.points, scopes)
      const readings = query.at === undefined ? face.latest(ids) : await series.at(ids, query.at, look_back_ms)
      return readings.map((l) => latestView(l, face.registry().points.get(l.point)!, query.at ?? now()))
    },
  })

  http.route({
    method: "GET",
    url: "/api/monitoring/curves",
    permission: "readings.read",
    summary: "Curves of some points, decimated so that no peak is lost",
    query: Type.Object({
      points: Points,
      from: Time,
      to: Time,
      max: Type.Optional(Type.Integer({ minimum: 10, maximum: rows_max })),
    }),
    response: Type.Array(CurveView),
    async handler({ query, scopes }) {
      require(query.from < query.to, problem("bad-range", 400, "from 应早于 to", "from must be before to", {
        field: "from",
        value: query.from,
      }))
      const ids = await seen(query.points, scopes)
      const max = query.max ?? 1200
      const { points } = face.registry()
      const waves = ids.filter((id) => points.get(id)!.spec.waveform)
      const curves = [
        ...(await series.history(
          ids.filter((id) => !waves.includes(id)),
          query.from,
          query.to,
          max,
        )),
        ...(await Promise.all(waves.map((id) => series.wave(id, query.from, query.to, max / 2)))).map(curveOfWave),
      ]
      return curves.map((c) => curveView(points.get(c.point)!, c))
    },
  })

  http.route({
    method: "GET",
    url: "/api/monitoring/arrivals",
    permission: "readings.read",
    summary: "Readings per bucket of city time",
    query: Type.Object({ from: Time, to: Time, buckets: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })) }),
    response: ArrivalsView,
    handler: ({ query }) => series.arrivals(query.from, query.to, query.buckets ?? 100),
  })

  http.route({
    method: "GET",
    url: "/api/monitoring/quarantine",
    permission: "quarantine.read",
    summary: "What was refused and why",
    query: Type.Object({ ...ListQuery, code: Type.Optional(Type.String()) }),
    response: Page(QuarantineRow),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listQuarantine(sql.db, scopes, query.q ?? "", query.code, limit, offset)
      return pageOf(
        rows.map((r) => ({ ...r, payload: r.payload.toString("utf8") })),
        total,
        limit,
        offset,
      )
    },
  })
}

const look_back_ms = 7 * 86_400_000
