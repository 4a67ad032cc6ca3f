/** Query parameters of OGC API Features Part 1, read strictly: what is unknown or wrong is refused and named. */
import { type AttributeDeclaration, type Problem, ProblemError, problem } from "../../../model/index.ts"
import type { Collection } from "./collections.ts"

export const limit_default = 100
/** Most features in one answer; a larger limit is taken as this one, as Part 1 wants it. */
export const limit_max = 10_000
const value_chars_max = 200

export const crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

/** West, south, east, north in degrees; a box over the antimeridian comes as two. */
export type Window = [west: number, south: number, east: number, north: number]

/** Versions that were true at some moment of [from, to], UTC milliseconds; null is open, and no span at all is now. */
export type Span = { from: number | null; to: number | null }

export type AttributeFilter = { id: string; value: string | number | boolean }

export type ItemsQuery = {
  windows: Window[] | null
  span: Span | null
  limit: number
  /** Id after which the page begins, and the number matched that the first page counted. */
  cursor: { after: number; matched: number } | null
  code: string | null
  name: string | null
  attributes: AttributeFilter[]
}

export type Given = Readonly<Record<string, unknown>>

const wrong = (field: string, value: unknown, zh: string, en: string): ProblemError =>
  new ProblemError(problem("bad-parameter", 400, `参数 ${field} ${zh}`, `Parameter ${field} ${en}`, { field, value }))

export const unknownParameter = (name: string, known: readonly string[]): Problem =>
  problem(
    "unknown-parameter",
    400,
    `没有参数 ${name}；可用的有 ${known.join("、")}`,
    `There is no parameter ${name}; known are ${known.join(", ")}`,
    { field: name },
  )

/** Refuses parameters that an operation does not have, and those given twice or too long. */
export function checkNames(given: Given, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) throw new ProblemError(unknownParameter(name.slice(0, 100), known))
    if (typeof value !== "string") throw wrong(name, value, "只能给一次", "may be given once only")
    if (value.includes("\0")) throw wrong(name, value, "不能含有空字符", "must not hold a null character")
    if (value.length > value_chars_max)
      throw wrong(name, value.length, `最长 ${value_chars_max} 个字`, `is at most ${value_chars_max} characters long`)
  }
}

const general = ["f", "limit", "bbox", "bbox-crs", "datetime", "cursor", "code", "name"]

/** Attributes that can be filtered by: the declared ones whose names no parameter has taken. */
export const filterable = (collection: Collection): AttributeDeclaration[] =>
  collection.attributes.filter((attribute) => !general.includes(attribute.id))

/** Reads the query of `/items`. */
export function readItemsQuery(given: Given, collection: Collection): ItemsQuery {
  const attributes = filterable(collection)
  checkNames(given, [...general, ...attributes.map((attribute) => attribute.id)])
  const text = (name: string): string | null => (given[name] as string | undefined) ?? null
  const crs = text("bbox-crs")
  if (crs !== null && !isCrs84(crs))
    throw wrong("bbox-crs", crs, `只能是 ${crs84}（经度、纬度）`, `can only be ${crs84} (longitude, latitude)`)
  const bbox = text("bbox")
  const datetime = text("datetime")
  const cursor = text("cursor")
  return {
    windows: bbox === null ? null : readBbox(bbox),
    span: datetime === null ? null : readDatetime(datetime),
    limit: readLimit(text("limit")),
    cursor: cursor === null ? null : readCursor(cursor),
    code: text("code"),
    name: text("name"),
    attributes: attributes.flatMap((attribute) => {
      const value = text(attribute.id)
      return value === null ? [] : [{ id: attribute.id, value: readValue(attribute, value) }]
    }),
  }
}

const isCrs84 = (crs: string): boolean =>
  /^(https?:\/\/www\.opengis\.net\/def\/crs\/OGC\/(1\.3|0)\/CRS84h?|\[OGC:CRS84\]|OGC:CRS84)$/i.test(crs)

function readLimit(text: string | null): number {
  if (text === null) return limit_default
  const limit = Number(text)
  if (!/^\d{1,9}$/.test(text) || limit < 1)
    throw wrong("limit", text, "应为大于 0 的整数", "must be a whole number above 0")
  return Math.min(limit, limit_max)
}

