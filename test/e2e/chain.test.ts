/** The whole chain in a browser, as people walk it: from a reading's alarm to the closed order in the province. */
import { readFileSync } from "node:fs"
import type { Browser, BrowserContext, Download, Locator, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { openBrowser, watchedPage } from "./browser.ts"
import { picture } from "./picture.ts"
import { enter, type Running, said, shot, startDemoCity, startInstance, withoutMap } from "./world.ts"

const desk = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }
const password = "Province-passw0rd"

vi.setConfig({ testTimeout: 180_000 })
/** How long a condition may take on a busy machine. */
const soon = { timeout: 20_000 }

let browser: Browser
let province: Running
let city: Running
const contexts: BrowserContext[] = []
const outside: string[] = []
const errors: string[] = []

/** A browser of its own for a person; what it asks of other machines and its errors are kept. */
async function pageOf(size = desk): Promise<Page> {
  const watched = await watchedPage(browser, size)
  watched.page.on("request", () => outside.push(...watched.outside.splice(0)))
  watched.page.on("pageerror", (error) => errors.push(error.message))
  watched.page.setDefaultTimeout(30_000)
  contexts.push(watched.context)
  return watched.page
}
async function personAt(login: string, path = "/", size = desk, map = true): Promise<Page> {
  const page = await pageOf(size)
  if (!map) await withoutMap(page.context())
  await enter(page, city.url, login, path)
  return page
}

beforeAll(async () => {
  const opening = openBrowser()
  province = await startInstance("province", [
    "--level",
    "province",
    "--mode",
    "real",
    "--city-name",
    "示例省",
    "--city-code",
    "340000",
  ])
  const registered = await province.command("POST", "/api/federation/cities", {
    code: "340100",
    name: { zh: "示例市", en: "Sample City" },
  })
  const { key } = registered as { key: string }
  city = await startDemoCity([
    "--demo-speed",
    "10",
    "--city-code",
    "340100",
    "--province-url",
    province.url,
    "--province-key",
    key,
  ])
  browser = await opening
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await Promise.all([city?.stop(), province?.stop()])
}, 30_000)

/** What people saw when a step failed; then they close their browsers, so that no map is drawn for nobody. */
afterEach(async ({ task }) => {
  for (const [i, context] of contexts.splice(0).entries()) {
    if (task.result?.state === "fail") for (const page of context.pages()) await shot(page, `chain-failed-${i}`)
    await context.close()
  }
})

