import type { IncomingMessage } from "node:http"
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify"
import type { TSchema } from "typebox"
import { type Permission, type Problem, ProblemError, problem, type Scope } from "../../model/index.ts"
import { type Caller, scopesOf } from "./caller.ts"
import { toCsv } from "./csv.ts"

export * from "./caller.ts"
export { csvCell } from "./csv.ts"
export { cursorOf, pageOf } from "./list.ts"

export type Input = {
  // biome-ignore lint/suspicious/noExplicitAny: shapes are checked by the route's schemas at the edge
  query: any
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any
  // biome-ignore lint/suspicious/noExplicitAny: see above
  params: any
  caller: Caller
  scopes: Scope[]
  request: FastifyRequest
  reply: FastifyReply
}

export type Route = {
  method: "GET" | "POST" | "PATCH" | "DELETE"
  url: string
  /** "public" routes answer to anybody; every other route names its permission. */
  permission: Permission | "public"
  summary: string
  query?: TSchema
  body?: TSchema
  params?: TSchema
  response?: TSchema
  /** Largest body, bytes; 256 KiB by default. */
  body_bytes_max?: number
  /** The body comes as the bytes that were sent, whatever type they have and however they are packed. */
  raw?: boolean
  /**
   * The body comes as a stream of the bytes that were sent, for uploads that no memory should hold. The handler counts
   * them against its own limit, and the body may take `stream_ms_max` to arrive.
   */
  stream?: boolean
  /**
   * Who asks, where a route knows callers of its own; `usual` knows people, tokens and the command line. Runs before
   * the body is read, so that what is refused here costs nothing.
   */
  identify?(request: FastifyRequest, usual: Identify, reply: FastifyReply): Promise<Caller | null>
  handler(input: Input): Promise<unknown> | unknown
}

export type Identify = (request: FastifyRequest) => Promise<Caller | null>

export type Http = {
  server: FastifyInstance
  routes: Route[]
  /** Registers a route; permission, scope, validation and the error shape come with it. */
  route(route: Route): void
}

export type HttpOptions = {
  identify: Identify
  trust_proxy: boolean
  onError(error: unknown): void
  tls: { cert: string; key: string } | null
}

/** How long the body of any request may take; longer ones are cut off. */
const body_ms_max = 60_000
/** The same where a route takes a stream: 5 GB over 12 Mbit/s. */
const stream_ms_max = 3_600_000

const anonymous: Caller = {
  kind: "person",
  id: null,
  login: "",
  name: "",
  organisation_id: null,
  grants: [],
  address: "",
}

/** The one HTTP door: every route is checked, scoped, documented and answers with problem details. */
export function createHttp(options: HttpOptions): Http {
  const server = Fastify({
    bodyLimit: 256 * 1024,
    trustProxy: options.trust_proxy,
    ...(options.tls ? { https: { cert: options.tls.cert, key: options.tls.key } } : {}),
    requestTimeout: stream_ms_max,
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: true, removeAdditional: true, allErrors: false } },
  } as object) as unknown as FastifyInstance
  const routes: Route[] = []
  const asking = new WeakMap<FastifyRequest, { caller: Caller | null; scopes: Scope[] }>()
  server.addContentTypeParser(/^image\//, { parseAs: "buffer" }, (_request, body, done) => done(null, body))
  server.addContentTypeParser("application/octet-stream", { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  )
  server.addHook("onRequest", (request, _reply, done) => {
    if (!(request.routeOptions.config as { stream?: boolean } | undefined)?.stream) cutOffSlow(request.raw)
    done()
  })
  server.setErrorHandler((error, _request, reply) => {
    const found = problemOf(error)
    // Being overloaded is a state that the caller is told of, not a fault: a busy platform must not fill its own log.
    if (found.status >= 500 && found.code !== "overloaded") options.onError(error)
    return sendProblem(reply, found)
  })
  server.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problem("no-such-route", 404, "没有这个地址", `No such address: ${request.url}`)),
  )
  server.addHook("onSend", (_request, reply, payload, done) => {
    reply.header("x-content-type-options", "nosniff").header("referrer-policy", "same-origin")
    done(null, payload)
  })
  return {
    server,
    routes,
    route(route) {
      routes.push(route)
      const put = (on: FastifyInstance) =>
        on.route({
          method: route.method,
          url: route.url,
          bodyLimit: route.body_bytes_max ?? 256 * 1024,
          config: { stream: route.stream === true } as object,
          schema: {
            summary: route.summary,
            tags: [route.url.split("/")[2] ?? "root"],
            ...(route.query && { querystring: route.query }),
            ...(route.body && { body: route.body }),
            ...(route.params && { params: route.params }),
            ...(route.response && { response: { 200: route.response } }),
          },
          // Who asks is settled before the body is read: a stranger can make nobody parse 200 MB.
          onRequest: async (request, reply) => {
            const caller = await (route.identify?.(request, options.identify, reply) ?? options.identify(request))
            if (route.method !== "GET" && caller?.kind === "person" && request.headers["x-mingmai"] !== "1") {
              throw new ProblemError(
                problem("no-csrf-header", 403, "请求缺少 x-mingmai 头", "Send the header x-mingmai: 1 with changes"),
              )
            }
            asking.set(request, {
              caller,
              scopes: route.permission === "public" ? [] : scopesOf(caller, route.permission),
            })
          },
          // CSV is written from the same page and must not pass through the JSON serialiser of the schema.
          handler: async (request, reply) => {
            const { caller, scopes } = asking.get(request)!
            const answer = await route.handler({
              query: request.query,
              body: request.body,
              params: request.params,
              caller: caller ?? { ...anonymous, address: request.ip },
              scopes,
              request,
              reply,
            })
            if ((request.query as { format?: string })?.format === "csv" && isPage(answer)) {
              reply.header("content-type", "text/csv; charset=utf-8")
              reply.header("content-disposition", `attachment; filename="${route.url.split("/").at(-1)}.csv"`)
              reply.serializer((x: unknown) => x as string)
              return toCsv(answer.items)
            }
            return answer
          },
        })
      if (route.raw) void server.register(async (on) => put(takingBytes(on as FastifyInstance)))
      else if (route.stream) void server.register(async (on) => put(takingStreams(on as FastifyInstance)))
      else put(server)
    },
  }
}

