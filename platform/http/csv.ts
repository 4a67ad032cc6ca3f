/** A list as CSV with a byte order mark, so that spreadsheets read Chinese; nested values become text. */
export function toCsv(rows: readonly Record<string, unknown>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const lines = rows.map((row) => columns.map((column) => csvCell(row[column], column)).join(","))
  return `\ufeff${[columns.join(","), ...lines].join("\r\n")}\r\n`
}

/** One cell, quoted where it must be and harmless in a spreadsheet; numbers of a column of times become ISO 8601. */
export function csvCell(value: unknown, column: string): string {
  const text = plain(value, column)
  // A leading =, +, - or @, full width too, would run as a formula in a spreadsheet.
  const safe = /^[=+\-@＝＋－＠\t\r\n]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function plain(value: unknown, column: string): string {
  if (value === null || value === undefined) return ""
  if (typeof value === "number" && /(_at|_time|_until|_since)$|^time$|^since$/.test(column))
    return new Date(value).toISOString()
  if (typeof value !== "object") return String(value)
  const words = value as { zh?: unknown; en?: unknown }
  if (typeof words.zh === "string") return words.zh
  return JSON.stringify(value)
}
