/** The example clients of the guide, as they stand there, against a running city. */
import { spawn, spawnSync } from "node:child_process"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ImportedCity } from "../../../lifelines/contract.ts"
import { makeTown } from "../../../sim/town/index.ts"
import { type City, startCity } from "../../../test/city.ts"
import { refresh, takeImported } from "../../../wiring/import.ts"

let city: City
let gateway = { code: "", password: "" }
beforeAll(async () => {
  city = await startCity({ organisations: [], people: [], flags: ["--mode", "real"] })
  const { water, origin } = makeTown(7)
  gateway = (await city.take({ file_name: "town.inp", text: water.inp, companion: water.companion, origin })).body
    .gateway
})
afterAll(() => city.close())

async function run(command: string, words: string[], env: Record<string, string> = {}) {
  const child = spawn(command, words, { env: { ...process.env, ...env } })
  let said = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk))
  const code = await new Promise<number | null>((done) => child.once("close", done))
  return { code, said }
}
const door = () => city.running().stages.monitoring.door()!.url
/** A point of the city, and the payload that says a value of it. */
async function pointAndWords(value: number) {
  const { body } = await city.command.get("/api/monitoring/points?lifeline=water&indicator=pressure_m&limit=1")
  const { id, device_code, indicator } = body.items[0]
  return { id, words: JSON.stringify({ [device_code]: { [indicator]: value } }) }
}
const latest = async (id: number) => (await city.command.get(`/api/monitoring/latest?points=${id}`)).body[0]

describe("device.ts", () => {
  const example = (...words: string[]) => run(process.execPath, [join(import.meta.dirname, "device.ts"), ...words])
  it("sends a reading, and it is there", async () => {
    const { id, words } = await pointAndWords(31.4)
    expect(await example(door(), gateway.code, gateway.password, words)).toEqual({
      code: 0,
      said: "acknowledged: durable as readings, or in quarantine\n",
    })
    expect(await latest(id)).toMatchObject({ value: 31.4, quality: [] })
  })
  it("prints why something was refused", async () => {
    const { code, said } = await example(door(), gateway.code, gateway.password, '{"nobody": {"pressure_m": 1}}')
    expect(code).toBe(1)
    expect(said).toContain('"code":"unknown-device"')
  })
  it("says that a password is wrong", async () => {
    const { code, said } = await example(door(), gateway.code, "wrong", "{}")
    expect([code, said]).toEqual([1, "refused: code 4 (4: wrong user name or password)\n"])
  })
})

describe("http.sh", () => {
  const example = (words: string[], env: Record<string, string>) =>
    run("sh", [join(import.meta.dirname, "http.sh"), ...words], { URL: city.running().url, ...env })
  it("sends a value in three ways, and it is there once", async () => {
    const { id, words } = await pointAndWords(0)
    const [[device, values]] = Object.entries(JSON.parse(words)) as [[string, object]]
    const own = { GATEWAY: gateway.code, PASSWORD: gateway.password }
    const { code, said } = await example([device, Object.keys(values)[0]!, "27.25"], own)
    expect([code, said.trim().split("\n").at(-1)]).toEqual([0, "204"])
    expect(said).toContain('"stored":1,"duplicates":0')
    expect(await latest(id)).toMatchObject({ value: 27.25 })
  })
  it("ends with the refusal of curl where the token is wrong", async () =>
    expect((await example(["P-1", "pressure_m", "1"], { TOKEN: "mm_wrong" })).code).toBe(22))
})

describe("blocks.ts", () => {
  it("sends a second of a waveform, and its samples are there", async () => {
    const { app, stages } = city.running()
    const lifeline = app.lifelines.find((l) => l.id === "bridge")!
    const imported: ImportedCity = {
      assets: [
        {
          kind: "bridge",
          source_id: "BR-1",
          code: "BR-1",
          name: "试验桥",
          geometry: {
            type: "LineString",
            coordinates: [
              [117, 31],
              [117.001, 31],
            ],
          },
          attributes: {},
          original: null,
        },
      ],
      devices: [
        {
          code: "B-01",
          name: "测点",
          kind: "accelerometer",
          asset_code: "BR-1",
          points: [{ indicator: "acceleration", unit: "m/s2", interval_ms: 1000, value_kind: "instant" }],
        },
      ],
      areas: [],
      problems: [],
      schematic: false,
    }
    const taken = await takeImported(app, stages, { file_name: "bridge", text: "", by: "test", lifeline, imported })
    await refresh(app, stages)
    const { code: user, password } = taken.gateway
    const file = join(import.meta.dirname, "blocks.ts")
    const time = Date.now() - 1000
    const words = [file, door(), user, password, "B-01", "acceleration"]
    expect(await run(process.execPath, words, { TIME: String(time) })).toEqual({
      code: 0,
      said: "acknowledged: durable as samples, or in quarantine\n",
    })
    const { id } = (await city.command.get("/api/monitoring/points?indicator=acceleration")).body.items[0]
    const { body } = await city.command.get(`/api/monitoring/waves/${id}?from=${time}&to=${time + 1000}`)
    expect(body).toMatchObject({ kind: "samples", unit: "m/s2", runs: [{ start: time, rate_hz: 50 }] })
    expect(body.runs[0].values).toHaveLength(50)
    // The highest sample of the sine: 10 mg.
    expect(Math.max(...body.runs[0].values)).toBeCloseTo(0.01 * 9.80665, 3)
  })
})

describe("device.sh", () => {
  const clients = spawnSync("sh", ["-c", "command -v mosquitto_pub && command -v mosquitto_sub"]).status === 0
  if (!clients) {
    it.skip("2 tests did not run: there are no mosquitto_pub and mosquitto_sub on the PATH", () => {})
    return
  }
  const example = (words: string) =>
    run("sh", [join(import.meta.dirname, "device.sh"), words], {
      HOST: "127.0.0.1",
      PORT: new URL(door()).port,
      GATEWAY: gateway.code,
      PASSWORD: gateway.password,
    })
  it("sends a reading, and it is there", async () => {
    const { id, words } = await pointAndWords(29.5)
    const { code, said } = await example(words)
    expect(code).toBe(0)
    expect(said).toContain("acknowledged")
    expect(await latest(id)).toMatchObject({ value: 29.5 })
  })
  it("prints why something was refused", async () => {
    const { said } = await example('{"nobody": {"pressure_m": 1}}')
    expect(said).toContain("unknown-device")
  })
})
