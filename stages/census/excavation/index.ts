/** Excavation checks (开挖查询): who lies below, how deep, whom to call, as a numbered and signed paper. */
import type { App } from "../../../platform/app.ts"
import type { Census } from "../types.ts"
import { excavationRoutes } from "./routes.ts"

export { contacts, excavationFound, type Found } from "./check.ts"

/** Registers the routes. */
export function installExcavation(app: App, census: Census): void {
  excavationRoutes(app, census)
}
