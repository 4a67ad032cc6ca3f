import { get as httpGet, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import fc from "fast-check"
import Type from "typebox"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { everything, type Grant, ProblemError, problem } from "../../model/index.ts"
import { cityClock } from "../clock/index.ts"
import { createEvents } from "../events/index.ts"
import { every } from "../timers/index.ts"
import { toCsv } from "./csv.ts"
import { type Caller, createHttp, cursorOf, type Http, pageOf } from "./index.ts"
import { installLive } from "./live.ts"
import { Id, ListQuery, Page } from "./views.ts"

const errors: unknown[] = []
let http: Http
const rows = Array.from({ length: 7 }, (_, i) => ({ id: i + 1, name: `名称 ${i + 1}` }))
const start = Date.UTC(2026, 10, 24)
const clock = cityClock({ mode: "demo", start })
const events = createEvents((error) => errors.push(error))
let live: ReturnType<typeof installLive>
let url = ""

/** The header x-who names role, lifeline and kind: "duty_leader water person". */
async function identify(request: { headers: Record<string, unknown> }): Promise<Caller | null> {
  const who = request.headers["x-who"] as string | undefined
  if (!who) return null
  const [role, lifeline, kind] = who.split(" ") as [Grant["role"], string, Caller["kind"] | undefined]
  return {
    kind: kind ?? "person",
    id: 1,
    login: role,
    name: role,
    organisation_id: null,
    grants: [{ role, scope: lifeline === "all" ? everything : { ...everything, lifelines: [lifeline] } }],
    address: "",
  }
}

beforeAll(async () => {
  http = createHttp({ identify: identify as never, trust_proxy: false, onError: (e) => errors.push(e), tls: null })
  http.route({
    method: "GET",
    url: "/api/things",
    permission: "alarms.read",
    summary: "things",
    query: Type.Object(ListQuery),
    response: Page(Type.Object({ id: Id, name: Type.String() })),
    handler({ query }) {
      const { limit, offset } = cursorOf(query)
      return pageOf(rows.slice(offset, offset + limit + 1), rows.length, limit, offset)
    },
  })
  http.route({
    method: "GET",
    url: "/api/things/:id",
    permission: "public",
    summary: "",
    params: Type.Object({ id: Id }),
    response: Type.Any(),
    handler: ({ params }) => params,
  })
  http.route({
    method: "POST",
    url: "/api/things",
    permission: "alarms.judge",
    summary: "",
    body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 5 }), n: Type.Optional(Type.Integer()) }),
    response: Type.Any(),
    handler: ({ body }) => body,
  })
  http.route({
    method: "GET",
    url: "/api/fail/:how",
    permission: "public",
    summary: "",
    params: Type.Object({ how: Type.String() }),
    handler({ params }) {
      if (params.how === "problem")
        throw new ProblemError(problem("not-yet", 409, "还不行", "Not yet", { field: "when", value: 3 }))
      throw new Error("secret of the inside")
    },
  })
  live = installLive(http, {
    clock,
    events,
    visible: async (points) => points.filter((p) => p < 10),
    latest: (points) => points.map((point) => ({ point, time: clock.now() })),
    follow: () => ({ changes: () => null }),
    every: (_ms, fn, name) => every(20, fn, name, (_n, e) => errors.push(e)),
  })
  await http.server.listen({ host: "127.0.0.1", port: 0 })
  url = `http://127.0.0.1:${(http.server.server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await live.close()
  await http.server.close()
})

const ask = async (
  path: string,
  who: string | null = "duty_leader all",
  options: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
) => {
  const response = await fetch(`${url}${path}`, {
    method: options.method ?? "GET",
    headers: {
      ...(who && { "x-who": who }),
      ...(options.body !== undefined && { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(options.body !== undefined && {
      body: typeof options.body === "string" ? options.body : JSON.stringify(options.body),
    }),
  })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    headers: response.headers,
    text,
    json: () => JSON.parse(text),
  }
}
const change = (body: unknown, headers: Record<string, string> = { "x-mingmai": "1" }, who = "duty_leader all") =>
  ask("/api/things", who, { method: "POST", body, headers })

describe("problems", () => {
  test.each([
    ["a query", "/api/things?limit=0", "invalid", "querystring.limit"],
    ["a cursor", "/api/things?cursor=x", "bad-cursor", "cursor"],
    ["a cursor far out", "/api/things?cursor=1000001", "bad-cursor", "cursor"],
    ["a parameter", "/api/things/zero", "invalid", "params.id"],
    ["a parameter below its least", "/api/things/0", "invalid", "params.id"],
  ])("%s that is wrong is named", async (_name, path, code, field) => {
    const answer = await ask(path)
    expect(answer.status).toBe(400)
    expect(answer.type).toBe("application/problem+json; charset=utf-8")
    expect(answer.json()).toMatchObject({
      type: `about:blank#${code}`,
      status: 400,
      code,
      field,
      words: { zh: expect.any(String), en: expect.any(String) },
    })
  })
  test.each([
    [{}, "body.name"],
    [{ name: "" }, "body.name"],
    [{ name: "abcdef" }, "body.name"],
    [{ name: "a", n: "many" }, "body.n"],
  ])("a body %j is wrong at %s", async (body, field) =>
    expect((await change(body)).json()).toMatchObject({ code: "invalid", field }),
  )
  test("a body that is no JSON, too large, or of an unknown type", async () => {
    expect((await change("{")).status).toBe(400)
    expect((await change({ name: "x".repeat(300_000) })).json()).toMatchObject({ status: 413, code: "too-large" })
    expect(
      (
        await ask("/api/things", "duty_leader all", {
          method: "POST",
          body: "x",
          headers: { "content-type": "text/x", "x-mingmai": "1" },
        })
      ).status,
    ).toBe(415)
  })
  test("ours come as they are; a fault of the server tells nothing of the inside and is reported", async () => {
    expect((await ask("/api/fail/problem")).json()).toMatchObject({
      status: 409,
      code: "not-yet",
      title: "Not yet",
      field: "when",
      value: 3,
    })
    errors.length = 0
    const answer = await ask("/api/fail/hard")
    expect([answer.status, answer.json().code]).toEqual([500, "server-fault"])
    expect(answer.text).not.toContain("secret")
    expect(errors.map(String)).toEqual(["Error: secret of the inside"])
  })
  test("an unknown address", async () =>
    expect((await ask("/api/nothing")).json()).toMatchObject({ status: 404, code: "no-such-route" }))
  test("nobody, no permission, no header with a change, and a token that needs none", async () => {
    expect((await ask("/api/things", null)).json()).toMatchObject({ status: 401, code: "not-signed-in" })
    expect((await ask("/api/things", "auditor all")).json()).toMatchObject({ status: 403, code: "forbidden" })
    expect((await change({ name: "a" }, {})).json()).toMatchObject({ status: 403, code: "no-csrf-header" })
    expect((await change({ name: "a" }, {}, "duty_leader all token")).status).toBe(200)
  })
  test("who may not is refused before the body is looked at", async () =>
    expect((await change("{", { "x-mingmai": "1" }, "regulator all")).status).toBe(403))
  test("headers that keep a browser from guessing", async () =>
    expect((await ask("/api/things")).headers.get("x-content-type-options")).toBe("nosniff"))
})

