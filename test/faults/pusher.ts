/** A process that sends more than can be taken: many devices, each with readings numbered by their time. */
import { connect, type Socket } from "node:net"
import mqtt from "mqtt-packet"
import { pushedValue } from "./pushed.ts"

export type PushPlan = {
  url: string
  password: string
  codes: string[]
  indicator: string
  /** Time of each device's reading 0, UTC ms; reading n stands n ms later. */
  base: number
  /** Readings that each device has sent before. */
  sent: number[]
  messages_per_s: number
  seconds: number
  inflight_max: number
  /** All connect within so many seconds, send one reading each, and that is all. */
  storm_s: number | null
}
export type PushResult = {
  /** Readings of each device that were sent, and acknowledged, all times together. */
  sent: number[]
  acknowledged: number[]
  /** Readings that were to be sent, also where a connection was full. */
  offered: number
  seconds: number
  /** From the end of the load until everything sent was acknowledged. */
  catch_up_s: number
  connect_s: number
  lost: string[]
}

const batch_connects = 250
const slot_ms = 5
/** Messages of one connection that are one write: so a second process can send far more than the platform takes. */
const burst = 20
const packet_ids = 65_535

type Device = { socket: Socket; send(count: number): number; close(): void }

async function run(plan: PushPlan): Promise<PushResult> {
  const lost: string[] = []
  const sent = [...plan.sent]
  const acknowledged = [...plan.sent]
  const devices: Device[] = []
  const began_connect = performance.now()
  const open = (i: number) =>
    device(plan, i, {
      /** The next readings that may be sent, at most `count`; they are sent now. */
      take(count) {
        const room = Math.min(count, plan.inflight_max - (sent[i]! - acknowledged[i]!))
        const from = sent[i]!
        sent[i] = from + Math.max(0, room)
        return [from, sent[i]!]
      },
      onAcks(count) {
        acknowledged[i] = acknowledged[i]! + count
      },
      onLost: (reason) => void lost.push(`${plan.codes[i]}: ${reason}`),
    })
  const seconds_since = (at: number) => (performance.now() - at) / 1000
  const storm = plan.storm_s
  for (let from = 0; from < plan.codes.length; from += batch_connects) {
    const count = Math.min(batch_connects, plan.codes.length - from)
    devices.push(...(await Promise.all(Array.from({ length: count }, (_, k) => open(from + k)))))
    if (storm === null) continue
    for (let k = 0; k < count; k++) devices[from + k]!.send(1)
    const due_s = ((from + count) / plan.codes.length) * storm
    while (seconds_since(began_connect) < due_s) await new Promise((go) => setTimeout(go, slot_ms))
  }
  const connect_s = seconds_since(began_connect)
  const began = performance.now()
  let [next, offered] = [0, 0]
  while (storm === null && seconds_since(began) < plan.seconds) {
    const due = seconds_since(began) * plan.messages_per_s
    // Once round, then acknowledgements are read; what a full connection does not take is not sent.
    for (let k = 0; k < devices.length && offered < due; k++, offered += burst)
      devices[next++ % devices.length]!.send(burst)
    await new Promise((go) => setTimeout(go, slot_ms))
  }
  const seconds = seconds_since(began)
  const ended = performance.now()
  const waits = () => sent.some((n, i) => acknowledged[i]! < n)
  while (waits() && seconds_since(ended) < 120) await new Promise((go) => setTimeout(go, 10))
  const catch_up_s = seconds_since(ended)
  if (waits()) lost.push("readings stay unacknowledged after 120 s")
  for (const d of devices) d.close()
  return { sent, acknowledged, offered, seconds, catch_up_s, connect_s, lost: lost.slice(0, 5) }
}

type Book = {
  take(count: number): [from: number, to: number]
  onAcks(count: number): void
  onLost(reason: string): void
}

/** One connection. Acknowledgements come in order, so that their number says which readings they are for. */
function device(plan: PushPlan, i: number, book: Book): Promise<Device> {
  const { hostname, port } = new URL(plan.url)
  const username = plan.codes[i]!
  const socket = connect(Number(port), hostname)
  socket.setNoDelay(true)
  const topic = Buffer.from(`v1/devices/${username}/readings`)
  let [id, rest, closing, told] = [0, 0, false, false]
  return new Promise((ready, fail) => {
    socket.on("error", fail)
    socket.on("close", () => {
      if (!closing) book.onLost("the connection was closed")
    })
    socket.on("connect", () => {
      const rest = { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 0 } as const
      socket.write(mqtt.generate({ ...rest, clientId: username, username, password: Buffer.from(plan.password) }))
    })
    socket.on("data", (chunk: Buffer) => {
      // CONNACK and PUBACK have four bytes each, and nothing else comes.
      rest += chunk.length
      const whole = Math.floor(rest / 4)
      rest %= 4
      if (!told && whole > 0) {
        told = true
        if (chunk[0] !== 0x20 || chunk[3] !== 0) return fail(new Error(`${username} was refused`))
        ready({
          socket,
          send(count) {
            const [from, to] = book.take(count)
            const packets: Buffer[] = []
            for (let n = from; n < to; n++) {
              id = (id % packet_ids) + 1
              packets.push(
                packetOf(topic, id, `{"time":${plan.base + n},"values":{"${plan.indicator}":${pushedValue(i, n)}}}`),
              )
            }
            if (packets.length > 0) socket.write(Buffer.concat(packets))
            return packets.length
          },
          close() {
            closing = true
            socket.destroy()
          },
        })
        if (whole > 1) book.onAcks(whole - 1)
      } else if (whole > 0) book.onAcks(whole)
    })
  })
}

/** A PUBLISH with QoS 1 of less than 16 KiB. */
function packetOf(topic: Buffer, id: number, text: string): Buffer {
  const length = 2 + topic.length + 2 + text.length
  const packet = Buffer.allocUnsafe(3 + length)
  packet[0] = 0x32
  packet[1] = (length & 0x7f) | 0x80
  packet[2] = length >> 7
  packet.writeUInt16BE(topic.length, 3)
  topic.copy(packet, 5)
  packet.writeUInt16BE(id, 5 + topic.length)
  packet.write(text, 7 + topic.length, "latin1")
  return packet
}

process.on("message", (plan: PushPlan) => {
  run(plan).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: Error) => {
      console.error(error.message)
      process.exit(1)
    },
  )
})
