import { sql } from "kysely"
import type { Grant, Role, Scope, Words } from "../../model/index.ts"
import type { Db } from "../sql/index.ts"

export type UserRecord = {
  id: number
  login: string
  name: string
  organisation_id: number | null
  organisation_name: Words | null
  password_hash: string | null
  active: boolean
  failures: number
  locked_until: number | null
  last_login_at: number | null
  grants: { id: number; role: Role; scope: Scope }[]
}

const users = sql`
  select u.id, u.login, u.name, u.organisation_id, o.name as organisation_name, u.password_hash, u.active, u.failures,
    u.locked_until, u.last_login_at,
    coalesce((select jsonb_agg(jsonb_build_object('id', g.id, 'role', g.role, 'scope', g.scope) order by g.id)
      from access_grant g where g.user_id = u.id), '[]') as grants
  from access_user u left join access_organisation o on o.id = u.organisation_id`

export const userByLogin = async (db: Db, login: string) =>
  (await sql<UserRecord>`${users} where u.login = ${login}`.execute(db)).rows[0]

export const userById = async (db: Db, id: number) =>
  (await sql<UserRecord>`${users} where u.id = ${id}`.execute(db)).rows[0]

export async function listUsers(db: Db, q: string, limit: number, offset: number) {
  const like = `%${q}%`
  const { rows } = await sql<UserRecord>`${users} where u.login ilike ${like} or u.name ilike ${like}
    order by u.login limit ${limit + 1} offset ${offset}`.execute(db)
  const total = await sql<{
    n: number
  }>`select count(*)::int n from access_user where login ilike ${like} or name ilike ${like}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}

export const countUsers = async (db: Db) =>
  (await sql<{ n: number }>`select count(*)::int n from access_user`.execute(db)).rows[0]!.n

export async function insertUser(
  db: Db,
  user: {
    login: string
    name: string
    organisation_id: number | null
    password_hash: string | null
    created_at: number
  },
): Promise<number | null> {
  const { rows } = await sql<{
    id: number
  }>`insert into access_user (login, name, organisation_id, password_hash, created_at)
    values (${user.login}, ${user.name}, ${user.organisation_id}, ${user.password_hash}, ${user.created_at})
    on conflict (login) do nothing returning id`.execute(db)
  return rows[0]?.id ?? null
}

export const setPassword = (db: Db, id: number, hash: string) =>
  sql`update access_user set password_hash = ${hash}, failures = 0, locked_until = null where id = ${id}`.execute(db)

/** Links of a person that were not used, when one was. */
export const endLinksOf = (db: Db, user_id: number, at: number) =>
  sql`update access_link set used_at = ${at} where user_id = ${user_id} and used_at is null`.execute(db)

/** Keeps others from changing a person's grants, or from making people, until the transaction ends. */
export const lockUser = (tx: Db, id: number) => sql`select id from access_user where id = ${id} for update`.execute(tx)
export const lockUsers = (tx: Db) => sql`lock table access_user in share row exclusive mode`.execute(tx)

export const setActive = (db: Db, id: number, active: boolean) =>
  sql`update access_user set active = ${active}, failures = 0, locked_until = null where id = ${id}`.execute(db)

export const noteLogin = (db: Db, id: number, at: number) =>
  sql`update access_user set failures = 0, locked_until = null, last_login_at = ${at} where id = ${id}`.execute(db)

/** Counts a failure and locks the account when `failures_max` is reached; returns the lock's end, if any. */
export async function noteFailure(db: Db, id: number, failures_max: number, locked_until: number) {
  const { rows } = await sql<{ locked_until: number | null }>`update access_user set
      failures = case when failures + 1 >= ${failures_max} then 0 else failures + 1 end,
      locked_until = case when failures + 1 >= ${failures_max} then ${locked_until}::bigint else locked_until end
    where id = ${id} returning locked_until`.execute(db)
  return rows[0]?.locked_until ?? null
}

export async function insertGrant(db: Db, user_id: number, grant: Grant): Promise<number> {
  const { rows } = await sql<{ id: number }>`insert into access_grant (user_id, role, scope)
    values (${user_id}, ${grant.role}, ${JSON.stringify(grant.scope)}::jsonb) returning id`.execute(db)
  return rows[0]!.id
}

export const deleteGrant = (db: Db, user_id: number, id: number) =>
  sql`delete from access_grant where user_id = ${user_id} and id = ${id}`.execute(db)

export const insertSession = (
  db: Db,
  hash: string,
  user_id: number,
  created_at: number,
  expires_at: number,
  address: string,
) =>
  sql`insert into access_session (token_hash, user_id, created_at, expires_at, address)
    values (${hash}, ${user_id}, ${created_at}, ${expires_at}, ${address})`.execute(db)

export const sessionUser = async (db: Db, hash: string, now: number) =>
  (
    await sql<UserRecord>`${users} join access_session s on s.user_id = u.id
      where s.token_hash = ${hash} and s.expires_at > ${now} and u.active`.execute(db)
  ).rows[0]

export const deleteSession = (db: Db, hash: string) =>
  sql`delete from access_session where token_hash = ${hash}`.execute(db)
export const deleteSessionsOf = (db: Db, user_id: number) =>
  sql`delete from access_session where user_id = ${user_id}`.execute(db)
export const deleteOldSessions = (db: Db, now: number) =>
  sql`delete from access_session where expires_at <= ${now}`.execute(db)

export const insertLink = (
  db: Db,
  hash: string,
  user_id: number | null,
  purpose: "setup" | "password",
  expires_at: number,
) =>
  sql`insert into access_link (token_hash, user_id, purpose, expires_at) values (${hash}, ${user_id}, ${purpose}, ${expires_at})`.execute(
    db,
  )

/** Takes a one-time link: true for the first caller only. */
export async function useLink(db: Db, hash: string, purpose: "setup" | "password", now: number) {
  const { rows } = await sql<{ user_id: number | null }>`update access_link set used_at = ${now}
    where token_hash = ${hash} and purpose = ${purpose} and used_at is null and expires_at > ${now} returning user_id`.execute(
    db,
  )
  return rows[0]
}

export type TokenRecord = {
  id: number
  name: string
  role: Role
  scope: Scope
  created_at: number
  last_used_at: number | null
  revoked_at: number | null
}
const tokens = sql`select id, name, role, scope, created_at, last_used_at, revoked_at from access_token`
export const listTokens = async (db: Db) =>
  (await sql<TokenRecord>`${tokens} order by id desc limit 500`.execute(db)).rows
export const tokenByHash = async (db: Db, hash: string) =>
  (await sql<TokenRecord>`${tokens} where token_hash = ${hash} and revoked_at is null`.execute(db)).rows[0]
export const noteTokenUse = (db: Db, id: number, at: number) =>
  sql`update access_token set last_used_at = ${at} where id = ${id} and (last_used_at is null or last_used_at < ${at - 60_000})`.execute(
    db,
  )
export async function insertToken(
  db: Db,
  t: { name: string; hash: string; role: Role; scope: Scope; created_by: number | null; created_at: number },
) {
  const { rows } = await sql<{
    id: number
  }>`insert into access_token (name, token_hash, role, scope, created_by, created_at)
    values (${t.name}, ${t.hash}, ${t.role}, ${JSON.stringify(t.scope)}::jsonb, ${t.created_by}, ${t.created_at}) returning id`.execute(
    db,
  )
  return rows[0]!.id
}
export const revokeToken = (db: Db, id: number, at: number) =>
  sql`update access_token set revoked_at = ${at} where id = ${id} and revoked_at is null`.execute(db)

export type OrganisationRecord = { id: number; code: string; name: Words; kind: string; phone: string | null }
export const listOrganisations = async (db: Db) =>
  (
    await sql<OrganisationRecord>`select id, code, name, kind, phone from access_organisation order by id limit 2000`.execute(
      db,
    )
  ).rows
/** A code that is known is renamed; without a phone the known one stays. */
export async function insertOrganisation(
  db: Db,
  o: { code: string; name: Words; kind: string; phone?: string | null },
): Promise<number> {
  const { rows } = await sql<{ id: number }>`insert into access_organisation (code, name, kind, phone)
    values (${o.code}, ${JSON.stringify(o.name)}::jsonb, ${o.kind}, ${o.phone ?? null})
    on conflict (code) do update set name = excluded.name, kind = excluded.kind,
      phone = case when ${o.phone === undefined} then access_organisation.phone else excluded.phone end
    returning id`.execute(db)
  return rows[0]!.id
}

export const insertAudit = (
  db: Db,
  row: {
    wall_time: number
    city_time: number
    actor_id: number | null
    actor: string
    action: string
    object: string
    detail: unknown
    address: string
  },
) =>
  sql`insert into access_audit (wall_time, city_time, actor_id, actor, action, object, detail, address)
    values (${row.wall_time}, ${row.city_time}, ${row.actor_id}, ${row.actor}, ${row.action}, ${row.object},
      ${JSON.stringify(row.detail ?? {})}::jsonb, ${row.address || null})`.execute(db)

export type AuditRecord = {
  id: number
  wall_time: number
  city_time: number
  actor: string
  action: string
  object: string
  detail: unknown
  address: string | null
}
export async function listAudit(db: Db, q: string, limit: number, offset: number) {
  const like = `%${q}%`
  const where = sql`actor ilike ${like} or action ilike ${like} or object ilike ${like}`
  const { rows } =
    await sql<AuditRecord>`select id, wall_time, city_time, actor, action, object, detail, address from access_audit
    where ${where} order by id desc limit ${limit + 1} offset ${offset}`.execute(db)
  const total = await sql<{ n: number }>`select count(*)::int n from access_audit where ${where}`.execute(db)
  return { rows, total: total.rows[0]!.n }
}
