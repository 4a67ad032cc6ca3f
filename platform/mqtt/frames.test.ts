import { describe, expect, test } from "vitest"
import { append, decode, newFrames, nextPacket, readPublish, settle } from "./frames.ts"
import { publishBytes } from "./packets.ts"
import { createTopics, isFilter, matches } from "./topics.ts"

/** All messages found when `stream` comes in pieces of the given lengths. */
function messagesOf(stream: Buffer, pieces: (at: number) => number, version: number): string[] {
  const frames = newFrames(1e6)
  const cache = { topic_bytes: Buffer.alloc(0), topic: "" }
  const found: { topic: string; payload: Buffer; id: number }[] = []
  for (let at = 0; at < stream.length; ) {
    const n = Math.max(1, pieces(at))
    append(frames, Buffer.from(stream.subarray(at, at + n)))
    at += n
    while (frames.end > frames.at) {
      const size = nextPacket(frames)
      if (typeof size === "string") throw new Error(size)
      if (size === 0) break
      const start = frames.at
      frames.at += size
      const read = readPublish(frames.bytes, start, frames.body, frames.at, version, cache)
      if (typeof read === "string") throw new Error(read)
      found.push(read)
    }
    settle(frames)
  }
  // Only now: payloads must still be what they were when they came.
  return found.map((f) => `${f.id} ${f.topic} ${f.payload}`)
}

describe.each([4, 5])("a stream of version %i", (version) => {
  test("is the same however the network cuts it", () => {
    const sizes = [0, 1, 100, 130, 5000, 3, 20_000, 0, 127, 128]
    const sent = sizes.map((n, i) => ({
      topic: i % 4 === 0 ? "v1/水" : `v1/${i % 3}`,
      payload: String(i % 10).repeat(n),
    }))
    const stream = Buffer.concat(sent.map((s, i) => publishBytes(s.topic, s.payload, 1, i + 1, version)))
    const expected = sent.map((s, i) => `${i + 1} ${s.topic} ${s.payload}`)
    for (const step of [1, 2, 3, 7, 64, 1000, 4096, 30_000])
      expect(messagesOf(stream, () => step, version)).toEqual(expected)
    for (let cut = 1; cut < 400; cut++)
      expect(messagesOf(stream, (at) => (at === 0 ? cut : 1e6), version)).toEqual(expected)
  })
})

test("a length is told before the packet is there, and five bytes of length are none", () => {
  const frames = newFrames(1000)
  append(frames, Buffer.from([0x30, 0xe8, 0x07]))
  expect(nextPacket(frames)).toBe("too-large")
  const wrong = newFrames(1e9)
  append(wrong, Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]))
  expect(nextPacket(wrong)).toBe("malformed")
})

test("a small rest does not hold a large chunk", () => {
  const frames = newFrames(1e6)
  append(frames, Buffer.alloc(60_000))
  frames.at = 59_990
  settle(frames)
  expect(frames.bytes.buffer.byteLength).toBe(10)
  expect(frames.end - frames.at).toBe(10)
})

test("what is no packet is an error, not an exception", () => {
  for (const bytes of [[], [0x10, 0], [0x82, 0], [0x82, 2, 0, 1], [0x10, 3, 0, 4, 77], [0x00, 0], [0xf0, 0]])
    expect(decode(Buffer.from(bytes), 4)).not.toHaveProperty("subscriptions.0")
  expect(decode(Buffer.from([0x82, 3, 0, 1, 9]), 4)).toBeInstanceOf(Error)
})

test.each([
  ["a/b", "a/b", true],
  ["a/b", "a/b/c", false],
  ["a/+", "a/b", true],
  ["a/+", "a", false],
  ["a/+", "a/b/c", false],
  ["+/+", "/a", true],
  ["a/#", "a", true],
  ["a/#", "a/b/c", true],
  ["#", "a/b", true],
  ["#", "$SYS/a", false],
  ["+/a", "$SYS/a", false],
  ["$SYS/#", "$SYS/a", true],
])("filter %s on topic %s: %s (MQTT 3.1.1 §4.7)", (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected)
})

test("filters that are none are told apart", () => {
  expect(["a", "a/+/b", "#", "+", "/", "a/#", "+/+/#"].filter(isFilter)).toHaveLength(7)
  expect(["", "a#", "a/#/b", "+a", "a+/b", "a\0"].filter(isFilter)).toEqual([])
})

test("listeners are found by exact topic and by pattern, and are gone when removed", () => {
  const topics = createTopics<string>()
  for (const [filter, who] of [
    ["a/b", "1"],
    ["a/b", "2"],
    ["a/+", "3"],
    ["c", "4"],
  ] as const)
    topics.add(filter, who)
  const found = (topic: string) => {
    const all: string[] = []
    topics.match(topic, (who) => void all.push(who))
    return all
  }
  expect(found("a/b")).toEqual(["1", "2", "3"])
  expect(topics.remove("a/b", "1")).toBe(true)
  expect(topics.remove("a/b", "1")).toBe(false)
  expect(topics.remove("a/+", "3")).toBe(true)
  expect(found("a/b")).toEqual(["2"])
})
