import { existsSync, mkdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import fastifyStatic from "@fastify/static"
import { ProblemError, problem } from "../../model/index.ts"
import type { Http } from "./index.ts"

/** Headers of every page: nothing may be fetched from another machine, but online map tiles where the city names them. */
const policyOf = (tiles_from: string): string =>
  [
    "default-src 'self'",
    `img-src 'self' data: blob: ${tiles_from}`,
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self' blob:",
    `connect-src 'self' ${tiles_from}`,
    "font-src 'self' data:",
    "frame-ancestors 'none'",
  ]
    .map((line) => line.trim())
    .join("; ")

/**
 * Serves the built console; every page address answers with index.html. False when the console is not built: pages then
 * say so, and appear as soon as it is. `tiles_url` is the setting wmts_url.
 */
export async function serveConsole(http: Http, folder: string, tiles_url: string): Promise<boolean> {
  const policy = policyOf(tiles_url === "" ? "" : new URL(tiles_url).origin)
  const index = join(folder, "index.html")
  const assets = join(folder, "assets")
  mkdirSync(assets, { recursive: true })
  await http.server.register(fastifyStatic, {
    root: assets,
    prefix: "/assets/",
    immutable: true,
    maxAge: "365d",
    decorateReply: false,
  })
  http.server.get("/*", { schema: { hide: true } as object }, async (request, reply) => {
    if (request.url.startsWith("/api/")) return reply.callNotFound()
    // Read anew for each visit, so that a build while the city runs does no harm.
    const page = await readFile(index).catch(() => null)
    if (page === null) throw new ProblemError(notBuilt)
    return reply
      .header("content-type", "text/html; charset=utf-8")
      .header("cache-control", "no-cache")
      .header("content-security-policy", policy)
      .send(page)
  })
  return existsSync(index)
}

const notBuilt = problem(
  "console-not-built",
  503,
  "网页尚未构建，请运行 npm run prepare；监测照常运行",
  "The console is not built: run npm run prepare. Monitoring runs on",
)
