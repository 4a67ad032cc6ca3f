/**
 * A lifeline that the product has never heard of: elevators, in a folder outside the repository. It goes the whole way,
 * from its own file into the census to a closed work order, and nothing of the product is changed for it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { type Answer, type City, person, startCity } from "./city.ts"
import { until } from "./processes.ts"

/** What a city writes: data, and one function that reads its own register. No import of the product's code. */
const elevators = `
const words = (zh, en) => ({ zh, en })
const minutes = (n) => n * 60_000
const playbook = (on, n) => ({
  on, steps: [words("停梯，安抚被困人员", "Stop the lift and reassure those inside"), words("排除故障后复测", "Repair and measure again")],
  accept_ms: minutes(n), arrive_ms: minutes(2 * n), handle_ms: minutes(4 * n), report_ms: minutes(4 * n),
})
export default {
  contract: 1,
  id: "elevator",
  name: words("电梯", "Elevators"),
  class_code: "QT",
  symbol: "elevator",
  maturity: "sketch",
  assets: [{
    kind: "elevator_car", name: words("轿厢", "Car"), geometry: "point", symbol: "station",
    attributes: [
      { id: "maker", name: words("制造单位", "Maker"), type: "text" },
      { id: "installed_year", name: words("投用年份", "In use since"), type: "integer", min: 1900, max: 2100 },
      { id: "floors", name: words("层站数", "Floors"), type: "integer", min: 2, max: 200 },
    ],
  }],
  indicators: [{ id: "motor_temperature_degc", name: words("曳引机温度", "Motor temperature"), dimension: "temperature", unit: "degC", min: -40, max: 200, decimals: 1 }],
  thresholds: [{
    id: "motor-hot", version: 1, indicator: "motor_temperature_degc", direction: "above",
    levels: [{ severity: 3, limit: 80 }, { severity: 2, limit: 100 }], hold_ms: 60_000, deadband: 5,
    title: words("曳引机温度过高", "Motor too hot"), source: words("可编辑默认值", "Editable default"),
  }],
  detectors: [],
  risks: [{
    id: "age", version: 1, name: words("电梯老化", "Ageing"), asset_kind: "elevator_car",
    factors: [
      { id: "age", name: words("使用年限", "Age"), side: "likelihood", weight: 1,
        mark: (a, now) => { const y = a.installed_year; const age = typeof y === "number" ? new Date(now).getUTCFullYear() - y : null
          return { mark: age === null ? null : Math.min(10, age / 3), input: y ?? null, words: words(age + " 年", age + " years") } } },
      { id: "floors", name: words("层站数", "Floors"), side: "consequence", weight: 1,
        mark: (a) => ({ mark: typeof a.floors === "number" ? Math.min(10, a.floors / 4) : null, input: a.floors ?? null, words: words("层站", "floors") }) },
    ],
    bands: [60, 30, 10], source: words("示例", "Example"),
  }],
  playbooks: [playbook(1, 5), playbook(2, 10), playbook(3, 20), playbook(4, 60)],
  imports: [{
    extension: "json", name: words("电梯台账", "Register of elevators"),
    read(text) {
      const problems = []
      const cars = JSON.parse(text).elevators.filter((car, i) => {
        const fits = Number.isFinite(car.lon) && Number.isFinite(car.lat)
        if (!fits) problems.push({ line: i + 1, field: "lon", value: String(car.lon), words: words("缺少位置", "The place is missing"), blocks: false })
        return fits
      })
      return {
        assets: cars.map((car) => ({ kind: "elevator_car", source_id: car.number, code: car.number, name: car.name, geometry: { type: "Point", coordinates: [car.lon, car.lat] }, attributes: { maker: car.maker, installed_year: car.year, floors: car.floors }, original: car })),
        devices: cars.map((car) => ({ code: "motor-" + car.number, name: car.name, kind: "thermometer", asset_code: car.number, points: [{ indicator: "motor_temperature_degc", unit: "degC", interval_ms: 60_000, value_kind: "instant" }] })),
        areas: [], schematic: false, problems,
      }
    },
  }],
}
`
const register = JSON.stringify({
  elevators: [
    { number: "E-001", name: "市民中心 1 号梯", lon: 117.01, lat: 31.01, maker: "华东电梯厂", year: 1996, floors: 18 },
    { number: "E-002", name: "市民中心 2 号梯", lon: 117.012, lat: 31.01, maker: "华东电梯厂", year: 2019, floors: 18 },
    { number: "E-003", name: "位置不明", maker: "?", year: 2001, floors: 6 },
  ],
})
const begin = Date.UTC(2026, 10, 20, 1)

