/** HTTP of adjacent spaces. */
import Type from "typebox"
import { covers, ProblemError } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { notFound } from "../../../platform/http/index.ts"
import { Geometry, Id, Nullable, Words } from "../../../platform/http/views.ts"
import type { Census } from "../types.ts"
import type { Adjacencies } from "./adjacency.ts"

const Named = {
  asset_id: Id,
  lifeline: Type.String(),
  kind: Type.String(),
  code: Nullable(Type.String()),
  name: Nullable(Type.String()),
  place: Words,
  geometry: Geometry,
}
const Pair = Type.Object({
  ...Named,
  distance_m: Type.Number(),
  /** Along the leaking line from its start. */
  along_m: Type.Number(),
  /** 1 left of the leaking line's direction, −1 right, 0 over it or where it is no line. */
  side: Type.Integer(),
})
const AdjacencyView = Type.Object({
  asset_id: Id,
  spaces: Type.Array(Pair),
  leaking: Type.Array(Pair),
  opens_into: Type.Array(Type.Object(Named)),
  /** Things of others that the caller may not see. */
  hidden: Type.Integer(),
})

export function adjacencyRoutes(app: App, census: Census, adjacencies: Adjacencies): void {
  app.http.route({
    method: "GET",
    url: "/api/census/adjacency",
    permission: "census.read",
    summary: "Underground spaces within reach of what leaks from an asset, what leaks into it, and what it opens into",
    query: Type.Object({ asset: Id }),
    response: AdjacencyView,
    async handler({ query, scopes }) {
      const asset = census.asset(query.asset)
      if (!asset || !covers(scopes, asset)) throw new ProblemError(notFound("asset", query.asset))
      const { spaces, leaking, opens_into } = await adjacencies.adjacentSpaces(query.asset)
      let hidden = 0
      const named = <T extends object>(id: number, more: T) => {
        const found = census.asset(id)
        if (!found || !covers(scopes, found)) {
          hidden++
          return []
        }
        const { lifeline, kind, code, name, geometry } = found
        return [
          { asset_id: id, lifeline, kind, code, name, geometry, place: census.placeWords(found.lon_lat), ...more },
        ]
      }
      return {
        asset_id: query.asset,
        spaces: spaces.flatMap((s) => named(s.asset_id, s)),
        leaking: leaking.flatMap((s) => named(s.asset_id, s)),
        opens_into: opens_into.flatMap((id) => named(id, {})),
        hidden,
      }
    },
  })
}
