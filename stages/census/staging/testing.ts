/** Staging on a real database with real files and workers, for tests: several people, one city. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { sql } from "kysely"
import { everything, type Role, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { cityClock } from "../../../platform/clock/index.ts"
import { createEvents } from "../../../platform/events/index.ts"
import { openFiles } from "../../../platform/files/index.ts"
import { type Caller, createHttp } from "../../../platform/http/index.ts"
import { loadLifelines } from "../../../platform/lifelines/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import { temporarySql } from "../../../platform/sql/testing.ts"
import { createTroubles } from "../../../platform/troubles.ts"
import { installCensus } from "../index.ts"
import { installStaging, type Staging } from "./index.ts"
import { startJobs } from "./jobs.ts"

export type Person = { id: number; name: string; role: Role; organisation_id: number | null; scope: Scope }
export const person = (id: number, name: string, role: Role, more: Partial<Person> = {}): Person => ({
  id,
  name,
  role,
  organisation_id: null,
  scope: everything,
  ...more,
})

/** People of the tests by the header x-test-person; the log of what reported a failure stands in `failures`. */
export async function stagingCity(people: Person[]) {
  const { sql: opened, close } = await temporarySql()
  const folder = mkdtempSync(join(tmpdir(), "mingmai-staging-"))
  const clock = cityClock({ mode: "demo", start: Date.UTC(2026, 10, 24) })
  const failures: unknown[] = []
  const http = createHttp({
    identify: async (request) => {
      const found = people.find((one) => String(one.id) === request.headers["x-test-person"])
      return found ? callerOf(found) : null
    },
    trust_proxy: false,
    onError: (error) => failures.push(error),
    tls: null,
  })
  let breaks = false
  const audit: { action: string; object: string; by: string }[] = []
  const app = {
    clock,
    sql: opened,
    http,
    files: openFiles(join(folder, "files")),
    settings: { lifelines_extra: [] },
    cluster: null,
    lifelines: await loadLifelines([]),
    events: createEvents((error) => {
      throw error
    }),
    troubles: createTroubles(clock.wall, () => undefined),
    failed: (_name: string, error: unknown) => failures.push(error),
    audit: async (db: unknown, caller: Caller, action: string, object: string) => {
      if (breaks) {
        breaks = false
        await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db as Db)
      }
      audit.push({ action, object, by: caller.name })
    },
  } as unknown as App
  const census = installCensus(app)
  await census.reload()
  const refreshed: number[][] = []
  const install = (): Staging =>
    installStaging(app, census, {
      refresh: async (batch_ids) => {
        refreshed.push(batch_ids)
        await census.reload()
      },
    })
  const staging = { now: install() }

  async function ask(who: Person, method: "GET" | "POST" | "DELETE", url: string, body?: unknown) {
    const answer = await http.server.inject({
      method,
      url,
      headers: { "x-test-person": String(who.id), "x-mingmai": "1" },
      ...(body !== undefined && { payload: body as object }),
    })
    const json = answer.headers["content-type"]?.includes("json") ? answer.json() : null
    return { status: answer.statusCode, json, text: answer.payload }
  }
  async function upload(who: Person, id: number, file_name: string, content: string | Buffer) {
    const answer = await http.server.inject({
      method: "POST",
      url: `/api/census/deliveries/${id}/files?file_name=${encodeURIComponent(file_name)}`,
      headers: { "x-test-person": String(who.id), "x-mingmai": "1", "content-type": "application/octet-stream" },
      payload: content,
    })
    return { status: answer.statusCode, json: answer.json() }
  }

  /** An upload over a real connection, piece by piece. */
  let listening = ""
  async function stream(who: Person, id: number, file_name: string, content: () => AsyncGenerator<Buffer>) {
    listening ||= await http.server.listen({ host: "127.0.0.1", port: 0 })
    const answer = await fetch(`${listening}/api/census/deliveries/${id}/files?file_name=${file_name}`, {
      method: "POST",
      headers: { "x-test-person": String(who.id), "x-mingmai": "1", "content-type": "application/octet-stream" },
      body: Readable.toWeb(Readable.from(content())) as ReadableStream<Uint8Array>,
      duplex: "half",
    } as RequestInit)
    return { status: answer.status, json: await answer.json() }
  }

  return {
    stream,
    /** The next file that is stored finds no room. */
    fillDisk() {
      const { put } = app.files
      app.files.put = async () => {
        app.files.put = put
        throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" })
      }
    },
    app,
    census,
    clock,
    audit,
    failures,
    refreshed,
    folder,
    staging,
    ask,
    upload,
    /** The next transaction that writes its line of the audit trail loses its connection to the database. */
    breakNext: () => {
      breaks = true
    },
    /** Holds a table against writers, so that a worker waits in the middle of its transaction. */
    async holdTable(table: string) {
      const client = await opened.pool.connect()
      await client.query("begin")
      await client.query(`lock table ${table} in share mode`)
      return {
        /** Resolves when somebody waits for it. */
        async wanted() {
          for (;;) {
            const { rows } = await client.query<{ n: number }>(
              `select count(*)::int as n from pg_locks where not granted and relation = '${table}'::regclass
                 and database = (select oid from pg_database where datname = current_database())`,
            )
            if (rows[0]!.n > 0) return
            await sleep(20)
          }
        },
        async release() {
          await client.query("rollback")
          client.release()
        },
      }
    },
    organisation: async (id: number) => {
      await sql`insert into access_organisation (id, code, name, kind) overriding system value
        values (${id}, 'outside', '{"zh":"外单位","en":"Outside"}', 'owner')`.execute(opened.db)
    },
    /** As at the next start of the process: routes stay, the queue is taken up. */
    restart() {
      const jobs = startJobs(app, census.center)
      staging.now = { progress: jobs.progress, idle: jobs.idle, stop: jobs.stop }
    },
    count: async (table: string) => {
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(opened.db)
      return rows[0]!.n
    },
    async close() {
      await staging.now.stop()
      await http.server.close()
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const callerOf = ({ id, name, role, organisation_id, scope }: Person): Caller => ({
  kind: "person",
  id,
  login: name,
  name,
  organisation_id,
  grants: [{ role, scope }],
  address: "127.0.0.1",
})
