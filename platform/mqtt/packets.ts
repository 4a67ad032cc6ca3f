/** Packets that are written often or are short, as bytes. */
import mqtt from "mqtt-packet"

/** Reason codes of MQTT 5 (§2.4) that are given here. */
export const reason = {
  malformed: 0x81,
  protocol: 0x82,
  client_id: 0x85,
  credential: 0x86,
  not_allowed: 0x87,
  unavailable: 0x88,
  shutting_down: 0x8b,
  authentication_method: 0x8c,
  keep_alive: 0x8d,
  taken_over: 0x8e,
  topic_filter: 0x8f,
  topic: 0x90,
  packet_id_unknown: 0x92,
  receive_maximum: 0x93,
  topic_alias: 0x94,
  too_large: 0x95,
  quota: 0x97,
  shared_subscription: 0x9e,
} as const

/** The return code of MQTT 3.1.1 (§3.2.2.3) for a connection refused with this reason. */
export const returnCode = (code: number): number =>
  code === reason.client_id ? 2 : code === reason.credential ? 4 : code === reason.authentication_method ? 5 : 3

export const pingresp = Buffer.from([0xd0, 0])
export const wrong_version = Buffer.from([0x20, 2, 0, 1])

/** A PUBLISH of QoS `qos`; its packet identifier (QoS 1) is `id`. */
export function publishBytes(topic: string, payload: string | Buffer, qos: 0 | 1, id: number, version: number): Buffer {
  const topic_n = Buffer.byteLength(topic)
  const payload_n = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length
  const length = 2 + topic_n + (qos > 0 ? 2 : 0) + (version === 5 ? 1 : 0) + payload_n
  const bytes = Buffer.allocUnsafe(1 + lengthBytes(length) + length)
  bytes[0] = 0x30 | (qos << 1)
  let at = putLength(bytes, 1, length)
  at = bytes.writeUInt16BE(topic_n, at)
  at += bytes.write(topic, at)
  if (qos > 0) at = bytes.writeUInt16BE(id, at)
  if (version === 5) bytes[at++] = 0
  if (typeof payload === "string") bytes.write(payload, at)
  else payload.copy(bytes, at)
  return bytes
}

/** SUBACK, or UNSUBACK of MQTT 5. */
export function codesBytes(first: 0x90 | 0xb0, id: number, codes: number[], version: number): Buffer {
  if (first === 0xb0 && version < 5) return Buffer.from([0xb0, 2, id >> 8, id & 255])
  const length = 2 + (version === 5 ? 1 : 0) + codes.length
  const bytes = Buffer.alloc(1 + lengthBytes(length) + length)
  bytes[0] = first
  let at = putLength(bytes, 1, length)
  at = bytes.writeUInt16BE(id, at)
  if (version === 5) at++
  for (const code of codes) bytes[at++] = code
  return bytes
}

/** DISCONNECT with a reason: only MQTT 5 lets a broker say one. */
export const disconnectBytes = (code: number): Buffer => Buffer.from([0xe0, 1, code])

/** CONNACK that refuses. */
export const refusedBytes = (code: number, version: number): Buffer =>
  version === 5 ? Buffer.from([0x20, 3, 0, code, 0]) : Buffer.from([0x20, 2, 0, returnCode(code)])

/** CONNACK that accepts; MQTT 5 is told what this broker does and does not. */
export function acceptedBytes(
  version: number,
  limits: { receive_maximum: number; packet_bytes_max: number; assigned_id: string | null },
): Buffer {
  if (version < 5) return Buffer.from([0x20, 2, 0, 0])
  return mqtt.generate(
    {
      cmd: "connack",
      sessionPresent: false,
      reasonCode: 0,
      properties: {
        sessionExpiryInterval: 0,
        receiveMaximum: limits.receive_maximum,
        retainAvailable: false,
        maximumPacketSize: limits.packet_bytes_max,
        topicAliasMaximum: 0,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: false,
        ...(limits.assigned_id !== null && { assignedClientIdentifier: limits.assigned_id }),
      },
    },
    { protocolVersion: 5 },
  )
}

/** Writes a PUBACK (0x40), PUBREC (0x50) or PUBCOMP (0x70) at `at` and returns where it ends; 5 bytes with a reason. */
export function putAck(bytes: Buffer, at: number, first: number, id: number, code: number): number {
  bytes[at] = first
  bytes[at + 1] = code === 0 ? 2 : 3
  bytes[at + 2] = id >> 8
  bytes[at + 3] = id & 255
  if (code === 0) return at + 4
  bytes[at + 4] = code
  return at + 5
}

const lengthBytes = (n: number): number => (n < 128 ? 1 : n < 16_384 ? 2 : n < 2_097_152 ? 3 : 4)
function putLength(bytes: Buffer, at: number, n: number): number {
  let left = n
  do {
    const byte = left % 128
    left = Math.floor(left / 128)
    bytes[at++] = left > 0 ? byte | 128 : byte
  } while (left > 0)
  return at
}
