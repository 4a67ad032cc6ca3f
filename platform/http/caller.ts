import {
  covers,
  everything,
  type Grant,
  type Permission,
  ProblemError,
  problem,
  type Scope,
  scopesFor,
} from "../../model/index.ts"

/** Who asks: a signed-in person, an API token or the machine's own command line. */
export type Caller = {
  kind: "person" | "token" | "command"
  id: number | null
  login: string
  name: string
  organisation_id: number | null
  grants: Grant[]
  address: string
}

/** The product itself, where a clock or a detector acts. */
export const systemCaller: Caller = {
  kind: "command",
  id: null,
  login: "system",
  name: "系统",
  organisation_id: null,
  grants: [],
  address: "",
}

export const notSignedIn = problem("not-signed-in", 401, "请先登录", "Sign in first")
export const forbidden = (permission: string) =>
  problem("forbidden", 403, `您的角色没有此项权限（${permission}）`, `Your role lacks the permission ${permission}`)
export const notFound = (what: string, value: unknown) =>
  problem("not-found", 404, "没有找到，或不在您的权限范围内", `Not found, or outside what you may see: ${what}`, {
    field: what,
    value,
  })

/** The scopes under which a caller holds a permission; throws where there are none. */
export function scopesOf(caller: Caller | null, permission: Permission): Scope[] {
  if (!caller) throw new ProblemError(notSignedIn)
  if (caller.kind === "command") return [everything]
  const scopes = scopesFor(caller.grants, permission)
  if (scopes.length === 0) throw new ProblemError(forbidden(permission))
  return scopes
}

/** Throws not-found where a thing lies outside the scopes: what may not be seen does not exist. */
export function mustSee(
  scopes: Scope[],
  thing: { owner_id: number | null; lifeline: string | null; area_ids: readonly number[] } | undefined,
  what: string,
  value: unknown,
): asserts thing is { owner_id: number | null; lifeline: string | null; area_ids: readonly number[] } {
  if (!thing || !covers(scopes, thing)) throw new ProblemError(notFound(what, value))
}
