/** Networks of the lifelines, made at the first question after a change of the census and kept until the next. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import type { Db } from "../../../platform/sql/index.ts"
import type { Census } from "../types.ts"
import { type CityNetwork, networkBuilder } from "./build.ts"
import { roleOf } from "./roles.ts"
import { networkRows } from "./store.ts"

/** A valve or meter nearer to a line than this stands on it, m; an editable default, the accuracy of a survey. */
const on_line_m = 0.5

export type Networks = { of(lifeline: string): Promise<CityNetwork> }

export function keepNetworks(
  db: Db,
  lifelines: readonly Lifeline[],
  census: Pick<Census, "revision" | "asset" | "nearest">,
): Networks {
  const kept = new Map<string, { revision: number; network: Promise<CityNetwork> }>()
  return {
    of(lifeline) {
      const revision = census.revision()
      const known = kept.get(lifeline)
      if (known?.revision === revision) return known.network
      const declared = lifelines.find((l) => l.id === lifeline)
      const network = make(db, census, declared, lifeline)
      kept.set(lifeline, { revision, network })
      // A failure is told to whoever asked; the next question tries again.
      network.catch(() => kept.delete(lifeline))
      return network
    },
  }
}

async function make(
  db: Db,
  census: Pick<Census, "asset" | "nearest">,
  declared: Lifeline | undefined,
  lifeline: string,
): Promise<CityNetwork> {
  const roles = new Map((declared?.assets ?? []).map((kind) => [kind.kind, roleOf(kind)]))
  const builder = networkBuilder(lifeline, declared?.survey?.gravity ?? false, roles)
  for await (const rows of networkRows(db, lifeline))
    for (const row of rows) {
      // What the map does not have yet, or no longer, belongs to the next revision.
      const asset = census.asset(row.id)
      if (asset) builder.add({ ...row, owner_id: asset.owner_id, area_ids: asset.area_ids })
    }
  return builder.finish(
    (lon, lat) =>
      census
        .nearest([lon, lat], { lifeline, max_m: on_line_m, limit: 5 })
        .find(({ asset }) => asset.geometry.type === "LineString")?.asset.id,
  )
}
