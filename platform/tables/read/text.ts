/** Texts of unknown encoding: what they are written in, and their characters piece by piece. */
import { isAscii, isUtf8 } from "node:buffer"
import { createReadStream } from "node:fs"
import { unreadable } from "./refuse.ts"

export type Encoding = "utf-8" | "gb18030" | "utf-16le" | "utf-16be" | (string & {})

const chunk_bytes = 1024 * 1024

/** Reads a file piece by piece; can be aborted. */
export const bytesOf = (path: string, signal?: AbortSignal, start = 0): AsyncIterable<Buffer> =>
  createReadStream(path, { highWaterMark: chunk_bytes, start, ...(signal ? { signal } : {}) })

/** Bytes at the end of a piece that begin a UTF-8 character which the piece does not end. */
export function openTail(piece: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= piece.length; back++) {
    const byte = piece[piece.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** The name that the decoder knows for what a person or a .cpg file says; null where nobody knows it. */
export function encodingOf(said: string): Encoding | null {
  const text = said.trim().toLowerCase()
  const number = /^(?:cp|ansi|windows|ms|ansi_)?[ _-]?(\d{3,5})$/.exec(text)?.[1]
  if (number === "936" || number === "54936" || /^(gbk|gb2312|gb18030|hz|dwgcodepage936)$/.test(text)) return "gb18030"
  if (number === "65001" || text === "utf8" || text === "utf-8") return "utf-8"
  if (number === "950") return "big5"
  const name = number && number.length === 4 && number.startsWith("125") ? `windows-${number}` : text
  try {
    return new TextDecoder(/^8859[-_]?\d+$/.test(name) ? `iso-8859-${name.slice(4).replace(/\D/, "")}` : name).encoding
  } catch {
    // Not a name that anybody registered: the caller sniffs instead.
    return null
  }
}

/** Encoding of a few bytes without a mark: UTF-8 where they are well formed in it, else GB18030. */
export const sniffBytes = (bytes: Uint8Array): Encoding =>
  isUtf8(bytes.subarray(0, bytes.length - openTail(bytes))) ? "utf-8" : "gb18030"

/**
 * Finds the encoding of a file by reading it whole once: marks first, then UTF-8 where every byte fits it, else
 * GB18030. Texts with zero bytes are refused: they are no text.
 */
export async function sniffFile(path: string, file: string, signal?: AbortSignal): Promise<Encoding> {
  let carried = Buffer.alloc(0)
  let utf8 = true
  let first = true
  let lines = 1
  const tally = { good: 0, bad: 0 }
  for await (const piece of bytesOf(path, signal)) {
    if (first) {
      if (piece[0] === 0xff && piece[1] === 0xfe) return "utf-16le"
      if (piece[0] === 0xfe && piece[1] === 0xff) return "utf-16be"
      if (piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf) return "utf-8"
      const wide = wideText(piece)
      if (wide) return wide
      first = false
    }
    const zero = piece.indexOf(0)
    if (zero >= 0) {
      for (let i = piece.indexOf(10); i >= 0 && i < zero; i = piece.indexOf(10, i + 1)) lines++
      throw unreadable(
        file,
        `第 ${lines} 行附近有空字节（NUL），文件已损坏或不是文本；请重新导出`,
        `there is a zero byte near line ${lines}; the file is damaged or is no text; export it again`,
      )
    }
    for (let i = piece.indexOf(10); i >= 0; i = piece.indexOf(10, i + 1)) lines++
    if (tally.good + tally.bad < tallied_lines) tallyLines(piece, tally)
    if (!utf8) continue
    const whole = carried.length > 0 ? Buffer.concat([carried, piece]) : piece
    const tail = openTail(whole)
    utf8 = isUtf8(whole.subarray(0, whole.length - tail))
    carried = Buffer.from(whole.subarray(whole.length - tail))
  }
  if (utf8 && carried.length === 0) return "utf-8"
  // A few spoilt bytes do not make another encoding of a file: the lines decide.
  return tally.good > tally.bad ? "utf-8" : "gb18030"
}

const tallied_lines = 50_000

/** Counts lines beyond ASCII that are UTF-8 and such that are not; lines cut by the piece's ends are left out. */
function tallyLines(piece: Uint8Array, tally: { good: number; bad: number }): void {
  for (
    let from = piece.indexOf(10) + 1, to = piece.indexOf(10, from);
    to >= 0;
    from = to + 1, to = piece.indexOf(10, from)
  ) {
    const line = piece.subarray(from, to)
    if (isAscii(line)) continue
    if (isUtf8(line)) tally.good++
    else tally.bad++
    if (tally.good + tally.bad >= tallied_lines) return
  }
}

/** UTF-16 without a mark: every second byte of the beginning is zero, as delimiters, digits and line ends make it. */
function wideText(piece: Uint8Array): Encoding | null {
  let even = 0
  let odd = 0
  const n = Math.min(piece.length, 4096) & ~1
  for (let i = 0; i < n; i += 2) {
    if (piece[i] === 0) even++
    if (piece[i + 1] === 0) odd++
  }
  if (n < 8) return null
  if (odd > n / 8 && even === 0) return "utf-16le"
  if (even > n / 8 && odd === 0) return "utf-16be"
  return null
}

/** Decodes pieces of bytes into pieces of text; bytes that cannot be come out as U+FFFD. A mark at the start is dropped. */
export async function* textOf(pieces: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const piece of pieces) yield decoder.decode(piece, { stream: true })
  const rest = decoder.decode()
  if (rest) yield rest
}

/** A beginning of a file as bytes. */
export async function headOf(path: string, bytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of createReadStream(path, { end: Math.max(0, bytes - 1) })) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}
