import fastifySwagger from "@fastify/swagger"
import type { Http } from "./index.ts"

/** OpenAPI 3.1 from the routes' own schemas. Register it before the routes. */
export async function describeApi(http: Http, version: string) {
  await http.server.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Mingmai 命脉",
        version,
        description:
          "Sign in with POST /api/session, or send Authorization: Bearer <API token>. Changes made with a session need the header x-mingmai: 1.",
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    },
  })
}

/** The description at /api/openapi.json and a page to browse it at /api, made here so that nothing is fetched. */
export function serveDescription(http: Http) {
  http.server.get("/api/openapi.json", { schema: { hide: true } as object }, () =>
    (http.server as unknown as { swagger(): unknown }).swagger(),
  )
  http.server.get("/api", { schema: { hide: true } as object }, (_request, reply) =>
    reply.header("content-type", "text/html; charset=utf-8").send(page(http)),
  )
}

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

function page(http: Http): string {
  const groups = new Map<string, string[]>()
  for (const r of http.routes) {
    const group = r.url.split("/")[2] ?? ""
    const schema = (name: string, s: unknown) =>
      s ? `<h4>${name}</h4><pre>${escapeHtml(JSON.stringify(s, null, 2))}</pre>` : ""
    const item = `<details id="${r.method}${r.url}"><summary><b>${r.method}</b> <code>${escapeHtml(r.url)}</code> ${escapeHtml(r.summary)} <i>${r.permission}</i></summary>
      ${schema("Path", r.params)}${schema("Query", r.query)}${schema("Body", r.body)}${schema("Answer", r.response)}</details>`
    groups.set(group, [...(groups.get(group) ?? []), item])
  }
  const body = [...groups]
    .map(([name, items]) => `<section><h2>${escapeHtml(name)}</h2>${items.join("")}</section>`)
    .join("")
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mingmai API</title><style>
    body{font:14px/1.5 system-ui,sans-serif;color:#14181a;background:#f5f6f6;max-width:960px;margin:32px auto;padding:0 16px}
    details{border-bottom:1px solid #d8dcdb;padding:6px 0}summary{cursor:pointer}summary b{display:inline-block;width:56px}i{color:#586165;float:right;font-style:normal}
    pre{background:#ebeeed;padding:12px;overflow:auto;font-size:12px;max-height:420px}h2{margin:24px 0 4px;text-transform:capitalize}</style>
    <h1>Mingmai API</h1><p><a href="/api/openapi.json">OpenAPI 3.1</a> · ${http.routes.length} routes, each with the permission it needs. Errors are RFC 9457 problem details with a code and words in Chinese and English.</p>${body}</html>`
}
