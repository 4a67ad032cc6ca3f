/** A small streaming XML reader: tags and texts, no document types, no entities but the five and numbers. */
import { unreadable } from "./refuse.ts"

export type XmlEvents = {
  /** A tag opens; its name without a prefix, its attributes as written. A tag that closes itself also calls `close`. */
  open(name: string, attributes: string): void
  close(name: string): void
  /** Text between tags as written (entities not resolved): resolve it with `unescapeXml` where it is used. */
  text(text: string): void
}

/** Longest piece of markup or text that may stay open, characters. */
const open_chars_max = 4 * 1024 * 1024

/**
 * Reads XML piece by piece. Documents that declare a document type are refused, so that no entity can grow or fetch.
 * @returns a function that takes the next text; call it with null at the end
 */
export function createXml(file: string, events: XmlEvents): (piece: string | null) => void {
  let text = ""
  let depth = 0
  let started = false
  const broken = (zh: string, en: string) => unreadable(file, `${zh}；请重新导出该文件`, `${en}; export it again`)
  return (piece) => {
    if (piece === null) {
      if (depth > 0 || !started) throw broken("XML 不完整", "its XML is cut short")
      return
    }
    text = text ? text + piece : piece
    let at = 0
    for (;;) {
      const less = text.indexOf("<", at)
      if (less < 0) break
      if (less > at) events.text(at === 0 ? text.slice(0, less) : text.slice(at, less))
      at = less
      const second = text.charCodeAt(less + 1)
      // "!" begins a comment, CDATA or a document type; "?" an instruction.
      if (second === 33) {
        if (text.startsWith("<!--", less)) {
          const end = text.indexOf("-->", less + 4)
          if (end < 0) break
          at = end + 3
          continue
        }
        if (text.startsWith("<![CDATA[", less)) {
          const end = text.indexOf("]]>", less + 9)
          if (end < 0) break
          events.text(text.slice(less + 9, end).replaceAll("&", "&amp;"))
          at = end + 3
          continue
        }
        if (text.length - less < 10) break
        throw broken(
          "XML 中含有文档类型声明（DOCTYPE），出于安全不予读取",
          "its XML declares a document type, which is refused for safety",
        )
      }
      const greater = text.indexOf(">", less + 1)
      if (greater < 0) break
      at = greater + 1
      if (second === 63) continue
      if (second === 47) {
        depth--
        if (depth < 0) throw broken("XML 标签不配对", "its XML closes what it never opened")
        events.close(local(text, less + 2, greater))
        continue
      }
      const end = endOfTag(text, less, greater)
      if (end < 0) {
        at = less
        break
      }
      at = end + 1
      started = true
      const self_closing = text.charCodeAt(end - 1) === 47
      const last = self_closing ? end - 1 : end
      let space = less + 1
      while (space < last && text.charCodeAt(space) > 32) space++
      const name = local(text, less + 1, space)
      events.open(name, space < last ? text.slice(space, last) : "")
      if (self_closing) events.close(name)
      else depth++
    }
    text = at === 0 ? text : text.slice(at)
    if (text.length > open_chars_max) throw broken("XML 中有过长的内容", "its XML has an item that never ends")
  }
}

/** Where the tag ends that opens at `from`: a ">" within a quoted attribute does not end it; -1 where the text ends first. */
function endOfTag(text: string, from: number, first_greater: number): number {
  let open = 0
  let at = from
  for (let greater = first_greater; greater >= 0; greater = text.indexOf(">", greater + 1)) {
    for (; at < greater; at++) {
      const code = text.charCodeAt(at)
      if (open === 0 ? code === 34 || code === 39 : code === open) open = open === 0 ? code : 0
    }
    if (open === 0) return greater
  }
  return -1
}

function local(text: string, from: number, to: number): string {
  let end = to
  while (end > from && text.charCodeAt(end - 1) <= 32) end--
  for (let i = from; i < end; i++) if (text.charCodeAt(i) === 58) return text.slice(i + 1, end)
  return text.slice(from, end)
}

/** The value of an attribute, without its prefix, entities resolved; null where the tag has none of that name. */
export function attribute(attributes: string, name: string): string | null {
  let at = 0
  for (;;) {
    at = attributes.indexOf(name, at)
    if (at < 0) return null
    const before = at === 0 ? 32 : attributes.charCodeAt(at - 1)
    let i = at + name.length
    while (attributes.charCodeAt(i) <= 32) i++
    if ((before <= 32 || before === 58) && attributes.charCodeAt(i) === 61) {
      i++
      while (attributes.charCodeAt(i) <= 32) i++
      const mark = attributes[i]
      if (mark === '"' || mark === "'") {
        const end = attributes.indexOf(mark, i + 1)
        if (end > 0) return unescapeXml(attributes.slice(i + 1, end))
      }
    }
    at += name.length
  }
}

const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }

/** Resolves the five entities of XML and numbers; unknown ones stay as written. */
export function unescapeXml(text: string): string {
  if (!text.includes("&")) return text
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|[a-z]{2,4});/g, (all, what: string) => {
    if (what[0] !== "#") return named[what] ?? all
    const code = what[1] === "x" ? Number.parseInt(what.slice(2), 16) : Number(what.slice(1))
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all
  })
}
