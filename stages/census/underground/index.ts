/** The underground view (地下三维): what lies in the ground with its true size and height. */
import type { App } from "../../../platform/app.ts"
import { undergroundRoutes } from "./routes.ts"

/** Registers the route. It asks the database, and so needs no census in memory. */
export function installUnderground(app: App): void {
  undergroundRoutes(app)
}
