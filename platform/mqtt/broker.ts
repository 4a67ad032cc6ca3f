import { createServer, type Server, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { Aedes } from "aedes"
import { ProblemError, problem } from "../../model/index.ts"

/** Who is at the other end, and what topics are open to it. */
export type MqttSession = { name: string; mayPublish(topic: string): boolean; maySubscribe(topic: string): boolean }

/** A message that came in; `done` releases the acknowledgement (QoS 1) and must be called exactly once. */
export type MqttMessage = { topic: string; payload: Buffer; session: MqttSession; client_id: string; done(): void }

export type MqttDoor = {
  /** Says something to those who listen (error topics). */
  publish(topic: string, payload: string): void
  clients(): number
  close(): Promise<void>
  url: string
}

export type BrokerOptions = {
  host: string
  port: number
  tls: { cert: string; key: string } | null
  packet_bytes_max: number
  /** Messages held without acknowledgement over all clients; at the limit no client's next packets are read. */
  held_max: number
  /** The same for their payloads, bytes; 64 MiB by default. */
  held_bytes_max?: number
  authenticate(username: string, password: string, address: string): Promise<MqttSession | null>
  onMessage(message: MqttMessage): void
  /** A connection was refused or broken: what, by whom. */
  onRefused(what: "credential" | "too-large" | "topic" | "protocol", client: string, topic: string): void
}

/**
 * What is used of the broker's own client. It reads its socket only by `_nextBatch`, which does nothing while paused;
 * `socket.pause()` would have no effect on a socket that is read by "readable".
 */
type Held = {
  conn: Socket
  id: string
  _parser: { parse(buffer: Buffer): number }
  _parsingBatch: number
  _nextBatch(): void
  pause(): void
  resume(): void
  closed: boolean
}

const held_bytes_default = 64 * 1024 * 1024

/**
 * The embedded MQTT 3.1.1 broker. Telemetry is handed to `onMessage` and never fanned out: a subscriber that stops
 * reading can then not grow a queue (peers' known trap). PUBACK is held until the message's `done` is called.
 */
export async function openBroker(options: BrokerOptions): Promise<MqttDoor> {
  const broker = await Aedes.createBroker({
    concurrency: 0,
    drainTimeout: 5000,
    connectTimeout: 10_000,
    queueLimit: 100,
  })
  const sessions = new WeakMap<object, MqttSession>()
  const held_bytes_max = options.held_bytes_max ?? held_bytes_default
  let held = 0
  let held_bytes = 0
  const isFull = () => held >= options.held_max || held_bytes >= held_bytes_max

  broker.authenticate = (client, username, password, done) => {
    const held_client = client as unknown as Held
    options
      .authenticate(username ?? "", password?.toString() ?? "", held_client.conn.remoteAddress ?? "")
      .then((session) => {
        if (session) sessions.set(client, session)
        else options.onRefused("credential", username ?? client.id, "")
        const error = Object.assign(new Error("wrong credential"), { returnCode: 4 })
        done(session ? null : (error as never), session !== null)
      })
      .catch((error) => done(Object.assign(error, { returnCode: 3 }), false))
  }
  broker.authorizePublish = (client, packet, done) => {
    // Without a client it is the broker's own message (an error topic), which is fanned out.
    if (!client) return done(null)
    const session = sessions.get(client)
    if (!session) return done(new Error("no session"))
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload)
    held++
    held_bytes += payload.length
    let released = false
    options.onMessage({
      topic: packet.topic,
      payload,
      session,
      client_id: client.id,
      done() {
        if (released) return
        released = true
        held--
        held_bytes -= payload.length
        done(null)
        if (!isFull()) resume()
      },
    })
    if (isFull()) pause(client as unknown as Held)
  }
  broker.authorizeSubscribe = (client, subscription, done) => {
    const allowed = sessions.get(client)?.maySubscribe(subscription.topic) ?? false
    if (!allowed) options.onRefused("topic", sessions.get(client)?.name ?? client.id, subscription.topic)
    done(null, allowed ? subscription : null)
  }
  const fanOut = broker.publish.bind(broker)
  // Telemetry ends here: it went to onMessage. Only the broker's own messages are fanned out.
  broker.publish = ((packet: never, client: unknown, done?: (error?: Error) => void) => {
    if (client && typeof client === "object") return done?.()
    return (fanOut as (p: never, c: unknown, d?: unknown) => void)(packet, client, done)
  }) as typeof broker.publish

  const sockets = new Map<Socket, Held>()
  let paused = false
  // A client that connects meanwhile is let in and pauses with its own first message.
  const pause = (latest: Held) => {
    latest.pause()
    if (paused) return
    paused = true
    for (const client of sockets.values()) client.pause()
  }
  const resume = () => {
    if (!paused) return
    paused = false
    for (const client of sockets.values()) {
      if (client.closed) continue
      // What was handled during the pause was not counted; the next read begins anew.
      client._parsingBatch = 1
      client.resume()
    }
  }
  const accept = (socket: Socket) => {
    socket.setNoDelay(true)
    const client = broker.handle(socket) as unknown as Held
    sockets.set(socket, client)
    socket.on("close", () => sockets.delete(socket))
    const parse = client._parser.parse.bind(client._parser)
    // The parser buffers a packet of any announced length; past the limit the connection ends.
    client._parser.parse = (buffer) => {
      const left = parse(buffer)
      if (left > options.packet_bytes_max) {
        options.onRefused("too-large", sessions.get(client)?.name ?? socket.remoteAddress ?? "", "")
        socket.destroy()
      }
      return left
    }
  }
  broker.on("connectionError", (client, error) => options.onRefused("protocol", client.id ?? "", error.message))
  const server: Server = options.tls ? createTlsServer(options.tls, accept) : createServer(accept)
  await new Promise<void>((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      fail(
        error.code === "EADDRINUSE"
          ? new ProblemError(
              problem(
                "port-busy",
                500,
                `MQTT 端口 ${options.port} 已被占用，请换一个：--mqtt-port <端口>`,
                `MQTT port ${options.port} is in use; choose another with --mqtt-port <port>`,
                { field: "mqtt_port", value: options.port },
              ),
            )
          : error,
      ),
    )
    server.listen(options.port, options.host, done)
  })
  const address = server.address()
  const port = typeof address === "object" && address ? address.port : options.port
  return {
    url: `${options.tls ? "mqtts" : "mqtt"}://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    clients: () => broker.connectedClients,
    publish: (topic, payload) =>
      broker.publish({ cmd: "publish", topic, payload, qos: 0, retain: false, dup: false }, () => {}),
    async close() {
      server.close()
      for (const s of sockets.keys()) s.destroy()
      await new Promise<void>((done) => broker.close(done))
    },
  }
}
