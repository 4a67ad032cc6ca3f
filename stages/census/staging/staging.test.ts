/** A delivery's whole way: files → check → fixes → change set → a second person → the census → undone. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { person, stagingCity } from "./testing.ts"

const analyst = person(1, "小王", "analyst")
const leader = person(2, "老李", "duty_leader")
const admin = person(3, "管理员", "administrator")
const outsider = person(4, "外单位", "analyst", {
  organisation_id: 1,
  scope: { organisations: [1], lifelines: "all", areas: "all" },
})

let city: Awaited<ReturnType<typeof stagingCity>>
beforeAll(async () => {
  city = await stagingCity([analyst, leader, admin, outsider])
}, 60_000)
afterAll(() => city.close())

const system = { definition: 4548, swapped: false }
const [north0, east0] = [3_526_000.123, 526_000.456]
type Change = { ground_m?: number; feature?: string; appurtenance?: string; material?: string }

/** Points 40 m apart with the lines between them; `mark` tells one network from another. */
function network(mark: string, n: number, change: (i: number) => Change = () => ({})) {
  const points = ["物探点号,图上点号,X坐标,Y坐标,地面高程,特征,附属物"]
  const lines = ["起点点号,终点点号,起点埋深,终点埋深,起点管顶高程,终点管顶高程,材质,管径"]
  const east = east0 + mark.charCodeAt(0) * 50
  for (let i = 0; i < n; i++) {
    const usual = i === 0 || i === n - 1 ? "起止点" : "直线点"
    const { ground_m = 20, appurtenance = "", material = "QM", feature = usual } = change(i)
    const north = (north0 + i * 40).toFixed(3)
    points.push([`JS${mark}${i}`, `JS${mark}${i}`, north, east.toFixed(3), ground_m, feature, appurtenance].join(","))
    const ends = [`JS${mark}${i - 1}`, `JS${mark}${i}`]
    if (i > 0) lines.push([...ends, 1.2, 1.2, 18.8, 18.8, material, 200].join(","))
  }
  return { points: points.join("\n"), lines: lines.join("\n") }
}
/** Three points say both feature and appurtenance, of which only one may be filled in. */
const three_faults = (i: number): Change => (i >= 2 && i <= 4 ? { appurtenance: "阀门" } : {})

const url = (id: number, rest = "") => `/api/census/deliveries/${id}${rest}`
async function deliver(name: string, files: { points: string; lines: string }, more: object = {}) {
  const made = await city.ask(analyst, "POST", "/api/census/deliveries", { name, system, ...more })
  expect(made.status, made.text).toBe(200)
  const id = made.json.id as number
  expect((await city.upload(analyst, id, "JSPOINT.csv", files.points)).status).toBe(200)
  expect((await city.upload(analyst, id, "JSLINE.csv", files.lines)).status).toBe(200)
  return id
}
const delivery = async (id: number) => (await city.ask(analyst, "GET", url(id))).json
async function does(id: number, what: string, body?: unknown) {
  const asked = await city.ask(analyst, "POST", url(id, `/${what}`), body)
  expect(asked.status, asked.text).toBe(200)
  await city.staging.now.idle()
  return delivery(id)
}
const issues = async (id: number, query = "") =>
  (await city.ask(analyst, "GET", url(id, `/issues?limit=500${query}`))).json.items
const decide = (who: typeof leader, set: { id: number }, what: string, body?: unknown) =>
  city.ask(who, "POST", `/api/census/changes/${set.id}/${what}`, body)
async function submit(id: number) {
  const submitted = await does(id, "submit")
  expect(submitted.status, JSON.stringify(submitted.problem ?? submitted.change_sets)).toBe("submitted")
  return submitted.change_sets[0]
}
async function publish(id: number) {
  const answer = await decide(leader, await submit(id), "approve")
  expect(answer.status, answer.text).toBe(200)
  return answer.json
}
const assetsOf = (mark: string) => [...city.census.assets()].filter((asset) => asset.code?.includes(`JS${mark}`))

