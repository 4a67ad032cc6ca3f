/** Adjacent underground spaces (相邻空间): what gathers what leaks, as a graph of the whole city. */
import type { App } from "../../../platform/app.ts"
import type { Census } from "../types.ts"
import { type Adjacencies, keepAdjacency } from "./adjacency.ts"
import { adjacencyRoutes } from "./routes.ts"

export type { Adjacencies, AdjacentSpace, AdjacentSpaces } from "./adjacency.ts"
export { type Adjacency, type SweepAsset, sweepAdjacency } from "./sweep.ts"

/** Registers the route; later stages ask the returned graph. */
export function installAdjacency(app: App, census: Census): Adjacencies {
  const adjacencies = keepAdjacency(census, app.lifelines)
  adjacencyRoutes(app, census, adjacencies)
  return adjacencies
}
