/** Real instances for browser tests: a demo city, and a province that a city reports to. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { BrowserContext, Locator, Page } from "playwright-core"
import type { Instance } from "../../platform/lock/index.ts"
import { freePort, type Program, root, run, serving, temporaryHome } from "../processes.ts"

export type Running = {
  url: string
  folder: string
  program: Program
  instance: Instance
  /** A request of this machine's command line. */
  command(method: string, path: string, body?: unknown): Promise<unknown>
  stop(): Promise<void>
}

/** The console's pages, built once where they are missing. */
export function builtConsole(): void {
  if (!existsSync(join(root, "console/dist/index.html")))
    execFileSync(process.execPath, [join(root, "scripts/build-console.ts")], { cwd: root, stdio: "pipe" })
}

/** Starts one instance on a folder and ports of its own; stops it with its folder. */
export async function startInstance(name: string, flags: string[], ms = 90_000): Promise<Running> {
  builtConsole()
  const folder = temporaryHome(name)
  const ports = ["--http-port", String(await freePort()), "--mqtt-port", String(await freePort())]
  const program = run(["--data-dir", folder, ...ports, "--log-level", "error", ...flags])
  const instance = await serving(program, folder, ms)
  return {
    url: instance.http_url,
    folder,
    program,
    instance,
    async command(method, path, body) {
      const answer = await fetch(instance.http_url + path, {
        method,
        headers: { authorization: `Bearer ${instance.token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return answer.json()
    },
    async stop() {
      program.child.kill("SIGTERM")
      await program.ended
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** A demo city with two days of history; its first leak raises an alarm after about 45 s of city time. */
export const startDemoCity = (flags: string[] = []): Promise<Running> =>
  startInstance("demo", ["--demo-days", "2", ...flags])

/** Signs in as people do in the demo: one click on the account. */
export async function enter(page: Page, url: string, login: string, path = "/"): Promise<void> {
  await page.goto(url + path)
  await page.getByRole("button", { name: new RegExp(`\\s${login}$`) }).click()
  await page.locator("main, .fp").first().waitFor()
}

const shots = join(root, "test-results")
/** A picture for people to look at afterwards. */
export async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.jpg`), type: "jpeg", quality: 80 })
}

/** Waits until `text` says what is expected and gives it back. */
export const said = async (place: Locator, text: string | RegExp, ms = 15_000): Promise<string> => {
  const found = place.filter({ hasText: text }).first()
  // One question: between two the message may be gone.
  return (await found.textContent({ timeout: ms })) ?? ""
}

/** What a page says, with its labels, titles and placeholders. A text, as the tests know no types of a browser. */
const everything_said = `[document.body.innerText, ...[...document.querySelectorAll("[aria-label],[title],[placeholder],[alt]")]
  .flatMap((e) => ["aria-label", "title", "placeholder", "alt"].map((name) => e.getAttribute(name) ?? ""))].join("\\n")`

/** Keys of the word files that were shown instead of their words, as `duty.title`; `tops` are the files' first keys. */
export async function untranslated(page: Page, tops: ReadonlySet<string>): Promise<string[]> {
  const text = await page.evaluate<string>(everything_said)
  return [...new Set(text.match(/\b[a-z_]+(\.[a-z_0-9]+)+\b/g) ?? [])].filter((key) => tops.has(key.split(".")[0]!))
}

/** Puts values into what a page's own storage remembers, before the page loads. */
export const remember = (context: BrowserContext, values: Record<string, string>): Promise<unknown> =>
  context.addInitScript({
    content: Object.entries(values)
      .map(([key, value]) => `localStorage.setItem(${JSON.stringify(key)}, ${JSON.stringify(value)})`)
      .join(";"),
  })

/** Empty tiles: without a graphics card a map takes a core for itself, where a test is about something else. */
export const withoutMap = (context: BrowserContext): Promise<unknown> =>
  context.route(/\/api\/map\/.*\.mvt/, (route) => route.fulfill({ status: 204 }))
