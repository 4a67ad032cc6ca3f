/** HTTP of change sets and of an asset's past. */
import Type from "typebox"
import { type Permission, ProblemError, permissions, problem } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { type Caller, cursorOf, notFound, pageOf, scopesOf } from "../../../platform/http/index.ts"
import { Id, ListQuery, Page } from "../../../platform/http/views.ts"
import { approve, type Decision, reject, undo } from "../publish/index.ts"
import { attributeHistory } from "./history.ts"
import * as store from "./store.ts"
import type { ChangeRow, ChangeSet, ChangeSide } from "./types.ts"
import { ChangeSetView, ChangeView, SpanView } from "./views.ts"

export type ChangeHooks = {
  /** After a commit: what keeps the census in memory takes the batches in. */
  refresh(batch_ids: number[]): Promise<void>
  /** Makes the change set of a delivery anew. */
  rebuild(caller: Caller, seen: store.Seen, delivery_id: number): Promise<void>
}

const params = Type.Object({ id: Id })
const Reason = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 500 }) })
const short = Type.Optional(Type.String({ maxLength: 100 }))
const features_max = 5_000

/** Who submits and who approves both look at change sets; either permission opens them. */
export function seenByEither(caller: Caller): store.Seen {
  const either: Permission[] = ["census.import", "census.approve"]
  const held = either.find((permission) =>
    caller.kind === "command"
      ? true
      : caller.grants.some((g) => (permissions[permission] as readonly string[]).includes(g.role)),
  )
  return store.seenBy(scopesOf(caller, held ?? "census.import"), caller.organisation_id)
}

/** West, south, east and north in degrees, as one text with commas. */
export function boxOfQuery(text: string): [number, number, number, number] {
  const numbers = text.split(",").map(Number)
  const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN] = numbers
  if (
    numbers.length === 4 &&
    west <= east &&
    south <= north &&
    west >= -180 &&
    east <= 180 &&
    south >= -90 &&
    north <= 90
  )
    return [west, south, east, north]
  throw new ProblemError(
    problem(
      "bad-bbox",
      400,
      "bbox 应为「西,南,东,北」四个经纬度，例如 117.2,31.8,117.3,31.9",
      "bbox is west,south,east,north in degrees, for example 117.2,31.8,117.3,31.9",
      { field: "bbox", value: text },
    ),
  )
}