describe("pages", () => {
  test("the cursor leads through every row once", async () => {
    const seen: number[] = []
    let pages = 0
    for (let cursor: string | null = "0"; cursor !== null; pages++) {
      const page = (await ask(`/api/things?limit=3&cursor=${cursor}`)).json() as {
        items: { id: number }[]
        total: number
        next: string | null
      }
      expect(page.total).toBe(7)
      seen.push(...page.items.map((i) => i.id))
      cursor = page.next
    }
    expect([seen, pages]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3])
  })
  test("for any number of rows and page size", () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 20 }), (n, limit) => {
        const all = Array.from({ length: n }, (_, i) => i)
        const seen: number[] = []
        for (let cursor: string | null = "0"; cursor !== null; ) {
          const { limit: l, offset } = cursorOf({ limit, cursor })
          const page: ReturnType<typeof pageOf<number>> = pageOf(all.slice(offset, offset + l + 1), n, l, offset)
          seen.push(...page.items)
          cursor = page.next
        }
        expect(seen).toEqual(all)
      }),
    )
  })
})

/** Reads CSV as RFC 4180 says. */
function parse(text: string): string[][] {
  const cells = [...text.replace(/^\ufeff/, "").matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n)/g)]
  const lines: string[][] = [[]]
  for (const [, cell = "", end] of cells) {
    lines.at(-1)!.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end !== ",") lines.push([])
  }
  return lines.slice(0, -1)
}

