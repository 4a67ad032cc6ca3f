import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import ExcelJS from "exceljs"
import { sql as raw } from "kysely"
import { afterAll, beforeAll, expect } from "vitest"
import type { Indicator } from "../../../lifelines/contract.ts"
import { appendBlock, appendReading, blockBatch, everything, readingBatch, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { decodeBlocks, type WireBlock } from "../../../platform/blocks/index.ts"
import { type Caller, createHttp, type Http } from "../../../platform/http/index.ts"
import { openSeries, type Series } from "../../../platform/series/index.ts"
import { withSql } from "../../../platform/sql/testing.ts"
import { sleep } from "../../../platform/timers/index.ts"
import { testPoint, testRegistry } from "../testing.ts"
import type { Exports } from "./exports.ts"
import { installReadback } from "./index.ts"
import { insertExport } from "./store.ts"

const start = Date.UTC(2026, 10, 24)
const minute = 60_000
const spec: Indicator = {
  id: "p",
  name: { zh: "压力", en: "Pressure" },
  dimension: "pressure",
  unit: "m",
  min: 0,
  max: 1e6,
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
  testPoint({ id: 1, device: "d1", spec, interval_ms: minute }),
  testPoint({ id: 2, device: "=d2", spec, interval_ms: minute }),
  testPoint({ id: 3, device: "b1", spec: wave }),
])
const scopes: Record<string, Scope> = { all: everything, own: { ...everything, organisations: [7] } }
const minutes = 600
const wave_seconds = 120

