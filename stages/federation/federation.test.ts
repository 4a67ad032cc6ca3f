import { sql } from "kysely"
import { afterEach, describe, expect, it } from "vitest"
import { queueOrder, queueWarning } from "../../platform/outbox/index.ts"
import { transaction } from "../../platform/sql/index.ts"
import { sleep } from "../../platform/timers/index.ts"
import { midnight, min, moveOrder, seedWarning, type TemporaryApp, temporaryApp } from "../supervision/testing.ts"
import { faultOf, planPush } from "./inbox.ts"
import { type Federation, installFederation } from "./index.ts"
import { lifelinesOf } from "./province.ts"
import type { CityDetail, LinkView } from "./views.ts"

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Side = TemporaryApp & { federation: Federation; port: number }

async function province(): Promise<Side> {
  const made = await temporaryApp(["--level", "province"])
  const federation = installFederation(made.app)
  closers.push(made.close)
  return { ...made, federation, port: await made.listen() }
}

async function city(url: string, key: string): Promise<Side> {
  const made = await temporaryApp(["--city-code", "340100", "--province-url", url, "--province-key", key])
  const federation = installFederation(made.app, { wait_ms_min: 20 })
  closers.push(async () => {
    await federation.close()
    await made.close()
  })
  return { ...made, federation, port: await made.listen() }
}

const call = async (side: Side, method: "GET" | "POST", url: string, as: string, body?: object) => {
  const answer = await side.app.http.server.inject({
    method,
    url,
    headers: { "x-caller": as, "x-mingmai": "1" },
    ...(body && { payload: body }),
  })
  return { status: answer.statusCode, body: answer.json() }
}

const register = async (side: Side): Promise<string> =>
  (
    await call(side, "POST", "/api/federation/cities", "administrator", {
      code: "340100",
      name: { zh: "望澜市", en: "Wanglan" },
    })
  ).body.key

const detail = async (side: Side): Promise<CityDetail> =>
  (await call(side, "GET", "/api/federation/cities/340100", "regulator")).body
const link = async (side: Side): Promise<LinkView> =>
  (await call(side, "GET", "/api/federation/link", "regulator")).body

async function until(what: string, check: () => Promise<boolean>, ms_max = 8000) {
  for (const end = Date.now() + ms_max; Date.now() < end; ) {
    if (await check()) return
    await sleep(20)
  }
  throw new Error(`did not happen within ${ms_max} ms: ${what}`)
}
/** The start's summary and day are queued, and the province has everything. */
const settled = (side: Side) =>
  until("everything is sent", async () => {
    const rows = await outbox(side)
    return (
      rows.some((r) => r.kind === "day") && rows.every((r) => r.sent_at !== null) && (await link(side)).state === "ok"
    )
  })

/** Issues a warning with its order as the stages do: envelopes in the transaction of the change, then the event. */
async function issue(side: Side, n: number, severity = 2) {
  const ids = await seedWarning(side.app, n, { severity })
  await transaction(side.app.sql.db, async (tx) => {
    await queueWarning(tx, ids.warning, midnight + n * min)
    await queueOrder(tx, ids.order, midnight + n * min)
  })
  side.app.events.tell({
    kind: "warning",
    id: ids.warning,
    owner_id: null,
    lifeline: "water",
    area_ids: [],
    action: "issue",
  })
  return ids
}

const outbox = async (side: Side) =>
  (
    await sql<{
      sequence: number
      kind: string
      body: { code: string }
      sent_at: number | null
      refused: string | null
    }>`
    select sequence, kind, body, sent_at, refused from federation_outbox order by sequence`.execute(side.app.sql.db)
  ).rows

const raw = (port: number, key: string, body: object) =>
  fetch(`http://127.0.0.1:${port}/api/federation/inbox`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })

/** Envelopes as the city would post them. */
async function envelopes(side: Side) {
  const { rows } = await sql<
    Record<string, unknown>
  >`select sequence, id, kind, city_time, body from federation_outbox order by sequence`.execute(side.app.sql.db)
  return rows.map((r) => ({ ...r, city: "340100", version: 1, sent_at: 1, simulated: true }))
}

