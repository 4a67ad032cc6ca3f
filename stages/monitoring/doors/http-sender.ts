import type { FastifyRequest } from "fastify"
import { ProblemError, problem, type Scope, scopesFor } from "../../../model/index.ts"
import type { Caller, Identify } from "../../../platform/http/index.ts"
import { sameSecret } from "../credentials.ts"
import type { Directory } from "./directory.ts"
import type { HttpSender } from "./http-collect.ts"

/** Covers nothing: a device's credential opens the door of its own readings and no other. */
const no_scope: Scope = { organisations: [], lifelines: [], areas: [] }

/**
 * Who sends: an API token (Bearer, Token as Influx clients say it, or the password of Basic), or a device or gateway
 * with its own credential by Basic. Remembers the sender of each request.
 */
export function senders(options: {
  directory(): Directory
  /** Tells of a refused credential, as quarantine does of a refused connection. */
  refusedCredential(client: string, route: string): void
}) {
  const known = new WeakMap<FastifyRequest, HttpSender>()

  async function identify(request: FastifyRequest, usual: Identify): Promise<Caller | null> {
    const basic = basicOf(request)
    if (basic && !basic.password.startsWith(token_prefix)) return deviceCaller(request, basic)
    const token = basic?.password ?? /^Token (.+)$/i.exec(request.headers.authorization ?? "")?.[1]
    if (token !== undefined) request.headers.authorization = `Bearer ${token}`
    const caller = await usual(request)
    if (caller)
      known.set(request, {
        name: caller.login,
        own_device: null,
        gateway: null,
        scopes: caller.kind === "command" ? null : scopesFor(caller.grants, "readings.write"),
      })
    return caller
  }

  function deviceCaller(request: FastifyRequest, { user, password }: Basic): Caller {
    const directory = options.directory()
    const device = directory.device(user)
    if (!device?.credential_hash || !sameSecret(password, device.credential_hash)) {
      options.refusedCredential(user, request.url.split("?")[0]!)
      throw new ProblemError(wrongCredential)
    }
    const speaks_itself = (directory.points(user)?.size ?? 0) > 0
    known.set(request, {
      name: device.code,
      own_device: speaks_itself ? device.code : null,
      gateway: speaks_itself ? null : { id: device.id },
      scopes: null,
    })
    return {
      kind: "token",
      id: null,
      login: `device:${device.code}`,
      name: device.code,
      organisation_id: null,
      grants: [{ role: "integrator", scope: no_scope }],
      address: request.ip,
    }
  }

  return { identify, of: (request: FastifyRequest): HttpSender => known.get(request)! }
}

/** What API tokens begin with. */
const token_prefix = "mm_"

type Basic = { user: string; password: string }

/** User and password of Basic, or of the query as Influx 1 clients may send them. */
function basicOf(request: FastifyRequest): Basic | null {
  const packed = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "")?.[1]
  if (packed !== undefined) {
    const text = Buffer.from(packed, "base64").toString("utf8")
    const colon = text.indexOf(":")
    return colon < 0 ? { user: text, password: "" } : { user: text.slice(0, colon), password: text.slice(colon + 1) }
  }
  const { u, p } = request.query as { u?: unknown; p?: unknown }
  return typeof u === "string" && typeof p === "string" ? { user: u, password: p } : null
}

const wrongCredential = problem(
  "bad-credential",
  401,
  "账号或口令不对，连接被拒绝；请核对设备凭据",
  "Wrong user name or password; check the device's credential",
)
