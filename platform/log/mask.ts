const secretKey = /pass|secret|token|authorization|cookie|credential|^(tls|province|api|private)_?key$|database_url/i
const DEPTH_MAX = 6

/** A copy in which the values of keys that sound secret are "***"; errors, dates and binary stay as they are. */
export function mask(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return depth > DEPTH_MAX ? "…" : value.map((item) => mask(item, depth + 1))
  const plain =
    typeof value === "object" && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value))
  if (!plain) return value
  if (depth > DEPTH_MAX) return "…"
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      secretKey.test(key) && item !== "" && item != null && typeof item !== "boolean" ? "***" : mask(item, depth + 1),
    ]),
  )
}

/** The line without passwords in addresses and without bearer tokens. */
export const maskLine = (line: string): string =>
  line.replace(/(:\/\/[^:@/\s"]*):[^@/\s"]+@/g, "$1:***@").replace(/(Bearer )[\w.~+/=-]{8,}/gi, "$1***")