describe("a delivery", () => {
  it("goes its whole way and is taken back", async () => {
    const id = await deliver("东区普查", network("A", 6))
    const checked = await does(id, "check")
    expect(checked.problem).toBeNull()
    expect(await issues(id)).toEqual([])
    expect(checked).toMatchObject({ status: "checked", rows: 11, publishable: 11, counts: {}, stale: false })
    expect(checked.tables.map((t: { name: string; rows: number }) => [t.name, t.rows])).toEqual([
      ["JSLINE", 5],
      ["JSPOINT", 6],
    ])
    const set = await submit(id)
    expect(set.counts).toEqual({ added: 11, changed: 0, ended: 0, unchanged: 0, held: 0, kept: 0 })
    expect(await city.count("census_asset")).toBe(0)

    const rows = (await city.ask(leader, "GET", `/api/census/changes/${set.id}/rows?limit=500`)).json
    expect(rows.total).toBe(11)
    expect(rows.items[0]).toMatchObject({ action: "add", before: null })
    const bbox = "117,31,118,32"
    const diff = (await city.ask(leader, "GET", `/api/census/changes/${set.id}/diff.geojson?bbox=${bbox}`)).json
    expect(diff.features).toHaveLength(11)
    expect(diff.features[0].properties).toMatchObject({ side: "after", action: "add" })

    const published = await decide(leader, set, "approve")
    expect(published.status, published.text).toBe(200)
    expect(assetsOf("A")).toHaveLength(11)
    expect(city.refreshed.at(-1)).toEqual(published.json.batch_ids)
    expect((await delivery(id)).status).toBe("published")

    const undone = await decide(leader, set, "undo", { reason: "测错了" })
    expect(undone.status, undone.text).toBe(200)
    expect(assetsOf("A")).toHaveLength(0)
    expect((await delivery(id)).status).toBe("undone")
    const trail = city.audit.filter((line) => line.object === `change-set:${set.id}`).map((line) => line.action)
    expect(trail).toEqual(["approve", "undo"])
    expect((await submit(id)).counts).toMatchObject({ added: 11 })
    expect(city.failures).toEqual([])
  })

  it("publishes good rows while bad ones wait, and goes on with three corrected rows", async () => {
    const id = await deliver("南区普查", network("B", 8, three_faults))
    const checked = await does(id, "check")
    expect(checked.counts).toEqual({ "feature-xor-appurtenance": 3 })
    // Three points wait, and the four lines that end at them.
    expect(checked).toMatchObject({ rows: 15, publishable: 8 })
    const found = await issues(id)
    expect(found.map((issue: { key: string }) => issue.key).sort()).toEqual(["JSB2", "JSB3", "JSB4"])
    expect(found[0]).toMatchObject({ file: "JSPOINT.csv", table: "JSPOINT", state: "open" })
    expect(found[0].lon).toBeCloseTo(117.3, 1)

    const csv = (await city.ask(analyst, "GET", url(id, "/issues.csv"))).text
    expect(csv.split("\r\n")[0]).toBe("\ufefffile,table,key,row,rule,field,value,words")
    expect(csv.trim().split("\r\n")).toHaveLength(4)
    const near = (await city.ask(analyst, "GET", url(id, "/issues.geojson?bbox=117,31,118,32"))).json
    expect(near.features).toHaveLength(3)
    const far = (await city.ask(analyst, "GET", url(id, "/issues.geojson?bbox=100,31,101,32"))).json
    expect(far.features).toHaveLength(0)

    const first = await publish(id)
    expect(first.counts).toMatchObject({ added: 8, held: 7 })
    expect(assetsOf("B")).toHaveLength(8)

    const fixed = network("B", 8).points.split("\n")
    await city.upload(analyst, id, "JSPOINT.csv", [fixed[0], fixed[3], fixed[4], fixed[5]].join("\n"))
    const again = await does(id, "check")
    expect(again).toMatchObject({ counts: {}, rows: 15, publishable: 15 })
    const second = await publish(id)
    expect(second.counts).toMatchObject({ added: 7, changed: 0, unchanged: 8, held: 0 })
    expect(assetsOf("B")).toHaveLength(15)
  })

  it("takes corrections and exceptions, and lets go of them", async () => {
    const id = await deliver("西区普查", network("C", 8, three_faults))
    await does(id, "check")
    const [one, two] = await issues(id)
    const corrected = await city.ask(analyst, "POST", url(id, "/corrections"), {
      corrections: [{ file: one.file, name: one.table, row: one.row, field: "appurtenance", value: "" }],
    })
    expect(corrected.json.stale).toBe(true)
    const excepted = await city.ask(analyst, "POST", url(id, "/exceptions"), {
      issue_ids: [two.id],
      reason: "现场如此",
    })
    expect(excepted.json).toEqual({ accepted: 1 })
    expect(await issues(id, "&state=accepted")).toHaveLength(1)
    const checked = await does(id, "check")
    expect(checked.counts).toEqual({ "feature-xor-appurtenance": 1 })
    expect(checked.stale).toBe(false)
    const listed = (await city.ask(analyst, "GET", url(id, "/exceptions"))).json.items
    expect(listed).toMatchObject([{ key: two.key, reason: "现场如此" }])
    await city.ask(analyst, "DELETE", url(id, `/exceptions/${listed[0].id}`))
    const [correction] = (await city.ask(analyst, "GET", url(id, "/corrections"))).json.items
    expect((await does(id, "check")).counts).toEqual({ "feature-xor-appurtenance": 2 })
    await city.ask(analyst, "DELETE", url(id, `/corrections/${correction.id}`))
    expect((await does(id, "check")).counts).toEqual({ "feature-xor-appurtenance": 3 })
  })

  it("accepts the proposals of a rule in bulk", async () => {
    const files = network("D", 6)
    const numbered = files.points.replaceAll(/^(JSD\d),JSD\d/gm, "$1,$1错")
    const id = await deliver("北区普查", { ...files, points: numbered })
    const checked = await does(id, "check")
    const [rule] = checked.rules
    expect(rule, JSON.stringify(checked.rules)).toMatchObject({ rule: "point-number", open: 6, fixes: 6, blocks: true })
    expect((await city.ask(analyst, "POST", url(id, "/fixes"), {})).json.code).toBe("one-of-both")
    const accepted = await city.ask(analyst, "POST", url(id, "/fixes"), { rule: "point-number" })
    expect(accepted.json).toEqual({ accepted: 6 })
    const twice = await city.ask(analyst, "POST", url(id, "/fixes"), { rule: "point-number" })
    expect([twice.status, twice.json.code]).toEqual([409, "nothing-to-fix"])
    expect(await does(id, "check")).toMatchObject({ counts: {}, publishable: 11 })
  })

  it("finds the coordinate system or waits for a person", async () => {
    const id = await deliver("坐标未定", network("E", 4), { system: null })
    const checked = await does(id, "check")
    expect(checked.system).toBeNull()
    expect(checked.proposals.length).toBeGreaterThan(1)
    const refused = await city.ask(analyst, "POST", url(id, "/submit"))
    expect([refused.status, refused.json.code]).toEqual([409, "no-system"])
    const bad = await city.ask(analyst, "POST", url(id, "/system"), { system: { definition: 99, swapped: false } })
    expect([bad.status, bad.json.code]).toEqual([422, "system-unknown"])
    const chosen = await city.ask(analyst, "POST", url(id, "/system"), { system })
    expect(chosen.json.system).toEqual(system)
    await submit(id)
  })

  it("takes the outline of the district from its files", async () => {
    const id = await deliver("范围", network("Q", 6))
    const [west, east] = [117.2, 117.4]
    // The fourth point and those north of it lie outside.
    const north = 31.857
    const ring = [
      [west, 31],
      [east, 31],
      [east, north],
      [west, north],
      [west, 31],
    ]
    const feature = { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }
    await city.upload(
      analyst,
      id,
      "普查范围.geojson",
      JSON.stringify({ type: "FeatureCollection", features: [feature] }),
    )
    const checked = await does(id, "check")
    expect(checked.others).toMatchObject([{ file: "普查范围.geojson", why: { zh: "普查范围，已采用" } }])
    const found = await issues(id, "&rule=outside-district")
    const places = (await city.ask(analyst, "GET", url(id, "/issues.geojson?bbox=117,31,118,32&rule=outside-district")))
      .json
    expect(found.length).toBeGreaterThan(0)
    expect(found.length).toBeLessThan(6)
    for (const { geometry } of places.features) expect(geometry.coordinates[1]).toBeGreaterThan(north)
  })

  it("remembers what a column means", async () => {
    const files = network("F", 4)
    const odd = { ...files, points: files.points.replace("地面高程", "标高乙") }
    const id = await deliver("列名一", odd)
    const columnOf = (d: { tables: { name: string; columns: { column: string }[] }[] }) =>
      d.tables.find((t) => t.name === "JSPOINT")!.columns.find((c) => c.column === "标高乙")
    expect(columnOf(await does(id, "check"))).toMatchObject({ field: null, how: "unknown" })
    await city.ask(analyst, "POST", url(id, "/columns"), {
      choices: [{ kind: "point", column: "标高乙", field: "ground_m" }],
    })
    expect(columnOf(await does(id, "check"))).toMatchObject({ field: "ground_m", how: "chosen" })
    const next = await deliver("列名二", odd)
    expect(columnOf(await does(next, "check"))).toMatchObject({ field: "ground_m", how: "remembered" })
  })

  it("names the file that cannot be read, and goes on without it", async () => {
    const id = await deliver("坏文件", network("G", 4))
    await city.upload(analyst, id, "坏.xlsx", "not a workbook")
    await city.upload(analyst, id, "说明.pdf", "%PDF")
    const failed = await does(id, "check")
    expect(failed.status).toBe("failed")
    expect(failed.problem.words.zh).toContain("坏.xlsx")
    const bad = `/files?upload=0&file_name=${encodeURIComponent("坏.xlsx")}`
    expect((await city.ask(analyst, "DELETE", url(id, bad))).status).toBe(200)
    const checked = await does(id, "check")
    expect(checked).toMatchObject({ status: "checked", publishable: 7 })
    expect(checked.others.map((o: { file: string }) => o.file)).toContain("说明.pdf")
  })

  it("refuses names of files that lead elsewhere, empty files and deliveries", async () => {
    const made = await city.ask(analyst, "POST", "/api/census/deliveries", { name: "空" })
    const id = made.json.id as number
    for (const name of ["../a.csv", "/a.csv", "a//b.csv", ".hidden.csv", "a\u0001.csv"])
      expect((await city.upload(analyst, id, name, "x")).json.code, name).toBe("bad-file-name")
    expect((await city.upload(analyst, id, "a.csv", "")).json.code).toBe("file-empty")
    expect((await city.ask(analyst, "POST", url(id, "/check"))).json.code).toBe("delivery-empty")
  })
})

