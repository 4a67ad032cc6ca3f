import { connect } from "node:net"
import { afterEach, describe, expect, test } from "vitest"
import { type BrokerOptions, connectMqtt, type MqttDoor, type MqttMessage, openBroker } from "./index.ts"
import { pause, rawClient, until } from "./testing.ts"

let door: MqttDoor | null = null
afterEach(async () => {
  await door?.close()
  door = null
})

/** A broker where everybody with the password "right" may speak and hear on topics that begin with the own name. */
async function broker(over: Partial<BrokerOptions> = {}) {
  const messages: MqttMessage[] = []
  const refused: string[][] = []
  door = await openBroker({
    host: "127.0.0.1",
    port: 0,
    tls: null,
    packet_bytes_max: 100_000,
    held_max: 50_000,
    authenticate: async (name, password) =>
      password === "right"
        ? { name, mayPublish: (t) => t.startsWith(`${name}/`), maySubscribe: (t) => t.startsWith(`${name}/`) }
        : null,
    onMessage: (m) => void messages.push(m),
    onRefused: (what, client, topic) => void refused.push([what, client, topic]),
    ...over,
  })
  return { url: door.url, door, messages, refused }
}
const dial = (url: string, username = "d1", password = "right", more = {}) =>
  connectMqtt({ url, client_id: `c-${username}-${Math.random()}`, username, password, ...more })

describe("who may do what", () => {
  test("a wrong credential is refused and told of", async () => {
    const { url, refused, door: d } = await broker()
    await expect(dial(url, "d1", "wrong")).rejects.toThrow("wrong credential")
    await expect(dial(url, "", "")).rejects.toThrow("refused the connection")
    expect(refused.map((r) => r.slice(0, 2))).toEqual([
      ["credential", "d1"],
      ["credential", ""],
    ])
    expect(d.clients()).toBe(0)
  })
  test("a failing look-up refuses the connection and the broker goes on", async () => {
    let fails = true
    const { url } = await broker({
      authenticate: async (name) => {
        if (fails) throw new Error("no database")
        return { name, mayPublish: () => true, maySubscribe: () => true }
      },
    })
    await expect(dial(url)).rejects.toThrow("code 3")
    fails = false
    await (await dial(url)).close()
  })
  test("a foreign topic cannot be heard; a message to one says that it may not", async () => {
    const { url, messages, refused } = await broker()
    const client = await dial(url)
    await expect(client.subscribe(["d2/errors"])).rejects.toThrow("refused the subscription")
    await expect(client.subscribe(["#"])).rejects.toThrow("refused the subscription")
    await expect(client.subscribe(["$SYS/#"])).rejects.toThrow("refused the subscription")
    expect(refused).toEqual([
      ["topic", "d1", "d2/errors"],
      ["topic", "d1", "#"],
      ["topic", "d1", "$SYS/#"],
    ])
    const sent = client.publish("d2/readings", "{}")
    await until(() => messages.length === 1)
    expect(messages[0]?.session.mayPublish(messages[0].topic)).toBe(false)
    messages[0]?.done()
    await sent
    await client.close()
  })
  test("the error topic reaches its device, and what devices publish reaches no other", async () => {
    const { url, door: d, messages } = await broker()
    const heard: string[] = []
    const listener = await dial(url, "d1", "right", {
      onMessage: (m: { topic: string; payload: Buffer }) => void heard.push(`${m.topic} ${m.payload}`),
    })
    await listener.subscribe(["d1/errors", "d1/readings"])
    const other = await dial(url, "d1")
    const sent = other.publish("d1/readings", "42")
    await until(() => messages.length === 1)
    messages[0]?.done()
    await sent
    d.publish("d1/errors", "bad")
    d.publish("d2/errors", "not yours")
    await until(() => heard.length > 0)
    await pause(50)
    expect(heard).toEqual(["d1/errors bad"])
    await Promise.all([listener.close(), other.close()])
  })
})

describe("what is too much or no MQTT", () => {
  test("a packet over the limit ends its connection before it is there", async () => {
    const { url, refused, messages, door: d } = await broker()
    const client = await dial(url)
    const other = await dial(url, "d2")
    await expect(client.publish("d1/readings", Buffer.alloc(400_000))).rejects.toThrow()
    expect(refused).toEqual([["too-large", "d1", ""]])
    await until(() => d.clients() === 1)
    const sent = other.publish("d2/readings", Buffer.alloc(90_000))
    await until(() => messages.length === 1)
    messages[0]?.done()
    await sent
    await other.close()
  })
  test("noise on the socket is refused and the broker goes on", async () => {
    const { url, refused } = await broker()
    const socket = connect(Number(new URL(url).port), "127.0.0.1")
    socket.on("error", () => {})
    const closed = new Promise<void>((done) => socket.once("close", () => done()))
    socket.write("GET / HTTP/1.1\r\n\r\n")
    await closed
    await until(() => refused.length > 0)
    expect(refused[0]?.[0]).toBe("protocol")
    await (await dial(url)).close()
  })
  test("a busy port is a sentence that names the setting", async () => {
    const { url } = await broker()
    const first = door
    await expect(broker({ port: Number(new URL(url).port) })).rejects.toMatchObject({
      problem: { code: "port-busy", field: "mqtt_port" },
    })
    door = first
  })
})

