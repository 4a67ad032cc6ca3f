import { randomUUID } from "node:crypto"
import type { IConnectPacket } from "mqtt-packet"
import { type Broker, because, type Connection, endConnection, refuse } from "./connection.ts"
import { block, unblock, write } from "./flow.ts"
import { decode } from "./frames.ts"
import { acceptedBytes, disconnectBytes, reason, refusedBytes, wrong_version } from "./packets.ts"

/** How long the look-up of a credential may take. */
const authenticate_ms = 30_000

/** Handles CONNECT. What the client sends behind it waits, unread, for the answer of `authenticate`. */
export function handshake(broker: Broker, c: Connection, bytes: Buffer) {
  const packet = decode(bytes, 4)
  if (packet instanceof Error || packet.cmd !== "connect") {
    const detail = packet instanceof Error ? packet.message : "CONNECT is malformed"
    if (detail === "Invalid protocol version") c.socket.write(wrong_version)
    return refuse(broker, c, "protocol", reason.malformed, detail)
  }
  c.version = packet.protocolVersion ?? 4
  if (packet.properties?.authenticationMethod !== undefined)
    return turnAway(broker, c, reason.authentication_method, "enhanced authentication is not offered")
  // Without a name of its own a client cannot come back to a session (MQTT 3.1.1 §3.1.3.1).
  if (!packet.clientId && !packet.clean && c.version < 5)
    return turnAway(broker, c, reason.client_id, "an empty client identifier with clean session 0")
  const username = packet.username ?? null
  c.id = packet.clientId || `auto-${randomUUID()}`
  c.phase = "authenticating"
  c.deadline = broker.now + authenticate_ms
  block(c, because.authenticating)
  broker.authenticate(username ?? "", packet.password?.toString() ?? "", c.address).then(
    (session) => {
      if (c.phase !== "authenticating") return
      broker.now = performance.now()
      c.session = session
      if (session) return accept(broker, c, packet)
      broker.counts.refused.credential++
      endConnection(broker, c, refusedBytes(reason.credential, c.version))
      broker.onRefused("credential", username ?? c.id, "")
    },
    () => {
      // Whoever looks credentials up says what is wrong there; the client is told to try again.
      broker.counts.refused.unavailable++
      endConnection(broker, c, refusedBytes(reason.unavailable, c.version))
    },
  )
}

function turnAway(broker: Broker, c: Connection, code: number, detail: string) {
  broker.counts.refused.protocol++
  endConnection(broker, c, refusedBytes(code, c.version))
  broker.onRefused("protocol", c.id || c.address, detail)
}

function accept(broker: Broker, c: Connection, packet: IConnectPacket) {
  const { limits } = broker
  // The user belongs to the key: nobody can end another's connection by taking its client identifier.
  c.key = `${c.session?.name}\n${c.id}`
  const before = broker.by_key.get(c.key)
  if (before) endConnection(broker, before, before.version === 5 ? disconnectBytes(reason.taken_over) : null)
  broker.by_key.set(c.key, c)
  c.phase = "open"
  broker.open++
  c.deadline = Number.POSITIVE_INFINITY
  c.tokens_at = broker.now
  c.silence_max_ms = packet.keepalive ? packet.keepalive * 1500 : Number.POSITIVE_INFINITY
  c.frames.max_bytes = limits.packet_bytes_max
  c.packet_bytes_max = packet.properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY
  write(
    broker,
    c,
    acceptedBytes(c.version, {
      receive_maximum: Math.min(limits.inflight_max, 65_535),
      packet_bytes_max: limits.packet_bytes_max,
      assigned_id: packet.clientId ? null : c.id,
    }),
  )
  unblock(broker, c, because.authenticating)
}
