import { Socket } from "node:net"
import mqtt from "mqtt-packet"
import { afterEach, describe, expect, test } from "vitest"
import { newBroker } from "./broker.ts"
import { type Connection, newConnection } from "./connection.ts"
import { releaseLimited, spend } from "./flow.ts"
import type { BrokerOptions, MqttDoor } from "./index.ts"
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
const acked = (c: Awaited<ReturnType<typeof rawClient>>) => c.packets.filter((p) => p.cmd === "puback").length

describe("slow clients", () => {
  test("a socket without a whole CONNECT in time is ended, also one that sends it byte by byte", async () => {
    const { url, refused, door: d } = await broker({ connect_ms: 200 })
    const silent = await rawSocket(url)
    const trickling = await rawSocket(url)
    const bytes = mqtt.generate(connectPacket("d1"))
    let sent = 0
    const timer = setInterval(() => void trickling.write(bytes.subarray(sent, ++sent)), 30)
    const ended = [silent, trickling].map((s) => new Promise<void>((done) => s.once("close", () => done())))
    const good = await rawClient(url, "d2")
    await Promise.all(ended)
    clearInterval(timer)
    expect(sent).toBeLessThan(bytes.length)
    expect(d.stats()).toMatchObject({ refused_timeout: 2, clients: 1 })
    expect(refused.map((r) => r[2])).toEqual(Array(2).fill("no whole CONNECT in time"))
    good.send({ cmd: "pingreq" })
    await good.wait((p) => p.cmd === "pingresp")
    good.socket.destroy()
  })
  test("a packet that trickles is ended, one that arrives in pieces is not", async () => {
    const { url, refused, messages } = await broker({ packet_ms: 300 })
    const trickling = await rawClient(url, "d1")
    const pieces = await rawClient(url, "d2")
    const bytes = mqtt.generate(publishPacket("d2/readings", 1, { payload: Buffer.alloc(5000, 7) }))
    let sent = 0
    const timer = setInterval(() => void trickling.socket.write(bytes.subarray(sent, ++sent)), 30)
    for (let round = 0; round < 3; round++)
      for (let at = 0; at < bytes.length; at += 500) {
        pieces.socket.write(bytes.subarray(at, at + 500))
        await pause(2)
      }
    await trickling.closed
    clearInterval(timer)
    expect(refused).toEqual([["protocol", "d1", "a packet took too long to arrive whole"]])
    await until(() => messages.length === 3)
    for (const m of messages) expect(m.payload.equals(Buffer.alloc(5000, 7))).toBe(true)
    pieces.socket.destroy()
  })
  test("who says nothing for one and a half keep-alives is ended without a refusal; who pings stays", async () => {
    const { url, refused, door: d } = await broker()
    const silent = await rawClient(url, "d1", { keepalive: 1 })
    const alive = await rawClient(url, "d2", { keepalive: 1 })
    const timer = setInterval(() => alive.send({ cmd: "pingreq" }), 300)
    await silent.closed
    clearInterval(timer)
    expect(d.stats()).toMatchObject({ clients: 1, refused_timeout: 1 })
    expect(refused).toEqual([])
    alive.socket.destroy()
  })
  test("who is not read because the broker waits is not called silent", async () => {
    const { url, messages, door: d } = await broker({ inflight_max: 2 })
    const client = await rawClient(url, "d1", { keepalive: 1 })
    client.send(...[1, 2, 3].map((id) => publishPacket("d1/readings", id)))
    await until(() => messages.length === 2)
    await pause(3200)
    expect(d.clients()).toBe(1)
    for (const m of messages) m.done()
    await until(() => messages.length === 3)
    client.socket.destroy()
  })
})

