import type { IConnectPacket } from "mqtt-packet"
import { afterEach, describe, expect, test } from "vitest"
import type { BrokerOptions, MqttDoor } from "./index.ts"
import { pause, publishPacket, rawClient, testBroker, until } from "./testing.ts"

let door: MqttDoor | null = null
afterEach(async () => {
  await door?.close()
  door = null
})
async function broker(over: Partial<BrokerOptions> = {}) {
  const opened = await testBroker(over)
  door = opened.door
  return opened
}
const five = (url: string, name: string, over: Partial<IConnectPacket> = {}) =>
  rawClient(url, name, { protocolVersion: 5, ...over })

describe("MQTT 5", () => {
  test("is told what the broker does and does not, and gets a name when it has none", async () => {
    const { url, door: d } = await broker({ inflight_max: 300 })
    const client = await five(url, "d1", { clientId: "", properties: { sessionExpiryInterval: 3600 } })
    expect(client.connack).toMatchObject({ reasonCode: 0, sessionPresent: false })
    expect(client.connack.properties).toMatchObject({
      sessionExpiryInterval: 0,
      receiveMaximum: 300,
      maximumPacketSize: 100_000,
      topicAliasMaximum: 0,
      retainAvailable: false,
      sharedSubscriptionAvailable: false,
    })
    expect(client.connack.properties?.assignedClientIdentifier).toMatch(/^auto-/)
    expect(d.clients()).toBe(1)
    client.socket.destroy()
  })
  test("publishes with and without properties, and is told a reason with the acknowledgement", async () => {
    const { url, messages } = await broker()
    const client = await five(url, "d1")
    client.send(
      publishPacket("d1/readings", 1),
      publishPacket("d1/readings", 2, {
        payload: "22",
        properties: { userProperties: { a: "b" }, contentType: "application/json", messageExpiryInterval: 5 },
      }),
      publishPacket("d1/readings", 3, { payload: "" }),
    )
    await until(() => messages.length === 3)
    expect(messages.map((m) => m.payload.toString())).toEqual(["1", "22", ""])
    messages[0]?.done()
    messages[1]?.done(0x99) // Payload format invalid.
    messages[2]?.done(0)
    await until(() => client.packets.filter((p) => p.cmd === "puback").length === 3)
    const acks = client.packets.flatMap((p) => (p.cmd === "puback" ? [[p.messageId, p.reasonCode]] : []))
    expect(acks).toEqual([
      [1, 0],
      [2, 0x99],
      [3, 0],
    ])
    client.socket.destroy()
  })
  test("topic aliases are refused with a reason, as is an empty topic", async () => {
    const { url, refused, messages } = await broker()
    for (const topic of ["", "d1/readings"]) {
      const client = await five(url, "d1")
      client.send(publishPacket(topic, 1, { properties: { topicAlias: 1 } }))
      expect(await client.wait((p) => p.cmd === "disconnect")).toMatchObject({ reasonCode: 0x94 })
      await client.closed
    }
    expect(messages).toHaveLength(0)
    expect(refused.map((r) => r[2])).toEqual(Array(2).fill("topic aliases are not offered"))
  })
  test("a subscription has its own code each, and what is heard has the form of MQTT 5", async () => {
    const { url, door: d } = await broker()
    const client = await five(url, "d1")
    const old = await rawClient(url, "d1")
    const filters = ["d1/errors", "d2/errors", "$share/g/d1/errors", "d1/#/x"]
    const subscriptions = filters.map((topic) => ({ topic, qos: 1 as const, nl: false, rap: false, rh: 0 }))
    client.send({ cmd: "subscribe", messageId: 5, subscriptions })
    old.send({ cmd: "subscribe", messageId: 5, subscriptions: [{ topic: "d1/errors", qos: 1 }] })
    const answer = await client.wait((p) => p.cmd === "suback")
    expect(answer).toMatchObject({ messageId: 5, granted: [0, 0x87, 0x9e, 0x8f] })
    await old.wait((p) => p.cmd === "suback")
    d.publish("d1/errors", "bad")
    for (const c of [client, old])
      expect(await c.wait((p) => p.cmd === "publish")).toMatchObject({
        topic: "d1/errors",
        payload: Buffer.from("bad"),
      })
    client.send({ cmd: "unsubscribe", messageId: 6, unsubscriptions: ["d1/errors", "d1/none"] })
    expect(await client.wait((p) => p.cmd === "unsuback")).toMatchObject({ granted: [0, 0x11] })
    for (const c of [client, old]) c.socket.destroy()
  })
  test("a client that takes small packets only is not sent larger ones", async () => {
    const { url, door: d } = await broker()
    const client = await five(url, "d1", { properties: { maximumPacketSize: 100 } })
    client.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "d1/errors", qos: 0 }] })
    await client.wait((p) => p.cmd === "suback")
    d.publish("d1/errors", "x".repeat(200))
    d.publish("d1/errors", "short")
    expect(await client.wait((p) => p.cmd === "publish")).toMatchObject({ payload: Buffer.from("short") })
    expect(d.stats().dropped_errors).toBe(1)
    client.socket.destroy()
  })
  test("refusals have the codes of MQTT 5", async () => {
    const { url } = await broker({
      authenticate: async (name) => {
        if (name === "broken") throw new Error("no database")
        return null
      },
    })
    expect((await five(url, "d1")).connack).toMatchObject({ reasonCode: 0x86 })
    expect((await five(url, "broken")).connack).toMatchObject({ reasonCode: 0x88 })
    const enhanced = await five(url, "d1", { properties: { authenticationMethod: "SCRAM" } })
    expect(enhanced.connack).toMatchObject({ reasonCode: 0x8c })
    expect(door?.stats()).toMatchObject({ refused_credential: 1, refused_unavailable: 1, refused_protocol: 1 })
  })
  test("who is taken over, and who does what is not allowed, is told why", async () => {
    const { url } = await broker()
    const first = await five(url, "d1", { clientId: "one" })
    const second = await five(url, "d1", { clientId: "one" })
    expect(await first.wait((p) => p.cmd === "disconnect")).toMatchObject({ reasonCode: 0x8e })
    await first.closed
    second.send(publishPacket("d1/+", 1))
    expect(await second.wait((p) => p.cmd === "disconnect")).toMatchObject({ reasonCode: 0x90 })
    await second.closed
  })
})

