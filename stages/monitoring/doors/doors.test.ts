import { afterEach, describe, expect, test } from "vitest"
import type { Indicator } from "../../../lifelines/contract.ts"
import { problem } from "../../../model/index.ts"
import { encodeBlocks } from "../../../platform/blocks/index.ts"
import { connectMqtt, type MqttClient } from "../../../platform/mqtt/index.ts"
import { hashSecret } from "../credentials.ts"
import { testPoint, testRegistry } from "../testing.ts"
import type { Delivery, Receipt } from "./delivery.ts"
import { directoryData, directoryOf } from "./directory.ts"
import { type Door, openDoor } from "./mqtt.ts"

const spec: Indicator = {
  id: "p",
  name: { zh: "压力", en: "Pressure" },
  dimension: "pressure",
  unit: "m",
  min: 0,
  max: 100,
  decimals: 2,
}
const wave: Indicator = {
  ...spec,
  id: "a",
  dimension: "acceleration",
  unit: "m/s2",
  waveform: { rate_hz_min: 10, rate_hz_max: 200, derives: {} },
}
const registry = testRegistry("gw", [
  testPoint({ id: 1, device: "d1", spec, gateway_id: 1000 }),
  testPoint({ id: 2, device: "b1", spec: wave, gateway_id: 1000 }),
])
registry.devices.get("gw")!.credential_hash = hashSecret("right")
registry.devices.get("d1")!.credential_hash = hashSecret("d1's")
const data = () => directoryData(registry.devices.values(), registry.points_of)
const time = Date.UTC(2026, 10, 24)

test("a directory laid out for another thread is the same directory", () => {
  const there = directoryOf(structuredClone(data()))
  expect(there.device("gw")).toMatchObject({ id: 1000, code: "gw" })
  expect(there.points("d1")?.get("p")).toMatchObject({ id: 1, unit: "m", device: { gateway_id: 1000 } })
  expect(there.points("b1")?.get("a")?.spec.waveform).toEqual(wave.waveform)
  expect(there.points("gw")?.size).toBe(0)
  expect(there.points("nobody")).toBeUndefined()
})

