import { mkdtempSync, rmSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql } from "kysely"
import pino from "pino"
import { everything, type Grant, type Scope } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { cityClock } from "../../platform/clock/index.ts"
import { createEvents } from "../../platform/events/index.ts"
import { openFiles } from "../../platform/files/index.ts"
import { type Caller, createHttp } from "../../platform/http/index.ts"
import { openSeries } from "../../platform/series/index.ts"
import { json } from "../../platform/sql/index.ts"
import { temporarySql } from "../../platform/sql/testing.ts"
import { createTroubles } from "../../platform/troubles.ts"
import { readSettings } from "../../settings.ts"

export const min = 60_000
export const hour = 60 * min
/** 2026-11-18 00:00 in Shanghai. */
export const midnight = Date.UTC(2026, 10, 17, 16)

/** A caller as the header `x-caller` of a test names it: "role" or "role:lifeline". */
function callerOf(text: string | undefined): Caller | null {
  if (!text) return null
  const [role, lifeline] = text.split(":") as [Grant["role"], string | undefined]
  const scope: Scope = lifeline ? { ...everything, lifelines: [lifeline] } : everything
  return {
    kind: "person",
    id: null,
    login: role,
    name: role,
    organisation_id: null,
    grants: [{ role, scope }],
    address: "",
  }
}

/** An app on real engines in a temporary folder; its doors open on a free port of loopback by `listen`. */
export async function temporaryApp(flags: string[], options: { start?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mingmai-test-app-"))
  const read = readSettings({ argv: ["--data-dir", folder, "--http-port", "0", ...flags] })
  if (!read.ok) throw new Error(read.problem.title.en)
  const { settings } = read.value
  const { sql: base, close: closeSql } = await temporarySql()
  const series = await openSeries({ folder: join(folder, "readings"), memory_limit_mb: 64 })
  const failures: string[] = []
  const app: App = {
    settings,
    log: pino({ level: "silent" }),
    clock: cityClock({ mode: settings.mode, start: options.start ?? midnight + 12 * hour }),
    sql: base,
    files: openFiles(join(folder, "files")),
    series,
    lifelines: [],
    cluster: null,
    events: createEvents((error) => failures.push(String(error))),
    troubles: createTroubles(Date.now, () => {}),
    http: createHttp({
      identify: async (request) => callerOf(request.headers["x-caller"] as string | undefined),
      trust_proxy: false,
      onError: (error) => failures.push(String(error)),
      tls: null,
    }),
    tls: null,
    failed: (name, error) => failures.push(`${name}: ${String(error)}`),
    audit: async () => {},
  }
  return {
    app,
    failures,
    async listen(port = 0): Promise<number> {
      await app.http.server.listen({ host: "127.0.0.1", port })
      return (app.http.server.server.address() as AddressInfo).port
    },
    async close() {
      await app.http.server.close()
      await series.close()
      await closeSql()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
export type TemporaryApp = Awaited<ReturnType<typeof temporaryApp>>

/** One owner, one alarm, its incident and an issued warning with a work order; returns their ids. */
export async function seedWarning(
  app: App,
  n: number,
  at: { severity?: number; lifeline?: string; raised_at?: number } = {},
) {
  const { severity = 2, lifeline = "water", raised_at = midnight + n * hour } = at
  const one = async (query: ReturnType<typeof sql<{ id: number }>>) => (await query.execute(app.sql.db)).rows[0]!.id
  const name = json({ zh: `人民路 ${n} 号`, en: `Renmin Road ${n}` })
  const owner =
    await one(sql`insert into access_organisation (code, name, kind) values ('water-co', ${json({ zh: "自来水公司", en: "Water company" })}, 'owner')
    on conflict (code) do update set kind = excluded.kind returning id`)
  const incident = await one(sql`insert into warning_incident (code, lifeline, title, opened_at)
    values (${`SJ-${n}`}, ${lifeline}, ${name}, ${raised_at}) returning id`)
  const alarm =
    await one(sql`insert into warning_alarm (rule, rule_version, lifeline, subject, cause, severity, title, value, place, owner_id, condition,
      since, raised_at, verdict, verdict_at, verdict_due_at, incident_id)
    values ('test.rule', 1, ${lifeline}, ${`area:${n}`}, '', ${severity}, ${json({ zh: "漏损", en: "Leak" })}, ${json({ amount: 12.5, unit: "m³/h" })},
      ${name}, ${owner}, 'raised', ${raised_at}, ${raised_at}, 'real', ${raised_at + 4 * min}, ${raised_at + 10 * min}, ${incident}) returning id`)
  const content = json({
    severity,
    title: `漏损预警 ${n}`,
    text: "请核查",
    measures: "",
    radius_m: 100,
    owner_id: owner,
  })
  const warning =
    await one(sql`insert into warning_warning (code, incident_id, alarm_id, state, severity, lifeline, content, owner_id, version, drafted_by,
      drafted_at, submitted_at, issued_at)
    values (${`YJ-${n}`}, ${incident}, ${alarm}, 'issued', ${severity}, ${lifeline}, ${content}, ${owner}, 3, '值守员', ${raised_at + 5 * min},
      ${raised_at + 6 * min}, ${raised_at + 8 * min}) returning id`)
  const assigned_at = raised_at + 8 * min
  const order =
    await one(sql`insert into response_order (code, warning_id, incident_id, alarm_id, owner_id, severity, lifeline, title, state, clock,
      clock_starts_at, clock_ends_at, limits, assigned_at)
    values (${`GD-${n}`}, ${warning}, ${incident}, ${alarm}, ${owner}, ${severity}, ${lifeline}, ${`处置 ${n}`}, 'assigned', 'accept', ${assigned_at},
      ${assigned_at + 10 * min}, ${json({ accept: 10 * min, arrive: 30 * min })}, ${assigned_at}) returning id`)
  await moveOrder(app, order, "assign", null, "assigned", assigned_at)
  return { owner, incident, alarm, warning, order }
}

/** Moves an order as the response stage does: its event and its state. */
export async function moveOrder(
  app: App,
  order: number,
  action: string,
  from_state: string | null,
  to_state: string,
  at: number,
) {
  await sql`insert into response_event (order_id, action, from_state, to_state, actor, city_time, wall_time, detail)
    values (${order}, ${action}, ${from_state}, ${to_state}, 'test', ${at}, ${at}, '{}')`.execute(app.sql.db)
  await sql`update response_order set state = ${to_state}, clock_ends_at = case when ${action} = 'assign' then clock_ends_at end,
    closed_at = ${to_state === "closed" ? at : null}
    where id = ${order}`.execute(app.sql.db)
}
