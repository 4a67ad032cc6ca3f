/** dBase tables (.dbf), as they come with shapefiles and by themselves. */

import { isUtf8 } from "node:buffer"
import { readFile } from "node:fs/promises"
import type { Cell } from "../contract.ts"
import type { Source } from "./builder.ts"
import { type Cursor, openCursor } from "./cursor.ts"
import { tooLarge, unreadable } from "./refuse.ts"
import { type Encoding, encodingOf, headOf, openTail, sniffBytes } from "./text.ts"

type Decoder = InstanceType<typeof TextDecoder>
export type DbfField = { name: string; type: string; bytes: number; decimals: number; offset: number }
export type Dbf = {
  fields: DbfField[]
  records: number
  record_bytes: number
  cursor: Cursor
  encoding: Encoding
  /** What the encoding's declaration says otherwise than the texts, or null. */
  encoding_doubt: string | null
  values(record: Buffer): Cell[]
  isDeleted(record: Buffer): boolean
}

/** Language drivers of dBase whose code page is sure; 0x57 and 0 say nothing. */
const language_drivers: Record<number, Encoding> = {
  3: "windows-1252",
  8: "windows-1252",
  77: "gb18030",
  78: "euc-kr",
  79: "big5",
  122: "gb18030",
  120: "big5",
  121: "euc-kr",
  123: "shift_jis",
  200: "windows-1250",
  201: "windows-1251",
}
const sampled_bytes = 1024 * 1024

/** Opens a dBase table. Encoding: as asked, as a .cpg file beside it says, by its language byte, else sniffed. */
export async function openDbf(path: string, cpg_path: string | null, source: Source): Promise<Dbf> {
  const { file, limits } = source
  const cursor = await openCursor(path)
  try {
    const head = Buffer.from(await cursor.peek(32))
    if (head.length < 32) throw broken(file, "文件头不完整", "its header is cut short")
    const records = head.readUInt32LE(4)
    const header_bytes = head.readUInt16LE(8)
    const record_bytes = head.readUInt16LE(10)
    if (header_bytes < 33 || record_bytes < 1) throw broken(file, "文件头无效", "its header is invalid")
    const header = Buffer.from(await cursor.peek(header_bytes))
    if (header.length < header_bytes) throw broken(file, "文件头不完整", "its header is cut short")
    if (records > limits.rows_max)
      throw tooLarge(
        file,
        `记录数 ${records} 超过 ${limits.rows_max}；请拆分`,
        `${records} records are more than ${limits.rows_max}; split it`,
      )
    const raw: Buffer[] = []
    const fields: DbfField[] = []
    let offset = 1
    for (let at = 32; at + 32 <= header.length && header[at] !== 0x0d; at += 32) {
      const end = header.indexOf(0, at)
      raw.push(header.subarray(at, end < 0 || end > at + 11 ? at + 11 : end))
      const type = String.fromCharCode(header[at + 11]!)
      // Long texts of FoxPro keep the upper byte of their length where decimals stand.
      const bytes = type === "C" ? header.readUInt16LE(at + 16) : header[at + 16]!
      fields.push({ name: "", type, bytes, decimals: type === "C" ? 0 : header[at + 17]!, offset })
      offset += bytes
    }
    if (fields.length > limits.columns_max)
      throw tooLarge(
        file,
        `列数 ${fields.length} 超过 ${limits.columns_max}`,
        `${fields.length} columns are more than ${limits.columns_max}`,
      )
    if (offset > record_bytes) throw broken(file, "字段长度之和超过记录长度", "its fields are longer than its records")
    cursor.skip(header_bytes)
    const sample = await sampleOf(path, header_bytes, record_bytes, fields, raw)
    const declared = await declaredEncoding(cpg_path, head[29]!, source)
    const encoding = decide(declared, sample)
    // Names are cut at ten bytes, which may halve a character: the half is dropped.
    for (const [i, field] of fields.entries()) field.name = nameOf(raw[i]!, encoding)
    const decoder = new TextDecoder(encoding)
    const known = new Map<string, string>()
    return {
      fields,
      records,
      record_bytes,
      cursor,
      encoding,
      encoding_doubt: declared !== null && declared !== encoding ? declared : null,
      isDeleted: (record) => record[0] === 0x2a,
      values: (record) => fields.map((field) => cellAt(field, record, decoder, known)),
    }
  } catch (error) {
    await cursor.close()
    throw error
  }
}

