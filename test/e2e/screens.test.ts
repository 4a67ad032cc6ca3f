/** Every screen in a real browser: both themes, both languages, large and small; and what all screens share. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Browser, BrowserContext, Page, Request } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { root } from "../processes.ts"
import { openBrowser, watchedPage } from "./browser.ts"
import { type Running, remember, shot, startDemoCity, untranslated, withoutMap } from "./world.ts"

vi.setConfig({ testTimeout: 240_000 })
/** How long a condition may take on a busy machine. */
const soon = { timeout: 20_000 }

type Language = "zh" | "en"
type Tree = { [key: string]: string | Tree }
const words_folder = join(root, "console/words")
const wordsOf = (language: Language): Tree =>
  Object.assign(
    {},
    ...readdirSync(words_folder)
      .filter((name) => name.endsWith(`${language}.json`))
      .map((name) => JSON.parse(readFileSync(join(words_folder, name), "utf8"))),
  )
const words = { zh: wordsOf("zh"), en: wordsOf("en") }
const tops = new Set(Object.keys(words.zh))
function say(language: Language, key: string): string {
  let found: string | Tree | undefined = words[language]
  for (const part of key.split(".")) found = typeof found === "object" ? found[part] : undefined
  if (typeof found !== "string") throw new Error(`no word ${key}`)
  return found
}

const desk = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }
/** The letter that leads to a screen after G, and the words of its first heading. */
const screens: [letter: string, id: string, heading: string][] = [
  ["c", "census", "rail.census"],
  ["r", "risk", "risk.title"],
  ["m", "monitoring", "monitoring.points"],
  ["a", "analysis", "rail.analysis"],
  ["w", "warning", "rail.warning"],
  ["p", "response", "response.title"],
  ["s", "supervision", "supervision.today"],
  ["t", "settings", "rail.settings"],
  ["d", "duty", "duty.title"],
]

let browser: Browser
let city: Running
const contexts: BrowserContext[] = []
const outside: string[] = []
const errors: string[] = []

beforeAll(async () => {
  const opening = openBrowser()
  city = await startDemoCity()
  browser = await opening
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await city?.stop()
}, 30_000)

afterEach(async ({ task }) => {
  for (const [i, context] of contexts.splice(0).entries()) {
    if (task.result?.state === "fail") for (const page of context.pages()) await shot(page, `screens-failed-${i}`)
    await context.close()
  }
})

/** Answers that a page still waits for. */
const asking = new WeakMap<Page, Set<Request>>()

