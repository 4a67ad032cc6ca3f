/** Who may see and do what (CONTRACTS §6): every route, every role, and the borders of a scope. */
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { may, type Permission, permissions, type Role, roles } from "../model/index.ts"
import type { Route } from "../platform/http/index.ts"
import { type Answer, type City, type Client, password, person, startCity } from "./city.ts"
import { until } from "./processes.ts"

const organisations = [
  { code: "centre", name: { zh: "监测中心", en: "Centre" }, kind: "centre" },
  { code: "water", name: { zh: "自来水公司", en: "Water Company" }, kind: "owner" },
  { code: "gas", name: { zh: "燃气公司", en: "Gas Company" }, kind: "owner" },
  { code: "gas-2", name: { zh: "第二燃气公司", en: "Second Gas Company" }, kind: "owner" },
]
const own = { organisations: [] }
const gas_only = { lifelines: ["gas"] }
/** People of the gas company, and people of the centre who are given gas alone. */
const gas_people = [
  person("gas", "owner_dispatcher", "gas", own),
  person("gas-crew", "field_crew", "gas", own),
  person("gas-analyst", "analyst", "centre", gas_only),
  person("gas-leader", "duty_leader", "centre", gas_only),
  person("gas-regulator", "regulator", "centre", gas_only),
]
const people = [
  ...roles.map((role) => person(`all-${role}`, role, "centre")),
  person("duty", "duty_officer", "centre"),
  person("water", "owner_dispatcher", "water", own),
  person("locked", "analyst", "centre"),
  ...gas_people,
]

// Every code of the water network carries this word, so that a leak shows wherever it is.
const secret = "WSECRET"
// The same for a second company of the gas lifeline.
const other = "GASOTHER"
const inp = `[JUNCTIONS]
 ${secret}J1 10 1
 ${secret}J2 11 1
[RESERVOIRS]
 ${secret}R 50
[PIPES]
 ${secret}P1 ${secret}R ${secret}J1 300 300 130 0 Open ;material=CI year=1980 name=人民路
 ${secret}P2 ${secret}J1 ${secret}J2 200 150 120 0 Open ;material=PE year=2009
[OPTIONS]
 Units CMH
[COORDINATES]
 ${secret}J1 0 0
 ${secret}J2 200 0
 ${secret}R -100 0
[END]
`
const origin: [number, number] = [117, 31]
const feature = (kind: string, code: string, geometry: object, attributes = {}) => ({
  type: "Feature",
  properties: { kind, code, attributes },
  geometry,
})
const geojson = JSON.stringify({
  type: "FeatureCollection",
  features: [
    feature(
      "gas_pipe",
      "GAS-PIPE-1",
      {
        type: "LineString",
        coordinates: [
          [117.05, 31.001],
          [117.052, 31.001],
        ],
      },
      { material: "ST", installed_year: 1990, diameter_mm: 200 },
    ),
    feature("well", "GAS-WELL-1", { type: "Point", coordinates: [117.051, 31.0011] }),
    // Beside the first well stands the network of another company.
    feature("well", `${other}-WELL`, { type: "Point", coordinates: [117.0511, 31.0012] }, { owner: "gas-2" }),
    feature(
      "gas_pipe",
      `${other}-PIPE`,
      {
        type: "LineString",
        coordinates: [
          [117.0505, 31.0012],
          [117.0515, 31.0012],
        ],
      },
      { material: "ST", diameter_mm: 100, owner: "gas-2" },
    ),
    feature("well", "GAS-WELL-2", { type: "Point", coordinates: [117.0005, 31.0001] }),
  ],
})
const methane = [{ indicator: "methane_vol_pct", unit: "%VOL", interval_ms: 10_000, value_kind: "instant" }]
const gas_devices = {
  devices: [1, 2]
    .map((n) => ({
      code: `GAS-METHANE-${n}`,
      name: `甲烷 ${n}`,
      kind: "methane",
      asset_code: `GAS-WELL-${n}`,
      points: methane,
    }))
    .concat({
      code: `${other}-METHANE`,
      name: "另一家",
      kind: "methane",
      asset_code: `${other}-WELL`,
      points: methane,
    }),
}
const water_device = `pressure-${secret}J1`
const begin = Date.UTC(2026, 10, 20)

