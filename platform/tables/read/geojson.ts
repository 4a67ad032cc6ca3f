/** GeoJSON (RFC 7946, the older `crs` member, and one feature a line), read feature by feature. */
import type { Cell, Table } from "../contract.ts"
import { createBuilder, type Source, type TableBuilder } from "./builder.ts"
import { type AnyGeometry, endWithParts, partsOf } from "./geometry.ts"
import { tooLarge, unreadable } from "./refuse.ts"
import { bytesOf, encodingOf, sniffFile, textOf } from "./text.ts"

/** Longest single feature, characters. */
const feature_chars_max = 64 * 1024 ** 2
type Json = Record<string, unknown>

/**
 * Reads a collection, a single feature, or features one after the other. Properties become columns in the order in
 * which they first appear; nested values become JSON texts. Without a `crs` the format means WGS 84 degrees: that is
 * said where every coordinate is within degrees, else null.
 */
export async function* readGeoJson(source: Source, name: string): AsyncGenerator<Table> {
  const { path, file, options } = source
  const asked = options.encoding === undefined ? null : encodingOf(options.encoding)
  // The format is UTF-8; desktop programs in China write it in their own encoding all the same.
  const encoding = asked ?? (await sniffFile(path, file, options.signal))
  const builder = createBuilder(source, { name, format: "geojson", columns: [], with_geometry: true, keep_blank: true })
  const state = { number: 0, degrees: true, said_crs: null as Table["crs"] }
  const feature = (text: string) => takeFeature(builder, state, parse(file, text, state.number + 1), file)
  const scan = createScanner(file, {
    feature,
    whole(text) {
      const value = parse(file, text, state.number + 1)
      if (value.crs) state.said_crs = crsOf(value.crs) ?? state.said_crs
      if (value.type === "Feature" || value.coordinates || value.geometries) takeFeature(builder, state, value, file)
      else if (value.type !== "FeatureCollection")
        throw unreadable(
          file,
          "不是 GeoJSON（没有 FeatureCollection 或 Feature）；请重新导出",
          "it is no GeoJSON (neither FeatureCollection nor Feature); export it again",
        )
    },
  })
  for await (const text of textOf(bytesOf(path, options.signal), encoding)) {
    options.signal?.throwIfAborted()
    scan(text)
  }
  scan(null)
  builder.setCrs(state.said_crs ?? (state.degrees && state.number > 0 ? { epsg: 4326 } : null))
  yield builder.finish()
}

function parse(file: string, text: string, number: number): Json {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === "object" && value !== null) return value as Json
  } catch {
    // Said below, with the number of the feature.
  }
  throw unreadable(
    file,
    `第 ${number} 个要素附近的 JSON 无效；请重新导出`,
    `the JSON is invalid near feature ${number}; export it again`,
  )
}

function takeFeature(
  builder: TableBuilder,
  state: { number: number; degrees: boolean },
  value: Json,
  file: string,
): void {
  state.number++
  const { number } = state
  const bare = value.type !== "Feature"
  const properties = bare ? {} : ((value.properties ?? {}) as Json)
  if (typeof properties !== "object")
    throw unreadable(
      file,
      `第 ${number} 个要素的 properties 不是对象`,
      `the properties of feature ${number} are no object`,
    )
  if (!bare && value.id !== undefined && value.id !== null && !("id" in properties))
    builder.set(builder.column("id"), cellOf(value.id))
  for (const key in properties) builder.set(builder.column(key), cellOf(properties[key]))
  const geometry = (bare ? value : value.geometry) as AnyGeometry | null | undefined
  const parts = geometry ? partsOf(geometry) : []
  if (state.degrees && parts) state.degrees = parts.every((p) => inDegrees(p.coordinates))
  endWithParts(builder, number, parts, String(geometry?.type ?? ""))
}

