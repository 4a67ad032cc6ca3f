/** What a table of a file is: points, lines, the delivery's code table, or none of them; and where its header stands. */
import type { Table } from "../../../platform/tables/index.ts"
import { classInName } from "./codes.ts"
import { type Choices, fieldNamed, fieldsOf, type Kind, mapColumns } from "./fields.ts"
import { cellText, clean, plainName } from "./text.ts"
import type { MappedColumn } from "./types.ts"

/** Titles, remarks and units may stand above the header; further down it is no header any more. */
const header_rows_max = 30

export type Header = {
  /** Index of the first row of data. */
  first: number
  /** Row as a person sees it; 0 where the format has its own names. */
  row: number
  names: string[]
}
export type Recognised =
  | { what: "survey"; kind: Kind; class_code: string; header: Header; columns: MappedColumn[]; missing: string[] }
  | { what: "codes"; header: Header; code: number; name: number; class_code: number }
  | { what: "other"; reason: "no-header" | "no-columns" | "empty" }

export const stem = (file: string): string => file.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "")

export function recognise(table: Table, choices: Choices): Recognised {
  const name = `${clean(table.name).replace(/[$'"]/g, "")}`
  const codes = codeTable(table, name)
  if (codes) return codes
  if (table.rows.length === 0 && table.columns === null) return { what: "other", reason: "empty" }
  const by_name = kindInName(name) ?? kindInName(stem(table.file))
  const cut = table.format === "shp"
  const candidates = headers(table).flatMap((header) =>
    (["point", "line"] as const).map(
      (kind): Candidate => ({ kind, header, ...rate(kind, header.names, choices, cut, table) }),
    ),
  )
  let best = bestOf(candidates, by_name)
  if (!best) return { what: "other", reason: "no-header" }
  if (!best.complete) {
    // Too little to be sure by the header alone: the table's name must say that it is meant as one.
    best = bestOf(
      candidates.filter((candidate) => candidate.kind === by_name),
      by_name,
    )
    if (!best || best.score < 3) return { what: "other", reason: best ? "no-columns" : "no-header" }
  }
  const columns = mapColumns(best.kind, best.header.names, choices, cut)
  const has = new Set(columns.map((column) => column.field))
  const missing = fieldsOf(best.kind)
    .filter((field) => field.required && !has.has(field.id) && !fromGeometry(field.id, table))
    .map((field) => field.id)
  const class_code = classInName(name) || classInName(stem(table.file)) || classInTitle(table, best.header)
  return { what: "survey", kind: best.kind, class_code, header: best.header, columns, missing }
}

type Candidate = { kind: Kind; header: Header; score: number; complete: boolean }

/** Complete ones before others, then those with more known columns, then the kind that the table's name says. */
function bestOf(candidates: Candidate[], by_name: Kind | null): Candidate | null {
  let best: Candidate | null = null
  for (const one of candidates) {
    const ranks = (c: Candidate) => Number(c.complete) * 1000 + c.score * 2 + Number(c.kind === by_name)
    if (!best || ranks(one) > ranks(best)) best = one
  }
  return best
}

const fromGeometry = (field: string, table: Table): boolean =>
  table.geometry !== null && ["x", "y", "from_no", "to_no"].includes(field)

function kindInName(name: string): Kind | null {
  const bare = name.toLowerCase()
  if (/point|点|(?:^|_)pt$|^[a-z]{2}_?(?:p|pt)$|node/.test(bare)) return "point"
  if (/line|线|管段|(?:^|_)ln$|^[a-z]{2}_?(?:l|ln)$|pipe/.test(bare)) return "line"
  return null
}

/** A title above the header may say the class: "给水管线点成果表". */
function classInTitle(table: Table, header: Header): string {
  if (header.row === 0) return ""
  for (let row = 0; row < Math.min(header.first, header_rows_max); row++) {
    const filled = table.cells.map((column) => cellText(column[row])).filter((text) => text !== "")
    if (filled.length > 0 && new Set(filled).size <= 3) {
      const found = classInName(filled[0]!)
      if (found !== "") return found
    }
  }
  return ""
}

