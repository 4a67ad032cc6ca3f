import type { FastifyReply, FastifyRequest } from "fastify"
import Type from "typebox"
import { type Problem, ProblemError, problem, type Result } from "../../../model/index.ts"
import { blockLimits } from "../../../platform/blocks/index.ts"
import type { Http, Identify, Input } from "../../../platform/http/index.ts"
import type { Db } from "../../../platform/sql/index.ts"
import { sleep } from "../../../platform/timers/index.ts"
import { message_bytes_max, type SaidValue } from "../decode.ts"
import { pending_max } from "../intake.ts"
import { brief } from "../refused.ts"
import type { Take } from "./delivery.ts"
import type { Directory } from "./directory.ts"
import {
  addDropped,
  addRefusedRows,
  type Collecting,
  collectItem,
  collectWaveforms,
  type DevicePlace,
  type Load,
  newLoad,
} from "./http-collect.ts"
import { type Answer, idempotency } from "./http-idempotency.ts"
import { type Part, refusedItem } from "./http-items.ts"
import { overloaded, senderLimit, tooOften, tryAgain, unpacked } from "./http-limits.ts"
import { senders } from "./http-sender.ts"
import { IngestView } from "./http-views.ts"
import { decodeInflux, precisionNs } from "./influx.ts"
import { decodeJson } from "./json.ts"
import { decodeNdjson } from "./ndjson.ts"

export type HttpDoorOptions = {
  db: Db
  take: Take
  directory(): Directory
  /** Owner, lifeline and areas of a device, for tokens with a narrower scope; undefined for an unknown device. */
  place_of(device: string): DevicePlace | undefined
  /** City time for lines without a time, and wall time for limits; UTC ms. */
  now(): number
  wall(): number
  /** Messages a second of one sender. */
  messages_per_s: number
  /** Rows that are on their way to a commit. */
  pending(): number
  refusedCredential(client: string, route: string): void
}

/** Largest body of readings, packed and unpacked. */
export const body_bytes_max = 8 * 1024 * 1024
/** Bodies of all senders that are being read or committed; of one sender. */
const bytes_under_way_max = 128 * 1024 * 1024
const sender_bytes_under_way_max = 32 * 1024 * 1024

/** So much of a JSON body goes to quarantine with each of its errors. */
const kept_bytes = 4096

type Query = { precision?: string; device?: string }