/** A button that asks to be held for a second. */
async function hold(page: Page, words: string): Promise<void> {
  const button = page.getByRole("button", { name: words })
  await button.waitFor()
  const box = (await button.boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.down()
  await expect.poll(() => button.isVisible(), { timeout: 10_000 }).toBe(false)
  await page.mouse.up()
}

async function fileOf(download: Promise<Download>): Promise<Buffer> {
  const path = await (await download).path()
  return readFileSync(path)
}

const photo = picture()
let warning_code = ""
let order_code = ""
const rail = (page: Page, name: string): Locator =>
  page.getByRole("navigation", { name: "阶段" }).getByRole("link", { name })
const toast = (page: Page): Locator => page.getByRole("status")

test("the alarm is seen in the list and on the map, judged by its evidence and drafted as a warning", async () => {
  const page = await personAt("duty1")
  const list = page.getByRole("complementary", { name: "值守台" })
  await list.getByText("需我处理").waitFor()
  const row = list.getByRole("button", { name: /甲烷/ }).first()
  await row.waitFor({ timeout: 60_000 })
  await city.command("POST", "/api/clock", { action: "speed", speed: 1 })
  await row.click()
  const inspector = page.getByRole("complementary", { name: /甲烷/ })
  await inspector.getByText("为什么").waitFor()
  // Evidence: a value, its curve, reasons for and against, pipes nearby.
  await expect.poll(async () => Number(await inspector.locator(".big").textContent()), soon).toBeGreaterThan(1)
  await inspector.getByText(/^%VOL/).first().waitFor()
  await inspector.locator(".curve canvas").waitFor()
  expect(await inspector.locator("b", { hasText: /^\+$/ }).count()).toBeGreaterThan(0)
  await inspector.getByText("疑似管段").waitFor()
  expect(await inspector.getByRole("row").count()).toBeGreaterThan(0)
  const map = page.getByRole("region", { name: "地图" })
  await map.locator(".callout").waitFor()
  await map.locator("canvas.maplibregl-canvas").waitFor()
  expect(page.url()).toContain("sel=alarm")
  await shot(page, "chain-1-evidence")
  // Let go of it; a click on its shape in the middle of the map takes it again.
  await page.keyboard.press("Escape")
  await expect.poll(() => page.url(), soon).not.toContain("sel=alarm")
  await map.locator(".callout").waitFor({ state: "detached" })
  const box = (await map.boundingBox())!
  await expect
    .poll(
      async () => {
        await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
        return page.url()
      },
      { timeout: 15_000, interval: 500 },
    )
    .toContain("sel=alarm")
  // The machine proposes, a person confirms: Enter, then W.
  await page.getByRole("button", { name: "确认属实" }).waitFor()
  await page.keyboard.press("Enter")
  await said(toast(page), "已确认属实")
  await inspector.getByText("已判定：属实").waitFor()
  await page.keyboard.press("w")
  const form = page.getByRole("complementary", { name: "起草预警" })
  await form.waitFor()
  expect(await form.getByLabel("标题").inputValue()).toContain("甲烷")
  await form.getByText("起草与签发不得同一人").waitFor()
  await shot(page, "chain-2-draft")
  await form.getByRole("button", { name: "提交签发" }).click()
  warning_code = /已提交签发：(\S+)/.exec(await said(toast(page), "已提交签发"))![1]!
  // Whoever drafted it is not offered to issue it.
  await page.getByText("这一步不由你处理").waitFor()
  expect(await page.getByRole("button", { name: /^签发/ }).count()).toBe(0)
})

test("another person issues it, and the owner gets a work order", async () => {
  const page = await personAt("leader", "/warning")
  await page.getByRole("button", { name: new RegExp(warning_code) }).click()
  const inspector = page.getByRole("complementary", { name: warning_code })
  await inspector.getByText("两人签发").waitFor()
  await inspector.getByRole("button", { name: "签发…" }).click()
  await inspector.getByRole("button", { name: "签发（签名）" }).click()
  await said(toast(page), `已签发：${warning_code}`)
  const order = inspector.getByRole("link", { name: /-/ }).first()
  await inspector.getByText("工单", { exact: true }).waitFor()
  order_code = (await order.textContent()) ?? ""
  expect(order_code).not.toBe("")
  await shot(page, "chain-3-issued")
})

test("the owner's dispatcher accepts, the crew works on the phone and reports with a photo", async () => {
  const gas = await personAt("gas", "/response", desk, false)
  await gas.getByText(order_code).waitFor()
  await gas.getByRole("button", { name: "签收", exact: true }).click()
  await gas.getByText("已签收").first().waitFor()
  await shot(gas, "chain-4-accepted")

  const crew = await personAt("crew-gas", "/", phone)
  await expect.poll(() => crew.url(), soon).toContain("/field")
  await crew.getByText(order_code).first().waitFor()
  await shot(crew, "chain-5-phone")
  await hold(crew, "按住报到场")
  await hold(crew, "按住开始处置")
  await crew.getByRole("button", { name: "填反馈" }).waitFor()
  await crew
    .locator("input[type=file]")
    .first()
    .setInputFiles({ name: "weld.png", mimeType: "image/png", buffer: photo })
  await crew.getByText(/已传 \d\d:\d\d/).waitFor()
  await crew.getByRole("button", { name: "填反馈" }).click()
  await crew.getByText(/还缺：/).waitFor()
  await crew.locator(".fq.pad").nth(0).getByRole("button").first().click()
  await crew.locator(".fq.pad").nth(1).getByRole("button").first().click()
  await crew.getByLabel("补充说明").fill("焊口腐蚀，已抱箍")
  await shot(crew, "chain-6-report")
  await hold(crew, "按住提交反馈")
  await crew.getByText("反馈已送达").first().waitFor()
  const sent = crew.locator(".frow img").first()
  await expect
    .poll(() => sent.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth), soon)
    .toBeGreaterThan(0)
})

