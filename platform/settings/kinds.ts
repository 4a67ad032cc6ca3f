import type { Words } from "../../model/index.ts"

/** One setting: how it is read, what is allowed, and one sentence of what it does. */
export type Setting<T> = {
  kind: "text" | "whole" | "decimal" | "choice" | "boolean" | "list"
  fallback: T
  allowed: Words
  says: Words
  /** Never printed or logged. */
  secret?: true
  /** The value, or undefined when `raw` is not allowed. */
  read(raw: unknown): T | undefined
}

const asText = (raw: unknown): string | undefined => (typeof raw === "string" ? raw.trim() : undefined)

export function text(
  fallback: string,
  zh: string,
  en: string,
  rule: { test?: (value: string) => boolean; allowed?: Words; secret?: true } = {},
): Setting<string> {
  const read = (raw: unknown) => {
    const value = asText(raw)
    return value !== undefined && value.length <= 1000 && (rule.test?.(value) ?? true) ? value : undefined
  }
  const allowed = rule.allowed ?? { zh: "文本", en: "text" }
  return { kind: "text", fallback, allowed, says: { zh, en }, read, ...(rule.secret && { secret: true }) }
}

export function number(
  kind: "whole" | "decimal",
  fallback: number,
  min: number,
  max: number,
  zh: string,
  en: string,
): Setting<number> {
  const read = (raw: unknown) => {
    const value = typeof raw === "number" ? raw : /^-?\d+(\.\d+)?$/.test(asText(raw) ?? "") ? Number(raw) : Number.NaN
    return value >= min && value <= max && (kind === "decimal" || Number.isInteger(value)) ? value : undefined
  }
  const allowed =
    kind === "whole"
      ? { zh: `${min} 至 ${max} 的整数`, en: `a whole number from ${min} to ${max}` }
      : { zh: `${min} 至 ${max} 的数`, en: `a number from ${min} to ${max}` }
  return { kind, fallback, allowed, says: { zh, en }, read }
}
export const whole = (fallback: number, min: number, max: number, zh: string, en: string) =>
  number("whole", fallback, min, max, zh, en)

export function choice<const C extends string>(choices: readonly C[], fallback: C, zh: string, en: string): Setting<C> {
  const read = (raw: unknown) => choices.find((c) => c === asText(raw))
  return {
    kind: "choice",
    fallback,
    allowed: { zh: choices.join("、"), en: choices.join(", ") },
    says: { zh, en },
    read,
  }
}

export function toggle(zh: string, en: string): Setting<boolean> {
  const read = (raw: unknown) => {
    if (typeof raw === "boolean") return raw
    const word = asText(raw)?.toLowerCase() ?? ""
    return ["true", "1", "yes"].includes(word) ? true : ["false", "0", "no"].includes(word) ? false : undefined
  }
  return { kind: "boolean", fallback: false, allowed: { zh: "true、false", en: "true, false" }, says: { zh, en }, read }
}

export function list(zh: string, en: string): Setting<string[]> {
  const read = (raw: unknown) => {
    if (Array.isArray(raw)) return raw.every((item) => typeof item === "string") ? (raw as string[]) : undefined
    return asText(raw)
      ?.split(",")
      .map((item) => item.trim())
      .filter(Boolean)
  }
  return {
    kind: "list",
    fallback: [],
    allowed: { zh: "逗号分隔的列表", en: "a list with commas" },
    says: { zh, en },
    read,
  }
}