const broken = (file: string, zh: string, en: string) =>
  unreadable(file, `DBF ${zh}；请重新导出`, `its attribute table: ${en}; export it again`)

function nameOf(raw: Buffer, encoding: Encoding): string {
  const text = new TextDecoder(encoding).decode(raw)
  return text.replace(/\ufffd+$/, "").trim()
}

async function declaredEncoding(cpg_path: string | null, driver: number, source: Source): Promise<Encoding | null> {
  const asked = source.options.encoding === undefined ? null : encodingOf(source.options.encoding)
  if (asked) return asked
  if (cpg_path) {
    const said = encodingOf((await readFile(cpg_path)).subarray(0, 64).toString("latin1"))
    if (said) return said
  }
  return language_drivers[driver] ?? null
}

/** Texts with bytes beyond ASCII, from the beginning of the table. */
async function sampleOf(
  path: string,
  start: number,
  step: number,
  fields: DbfField[],
  names: Buffer[],
): Promise<Buffer[]> {
  const head = await headOf(path, start + sampled_bytes)
  const texts = names.filter((name) => name.some((b) => b >= 0x80))
  const chars = fields.filter((f) => f.type === "C")
  for (let at = start; at + step <= head.length; at += step)
    for (const field of chars) {
      const text = trimmed(head.subarray(at + field.offset, at + field.offset + field.bytes))
      if (text.some((b) => b >= 0x80)) texts.push(text)
    }
  return texts
}

/** What is declared holds unless the texts contradict it: UTF-8 that is none, or another one that is UTF-8 throughout. */
function decide(declared: Encoding | null, sample: Buffer[]): Encoding {
  if (sample.length === 0) return declared ?? "utf-8"
  const utf8 = sample.every((text) => isUtf8(text.subarray(0, text.length - openTail(text))))
  if (declared === null) return utf8 ? "utf-8" : "gb18030"
  if (declared === "utf-8") return utf8 ? "utf-8" : sniffBytes(Buffer.concat(sample)) === "utf-8" ? "utf-8" : "gb18030"
  const high_bytes = sample.reduce((n, text) => n + text.filter((b) => b >= 0x80).length, 0)
  return utf8 && high_bytes >= 30 ? "utf-8" : declared
}

function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0)) end--
  return bytes.subarray(0, end)
}

function cellAt(field: DbfField, record: Buffer, decoder: Decoder, known: Map<string, string>): Cell {
  const bytes = record.subarray(field.offset, field.offset + field.bytes)
  switch (field.type) {
    case "I":
    case "+":
      return bytes.length === 4 ? bytes.readInt32LE(0) : null
    case "O":
    case "B":
      return bytes.length === 8 ? finite(bytes.readDoubleLE(0)) : null
    case "M":
    case "G":
    case "P":
      return null
  }
  const packed = trimmed(bytes)
  if (packed.length === 0) return null
  if (field.type === "C" || field.type === "V") {
    const key = packed.toString("latin1")
    const before = known.get(key)
    if (before !== undefined) return before
    const text = decoder.decode(packed)
    if (known.size > 10_000) known.clear()
    if (key.length < 64) known.set(key, text)
    return text
  }
  const text = packed.toString("latin1").trim()
  if (text === "" || /^\*+$/.test(text) || text === "?") return null
  if (field.type === "D")
    return /^\d{8}$/.test(text)
      ? text === "00000000"
        ? null
        : `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`
      : text
  if (field.type === "L") return /^[TtYy]$/.test(text) ? true : /^[FfNn]$/.test(text) ? false : null
  if (field.type === "N" || field.type === "F") {
    const number = Number(text.replace(",", "."))
    return Number.isNaN(number) ? text : number
  }
  return text
}

const finite = (n: number): Cell => (Number.isFinite(n) ? n : null)

/** Columns whose content lies in another file or is no text. */
export const isBinary = (field: DbfField): boolean => /^[MGP]$/.test(field.type)
