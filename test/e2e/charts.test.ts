/** The chart in a real browser: gestures and keys move the window, the address says it, every view of monitoring opens. */
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { openBrowser, watchedPage } from "./browser.ts"
import { enter, type Running, remember, shot, startDemoCity, withoutMap } from "./world.ts"

vi.setConfig({ testTimeout: 120_000 })
const soon = { timeout: 20_000 }

let browser: Browser
let city: Running
let context: BrowserContext
let page: Page
let errors: string[]

beforeAll(async () => {
  const opening = openBrowser()
  city = await startDemoCity()
  browser = await opening
  const watched = await watchedPage(browser, { width: 1440, height: 900 })
  ;({ context, page, errors } = watched)
  await withoutMap(context)
  await remember(context, { "mingmai.language": "en", "mingmai.theme": "light" })
  await enter(page, city.url, "duty1", "/monitoring/charts?lifeline=water")
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await city?.stop()
}, 30_000)

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await shot(page, `charts-failed-${task.name.slice(0, 20).replaceAll(" ", "-")}`)
})

/** From and to of the address; null where the chart follows the newest time. */
const fixed = () => {
  const search = new URL(page.url()).searchParams
  const [from, to] = [search.get("from"), search.get("to")]
  return from && to ? { from: Number(from), to: Number(to) } : null
}
/** How many pixels of the first pane are drawn in ink. A text, as the tests know no types of a browser. */
const ink = `(() => {
  const canvas = document.querySelector(".plots canvas")
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  let dark = 0
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i] < 60) dark++
  return dark
})()`
const middle = async () => {
  const box = await page.locator(".stage").boundingBox()
  if (!box) throw new Error("no chart")
  return { x: box.x + box.width / 2, y: box.y + 80, width: box.width }
}

test("curves are drawn, and the wheel zooms at the cursor while the address follows", async () => {
  await expect.poll(() => page.evaluate<number>(ink), soon).toBeGreaterThan(300)
  expect(fixed()).toBe(null)
  const at = await middle()
  await page.mouse.move(at.x, at.y)
  await page.mouse.wheel(0, -400)
  await expect.poll(() => fixed(), soon).not.toBe(null)
  const window = fixed()!
  expect(window.to - window.from).toBeLessThan(7 * 3_600_000 * 0.8)
  await page.mouse.wheel(0, -4000)
  for (let i = 0; i < 80 && fixed()!.to - fixed()!.from > 11; i++) {
    await page.mouse.wheel(0, -240)
    await page.waitForTimeout(60)
  }
  await expect.poll(() => fixed()!.to - fixed()!.from, soon).toBeLessThan(11)
})

test("keys: L follows, Home shows a year, End keeps it at the end, C compares", async () => {
  await page.keyboard.press("l")
  await expect.poll(() => fixed(), soon).toBe(null)
  await page.keyboard.press("Home")
  await expect.poll(() => new URL(page.url()).searchParams.get("span"), soon).toBe(String(400 * 86_400_000))
  await page.keyboard.press("c")
  await expect.poll(() => new URL(page.url()).searchParams.get("cmp"), soon).toBe("1d")
  await page.keyboard.press("c")
  await page.keyboard.press("c")
  await expect.poll(() => new URL(page.url()).searchParams.get("cmp"), soon).toBe(null)
  const at = await middle()
  await page.mouse.dblclick(at.x, at.y)
  await expect.poll(() => new URL(page.url()).searchParams.get("span"), soon).toBe(null)
})

test("drag moves, shift-drag chooses a stretch that the browser's back leaves again", async () => {
  const at = await middle()
  await page.mouse.move(at.x, at.y)
  await page.mouse.down()
  await page.mouse.move(at.x + 200, at.y, { steps: 4 })
  await page.mouse.up()
  await expect.poll(() => fixed(), soon).not.toBe(null)
  const before = fixed()!
  await page.keyboard.down("Shift")
  await page.mouse.move(at.x - 100, at.y)
  await page.mouse.down()
  await page.mouse.move(at.x + 100, at.y, { steps: 4 })
  await page.mouse.up()
  await page.keyboard.up("Shift")
  await expect.poll(() => fixed()!.to - fixed()!.from, soon).toBeLessThan((before.to - before.from) / 2)
  await page.goBack()
  await expect.poll(() => fixed(), soon).toEqual(before)
})

test("a waveform opens its spectrum; every view of monitoring is there", async () => {
  await page.getByRole("link", { name: "Wall", exact: true }).click()
  await expect.poll(() => page.locator(".sparks .cell").count(), soon).toBeGreaterThan(20)
  await shot(page, "charts-wall")
  await page.locator(".sparks .cell").first().click()
  await expect.poll(() => page.url(), soon).toContain("/monitoring/charts?points=")
  await page.getByRole("link", { name: "Map", exact: true }).click()
  await page.getByRole("heading", { name: "State of points" }).waitFor(soon)
  await page.getByRole("link", { name: "Chart", exact: true }).click()
  await page.locator(".picker [data-search]").fill("QL-001-A01")
  await page.locator(".picker .pt-row", { hasText: "QL-001" }).first().waitFor(soon)
  await page.locator(".picker input[type=checkbox]:not(:checked)").first().check()
  await page.getByRole("button", { name: "Spectrum", exact: true }).first().click()
  await page.locator(".waves").waitFor(soon)
  expect(errors).toEqual([])
})