describe.each([
  ["in this thread", 0],
  ["in a thread of its own", 1],
  ["in two threads on one port", 2],
])("the MQTT door %s", (_name, workers) => {
  let door: Door | null = null
  const clients: MqttClient[] = []
  const deliveries: Delivery[] = []
  const held: { delivery: Delivery; answer(receipt: Receipt): void }[] = []
  const refused: string[] = []
  const good: Receipt = { batch: 1, readings: 1, blocks: 0, duplicates: 0, refused: [] }

  const open = async () => {
    door = await openDoor({
      host: "127.0.0.1",
      port: 0,
      tls: null,
      packet_bytes_max: 1024 * 1024,
      held_max: 1000,
      workers,
      directory: data(),
      ticks_allowed: true,
      clock_credential_hash: hashSecret("clock's"),
      take: (delivery) => {
        deliveries.push(delivery)
        return new Promise((answer) => held.push({ delivery, answer }))
      },
      onRefused: (what) => refused.push(what),
      onLost: (error) => {
        throw error
      },
    })
    return door
  }
  const connect = async (username: string, password: string, onMessage?: (topic: string, payload: string) => void) => {
    const client = await connectMqtt({
      url: door!.url,
      client_id: `${username}-${clients.length}`,
      username,
      password,
      ...(onMessage && { onMessage: (m) => onMessage(m.topic, m.payload.toString()) }),
    })
    clients.push(client)
    return client
  }
  const until = async (test: () => boolean) => {
    for (let i = 0; i < 1000 && !test(); i++) await new Promise((go) => setTimeout(go, 5))
    expect(test()).toBe(true)
  }
  afterEach(async () => {
    for (const c of clients.splice(0)) await c.close(0)
    await door?.close()
    door = null
    for (const list of [deliveries, held, refused]) list.length = 0
  })

  test("hands over readings, blocks and ticks by point number, and acknowledges with the receipt", async () => {
    await open()
    const gateway = await connect("gw", "right")
    const clock = await connect("clock", "clock's")
    let acknowledged = 0
    const sent = [
      gateway.publish("v1/gateways/gw/readings", JSON.stringify({ time, readings: { d1: { p: 30 } } })),
      gateway.publish(
        "v1/gateways/gw/blocks",
        encodeBlocks([
          {
            device: "b1",
            indicator: "a",
            unit: "g",
            start: time,
            sequence: 0,
            rate_hz: 50,
            count: 2,
            encoding: 0,
            scale: 0.001,
            offset: 0,
            flags: 0,
            data: Uint8Array.of(1, 0, 2, 0),
          },
        ]),
      ),
      clock.publish("v1/clock", JSON.stringify({ time })),
    ].map((p) => p.then(() => acknowledged++))
    await until(() => deliveries.reduce((n, d) => n + d.messages, 0) === 3)
    expect(acknowledged).toBe(0)
    const all = <T>(of: (d: Delivery) => T[]) => deliveries.flatMap(of)
    expect(all((d) => [...d.readings.point.subarray(0, d.readings.n)])).toEqual([1])
    expect(all((d) => [...d.readings.value.subarray(0, d.readings.n)])).toEqual([30])
    expect(all((d) => [...d.blocks.point.subarray(0, d.blocks.n)])).toEqual([2])
    expect(all((d) => [...d.blocks.scale.subarray(0, d.blocks.n)])[0]).toBeCloseTo(0.00980665)
    expect(all((d) => d.ticks.map((t) => t.time))).toEqual([time])
    for (const h of held) h.answer(good)
    await Promise.all(sent)
    expect(acknowledged).toBe(3)
  })
  test("tells a sender what was refused, at the door and after it", async () => {
    await open()
    const told: [string, string][] = []
    const device = await connect("d1", "d1's", (topic, payload) => told.push([topic, JSON.parse(payload).code]))
    await device.subscribe(["v1/devices/d1/errors"])
    const first = device.publish("v1/devices/d1/readings", "{")
    const second = device.publish("v1/devices/d1/readings", JSON.stringify({ time, values: { p: 1 } }))
    await until(() => deliveries.reduce((n, d) => n + d.messages, 0) === 2)
    const late = problem("too-old", 400, "太旧", "too old")
    for (const { delivery, answer } of held)
      answer({ ...good, refused: delivery.readings.n > 0 ? [{ kind: "reading", row: 0, problem: late }] : [] })
    await Promise.all([first, second])
    await until(() => told.length === 2)
    expect(told).toEqual([
      ["v1/devices/d1/errors", "not-json"],
      ["v1/devices/d1/errors", "too-old"],
    ])
    expect(deliveries.flatMap((d) => d.refused).map((r) => [r.client, r.topic, r.problem.code])).toEqual([
      ["d1", "v1/devices/d1/readings", "not-json"],
    ])
  })
  test("lets nobody in with a wrong secret, and everybody with a new one after an update", async () => {
    await open()
    await expect(connect("gw", "wrong")).rejects.toThrow("refused the connection")
    await until(() => refused.includes("credential"))
    await expect(connect("gw", "new")).rejects.toThrow()
    const devices = [...registry.devices.values()].map((d) =>
      d.code === "gw" ? { ...d, credential_hash: hashSecret("new") } : d,
    )
    await door!.update(directoryData(devices, registry.points_of))
    await connect("gw", "new")
  })
  test("another's topics are closed, and what was sent there is kept", async () => {
    await open()
    const device = await connect("d1", "d1's")
    const sent = device.publish("v1/gateways/gw/readings", JSON.stringify({ time, readings: { d1: { p: 1 } } }))
    await until(() => deliveries.length === 1)
    held[0]!.answer(good)
    await sent
    expect(deliveries[0]).toMatchObject({ readings: { n: 0 }, refused: [{ problem: { code: "wrong-topic" } }] })
  })
})