export function changeRoutes(app: App, hooks: ChangeHooks): void {
  const { db } = app.sql
  const found = async (caller: Caller, id: number): Promise<ChangeSet> => {
    const set = await store.findChangeSet(db, id, seenByEither(caller))
    if (!set) throw new ProblemError(notFound("change_set", id))
    return set
  }
  const published = async ({ change_set, batch_ids }: Decision) => {
    // It is published whatever happens now; what failed to take it in is in the log and reads it at its next reload.
    await hooks.refresh(batch_ids).catch((error: unknown) => app.failed("census refresh", error))
    return change_set
  }

  app.http.route({
    method: "GET",
    url: "/api/census/changes",
    permission: "self",
    summary: "Change sets, newest first",
    query: Type.Object({ ...ListQuery, status: short }),
    response: Page(ChangeSetView),
    async handler({ query, caller }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listChangeSets(db, seenByEither(caller), query, { limit, offset })
      return pageOf(rows, total, limit, offset)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/changes/:id",
    permission: "self",
    summary: "One change set with its numbers",
    params,
    response: ChangeSetView,
    handler: ({ params: { id }, caller }) => found(caller, id),
  })
  app.http.route({
    method: "GET",
    url: "/api/census/changes/:id/rows",
    permission: "self",
    summary: "Assets of a change set, each before and after",
    params,
    query: Type.Object({ ...ListQuery, action: short, lifeline: short, kind: short }),
    response: Page(ChangeView),
    async handler({ params: { id }, query, caller }) {
      await found(caller, id)
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listChanges(db, id, query, { limit, offset })
      return pageOf(rows.map(withFields), total, limit, offset)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/changes/:id/diff.geojson",
    permission: "self",
    summary: "Changes inside a box as GeoJSON, before and after",
    params,
    query: Type.Object({ bbox: Type.String({ maxLength: 100 }), action: short, lifeline: short, kind: short }),
    response: Type.Any(),
    async handler({ params: { id }, query, caller, reply }) {
      await found(caller, id)
      const rows = await store.changesWithin(db, id, boxOfQuery(query.bbox), query, features_max)
      reply.type("application/geo+json")
      return {
        type: "FeatureCollection",
        complete: rows.length <= features_max,
        features: rows.slice(0, features_max).flatMap(features),
      }
    },
  })
  app.http.route({
    method: "POST",
    url: "/api/census/changes/:id/approve",
    permission: "census.approve",
    summary: "Publish a change set that somebody else submitted",
    params,
    response: ChangeSetView,
    handler: async ({ params: { id }, caller, scopes }) =>
      published(await approve(app, caller, store.seenBy(scopes, caller.organisation_id), id)),
  })
  app.http.route({
    method: "POST",
    url: "/api/census/changes/:id/reject",
    permission: "census.approve",
    summary: "Turn a change set down, with the reason",
    params,
    body: Reason,
    response: ChangeSetView,
    handler: ({ params: { id }, body, caller, scopes }) =>
      reject(app, caller, store.seenBy(scopes, caller.organisation_id), id, "rejected", body.reason),
  })
  app.http.route({
    method: "POST",
    url: "/api/census/changes/:id/withdraw",
    permission: "census.import",
    summary: "Take a submitted change set back before it is decided",
    params,
    response: ChangeSetView,
    handler: ({ params: { id }, caller, scopes }) =>
      reject(app, caller, store.seenBy(scopes, caller.organisation_id), id, "withdrawn", null),
  })
  app.http.route({
    method: "POST",
    url: "/api/census/changes/:id/rebuild",
    permission: "census.import",
    summary: "Make a change set anew after others changed the same assets",
    params,
    response: Type.Object({ delivery_id: Id }),
    async handler({ params: { id }, caller, scopes }) {
      const seen = store.seenBy(scopes, caller.organisation_id)
      const set = await store.findChangeSet(db, id, seen)
      if (!set) throw new ProblemError(notFound("change_set", id))
      if (set.status === "proposed") await reject(app, caller, seen, id, "withdrawn", null)
      await hooks.rebuild(caller, seen, set.delivery_id)
      return { delivery_id: set.delivery_id }
    },
  })
  app.http.route({
    method: "POST",
    url: "/api/census/changes/:id/undo",
    permission: "census.approve",
    summary: "Take a published change set back, with the reason",
    params,
    body: Reason,
    response: ChangeSetView,
    handler: async ({ params: { id }, body, caller, scopes }) =>
      published(await undo(app, caller, store.seenBy(scopes, caller.organisation_id), id, body.reason)),
  })
  app.http.route({
    method: "GET",
    url: "/api/census/assets/:id/history",
    permission: "census.read",
    summary: "An asset's attributes through time, each with source, batch and accuracy",
    params,
    response: Type.Array(SpanView),
    handler: ({ params: { id }, scopes }) => attributeHistory(db, scopes, id),
  })
}

const withFields = (row: ChangeRow) => ({ ...row, fields: differing(row) })

/** Names of what differs between the two sides. */
function differing({ before, after }: ChangeRow): string[] {
  if (!before || !after) return []
  const sides = [before.attributes, after.attributes]
  const names = new Set(sides.flatMap((attributes) => Object.keys(attributes)))
  const changed = [...names].filter((name) => (before.attributes[name] ?? null) !== (after.attributes[name] ?? null))
  if (JSON.stringify(before.geometry) !== JSON.stringify(after.geometry)) changed.unshift("geometry")
  if (before.name !== after.name) changed.unshift("name")
  return changed
}

/** One feature for each side that is there; both carry the same id of the change. */
function features(row: ChangeRow): object[] {
  const { id, action, lifeline, kind, code, source_id, asset_id } = row
  const fields = differing(row)
  const of = (side: "before" | "after", value: ChangeSide | null) =>
    value === null
      ? []
      : [
          {
            type: "Feature",
            geometry: value.geometry,
            properties: {
              id,
              side,
              action,
              lifeline,
              kind,
              code,
              source_id,
              asset_id,
              fields,
              name: value.name,
              attributes: value.attributes,
            },
          },
        ]
  return [...of("before", row.before), ...of("after", row.after)]
}
