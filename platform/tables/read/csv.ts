/** CSV, TSV and delimited text (RFC 4180 and what spreadsheets make of it) into one table. */
import type { Table } from "../contract.ts"
import { createBuilder, type Source, type TableBuilder } from "./builder.ts"
import { tooLarge, unreadable } from "./refuse.ts"
import { bytesOf, encodingOf, sniffFile, textOf } from "./text.ts"

const quote = 34
const line_feed = 10
const carriage_return = 13
/** Characters that may stand between cells, most usual first. */
const delimiters = [",", "\t", ";", "|", "，"]
const sniffed_chars = 65_536

/**
 * Reads delimited text of unknown encoding and delimiter. Cells are texts exactly as written, empty ones null; the
 * header, if there is one, is among the rows. A row's number is that of its first line in the file.
 * @throws ProblemError for zero bytes, an unclosed quote, or too many bytes that fit no encoding
 */
export async function* readCsv(source: Source, name: string): AsyncGenerator<Table> {
  const { path, file, options, limits } = source
  const { signal } = options
  const said = options.encoding === undefined ? null : encodingOf(options.encoding)
  const encoding = said ?? (await sniffFile(path, file, signal))
  const builder = createBuilder(source, { name, format: "csv" })
  let splitter: Splitter | null = null
  let text = ""
  for await (const piece of textOf(bytesOf(path, signal), encoding)) {
    signal?.throwIfAborted()
    text = text ? text + piece : piece
    if (!splitter && text.length < sniffed_chars) continue
    splitter ??= createSplitter(builder, delimiterOf(text, file), source)
    text = text.slice(splitter.take(text, false))
    if (text.length > limits.cell_chars_max * limits.columns_max)
      throw tooLarge(file, `第 ${splitter.line()} 行过长`, `line ${splitter.line()} is too long`)
  }
  splitter ??= createSplitter(builder, delimiterOf(text, file), source)
  splitter.take(text, true)
  if (splitter.bad_rows() > 10 && splitter.bad_rows() > builder.count() / 10)
    throw unreadable(
      file,
      `编码既不是 UTF-8 也不是 GB18030（${splitter.bad_rows()} 行有乱码）；请另存为 UTF-8 后重试`,
      `it is neither UTF-8 nor GB18030 (${splitter.bad_rows()} rows are garbled); save it as UTF-8 and try again`,
    )
  yield builder.finish()
}

/** The delimiter whose count is the most even over the first lines; a comma where none stands out. */
export function delimiterOf(text: string, file: string): string {
  const sample = text.slice(0, sniffed_chars).replace(/"(?:[^"]|"")*"/g, "")
  const lines = sample.split(/\r\n|\n|\r/).slice(0, 200)
  if (lines.length > 2) lines.pop()
  let best = /\.tsv$/i.test(file) ? "\t" : ","
  let best_score = 0
  for (const delimiter of delimiters) {
    const counts = lines.map((line) => line.split(delimiter).length - 1).filter((n) => n > 0)
    const usual = counts.sort((a, b) => a - b)[counts.length >> 1] ?? 0
    const score = counts.filter((n) => n === usual).length * (usual > 1 ? 2 : 1)
    if (score > best_score) {
      best = delimiter
      best_score = score
    }
  }
  return best
}

type Splitter = {
  /** Takes the whole rows of the text and returns where the first unfinished one begins. */
  take(text: string, last: boolean): number
  line(): number
  bad_rows(): number
}

