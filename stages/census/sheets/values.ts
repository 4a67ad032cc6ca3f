/** Cells of a sheet as values of what a kind declares. */
import type { AttributeValue } from "../../../model/index.ts"
import { plainName, says_nothing } from "../survey/text.ts"
import { readDate, readNumber, readSection } from "../survey/values.ts"
import type { SheetField } from "./fields.ts"

export type Read =
  | { ok: true; value: AttributeValue }
  /** `near`: what was likely meant. */
  | { ok: false; rule: "numeric" | "choice" | "range"; value: AttributeValue; near: string | null }

const yes = new Set(["true", "t", "yes", "y", "1", "是", "有", "√", "✓"])
const no = new Set(["false", "f", "no", "n", "0", "否", "无", "没有", "×", "x"])
const round12 = (value: number): number => Number(value.toPrecision(14))

/** Null for a cell that says nothing. A value that does not fit comes back as it was written, with the rule it breaks. */
export function readValue(field: SheetField, text: string, factor: number): Read {
  if (says_nothing(text) || /^nan$/i.test(text)) return { ok: true, value: null }
  switch (field.type) {
    case "text":
      return { ok: true, value: text }
    case "boolean": {
      const plain = text.toLowerCase()
      if (yes.has(plain)) return { ok: true, value: true }
      if (no.has(plain)) return { ok: true, value: false }
      return { ok: false, rule: "choice", value: text, near: null }
    }
    case "choice":
      return readChoice(field, text)
    case "number":
    case "integer":
      return readNumeric(field, text, factor)
  }
}

function readNumeric(field: SheetField, text: string, factor: number): Read {
  let value = readNumber(text, field.unit)
  if (value !== null) value = round12(value * factor)
  else if (field.id === "diameter_mm") {
    const section = readSection(text)
    value = section && "diameter_mm" in section ? section.diameter_mm : null
  } else if (field.type === "integer" && field.id.endsWith("year")) {
    const date = readDate(text.replace(/[+-]\d{2}(?::?\d{2})?$/, ""))
    value = date === null ? null : Number(date.slice(0, 4))
  }
  if (value === null || !Number.isFinite(value))
    return { ok: false, rule: "numeric", value: text, near: meantNumber(text) }
  if (field.type === "integer" && !Number.isInteger(value))
    return { ok: false, rule: "numeric", value, near: String(Math.round(value)) }
  if (value < (field.min ?? -Infinity) || value > (field.max ?? Infinity))
    return { ok: false, rule: "range", value, near: null }
  return { ok: true, value }
}

/** The number that was likely meant: letters that look like digits, a comma or a doubled dot for the point. */
function meantNumber(text: string): string | null {
  const meant = text
    .replace(/[oO]/g, "0")
    .replace(/[lI]/g, "1")
    .replace(/\.{2,}|,|。|·/g, ".")
    .replace(/\s+/g, "")
  return readNumber(meant) === null ? null : meant
}

function readChoice(field: SheetField, text: string): Read {
  const choices = field.choices ?? []
  const plain = plainName(text)
  const found =
    choices.find(({ value, name }) => value === text || name.zh === text || name.en === text) ??
    choices.find(({ value, name }) =>
      [value, name.zh, name.en].some((word) => plain !== "" && plainName(word) === plain),
    )
  if (found) return { ok: true, value: found.value }
  // "球墨铸铁管", "A级", "钢筋混凝土(C30)": one choice only whose words stand in what is written, or the other way round.
  const within = choices.filter(({ value, name }) =>
    [name.zh, name.en, value].some((word) => {
      const one = plainName(word)
      return one.length > 1 && plain.length > 1 && (plain.includes(one) || one.includes(plain))
    }),
  )
  const other = choices.find(({ value }) => value.toLowerCase() === "other")
  const near = within.length === 1 ? within[0]!.value : (other?.value ?? null)
  return { ok: false, rule: "choice", value: text, near }
}

/** Words for what a field takes. */
export function takes(field: SheetField): { zh: string; en: string } {
  if (field.type === "choice") {
    const [zh, en] = (["zh", "en"] as const).map((language) =>
      (field.choices ?? [])
        .map(({ value, name }) => `${name[language]} (${value})`)
        .join(language === "zh" ? "、" : ", "),
    )
    return { zh: `可选：${zh}`, en: `one of ${en}` }
  }
  if (field.type === "boolean") return { zh: "是 或 否", en: "yes or no" }
  const range = field.min === undefined && field.max === undefined ? "" : ` ${field.min ?? "−∞"} … ${field.max ?? "∞"}`
  if (field.type === "integer") return { zh: `整数${range}`, en: `a whole number${range}` }
  if (field.type === "number") return { zh: `数${range}`, en: `a number${range}` }
  return { zh: "文字", en: "text" }
}
