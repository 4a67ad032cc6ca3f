/** Prints UTC milliseconds as ISO 8601 with zone; the one place where the pure code makes a date of an instant. */
export function iso(ms: number): string {
  const days = Math.floor(ms / 86_400_000)
  const rest = ms - days * 86_400_000
  const [y, m, d] = civil(days)
  const pad = (n: number, width = 2) => String(n).padStart(width, "0")
  const seconds = Math.floor(rest / 1000)
  const fraction = rest % 1000 === 0 ? "" : `.${pad(rest % 1000, 3)}`
  return `${pad(y, 4)}-${pad(m)}-${pad(d)}T${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}${fraction}Z`
}

/** Year, month and day of a number of days since 1970-01-01 (Howard Hinnant, "chrono-compatible date algorithms"). */
function civil(days: number): [number, number, number] {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const doe = z - era * 146_097
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365)
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100))
  const mp = Math.floor((5 * doy + 2) / 153)
  const m = mp < 10 ? mp + 3 : mp - 9
  return [yoe + era * 400 + (m <= 2 ? 1 : 0), m, doy - Math.floor((153 * mp + 2) / 5) + 1]
}
