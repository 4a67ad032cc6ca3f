/** The census' map in a real browser: underground in 3D, search, legend, and the past. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { deliver } from "../../scripts/deliver.ts"
import { apiOf } from "../../scripts/instance.ts"
import { inventSurvey } from "../../sim/survey/index.ts"
import type { UndergroundView } from "../../stages/census/underground/views.ts"
import { openBrowser, watchedPage } from "./browser.ts"
import { enter, type Running, remember, shot, startDemoCity } from "./world.ts"

vi.setConfig({ testTimeout: 240_000 })
const soon = { timeout: 30_000 }
/** CGCS2000, 3° zone 39 with the number in the easting: what the invented deliveries are written in. */
const zone_39 = 4527

let browser: Browser
let city: Running
let folder: string
/** City time before the delivery was published. */
let before: number
let view: UndergroundView
const contexts: BrowserContext[] = []
const errors: string[] = []
const outside: string[] = []

beforeAll(async () => {
  const opening = openBrowser()
  folder = mkdtempSync(join(tmpdir(), "mingmai-underground-"))
  city = await startDemoCity()
  await inventSurvey({ rows: 6000, seed: 7, out: folder, sound: true, formats: ["csv"], style: 0 })
  const api = apiOf(city.url, city.instance.token)
  await deliver(api, [folder], { name: "老城普查", submit: true, system: zone_39 })
  before = (await approved()) - 60_000
  view = await api.get<UndergroundView>("/api/census/underground?bbox=117.158,31.803,117.169,31.812")
  browser = await opening
}, 240_000)

