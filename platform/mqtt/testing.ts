/** Raw MQTT 3.1.1 connections for tests: everything on the wire can be seen, and nothing is hidden by a client. */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import mqtt, { type Packet } from "mqtt-packet"

export type RawClient = {
  socket: Socket
  packets: Packet[]
  send(packet: Packet): void
  wait(test: (p: Packet) => boolean, ms?: number): Promise<Packet>
}

/** Connects to `url` as `username`; resolves when the broker accepted it. */
export async function rawClient(url: string, username: string, password = "right"): Promise<RawClient> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on("error", () => {}) // Seen by what does not arrive.
  await once(socket, "connect")
  const parser = mqtt.parser({ protocolVersion: 4 })
  const packets: Packet[] = []
  const waiting = new Set<() => void>()
  socket.on("data", (chunk) => parser.parse(chunk))
  parser.on("packet", (p) => {
    packets.push(p)
    for (const look of waiting) look()
  })
  const client: RawClient = {
    socket,
    packets,
    send: (packet) => void mqtt.writeToStream(packet, socket as never),
    wait: (test, ms = 5000) =>
      new Promise((done, fail) => {
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
      }),
  }
  client.send({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: `raw-${username}-${Math.random()}`,
    clean: true,
    keepalive: 0,
    username,
    password: Buffer.from(password),
  })
  await client.wait((p) => p.cmd === "connack")
  return client
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
