import Type from "typebox"
import { createHttp, type Http } from "../platform/http/index.ts"
import type { Trouble } from "../platform/troubles.ts"
import type { Ground, Opened } from "./ground.ts"
import { listen } from "./ground.ts"

export type MemberFacts = { version: string; troubles(): Trouble[]; numbers(): Record<string, number> }

/** Prometheus' text format. */
export const metricsText = (numbers: Record<string, number>): string =>
  `${Object.entries(numbers)
    .map(([name, value]) => `# TYPE ${name} ${name.endsWith("_total") ? "counter" : "gauge"}\n${name} ${value}`)
    .join("\n")}\n`

/** The health route: ok, or what is switched off. */
export function installHealth(http: Http, facts: Pick<MemberFacts, "version" | "troubles">) {
  http.route({
    method: "GET",
    url: "/healthz",
    permission: "public",
    summary: "Health: ok, or what is switched off",
    response: Type.Object({ ok: Type.Boolean(), version: Type.String(), troubles: Type.Array(Type.String()) }),
    handler({ reply }) {
      const troubles = facts.troubles().map((t) => t.what)
      const ok = !troubles.includes("commit") && !troubles.includes("detectors")
      if (!ok) reply.code(503)
      return { ok, version: facts.version, troubles }
    },
  })
}

export function installMetrics(http: Http, numbers: MemberFacts["numbers"]) {
  http.route({
    method: "GET",
    url: "/metrics",
    permission: "public",
    summary: "Metrics in Prometheus' text format",
    handler({ reply }) {
      reply.header("content-type", "text/plain; version=0.0.4; charset=utf-8")
      return metricsText(numbers())
    },
  })
}

/** The small HTTP door of a process without pages: health and metrics. Returns its address. */
export async function serveMember(ground: Ground, facts: MemberFacts, opened: Opened): Promise<string> {
  const http = createHttp({
    identify: async () => null,
    trust_proxy: false,
    onError: (error) => ground.failed("request", error),
    tls: ground.tls,
  })
  opened.push(() => http.server.close())
  installHealth(http, facts)
  installMetrics(http, facts.numbers)
  const url = await listen(http, ground)
  ground.announce(url)
  return url
}