describe("city and province", () => {
  it("agree again after the province was down while the city went on", async () => {
    const up = await province()
    const key = await register(up)
    const down = await city(`http://127.0.0.1:${up.port}`, key)
    await issue(down, 1, 1)
    await settled(down)
    expect((await detail(up)).warnings).toEqual([1, 0, 0, 0])

    await up.app.http.server.close() // The province goes away.
    const second = await issue(down, 2)
    await moveOrder(down.app, second.order, "accept", "assigned", "accepted", midnight + 3 * 60 * min)
    await moveOrder(down.app, second.order, "close", "rechecked", "closed", midnight + 4 * 60 * min)
    down.app.events.tell({
      kind: "order",
      id: second.order,
      owner_id: null,
      lifeline: "water",
      area_ids: [],
      action: "close",
    })
    await until(
      "the city sees that nobody answers",
      async () => (await link(down)).state === "waiting" && (await link(down)).waiting >= 3,
    )
    expect(down.federation.province()).toMatchObject({ state: "waiting" })
    expect(down.app.troubles.list()).toEqual([])

    // A new process of the province on the same port and the same database.
    const again = await temporaryApp(["--level", "province"])
    const reborn: Side = { ...again, app: { ...again.app, sql: up.app.sql }, federation: up.federation, port: up.port }
    installFederation(reborn.app)
    await again.listen(up.port)
    closers.push(again.close)
    await settled(down)
    const seen = await detail(reborn)
    expect(seen.warning_list).toHaveLength(2)
    expect(seen.orders).toEqual({ open: 1, overdue: 1, closed: 1 })
    expect(seen.order_list.find((o) => o.code === "GD-2")).toMatchObject({
      state: "closed",
      owner: { zh: "自来水公司" },
      times: { accepted: midnight + 3 * 60 * min },
    })
    expect(seen.simulated).toBe(true)
    expect(seen.sequence).toBe((await outbox(down)).length)
    expect(seen.days[0]).toMatchObject({
      code: "2026-11-17",
      numbers: { false_alarm: { numerator: 0, denominator: 0 } },
    })
    expect(JSON.stringify(seen)).not.toMatch(/geometry|lon_lat/)
    expect([...down.failures, ...up.failures, ...again.failures]).toEqual([])
  }, 30_000)

  it("apply once what is delivered twice, as after a kill between sending and marking", async () => {
    const up = await province()
    const key = await register(up)
    const down = await city(`http://127.0.0.1:${up.port}`, key)
    await issue(down, 1)
    await settled(down)
    const before = await detail(up)
    await sql`update federation_outbox set sent_at = null`.execute(down.app.sql.db) // What the kill left unmarked.
    const posted = await (await raw(up.port, key, { city: "340100", envelopes: await envelopes(down) })).json()
    expect(posted).toMatchObject({ applied: 0, refused: [], expected: before.sequence + 1 })
    await issue(down, 2)
    await settled(down)
    const after = await detail(up)
    expect(after.sequence).toBe((await outbox(down)).length)
    expect(after.warning_list).toHaveLength(2)
  }, 20_000)

  it("show a wrong key on both sides and do not loop", async () => {
    const up = await province()
    const key = await register(up)
    const down = await city(`http://127.0.0.1:${up.port}`, `${key}x`)
    await issue(down, 1)
    await until("refused", async () => (await link(down)).state === "refused")
    expect((await link(down)).last_problem).toContain("401")
    expect(down.app.troubles.list().map((t) => t.what)).toEqual(["federation"])
    expect((await detail(up)).sequence).toBe(0)
    expect((await raw(up.port, "", { city: "340100", envelopes: [] })).status).toBe(401)
    expect((await raw(up.port, key, { city: "999999", envelopes: [] })).status).toBe(401)
    expect((await raw(up.port, key, { city: "340100", envelopes: [] })).status).toBe(200)
  }, 20_000)

  it("answer 409 to a hole and resend from the number asked for", async () => {
    const up = await province()
    const key = await register(up)
    const down = await city(`http://127.0.0.1:${up.port}`, key)
    await issue(down, 1)
    await settled(down)
    const all = await envelopes(down)
    const hole = await raw(up.port, key, { city: "340100", envelopes: [{ ...all[0], sequence: all.length + 2 }] })
    expect([hole.status, ((await hole.json()) as { expected: number }).expected]).toEqual([409, all.length + 1])

    // The province was restored from an older backup: it has lost every envelope.
    await sql`update federation_city set sequence = 0`.execute(up.app.sql.db)
    await sql`delete from federation_record`.execute(up.app.sql.db)
    await issue(down, 2)
    await settled(down)
    expect((await detail(up)).warning_list).toHaveLength(2)
    expect((await detail(up)).sequence).toBe((await outbox(down)).length)
  }, 20_000)

  it("start anew where the city no longer keeps what the province lacks, or was itself restored", async () => {
    const up = await province()
    const key = await register(up)
    const down = await city(`http://127.0.0.1:${up.port}`, key)
    await issue(down, 1)
    await settled(down)
    await sql`delete from federation_outbox where sequence < (select max(sequence) from federation_outbox)`.execute(
      down.app.sql.db,
    )
    await sql`update federation_city set sequence = 0`.execute(up.app.sql.db)
    await sql`insert into federation_record values ((select id from federation_city), 'warning', 'YJ-ghost', 1, '{"state":"issued","severity":1}')`.execute(
      up.app.sql.db,
    )
    await issue(down, 2)
    await settled(down)
    expect((await detail(up)).warning_list.map((w) => w.code).sort()).toEqual(["YJ-1", "YJ-2"])

    await sql`update federation_city set sequence = 5000`.execute(up.app.sql.db) // The city lost its newest numbers.
    await issue(down, 3)
    await settled(down)
    expect((await detail(up)).warning_list).toHaveLength(3)
    expect((await detail(up)).sequence).toBe((await outbox(down)).at(-1)!.sequence)
  }, 40_000)

  it("pass over an envelope that breaks the contract, and keep its reason", async () => {
    const up = await province()
    const key = await register(up)
    const down = await city(`http://127.0.0.1:${up.port}`, key)
    await settled(down)
    await sql`insert into federation_outbox (sequence, id, kind, city_time, body) overriding system value
      select max(sequence) + 1, 'warning:bad', 'warning', 1, '{"code":"YJ-bad","state":"secret"}' from federation_outbox`.execute(
      down.app.sql.db,
    )
    await issue(down, 4)
    await settled(down)
    expect((await outbox(down)).find((r) => r.body.code === "YJ-bad")?.refused).toContain("body")
    await until("the reason is shown", async () => (await link(down)).last_problem?.startsWith("warning #") ?? false)
    expect((await detail(up)).warning_list.map((w) => w.code)).toEqual(["YJ-4"])
  }, 20_000)
})

