import { connect } from "node:net"
import mqtt from "mqtt-packet"
import { afterEach, describe, expect, test } from "vitest"
import { type BrokerOptions, connectMqtt, type MqttDoor } from "./index.ts"
import { connectPacket, pause, publishPacket, rawClient, rawSocket, testBroker, until } from "./testing.ts"

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
  test("noise on the socket is refused at once and the broker goes on", async () => {
    const { url, refused } = await broker()
    const socket = connect(Number(new URL(url).port), "127.0.0.1")
    socket.on("error", () => {})
    const closed = new Promise<void>((done) => socket.once("close", () => done()))
    socket.write("GET / HTTP/1.1\r\n\r\n")
    await closed
    expect(refused).toEqual([["protocol", "127.0.0.1", "the first packet is not CONNECT"]])
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
  test("comes in the order of the messages whatever the order of done, in one write for all", async () => {
    const { url, messages } = await broker()
    const client = await rawClient(url, "d1")
    const count = 400
    client.send(...Array.from({ length: count }, (_, i) => publishPacket("d1/readings", i + 1)))
    await until(() => messages.length === count)
    const chunks = client.chunks()
    for (const m of messages.slice(1).reverse()) m.done()
    await pause(50)
    expect(client.packets.filter((p) => p.cmd === "puback")).toHaveLength(0) // The first one is not done.
    messages[0]?.done()
    await until(() => client.packets.filter((p) => p.cmd === "puback").length === count)
    const ids = client.packets.flatMap((p) => (p.cmd === "puback" ? [p.messageId] : []))
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    expect(client.chunks() - chunks).toBe(1)
    client.socket.destroy()
  })
  test("a message of QoS 0 needs none, and the topic of each message is its own", async () => {
    const { url, messages, door: d } = await broker()
    const client = await rawClient(url, "d1")
    const topics = ["d1/a", "d1/b", "d1/b", "d1/a", "d1/ab", "d1/\u6c34"]
    client.send(...topics.map((t, i) => publishPacket(t, i + 1, { qos: i % 2 === 0 ? 0 : 1, payload: `${i}` })))
    await until(() => messages.length === topics.length)
    expect(messages.map((m) => m.topic)).toEqual(topics)
    expect(messages.map((m) => m.payload.toString())).toEqual(["0", "1", "2", "3", "4", "5"])
    expect(messages.map((m) => m.qos)).toEqual([0, 1, 0, 1, 0, 1])
    expect(d.stats()).toMatchObject({ clients: 1, messages: 6, bytes: 6, held: 6, held_bytes: 6 })
    for (const m of messages) m.done()
    await until(() => client.packets.filter((p) => p.cmd === "puback").length === 3)
    await pause(20)
    expect(client.packets.map((p) => p.cmd)).toEqual(["connack", "puback", "puback", "puback"])
    expect(d.stats()).toMatchObject({ held: 0, held_bytes: 0 })
    client.socket.destroy()
  })
  test("a device that is gone meanwhile hurts nobody; a last will is not a reading and is left", async () => {
    const { url, messages, door: d } = await broker()
    const will = { topic: "d1/readings", payload: Buffer.from("last"), qos: 1 as const, retain: false }
    const client = await rawClient(url, "d1", { will })
    client.send(publishPacket("d1/readings", 1, { payload: "first", retain: true }))
    await until(() => messages.length === 1)
    client.socket.destroy()
    await until(() => d.clients() === 0)
    for (const m of messages) m.done()
    await pause(20)
    expect(messages.map((m) => m.payload.toString())).toEqual(["first"])
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
        c.send(publishPacket(`d${i + 1}/readings`, messageId, { payload: Buffer.alloc(bytes) }))
      if (messageId % 10 === 0) await pause(3) // Several segments, as devices send.
    }
    await pause(100)
    expect(messages).toHaveLength(10)
    const late = await rawClient(url, "d3") // Somebody new is still let in.
    late.send(publishPacket("d3/readings", 1))
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

describe("connections", () => {
  test("the same client of the same user takes over; another user's is its own", async () => {
    const { url, messages, door: d } = await broker()
    const first = await rawClient(url, "d1", { clientId: "pump", clean: false })
    const other = await rawClient(url, "d2", { clientId: "pump" })
    first.send(publishPacket("d1/readings", 1))
    await until(() => messages.length === 1)
    const second = await rawClient(url, "d1", { clientId: "pump", clean: false })
    expect(second.connack).toMatchObject({ returnCode: 0, sessionPresent: false })
    await first.closed
    expect(d.clients()).toBe(2)
    messages[0]?.done() // For a connection that is gone.
    second.send(publishPacket("d1/readings", 1, { dup: true }))
    await until(() => messages.length === 2)
    expect(messages[1]?.dup).toBe(true)
    messages[1]?.done()
    await second.wait((p) => p.cmd === "puback")
    other.send({ cmd: "pingreq" })
    await other.wait((p) => p.cmd === "pingresp")
    for (const c of [second, other]) c.socket.destroy()
    await until(() => d.clients() === 0)
  })
  test("what is sent right behind CONNECT waits for the answer, and DISCONNECT ends", async () => {
    let answer = () => {}
    const {
      url,
      messages,
      door: d,
    } = await broker({
      authenticate: (name) =>
        new Promise((done) => {
          answer = () => done({ name, mayPublish: () => true, maySubscribe: () => true })
        }),
    })
    const socket = (await rawSocket(url)).resume()
    socket.write(
      Buffer.concat(
        [connectPacket("d1"), publishPacket("d1/readings", 1), publishPacket("d1/readings", 2)].map((p) =>
          mqtt.generate(p),
        ),
      ),
    )
    await pause(50)
    expect(messages).toHaveLength(0)
    answer()
    await until(() => messages.length === 2)
    expect(d.clients()).toBe(1)
    const closed = new Promise<void>((done) => socket.once("close", () => done()))
    socket.write(mqtt.generate({ cmd: "disconnect" }))
    await closed
    expect(d.clients()).toBe(0)
    expect(d.stats()).toMatchObject({ refused_protocol: 0, refused_timeout: 0 })
  })
  test("patterns are matched, unsubscribing ends it, and overlapping ones are told once", async () => {
    const { url, door: d } = await broker()
    const client = await rawClient(url, "d1")
    const heard = () => client.packets.flatMap((p) => (p.cmd === "publish" ? [`${p.topic} ${p.payload}`] : []))
    const filters = ["d1/+/errors", "d1/#", "d1/a/errors", "d1/x#", "d1/+y", ""].map((topic) => ({
      topic,
      qos: 1 as const,
    }))
    client.send({ cmd: "subscribe", messageId: 7, subscriptions: filters })
    const answer = await client.wait((p) => p.cmd === "suback")
    expect(answer).toMatchObject({ messageId: 7, granted: [0, 0, 0, 128, 128, 128] })
    d.publish("d1/a/errors", "1")
    d.publish("d2/a/errors", "no")
    d.publish("d1/b", "2")
    await until(() => heard().length === 2)
    client.send({ cmd: "unsubscribe", messageId: 8, unsubscriptions: ["d1/#", "d1/a/errors"] })
    await client.wait((p) => p.cmd === "unsuback")
    d.publish("d1/b", "3")
    d.publish("d1/c/errors", "4")
    await until(() => heard().length === 3)
    expect(heard()).toEqual(["d1/a/errors 1", "d1/b 2", "d1/c/errors 4"])
    client.socket.destroy()
  })
  test("two thousand that connect at once are all let in and served, while a look-up takes its time", async () => {
    const { url, door: d } = await broker({
      onMessage: (m) => m.done(),
      async authenticate(name) {
        await pause(20)
        return { name, mayPublish: () => true, maySubscribe: () => true }
      },
    })
    const names = Array.from({ length: 2000 }, (_, i) => `d${i}`)
    const clients = await Promise.all(names.map((name) => dial(url, name)))
    expect(d.clients()).toBe(2000)
    await Promise.all(clients.map((c, i) => c.publish(`${names[i]}/readings`, "1")))
    expect(d.stats()).toMatchObject({ messages: 2000, refused_connections: 0 })
    await Promise.all(clients.map((c) => c.close()))
    await until(() => d.clients() === 0)
  })
  test("closing says what is durable and ends every socket", async () => {
    const { url, messages, door: d } = await broker()
    const client = await rawClient(url, "d1")
    const silent = await rawSocket(url)
    const silent_closed = new Promise<void>((done) => silent.once("close", () => done()))
    client.send(publishPacket("d1/readings", 1), publishPacket("d1/readings", 2))
    await until(() => messages.length === 2)
    messages[0]?.done()
    await Promise.all([d.close(), client.closed, silent_closed])
    door = null
    expect(client.packets.flatMap((p) => (p.cmd === "puback" ? [p.messageId] : []))).toEqual([1])
  })
})
