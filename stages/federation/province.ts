import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import Type from "typebox"
import { ProblemError, problem, type Scope } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { notFound } from "../../platform/http/index.ts"
import { Words } from "../../platform/http/views.ts"
import { transaction } from "../../platform/sql/index.ts"
import { applyPush, Push } from "./inbox.ts"
import * as store from "./store.ts"
import { CityDetail, CityRow } from "./views.ts"

const push_bytes_max = 4 * 1024 * 1024
const list_max = 500
const days_max = 62

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
const badKey = problem(
  "bad-city-key",
  401,
  "城市代码或密钥不正确，请向省平台管理员索取新密钥",
  "Wrong city code or key; ask the province's administrator for a new key",
)
/** Compared with where the city is unknown, so that time tells nothing. */
const nobody = sha256(randomBytes(32).toString("hex"))

/** The province's side: cities with their keys, the inbox, and what the cities said. */
export function installProvince(app: App): void {
  const { db } = app.sql
  app.http.route({
    method: "POST",
    url: "/api/federation/inbox",
    // The city's key is checked here: it is no person's and no token's.
    permission: "public",
    summary: "Takes a city's envelopes, once and in order",
    body: Push,
    body_bytes_max: push_bytes_max,
    handler: async ({ body, request, reply }) => {
      const push = body as Push
      const key = /^Bearer (\S{1,200})$/.exec(request.headers.authorization ?? "")?.[1] ?? ""
      const known = await store.cityByCode(db, push.city)
      const right = timingSafeEqual(Buffer.from(sha256(key)), Buffer.from(known?.key_hash ?? nobody))
      if (!known || !right) {
        app.log.warn({ city: push.city, address: request.ip }, "a city with a wrong key was refused")
        throw new ProblemError(badKey)
      }
      const taken = await transaction(db, async (tx) => {
        const city = await store.lockCity(tx, push.city)
        if (!city) throw new ProblemError(badKey)
        return applyPush(tx, city, push, app.clock.wall())
      })
      if ("applied" in taken) {
        if (taken.refused.length > 0)
          app.log.warn({ city: push.city, refused: taken.refused }, "envelopes of a city were refused")
        return taken
      }
      reply.code(409)
      return {
        ...taken,
        code: "out-of-order",
        words: { zh: `请从第 ${taken.expected} 号重发`, en: `Send again from number ${taken.expected}` },
      }
    },
  })
  app.http.route({
    method: "POST",
    url: "/api/federation/cities",
    permission: "settings.write",
    summary: "Registers a city, or gives a known one a new key; the key is shown once",
    body: Type.Object({ code: Type.String({ pattern: "^\\d{6}$" }), name: Words }),
    response: Type.Object({ code: Type.String(), key: Type.String() }),
    handler: async ({ body, caller }) => {
      const key = `city_${randomBytes(32).toString("base64url")}`
      await transaction(db, async (tx) => {
        await store.putCity(tx, { code: body.code, name: body.name, key_hash: sha256(key) })
        await app.audit(tx, caller, "federation.city", `city:${body.code}`, { name: body.name })
      })
      return { code: body.code, key }
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/federation/cities",
    permission: "federation.read",
    summary: "The cities of the province",
    response: Type.Array(CityRow),
    handler: async ({ scopes }) => {
      const lifelines = lifelinesOf(scopes)
      const tallies = new Map((await store.tallies(db, lifelines)).map((t) => [t.city_id, t]))
      return (await store.listCities(db)).map((c) => cityRow(c, tallies.get(c.id), lifelines))
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/federation/cities/:code",
    permission: "federation.read",
    summary: "One city: its warnings, work orders and days",
    params: Type.Object({ code: Type.String({ maxLength: 40 }) }),
    response: CityDetail,
    handler: async ({ params, scopes }) => {
      const lifelines = lifelinesOf(scopes)
      const city = await store.cityByCode(db, params.code)
      if (!city) throw new ProblemError(notFound("city", params.code))
      const tally = (await store.tallies(db, lifelines)).find((t) => t.city_id === city.id)
      const list = async (kind: string, limit: number) =>
        (await store.recordsOf(db, city.id, kind, limit)).map((r) => r.body).filter((b) => sees(lifelines, b.lifeline))
      return {
        ...cityRow(city, tally, lifelines),
        warning_list: await list("warning", list_max),
        order_list: await list("order", list_max),
        // A day's numbers are of the whole city and cannot be cut by lifeline.
        days: lifelines === "all" ? (await store.recordsOf(db, city.id, "day", days_max)).map((r) => r.body) : [],
      }
    },
  })
}

type Lifelines = "all" | string[]
const sees = (lifelines: Lifelines, lifeline: unknown) => lifelines === "all" || lifelines.includes(lifeline as string)

/** A province knows lifelines, but not the cities' own organisations and areas: a grant cut by those sees nothing here. */
export function lifelinesOf(scopes: readonly Scope[]): Lifelines {
  const whole = scopes.filter((s) => s.organisations === "all" && s.areas === "all")
  if (whole.some((s) => s.lifelines === "all")) return "all"
  return [...new Set(whole.flatMap((s) => s.lifelines as string[]))]
}

function cityRow(city: store.CityRecord, tally: store.Tally | undefined, lifelines: Lifelines): CityRow {
  const summary = city.summary as {
    assets?: Record<string, unknown>
    devices?: Counts
    devices_by_lifeline?: Record<string, Counts>
  }
  const own = Object.entries(summary.devices_by_lifeline ?? {}).filter(([l]) => sees(lifelines, l))
  const add = (pick: keyof Counts) => own.reduce((n, [, c]) => n + c[pick], 0)
  return {
    id: city.id,
    code: city.code,
    name: city.name,
    simulated: city.simulated,
    last_received_at: city.last_received_at,
    city_time: city.city_time,
    sequence: city.sequence,
    assets: Object.fromEntries(Object.entries(summary.assets ?? {}).filter(([l]) => sees(lifelines, l))),
    devices: { online: add("online"), total: add("total") },
    warnings: tally?.warnings ?? [0, 0, 0, 0],
    orders: { open: tally?.orders_open ?? 0, overdue: tally?.orders_overdue ?? 0, closed: tally?.orders_closed ?? 0 },
  }
}
type Counts = { online: number; total: number }