describe("clients that send too much", () => {
  test("one over its rate waits alone, loses nothing, and is counted", async () => {
    const { url, messages, door: d } = await broker({ messages_per_s: 100, onMessage: (m) => take(m) })
    const take = (m: (typeof messages)[0]) => {
      messages.push(m)
      m.done()
    }
    const fast = await rawClient(url, "fast")
    const good = await rawClient(url, "good")
    const count = 500
    fast.send(...Array.from({ length: count }, (_, i) => publishPacket("fast/readings", i + 1)))
    await until(() => d.stats().limited_clients === 1)
    expect(messages.length).toBeLessThan(count)
    for (let id = 1; id <= 20; id++) {
      good.send(publishPacket("good/readings", id))
      await until(() => acked(good) === id)
    }
    expect(d.stats().limited_clients).toBe(1) // The other one still waits.
    expect(acked(fast)).toBeLessThan(count)
    await until(() => acked(fast) === count, 10_000)
    expect(d.stats()).toMatchObject({ limited_clients: 0, messages: count + 20 })
    expect(d.stats().limited_total).toBeGreaterThan(0)
    for (const c of [fast, good]) c.socket.destroy()
  }, 20_000)
  test("tokens come at the rate and go up to two seconds of it", () => {
    const b = newBroker({
      host: "",
      port: 0,
      tls: null,
      packet_bytes_max: 1000,
      held_max: 10,
      messages_per_s: 100,
      authenticate: async () => null,
      onMessage() {},
      onRefused() {},
    })
    const taken = (c: Connection) => {
      let n = 0
      while (spend(b, c)) n++
      return n
    }
    b.now = 1000
    const c = newConnection(b, new Socket())
    expect(taken(c)).toBe(200)
    b.now = 1090
    releaseLimited(b)
    expect(b.limited.size).toBe(1) // Only a tenth of a second's worth wakes it.
    b.now = 1100
    releaseLimited(b)
    expect(b.limited.size).toBe(0)
    expect(taken(c)).toBe(10)
    b.now = 900_000
    releaseLimited(b)
    expect(taken(c)).toBe(200)
    expect(b.counts.limited_total).toBe(3)
  })
  test("a flood of pings is limited as well", async () => {
    const { url, door: d } = await broker({ messages_per_s: 10 })
    const client = await rawClient(url, "d1")
    client.send(...Array.from({ length: 100 }, () => ({ cmd: "pingreq" as const })))
    await until(() => d.stats().limited_clients === 1)
    expect(client.packets.length).toBeLessThan(50)
    client.socket.destroy()
    await until(() => d.stats().limited_clients === 0)
  })
  test("messages under way of one client are bounded; another is served", async () => {
    const { url, messages } = await broker({ inflight_max: 100 })
    const greedy = await rawClient(url, "d1")
    const good = await rawClient(url, "d2")
    const count = 5000
    greedy.send(...Array.from({ length: count }, (_, i) => publishPacket("d1/readings", i + 1)))
    await until(() => messages.length === 100)
    good.send(publishPacket("d2/readings", 1))
    await until(() => messages.length === 101)
    await pause(50)
    expect(messages).toHaveLength(101)
    let released = 0
    while (acked(greedy) < count) {
      const before = released
      while (released < messages.length) messages[released++]?.done()
      expect(released - before).toBeLessThanOrEqual(101)
      await pause(1)
    }
    expect(messages.map((m) => m.client_id === messages[0]!.client_id).filter(Boolean)).toHaveLength(count)
    for (const c of [greedy, good]) c.socket.destroy()
  })
  test("a packet is refused by its header, before it is there; its neighbours are not", async () => {
    const { url, refused, door: d } = await broker()
    const client = await rawClient(url, "d1")
    const good = await rawClient(url, "d2")
    client.socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])) // 256 MiB are announced, nothing follows.
    await client.closed
    const greeting = await rawSocket(url)
    const closed = new Promise<void>((done) => greeting.once("close", () => done()))
    greeting.write(Buffer.from([0x10, 0xff, 0xff, 0x01])) // 32 KiB of CONNECT from nobody known.
    await closed
    expect(refused.map((r) => r[0])).toEqual(["too-large", "too-large"])
    expect(d.stats().refused_too_large).toBe(2)
    good.send({ cmd: "pingreq" })
    await good.wait((p) => p.cmd === "pingresp")
    good.socket.destroy()
  })
  test("connections beyond the limit are closed and counted; there is room again afterwards", async () => {
    const { url, door: d } = await broker({ connections_max: 3 })
    const clients = await Promise.all(["a", "b", "c"].map((name) => rawClient(url, name)))
    const extra = (await rawSocket(url)).resume()
    await new Promise<void>((done) => extra.once("close", () => done()))
    expect(d.stats()).toMatchObject({ clients: 3, refused_connections: 1 })
    clients[0]?.socket.destroy()
    await until(() => d.clients() === 2)
    const late = await rawClient(url, "e")
    for (const c of [...clients, late]) c.socket.destroy()
  })
  test("topics of one client are bounded", async () => {
    const { url, door: d } = await broker()
    const client = await rawClient(url, "d1")
    const subscriptions = (from: number, n: number) =>
      Array.from({ length: n }, (_, i) => ({ topic: `d1/${from + i}`, qos: 0 as const }))
    client.send({ cmd: "subscribe", messageId: 1, subscriptions: subscriptions(0, 60) })
    client.send({ cmd: "subscribe", messageId: 2, subscriptions: subscriptions(60, 60) })
    const second = await client.wait((p) => p.cmd === "suback" && p.messageId === 2)
    expect(second).toMatchObject({ granted: [...Array(40).fill(0), ...Array(20).fill(128)] })
    client.send({ cmd: "subscribe", messageId: 3, subscriptions: subscriptions(0, 101) })
    await client.closed
    expect(d.stats().refused_protocol).toBe(1)
  })
})