function inDegrees(coordinates: unknown): boolean {
  if (!Array.isArray(coordinates)) return true
  const [first, second] = coordinates as unknown[]
  if (typeof first === "number") return Math.abs(first) <= 180 && typeof second === "number" && Math.abs(second) <= 90
  return coordinates.every(inDegrees)
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === "string" || typeof value === "boolean") return value
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  return JSON.stringify(value)
}

function crsOf(crs: unknown): Table["crs"] {
  const name = (crs as { properties?: { name?: unknown; code?: unknown } }).properties
  const said = String(name?.name ?? name?.code ?? "")
  if (/CRS:?:?84|CRS84/i.test(said)) return { epsg: 4326 }
  const epsg = /(?:EPSG:+(?:[\d.]*:)?)?(\d{4,6})$/i.exec(said)?.[1]
  return epsg ? { epsg: Number(epsg) } : null
}

/** Hands out each element of `features` and, without them, each whole value at the top; null ends the text. */
function createScanner(file: string, on: { feature(text: string): void; whole(text: string): void }) {
  let text = ""
  /** Where scanning goes on within `text`; everything before is known. */
  let at = 0
  let depth = 0
  let in_string = false
  let string_start = -1
  let last_key = ""
  /** Depth at which an element of the features array opens, or 0 outside of it. */
  let element_depth = 0
  let element_start = -1
  /** Text of the whole value so far without its features, and from where the next piece of it counts. */
  let outer = ""
  let outer_start = -1
  let values = 0
  const cut = (reason_zh: string, reason_en: string) =>
    unreadable(file, `${reason_zh}；请重新导出或重新上传`, `${reason_en}; export or upload it again`)

  return (piece: string | null) => {
    if (piece === null) {
      if (depth > 0 || in_string)
        throw cut("JSON 在末尾之前中断（文件不完整）", "its JSON breaks off before the end (the file is cut short)")
      if (values === 0) throw cut("文件为空或不是 JSON", "it is empty or no JSON")
      return
    }
    text += piece
    const length = text.length
    for (; at < length; at++) {
      const code = text.charCodeAt(at)
      if (in_string) {
        if (code === 92) at++
        else if (code === 34) {
          in_string = false
          if (depth === 1 && string_start >= 0) last_key = text.slice(string_start, at)
        }
        continue
      }
      switch (code) {
        case 34:
          in_string = true
          string_start = depth === 1 ? at + 1 : -1
          break
        case 123:
        case 91:
          depth++
          if (depth > 200) throw cut("JSON 嵌套过深", "its JSON is nested too deeply")
          if (depth === 1) {
            outer = ""
            outer_start = at
          } else if (code === 91 && depth === 2 && last_key === "features") {
            element_depth = 3
            outer += text.slice(outer_start, at + 1)
            outer_start = -1
          } else if (depth === element_depth) element_start = at
          break
        case 125:
        case 93:
          depth--
          if (depth < 0) throw cut("JSON 括号不配对", "its JSON closes what it never opened")
          if (element_depth > 0 && depth === element_depth - 1) {
            on.feature(text.slice(element_start, at + 1))
            element_start = -1
          } else if (element_depth > 0 && depth === element_depth - 2) {
            element_depth = 0
            last_key = ""
            outer_start = at
          } else if (depth === 0) {
            on.whole(outer + text.slice(outer_start, at + 1))
            values++
            outer_start = -1
          }
          break
        default:
          if (depth === 0 && code > 32 && code !== 0x1e && code !== 0xfeff && code !== 44)
            throw cut("不是 JSON", "it is no JSON")
      }
    }
    // What is known is let go; only what is open stays.
    const keep = element_start >= 0 ? element_start : outer_start >= 0 ? outer_start : length
    const back = Math.min(keep, string_start >= 0 && in_string ? string_start : keep, length)
    if (back > 0) {
      text = text.slice(back)
      at -= back
      if (element_start >= 0) element_start -= back
      if (outer_start >= 0) outer_start -= back
      if (string_start >= 0) string_start -= back
    }
    if (text.length + outer.length > feature_chars_max)
      throw tooLarge(file, "单个要素过大", "a single feature is too large")
  }
}