let outside: string
let city: City
beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), "mingmai-test-elevator-"))
  mkdirSync(join(outside, "elevator"))
  writeFileSync(join(outside, "elevator", "index.js"), elevators)
  writeFileSync(join(outside, "elevator", "package.json"), `{ "type": "module" }`)
  city = await startCity({
    organisations: [
      { code: "centre", name: { zh: "监测中心", en: "Centre" }, kind: "centre" },
      { code: "elevator", name: { zh: "电梯维保公司", en: "Elevator Company" }, kind: "owner" },
    ],
    people: [
      person("admin", "administrator", "centre"),
      person("duty", "duty_officer", "centre"),
      person("leader", "duty_leader", "centre"),
      person("crew", "field_crew", "elevator", { organisations: [] }),
    ],
    flags: ["--lifelines-extra", join(outside, "elevator")],
  })
}, 60_000)
afterAll(async () => {
  await city?.close()
  rmSync(outside, { recursive: true, force: true })
}, 30_000)

const done = (answer: Answer) => {
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

it("declares itself: kinds, indicators, limits and rules come from its value", async () => {
  const admin = await city.as("admin")
  const declared = done(await admin.get("/api/lifelines")).find((l: { id: string }) => l.id === "elevator")
  expect(declared).toMatchObject({ name: { zh: "电梯", en: "Elevators" }, maturity: "sketch" })
  expect(declared.assets.map((a: { kind: string }) => a.kind)).toEqual(["elevator_car"])
  expect(declared.indicators[0]).toMatchObject({ id: "motor_temperature_degc", unit: "degC" })
  expect(declared.rules.map((r: { rule: string }) => r.rule)).toEqual(["elevator.motor-hot"])
})

it("takes its own file into the census, with attributes, devices, risk and a map tile", async () => {
  const taken = done(await city.take({ file_name: "elevators.json", text: register }))
  expect(taken).toMatchObject({ lifeline: "elevator", assets: 2, devices: 2 })
  expect(taken.problems).toHaveLength(1)
  const duty = await city.as("leader")
  const { items } = done(await duty.get("/api/census/assets?lifeline=elevator"))
  expect(items.map((a: { code: string }) => a.code).sort()).toEqual(["E-001", "E-002"])
  const car = done(await duty.get(`/api/census/assets/${items.find((a: { code: string }) => a.code === "E-001").id}`))
  expect(car.attributes).toContainEqual({ id: "floors", name: { zh: "层站数", en: "Floors" }, value: 18, unit: null })
  expect(car.attributes).toContainEqual({
    id: "maker",
    name: { zh: "制造单位", en: "Maker" },
    value: "华东电梯厂",
    unit: null,
  })
  const risks = done(await duty.get("/api/risk/register?lifeline=elevator")).items
  expect(risks.map((r: { code: string }) => r.code)).toContain("E-001")
  const n = 2 ** 12
  const y = Math.floor(((1 - Math.asinh(Math.tan((31.01 * Math.PI) / 180)) / Math.PI) / 2) * n)
  const tile = await duty.get(`/api/map/census/12/${Math.floor(((117.01 + 180) / 360) * n)}/${y}.mvt`)
  expect([tile.status, tile.text.includes("elevator_car")]).toEqual([200, true])
  const devices = done(await (await city.as("admin")).get("/api/monitoring/devices?lifeline=elevator")).items
  expect(devices.map((d: { code: string }) => d.code).sort()).toEqual(["gw-elevator", "motor-E-001", "motor-E-002"])
})

it("goes from a reading at the MQTT door to a closed work order", async () => {
  const [duty, leader, crew] = [await city.as("duty"), await city.as("leader"), await city.as("crew")]
  let minute = 0
  const minutePasses = async (hot: number) => {
    const time = begin + ++minute * 60_000
    await city.tick(time)
    await city.send("elevator", time, {
      "motor-E-001": { motor_temperature_degc: hot },
      "motor-E-002": { motor_temperature_degc: 41 },
    })
  }
  for (let i = 0; i < 5; i++) await minutePasses(88.5)
  const open = async () => done(await duty.get("/api/warning/alarms?lifeline=elevator")).items
  const [alarm, ...others] = await until(
    async () => {
      const found = await open()
      return found.length > 0 ? found : null
    },
    15_000,
    "the limit raised no alarm",
  )
  expect(others).toEqual([])
  expect(alarm).toMatchObject({
    rule: "elevator.motor-hot",
    severity: 3,
    code: "E-001",
    value: { amount: 88.5, unit: "degC" },
    owner: { zh: "电梯维保公司" },
  })
  const view = done(await duty.get(`/api/warning/alarms/${alarm.id}`))
  expect(view.rule_name).toEqual({ zh: "曳引机温度过高", en: "Motor too hot" })
  expect(view.steps[0].zh).toBe("停梯，安抚被困人员")

  done(await duty.post(`/api/warning/alarms/${alarm.id}/confirm`))
  const content = done(await duty.get(`/api/warning/alarms/${alarm.id}/draft`))
  const warning = done(await duty.post("/api/warning/warnings", { alarm_id: alarm.id, content }))
  done(await duty.post(`/api/warning/warnings/${warning.id}/submit`))
  expect((await duty.post(`/api/warning/warnings/${warning.id}/issue`)).status).toBe(403)
  const issued = done(await leader.post(`/api/warning/warnings/${warning.id}/issue`))
  expect(issued.state).toBe("issued")

  const order = `/api/response/orders/${issued.orders[0].id}`
  expect(done(await crew.get("/api/response/orders?state=mine")).items).toHaveLength(1)
  for (const action of ["accept", "arrive", "handle"]) done(await crew.post(`${order}/${action}`, {}))
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  )
  const photo = await fetch(`${city.running().url}${order}/photos`, {
    method: "POST",
    headers: { ...crew.headers, "content-type": "image/png" },
    body: png,
  })
  expect(photo.status, await photo.text()).toBe(200)
  done(await crew.post(`${order}/report`, { note: "更换轴承，温度恢复" }))
  // The re-measurement decides: it is hot until readings say otherwise.
  expect((await duty.post(`${order}/recheck`)).body.code).toBe("not-normal")
  for (let i = 0; i < 6; i++) await minutePasses(45)
  await until(
    async () => done(await duty.get(order)).actions.includes("recheck"),
    15_000,
    "the re-measurement did not become normal",
  )
  done(await duty.post(`${order}/recheck`))
  expect(done(await duty.post(`${order}/close`)).state).toBe("closed")

  const why = done(await leader.get(`/api/warning/warnings/${warning.id}/why`))
  expect(why.lines.length).toBeGreaterThan(8)
  done(await leader.post(`/api/warning/warnings/${warning.id}/lift`, { note: "已处置" }))
  expect(await open()).toEqual([])
}, 60_000)

