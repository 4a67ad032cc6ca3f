/** A census on a real database for tests of this and later stages: real clock, doors and SQL, no devices. */
import type { Grant, Scope } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { cityClock } from "../../platform/clock/index.ts"
import { createEvents } from "../../platform/events/index.ts"
import { type Caller, createHttp } from "../../platform/http/index.ts"
import { loadLifelines } from "../../platform/lifelines/index.ts"
import { temporarySql } from "../../platform/sql/testing.ts"
import { createTroubles } from "../../platform/troubles.ts"

/** Callers say in this header which scopes they hold, as a duty leader; without it nobody is signed in. */
const header = "x-test-scopes"

export async function testCity() {
  const { sql, close } = await temporarySql()
  const clock = cityClock({ mode: "demo", start: Date.UTC(2026, 10, 24) })
  const http = createHttp({
    identify: async (request) => {
      const given = request.headers[header]
      return typeof given === "string" ? caller(JSON.parse(given) as Scope[], request.ip) : null
    },
    trust_proxy: false,
    onError: (error) => {
      throw error
    },
    tls: null,
  })
  const app = {
    clock,
    sql,
    http,
    lifelines: await loadLifelines([]),
    events: createEvents((error) => {
      throw error
    }),
    troubles: createTroubles(clock.wall, () => undefined),
  } as unknown as App
  return {
    app,
    clock,
    /** Answers of a route, as seen with these scopes. */
    async get(url: string, scopes: Scope[] | null) {
      const headers = scopes === null ? {} : { [header]: JSON.stringify(scopes) }
      const answer = await http.server.inject({ method: "GET", url, headers })
      return { status: answer.statusCode, body: answer.rawPayload, headers: answer.headers, json: () => answer.json() }
    },
    async close() {
      await http.server.close()
      await close()
    },
  }
}

function caller(scopes: Scope[], address: string): Caller {
  const grants: Grant[] = scopes.map((scope) => ({ role: "duty_leader", scope }))
  return { kind: "person", id: 1, login: "t", name: "t", organisation_id: null, grants, address }
}