describe("an upload", () => {
  it("streams, and nothing of one that breaks off or finds the disk full is kept", async () => {
    const made = await city.ask(analyst, "POST", "/api/census/deliveries", { name: "大文件" })
    const id = made.json.id as number
    const pieces = 64
    const sent = await city.stream(analyst, id, "big.csv", async function* () {
      for (let i = 0; i < pieces; i++) yield Buffer.alloc(64 * 1024, "a")
    })
    expect(sent).toMatchObject({ status: 200, json: { bytes: pieces * 64 * 1024, upload: 0 } })

    const broken = city.stream(analyst, id, "broken.csv", async function* () {
      yield Buffer.alloc(64 * 1024, "a")
      throw new Error("the line is cut")
    })
    await expect(broken).rejects.toThrow()

    city.fillDisk()
    const full = await city.upload(analyst, id, "more.csv", "a,b")
    expect([full.status, full.json.code]).toEqual([507, "disk-full"])
    expect((await delivery(id)).files.map((f: { file_name: string }) => f.file_name)).toEqual(["big.csv"])
    city.failures.length = 0
  })
})

describe("a second person", () => {
  it("is needed, and may turn a change down", async () => {
    const id = await deliver("审批", network("H", 4))
    expect((await city.ask(admin, "POST", url(id, "/submit"))).status).toBe(200)
    await city.staging.now.idle()
    const [set] = (await delivery(id)).change_sets
    const own = await decide(admin, set, "approve")
    expect([own.status, own.json.code]).toEqual([409, "own-change"])
    expect((await decide(analyst, set, "approve")).status).toBe(403)
    expect((await city.ask(analyst, "POST", url(id, "/check"))).json.code).toBe("delivery-submitted")
    const rejected = await decide(leader, set, "reject", { reason: "缺井深" })
    expect(rejected.json).toMatchObject({ status: "rejected", reason: "缺井深", decided_name: "老李" })
    expect((await delivery(id)).status).toBe("checked")
    expect((await decide(leader, set, "approve")).json.code).toBe("change-set-state")
    expect(assetsOf("H")).toHaveLength(0)
  })

  it("publishes a set once, however many press the button", async () => {
    const set = await submit(await deliver("并发", network("I", 4)))
    const answers = await Promise.all([decide(leader, set, "approve"), decide(admin, set, "approve")])
    expect(answers.map((a) => a.status).sort()).toEqual([200, 409])
    expect(assetsOf("I")).toHaveLength(7)
  })

  it("is told which assets another publication moved, and rebuilds", async () => {
    const source = { source: "同一来源" }
    const first = await deliver("甲", network("J", 4), source)
    const second = await deliver(
      "乙",
      network("J", 4, () => ({ material: "PE" })),
      source,
    )
    const sets = [await submit(first), await submit(second)]
    const answers = await Promise.all([decide(leader, sets[0], "approve"), decide(admin, sets[1], "approve")])
    expect(answers.map((x) => x.status).sort()).toEqual([200, 409])
    const lost = answers[0]!.status === 409 ? 0 : 1
    expect(answers[lost]!.json.code).toBe("changes-moved")
    expect(answers[lost]!.json.value).toHaveLength(7)
    expect(assetsOf("J")).toHaveLength(7)

    await city.ask(analyst, "POST", `/api/census/changes/${sets[lost].id}/rebuild`)
    await city.staging.now.idle()
    const [rebuilt] = (await delivery([first, second][lost]!)).change_sets
    expect(rebuilt.counts).toMatchObject({ added: 0, changed: 3, unchanged: 4 })
    expect((await decide(leader, rebuilt, "approve")).status).toBe(200)

    const undo = await decide(leader, sets[1 - lost], "undo", { reason: "x" })
    expect([undo.status, undo.json.code]).toEqual([409, "changes-touched"])
    const later = await decide(leader, rebuilt, "undo", { reason: "先撤后来的" })
    expect(later.status, later.text).toBe(200)
    expect(assetsOf("J")).toHaveLength(7)
  })
})

