/** Raw MQTT connections for tests: everything on the wire can be seen, and nothing is hidden by a client. */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import mqtt, { type IConnackPacket, type IConnectPacket, type IPublishPacket, type Packet } from "mqtt-packet"
import { type BrokerOptions, type MqttDoor, openBroker } from "./broker.ts"
import type { MqttMessage } from "./connection.ts"

export type TestBroker = { url: string; door: MqttDoor; messages: MqttMessage[]; refused: string[][] }

/** A broker where everybody with the password "right" may speak and hear on topics that begin with the own name. */
export async function testBroker(over: Partial<BrokerOptions> = {}): Promise<TestBroker> {
  const messages: MqttMessage[] = []
  const refused: string[][] = []
  const door = await openBroker({
    host: "127.0.0.1",
    port: 0,
    tls: null,
    packet_bytes_max: 100_000,
    held_max: 50_000,
    authenticate: async (name, password) =>
      password === "right"
        ? { name, mayPublish: (t) => t.startsWith(`${name}/`), maySubscribe: (t) => t.startsWith(`${name}/`) }
        : null,
    onMessage: (m) => void messages.push(m),
    onRefused: (what, client, topic) => void refused.push([what, client, topic]),
    ...over,
  })
  return { url: door.url, door, messages, refused }
}

export const publishPacket = (
  topic: string,
  messageId: number,
  over: Partial<IPublishPacket> = {},
): IPublishPacket => ({
  cmd: "publish",
  topic,
  payload: "1",
  qos: 1,
  messageId,
  dup: false,
  retain: false,
  ...over,
})

export type RawClient = {
  socket: Socket
  packets: Packet[]
  connack: IConnackPacket
  /** How many times the socket delivered something: writes of the broker that came together count once. */
  chunks(): number
  closed: Promise<void>
  send(...packets: Packet[]): void
  wait(test: (p: Packet) => boolean, ms?: number): Promise<Packet>
}

/** A CONNECT of MQTT 3.1.1 with nothing special. */
export const connectPacket = (username: string, over: Partial<IConnectPacket> = {}): IConnectPacket => ({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clientId: `raw-${username}-${Math.random()}`,
  clean: true,
  keepalive: 0,
  username,
  password: Buffer.from("right"),
  ...over,
})

/** Opens a socket to `url`. */
export async function rawSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on("error", () => {}) // Seen by what does not arrive.
  await once(socket, "connect")
  return socket
}

/** Connects to `url` as `username`; resolves when the broker answered, whatever it said. */
export async function rawClient(url: string, username: string, over: Partial<IConnectPacket> = {}): Promise<RawClient> {
  const socket = await rawSocket(url)
  const protocolVersion = over.protocolVersion ?? 4
  const parser = mqtt.parser({ protocolVersion })
  const packets: Packet[] = []
  const waiting = new Set<() => void>()
  let chunks = 0
  socket.on("data", (chunk) => {
    chunks++
    parser.parse(chunk)
  })
  parser.on("packet", (p) => {
    packets.push(p)
    for (const look of waiting) look()
  })
  const wait = (test: (p: Packet) => boolean, ms = 5000) =>
    new Promise<Packet>((done, fail) => {
      const look = () => {
        const found = packets.find(test)
        if (!found) return
        waiting.delete(look)
        clearTimeout(timer)
        done(found)
      }
      const timer = setTimeout(() => {
        waiting.delete(look)
        fail(new Error(`nothing in ${ms} ms; came: ${packets.map((p) => p.cmd).join(", ")}`))
      }, ms)
      waiting.add(look)
      look()
    })
  const closed = new Promise<void>((done) => socket.once("close", () => done()))
  const send = (...all: Packet[]) =>
    void socket.write(Buffer.concat(all.map((packet) => mqtt.generate(packet, { protocolVersion }))))
  send(connectPacket(username, over))
  const connack = (await wait((p) => p.cmd === "connack")) as IConnackPacket
  return { socket, packets, connack, chunks: () => chunks, closed, send, wait }
}

/** Waits until `test` holds. */
export async function until(test: () => boolean, ms = 5000): Promise<void> {
  const end = performance.now() + ms
  while (!test()) {
    if (performance.now() > end) throw new Error(`did not come true in ${ms} ms: ${test}`)
    await pause(5)
  }
}
export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))
