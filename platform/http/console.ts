import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import fastifyStatic from "@fastify/static"
import type { Http } from "./index.ts"

/** Headers of every page: nothing may be fetched from another machine. */
const policy = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
].join("; ")

/** Serves the built console; every page address answers with index.html. False when the console was not built. */
export async function serveConsole(http: Http, folder: string): Promise<boolean> {
  const index = join(folder, "index.html")
  if (!existsSync(index)) return false
  await http.server.register(fastifyStatic, {
    root: join(folder, "assets"),
    prefix: "/assets/",
    immutable: true,
    maxAge: "365d",
    decorateReply: false,
  })
  // Read anew for each visit, so that a build while the city runs does no harm.
  const page = () => readFile(index)
  http.server.get("/*", { schema: { hide: true } as object }, async (request, reply) => {
    if (request.url.startsWith("/api/")) return reply.callNotFound()
    return reply.header("content-type", "text/html; charset=utf-8").header("cache-control", "no-cache").header("content-security-policy", policy).send(await page())
  })
  return true
}
