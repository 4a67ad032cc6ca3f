/** The example clients of the guide, as they stand there, against a running city. */
import { spawn, spawnSync } from "node:child_process"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeTown } from "../../../sim/town/index.ts"
import { type City, startCity } from "../../../test/city.ts"

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