describe("the same again", () => {
  it("changes nothing, and says where it was published", async () => {
    const id = await deliver("首次", network("K", 4), { source: "K" })
    await publish(id)
    const again = await deliver("重复", network("K", 4), { source: "K" })
    const submitted = await does(again, "submit")
    expect(submitted.status).toBe("checked")
    expect(submitted.change_sets[0]).toMatchObject({ status: "empty", counts: { added: 0, changed: 0, unchanged: 7 } })
    expect(submitted.same_as).toMatchObject({ id, name: "首次" })
  })

  it("ends what a complete delivery lacks, but nothing that waits for a correction", async () => {
    const id = await deliver("全量一", network("L", 8), { source: "L" })
    await publish(id)
    const shorter = network("L", 6, (i) => (i === 1 ? { appurtenance: "阀门" } : {}))
    const next = await deliver("全量二", shorter, { source: "L", complete: true })
    const set = await publish(next)
    // Two points and two lines are gone; the last point became an end; one point and its two lines wait.
    expect(set.counts).toMatchObject({ added: 0, changed: 1, ended: 4, held: 3, kept: 0 })
    expect(assetsOf("L")).toHaveLength(11)
    const undone = await decide(leader, set, "undo", { reason: "r" })
    expect(undone.status, undone.text).toBe(200)
    expect(assetsOf("L")).toHaveLength(15)
  })

  it("keeps every attribute's past with its source and accuracy", async () => {
    const accuracy = { position_m: 0.05, depth_m: 0.15 }
    const [then, now] = [Date.UTC(2020, 0, 1), Date.UTC(2025, 0, 1)]
    await publish(await deliver("旧测", network("M", 4), { source: "M", accuracy, valid_from: then }))
    const newer = network("M", 4, () => ({ material: "PE" }))
    const set = await publish(await deliver("新测", newer, { source: "M", valid_from: now }))
    expect(set.counts).toMatchObject({ changed: 3, unchanged: 4 })
    const line = assetsOf("M").find((asset) => asset.geometry.type === "LineString")!
    const spans = (await city.ask(leader, "GET", `/api/census/assets/${line.id}/history`)).json
    const of = (attribute: string) => spans.filter((span: { attribute: string }) => span.attribute === attribute)
    expect(of("material")).toMatchObject([
      { file: "旧测", accuracy, valid_from: then, valid_to: now },
      { file: "新测", accuracy: null, valid_from: now, valid_to: null },
    ])
    expect(of("diameter_mm")).toMatchObject([{ file: "旧测", value: 200, valid_to: null }])
    const rows = (await city.ask(leader, "GET", `/api/census/changes/${set.id}/rows?action=change`)).json
    expect(rows.items[0].fields).toEqual(["material"])
  })
})

