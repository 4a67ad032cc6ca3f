import Type, { type Static } from "typebox"
import { Id, Json, Nullable, Time, Words } from "../http/views.ts"

export const GrantView = Type.Object({ id: Id, role: Type.String(), scope: Json })
/** GET /api/session. */
export const Me = Type.Object({
  id: Id,
  login: Type.String(),
  name: Type.String(),
  organisation: Nullable(Type.Object({ id: Id, name: Words })),
  grants: Type.Array(GrantView),
  permissions: Type.Array(Type.String()),
})
export type Me = Static<typeof Me>

export const UserRow = Type.Object({
  id: Id,
  login: Type.String(),
  name: Type.String(),
  organisation_id: Nullable(Id),
  active: Type.Boolean(),
  locked_until: Nullable(Time),
  last_login_at: Nullable(Time),
  grants: Type.Array(GrantView),
})
export type UserRow = Static<typeof UserRow>

export const OrganisationRow = Type.Object({
  id: Id,
  code: Type.String(),
  name: Words,
  kind: Type.String(),
  /** Whom to call, day and night. */
  phone: Nullable(Type.String()),
})
export type OrganisationRow = Static<typeof OrganisationRow>

export const TokenRow = Type.Object({
  id: Id,
  name: Type.String(),
  grant: GrantView,
  created_at: Time,
  last_used_at: Nullable(Time),
  revoked_at: Nullable(Time),
})
export type TokenRow = Static<typeof TokenRow>

export const AuditRow = Type.Object({
  id: Id,
  wall_time: Time,
  city_time: Time,
  actor: Type.String(),
  action: Type.String(),
  object: Type.String(),
  detail: Json,
  address: Nullable(Type.String()),
})
export type AuditRow = Static<typeof AuditRow>