/** Rows that may be the header: the format's own names, or each of the first rows, alone and joined with the next. */
function headers(table: Table): Header[] {
  if (table.columns) return [{ first: 0, row: 0, names: table.columns }]
  const found: Header[] = []
  const last = Math.min(header_rows_max, table.rows.length)
  const texts = (row: number): string[] => table.cells.map((column) => cellText(column[row]))
  for (let row = 0; row < last; row++) {
    const names = texts(row)
    if (names.filter((name) => name !== "").length < 2) continue
    found.push({ first: afterUnits(table, row + 1), row: table.rows[row]!, names })
    if (row + 1 < last) {
      const under = texts(row + 1)
      let left = ""
      const joined = names.map((name, i) => {
        if (name !== "") left = name
        return under[i] === "" ? name : name === under[i] ? name : `${left}${under[i]}`
      })
      if (under.some((name, i) => name !== "" && names[i] !== name))
        found.push({ first: afterUnits(table, row + 2), row: table.rows[row]!, names: joined })
    }
  }
  return found
}

const unit_word = /^[([]?\s*(?:m|mm|cm|米|毫米|厘米|°|度|个|条|孔|根|年|kv|mpa|kpa|mpa\/kv|单位|-|—)?\s*[)\]]?$/i
/** Rows of units ("(m)") or of column numbers (1, 2, 3 …) under the header are no data. */
function afterUnits(table: Table, first: number): number {
  let row = first
  for (; row < Math.min(first + 2, table.rows.length); row++) {
    const filled = table.cells.map((column) => cellText(column[row])).filter((text) => text !== "")
    const units = filled.length > 0 && filled.every((text) => unit_word.test(text))
    const counted = filled.length > 3 && filled.every((text, i) => Number(text) === i + 1)
    if (!units && !counted) break
  }
  return row
}

/** How well names fit a kind: known fields counted, and whether all that a kind must have is there. */
function rate(kind: Kind, names: string[], choices: Choices, cut: boolean, table: Table) {
  const fields = new Set(mapColumns(kind, names, choices, cut).map((column) => column.field))
  fields.delete(null)
  const have = (field: string) => fields.has(field) || fromGeometry(field, table)
  const shape = table.geometry?.find((geometry) => geometry !== null)?.type
  const complete =
    kind === "point"
      ? have("x") && have("y") && fields.has("exp_no") && shape !== "LineString" && !fields.has("to_no")
      : have("from_no") && have("to_no") && (fields.has("to_no") || (shape === "LineString" && fields.size >= 2))
  return { score: fields.size, complete }
}

/** The delivery's own codes: a table called so, or with columns for code and name and little else. */
function codeTable(table: Table, name: string): Extract<Recognised, { what: "codes" }> | null {
  const called = /编码|代码|字典|code|dict/i.test(name) || /编码表|代码表|code/i.test(stem(table.file))
  if (!called || kindHeader(table)) return null
  for (const header of headers(table).filter((_, i) => i < header_rows_max)) {
    const plain = header.names.map(plainName)
    const code = plain.findIndex((word) =>
      /^(?:要素|点|地物|分类|特征|管线点?|附属物)*(?:编码|代码|代号|码|code|featurecode)$/.test(word),
    )
    const named = plain.findIndex(
      (word, i) =>
        i !== code &&
        /^(?:要素|点|中文|特征或?|附属物|代码|编码|对应)*(?:名称|名|特征附属物|特征|附属物|含义|内容|name|feature)$/.test(
          word,
        ),
    )
    if (code >= 0 && named >= 0)
      return {
        what: "codes",
        header,
        code,
        name: named,
        class_code: plain.findIndex((word) => fieldNamed("point", word).field === "class_code"),
      }
  }
  return null
}
const kindHeader = (table: Table): boolean =>
  headers(table).some((header) =>
    (["point", "line"] as const).some(
      (kind) => rate(kind, header.names, [], false, table).complete && table.geometry === null,
    ),
  )
