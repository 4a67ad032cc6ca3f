import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { sql as raw } from "kysely"
import { afterAll, beforeAll, beforeEach, expect } from "vitest"
import type { Indicator } from "../../../lifelines/contract.ts"
import { everything, type Scope } from "../../../model/index.ts"
import { encodeBlocks, type WireBlock } from "../../../platform/blocks/index.ts"
import { type Caller, createHttp, type Http } from "../../../platform/http/index.ts"
import { openSeries, type Series } from "../../../platform/series/index.ts"
import { withSql } from "../../../platform/sql/testing.ts"
import { every, type Loop } from "../../../platform/timers/index.ts"
import { hashSecret } from "../credentials.ts"
import { createIntake, type Intake } from "../intake.ts"
import { insertQuarantine } from "../store.ts"
import { testDirectory, testPoint, testRegistry } from "../testing.ts"
import type { UnknownValue } from "./delivery.ts"
import { installHttpDoor } from "./http.ts"

const start = Date.UTC(2026, 10, 24)
const spec: Indicator = {
  id: "p",
  name: { zh: "压力", en: "Pressure" },
  dimension: "pressure",
  unit: "m",
  min: 0,
  max: 100,
  decimals: 2,
}
const wave: Indicator = {
  id: "a",
  name: { zh: "加速度", en: "Acceleration" },
  dimension: "acceleration",
  unit: "m/s2",
  min: -20,
  max: 20,
  decimals: 3,
  waveform: { rate_hz_min: 50, rate_hz_max: 200, derives: {} },
}
const registry = testRegistry("gw", [
  testPoint({ id: 1, device: "d1", spec, gateway_id: 1000 }),
  testPoint({ id: 2, device: "d2", spec, gateway_id: 1000 }),
  testPoint({ id: 3, device: "foreign", spec }),
  testPoint({ id: 4, device: "b1", spec: wave, gateway_id: 1000 }),
])
for (const code of ["gw", "d1"]) registry.devices.get(code)!.credential_hash = hashSecret(`secret ${code}`)
registry.devices.get("d2")!.owner_id = 7
const per_s = 40

const basic = (user: string, password = `secret ${user}`) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
})
const token = (name: string, how = "Bearer") => ({ authorization: `${how} mm_${name}` })