/** A part of the server that hands over bodies as they came. */
function takingBytes(on: FastifyInstance): FastifyInstance {
  on.removeAllContentTypeParsers()
  on.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body))
  return on
}

/** A part of the server that hands over the stream of the body, unread. */
function takingStreams(on: FastifyInstance): FastifyInstance {
  on.removeAllContentTypeParsers()
  on.addContentTypeParser("*", (_request, body, done) => done(null, body))
  return on
}

/** Ends a connection whose body does not come to an end within a minute. */
function cutOffSlow(raw: IncomingMessage): void {
  const timer = setTimeout(() => {
    // What did not come over a socket does not say.
    if (raw.complete === false) raw.destroy()
  }, body_ms_max)
  timer.unref()
  raw.once("close", () => clearTimeout(timer))
}

const isPage = (x: unknown): x is { items: Record<string, unknown>[] } =>
  typeof x === "object" && x !== null && Array.isArray((x as { items?: unknown }).items)

/** Any error as a problem: ours as they are, the validator's with field and value, the rest as a fault of the server. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  const e = error as {
    validation?: { instancePath: string; message?: string; params?: { missingProperty?: string } }[]
    validationContext?: string
    statusCode?: number
    message?: string
    code?: string
  }
  if (e.validation?.[0]) {
    const first = e.validation[0]
    const path = `${e.validationContext ?? ""}${first.instancePath.replaceAll("/", ".")}`
    const field = first.params?.missingProperty ? `${path}.${first.params.missingProperty}` : path
    return problem(
      "invalid",
      400,
      `字段 ${field} 不合要求：${first.message ?? ""}`,
      `Field ${field} is wrong: ${first.message ?? ""}`,
      { field },
    )
  }
  if (e.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return problem("too-large", 413, "内容过大，请压缩后重试", "The body is too large; make it smaller and try again")
  }
  if (e.statusCode && e.statusCode < 500) {
    return problem("bad-request", e.statusCode, `请求有误：${e.message}`, e.message ?? "Bad request")
  }
  return problem("server-fault", 500, "服务器内部错误，已记入日志", "A fault of the server; it is in the log")
}

/** Sends RFC 9457 problem details. */
export function sendProblem(reply: FastifyReply, p: Problem) {
  reply.serializer((x: unknown) => JSON.stringify(x))
  return reply
    .code(p.status)
    .header("content-type", "application/problem+json; charset=utf-8")
    .send({
      type: `about:blank#${p.code}`,
      title: p.title.en,
      status: p.status,
      code: p.code,
      words: p.title,
      ...(p.field !== undefined && { field: p.field }),
      ...(p.value !== undefined && { value: p.value }),
    })
}