describe("CSV", () => {
  test("comes with a byte order mark, a name, Chinese and all rows", async () => {
    const answer = await ask("/api/things?format=csv")
    expect(answer.type).toBe("text/csv; charset=utf-8")
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="things.csv"')
    const bytes = Buffer.from(
      await (await fetch(`${url}/api/things?format=csv`, { headers: { "x-who": "duty_leader all" } })).arrayBuffer(),
    )
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    expect(parse(answer.text)[1]).toEqual(["1", "名称 1"])
    expect(parse(answer.text)).toHaveLength(8)
  })
  test.each([
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "＠x",
    '=HYPERLINK("http://x","y")',
  ])("%j does not run as a formula", (text) => {
    expect(parse(toCsv([{ a: text }]))[1]?.[0]).toBe(`'${text}`)
  })
  test("numbers, times, words, nothing and nested values", () => {
    const [head, row] = parse(
      toCsv([
        {
          n: -5.5,
          raised_at: start,
          name: { zh: "人民路", en: "Renmin Road" },
          none: null,
          list: [1, 2],
          quote: 'a "b", c\nd',
        },
      ]),
    )
    expect(head).toEqual(["n", "raised_at", "name", "none", "list", "quote"])
    expect(row).toEqual(["-5.5", "2026-11-24T00:00:00.000Z", "人民路", "", "[1,2]", 'a "b", c\nd'])
  })
  test("whatever text a cell holds, it comes back as it was or with one apostrophe before it", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ a: fc.string(), b: fc.string() }), { minLength: 1, maxLength: 5 }), (lines) => {
        const back = parse(toCsv(lines)).slice(1)
        for (const [i, line] of lines.entries())
          for (const [k, text] of [line.a, line.b].entries()) expect([text, `'${text}`]).toContain(back[i]![k])
      }),
    )
  })
})

describe("live", () => {
  /** Listens as `who`; `heard` are the events so far. */
  async function listen(who: string, query = "") {
    const heard: { event: string; data: Record<string, unknown> }[] = []
    const request = httpGet(`${url}/api/live${query}`, { headers: { "x-who": who } })
    const response = await new Promise<IncomingMessage>((done) => request.once("response", done))
    let rest = ""
    response.setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n\n")
      rest = parts.pop()!
      for (const part of parts)
        heard.push({ event: /^event: (.*)$/m.exec(part)![1]!, data: JSON.parse(/^data: (.*)$/m.exec(part)![1]!) })
    })
    response.on("error", () => {}) // Ended by the test itself.
    const wait = async (test: () => boolean) => {
      for (let i = 0; i < 200 && !test(); i++) await new Promise((go) => setTimeout(go, 5))
      expect(test()).toBe(true)
    }
    await wait(() => heard.length > 0)
    const changes = () => heard.filter((h) => h.event === "change").map((h) => `${h.data.kind} ${h.data.id}`)
    return { response, heard, changes, wait, end: () => request.destroy() }
  }

  test("begins with the clock, and a viewer hears what its grants cover and no more", async () => {
    const [water, all, none] = [
      await listen("duty_leader water"),
      await listen("duty_leader all"),
      await listen("auditor all"),
    ]
    expect(water.response.headers["content-type"]).toBe("text/event-stream; charset=utf-8")
    expect(water.heard[0]).toMatchObject({ event: "clock", data: { city_time: start, mode: "demo" } })
    const tell = (kind: "alarm" | "device" | "trouble" | "quarantine", id: number, lifeline: string | null) =>
      events.tell({ kind, id, owner_id: null, lifeline, area_ids: [], action: "raise" })
    tell("alarm", 1, "water")
    tell("alarm", 2, "gas")
    tell("quarantine", 3, null)
    tell("trouble", 4, null)
    await all.wait(() => all.changes().length === 4)
    expect(all.changes()).toEqual(["alarm 1", "alarm 2", "quarantine 3", "trouble 4"])
    expect(water.changes()).toEqual(["alarm 1", "quarantine 3", "trouble 4"])
    expect(none.changes()).toEqual(["trouble 4"])
    // Only that something changed: what it is must be asked for, within the scope.
    expect(all.heard.find((h) => h.event === "change")?.data).toEqual({ kind: "alarm", id: 1 })
    for (const v of [water, all, none]) v.end()
    await all.wait(() => live.viewers() === 0)
  })
  test("says the latest readings of the points that may be seen, once for each new one", async () => {
    const viewer = await listen("duty_leader all", "?points=1,50")
    const latest = () => viewer.heard.filter((h) => h.event === "latest").map((h) => h.data.readings)
    await viewer.wait(() => latest().length === 1)
    await viewer.wait(() => viewer.heard.filter((h) => h.event === "clock").length > 4)
    expect(latest()).toEqual([[{ point: 1, time: start }]])
    clock.advance(start + 1000)
    await viewer.wait(() => latest().length === 2)
    viewer.end()
  })
  test("a bad list of points, and nobody", async () => {
    expect((await ask("/api/live?points=1,x")).json()).toMatchObject({ code: "invalid", field: "querystring.points" })
    expect((await ask("/api/live", null)).status).toBe(401)
  })
})