withSql("HTTP door", ({ sql, it }) => {
  let folder = ""
  let series: Series
  let intake: Intake
  let loop: Loop
  let http: Http
  let url = ""
  let wall = start
  let busy = 0
  let unknown: UnknownValue[] = []
  const refused: string[] = []
  const failures: unknown[] = []

  /** Tokens mm_all and mm_own, which sees organisation 7. */
  async function identify(request: { headers: { authorization?: string } }): Promise<Caller | null> {
    const name = /^Bearer mm_(.+)$/.exec(request.headers.authorization ?? "")?.[1]
    const scopes: Record<string, Scope> = { all: everything, own: { ...everything, organisations: [7] } }
    if (name === undefined || !Object.hasOwn(scopes, name)) return null
    const grants = [{ role: "integrator" as const, scope: scopes[name]! }]
    return { kind: "token", id: null, login: `token:${name}`, name, organisation_id: null, grants, address: "" }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mingmai-test-http-door-"))
    series = await openSeries({ folder, memory_limit_mb: 64 })
    intake = createIntake({
      series,
      now: () => start,
      wall: () => wall,
      windows: { readings_late_ms: 3_600_000, waveforms_late_ms: 600_000, refused_ms: 90 * 86_400_000 },
      adopt: async (values) => void unknown.push(...values),
      registry: () => registry,
      quarantine: (entries) => insertQuarantine(sql().db, entries),
      committed: async () => {},
      trouble: (_what, p) => void (p && failures.push(p)),
      retry: async () => {},
      ticks_itself: false,
    })
    loop = every(
      5,
      () => intake.commit(),
      "commit",
      (_name, error) => failures.push(error),
    )
    http = createHttp({ identify: identify as never, trust_proxy: false, onError: (e) => failures.push(e), tls: null })
    installHttpDoor(http, {
      db: sql().db,
      take: intake.take,
      directory: () => testDirectory(registry),
      place_of: (code) => registry.devices.get(code),
      now: () => start,
      wall: () => wall,
      messages_per_s: per_s,
      pending: () => busy,
      refusedCredential: (client, route) => refused.push(`${client} ${route}`),
    })
    await http.server.listen({ host: "127.0.0.1", port: 0 })
    url = `http://127.0.0.1:${(http.server.server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    await http.server.close()
    await loop.stop()
    await series.close()
    rmSync(folder, { recursive: true, force: true })
    expect(failures).toEqual([])
  })
  beforeEach(async () => {
    wall += 60_000
    busy = 0
    unknown = []
    await raw`truncate monitoring_quarantine`.execute(sql().db)
  })

  const post = async (
    path: string,
    body: string | Uint8Array | URLSearchParams,
    headers: Record<string, string> = token("all"),
  ) => {
    const answer = await fetch(url + path, { method: "POST", body: body as string, headers })
    const text = await answer.text()
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    const json: any = text === "" ? null : JSON.parse(text)
    return { status: answer.status, headers: answer.headers, body: json, type: answer.headers.get("content-type") }
  }
  const readings = (body: unknown, headers: Record<string, string> = token("all")) =>
    post("/api/ingest/readings", typeof body === "string" ? body : JSON.stringify(body), {
      "content-type": "application/json",
      ...headers,
    })
  const stored = async (point: number, from = start - 86_400_000, to = start + 1) => {
    const [curve] = await series.history([point], from, to, 20_000)
    return curve ? [...curve.time].map((t, i) => [t - start, curve.value[i]]) : []
  }
  const quarantine = async () =>
    (
      await raw<{ code: string; client: string }>`select code, client from monitoring_quarantine order by id`.execute(
        sql().db,
      )
    ).rows

  it("answers when a reading is durable, and stores a repetition once", async () => {
    const body = { time: start - 1000, device: "d1", values: { p: 31.4 } }
    const first = await readings(body)
    expect([first.status, first.body]).toEqual([200, { stored: 1, duplicates: 0, refused_count: 0, refused: [] }])
    expect(await stored(1)).toContainEqual([-1000, 31.4])
    expect((await readings(body)).body).toMatchObject({ stored: 1, duplicates: 1 })
    expect((await stored(1)).filter(([t]) => t === -1000)).toHaveLength(1)
  })

  it("takes what is good of a list and tells item, field and reason of the rest", async () => {
    const answer = await readings([
      { time: start - 2000, device: "d1", values: { p: 1 } },
      { time: "soon", device: "d1", values: { p: 2 } },
      { time: start - 2000, device: "d1", values: { p: "x" } },
      { time: start - 2000, device: "d1", values: { q: 3 } },
      { time: start - 2000, device: "nobody", values: { p: 4 } },
      { time: start - 2000, device: "b1", values: { a: 4 } },
      { time: start + 3_600_000, device: "d2", values: { p: 5 } },
      { time: start - 2000, device: "d2", values: { p: 310 }, units: { p: "kPa" } },
    ])
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ stored: 2, refused_count: 6 })
    expect(answer.body.refused.map((r: { item: number; code: string }) => [r.item, r.code])).toEqual([
      [1, "bad-field"],
      [2, "not-a-number"],
      [3, "unknown-point"],
      [4, "unknown-device"],
      [5, "waveform-expected"],
      [6, "future"],
    ])
    expect(answer.body.refused[0]).toMatchObject({
      field: "[1].time",
      value: "soon",
      en: expect.stringMatching(/zone/),
    })
    expect(unknown.map((u) => [u.client, u.device, u.indicator, u.value])).toEqual([
      ["token:all", "d1", "q", 3],
      ["token:all", "nobody", "p", 4],
    ])
    expect((await quarantine()).map((q) => q.code)).toEqual([
      "bad-field",
      "not-a-number",
      "waveform-expected",
      "future",
    ])
    expect((await stored(2))[0]?.[1]).toBeCloseTo(31.6, 1)
  })

  it("refuses a body of which nothing can be taken with a problem, and keeps it in quarantine", async () => {
    const answer = await readings("{nonsense")
    expect([answer.status, answer.type]).toEqual([400, "application/problem+json; charset=utf-8"])
    expect(answer.body).toMatchObject({ code: "not-json", stored: 0, refused_count: 1, words: { zh: /JSON/ } })
    expect(await quarantine()).toEqual([{ code: "not-json", client: "token:all" }])
    expect((await readings("")).body).toMatchObject({ code: "empty-body" })
    expect((await readings("x".repeat(300_000))).body).toMatchObject({ status: 413, code: "too-large" })
    expect((await readings("x".repeat(9_000_000))).status).toBe(413)
  })

  it("takes NDJSON line by line, and tells no more than its limit of bad ones", async () => {
    const lines = Array.from({ length: 3000 }, (_, i) =>
      i % 10 === 0 ? "{" : JSON.stringify({ time: start - 100_000 - i, device: "d1", values: { p: i / 100 } }),
    )
    const answer = await readings(lines.join("\n"), { ...token("all"), "content-type": "application/x-ndjson" })
    expect(answer.body).toMatchObject({ stored: 2700, refused_count: 300 })
    expect(answer.body.refused).toHaveLength(100)
    expect(answer.body.refused[1]).toMatchObject({ line: 11, code: "not-json" })
    const kept = (await quarantine()).map((q) => q.code)
    expect(kept).toEqual([...Array.from({ length: 20 }, () => "not-json"), "more-refused"])
  })

  it("takes line protocol as Telegraf sends it, on both its addresses", async () => {
    const line = (value: number, ms: number) => `water,host=d1,device=d2 p=${value} ${ms}000000`
    const v2 = await post("/api/v2/write?org=x&bucket=y&precision=ns", gzipSync(line(11, start - 3000)), {
      ...token("all", "Token"),
      "content-type": "text/plain; charset=utf-8",
      "content-encoding": "gzip",
    })
    expect([v2.status, v2.body]).toEqual([204, null])
    const v1 = await post(
      "/write?db=telegraf&precision=ms",
      `water,host=d1 p=12 ${start - 3000}`,
      basic("any", "mm_all"),
    )
    expect(v1.status).toBe(204)
    const query = await post("/query", new URLSearchParams({ q: 'CREATE DATABASE "telegraf"' }), basic("any", "mm_all"))
    expect([query.status, query.body]).toEqual([200, { results: [{ statement_id: 0 }] }])
    expect((await post("/query?q=SELECT+1", "")).body.code).toBe("no-influx-queries")
    expect((await fetch(`${url}/ping`)).status).toBe(204)
    expect(await stored(2)).toContainEqual([-3000, 11])
    expect(await stored(1)).toContainEqual([-3000, 12])
    const partly = await post("/write?precision=s", `w,host=d1 p=3,name="x" ${start / 1000 - 4}\nnonsense`)
    expect([partly.status, partly.body.code]).toEqual([400, "partial-write"])
    expect(partly.body.error).toMatch(/^partial write: line 1: .* dropped=2$/)
    expect(partly.headers.get("x-influxdb-error")).toMatch(/^partial write/)
    expect(await stored(1)).toContainEqual([-4000, 3])
    expect((await post("/write", "nonsense")).body.message).toMatch(/^unable to parse: line 1/)
    expect((await post("/write?precision=days", "w p=1")).body).toMatchObject({ code: "bad-field", field: "precision" })
  })

  const block = (given: Partial<WireBlock> = {}): WireBlock => ({
    device: "b1",
    indicator: "a",
    unit: "mg",
    start: start - 5000,
    sequence: 0,
    rate_hz: 100,
    count: 100,
    encoding: 0,
    scale: 1,
    offset: 0,
    flags: 0,
    data: new Uint8Array(Int16Array.from({ length: 100 }, (_, i) => i).buffer),
    ...given,
  })
  it("takes waveform blocks", async () => {
    const good = await post("/api/ingest/blocks", encodeBlocks([block()], true))
    expect([good.status, good.body]).toMatchObject([200, { stored: 1, refused_count: 0 }])
    const partly = await post(
      "/api/ingest/blocks",
      encodeBlocks([block({ start: start - 4000 }), block({ rate_hz: 1 }), block({ indicator: "z" })]),
    )
    expect(partly.body).toMatchObject({ stored: 1, refused_count: 2 })
    expect(partly.body.refused.map((r: { code: string }) => r.code)).toEqual(["wrong-rate", "unknown-point"])
    expect((await post("/api/ingest/blocks", "nonsense and more")).status).toBe(400)
    const message = encodeBlocks([block()])
    expect((await post("/api/ingest/blocks", message.subarray(0, -1))).body.code).toBe("bad-block")
  })

  it("lets a device speak for itself and a gateway for its devices, and nobody for others", async () => {
    const value = (t: number) => ({ time: start - t, values: { p: 1 } })
    expect((await readings(value(7000), basic("d1"))).body).toMatchObject({ stored: 1 })
    expect(await stored(1)).toContainEqual([-7000, 1])
    // What a device says of another name is its own.
    expect((await readings({ ...value(7001), device: "d2" }, basic("d1"))).body).toMatchObject({ stored: 1 })
    expect(await stored(1)).toContainEqual([-7001, 1])
    const answer = await readings(
      [
        { ...value(7002), device: "d2" },
        { ...value(7002), device: "foreign" },
      ],
      basic("gw"),
    )
    expect(answer.body).toMatchObject({ stored: 1, refused: [{ item: 1, code: "wrong-gateway" }] })
    const own = await readings(
      [
        { ...value(7003), device: "d1" },
        { ...value(7003), device: "d2" },
      ],
      token("own"),
    )
    expect(own.body).toMatchObject({ stored: 1, refused: [{ item: 0, code: "outside-scope" }] })
    const blocks = await post("/api/ingest/blocks", encodeBlocks([block({ start: start - 9000 })]), token("own"))
    expect([blocks.status, blocks.body.code]).toEqual([400, "unknown-device"])
  })

  it("refuses who it does not know before the body is read", async () => {
    for (const headers of [{}, token("nobody"), { authorization: "Token x" }])
      expect((await readings({}, headers)).body).toMatchObject({ status: 401, code: "not-signed-in" })
    for (const headers of [basic("d1", "wrong"), basic("nobody"), basic("d2")])
      expect((await readings({}, headers)).body).toMatchObject({ status: 401, code: "bad-credential" })
    expect(refused.slice(-3)).toEqual(["d1", "nobody", "d2"].map((c) => `${c} /api/ingest/readings`))
    expect(
      (await post(`/write?u=d1&p=${encodeURIComponent("secret d1")}`, `x p=8 ${start - 8000}000000`, {})).status,
    ).toBe(204)
    expect(await stored(1)).toContainEqual([-8000, 8])
  })

  it("unpacks no more than its limit, and nothing that is broken", async () => {
    const bomb = Buffer.alloc(200_000_000)
    for (const [how, packed] of [
      ["gzip", gzipSync(bomb)],
      ["zstd", zstdCompressSync(bomb)],
    ] as const)
      expect(
        (await post("/api/ingest/write", packed, { ...token("all"), "content-encoding": how })).body,
      ).toMatchObject({ status: 413, code: "unpacks-too-large" })
    for (const how of ["gzip", "zstd"])
      expect((await readings("{}", { ...token("all"), "content-encoding": how })).body.code).toBe("bad-encoding")
    expect((await readings("{}", { ...token("all"), "content-encoding": "br" })).body).toMatchObject({ status: 415 })
  })

  it("gives the same answer to the same key, once", async () => {
    const key = { ...token("all"), "idempotency-key": "k-1" }
    const body = [{ time: start - 10_000, device: "d1", values: { p: 5 } }, 7]
    const [first, second] = await Promise.all([readings(body, key), readings(body, key)])
    expect(first.body).toMatchObject({ stored: 1, duplicates: 0, refused_count: 1 })
    expect(second.body).toEqual(first.body)
    expect((await readings(body, key)).body).toEqual(first.body)
    expect((await quarantine()).length).toBe(1)
    expect((await readings([...body, 8], key)).body).toMatchObject({ status: 422, code: "idempotency-mismatch" })
    // Another sender's key is another key, and after a day it is forgotten.
    expect((await readings(body, { ...basic("gw"), "idempotency-key": "k-1" })).body).toMatchObject({ duplicates: 1 })
    wall += 25 * 3_600_000
    expect((await readings([...body, 8], key)).body).toMatchObject({ stored: 1, refused_count: 2 })
    expect((await readings(body, { ...key, "idempotency-key": "x".repeat(201) })).body.code).toBe("bad-idempotency-key")
  })

  it("limits one sender and leaves the others alone", async () => {
    const body = { time: start - 11_000, device: "d1", values: { p: 5 } }
    const answers = await Promise.all(Array.from({ length: per_s + 5 }, () => readings(body, basic("gw"))))
    expect(answers.filter((a) => a.status === 429)).toHaveLength(5)
    expect(answers.find((a) => a.status === 429)).toMatchObject({ body: { code: "too-often" } })
    expect(answers.find((a) => a.status === 429)?.headers.get("retry-after")).toBe("1")
    expect((await readings(body, basic("d1"))).status).toBe(200)
    wall += 1000
    expect((await readings(body, basic("gw"))).status).toBe(200)
  })

  it("the guide's http.sh sends a value three times, and it is stored once", async () => {
    // Where there is no curl this cannot be tried; the same bodies are sent by fetch above.
    if (spawnSync("curl", ["--version"]).status !== 0) return
    const file = join(import.meta.dirname, "../../../docs/guide/examples/http.sh")
    const run = async (env: Record<string, string>) => {
      const child = spawn("sh", [file, "d2", "p", "17.5"], { env: { PATH: process.env.PATH ?? "", URL: url, ...env } })
      let said = ""
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (said += part))
      const [code] = await once(child, "close")
      return { code, lines: said.trim().split("\n") }
    }
    const good = await run({ GATEWAY: "gw", PASSWORD: "secret gw", TIME: String(start - 20_000) })
    expect([good.code, good.lines.length, good.lines[2]]).toEqual([0, 3, "204"])
    expect(good.lines[0]).toContain('"stored":1,"duplicates":0')
    expect(good.lines[1]).toContain('"stored":1,"duplicates":1')
    expect((await stored(2)).filter(([t]) => t === -20_000)).toEqual([[-20_000, 17.5]])
    expect((await run({ TOKEN: "mm_nobody" })).code).toBe(22)
  })

  it("takes nothing while too much is on its way", async () => {
    busy = 2_000_000
    const answer = await readings({ time: start - 12_000, device: "d1", values: { p: 5 } })
    expect([answer.status, answer.body.code, answer.headers.get("retry-after")]).toEqual([503, "overloaded", "2"])
    busy = 0
    expect(await stored(1)).not.toContainEqual([-12_000, 5])
  })
})
