/**
 * A gateway that sends readings to Mingmai over MQTT 3.1.1. It needs Node 24 and the npm package mqtt-packet, and
 * nothing of the platform:
 *
 *   node device.ts mqtt://127.0.0.1:1883 gw-water <password> '{"P-12": {"pressure_m": 31.4}}'
 *
 * It sends what the words say once, prints the acknowledgement, waits a second for refusals, and ends: 0 when all was
 * taken, 1 when something was refused or could not be sent. In a real gateway keep the connection and the loop.
 */
import { connect as plain } from "node:net"
import { connect as secure } from "node:tls"
import mqtt, { type Packet } from "mqtt-packet"

const [address = "", user = "", password = "", words = ""] = process.argv.slice(2)
const url = new URL(address)
const tls = url.protocol === "mqtts:"
const port = Number(url.port || (tls ? 8883 : 1883))
const socket = tls ? secure({ host: url.hostname, port, servername: url.hostname }) : plain(port, url.hostname)
const parser = mqtt.parser({ protocolVersion: 4 })
const send = (packet: Packet) => void mqtt.writeToStream(packet, socket)

let refused = 0
let acknowledged = false

socket.on("connect", () =>
  // `clean: true` is right for a sender: what has no acknowledgement is sent again from its own memory.
  send({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: user,
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
    // Refusals come on this topic; hear it before the first reading is sent.
    send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: `v1/gateways/${user}/errors`, qos: 0 }] })
  } else if (packet.cmd === "suback") {
    // The time of the measurement, not of the sending. A resend must carry the same time to be recognised.
    const payload = JSON.stringify({ time: Date.now(), readings: JSON.parse(words) as unknown })
    send({
      cmd: "publish",
      topic: `v1/gateways/${user}/readings`,
      payload,
      qos: 1,
      messageId: 2,
      dup: false,
      retain: false,
    })
  } else if (packet.cmd === "puback") {
    acknowledged = true
    console.log("acknowledged: durable as readings, or in quarantine")
    setTimeout(() => {
      send({ cmd: "disconnect" })
      socket.end()
    }, 1000)
  } else if (packet.cmd === "publish") {
    refused++
    console.error(packet.payload.toString())
  }
})
