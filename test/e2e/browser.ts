/** A real Chromium for tests, out of an npm package; `TEST_CHROMIUM` names another one. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliDecompressSync } from "node:zlib"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"

const flags = [
  "--no-sandbox",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
]

/** Starts the browser. Where the system lacks its three libraries, those of the package are used. */
export async function openBrowser(): Promise<Browser> {
  const executablePath =
    process.env.TEST_CHROMIUM ?? (await (await import("@sparticuz/chromium")).default.executablePath())
  return chromium.launch({
    executablePath,
    headless: true,
    args: flags,
    // Without a locale of UTF-8 the browser cannot open files with Chinese names.
    env: { LC_ALL: "C.UTF-8", ...process.env, ...libraries(executablePath) } as Record<string, string>,
  })
}

/** LD_LIBRARY_PATH for a browser that does not find its libraries by itself. */
function libraries(executable: string): Record<string, string> {
  const missing = spawnSync("ldd", [executable], { encoding: "utf8" }).stdout?.includes("not found")
  if (!missing) return {}
  const folder = join(tmpdir(), "mingmai-chromium-lib")
  if (!existsSync(join(folder, "lib"))) {
    mkdirSync(folder, { recursive: true })
    const packed = readFileSync(join(import.meta.dirname, "../../node_modules/@sparticuz/chromium/bin/al2023.tar.br"))
    execFileSync("tar", ["-x", "-C", folder], { input: brotliDecompressSync(packed) })
  }
  return { LD_LIBRARY_PATH: join(folder, "lib") }
}

/** A page that notes every request which leaves the machine and every error on the console. */
export async function watchedPage(
  browser: Browser,
  size: { width: number; height: number },
): Promise<{ page: Page; context: BrowserContext; outside: string[]; errors: string[] }> {
  // Without a graphics card a pulsing mark would have the whole map drawn again and again.
  const context = await browser.newContext({
    viewport: size,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    reducedMotion: "reduce",
  })
  const page = await context.newPage()
  const outside: string[] = []
  const errors: string[] = []
  page.on("request", (request) => {
    const url = new URL(request.url())
    if (!["127.0.0.1", "localhost", ""].includes(url.hostname) && url.protocol.startsWith("http"))
      outside.push(request.url())
  })
  page.on("pageerror", (error) => errors.push(error.message))
  return { page, context, outside, errors }
}