describe("acknowledgement", () => {
  test("is withheld until done, and comes in the order of the messages", async () => {
    const { url, messages } = await broker()
    const client = await rawClient(url, "d1")
    for (const messageId of [7, 3, 9])
      client.send({ cmd: "publish", topic: "d1/readings", payload: "1", qos: 1, messageId, dup: false, retain: false })
    await until(() => messages.length === 3)
    await pause(100)
    const acks = () => client.packets.flatMap((p) => (p.cmd === "puback" ? [p.messageId] : []))
    expect(acks()).toEqual([])
    for (const m of messages) m.done()
    await until(() => acks().length === 3)
    expect(acks()).toEqual([7, 3, 9])
    for (const m of messages) m.done() // Once more changes nothing.
    await pause(20)
    expect(acks()).toHaveLength(3)
    client.socket.destroy()
  })
  test("a device that is gone meanwhile hurts nobody, and its last will is a message like any other", async () => {
    const { url, messages, door: d } = await broker()
    const { port } = new URL(url)
    const socket = connect(Number(port), "127.0.0.1")
    const { default: mqtt } = await import("mqtt-packet")
    const will = { topic: "d1/readings", payload: Buffer.from("last"), qos: 1 as const, retain: false }
    socket.write(
      mqtt.generate({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId: "w",
        clean: true,
        keepalive: 0,
        username: "d1",
        password: Buffer.from("right"),
        will,
      }),
    )
    await until(() => d.clients() === 1)
    socket.write(
      mqtt.generate({
        cmd: "publish",
        topic: "d1/readings",
        payload: "first",
        qos: 1,
        messageId: 1,
        dup: false,
        retain: false,
      }),
    )
    await until(() => messages.length === 1)
    socket.destroy()
    await until(() => messages.length === 2)
    for (const m of messages) m.done()
    expect(messages.map((m) => m.payload.toString())).toEqual(["first", "last"])
    await (await dial(url)).close()
  })
  test.each([
    ["messages", { held_max: 10 }, 1],
    ["bytes", { held_bytes_max: 10_000 }, 1000],
  ])("at the limit of held %s nobody is read until there is room", async (_name, limit, bytes) => {
    const { url, messages } = await broker(limit)
    const clients = [await rawClient(url, "d1"), await rawClient(url, "d2")]
    const each = 100
    for (let messageId = 1; messageId <= each; messageId++) {
      for (const [i, c] of clients.entries())
        c.send({
          cmd: "publish",
          topic: `d${i + 1}/readings`,
          payload: Buffer.alloc(bytes),
          qos: 1,
          messageId,
          dup: false,
          retain: false,
        })
      if (messageId % 10 === 0) await pause(3) // Several segments, as devices send.
    }
    await pause(100)
    const held = messages.length
    expect(held).toBeGreaterThanOrEqual(10)
    expect(held).toBeLessThan(70) // One segment of each client may be under way when the limit is met.
    const late = await rawClient(url, "d3") // Somebody new is still let in.
    late.send({ cmd: "publish", topic: "d3/readings", payload: "1", qos: 1, messageId: 1, dup: false, retain: false })
    let released = 0
    while (released < 2 * each + 1) {
      await until(() => messages.length > released)
      while (released < messages.length) messages[released++]?.done()
    }
    const acked = (c: (typeof clients)[0]) => c.packets.filter((p) => p.cmd === "puback").length
    await until(() => clients.every((c) => acked(c) === each) && acked(late) === 1)
    for (const c of [...clients, late]) c.socket.destroy()
  })
})

test("a subscriber that stops reading is let go; memory comes back and others are served", async () => {
  const { url, door: d } = await broker()
  const deaf = await rawClient(url, "d1")
  deaf.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "d1/errors", qos: 0 }] })
  await deaf.wait((p) => p.cmd === "suback")
  deaf.socket.pause()
  const heard: string[] = []
  const other = await dial(url, "d2", "right", {
    onMessage: (m: { payload: Buffer }) => void heard.push(m.payload.toString()),
  })
  await other.subscribe(["d2/errors"])
  const before = process.memoryUsage().heapUsed
  const text = "x".repeat(2000)
  for (let i = 0; i < 20_000; i++) {
    d.publish("d1/errors", text)
    if (i % 500 === 0) await pause(1)
  }
  d.publish("d2/errors", "you")
  await until(() => heard.length === 1)
  await until(() => d.clients() === 1, 10_000)
  await pause(200)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(150e6)
  d.publish("d2/errors", "again")
  await until(() => heard.length === 2)
  deaf.socket.destroy()
  await other.close()
}, 20_000)
