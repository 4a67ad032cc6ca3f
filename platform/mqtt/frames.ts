import mqtt, { type Packet } from "mqtt-packet"

/**
 * The bytes of a connection that are not yet handled, cut into packets. `bytes[at..end)` is what is there; nothing is
 * ever moved inside a buffer, so that views handed out stay what they were.
 */
export type Frames = {
  bytes: Buffer
  at: number
  end: number
  /** Where the packet found last has its variable header. */
  body: number
  /** The longest packet that is taken, header included. */
  max_bytes: number
  /** Whether there is room behind `end` that is ours to write; a socket's own chunk is not. */
  own: boolean
}

const nothing = Buffer.alloc(0)
export const newFrames = (max_bytes: number): Frames => ({
  bytes: nothing,
  at: 0,
  end: 0,
  body: 0,
  max_bytes,
  own: false,
})

/** Adds what the socket delivered: without a copy when nothing was left over, else into room that doubles. */
export function append(frames: Frames, chunk: Buffer): void {
  const left = frames.end - frames.at
  if (left === 0) {
    frames.bytes = chunk
    frames.at = 0
    frames.end = chunk.length
    frames.own = false
    return
  }
  const needed = frames.end + chunk.length
  if (needed > frames.bytes.length || !frames.own) {
    const bytes = Buffer.allocUnsafeSlow(Math.max(1024, 2 * (left + chunk.length)))
    frames.bytes.copy(bytes, 0, frames.at, frames.end)
    frames.bytes = bytes
    frames.own = true
    frames.at = 0
    frames.end = left
  }
  chunk.copy(frames.bytes, frames.end)
  frames.end += chunk.length
}

/**
 * Length of the whole packet that begins at `at`, with `body` set; 0 when it is not all there yet. A packet over
 * `max_bytes` is told by its header, before it is there.
 */
export function nextPacket(frames: Frames): number | "malformed" | "too-large" {
  const { bytes, at, end } = frames
  let length = 0
  for (let i = 1; i <= 4; i++) {
    if (at + i >= end) return 0
    const byte = bytes[at + i]!
    length += (byte & 127) * 128 ** (i - 1)
    if (byte < 128) {
      const size = 1 + i + length
      if (size > frames.max_bytes) return "too-large"
      frames.body = at + i + 1
      return at + size > end ? 0 : size
    }
  }
  return "malformed"
}

/** Called after reading: a small rest does not keep a large chunk in memory. */
export function settle(frames: Frames): void {
  const left = frames.end - frames.at
  if (left === 0) {
    frames.bytes = nothing
    frames.at = 0
    frames.end = 0
    frames.own = false
  } else if (left * 4 < frames.bytes.length && frames.bytes.length > 1024) {
    frames.bytes = ownCopy(frames.bytes, frames.at, frames.end)
    frames.at = 0
    frames.end = left
    frames.own = false
  }
}

/** A copy outside Node's pool: what lives long there would keep 64 KiB each. */
function ownCopy(bytes: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(to - from)
  bytes.copy(copy, 0, from, to)
  return copy
}

/** One whole packet by mqtt-packet, or why it is none. For the packets that come seldom. */
export function decode(packet: Buffer, version: number): Packet | Error {
  let found: Packet | null = null
  let failure: Error | null = null
  const parser = mqtt.parser({ protocolVersion: version })
  parser.on("packet", (one) => {
    found ??= one
  })
  parser.on("error", (error) => {
    failure ??= error as Error
  })
  try {
    parser.parse(packet)
  } catch (error) {
    failure = error as Error // Some malformed packets make it throw instead of telling.
  }
  return failure ?? found ?? new Error("the packet ends too early")
}

/** Most clients publish to one topic: its text is made once, and compared by bytes. */
export type TopicCache = { topic_bytes: Buffer; topic: string }

export type Publish = { topic: string; qos: 0 | 1 | 2; dup: boolean; id: number; payload: Buffer }

/** A PUBLISH straight from the bytes; a string says what is wrong with it. MQTT 3.1.1 §3.3, MQTT 5 §3.3. */
export function readPublish(
  bytes: Buffer,
  start: number,
  body: number,
  end: number,
  version: number,
  cache: TopicCache,
): Publish | "malformed" | "topic" | "alias" {
  const first = bytes[start]!
  const qos = (first >> 1) & 3
  if (qos === 3 || end - body < 2) return "malformed"
  const topic_at = body + 2
  let at = topic_at + ((bytes[body]! << 8) | bytes[body + 1]!)
  if (at > end) return "malformed"
  if (!sameTopic(bytes, topic_at, at, cache.topic_bytes)) {
    const topic = bytes.toString("utf8", topic_at, at)
    if (topic === "" && version === 5) return "alias"
    if (topic === "" || /[+#\0]/.test(topic)) return "topic"
    cache.topic_bytes = ownCopy(bytes, topic_at, at)
    cache.topic = topic
  }
  let id = 0
  if (qos > 0) {
    if (at + 2 > end) return "malformed"
    id = (bytes[at]! << 8) | bytes[at + 1]!
    if (id === 0) return "malformed"
    at += 2
  }
  if (version === 5) {
    if (at >= end) return "malformed"
    if (bytes[at] === 0) at++
    else {
      const packet = decode(bytes.subarray(start, end), 5)
      if (packet instanceof Error || packet.cmd !== "publish") return "malformed"
      if (packet.properties?.topicAlias !== undefined) return "alias"
      at = end - packet.payload.length
    }
  }
  return {
    topic: cache.topic,
    qos: qos as 0 | 1 | 2,
    dup: (first & 8) !== 0,
    id,
    payload: bytes.subarray(at, end),
  }
}

function sameTopic(bytes: Buffer, from: number, to: number, known: Buffer): boolean {
  const n = to - from
  if (n !== known.length || n === 0) return false
  // Topics of one client differ at their ends, if at all.
  for (let i = n - 1; i >= 0; i--) if (bytes[from + i] !== known[i]) return false
  return true
}
