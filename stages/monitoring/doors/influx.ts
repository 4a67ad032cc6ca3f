import { type Problem, problem } from "../../../model/index.ts"
import { message_bytes_max, type SaidValue } from "../decode.ts"
import { type Item, lines_a_part, type Part } from "./http-items.ts"
import { lineTooLong } from "./ndjson.ts"

/**
 * Line protocol of InfluxDB, as its reference describes it: `measurement[,tag=value…] field=value[,field=value…] [time]`.
 * https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
 */
export type InfluxOptions = {
  /** Nanoseconds of one unit of the timestamps. */
  unit_ns: number
  /** Time of lines without one, UTC ms. */
  now: number
  /** Tags that may name the device, the first that is there does. */
  device_tags: readonly string[]
  /** The device of a sender that speaks only for itself; tags are then not looked at. */
  own_device: string | null
  /** Whether a device has an indicator. */
  known(device: string, indicator: string): boolean
}

const units_ns: Record<string, number> = {
  ns: 1,
  n: 1,
  us: 1e3,
  u: 1e3,
  µ: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** Nanoseconds of a `precision`, ns when there is none; undefined where it is not one. */
export const precisionNs = (precision: string | undefined): number | undefined =>
  precision === undefined || precision === "" ? 1 : Object.hasOwn(units_ns, precision) ? units_ns[precision] : undefined

/** Reads up to `lines_a_part` lines from the character `at`, which is in line `line`. A bad line is refused alone. */
export function decodeInflux(text: string, options: InfluxOptions, at = 0, line = 1): Part {
  const items: Item[] = []
  const reader: Reader = { text, at, line }
  for (let lines = 0; reader.at < text.length; lines++) {
    if (lines === lines_a_part) return { items, next: { at: reader.at, line: reader.line } }
    const from = reader.at
    const number = reader.line
    const read = readLine(reader)
    if (read === null) continue
    const to = Math.min(reader.at, from + 65_536)
    const problems: Problem[] = []
    const values: SaidValue[] = []
    if (typeof read === "string") problems.push(badLine(read, text.slice(from, from + 80)))
    else if (reader.at - from > message_bytes_max) problems.push(lineTooLong(reader.at - from))
    else take(read, options, values, problems)
    const device = values[0]?.device ?? null
    items.push({
      at: number,
      bytes: () => Buffer.from(text.slice(from, to).trimEnd()),
      decoded: { values, problems: problems.map((p) => ({ problem: p, device })) },
    })
  }
  return { items, next: null }
}

type Field = { key: string; value: number | null; raw: string; what: "number" | "text" | "wrong" }
type Line = { measurement: string; tags: Map<string, string>; fields: Field[]; time: string }

function take(line: Line, o: InfluxOptions, values: SaidValue[], problems: Problem[]) {
  const device = o.own_device ?? o.device_tags.map((tag) => line.tags.get(tag)).find((code) => code !== undefined)
  if (device === undefined) return void problems.push(noDevice(o.device_tags))
  const time = timeOf(line.time, o)
  if (time === null) return void problems.push(badTime(line.time))
  for (const field of line.fields) {
    if (field.what === "text") problems.push(notANumber(field.key, field.raw))
    else if (field.value === null || !Number.isFinite(field.value)) problems.push(wrongNumber(field.key, field.raw))
    else
      values.push({
        device,
        indicator: indicatorOf(line, field.key, device, o),
        time: time.ms,
        sequence: time.below_ms,
        value: field.value,
        unit: null,
        flags: 0,
      })
  }
}

/** The field's name is the indicator; where the device has no such one, measurement and field, or the measurement. */
function indicatorOf(line: Line, field: string, device: string, o: InfluxOptions): string {
  for (const name of [field, `${line.measurement}_${field}`, line.measurement]) if (o.known(device, name)) return name
  return field === "value" ? line.measurement : field
}

const time_ms_max = 8.64e15

/** Milliseconds, and what is below them in nanoseconds: that becomes the sequence, so that nothing is overwritten. */
function timeOf(said: string, { unit_ns, now }: InfluxOptions): { ms: number; below_ms: number } | null {
  if (said === "") return { ms: now, below_ms: 0 }
  if (!/^\d{1,19}$/.test(said)) return null
  const digits_below = unit_ns === 1 ? 6 : unit_ns === 1e3 ? 3 : 0
  if (digits_below === 0) {
    const ms = Number(said) * (unit_ns / 1e6)
    return ms < time_ms_max ? { ms, below_ms: 0 } : null
  }
  const ms = Number(said.slice(0, -digits_below))
  return ms < time_ms_max ? { ms, below_ms: Number(said.slice(-digits_below)) * unit_ns } : null
}

type Reader = { text: string; at: number; line: number }
const [tab, newline, return_, space, quote, hash, comma, equals, backslash] = [9, 10, 13, 32, 34, 35, 44, 61, 92]

/** Reads one line and goes behind it; null for an empty line or a comment, a sentence where it is not a line. */
function readLine(r: Reader): Line | null | string {
  const { text } = r
  while (r.at < text.length && (text.charCodeAt(r.at) === space || text.charCodeAt(r.at) === tab)) r.at++
  const first = text.charCodeAt(r.at)
  if (first === newline || first === return_ || first === hash || Number.isNaN(first)) return skipLine(r, null)
  const line: Line = { measurement: "", tags: new Map(), fields: [], time: "" }
  line.measurement = name(r, false)
  if (line.measurement === "") return skipLine(r, "it begins without a measurement")
  while (text.charCodeAt(r.at) === comma) {
    r.at++
    const key = name(r, true)
    if (key === "" || text.charCodeAt(r.at) !== equals) return skipLine(r, "a tag is not key=value")
    r.at++
    const value = name(r, true)
    if (value === "") return skipLine(r, `the tag ${key} has no value`)
    line.tags.set(key, value)
    if (line.tags.size > tags_max) return skipLine(r, `it has more than ${tags_max} tags`)
  }
  if (text.charCodeAt(r.at) !== space) return skipLine(r, "the fields are missing")
  skipSpaces(r)
  for (;;) {
    const key = name(r, true)
    if (key === "" || text.charCodeAt(r.at) !== equals) return skipLine(r, "a field is not key=value")
    r.at++
    const field = fieldOf(r, key)
    if (field === null) return skipLine(r, `the text of the field ${key} has no end`)
    line.fields.push(field)
    if (line.fields.length > fields_max) return skipLine(r, `it has more than ${fields_max} fields`)
    if (text.charCodeAt(r.at) !== comma) break
    r.at++
  }
  const behind = text.charCodeAt(r.at)
  if (behind === space) {
    skipSpaces(r)
    const from = r.at
    while (r.at < text.length && !isEnd(text.charCodeAt(r.at)) && text.charCodeAt(r.at) !== space) r.at++
    line.time = text.slice(from, r.at)
    skipSpaces(r)
  }
  if (r.at < text.length && !isEnd(text.charCodeAt(r.at))) return skipLine(r, "there is something behind its time")
  return skipLine(r, line)
}

const tags_max = 200
const fields_max = 1000
const isEnd = (code: number) => code === newline || code === return_

function skipSpaces(r: Reader) {
  while (r.text.charCodeAt(r.at) === space) r.at++
}

function skipLine<T>(r: Reader, result: T): T {
  const end = r.text.indexOf("\n", r.at)
  r.at = end < 0 ? r.text.length : end + 1
  r.line++
  return result
}

/** A name up to what ends it, with its escapes taken away; in measurements `=` is an ordinary letter. */
function name(r: Reader, equals_ends: boolean): string {
  const { text } = r
  const from = r.at
  let escaped = false
  for (; r.at < text.length; r.at++) {
    const code = text.charCodeAt(r.at)
    if (code === backslash && isEscapable(text.charCodeAt(r.at + 1))) {
      escaped = true
      r.at++
    } else if (code === comma || code === space || isEnd(code) || (equals_ends && code === equals)) break
  }
  const found = text.slice(from, r.at)
  return escaped ? found.replace(/\\([,= ])/g, "$1") : found
}

const isEscapable = (code: number) => code === comma || code === equals || code === space

/** A field's value; null where a text does not end. Texts may hold anything, line breaks too. */
function fieldOf(r: Reader, key: string): Field | null {
  const { text } = r
  const from = r.at
  if (text.charCodeAt(from) === quote) {
    const most = Math.min(text.length, from + message_bytes_max)
    for (let p = from + 1, lines = 0; p < most; p++) {
      const code = text.charCodeAt(p)
      if (code === newline || (code === backslash && text.charCodeAt(p + 1) === newline)) lines++
      if (code === backslash) p++
      else if (code === quote) {
        r.at = p + 1
        r.line += lines
        return { key, value: null, raw: text.slice(from + 1, p), what: "text" }
      }
    }
    return null // Only the line in which the text began is given up.
  }
  while (r.at < text.length && !isEnd(text.charCodeAt(r.at))) {
    const code = text.charCodeAt(r.at)
    if (code === comma || code === space) break
    r.at++
  }
  const raw = text.slice(from, r.at)
  const value = numberOf(raw)
  return { key, value, raw, what: value === null ? "wrong" : "number" }
}

function numberOf(raw: string): number | null {
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(raw)) return Number(raw)
  if (/^-?\d+i$/.test(raw) || /^\d+u$/.test(raw)) return Number(raw.slice(0, -1))
  if (/^(t|T|true|True|TRUE)$/.test(raw)) return 1
  if (/^(f|F|false|False|FALSE)$/.test(raw)) return 0
  return null
}

const short = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
const badLine = (why: string, value: string) =>
  problem(
    "bad-line",
    400,
    `不是有效的行协议（${why}）；应为 measurement,device=编号 指标=数值 时刻`,
    `This is not line protocol: ${why}; write measurement,device=CODE indicator=number time`,
    { field: "line", value },
  )
const noDevice = (tags: readonly string[]) =>
  problem(
    "bad-field",
    400,
    `缺少说明设备的标签（${tags.join("、")}）`,
    `No tag names the device; add one of ${tags.join(", ")}`,
    { field: "device", value: null },
  )
const badTime = (value: string) =>
  problem(
    "bad-field",
    400,
    "时刻应为整数，单位见 precision",
    "The time must be a whole number in the unit of precision",
    { field: "time", value: short(value) },
  )
const notANumber = (field: string, value: string) =>
  problem(
    "not-a-number",
    400,
    "文本字段不能成为读数；请在发送端去掉",
    "A text cannot be a reading; drop the field where it is sent",
    { field: short(field), value: short(value) },
  )
const wrongNumber = (field: string, value: string) =>
  problem("not-a-number", 400, "数值应为有限的数", "The value must be a finite number", {
    field: short(field),
    value: short(value),
  })
