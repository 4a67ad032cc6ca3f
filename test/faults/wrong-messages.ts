/** Messages that are wrong, each with the code under which it must be found in quarantine; doors share them. */
import { zstdCompressSync } from "node:zlib"
import { encodeBlocks, type WireBlock } from "../../platform/blocks/index.ts"
import { channelOf, deviceOf, rate_hz, sample_scale, thermometer } from "./town.ts"

export type Wrong = { name: string; what: "readings" | "blocks"; payload: string | Buffer; code: string }

const day_ms = 86_400_000

const block = (time: number, over: Partial<WireBlock> = {}): WireBlock => ({
  device: channelOf(0),
  indicator: "acceleration",
  unit: "m/s2",
  start: time,
  sequence: 0,
  rate_hz,
  count: rate_hz,
  encoding: 0,
  scale: sample_scale,
  offset: 0,
  flags: 0,
  data: new Uint8Array(rate_hz * 2),
  ...over,
})

/** A message that says it is small and unpacks to a hundred megabytes. */
function bomb(body_bytes: number): Buffer {
  const head = encodeBlocks([block(0)]).subarray(0, 12)
  const message = Buffer.concat([head, zstdCompressSync(Buffer.alloc(100_000_000))])
  message[4] = 1
  message.writeUInt32LE(body_bytes, 8)
  return message
}

const floats = (value: number) => new Uint8Array(Float32Array.from({ length: rate_hz }, () => value).buffer)

/** A gateway's own slow point, and a device that is not its own. */
export type Names = { device: string; indicator: string; foreign: string }
export const bridgeNames: Names = { device: thermometer, indicator: "structure_temperature", foreign: deviceOf(0) }
export const streetNames: Names = { device: deviceOf(0), indicator: "pressure_m", foreign: thermometer }

/** What a registered gateway sends by mistake or on purpose, at city time `now`. */
export function wrongMessages(now: number, { device, indicator, foreign }: Names): Wrong[] {
  const slow = (value: string, time: string | number = now, of = device) =>
    `{"time":${time},"readings":{"${of}":{"${indicator}":${value}}}}`
  const sound = encodeBlocks([block(now)])
  const longer = Buffer.concat([sound, Buffer.alloc(10)])
  longer.writeUInt32LE(longer.length - 12, 8)
  const readings = (name: string, payload: string | Buffer, code: string): Wrong => ({
    name,
    what: "readings",
    payload,
    code,
  })
  const blocks = (name: string, payload: Buffer, code: string): Wrong => ({ name, what: "blocks", payload, code })
  return [
    readings("garbage", Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7919) % 256)), "not-json"),
    readings("truncated", slow("1").slice(0, -7), "not-json"),
    readings("NaN", slow("NaN"), "not-json"),
    readings("Infinity", slow("1e999"), "not-a-number"),
    readings("a text for a number", slow('"12"'), "not-a-number"),
    readings("oversized", `{"time":${now},"x":"${"x".repeat(300_000)}"}`, "too-large"),
    readings("too many items", JSON.stringify(Array.from({ length: 5001 }, () => ({}))), "too-many"),
    readings("a clock three years ahead", slow("1", now + 1095 * day_ms), "future"),
    readings("a clock three years behind", slow("1", now - 1095 * day_ms), "too-old"),
    readings("a device of another gateway", slow("1", now, foreign), "wrong-gateway"),
    blocks("garbage in blocks", Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7919) % 256)), "bad-block"),
    blocks("blocks cut short", sound.subarray(0, sound.length - 20), "bad-block"),
    blocks("a block whose length does not fit its header", longer, "bad-block"),
    blocks("a count beyond the message", encodeBlocks([block(now, { count: 5000 })]), "bad-block"),
    blocks("a zstd bomb", bomb(1000), "bad-block"),
    blocks("a zstd bomb that says so", bomb(100_000_000), "too-large"),
    blocks("NaN in samples", encodeBlocks([block(now, { encoding: 1, data: floats(Number.NaN) })]), "not-a-number"),
    blocks(
      "Infinity in samples",
      encodeBlocks([block(now, { encoding: 1, data: floats(Number.POSITIVE_INFINITY) })]),
      "not-a-number",
    ),
    blocks("a rate of no bridge", encodeBlocks([block(now, { rate_hz: 5 })]), "wrong-rate"),
    blocks("a block of the past", encodeBlocks([block(now - 1095 * day_ms)]), "too-old"),
    blocks("a block of the future", encodeBlocks([block(now + 1095 * day_ms)]), "future"),
  ]
}
