/** Questions to the networks of the census: trace, connected part, shortest way, valve isolation with its ticket. */
import type { App } from "../../../platform/app.ts"
import type { Census } from "../types.ts"
import { keepNetworks, type Networks } from "./networks.ts"
import { networkRoutes } from "./routes.ts"
import { ticketRoutes } from "./tickets.ts"

export { pathBetween } from "./answer.ts"
export { type CityNetwork, type NetworkRow, networkBuilder } from "./build.ts"
export type { Networks } from "./networks.ts"
export { cityNameOf, type Paper, paperMaker } from "./paper.ts"
export { type NetworkRole, roleOf } from "./roles.ts"
export { noPath, questioned } from "./routes.ts"

/** Registers the routes; other parts of the census ask the returned networks. */
export function installNetwork(app: App, census: Census): Networks {
  const networks = keepNetworks(app.sql.db, app.lifelines, census)
  networkRoutes(app, census, networks)
  ticketRoutes(app, census, networks)
  return networks
}