test("when the readings are normal again the duty officer rechecks, the leader closes and lifts", async () => {
  const duty = await personAt("duty1", "/duty", desk, false)
  const speed = duty.getByRole("button", { name: /时速/ })
  for (const next of ["×10", "×60", "×300"]) {
    await speed.click()
    await duty.getByText(next, { exact: true }).waitFor()
  }
  await rail(duty, "处置").click()
  await duty.getByRole("button", { name: /甲烷/ }).first().click()
  const order = duty.getByRole("complementary", { name: /甲烷/ })
  await order.getByText(order_code).waitFor()
  const recheck = order.getByRole("button", { name: /^(复核|.*通过)/ }).first()
  await expect.poll(() => recheck.isEnabled(), { timeout: 60_000 }).toBe(true)
  await recheck.click()
  await order.getByText("待关闭").waitFor()
  await order.getByText("焊口腐蚀，已抱箍").first().waitFor()
  await shot(duty, "chain-7-rechecked")
  await rail(duty, "值守").click()
  await speed.click()
  await duty.getByText("×1", { exact: true }).waitFor()

  const leader = await personAt("leader", "/response", desk, false)
  await leader.getByRole("button", { name: /甲烷/ }).first().click()
  const closing = leader.getByRole("complementary", { name: /甲烷/ })
  await closing.getByText(order_code).waitFor()
  await closing.getByRole("button", { name: "关闭工单", exact: true }).click()
  await closing.getByText("已关闭").first().waitFor()
  await rail(leader, "预警").click()
  await leader.getByRole("button", { name: new RegExp(warning_code) }).click()
  const warning = leader.getByRole("complementary", { name: warning_code })
  await warning.getByRole("button", { name: "解除…" }).click()
  await warning.getByLabel("解除理由").fill("复核正常")
  await warning.getByRole("button", { name: "解除（签名）" }).click()
  await said(toast(leader), `已解除：${warning_code}`)
  // From the lifted warning back to the readings.
  await warning.getByRole("button", { name: "从读数到工单的全链条" }).click()
  const chain = leader.getByRole("dialog")
  await chain.getByText(order_code).first().waitFor()
  await shot(leader, "chain-8-why")
})

test("the day is reported as PDF and XLSX", async () => {
  const page = await personAt("leader", "/supervision")
  await page.getByText("今日", { exact: true }).waitFor()
  await page.getByRole("button", { name: /^生成 .* 日报$/ }).click()
  await said(toast(page), "日报已生成", 40_000)
  const pdf = page.waitForEvent("download")
  await page.getByRole("link", { name: /^PDF/ }).first().click()
  expect((await fileOf(pdf)).subarray(0, 5).toString()).toBe("%PDF-")
  const xlsx = page.waitForEvent("download")
  await page.getByRole("link", { name: /^XLSX/ }).first().click()
  expect((await fileOf(xlsx)).subarray(0, 4).toString("latin1")).toBe("PK\u0003\u0004")
  await page.getByText("省平台链路").waitFor()
  await shot(page, "chain-9-day")
})

test("the province sees the closed order and the lifted warning; its people are made through one-time links", async () => {
  const link = /(http:\S+\/setup#\S+)/.exec(province.program.said())![1]!
  const first = await pageOf()
  await first.goto(link)
  await fillLink(first, { 账号: "security", 称呼: "省安全管理员" })
  await signIn(first, "security")
  await first.goto(`${province.url}/settings`)
  await first.getByRole("button", { name: "新建人员" }).click()
  const form = first.getByRole("complementary", { name: "新建人员" })
  await form.getByLabel("账号").fill("regulator")
  await form.getByLabel("称呼").fill("省监管员")
  await form.getByRole("button", { name: "建立", exact: true }).click()
  const own_link = (await first.getByRole("alertdialog").locator("code").textContent())!
  await first.getByRole("button", { name: "已交出" }).click()
  await first.getByRole("row", { name: /regulator/ }).click()
  await first.getByRole("button", { name: "授权…" }).click()
  await first.getByLabel("角色").selectOption("regulator")
  await first.getByRole("button", { name: "授权", exact: true }).click()
  await first.getByRole("complementary").getByText("监管人员").first().waitFor()
  await shot(first, "chain-10-province-people")

  const page = await pageOf()
  await page.goto(own_link)
  await fillLink(page, {})
  await signIn(page, "regulator")
  await page.goto(`${province.url}/supervision`)
  await page.getByText("1 个市州").waitFor()
  await page.getByRole("cell", { name: /示例市/ }).click()
  const opened = page.locator(".thirds")
  await opened.getByText(order_code).waitFor()
  await said(opened.locator(".row", { hasText: order_code }), "关闭", 30_000)
  await said(opened.locator(".row", { hasText: "甲烷" }), "已解除")
  await shot(page, "chain-11-province")
})

async function fillLink(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value)
  await page.getByLabel(/新口令/).fill(password)
  await page.getByLabel("再输一次").fill(password)
  await page.getByRole("button", { name: "保存" }).click()
  await page.getByRole("button", { name: /^登录/ }).waitFor()
}

async function signIn(page: Page, login: string): Promise<void> {
  await page.getByLabel("账号").fill(login)
  await page.getByLabel("口令").fill(password)
  await page.getByRole("button", { name: /^登录/ }).click()
  await page.locator("main").first().waitFor()
}

test("nothing was asked of another machine and no page failed", () => {
  expect(outside).toEqual([])
  expect(errors).toEqual([])
})