/** The HTTP door: JSON, NDJSON, Influx line protocol and waveform blocks, answered when everything is durable. */
export function installHttpDoor(http: Http, options: HttpDoorOptions) {
  const who = senders(options)
  const once = idempotency(options.db, options.wall)
  const admit = admission(options, who.of)

  async function identify(request: FastifyRequest, usual: Identify, reply: FastifyReply) {
    const caller = await who.identify(request, usual)
    if (caller) admit(request, reply)
    return caller
  }

  /** Reads one body into a load; returns how to find the item of a value. */
  type Reads = (body: Buffer, load: Load, c: Collecting, query: Query) => Promise<ItemOf | undefined>

  async function answer(input: Input, what: string, most: number, read: Reads): Promise<Answer> {
    const { request, query } = input
    const body = Buffer.isBuffer(input.body) ? input.body : Buffer.alloc(0)
    const key = request.headers["idempotency-key"]
    const sender = who.of(request)
    const signed = Buffer.concat([Buffer.from(`${request.url}\n`), body])
    return once(sender.name, key as string | undefined, signed, async () => {
      const plain = unwrap(await unpacked(body, request.headers["content-encoding"], most))
      if (plain.length === 0) throw new ProblemError(empty)
      const c: Collecting = { directory: options.directory(), place_of: options.place_of, sender, topic: what }
      const load = newLoad()
      const itemOf = await read(plain, load, c, query)
      addDropped(load, plain.subarray(0, kept_bytes), c)
      const receipt = await options.take(load.delivery)
      addRefusedRows(load, receipt, itemOf)
      const stored = receipt.readings + receipt.blocks
      return told(load, stored, Math.min(receipt.duplicates, stored), lined.has(read) ? "line" : "item")
    })
  }

  const readJson: Reads = async (body, load, c) => {
    const read = decodeJson(body, c.sender.own_device)
    if (!read.ok) {
      collectItem(
        load,
        refusedItem(null, () => body.subarray(0, kept_bytes), read.problem, null),
        c,
      )
      return undefined
    }
    const { decoded, itemOf } = read.value
    // A problem of an item names it in its field: [3].time.
    for (const p of decoded.problems) {
      const item = /^\[(\d+)\]/.exec(p.problem.field ?? "")?.[1]
      const at = item === undefined ? null : Number(item)
      collectItem(
        load,
        refusedItem(at, () => body.subarray(0, kept_bytes), p.problem, p.device),
        c,
      )
    }
    const values = { values: decoded.values, problems: [] }
    collectItem(load, { at: null, bytes: () => body.subarray(0, kept_bytes), decoded: values }, c, itemOf)
    return itemOf
  }

  const readNdjson: Reads = async (body, load, c) => {
    await inParts((at, line) => decodeNdjson(body, c.sender.own_device, at, line), load, c)
    return undefined
  }

  const readInflux: Reads = async (body, load, c, query) => {
    const unit_ns = precisionNs(query.precision)
    if (unit_ns === undefined) throw new ProblemError(badPrecision(query.precision ?? ""))
    const lines = {
      unit_ns,
      now: options.now(),
      device_tags: query.device?.split(",") ?? ["device", "host"],
      own_device: c.sender.own_device,
      known: (device: string, indicator: string) => c.directory.points(device)?.get(indicator) !== undefined,
    }
    const text = body.toString("utf8")
    await inParts((at, line) => decodeInflux(text, lines, at, line), load, c)
    return undefined
  }

  const readBlocks: Reads = async (body, load, c) => {
    collectWaveforms(load, body, c)
    return undefined
  }
  const lined = new Set<Reads>([readNdjson, readInflux])

  const send = ({ status, body }: Answer, reply: FastifyReply) => {
    if (status >= 400) reply.header("content-type", "application/problem+json; charset=utf-8")
    return reply.code(status).send(body)
  }
  const headers = { permission: "readings.write", raw: true, identify } as const

  http.route({
    ...headers,
    method: "POST",
    url: "/api/ingest/readings",
    summary: "Readings as JSON (one message) or NDJSON (application/x-ndjson, one message a line)",
    body_bytes_max,
    response: IngestView,
    async handler(input) {
      const by_line = /ndjson|jsonl|json-seq/.test(input.request.headers["content-type"] ?? "")
      const [most, read] = by_line ? ([body_bytes_max, readNdjson] as const) : ([message_bytes_max, readJson] as const)
      return send(await answer(input, "/api/ingest/readings", most, read), input.reply)
    },
  })
  http.route({
    ...headers,
    method: "POST",
    url: "/api/ingest/blocks",
    summary: "Waveform blocks (docs/guide/blocks.md)",
    body_bytes_max: blockLimits.message_bytes,
    response: IngestView,
    handler: async (input) =>
      send(await answer(input, "/api/ingest/blocks", blockLimits.message_bytes, readBlocks), input.reply),
  })
  for (const url of ["/api/ingest/write", "/api/v2/write", "/write"])
    http.route({
      ...headers,
      method: "POST",
      url,
      summary: "Readings in Influx line protocol; 204 when all were taken",
      body_bytes_max,
      query: Type.Object({
        precision: Type.Optional(Type.String({ maxLength: 10 })),
        device: Type.Optional(Type.String({ maxLength: 200 })),
      }),
      async handler(input) {
        const { status, body } = await answer(input, url, body_bytes_max, readInflux)
        return influxAnswer(input.reply, status, body as Told)
      },
    })
  installInfluxManners(http, identify)
}

type ItemOf = (said: SaidValue) => number | null

/** Reads a large body in parts, so that others get their turn between them. */
async function inParts(read: (at: number, line: number) => Part, load: Load, c: Collecting) {
  for (let next: Part["next"] = { at: 0, line: 1 }; next !== null; ) {
    const part: Part = read(next.at, next.line)
    for (const item of part.items) collectItem(load, item, c)
    next = part.next
    if (next) await sleep(0)
  }
}

type Told = {
  stored: number
  duplicates: number
  refused_count: number
  refused: Record<string, unknown>[]
  code?: string
  title?: string
}

/** What the sender is told: counts, and each refusal by item; a problem where nothing was taken. */
function told(load: Load, stored: number, duplicates: number, item_name: "line" | "item"): Answer {
  const refused = load.told.map(({ item, problem: found }) => {
    const { code, title, field, value } = brief(found)
    return { [item_name]: item, ...(field !== undefined && { field, value: value ?? null }), code, ...title }
  })
  const counts = { stored, duplicates, refused_count: load.refused, refused }
  if (stored > 0 || load.refused === 0) return { status: 200, body: counts }
  const first = brief(load.told[0]!.problem)
  const status = first.status === 413 ? 413 : 400
  const { code, title, field, value } = first
  return {
    status,
    body: { type: `about:blank#${code}`, title: title.en, status, code, words: title, field, value, ...counts },
  }
}