/** Four numbers, or six with heights, which no feature here has. */
export function readBbox(text: string): Window[] {
  const parts = text
    .split(",")
    .map((part) => (/^\s*[-+]?[\d.]+(e[-+]?\d+)?\s*$/i.test(part) ? Number(part) : Number.NaN))
  if ((parts.length !== 4 && parts.length !== 6) || parts.some((part) => !Number.isFinite(part)))
    throw wrong(
      "bbox",
      text,
      "应为四个数：西、南、东、北（度），例如 117.1,31.7,117.4,32.0",
      "must be four numbers: west, south, east, north in degrees, such as 117.1,31.7,117.4,32.0",
    )
  const [west, south] = parts as [number, number]
  const [east, north] = parts.slice(parts.length / 2) as [number, number]
  if (south > north) throw wrong("bbox", text, "的南边不能在北边以北", "has its south above its north")
  return west <= east
    ? [[west, south, east, north]]
    : [
        [west, south, 180, north],
        [-180, south, east, north],
      ]
}

/** An instant, or an interval of which one end may be open ("..", or nothing). A date is the whole day in UTC. */
export function readDatetime(text: string): Span {
  const ends = text.split("/")
  const bad = () =>
    wrong(
      "datetime",
      text,
      "应为时刻或区间，例如 2024-01-01T00:00:00Z、../2024-06-01T00:00:00Z、2024-01-01/..",
      "must be an instant or an interval, such as 2024-01-01T00:00:00Z, ../2024-06-01T00:00:00Z or 2024-01-01/..",
    )
  if (ends.length > 2 || text === "") throw bad()
  const [first = "", last = first] = ends
  const open = (end: string) => ends.length === 2 && (end === "" || end === "..")
  const from = open(first) ? null : instant(first)?.from
  const to = open(last) ? null : instant(last)?.to
  if (from === undefined || to === undefined) throw bad()
  if (from !== null && to !== null && from > to) throw wrong("datetime", text, "的开始晚于结束", "begins after it ends")
  return { from, to }
}

/** RFC 3339 date-time, or full-date. */
const rfc3339 = /^(\d{4}-\d{2}-\d{2})(?:[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[-+]\d{2}:\d{2}))?$/

function instant(text: string): { from: number; to: number } | undefined {
  const match = rfc3339.exec(text)
  const day = match ? Date.parse(`${match[1]}T00:00:00Z`) : Number.NaN
  // 31 February would be taken for a day of March.
  if (!match || Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== match[1]) return undefined
  if (text.length === 10) return { from: day, to: day + 86_399_999 }
  const at = Date.parse(text.toUpperCase().replace(" ", "T"))
  return Number.isNaN(at) ? undefined : { from: at, to: at }
}

export const cursorText = (after: number, matched: number): string => `${after}-${matched}`

function readCursor(text: string): ItemsQuery["cursor"] {
  const [after = "", matched = ""] = text.split("-")
  const numbers = [after, matched].every((part) => /^\d{1,15}$/.test(part))
  if (!numbers || text.split("-").length !== 2)
    throw wrong(
      "cursor",
      text,
      "无效，请从第一页的 next 链接取得",
      "is no cursor; take it from the link to the next page",
    )
  return { after: Number(after), matched: Number(matched) }
}

function readValue(attribute: AttributeDeclaration, text: string): AttributeFilter["value"] {
  if (attribute.type === "boolean") {
    if (text !== "true" && text !== "false") throw wrong(attribute.id, text, "应为 true 或 false", "is true or false")
    return text === "true"
  }
  if (attribute.type === "text" || attribute.type === "choice") return text
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value)) throw wrong(attribute.id, text, "应为数字", "must be a number")
  return value
}

export type Form = "json" | "html"

/** The form of an answer: what `f` says, else what the Accept header likes best; JSON where it likes both. */
export function formOf(given: Given, accept: string | undefined): Form {
  const { f } = given
  if (f === "json" || f === "html") return f
  if (f !== undefined) throw wrong("f", f, "应为 json 或 html", "is json or html")
  const likes = (type: RegExp) => Math.max(0, ...(accept ?? "").split(",").map((part) => weight(part, type)))
  return likes(/^text\/html$|^application\/xhtml\+xml$/) > likes(/json$|^\*\/\*$|^application\/\*$/) ? "html" : "json"
}

function weight(part: string, type: RegExp): number {
  const [media = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase())
  if (!type.test(media)) return 0
  const q = parameters.find((piece) => piece.startsWith("q="))
  return q === undefined ? 1 : Number(q.slice(2)) || 0
}
