import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { hash as argonHash, verify as argonVerify } from "@node-rs/argon2"
import type { FastifyRequest } from "fastify"
import {
  type Grant,
  may,
  type Permission,
  ProblemError,
  permissions,
  problem,
  type Role,
  roles,
  type Words,
} from "../../model/index.ts"
import type { Caller } from "../http/index.ts"
import { type Db, type Sql, transaction } from "../sql/index.ts"
import * as store from "./store.ts"

export type { UserRecord } from "./store.ts"
export const cookie_name = "mingmai_session"
const session_ms = 12 * 3_600_000
const failures_max = 5
const lock_ms = 15 * 60_000
const strangers_max = 10_000
const link_ms = 24 * 3_600_000
const password_length_min = 10

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

export type Access = ReturnType<typeof createAccess>

/** People, sessions, tokens and links. Passwords are argon2id; every secret at rest is a hash. */
export function createAccess(options: { sql: Sql; wall: () => number; command_token: string }) {
  const { sql, wall } = options
  // Reading the session on every request would cost a query each; 5 s keeps a revoked right short-lived.
  const cache = new Map<string, { caller: Caller; until: number }>()
  const forget = () => cache.clear()

  async function identify(request: FastifyRequest): Promise<Caller | null> {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1]
    const secret = bearer ?? cookieOf(request.headers.cookie ?? "", cookie_name)
    if (!secret) return null
    if (bearer && sameText(bearer, options.command_token)) {
      return {
        kind: "command",
        id: null,
        login: "command",
        name: "命令行",
        organisation_id: null,
        grants: [],
        address: request.ip,
      }
    }
    const hash = sha256(secret)
    // A token is not a session: what was known of one says nothing of the other.
    const key = `${bearer ? "token" : "session"}:${hash}`
    const known = cache.get(key)
    if (known && known.until > wall()) return { ...known.caller, address: request.ip }
    const caller = bearer ? await tokenCaller(hash) : await sessionCaller(hash)
    if (!caller) return null
    if (cache.size > 10_000) cache.clear()
    cache.set(key, { caller, until: wall() + 5000 })
    return { ...caller, address: request.ip }
  }

  // An account that does not exist is "locked" like one that does, so that a lock tells nothing either.
  const strangers = new Map<string, { failures: number; locked_until: number | null }>()
  function noteStranger(login: string) {
    if (strangers.size >= strangers_max) strangers.clear()
    const failures = (strangers.get(login)?.failures ?? 0) + 1
    strangers.set(
      login,
      failures >= failures_max ? { failures: 0, locked_until: wall() + lock_ms } : { failures, locked_until: null },
    )
  }

  async function sessionCaller(hash: string): Promise<Caller | null> {
    const user = await store.sessionUser(sql.db, hash, wall())
    return user
      ? {
          kind: "person",
          id: user.id,
          login: user.login,
          name: user.name,
          organisation_id: user.organisation_id,
          grants: user.grants,
          address: "",
        }
      : null
  }

  async function tokenCaller(hash: string): Promise<Caller | null> {
    const token = await store.tokenByHash(sql.db, hash)
    if (!token) return null
    await store.noteTokenUse(sql.db, token.id, wall())
    return {
      kind: "token",
      id: null,
      login: `token:${token.id}`,
      name: token.name,
      organisation_id: null,
      grants: [{ role: token.role, scope: token.scope }],
      address: "",
    }
  }

  return {
    identify,
    forget,
    /** Signs in; says nothing about whether the account exists. Locks after repeated failures. */
    async signIn(
      login: string,
      password: string,
      address: string,
    ): Promise<{ user: store.UserRecord; secret: string; expires_ms: number }> {
      const refused = problem(
        "bad-credentials",
        401,
        "账号或口令不正确，连续 5 次失败将锁定 15 分钟",
        "Wrong account or password; five failures lock for 15 minutes",
      )
      const user = await store.userByLogin(sql.db, login)
      const locked_until = user ? user.locked_until : (strangers.get(login)?.locked_until ?? null)
      const locked = locked_until !== null && locked_until > wall()
      // A hash is verified even for unknown accounts, so that time tells nothing.
      const right = await argonVerify(user?.password_hash ?? dummy_hash, password).catch(() => false)
      if (locked)
        throw new ProblemError(
          problem(
            "locked",
            423,
            "账号已锁定，请 15 分钟后再试或联系安全管理员",
            "Locked; try again in 15 minutes or ask the security administrator",
          ),
        )
      if (!user?.password_hash || !user.active || !right) {
        if (user) await store.noteFailure(sql.db, user.id, failures_max, wall() + lock_ms)
        else noteStranger(login)
        throw new ProblemError(refused)
      }
      const secret = randomBytes(32).toString("base64url")
      await store.noteLogin(sql.db, user.id, wall())
      await store.insertSession(sql.db, sha256(secret), user.id, wall(), wall() + session_ms, address)
      await store.deleteOldSessions(sql.db, wall())
      return { user, secret, expires_ms: session_ms }
    },
    async signOut(cookie_header: string) {
      const secret = cookieOf(cookie_header, cookie_name)
      if (secret) await store.deleteSession(sql.db, sha256(secret))
      forget()
    },
    /** Makes a one-time link's token; kept as a hash, valid for a day. */
    async makeLink(db: Db, user_id: number | null, purpose: "setup" | "password"): Promise<string> {
      const secret = randomBytes(24).toString("base64url")
      await store.insertLink(db, sha256(secret), user_id, purpose, wall() + link_ms)
      return secret
    },
    /** Sets a password through a one-time link and ends the account's sessions. */
    async redeemPassword(token: string, password: string) {
      checkPassword(password)
      const hash = await hashPassword(password)
      await transaction(sql.db, async (tx) => {
        const link = await store.useLink(tx, sha256(token), "password", wall())
        if (!link?.user_id) throw new ProblemError(linkInvalid)
        await store.setPassword(tx, link.user_id, hash)
        await store.endLinksOf(tx, link.user_id, wall())
        await store.deleteSessionsOf(tx, link.user_id)
      })
      forget()
    },
    /** First run: makes the first person with the three separate administrations still to be given away. */
    async setUp(token: string, login: string, name: string, password: string) {
      checkPassword(password)
      const hash = await hashPassword(password)
      return await transaction(sql.db, async (tx) => {
        const link = await store.useLink(tx, sha256(token), "setup", wall())
        if (!link) throw new ProblemError(linkInvalid)
        // Each start before the set-up printed a link of its own; only the first one used makes a person.
        await store.lockUsers(tx)
        if ((await store.countUsers(tx)) > 0) throw new ProblemError(linkInvalid)
        const id = await store.insertUser(tx, {
          login,
          name,
          organisation_id: null,
          password_hash: hash,
          created_at: wall(),
        })
        if (!id)
          throw new ProblemError(
            problem("login-taken", 409, "账号已存在", "The account exists", { field: "login", value: login }),
          )
        await store.insertGrant(tx, id, {
          role: "security_administrator",
          scope: { organisations: "all", lifelines: "all", areas: "all" },
        })
        return id
      })
    },
    /** True while nobody exists who could sign in. */
    async isEmpty() {
      return (await store.countUsers(sql.db)) === 0
    },
    store,
  }
}

