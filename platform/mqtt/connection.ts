/** What is known of one connection and of the broker: plain data that the other files here work on. */
import type { Socket } from "node:net"
import { type Frames, newFrames, type TopicCache } from "./frames.ts"
import { disconnectBytes } from "./packets.ts"
import type { Topics } from "./topics.ts"

/** Who is at the other end, and what topics are open to it. */
export type MqttSession = {
  name: string
  mayPublish(topic: string): boolean
  maySubscribe(topic: string): boolean
  /** Messages a second at most, where it is another number than the broker's. */
  messages_per_s?: number
}

/**
 * A message that came in. `payload` is a view of what the socket delivered: it is valid during the call, and what is
 * kept longer should be copied, as the view keeps its whole chunk (up to 64 KiB) in memory.
 */
export type MqttMessage = {
  topic: string
  payload: Buffer
  session: MqttSession
  client_id: string
  qos: 0 | 1 | 2
  dup: boolean
  /**
   * Releases the acknowledgement; to be called exactly once, at any time. MQTT 5 clients are told `reason_code` (§2.4,
   * 0 by default); older versions know no negative acknowledgement and get a plain one.
   */
  done(reason_code?: number): void
}

export type Refused = "credential" | "too-large" | "topic" | "protocol"

/** A message without its acknowledgement; `code` is −1 until it is done. */
export type Held = { id: number; qos: 0 | 1 | 2; bytes: number; code: number }

/** Why a connection is not read at the moment, as bits. */
export const because = { authenticating: 1, rate: 2, inflight: 4, unread: 8, full: 16 } as const

export type Connection = TopicCache & {
  socket: Socket
  address: string
  frames: Frames
  version: number
  id: string
  /** Under which a later connection takes over. */
  key: string
  session: MqttSession | null
  phase: "new" | "authenticating" | "open" | "ending"
  blocked: number
  /** Times of `performance.now()`; infinite where nothing is waited for. */
  deadline: number
  heard_at: number
  silence_max_ms: number
  partial_since: number
  unread_since: number
  tokens: number
  tokens_at: number
  /** QoS 1 and 2 in the order they came. */
  queue: Held[]
  /** Messages not yet acknowledged (QoS 0: not yet done). */
  inflight: number
  dirty: boolean
  /** QoS 2 packet identifiers until PUBREL: whether PUBREC was sent. */
  received: Map<number, boolean> | null
  filters: Set<string>
  /** What a client of MQTT 5 takes at most, bytes. */
  packet_bytes_max: number
  /** The publication that it was given last. */
  told: number
}

export type Limits = {
  packet_bytes_max: number
  held_max: number
  held_bytes_max: number
  messages_per_s: number
  connections_max: number
  inflight_max: number
  connect_ms: number
  packet_ms: number
}

export type Counts = {
  messages: number
  bytes: number
  limited_total: number
  dropped_errors: number
  refused: Record<Refused | "timeout" | "connections" | "unavailable", number>
}

export type Broker = {
  limits: Limits
  authenticate(username: string, password: string, address: string): Promise<MqttSession | null>
  onMessage(message: MqttMessage): void
  onRefused(what: Refused, client: string, topic: string): void
  /** Handles what a connection has delivered, as far as it may be read. */
  read(c: Connection): void
  /** `performance.now()` of the latest event. */
  now: number
  counts: Counts
  held: number
  held_bytes: number
  open: number
  connections: Set<Connection>
  by_key: Map<string, Connection>
  topics: Topics<Connection>
  /** Connections with acknowledgements to write. */
  dirty: Connection[]
  /** Not read because the broker is full, the longest waiting first. */
  stalled: Set<Connection>
  /** Not read because of the rate. */
  limited: Set<Connection>
  turn_planned: boolean
}

/** A CONNECT longer than this is refused: thousands who have not shown a credential must not fill the memory. */
const connect_bytes_max = 16 * 1024

export function newConnection(broker: Broker, socket: Socket): Connection {
  const { limits, now } = broker
  return {
    socket,
    address: socket.remoteAddress ?? "",
    frames: newFrames(Math.min(connect_bytes_max, limits.packet_bytes_max)),
    version: 4,
    id: "",
    key: "",
    session: null,
    phase: "new",
    blocked: 0,
    deadline: now + limits.connect_ms,
    heard_at: now,
    silence_max_ms: Number.POSITIVE_INFINITY,
    partial_since: Number.POSITIVE_INFINITY,
    unread_since: Number.POSITIVE_INFINITY,
    tokens: Math.max(1, 2 * limits.messages_per_s),
    tokens_at: now,
    queue: [],
    inflight: 0,
    dirty: false,
    received: null,
    filters: new Set(),
    packet_bytes_max: Number.POSITIVE_INFINITY,
    told: 0,
    topic_bytes: Buffer.alloc(0),
    topic: "",
  }
}

export const isFull = ({ held, held_bytes, limits }: Broker): boolean =>
  held >= limits.held_max || held_bytes >= limits.held_bytes_max

/** How long a refused client has to read why. */
const farewell_ms = 5000

/** Ends a connection after `last` is written; what it held is stored all the same, only nobody is told. */
export function endConnection(broker: Broker, c: Connection, last: Buffer | null): void {
  forget(broker, c)
  if (c.phase === "ending") return
  c.phase = "ending"
  c.deadline = broker.now + farewell_ms
  c.frames = newFrames(0)
  if (c.socket.destroyed) return
  if (last && !c.socket.writableEnded) c.socket.write(last)
  c.socket.resume() // Else its own end would never be seen.
  c.socket.destroySoon()
}

/** Takes a connection out of everything but the list of open sockets. */
export function forget(broker: Broker, c: Connection): void {
  if (c.phase === "open") broker.open--
  if (broker.by_key.get(c.key) === c) broker.by_key.delete(c.key)
  for (const filter of c.filters) broker.topics.remove(filter, c)
  c.filters.clear()
  broker.stalled.delete(c)
  broker.limited.delete(c)
}

/** Refuses what a client did: it is told (MQTT 5), counted, reported, and the connection ends. */
export function refuse(broker: Broker, c: Connection, what: Refused, code: number, detail: string): void {
  if (c.phase === "ending") return
  broker.counts.refused[what]++
  const told = c.version === 5 && c.phase === "open" ? disconnectBytes(code) : null
  endConnection(broker, c, told)
  broker.onRefused(what, c.session?.name ?? (c.id || c.address), detail)
}
