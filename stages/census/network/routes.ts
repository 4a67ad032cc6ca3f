/** HTTP of the network questions. */
import Type from "typebox"
import { covers, ProblemError, problem, type Scope } from "../../../model/index.ts"
import type { App } from "../../../platform/app.ts"
import { notFound } from "../../../platform/http/index.ts"
import { Id } from "../../../platform/http/views.ts"
import type { CensusAsset } from "../city-index.ts"
import type { Census } from "../types.ts"
import { componentAnswer, isolateAnswer, pathAnswer, traceAnswer } from "./answer.ts"
import type { CityNetwork } from "./build.ts"
import type { Networks } from "./networks.ts"
import { ComponentView, IsolationView, PathView, TraceView } from "./views.ts"

const valves_max = 500
export const IsolationQuestion = {
  asset: Id,
  closed: Type.Optional(Type.Array(Id, { maxItems: valves_max })),
  failed: Type.Optional(Type.Array(Id, { maxItems: valves_max })),
}

/** The asset and its network; what the caller may not see does not exist. */
export async function questioned(
  census: Census,
  networks: Networks,
  scopes: readonly Scope[],
  asset_id: number,
  field = "asset",
): Promise<{ asset: CensusAsset; network: CityNetwork }> {
  const asset = census.asset(asset_id)
  if (!asset || !covers(scopes, asset)) throw new ProblemError(notFound(field, asset_id))
  const network = await networks.of(asset.lifeline)
  if (!network.elementOf(asset_id))
    throw new ProblemError(
      problem(
        "not-in-network",
        422,
        "该设施不是管网中的点或线，请在图上另选管线、管点或阀门",
        "This asset is no point or line of a network; choose a pipe, a node or a valve",
        { field, value: asset_id },
      ),
    )
  return { asset, network }
}

/** Asset ids that must be visible valves of the network. */
export function mustBeValves(
  census: Census,
  network: CityNetwork,
  scopes: readonly Scope[],
  field: string,
  ids: readonly number[],
): void {
  for (const id of ids) {
    const asset = census.asset(id)
    if (!asset || !covers(scopes, asset)) throw new ProblemError(notFound(field, id))
    if (network.valveOf(id) === undefined)
      throw new ProblemError(
        problem(
          "no-valve",
          422,
          `设施 ${id} 不是本管网的阀门，请改选阀门`,
          `Asset ${id} is no valve of this network; choose a valve`,
          {
            field,
            value: id,
          },
        ),
      )
  }
}

export function networkRoutes(app: App, census: Census, networks: Networks): void {
  const summary = (text: string) => ({ permission: "census.read" as const, summary: text })
  app.http.route({
    method: "GET",
    url: "/api/census/network/trace",
    ...summary("What lies upstream or downstream of an asset; in a pressure network all that hangs together with it"),
    query: Type.Object({
      asset: Id,
      direction: Type.Optional(Type.Union([Type.Literal("up"), Type.Literal("down"), Type.Literal("both")])),
    }),
    response: TraceView,
    async handler({ query, scopes }) {
      const { network } = await questioned(census, networks, scopes, query.asset)
      return traceAnswer(census, network, scopes, query.asset, query.direction ?? "both")
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/network/component",
    ...summary("The connected part of the network that an asset belongs to"),
    query: Type.Object({ asset: Id }),
    response: ComponentView,
    async handler({ query, scopes }) {
      const { network } = await questioned(census, networks, scopes, query.asset)
      return componentAnswer(census, network, scopes, query.asset)
    },
  })
  app.http.route({
    method: "GET",
    url: "/api/census/network/path",
    ...summary("The shortest way through the pipes between two assets"),
    query: Type.Object({ from: Id, to: Id }),
    response: PathView,
    async handler({ query, scopes }) {
      const { network, asset } = await questioned(census, networks, scopes, query.from, "from")
      const other = await questioned(census, networks, scopes, query.to, "to")
      const path = other.asset.lifeline === asset.lifeline && pathAnswer(census, network, scopes, query.from, query.to)
      if (!path) throw new ProblemError(noPath(query.to))
      return path
    },
  })
  app.http.route({
    method: "POST",
    url: "/api/census/network/isolate",
    ...summary("Which valves to close so that an asset can be taken out, and who loses supply"),
    body: Type.Object(IsolationQuestion),
    response: IsolationView,
    async handler({ body, scopes }) {
      const { network } = await questioned(census, networks, scopes, body.asset)
      const given = { closed: body.closed ?? [], failed: body.failed ?? [] }
      mustBeValves(census, network, scopes, "closed", given.closed)
      mustBeValves(census, network, scopes, "failed", given.failed)
      return isolateAnswer(census, network, scopes, body.asset, given)
    },
  })
}

export const noPath = (to: number) =>
  problem(
    "no-path",
    404,
    "两个设施之间没有相连的管线，请选择同一连通管网中的设施",
    "No pipes join the two assets; choose two of one connected network",
    { field: "to", value: to },
  )
