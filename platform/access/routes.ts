import { randomBytes } from "node:crypto"
import Type from "typebox"
import { ProblemError, problem, type Role, require, type Scope } from "../../model/index.ts"
import type { App } from "../app.ts"
import { cursorOf, notFound, notSignedIn, pageOf } from "../http/index.ts"
import { Id, ListQuery, Page } from "../http/views.ts"
import { transaction } from "../sql/index.ts"
import { type Access, cookie_name, permissionsOf, separationProblem, sha256, type UserRecord } from "./index.ts"
import { AuditRow, Me, OrganisationRow, TokenRow, UserRow } from "./views.ts"

const ScopeBody = Type.Object({
  organisations: Type.Union([Type.Literal("all"), Type.Array(Id)]),
  lifelines: Type.Union([Type.Literal("all"), Type.Array(Type.String())]),
  areas: Type.Union([Type.Literal("all"), Type.Array(Id)]),
})
const GrantBody = Type.Object({ role: Type.String(), scope: ScopeBody })
const IdParams = Type.Object({ id: Id })
const Done = Type.Object({ ok: Type.Boolean() })
const done = { ok: true }

export function installAccessRoutes(app: App, access: Access) {
  const { http, sql, clock } = app
  const { store } = access
  const me = (user: UserRecord) => ({
    id: user.id,
    login: user.login,
    name: user.name,
    organisation:
      user.organisation_id && user.organisation_name
        ? { id: user.organisation_id, name: user.organisation_name }
        : null,
    grants: user.grants,
    permissions: permissionsOf(user.grants),
  })

  http.route({
    method: "POST",
    url: "/api/session",
    permission: "public",
    summary: "Sign in",
    body: Type.Object({ login: Type.String({ maxLength: 100 }), password: Type.String({ maxLength: 200 }) }),
    response: Me,
    async handler({ body, request, reply, caller }) {
      try {
        const { user, secret, expires_ms } = await access.signIn(body.login, body.password, request.ip)
        await app.audit(sql.db, { ...caller, id: user.id, name: user.name }, "sign-in", `user:${user.id}`, {})
        const secure = app.settings.tls_cert || app.settings.trusted_proxy ? "; Secure" : ""
        reply.header(
          "set-cookie",
          `${cookie_name}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${expires_ms / 1000}${secure}`,
        )
        return me(user)
      } catch (error) {
        await app.audit(sql.db, { ...caller, name: body.login }, "sign-in-refused", "session", {})
        throw error
      }
    },
  })
  http.route({
    method: "GET",
    url: "/api/session",
    permission: "self",
    summary: "Who I am",
    response: Me,
    async handler({ caller }) {
      const user = caller.id ? await store.userById(sql.db, caller.id) : undefined
      if (!user) throw new ProblemError(notSignedIn)
      return me(user)
    },
  })
  http.route({
    method: "DELETE",
    url: "/api/session",
    permission: "self",
    summary: "Sign out",
    response: Done,
    async handler({ request, reply, caller }) {
      await access.signOut(request.headers.cookie ?? "")
      await app.audit(sql.db, caller, "sign-out", "session", {})
      reply.header("set-cookie", `${cookie_name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`)
      return done
    },
  })
  http.route({
    method: "POST",
    url: "/api/setup",
    permission: "public",
    summary: "First run: create the security administrator through the one-time link",
    body: Type.Object({
      token: Type.String(),
      login: Type.String({ minLength: 3, maxLength: 40 }),
      name: Type.String({ minLength: 1, maxLength: 40 }),
      password: Type.String({ maxLength: 200 }),
    }),
    response: Done,
    async handler({ body, caller }) {
      const id = await access.setUp(body.token, body.login, body.name, body.password)
      await app.audit(sql.db, caller, "set-up", `user:${id}`, { login: body.login })
      return done
    },
  })
  http.route({
    method: "POST",
    url: "/api/password",
    permission: "public",
    summary: "Set a password through a one-time link",
    body: Type.Object({ token: Type.String(), password: Type.String({ maxLength: 200 }) }),
    response: Done,
    async handler({ body }) {
      await access.redeemPassword(body.token, body.password)
      return done
    },
  })

  http.route({
    method: "GET",
    url: "/api/access/users",
    permission: "access.read",
    summary: "People and their grants",
    query: Type.Object(ListQuery),
    response: Page(UserRow),
    async handler({ query }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listUsers(sql.db, query.q ?? "", limit, offset)
      return pageOf(
        rows.map(({ password_hash: _p, failures: _f, organisation_name: _o, ...row }) => row),
        total,
        limit,
        offset,
      )
    },
  })
  http.route({
    method: "POST",
    url: "/api/access/users",
    permission: "access.write",
    summary: "Create a person; answers with a one-time link for the password",
    body: Type.Object({
      login: Type.String({ minLength: 3, maxLength: 40, pattern: "^[a-zA-Z0-9._-]+$" }),
      name: Type.String({ minLength: 1, maxLength: 40 }),
      organisation_id: Type.Optional(Type.Union([Id, Type.Null()])),
    }),
    response: Type.Object({ id: Id, link: Type.String() }),
    handler: ({ body, caller }) =>
      transaction(sql.db, async (tx) => {
        const id = await store.insertUser(tx, {
          login: body.login,
          name: body.name,
          organisation_id: body.organisation_id ?? null,
          password_hash: null,
          created_at: clock.wall(),
        })
        require(id, problem("login-taken", 409, "账号已存在，请换一个", "The account exists; choose another", {
          field: "login",
          value: body.login,
        }))
        const link = await access.makeLink(tx, id, "password")
        await app.audit(tx, caller, "user-create", `user:${id}`, { login: body.login })
        return { id, link: `/password#${link}` }
      }),
  })
  http.route({
    method: "POST",
    url: "/api/access/users/:id/link",
    permission: "access.write",
    summary: "A one-time link to set a new password",
    params: IdParams,
    response: Type.Object({ link: Type.String() }),
    handler: ({ params, caller }) =>
      transaction(sql.db, async (tx) => {
        require(await store.userById(tx, params.id), notFound("user", params.id))
        const link = await access.makeLink(tx, params.id, "password")
        await app.audit(tx, caller, "user-link", `user:${params.id}`, {})
        return { link: `/password#${link}` }
      }),
  })
  http.route({
    method: "POST",
    url: "/api/access/users/:id/active",
    permission: "access.write",
    summary: "Switch an account on or off; off ends its sessions",
    params: IdParams,
    body: Type.Object({ active: Type.Boolean() }),
    response: Done,
    handler: ({ params, body, caller }) =>
      transaction(sql.db, async (tx) => {
        require(caller.id !== params.id, problem(
          "not-yourself",
          409,
          "不能停用自己的账号",
          "You cannot switch off your own account",
        ))
        require(await store.userById(tx, params.id), notFound("user", params.id))
        await store.setActive(tx, params.id, body.active)
        if (!body.active) await store.deleteSessionsOf(tx, params.id)
        await app.audit(tx, caller, body.active ? "user-on" : "user-off", `user:${params.id}`, {})
        access.forget()
        return done
      }),
  })
  http.route({
    method: "POST",
    url: "/api/access/users/:id/grants",
    permission: "access.write",
    summary: "Give a role within a scope",
    params: IdParams,
    body: GrantBody,
    response: Type.Object({ id: Id }),
    handler: ({ params, body, caller }) =>
      transaction(sql.db, async (tx) => {
        await store.lockUser(tx, params.id)
        const user = await store.userById(tx, params.id)
        require(user, notFound("user", params.id))
        const wrong = separationProblem(user.grants, body.role as Role)
        if (wrong) throw new ProblemError(wrong)
        const id = await store.insertGrant(tx, params.id, { role: body.role as Role, scope: body.scope as Scope })
        await app.audit(tx, caller, "grant", `user:${params.id}`, body)
        access.forget()
        return { id }
      }),
  })
  http.route({
    method: "DELETE",
    url: "/api/access/users/:id/grants/:grant_id",
    permission: "access.write",
    summary: "Take a grant back",
    params: Type.Object({ id: Id, grant_id: Id }),
    response: Done,
    handler: ({ params, caller }) =>
      transaction(sql.db, async (tx) => {
        await store.deleteGrant(tx, params.id, params.grant_id)
        await app.audit(tx, caller, "grant-revoke", `user:${params.id}`, { grant_id: params.grant_id })
        access.forget()
        return done
      }),
  })
  http.route({
    method: "GET",
    url: "/api/access/organisations",
    permission: "self",
    summary: "Organisations of the city",
    response: Type.Array(OrganisationRow),
    handler: () => store.listOrganisations(sql.db),
  })
  http.route({
    method: "POST",
    url: "/api/access/organisations",
    permission: "access.write",
    summary: "Create or rename an organisation",
    body: Type.Object({
      code: Type.String({ minLength: 1, maxLength: 40 }),
      name: Type.Object({ zh: Type.String(), en: Type.String() }),
      kind: Type.String({ maxLength: 40 }),
      phone: Type.Optional(Type.Union([Type.String({ maxLength: 40, pattern: "^[0-9+ ()-]*$" }), Type.Null()])),
    }),
    response: Type.Object({ id: Id }),
    handler: ({ body, caller }) =>
      transaction(sql.db, async (tx) => {
        const id = await store.insertOrganisation(tx, body)
        await app.audit(tx, caller, "organisation", `organisation:${id}`, body)
        return { id }
      }),
  })
  http.route({
    method: "GET",
    url: "/api/access/tokens",
    permission: "access.read",
    summary: "API tokens",
    response: Type.Array(TokenRow),
    handler: async () =>
      (await store.listTokens(sql.db)).map(({ role, scope, ...t }) => ({ ...t, grant: { id: t.id, role, scope } })),
  })
  http.route({
    method: "POST",
    url: "/api/access/tokens",
    permission: "access.write",
    summary: "Create an API token; it is shown once",
    body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 60 }), role: Type.String(), scope: ScopeBody }),
    response: Type.Object({ id: Id, token: Type.String() }),
    handler: ({ body, caller }) =>
      transaction(sql.db, async (tx) => {
        const wrong = separationProblem([], body.role as Role)
        if (wrong) throw new ProblemError(wrong)
        const token = `mm_${randomBytes(24).toString("base64url")}`
        const id = await store.insertToken(tx, {
          name: body.name,
          hash: sha256(token),
          role: body.role as Role,
          scope: body.scope as Scope,
          created_by: caller.id,
          created_at: clock.wall(),
        })
        await app.audit(tx, caller, "token-create", `token:${id}`, { name: body.name, role: body.role })
        return { id, token }
      }),
  })
  http.route({
    method: "DELETE",
    url: "/api/access/tokens/:id",
    permission: "access.write",
    summary: "Revoke an API token",
    params: IdParams,
    response: Done,
    handler: ({ params, caller }) =>
      transaction(sql.db, async (tx) => {
        await store.revokeToken(tx, params.id, clock.wall())
        await app.audit(tx, caller, "token-revoke", `token:${params.id}`, {})
        access.forget()
        return done
      }),
  })
  http.route({
    method: "GET",
    url: "/api/access/audit",
    permission: "audit.read",
    summary: "The audit trail, newest first",
    query: Type.Object(ListQuery),
    response: Page(AuditRow),
    async handler({ query }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listAudit(sql.db, query.q ?? "", limit, offset)
      return pageOf(rows, total, limit, offset)
    },
  })
}
