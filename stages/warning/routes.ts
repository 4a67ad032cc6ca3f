import Type from "typebox"
import {
  type AlarmAction,
  alarmActions,
  covers,
  dismissReasons,
  type Geometry,
  type LonLat,
  problem,
  require,
  type Scope,
  type WarningAction,
  type Words,
  warningTransitions,
} from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { type Caller, cursorOf, mustSee, notFound, pageOf } from "../../platform/http/index.ts"
import { Id, ListQuery, Page, Severity, Time } from "../../platform/http/views.ts"
import { queueWarning } from "../../platform/outbox/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import { type Analysis, findingsOfAlarm, thresholdRule } from "../analysis/index.ts"
import type { Census, Near } from "../census/index.ts"
import type { Monitoring } from "../monitoring/index.ts"
import { proposeContent } from "./draft.ts"
import type { Warnings } from "./index.ts"
import * as store from "./store.ts"
import { createTrends } from "./trend.ts"
import { alarmActionsNow, judge } from "./verdict.ts"
import { AlarmRow, AlarmView, WarningContent, WarningRow, WarningView, WhyView } from "./views.ts"
import { alarmActionList, alarmRow, historyRow, warningRow } from "./views-of.ts"
import { draftWarning, moveWarning, warningActionsNow } from "./warnings.ts"
import { whyLines } from "./why.ts"

const IdParams = Type.Object({ id: Id })
const neighbours_max = 4
const suspects_max = 3
const suspect_reach_m = 120