function createSplitter(builder: TableBuilder, delimiter: string, source: Source): Splitter {
  const flat = createFlat()
  const separator = delimiter.charCodeAt(0)
  let line = 1
  let bad = 0

  const put = (row_line: number, column: number, value: string) => {
    if (value.length === 0) return
    builder.set(column, value)
    if (value.includes("\ufffd")) {
      bad++
      builder.problem(row_line, String(column + 1), value, {
        zh: "有无法辨认的字符（编码有误），请更正后重新导入该行",
        en: "Holds characters that cannot be read (wrong encoding); correct them and bring the row in again",
      })
    }
  }

  /** A quoted cell that begins at `at`: where it ends and what it says, or null where the text ends first. */
  const quoted = (text: string, at: number, last: boolean): { end: number; value: string; breaks: number } | null => {
    let value = ""
    let from = at + 1
    for (;;) {
      const close = text.indexOf('"', from)
      if (close < 0 || (close === text.length - 1 && !last)) {
        if (text.length - at > source.limits.cell_chars_max || last)
          throw unreadable(
            source.file,
            `第 ${line} 行有未闭合的引号；请补上引号后重试`,
            `a quote opened on line ${line} is never closed; close it and try again`,
          )
        return null
      }
      value += text.slice(from, close)
      from = close + 1
      if (text.charCodeAt(from) !== quote) break
      value += '"'
      from++
    }
    // What stands between the closing quote and the delimiter belongs to the cell: some programs write 3"铸铁.
    let end = from
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end)
      if (code === separator || code === line_feed || code === carriage_return) break
    }
    if (end === text.length && !last) return null
    value += text.slice(from, end)
    let breaks = 0
    for (let i = value.indexOf("\n"); i >= 0; i = value.indexOf("\n", i + 1)) breaks++
    return { end, value, breaks }
  }

  return {
    line: () => line,
    bad_rows: () => bad,
    take(text, last) {
      const length = text.length
      let row_start = 0
      let at = 0
      let column = 0
      let row_line = line
      let breaks = 0
      while (at < length) {
        let end = at
        if (text.charCodeAt(at) === quote) {
          const cell = quoted(text, at, last)
          if (!cell) return row_start
          end = cell.end
          breaks += cell.breaks
          put(row_line, column, flat(column, cell.value, 0, cell.value.length))
        } else {
          for (; end < length; end++) {
            const code = text.charCodeAt(end)
            if (code === separator || code === line_feed || code === carriage_return) break
          }
          if (end === length && !last) return row_start
          if (end > at) put(row_line, column, flat(column, text, at, end))
        }
        const code = end < length ? text.charCodeAt(end) : line_feed
        if (code === separator) {
          column++
          at = end + 1
          if (at < length || !last) continue
        }
        if (code === carriage_return && end + 1 === length && !last) return row_start
        at = end + (code === carriage_return && text.charCodeAt(end + 1) === line_feed ? 2 : 1)
        builder.end(row_line)
        line += 1 + breaks
        breaks = 0
        row_line = line
        column = 0
        row_start = at
      }
      return row_start
    },
  }
}

/**
 * Cuts cells out of a text so that they do not hold the text in memory, and so that what a column says often is kept
 * once: the last text of each of 256 places by column and hash is compared before a new one is made.
 */
function createFlat(): (column: number, text: string, from: number, to: number) => string {
  const seen: (string | undefined)[][] = []
  const codes = new Uint16Array(64)
  return (column, text, from, to) => {
    const length = to - from
    let hash = length
    const step = length > 16 ? length >> 3 : 1
    for (let i = from; i < to; i += step) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
    seen[column] ??= Array.from({ length: 256 }, () => undefined)
    const places = seen[column]
    const place = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & 255
    const known = places[place]
    if (known !== undefined && known.length === length && same(known, text, from)) return known
    const value = length < 13 ? text.substring(from, to) : own(text, from, to, codes)
    places[place] = value
    return value
  }
}

function same(known: string, text: string, from: number): boolean {
  for (let i = 0; i < known.length; i++) if (known.charCodeAt(i) !== text.charCodeAt(from + i)) return false
  return true
}

/** A copy with characters of its own: the engine's longer substrings would keep the whole text alive. */
function own(text: string, from: number, to: number, codes: Uint16Array): string {
  const length = to - from
  if (length > codes.length) return Buffer.from(text.slice(from, to), "utf16le").toString("utf16le")
  for (let i = 0; i < length; i++) codes[i] = text.charCodeAt(from + i)
  return String.fromCharCode.apply(null, codes.subarray(0, length) as unknown as number[])
}
