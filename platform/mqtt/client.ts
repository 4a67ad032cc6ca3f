import { type Socket, connect as tcp } from "node:net"
import { connect as tls } from "node:tls"
import mqtt, { type Packet } from "mqtt-packet"
import { append, decode, newFrames, nextPacket, readPublish, settle, type TopicCache } from "./frames.ts"
import { publishBytes, putAck } from "./packets.ts"

/** A QoS 1 message as it arrives; it is acknowledged when `ack` is called, and only then. */
export type Incoming = { topic: string; payload: Buffer; qos: 0 | 1 | 2; dup: boolean; ack(): void }

export type MqttClient = {
  /** Resolves when the broker has acknowledged (QoS 1). Many may be under way; waits while `inflight_max` are. */
  publish(topic: string, payload: string | Buffer): Promise<void>
  subscribe(topics: string[]): Promise<void>
  inflight(): number
  /** Ends after what is under way is acknowledged, at most `wait_ms`. */
  close(wait_ms?: number): Promise<void>
  closed: Promise<Error | null>
}

export type MqttClientOptions = {
  url: string
  client_id: string
  username?: string
  password?: string
  clean?: boolean
  keepalive_s?: number
  inflight_max?: number
  onMessage?(message: Incoming): void
}

/** The protocol's own limit: a message of the outside broker that were refused would come again for ever. */
const packet_bytes_max = 268_435_460
type Waiting = { done(): void; fail(error: Error): void }

/**
 * Connects by MQTT 3.1.1 with held acknowledgements: small, raw and fast, for the feed, the demo's devices and the
 * subscription to an outside broker. What is sent in one turn of the event loop is one write. It does not reconnect;
 * `closed` resolves and the caller decides.
 */
export async function connectMqtt(options: MqttClientOptions): Promise<MqttClient> {
  const url = new URL(options.url)
  const socket = dial(url)
  const frames = newFrames(packet_bytes_max)
  const cache: TopicCache = { topic_bytes: Buffer.alloc(0), topic: "" }
  const waiting = new Map<number, Waiting>()
  const inflight_max = Math.min(options.inflight_max ?? 2000, 60_000)
  const outgoing = createOutgoing(socket)
  let next_id = 0
  let room: (() => void)[] = []
  let failure: Error | null = null

  const freeId = () => {
    do next_id = next_id >= 65_535 ? 1 : next_id + 1
    while (waiting.has(next_id))
    return next_id
  }
  const request = (make: (id: number) => Buffer) =>
    new Promise<void>((done, fail) => {
      if (failure || socket.destroyed) return fail(failure ?? new Error("connection closed"))
      const id = freeId()
      outgoing.send(make(id)) // Throws, and so rejects, where a topic is too long.
      waiting.set(id, { done, fail })
    })
  const answered = (id: number, error: Error | null) => {
    const w = waiting.get(id)
    waiting.delete(id)
    if (error) w?.fail(error)
    else w?.done()
    if (room.length > 0) room.shift()?.()
  }

  const { promise: ready, resolve: connected, reject: refused } = Promise.withResolvers<void>()
  const closed = new Promise<Error | null>((done) => {
    socket.on("error", (error) => {
      failure ??= error
    })
    socket.on("close", () => {
      const error = failure ?? new Error("the broker closed the connection")
      refused(error)
      for (const w of waiting.values()) w.fail(error)
      waiting.clear()
      for (const r of room) r()
      room = []
      clearInterval(ping)
      done(failure)
    })
  })
  const broken = (error: Error) => {
    failure ??= error
    socket.destroy()
  }
  const takePublish = (start: number, body: number, end: number) => {
    const read = readPublish(frames.bytes, start, body, end, 4, cache)
    if (typeof read === "string") return broken(new Error(`the broker sent a message that is none (${read})`))
    const { topic, payload, qos, dup, id } = read
    const ack = () => {
      if (qos > 0) outgoing.ack(id)
    }
    options.onMessage?.({ topic, payload, qos, dup, ack })
  }
  const takeOther = (packet: Packet | Error) => {
    if (packet instanceof Error) return broken(packet)
    if (packet.cmd === "connack") {
      if (packet.returnCode === 0) connected()
      else broken(refusal(packet.returnCode))
    } else if (packet.cmd === "suback") {
      const no = (packet.granted as number[]).includes(128)
      answered(packet.messageId!, no ? new Error("the broker refused the subscription") : null)
    }
  }
  socket.on("data", (chunk: Buffer) => {
    append(frames, chunk)
    while (frames.end > frames.at && !socket.destroyed) {
      const size = nextPacket(frames)
      if (size === 0) break
      if (typeof size === "string") return broken(new Error(`the broker sent no MQTT (${size})`))
      const { bytes, at: start, body } = frames
      frames.at += size
      const kind = bytes[start]! >> 4
      if (kind === 4 && size === 4) answered((bytes[body]! << 8) | bytes[body + 1]!, null)
      else if (kind === 3) takePublish(start, body, start + size)
      else if (kind !== 13) takeOther(decode(bytes.subarray(start, start + size), 4))
    }
    settle(frames)
  })
  const keepalive_s = options.keepalive_s ?? 30
  const ping = setInterval(() => outgoing.send(Buffer.from([0xc0, 0])), keepalive_s * 1000)
  ping.unref()
  socket.on("connect", () => outgoing.send(connectBytes(options, keepalive_s * 2)))
  await ready

  const publish = (topic: string, payload: string | Buffer) => request((id) => publishBytes(topic, payload, 1, id, 4))
  const whenFree = async (topic: string, payload: string | Buffer) => {
    while (waiting.size >= inflight_max) await new Promise<void>((free) => room.push(free))
    await publish(topic, payload)
  }
  return {
    publish: (topic, payload) => (waiting.size < inflight_max ? publish(topic, payload) : whenFree(topic, payload)),
    subscribe: (topics) => request((messageId) => subscribeBytes(topics, messageId)),
    inflight: () => waiting.size,
    async close(wait_ms = 5000) {
      const until = Date.now() + wait_ms
      while (waiting.size > 0 && Date.now() < until && !socket.destroyed) await new Promise((r) => setTimeout(r, 10))
      outgoing.send(Buffer.from([0xe0, 0]))
      outgoing.flush()
      socket.end()
      await Promise.race([closed, new Promise((r) => setTimeout(r, 1000).unref())])
      socket.destroy()
    },
    closed,
  }
}