/** Ids of one lifeline's things, as the centre sees them. */
type Things = {
  asset: number
  device: number
  point: number
  alarm: number
  warning: number
  order: number
  photo: string
  area: number | null
  codes: string[]
}

let city: City
let routes: Route[]
let water: Things
let gas: Things
let minute = 0

beforeAll(async () => {
  city = await startCity({ organisations, people })
  expect(
    (
      await city.take({
        file_name: "water.inp",
        text: inp,
        companion: { pressure_sensors: { ids: [`${secret}J1`, `${secret}J2`], interval_s: 60 } },
        origin,
      })
    ).status,
  ).toBe(200)
  expect((await city.take({ file_name: "gas.geojson", text: geojson, companion: gas_devices })).status).toBe(200)
  // An import gives its instruments to one company; this one belongs to the other.
  const { app, stages } = city.running()
  await sql`update monitoring_device set owner_id = (select id from access_organisation where code = 'gas-2')
    where code = ${`${other}-METHANE`}`.execute(app.sql.db)
  await stages.monitoring.reload()
  for (let i = 0; i < 16; i++) await step(5, 3)
  water = await incident("water", "water", `${water_device}`)
  gas = await incident("gas", "gas", "GAS-METHANE-1")
  // A gas alarm beside the pipe that lost its pressure: the desk sees both as one group.
  for (let i = 0; i < 6; i++) {
    await step(5, 3)
    await city.send("gas", begin + minute * 60_000, { "GAS-METHANE-2": { methane_vol_pct: 3 } })
  }
  // Something of the water company's gateway that is refused.
  await city.send("water", begin + minute * 60_000, { [water_device]: { [`${secret}_unknown`]: 1 } })
  routes = city.running().app.http.routes
}, 120_000)
afterAll(() => city?.close(), 30_000)

/** One minute of city time with one reading of each network. */
async function step(pressure_m: number, methane_vol_pct: number) {
  const time = begin + ++minute * 60_000
  await city.tick(time)
  await city.send("water", time, { [water_device]: { pressure_m } })
  await city.send("gas", time, { "GAS-METHANE-1": { methane_vol_pct } })
}

/** Takes a lifeline's alarm through warning to a work order with a photo, and collects the ids on the way. */
async function incident(lifeline: string, dispatcher: string, device: string): Promise<Things> {
  const [duty, leader, owner] = [await city.as("duty"), await city.as("all-duty_leader"), await city.as(dispatcher)]
  const alarm = await until(
    async () => (await leader.get(`/api/warning/alarms?lifeline=${lifeline}`)).body.items[0],
    20_000,
    () => `no alarm of ${lifeline} came`,
  )
  done(await duty.post(`/api/warning/alarms/${alarm.id}/confirm`))
  const content = done(await duty.get(`/api/warning/alarms/${alarm.id}/draft`))
  const warning = done(await duty.post("/api/warning/warnings", { alarm_id: alarm.id, content }))
  done(await duty.post(`/api/warning/warnings/${warning.id}/submit`))
  const issued = done(await leader.post(`/api/warning/warnings/${warning.id}/issue`))
  const order = issued.orders[0]
  const photo = await fetch(`${city.running().url}/api/response/orders/${order.id}/photos`, {
    method: "POST",
    headers: { ...owner.headers, "content-type": "image/png" },
    // A PNG of one point; the trailing byte makes each lifeline's photo another file.
    body: Buffer.concat([
      Buffer.from(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        "base64",
      ),
      Buffer.from(lifeline),
    ]),
  })
  expect(photo.status, await photo.clone().text()).toBe(200)
  const devices = done(await leader.get(`/api/monitoring/devices?lifeline=${lifeline}&q=${device}`)).items
  const points = done(await leader.get(`/api/monitoring/points?lifeline=${lifeline}&q=${device}`)).items
  const assets = done(await leader.get(`/api/census/assets?lifeline=${lifeline}`)).items
  const areas = done(await leader.get("/api/census/areas")).filter((a: { lifeline: string }) => a.lifeline === lifeline)
  const assessed = done(await leader.get(`/api/risk/register?lifeline=${lifeline}`)).items
  return {
    asset: assessed[0]?.asset_id ?? assets[0].id,
    device: devices[0].id,
    point: points[0].id,
    alarm: alarm.id,
    warning: warning.id,
    order: order.id,
    photo: ((await photo.json()) as { hash: string }).hash,
    area: areas[0]?.id ?? null,
    codes: [alarm.code, issued.code, order.code].filter((code) => typeof code === "string"),
  }
}

