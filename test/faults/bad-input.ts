import { connect, type Socket } from "node:net"
import { connectMqtt } from "../../platform/mqtt/index.ts"
import { until } from "../processes.ts"
import { badHttp } from "./bad-http.ts"
import { type City, cityOf } from "./city.ts"
import { findReadings, withSeries } from "./found.ts"
import { startGateway, type ToSend } from "./gateway.ts"
import { type FaultResult, resultOf } from "./result.ts"
import { bridge_gateway, type Reading, readingOf, street_points, thermometer } from "./town.ts"
import { bridgeNames, wrongMessages } from "./wrong-messages.ts"

const gateway_code = "gw-water"
const repeats = 500
const wrong_logins = 200
const loris_count = 50

/** Checks that what it is given holds, and says what does not. */
export type Check = (holds: boolean, otherwise: string) => void

/**
 * Everything that is no good, at both doors, beside a gateway that behaves: each has its stated end, can be seen, and
 * the gateway's acknowledgements keep coming. `patient` also waits the minute and a half after which slow requests end.
 */
export async function badInput(options: { patient?: boolean } = {}): Promise<FaultResult> {
  const city = await cityOf("bad-input", { mode: "real" })
  const wrong: string[] = []
  const check: Check = (holds, otherwise) => void (holds || wrong.push(otherwise))
  try {
    await city.start()
    const now = Date.now()
    const began = now - 3_600_000
    const { gateway_password } = await city.feed()
    const good = goodGateway(city, began, gateway_password)
    /** The well-behaved one is acknowledged while and after `work` does its worst. */
    const beside = async (name: string, work: () => Promise<void>) => {
      await work().catch((error: Error) => wrong.push(`${name}: ${error.message}`))
      const before = good.acknowledged().length
      await until(() => good.acknowledged().length > before, 15_000, "").catch(() =>
        wrong.push(`${name}: the gateway beside it is no longer acknowledged`),
      )
    }
    const loris = slowLoris(city)
    await beside("wrong messages", () => wrongOverMqtt(city, check))
    await beside("garbage in place of MQTT", () => garbage(city))
    await beside("an oversized packet", () => oversized(city, check))
    await beside("a replayed message", () => replayed(city, now, check))
    await beside("other values under a known key", () => conflicts(city, now, check))
    await beside("an unknown device", () => unknown(city, check))
    await beside("a flood of wrong credentials", () => credentialFlood(city, check))
    await beside("topics of others", () => foreignTopics(city, check))
    let http = ""
    await beside("HTTP", async () => {
      http = await badHttp(city, check, gateway_password, options.patient ?? false)
    })
    await beside("sockets that do not say who they are", async () => {
      await until(() => loris.closed() === loris_count, 30_000, `only ${loris.closed()} of ${loris_count} were closed`)
    })
    good.finishAt()
    await until(good.done, 30_000, () => `${good.unacknowledged()} messages stay unacknowledged`)
    await good.stop()
    const { numbers } = await city.operate()
    await city.stop()
    const found = await withSeries(city.folder, (series) =>
      findReadings(series, city.street, good.acknowledged(), (step) => began + step),
    )
    return resultOf(
      "bad input",
      `${wrongMessages(0, bridgeNames).length} kinds of wrong messages, ${wrong_logins} wrong credentials, ${loris_count} sockets that say nothing; ${numbers.mingmai_readings_refused_total} refused, ${numbers.mingmai_readings_duplicate_total} duplicates; ${http}`,
      [found],
      wrong,
    )
  } finally {
    await city.remove()
  }
}

/** The street's gateway with its own password, a reading of each point ten times a second. */
export function goodGateway(city: City, began: number, password: string) {
  const login = { url: city.url()!, username: gateway_code, password }
  return startGateway<Reading>({
    name: "good",
    login: async () => login,
    steps_per_s: 10,
    unacknowledged_max: 500,
    messages: (step) =>
      Array.from({ length: street_points }, (_, point): ToSend<Reading> => {
        const reading = { point, step }
        return { ...readingOf(gateway_code, reading, began + step), items: [reading] }
      }),
  })
}

