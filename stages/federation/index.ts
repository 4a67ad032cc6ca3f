import type { App } from "../../platform/app.ts"
import type { NowView } from "../supervision/views.ts"
import { startCity } from "./city.ts"
import { installProvince } from "./province.ts"
import { LinkView } from "./views.ts"

export type Federation = {
  /** For the city's top line; null where no province is set. */
  province(): NowView["province"]
  /** Queues the summary and the days that ended, at once; it also happens every minute. */
  report(): Promise<void>
  close(): Promise<void>
}

/**
 * City and province: a city pushes its outbox up, a province takes it in. `wait_ms_min` shortens the retries in tests.
 */
export function installFederation(app: App, options: { wait_ms_min?: number } = {}): Federation {
  const { level, province_url } = app.settings
  const link = level === "city" && app.cluster?.leads !== false ? startCity(app, options) : null
  if (level === "province") installProvince(app)
  const configured = link !== null && province_url !== ""
  app.http.route({
    method: "GET",
    url: "/api/federation/link",
    permission: "federation.read",
    summary: "The link to the province",
    response: LinkView,
    handler: () => {
      const state = link?.state() ?? { state: "off" as const, last_ok_at: null, waiting: 0, last_problem: null }
      return { configured, url: configured ? province_url : null, ...state }
    },
  })
  return {
    province: () => {
      if (!configured) return null
      const { state, last_ok_at, waiting } = link.state()
      return { state, last_ok_at, waiting }
    },
    report: async () => link?.report(),
    close: async () => link?.close(),
  }
}