function done(answer: Answer) {
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

/** The tile of zoom 10 in which both networks lie. */
const tile = (() => {
  const n = 2 ** 10
  const lat = (31 * Math.PI) / 180
  return `10/${Math.floor(((117 + 180) / 360) * n)}/${Math.floor(((1 - Math.asinh(Math.tan(lat)) / Math.PI) / 2) * n)}`
})()

/** An address of a route with the ids of one lifeline's things, and the query it cannot do without. */
function addressOf(route: Route, things: Things): string {
  const stage = route.url.split("/").slice(2, 4).join("/")
  const ids: Record<string, unknown> = {
    "census/assets": things.asset,
    "monitoring/devices": things.device,
    "warning/alarms": things.alarm,
    "warning/warnings": things.warning,
    "response/orders": things.order,
  }
  const path = route.url
    .replace(":z/:x/:y", tile)
    .replace(":asset_id", String(things.asset))
    .replace(":hash", things.photo)
    .replace(":format", "pdf")
    .replace(":code", "330100")
    .replace(":grant_id", "999999")
    .replace(":id", String(ids[stage] ?? 999_999))
  const span = `from=${begin}&to=${begin + 86_400_000}`
  const queries: Record<string, string> = {
    "/api/monitoring/latest": `?points=${things.point}`,
    "/api/monitoring/curves": `?points=${things.point}&${span}`,
    "/api/monitoring/arrivals": `?${span}`,
    "/api/supervision/timeline": `?${span}`,
    "/api/supervision/day": "?date=2026-11-20",
    "/api/live": `?points=${things.point}`,
  }
  return path + (queries[route.url] ?? "")
}

/** Asks a route; the stream of live updates is let go as soon as its head is there. */
async function ask(who: Client, route: Route, address: string, body: unknown = {}): Promise<Answer> {
  if (route.url !== "/api/live")
    return who.ask(route.method, address, route.method === "GET" || route.method === "DELETE" ? undefined : body)
  const stop = new AbortController()
  const answer = await fetch(city.running().url + address, { headers: who.headers, signal: stop.signal })
  const text = answer.status === 200 ? "" : await answer.text()
  stop.abort()
  return { status: answer.status, headers: answer.headers, text, body: text ? JSON.parse(text) : null }
}

const nameOf = (route: Route) => `${route.method} ${route.url}`
const lacks = (answer: Answer, permission: string) =>
  answer.status === 403 && answer.body?.code === "forbidden" && answer.body.title.includes(permission)

describe("every route", () => {
  it("names a permission of the table, or is one of the few that answer anybody", () => {
    expect(routes.length).toBeGreaterThan(50)
    const open = routes.filter((r) => r.permission === "public").map(nameOf)
    expect(open.sort()).toEqual([
      "GET /api/city",
      "GET /health",
      "GET /healthz",
      "GET /metrics",
      "GET /ping",
      "POST /api/password",
      "POST /api/session",
      "POST /api/setup",
    ])
    for (const route of routes) {
      expect(route.summary.length, nameOf(route)).toBeGreaterThan(3)
      if (route.permission !== "public") expect(Object.keys(permissions), nameOf(route)).toContain(route.permission)
      if (/:/.test(route.url)) expect(route.params, nameOf(route)).toBeDefined()
    }
    const twice = routes.map(nameOf)
    expect([...new Set(twice)]).toEqual(twice)
  })

  it("answers nobody without a session", async () => {
    for (const route of routes.filter((r) => r.permission !== "public")) {
      for (const who of [city.stranger, city.bearer("mm_wrong")]) {
        const answer = await ask(who, route, addressOf(route, water))
        expect([nameOf(route), answer.status, answer.body?.code]).toEqual([nameOf(route), 401, "not-signed-in"])
      }
    }
  })

  it.each(roles)(
    "lets a %s do what the table says, and nothing else",
    async (role) => {
      const who = await city.as(`all-${role}`)
      const wrong: unknown[] = []
      for (const route of routes) {
        if (route.permission === "public" || nameOf(route) === "DELETE /api/session") continue
        // A body that no handler takes: what is tried here is the door, not the deed.
        const answer = await ask(who, route, addressOf(route, water), { nothing: true })
        const allowed = may(role, route.permission as Permission)
        if (answer.status >= 500 || answer.status === 401 || lacks(answer, route.permission) === allowed)
          wrong.push([nameOf(route), route.permission, answer.status, answer.text.slice(0, 200)])
      }
      expect(wrong).toEqual([])
    },
    60_000,
  )

  it("wants the header x-mingmai for a change with a session, and not for a read or a token", async () => {
    const { cookie } = (await city.as("all-analyst")).headers
    for (const route of routes.filter((r) => r.permission !== "public" && r.method !== "GET")) {
      const answer = await city.stranger.ask(route.method, addressOf(route, water), {}, { cookie: cookie! })
      expect([nameOf(route), answer.status, answer.body?.code]).toEqual([nameOf(route), 403, "no-csrf-header"])
    }
    expect((await city.stranger.ask("GET", "/api/session", undefined, { cookie: cookie! })).status).toBe(200)
  })
})

describe("the border of a scope", () => {
  const reads = () => routes.filter((r) => r.method === "GET" && r.permission !== "public" && r.url !== "/api/live")
  const held = (login: string, route: Route) => {
    const { grants } = people.find((p) => p.login === login)!
    return route.permission !== "public" && grants.some((g) => may(g.role as Role, route.permission as Permission))
  }
  const leaks = (text: string, login = "") => {
    const own_only = login === "gas" || login === "gas-crew"
    return [secret, ...water.codes, ...(own_only ? [other] : [])].filter((word) => text.includes(word))
  }
  const with_id = /:id|:asset_id|:hash/

  it.each(gas_people.map((p) => p.login))(
    "%s finds nothing of the water company in any list, tile or export",
    async (login) => {
      const [who, leader] = [await city.as(login), await city.as("all-duty_leader")]
      const analyst = await city.as("all-analyst")
      let seen_by_centre = 0
      for (const route of reads().filter((r) => held(login, r) && !with_id.test(r.url))) {
        const plain = addressOf(route, gas)
        for (const address of [plain, `${plain}${plain.includes("?") ? "&" : "?"}format=csv&limit=500&state=all&q=`]) {
          const answer = await ask(who, route, address)
          expect(answer.status, `${address} ${answer.text}`).toBeLessThan(500)
          expect([address, leaks(answer.text, login)]).toEqual([address, []])
          const control = await ask(held("all-duty_leader", route) ? leader : analyst, route, address)
          if (control.status === 200 && leaks(control.text).length > 0) seen_by_centre++
        }
      }
      // The same addresses do show the water network to who may see it: the search above can find something.
      expect(seen_by_centre).toBeGreaterThan(8)
    },
    60_000,
  )

  it.each(gas_people.map((p) => p.login))("%s is told that the water company's things do not exist", async (login) => {
    const who = await city.as(login)
    const tried: string[] = []
    const wrong: unknown[] = []
    for (const route of routes.filter((r) => held(login, r))) {
      const address = addressOf(route, water)
      if (
        address === addressOf(route, gas) ||
        route.url === "/api/live" ||
        /^\/api\/(access|operate|session)/.test(route.url)
      )
        continue
      tried.push(nameOf(route))
      const answer = await ask(who, route, address, plausible(route))
      if (answer.status !== 404) wrong.push([nameOf(route), answer.status, answer.text.slice(0, 200)])
    }
    expect(wrong).toEqual([])
    expect(tried.length).toBeGreaterThan(8)
  })

  it("shows no neighbour and no pipe of another company beside its own alarm", async () => {
    const address = `/api/warning/alarms/${gas.alarm}`
    const control = done(await (await city.as("all-duty_leader")).get(address))
    expect(control.neighbours.map((n: { device_code: string }) => n.device_code)).toContain(`${other}-METHANE`)
    expect(control.suspects.map((s: { code: string }) => s.code)).toContain(`${other}-PIPE`)
    for (const login of ["gas", "gas-crew"]) {
      const answer = await (await city.as(login)).get(address)
      expect([answer.status, leaks(answer.text, login)]).toEqual([200, []])
      expect(answer.body.suspects.map((s: { code: string }) => s.code)).toContain("GAS-PIPE-1")
    }
  })

  it("names no gas alarm in the group of a water alarm to the water company, nor the other way round", async () => {
    const leader = await city.as("all-duty_leader")
    const beside = await until(
      async () => {
        const { items } = (await leader.get("/api/warning/alarms?lifeline=gas&state=all")).body
        return items.find((a: { id: number }) => a.id !== gas.alarm)
      },
      10_000,
      "no second gas alarm came",
    )
    const members = (answer: Answer) => done(answer).members.map((m: { id: number }) => m.id)
    expect(members(await leader.get(`/api/warning/alarms/${water.alarm}`))).toContain(beside.id)
    expect(members(await (await city.as("water")).get(`/api/warning/alarms/${water.alarm}`))).toEqual([])
    for (const { login } of gas_people) {
      const answer = await (await city.as(login)).get(`/api/warning/alarms/${beside.id}`)
      expect([login, answer.status, leaks(answer.text)]).toEqual([login, 200, []])
    }
  })

  it("shows the gas company its own things by the same addresses", async () => {
    const who = await city.as("gas")
    for (const route of reads().filter((r) => held("gas", r) && addressOf(r, water) !== addressOf(r, gas))) {
      const answer = await ask(who, route, addressOf(route, gas))
      expect([nameOf(route), answer.status]).toEqual([nameOf(route), 200])
    }
  })

  it("tells no live viewer of changes and readings beyond its scope", async () => {
    const stop = new AbortController()
    const who = await city.as("gas")
    const answer = await fetch(`${city.running().url}/api/live?points=${water.point},${gas.point}`, {
      headers: who.headers,
      signal: stop.signal,
    })
    let heard = ""
    const reading = (async () => {
      for await (const chunk of answer.body!) heard += Buffer.from(chunk).toString()
    })().catch(() => {
      // The viewer leaves by aborting, which ends the stream with an error.
    })
    await until(() => heard.includes("event: clock"), 5000, "no clock came")
    // Something happens to both companies.
    const duty = await city.as("duty")
    for (const order of [water.order, gas.order]) done(await duty.post(`/api/response/orders/${order}/urge`))
    for (const order of [water.order, gas.order])
      done(await duty.post(`/api/response/orders/${order}/note`, { note: "请尽快" }))
    await step(5, 3)
    await until(
      () => heard.includes(`"kind":"order","id":${gas.order}`) && heard.includes(`"point":${gas.point}`),
      10_000,
      () => `the gas company heard only: ${heard}`,
    )
    stop.abort()
    await reading
    expect(heard).not.toContain(`"kind":"order","id":${water.order}`)
    expect(heard).not.toContain(`"kind":"alarm","id":${water.alarm}`)
    expect(heard).not.toContain(`"point":${water.point},`)
    expect(leaks(heard)).toEqual([])
  }, 30_000)

  it("gives no report of the whole city to who sees a part of it", async () => {
    const who = await city.as("gas-regulator")
    for (const address of ["/api/supervision/reports", "/api/supervision/reports/1/pdf"])
      expect((await who.get(address)).status).toBe(403)
    expect((await who.post("/api/supervision/reports", { date: "2026-11-20" })).status).toBe(403)
  })
})

/** A body with which the deed itself would be possible. */
function plausible(route: Route): unknown {
  if (route.url === "/api/warning/warnings")
    return {
      alarm_id: water.alarm,
      content: { severity: 3, title: "t", text: "t", measures: "", radius_m: 10, owner_id: 1 },
    }
  return { note: "说明", reason: "maintenance", minutes: 5 }
}

describe("sessions, tokens and administrations", () => {
  it("locks an account after five wrong passwords, also for the right one", async () => {
    const sign = (word: string) => city.stranger.post("/api/session", { login: "locked", password: word })
    for (let i = 0; i < 5; i++) expect((await sign("wrong")).body.code).toBe("bad-credentials")
    expect([(await sign(password)).status, (await sign("wrong")).body.code]).toEqual([423, "locked"])
    // A name that does not exist is answered as a wrong password is.
    expect((await city.stranger.post("/api/session", { login: "nobody", password: "x" })).body.code).toBe(
      "bad-credentials",
    )
  })

  it("shows a token once, and refuses it when it is revoked", async () => {
    const security = await city.as("all-security_administrator")
    const scope = { organisations: "all", lifelines: ["gas"], areas: "all" }
    const { id, token } = done(await security.post("/api/access/tokens", { name: "对接", role: "integrator", scope }))
    const who = city.bearer(token)
    expect((await who.get("/api/warning/alarms")).text).not.toContain(secret)
    expect((await who.get(`/api/warning/alarms/${water.alarm}`)).status).toBe(404)
    expect((await who.get("/api/response/orders")).body.code).toBe("forbidden")
    expect((await security.get("/api/access/tokens")).text).not.toContain(token)
    done(await security.ask("DELETE", `/api/access/tokens/${id}`))
    expect((await who.get("/api/warning/alarms")).status).toBe(401)
  })

  it("never joins system, security and audit administration in one person", async () => {
    const security = await city.as("all-security_administrator")
    const everything = { organisations: "all", lifelines: "all", areas: "all" }
    const separate = ["administrator", "security_administrator", "auditor"]
    for (const first of separate) {
      const users = done(await security.get(`/api/access/users?q=all-${first}`)).items
      const user = users.find((u: { login: string }) => u.login === `all-${first}`)
      for (const second of separate.filter((role) => role !== first)) {
        const answer = await security.post(`/api/access/users/${user.id}/grants`, { role: second, scope: everything })
        expect([first, second, answer.status, answer.body.code]).toEqual([first, second, 409, "separation-of-duties"])
      }
    }
    for (const role of roles) expect(separate_powers.filter((p) => may(role, p)).length).toBeLessThanOrEqual(1)
  })

  it("keeps a session over a restart, and ends it at signing out", async () => {
    const who = await city.as("all-auditor")
    await city.restart()
    expect((await who.get("/api/session")).body.login).toBe("all-auditor")
    expect((await (await city.as("gas")).get(`/api/warning/alarms/${water.alarm}`)).status).toBe(404)
    done(await who.ask("DELETE", "/api/session"))
    expect((await who.get("/api/session")).status).toBe(401)
  }, 60_000)
})

const separate_powers: Permission[] = ["settings.write", "access.write", "audit.read"]