afterAll(async () => {
  await browser?.close()
  await city?.stop()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

afterEach(async ({ task }) => {
  for (const [i, context] of contexts.splice(0).entries()) {
    if (task.result?.state === "fail") for (const page of context.pages()) await shot(page, `underground-failed-${i}`)
    await context.close()
  }
})

/** What the command line submitted, a person approves; since when it is true, in city time. */
async function approved(): Promise<number> {
  const headers = { "content-type": "application/json", "x-mingmai": "1" }
  const body = JSON.stringify({ login: "leader", password: "mingmai-demo" })
  const entered = await fetch(`${city.url}/api/session`, { method: "POST", headers, body })
  const cookie = entered.headers.get("set-cookie")!.split(";")[0]!
  const api = apiOf(city.url, city.instance.token)
  const { items } = await api.get<{ items: { id: number }[] }>("/api/census/changes?status=proposed")
  expect(items).toHaveLength(1)
  const answer = await fetch(`${city.url}/api/census/changes/${items[0]!.id}/approve`, {
    method: "POST",
    headers: { ...headers, cookie },
    body: "{}",
  })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { valid_from: number }).valid_from
}

async function open(path: string, theme: "light" | "dark" = "light", language: "zh" | "en" = "zh"): Promise<Page> {
  const watched = await watchedPage(browser, { width: 1440, height: 900 })
  contexts.push(watched.context)
  await remember(watched.context, { "mingmai.theme": theme, "mingmai.language": language })
  watched.page.on("pageerror", (error) => errors.push(error.message))
  watched.page.on("close", () => outside.push(...watched.outside))
  await enter(watched.page, city.url, "analyst", path)
  return watched.page
}

/** How many pixels of the canvas have a colour; the ground and the panel are grey. */
async function coloured(page: Page): Promise<number> {
  const picture = await page.locator(".ucanvas canvas").screenshot()
  return page.evaluate<number>(`(async () => {
    const image = new Image()
    image.src = "data:image/png;base64,${picture.toString("base64")}"
    await image.decode()
    const canvas = document.createElement("canvas")
    canvas.width = image.width
    canvas.height = image.height
    const ctx = canvas.getContext("2d")
    ctx.drawImage(image, 0, 0)
    const { data } = ctx.getImageData(0, 0, image.width, image.height)
    let count = 0
    for (let i = 0; i < data.length; i += 4)
      if (Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 28) count++
    return count
  })()`)
}

const drawn = (page: Page, what: string): Promise<number> =>
  page.evaluate<number>(`Number(document.querySelector(".ucanvas canvas")?.dataset.${what} ?? 0)`)

type Seen = { code: string; id: number; x: number; y: number; z: number; lon: number; lat: number }

/** The middles of all pipes with the distance to the nearest other thing, the loneliest first. */
function lonelyPipes(): (Seen & { alone_m: number })[] {
  const { lines, wells, joints, origin, metres_per_degree } = view
  const middles = lines.id.map((_, i) => {
    const start = i === 0 ? 0 : lines.ends[i - 1]!
    const end = lines.ends[i]! - 1
    const at = (axis: number) => (lines.xyz[start * 3 + axis]! + lines.xyz[end * 3 + axis]!) / 2
    return [at(0), at(1), at(2)] as const
  })
  const others = [...middles, ...wells.x.map((x, i) => [x, wells.y[i]!]), ...joints.x.map((x, i) => [x, joints.y[i]!])]
  return middles
    .map(([x, y, z], i) => ({
      code: lines.code[i]!,
      id: lines.id[i]!,
      x,
      y,
      z,
      lon: origin[0] + x / metres_per_degree[0],
      lat: origin[1] + y / metres_per_degree[1],
      alone_m: Math.min(...others.map(([ox, oy], j) => (j === i ? Infinity : Math.hypot(ox! - x, oy! - y)))),
    }))
    .sort((a, b) => b.alone_m - a.alone_m)
}
const lonelyPipe = (): Seen => lonelyPipes()[0]!

test("3D draws the pipes with the ground; a clip and the legend take some away", async () => {
  expect(view.lines.id.length).toBeGreaterThan(1000)
  const page = await open(`/census?under=${view.origin.join()},60,20,50&side=400`)
  await vi.waitFor(async () => expect(await drawn(page, "pipes")).toBeGreaterThan(100), soon)
  await vi.waitFor(async () => expect(await coloured(page)).toBeGreaterThan(2000), soon)
  await shot(page, "underground-light")
  const whole = await coloured(page)
  const pipes = await drawn(page, "pipes")
  await page.getByRole("group", { name: "剖切" }).getByRole("button", { name: "南北向" }).click()
  await vi.waitFor(() => expect(new URL(page.url()).searchParams.get("clip")).toBe("north,0.500"), soon)
  await vi.waitFor(async () => expect(await coloured(page)).toBeLessThan(whole * 0.9), soon)
  await page.getByRole("group", { name: "剖切" }).getByRole("button", { name: "不切" }).click()
  await page.locator(".ulayer", { hasText: "供水" }).click()
  await vi.waitFor(async () => expect(await drawn(page, "pipes")).toBeLessThan(pipes), soon)
  expect(new URL(page.url()).searchParams.get("off")).toBe("water")
  await page.getByRole("group", { name: "开挖" }).getByRole("button", { name: "圆坑" }).click()
  await vi.waitFor(() => expect(new URL(page.url()).searchParams.get("dig")).toBe("circle,8,3"), soon)
  // Under the opaque ground only what the pit opens keeps its colour.
  await vi.waitFor(async () => expect(await coloured(page)).toBeLessThan(whole * 0.6), soon)
  await shot(page, "underground-dig")
  expect(errors).toEqual([])
})

test("picking shows the asset's code; the keys move the view and lead back to the map", async () => {
  const pipe = lonelyPipe()
  const page = await open(`/census?under=${pipe.lon},${pipe.lat},12,0,1&side=200`, "dark", "en")
  await vi.waitFor(async () => expect(await drawn(page, "frames")).toBeGreaterThan(0), soon)
  const canvas = page.locator(".ucanvas canvas")
  const middle = async (): Promise<[number, number]> => {
    const box = (await canvas.boundingBox())!
    return [box.x + box.width / 2, box.y + box.height / 2]
  }
  await page.mouse.click(...(await middle()))
  await page.locator(".insp", { hasText: pipe.code }).waitFor(soon)
  expect(new URL(page.url()).searchParams.get("sel")).toBe(`asset:${pipe.id}`)
  await shot(page, "underground-picked-dark")
  await canvas.focus()
  const first = page.url()
  await page.keyboard.press("ArrowRight")
  await vi.waitFor(() => expect(page.url()).not.toBe(first), soon)
  await page.keyboard.press("Escape")
  await page.locator(".insp").waitFor({ ...soon, state: "detached" })
  await page.keyboard.press("Escape")
  await page.locator(".map-help").waitFor(soon)
  expect(errors).toEqual([])
})

test("two picked pipes give their clearance in plan and upright", async () => {
  const pipes = lonelyPipes().filter((p) => p.alone_m > 1)
  // Two pipes side by side, seen from above so that both are on the canvas.
  const [one, other] = pipes
    .flatMap((a) =>
      pipes.filter((b) => Math.hypot(a.x - b.x, a.y - b.y) < 8 && a.id < b.id).map((b) => [a, b] as const),
    )
    .at(0)!
  const distance_m = 30
  const page = await open(`/census?under=${one.lon},${one.lat},${distance_m},0,0&side=200`)
  await vi.waitFor(async () => expect(await drawn(page, "frames")).toBeGreaterThan(0), soon)
  const box = (await page.locator(".ucanvas canvas").boundingBox())!
  const base = view.ground.z.reduce((sum, z) => sum + z, 0) / view.ground.z.length
  // The camera stands above the first pipe; a pinhole of 42 degrees.
  const place = ({ x, y, z }: Seen): [number, number] => {
    const scale = box.height / 2 / Math.tan((21 * Math.PI) / 180) / (distance_m - 1 - (z - base))
    return [box.x + box.width / 2 + (x - one.x) * scale, box.y + box.height / 2 - (y - one.y) * scale]
  }
  await page.keyboard.press("m")
  await page.getByText("点选第一根管线").waitFor(soon)
  await page.mouse.click(...place(one))
  await page.getByText("再点选第二根管线").waitFor(soon)
  await page.mouse.click(...place(other))
  const panel = page.locator(".upanel dl")
  await panel.waitFor(soon)
  const text = await panel.textContent()
  expect(text).toContain(one.code)
  expect(text).toContain(other.code)
  const [, horizontal] = /水平净距([\d.]+) m/.exec(text!)!
  // Clear of both walls it is less than between the middles, and two pipes side by side do not cross.
  expect(Number(horizontal)).toBeGreaterThan(0)
  expect(Number(horizontal)).toBeLessThan(Math.hypot(one.x - other.x, one.y - other.y))
  await page.locator(".ulabel", { hasText: "垂直净距" }).waitFor(soon)
  await shot(page, "underground-measure")
  expect(errors).toEqual([])
})

test("search finds by pinyin initials, code and coordinates, by keyboard alone", async () => {
  const page = await open("/census")
  await page.locator(".map-help").waitFor(soon)
  await page.keyboard.press("/")
  await page.keyboard.type("rml")
  const rows = page.getByRole("option")
  await rows.filter({ hasText: "人民路" }).first().waitFor(soon)
  await page.keyboard.press("Escape")
  const code = view.wells.code.find((c) => c?.startsWith("WS"))!
  await page.keyboard.press("/")
  await page.keyboard.type(code)
  await rows.filter({ hasText: code }).first().waitFor(soon)
  await page.keyboard.press("Enter")
  await page.locator(".insp", { hasText: code }).waitFor(soon)
  await page.keyboard.press("/")
  await page.keyboard.type("117.1630, 31.8075")
  await rows.filter({ hasText: "坐标" }).first().waitFor(soon)
  await page.keyboard.press("Escape")
  await page.keyboard.press("/")
  await page.keyboard.press("Escape")
  await page.keyboard.press("/")
  await rows.filter({ hasText: code }).first().waitFor(soon)
  await page.keyboard.type("没有这种东西")
  await page.getByText("没有找到“没有这种东西”").waitFor(soon)
  await shot(page, "map-search")
  expect(errors).toEqual([])
})

test("the legend counts lifelines and kinds, hides them on the map and in the URL", async () => {
  const page = await open("/census")
  const legend = page.locator(".legend")
  await legend.getByRole("button", { name: "图例" }).click()
  const api = apiOf(city.url, city.instance.token)
  const entries = await api.get<{ name: { zh: string }; count: number; lifeline: string }[]>("/api/map/legend")
  const water = entries.find((e) => e.lifeline === "water")!
  await legend.getByText(water.count.toLocaleString("en-US"), { exact: true }).waitFor(soon)
  await legend.locator(".legend-name", { hasText: "供水" }).click()
  await vi.waitFor(() => expect(new URL(page.url()).searchParams.get("off")).toBe("water"), soon)
  await legend.getByRole("button", { name: "展开 燃气 的类别" }).click()
  await legend.locator(".kind .legend-name").first().click()
  await vi.waitFor(() => expect(new URL(page.url()).searchParams.get("off")).toMatch(/^water,gas:/), soon)
  await shot(page, "map-legend")
  await legend.getByRole("button", { name: "全部显示" }).click()
  await vi.waitFor(() => expect(new URL(page.url()).searchParams.get("off")).toBeNull(), soon)
  expect(errors).toEqual([])
})

test("before the delivery its pipes were not there: map, 3D and inspector say so", async () => {
  const pipe = lonelyPipe()
  const past: string[] = []
  const page = await open("/")
  page.on("response", (response) => {
    const url = new URL(response.url())
    if (url.pathname.startsWith("/api/map/census/") && url.searchParams.has("at"))
      past.push(`${response.status()} ${url.searchParams.get("at")}`)
  })
  await page.goto(`${city.url}/census?sel=asset:${pipe.id}&t=${before}`)
  await page.locator(".map-past").waitFor(soon)
  await page.locator(".insp").getByText("当时还没有该设施的记录").waitFor(soon)
  await page.locator(".insp").getByText("属性沿革").waitFor(soon)
  // The map flies to the pipe; there is nothing in the tiles of that time.
  await vi.waitFor(() => expect(past).toContain(`204 ${before}`), soon)
  await shot(page, "map-past")
  await page.goto(`${city.url}/census?under=${pipe.lon},${pipe.lat}&t=${before}`)
  await page.getByText("这里没有地下管线").waitFor(soon)
  await page.goto(`${city.url}/census?under=${pipe.lon},${pipe.lat}`)
  await vi.waitFor(async () => expect(await drawn(page, "pipes")).toBeGreaterThan(10), soon)
  expect(errors).toEqual([])
  expect(outside).toEqual([])
})
