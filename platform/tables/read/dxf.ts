/** Drawings in DXF (text form): one table for the points and one for the lines of each layer. */
import type { Table, TableGeometry } from "../contract.ts"
import { createBuilder, type Source, type TableBuilder } from "./builder.ts"
import { type Entity, numberAt, plainText, polyline, shapeOfEntity, textAt } from "./dxf-shapes.ts"
import { tooLarge, unreadable } from "./refuse.ts"
import { bytesOf, type Encoding, encodingOf, headOf, sniffFile, textOf } from "./text.ts"

const layers_max = 2000
const vertices_max = 1_000_000
const line_chars_max = 1_000_000

/**
 * Reads the entities of a drawing. Columns: layer, entity, handle, color, block, text, rotation and height, then the
 * attributes of blocks by their tags and extended data as `xdata.<application>`. Arcs become lines of short pieces;
 * blocks stay points. Kinds that are not read are counted in the problems.
 */
export async function* readDxf(source: Source): AsyncGenerator<Table> {
  const { path, file, options } = source
  const encoding = await drawingEncoding(source)
  const tables = new Map<string, TableBuilder>()
  const unread = new Map<string, number>()
  let number = 0

  const take = (e: Entity, shape: TableGeometry | null, attributes: [string, string][]) => {
    number++
    if (!shape) {
      unread.set(e.type, (unread.get(e.type) ?? 0) + 1)
      return
    }
    const layer = plainText(textAt(e, 8) ?? "0", false)
    const key = `${layer} ${shape.type === "Point" ? "point" : "line"}`
    let builder = tables.get(key)
    if (!builder) {
      if (tables.size >= layers_max)
        throw tooLarge(
          file,
          `图层超过 ${layers_max} 个；请清理图形`,
          `more than ${layers_max} layers; purge the drawing`,
        )
      builder = createBuilder(source, {
        name: key,
        format: "dxf",
        columns: [...fixed],
        with_geometry: true,
        keep_blank: true,
      })
      tables.set(key, builder)
    }
    fill(builder, e, layer, attributes)
    builder.end(number, shape)
  }

  const entities = createEntities(take)
  let section = ""
  let seen_end = false
  let current: Entity | null = null
  let naming_section = false
  const pair = (code: number, value: string) => {
    if (code === 0) {
      if (current && section === "ENTITIES") entities.next(current)
      current = null
      naming_section = value === "SECTION"
      if (value === "ENDSEC") {
        if (section === "ENTITIES") entities.end()
        section = ""
      } else if (value === "EOF") seen_end = true
      else if (section === "ENTITIES") current = { type: value, codes: [], values: [] }
    } else if (code === 2 && naming_section) {
      section = value
      naming_section = false
    } else if (current) {
      current.codes.push(code)
      current.values.push(value)
      if (current.codes.length > vertices_max * 4)
        throw tooLarge(file, "图元顶点过多", "an entity has too many vertices")
    }
  }
  const lines = createPairs(file, pair)
  for await (const text of textOf(bytesOf(path, options.signal), encoding)) {
    options.signal?.throwIfAborted()
    lines(text)
  }
  lines(null)
  if (current && section === "ENTITIES") entities.next(current)
  entities.end()
  if (!seen_end && number === 0)
    throw unreadable(
      file,
      "不是完整的 DXF 图形；请重新另存为 DXF",
      "it is no complete DXF drawing; save it as DXF again",
    )
  const first = [...tables.values()][0] ?? createBuilder(source, { name: "0", format: "dxf", columns: [...fixed] })
  if (tables.size === 0) tables.set("0", first)
  if (!seen_end)
    first.problem(number + 1, "EOF", String(number), {
      zh: `图形在第 ${number} 个图元之后中断，只读到此处；请重新另存为 DXF`,
      en: `The drawing breaks off after entity ${number}; only what stands before was read; save it as DXF again`,
    })
  for (const [type, count] of unread)
    first.problem(null, type, String(count), {
      zh: `${count} 个 ${type} 图元未读取；需要时请在 CAD 中分解为多段线后重新导出`,
      en: `${count} entities of kind ${type} were not read; where they are needed, explode them to polylines and export again`,
    })
  for (const builder of tables.values()) yield builder.finish()
}

const fixed = ["layer", "entity", "handle", "color", "block", "text", "rotation", "height"]