export function installRoutes(
  app: App,
  stages: { census: Census; monitoring: Monitoring; analysis: Analysis },
  face: Warnings,
) {
  const { http, sql, clock } = app
  const trends = createTrends(app.series, clock)
  const ruleName = (rule: string): Words => {
    for (const l of app.lifelines) {
      const name =
        l.detectors.find((d) => d.rule === rule)?.name ?? l.thresholds.find((t) => thresholdRule(l, t) === rule)?.title
      if (name) return name
    }
    return { zh: rule, en: rule }
  }

  async function rows(records: store.AlarmRecord[], at?: number) {
    const trend = await trends(
      records.flatMap((r) => r.point_id ?? []),
      at,
    )
    return records.map((r) => ({
      ...alarmRow(r, r.point_id === null ? 0 : (trend.get(r.point_id) ?? 0)),
      ...(at === undefined && liveValue(r)),
    }))
  }

  /** A threshold's alarm shows what is measured now, while it stands; other rules show what they concluded. */
  function liveValue(a: store.AlarmRecord): { value: { amount: number; unit: string } } | null {
    const is_threshold = app.lifelines.some((l) => l.thresholds.some((t) => thresholdRule(l, t) === a.rule))
    const point = a.point_id === null ? undefined : stages.monitoring.registry().points.get(a.point_id)
    const latest = point ? stages.monitoring.latest([point.id])[0] : undefined
    return is_threshold && a.condition === "raised" && point && latest
      ? { value: { amount: latest.value, unit: point.unit } }
      : null
  }

  http.route({
    method: "GET",
    url: "/api/warning/alarms",
    permission: "alarms.read",
    summary: "Alarms; those whose clock ends first stand first. With `at`: those that stood then",
    query: Type.Object({
      ...ListQuery,
      state: Type.Optional(Type.Union([Type.Literal("open"), Type.Literal("all")])),
      severity: Type.Optional(Severity),
      lifeline: Type.Optional(Type.String()),
      at: Type.Optional(Time),
    }),
    response: Page(AlarmRow),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { rows: records, total } = await store.listAlarms(sql.db, scopes, query, limit, offset)
      return pageOf(await rows(records, query.at), total, limit, offset)
    },
  })

  http.route({
    method: "GET",
    url: "/api/warning/dismiss-reasons",
    permission: "alarms.read",
    summary: "Reasons for dismissing an alarm",
    response: Type.Array(Type.Any()),
    handler: () => dismissReasons,
  })

  async function seenAlarm(id: number, scopes: Scope[]): Promise<store.AlarmRecord> {
    const alarm = await store.alarmById(sql.db, id)
    mustSee(scopes, alarm, "alarm", id)
    return alarm as store.AlarmRecord
  }

  async function alarmView(id: number, scopes: Scope[], caller: Caller) {
    const a = await seenAlarm(id, scopes)
    const { rows: findings, total } = await findingsOfAlarm(sql.db, id, 1, 0)
    const point = a.point_id === null ? undefined : stages.monitoring.registry().points.get(a.point_id)
    const at =
      store.lonLatOf(a) ??
      (point?.lon != null && point.lat != null ? ([point.lon, point.lat] as [number, number]) : null)
    const around =
      at && point ? stages.monitoring.neighbours(at, a.lifeline, point.indicator, point.id, 5 * neighbours_max) : []
    // A neighbour, or the pipe underneath, can be another company's.
    const visible = new Set(
      around.length > 0
        ? await stages.monitoring.visible(
            around.map((n) => n.point.id),
            caller,
          )
        : [],
    )
    const near = around.filter((n) => visible.has(n.point.id)).slice(0, neighbours_max)
    const trend = await trends([...near.map((n) => n.point.id), ...(point ? [point.id] : [])])
    const lines =
      app.lifelines
        .find((l) => l.id === a.lifeline)
        ?.assets.filter((k) => k.geometry === "line")
        .map((k) => k.kind) ?? []
    // An alarm on a whole area points at no spot: pipes near its middle would be no suspects.
    const pointed = a.asset_id !== null || findings[0]?.place.lon_lat !== undefined
    const below =
      at && pointed
        ? stages.census.nearest(at, {
            lifeline: a.lifeline,
            kinds: lines,
            max_m: suspect_reach_m,
            limit: 5 * suspects_max,
          })
        : []
    const suspects = below.filter((s) => covers(scopes, s.asset)).slice(0, suspects_max)
    const playbook = app.lifelines.find((l) => l.id === a.lifeline)?.playbooks.find((p) => p.on === a.severity)
    const device = point?.device
    return {
      ...alarmRow(a, a.point_id === null ? 0 : (trend.get(a.point_id) ?? 0)),
      ...liveValue(a),
      rule_version: a.rule_version,
      rule_name: ruleName(a.rule),
      subject: a.subject,
      cause: a.cause,
      asset_id: a.asset_id,
      area: a.area_id === null ? null : (stages.census.area(a.area_id)?.code ?? null),
      finding: findings[0],
      findings: total,
      neighbours: near.map((n) => {
        const latest = stages.monitoring.latest([n.point.id])[0]
        return {
          point: n.point.id,
          device_code: n.point.device.code,
          name: n.point.device.name,
          lon_lat: [n.point.lon!, n.point.lat!] as [number, number],
          distance_m: Math.round(n.distance_m),
          unit: n.point.unit,
          value: latest?.value ?? null,
          trend: trend.get(n.point.id) ?? 0,
        }
      }),
      suspects: await suspectViews(suspects, at),
      device: device
        ? {
            id: device.id,
            code: device.code,
            state: device.state,
            last_time: stages.monitoring.latest([point!.id])[0]?.time ?? device.last_time,
          }
        : null,
      history: (await store.alarmHistory(sql.db, id)).map(historyRow),
      members: await store.groupMembers(sql.db, scopes, id),
      steps: playbook?.steps ?? [],
      actions: alarmActionList(
        a,
        caller,
        alarmActionsNow(
          a,
          caller.grants.map((g) => g.role),
          clock.now(),
        ),
      ),
      undo_until: a.verdict_at !== null && a.warning_id === null ? a.verdict_at + 30_000 : null,
    }
  }

  /** Pipes near the place, with what their attributes tell. */
  async function suspectViews(near: Near[], at: LonLat | null) {
    const attributes = await store.attributesOf(
      sql.db,
      near.map((n) => n.asset.id),
    )
    return near.map(({ asset, distance_m }) => {
      const a = attributes.get(asset.id) ?? {}
      const detail = [
        a.diameter_mm ? `DN${Math.round(Number(a.diameter_mm))}` : "",
        a.material ?? "",
        a.installed_year ?? "",
      ]
        .filter(Boolean)
        .join(" ")
      return {
        asset_id: asset.id,
        code: asset.code,
        name: { zh: asset.name ?? asset.code ?? String(asset.id), en: asset.code ?? asset.name ?? String(asset.id) },
        detail: { zh: detail, en: detail },
        distance_m: Math.round(distance_m * 10) / 10,
        lon_lat: middleOf(asset.geometry) ?? at!,
      }
    })
  }

  http.route({
    method: "GET",
    url: "/api/warning/alarms/:id",
    permission: "alarms.read",
    summary: "One alarm with its evidence",
    params: IdParams,
    response: AlarmView,
    handler: ({ params, scopes, caller }) => alarmView(params.id, scopes, caller),
  })

  for (const action of Object.keys(alarmActions) as AlarmAction[]) {
    http.route({
      method: "POST",
      url: `/api/warning/alarms/:id/${action}`,
      permission: "alarms.judge",
      summary: `Alarm: ${action}`,
      params: IdParams,
      body: Type.Object({
        reason: Type.Optional(Type.String({ maxLength: 60 })),
        note: Type.Optional(Type.String({ maxLength: 500 })),
      }),
      response: AlarmView,
      async handler({ params, body, scopes, caller }) {
        await seenAlarm(params.id, scopes)
        await transaction(sql.db, async (tx) => {
          const alarm = await store.lockAlarm(tx, params.id)
          require(alarm, notFound("alarm", params.id))
          await judge(tx, alarm, action, body, caller, face.moment())
          await app.audit(tx, caller, `alarm-${action}`, `alarm:${params.id}`, body)
        })
        await face.tellAlarm(params.id, action)
        return alarmView(params.id, scopes, caller)
      },
    })
  }

  http.route({
    method: "GET",
    url: "/api/warning/alarms/:id/draft",
    permission: "warnings.draft",
    summary: "A proposal for the warning on an alarm",
    params: IdParams,
    response: WarningContent,
    async handler({ params, scopes }) {
      const a = await seenAlarm(params.id, scopes)
      const owner =
        a.owner_id !== null && a.owner ? { id: a.owner_id, name: a.owner } : await store.likelyOwner(sql.db, a.lifeline)
      require(owner, problem(
        "no-owner",
        409,
        "城市中还没有权属单位，请先在设置中建立",
        "The city has no owner organisation yet; create one in the settings",
      ))
      return proposeContent(
        a,
        app.lifelines.find((l) => l.id === a.lifeline),
        owner,
        50,
      )
    },
  })

  // ---- warnings

  async function seenWarning(id: number, scopes: Scope[]): Promise<store.WarningRecord> {
    const w = await store.warningById(sql.db, id)
    mustSee(scopes, w, "warning", id)
    return w as store.WarningRecord
  }

  async function warningView(id: number, scopes: Scope[], caller: Caller) {
    const w = await seenWarning(id, scopes)
    const { rows: alarms } = await store.listAlarms(sql.db, scopes, { state: "all", incident_id: w.incident_id }, 50, 0)
    const versions = await store.listVersions(sql.db, id)
    return {
      ...warningRow(w),
      content: w.content,
      owner: w.owner,
      alarms: await rows(alarms),
      versions: versions.map((v) => ({
        version: v.version,
        action: v.action,
        signed_by: v.signed_by,
        signed_at: v.city_time,
        content: v.content,
        note: v.note,
      })),
      orders: await store.ordersOfWarning(sql.db, id),
      history: versions.map((v) =>
        historyRow({
          city_time: v.city_time,
          actor: v.signed_by,
          action: `warning-${v.action}`,
          detail: { version: v.version, note: v.note },
        }),
      ),
      actions: warningActionsNow(w, caller),
    }
  }

  http.route({
    method: "GET",
    url: "/api/warning/warnings",
    permission: "warnings.read",
    summary: "Warnings, newest first",
    query: Type.Object({ ...ListQuery, state: Type.Optional(Type.String()) }),
    response: Page(WarningRow),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { rows: records, total } = await store.listWarnings(sql.db, scopes, query, limit, offset)
      return pageOf(records.map(warningRow), total, limit, offset)
    },
  })
  http.route({
    method: "GET",
    url: "/api/warning/warnings/:id",
    permission: "warnings.read",
    summary: "One warning with its versions and signatures",
    params: IdParams,
    response: WarningView,
    handler: ({ params, scopes, caller }) => warningView(params.id, scopes, caller),
  })
  http.route({
    method: "POST",
    url: "/api/warning/warnings",
    permission: "warnings.draft",
    summary: "Draft a warning on a confirmed alarm",
    body: Type.Object({ alarm_id: Id, content: WarningContent }),
    response: WarningView,
    async handler({ body, scopes, caller }) {
      await seenAlarm(body.alarm_id, scopes)
      const id = await transaction(sql.db, async (tx) => {
        const alarm = await store.lockAlarm(tx, body.alarm_id)
        require(alarm, notFound("alarm", body.alarm_id))
        const made = await draftWarning(tx, alarm, body.content, caller, face.moment())
        await store.insertAlarmHistory(tx, alarm.id, clock.now(), clock.wall(), caller.name, "warning-draft", {
          warning_id: made,
        })
        await app.audit(tx, caller, "warning-draft", `warning:${made}`, { alarm_id: body.alarm_id })
        return made
      })
      await tell(id, "draft", body.alarm_id)
      return warningView(id, scopes, caller)
    },
  })
  for (const action of Object.keys(warningTransitions) as WarningAction[]) {
    if (action === "draft" || action === "expire") continue
    http.route({
      method: "POST",
      url: `/api/warning/warnings/:id/${action}`,
      permission: action === "revise" || action === "submit" ? "warnings.draft" : "warnings.issue",
      summary: `Warning: ${action}`,
      params: IdParams,
      body: Type.Object({
        content: Type.Optional(WarningContent),
        note: Type.Optional(Type.String({ maxLength: 500 })),
      }),
      response: WarningView,
      async handler({ params, body, scopes, caller }) {
        const before = await seenWarning(params.id, scopes)
        const at = face.moment()
        await transaction(sql.db, async (tx) => {
          const w = await store.lockWarning(tx, params.id)
          require(w, notFound("warning", params.id))
          const moved = await moveWarning(tx, w, action, body, caller, at)
          if (action === "issue") await face.issued(tx, { ...moved, owner_id: moved.content.owner_id }, caller, at)
          await app.audit(tx, caller, `warning-${action}`, `warning:${params.id}`, {
            version: moved.version,
            note: body.note ?? null,
          })
          await queueWarning(tx, params.id, at.city)
        })
        await tell(params.id, action, before.alarm_id)
        return warningView(params.id, scopes, caller)
      },
    })
  }

  async function tell(id: number, action: string, alarm_id: number) {
    const w = await store.warningById(sql.db, id)
    if (w)
      app.events.tell({ kind: "warning", id, owner_id: w.owner_id, lifeline: w.lifeline, area_ids: w.area_ids, action })
    await face.tellAlarm(alarm_id, `warning-${action}`)
  }

  http.route({
    method: "GET",
    url: "/api/warning/warnings/:id/why",
    permission: "warnings.read",
    summary: "The chain from readings to closure",
    params: IdParams,
    response: WhyView,
    async handler({ params, scopes }) {
      const w = await seenWarning(params.id, scopes)
      const { rows: alarms } = await store.listAlarms(
        sql.db,
        scopes,
        { state: "all", incident_id: w.incident_id, sort: "raised_at" },
        20,
        0,
      )
      const chain = await Promise.all(
        alarms.map(async (alarm) => ({
          alarm,
          findings: (await findingsOfAlarm(sql.db, alarm.id, 5, 0)).rows,
          history: await store.alarmHistory(sql.db, alarm.id),
        })),
      )
      const points = stages.monitoring.registry().points
      return {
        warning: warningRow(w),
        lines: whyLines({
          alarms: chain,
          versions: await store.listVersions(sql.db, w.id),
          events: await store.orderEventsOfWarning(sql.db, w.id),
          photos: await store.photosOfWarning(sql.db, w.id),
          point_name: (id) => points.get(id)?.device.code ?? String(id),
        }),
      }
    },
  })
}

/** A place on a line or point to fly to. */
function middleOf(geometry: Geometry): LonLat | null {
  if (geometry.type === "Point") return geometry.coordinates
  if (geometry.type !== "LineString") return null
  return geometry.coordinates[Math.floor(geometry.coordinates.length / 2)] ?? null
}
