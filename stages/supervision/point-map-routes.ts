import { everything, type Scope, scopesFor } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import type { Caller } from "../../platform/http/index.ts"
import { every } from "../../platform/timers/index.ts"
import { answerTile, tileParams } from "../census/index.ts"
import type { Monitoring } from "../monitoring/index.ts"
import { createPointMap, type PointMap } from "./point-map.ts"
import { openPointSeverities } from "./store.ts"

/** Severities are read again at most this often, and only after an alarm changed. */
const severities_ms = 500

/** Registers the tiles of live points; the live stream follows a view through what comes back. */
export function installPointMap(app: App, monitoring: Monitoring) {
  const { http, sql, events, clock } = app
  let severities: ReadonlyMap<number, number> = new Map()
  let stale = true
  const unhear = events.hear((change) => {
    if (change.kind === "alarm") stale = true
  })
  const loop = every(
    severities_ms,
    async () => {
      if (!stale) return
      stale = false
      severities = await openPointSeverities(sql.db)
    },
    "point-severities",
    app.failed,
  )
  const map: PointMap = createPointMap({
    points: () => monitoring.registry().points,
    latestOf: monitoring.latest,
    severities: () => severities,
    wall: clock.wall,
  })
  http.route({
    method: "GET",
    url: "/api/map/points/:z/:x/:y.mvt",
    permission: "readings.read",
    summary: "Vector tile of the points the caller may see: clusters from afar, points from near",
    params: tileParams,
    handler: (input) => answerTile(input, map.tile(input.scopes, input.params)),
  })
  const scopesOf = (caller: Caller): Scope[] =>
    caller.kind === "command" ? [everything] : scopesFor(caller.grants, "readings.read")
  return {
    /** What changes in a view, for a live viewer. */
    follow: (caller: Caller, box: [number, number, number, number]) => map.follow(scopesOf(caller), box),
    async close() {
      unhear()
      await loop.stop()
    },
  }
}
