/** Parts of a workbook beside its sheets: names, shared texts, and which styles are dates. */
import type { Readable } from "node:stream"
import type { Source } from "./builder.ts"
import { tooLarge, unreadable } from "./refuse.ts"
import { textOf } from "./text.ts"
import { attribute, createXml, unescapeXml, type XmlEvents } from "./xml.ts"
import type { Archive } from "./zip.ts"

export type Sheet = { name: string; hidden: boolean; path: string }
export type Workbook = { sheets: Sheet[]; date1904: boolean; shared: string[]; date_styles: boolean[] }

/** Characters of shared texts that are kept in memory at most. */
const shared_chars_max = 512 * 1024 ** 2

/** Runs a stream of XML through `events`; workbooks are UTF-8. */
export async function readXml(stream: Readable, source: Source, events: XmlEvents): Promise<void> {
  const xml = createXml(source.file, events)
  let first = true
  try {
    for await (const text of textOf(stream, "utf-8")) {
      source.options.signal?.throwIfAborted()
      xml(first ? text.replace(/^\ufeff/, "") : text)
      first = false
    }
    xml(null)
  } catch (error) {
    if (error instanceof Error && ("problem" in error || error.name === "AbortError")) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw unreadable(
      source.file,
      `压缩数据不完整或已损坏（${why}）；请重新导出或重新上传`,
      `its packed data is cut short or damaged (${why}); export or upload it again`,
    )
  } finally {
    stream.destroy()
  }
}

const part = (archive: Archive, path: string) =>
  archive.members.find((m) => m.name === path) ??
  archive.members.find((m) => m.name.toLowerCase() === path.toLowerCase())

/** Reads everything of a workbook but its sheets. */
export async function readWorkbook(archive: Archive, source: Source): Promise<Workbook> {
  const { file } = source
  const book = part(archive, "xl/workbook.xml")
  if (!book)
    throw unreadable(
      file,
      "不是 XLSX 工作簿（缺少 xl/workbook.xml）；请在表格软件中另存为 XLSX",
      "it is no XLSX workbook (xl/workbook.xml is missing); save it as XLSX in a spreadsheet program",
    )
  const targets = new Map<string, string>()
  const rels = part(archive, "xl/_rels/workbook.xml.rels")
  if (rels)
    await readXml(await rels.stream(), source, {
      open(name, attributes) {
        if (name !== "Relationship") return
        const target = attribute(attributes, "Target") ?? ""
        targets.set(attribute(attributes, "Id") ?? "", target.startsWith("/") ? target.slice(1) : `xl/${target}`)
      },
      close() {},
      text() {},
    })
  const sheets: Sheet[] = []
  let date1904 = false
  await readXml(await book.stream(), source, {
    open(name, attributes) {
      if (name === "workbookPr") date1904 = /^(1|true)$/.test(attribute(attributes, "date1904") ?? "")
      if (name !== "sheet") return
      const path = targets.get(attribute(attributes, "id") ?? "") ?? `xl/worksheets/sheet${sheets.length + 1}.xml`
      const hidden = /hidden/i.test(attribute(attributes, "state") ?? "")
      sheets.push({ name: attribute(attributes, "name") ?? `Sheet${sheets.length + 1}`, hidden, path })
    },
    close() {},
    text() {},
  })
  const strings = [...targets.values()].find((t) => /sharedStrings\.xml$/i.test(t)) ?? "xl/sharedStrings.xml"
  const styles = [...targets.values()].find((t) => /styles\.xml$/i.test(t)) ?? "xl/styles.xml"
  return {
    sheets,
    date1904,
    shared: await readShared(archive, strings, source),
    date_styles: await readStyles(archive, styles, source),
  }
}

/** Shared texts: rich runs are joined, phonetic hints left out. */
async function readShared(archive: Archive, path: string, source: Source): Promise<string[]> {
  const member = part(archive, path)
  const texts: string[] = []
  if (!member) return texts
  let item = ""
  let in_text = false
  let phonetic = 0
  let chars = 0
  await readXml(await member.stream(), source, {
    open(name) {
      if (name === "si") item = ""
      else if (name === "rPh") phonetic++
      else if (name === "t") in_text = phonetic === 0
    },
    close(name) {
      if (name === "t") in_text = false
      else if (name === "rPh") phonetic--
      else if (name === "si") {
        chars += item.length
        if (chars > shared_chars_max)
          throw tooLarge(source.file, "工作簿中的文字过多；请拆分", "the workbook holds too much text; split it")
        // Joining makes the text own its characters rather than a piece of the XML.
        texts.push(ownText(unescapeXml(item)))
      }
    },
    text(text) {
      if (in_text) item += text
    },
  })
  return texts
}

/** A copy that does not keep the document alive of which the engine made it a part. */
export const ownText = (text: string): string =>
  text.length < 13 ? text : Buffer.from(text, "utf16le").toString("utf16le")

/** Numbers of built-in formats that show dates or times (ECMA-376 part 1, 18.8.30, with those of Chinese locales). */
const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)

/** Whether a format of one's own shows a date: y, m, d, h or s outside of texts and colours. */
export const isDateFormat = (code: string): boolean =>
  /[ymdhs年月日]/i.test(
    code
      .replace(/"[^"]*"|\\.|_.|\*./g, "")
      .replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, "")
      .replace(/general/gi, ""),
  )

async function readStyles(archive: Archive, path: string, source: Source): Promise<boolean[]> {
  const member = part(archive, path)
  const dates: boolean[] = []
  if (!member) return dates
  const custom = new Map<number, boolean>()
  let in_cells = false
  await readXml(await member.stream(), source, {
    open(name, attributes) {
      if (name === "numFmt")
        custom.set(Number(attribute(attributes, "numFmtId")), isDateFormat(attribute(attributes, "formatCode") ?? ""))
      else if (name === "cellXfs") in_cells = true
      else if (name === "xf" && in_cells) {
        const id = Number(attribute(attributes, "numFmtId") ?? 0)
        dates.push(custom.get(id) ?? isBuiltInDate(id))
      }
    },
    close(name) {
      if (name === "cellXfs") in_cells = false
    },
    text() {},
  })
  return dates
}
