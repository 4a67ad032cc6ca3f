/** The map tools of the census in a real browser: sections, traces, isolation and excavation on a surveyed district. */
import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import type { Browser, BrowserContext, Download, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import type { LonLat } from "../../model/index.ts"
import { openBrowser, watchedPage } from "./browser.ts"
import { assetOf, deliverSurvey, type Signed, signedIn } from "./surveyed.ts"
import { type Running, remember, shot, startDemoCity, untranslated } from "./world.ts"

vi.setConfig({ testTimeout: 240_000 })
const soon = { timeout: 30_000 }

let browser: Browser
let city: Running
let ask: Signed
let planted: Awaited<ReturnType<typeof deliverSurvey>>["planted"]
const contexts: BrowserContext[] = []
const errors: string[] = []

beforeAll(async () => {
  const opening = openBrowser()
  city = await startDemoCity()
  const delivered = await deliverSurvey(city.url, 6000)
  expect(delivered.added).toBeGreaterThan(4000)
  planted = delivered.planted
  ask = await signedIn(city.url, "analyst")
  browser = await opening
}, 240_000)

afterAll(async () => {
  await browser?.close()
  await city?.stop()
  expect(errors).toEqual([])
}, 30_000)

afterEach(async ({ task }) => {
  for (const [i, context] of contexts.splice(0).entries()) {
    if (task.result?.state === "fail") for (const page of context.pages()) await shot(page, `tools-failed-${i}`)
    await context.close()
  }
})

type Look = { theme?: "light" | "dark"; language?: "zh" | "en"; size?: { width: number; height: number } }
async function pageAt(path: string, look: Look = {}): Promise<Page> {
  const { theme = "light", language = "zh", size = { width: 1440, height: 900 } } = look
  const { page, context } = await watchedPage(browser, size)
  contexts.push(context)
  page.setDefaultTimeout(30_000)
  page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`))
  await remember(context, { "mingmai.theme": theme, "mingmai.language": language })
  const signed = await context.request.post(`${city.url}/api/session`, {
    data: { login: "analyst", password: "mingmai-demo" },
  })
  expect(signed.status()).toBe(200)
  await page.goto(city.url + path)
  await page.locator("main").first().waitFor()
  return page
}

const text = (places: LonLat[]): string => places.map((p) => p.map((v) => v.toFixed(7)).join(",")).join(";")
/** A line square to a pipe through its middle, reaching `half_m` to both sides. */
function across([a, b]: LonLat[], half_m: number): [LonLat, LonLat] {
  const k = Math.cos((a![1] * Math.PI) / 180)
  const [dx, dy] = [(b![0] - a![0]) * k, b![1] - a![1]]
  const length = Math.hypot(dx, dy)
  const [mx, my] = [(a![0] + b![0]) / 2, (a![1] + b![1]) / 2]
  const step = half_m / 111_195
  const at = (s: number): LonLat => [mx - (s * dy * step) / length / k, my + (s * dx * step) / length]
  return [at(1), at(-1)]
}
const saved = async (download: Promise<Download>): Promise<Buffer> => readFileSync(await (await download).path())
const has_pdftotext = spawnSync("pdftotext", ["-v"]).error === undefined
/** What a paper says; null where the machine cannot read papers. */
function wordsOf(pdf: Buffer): string | null {
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-")
  expect(pdf.length).toBeGreaterThan(5_000)
  return has_pdftotext ? execFileSync("pdftotext", ["-", "-"], { input: pdf, encoding: "utf8" }) : null
}

test("a cut shows its pipes to scale, and another one is drawn by hand", async () => {
  const pipe = await assetOf(ask, "drainage", "sewer", "WS1-WS2")
  const cut = across(pipe.geometry.coordinates, 40)
  const page = await pageAt(`/census?tool=cross&cut=${text(cut)}`)
  const drawing = page.locator("svg[data-drawing=cross]")
  await drawing.waitFor()
  expect(await drawing.locator("[data-crossing]").count()).toBeGreaterThanOrEqual(3)
  // Square to the pipe and 40 m from the start of the cut.
  const row = page.locator(".tooltable tr", { hasText: "WS1-WS2" })
  await expect.poll(() => row.textContent(), soon).toContain("40.0")
  await row.hover()
  await expect.poll(() => row.getAttribute("class"), soon).toContain("sel")
  expect(await untranslated(page, new Set(["tools"]))).toEqual([])
  await shot(page, "tools-cross")

  const csv = page.waitForEvent("download")
  await page.getByRole("button", { name: "CSV" }).click()
  const table = (await saved(csv)).toString("utf8")
  expect(table.split("\r\n")[0]).toContain("管顶 m")
  expect(table).toContain("WS1-WS2")
  const svg = page.waitForEvent("download")
  await page.getByRole("button", { name: "SVG" }).click()
  expect((await saved(svg)).toString("utf8")).toMatch(/^<svg [\s\S]*@font-face[\s\S]*WS1-WS2/)
  const png = page.waitForEvent("download")
  await page.getByRole("button", { name: "PNG" }).click()
  expect((await saved(png)).subarray(1, 4).toString()).toBe("PNG")

  // Drawn by hand where the other one lay: two clicks and Enter.
  await page.getByRole("button", { name: "重画" }).click()
  await page.locator(".toolhint").waitFor()
  const map = (await page.locator(".map").boundingBox())!
  const middle = { x: map.x + map.width / 2, y: map.y + map.height / 2 }
  await page.mouse.click(middle.x - 120, middle.y)
  await page.mouse.click(middle.x, middle.y + 60)
  await page.keyboard.press("Backspace")
  await page.mouse.click(middle.x + 120, middle.y)
  await page.keyboard.press("Enter")
  await drawing.waitFor()
  const drawn = new URL(page.url()).searchParams.get("cut")!.split(";")
  expect(drawn).toHaveLength(2)
  expect(await drawing.locator("[data-crossing]").count()).toBeGreaterThan(0)
})

test("a gap that is too small is red, in words, with its rule", async () => {
  const page = await pageAt(`/census?tool=cross&cut=${text(await throughGap())}`, { language: "en" })
  await page.locator("svg[data-drawing=cross] [data-below]").first().waitFor()
  const gap = page.locator(".toolgap.below").first()
  expect(await gap.textContent()).toMatch(/\d\.\d\d m.*too small.*least \d\.\d\d m/)
  await page.getByText("editable default").waitFor()
  await shot(page, "tools-clearance")
})

type Crossed = {
  crossings: { lifeline: string }[]
  clearances: { a: number; b: number; verdict: string }[]
}
/** A short cut at the end of a pipe that was planted too near to another lifeline's, across both of them. */
async function throughGap(): Promise<LonLat[]> {
  const close = planted.filter((p) => p.rule === "clearance")
  expect(close.length).toBeGreaterThan(0)
  for (const { key } of close) {
    const pipe = await assetNamed(key)
    if (!pipe) continue
    const [a, b] = pipe.geometry.coordinates as [LonLat, LonLat]
    for (const [end, other] of [
      [b, a],
      [a, b],
    ] as const)
      for (const back_m of [0.2, 0.5, 1, 2])
        for (const turn of [Math.PI / 4, -Math.PI / 4]) {
          const cut = cutNear(end, other, back_m, turn)
          const { crossings, clearances } = (await ask("POST", "/api/census/section/cross", { line: cut })) as Crossed
          const other_one = (c: Crossed["clearances"][number]) => crossings[c.a]!.lifeline !== crossings[c.b]!.lifeline
          if (clearances.some((c) => c.verdict === "below" && other_one(c))) return cut
        }
  }
  throw new Error("no cut shows a planted gap")
}
/** 8 m through a place `back_m` before the end of a pipe, turned against its direction; as exact as a URL is. */
function cutNear(end: LonLat, other: LonLat, back_m: number, turn: number): LonLat[] {
  const k = Math.cos((end[1] * Math.PI) / 180)
  const metre = 1 / 111_195
  const way = Math.atan2((other[0] - end[0]) * k, other[1] - end[1])
  const at = [end[0] + (Math.sin(way) * back_m * metre) / k, end[1] + Math.cos(way) * back_m * metre] as const
  const seven = (v: number) => Number(v.toFixed(7))
  return [-4, 4].map(
    (s): LonLat => [
      seven(at[0] + (s * Math.sin(way + turn) * metre) / k),
      seven(at[1] + s * Math.cos(way + turn) * metre),
    ],
  )
}
/** The published pipe of a code, whatever it carries; null where the check kept it back. */
async function assetNamed(code: string): Promise<Awaited<ReturnType<typeof assetOf>> | null> {
  const found = (await ask("GET", `/api/census/assets?q=${code}&limit=5`)) as { items: { id: number; code: string }[] }
  const id = found.items.find((item) => item.code === code)?.id
  return id === undefined ? null : ((await ask("GET", `/api/census/assets/${id}`)) as never)
}

test("a cut that is too long says so", async () => {
  const page = await pageAt("/census?tool=cross&cut=117.15,31.80;117.20,31.80")
  await page.getByText("剖切线须为").waitFor()
})

test("a long section runs down from a pipe with its sheet", async () => {
  const pipe = await assetOf(ask, "drainage", "sewer", "WS1-WS2")
  const page = await pageAt(`/census?tool=long&from=${pipe.id}&way=down`, { theme: "dark" })
  const drawing = page.locator("svg[data-drawing=long]")
  await drawing.waitFor()
  for (const name of ["桩号", "地面高程", "管底高程", "埋深", "管径", "坡度"])
    await drawing.getByText(name, { exact: true }).waitFor()
  await expect.poll(() => drawing.textContent(), soon).toContain("K0+000")
  const before = await drawing.textContent()
  await page.getByRole("button", { name: "全线" }).click()
  await expect.poll(() => drawing.textContent(), soon).not.toBe(before)
  await shot(page, "tools-long")
  const csv = page.waitForEvent("download")
  await page.getByRole("button", { name: "CSV" }).click()
  const lines = (await saved(csv)).toString("utf8").trim().split("\r\n")
  expect(lines[1]).toMatch(/^WS1,K0\+000,\d+\.\d+,\d+\.\d+,\d+/)
  expect(lines.length).toBeGreaterThan(3)
})

test("a trace counts by kind, and the way to another asset is another answer", async () => {
  const pipe = await assetOf(ask, "drainage", "sewer", "WS1-WS2")
  const page = await pageAt(`/census?tool=trace&from=${pipe.id}&way=down`, { language: "en" })
  const panel = page.getByRole("complementary", { name: "Network trace" })
  await panel.getByText("Manhole").first().waitFor()
  const [count] = (await panel.locator(".num").allTextContents()).map(Number)
  expect(count).toBeGreaterThan(10)
  await shot(page, "tools-trace")
  const csv = page.waitForEvent("download")
  await panel.getByRole("button", { name: "CSV" }).click()
  expect((await saved(csv)).toString("utf8").trim().split("\r\n")).toHaveLength(count! + 1)
  const third = await assetOf(ask, "drainage", "sewer", "WS3-WS4")
  await page.goto(`${city.url}/census?tool=trace&from=${pipe.id}&way=path&to=${third.id}`)
  await expect.poll(async () => Number(await panel.locator(".num").first().textContent()), soon).toBeLessThan(count!)
})

test("valves to close are numbered, a failed one brings in others, and the ticket is a paper", async () => {
  const main = await isolable()
  const page = await pageAt(`/census?isolate=${main.id}`)
  const panel = page.getByRole("complementary", { name: "关阀分析" })
  await panel.getByText(/^关 \d+ 阀$/).waitFor()
  await expect.poll(() => page.locator(".flag:not(.second, .cross)").count(), soon).toBe(main.valves)
  await shot(page, "tools-isolate")
  const first = panel.locator(".toolvalve").first()
  const valve = await first.getAttribute("data-valve")
  await first.getByRole("button", { name: "失效" }).click()
  await panel.getByText("失效的阀门").waitFor()
  expect(new URL(page.url()).searchParams.get("failed")).toBe(valve)
  await expect.poll(() => page.locator(`.flag.cross[data-flag=valve-${valve}]`).count(), soon).toBe(1)
  await shot(page, "tools-isolate-failed")

  await panel.getByLabel(/关阀事由/).fill("爆管抢修演练")
  const paper = page.waitForEvent("download")
  await panel.getByRole("button", { name: "操作票 PDF" }).click()
  const words = wordsOf(await saved(paper))
  if (words !== null) expect(words.replaceAll(/\s/g, "")).toContain("爆管抢修演练")
  await panel.getByText(/^已生成 .+\.pdf$/).waitFor()
})

/** A water main in the district with valves on both sides. */
async function isolable(): Promise<{ id: number; valves: number }> {
  const page = (await ask("GET", "/api/census/assets?lifeline=water&kind=pipe&q=JS1&limit=60")) as {
    items: { id: number }[]
  }
  for (const { id } of page.items) {
    const answer = (await ask("POST", "/api/census/network/isolate", { asset: id })) as {
      close: unknown[]
      second_ring: unknown[]
    }
    if (answer.close.length >= 3 && answer.second_ring.length >= 2) return { id, valves: answer.close.length }
  }
  throw new Error("no water main with three valves around it")
}

test("an excavation is asked about, told by nearness, signed, and found again", async () => {
  const pipe = await assetOf(ask, "drainage", "sewer", "WS1-WS2")
  const [[a, b], [c, d]] = [across(pipe.geometry.coordinates, 12), across(pipe.geometry.coordinates, 12)]
  const low = 0.00008
  const ring: LonLat[] = [
    [a[0], a[1] - low],
    [b[0], b[1] - low],
    [d[0], d[1] + low],
    [c[0], c[1] + low],
  ]
  const page = await pageAt(`/census?tool=dig&ring=${text(ring)}`)
  const panel = page.getByRole("complementary", { name: "开挖查询" })
  await panel
    .getByLabel(/开挖深度/)
    .first()
    .fill("2")
  await panel.getByLabel(/用途/).fill("通信管道敷设")
  await panel.getByLabel(/申请单位/).fill("通信公司")
  await panel.getByRole("button", { name: "查询", exact: true }).click()
  await panel.getByText("地下有谁").waitFor()
  expect(await panel.locator(".toolfound").count()).toBeGreaterThan(0)
  await panel.locator(".toolfound", { hasText: "WS1-WS2" }).waitFor()
  await panel.locator(".toolfound", { hasText: "在槽底以下" }).first().waitFor()
  await shot(page, "tools-dig")
  const number = (await panel.locator(".chip").first().textContent())!
  const paper = page.waitForEvent("download")
  await panel.getByRole("button", { name: "签名 PDF" }).click()
  const words = wordsOf(await saved(paper))
  if (words !== null) expect(words).toContain(number)
  await panel.getByRole("button", { name: "新查询" }).click()
  await panel.getByRole("row", { name: new RegExp(number) }).waitFor()
})

test("the inspector of a gas main lists adjacent spaces, and leads to the tools", async () => {
  const main = await leaking()
  const page = await pageAt(`/census?sel=asset:${main.id}`)
  await page.getByRole("heading", { name: /^相邻空间/ }).waitFor()
  expect(await page.locator(".tooladj").count()).toBeGreaterThan(0)
  await shot(page, "tools-adjacent")
  await page.getByRole("button", { name: "关阀分析", exact: true }).first().click()
  await page.getByRole("complementary", { name: "关阀分析" }).waitFor()
  expect(new URL(page.url()).searchParams.get("isolate")).toBe(String(main.id))
})

/** A gas main of the district with spaces beside it. */
async function leaking(): Promise<{ id: number }> {
  const mains = (await ask("GET", "/api/census/assets?lifeline=gas&kind=gas_pipe&q=RQ1&limit=100")) as {
    items: { id: number }[]
  }
  for (const main of mains.items) {
    const near = (await ask("GET", `/api/census/adjacency?asset=${main.id}`)) as { spaces: unknown[] }
    if (near.spaces.length >= 3) return main
  }
  throw new Error("no gas main with spaces beside it")
}

test("on a phone a shared section is read from top to bottom", async () => {
  const pipe = await assetOf(ask, "drainage", "sewer", "WS1-WS2")
  const cut = text(across(pipe.geometry.coordinates, 40))
  const page = await pageAt(`/census?tool=cross&cut=${cut}`, { size: { width: 390, height: 844 } })
  await page.locator("svg[data-drawing=cross]").waitFor()
  const wide = await page.evaluate<number>("document.documentElement.scrollWidth")
  expect(wide).toBeLessThanOrEqual(390)
  await shot(page, "tools-phone")
})