describe("the outbox", () => {
  it("rolls back with its transaction, leaves no holes, and says nothing twice", async () => {
    const down = await city("http://127.0.0.1:9", "k")
    await until("the start is over", async () => (await outbox(down)).length >= 2)
    const ids = await seedWarning(down.app, 1)
    const say = (fail: boolean) =>
      transaction(down.app.sql.db, async (tx) => {
        const n = await queueWarning(tx, ids.warning, 1)
        if (fail) throw new Error("no")
        return n
      })
    await expect(say(true)).rejects.toThrow("no")
    const first = await say(false)
    expect(await say(false)).toBe(null)
    const sequences = (await outbox(down)).map((r) => r.sequence)
    expect(sequences).toEqual(sequences.map((_, i) => i + 1))
    expect(first).toBe(sequences.length)
    await sql`update warning_warning set state = 'draft' where id = ${ids.warning}`.execute(down.app.sql.db)
    expect(await say(false)).toBe(null)
  }, 20_000)
})

describe("a push", () => {
  it("is planned by its numbers", () => {
    expect(planPush(5, [6, 7], false)).toEqual({ start: 5, ignored: 0 })
    expect(planPush(5, [4, 5, 6], false)).toEqual({ start: 5, ignored: 2 })
    expect(planPush(5, [3, 4], false)).toEqual({ start: 5, ignored: 2 })
    expect(planPush(5, [7], false)).toEqual({ expected: 6 })
    expect(planPush(5, [6, 8], false)).toEqual({ expected: 6 })
    expect(planPush(5, [Number.NaN], false)).toEqual({ expected: 6 })
    expect(planPush(5, [3, 4], true)).toEqual({ start: 2, ignored: 0 })
    expect(planPush(5, [], true)).toEqual({ start: 5, ignored: 0 })
  })
  it("is refused where it breaks the contract", () => {
    expect(faultOf(null, "340100")).toContain("envelope")
    const e = {
      city: "340100",
      sequence: 1,
      id: "x",
      kind: "day",
      version: 1,
      city_time: 1,
      sent_at: 1,
      simulated: false,
      body: {},
    }
    expect(faultOf(e, "340100")).toContain("body")
    expect(faultOf({ ...e, body: { code: "2026-11-18", from: 0, to: 1, numbers: {} } }, "340100")).toBe(null)
    expect(faultOf({ ...e, city: "1" }, "340100")).toContain("city")
  })
  it("shows a province's people the lifelines of their grants and nothing by a city's own areas", () => {
    expect(lifelinesOf([{ organisations: "all", lifelines: ["gas"], areas: "all" }])).toEqual(["gas"])
    expect(lifelinesOf([{ organisations: [1], lifelines: "all", areas: "all" }])).toEqual([])
  })
})