describe("MQTT 3", () => {
  test("3.1 is served", async () => {
    const { url, messages } = await broker()
    const client = await rawClient(url, "d1", { protocolId: "MQIsdp", protocolVersion: 3 })
    expect(client.connack.returnCode).toBe(0)
    client.send(publishPacket("d1/readings", 9))
    await until(() => messages.length === 1)
    messages[0]?.done(0x99) // Says nothing: there is no negative acknowledgement.
    expect(await client.wait((p) => p.cmd === "puback")).toMatchObject({ messageId: 9 })
    client.socket.destroy()
  })
  test("an empty client identifier needs a clean session; an unknown version is told so", async () => {
    const { url, door: d } = await broker()
    const kept = await rawClient(url, "d1", { clientId: "", clean: false }).catch(() => null)
    const clean = await rawClient(url, "d1", { clientId: "" })
    expect(kept === null || kept.connack.returnCode === 2).toBe(true)
    expect(clean.connack.returnCode).toBe(0)
    clean.socket.destroy()
    const { rawSocket } = await import("./testing.ts")
    const socket = await rawSocket(url)
    const answer = new Promise<Buffer>((done) => socket.once("data", done))
    socket.write(Buffer.from([0x10, 14, 0, 4, 77, 81, 84, 84, 9, 2, 0, 0, 0, 2, 100, 49]))
    expect([...(await answer)]).toEqual([0x20, 2, 0, 1])
    expect(d.stats().refused_protocol).toBeGreaterThan(0)
    socket.destroy()
  })
})

describe.each([4, 5] as const)("QoS 2 of version %i", (protocolVersion) => {
  test("PUBREC comes after done, a message that is sent again is taken once until PUBREL", async () => {
    const { url, messages } = await broker()
    const client = await rawClient(url, "d1", { protocolVersion })
    const came = (cmd: string) => client.packets.filter((p) => p.cmd === cmd).length
    const message = publishPacket("d1/readings", 7, { qos: 2 })
    client.send(message, { ...message, dup: true })
    await until(() => messages.length > 0)
    await pause(50)
    expect(messages).toHaveLength(1)
    expect(came("pubrec")).toBe(0)
    messages[0]?.done()
    await until(() => came("pubrec") === 1)
    client.send({ ...message, dup: true }) // As if PUBREC had been lost.
    await until(() => came("pubrec") === 2)
    expect(messages).toHaveLength(1)
    client.send({ cmd: "pubrel", messageId: 7 })
    await until(() => came("pubcomp") === 1)
    client.send({ cmd: "pubrel", messageId: 7 }) // As if PUBCOMP had been lost.
    await until(() => came("pubcomp") === 2)
    client.send(message) // The identifier is free: a new message.
    await until(() => messages.length === 2)
    messages[1]?.done()
    await until(() => came("pubrec") === 3)
    client.socket.destroy()
  })
  test("many under way, mixed with QoS 1, are acknowledged in order", async () => {
    const { url, messages } = await broker()
    const client = await rawClient(url, "d1", { protocolVersion })
    const count = 300
    client.send(
      ...Array.from({ length: count }, (_, i) => publishPacket("d1/readings", i + 1, { qos: i % 3 === 0 ? 2 : 1 })),
    )
    await until(() => messages.length === count)
    for (const m of messages.toReversed()) m.done()
    const answers = () =>
      client.packets.flatMap((p) => (p.cmd === "puback" || p.cmd === "pubrec" ? [`${p.cmd} ${p.messageId}`] : []))
    await until(() => answers().length === count)
    expect(answers()).toEqual(Array.from({ length: count }, (_, i) => `${i % 3 === 0 ? "pubrec" : "puback"} ${i + 1}`))
    client.socket.destroy()
  })
})

test("who never sends PUBREL is ended before it fills the memory", async () => {
  const { url, refused } = await broker({ inflight_max: 10, onMessage: (m) => m.done() })
  const client = await rawClient(url, "d1")
  client.send(...Array.from({ length: 200 }, (_, i) => publishPacket("d1/readings", i + 1, { qos: 2 })))
  await client.closed
  expect(refused).toEqual([["protocol", "d1", "too many QoS 2 messages without PUBREL"]])
})