type As = {
  login: string
  map?: boolean
  language?: Language
  theme?: "light" | "dark"
  size?: { width: number; height: number }
}
/** A person's page, signed in, with the theme and language they chose before. */
async function pageOf({ login, map = false, language = "zh", theme = "light", size = desk }: As): Promise<Page> {
  const { page, context, outside: asked } = await watchedPage(browser, size)
  contexts.push(context)
  page.setDefaultTimeout(30_000)
  page.on("request", () => outside.push(...asked.splice(0)))
  page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`))
  const open = new Set<Request>()
  asking.set(page, open)
  page.on("request", (request) => {
    if (request.resourceType() === "fetch" && !/\/api\/(live|map)/.test(request.url())) open.add(request)
  })
  for (const event of ["requestfinished", "requestfailed"] as const)
    page.on(event as "requestfinished", (request) => open.delete(request))
  if (!map) await withoutMap(context)
  await remember(context, { "mingmai.theme": theme, "mingmai.language": language })
  const signed = await context.request.post(`${city.url}/api/session`, { data: { login, password: "mingmai-demo" } })
  expect(signed.status()).toBe(200)
  return page
}

/** The screen has its words and everything it asked for; no key is shown in place of a word. */
async function complete(page: Page, heading: string): Promise<void> {
  await page.getByRole("heading", { name: heading, exact: true }).first().waitFor()
  await settled(page)
}
async function settled(page: Page): Promise<void> {
  // The gallery of components shows the sign of loading itself.
  const waits = async () => (asking.get(page)?.size ?? 0) + (await page.locator(".sk:not(.kit .sk)").count())
  await expect.poll(waits, { timeout: 15_000, message: `${page.url()} loads` }).toBe(0)
  expect(await untranslated(page, tops), page.url()).toEqual([])
}

type Look = { language: Language; theme: "light" | "dark" }
/** Two with the whole map and a picture of each screen, two of the words alone. */
const drawn: Look[] = [
  { language: "zh", theme: "light" },
  { language: "en", theme: "dark" },
]
const undrawn: Look[] = [
  { language: "zh", theme: "dark" },
  { language: "en", theme: "light" },
]
/** Theme by its key, language by the menu of the person: the screen stays and changes its looks. */
async function change(page: Page, from: Look, to: Look): Promise<void> {
  if (from.theme !== to.theme) await page.keyboard.press("d")
  await expect.poll(() => page.locator("html").getAttribute("data-theme"), soon).toBe(to.theme)
  if (from.language === to.language) return
  await page.getByRole("button", { name: say(from.language, "top.person"), exact: true }).click()
  await page.getByRole("menuitem", { name: say(from.language, "top.language") }).click()
  // The menu goes with the pointer.
  await page.mouse.move(desk.width / 2, desk.height / 2)
  await page.getByRole("button", { name: say(to.language, "top.person"), exact: true }).waitFor()
  await page.getByRole("menu").waitFor({ state: "detached" })
}

for (const [name, looks] of Object.entries({ "with the map": drawn, "in the other two looks": undrawn }))
  test(`every screen and view says what it is in both languages, ${name}`, async () => {
    const map = looks === drawn
    let look = looks[0]!
    const page = await pageOf({ login: "leader", map, ...look })
    await page.goto(`${city.url}/duty`)
    await complete(page, say(look.language, "duty.title"))
    for (const next of looks) {
      await change(page, look, next)
      look = next
      for (const [letter, id, heading] of screens) {
        await page.keyboard.press("g")
        await page.keyboard.press(letter)
        await page.waitForURL(`**/${id}**`)
        await complete(page, say(look.language, heading))
        if (map) {
          await shot(page, `screen-${id}-${look.language}-${look.theme}`)
          continue
        }
        const views = page.locator("main .ph .seg").first().getByRole("button")
        const count = await views.count()
        for (let i = 1; i <= count; i++) {
          await views.nth(i % count).click()
          await settled(page)
        }
      }
    }
    for (const id of ["debug", "kit"]) {
      await page.goto(`${city.url}/${id}`)
      look = looks[0]! // A page that is loaded anew begins with what was remembered.
      for (const next of looks) {
        await change(page, look, next)
        look = next
        await complete(page, say(look.language, `${id}.title`))
        await shot(page, `screen-${id}-${look.language}-${look.theme}`)
      }
    }
  })

test("administrators have their own parts of the settings", async () => {
  for (const [login, parts] of [
    ["security", ["users", "organisations", "tokens"]],
    ["auditor", ["audit"]],
  ] as const) {
    const page = await pageOf({ login })
    await page.goto(`${city.url}/settings`)
    for (const part of parts) {
      await page
        .getByRole("navigation", { name: "设置" })
        .getByRole("button", { name: say("zh", `settings.${part}`) })
        .click()
      await complete(page, say("zh", `settings.${part}`))
      await shot(page, `screen-settings-${part}`)
    }
  }
})

test("duty and field fit a phone, the wall fills a large screen", async () => {
  for (const language of ["zh", "en"] as const) {
    const duty = await pageOf({ login: "duty1", language, size: phone })
    await duty.goto(`${city.url}/duty`)
    await complete(duty, say(language, "duty.title"))
    expect(await duty.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(phone.width)
    await shot(duty, `screen-duty-phone-${language}`)
    const field = await pageOf({ login: "crew-gas", language, size: phone })
    await field.goto(`${city.url}/field`)
    await field.getByText(say(language, "field.my_orders")).waitFor()
    await settled(field)
    expect(await field.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(phone.width)
    await shot(field, `screen-field-${language}`)
    // Drawing eight million pixels without a graphics card takes long: the second language on a smaller one.
    const size = language === "zh" ? { width: 3840, height: 2160 } : { width: 1280, height: 720 }
    const wall = await pageOf({ login: "leader", map: true, language, size })
    await wall.goto(`${city.url}/wall`)
    await wall.locator("canvas").first().waitFor()
    await settled(wall)
    expect(await wall.locator("html").getAttribute("data-theme")).toBe("dark")
    const box = (await wall.locator(".wall").boundingBox())!
    expect([box.width, box.height]).toEqual([size.width, size.height])
    await shot(wall, `screen-wall-${language}`)
    for (const context of contexts.splice(0)) await context.close()
  }
})

test("? opens the keys, Escape closes them; a click on the time bar shows the past, L leads back", async () => {
  const page = await pageOf({ login: "duty1" })
  await page.goto(`${city.url}/duty`)
  await complete(page, "值守台")
  await page.keyboard.press("?")
  const help = page.getByRole("dialog", { name: "键盘" })
  await help.waitFor()
  await help.getByText("确认属实").waitFor()
  await page.keyboard.press("Escape")
  await help.waitFor({ state: "detached" })
  const bar = page.getByRole("slider", { name: "时间条：点或拖选择时间" })
  const box = (await bar.boundingBox())!
  await page.mouse.click(box.x + box.width * 0.4, box.y + box.height * 0.4)
  await page.waitForURL(/[?&]t=\d+/)
  const time = Number(new URL(page.url()).searchParams.get("t"))
  const now = Number(await bar.getAttribute("aria-valuemax"))
  expect(now - time).toBeGreaterThan(2 * 3_600_000)
  expect(now - time).toBeLessThan(7 * 3_600_000)
  const back = page.getByRole("button", { name: "回实时" })
  await back.waitFor()
  // The address alone brings a colleague to the same time.
  await page.reload()
  await back.waitFor()
  expect(new URL(page.url()).searchParams.get("t")).toBe(String(time))
  await page.keyboard.press("l")
  await expect.poll(() => page.url(), soon).not.toMatch(/[?&]t=/)
  await page.getByRole("button", { name: "实时", exact: true }).waitFor()
})

test("filters stay in the address and the list leaves as CSV that spreadsheets read", async () => {
  const page = await pageOf({ login: "leader" })
  await page.goto(`${city.url}/census`)
  await page.getByLabel("行业").selectOption("gas")
  await page.getByLabel("编号或名称").fill("RQ")
  await page.waitForURL(/q=RQ/)
  await page.reload()
  await expect.poll(() => page.getByLabel("行业").inputValue(), soon).toBe("gas")
  expect(await page.getByLabel("编号或名称").inputValue()).toBe("RQ")
  await page.getByLabel("编号或名称").fill("")
  await expect.poll(() => page.url(), soon).not.toContain("q=")
  const download = page.waitForEvent("download")
  await page.getByRole("link", { name: "导出 CSV" }).click()
  const file = readFileSync(await (await download).path())
  expect([...file.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  const lines = file.toString("utf8").slice(1).trim().split(/\r?\n/)
  expect(lines.length).toBeGreaterThan(10)
  expect(lines.slice(1).every((line) => line.includes("gas") || line.includes("燃气"))).toBe(true)
})

test("who may not see something is told so", async () => {
  const page = await pageOf({ login: "crew-gas" })
  await page.goto(`${city.url}/risk`)
  await page.getByText("无权查看").first().waitFor()
  await shot(page, "screen-no-permission")
  await page.goto(`${city.url}/nowhere`)
  await page.getByText("没有这个页面").waitFor()
})

test("nothing was asked of another machine and no page failed", () => {
  expect(outside).toEqual([])
  expect(errors).toEqual([])
})