export const hashPassword = (password: string) =>
  argonHash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })

const linkInvalid = problem(
  "link-invalid",
  410,
  "链接无效、已使用或已过期，请管理员重新生成",
  "The link is invalid, used or expired; ask an administrator for a new one",
)

/** Hash of a random text: verifying against it takes as long as against a real one. */
const dummy_hash = await hashPassword(randomBytes(16).toString("hex"))

function checkPassword(password: string) {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((k) => k.test(password)).length
  if (password.length < password_length_min || kinds < 3) {
    throw new ProblemError(
      problem(
        "weak-password",
        400,
        "口令至少 10 位，含大写、小写、数字、符号中的三类",
        "Use at least 10 characters with three of: upper case, lower case, digits, signs",
        { field: "password" },
      ),
    )
  }
}

/**
 * Grants of one person may not join system, security and audit administration (三员分立).
 * Returns the problem of adding `role`, or null.
 */
export function separationProblem(held: readonly Grant[], role: Role) {
  if (!roles.includes(role))
    return problem("unknown-role", 400, "没有这个角色", `No such role; use one of ${roles.join(", ")}`, {
      field: "role",
      value: role,
    })
  const separate: Permission[] = ["settings.write", "access.write", "audit.read"]
  const all = [...held.map((g) => g.role), role]
  const powers = separate.filter((p) => all.some((r) => may(r, p)))
  return powers.length > 1
    ? problem(
        "separation-of-duties",
        409,
        "系统、安全、审计三类管理权限不能由一人兼任",
        "System, security and audit administration must be held by different people",
        { field: "role", value: role },
      )
    : null
}

/** The permissions a set of grants gives. */
export const permissionsOf = (grants: readonly Grant[]): Permission[] =>
  (Object.keys(permissions) as Permission[]).filter((p) => grants.some((g) => may(g.role, p)))

/** A demo person as the demo city declares it. */
export type Person = {
  login: string
  name: string
  organisation_code: string | null
  password: string
  grants: Grant[]
}

/** Creates organisations and people of an invented city in one transaction. */
export async function seedPeople(
  sql: Sql,
  wall: number,
  organisations: { code: string; name: Words; kind: string }[],
  people: Person[],
) {
  const hash_of = new Map<string, string>()
  for (const person of people)
    if (!hash_of.has(person.password)) hash_of.set(person.password, await hashPassword(person.password))
  await transaction(sql.db, async (tx) => {
    const ids = new Map<string, number>()
    for (const o of organisations) ids.set(o.code, await store.insertOrganisation(tx, o))
    for (const p of people) {
      const organisation_id = p.organisation_code ? (ids.get(p.organisation_code) ?? null) : null
      const id = await store.insertUser(tx, {
        login: p.login,
        name: p.name,
        organisation_id,
        password_hash: hash_of.get(p.password)!,
        created_at: wall,
      })
      if (!id) continue
      for (const g of p.grants) await store.insertGrant(tx, id, ownOrganisation(g, organisation_id))
    }
  })
}

/** A grant of an owner's person sees its own organisation; "own" is written as an empty list in the declaration. */
function ownOrganisation(grant: Grant, organisation_id: number | null): Grant {
  const own =
    Array.isArray(grant.scope.organisations) && grant.scope.organisations.length === 0 && organisation_id !== null
  return own ? { ...grant, scope: { ...grant.scope, organisations: [organisation_id] } } : grant
}

function cookieOf(header: string, name: string): string | undefined {
  for (const part of header.split(";")) {
    const [key, value] = part.trim().split("=")
    if (key === name) return value
  }
  return undefined
}

function sameText(a: string, b: string): boolean {
  const x = Buffer.from(sha256(a))
  const y = Buffer.from(sha256(b))
  return timingSafeEqual(x, y)
}
