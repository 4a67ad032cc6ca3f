import { problem } from "../../../model/index.ts"
import { decodeReadings, message_bytes_max } from "../decode.ts"
import { type Item, lines_a_part, type Part, refusedItem } from "./http-items.ts"

const newline = 10
const return_ = 13

/**
 * Reads up to `lines_a_part` lines of newline-delimited JSON, from byte `at`, which is line `line` (from 1). Each line
 * is a message as MQTT gateways send it, at most 256 KiB; a bad line is refused alone. Empty lines are skipped.
 */
export function decodeNdjson(body: Uint8Array, topic_device: string | null, at = 0, line = 1): Part {
  const items: Item[] = []
  let from = at
  let number = line
  for (let lines = 0; from < body.length; lines++, number++) {
    if (lines === lines_a_part) return { items, next: { at: from, line: number } }
    const found = body.indexOf(newline, from)
    const end = found < 0 ? body.length : found
    let last = end
    while (last > from && (body[last - 1] === return_ || body[last - 1] === 32)) last--
    if (last > from) items.push(lineOf(body.subarray(from, last), number, topic_device))
    from = end + 1
  }
  return { items, next: null }
}

function lineOf(bytes: Uint8Array, line: number, topic_device: string | null): Item {
  if (bytes.length > message_bytes_max)
    return refusedItem(line, () => bytes.subarray(0, 1000), lineTooLong(bytes.length), topic_device)
  const decoded = decodeReadings(bytes, topic_device)
  return decoded.ok
    ? { at: line, bytes: () => bytes, decoded: decoded.value }
    : refusedItem(line, () => bytes, decoded.problem, topic_device)
}

export const lineTooLong = (bytes: number) =>
  problem(
    "too-large",
    413,
    `此行 ${bytes} 字节，超过上限 ${message_bytes_max}；请拆成多行`,
    `The line has ${bytes} bytes, more than ${message_bytes_max}; make several of it`,
    { field: "line", value: bytes },
  )
