import type { App } from "../../platform/app.ts"
import type { Change } from "../../platform/events/index.ts"
import { type Caller, systemCaller } from "../../platform/http/index.ts"
import { queueWarning } from "../../platform/outbox/index.ts"
import { type Tx, transaction } from "../../platform/sql/index.ts"
import { every } from "../../platform/timers/index.ts"
import { type Analysis, linkFinding } from "../analysis/index.ts"
import type { Census } from "../census/index.ts"
import type { Monitoring } from "../monitoring/index.ts"
import { applyFinding } from "./intake.ts"
import { installRoutes } from "./routes.ts"
import * as store from "./store.ts"
import type { Moment } from "./verdict.ts"
import { moveWarning } from "./warnings.ts"

export { clockNames, orderClock } from "./clock.ts"
export { dayCode } from "./codes.ts"
export {
  type AlarmRecord,
  alarmById,
  alarmHistory,
  closeIncident,
  insertAlarmHistory,
  isOpen,
  nextCode,
  settlePast,
  type WarningRecord,
  warningById,
} from "./store.ts"
export type { Moment } from "./verdict.ts"

export type Warnings = {
  /** Called inside the transaction in which a warning is issued: the response stage makes the owner's work order. */
  onIssued(handler: (tx: Tx, warning: store.WarningRecord, caller: Caller, at: Moment) => Promise<void>): void
  issued(tx: Tx, warning: store.WarningRecord, caller: Caller, at: Moment): Promise<void>
  moment(): Moment
  tellAlarm(id: number, action: string): Promise<void>
  close(): Promise<void>
}

/** The warning stage: findings become alarms, people judge them, draft, approve, update and lift warnings. */
export function installWarning(
  app: App,
  stages: { census: Census; monitoring: Monitoring; analysis: Analysis },
): Warnings {
  const { sql, clock, events } = app
  let issued: Parameters<Warnings["onIssued"]>[0] = async () => {}
  const moment = (): Moment => ({ city: clock.now(), wall: clock.wall(), time_zone: app.settings.time_zone })

  stages.analysis.onFindings(async (tx, findings) => {
    const changes: Awaited<ReturnType<typeof applyFinding>>[] = []
    for (const finding of findings) {
      const change = await applyFinding(tx, finding, clock.wall(), stages.census)
      if (change) await linkFinding(tx, finding.id, change.id)
      changes.push(change)
    }
    return () => {
      for (const c of changes) if (c) events.tell({ kind: "alarm", ...c })
    }
  })

  /** No issued warning and no alarm stays silent past its deadline: city time runs out, it escalates. */
  async function escalate() {
    const at = moment()
    if (at.city === 0 || app.cluster?.leads === false) return
    const told = await transaction(sql.db, async (tx) => {
      const alarms = await store.escalateAlarms(tx, at.city)
      for (const a of alarms)
        await store.insertAlarmHistory(tx, a.id, at.city, at.wall, "system", "escalate", { due: "verdict" })
      const submitted = await store.escalateWarnings(tx, at.city)
      const expired = await store.expiredWarnings(tx, at.city)
      const ended: Change[] = []
      for (const { id } of expired) {
        const w = await store.lockWarning(tx, id)
        // A change without an owner would be told to everybody.
        if (w)
          ended.push({
            kind: "warning",
            id,
            owner_id: w.owner_id,
            lifeline: w.lifeline,
            area_ids: w.area_ids,
            action: "expire",
          })
        // Somebody may have lifted or updated it while this waited for the lock.
        if (w?.state === "issued" && w.expires_at !== null && w.expires_at <= at.city)
          await moveWarning(tx, w, "expire", {}, systemCaller, at)
        await queueWarning(tx, id, at.city)
      }
      return [
        ...alarms.map((a) => ({ kind: "alarm" as const, ...a, area_ids: [], action: "escalate" })),
        ...submitted.map((w) => ({ kind: "warning" as const, ...w, area_ids: [], action: "escalate" })),
        ...ended,
      ]
    })
    for (const change of told) events.tell(change)
  }
  const loop = every(1000, escalate, "escalation", app.failed)

  const face: Warnings = {
    onIssued: (handler) => {
      issued = handler
    },
    issued: (tx, w, caller, at) => issued(tx, w, caller, at),
    moment,
    async tellAlarm(id, action) {
      const a = await store.alarmById(sql.db, id)
      if (a)
        events.tell({ kind: "alarm", id, owner_id: a.owner_id, lifeline: a.lifeline, area_ids: a.area_ids, action })
    },
    close: () => loop.stop(),
  }
  installRoutes(app, stages, face)
  return face
}
