import { type Socket, connect as tcp } from "node:net"
import { connect as tls } from "node:tls"
import mqtt, { type Packet } from "mqtt-packet"

/** A QoS 1 message as it arrives; it is acknowledged when `ack` is called, and only then. */
export type Incoming = { topic: string; payload: Buffer; ack(): void }

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

/**
 * Connects by MQTT 3.1.1 with held acknowledgements: small, raw and fast, for the feed, the demo's devices and the
 * subscription to an outside broker. It does not reconnect; `closed` resolves and the caller decides.
 */
export async function connectMqtt(options: MqttClientOptions): Promise<MqttClient> {
  const url = new URL(options.url)
  const secure = url.protocol === "mqtts:" || url.protocol === "ssl:"
  const port = Number(url.port || (secure ? 8883 : 1883))
  const socket: Socket = secure
    ? tls({ host: url.hostname, port, servername: url.hostname })
    : tcp({ host: url.hostname, port })
  socket.setNoDelay(true)
  const parser = mqtt.parser({ protocolVersion: 4 })
  const waiting = new Map<number, { done(): void; fail(error: Error): void }>()
  const inflight_max = Math.min(options.inflight_max ?? 2000, 60_000)
  let next_id = 0
  let room: (() => void)[] = []
  let failure: Error | null = null

  const send = (packet: Packet) => {
    if (!socket.destroyed) mqtt.writeToStream(packet, socket as never, { protocolVersion: 4 })
  }
  const freeId = () => {
    do next_id = next_id >= 65_535 ? 1 : next_id + 1
    while (waiting.has(next_id))
    return next_id
  }
  const request = (make: (id: number) => Packet) =>
    new Promise<void>((done, fail) => {
      if (failure || socket.destroyed) return fail(failure ?? new Error("connection closed"))
      const id = freeId()
      waiting.set(id, { done, fail })
      send(make(id))
    })

  let connected!: () => void
  let refused!: (error: Error) => void
  const ready = new Promise<void>((done, fail) => {
    connected = done
    refused = fail
  })
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
  socket.on("data", (chunk) => parser.parse(chunk))
  parser.on("error", (error) => {
    failure = error
    socket.destroy()
  })
  parser.on("packet", (packet) => {
    if (packet.cmd === "connack") {
      if (packet.returnCode === 0) connected()
      else {
        failure = new Error(
          `the broker refused the connection (code ${packet.returnCode}: ${packet.returnCode === 5 || packet.returnCode === 4 ? "wrong credential" : "see MQTT 3.1.1 §3.2.2.3"})`,
        )
        socket.destroy()
      }
    } else if (packet.cmd === "puback" || packet.cmd === "suback") {
      const w = waiting.get(packet.messageId!)
      waiting.delete(packet.messageId!)
      if (packet.cmd === "suback" && (packet.granted as number[]).includes(128))
        w?.fail(new Error("the broker refused the subscription"))
      else w?.done()
      room.shift()?.()
    } else if (packet.cmd === "publish") {
      const id = packet.messageId
      const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload
      const ack = () => {
        if (id !== undefined && packet.qos > 0) send({ cmd: "puback", messageId: id })
      }
      options.onMessage?.({ topic: packet.topic, payload, ack })
    }
  })
  const keepalive_s = options.keepalive_s ?? 30
  const ping = setInterval(() => send({ cmd: "pingreq" }), keepalive_s * 1000)
  ping.unref()
  socket.on("connect", () =>
    send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId: options.client_id,
      clean: options.clean ?? true,
      keepalive: keepalive_s * 2,
      ...(options.username !== undefined && {
        username: options.username,
        password: Buffer.from(options.password ?? ""),
      }),
    }),
  )
  await ready

  return {
    async publish(topic, payload) {
      while (waiting.size >= inflight_max) await new Promise<void>((free) => room.push(free))
      await request((messageId) => ({ cmd: "publish", topic, payload, qos: 1, messageId, dup: false, retain: false }))
    },
    subscribe: (topics) =>
      request((messageId) => ({
        cmd: "subscribe",
        messageId,
        subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })),
      })),
    inflight: () => waiting.size,
    async close(wait_ms = 5000) {
      const until = Date.now() + wait_ms
      while (waiting.size > 0 && Date.now() < until && !socket.destroyed) await new Promise((r) => setTimeout(r, 10))
      send({ cmd: "disconnect" })
      socket.end()
      await Promise.race([closed, new Promise((r) => setTimeout(r, 1000).unref())])
      socket.destroy()
    },
    closed,
  }
}