function fill(builder: TableBuilder, e: Entity, layer: string, attributes: [string, string][]): void {
  builder.set(0, layer)
  builder.set(1, e.type)
  builder.set(2, textAt(e, 5))
  if (e.codes.includes(62)) builder.set(3, numberAt(e, 62))
  if (e.type === "INSERT") builder.set(4, plainText(textAt(e, 2) ?? "", false) || null)
  if (e.type === "TEXT") builder.set(5, plainText(textAt(e, 1) ?? "", false))
  if (e.type === "MTEXT") {
    const pieces = e.values.filter((_, i) => e.codes[i] === 3 || e.codes[i] === 1)
    builder.set(5, plainText(pieces.join(""), true))
  }
  if (/TEXT|INSERT/.test(e.type) && e.codes.includes(50)) builder.set(6, numberAt(e, 50))
  if (/TEXT/.test(e.type) && e.codes.includes(40)) builder.set(7, numberAt(e, 40))
  for (const [tag, value] of attributes) builder.set(builder.column(tag), value)
  let application = ""
  const extended = new Map<string, string>()
  for (const [i, code] of e.codes.entries()) {
    if (code === 1001) application = e.values[i]!
    else if (code === 1000 && application) {
      const before = extended.get(application)
      const text = plainText(e.values[i]!, false)
      extended.set(application, before === undefined ? text : `${before}|${text}`)
    }
  }
  for (const [name, value] of extended) builder.set(builder.column(`xdata.${name}`), value)
}

/** Joins vertices to their polyline and attributes to their block. */
function createEntities(take: (e: Entity, shape: TableGeometry | null, attributes: [string, string][]) => void) {
  let head: Entity | null = null
  let parts: Entity[] = []
  const flush = () => {
    if (!head) return
    if (head.type === "POLYLINE") take(head, polyline(head, parts), [])
    else
      take(
        head,
        shapeOfEntity(head),
        parts.map((a) => [textAt(a, 2) ?? "", plainText(textAt(a, 1) ?? "", false)]),
      )
    head = null
    parts = []
  }
  return {
    next(e: Entity) {
      if (head && (e.type === "VERTEX" || e.type === "ATTRIB")) {
        if (parts.length < vertices_max) parts.push(e)
        return
      }
      flush()
      if (e.type === "SEQEND" || e.type === "VERTEX" || e.type === "ATTRIB") return
      if (e.type === "POLYLINE" || (e.type === "INSERT" && numberAt(e, 66) === 1)) head = e
      else take(e, shapeOfEntity(e), [])
    },
    end: flush,
  }
}

/** Lines of text as pairs of a code and its value; null ends the text. */
function createPairs(file: string, pair: (code: number, value: string) => void): (text: string | null) => void {
  let rest = ""
  let code: number | null = null
  let line = 0
  const take = (text: string) => {
    line++
    if (code === null) {
      const trimmed = text.trim()
      if (trimmed === "" && line > 1) return
      code = /^-?\d{1,5}$/.test(trimmed) ? Number(trimmed) : null
      if (code === null)
        throw unreadable(
          file,
          `第 ${line} 行应为组码，实为「${trimmed.slice(0, 40)}」，不是 DXF 或已损坏；请重新另存为 DXF`,
          `line ${line} should be a group code but is "${trimmed.slice(0, 40)}": no DXF, or damaged; save it as DXF again`,
        )
      return
    }
    // Values keep blanks within; those around come from the width of the column.
    pair(code, code >= 1 && code <= 9 ? text.replace(/[\r\n]+$/, "") : text.trim())
    code = null
  }
  return (text) => {
    if (text === null) {
      if (rest) take(rest)
      return
    }
    const all = rest ? rest + text : text
    let at = 0
    for (let end = all.indexOf("\n", at); end >= 0; end = all.indexOf("\n", at)) {
      take(all.charCodeAt(end - 1) === 13 ? all.slice(at, end - 1) : all.slice(at, end))
      at = end + 1
    }
    rest = all.slice(at)
    if (rest.length > line_chars_max) throw unreadable(file, "有过长的行，不是 DXF", "a line is too long; it is no DXF")
  }
}

/** Drawings since 2007 are UTF-8; older ones name their code page; what contradicts the bytes is sniffed. */
async function drawingEncoding({ path, file, options }: Source): Promise<Encoding> {
  const head = (await headOf(path, 65_536)).toString("latin1")
  if (head.startsWith("AutoCAD Binary DXF"))
    throw unreadable(file, "是二进制 DXF；请另存为文本（ASCII）DXF", "it is a binary DXF; save it as an ASCII DXF")
  if (/^AC10\d\d/.test(head)) throw unreadable(file, "是 DWG 图形；请另存为 DXF", "it is a DWG drawing; save it as DXF")
  const asked = options.encoding === undefined ? null : encodingOf(options.encoding)
  if (asked) return asked
  const sniffed = await sniffFile(path, file, options.signal)
  const version = /\$ACADVER\s+1\s+AC(\d{4})/.exec(head)?.[1]
  if (version !== undefined && Number(version) >= 1021) return sniffed
  const page = encodingOf(/\$DWGCODEPAGE\s+3\s+(\S+)/i.exec(head)?.[1] ?? "")
  // Western code pages are what programs write that do not think about it: the bytes decide.
  return page && !page.startsWith("windows-125") && page !== "utf-8" ? page : sniffed
}
