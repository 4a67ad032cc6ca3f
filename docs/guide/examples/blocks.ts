/**
 * A gateway that sends one second of a waveform to Mingmai over MQTT 3.1.1. It needs Node 24 and the npm package
 * mqtt-packet, and nothing of the platform:
 *
 *   node blocks.ts mqtt://127.0.0.1:1883 gw-bridge <password> B-01 acceleration_z
 *
 * It makes a block of 50 samples (a sine of 2 Hz, in mg) in the wire format of docs/guide/blocks.md, sends it, prints
 * the acknowledgement, waits a second for refusals, and ends: 0 when it was taken, 1 when it was refused or could not be
 * sent. A real gateway keeps the connection, and puts the blocks of all its channels of one second into one message.
 */
import { connect as plain } from "node:net"
import { connect as secure } from "node:tls"
import { zstdCompressSync } from "node:zlib"
import mqtt, { type Packet } from "mqtt-packet"

const [address = "", user = "", password = "", device = "", indicator = ""] = process.argv.slice(2)
const rate_hz = 50
const samples = Int16Array.from({ length: rate_hz }, (_, k) => 1000 * Math.sin((2 * Math.PI * 2 * k) / rate_hz))
// The time of the first sample. A resend must carry the same time to be recognised.
const start = process.env.TIME ? Number(process.env.TIME) : Date.now() - 1000

/** One block: 42 bytes of numbers, three names with their lengths, and the samples. */
function block(): Buffer {
  const fixed = Buffer.alloc(42)
  fixed[0] = 0 // int16
  fixed[1] = 0 // no flags
  fixed.writeUInt32LE(0, 2) // sequence
  fixed.writeBigInt64LE(BigInt(start), 6)
  fixed.writeDoubleLE(rate_hz, 14)
  fixed.writeDoubleLE(0.01, 22) // scale: a raw 1000 is 10 mg
  fixed.writeDoubleLE(0, 30) // offset
  fixed.writeUInt32LE(samples.length, 38)
  const names = [device, indicator, "mg"].flatMap((name) => {
    const bytes = Buffer.from(name)
    return [Buffer.of(bytes.length), bytes]
  })
  const raw = Buffer.alloc(samples.length * 2)
  for (const [k, sample] of samples.entries()) raw.writeInt16LE(sample, k * 2)
  return Buffer.concat([fixed, ...names, raw])
}

/** The message: a head of 12 bytes, then the blocks, here packed with zstd. */
function message(blocks: Buffer[]): Buffer {
  const body = Buffer.concat(blocks)
  const head = Buffer.alloc(12)
  head.write("MMW1", 0, "latin1")
  head[4] = 1 // zstd; 0 when the body is as it is
  head.writeUInt16LE(blocks.length, 6)
  head.writeUInt32LE(body.length, 8)
  return Buffer.concat([head, zstdCompressSync(body)])
}

const url = new URL(address)
const tls = url.protocol === "mqtts:"
const port = Number(url.port || (tls ? 8883 : 1883))
const socket = tls ? secure({ host: url.hostname, port, servername: url.hostname }) : plain(port, url.hostname)
const parser = mqtt.parser({ protocolVersion: 4 })
const send = (packet: Packet) => void mqtt.writeToStream(packet, socket)

let refused = 0
let acknowledged = false

socket.on("connect", () =>
  send({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: `${user}-blocks`,
    clean: true,
    keepalive: 60,
    username: user,
    password: Buffer.from(password),
  }),
)
socket.on("data", (chunk) => void parser.parse(chunk))
socket.on("error", (error) => console.error(error.message))
socket.on("close", () => process.exit(acknowledged && refused === 0 ? 0 : 1))

parser.on("packet", (packet) => {
  if (packet.cmd === "connack") {
    if (packet.returnCode !== 0)
      return void console.error(`refused: code ${packet.returnCode} (4: wrong user name or password)`)
    // Refusals come on this topic; hear it before the first block is sent.
    send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: `v1/gateways/${user}/errors`, qos: 0 }] })
  } else if (packet.cmd === "suback") {
    send({
      cmd: "publish",
      topic: `v1/gateways/${user}/blocks`,
      payload: message([block()]),
      qos: 1,
      messageId: 2,
      dup: false,
      retain: false,
    })
  } else if (packet.cmd === "puback") {
    acknowledged = true
    console.log("acknowledged: durable as samples, or in quarantine")
    setTimeout(() => {
      send({ cmd: "disconnect" })
      socket.end()
    }, 1000)
  } else if (packet.cmd === "publish") {
    refused++
    console.error(packet.payload.toString())
  }
})
