import { isDeepStrictEqual } from "node:util"
import type { App } from "../../platform/app.ts"
import {
  type EnvelopeKind,
  type LinkState,
  lastSaid,
  type Pusher,
  pruneOutbox,
  queueEnvelope,
  queueEverything,
  queueMissing,
  queueOrder,
  queueWarning,
  startPusher,
} from "../../platform/outbox/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import { every } from "../../platform/timers/index.ts"
import { cityDay, dateAfter, dateOf } from "../supervision/index.ts"
import { citySummary } from "./store.ts"
import { dayBody, summaryBody } from "./summary.ts"

const report_ms = 60_000
/** What ended longer ago than this is not said again in a full resync. */
const since_ms = 90 * 86_400_000
/** Days made up for after a pause; earlier ones are not sent. */
const days_max = 31
const off: LinkState = { state: "off", last_ok_at: null, waiting: 0, last_problem: null }

export type CityLink = { state(): LinkState; report(): Promise<void>; close(): Promise<void> }

/**
 * The city's side: warnings and orders are queued by the stages in their own transactions; here summary and days are
 * added, what a crash left out is made up for, and the pusher is run. The city goes on whatever the province does.
 */
export function startCity(app: App, options: { wait_ms_min?: number } = {}): CityLink {
  const { db } = app.sql
  const { province_url: url, province_key: key, city_code: city } = app.settings
  let pusher: Pusher | null = null
  if (url !== "") {
    pusher = startPusher({
      db,
      url,
      key,
      city,
      simulated: app.clock.mode === "demo",
      wall: app.clock.wall,
      restart,
      changed: () => showTrouble(app, pusher?.state() ?? off),
      onError: (error) => app.failed("federation", error),
      ...options,
    })
  }

  async function restart() {
    const now = app.clock.now()
    const more: { kind: EnvelopeKind; id: string; body: Record<string, unknown> }[] = [
      { kind: "summary", id: "city", body: summaryBody(await citySummary(db)) },
    ]
    const yesterday = dateAfter(dateOf(now, app.settings.time_zone), -1)
    for (let i = days_max - 1; i >= 0; i--) {
      const date = dateAfter(yesterday, -i)
      more.push({ kind: "day", id: date, body: dayBody(await cityDay(app, date)) })
    }
    await queueEverything(db, now - since_ms, now, app.clock.wall(), more)
  }

  /** Queues the summary where it changed and the days that ended. Nothing new is added while the last one still waits. */
  async function reportOnce() {
    await pruneOutbox(db)
    const now = app.clock.now()
    // Without a province nobody reads them, and a simulated clock may not have been moved by a tick yet.
    if (!pusher || now === 0) return
    const summary = summaryBody(await citySummary(db))
    const said = await lastSaid(db, "summary")
    if (!said?.waiting && !isDeepStrictEqual(said?.body, summary)) await queue("summary", "city", now, summary)
    const last = (await lastSaid(db, "day"))?.body.code as string | undefined
    const today = dateOf(now, app.settings.time_zone)
    const earliest = dateAfter(today, -days_max)
    let date = last === undefined ? dateAfter(today, -1) : dateAfter(last, 1)
    if (date < earliest) date = earliest
    for (; date < today; date = dateAfter(date, 1)) await queue("day", date, now, dayBody(await cityDay(app, date)))
    pusher.poke()
  }

  // One after the other: two at once would queue the same day twice.
  let reporting: Promise<void> = Promise.resolve()
  const report = () => {
    const done = reporting.then(reportOnce)
    reporting = done.catch(() => {}) // Whoever asked for the report is told; the next one is made all the same.
    return done
  }

  const queue = (kind: EnvelopeKind, id: string, city_time: number, body: Record<string, unknown>) =>
    transaction(db, (tx) => queueEnvelope(tx, { kind, id, city_time, body }))

  /** The stages queue in their transactions already; this sends at once, and adds what they may have left out. */
  async function follow(kind: "warning" | "order", id: number) {
    await transaction(db, (tx) => (kind === "warning" ? queueWarning : queueOrder)(tx, id, app.clock.now()))
    pusher?.poke()
  }
  const pending = new Set<Promise<void>>()
  const track = (name: string, work: Promise<void>) => {
    const done = work.catch((error: unknown) => app.failed(name, error)).finally(() => pending.delete(done))
    pending.add(done)
  }
  const unhear = app.events.hear((change) => {
    if (change.kind === "warning" || change.kind === "order") track("federation outbox", follow(change.kind, change.id))
  })
  const loop = every(report_ms, report, "federation report", app.failed)
  // A simulated city has no time yet until its first tick.
  let started = false
  const begin = () => {
    if (started || app.clock.now() === 0) return
    started = true
    track("federation start", first())
  }
  const unsubscribe = app.clock.subscribe(begin)
  begin()

  async function first() {
    if (pusher) await queueMissing(db, app.clock.now() - since_ms, app.clock.now())
    await report()
  }

  return {
    state: () => pusher?.state() ?? off,
    report,
    async close() {
      unhear()
      unsubscribe()
      await loop.stop()
      await Promise.all(pending)
      await pusher?.stop()
    },
  }
}

/** A refusal is said on the duty desk; a province that is merely down is only shown as waiting. */
function showTrouble(app: App, link: LinkState): void {
  if (link.state !== "refused") {
    app.troubles.clear("federation")
    return
  }
  app.log.warn({ problem: link.last_problem }, "the province refuses this city")
  app.troubles.raise("federation", {
    zh: `省平台拒收：${link.last_problem}；请核对 province_url 与 province_key，本市业务不受影响`,
    en: `The province refuses this city: ${link.last_problem}; check province_url and province_key. The city itself goes on.`,
  })
}