it("ends a check that a person cancels, and keeps what is staged", async () => {
  const id = await deliver("取消", network("O", 6, three_faults))
  const held = await city.holdTable("census_issue")
  await city.ask(analyst, "POST", url(id, "/check"))
  await held.wanted()
  expect((await city.ask(analyst, "POST", url(id, "/check"))).json.code).toBe("delivery-checking")
  const cancelled = await city.ask(analyst, "POST", url(id, "/cancel"))
  expect(cancelled.json).toMatchObject({ status: "cancelled", progress: null })
  await held.release()
  await city.staging.now.idle()
  expect((await city.ask(analyst, "POST", url(id, "/cancel"))).json.code).toBe("delivery-idle")
  expect(await issues(id)).toEqual([])
  expect((await delivery(id)).files).toHaveLength(2)
  expect((await does(id, "check")).status).toBe("checked")
})

it("shows a delivery to its own organisation and to who may see everything", async () => {
  await city.organisation(1)
  const made = await city.ask(outsider, "POST", "/api/census/deliveries", { name: "外单位" })
  const id = made.json.id as number
  expect((await city.ask(outsider, "GET", url(id))).status).toBe(200)
  expect((await city.ask(analyst, "GET", url(id))).status).toBe(200)
  const other = await city.ask(analyst, "POST", "/api/census/deliveries", { name: "内部" })
  expect((await city.ask(outsider, "GET", url(other.json.id))).status).toBe(404)
  expect((await city.ask(outsider, "POST", url(other.json.id, "/check"))).status).toBe(404)
  const list = (await city.ask(outsider, "GET", "/api/census/deliveries")).json.items
  expect(list.map((d: { id: number }) => d.id)).toEqual([id])
})

