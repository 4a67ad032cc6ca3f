/** What each packet of a client leads to. */
import { type Broker, because, type Connection, endConnection, type Held, isFull, refuse } from "./connection.ts"
import { block, release, spend, write } from "./flow.ts"
import { append, decode, nextPacket, readPublish, settle } from "./frames.ts"
import { handshake } from "./handshake.ts"
import { codesBytes, pingresp, putAck, reason } from "./packets.ts"
import { isFilter } from "./topics.ts"

const type = { connect: 1, publish: 3, pubrel: 6, subscribe: 8, unsubscribe: 10, pingreq: 12, disconnect: 14 } as const
const filters_max = 100
/** QoS 2 identifiers that wait for PUBREL, as a multiple of the messages that may be under way. */
const received_times = 10

/** Takes what the socket delivered. */
export function receive(broker: Broker, c: Connection, chunk: Buffer): void {
  if (c.phase === "ending") return
  broker.now = performance.now()
  c.heard_at = broker.now
  append(c.frames, chunk)
  readOn(broker, c)
}

/** Handles whole packets until there is none left or the connection must wait. */
export function readOn(broker: Broker, c: Connection): void {
  const { frames } = c
  let whole = 0
  while (c.blocked === 0 && c.phase !== "ending") {
    const size = frames.end > frames.at ? nextPacket(frames) : 0
    if (size === 0) {
      // Noise may announce a length that never comes.
      if (c.phase === "new" && frames.end > frames.at && frames.bytes[frames.at] !== 0x10)
        malformed(broker, c, "the first packet is not CONNECT")
      break
    }
    if (size === "too-large") refuse(broker, c, "too-large", reason.too_large, "")
    else if (size === "malformed") malformed(broker, c, "a packet's length has five bytes")
    else {
      const start = frames.at
      const kind = frames.bytes[start]! >> 4
      if (c.phase === "open" && !mayGoOn(broker, c, kind)) break
      frames.at = start + size
      whole++
      handle(broker, c, kind, frames.bytes, start, frames.body, frames.at)
    }
  }
  settle(frames)
  const partial = frames.end > frames.at && c.blocked === 0
  if (!partial) c.partial_since = Number.POSITIVE_INFINITY
  else if (whole > 0 || c.partial_since === Number.POSITIVE_INFINITY) c.partial_since = broker.now
}

/** Whether the next packet may be taken now; if not, it stays where it is and the connection waits. */
function mayGoOn(broker: Broker, c: Connection, kind: number): boolean {
  if (kind === type.publish) {
    if (c.inflight >= broker.limits.inflight_max) {
      block(c, because.inflight)
      return false
    }
    if (isFull(broker)) {
      broker.stalled.add(c)
      block(c, because.full)
      return false
    }
  }
  return spend(broker, c)
}

const malformed = (broker: Broker, c: Connection, detail: string) =>
  refuse(broker, c, "protocol", reason.malformed, detail)

function handle(broker: Broker, c: Connection, kind: number, bytes: Buffer, start: number, body: number, end: number) {
  if (c.phase === "new") {
    if (kind !== type.connect) return malformed(broker, c, "the first packet is not CONNECT")
    return handshake(broker, c, bytes.subarray(start, end))
  }
  switch (kind) {
    case type.publish:
      return takePublish(broker, c, bytes, start, body, end)
    case type.pingreq:
      return write(broker, c, pingresp)
    case type.pubrel:
      if ((bytes[start]! & 15) !== 2 || end - body < 2) return malformed(broker, c, "PUBREL is malformed")
      return takePubrel(broker, c, (bytes[body]! << 8) | bytes[body + 1]!)
    case type.subscribe:
      return takeSubscribe(broker, c, bytes.subarray(start, end))
    case type.unsubscribe:
      return takeUnsubscribe(broker, c, bytes.subarray(start, end))
    case type.disconnect:
      return endConnection(broker, c, null)
    default:
      return refuse(broker, c, "protocol", reason.protocol, `a client may not send packet type ${kind} here`)
  }
}

