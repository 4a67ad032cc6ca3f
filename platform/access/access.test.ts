import fc from "fast-check"
import { sql as raw } from "kysely"
import { beforeEach, describe, expect } from "vitest"
import { everything, type Grant, may, type ProblemError, type Role, roles } from "../../model/index.ts"
import type { App } from "../app.ts"
import { createHttp, type Http } from "../http/index.ts"
import { withSql } from "../sql/testing.ts"
import { type Access, cookie_name, createAccess, hashPassword, permissionsOf, separationProblem } from "./index.ts"
import { installAccessRoutes } from "./routes.ts"
import { insertAudit } from "./store.ts"

const t0 = Date.UTC(2026, 10, 24)
const minute = 60_000
const password = "Right-horse-7"
const separate = ["settings.write", "access.write", "audit.read"] as const

withSql("access", ({ sql, it }) => {
  let access: Access
  let http: Http
  let wall = t0
  beforeEach(async () => {
    await raw`truncate access_user, access_organisation, access_token, access_link restart identity cascade`.execute(
      sql().db,
    )
    wall = t0
    access = createAccess({ sql: sql(), wall: () => wall, command_token: "command-secret" })
    http = createHttp({
      identify: access.identify,
      trust_proxy: false,
      onError: (error) => {
        throw error
      },
      tls: null,
    })
    const app = {
      http,
      sql: sql(),
      clock: { now: () => t0, wall: () => wall },
      settings: { tls_cert: "", trusted_proxy: "" },
      audit: (db, caller, action, object, detail) =>
        insertAudit(db, {
          wall_time: wall,
          city_time: t0,
          actor_id: caller.id,
          actor: caller.name || caller.login,
          action,
          object,
          detail,
          address: caller.address,
        }).then(() => {}),
    } as Partial<App> as App
    installAccessRoutes(app, access)
  })

  async function person(login: string, ...given: Role[]): Promise<number> {
    const id = (await access.store.insertUser(sql().db, {
      login,
      name: login,
      organisation_id: null,
      password_hash: await hashPassword(password),
      created_at: t0,
    }))!
    for (const role of given) await access.store.insertGrant(sql().db, id, { role, scope: everything })
    return id
  }
  const signIn = (login: string, with_password = password) => access.signIn(login, with_password, "127.0.0.1")
  const code_of = (work: Promise<unknown>) =>
    work.then(
      () => "done",
      (error) => (error as ProblemError).problem?.code ?? String(error),
    )
  async function call(
    method: "GET" | "POST" | "DELETE",
    url: string,
    secret: string | null,
    payload?: object,
    bearer = false,
  ) {
    const headers = {
      "x-mingmai": "1",
      ...(secret && (bearer ? { authorization: `Bearer ${secret}` } : { cookie: `a=b; ${cookie_name}=${secret}` })),
    }
    const answer = await http.server.inject({ method, url, headers, ...(payload && { payload }) })
    return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
  }

  describe("signing in", () => {
    it("gives a session that ends by time, by signing out and by switching the account off", async () => {
      const id = await person("li", "duty_officer")
      const { secret } = await signIn("li")
      expect((await call("GET", "/api/session", secret)).body).toMatchObject({
        id,
        login: "li",
        permissions: expect.arrayContaining(["alarms.judge"]),
      })
      wall += 12 * 60 * minute + 1
      expect((await call("GET", "/api/session", secret)).status).toBe(401)
      const second = await signIn("li")
      expect((await call("DELETE", "/api/session", second.secret)).status).toBe(200)
      expect((await call("GET", "/api/session", second.secret)).status).toBe(401)
      const third = await signIn("li")
      expect((await call("GET", "/api/session", third.secret)).status).toBe(200)
      await person("sec", "security_administrator")
      const officer = await signIn("sec")
      expect((await call("POST", `/api/access/users/${id}/active`, officer.secret, { active: false })).status).toBe(200)
      expect((await call("GET", "/api/session", third.secret)).status).toBe(401)
      expect(await code_of(signIn("li"))).toBe("bad-credentials")
    })
    it("the cookie is for this site and no script", async () => {
      await person("li")
      const answer = await call("POST", "/api/session", null, { login: "li", password })
      expect(answer.headers["set-cookie"]).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
    })
    it("an unknown account and a wrong password sound the same", async () => {
      await person("li")
      const [unknown, wrong] = [
        await call("POST", "/api/session", null, { login: "nobody", password }),
        await call("POST", "/api/session", null, { login: "li", password: "x" }),
      ]
      expect(unknown.status).toBe(401)
      expect(unknown.body).toEqual(wrong.body)
    })
    it("five failures lock for a quarter of an hour, also for the right password; then all is forgotten", async () => {
      await person("li")
      for (let i = 0; i < 4; i++) await code_of(signIn("li", "wrong"))
      expect(await code_of(signIn("li"))).toBe("done") // A success in between starts the count anew.
      for (let i = 0; i < 5; i++) expect(await code_of(signIn("li", "wrong"))).toBe("bad-credentials")
      expect(await code_of(signIn("li"))).toBe("locked")
      wall += 15 * minute - 1
      expect(await code_of(signIn("li"))).toBe("locked")
      wall += 2
      expect(await code_of(signIn("li"))).toBe("done")
    })
    it("failures that come at once are all counted", async () => {
      await person("li")
      await Promise.all(Array.from({ length: 5 }, () => code_of(signIn("li", "wrong"))))
      expect(await code_of(signIn("li"))).toBe("locked")
    })
    it("passwords and secrets are kept as hashes only", async () => {
      await person("li")
      const { secret } = await signIn("li")
      const kept = await raw<{
        password_hash: string
        token_hash: string
      }>`select u.password_hash, s.token_hash from access_user u join access_session s on s.user_id = u.id`.execute(
        sql().db,
      )
      expect(kept.rows[0]?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      expect(kept.rows[0]?.token_hash).toMatch(/^[0-9a-f]{64}$/)
      expect(kept.rows[0]?.token_hash).not.toContain(secret)
      expect(await hashPassword("a")).not.toBe(await hashPassword("a"))
    })
  })

  describe("one-time links", () => {
    it("set a password once, end the account's sessions and its other links", async () => {
      const id = await person("li")
      const { secret } = await signIn("li")
      const [link, other] = [
        await access.makeLink(sql().db, id, "password"),
        await access.makeLink(sql().db, id, "password"),
      ]
      const results = await Promise.all([
        code_of(access.redeemPassword(link, "Another-horse-8")),
        code_of(access.redeemPassword(link, "Another-horse-9")),
      ])
      expect(results.toSorted()).toEqual(["done", "link-invalid"])
      expect(await code_of(access.redeemPassword(other, "Another-horse-8"))).toBe("link-invalid")
      expect((await call("GET", "/api/session", secret)).status).toBe(401)
      expect(await code_of(signIn("li"))).toBe("bad-credentials")
    })
    it("are valid for a day, for their own purpose, and for a password that is good enough", async () => {
      const id = await person("li")
      const link = await access.makeLink(sql().db, id, "password")
      for (const weak of ["short-1A", "onlyletters", "letters-and-signs"])
        expect(await code_of(access.redeemPassword(link, weak))).toBe("weak-password")
      expect(await code_of(access.setUp(link, "x", "x", password))).toBe("link-invalid")
      wall += 24 * 60 * minute
      expect(await code_of(access.redeemPassword(link, password))).toBe("link-invalid")
    })
    it("set up the first person, once, whichever of several links is used", async () => {
      const links = [await access.makeLink(sql().db, null, "setup"), await access.makeLink(sql().db, null, "setup")]
      expect(await access.isEmpty()).toBe(true)
      const results = await Promise.all(links.map((l, i) => code_of(access.setUp(l, `first${i}`, "甲", password))))
      expect(results.toSorted()).toEqual(["done", "link-invalid"])
      const { rows } = await access.store.listUsers(sql().db, "", 10, 0)
      expect(rows).toHaveLength(1)
      expect(permissionsOf(rows[0]!.grants).toSorted()).toEqual([
        "access.read",
        "access.write",
        "self",
        "settings.read",
      ])
    })
  })

  describe("separation of duties", () => {
    it("no set of roles joins two of system, security and audit administration", () => {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...roles), { maxLength: 12 }), (wanted) => {
          const held: Grant[] = []
          for (const role of wanted) if (!separationProblem(held, role)) held.push({ role, scope: everything })
          expect(separate.filter((p) => held.some((g) => may(g.role, p))).length).toBeLessThanOrEqual(1)
        }),
      )
      expect(separationProblem([], "emperor" as Role)?.code).toBe("unknown-role")
    })
    it("holds against two grants that come at once", async () => {
      await person("sec", "security_administrator")
      const id = await person("li")
      const { secret } = await signIn("sec")
      const give = (role: Role) => call("POST", `/api/access/users/${id}/grants`, secret, { role, scope: everything })
      const answers = await Promise.all([give("administrator"), give("auditor")])
      expect(answers.map((a) => a.status).toSorted()).toEqual([200, 409])
      expect(answers.find((a) => a.status === 409)?.body.code).toBe("separation-of-duties")
    })
    it("a grant works at once and ends at once", async () => {
      await person("sec", "security_administrator")
      const id = await person("li")
      const [admin, li] = [(await signIn("sec")).secret, (await signIn("li")).secret]
      expect((await call("GET", "/api/access/audit", li)).status).toBe(403)
      const grant = await call("POST", `/api/access/users/${id}/grants`, admin, { role: "auditor", scope: everything })
      const trail = await call("GET", "/api/access/audit", li)
      expect(trail.body.items[0]).toMatchObject({ action: "grant", actor: "sec", object: `user:${id}` })
      await call("DELETE", `/api/access/users/${id}/grants/${grant.body.id}`, admin)
      expect((await call("GET", "/api/access/audit", li)).status).toBe(403)
    })
  })

  describe("tokens", () => {
    it("are shown once, act within their grant, and can be revoked", async () => {
      await person("sec", "security_administrator")
      const { secret } = await signIn("sec")
      const made = await call("POST", "/api/access/tokens", secret, {
        name: "大屏",
        role: "auditor",
        scope: everything,
      })
      expect(made.body.token).toMatch(/^mm_/)
      expect(JSON.stringify((await call("GET", "/api/access/tokens", secret)).body)).not.toContain(made.body.token)
      expect((await call("GET", "/api/access/audit", made.body.token, undefined, true)).status).toBe(200)
      expect((await call("GET", "/api/session", made.body.token, undefined, true)).status).toBe(401)
      expect((await call("GET", "/api/access/audit", made.body.token)).status).toBe(401) // A token is no session.
      await call("DELETE", `/api/access/tokens/${made.body.id}`, secret)
      expect((await call("GET", "/api/access/audit", made.body.token, undefined, true)).status).toBe(401)
    })
    it("this machine's command line may all, a guess may nothing", async () => {
      expect((await call("GET", "/api/access/audit", "command-secret", undefined, true)).status).toBe(200)
      expect((await call("GET", "/api/access/audit", "command-secre", undefined, true)).status).toBe(401)
    })
  })

  describe("people", () => {
    it("are created with a link, without a password anybody knows; nobody locks himself out", async () => {
      const own = await person("sec", "security_administrator")
      const { secret } = await signIn("sec")
      const made = await call("POST", "/api/access/users", secret, { login: "wang", name: "王" })
      expect(await code_of(signIn("wang", ""))).toBe("bad-credentials")
      await access.redeemPassword(made.body.link.split("#")[1], password)
      expect(await code_of(signIn("wang"))).toBe("done")
      expect((await call("POST", "/api/access/users", secret, { login: "wang", name: "王" })).body).toMatchObject({
        status: 409,
        code: "login-taken",
        value: "wang",
      })
      expect((await call("POST", `/api/access/users/${own}/active`, secret, { active: false })).body.code).toBe(
        "not-yourself",
      )
      const list = await call("GET", "/api/access/users?q=wang", secret)
      expect(list.body.items[0]).not.toHaveProperty("password_hash")
    })
    it("the trail cannot be rewritten", async () => {
      await person("li")
      await call("POST", "/api/session", null, { login: "li", password: "x" })
      await call("POST", "/api/session", null, { login: "li", password })
      const trail = await raw<{
        action: string
        actor: string
      }>`select action, actor from access_audit order by id`.execute(sql().db)
      expect(trail.rows.slice(-2)).toEqual([
        { action: "sign-in-refused", actor: "li" },
        { action: "sign-in", actor: "li" },
      ])
      await expect(raw`delete from access_audit`.execute(sql().db)).rejects.toThrow("append-only")
    })
  })
})
