import { type OrganisationRow, useGet } from "../../api.ts"

/** Organisations that may own a warning's place; empty where this person may not list them. */
export function useOwners(): OrganisationRow[] {
  const all = useGet<OrganisationRow[]>("organisation", "/api/access/organisations", {}, { stale_ms: 600_000 }).data
  return (Array.isArray(all) ? all : []).filter((o) => o.kind === "owner")
}