function takePublish(broker: Broker, c: Connection, bytes: Buffer, start: number, body: number, end: number) {
  const read = readPublish(bytes, start, body, end, c.version, c)
  if (read === "alias") return refuse(broker, c, "protocol", reason.topic_alias, "topic aliases are not offered")
  if (read === "topic") return refuse(broker, c, "protocol", reason.topic, "the topic is empty or has a wildcard")
  if (read === "malformed") return malformed(broker, c, "PUBLISH is malformed")
  const { topic, qos, dup, id, payload } = read
  if (qos === 2) {
    c.received ??= new Map()
    const answered = c.received.get(id)
    // The same message again: its PUBREC was lost, or will come with its `done`.
    if (answered === true) return ack(broker, c, 0x50, id, 0)
    if (answered === false) return
    if (c.received.size >= broker.limits.inflight_max * received_times)
      return refuse(broker, c, "protocol", reason.receive_maximum, "too many QoS 2 messages without PUBREL")
    c.received.set(id, false)
  }
  const held: Held = { id, qos, bytes: payload.length, code: -1 }
  broker.held++
  broker.held_bytes += payload.length
  broker.counts.messages++
  broker.counts.bytes += payload.length
  c.inflight++
  if (qos > 0) c.queue.push(held)
  broker.onMessage({
    topic,
    payload,
    session: c.session!,
    client_id: c.id,
    qos,
    dup,
    done: (code = 0) => release(broker, c, held, code),
  })
}

function takePubrel(broker: Broker, c: Connection, id: number) {
  const known = c.received?.get(id)
  if (known === false) return refuse(broker, c, "protocol", reason.protocol, "PUBREL before PUBREC")
  if (known) {
    c.tokens++ // It belongs to a message that was counted.
    c.received?.delete(id)
  }
  ack(broker, c, 0x70, id, known || c.version < 5 ? 0 : reason.packet_id_unknown)
}

function ack(broker: Broker, c: Connection, first: number, id: number, code: number) {
  const bytes = Buffer.allocUnsafe(5)
  write(broker, c, bytes.subarray(0, putAck(bytes, 0, first, id, code)))
}

function takeSubscribe(broker: Broker, c: Connection, bytes: Buffer) {
  const packet = decode(bytes, c.version)
  if (packet instanceof Error || packet.cmd !== "subscribe" || !((packet.messageId ?? 0) > 0))
    return malformed(broker, c, packet instanceof Error ? packet.message : "SUBSCRIBE is malformed")
  const { subscriptions } = packet
  if (subscriptions.length === 0 || subscriptions.length > filters_max)
    return refuse(broker, c, "protocol", reason.quota, `SUBSCRIBE must have 1 to ${filters_max} topics`)
  const codes = subscriptions.map(({ topic }) => subscribe(broker, c, topic))
  write(broker, c, codesBytes(0x90, packet.messageId!, c.version === 5 ? codes : codes.map(granted), c.version))
}

/** MQTT 3.1.1 knows one refusal (§3.9.3). */
const granted = (code: number) => (code >= 0x80 ? 0x80 : code)

/** The code of SUBACK. What is granted is QoS 0: an error that is not heard stands in the quarantine as well. */
function subscribe(broker: Broker, c: Connection, filter: string): number {
  if (!isFilter(filter)) return reason.topic_filter
  if (filter.startsWith("$share/")) return reason.shared_subscription
  if (!c.session?.maySubscribe(filter)) {
    broker.counts.refused.topic++
    broker.onRefused("topic", c.session?.name ?? c.id, filter)
    return reason.not_allowed
  }
  if (c.filters.size >= filters_max && !c.filters.has(filter)) return reason.quota
  c.filters.add(filter)
  broker.topics.add(filter, c)
  return 0
}

function takeUnsubscribe(broker: Broker, c: Connection, bytes: Buffer) {
  const packet = decode(bytes, c.version)
  if (packet instanceof Error || packet.cmd !== "unsubscribe" || !((packet.messageId ?? 0) > 0))
    return malformed(broker, c, packet instanceof Error ? packet.message : "UNSUBSCRIBE is malformed")
  if (packet.unsubscriptions.length > 10 * filters_max)
    return refuse(broker, c, "protocol", reason.quota, "UNSUBSCRIBE has too many topics")
  const codes = packet.unsubscriptions.map((filter) => {
    c.filters.delete(filter)
    return broker.topics.remove(filter, c) ? 0 : 0x11
  })
  write(broker, c, codesBytes(0xb0, packet.messageId!, codes, c.version))
}