it("keeps a value of an indicator that nobody has registered for adoption, and takes it in when somebody does", async () => {
  await city.tick(begin + 20 * 60_000)
  await city.send("elevator", begin + 20 * 60_000, { "motor-E-001": { humidity_pct: 5 }, "motor-new": { speed: 4 } })
  const leader = await city.as("leader")
  const { items } = done(await leader.get("/api/monitoring/unknown"))
  expect(items.map((i: { device: string; registered: boolean }) => [i.device, i.registered]).sort()).toEqual([
    ["motor-E-001", true],
    ["motor-new", false],
  ])
  const [known] = done(await leader.get("/api/monitoring/points?lifeline=elevator")).items
  const adopted = done(
    await city.command.post("/api/monitoring/unknown/motor-new/adopt", {
      lifeline: "elevator",
      indicators: [{ from: "speed", to: known.indicator }],
    }),
  )
  expect(adopted).toMatchObject({ readings: 1, refused: 0 })
  const points = done(await leader.get("/api/monitoring/points?lifeline=elevator&q=motor-new")).items
  expect(points[0]).toMatchObject({ device_code: "motor-new", latest: { value: 4, time: begin + 20 * 60_000 } })
  await city.send("elevator", begin + 20 * 60_000 + 1000, { "motor-new": { [known.indicator]: 3 } })
  expect((done(await leader.get("/api/monitoring/unknown")).items as unknown[]).length).toBe(1)
})
