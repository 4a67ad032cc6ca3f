/** The leanest MQTT 3.1.1 sender: thousands of connections from one process, QoS 1, each acknowledgement timed. */
import { connect } from "node:net"
import mqtt from "mqtt-packet"

export type Wire = {
  /** Sends at once; false where `inflight_max` messages wait for their acknowledgement: nothing was sent then. */
  publish(payload: Buffer): boolean
  inflight(): number
  close(): void
}

/** Round trips in ms, as counts of buckets that grow by 2 %: percentiles of millions cost nothing. */
export type Histogram = { add(ms: number): void; p(q: number): number; count(): number; max(): number }

export function histogram(): Histogram {
  const buckets = new Float64Array(1200)
  let [n, max] = [0, 0]
  return {
    add(ms) {
      n++
      if (ms > max) max = ms
      buckets[Math.max(0, Math.min(1199, Math.round(Math.log(Math.max(ms, 0.01) / 0.01) / Math.log(1.02))))]!++
    },
    p(q) {
      let left = q * n
      for (let i = 0; i < buckets.length; i++) {
        left -= buckets[i]!
        if (left <= 0) return Number((0.01 * 1.02 ** i).toFixed(2))
      }
      return max
    },
    count: () => n,
    max: () => Number(max.toFixed(1)),
  }
}

/** Connects as `username` and publishes to one topic. `onAck` gets the round trip of each message. */
export function wire(options: {
  url: string
  username: string
  password: string
  topic: string
  inflight_max: number
  onAck(ms: number): void
  onLost(reason: string): void
}): Promise<Wire> {
  const { hostname, port } = new URL(options.url)
  const socket = connect(Number(port), hostname)
  socket.setNoDelay(true)
  const topic = Buffer.from(options.topic)
  const sent = new Float64Array(options.inflight_max + 1)
  const free = Array.from({ length: options.inflight_max }, (_, i) => options.inflight_max - i)
  let rest: Buffer = Buffer.alloc(0)
  let closing = false
  return new Promise((ready, fail) => {
    socket.on("error", fail)
    socket.on("close", () => {
      if (!closing) options.onLost(`${options.username}: the connection was closed`)
    })
    socket.on("connect", () => {
      const { username, password } = options
      socket.write(
        mqtt.generate({
          cmd: "connect",
          protocolId: "MQTT",
          protocolVersion: 4,
          clientId: username,
          clean: true,
          keepalive: 0,
          username,
          password: Buffer.from(password),
        }),
      )
    })
    const self: Wire = {
      publish(payload) {
        const id = free.pop()
        if (id === undefined) return false
        const length = 2 + topic.length + 2 + payload.length
        const head = Buffer.allocUnsafe(5 + 2 + topic.length + 2)
        let p = 0
        head[p++] = 0x32
        for (let left = length; ; ) {
          const byte = left & 0x7f
          left >>>= 7
          head[p++] = left > 0 ? byte | 0x80 : byte
          if (left === 0) break
        }
        p = head.writeUInt16BE(topic.length, p)
        p += topic.copy(head, p)
        p = head.writeUInt16BE(id, p)
        sent[id] = performance.now()
        socket.write(Buffer.concat([head.subarray(0, p), payload]))
        return true
      },
      inflight: () => options.inflight_max - free.length,
      close() {
        closing = true
        socket.destroy()
      },
    }
    socket.on("data", (chunk: Buffer) => {
      const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      let p = 0
      for (; p + 4 <= data.length; p += 4) {
        if (data[p] === 0x40) {
          const id = data.readUInt16BE(p + 2)
          free.push(id)
          options.onAck(performance.now() - sent[id]!)
        } else if (data[p] === 0x20) {
          if (data[p + 3] === 0) ready(self)
          else fail(new Error(`${options.username} was refused (${data[p + 3]})`))
        } else return fail(new Error(`an unexpected packet 0x${data[p]!.toString(16)}`))
      }
      rest = data.subarray(p)
    })
  })
}

/** Opens `count` connections, a few hundred at a time. */
export async function wires(count: number, make: (i: number) => Promise<Wire>): Promise<Wire[]> {
  const all: Wire[] = []
  for (let from = 0; from < count; from += 250)
    all.push(...(await Promise.all(Array.from({ length: Math.min(250, count - from) }, (_, i) => make(from + i)))))
  return all
}