const bridgeClient = async (city: City, client_id: string, onMessage?: () => void) =>
  connectMqtt({ ...(await city.bridge())!, client_id, ...(onMessage && { onMessage }) })

/** Every wrong message is acknowledged, told, and stands in quarantine under its code. */
async function wrongOverMqtt(city: City, check: Check) {
  let told = 0
  const client = await bridgeClient(city, "wrong", () => void told++)
  await client.subscribe([`v1/gateways/${bridge_gateway}/errors`])
  const messages = wrongMessages(Date.now(), bridgeNames)
  const before = await codes(city)
  for (const { what, payload } of messages) await client.publish(`v1/gateways/${bridge_gateway}/${what}`, payload)
  await until(() => told >= messages.length, 10_000, "").catch(() =>
    check(false, `${told} of ${messages.length} were told on the error topic`),
  )
  const after = await codes(city)
  const wanted = new Map<string, number>()
  for (const { code } of messages) wanted.set(code, (wanted.get(code) ?? 0) + 1)
  for (const [code, n] of wanted) {
    const more = (after.get(code) ?? 0) - (before.get(code) ?? 0)
    const names = messages.filter((m) => m.code === code).map((m) => m.name)
    check(more === n, `${more} of ${n} stand in quarantine as ${code} (${names.join(", ")})`)
  }
  await client.close()
}

/** How many entries quarantine has of each code. */
async function codes(city: City): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { code } of (await city.quarantined()).items) counts.set(code, (counts.get(code) ?? 0) + 1)
  return counts
}

/** Waits until quarantine names a refused connection: that waits for the next commit. */
const stands = (city: City, code: string) =>
  until(async () => (await codes(city)).has(code), 10_000, `no ${code} stands in quarantine`)

const door = async (city: City) => (await city.operate()).doors[0]!

/** Waits until a figure of the MQTT door has grown by `more`. */
async function counted(city: City, figure: string, before: number, more: number) {
  await until(
    async () => ((await door(city))[figure] ?? 0) >= before + more,
    10_000,
    `${figure} did not grow from ${before} by ${more}`,
  )
}

function socketTo(city: City): Socket {
  const { hostname, port } = new URL(city.url()!)
  const socket = connect(Number(port), hostname)
  socket.on("error", () => {}) // The other side ends it; that is what is waited for.
  return socket
}
const closed = (socket: Socket) => new Promise<void>((done) => socket.once("close", () => done()))

async function garbage(city: City) {
  const before = (await door(city)).refused_protocol!
  const samples = [
    "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01",
    "\x00".repeat(100),
    "\xff".repeat(100),
  ]
  const sockets = samples.map((text) => {
    const socket = socketTo(city)
    socket.write(Buffer.from(text, "latin1"))
    return socket
  })
  await Promise.all(sockets.map(closed))
  await counted(city, "refused_protocol", before, samples.length)
  await stands(city, "bad-protocol")
}

async function oversized(city: City, check: Check) {
  const before = (await door(city)).refused_too_large!
  const client = await bridgeClient(city, "oversized")
  const sent = client.publish(`v1/gateways/${bridge_gateway}/readings`, Buffer.alloc(2 * 1024 * 1024)).then(
    () => "acknowledged",
    () => "refused",
  )
  check((await sent) === "refused", "a packet of 2 MiB was acknowledged")
  await client.closed
  await counted(city, "refused_too_large", before, 1)
}

/** One reading of the bridge's, at a time of its own. */
const bridgeReading = (time: number, value: number) =>
  JSON.stringify({ time, readings: { [thermometer]: { structure_temperature: value } } })

