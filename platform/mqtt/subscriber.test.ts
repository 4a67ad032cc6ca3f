import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { connectMqtt, type MqttDoor, type MqttMessage, openSubscriber } from "./index.ts"
import { pause, until } from "./testing.ts"

const given = process.env.TEST_MQTT_URL
const program = given ? null : found("mosquitto")

function found(name: string): string | null {
  try {
    return execFileSync("sh", ["-c", `PATH="$PATH:/usr/sbin" command -v ${name}`], { encoding: "utf8" }).trim() || null
  } catch {
    return null // The shell says "not there" by its exit code.
  }
}

/** A Mosquitto on loopback, for this suite alone. */
function mosquitto(port: number, folder: string) {
  writeFileSync(
    join(folder, "m.conf"),
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${folder}/\nmax_inflight_messages 0\nmax_queued_messages 100000\nuser root\n`,
  )
  let child: ChildProcess | null = null
  return {
    async start() {
      child = spawn(program!, ["-c", join(folder, "m.conf")], { stdio: "ignore" })
      for (let i = 0; i < 100; i++) {
        const client = await connectMqtt({ url: `mqtt://127.0.0.1:${port}`, client_id: "probe" }).catch(() => null)
        if (client) return client.close()
        await pause(50)
      }
      throw new Error("mosquitto did not start")
    },
    async stop() {
      const ended = new Promise<void>((done) => child?.once("exit", () => done()))
      child?.kill("SIGTERM")
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  for (let port = 20_000 + Math.floor(Math.random() * 8000); ; port++) {
    const free = await new Promise<boolean>((done) => {
      const server = createServer()
      server.once("error", () => done(false))
      server.listen(port, "127.0.0.1", () => server.close(() => done(true)))
    })
    if (free) return port
  }
}

const tests: [string, () => Promise<void>][] = []
const test = (name: string, run: () => Promise<void>) => tests.push([name, run])
let url = given ?? ""
let own: ReturnType<typeof mosquitto> | null = null
const run_id = Math.random().toString(36).slice(2, 8)

async function subscriber(received: MqttMessage[], states: string[] = []): Promise<MqttDoor> {
  return openSubscriber({
    url,
    client_id: `mingmai-test-${run_id}`,
    onMessage: (m) => void received.push(m),
    onState: (s) => void states.push(s),
  })
}
const device = (more = {}) => connectMqtt({ url, client_id: `device-${run_id}-${Math.random()}`, ...more })
const topic = `v1/devices/${run_id}/readings`
/** An outside broker may carry others' messages too; those are acknowledged and left. */
const ours = (received: MqttMessage[]) => received.filter((m) => m.topic === topic)

test("takes what devices publish, topic and payload as they are", async () => {
  const received: MqttMessage[] = []
  const door = await subscriber(received)
  const client = await device()
  await client.publish(topic, "42")
  await until(() => ours(received).length === 1)
  expect(ours(received)[0]?.payload.toString()).toBe("42")
  for (const m of received) m.done()
  expect(door.clients()).toBe(1)
  await client.close()
  await door.close()
})

test("what was not acknowledged comes again after a restart, what was does not", async () => {
  const received: MqttMessage[] = []
  const door = await subscriber(received)
  const client = await device()
  await client.publish(topic, "kept")
  await client.publish(topic, "lost")
  await until(() => ours(received).length === 2)
  ours(received)[0]?.done()
  await pause(100)
  await door.close()
  const again: MqttMessage[] = []
  const next = await subscriber(again)
  await until(() => ours(again).length > 0)
  await pause(100)
  expect(ours(again).map((m) => m.payload.toString())).toEqual(["lost"])
  for (const m of again) m.done()
  await client.close()
  await next.close()
})

test("tells a device on its error topic", async () => {
  const heard: string[] = []
  const door = await subscriber([])
  const client = await device({
    onMessage(m: { payload: Buffer; ack(): void }) {
      heard.push(m.payload.toString())
      m.ack()
    },
  })
  await client.subscribe([`v1/devices/${run_id}/errors`])
  door.publish(`v1/devices/${run_id}/errors`, "bad")
  await until(() => heard.length === 1)
  expect(heard).toEqual(["bad"])
  await client.close()
  await door.close()
})

test("ten thousand messages arrive in order while acknowledgements are held 50 ms", async () => {
  const received: MqttMessage[] = []
  const door = await subscriber(received)
  let released = 0
  const timer = setInterval(() => {
    while (released < received.length) received[released++]?.done()
  }, 50)
  const client = await device({ inflight_max: 1000 })
  const count = 10_000
  await Promise.all(Array.from({ length: count }, (_, i) => client.publish(topic, String(i))))
  await until(() => ours(received).length >= count, 20_000)
  clearInterval(timer)
  expect(ours(received).map((m) => Number(m.payload.toString()))).toEqual(Array.from({ length: count }, (_, i) => i))
  for (const m of received) m.done()
  await client.close()
  await door.close()
})

test("a broker that goes away is said, and found again", async () => {
  if (!own) return
  const states: string[] = []
  const received: MqttMessage[] = []
  const door = await subscriber(received, states)
  await own.stop()
  await until(() => states.at(-1) === "lost")
  expect(door.clients()).toBe(0)
  await own.start()
  await until(() => states.at(-1) === "connected", 10_000)
  const client = await device()
  await client.publish(topic, "back")
  await until(() => ours(received).length === 1)
  for (const m of received) m.done()
  await client.close()
  await door.close()
})

describe("an outside broker", () => {
  if (!given && !program) {
    it.skip(`${tests.length} tests did not run: TEST_MQTT_URL names no broker and there is no mosquitto on the PATH`, () => {})
    return
  }
  let folder = ""
  beforeAll(async () => {
    if (given) return
    folder = mkdtempSync(join(tmpdir(), "mosquitto-"))
    const port = await freePort()
    url = `mqtt://127.0.0.1:${port}`
    own = mosquitto(port, folder)
    await own.start()
  })
  afterAll(async () => {
    await own?.stop()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })
  for (const [name, run] of tests) it(name, run)
})