withSql("reading back", ({ sql, it }) => {
  let folder = ""
  let series: Series
  let http: Http
  let url = ""
  let exported: Exports
  let wall = start
  /** Milliseconds that every question about a waveform takes longer. */
  let slow_ms = 0
  const audits: string[] = []
  const failures: unknown[] = []

  async function identify(request: { headers: { authorization?: string } }): Promise<Caller | null> {
    const name = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1]
    const scope = scopes[name?.split("-")[0] ?? ""]
    if (name === undefined || !scope) return null
    const grants = [{ role: "integrator" as const, scope }]
    return { kind: "token", id: null, login: `token:${name}`, name, organisation_id: null, grants, address: "" }
  }
  const app = () =>
    ({
      http,
      sql: sql(),
      series: {
        ...series,
        async wave(...asked: Parameters<Series["wave"]>) {
          await sleep(slow_ms)
          return await series.wave(...asked)
        },
      },
      settings: { data_dir: folder, time_zone: "Asia/Shanghai" },
      clock: { wall: () => wall, now: () => start },
      audit: async (_db: unknown, _caller: unknown, action: string) => void audits.push(action),
      failed: (_name: string, error: unknown) => void failures.push(error),
    }) as unknown as App
  const install = () =>
    installReadback(app(), { registry: () => registry, latest: (points) => series.latestOf(points) })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mingmai-test-readback-"))
    series = await openSeries({ folder: join(folder, "series"), memory_limit_mb: 64 })
    let batch = readingBatch(64)
    for (const point of [1, 2])
      for (let i = 0; i < minutes; i++)
        batch = appendReading(batch, point, start + i * minute, 0, point * 1000 + i, i % 7 === 0 ? 2 : 0, start)
    let blocks = blockBatch()
    for (let s = 0; s < wave_seconds; s++) {
      const samples = Int16Array.from({ length: 100 }, (_, k) =>
        Math.round(1000 * Math.sin((2 * Math.PI * 5 * k) / 100)),
      )
      const data = new Uint8Array(samples.buffer)
      const block = { point: 3, sequence: 0, rate_hz: 100, count: 100, encoding: 0, scale: 0.001, offset: 0 }
      blocks = appendBlock(blocks, { ...block, start: start + s * 1000, quality: 0, arrived: start, data })
    }
    await series.commit(batch, [], blocks)
    await series.seal(Number.POSITIVE_INFINITY)
    await raw`insert into access_organisation (id, code, name, kind) overriding system value values (7, 'o', '{"zh":"o","en":"o"}', 'owner')`.execute(
      sql().db,
    )
    for (const p of registry.points.values()) {
      const owner = p.id === 2 ? 7 : null
      await raw`insert into monitoring_device (id, code, name, lifeline, kind, owner_id) overriding system value
        values (${p.device.id}, ${p.device.code}, 'n', 'water', 'sensor', ${owner})`.execute(sql().db)
      await raw`insert into monitoring_point (id, device_id, indicator, unit, interval_ms, value_kind) overriding system value
        values (${p.id}, ${p.device.id}, ${p.indicator}, ${p.unit}, 60000, 'instant')`.execute(sql().db)
    }
    await insertExport(sql().db, { asked_by: null, asked_by_name: "token:all", request: {}, created_at: start })
    http = createHttp({ identify: identify as never, trust_proxy: false, onError: (e) => failures.push(e), tls: null })
    exported = await install()
    await http.server.listen({ host: "127.0.0.1", port: 0 })
    url = `http://127.0.0.1:${(http.server.server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    await exported.close()
    await http.server.close()
    await series.close()
    rmSync(folder, { recursive: true, force: true })
    expect(failures).toEqual([])
  })

  async function ask(method: string, path: string, body?: unknown, who = "all") {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${who}`, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const json = /json/.test(answer.headers.get("content-type") ?? "")
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    const said: any = json ? JSON.parse(bytes.toString("utf8")) : null
    return { status: answer.status, headers: answer.headers, body: said, bytes }
  }
  const get = (path: string, who?: string) => ask("GET", `/api/monitoring/${path}`, undefined, who)

  it("latest readings come in columns, of what the caller may see", async () => {
    const last = start + (minutes - 1) * minute
    expect((await get("latest/columns?all=1")).body).toEqual({
      point: [1, 2],
      time: [last, last],
      value: [1000 + minutes - 1, 2000 + minutes - 1],
      quality: [0, 0],
    })
    expect((await get("latest/columns?all=1&fields=value,arrived", "own")).body).toEqual({
      point: [2],
      value: [2000 + minutes - 1],
      arrived: [start],
    })
    expect((await get("latest/columns?points=2,1&fields=value")).body.point).toEqual([2, 1])
    expect((await get("latest/columns?points=1", "own")).status).toBe(404)
    expect((await get("latest/columns?indicator=a")).body.point).toEqual([])
    expect((await get("latest/columns?indicator=p")).body.point.toSorted()).toEqual([1, 2])
    expect((await get("latest/columns")).body.code).toBe("nothing-asked")
    expect((await get("latest/columns?all=1&fields=secret")).body).toMatchObject({ code: "bad-field", value: "secret" })
  })

  it("roll-ups", async () => {
    const answer = await get(`rollups?points=1,2&from=${start}&to=${start + 2 * 3_600_000}&step=1h`)
    expect(
      answer.body.map((r: { point: number; count: number[]; min: number[]; mean: number[] }) => [
        r.point,
        r.count,
        r.min,
        r.mean,
      ]),
    ).toEqual([
      [1, [60, 60], [1000, 1060], [1029.5, 1089.5]],
      [2, [60, 60], [2000, 2060], [2029.5, 2089.5]],
    ])
    expect((await get(`rollups?points=1&from=${start}&to=${start}&step=1h`)).body.code).toBe("bad-range")
    expect((await get(`rollups?points=1&from=0&to=${start}&step=1min`)).body.code).toBe("too-many-rows")
    expect((await get(`rollups?points=1&from=${start}&to=${start + 1}&step=1h`, "own")).status).toBe(404)
  })

  it("a waveform as samples, as an envelope, as blocks, and its spectrum", async () => {
    const whole = `from=${start}&to=${start + wave_seconds * 1000}`
    const samples = (await get(`waves/3?from=${start + 500}&to=${start + 1500}&format=base64`)).body
    expect([samples.kind, samples.unit, samples.runs.length]).toEqual(["samples", "m/s2", 1])
    const values = new Float32Array(new Uint8Array(Buffer.from(samples.runs[0].values, "base64")).buffer)
    expect([samples.runs[0].start, values.length]).toEqual([start + 500, 100])
    expect(values[5]).toBeCloseTo(Math.sin((2 * Math.PI * 5 * 55) / 100), 3)
    const envelope = (await get(`waves/3?${whole}&max=20`)).body
    expect(envelope.kind).toBe("envelope")
    expect([Math.max(...envelope.max), Math.min(...envelope.min)]).toEqual([1, -1])

    const message = (await get(`waves/3/blocks?${whole}`)).bytes
    const blocks: WireBlock[] = []
    expect(decodeBlocks(message, (block) => blocks.push(block))).toMatchObject({ ok: true, value: { problems: [] } })
    expect(blocks[0]).toMatchObject({ device: "b1", indicator: "a", unit: "m/s2", start, rate_hz: 100, encoding: 1 })
    expect(blocks.reduce((n, b) => n + b.count, 0)).toBe(wave_seconds * 100)

    const spectrum = (await get(`waves/3/spectrum?${whole}&segment=512`)).body
    const highest = spectrum.density.indexOf(Math.max(...spectrum.density))
    expect(Math.abs(spectrum.frequency_hz[highest] - 5)).toBeLessThan(0.2)
    expect(spectrum.used).toMatchObject({ samples: wave_seconds * 100, rate_hz: 100 })
    const gram = (await get(`waves/3/spectrogram?${whole}&bins=10&segment=256`)).body
    expect([gram.time.length, Buffer.from(gram.density, "base64").length]).toEqual([10, 10 * 129 * 4])

    expect((await get(`waves/3/spectrum?from=${start}&to=${start + 700_000}`)).body.code).toBe("range-too-long")
    expect((await get(`waves/3/spectrum?from=0&to=1000`)).body.code).toBe("no-samples")
    expect((await get(`waves/1?${whole}`)).body.code).toBe("not-a-waveform")
    expect((await get(`waves/3?${whole}`, "own")).status).toBe(404)
  })

  it("the analysts' door shows what the caller may see, and one statement at a time", async () => {
    const count = { sql: "select point, count(*) as n from readings group by point order by point" }
    const answer = await ask("POST", "/api/monitoring/sql", count)
    expect(answer.body).toMatchObject({
      columns: [{ name: "point" }, { name: "n" }],
      rows: [
        [1, minutes],
        [2, minutes],
      ],
      truncated: false,
      sealed_to: start + (minutes - 1) * minute,
    })
    expect((await ask("POST", "/api/monitoring/sql", count, "own")).body.rows).toEqual([[2, minutes]])
    const csv = await ask("POST", "/api/monitoring/sql?format=csv", {
      sql: "select point, device from points order by 1",
    })
    expect(csv.bytes.toString("utf8")).toBe("\ufeffpoint,device\r\n1,d1\r\n2,'=d2\r\n3,b1\r\n")
    const both = await Promise.all([1, 2].map(() => ask("POST", "/api/monitoring/sql", count)))
    expect(both.map((a) => a.status).sort()).toEqual([200, 429])
    expect((await ask("POST", "/api/monitoring/sql", { sql: "drop table readings" })).body.code).toBe("sql-not-select")
    expect((await ask("POST", "/api/monitoring/sql?format=csv", { sql: "select * from x" })).body.code).toBe(
      "sql-not-allowed",
    )
    const stored = (await ask("POST", "/api/monitoring/sql", { sql: "select count(*), max(max) from waves" })).body
    expect(stored.rows).toEqual([[wave_seconds / 60, 1]])
    expect(audits.filter((a) => a === "readings-sql").length).toBeGreaterThan(5)
  })

  const span = { from: start, to: start + minutes * minute }
  async function finished(id: number, who = "all") {
    for (let i = 0; i < 600; i++) {
      const { body } = await get(`exports/${id}`, who)
      if (!["queued", "running"].includes(body.state)) return body
      await sleep(20)
    }
    throw new Error("the export did not end")
  }
  const exportOf = async (body: object, who = "all") => {
    const asked = await ask("POST", "/api/monitoring/exports", { ...span, what: "readings", ...body }, who)
    expect([asked.status, asked.body.code]).toEqual([200, undefined])
    return await finished(asked.body.id, who)
  }

  it("exports CSV with units, zone and byte order mark", async () => {
    const done = await exportOf({ points: [1, 2], format: "csv" })
    expect(done).toMatchObject({ state: "done", progress: 1, rows: 2 * minutes, problem: null })
    const file = await get(`exports/${done.id}/file`)
    expect(file.headers.get("content-disposition")).toContain(`readings-${done.id}.csv`)
    expect(file.bytes.length).toBe(done.bytes)
    const lines = file.bytes.toString("utf8").split("\r\n")
    expect(lines).toHaveLength(2 * minutes + 2)
    expect(lines[0]).toBe("\ufeffpoint,device,indicator,unit,time,time_utc_ms,value [m],quality")
    expect(lines[1]).toBe(`1,d1,p,m,2026-11-24T08:00:00.000+08:00,${start},1000,2`)
    expect(lines[minutes + 1]).toBe(`2,'=d2,p,m,2026-11-24T08:00:00.000+08:00,${start},2000,2`)
    expect((await get(`exports/${done.id}`, "own")).status).toBe(404)
    expect((await get(`exports/${done.id}/file`, "own")).status).toBe(404)
    expect((await get("exports")).body.items[0]).toMatchObject({ id: done.id })
    expect((await get("exports", "own")).body.items).toEqual([])
  })

  it("exports roll-ups and waveforms, and only what may be seen", async () => {
    const rollups = await exportOf({ filter: {}, what: "rollups", step: "1h", format: "csv", bom: false }, "own")
    expect(rollups.rows).toBe(minutes / 60)
    const text = (await get(`exports/${rollups.id}/file`, "own")).bytes.toString("utf8")
    expect(text.split("\r\n")[0]).toBe(
      "point,device,indicator,unit,time,time_utc_ms,min [m],max [m],mean [m],count,quality",
    )
    expect(text.split("\r\n")[1]).toBe(`2,'=d2,p,m,2026-11-24T08:00:00.000+08:00,${start},2000,2059,2029.5,60,2`)
    const waves = await exportOf({ points: [3], what: "waves", format: "csv" })
    expect(waves.rows).toBe(wave_seconds * 100)
    const refused = await ask(
      "POST",
      "/api/monitoring/exports",
      { ...span, points: [1], what: "readings", format: "csv" },
      "own",
    )
    expect(refused.status).toBe(404)
  })

  it("exports XLSX and Parquet that other programs read", async () => {
    const xlsx = await exportOf({ points: [1], format: "xlsx" })
    const book = new ExcelJS.Workbook()
    await book.xlsx.load((await get(`exports/${xlsx.id}/file`)).bytes as never)
    const sheet = book.getWorksheet("readings")!
    expect(sheet.rowCount).toBe(minutes + 1)
    expect((sheet.getRow(2).values as unknown[]).slice(1)).toEqual([
      1,
      "d1",
      "p",
      "m",
      "2026-11-24T08:00:00.000+08:00",
      start,
      1000,
      2,
    ])

    const parquet = await exportOf({ points: [1, 2], format: "parquet" })
    const path = join(folder, "exports", `readings-${parquet.id}.parquet`)
    const instance = await DuckDBInstance.create(":memory:")
    const connection = await instance.connect()
    const [row] = (
      await connection.runAndReadAll(
        `select count(*)::integer, min(value), max(value), epoch_ms(min(time))::double, min(device) from '${path}'`,
      )
    ).getRows()
    expect(row).toEqual([2 * minutes, 1000, 2000 + minutes - 1, start, "=d2"])
    connection.closeSync()
    instance.closeSync()
    expect(existsSync(`${path}.csv`)).toBe(false)
  })

  it("refuses what cannot be exported, and tells it", async () => {
    const post = (body: object) =>
      ask("POST", "/api/monitoring/exports", { ...span, what: "readings", format: "csv", ...body })
    expect((await post({})).body.code).toBe("nothing-asked")
    expect((await post({ points: [3] })).body.code).toBe("no-points")
    expect((await post({ points: [9] })).status).toBe(404)
    expect((await post({ points: [1], to: start })).body.code).toBe("bad-range")
    expect((await post({ points: [1], format: "pdf" })).body.code).toBe("invalid")
    expect((await post({ points: [1], from: 0, format: "xlsx", to: 3660 * 86_400_000 })).body.code).toBe(
      "xlsx-too-long",
    )
  })

  it("cancels without a trace, removes, and forgets after seven days", async () => {
    const before = readdirSync(join(folder, "exports")).sort()
    slow_ms = 30
    const waves = { ...span, points: [3], to: start + 86_400_000, what: "waves", format: "csv" }
    const asked = []
    for (const i of [1, 2, 3]) asked.push(await ask("POST", "/api/monitoring/exports", waves, `all-${i}`))
    const states = await Promise.all(asked.map((a, i) => get(`exports/${a.body.id}`, `all-${i + 1}`)))
    expect(states.map((s) => s.body.state)).toEqual(["running", "running", "queued"])
    await Promise.all(
      asked.map((a, i) => ask("DELETE", `/api/monitoring/exports/${a.body.id}`, undefined, `all-${i + 1}`)),
    )
    slow_ms = 0
    for (const [i, a] of asked.entries())
      expect((await get(`exports/${a.body.id}`, `all-${i + 1}`)).body).toMatchObject({
        state: "cancelled",
        file_name: null,
        bytes: 0,
      })
    expect(readdirSync(join(folder, "exports")).sort()).toEqual(before)
    const done = await exportOf({ points: [1], format: "csv" })
    const path = join(folder, "exports", done.file_name)
    expect(readFileSync(path).length).toBe(done.bytes)
    expect((await ask("DELETE", `/api/monitoring/exports/${done.id}`)).body).toEqual({ ok: true })
    expect([existsSync(path), (await get(`exports/${done.id}`)).status]).toEqual([false, 404])
    wall += 8 * 86_400_000
    await exported.forget()
    expect(readdirSync(join(folder, "exports"))).toEqual([])
    expect((await get("exports")).body.items).toEqual([])
    expect(audits).toEqual(expect.arrayContaining(["export", "export-remove"]))
  })

  it("what was under way when the platform ended is told as interrupted", async () => {
    const row = await insertExport(sql().db, {
      asked_by: null,
      asked_by_name: "token:all",
      request: {},
      created_at: wall,
    })
    const other = createHttp({ identify: identify as never, trust_proxy: false, onError: () => {}, tls: null })
    const again = await installReadback({ ...app(), http: other }, { registry: () => registry, latest: () => [] })
    expect((await get(`exports/${row.id}`)).body).toMatchObject({
      state: "failed",
      problem: { code: "export-interrupted" },
    })
    await again.close()
    await other.server.close()
  })
})