async function replayed(city: City, now: number, check: Check) {
  const before = (await city.operate()).numbers
  const client = await bridgeClient(city, "replay")
  const topic = `v1/gateways/${bridge_gateway}/readings`
  const same = bridgeReading(now, 20)
  // In parts, so that not all of them are one commit.
  for (let part = 0; part < 5; part++)
    await Promise.all(Array.from({ length: repeats / 5 }, () => client.publish(topic, same)))
  const { numbers } = await city.operate()
  const more = (key: string) => numbers[key]! - before[key]!
  check(more("mingmai_readings_duplicate_total") >= repeats - 1, "repetitions are not counted as duplicates")
  await client.close()
}

async function conflicts(city: City, now: number, check: Check) {
  const client = await bridgeClient(city, "conflict")
  const topic = `v1/gateways/${bridge_gateway}/readings`
  await Promise.all(Array.from({ length: 20 }, (_, k) => client.publish(topic, bridgeReading(now, 21 + k))))
  check(((await codes(city)).get("conflict") ?? 0) >= 20, "other values under a known key are not in quarantine")
  const { items } = await city
    .api()
    .get<{ items: { device_code: string; indicator: string; latest: { value: number } | null }[] }>(
      "/api/monitoring/points?limit=500",
    )
  const standing = items.find((p) => p.device_code === thermometer)?.latest?.value
  check(standing === 20, `the first value under a key should stand, ${standing} does`)
  await client.close()
}

async function unknown(city: City, check: Check) {
  const client = await bridgeClient(city, "unknown")
  const time = Date.now()
  await client.publish(
    `v1/gateways/${bridge_gateway}/readings`,
    JSON.stringify({ time, readings: { "nobody-knows-me": { tilt: 0.25 } } }),
  )
  const { items } = await city
    .api()
    .get<{ items: { device: string; indicators: { indicator: string; count: number; last_value: number }[] }[] }>(
      "/api/monitoring/unknown?limit=100",
    )
  const [first] = items.find((d) => d.device === "nobody-knows-me")?.indicators ?? []
  check(first?.indicator === "tilt" && first.last_value === 0.25, "an unknown device is not in the adoption list")
  await client.close()
}

async function credentialFlood(city: City, check: Check) {
  const before = (await door(city)).refused_credential!
  const url = city.url()!
  const attempts = Array.from({ length: wrong_logins }, (_, k) =>
    connectMqtt({ url, client_id: `flood-${k}`, username: gateway_code, password: `wrong-${k}` }).then(
      (client) => client.close().then(() => true),
      () => false,
    ),
  )
  const in_count = (await Promise.all(attempts)).filter(Boolean).length
  check(in_count === 0, `${in_count} connections with a wrong password were let in`)
  await counted(city, "refused_credential", before, wrong_logins)
  await stands(city, "bad-credential")
  const lines = (await codes(city)).get("bad-credential") ?? 0
  check(lines === 1, `a flood of one client is ${lines} lines of quarantine, not one`)
}

async function foreignTopics(city: City, check: Check) {
  const client = await bridgeClient(city, "foreign")
  await client.publish(`v1/gateways/${gateway_code}/readings`, bridgeReading(Date.now(), 1))
  check((await codes(city)).has("wrong-topic"), "a message to another's topic is not in quarantine")
  const before = (await codes(city)).get("wrong-device") ?? 0
  await client.publish(`v1/devices/${bridge_gateway}/readings`, bridgeReading(Date.now(), 1))
  check((await codes(city)).get("wrong-device") === before + 1, "a device may speak for another on its own topic")
  const heard = await client.subscribe(["v1/#"]).then(
    () => true,
    () => false,
  )
  check(!heard, "somebody may listen to the topics of all")
  await client.close()
}

/** Sockets that begin a CONNECT and say no more. */
function slowLoris(city: City) {
  let ended = 0
  for (let k = 0; k < loris_count; k++) {
    const socket = socketTo(city)
    socket.on("close", () => void ended++)
    socket.write(Buffer.from([0x10, 0x40, 0x00]))
  }
  return { closed: () => ended }
}
