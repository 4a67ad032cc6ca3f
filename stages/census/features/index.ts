/** The census' open interfaces: OGC API Features under /ogc, and exports to files. */
import type { App } from "../../../platform/app.ts"
import { type CensusExports, installExports } from "./exports.ts"
import { featureRoutes } from "./routes.ts"
import { countWholes } from "./wholes.ts"

/** Version of the description at /ogc/api. */
const api_version = "1.0.0"

/**
 * Registers the open interfaces. They ask the database, and so need no census in memory. Call `forget` once an hour and
 * `close` at the end.
 */
export function installFeatures(app: App): CensusExports {
  featureRoutes(app, countWholes(app.sql.db), api_version)
  return installExports(app)
}
