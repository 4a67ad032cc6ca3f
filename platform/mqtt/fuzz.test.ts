import mqtt, { type Packet } from "mqtt-packet"
import { expect, test } from "vitest"
import { append, decode, newFrames, nextPacket, readPublish } from "./frames.ts"
import { connectPacket, publishPacket, type RawClient, rawClient, rawSocket, testBroker, until } from "./testing.ts"

/** mulberry32: the same mutations in every run. */
function chance(seed: number) {
  let a = seed
  return (below: number) => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below)
  }
}

function seeds(version: 4 | 5): Buffer[] {
  const properties = { userProperties: { a: "b" }, contentType: "x" }
  const subscriptions = [{ topic: "d/+/e", qos: 1 as const, nl: false, rap: false, rh: 0 }]
  const packets: Packet[] = [
    connectPacket("d", {
      protocolVersion: version,
      ...(version === 5 && { properties: { sessionExpiryInterval: 9 } }),
    }),
    publishPacket("d/readings", 5, { payload: "x".repeat(40) }),
    publishPacket("d/readings", 6, { qos: 2, payload: "abc", ...(version === 5 && { properties }) }),
    publishPacket("d/readings", 0, { qos: 0, payload: "abc" }),
    { cmd: "subscribe", messageId: 3, subscriptions },
    { cmd: "unsubscribe", messageId: 4, unsubscriptions: ["d/+/e"] },
    { cmd: "pubrel", messageId: 6 },
    { cmd: "puback", messageId: 6 },
    { cmd: "pingreq" },
    { cmd: "disconnect" },
  ]
  return packets.map((p) => mqtt.generate(p, { protocolVersion: version }))
}

/** Some of the good packets with bytes changed, cut, put in or twice, and sometimes noise alone. */
function mutate(good: Buffer[], any: (below: number) => number): Buffer {
  const bytes = Buffer.from(good[any(good.length)]!)
  const kind = any(8)
  if (kind === 0) return Buffer.from(Array.from({ length: 1 + any(30) }, () => any(256)))
  if (kind === 1) return bytes.subarray(0, 1 + any(bytes.length))
  if (kind === 2) return Buffer.concat([bytes, good[any(good.length)]!.subarray(any(3))])
  if (kind === 3) {
    const at = any(bytes.length)
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([any(256), any(256)]), bytes.subarray(at)])
  }
  for (let n = 1 + any(3); n > 0; n--) bytes[any(bytes.length)] = kind === 4 ? 1 << any(8) : any(256)
  if (kind === 5 && bytes.length < 128) bytes[1] = bytes.length - 2 // The length is right again: the inside is reached.
  return bytes
}

test("300,000 mutated packets, each read to its end or refused: nothing throws", () => {
  const any = chance(7)
  const good = { 4: seeds(4), 5: seeds(5) }
  const outcomes: Record<string, number> = {}
  for (let i = 0; i < 300_000; i++) {
    const version = any(2) === 0 ? 4 : 5
    const frames = newFrames(100_000)
    append(frames, mutate(good[version], any))
    const size = nextPacket(frames)
    let outcome = String(size)
    if (typeof size === "number" && size > 0) {
      const packet = frames.bytes.subarray(0, size)
      const cache = { topic_bytes: Buffer.alloc(0), topic: "" }
      const read =
        packet[0]! >> 4 === 3 ? readPublish(packet, 0, frames.body, size, version, cache) : decode(packet, version)
      outcome = typeof read === "string" ? read : read instanceof Error ? "error" : "packet"
    } else if (size === 0) outcome = "incomplete"
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  for (const seen of ["packet", "error", "malformed", "topic", "alias", "too-large", "incomplete"])
    expect([seen, outcomes[seen] ?? 0]).not.toEqual([seen, 0])
}, 120_000)

test("200,000 mutated packets: nothing throws, and a good client is served all along", async () => {
  const { url, door } = await testBroker({ onMessage: (m) => m.done(), packet_ms: 2000, connect_ms: 2000 })
  const good = await rawClient(url, "good")
  const any = chance(20261124)
  const packets_a_connection = 25
  const count = 200_000
  const open = new Set<Promise<void>>()
  let sent = 0
  let id = 0
  const acks = (c: RawClient) => c.packets.filter((p) => p.cmd === "puback").length
  while (sent < count) {
    const version = any(2) === 0 ? 4 : 5
    const socket = (await rawSocket(url)).resume()
    const closed = new Promise<void>((done) => socket.once("close", () => done()))
    open.add(closed)
    void closed.then(() => open.delete(closed))
    const all = seeds(version)
    // Most connections are let in first, so that what comes behind CONNECT is reached.
    if (any(10) > 0) socket.write(all[0]!)
    for (let i = 0; i < packets_a_connection; i++) {
      socket.write(mutate(all, any))
      sent++
    }
    socket.end()
    if (open.size >= 50) await Promise.race(open)
    if (sent % 5000 === 0) {
      good.send(publishPacket("good/readings", (id++ % 60_000) + 1))
      await until(() => acks(good) === id)
    }
  }
  await Promise.all(open)
  expect(sent).toBe(count)
  expect(id).toBe(count / 5000)
  expect(door.stats()).toMatchObject({ clients: 1, held: 0, held_bytes: 0 })
  expect(door.stats().refused_protocol).toBeGreaterThan(1000)
  expect(door.stats().messages).toBeGreaterThan(1000)
  good.socket.destroy()
  await door.close()
}, 120_000)
