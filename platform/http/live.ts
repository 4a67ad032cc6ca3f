import Type from "typebox"
import { covers, type Permission, scopesFor } from "../../model/index.ts"
import type { CityClock } from "../clock/index.ts"
import type { Change, Events } from "../events/index.ts"
import type { Caller } from "./caller.ts"
import type { Http } from "./index.ts"

const needs: Record<Change["kind"], Permission> = {
  alarm: "alarms.read",
  warning: "warnings.read",
  order: "orders.read",
  device: "devices.read",
  asset: "census.read",
  report: "reports.read",
  trouble: "self",
  quarantine: "quarantine.read",
}
const viewers_max = 500
const points_max = 200
const buffered_bytes_max = 1024 * 1024
/** A view hears of its changes this often. */
const view_ms = 250
/** Where more than this waits unsent, a view's next changes wait too and are sent as one. */
const view_buffered_bytes_max = 128 * 1024

type Viewer = {
  caller: Caller
  points: number[]
  sent_times: Map<number, number>
  view: { changes(): object | null } | null
  buffered(): number
  write(event: string, data: unknown): void
  end(): void
}

export type LiveOptions = {
  clock: CityClock
  events: Events
  /** Which of the points this caller may see. */
  visible(points: number[], caller: Caller): Promise<number[]>
  /** Latest readings as views. */
  latest(points: number[]): { point: number; time: number }[]
  /** Follows the points of a part of the map, as far as this caller may see them. */
  follow(caller: Caller, box: [number, number, number, number]): { changes(): object | null }
  every(ms: number, fn: () => void, name: string): { stop(): Promise<void> }
}

/** Live updates by server-sent events: a viewer hears only what its grants cover and the points it asked for. */
export function installLive(http: Http, options: LiveOptions): { close(): Promise<void>; viewers(): number } {
  const viewers = new Set<Viewer>()
  const tick = () => ({
    city_time: options.clock.now(),
    speed: options.clock.speed(),
    paused: options.clock.paused(),
    mode: options.clock.mode,
  })

  http.route({
    method: "GET",
    url: "/api/live",
    permission: "self",
    summary: "Live updates (server-sent events): clock, change, latest of points, status of a view of the map",
    query: Type.Object({
      points: Type.Optional(Type.String({ maxLength: 2000, pattern: "^\\d+(,\\d+)*$" })),
      /** west,south,east,north[,zoom] */
      view: Type.Optional(Type.String({ maxLength: 200, pattern: "^-?[\\d.]+(,-?[\\d.]+){3,4}$" })),
    }),
    async handler({ query, caller, reply }) {
      const asked = query.points ? [...new Set<number>(query.points.split(",").map(Number))].slice(0, points_max) : []
      const points = asked.length > 0 ? await options.visible(asked, caller) : []
      const [west = 0, south = 0, east = 0, north = 0] = (query.view ?? "").split(",").map(Number)
      const view = query.view ? options.follow(caller, [west, south, east, north]) : null
      reply.hijack()
      const { raw } = reply
      if (viewers.size >= viewers_max) return raw.writeHead(503).end()
      raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      })
      const viewer: Viewer = {
        caller,
        points,
        sent_times: new Map(),
        view,
        buffered: () => raw.writableLength,
        write(event, data) {
          // A viewer that stopped reading is let go; it reconnects and asks anew.
          if (raw.writableLength > buffered_bytes_max) raw.destroy()
          else raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
        },
        end: () => raw.end(),
      }
      viewers.add(viewer)
      raw.on("close", () => viewers.delete(viewer))
      viewer.write("clock", tick())
      return reply
    },
  })

  const unhear = options.events.hear((change) => {
    for (const viewer of viewers)
      if (mayHear(viewer.caller, change)) viewer.write("change", { kind: change.kind, id: change.id })
  })
  const loop = options.every(
    1000,
    () => {
      const now = tick()
      for (const viewer of viewers) {
        viewer.write("clock", now)
        if (viewer.points.length === 0) continue
        const fresh = options.latest(viewer.points).filter((l) => viewer.sent_times.get(l.point) !== l.time)
        for (const l of fresh) viewer.sent_times.set(l.point, l.time)
        if (fresh.length > 0) viewer.write("latest", { readings: fresh })
      }
    },
    "live",
  )
  const views = options.every(
    view_ms,
    () => {
      for (const viewer of viewers) {
        if (!viewer.view || viewer.buffered() > view_buffered_bytes_max) continue
        const changes = viewer.view.changes()
        if (changes) viewer.write("status", changes)
      }
    },
    "live-views",
  )
  return {
    viewers: () => viewers.size,
    async close() {
      unhear()
      await loop.stop()
      await views.stop()
      for (const viewer of viewers) viewer.end()
    },
  }
}

function mayHear(caller: Caller, change: Change): boolean {
  if (caller.kind === "command") return true
  const scopes = scopesFor(caller.grants, needs[change.kind])
  const of_no_owner = change.owner_id === null && change.lifeline === null
  return of_no_owner ? scopes.length > 0 : covers(scopes, change)
}