function dial(url: URL): Socket {
  const secure = url.protocol === "mqtts:" || url.protocol === "ssl:"
  const host = url.hostname.replace(/^\[|\]$/g, "")
  const port = Number(url.port || (secure ? 8883 : 1883))
  const socket = secure ? tls({ host, port, servername: host }) : tcp({ host, port })
  socket.setNoDelay(true)
  return socket
}

/** Collects what is to be sent until the event loop's turn ends; acknowledgements are made as bytes only then. */
function createOutgoing(socket: Socket) {
  let packets: Buffer[] = []
  let acks: number[] = []
  let planned = false
  const flush = () => {
    planned = false
    if (acks.length > 0) {
      const bytes = Buffer.allocUnsafe(acks.length * 4)
      let at = 0
      for (const id of acks) at = putAck(bytes, at, 0x40, id, 0)
      packets.push(bytes)
      acks = []
    }
    const [first] = packets
    if (first && !socket.destroyed && !socket.writableEnded)
      socket.write(packets.length === 1 ? first : Buffer.concat(packets))
    packets = []
  }
  const plan = () => {
    if (planned) return
    planned = true
    setImmediate(flush)
  }
  return {
    flush,
    send(packet: Buffer) {
      packets.push(packet)
      plan()
    },
    ack(id: number) {
      acks.push(id)
      plan()
    },
  }
}

function connectBytes(options: MqttClientOptions, keepalive: number): Buffer {
  return mqtt.generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: options.client_id,
    clean: options.clean ?? true,
    keepalive,
    ...(options.username !== undefined && {
      username: options.username,
      password: Buffer.from(options.password ?? ""),
    }),
  })
}

const subscribeBytes = (topics: string[], messageId: number): Buffer =>
  mqtt.generate({
    cmd: "subscribe",
    messageId,
    subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })),
  })

function refusal(code: number | undefined): Error {
  const why = code === 5 || code === 4 ? "wrong credential" : "see MQTT 3.1.1 §3.2.2.3"
  return new Error(`the broker refused the connection (code ${code}: ${why})`)
}
