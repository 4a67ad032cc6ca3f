import { createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { ProblemError, problem } from "../../model/index.ts"
import { every } from "../timers/index.ts"
import {
  type Broker,
  type Connection,
  endConnection,
  forget,
  type MqttMessage,
  type MqttSession,
  newConnection,
  type Refused,
} from "./connection.ts"
import { releaseLimited, unread_bytes_max, write, writeAcks } from "./flow.ts"
import { disconnectBytes, publishBytes, reason } from "./packets.ts"
import { readOn, receive } from "./serve.ts"
import { createTopics } from "./topics.ts"

export type BrokerOptions = {
  host: string
  port: number
  tls: { cert: string; key: string } | null
  packet_bytes_max: number
  /** Messages held without acknowledgement over all clients; at the limit no client's next messages are read. */
  held_max: number
  /** The same for their payloads, bytes; 64 MiB by default. */
  held_bytes_max?: number
  /** What one client may send, packets a second over time, with a burst of two seconds; unlimited by default. */
  messages_per_s?: number
  /** Sockets open at a time, also those that did not say who they are; 20,000 by default. */
  connections_max?: number
  /** Messages of one client without acknowledgement, then it waits; 1000 by default, at most 65,535. */
  inflight_max?: number
  /** Time for TLS and a whole CONNECT; 10 s by default. */
  connect_ms?: number
  /** Time for one packet from its first to its last byte, and for a client to take what it is sent; 60 s by default. */
  packet_ms?: number
  /** Lets several threads listen on one port (SO_REUSEPORT); a client may then be at any of them. */
  reuse_port?: boolean
  authenticate(username: string, password: string, address: string): Promise<MqttSession | null>
  onMessage(message: MqttMessage): void
  /** A connection or subscription was refused: what, by whom; the topic, or what was wrong with the protocol. */
  onRefused(what: Refused, client: string, topic: string): void
}

export type MqttStats = {
  clients: number
  /** Since the start. */
  messages: number
  bytes: number
  /** Without acknowledgement now. */
  held: number
  held_bytes: number
  /** Not read now because they send too often, and how often that began since the start. */
  limited_clients: number
  limited_total: number
  refused_credential: number
  refused_too_large: number
  refused_topic: number
  refused_protocol: number
  /** Ended for being slow or silent. */
  refused_timeout: number
  /** Beyond `connections_max`, or of file descriptors. */
  refused_connections: number
  /** While the look-up of credentials failed. */
  refused_unavailable: number
  /** Errors not told because the listener did not read. */
  dropped_errors: number
}

/** Nothing counted yet. */
export const noStats: MqttStats = {
  clients: 0,
  messages: 0,
  bytes: 0,
  held: 0,
  held_bytes: 0,
  limited_clients: 0,
  limited_total: 0,
  refused_credential: 0,
  refused_too_large: 0,
  refused_topic: 0,
  refused_protocol: 0,
  refused_timeout: 0,
  refused_connections: 0,
  refused_unavailable: 0,
  dropped_errors: 0,
}

export type MqttDoor = {
  /** Says something to those who listen (error topics). */
  publish(topic: string, payload: string): void
  clients(): number
  stats(): MqttStats
  close(): Promise<void>
  url: string
}

/**
 * The embedded broker for MQTT 3.1, 3.1.1 and 5: it only takes in. Messages go to `onMessage` and are never fanned out;
 * what clients hear is what `publish` says. Acknowledgements wait for each message's `done` and go out in order.
 */
export async function openBroker(options: BrokerOptions): Promise<MqttDoor> {
  const broker = newBroker(options)
  const { limits, counts } = broker
  const accept = (socket: Socket) => {
    broker.now = performance.now()
    const c = newConnection(broker, socket)
    broker.connections.add(c)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    socket.on("error", () => {}) // "close" follows; a device that goes away is no event.
    socket.on("close", () => {
      forget(broker, c)
      c.phase = "ending"
      broker.connections.delete(c)
    })
    socket.on("data", (chunk: Buffer) => receive(broker, c, chunk))
  }
  // A small buffer: what a paused socket has read ahead is memory.
  const net = { highWaterMark: 16 * 1024 }
  const server: Server = options.tls
    ? createTlsServer({ ...net, ...options.tls, handshakeTimeout: limits.connect_ms }, accept)
    : createServer(net, accept)
  // With TLS, `accept` sees a socket only after its handshake.
  const raw = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    raw.add(socket)
    socket.once("close", () => raw.delete(socket))
  })
  server.maxConnections = limits.connections_max
  server.on("drop", () => void counts.refused.connections++)
  server.on("tlsClientError", (error, socket) => {
    counts.refused.protocol++
    options.onRefused("protocol", socket.remoteAddress ?? "", error.message)
  })
  await listen(server, options)
  server.on("error", () => void counts.refused.connections++) // No file descriptor was left for a new socket.
  const failed = (_name: string, error: unknown) => options.onRefused("protocol", "", String(error))
  const sweeping = every(Math.min(1000, limits.connect_ms, limits.packet_ms), () => sweep(broker), "mqtt", failed)
  const paced = every(25, () => releasePaced(broker), "mqtt-rate", failed)
  const address = server.address()
  const port = typeof address === "object" && address ? address.port : options.port
  let told = 0
  return {
    url: `${options.tls ? "mqtts" : "mqtt"}://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    clients: () => broker.open,
    publish: (topic, payload) => tell(broker, ++told, topic, payload),
    stats: () => ({
      clients: broker.open,
      messages: counts.messages,
      bytes: counts.bytes,
      held: broker.held,
      held_bytes: broker.held_bytes,
      limited_clients: broker.limited.size,
      limited_total: counts.limited_total,
      refused_credential: counts.refused.credential,
      refused_too_large: counts.refused["too-large"],
      refused_topic: counts.refused.topic,
      refused_protocol: counts.refused.protocol,
      refused_timeout: counts.refused.timeout,
      refused_connections: counts.refused.connections,
      refused_unavailable: counts.refused.unavailable,
      dropped_errors: counts.dropped_errors,
    }),
    async close() {
      await Promise.all([sweeping.stop(), paced.stop()])
      const closed = new Promise<void>((done) => server.close(() => done()))
      for (const c of broker.connections) {
        writeAcks(broker, c) // What is durable is still said.
        endConnection(broker, c, c.version === 5 && c.phase === "open" ? disconnectBytes(reason.shutting_down) : null)
      }
      const late = setTimeout(() => {
        for (const socket of raw) socket.destroy()
      }, 500)
      await closed
      clearTimeout(late)
    },
  }
}

/** A broker without a socket: limits with their defaults, and nothing counted yet. */
export function newBroker(options: BrokerOptions): Broker {
  const broker: Broker = {
    limits: {
      packet_bytes_max: options.packet_bytes_max,
      held_max: options.held_max,
      held_bytes_max: options.held_bytes_max ?? 64 * 1024 * 1024,
      messages_per_s: options.messages_per_s ?? Number.POSITIVE_INFINITY,
      connections_max: options.connections_max ?? 20_000,
      inflight_max: options.inflight_max ?? 1000,
      connect_ms: options.connect_ms ?? 10_000,
      packet_ms: options.packet_ms ?? 60_000,
    },
    authenticate: options.authenticate,
    onMessage: options.onMessage,
    onRefused: options.onRefused,
    read: (c) => readOn(broker, c),
    now: performance.now(),
    counts: {
      messages: 0,
      bytes: 0,
      limited_total: 0,
      dropped_errors: 0,
      refused: {
        credential: 0,
        "too-large": 0,
        topic: 0,
        protocol: 0,
        timeout: 0,
        connections: 0,
        unavailable: 0,
      },
    },
    held: 0,
    held_bytes: 0,
    open: 0,
    connections: new Set(),
    by_key: new Map(),
    topics: createTopics(),
    dirty: [],
    stalled: new Set(),
    limited: new Set(),
    turn_planned: false,
  }
  return broker
}

/** Resolves when the server listens; a busy port is a sentence that names the setting. */
function listen(server: Server, { host, port, reuse_port }: BrokerOptions): Promise<void> {
  return new Promise<void>((done, fail) => {
    const failed = (error: NodeJS.ErrnoException) =>
      fail(
        error.code === "EADDRINUSE"
          ? new ProblemError(
              problem(
                "port-busy",
                500,
                `MQTT 端口 ${port} 已被占用，请换一个：--mqtt-port <端口>`,
                `MQTT port ${port} is in use; choose another with --mqtt-port <port>`,
                { field: "mqtt_port", value: port },
              ),
            )
          : error,
      )
    server.once("error", failed)
    server.listen({ host, port, backlog: 4096, reusePort: reuse_port ?? false }, () => {
      server.off("error", failed)
      done()
    })
  })
}

function releasePaced(broker: Broker): void {
  if (broker.limited.size === 0) return
  broker.now = performance.now()
  releaseLimited(broker)
}

/** Gives a message to those who listen; one that leaves too much unread misses it, which is counted. */
function tell(broker: Broker, told: number, topic: string, payload: string): void {
  let old: Buffer | null = null
  let five: Buffer | null = null
  broker.topics.match(topic, (c) => {
    if (c.told === told) return
    c.told = told
    if (c.socket.writableLength > unread_bytes_max) {
      broker.counts.dropped_errors++
      return
    }
    if (c.version === 5) five ??= publishBytes(topic, payload, 0, 0, 5)
    else old ??= publishBytes(topic, payload, 0, 0, 4)
    const bytes = (c.version === 5 ? five : old)!
    if (bytes.length > c.packet_bytes_max) broker.counts.dropped_errors++
    else write(broker, c, bytes)
  })
}

/** Ends those whose time is over. A client that is not read because of us is not blamed for being silent. */
function sweep(broker: Broker): void {
  const now = performance.now()
  broker.now = now
  for (const c of broker.connections) {
    if (c.phase === "ending") {
      if (now > c.deadline) c.socket.destroy()
    } else if (now > c.deadline) {
      timeOut(broker, c, "no whole CONNECT in time")
    } else if (now - c.partial_since > broker.limits.packet_ms) {
      timeOut(broker, c, "a packet took too long to arrive whole")
    } else if (now - c.unread_since > broker.limits.packet_ms) {
      timeOut(broker, c, "what was sent was not read")
    } else if (c.blocked === 0 && now - c.heard_at > c.silence_max_ms) {
      timeOut(broker, c, "")
    }
  }
}

/** Ends a connection for being slow; `detail` is reported, while a device that fell silent is no refusal. */
function timeOut(broker: Broker, c: Connection, detail: string): void {
  broker.counts.refused.timeout++
  const open = c.phase === "open"
  endConnection(broker, c, open && c.version === 5 ? disconnectBytes(reason.keep_alive) : null)
  if (detail) broker.onRefused("protocol", c.session?.name ?? (c.id || c.address), detail)
}