describe("clients that do not read", () => {
  test("a deaf listener misses errors, which is counted; memory stays, others hear, and in the end it is let go", async () => {
    const { url, door: d } = await broker({ packet_ms: 700 })
    const deaf = await rawClient(url, "d1")
    deaf.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "d1/errors", qos: 0 }] })
    await deaf.wait((p) => p.cmd === "suback")
    const good = await rawClient(url, "d2")
    good.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "d2/errors", qos: 0 }] })
    await good.wait((p) => p.cmd === "suback")
    deaf.socket.pause()
    const heard = () => good.packets.filter((p) => p.cmd === "publish").length
    const before = process.memoryUsage().rss
    const text = "x".repeat(2000)
    const count = 50_000 // 100 MB
    for (let i = 1; i <= count; i++) {
      d.publish("d1/errors", text)
      if (i % 1000 > 0) continue
      d.publish("d2/errors", "you")
      await until(() => heard() === i / 1000)
    }
    // The kernel takes some MB of it, our own buffer 64 KiB.
    expect(d.stats().dropped_errors).toBeGreaterThan(count * 0.8)
    expect(process.memoryUsage().rss - before).toBeLessThan(80e6)
    await until(() => d.clients() === 1, 10_000)
    d.publish("d2/errors", "again")
    await until(() => heard() === count / 1000 + 1)
    for (const c of [deaf, good]) c.socket.destroy()
  }, 30_000)
  test("a listener that reads again hears again", async () => {
    const { url, door: d } = await broker()
    const slow = await rawClient(url, "d1")
    slow.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "d1/errors", qos: 0 }] })
    await slow.wait((p) => p.cmd === "suback")
    slow.socket.pause()
    const text = "x".repeat(2000)
    for (let i = 0; d.stats().dropped_errors === 0; i++) {
      d.publish("d1/errors", text)
      if (i % 100 === 0) await pause(1)
    }
    slow.socket.resume()
    slow.send({ cmd: "pingreq" })
    await slow.wait((p) => p.cmd === "pingresp")
    d.publish("d1/errors", "last")
    await slow.wait((p) => p.cmd === "publish" && p.payload.toString() === "last")
    slow.socket.destroy()
  })
  test("who sends and never reads its acknowledgements is not read either", async () => {
    const { url, door: d } = await broker({ onMessage: (m) => m.done(), packet_ms: 1500 })
    const deaf = await rawClient(url, "d1")
    deaf.socket.pause()
    const batch = Buffer.concat(
      Array.from({ length: 1000 }, (_, i) => mqtt.generate(publishPacket("d1/a", i + 1, { payload: "" }))),
    )
    // It would go on for ever if all of it were read.
    while (d.clients() === 1) {
      if (deaf.socket.writableLength < 1e6) deaf.socket.write(batch)
      await new Promise((r) => setImmediate(r))
    }
    await until(() => d.stats().held === 0)
    expect(d.stats()).toMatchObject({ held: 0, refused_timeout: 1 })
    deaf.socket.destroy()
  }, 30_000)
})