describe("a stop in the middle", () => {
  it("of a publication leaves the census as it was", async () => {
    const set = await submit(await deliver("断电", network("P", 6)))
    const tables = ["census_asset", "census_asset_version", "census_batch"]
    const before = await Promise.all(tables.map(city.count))
    city.breakNext()
    expect((await decide(leader, set, "approve")).status).toBe(500)
    city.failures.length = 0
    expect(await Promise.all(tables.map(city.count))).toEqual(before)
    expect((await city.ask(leader, "GET", `/api/census/changes/${set.id}`)).json.status).toBe("proposed")
    expect((await decide(leader, set, "approve")).status).toBe(200)
    expect(assetsOf("P")).toHaveLength(11)
  })

  it("of a check keeps what was there and begins again at the next start", async () => {
    const id = await deliver("中断", network("N", 6, three_faults))
    await does(id, "check")
    const before = await issues(id)
    await city.ask(analyst, "POST", url(id, "/corrections"), {
      corrections: [{ file: "JSPOINT.csv", name: "JSPOINT", row: before[0].row, field: "appurtenance", value: "" }],
    })
    // The worker has written its issues and waits to write the change set, in one transaction.
    const held = await city.holdTable("census_change_set")
    await city.ask(analyst, "POST", url(id, "/submit"))
    await held.wanted()
    await city.staging.now.stop()
    await held.release()
    const stopped = await delivery(id)
    expect(stopped).toMatchObject({ status: "checking", progress: { phase: "waiting" }, change_sets: [] })
    expect((await issues(id)).map((i: { id: number }) => i.id)).toEqual(before.map((i: { id: number }) => i.id))

    city.restart()
    await city.staging.now.idle()
    const done = await delivery(id)
    expect(done.status).toBe("submitted")
    expect(done.counts).toEqual({ "feature-xor-appurtenance": 2 })
  })
})
