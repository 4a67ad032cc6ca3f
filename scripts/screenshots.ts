/**
 * `node scripts/screenshots.ts`: the README's pictures, out of a demo city that is started for them, driven through a
 * leak and stopped again. Writes docs/images/*.png and prints their sizes; an argument names only some of them.
 */
import { mkdirSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import { openBrowser, watchedPage } from "../test/e2e/browser.ts"
import { picture } from "../test/e2e/picture.ts"
import { remember, startInstance } from "../test/e2e/world.ts"
import { root, until } from "../test/processes.ts"

const folder = join(root, "docs/images")
const bytes_max = 900_000
const password = "mingmai-demo"
const desk = { width: 1440, height: 900 }
const wanted = process.argv.slice(2)

type Row = { id: number; lifeline: string; stage: string }
type Order = { id: number; actions: string[]; state: string }

mkdirSync(folder, { recursive: true })
const browser = await openBrowser()
const city = await startInstance("pictures", ["--demo-days", "28", "--demo-speed", "10"], 180_000)
try {
  const people = new Map<string, string>()
  /** A person's request; what is asked for is expected to be allowed. */
  async function as<T>(login: string, method: string, path: string, body?: unknown): Promise<T> {
    const png = body instanceof Buffer
    const answer = await fetch(city.url + path, {
      method,
      headers: {
        cookie: people.get(login) ?? "",
        "x-mingmai": "1",
        ...(body === undefined ? {} : { "content-type": png ? "image/png" : "application/json" }),
      },
      ...(body === undefined ? {} : { body: png ? new Uint8Array(body) : JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    const cookie = answer.headers.get("set-cookie")
    if (cookie) people.set(login, cookie.split(";")[0]!)
    return (await answer.json()) as T
  }
  for (const login of ["duty1", "leader", "gas", "crew-gas", "water"])
    await as(login, "POST", "/api/session", { login, password })
  const speed = (times: number) => as("leader", "POST", "/api/clock", { action: "speed", speed: times })
  const alarmsOf = async (lifeline: string) =>
    (await as<{ items: Row[] }>("duty1", "GET", "/api/warning/alarms?limit=50")).items.filter(
      (a) => a.lifeline === lifeline && a.stage !== "done",
    )

  /** One picture: signed in as a person, in a size and theme, after `ready` says that the page shows what it should. */
  async function take(
    name: string,
    path: string,
    look: { login: string; theme?: "light" | "dark"; size?: { width: number; height: number } },
    ready: (page: Page) => Promise<unknown>,
  ): Promise<void> {
    if (wanted.length > 0 && !wanted.includes(name)) return
    const { page, context } = await watchedPage(browser, look.size ?? desk)
    await remember(context, {
      "mingmai.theme": look.theme ?? "light",
      "mingmai.language": "zh",
      "mingmai.hint": "seen",
    })
    await context.request.post(`${city.url}/api/session`, { data: { login: look.login, password } })
    await page.goto(city.url + path)
    await ready(page)
    await still(page)
    const file = join(folder, `${name}.png`)
    await page.screenshot({ path: file })
    await context.close()
    const { size } = statSync(file)
    console.log(`${name}.png ${Math.round(size / 1000)} kB`)
    if (size > bytes_max) throw new Error(`${name}.png is larger than ${bytes_max / 1000} kB`)
  }

  await until(async () => (await alarmsOf("gas")).length > 0, 60_000, "the leak raised no alarm")
  // The burst of the second fault belongs into the picture: five minutes of city time later.
  await speed(60)
  await until(async () => (await alarmsOf("water")).length > 0, 90_000, "the burst raised no alarm")
  await speed(1)
  const leak = (await alarmsOf("gas"))[0]!
  const evidence = (page: Page) => page.locator(".curve canvas").first().waitFor()
  await take("duty-light", `/duty?sel=alarm:${leak.id}`, { login: "duty1" }, evidence)
  await take("duty-dark", `/duty?sel=alarm:${leak.id}`, { login: "duty1", theme: "dark" }, evidence)
  await take("wall", "/wall", { login: "leader", theme: "dark", size: { width: 1920, height: 1080 } }, (page) =>
    page.locator("canvas").first().waitFor(),
  )
  await take("risk", "/risk", { login: "leader" }, (page) => page.getByRole("row").nth(5).waitFor())
  await take("census", "/census?lifeline=gas", { login: "leader" }, async (page) => {
    await page.getByRole("row").nth(5).click()
    await page.waitForURL(/sel=/)
  })
  await take("monitoring", "/monitoring", { login: "leader" }, evidence)

  await as("duty1", "POST", `/api/warning/alarms/${leak.id}/confirm`, {})
  const content = await as("duty1", "GET", `/api/warning/alarms/${leak.id}/draft`)
  const draft = await as<{ id: number }>("duty1", "POST", "/api/warning/warnings", { alarm_id: leak.id, content })
  await as("duty1", "POST", `/api/warning/warnings/${draft.id}/submit`, {})
  const issued = await as<{ orders: { id: number }[] }>("leader", "POST", `/api/warning/warnings/${draft.id}/issue`, {})
  const order = `/api/response/orders/${issued.orders[0]!.id}`
  await as<Order>("gas", "POST", `${order}/accept`, {})
  await as<Order>("crew-gas", "POST", `${order}/arrive`, {})
  await take("field", "/field", { login: "crew-gas", size: { width: 390, height: 844 } }, (page) =>
    page.getByRole("button", { name: "按住开始处置" }).waitFor(),
  )
  await as<Order>("crew-gas", "POST", `${order}/handle`, {})
  await as("crew-gas", "POST", `${order}/photos?caption=${encodeURIComponent("焊口")}`, picture())
  await take("response", `/response?order=${issued.orders[0]!.id}`, { login: "duty1" }, (page) =>
    page.locator(".oinsp img").first().waitFor(),
  )
  await take("supervision", "/supervision", { login: "leader" }, (page) => page.locator(".daynums").waitFor())
} finally {
  await browser.close()
  await city.stop()
}

/** Waits until two pictures in a row are alike but for the running clocks, so that tiles and fonts are in. */
async function still(page: Page): Promise<void> {
  await page.evaluate("document.fonts.ready.then(() => true)")
  let before = 0
  await until(
    async () => {
      const { length } = await page.screenshot()
      const alike = Math.abs(length - before) < length * 0.004
      before = length
      return alike
    },
    30_000,
    "the page goes on changing",
  )
}
