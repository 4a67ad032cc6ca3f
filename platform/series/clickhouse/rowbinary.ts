/** ClickHouse's RowBinary: rows end to end, little-endian, no names; both a server of 2018 and a current one speak it. */

const two_32 = 4_294_967_296

/** A growing row writer; each function appends one column of the current row. Room comes first: it may move the buffer. */
export type RowWriter = { buffer: Buffer; length: number }

export const rowWriter = (bytes: number): RowWriter => ({ buffer: Buffer.allocUnsafe(Math.max(64, bytes)), length: 0 })

function room(w: RowWriter, bytes: number): number {
  const at = w.length
  if (at + bytes > w.buffer.length) {
    const next = Buffer.allocUnsafe(Math.max(at + bytes, w.buffer.length * 2))
    w.buffer.copy(next, 0, 0, at)
    w.buffer = next
  }
  w.length = at + bytes
  return at
}

export const putU8 = (w: RowWriter, value: number): void => {
  const at = room(w, 1)
  w.buffer[at] = value
}
export const putI32 = (w: RowWriter, value: number): void => {
  const at = room(w, 4)
  w.buffer.writeInt32LE(value, at)
}
export const putU32 = (w: RowWriter, value: number): void => {
  const at = room(w, 4)
  w.buffer.writeUInt32LE(value, at)
}
export const putF32 = (w: RowWriter, value: number): void => {
  const at = room(w, 4)
  w.buffer.writeFloatLE(value, at)
}
export const putF64 = (w: RowWriter, value: number): void => {
  const at = room(w, 8)
  w.buffer.writeDoubleLE(value, at)
}
/** A safe integer as Int64, in two halves because BigInt is ten times slower. */
export const putI64 = (w: RowWriter, value: number): void => {
  const at = room(w, 8)
  const high = Math.floor(value / two_32)
  w.buffer.writeUInt32LE(value - high * two_32, at)
  w.buffer.writeInt32LE(high, at + 4)
}
export const putBytes = (w: RowWriter, value: Uint8Array): void => {
  putLength(w, value.length)
  const at = room(w, value.length)
  w.buffer.set(value, at)
}
export const putText = (w: RowWriter, value: string): void => putBytes(w, Buffer.from(value))
/** The length that stands before strings and arrays (unsigned LEB128). */
export function putLength(w: RowWriter, value: number): void {
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) putU8(w, (rest % 128) | 128)
  putU8(w, rest)
}

/** What was written, a view. */
export const written = (w: RowWriter): Buffer => w.buffer.subarray(0, w.length)

export type Kind = "u8" | "i32" | "u32" | "i64" | "f32" | "f64" | "bytes"
const fixed: Record<Kind, number> = { u8: 1, i32: 4, u32: 4, i64: 8, f32: 4, f64: 8, bytes: 0 }
export type Cell<K extends Kind> = K extends "bytes" ? Buffer : number
export type Row<T extends readonly Kind[]> = { -readonly [I in keyof T]: Cell<T[I]> }

/**
 * Reads rows of the given kinds from a stream of buffers and hands each over; the array is used again for the next
 * row, and a `bytes` cell is a view. Throws where the stream ends inside a row.
 */
export async function readRows<const T extends readonly Kind[]>(
  stream: AsyncIterable<unknown>,
  kinds: T,
  take: (row: Row<T>) => void,
): Promise<number> {
  const row = kinds.map(() => 0) as unknown as (number | Buffer)[]
  let rest: Buffer = Buffer.alloc(0)
  let rows = 0
  for await (const piece of stream) {
    const data = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer])
    let at = 0
    for (;;) {
      const end = parseRow(data, at, kinds, row)
      if (end < 0) break
      at = end
      rows++
      take(row as unknown as Row<T>)
    }
    rest = data.subarray(at)
  }
  if (rest.length > 0)
    throw new Error(`an answer of ClickHouse ended inside a row: ${rest.subarray(0, 300).toString()}`)
  return rows
}

/** Fills `row` from the row at `at` and returns where it ends, or -1 where it is not all there yet. */
function parseRow(data: Buffer, at: number, kinds: readonly Kind[], row: (number | Buffer)[]): number {
  let p = at
  for (let c = 0; c < kinds.length; c++) {
    const kind = kinds[c]!
    if (kind === "bytes") {
      let length = 0
      for (let factor = 1; ; factor *= 128) {
        if (p >= data.length) return -1
        const byte = data[p++]!
        length += (byte & 127) * factor
        if (byte < 128) break
      }
      if (p + length > data.length) return -1
      row[c] = data.subarray(p, p + length)
      p += length
      continue
    }
    const size = fixed[kind]
    if (p + size > data.length) return -1
    row[c] = cell(data, p, kind)
    p += size
  }
  return p
}

function cell(data: Buffer, p: number, kind: Exclude<Kind, "bytes">): number {
  switch (kind) {
    case "u8":
      return data[p]!
    case "i32":
      return data.readInt32LE(p)
    case "u32":
      return data.readUInt32LE(p)
    case "i64":
      return data.readInt32LE(p + 4) * two_32 + data.readUInt32LE(p)
    case "f32":
      return data.readFloatLE(p)
    case "f64":
      return data.readDoubleLE(p)
  }
}
