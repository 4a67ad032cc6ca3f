/** The desk of deliveries in a real browser: files with faults → corrected → a second person approves → on the map → undone. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { coordinateSystem } from "../../science/index.ts"
import { inventSurvey } from "../../sim/survey/index.ts"
import { openBrowser, watchedPage } from "./browser.ts"
import { type Running, remember, shot, startDemoCity } from "./world.ts"

vi.setConfig({ testTimeout: 240_000 })
/** How long a condition may take on a busy machine. */
const soon = { timeout: 60_000 }

let city: Running
let browser: Browser
let folder: string
const contexts: BrowserContext[] = []
const outside: string[] = []
const errors: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mingmai-deliveries-"))
  ;[city, browser] = await Promise.all([startDemoCity(), openBrowser()])
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await city?.stop()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)
afterEach(async ({ task }) => {
  for (const [i, context] of contexts.splice(0).entries()) {
    if (task.result?.state === "fail") for (const page of context.pages()) await shot(page, `deliveries-failed-${i}`)
    await context.close()
  }
})

type Look = { language?: "zh" | "en"; theme?: "light" | "dark"; size?: { width: number; height: number } }
async function pageOf(login: string, { language = "zh", theme = "light", size }: Look = {}): Promise<Page> {
  const watched = await watchedPage(browser, size ?? { width: 1440, height: 900 })
  const { page, context } = watched
  contexts.push(context)
  page.setDefaultTimeout(soon.timeout)
  page.on("request", () => outside.push(...watched.outside.splice(0)))
  page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`))
  await remember(context, { "mingmai.theme": theme, "mingmai.language": language })
  const signed = await context.request.post(`${city.url}/api/session`, { data: { login, password: "mingmai-demo" } })
  expect(signed.status()).toBe(200)
  return page
}

const asked = async <T>(page: Page, path: string): Promise<T> => {
  const answer = await page.request.get(city.url + path)
  expect(answer.status(), path).toBe(200)
  return (await answer.json()) as T
}
const assets = async (page: Page) => (await asked<{ total: number }>(page, "/api/census/assets?limit=1")).total
const step = (page: Page, name: string) => page.getByRole("navigation", { name: "步骤" }).getByRole("button", { name })
const rule = (page: Page, name: string) => page.locator("button.dv-rule", { hasText: name })
const checked = (page: Page) => page.getByRole("heading", { name: "最近一次检查" }).waitFor(soon)
const idOf = (page: Page, name: string) => Number(new URL(page.url()).searchParams.get(name))

async function begin(page: Page, name: string, source: string, files: Upload[] | string[], whole = false) {
  await page.goto(`${city.url}/census?view=deliveries`)
  await page.getByRole("button", { name: "新建批次" }).first().click()
  const form = page.getByRole("complementary", { name: "新建批次" })
  await form.getByRole("textbox", { name: "名称 必填" }).fill(name)
  await form.getByRole("combobox", { name: "来源" }).fill(source)
  if (whole) await form.getByRole("button", { name: "全部（整片）" }).click()
  await form.getByRole("button", { name: "建立批次" }).click()
  await page.locator("input[data-files]").setInputFiles(files as string[])
  await page.getByRole("heading", { name: `已收到 ${files.length} 个文件` }).waitFor()
}
type Upload = { name: string; mimeType: string; buffer: Buffer }

/** The tile of the census at a place, as long as its body is; nothing there is nothing. */
async function tileBytes(page: Page, [lon, lat]: readonly [number, number]): Promise<number> {
  const n = 2 ** 15
  const x = Math.floor(((lon + 180) / 360) * n)
  const y = Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * n)
  const answer = await page.request.get(`${city.url}/api/map/census/15/${x}/${y}.mvt`)
  return answer.status() === 200 ? (await answer.body()).length : 0
}

test("a delivery with faults is corrected, approved by a second person, on the map, and undone", async () => {
  const out = join(folder, "survey")
  const { files } = await inventSurvey({ rows: 6000, seed: 7, out, sound: false, formats: ["csv"], style: 0 })
  const given = files.filter((name) => name !== "planted.csv").map((name) => join(out, name))
  const clerk = await pageOf("analyst")
  await begin(clerk, "东门片区管线探测成果", "东门片区", given)
  const id = idOf(clerk, "delivery")
  const before = await assets(clerk)
  await clerk.getByRole("button", { name: "开始检查" }).click()
  await checked(clerk)
  await step(clerk, "表与列").click()
  await clerk.getByText("没有使用的表和行").waitFor()
  expect(await clerk.getByRole("row", { name: /JSPOINT/ }).count()).toBe(1)
  await shot(clerk, "deliveries-tables")

  await step(clerk, "坐标").click()
  await clerk.getByRole("radio").first().click()
  await shot(clerk, "deliveries-system")
  await clerk.getByRole("button", { name: "采用并重新检查" }).click()
  await checked(clerk)
  await clerk.getByRole("button", { name: "去处理问题" }).click()

  // One fix by key, the others of its rule at once.
  const issues = async (name: string) =>
    (
      await asked<{ items: { key: string; state: string }[] }>(
        clerk,
        `/api/census/deliveries/${id}/issues?rule=${name}`,
      )
    ).items
  const wrong_heights = (await issues("ground-height")).map((issue) => issue.key)
  expect(wrong_heights).toHaveLength(3)
  await rule(clerk, "地面高程").click()
  await expect.poll(() => clerk.getByRole("row").count(), soon).toBe(4)
  await clerk.keyboard.press("j")
  await clerk.getByText("管高程改为").first().waitFor()
  await shot(clerk, "deliveries-issue")
  await clerk.keyboard.press("f")
  await clerk.getByRole("button", { name: "同类 2 条一起采用…" }).click()
  await clerk.getByRole("button", { name: "采用 2 条" }).click()
  await clerk.getByText("没有待处理的问题").waitFor()

  // One exception by key with its reason; one cell corrected in place.
  await rule(clerk, "最大埋深").click()
  await expect.poll(() => clerk.getByRole("row").count(), soon).toBe(4)
  await clerk.keyboard.press("j")
  await clerk.keyboard.press("e")
  await clerk.getByRole("textbox", { name: "理由" }).fill("现场核实为深埋井")
  await clerk.keyboard.press("Enter")
  await expect.poll(() => clerk.getByRole("row").count(), soon).toBe(3)
  await rule(clerk, "数值").click()
  await clerk.getByRole("row", { name: /TX95 .*约18.97/ }).click()
  await clerk.keyboard.press("Enter")
  await clerk.getByRole("textbox", { name: "改为" }).fill("18.97")
  await clerk.keyboard.press("Enter")
  await clerk.locator(".dv-cell b.new", { hasText: "18.97" }).waitFor()
  const decided = await asked<{ items: { value: string }[] }>(clerk, `/api/census/deliveries/${id}/corrections`)
  expect(decided.items.map((c) => c.value)).toContain("18.97")
  await shot(clerk, "deliveries-corrected")

  // The address alone leads a colleague to the same issue.
  const address = clerk.url()
  expect(address).toMatch(/delivery=\d+.*rule=numeric/)
  await clerk.reload()
  await clerk.locator(".dv-cell b.new", { hasText: "18.97" }).waitFor()

  await clerk.keyboard.press("r")
  await checked(clerk)
  const state = async () => (await asked<{ status: string }>(clerk, `/api/census/deliveries/${id}`)).status
  await expect.poll(state, soon).toBe("checked")
  const heights_left = (await issues("ground-height")).map((issue) => issue.key)
  expect(heights_left.filter((key) => wrong_heights.includes(key))).toEqual([])
  const depths_left = (await issues("depth-max")).filter((issue) => issue.state === "open")
  expect(depths_left.map((issue) => issue.key)).toEqual(["XS2-XS3", "XS3-XS4"])
  expect((await issues("numeric")).map((issue) => issue.key)).not.toContain("TX95")
  await step(clerk, "提交").click()
  await clerk.getByRole("heading", { name: "质量" }).waitFor()
  await shot(clerk, "deliveries-submit")
  await clerk.getByRole("button", { name: /^提交 [\d,]+ 行待审批/ }).click()
  await clerk.getByText("等另一位有审批权限的人员审批").waitFor(soon)
  await clerk.getByRole("button", { name: "查看变更集" }).click()
  await clerk.getByText("这是您提交的变更").waitFor()
  expect(await clerk.getByRole("button", { name: "批准并发布" }).count()).toBe(0)
  expect(await assets(clerk)).toBe(before)

  const leader = await pageOf("leader", { theme: "dark" })
  await leader.goto(clerk.url())
  const set_path = `/api/census/changes/${idOf(clerk, "change")}`
  const { counts } = await asked<{ counts: { added: number } }>(leader, set_path)
  const [first] = (await asked<{ items: { lon: number; lat: number }[] }>(leader, `${set_path}/rows`)).items
  const place = [first!.lon, first!.lat] as const
  expect(await tileBytes(leader, place)).toBe(0)
  await leader.getByRole("row").nth(3).click()
  await leader.getByRole("columnheader", { name: "变更后" }).waitFor()
  await leader.getByText(/图内 [1-9]\d* 项/).waitFor()
  await shot(leader, "changes-proposed")
  await leader.getByRole("button", { name: "批准并发布" }).click()
  await leader.getByText("批准并发布于").waitFor(soon)
  expect(await assets(leader)).toBe(before + counts.added)
  await expect.poll(() => tileBytes(leader, place), soon).toBeGreaterThan(100)

  await leader.getByRole("button", { name: "撤销发布…" }).click()
  await leader.getByRole("textbox", { name: "理由" }).fill("控制点用错，整批偏移")
  await leader.keyboard.press("Enter")
  await leader.getByText("撤销于").waitFor(soon)
  await shot(leader, "changes-undone")
  await expect.poll(() => assets(leader), soon).toBe(before)
  await expect.poll(() => tileBytes(leader, place), soon).toBe(0)
})

/** Water mains on one street near the middle of the city; `change` bends some of it. */
function street(center: [number, number], change: { shift_m?: number; depth?: string; last?: number } = {}) {
  const meridian = Math.round(center[0] / 3) * 3
  const [north0, east0] = coordinateSystem({ central_meridian_deg: meridian }).fromLonLat(center)
  const points = ["物探点号,图上点号,X坐标,Y坐标,地面高程,特征,附属物,勘误"]
  const lines = ["起点点号,终点点号,起点埋深,终点埋深,起点管顶高程,终点管顶高程,材质,管径"]
  const last = change.last ?? 11
  for (let i = 0; i <= last; i++) {
    const east = east0 + i * 30 + 0.123
    const north = north0 + (i === 5 ? (change.shift_m ?? 0) : 0) + 0.456
    const feature = i === 0 || i === last ? "起止点" : "直线点"
    points.push(`JS${i},JS${i},${north.toFixed(3)},${east.toFixed(3)},20,${feature},,`)
    if (i > 0) lines.push(`JS${i - 1},JS${i},1.2,1.2,18.8,18.8,${i === 2 ? (change.depth ?? "QM") : "QM"},200`)
  }
  const file = (name: string, rows: string[]): Upload => ({
    name,
    mimeType: "text/csv",
    buffer: Buffer.from(rows.join("\n")),
  })
  return { meridian, points, lines, files: [file("JSPOINT.csv", points), file("JSLINE.csv", lines)], file }
}

test("a second version shows what differs on the map and in words; it is rejected with a reason", async () => {
  const clerk = await pageOf("analyst")
  const { center } = await asked<{ center: [number, number] }>(clerk, "/api/city")
  const first = street(center)
  await begin(clerk, "人民路供水管线", "人民路", first.files)
  await clerk.getByRole("button", { name: "开始检查" }).click()
  await checked(clerk)
  // By hand: a plane by its central meridian.
  await step(clerk, "坐标").click()
  await clerk.getByRole("combobox", { name: "自行填写" }).selectOption("plane")
  await clerk.getByRole("textbox", { name: "中央子午线" }).fill(String(first.meridian))
  await clerk.getByRole("button", { name: "采用并重新检查" }).click()
  await checked(clerk)
  await step(clerk, "提交").click()
  await clerk.getByRole("button", { name: "提交 23 行待审批" }).click()
  await clerk.getByRole("button", { name: "查看变更集" }).click()
  const leader = await pageOf("leader")
  await leader.goto(clerk.url())
  await leader.getByRole("button", { name: "批准并发布" }).click()
  await leader.getByText("批准并发布于").waitFor(soon)

  // The same files again: said plainly before anything is checked.
  await begin(clerk, "人民路供水管线（重传）", "人民路", first.files)
  await clerk.getByText("同样的文件已作为“人民路供水管线”").waitFor()

  const second = street(center, { shift_m: 12, depth: "球墨铸铁", last: 10 })
  await begin(clerk, "人民路供水管线 修测", "人民路", second.files, true)
  const made = idOf(clerk, "delivery")
  const system = { definition: { central_meridian_deg: first.meridian }, swapped: false }
  await city.command("POST", `/api/census/deliveries/${made}/system`, { system })
  await clerk.getByRole("button", { name: "开始检查" }).click()
  await checked(clerk)
  await step(clerk, "提交").click()
  await clerk.getByRole("button", { name: "提交 21 行待审批" }).click()
  await clerk.getByRole("button", { name: "查看变更集" }).click()
  await clerk.getByText("这是您提交的变更").waitFor()

  await leader.goto(clerk.url())
  await leader
    .getByRole("row", { name: /更新.*JS:JS5/ })
    .first()
    .click()
  await leader.locator("tr.sel", { hasText: "位置" }).waitFor()
  await leader.getByText(/图内 [1-9]\d* 项/).waitFor()
  await shot(leader, "changes-diff")
  await leader.getByRole("combobox", { name: "全部变更" }).selectOption("end")
  await leader
    .getByRole("row", { name: /终止.*JS11/ })
    .first()
    .waitFor()
  await leader.getByRole("button", { name: "退回…" }).click()
  await leader.getByRole("textbox", { name: "理由" }).fill("JS5 偏移无依据")
  await leader.keyboard.press("Enter")
  await leader.getByText("退回于").waitFor(soon)
  await leader.getByText("JS5 偏移无依据").waitFor()

  // 补传: one corrected row alone resumes the delivery, which then finds less to change.
  await clerk.goto(`${city.url}/census?view=deliveries&delivery=${made}&step=files`)
  const row = [second.points[0]!, first.points[6]!].join("\n")
  await clerk
    .locator("input[data-files]")
    .setInputFiles([{ name: "JSPOINT.csv", mimeType: "text/csv", buffer: Buffer.from(row) }])
  await clerk.getByRole("cell", { name: "第 1 次补传" }).waitFor()
  await clerk.getByRole("button", { name: "重新检查" }).last().click()
  await checked(clerk)
  await expect
    .poll(
      async () => (await asked<{ status: string; rows: number }>(clerk, `/api/census/deliveries/${made}`)).rows,
      soon,
    )
    .toBe(21)
})

test("who may neither bring in nor approve is told so; both languages and a phone have all words", async () => {
  const duty = await pageOf("duty1")
  await duty.goto(`${city.url}/census?view=deliveries`)
  await duty.getByText("无权查看").waitFor()
  const english = await pageOf("analyst", { language: "en", theme: "dark" })
  await english.goto(`${city.url}/census?view=deliveries`)
  await english.getByRole("row").nth(1).waitFor()
  await shot(english, "deliveries-list-en")
  await english.goto(`${city.url}/census?view=deliveries&delivery=1&step=issues`)
  await english.getByRole("row").nth(2).click()
  await english.getByText("All rules").waitFor()
  await shot(english, "deliveries-issues-en")
  const phone = await pageOf("leader", { size: { width: 390, height: 844 } })
  await phone.goto(`${city.url}/census?view=changes&change=1`)
  await phone.getByText("提交于").waitFor()
  expect(await phone.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390)
  await shot(phone, "changes-phone")
})

test("nothing was asked of another machine and no page failed", () => {
  expect(outside).toEqual([])
  expect(errors).toEqual([])
})
