import { may, type Permission, type Role } from "./roles.ts"

/** What a grant lets its holder see; "all" or a list. Areas are area ids. */
export type Scope = { organisations: "all" | number[]; lifelines: "all" | string[]; areas: "all" | number[] }

export const everything: Scope = { organisations: "all", lifelines: "all", areas: "all" }

export type Grant = { role: Role; scope: Scope }

/** The scopes under which a person with these grants holds a permission; empty means forbidden. */
export const scopesFor = (grants: readonly Grant[], permission: Permission): Scope[] =>
  grants.filter((g) => may(g.role, permission)).map((g) => g.scope)

/** True where any of the scopes covers the thing; a null member is seen only by "all". */
export function covers(
  scopes: readonly Scope[],
  thing: { owner_id: number | null; lifeline: string | null; area_ids: readonly number[] },
): boolean {
  return scopes.some(
    (s) =>
      (s.organisations === "all" || (thing.owner_id !== null && s.organisations.includes(thing.owner_id))) &&
      (s.lifelines === "all" || (thing.lifeline !== null && s.lifelines.includes(thing.lifeline))) &&
      (s.areas === "all" || thing.area_ids.some((id) => (s.areas as number[]).includes(id))),
  )
}