/**
 * The answer as clients of InfluxDB read it: 204, or 400 with `error` (version 1) and `message` (version 2). They do
 * not send such a body again: what could be taken is stored, the rest is in quarantine.
 */
function influxAnswer(reply: FastifyReply, status: number, body: Told) {
  if (status < 400 && body.refused_count === 0) return reply.code(204).send()
  const { line, en } = (body.refused[0] ?? {}) as { line?: number; en?: string }
  const reason = `${line === undefined ? "" : `line ${line}: `}${en ?? body.title ?? ""}`
  const message =
    body.stored > 0 ? `partial write: ${reason} dropped=${body.refused_count}` : `unable to parse: ${reason}`
  return reply
    .code(status < 400 ? 400 : status)
    .header("x-influxdb-error", message.replace(/[^\x20-\x7e]/g, "?").slice(0, 500))
    .send({ ...body, code: body.code ?? "partial-write", error: message, message })
}

/** What clients of InfluxDB ask beside writing. */
function installInfluxManners(http: Http, identify: NonNullable<Parameters<Http["route"]>[0]["identify"]>) {
  http.route({
    method: "POST",
    url: "/query",
    permission: "readings.write",
    raw: true,
    identify,
    summary: "Answers CREATE DATABASE of Influx 1 clients; other queries are refused",
    query: Type.Object({ q: Type.Optional(Type.String({ maxLength: 1000 })) }),
    body_bytes_max: 4096,
    handler({ query, body }) {
      const asked = query.q ?? new URLSearchParams(Buffer.isBuffer(body) ? body.toString("utf8") : "").get("q") ?? ""
      if (!/^\s*create\s+database\s/i.test(asked)) throw new ProblemError(noQueries)
      return { results: [{ statement_id: 0 }] }
    },
  })
  http.route({
    method: "GET",
    url: "/ping",
    permission: "public",
    summary: "Answers clients of InfluxDB that somebody is there",
    handler: ({ reply }) => reply.code(204).header("x-influxdb-build", "mingmai").send(),
  })
  http.route({
    method: "GET",
    url: "/health",
    permission: "public",
    summary: "Answers clients of InfluxDB 2 that writing is possible; /healthz says more",
    handler: () => ({ name: "mingmai", status: "pass", message: "ready for writes" }),
  })
}

/** Who may send now: within its rate, and while bodies and rows on their way are within their limits. */
function admission(options: HttpDoorOptions, senderOf: (request: FastifyRequest) => { name: string }) {
  const limit = senderLimit(options.messages_per_s)
  const under_way = new Map<string, number>()
  let bytes_under_way = 0
  return (request: FastifyRequest, reply: FastifyReply) => {
    const { name } = senderOf(request)
    const wait_s = limit(name, options.wall())
    if (wait_s > 0) throw tryAgain(reply, wait_s, tooOften(options.messages_per_s))
    const said = Number(request.headers["content-length"] ?? body_bytes_max)
    const bytes = Math.min(Number.isFinite(said) ? said : body_bytes_max, body_bytes_max)
    const own = under_way.get(name) ?? 0
    if (
      options.pending() > pending_max ||
      bytes_under_way + bytes > bytes_under_way_max ||
      own + bytes > sender_bytes_under_way_max
    )
      throw tryAgain(reply, 2, overloaded)
    bytes_under_way += bytes
    under_way.set(name, own + bytes)
    reply.raw.once("close", () => {
      bytes_under_way -= bytes
      const left = (under_way.get(name) ?? 0) - bytes
      if (left > 0) under_way.set(name, left)
      else under_way.delete(name)
    })
  }
}

function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new ProblemError(result.problem)
  return result.value
}

const empty: Problem = problem("empty-body", 400, "内容为空", "The body is empty", { field: "body" })
const badPrecision = (value: string) =>
  problem("bad-field", 400, "precision 应为 ns、us、ms、s、m 或 h", "precision must be ns, us, ms, s, m or h", {
    field: "precision",
    value,
  })
const noQueries = problem(
  "no-influx-queries",
  400,
  "此处只接收写入；查询请用 /api/monitoring",
  "Only writes are taken here; read with /api/monitoring",
)
