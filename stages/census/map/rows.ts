/** Reads assets as PostgreSQL sends them (COPY in text format) straight into columns: no objects in between. */
import type { Columns, RowInput } from "./columns.ts"
import { shapes } from "./columns.ts"

const [tab, line_feed, backslash, open, close, comma] = [9, 10, 92, 91, 93, 44]
/** One line: the geometry of an asset may have this many bytes. */
const line_bytes_max = 64 * 1024 * 1024
const columns_of_line = 12

/**
 * Takes chunks of lines `id lifeline kind code name owner lon lat length diameter areas shape coordinates`, columns
 * divided by tabs as COPY writes them, and tells of each row it has added.
 */
export function rowReader(to: Columns, added: (row: number) => void = () => undefined) {
  let rest: Buffer = Buffer.alloc(0)
  const row = blank()
  const read = readLine(row)
  return {
    take(chunk: Buffer): void {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      let from = 0
      for (let to_ = bytes.indexOf(line_feed, from); to_ >= 0; to_ = bytes.indexOf(line_feed, from)) {
        read(bytes, from, to_)
        added(to.add(row))
        from = to_ + 1
      }
      rest = bytes.subarray(from)
      if (rest.length > line_bytes_max) throw new Error(`An asset's row has more than ${line_bytes_max} bytes.`)
    },
    end(): void {
      if (rest.length > 0) throw new Error("The database ended in the middle of an asset.")
    },
  }
}

const blank = (): RowInput => ({
  id: 0,
  lifeline: "",
  kind: "",
  code: null,
  name: null,
  owner_id: null,
  lon: 0,
  lat: 0,
  length_m: Number.NaN,
  dn_mm: Number.NaN,
  area_ids: [],
  shape: shapes.point,
  xy: [],
  positions: 0,
  ring_ends: [],
})

function readLine(row: RowInput) {
  const words = new Map<string, { lifeline: string; kind: string }>()
  const bounds = Array.from({ length: columns_of_line + 2 }, () => 0)
  return (bytes: Buffer, from: number, to: number) => {
    bounds[0] = from - 1
    for (let column = 1, at = from; column <= columns_of_line; column++) {
      at = bytes.indexOf(tab, column === 1 ? from : at + 1)
      bounds[column] = at
    }
    bounds[columns_of_line + 1] = to
    const start = (column: number) => bounds[column]! + 1
    const end = (column: number) => bounds[column + 1]!
    row.id = numberIn(bytes, start(0), end(0))
    const key = bytes.toString("latin1", start(1), end(2))
    let kind = words.get(key)
    if (kind === undefined) {
      kind = { lifeline: text(bytes, start(1), end(1)) ?? "", kind: text(bytes, start(2), end(2)) ?? "" }
      words.set(key, kind)
    }
    row.lifeline = kind.lifeline
    row.kind = kind.kind
    row.code = text(bytes, start(3), end(3))
    row.name = text(bytes, start(4), end(4))
    row.owner_id = bytes[start(5)] === backslash ? null : numberIn(bytes, start(5), end(5))
    row.lon = numberIn(bytes, start(6), end(6))
    row.lat = numberIn(bytes, start(7), end(7))
    row.length_m = numberIn(bytes, start(8), end(8))
    row.dn_mm = numberIn(bytes, start(9), end(9))
    row.area_ids = areasIn(bytes, start(10), end(10))
    const letter = bytes[start(11)] // P of Point, L of LineString; Polygon is told from Point by its third letter.
    row.shape = letter === 76 ? shapes.line : bytes[start(11) + 2] === 108 ? shapes.area : shapes.point
    positionsIn(row, bytes, start(12), end(12))
    if (row.shape === shapes.point) {
      row.lon = row.xy[0]!
      row.lat = row.xy[1]!
    }
  }
}

/** Text of a column; null for \N. */
function text(bytes: Buffer, from: number, to: number): string | null {
  if (to - from === 2 && bytes[from] === backslash && bytes[from + 1] === 78) return null
  const plain = bytes.toString("utf8", from, to)
  return plain.includes("\\") ? plain.replace(/\\(.)/g, (_, c: string) => escapes[c] ?? c) : plain
}
const escapes: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }

const exact = Array.from({ length: 23 }, (_, k) => 10 ** k)

/**
 * A decimal number; NaN for \N. Up to 15 digits are one exact division of two exact numbers, which rounds as the
 * language's own reading does; the others are left to the language.
 */
export function numberIn(bytes: Buffer, from: number, to: number) {
  let at = from
  const negative = bytes[at] === 45
  if (negative) at++
  let digits = 0
  let value = 0
  let decimals = -1
  for (; at < to; at++) {
    const c = bytes[at]!
    if (c === 46) decimals = 0
    else if (c >= 48 && c <= 57) {
      value = value * 10 + (c - 48)
      if (value > 0) digits++
      if (decimals >= 0) decimals++
    } else return bytes[from] === backslash ? Number.NaN : Number(bytes.toString("latin1", from, to))
  }
  if (digits > 15 || decimals > 22) return Number(bytes.toString("latin1", from, to))
  const size = decimals > 0 ? value / exact[decimals]! : value
  return negative ? -size : size
}

function areasIn(bytes: Buffer, from: number, to: number): readonly number[] {
  if (to - from <= 2) return [] // \N or {}
  return bytes
    .toString("latin1", from + 1, to - 1)
    .split(",")
    .map(Number)
}

/** Positions of a GeoJSON `coordinates` text into `row`. A third number of a position is left out. */
function positionsIn(row: RowInput, bytes: Buffer, from: number, to: number): void {
  const xy = row.xy as number[]
  xy.length = 0
  const ring_ends: number[] = []
  let depth = 0
  let in_position = 0
  for (let at = from; at < to; ) {
    const c = bytes[at]!
    if (c === open) {
      depth++
      in_position = 0
      at++
    } else if (c === close) {
      depth--
      if (row.shape === shapes.area && depth === 1) ring_ends.push(xy.length / 2)
      at++
    } else if (c === comma || c === 32) at++
    else {
      let end = at + 1
      while (end < to && bytes[end] !== comma && bytes[end] !== close && bytes[end] !== 32) end++
      if (in_position++ < 2) xy.push(numberIn(bytes, at, end))
      at = end
    }
  }
  row.positions = xy.length / 2
  row.ring_ends = ring_ends
}
