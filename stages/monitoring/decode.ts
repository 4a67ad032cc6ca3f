import { fail, ok, type Problem, problem, type QualityName, quality, type Result } from "../../model/index.ts"

/** One value as a message says it, before anything is known about its point. */
export type SaidValue = {
  device: string
  indicator: string
  time: number
  sequence: number
  value: number
  unit: string | null
  flags: number
}

/** What a message holds: the values that can be read, and a problem for each one that cannot. */
export type Decoded = { values: SaidValue[]; problems: { problem: Problem; device: string | null }[] }

export const message_bytes_max = 256 * 1024
const items_max = 5000

/**
 * Decodes a readings message. `topic_device` is the device of a device topic; on a gateway topic each item names its own.
 * Payload: one item or an array of items {device?, time, sequence?, values: {indicator: number}, units?, flags?};
 * or the compact form of gateways {time, sequence?, readings: {device: {indicator: number}}}.
 * time is UTC milliseconds or ISO 8601 with a zone. The whole message is refused only where it cannot be read at all.
 */
export function decodeReadings(payload: Uint8Array, topic_device: string | null): Result<Decoded> {
  if (payload.length > message_bytes_max) {
    return fail(
      problem(
        "too-large",
        413,
        `报文 ${payload.length} 字节，超过上限 ${message_bytes_max}；请分批发送`,
        `The message has ${payload.length} bytes, more than ${message_bytes_max}; send it in parts`,
        { field: "payload", value: payload.length },
      ),
    )
  }
  let body: unknown
  try {
    body = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("utf8"))
  } catch (error) {
    const reason = (error as Error).message
    return fail(
      problem("not-json", 400, `报文不是 JSON：${reason}`, `The message is not JSON: ${reason}`, {
        field: "payload",
        value: Buffer.from(payload.subarray(0, 60)).toString("utf8"),
      }),
    )
  }
  const out: Decoded = { values: [], problems: [] }
  const items = Array.isArray(body) ? body : [body]
  if (items.length > items_max) {
    return fail(
      problem(
        "too-many",
        413,
        `报文含 ${items.length} 条，超过上限 ${items_max}；请分批发送`,
        `The message has ${items.length} items, more than ${items_max}; send it in parts`,
        { field: "payload", value: items.length },
      ),
    )
  }
  for (const [index, item] of items.entries())
    decodeItem(item, Array.isArray(body) ? `[${index}]` : "", topic_device, out)
  return ok(out)
}

function decodeItem(item: unknown, at: string, topic_device: string | null, out: Decoded) {
  const bad = (field: string, value: unknown, zh: string, en: string, device: string | null, code = "bad-field") =>
    out.problems.push({
      device,
      problem: problem(code, 400, zh, en, { field: `${at}${at ? "." : ""}${field}`, value }),
    })
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    bad("", item, "每条应为对象 {time, values}", "Each item must be an object {time, values}", topic_device)
    return
  }
  const { time, sequence, values, units, flags, readings, device } = item as Record<string, unknown>
  const own_device = topic_device ?? (typeof device === "string" ? device : null)
  const ms = instant(time)
  if (ms === null) {
    bad(
      "time",
      time,
      "time 应为 UTC 毫秒或带时区的 ISO 8601",
      "time must be UTC milliseconds or ISO 8601 with a zone",
      own_device,
    )
    return
  }
  const seq = sequence === undefined ? 0 : sequence
  if (!Number.isInteger(seq) || (seq as number) < 0 || (seq as number) > 2_147_483_647) {
    bad(
      "sequence",
      sequence,
      "sequence 应为 0 到 2147483647 的整数",
      "sequence must be an integer from 0 to 2147483647",
      own_device,
    )
    return
  }
  const flag_bits = flagBits(flags)
  if (flag_bits === null) {
    bad(
      "flags",
      flags,
      `flags 应为数组，可用 ${Object.keys(quality).join(", ")}`,
      `flags must be a list of ${Object.keys(quality).join(", ")}`,
      own_device,
    )
    return
  }
  const unit_of = typeof units === "object" && units !== null ? (units as Record<string, unknown>) : {}
  const take = (device_code: string, map: Record<string, unknown>, path: string) => {
    for (const indicator in map) {
      const value = map[indicator]
      if (typeof value !== "number" || !Number.isFinite(value)) {
        bad(
          `${path}.${indicator}`,
          value,
          "数值应为有限的数",
          "The value must be a finite number",
          device_code,
          "not-a-number",
        )
        continue
      }
      const unit = unit_of[indicator]
      out.values.push({
        device: device_code,
        indicator,
        time: ms,
        sequence: seq as number,
        value,
        unit: typeof unit === "string" ? unit : null,
        flags: flag_bits,
      })
    }
  }
  if (isMap(readings)) {
    for (const code in readings) {
      const map = readings[code]
      // On its own topic, or with its own credential, a device speaks for nobody else.
      if (topic_device !== null && code !== topic_device)
        bad(
          `readings.${code}`,
          code,
          `只能发送设备 ${topic_device} 自己的读数`,
          `Only readings of the device ${topic_device} itself may come here`,
          topic_device,
          "wrong-device",
        )
      else if (isMap(map)) take(code, map, `readings.${code}`)
      else bad(`readings.${code}`, map, "应为 {指标: 数值}", "Must be {indicator: number}", code)
    }
    return
  }
  if (own_device === null) {
    bad("device", device, "网关报文的每条须写明 device", "Each item of a gateway must name its device", null)
    return
  }
  if (!isMap(values)) {
    bad("values", values, "缺少 values: {指标: 数值}", "values: {indicator: number} is missing", own_device)
    return
  }
  take(own_device, values, "values")
}

const isMap = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x)

/** UTC milliseconds from a number or an ISO 8601 text with a zone; null for anything else. */
export function instant(time: unknown): number | null {
  if (typeof time === "number") return Number.isSafeInteger(time) && time >= 0 && time < 8.64e15 ? time : null
  // Date.parse alone takes almost any words for a date.
  if (
    typeof time !== "string" ||
    !/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(time)
  )
    return null
  const ms = Date.parse(time)
  return Number.isNaN(ms) || ms < 0 ? null : ms
}

function flagBits(flags: unknown): number | null {
  if (flags === undefined || flags === null) return 0
  if (!Array.isArray(flags)) return null
  let bits = 0
  for (const name of flags) {
    if (typeof name !== "string" || !Object.hasOwn(quality, name)) return null
    bits |= quality[name as QualityName]
  }
  return bits
}
